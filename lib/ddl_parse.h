#ifndef DDL_PARSE_H
#define DDL_PARSE_H
/*
 * The words of a statement in the hands of ddl.c: what it eats, the names that it
 * takes. Nothing fails here; what does not fit is remembered in `odd`, lack of
 * memory in `nomem`, and the walk goes on to the end of the text at most.
 */
#include "ddl.h"
#include "sqllex.h"

struct parse {
	struct sql_lex l;
	struct ddl *d;
	int temporary;
	int odd; /* not what the grammar has: the names cannot be trusted */
	int nomem;
	struct buf text; /* scratch: a name as it was written */
	struct buf utf8; /* scratch: the same in UTF-8 */
};

static inline void next(struct parse *p)
{
	sql_lex_next(&p->l);
}

static inline int is(const struct parse *p, const char *word)
{
	return sql_lex_is(&p->l, word);
}

static inline int is_char(const struct parse *p, char c)
{
	return sql_lex_is_char(&p->l, c);
}

static inline void odd(struct parse *p)
{
	p->odd = 1;
}

static inline int at_end(const struct parse *p)
{
	return p->l.kind == SQL_END || is_char(p, ';');
}

/* 1: it was there and is passed. */
int eat(struct parse *p, const char *word);
int eat_char(struct parse *p, char c);
void eat_if_exists(struct parse *p); /* IF [NOT] EXISTS */
void eat_wait(struct parse *p);	     /* MariaDB: WAIT n, NOWAIT */
void eat_modifiers(struct parse *p); /* what may stand between CREATE, ALTER, DROP and the word for the object */
/* Up to and past a word that stands outside of parentheses; 1 if it was found. */
int skip_to(struct parse *p, const char *word);
void skip_rest(struct parse *p);

/* A name in UTF-8, owned by the caller; NULL: none. */
char *take_ident(struct parse *p);
/* Names into d->names and d->refs: t, db.t, .t. 0, or -1: there is none (odd). */
int take_name(struct parse *p);
void take_names(struct parse *p); /* a, b, c */
int take_ref(struct parse *p, int beside);
void ddl_name_release(struct ddl_name *n);
/* Into d->names. Consumes what n owns. */
void keep_name(struct parse *p, struct ddl_name *n);
/* What a table's definition (or its change) says behind its name. */
void table_body(struct parse *p, int alter);

#endif

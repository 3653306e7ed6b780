#include "ddl_parse.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "charset.h"
#include "table.h"

int eat(struct parse *p, const char *word)
{
	if (!is(p, word))
		return 0;
	next(p);
	return 1;
}

int eat_char(struct parse *p, char c)
{
	if (!is_char(p, c))
		return 0;
	next(p);
	return 1;
}

/* ---- names */

/* The present name or string in UTF-8, NULL when it has no such form. Borrowed. */
static const char *utf8_text(struct parse *p)
{
	const char *cs = p->d->charset;

	buf_reset(&p->text);
	buf_reset(&p->utf8);
	sql_lex_unquote(&p->l, &p->text);
	if (!cs || charset_is_utf8(cs) || !strcasecmp(cs, "binary")) {
		if (!utf8_is_valid(p->text.p, p->text.len))
			return NULL;
		(void)buf_add(&p->utf8, p->text.p, p->text.len);
	} else if (charset_to_utf8(cs, p->text.p, p->text.len, &p->utf8) < 0) {
		return NULL;
	}
	if (p->utf8.failed || p->text.failed)
		p->nomem = 1;
	return buf_str(&p->utf8);
}

char *take_ident(struct parse *p)
{
	const char *s;
	char *copy;

	if (!sql_lex_is_name(&p->l) || p->l.end == p->l.at || !(s = utf8_text(p)) || !*s) {
		odd(p);
		return NULL;
	}
	copy = strdup(s);
	if (!copy)
		p->nomem = 1;
	next(p);
	return copy;
}

void ddl_name_release(struct ddl_name *n)
{
	free((char *)n->db);
	free((char *)n->name);
}

/* Consumes what n owns. */
static void keep(struct parse *p, struct ddl_name **list, size_t *count, struct ddl_name *n)
{
	struct ddl_name *more = *list;

	if (!p->nomem && !(*count & (*count - 1))) { /* full at powers of two */
		more = realloc(*list, (*count ? *count * 2 : 1) * sizeof(*more));
		if (!more)
			p->nomem = 1;
	}
	if (p->nomem) {
		ddl_name_release(n);
		return;
	}
	*list = more;
	more[(*count)++] = *n;
}

/* name, db.name or .name. 0, or -1: there is none (odd). */
static int read_name(struct parse *p, struct ddl_name *n)
{
	size_t at = p->l.at, end;
	int nested = p->l.at_nested;

	memset(n, 0, sizeof(*n));
	n->at = at;
	if (is_char(p, '.'))
		next(p);
	end = p->l.end;
	n->name = take_ident(p);
	if (n->name && is_char(p, '.')) {
		next(p);
		n->db = n->name;
		end = p->l.end;
		nested -= p->l.at_nested; /* a name that is half in an executable comment cannot be replaced */
		n->name = take_ident(p);
		if (nested)
			odd(p);
	}
	n->len = end - at;
	if (n->name)
		return 0;
	ddl_name_release(n);
	return -1;
}

int take_name(struct parse *p)
{
	struct ddl_name n;

	if (read_name(p, &n) < 0)
		return -1;
	keep(p, &p->d->names, &p->d->nnames, &n);
	return 0;
}

/* A name without a database that lies where names[0] does. */
static void set_beside(struct parse *p, struct ddl_name *n)
{
	const char *db = p->d->nnames ? p->d->names[0].db : NULL;

	n->beside = 1;
	if (db && !(n->db = strdup(db)))
		p->nomem = 1;
}

int take_ref(struct parse *p, int beside)
{
	struct ddl_name n;

	if (read_name(p, &n) < 0)
		return -1;
	if (beside && !n.db)
		set_beside(p, &n);
	keep(p, &p->d->refs, &p->d->nrefs, &n);
	return 0;
}

/* ---- pieces of the grammar */

void eat_if_exists(struct parse *p)
{
	if (!eat(p, "if"))
		return;
	eat(p, "not");
	if (!eat(p, "exists"))
		odd(p);
	p->d->if_exists = 1;
}

/* MariaDB: WAIT n, NOWAIT */
void eat_wait(struct parse *p)
{
	if (eat(p, "wait"))
		next(p);
	else
		eat(p, "nowait");
}

/* user, 'user'@'host', user@host.name, CURRENT_USER() */
static void eat_account(struct parse *p)
{
	size_t end;

	next(p);
	if (eat_char(p, '(')) {
		if (!eat_char(p, ')'))
			odd(p);
		return;
	}
	if (!eat_char(p, '@'))
		return;
	do { /* a host without quotes is several tokens, nothing between them */
		end = p->l.end;
		next(p);
	} while (p->l.at == end && p->l.kind != SQL_END);
}

/* What may stand between the verb and the word for the object. */
void eat_modifiers(struct parse *p)
{
	static const char *const words[] = {"unique", "fulltext", "spatial", "vector", "online", "offline", "ignore", "aggregate",
	    "undo", "local", "no_write_to_binlog", "json", "relational", "duality"};

	for (;;) {
		size_t at = p->l.at;

		if (eat(p, "or")) {
			if (!eat(p, "replace"))
				odd(p);
			p->d->if_exists = 1;
		} else if (eat(p, "temporary")) {
			p->temporary = 1;
		} else if (eat(p, "algorithm")) {
			eat_char(p, '=');
			next(p);
		} else if (eat(p, "definer")) {
			eat_char(p, '=');
			eat_account(p);
		} else if (eat(p, "sql")) {
			if (!eat(p, "security"))
				odd(p);
			next(p);
		}
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			eat(p, words[i]);
		if (p->l.at == at)
			return;
	}
}

/* Up to a word that stands outside of parentheses; 1 if it was found, and eaten. */
int skip_to(struct parse *p, const char *word)
{
	int depth = 0;

	for (; p->l.kind != SQL_END; next(p)) {
		if (!depth && eat(p, word))
			return 1;
		depth += is_char(p, '(') - is_char(p, ')');
	}
	odd(p);
	return 0;
}

/* a, b, c */
void take_names(struct parse *p)
{
	do {
		if (take_name(p) < 0)
			return;
		eat_wait(p);
	} while (eat_char(p, ','));
}

/* (a, b, c) */
static void take_ref_list(struct parse *p)
{
	if (!eat_char(p, '(')) {
		odd(p);
		return;
	}
	if (eat_char(p, ')'))
		return;
	do {
		if (take_ref(p, 0) < 0)
			return;
	} while (eat_char(p, ','));
	if (!eat_char(p, ')'))
		odd(p);
}

/*
 * The present token and what follows it name a sequence: NEXT VALUE FOR s, NEXTVAL(s). 1: taken.
 * The words may be columns as well, so nothing is eaten unless all of it is there.
 */
static int take_sequence_use(struct parse *p)
{
	struct sql_lex before = p->l;

	if (eat(p, "next") || eat(p, "previous")) {
		if (eat(p, "value") && eat(p, "for"))
			return take_ref(p, 0) == 0;
	} else if (eat(p, "nextval") || eat(p, "lastval") || eat(p, "setval")) {
		if (eat_char(p, '('))
			return take_ref(p, 0) == 0;
	}
	p->l = before;
	return 0;
}

void keep_name(struct parse *p, struct ddl_name *n)
{
	keep(p, &p->d->names, &p->d->nnames, n);
}

void skip_rest(struct parse *p)
{
	while (!at_end(p))
		next(p);
}

static int same_name(const char *a, const char *b)
{
	return !strcasecmp(a, b);
}

/* Can a point follow the present token? Most are followed by something that is neither that nor a comment. */
static int may_be_point(const struct sql_lex *l)
{
	size_t i = l->i;

	while (i < l->n && l->s[i] <= ' ')
		i++;
	return i < l->n && strchr("./#-*", l->s[i]) != NULL;
}

/*
 * A name and a point within a table's body: columns can be written t.c and db.t.c. The table's own name becomes a
 * reference, the name of any other cannot be explained. 1: it was a qualified name.
 */
static int take_qualified(struct parse *p)
{
	struct sql_lex before = p->l;
	struct ddl_name n;
	const struct ddl_name *own = p->d->names;
	int point;

	if (!sql_lex_is_name(&p->l) || !may_be_point(&p->l))
		return 0;
	next(p);
	point = is_char(p, '.');
	next(p);
	point = point && sql_lex_is_name(&p->l) && !(p->l.s[p->l.at] >= '0' && p->l.s[p->l.at] <= '9'); /* DEFAULT .5e1 */
	p->l = before;
	if (!point)
		return 0;
	if (read_name(p, &n) < 0)
		return 1;
	if (is_char(p, '.')) { /* db.t.c */
		next(p);
		next(p);
	} else { /* t.c: what was read as a database is the table */
		free((char *)n.name);
		n.name = n.db;
		n.db = NULL;
		n.len = before.end - before.at;
		set_beside(p, &n);
	}
	if (!n.name || !same_name(n.name, own->name) || (n.db && own->db && !same_name(n.db, own->db))) {
		ddl_name_release(&n);
		p->d->or_more = 1;
		return 1;
	}
	keep(p, &p->d->refs, &p->d->nrefs, &n);
	return 1;
}

/* What a table's definition or change says behind its name. */
void table_body(struct parse *p, int alter)
{
	int depth = 0;

	while (!at_end(p) && !p->d->or_more && !p->odd && !p->nomem) {
		if (eat(p, "references")) {
			take_ref(p, 1);
		} else if (eat(p, "select")) {
			p->d->or_more = 1;
		} else if (eat(p, "union")) {
			eat_char(p, '=');
			take_ref_list(p);
		} else if (eat(p, "table")) {
			/* EXCHANGE PARTITION .. WITH TABLE t, CONVERT TABLE t TO PARTITION, CONVERT PARTITION .. TO TABLE t */
			if (alter)
				take_name(p);
			else
				p->d->or_more = 1; /* CREATE TABLE a TABLE b: all rows of b */
		} else if (alter && !depth && eat(p, "rename")) {
			if (is(p, "column") || is(p, "index") || is(p, "key"))
				continue;
			if (!eat(p, "to") && !eat(p, "as"))
				eat_char(p, '=');
			take_name(p);
		} else if (!take_sequence_use(p) && !take_qualified(p)) {
			depth += is_char(p, '(') - is_char(p, ')');
			next(p);
		}
	}
}

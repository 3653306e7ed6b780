#ifndef DIALECT_WALK_H
#define DIALECT_WALK_H
/* What dialect_text.c, which walks over a statement's tokens, and dialect_table.c, about what a table is made of, share. */
#include "dialect.h"
#include "sqllex.h"

struct edit { /* of the text: `len` bytes at `at` become those of the pool */
	size_t at, len, text, ntext, order;
};

struct segment { /* a column's definition, or a list of options: what one COLLATE in it is about */
	int has_collate;
	size_t charset_end; /* where a collation can be named; 0: no character set stands in it */
	size_t want, nwant; /* the collation, in the pool */
};

/* Of CREATE TABLE: what stands between two commas of its list. */
struct piece {
	enum { PIECE_COLUMN, PIECE_KEY, PIECE_CHECK, PIECE_OTHER } is;
	size_t from;  /* the comma before it */
	size_t check; /* of a column: where its CHECK begins; 0 none */
	unsigned n;   /* tokens of it that were seen */
	int is_lob;   /* a column that takes no constant for its default on MySQL */
	int is_generated;
	int goes; /* the target has no such thing, and does without */
};

struct walk {
	const struct server_kind *from, *to;
	const struct dialect_defs *defs;
	struct sql_lex l;
	const char *sql;
	size_t end;	 /* of the token before */
	size_t before;	 /* start of the token before */
	int foreign;	 /* comments that the source did not execute are open */
	unsigned opened; /* and those that it did, which are written out */
	int depth, has_sets, by_comma, has_ways;
	int was_default, was_comma; /* the token before */
	struct segment seg[3];	    /* by depth; the last is for all that is deeper, and not looked at */
	struct edit *edits;
	size_t n, cap;
	struct buf pool, word, near;
	int nomem;
	/* dialect_table.c */
	int makes; /* it is a CREATE TABLE */
	enum { LIST_BEFORE, LIST_IN, LIST_BEHIND } list;
	struct piece piece;
};

void walk_next(struct walk *w);
void walk_edit(struct walk *w, size_t at, size_t len, const char *text, size_t ntext);
void walk_editz(struct walk *w, size_t at, size_t len, const char *text);

/* The present token of a CREATE TABLE. 1: it was taken, and the next is there; 0: it is for somebody else. */
int walk_table(struct walk *w);

#endif

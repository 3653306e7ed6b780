#ifndef FILTER_H
#define FILTER_H
/*
 * rowfilter's state. main.c makes it, table.c decides for each table what is
 * done with its rows, rows.c does it, ddl.c judges statements, hold.c keeps the
 * text of a statement until it is known whether its rows go out.
 */
#include "expr/rules.h"
#include "stream.h"

struct hold { /* the last NOTE and what came behind it, until rows say what becomes of it */
	struct buf b;
	size_t note; /* bytes of the NOTE at the front; 0: nothing is held */
	int lost;    /* rows of its statement were dropped, none has gone out */
};

struct filter {
	struct rules rules;	/* with the names of the command line */
	struct rules_tests cmd; /* --op, --where, --ddl */
	struct hold hold;
	struct rows_writer out;
	struct val *old, *new, *full;
	uint32_t cap_vals;
	uint64_t rows_in, rows_out, made_inserts, made_deletes, ddl_dropped;
	int ready_fd; /* --ready-fd; -1 */
};

struct test {
	struct expr_prog *prog;
	const char *file; /* of the expression, for messages */
	int about_change;
};

struct ftable {	      /* of one table, at table->user */
	int in;	      /* 0: its rows are dropped */
	unsigned ops; /* operations that go out */
	struct test *tests;
	unsigned ntests, nrow_tests; /* tests of the row: an update is judged before and after */
	uint8_t *needs;		     /* columns that the tests read */
};

/* 1 in, 0 out, -1: message printed, code set. table NULL: the database. */
int filter_has(struct filter *f, struct stream *s, const char *db, const char *table);

int on_table(struct stream *s, struct table *t);
int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c);
int on_ddl(struct stream *s, const struct rec_ddl *r);

/* hold.c */
int on_note(struct stream *s, const struct rec_note *r);
int on_other(struct stream *s);
void hold_add(struct stream *s);      /* the present frame: behind the NOTE, or out if none is held */
void hold_rows_out(struct stream *s); /* rows go out: so does what is held */
void hold_rows_lost(struct stream *s);
void hold_end(struct stream *s); /* no more rows come of the statement */

#endif

#ifndef MAP_H
#define MAP_H
/*
 * rowmap's state. main.c makes it, names.c says where a name goes, table.c maps
 * definitions, rows.c rows, ddl.c statements.
 */
#include "expr/rules.h"
#include "stream.h"

struct rowmap {
	struct rules rules;
	enum rules_ddl ddl; /* --ddl */
	int hides;	    /* some rule drops or changes columns: texts of statements would show them */
	struct rows_writer out;
	struct val *old, *new;		  /* values that expressions read */
	const uint8_t **old_at, **new_at; /* where each value of an image begins, and the end behind the last */
	uint32_t cap_cols;
	uint64_t rows_in, rows_out, tables_mapped, ddl_rewritten, ddl_dropped;
	int ready_fd; /* --ready-fd; -1 */
};

struct out_col {
	uint32_t from;		/* the source's column, or NO_COLUMN */
	struct expr_prog *prog; /* the value, if it is computed */
	int moving;		/* it is not the same for the same row at another time: an old image has it absent */
	unsigned line, col;	/* of the expression, for messages */
};
#define NO_COLUMN UINT32_MAX

struct run { /* columns that go out side by side as they came in: [from, to) of the source, or one computed column */
	uint32_t from, to;
	const struct out_col *computed;
};

struct mtable { /* of one table, at table->user */
	const struct rule *rule;
	struct table *to;     /* what goes out; NULL: the table is not mapped */
	int rows_same;	      /* images are not changed: only names are */
	struct out_col *cols; /* to->ncols */
	struct run *runs;
	uint32_t nruns;
	uint8_t *needs;	  /* columns that expressions read */
	uint8_t *matters; /* columns that something of the output depends on */
	int drops;	  /* some column does not matter: an update of such columns alone is dropped */
};

/* names.c: 1 the rule or database rule gives it another name (in db and table), 0 it keeps its name, -1 message printed, code
 * set. */
int map_names(
    struct stream *s, const char *db, const char *table, struct buf *to_db, struct buf *to_table, const struct rule **rule);

int on_table(struct stream *s, struct table *t);
int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c);
int on_ddl(struct stream *s, const struct rec_ddl *r);

int map_fail(struct stream *s, int code); /* sets the code, returns -1 */
int map_no_memory(struct stream *s);

#endif

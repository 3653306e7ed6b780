#ifndef PLAN_H
#define PLAN_H
/*
 * Which table of the target holds what tables of the source, which columns are compared, and in what form a value of each is
 * computed so that equal values have equal bytes on both servers.
 */
#include <stdint.h>

#include "column.h"
#include "defs.h"

struct pair_col {
	const char *name; /* of the target */
	int to;		  /* column of the target's table; -1: there is no table */
	enum canon canon;
};

struct part_col {		/* where the source has the values of a pair_col */
	const struct column *c; /* of its table; of one that is computed the type, without a name */
	char *sql;		/* what computes it; NULL: the column as it is */
};

struct part { /* one table of the source */
	const struct table *t;
	struct part_col *cols; /* of each pair_col */
	uint32_t ncols;	       /* room in cols */
	const char *index;     /* for the key, if the pair is ordered */
	struct buf where;      /* SQL: the rows that go to the target; empty: all */
	int keeps_deleted;     /* its deletes do not go there */
};

struct pair {
	char *db, *name;	    /* of the target */
	const struct table *target; /* NULL: it has none */
	struct part *parts;
	size_t nparts;
	struct pair_col *cols;
	uint32_t ncols;
	uint32_t *key; /* pair_cols that tell a row from others; nkey 0: only the whole row does */
	uint32_t nkey;
	int is_ordered;	    /* chunks by the key's order; else by the bits of the rows' hashes */
	const char *index;  /* the target's for the key */
	int keeps_deleted;  /* of some part: what only the target has was deleted on the source, perhaps */
	int has_json;	    /* some column is CANON_JSON */
	struct buf said;    /* columns that are not compared */
	uint32_t lost_cols; /* columns that the target lacks */
	uint8_t *same;	    /* by pair_col: of one type on both sides */
	int no_repair;	    /* the source's tables have different types */
	struct table *def;  /* the source's types under the target's names: what a repair's new rows are */

	/* the round: under rowdiff's lock */
	int started, at_end, busy, is_done;
	struct buf low; /* key of the last bound */
	uint64_t chunk_rows;
	uint64_t rows, target_rows, chunks, narrowed, missing, extra, different, unproven;
	uint64_t window_us; /* the longest time that a difference was watched */
	int64_t began_us, proven_us;
	uint32_t def_id, target_id; /* in the repair's stream; 0: not written yet */
};

/* key.c: by which columns rows are known, and whether in chunks. 0, or -1 (no memory). */
int pair_choose_key(struct pair *p);

struct rowdiff;
/* Pairs all tables, for one round. CODE_OK; else the exit code, message printed. */
int plan_all(struct rowdiff *d, struct link *source, struct link *target);
void plan_release(struct rowdiff *d);

#endif

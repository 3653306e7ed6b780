#ifndef TIE_H
#define TIE_H
/*
 * What ties a row to others, as the target compares it: the values of its
 * primary and unique keys and of its foreign keys, as 64-bit hashes. Two rows
 * that the target may hold to be the same, that may be in each other's way in a
 * unique key, or of which one refers to the other, have a hash in common or one
 * of them is odd. The reverse need not be so: rows may seem tied that are not.
 *
 * A value is odd where it is not known which others the target holds to be the
 * same: text beyond ASCII under a collation that folds, floating numbers, a
 * column that is not in the row image. An odd row is tied to every row that
 * has the tie.
 */
#include "batch.h"
#include "map.h"

enum tie_norm { /* how a value is made one with those that compare equal */
	NORM_ODD,
	NORM_INT,
	NORM_MEMBER, /* number of an enum's or set's member on the target */
	NORM_NUMBER, /* decimals, times: text without zeros at the end of a fraction */
	NORM_BYTES,  /* text under a binary collation, bytes; without what pads them */
	NORM_ASCII   /* text under a collation that folds: lower case, if it is ASCII */
};

struct tie_col {
	uint32_t col; /* of the source table */
	enum tie_norm norm;
	uint32_t part; /* the key has so many characters of it, 0 all */
};

enum tie_kind {
	TIE_KEY,    /* unique: NULL ties nothing */
	TIE_PARENT, /* what foreign keys refer to */
	TIE_CHILD,  /* refers to another row, with others */
	TIE_ALL	    /* every row that has it is odd */
};

struct tie {
	enum tie_kind kind;
	uint64_t id; /* equal for ties that can meet */
	uint32_t ncols;
	struct tie_col *cols;
};

/* Fills m->ties. 0, or -1 (no memory). */
int tie_make(struct map *m, const struct table *src, const struct target_table *dst, int hides_ties);
void tie_release(struct map *m);

/*
 * Calls back with each hash of a row. What it is: TIE_OF of an odd row or of any (every_row: once for a table is enough),
 * or the value of a key, alone or shared with others. A callback that returns other than 0 ends it; that is returned.
 */
enum tie_mark { TIE_VALUE, TIE_SHARED, TIE_ODD };
struct tie_calls {
	int (*on_mark)(void *arg, const struct tie *t, enum tie_mark what, uint64_t hash);
	void *arg;
};
int tie_row(const struct map *m, enum row_op op, const struct val *old, const struct val *new, struct buf *scratch,
    const struct tie_calls *calls);

#endif

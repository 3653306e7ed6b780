#ifndef FOLD_H
#define FOLD_H
/*
 * What the changes of a table's rows come to, by key: of several changes of one
 * row one is left, and rows of one table are written together whatever stood
 * between them in the log. Only for tables where nobody can see in which order
 * rows are written inside a transaction (map.folds).
 *
 * All deletes of a table come first, then its updates, then its inserts. No
 * collision can come of that: what is gone has made room, an update changes no
 * unique key (one that does is a delete and an insert), and the rows of the last
 * state do not collide with each other. How the target compares keys does not
 * matter for it: two keys are one only if they are the same bytes.
 *
 * It knows rows and where they are, and sends nothing.
 */
#include "batch.h"
#include "stmt.h"

enum fold_answer {
	FOLD_TOOK,
	FOLD_CANNOT, /* write what was folded, then this row by itself */
	FOLD_WRONG,  /* it does not go with what came before, as the insert of a row that is there */
	FOLD_NOMEM
};

enum fold_step { FOLD_DELETE, FOLD_UPDATE, FOLD_INSERT }; /* in the order in which they are written */

struct fold_out {	 /* one row to write */
	uint32_t number; /* of the row, in the order in which the rows were first seen */
	uint8_t step;	 /* enum fold_step */
	uint8_t late;	 /* it has to wait, see fold_add */
};

struct fold_row;

struct fold {
	struct fold_row *rows;
	uint32_t nrows, cap_rows;
	uint32_t *index; /* open addressing, row number + 1 */
	uint32_t cap_index;
	struct buf keys; /* of all rows */
	struct buf key;	 /* of the row at hand */
	struct fold_out *out;
	uint32_t cap_out, nlate;
};

void fold_release(struct fold *f);
void fold_reset(struct fold *f);
/* Bytes of memory that the rows in it take. */
size_t fold_size(const struct fold *f);

/*
 * One change; the row has to stay where `ref` says until fold_reset. late: it is tied to rows of others that are not
 * written yet; the row is late then, and where a table has more unique keys than one all of its rows, since one may need
 * the room that another makes.
 */
enum fold_answer fold_add(struct fold *f, struct source_table *st, enum row_op op, const struct val *old, const struct val *new,
    struct row_ref ref, int late);

/* Whose row it is, and where its image is. */
struct source_table *fold_table(const struct fold *f, const struct fold_out *o);
struct row_ref fold_ref(const struct fold *f, const struct fold_out *o);
/* An update: is it one change, whose old image is the row as it was before all? */
int fold_is_one(const struct fold *f, const struct fold_out *o);

/* What is to be written: those that are not late first; of them table by table, in order. *n rows, borrowed. NULL: no memory. */
const struct fold_out *fold_list(struct fold *f, uint32_t *n);

#endif

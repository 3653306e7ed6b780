#ifndef JOIN_H
#define JOIN_H
/*
 * Updates of many rows as one statement: the target's table joined with a table
 * of values, the old key and the new values of each row. It costs the server a
 * quarter of what as many statements do, and still says how many rows it found.
 * Only where join_takes.
 */
#include "stmt.h"

/* Can this update be a part of such a statement? What it does not change may be of any type. */
int join_takes(const struct source_table *st, const struct val *old, const struct val *new, const struct stmt_style *style);

/*
 * One row, as stmt_update has it: found by keys[0], whose columns stay as they
 * are. LIT_OK, or LIT_LAX and LIT_NO: nothing was added.
 */
enum lit_result join_update(struct packet *p, struct source_table *st, const struct val *old, const struct val *new,
    struct row_ref ref, const struct stmt_style *style);
/* Ends the open statement, which is such a one. */
void join_close(struct packet *p, const struct stmt_style *style);

#endif

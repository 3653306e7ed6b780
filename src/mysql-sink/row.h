#ifndef ROW_H
#define ROW_H
/*
 * One row at a time: what to do when it does not go in, and what to say then.
 */
#include "exec.h"

/* The row in x->old, x->new (as the operation has them). AGAIN, STOP as in exec.h. */
enum exec_result row_apply(struct exec *x, const struct item *it, struct row_ref ref);
/* Prints the line about a row that stops the sink. Returns EXEC_STOP, with the code set. */
enum exec_result row_stop(struct exec *x, const struct item *it, const char *why);
/* A row that cannot land at all, of a table that has a map or not: it is left out, if rejects are kept, or stops the sink
 * likewise. */
enum exec_result row_misfit(struct exec *x, const struct item *it, struct row_ref ref, const char *why);
/* Reads the warnings of the last statement: 1 if a value was changed (*why says how), 0 harmless, -1 failed. */
int row_warnings(struct exec *x, const struct item *it, int lax, struct buf *why);
/* 1 if the transaction may succeed the next time: connection lost, deadlock, lock wait. */
int row_error_is_again(unsigned no);

#endif

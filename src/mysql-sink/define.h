#ifndef DEFINE_H
#define DEFINE_H
/*
 * DDL statements of the stream on the target, each exactly once: before it runs
 * the checkpoint notes which one it is and how its objects look; after a crash
 * they look different if it had run.
 */
#include "exec.h"

enum define_what {
	DEFINE_RUN,
	DEFINE_SKIP,   /* not for a target: accounts, triggers, temporary tables, administration */
	DEFINE_UNKNOWN /* it is not known what it does */
};

/* What is to be done with a statement of the stream. */
enum define_what define_look(const struct rec_ddl *r);

/*
 * Runs it, unless it had run already before a crash. `at` names it: the
 * transaction and its number in it. The position does not move; the next
 * exec_batch does that. def: of the table that it makes, as far as the stream has it; with --create-tables a table of a copy is
 * made of that where the target refuses the statement. 0, or -1 with message and code.
 */
int define_run(
    struct exec *x, const struct rec_ddl *r, const struct table *def, const char *trx, unsigned number, const char *where);

#endif

#ifndef LINE_H
#define LINE_H
/*
 * Lining up for a lease, the recipe without a herd: a node that vanishes with
 * our session, numbered by the server, among the children of the lease's path.
 * Who has the lowest number holds the lease; everybody else watches only the one
 * before, and looks again when that is gone, and now and then.
 */
#include "ask.h"
#include "lease.h"

/* ASK_ON: the lease is held, its epoch and heard are set. Else ASK_END. */
enum ask line_up(struct lease *l, struct asker *a);

/* What show.h needs to know of names: the number of a node in the line, or -1 if it is something else. */
int64_t line_number(const char *name);

#endif

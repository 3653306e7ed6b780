#ifndef HOLD_H
#define HOLD_H
/*
 * The time in which the lease is held: the command runs, signals are passed on
 * to it, ZooKeeper is asked, and when it does not answer in time, or says that
 * the lease is another's, the command is ended.
 */
#include "guard.h"
#include "lease.h"
#include "wake.h"

/*
 * Runs the command until no process of its group is left, and says by ready_fd (ready.h) when it does. Returns the exit code:
 * the command's own, or one of code.h with the message printed.
 */
int hold_run(struct lease *l, struct guard *g, struct wake *w, char **argv, int *ready_fd);

#endif

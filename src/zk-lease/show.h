#ifndef SHOW_H
#define SHOW_H
/*
 * What is known of leases, for people and scripts: lines with tabs between the
 * columns on standard output, with a heading if that is a terminal.
 */
#include "ask.h"

/* Both return the exit code. */
int show_status(struct asker *a, const char *path); /* one lease: who holds it, then who waits, in order */
int show_list(struct asker *a, const char *parent); /* all leases that are children of that node */

#endif

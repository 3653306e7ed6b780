#ifndef DUMPED_H
#define DUMPED_H
/*
 * --start-at mydumper:DIR and dump:FILE: reads from a dump's files where in the
 * log it was made (dump_pos.h). No more of a dump is read than its beginning and,
 * if it is not compressed, its end.
 */
#include "pos.h"

struct tap;

/* Is the position of this kind? */
int dumped_is(const char *value);
/* Reads it into t->dumped. 0, or -1 with the message printed. */
int dumped_read(struct tap *t, const char *value);
/*
 * Makes t->start of it: the GTID set, if there is one and the source knows
 * GTIDs, since it means the same on every server; else file and offset. 0, or -1
 * with the message printed.
 */
int dumped_choose(struct tap *t, int has_gtids);

#endif

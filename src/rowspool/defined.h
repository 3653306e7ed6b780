#ifndef DEFINED_H
#define DEFINED_H
/*
 * The frame of a table's definition, kept with the table (its user): it goes out
 * before the first rows of the table that do, in each segment and each stream of
 * its own.
 */
#include "stream.h"

struct defined {
	struct buf frame;
	uint64_t out; /* the last to have it, by its number; 0 none */
};

/* Keeps the frame that the stream has just read. 0, or -1 with the message printed and the stream's code set. */
int defined_keep(struct stream *s, struct table *t);

#endif

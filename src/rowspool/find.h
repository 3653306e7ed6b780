#ifndef FIND_H
#define FIND_H
/*
 * The segment, and the place in it, from which one reads to come to a position.
 */
#include "feed.h"
#include "pos.h"
#include "spool.h"

enum found {
	FOUND,
	FOUND_PURGED, /* the position is before what the spool has */
	FOUND_NOT     /* the spool has nothing that can be compared with it */
};

/*
 * Among sp's segments (spool_list; at least one): the last that begins at the position or before it. For `now` that is the
 * last.
 */
enum found find_segment(const struct spool *sp, const struct pos *at, uint64_t *seg);
/* Enters the feed's segment as near before the position as its index allows. 0, or -1 (no memory). */
int find_enter(struct feed *f, const struct spool *sp, const struct pos *at);

/* Does the place come before the position, which is FILE:OFFSET? *comparable: their log files are of one kind. */
int find_is_before(const char *file, uint64_t off, const struct pos *at, int *comparable);

/* Where a segment begins, as its HELLO says. 0, or -1: it cannot be read. */
struct walk_place;
int find_begin(const struct spool *sp, uint64_t seg, struct walk_place *p);

#endif

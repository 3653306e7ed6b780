#ifndef FEED_H
#define FEED_H
/*
 * The bytes of a segment up to a limit, for a stream to read; before them, where
 * one begins in its midst, the part of the index that says what must be known
 * there. Nothing is checked here: the stream does that.
 */
#include "index.h"
#include "spool.h"

struct feed {
	uint64_t seg;
	int fd; /* -1: none */
	uint64_t at, limit;
	struct buf lead; /* goes first */
};

static inline void feed_init(struct feed *f)
{
	*f = (struct feed){.fd = -1};
}
void feed_release(struct feed *f);
/* From the segment's beginning, up to limit. 0; -1: errno, no message. */
int feed_open(struct feed *f, const struct spool *sp, uint64_t seg, uint64_t limit);
/* From an entry of its index, if that is right and not behind the limit; else it stays at the beginning. 0 or -1 (no memory). */
int feed_enter(struct feed *f, const struct index *x, const struct index_entry *e);
/* Appends some bytes: their number, 0 at the limit, -1 with the message printed. */
ssize_t feed_take(struct feed *f, const struct spool *sp, struct buf *b);

#endif

#ifndef READERS_H
#define READERS_H
/*
 * Several connections that read chunks side by side, a thread each, and hand them
 * over in the order in which they were planned. Each reads ahead of who takes the
 * chunks, in a buffer that is bounded in bytes; one waits when its is full.
 */
#include "copy.h"

struct readers; /* opaque */

struct piece { /* of a chunk: what there is of it now */
	const struct opened *o;
	int is_begin, is_end;	/* the first, the last piece of the chunk */
	int is_first, is_last;	/* the chunk is the first, the last of its table */
	const struct buf *hi;	/* its last key; empty: there is no end */
	const struct buf *last; /* the key of the last row of the piece; empty: there is none */
	const struct buf *rows; /* ROWS frames; borrowed until the next call */
	uint64_t nrows;		/* in the whole chunk so far */
	unsigned reader;
};

/* Connects, and starts the threads, which wait. NULL: message printed. */
struct readers *readers_new(struct copy *c);
void readers_free(struct readers *r);
/* Connects those again that were lost, while they wait. 0, or -1 message printed, c->again set if another try can mend it. */
int readers_connect(struct readers *r);
struct conn *readers_conn(struct readers *r, unsigned i); /* while they wait */

/*
 * Starts: from table index on, behind lo (empty: from its start), at snapshots that are open. one_table: nothing but that
 * table, and each reader one chunk, in their order, which
 * has so many times the usual rows.
 */
int readers_go(struct readers *r, size_t index, const struct buf *lo, int one_table, unsigned times);
/* Waits for the next piece. 1; 0: there is nothing more; -1 failed, message printed, c->code and c->again set; -2 told to stop.
 */
int readers_next(struct readers *r, struct piece *p);
/* What was handed over of chunks, and what was not, is thrown away; the readers wait. Their transactions are over. */
void readers_rest(struct readers *r);

#endif

#ifndef RECOVER_H
#define RECOVER_H
/*
 * What a writer does before it writes: the last segment is cut behind what is
 * whole and closed, indexes that are missing are made, and the place from which
 * the stream must go on is found.
 */
#include "out.h"
#include "walk.h"

struct recovered {
	uint64_t last; /* the last segment; 0: there is none */
	struct walk_place end;
	struct source_id source;
};

/* The spool is locked. CODE_OK, or the exit code with the message printed. */
int recover(struct spool *sp, struct out *o, struct recovered *r);
/* Makes the index of a closed segment anew. CODE_OK, or the exit code with the message printed. */
int recover_index(const struct spool *sp, struct out *o, uint64_t seg, uint64_t size);

#endif

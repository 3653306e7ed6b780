#ifndef ARENA_H
#define ARENA_H
/* Bytes that live until the line is done. The memory is kept for the next one. */
#include <stddef.h>

struct arena {
	struct block *blocks; /* the present one first */
};

void arena_release(struct arena *a);
void arena_reset(struct arena *a);
void *arena_take(struct arena *a, size_t n);		    /* NULL: no memory */
void *arena_copy(struct arena *a, const void *p, size_t n); /* NULL: no memory */

#endif

#include "arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 65536

struct block {
	struct block *next;
	size_t used, cap;
	char bytes[];
};

void arena_release(struct arena *a)
{
	while (a->blocks) {
		struct block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
}

/* One block of the usual size is kept. */
void arena_reset(struct arena *a)
{
	struct block *keep = NULL;

	while (a->blocks) {
		struct block *b = a->blocks;

		a->blocks = b->next;
		if (!keep && b->cap == BLOCK)
			keep = b;
		else
			free(b);
	}
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
		a->blocks = keep;
	}
}

void *arena_take(struct arena *a, size_t n)
{
	struct block *b = a->blocks;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (!b || b->cap - b->used < n) {
		size_t cap = n > BLOCK ? n : BLOCK;

		b = malloc(sizeof(*b) + cap);
		if (!b)
			return NULL;
		b->next = a->blocks;
		b->used = 0;
		b->cap = cap;
		a->blocks = b;
	}
	p = b->bytes + b->used;
	b->used += n;
	return p;
}

void *arena_copy(struct arena *a, const void *p, size_t n)
{
	void *to = arena_take(a, n ? n : 1);

	if (to && n)
		memcpy(to, p, n);
	return to;
}

#ifndef SUSPECT_H
#define SUSPECT_H
/*
 * Rows that may differ: their keys, and what was last seen of them on both sides.
 */
#include <stdint.h>

#include "buf.h"

/* All rows of one key on one side, in any order: so many, and the sums of their hashes. */
struct digest {
	uint64_t n, low, high;
};

struct suspect {
	size_t at, len; /* its key in `keys` */
	struct digest source, target;
	int64_t first_us; /* since when they have been so */
	unsigned streak, moves;
	uint8_t is_quiet; /* the source's log has not moved since */
	uint8_t is_done, is_real;
};

struct suspects {
	struct suspect *v;
	size_t n, cap;
	struct buf keys; /* one behind the other */
};

#define SUSPECTS_MAX 4000
#define SUSPECTS_BYTES (4u << 20)

void suspects_release(struct suspects *s);
int suspects_add(struct suspects *s, const void *key, size_t n); /* 0, or -1 (no memory) */
void suspects_sort(struct suspects *s);				 /* by key, each key once */
void suspects_clear(struct suspects *s);
/* The one of this key among the sorted [from, to); NULL: none. */
struct suspect *suspects_find(struct suspects *s, size_t from, size_t to, const void *key, size_t n);
static inline int suspects_are_many(const struct suspects *s)
{
	return s->n >= SUSPECTS_MAX || s->keys.len >= SUSPECTS_BYTES;
}
static inline int digest_same(const struct digest *a, const struct digest *b)
{
	return a->n == b->n && a->low == b->low && a->high == b->high;
}

#endif

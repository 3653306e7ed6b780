#ifndef KEYS_H
#define KEYS_H
/*
 * What the rows of a batch are tied to (tie.h), as one set: whether a row of a
 * later batch may be touched while this one is under way. 8 bytes a key or so.
 */
#include "tie.h"

struct keys {
	uint32_t *slots; /* open addressing, 0 free: half of each hash will do, two that meet only seem tied */
	size_t n, cap;
	int has_odd;
	uint64_t any; /* the tie that was marked last */
	struct buf scratch;
};

void keys_release(struct keys *k);
void keys_reset(struct keys *k);
static inline size_t keys_size(const struct keys *k)
{
	return k->cap * sizeof *k->slots;
}

/* 0 or -1 (no memory). */
int keys_add(struct keys *k, const struct map *m, enum row_op op, const struct val *old, const struct val *new);
/* 1 if the row is tied to one of the set, 0 if not, -1 no memory. */
int keys_meet(
    const struct keys *k, const struct map *m, enum row_op op, const struct val *old, const struct val *new, struct buf *scratch);

#endif

#ifndef KEYS_H
#define KEYS_H
/*
 * What the rows of a batch are tied to (tie.h), as one set: whether a row of a
 * later batch may be touched while this one is under way. 16 bytes a key or so.
 */
#include "tie.h"

struct keys {
	uint64_t *slots; /* open addressing, 0 free */
	size_t n, cap;
	int has_odd;
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

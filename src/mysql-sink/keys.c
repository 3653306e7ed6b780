#include <stdlib.h>
#include <string.h>

#include "keys.h"

#define KEEP_SLOTS (1u << 17) /* more than so many are given back after a batch */

/* Marks of a tie as a whole, and of values that rows share. */
#define ANY 0x9e3779b97f4a7c15ull
#define ODD 0xc2b2ae3d27d4eb4full
#define SHARED 0x165667b19e3779f9ull

void keys_release(struct keys *k)
{
	free(k->slots);
	buf_release(&k->scratch);
	memset(k, 0, sizeof *k);
}

void keys_reset(struct keys *k)
{
	if (k->cap > KEEP_SLOTS) {
		free(k->slots);
		k->slots = NULL;
		k->cap = 0;
	}
	if (k->n && k->cap)
		memset(k->slots, 0, k->cap * sizeof *k->slots);
	k->n = 0;
	k->has_odd = 0;
	k->any = 0;
}

static size_t place_of(const uint32_t *slots, size_t cap, uint32_t h)
{
	size_t at = h & (cap - 1);

	while (slots[at] && slots[at] != h)
		at = (at + 1) & (cap - 1);
	return at;
}

static int grow(struct keys *k)
{
	size_t cap = k->cap ? 2 * k->cap : 1024;
	uint32_t *slots = calloc(cap, sizeof *slots);

	if (!slots)
		return -1;
	for (size_t i = 0; i < k->cap; i++)
		if (k->slots[i])
			slots[place_of(slots, cap, k->slots[i])] = k->slots[i];
	free(k->slots);
	k->slots = slots;
	k->cap = cap;
	return 0;
}

static uint32_t half(uint64_t h)
{
	uint32_t x = (uint32_t)(h ^ h >> 32);

	return x + !x;
}

static int put(struct keys *k, uint64_t hash)
{
	uint32_t h = half(hash), *slot;

	if (2 * (k->n + 1) > k->cap && grow(k) < 0)
		return -1;
	slot = &k->slots[place_of(k->slots, k->cap, h)];
	k->n += !*slot;
	*slot = h;
	return 0;
}

static int has(const struct keys *k, uint64_t hash)
{
	uint32_t h = half(hash);

	return k->n && k->slots[place_of(k->slots, k->cap, h)] == h;
}

static int on_put(void *arg, const struct tie *t, enum tie_mark what, uint64_t hash)
{
	struct keys *k = arg;

	k->has_odd |= what == TIE_ODD;
	if (k->any != t->id && put(k, t->id ^ ANY) < 0)
		return -1;
	k->any = t->id;
	return put(k, what == TIE_ODD ? t->id ^ ODD : what == TIE_SHARED ? hash ^ SHARED : hash);
}

static int on_meet(void *arg, const struct tie *t, enum tie_mark what, uint64_t hash)
{
	const struct keys *k = arg;

	if (what == TIE_ODD)
		return has(k, t->id ^ ANY);
	if (has(k, hash) || (t->kind == TIE_PARENT && has(k, hash ^ SHARED)))
		return 1;
	return k->has_odd && has(k, t->id ^ ODD);
}

int keys_add(struct keys *k, const struct map *m, enum row_op op, const struct val *old, const struct val *new)
{
	const struct tie_calls calls = {on_put, k};

	return tie_row(m, op, old, new, &k->scratch, &calls);
}

int keys_meet(
    const struct keys *k, const struct map *m, enum row_op op, const struct val *old, const struct val *new, struct buf *scratch)
{
	const struct tie_calls calls = {on_meet, (void *)(uintptr_t)k};

	return k->n ? tie_row(m, op, old, new, scratch, &calls) : 0;
}

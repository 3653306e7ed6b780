#include "held.h"

#include <stdlib.h>
#include <string.h>

struct held_trx *held_find(const struct held *h, const char *xid, size_t n)
{
	for (size_t i = 0; i < h->n; i++)
		if (strlen(h->trx[i].xid) == n && !memcmp(h->trx[i].xid, xid, n))
			return &h->trx[i];
	return NULL;
}

void held_drop(struct held *h, struct held_trx *t)
{
	free(t->flaw);
	*t = h->trx[--h->n];
}

int held_add(struct held *h, const char *xid, size_t n, uint64_t first, uint64_t end, char *flaw)
{
	struct held_trx *t = held_find(h, xid, n);

	if (t)
		held_drop(h, t);
	if (h->n == h->cap) {
		size_t cap = h->cap ? 2 * h->cap : 8;
		struct held_trx *more = cap * sizeof *more > HELD_MAX ? NULL : realloc(h->trx, cap * sizeof *more);

		if (!more) {
			free(flaw);
			return -1;
		}
		h->trx = more;
		h->cap = cap;
	}
	t = &h->trx[h->n++];
	memcpy(t->xid, xid, n);
	t->xid[n] = 0;
	t->first = first;
	t->end = end;
	t->flaw = flaw;
	return 0;
}

void held_release(struct held *h)
{
	while (h->n)
		held_drop(h, h->trx);
	free(h->trx);
}

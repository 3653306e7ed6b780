#ifndef HELD_H
#define HELD_H
/*
 * XA transactions that are prepared and not decided yet: which steps of the plan
 * they are. How many there are at a time is the source's to bound, and here
 * HELD_MAX bytes.
 */
#include <stddef.h>
#include <stdint.h>

#include "xid.h"

#define HELD_MAX (16u << 20)

struct held_trx {
	char xid[XID_TEXT_MAX + 1];
	uint64_t first, end; /* its steps */
	char *flaw;	     /* why it cannot be undone; NULL: it can. Owned. */
};

struct held {
	struct held_trx *trx;
	size_t n, cap;
};

/* NULL: there is none of that name. */
struct held_trx *held_find(const struct held *h, const char *xid, size_t n);
/* Consumes flaw. 0; -1: no memory, or more than HELD_MAX. One of the same name is forgotten. */
int held_add(struct held *h, const char *xid, size_t n, uint64_t first, uint64_t end, char *flaw);
void held_drop(struct held *h, struct held_trx *t);
void held_release(struct held *h);

#endif

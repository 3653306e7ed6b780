#ifndef PROOF_H
#define PROOF_H
/*
 * When each table was last found to be the same: the time at which the first chunk of that round was begun, for from then on
 * it may have become another one. Kept from round to round.
 */
#include <stddef.h>
#include <stdint.h>

struct proof {
	char *name;	    /* db.table */
	int64_t proven_us;  /* since 1970; 0: never so far */
	uint64_t round;	    /* in which it was last looked at */
	const char *result; /* of then: a constant text */
};

struct proofs {
	struct proof *v;
	size_t n;
};

/* The one of a table, made if need be; NULL: no memory. Valid until the next call. */
struct proof *proof_of(struct proofs *p, const char *db, const char *name);
/* The oldest of the tables of this round. 0: one of them has none. */
int64_t proofs_oldest(const struct proofs *p, uint64_t round);
void proofs_release(struct proofs *p);

#endif

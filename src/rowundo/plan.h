#ifndef PLAN_H
#define PLAN_H
/*
 * What is to be undone, in the order in which it was done: a list that is
 * appended to, cut, and read from its end. It lies in an unlinked temporary
 * file but for PLAN_KEEP bytes at its end, so memory does not grow with it.
 */
#include <stddef.h>
#include <stdint.h>

enum step_kind {
	STEP_ROWS,	/* a ROWS frame of the table that was defined as number `table` */
	STEP_SAVEPOINT, /* a SAVEPOINT frame */
	STEP_DECIDED,	/* the rows of an XA transaction became visible: the steps from `first` to `end` */
	STEP_PREPARED,	/* the end of steps that are not done here: go on before `first` */
	STEP_TRX	/* the end of a transaction; its BEGIN frame, and its first step */
};

struct step {
	uint64_t at;	/* of the frame, in the stream; STEP_DECIDED: one past its last step */
	uint64_t first; /* a step's number */
	uint32_t len;	/* of the frame */
	uint32_t table;
	uint32_t kind;
	uint32_t unused;
};

#define PLAN_KEEP (1u << 20)

struct plan {
	int fd;		    /* -1: nothing was written yet */
	uint64_t n, stored; /* steps; those that are in the file */
	struct step *tail;  /* steps from `stored` on */
	struct step *page;  /* steps that were read back */
	uint64_t page_at;
	size_t page_n;
};

/* All of these: 0, or -1 with the message printed. */
int plan_init(struct plan *p);
int plan_add(struct plan *p, const struct step *s);
int plan_get(struct plan *p, uint64_t i, struct step *s); /* i < n */
void plan_cut(struct plan *p, uint64_t n);		  /* keeps the first n */
void plan_release(struct plan *p);

#endif

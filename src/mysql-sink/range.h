#ifndef RANGE_H
#define RANGE_H
/*
 * Runs of source transactions that are on the target beyond the checkpoint: with
 * --commit-order any each batch leaves a row in rowferry.ahead, in its own
 * transaction, until the checkpoint has passed it. Who starts again skips these
 * and so fills exactly the gaps between them.
 *
 * Row 0 says who may add to them: whoever starts writes a number of its own
 * there, and what an older sink still adds finds another number and fails.
 */
#include "ckpt.h"

struct range {
	uint64_t number;	 /* of the batch; grows */
	uint64_t trx;		 /* transactions in it */
	char file[LOG_NAME_MAX]; /* where the first one begins, and the last one ends */
	uint64_t off;
	char end_file[LOG_NAME_MAX];
	uint64_t end_off;
	struct buf gtids; /* "0-1- 5-9\n": runs of GTIDs that differ in the number behind what they begin with; "" none */
	size_t run;	  /* in gtids: where the last run begins */
	uint64_t from, to;
};

void range_release(struct range *r);
void range_reset(struct range *r);
/* One more transaction, from file:off; gtid "" none. 0 or -1 (no memory). */
int range_add(struct range *r, const char *file, uint64_t off, const char *gtid);
static inline void range_end(struct range *r, const char *file, uint64_t off)
{
	memcpy(r->end_file, file, strlen(file) + 1);
	r->end_off = off;
}

struct ranges { /* those that an earlier sink left */
	struct range *r;
	uint64_t *seen;	   /* transactions of each that have come by */
	uint64_t *seen_by; /* batch that was made when the last of them had, 0 not yet */
	size_t n, open;	   /* open: not all of them have come by */
	uint64_t holder;   /* our number */
	uint64_t highest;
	int is_there; /* the table is */
	int failed;   /* not all of them could be read */
};

void ranges_release(struct ranges *a);
/*
 * Claims the right to add, and reads what is there. make: also makes the table. same_files: file names mean what they
 * meant. 0; -1: the link's err.
 */
int ranges_open(struct ranges *a, const struct ckpt *c, struct link *l, int make);
/* Takes the right from whoever has it. 0, also where there is no such table; -1: the link's err. */
int ranges_disown(const struct ckpt *c, struct link *l);
/* Is the transaction in one of them? It is counted then. */
int ranges_take(struct ranges *a, const char *file, uint64_t off, const char *gtid, int same_files);
/* A batch of this number is made of what has come by. */
void ranges_batch(struct ranges *a, uint64_t number);

/* Statements: adds a range, must change one row (STMT_CKPT); drops those that batch `number` and its position cover. */
void ranges_sql_add(const struct ranges *a, const struct ckpt *c, const struct range *r, struct buf *sql);
void ranges_sql_drop(const struct ranges *a, const struct ckpt *c, uint64_t number, struct buf *sql);
void ranges_sql_all(const struct ckpt *c, struct buf *sql); /* drops all */
/* Is the batch's range there? 1, 0, -1 failed. */
int ranges_has(const struct ranges *a, const struct ckpt *c, struct link *l, uint64_t number);

#endif

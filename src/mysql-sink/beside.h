#ifndef BESIDE_H
#define BESIDE_H
/*
 * The reading side with workers: what the rows that come are tied to, which of
 * the batches may go beside others and when, and which the sink has to apply
 * by itself, alone.
 */
#include "sink.h"

/* As many workers as the options and the target say; none: the sink applies all by itself. 0, or -1 with message and x.code. */
int beside_start(struct sink *k);

/* The rows at the cursor are read, and the batch's keys have them. 0, or -1 as a callback of the stream. */
int beside_rows(struct sink *k, struct stream *s, const struct rec_rows *r, struct source_table *st, struct cur *c);

/* Hands over what is whole, waiting for a worker if must be. 0 or -1 likewise. */
int beside_give(struct sink *k, struct stream *s);

/* A transaction has ended: is there enough for a batch? */
static inline int beside_is_enough(const struct sink *k)
{
	/* folding a row takes about as much memory as the row */
	return batch_whole_size(&k->b) + k->b.whole_rows * 100 >= k->enough;
}

/* Before a wait for input, and when a batch has ended. 1: that was all; 0: nothing is under way; -1. */
int beside_idle(struct sink *k, struct stream *s);

/* The keys are those of what is left in the batch. 0, or -1 (no memory). */
int beside_rekey(struct sink *k);

/* The number of the last batch, whose range the checkpoint covers when all are done. */
uint64_t beside_number(const struct sink *k);

/* Waits for all that is under way. 0 or -1. */
int beside_drain(struct sink *k, struct stream *s);

#endif

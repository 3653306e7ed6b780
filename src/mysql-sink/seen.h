#ifndef SEEN_H
#define SEEN_H
/*
 * What mysql-sink shows of itself (status.h): not what was read but what is on
 * the target, and what is left to do.
 */
#include "sink.h"

/* What is before the place is on the target. */
void seen_done(struct sink *k, const struct place *at);
/* The same, of what workers have done since. */
void seen_workers(struct sink *k);
/* A transaction has ended. That is all that moves while there is nothing for the target in what is read. */
void seen_ended(struct sink *k);
/* Is about to wait for the target. */
void seen_wait(struct stream *s);
/* stream_calls.on_status */
void seen_status(struct stream *s);

#endif

#ifndef WORKERS_H
#define WORKERS_H
/*
 * Batches on several connections at once, a thread each. The sink's own thread
 * reads the stream and hands over batches in the source's order; a worker
 * applies what is tied to no batch before its own (keys.h), waits until those
 * are committed, applies the rest, moves the checkpoint and commits. So the
 * target only ever shows states that the source had, and a batch that fails is
 * tried again alone before it counts as failed.
 *
 * With --commit-order any a batch waits only for those before it that it is tied
 * to, and leaves a range (range.h).
 *
 * A worker that waits looks whether somebody before it waits for rows that it
 * holds, which no key told, and then gives them up.
 *
 * What a batch refers to (tables, maps) belongs to the sink's thread, which
 * changes it only while nothing is under way.
 */
#include "exec.h"
#include "keys.h"

#define WORKERS_MAX 32

struct workers; /* opaque */

struct job { /* a batch on its way */
	struct batch b;
	struct keys keys; /* of its rows */
	struct place to;
	struct source_id source;
	struct range range; /* --commit-order any: what is in it, without number; else empty */
	/* the rest is workers.c's */
	uint64_t number;
	int state, refs;
	struct job *before[WORKERS_MAX];
	size_t nbefore;
	struct exec_counts n;
};

/* NULL: no memory, or a thread could not be started (errno). No connection is made before there is work. */
struct workers *workers_new(unsigned n, const struct exec_options *o, const struct conn_opts *conn, struct target *target,
    struct ckpt *ckpt, const struct ranges *ranges);
/* Ends what is under way: batches that are not committed are rolled back. */
void workers_free(struct workers *w);

int workers_fd(const struct workers *w); /* can be read when a batch has ended; workers_reap reads it */

/* An empty job to fill; NULL: no memory. It is ours until it is handed over. */
struct job *workers_job(struct workers *w);
/* Can a batch be handed over without waiting? */
int workers_have_room(struct workers *w);
int workers_are_idle(struct workers *w);
size_t workers_bytes(struct workers *w); /* of what is under way */
/* Hands it over, in the source's order; waits for a free worker, and until `limit` bytes are not passed. */
void workers_give(struct workers *w, struct job *j, size_t limit);
uint64_t workers_given(const struct workers *w); /* number of the last batch */
/* Up to which number all are done (as of the last reap), and the place of that one; borrowed. */
uint64_t workers_low(const struct workers *w, const struct place **at);
/* Drops what is done and adds what it counted. 0, or -1: one failed, with its message; *code is the exit code. */
int workers_reap(struct workers *w, struct exec_counts *n, int *code);
/* The same, when all are done. */
int workers_drain(struct workers *w, struct exec_counts *n, int *code);

#endif

#ifndef EXEC_H
#define EXEC_H
/*
 * Batches onto the target: whole source transactions in one target transaction
 * with the checkpoint, tried again where that can help; and a transaction that
 * is larger than memory while it arrives. What happens to a single row that does
 * not go in is row.h's.
 */
#include "batch.h"
#include "bulk.h"
#include "ckpt.h"
#include "fold.h"
#include "held.h"
#include "link.h"
#include "range.h"
#include "rejects.h"
#include "result.h"
#include "stmt.h"
#include "target.h"

struct exec_options {
	struct policies policies;
	int dry_run, create_tables, allow_triggers;
	int compare_rows;     /* a row is found by all of the old row, not by its key alone */
	int any_order;	      /* batches commit as they are done, not in the source's order */
	unsigned retry_s;     /* how long a failing batch is tried again */
	const char *rejects;  /* file for rows that are skipped; NULL none */
	uint64_t max_rejects; /* how many rows may be skipped; 0: any number */
};

/*
 * Of a batch that is applied while those before it are still under way: which of
 * its rows have to wait for them, and how to wait.
 */
struct ahead {
	void *arg;
	/* 1 if the row (as the operation has it) may not be touched before wait, 0 it may, -1 no memory */
	int (*must_wait)(void *arg, const struct source_table *st, enum row_op op, const struct val *old, const struct val *new);
	/*
	 * Waits until that is committed which rows had to wait for so far, or (all) everything that has to be before this
	 * batch. OK; AGAIN: somebody before us waits for rows that we hold; STOP: one before us failed, which is said already,
	 * and code is set. Nothing may be at the server.
	 */
	enum exec_result (*wait)(void *arg, int all);
	int is_turn; /* everything is */
	int undone;  /* it was tried and did not go: now wait for all that was handed over before */
};

struct exec_counts { /* of what is committed, but for the retries */
	uint64_t rows, trx, batches, retries, undone, skipped, overwritten;
};

struct exec {
	const struct exec_options *o;
	struct link link;
	/* of the pipeline, borrowed: whoever writes them is alone with them */
	struct target *target;
	struct ckpt *ckpt;
	const struct ranges *ranges;
	const struct range *range; /* what the batch at hand adds to them, instead of moving the checkpoint; NULL nothing */
	uint64_t passed;	   /* else: drops those that batches up to this one, and the checkpoint, cover */
	struct ahead *ahead;	   /* NULL: nothing is under way before the batch */
	struct rejects *rejects;   /* NULL: none */
	struct source_id source;   /* of the present stream */
	struct batch *b;	   /* what is applied now */
	struct held held;
	struct packet pk[2];
	struct bulk bulk;
	struct fold fold;
	uint8_t fold_flags; /* of its rows' items */
	int cur, flying;    /* pk[cur] is being made; pk[flying] is at the server, -1 none */
	struct val *old, *new;
	uint32_t cap_vals;
	struct buf text, why;
	char file[LOG_NAME_MAX];   /* log file of the item at hand */
	int no_puts;		   /* of the batch: updates that were inserts came to another number of rows */
	int express;		   /* the batch is small: it goes in one packet with its COMMIT, see packet_guard */
	int is_merged;		   /* the update at hand stands for several: its old image is not the row as the target has it */
	int is_open;		   /* a target transaction for more than one call (large transaction, dry run) */
	int code;		   /* why it failed (code.h), the message is printed */
	struct exec_counts n;	   /* since the start, or since somebody took them */
	struct exec_counts before; /* the same before the large transaction that is open */
	uint64_t try_skipped, try_overwritten, try_rows; /* try_rows: of those that were held */
};

/* slot: 0 for the connection that holds the pipeline's lock, from 1 for the others */
void exec_init(struct exec *x, const struct exec_options *o, const struct conn_opts *conn, struct target *target,
    struct ckpt *ckpt, unsigned slot);
void exec_release(struct exec *x);
/* Connects for the first time and takes the pipeline's lock. 0, or -1 with message and code. */
int exec_connect(struct exec *x);

/*
 * Applies the batch's whole transactions and moves the checkpoint, all in one
 * transaction; without rows only the checkpoint. The batch is the caller's to
 * drop then. 0, or -1 with message and code: nothing of it is on the target.
 * With x->ahead set it is tried before its turn has come; what does not go then
 * is done again in its turn, and only what fails there is a failure.
 */
int exec_batch(struct exec *x, struct batch *b, const struct place *to);

/* A transaction larger than memory: start, feed as often as need be (drops what is in the batch), then one of the ends. */
int exec_large_start(struct exec *x);
int exec_large_feed(struct exec *x, struct batch *b);
int exec_large_rollback_to(struct exec *x, uint64_t number);
int exec_large_commit(struct exec *x, struct batch *b, const struct place *to);
void exec_large_undo(struct exec *x, struct batch *b);

/* The same of a dry run: the whole transactions go into its one transaction. */
int exec_dry_batch(struct exec *x, struct batch *b);

/* ---- for the parts of exec: apply.c, folded.c, large.c, row.c, define.c */

/* Items [0, n) of x->b into the open target transaction, in large packets or row by row. */
enum exec_result exec_items(struct exec *x, size_t n, int one_by_one);
/* Rows of one item of x->b, in their order. */
enum exec_result exec_rows(struct exec *x, size_t index, int one_by_one);
/* The same, folded with others where that can be; written by exec_unfold at the latest. */
enum exec_result exec_fold(struct exec *x, size_t index);
enum exec_result exec_unfold(struct exec *x);
/* The state of a copy of tables goes with the checkpoint, if it is another than before. */
void exec_put_copy(struct exec *x, const struct place *to);
void exec_calm(struct exec *x); /* throws away what was not sent, waits for what was */
void exec_undo(struct exec *x); /* the same, and rolls back */
void exec_done(struct exec *x, const struct batch *b);
int exec_moved_to(struct exec *x, const struct place *to); /* the checkpoint on the target is so now; 0 or -1 */
enum exec_result exec_stop(struct exec *x, int code);
enum exec_result exec_no_memory(struct exec *x);
/* After a lost connection: connects again with growing waits until deadline_ms passes. */
enum exec_result exec_reconnect(struct exec *x, int64_t deadline_ms);
/* Reads the checkpoint to see whether a COMMIT without an answer was done: 1, 0; -1 failed with message and code. */
int exec_was_committed(struct exec *x);
/* The checkpoint was not as it should be: prints why, sets the code. */
enum exec_result exec_moved(struct exec *x);

/* Everything before the batch is committed from here on. Collects what is at the server first. */
enum exec_result exec_turn(struct exec *x);
/* What rows had to wait for so far is committed. Likewise. */
enum exec_result exec_wait_tied(struct exec *x);
/* May the row be written now, or does it have to wait for exec_wait_tied? 1 wait, 0, -1 no memory. */
static inline int exec_must_wait(
    const struct exec *x, const struct source_table *st, enum row_op op, const struct val *old, const struct val *new)
{
	return x->ahead && !x->ahead->is_turn ? x->ahead->must_wait(x->ahead->arg, st, op, old, new) : 0;
}

/* Sends pk[cur] and waits for all results. */
enum exec_result exec_collect(struct exec *x);
static inline int exec_has_map(const struct exec *x, const struct source_table *st)
{
	return st->map && st->map_age == x->target->age;
}
/* Makes st->map unless it is there. EXEC_TROUBLE is of rows that were sent before; *fits 0: no row of this table can land, see
 * x->why. */
enum exec_result exec_map(struct exec *x, struct source_table *st, int *fits);
/* Old and new image of the row at the cursor, as the item's operation has them, to x->old and x->new. 0 or -1. */
int exec_read_row(struct exec *x, const struct item *it, struct cur *c);
/* Prints that the row at the cursor is not as it should be. */
enum exec_result exec_damaged(struct exec *x, const struct item *it, const struct cur *c);
int exec_room_for_vals(struct exec *x, uint32_t n);  /* in x->old and x->new; 0 or -1 */
void exec_set_checks(struct exec *x, uint8_t flags); /* ROWS_NO_...: of the rows that follow */
/*
 * One row, read into x->old and x->new, which takes `bytes` in the stream, into
 * the packet or, if it has to be looked at, alone. run: of how many rows of its
 * table and operation that may be one statement it is one.
 */
enum exec_result exec_put_row(
    struct exec *x, const struct item *it, struct row_ref ref, size_t bytes, int one_by_one, uint32_t run);
/* After the last of a run: what comes next is text again. */
enum exec_result exec_end_run(struct exec *x);
enum exec_result exec_link_failed(struct exec *x, const char *doing);
struct stmt_style exec_style(const struct exec *x);
int64_t exec_now_ms(void);
int exec_wait_ms(unsigned ms); /* 1: told to stop meanwhile */

#endif

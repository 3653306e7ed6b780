#ifndef SINK_H
#define SINK_H
/*
 * The reading side: frames of the stream into the batch, and the decisions when
 * the batch goes to the target, which transactions are there already, and what
 * becomes of DDL.
 */
#include "exec.h"
#include "keys.h"
#include "stream.h"
#include "workers.h"

enum ddl_policy { SINK_DDL_APPLY, SINK_DDL_SKIP, SINK_DDL_STOP };

struct sink_options {
	struct exec_options exec;
	enum ddl_policy ddl;
	int accept_gap;
	uint64_t epoch;	      /* of the lease that we run under, see fence.h; 0 none */
	const char *skip_ddl; /* FILE:OFFSET of the one statement that is left out; NULL none */
	unsigned workers;     /* 0: as many as seem good */
	uint64_t batch_bytes; /* a batch is applied when it has passed this, also while input waits */
	uint64_t memory;      /* a source transaction that has passed this is applied while it arrives */
};

struct sink {
	const struct sink_options *o;
	struct target target;
	struct ckpt ckpt;
	struct workers *workers; /* NULL: none */
	struct keys keys;	 /* of the rows in b */
	struct ranges ranges;	 /* what an earlier sink applied beyond the checkpoint */
	struct range range;	 /* what is whole in b, with --commit-order any */
	unsigned statements;	 /* of the open transaction that have come */
	int same_source;	 /* as the checkpoint's: file names mean the same */
	uint64_t moved_to;	 /* the batch up to which the checkpoint has been moved, likewise */
	uint64_t enough;	 /* bytes of a batch: few at first, twice as many each time, up to batch_bytes */
	int alone;		 /* b has what only the sink itself may apply, with nothing beside it */
	struct exec x;
	struct batch b;
	struct rejects rejects;
	struct buf begin; /* the open transaction's BEGIN frame, for those */
	int has_ckpt;
	struct buf copy;      /* of the copy of tables that the stream has, as far as it was read; empty: none */
	struct buf copy_part; /* the open transaction is this part of it; empty: it is of the log */
	/* transactions that the target has already: those of skip_gtid, or those before skip_file:skip_off */
	struct gtid_set *skip_gtid;
	int skip_by_file;
	char skip_file[LOG_NAME_MAX];
	uint64_t skip_off;
	struct gtid_set *own_gtid; /* the executed set where the stream's own does not say it; NULL: it does */
	uint64_t skipped_trx;
	/* the open transaction */
	int skipping, skips_ahead, is_large;
	unsigned ddl_number;
	/* the position has moved without rows; must: it has to be written at once */
	int said_behind;
	int moved, must;
	int64_t written_ms, last_ts_us;
	int failed; /* the target refused: nothing more is applied */
	/* seen.c */
	int64_t done_us;   /* when the source committed the last that is on the target; 0 not known */
	uint64_t seen_low; /* of workers_low */
	struct place place;
};

extern const struct stream_calls sink_calls;

/* 0, or -1 with message and x.code. */
int sink_init(struct sink *k, const struct sink_options *o, const struct conn_opts *conn, const char *pipeline);
void sink_release(struct sink *k);
void sink_summary(const struct sink *k);
int sink_fd(const struct sink *k); /* for the reader's wake_fd; -1 none */

/* ---- for beside.c */

int sink_fail(struct sink *k, struct stream *s);      /* x.code is set, the message printed; returns -1 */
int sink_set_place(struct sink *k, struct stream *s); /* k->place: behind the last transaction that has ended. 0 or -1 */
void sink_written(struct sink *k);		      /* the position is, or will be with what was handed over */
int sink_flush(struct sink *k, struct stream *s);     /* applies what is whole, and writes the position; waits. 0 or -1 */

/* start.c: at HELLO: a copy of tables that began must go on, and one may begin. Likewise. */
int sink_start_copy(struct sink *k, const struct rec_hello *h);
/* At HELLO: does the stream fit the checkpoint? 0, or -1 with message and x.code. */
int sink_start(struct sink *k, struct stream *s, const struct rec_hello *h);
/* Is the transaction that begins here on the target already? */
int sink_has(struct sink *k, const struct stream *s);
/* Is the stream's position still before the checkpoint's? Forgets what to skip as soon as it is not. */
int sink_is_behind(struct sink *k, const struct stream *s);

#endif

#ifndef STREAM_H
#define STREAM_H
/*
 * The loop of every program that reads a stream: frames in, their order and
 * counts checked, tables and position kept, one callback a frame, and verbatim
 * pass-through for those that write a stream. It does not know what a program
 * does with rows.
 *
 * A callback gets the decoded record and the frame. It returns
 *   STREAM_PASS  write the frame as it came (only with an output)
 *   STREAM_TOOK  the callback wrote what it wanted into s->out.b, or nothing
 *   -1           stop: the callback has printed its message and set s->code
 * A callback that is NULL passes.
 *
 * A filter that drops or adds rows tells with stream_rows_out(); COMMIT is then
 * written with the right count, otherwise byte for byte. After a ROWS frame was
 * passed verbatim its rows are counted by the loop itself. The same holds for PREPARE.
 */
#include <stdint.h>

#include "fdio.h"
#include "frame.h"
#include "pos.h"
#include "rec.h"
#include "tables.h"
#include "xid.h"

enum stream_action { STREAM_PASS = 0, STREAM_TOOK = 1 };

struct stream;

struct stream_calls {
	int (*on_hello)(struct stream *, const struct rec_hello *);
	int (*on_table)(struct stream *, struct table *); /* the stream keeps it; user may be set */
	int (*on_begin)(struct stream *, const struct rec_begin *);
	/* c stands at the first image; t is the table. The callback reads n images (pairs) or returns STREAM_PASS. */
	int (*on_rows)(struct stream *, const struct rec_rows *, struct table *t, struct cur *c);
	int (*on_ddl)(struct stream *, const struct rec_ddl *);
	int (*on_commit)(struct stream *, const struct rec_commit *);
	int (*on_mark)(struct stream *, const struct rec_mark *);
	int (*on_end)(struct stream *, const struct rec_end *);
	int (*on_savepoint)(struct stream *, const struct rec_rollback *);
	int (*on_rollback)(struct stream *, const struct rec_rollback *);
	int (*on_note)(struct stream *, const struct rec_note *);
	int (*on_prepare)(struct stream *, const struct rec_prepare *); /* ends the transaction, as on_commit */
	int (*on_decide)(struct stream *, const struct rec_decide *);
	int (*on_other)(struct stream *);
	/* Nothing more is waiting and output was flushed: before a read that may block. */
	int (*on_idle)(struct stream *);
	/*
	 * What the program shows of itself is about to be looked at (status.h): of status_now the counts of what was read
	 * are there, the callback puts in the rest: the place, done_us, pending. NULL: what was read is done.
	 */
	void (*on_status)(struct stream *);
	/* The stream cannot go on (cut, damaged, told to stop mid-way): undo what is open. No message is due. */
	void (*on_abort)(struct stream *);
};

struct stream {
	const struct stream_calls *calls;
	void *arg; /* the program's own */
	struct reader in;
	struct writer out;  /* fd -1: no output */
	struct frame frame; /* the present one */
	int code;	    /* exit code so far (code.h) */

	/* state of the present section */
	int in_section, in_trx;
	uint64_t trx_rows_in, trx_rows_out;
	char file[LOG_NAME_MAX]; /* position after the last ended transaction or MARK, or HELLO's */
	uint64_t off;
	struct gtid_set *gtid;		  /* executed set likewise; NULL: not known */
	char *begin_gtid;		  /* GTID of the open transaction; "" none */
	size_t begin_gtid_cap;		  /* bytes that are there for it */
	char begin_xid[XID_TEXT_MAX + 1]; /* its name if it is an XA transaction; "" none */
	char begin_file[LOG_NAME_MAX];
	uint64_t begin_off;
	int64_t begin_ts_us; /* 0: not known */

	int64_t waits_us; /* when the wait for the frame at hand began, by status_clock_us(); 0: it was there */
	int64_t mark_us;  /* time of the MARK that is the last frame; 0 */
	int64_t gap_us;	  /* how long was waited for the MARK before the last */
	int idle_failed;  /* on_idle has failed and said why, even if the code is 0 */

	struct tables tables;
};

/* 0, or -1 with the message printed (no memory). The descriptors are borrowed; out_fd may be -1. */
int stream_init(struct stream *s, int in_fd, int out_fd, const struct stream_calls *calls, void *arg);
void stream_release(struct stream *s);

/*
 * Runs to the end. Returns the exit code (code.h): 0 after END and end of file,
 * or when told to stop between transactions (an END frame with why "signal" is
 * written then); 102 and 111 with their message printed.
 */
int stream_run(struct stream *s);

/*
 * All that a filter does between its options and its last words: traps the
 * signals, says that it is ready (ready.h) and runs the stream of standard input
 * onto standard output. Returns the exit code.
 */
int stream_filter(const struct stream_calls *calls, void *arg, int *ready_fd);

struct table *stream_table(struct stream *s, uint32_t id); /* NULL: not defined */

/* Counts rows that the callback itself wrote out (0 also marks the transaction as changed). */
void stream_rows_out(struct stream *s, uint64_t n);

/*
 * Shows how far the stream is to who watches (status.h): the loop does it, and who is about to wait for something else than
 * input. pending: what was read last is not done.
 */
void stream_show(struct stream *s, int pending);

/* Flushes the output. 0, or -1 with the message printed and s->code set. */
int stream_flush(struct stream *s);

/* No memory: prints the line, sets the code, returns -1. */
int stream_no_memory(struct stream *s);
/* Damaged payload found by a callback: prints the line with the offset, sets the code, returns -1. */
int stream_damaged(struct stream *s, const struct cur *c);
/* The same with a text of one's own. */
int stream_broken(struct stream *s, const char *why);

/* Refuses to write a stream to a terminal unless forced: 0, or -1 with the message printed. */
int stream_check_tty(int fd, int force);

#endif

#ifndef STATUS_H
#define STATUS_H
/*
 * What a program that follows a stream shows of itself to those who look at it
 * from outside: how far it is, what it did, what it waits for. One a process, as
 * the messages are. The thread that moves rows counts in status_now with plain
 * stores and publishes a copy now and then; others read that copy, so that they
 * are answered also while that thread is held up. Without a watcher (watch.h)
 * nothing is copied.
 *
 * Lag is how old the newest thing is that is done: the source's clock now, minus
 * the time of the last transaction or MARK that is done (passed on, or on the
 * target; as long as nothing is, of the transaction at hand). Both are times of the
 * source's own clock, so it does not matter what the clock here shows. The source's
 * clock now is what HELLO or the last MARK said it was, plus the time that has gone
 * by here since (CLOCK_MONOTONIC). MARKs
 * that waited in a pipe are old when they are read; so of several the one counts
 * that makes the source's clock the latest, until one is read behind which nothing
 * waits: that one is believed as it is, also if the source's clock was set back.
 *
 * It is 0 while nothing that was read is left to do and the newest thing is no
 * older than three of the intervals in which MARKs come (3 s at the least): the
 * time of a transaction may be in whole seconds, and between two MARKs nobody can
 * know better. When nothing comes any more it grows: whether there is something
 * at the source cannot be known then. A filter that drops all rows still passes
 * COMMIT and MARK, and they count as any other.
 */
#include <stdint.h>

#include "gtid_set.h"
#include "pos.h"

enum status_state {
	STATUS_STARTING,
	STATUS_RUNNING,
	STATUS_IDLE,   /* waits for input, and has nothing left to do */
	STATUS_SOURCE, /* waits for the source: it is not connected */
	STATUS_TARGET, /* waits for the target */
	STATUS_READER, /* waits for whoever reads its output */
	STATUS_ENDED,
	STATUS_STATES
};

/* A link carries a stream and does not look into it: it knows bytes alone. */
enum status_role { STATUS_TAP = 1, STATUS_FILTER = 2, STATUS_SINK = 4, STATUS_DIFF = 8, STATUS_LINK = 16 };

#define STATUS_NO_CLOCK INT64_MIN

struct status {
	const char *pipeline; /* borrowed; NULL: it has no name */
	unsigned role;
	int input_fd; /* where bytes wait to be read; -1 not known */

	/* counted since the start */
	uint64_t events, frames, read_bytes, written_bytes;
	uint64_t rows[3]; /* by enum row_op: read, those of a tap written */
	uint64_t written_rows, transactions, statements, marks;
	uint64_t applied_rows, applied_trx, batches, undone, passed_trx; /* of a sink */
	uint64_t copied_rows,
	    copy_rows; /* of a copy of tables: so far, and in all, as the server guesses; 0: none is under way */
	uint64_t skipped_rows, overwritten_rows, rejected_rows; /* of its conflicts */
	uint64_t stream_bytes, link_bytes;			/* of a link: of the stream, and of it as they travelled */

	/* as it is now */
	char file[LOG_NAME_MAX]; /* what is before this place is done; "" not known */
	uint64_t off;
	struct buf gtid; /* the executed set there, as text */
	int has_gtid;
	uint64_t unread_bytes; /* read from the descriptor and not looked at yet */
	uint64_t kept_bytes;   /* looked at, and not on the target yet */
	int pending;	       /* something that was read is not done */
	int64_t done_us;       /* time of the last that is done, by the source's clock; 0 not known */
	int64_t ahead_us;      /* the source's clock minus status_clock_us(); STATUS_NO_CLOCK: not known */
	int64_t quiet_us;      /* for so long nothing need come */
};

#define STATUS_NOTE_MAX 512
struct status_note {	 /* the last message of a kind */
	uint64_t n;	 /* how many there were */
	int64_t time_us; /* 1970, by the clock here */
	char text[STATUS_NOTE_MAX];
};

struct status_view { /* what a watcher sees */
	struct status s;
	enum status_state state;
	uint64_t moves, retries;
	struct status_note error, warning;
};

/* ---- for the thread that moves rows */

extern struct status status_now;
/* The rest is by the functions only; all are looked at by other threads too. */
extern int status_watched, status_due, status_doing;
extern uint64_t status_steps;

int64_t status_clock_us(void); /* CLOCK_MONOTONIC */

/* Goes on, after whatever it waited for. */
static inline void status_run(void)
{
	__atomic_store_n(&status_doing, STATUS_RUNNING, __ATOMIC_RELAXED);
}
/* The same, and something has moved. */
static inline void status_step(void)
{
	__atomic_store_n(&status_steps, __atomic_load_n(&status_steps, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
	status_run();
}
/* Is about to wait for that. */
static inline void status_wait(enum status_state what)
{
	__atomic_store_n(&status_doing, what, __ATOMIC_RELAXED);
}
/* Does a watcher want a new copy? To be asked where a copy can be made: between frames, events. */
static inline int status_is_due(void)
{
	return __atomic_load_n(&status_due, __ATOMIC_RELAXED);
}
/* Is there anybody to make copies for? */
static inline int status_is_watched(void)
{
	return status_watched;
}

/* What is before the place is done. g NULL: the set is not known. */
void status_set_place(const char *file, uint64_t off, const struct gtid_set *g);
/* The source's clock is known to be there now; is_fresh: whoever said it has not waited on the way. */
void status_set_clock(int64_t source_us, int is_fresh);
/* Shows status_now as it is. Before a wait that may be long, and when it is due. */
void status_publish(void);

/*
 * What a program shows beside that: appends members of the JSON object, each with a comma and a line end behind it, or lines
 * for Prometheus. On the watcher's thread; set before watch_start. NULL: nothing.
 */
extern void (*status_more)(struct buf *out, int as_json);

/* ---- for any thread */

void status_moved(void); /* something has: a batch is on the target */
void status_retry(void); /* something failed and is tried again */
/* A message was printed (msg_on_say). */
void status_hear(int is_error, const char *text);

/* ---- for the watcher */

void status_watch(int on); /* before and after all others */
/* Asks for a new copy, for later. */
void status_want(void);
/* The newest copy. The view is initialised with zeros, and used again; status_view_release frees what it has. */
void status_look(struct status_view *v);
void status_view_release(struct status_view *v);
void status_release(void);
/* Seconds of lag as the view has it and the time is now. 1; 0: not known. */
int status_lag(const struct status *s, double *seconds);
/* Bytes that have arrived and are not done. */
uint64_t status_waiting(const struct status *s);
const char *status_state_name(enum status_state state);

#endif

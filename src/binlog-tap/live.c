/* A server's log over the dump protocol: connects, follows, connects again. */
#include "tap.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "defs.h"
#include "dump.h"
#include "msg.h"
#include "ready.h"
#include "origin.h"
#include "sig.h"
#include "status.h"
#include "wait.h"

#define WAIT_FIRST_MS 100
#define WAIT_MAX_MS 10000

struct live {
	struct tap *t;
	struct origin from; /* what the start position means on this server */
	struct conn *conn;
	struct dump *dump;
	struct wait *wait; /* on the dump's socket and the reader of our output */
	struct buf err;
	unsigned wait_ms; /* before the next try */
	int is_again;	  /* not the first connection */
	int is_lost;	  /* it was said that the connection is lost */
	int ready;	  /* streaming has begun, and was said */
};

enum next { NEXT_EVENT, NEXT_DONE, NEXT_LOST, NEXT_FAILED };

/* ---- told to stop: the client library does not come back from a read when a signal comes, but when its socket ends */

static volatile sig_atomic_t idle_fd = -1;

static void on_stop_signal(void)
{
	if (idle_fd >= 0)
		(void)shutdown(idle_fd, SHUT_RDWR);
}

static unsigned read_timeout_s(const struct tap *t)
{
	double s = 3 * t->heartbeat_s;

	return s < 2 ? 2 : (unsigned)(s + 0.999);
}

/*
 * Waits for the socket, but also for the end of whoever reads the stream: with
 * it the whole chain is to end at once, not with the next heartbeat. 0, or -1
 * if the reader has ended, with the message printed.
 */
static int watch_reader(struct live *l)
{
	unsigned got;

	if (dump_is_sure(l->dump) && dump_is_ready(l->dump))
		return 0;
	status_wait(STATUS_IDLE);
	if (!dump_is_sure(l->dump))
		return 0;
	if (!l->wait && !(l->wait = wait_new(dump_fd(l->dump), l->t->out.fd, -1)))
		return 0;
	got = wait_any(l->wait, WAIT_INPUT | WAIT_READER_GONE | WAIT_STOP, (int)read_timeout_s(l->t) * 1000);
	if (!(got & WAIT_READER_GONE) || sig_stop)
		return 0;
	return tap_reader_gone(l->t);
}

/* Reads the next event; between transactions a stop signal ends the wait. */
static enum dump_result wait_next(struct live *l, const uint8_t **p, size_t *n)
{
	enum dump_result r;

	if (!l->t->b.in_group)
		idle_fd = dump_fd(l->dump);
	if (sig_stop && idle_fd >= 0) {
		idle_fd = -1;
		return DUMP_ERROR;
	}
	r = dump_next(l->dump, p, n);
	idle_fd = -1;
	return r;
}

static void hang_up(struct live *l)
{
	wait_free(l->wait);
	l->wait = NULL;
	dump_close(l->dump);
	l->dump = NULL;
	conn_close(l->conn);
	l->conn = NULL;
}

/* Waits before another try. 1: told to stop. */
static int pause_before_try(struct live *l)
{
	struct pollfd p = {sig_fd(), POLLIN, 0};
	int64_t until = status_clock_us() + (int64_t)l->wait_ms * 1000;

	msg_info("connecting again in %.1f s", l->wait_ms / 1000.0);
	status_retry();
	status_wait(STATUS_SOURCE);
	while (!sig_stop) {
		int64_t left = until - status_clock_us();

		if (left <= 0)
			break;
		if (poll(&p, sig_fd() >= 0 ? 1 : 0, (int)(left / 1000) + 1) > 0)
			break;
	}
	l->wait_ms = l->wait_ms * 2 < WAIT_MAX_MS ? l->wait_ms * 2 : WAIT_MAX_MS;
	return sig_stop != 0;
}

/* ---- the dump's own failures */

static int has(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

/* The server will not give its log (mostly 1236, whatever the reason), in its own words; what to do about it in ours. */
static enum next dump_refused(struct tap *t, unsigned no, const char *text)
{
	t->code = CODE_USAGE;
	if (has(text, "purged") || has(text, "Could not find GTID state")) {
		msg_error("cannot start there, the server has deleted that part of its log: %s", text);
		msg_hint(
		    "copy the tables anew and start from the copy's position; keep logs longer (binlog_expire_logs_seconds)");
	} else if (has(text, "which is not in the master's binlog") || has(text, "has more GTIDs than")) {
		msg_error("cannot start there, the server's log does not have that GTID: %s", text);
		msg_hint("is this the server that the position is of, or one that has replicated from it?");
	} else if (has(text, "Could not find first log file")) {
		msg_error("cannot start there, the server does not have that log file (it was deleted, or never was): %s", text);
		msg_hint("SHOW BINARY LOGS lists what there is; if it was deleted, copy the tables anew");
	} else if (has(text, "impossible position") || has(text, "position > file size") || has(text, "bogus data") ||
		   has(text, "event truncated")) {
		msg_error("cannot start there, no event begins at that offset: %s", text);
		msg_hint("start where a transaction starts");
	} else if (has(text, "server_uuid") || has(text, "server_id") || has(text, "server id")) {
		msg_error("another replica has connected with the server_id %u: %s", (unsigned)t->server_id, text);
		msg_hint("give each replica another --server-id, or leave it out");
	} else if (has(text, "Binary log is not open")) {
		msg_error("the server writes no binary log: %s", text);
		msg_hint("start it with log_bin and binlog_format=ROW");
	} else if (has(text, "crc") || has(text, "checksum")) {
		msg_error("the server's log is damaged: %s", text);
		t->code = CODE_DAMAGED;
	} else {
		msg_error("the server does not give its log: %s (error %u)", text, no);
	}
	return NEXT_FAILED;
}

static int is_about_rights(unsigned no)
{
	return no == 1044 || no == 1045 || no == 1142 || no == 1227 || no == 1698;
}

#define NO_MEMORY 2008u /* CR_OUT_OF_MEMORY of errmsg.h */

static enum next dump_lost(struct live *l, unsigned no, const char *text)
{
	struct tap *t = l->t;

	if (no == NO_MEMORY) { /* another try would find no more of it */
		msg_no_memory();
		t->code = CODE_OUTSIDE;
		return NEXT_FAILED;
	}
	if (is_about_rights(no)) {
		/* behind the log-in "access denied" is about the right to do it */
		(void)conn_failed(t, "read the server's log", 1227, text);
		return NEXT_FAILED;
	}
	if (no && !conn_error_is_outside(no))
		return dump_refused(t, no, text);
	if (t->once)
		msg_error("lost the connection to %s: %s", conn_opts_where(t->conn), text);
	else
		msg_warn("lost the connection to %s: %s", conn_opts_where(t->conn), text);
	t->code = CODE_OUTSIDE;
	return NEXT_LOST;
}

/* ---- connecting */

static enum next question_failed(const struct tap *t)
{
	return t->is_lost ? NEXT_LOST : NEXT_FAILED;
}

/* Where to go on: at the open transaction's start, behind the last one, or where the first connection started. */
static void resume_from(struct live *l, struct dump_from *from)
{
	struct tap *t = l->t;
	uint64_t off = t->b.is_replay ? t->b.group_pos : t->b.groups ? t->b.pos : l->from.off;

	memset(from, 0, sizeof *from);
	from->server_id = t->server_id;
	from->uuid = l->from.self;
	from->file = "";
	from->off = LOG_MAGIC_LEN;
	from->heartbeat_s = t->heartbeat_s;
	from->read_timeout_s = read_timeout_s(t);
	from->stop_at_end = t->has_stop && t->stop.kind == POS_FILE && l->from.stop_is_end;
	/* MySQL goes on by GTID; so does MariaDB where a domain may be ahead, and both behind 4 GiB */
	if (t->b.gtid && l->from.has_gtids &&
	    (off > UINT32_MAX || ((t->b.is_replay || t->b.groups) && (!l->from.is_mariadb || t->start.kind == POS_GTID)))) {
		from->gtid = t->b.gtid; /* the open transaction is not in it */
		from->floor_file = t->b.is_replay ? t->b.group_file : t->b.groups ? t->b.file : l->from.file;
		from->floor = off;
	} else if (t->b.is_replay) {
		from->file = t->b.group_file;
		from->off = t->b.group_pos;
	} else if (t->b.groups) {
		from->file = t->b.file;
		from->off = t->b.pos;
	} else {
		from->file = l->from.file;
		from->off = l->from.off;
		from->gtid = l->from.gtid;
	}
}

static void say_connected(const struct tap *t, const struct dump_from *from)
{
	struct buf set = BUF_INIT;

	if (from->gtid) {
		gtid_set_print(from->gtid, &set);
		msg_info("connected to %s, from gtid:%s", conn_opts_where(t->conn), buf_str(&set));
	} else {
		msg_info("connected to %s, from %s:%llu", conn_opts_where(t->conn), from->file, (unsigned long long)from->off);
	}
	buf_release(&set);
}

static enum next dial(struct live *l)
{
	struct tap *t = l->t;
	struct dump_from from;
	char floor_file[LOG_NAME_MAX];
	unsigned no = 0;

	t->is_lost = 0;
	if (!l->is_again) {
		if (origin_find(&l->from, t) < 0)
			return question_failed(t);
	} else if (origin_check(&l->from, t) < 0) {
		return question_failed(t);
	}
	(void)binlog_again(&t->b);
	resume_from(l, &from);
	if (from.off > UINT32_MAX) {
		msg_error("cannot start at %s:%llu: the dump protocol does not reach behind 4 GiB", from.file,
		    (unsigned long long)from.off);
		msg_hint("read the log as a file, or start at the next one");
		t->code = CODE_USAGE;
		return NEXT_FAILED;
	}
	l->conn = conn_open(t->conn, CONN_DUMP, read_timeout_s(t), &l->err, &no);
	if (!l->conn) {
		struct buf what = BUF_INIT;

		buf_printf(&what, "connect to %s", conn_opts_where(t->conn));
		(void)conn_failed(t, buf_str(&what), no, buf_str(&l->err));
		buf_release(&what);
		return question_failed(t);
	}
	if (dump_register(l->conn, t->server_id, l->from.name) < 0)
		return dump_lost(l, conn_errno(l->conn), conn_error(l->conn));
	l->dump = dump_open(l->conn, &from, &l->err, &no);
	if (!l->dump)
		return dump_lost(l, no, buf_str(&l->err));
	(void)snprintf(floor_file, sizeof floor_file, "%s", from.floor_file ? from.floor_file : "");
	binlog_seek(&t->b, from.file, from.off);
	if (from.floor_file)
		binlog_floor(&t->b, floor_file, from.floor);
	say_connected(t, &from);
	return NEXT_EVENT;
}

/* ---- following */

static int begin_if_ready(struct live *l)
{
	struct tap *t = l->t;

	if (l->ready || !t->b.has_format)
		return 0;
	l->ready = 1;
	/* a start by time is known only when the first transaction behind it comes */
	if (t->start.kind != POS_TIME && tap_hello(t) < 0)
		return -1;
	ready_say(&t->ready_fd);
	return 0;
}

/* The clock has passed --stop-at time: and nothing is waiting. */
static int is_too_late(const struct tap *t)
{
	return t->has_stop && t->stop.kind == POS_TIME && tap_source_clock_us(t) > t->stop.time_us + 2000000;
}

static enum next ended(struct tap *t, const char *why)
{
	return tap_end(t, why) < 0 ? NEXT_FAILED : NEXT_DONE;
}

static enum next decode(struct live *l, const uint8_t *p, size_t n)
{
	struct tap *t = l->t;

	status_step();
	t->events++;
	t->read_bytes += n;
	switch (binlog_event(&t->b, p, n)) {
	case BINLOG_HALTED:
		return ended(t, "stop-at");
	case BINLOG_FAILED:
		if (t->b.fail == BINLOG_FAIL_CALL && t->is_lost) {
			t->b.fail = BINLOG_FAIL_NONE;
			return NEXT_LOST;
		}
		(void)tap_failed(t);
		return NEXT_FAILED;
	case BINLOG_OK:
		break;
	}
	l->wait_ms = WAIT_FIRST_MS; /* it works again */
	if (l->is_lost) {
		l->is_lost = 0;
		msg_warn("connected to %s again", conn_opts_where(t->conn));
	}
	(void)tap_count(t);
	if (begin_if_ready(l) < 0)
		return NEXT_FAILED;
	/* nor in one that is open in the stream and comes again */
	if (n > 4 && event_is_heartbeat(p[4]) && !t->b.in_group && !t->b.is_replay) {
		if (is_too_late(t))
			return ended(t, "stop-at");
		if (t->start.kind == POS_TIME && !t->started && t->start.time_us > tap_source_clock_us(t))
			return NEXT_EVENT; /* the start is still to come */
		if (tap_mark(t) < 0)
			return NEXT_FAILED;
	}
	if (status_is_due())
		tap_show(t);
	return NEXT_EVENT;
}

static enum next follow_one(struct live *l)
{
	struct tap *t = l->t;
	const uint8_t *p;
	size_t n;

	if (!t->b.in_group && !t->b.is_replay) {
		if (l->ready && tap_is_over(t))
			return ended(t, "stop-at");
		if (sig_stop)
			return ended(t, "signal");
		if (t->out.b.len && !dump_is_ready(l->dump) && tap_flush(t) < 0)
			return NEXT_FAILED;
	}
	if (watch_reader(l) < 0)
		return NEXT_FAILED;
	switch (wait_next(l, &p, &n)) {
	case DUMP_EVENT:
		return decode(l, p, n);
	case DUMP_END:
		if (l->from.stop_is_end && !t->b.in_group && !t->b.is_replay)
			return ended(t, "stop-at");
		return dump_lost(l, 0, "the server ended it");
	case DUMP_ERROR:
		break;
	}
	if (sig_stop && !t->b.in_group && !t->b.is_replay)
		return ended(t, "signal");
	return dump_lost(l, dump_errno(l->dump), dump_error(l->dump));
}

static enum next follow(struct live *l)
{
	enum next r = dial(l);

	if (r != NEXT_EVENT)
		return r;
	l->is_again = 1;
	do
		r = follow_one(l);
	while (r == NEXT_EVENT);
	return r;
}

/* The connection is gone. 0: try again; else the end. */
static int give_up(struct live *l)
{
	struct tap *t = l->t;

	hang_up(l);
	(void)binlog_again(&t->b);
	/* what is whole can be used meanwhile */
	if (tap_flush(t) < 0)
		return 1;
	if (t->once || !l->is_again) {
		t->code = CODE_OUTSIDE;
		return 1;
	}
	l->is_lost = 1;
	if (!pause_before_try(l))
		return 0;
	if (t->b.is_replay) {
		msg_error("told to stop, without a connection, inside the transaction that begins at %s:%llu", t->b.group_file,
		    (unsigned long long)t->b.group_pos);
		t->code = CODE_OUTSIDE;
	} else {
		t->code = tap_end(t, "signal") < 0 ? t->code : CODE_OK;
	}
	return 1;
}

int tap_live(struct tap *t)
{
	struct live l = {.t = t, .wait_ms = WAIT_FIRST_MS};
	enum next r;

	t->code = CODE_OUTSIDE;
	sig_on_stop(on_stop_signal);
	for (;;) {
		r = follow(&l);
		if (r != NEXT_LOST || give_up(&l))
			break;
	}
	if (r == NEXT_DONE)
		t->code = CODE_OK;
	else if (r == NEXT_FAILED && t->code != CODE_OK && !t->out.b.failed)
		(void)writer_flush(&t->out); /* whole transactions before the failure are good */
	idle_fd = -1;
	hang_up(&l);
	origin_release(&l.from);
	buf_release(&l.err);
	return t->code;
}

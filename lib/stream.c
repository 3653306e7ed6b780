#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"
#include "ready.h"
#include "sig.h"
#include "status.h"

struct table *stream_table(struct stream *s, uint32_t id)
{
	return tables_find(&s->tables, id);
}

/* ---- life */

static int could_not_write(struct stream *s)
{
	s->code = writer_failed("the stream");
	return -1;
}

void stream_show(struct stream *s, int pending)
{
	if (!status_is_watched())
		return;
	status_now.read_bytes = s->in.passed + s->in.at;
	status_now.unread_bytes = reader_left(&s->in);
	status_now.written_bytes = s->out.written;
	status_now.pending = pending;
	if (s->calls->on_status)
		s->calls->on_status(s);
	else
		status_set_place(s->file, s->off, s->gtid);
	status_publish();
}

int stream_flush(struct stream *s)
{
	int rc;

	if (s->out.fd < 0 || (!s->out.b.len && !s->out.b.failed))
		return 0;
	if (s->out.b.len >= FDIO_CHUNK)
		stream_show(s, 1);
	status_wait(STATUS_READER);
	rc = writer_flush(&s->out);
	status_run();
	return rc == 0 ? 0 : could_not_write(s);
}

/* Before a read that would wait: nothing that is done may stay in a buffer. */
static int idle(void *arg)
{
	struct stream *s = arg;

	if (!s->waits_us)
		s->waits_us = status_clock_us();
	if (s->mark_us)
		status_set_clock(s->mark_us, 1);
	s->mark_us = 0;
	if (s->out.fd >= 0)
		stream_show(s, s->in_trx);
	if (stream_flush(s) < 0)
		return -1;
	if (s->calls->on_idle && s->calls->on_idle(s) < 0) {
		s->idle_failed = 1;
		return -1;
	}
	status_wait(STATUS_IDLE);
	if (s->out.fd < 0)
		stream_show(s, s->in_trx);
	return 0;
}

int stream_init(struct stream *s, int in_fd, int out_fd, const struct stream_calls *calls, void *arg)
{
	memset(s, 0, sizeof *s);
	s->calls = calls;
	s->arg = arg;
	reader_init(&s->in, in_fd);
	s->in.on_wait = idle;
	s->in.arg = s;
	s->in.reader_fd = out_fd;
	writer_init(&s->out, out_fd);
	s->begin_gtid = strdup("");
	s->begin_gtid_cap = 1;
	if (s->begin_gtid)
		return 0;
	msg_no_memory();
	return -1;
}

void stream_release(struct stream *s)
{
	tables_release(&s->tables);
	gtid_set_free(s->gtid);
	free(s->begin_gtid);
	reader_release(&s->in);
	writer_release(&s->out);
}

int stream_check_tty(int fd, int force)
{
	if (force || !isatty(fd))
		return 0;
	msg_error("standard output is a terminal: a row stream is not text");
	msg_hint("pipe it into rowdump to read it");
	return -1;
}

int stream_broken(struct stream *s, const char *why)
{
	const char *name = frame_kind_name(s->frame.kind);

	msg_error(
	    "the stream is damaged at byte %llu (%s frame): %s", (unsigned long long)s->frame.at, name ? name : "unknown", why);
	s->code = CODE_DAMAGED;
	return -1;
}

int stream_damaged(struct stream *s, const struct cur *c)
{
	const char *name = frame_kind_name(s->frame.kind);

	msg_error("the stream is damaged at byte %llu (%s frame, byte %zu of its payload): %s", (unsigned long long)s->frame.at,
	    name ? name : "unknown", c->err_at, c->err ? c->err : "not understood");
	s->code = CODE_DAMAGED;
	return -1;
}

int stream_no_memory(struct stream *s)
{
	msg_no_memory();
	s->code = CODE_OUTSIDE;
	return -1;
}

void stream_rows_out(struct stream *s, uint64_t n)
{
	s->trx_rows_out += n;
}

static int pass(struct stream *s)
{
	if (s->out.fd >= 0)
		(void)buf_add(&s->out.b, s->frame.raw, s->frame.raw_len);
	return 0;
}

static void set_place(char *file, uint64_t *off, struct str f, uint64_t o)
{
	size_t n = f.n < LOG_NAME_MAX ? f.n : LOG_NAME_MAX - 1;

	memcpy(file, f.p, n);
	file[n] = 0;
	*off = o;
}

/* 0: done or passed; -1: stop */
#define CALL(s, call, ...) ((s)->calls->call ? (s)->calls->call((s), __VA_ARGS__) : STREAM_PASS)

static int finish(struct stream *s, int action)
{
	if (action < 0) {
		if (!s->code && !sig_stop)
			s->code = CODE_BUG; /* a callback stopped without a reason */
		return -1;
	}
	return action == STREAM_PASS ? pass(s) : 0;
}

/* ---- one function a kind */

/* The set of a HELLO or MARK. 0 and *set (NULL: it has none), or -1. */
static int take_set(struct stream *s, struct str text, struct gtid_set **set)
{
	*set = NULL;
	if (!text.p || (*set = gtid_set_parse(text.p, text.n)))
		return 0;
	return errno == ENOMEM ? stream_no_memory(s) : stream_broken(s, "not a set of GTIDs");
}

static int hello(struct stream *s, struct cur *c)
{
	struct rec_hello r;
	struct gtid_set *g;
	int rc = -1;

	if (read_hello(c, &r) < 0) {
		stream_damaged(s, c);
		goto out;
	}
	if (s->in_section) {
		stream_broken(s, "HELLO inside a stream that has not ended");
		goto out;
	}
	if (r.version != 1) {
		msg_error("the stream is of version %llu, this program knows version 1", (unsigned long long)r.version);
		s->code = CODE_DAMAGED;
		goto out;
	}
	if (take_set(s, r.gtid, &g) < 0)
		goto out;
	gtid_set_free(s->gtid);
	s->gtid = g;
	tables_forget(&s->tables);
	s->in_section = 1;
	s->in_trx = 0;
	s->file[0] = 0;
	s->off = 0;
	if (r.file.p)
		set_place(s->file, &s->off, r.file, r.off);
	status_now.done_us = 0;
	status_now.ahead_us = STATUS_NO_CLOCK; /* another source has another clock */
	if (r.has_time)
		status_set_clock(r.time_us, 1);
	rc = finish(s, CALL(s, on_hello, &r));
out:
	rec_extra_release(&r.extra);
	return rc;
}

static int table(struct stream *s, struct cur *c)
{
	struct table *t = read_table(c, NULL);

	if (!t)
		return stream_damaged(s, c);
	if (tables_keep(&s->tables, t) < 0) {
		table_free(t);
		return stream_no_memory(s);
	}
	return finish(s, CALL(s, on_table, t));
}

/* Keeps the GTID of the transaction that begins; its place is used again. */
static int keep_gtid(struct stream *s, struct str g)
{
	if (g.n >= s->begin_gtid_cap) {
		char *p = realloc(s->begin_gtid, (size_t)g.n + 1);

		if (!p)
			return stream_no_memory(s);
		s->begin_gtid = p;
		s->begin_gtid_cap = (size_t)g.n + 1;
	}
	memcpy(s->begin_gtid, g.p ? g.p : "", g.n);
	s->begin_gtid[g.n] = 0;
	return 0;
}

static int begin(struct stream *s, struct cur *c)
{
	struct rec_begin r;
	int rc = -1;

	if (read_begin(c, &r) < 0) {
		stream_damaged(s, c);
		goto out;
	}
	if (keep_gtid(s, r.gtid) < 0)
		goto out;
	memcpy(s->begin_xid, r.xid.p ? r.xid.p : "", r.xid.n); /* its form bounds its length */
	s->begin_xid[r.xid.n] = 0;
	set_place(s->begin_file, &s->begin_off, r.file, r.off);
	s->begin_ts_us = r.has_ts ? r.ts_us : 0;
	if (!status_now.done_us)
		status_now.done_us = s->begin_ts_us;
	s->trx_rows_in = s->trx_rows_out = 0;
	s->in_trx = 1;
	s->in.no_stop = 1;
	rc = finish(s, CALL(s, on_begin, &r));
out:
	rec_extra_release(&r.extra);
	return rc;
}

static int rows(struct stream *s, struct cur *c)
{
	struct rec_rows r;
	struct table *t;
	const uint8_t *images;
	int rc = -1;

	if (read_rows(c, &r) < 0) {
		stream_damaged(s, c);
		goto out;
	}
	t = stream_table(s, r.table_id);
	if (!t) {
		stream_broken(s, "rows of a table that was not defined");
		goto out;
	}
	s->trx_rows_in += r.n;
	status_now.rows[r.op] += r.n;
	images = c->p;
	rc = CALL(s, on_rows, &r, t, c);
	if (rc >= 0 && c->err)
		rc = stream_damaged(s, c);
	else if (rc >= 0 && c->p != images && c->p != c->end)
		rc = stream_broken(s, "something follows the rows");
	if (rc == STREAM_PASS)
		s->trx_rows_out += r.n;
	rc = finish(s, rc);
out:
	rec_extra_release(&r.extra);
	return rc;
}

static int ddl(struct stream *s, struct cur *c)
{
	struct rec_ddl r;
	int rc;

	status_now.statements++;
	rc = read_ddl(c, &r) < 0 ? stream_damaged(s, c) : finish(s, CALL(s, on_ddl, &r));
	rec_ddl_release(&r);
	return rc;
}

/* The open transaction is over, kept or undone: the position moves. */
static int end_trx(struct stream *s, struct str file, uint64_t off)
{
	s->in_trx = 0;
	s->in.no_stop = 0;
	set_place(s->file, &s->off, file, off);
	status_now.transactions++;
	if (s->begin_ts_us)
		status_now.done_us = s->begin_ts_us;
	if (s->gtid && *s->begin_gtid && gtid_set_add(s->gtid, s->begin_gtid, strlen(s->begin_gtid)) < 0)
		return stream_broken(s, "the transaction's GTID does not fit the stream's");
	return 0;
}

static int commit(struct stream *s, struct cur *c)
{
	struct rec_commit r;
	int rc = -1;

	if (read_commit(c, &r) < 0)
		stream_damaged(s, c);
	else if (r.rows != s->trx_rows_in)
		stream_broken(s, "the transaction does not have as many rows as it says");
	else if (end_trx(s, r.file, r.off) == 0) {
		rc = CALL(s, on_commit, &r);
		status_now.written_rows += s->trx_rows_out;
		if (rc == STREAM_PASS && s->trx_rows_out != r.rows && s->out.fd >= 0) {
			r.rows = s->trx_rows_out;
			(void)write_commit(&s->out.b, &r);
			rc = STREAM_TOOK;
		}
		rc = finish(s, rc);
	}
	rec_extra_release(&r.extra);
	return rc;
}

static int prepare(struct stream *s, struct cur *c)
{
	struct rec_prepare r;
	int rc = -1;

	if (read_prepare(c, &r) < 0)
		stream_damaged(s, c);
	else if (r.rows != s->trx_rows_in)
		stream_broken(s, "the transaction does not have as many rows as it says");
	else if (strlen(s->begin_xid) != r.xid.n || memcmp(s->begin_xid, r.xid.p, r.xid.n) != 0)
		stream_broken(s, "another transaction is prepared than began");
	else if (end_trx(s, r.file, r.off) == 0) {
		rc = CALL(s, on_prepare, &r);
		status_now.written_rows += s->trx_rows_out;
		if (rc == STREAM_PASS && s->trx_rows_out != r.rows && s->out.fd >= 0) {
			r.rows = s->trx_rows_out;
			(void)write_prepare(&s->out.b, &r);
			rc = STREAM_TOOK;
		}
		rc = finish(s, rc);
	}
	rec_extra_release(&r.extra);
	return rc;
}

static int decide(struct stream *s, struct cur *c)
{
	struct rec_decide r;
	int rc;

	rc = read_decide(c, &r) < 0 ? stream_damaged(s, c) : finish(s, CALL(s, on_decide, &r));
	rec_extra_release(&r.extra);
	return rc;
}

static int rollback(struct stream *s, struct cur *c)
{
	struct rec_rollback r;
	int rc = -1;

	if (read_rollback(c, &r) < 0)
		stream_damaged(s, c);
	else if (r.to.p || end_trx(s, r.file, r.off) == 0)
		rc = finish(s, CALL(s, on_rollback, &r));
	rec_extra_release(&r.extra);
	return rc;
}

/*
 * A MARK says what the source's clock shows, and how often an idle source is heard of: of the last two waits the shorter one
 * counts, for one may have been long since something was stopped.
 */
static void take_time(struct stream *s, int64_t us)
{
	int64_t gap;

	status_now.marks++;
	status_now.done_us = us;
	status_set_clock(us, 0);
	s->mark_us = us;
	if (!s->waits_us)
		return;
	gap = status_clock_us() - s->waits_us;
	status_now.quiet_us = 3 * (s->gap_us && s->gap_us < gap ? s->gap_us : gap);
	if (status_now.quiet_us < 3000000)
		status_now.quiet_us = 3000000;
	s->gap_us = gap;
}

static int mark(struct stream *s, struct cur *c)
{
	struct rec_mark r;
	struct gtid_set *g;
	int rc = -1;

	if (read_mark(c, &r) < 0) {
		stream_damaged(s, c);
		goto out;
	}
	set_place(s->file, &s->off, r.file, r.off);
	if (take_set(s, r.gtid, &g) < 0)
		goto out;
	if (g) {
		gtid_set_free(s->gtid);
		s->gtid = g;
	}
	take_time(s, r.time_us);
	rc = finish(s, CALL(s, on_mark, &r));
out:
	rec_extra_release(&r.extra);
	return rc;
}

static int end(struct stream *s, struct cur *c)
{
	struct rec_end r;
	int rc = -1;

	if (read_end(c, &r) < 0)
		stream_damaged(s, c);
	else {
		s->in_section = 0;
		rc = finish(s, CALL(s, on_end, &r));
	}
	rec_extra_release(&r.extra);
	return rc;
}

static int savepoint(struct stream *s, struct cur *c)
{
	struct rec_rollback r;
	int rc;

	rc = read_savepoint(c, &r) < 0 ? stream_damaged(s, c) : finish(s, CALL(s, on_savepoint, &r));
	rec_extra_release(&r.extra);
	return rc;
}

static int note(struct stream *s, struct cur *c)
{
	struct rec_note r;
	int rc;

	rc = read_note(c, &r) < 0 ? stream_damaged(s, c) : finish(s, CALL(s, on_note, &r));
	rec_extra_release(&r.extra);
	return rc;
}

enum where { IN_SECTION = 1, IN_TRX = 2, NOT_IN_TRX = 4, NOT_IN_SECTION = 8 };

static const struct {
	int (*take)(struct stream *, struct cur *);
	int where;
} kinds[FRAME_KINDS] = {
    [FRAME_HELLO] = {hello, NOT_IN_SECTION},
    [FRAME_TABLE] = {table, IN_SECTION},
    [FRAME_BEGIN] = {begin, IN_SECTION | NOT_IN_TRX},
    [FRAME_ROWS] = {rows, IN_TRX},
    [FRAME_DDL] = {ddl, IN_TRX},
    [FRAME_COMMIT] = {commit, IN_TRX},
    [FRAME_MARK] = {mark, IN_SECTION | NOT_IN_TRX},
    [FRAME_END] = {end, IN_SECTION | NOT_IN_TRX},
    [FRAME_SAVEPOINT] = {savepoint, IN_TRX},
    [FRAME_ROLLBACK] = {rollback, IN_TRX},
    [FRAME_NOTE] = {note, IN_TRX},
    [FRAME_PREPARE] = {prepare, IN_TRX},
    [FRAME_DECIDE] = {decide, IN_TRX},
};

static int take(struct stream *s)
{
	int kind = s->frame.kind, where;
	struct cur c;

	if (kind >= FRAME_KINDS) {
		if (!s->in_section)
			return stream_broken(s, "the stream does not begin with HELLO");
		return finish(s, s->calls->on_other ? s->calls->on_other(s) : STREAM_PASS);
	}
	where = kinds[kind].where;
	if (!s->in_section && where != NOT_IN_SECTION)
		return stream_broken(s, "the stream does not begin with HELLO");
	if (((where & IN_TRX) && !s->in_trx) || ((where & NOT_IN_TRX) && s->in_trx))
		return stream_broken(s, s->in_trx ? "inside a transaction" : "outside of a transaction");
	cur_init(&c, s->frame.body, s->frame.body_len);
	return kinds[kind].take(s, &c);
}

/* Told to stop between transactions: the stream is ended as if upstream had. */
static int stopped(struct stream *s)
{
	struct rec_end r = {.why = str_of("signal"), .off = s->off, .has_off = 1, .file = str_of(s->file)};
	int rc;

	if (!s->in_section)
		return 0;
	s->in_section = 0;
	s->frame.raw_len = 0;
	s->frame.kind = FRAME_END;
	rc = CALL(s, on_end, &r);
	if (rc == STREAM_PASS && s->out.fd >= 0)
		(void)write_end(&s->out.b, &r);
	return rc < 0 ? -1 : 0;
}

static int cut(struct stream *s, const char *how)
{
	msg_error("the stream is cut at byte %llu: %s", (unsigned long long)(s->in.passed + s->in.b.len), how);
	s->code = CODE_OUTSIDE;
	return -1;
}

/* 1: go on, 0: the end, -1: stop with s->code */
static int step(struct stream *s)
{
	const char *why = NULL;

	if (sig_stop && !s->in_trx)
		return stopped(s);
	switch (frame_read(&s->in, &s->frame, &why)) {
	case FRAME_OK:
		/* for who writes no stream a frame is not done when it was read: the program says what moves */
		if (s->out.fd >= 0)
			status_step();
		else
			status_run();
		status_now.frames++;
		s->mark_us = 0;
		if (take(s) < 0)
			return -1;
		s->waits_us = 0;
		if (s->out.fd >= 0 && s->out.b.len >= FDIO_CHUNK && stream_flush(s) < 0)
			return -1;
		if (status_is_due())
			stream_show(s, 1);
		return 1;
	case FRAME_EOF:
		if (s->in_section)
			return cut(s, "it ended without END, so the program that wrote it died");
		if (!s->frame.raw)
			return cut(s, "it is empty");
		return 0;
	case FRAME_CUT:
		return cut(s, "it ended inside a frame");
	case FRAME_STOP:
		return stopped(s);
	case FRAME_DAMAGED:
		msg_error("the stream is damaged at byte %llu: %s", (unsigned long long)s->frame.at, why);
		s->code = CODE_DAMAGED;
		return -1;
	case FRAME_ERROR:
		if (s->code || (s->idle_failed && sig_stop)) /* idle() said it */
			return -1;
		if (errno == EPIPE)
			return could_not_write(s);
		msg_error("could not read the stream: %s", strerror(errno));
		s->code = CODE_OUTSIDE;
		return -1;
	}
	return -1;
}

int stream_run(struct stream *s)
{
	int rc;

	status_now.input_fd = s->in.fd;
	while ((rc = step(s)) > 0)
		;
	if (rc == 0)
		rc = stream_flush(s);
	else if (s->out.fd >= 0)
		(void)writer_flush(&s->out); /* what is good goes on; there is no END, so the next program sees that it is cut */
	if (s->code && s->calls->on_abort)
		s->calls->on_abort(s);
	stream_show(s, s->in_trx);
	status_now.input_fd = -1;
	return s->code;
}

int stream_filter(const struct stream_calls *calls, void *arg, int *ready_fd)
{
	int code = CODE_OUTSIDE;
	struct stream s;

	sig_init();
	if (stream_init(&s, STDIN_FILENO, STDOUT_FILENO, calls, arg) == 0) {
		ready_say(ready_fd);
		code = stream_run(&s);
		stream_release(&s);
	}
	return code;
}

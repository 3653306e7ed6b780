/* The frames of the stream that is written: into the segment, or passed over. */
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "code.h"
#include "defined.h"
#include "msg.h"
#include "status.h"
#include "writing.h"

/* The message is printed; CODE_OK: told to stop. */
int write_out_failed(struct stream *s)
{
	struct write *w = s->arg;

	s->code = w->out.code;
	return -1;
}

/* ---- frames */

static int keep(struct stream *s)
{
	struct write *w = s->arg;

	status_step();
	if (w->skipping)
		return STREAM_TOOK;
	if (write_open_segment(s) < 0)
		return -1;
	return out_add(&w->out, s->frame.raw, s->frame.raw_len) < 0 ? write_out_failed(s) : STREAM_TOOK;
}

/* The frame that was kept ended a transaction, or is a MARK. */
static int ended(struct stream *s, size_t n, int is_trx)
{
	struct write *w = s->arg;

	if (out_ends(&w->out, n, is_trx, s, w->end.gtid) < 0)
		return write_out_failed(s);
	return write_segment_is_enough(w) ? write_close_segment(s) : 0;
}

static int on_hello(struct stream *s, const struct rec_hello *r)
{
	struct write *w = s->arg;
	struct source_id id;

	status_step();
	if (r->pipeline.p) {
		msg_error("rejects are no log of a source: they do not belong into a spool");
		s->code = CODE_USAGE;
		return -1;
	}
	if (r->copy.p) {
		msg_error("a copy of tables is for one target: it does not belong into a spool");
		msg_hint("put rowcopy behind rowspool read");
		s->code = CODE_USAGE;
		return -1;
	}
	source_read(&id, r);
	write_forget_skip(w);
	buf_reset(&w->marked);
	buf_reset(&w->hello);
	if (buf_add(&w->hello, s->frame.body, s->frame.body_len) < 0)
		return stream_no_memory(s);
	w->same_source = !w->last || source_is_same(&id, &w->source);
	if (w->last) {
		if (write_fit(s, &id) < 0)
			return -1;
	} else if (walk_place_set(&w->end, s->file, s->off, s->gtid) < 0) {
		return stream_no_memory(s);
	}
	w->source = id;
	/* a new spool has a position from now on */
	return !w->last && write_open_segment(s) < 0 ? -1 : STREAM_TOOK;
}

static int on_table(struct stream *s, struct table *t)
{
	status_step();
	return defined_keep(s, t) < 0 ? -1 : STREAM_TOOK;
}

static int on_begin(struct stream *s, const struct rec_begin *r)
{
	struct write *w = s->arg;

	(void)r;
	w->skipping = write_has(w, s);
	return keep(s);
}

/* A table goes before the first rows of it that are in the segment, so a segment can be read alone. */
static int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct defined *d = t->user;
	struct write *w = s->arg;

	(void)r;
	(void)c;
	if (!w->skipping && d->out != w->last) {
		d->out = w->last;
		if (out_add(&w->out, d->frame.p, d->frame.len) < 0)
			return write_out_failed(s);
		index_frame(&w->out.index, d->frame.p, d->frame.len);
	}
	return keep(s);
}

static int end_trx(struct stream *s)
{
	struct write *w = s->arg;
	const char *gtid = s->begin_gtid;

	if (w->skipping) {
		w->passed++;
		w->skipping = 0;
		(void)write_is_behind(w, s);
		return STREAM_TOOK;
	}
	if (keep(s) < 0)
		return -1;
	w->kept++;
	buf_reset(&w->marked);
	memcpy(w->end.file, s->file, sizeof w->end.file);
	w->end.off = s->off;
	if (w->end.gtid && *gtid && gtid_set_add(w->end.gtid, gtid, strlen(gtid)) < 0)
		return stream_broken(s, "the transaction's GTID does not fit the spool's");
	return ended(s, s->frame.raw_len, 1) < 0 ? -1 : STREAM_TOOK;
}

/* An idle source says the same set over and over: once is enough, and a set can be long. */
static int keep_mark(struct stream *s, const struct rec_mark *r, size_t *n)
{
	struct write *w = s->arg;
	struct rec_mark short_one = *r;
	struct buf b = BUF_INIT;
	int rc;

	*n = s->frame.raw_len;
	if (!r->gtid.p || !w->marked.len || w->marked.len != r->gtid.n || memcmp(w->marked.p, r->gtid.p, r->gtid.n) != 0) {
		buf_reset(&w->marked);
		if (r->gtid.n && buf_add(&w->marked, r->gtid.p, r->gtid.n) < 0)
			return stream_no_memory(s);
		return keep(s);
	}
	status_step();
	short_one.gtid = (struct str){NULL, 0};
	if (write_mark(&b, &short_one) < 0)
		rc = stream_no_memory(s);
	else
		rc = write_open_segment(s) < 0 ? -1 : out_add(&w->out, b.p, b.len) < 0 ? write_out_failed(s) : STREAM_TOOK;
	*n = b.len;
	buf_release(&b);
	return rc;
}

static int on_mark(struct stream *s, const struct rec_mark *r)
{
	struct write *w = s->arg;
	size_t n;

	if (write_is_behind(w, s)) {
		status_step();
		return STREAM_TOOK;
	}
	if (keep_mark(s, r, &n) < 0)
		return -1;
	if (walk_place_set(&w->end, s->file, s->off, r->gtid.p ? s->gtid : w->end.gtid) < 0)
		return stream_no_memory(s);
	return ended(s, n, 0) < 0 ? -1 : STREAM_TOOK;
}

static int on_end(struct stream *s, const struct rec_end *r)
{
	(void)r;
	status_step();
	return write_close_segment(s) < 0 ? -1 : STREAM_TOOK;
}

static int on_commit(struct stream *s, const struct rec_commit *r)
{
	(void)r;
	return end_trx(s);
}

static int on_prepare(struct stream *s, const struct rec_prepare *r)
{
	(void)r;
	return end_trx(s);
}

static int on_rollback(struct stream *s, const struct rec_rollback *r)
{
	return r->to.p ? keep(s) : end_trx(s);
}

static int on_savepoint(struct stream *s, const struct rec_rollback *r)
{
	(void)r;
	return keep(s);
}

static int on_ddl(struct stream *s, const struct rec_ddl *r)
{
	(void)r;
	return keep(s);
}

static int on_note(struct stream *s, const struct rec_note *r)
{
	(void)r;
	return keep(s);
}

static int on_decide(struct stream *s, const struct rec_decide *r)
{
	(void)r;
	return keep(s);
}

static int on_other(struct stream *s)
{
	struct write *w = s->arg;

	/* outside of a transaction: while the spool has what is around it, it has it too */
	return !s->in_trx && (w->skip || w->skip_by_file) ? STREAM_TOOK : keep(s);
}

/* What is not on the disk yet goes there in time, also when nothing more comes. */
static void set_timer(struct write *w)
{
	int64_t us = w->out.synced_us + w->o->sync_us - status_clock_us();
	struct itimerspec t = {{0}};
	uint64_t ticks;

	if (w->timer_fd < 0)
		return;
	(void)!read(w->timer_fd, &ticks, sizeof ticks);
	if (w->out.unsynced) {
		us = us < 1000 ? 1000 : us;
		t.it_value.tv_sec = us / 1000000;
		t.it_value.tv_nsec = us % 1000000 * 1000;
	}
	(void)timerfd_settime(w->timer_fd, 0, &t, NULL);
}

/* Nothing is waiting; also called by the timer. */
static int on_idle(struct stream *s)
{
	struct write *w = s->arg;

	if (out_flush(&w->out, 1) < 0)
		return write_out_failed(s);
	set_timer(w);
	if (status_clock_us() - w->retained_us < RETAIN_US)
		return 0;
	w->retained_us = status_clock_us();
	if (retain(&w->retain, &w->sp) == 0)
		return 0;
	s->code = CODE_OUTSIDE;
	return -1;
}

static void on_status(struct stream *s)
{
	struct write *w = s->arg;

	status_now.written_bytes = w->out.written;
	status_now.passed_trx = w->passed;
	status_now.pending = w->out.b.len > 0;
	status_set_place(w->end.file, w->end.off, w->end.gtid);
}

/* The transaction that is open never ends: what is whole stays. */
static void on_abort(struct stream *s)
{
	struct write *w = s->arg;

	if (!w->out.code)
		(void)out_close(&w->out, w->end.file, w->end.off, w->end.gtid);
}

const struct stream_calls write_calls = {
    .on_hello = on_hello,
    .on_table = on_table,
    .on_begin = on_begin,
    .on_rows = on_rows,
    .on_ddl = on_ddl,
    .on_commit = on_commit,
    .on_mark = on_mark,
    .on_end = on_end,
    .on_savepoint = on_savepoint,
    .on_rollback = on_rollback,
    .on_note = on_note,
    .on_prepare = on_prepare,
    .on_decide = on_decide,
    .on_other = on_other,
    .on_idle = on_idle,
    .on_status = on_status,
    .on_abort = on_abort,
};

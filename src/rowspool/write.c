#include "write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"
#include "opt.h"
#include "ready.h"
#include "recover.h"
#include "retain.h"
#include "sig.h"
#include "status.h"
#include "stream.h"
#include "watch.h"

#define RETAIN_US 10000000 /* between two looks at what need not stay */

/* A table of the stream: its frame, and the segment that has it already. */
struct defined {
	struct buf frame;
	uint64_t seg;
};

struct write {
	const struct write_options *o;
	struct spool sp;
	struct out out;
	struct retain retain;
	struct buf hello; /* payload of the section's HELLO */
	/* up to where the spool has the source's log */
	struct walk_place end;
	struct source_id source;
	uint64_t last; /* the last segment */
	int same_source;
	/* the stream began before that: transactions of the set, or before the place, are in the spool already */
	struct gtid_set *skip;
	int skip_by_file;
	struct walk_place skip_place;
	int skipping;
	uint64_t passed, kept;
	struct buf marked; /* the set of the last MARK, if no transaction followed it */
	int timer_fd;
	int64_t retained_us;
	int code;
};

/* ---- failures */

static int no_memory(struct stream *s)
{
	msg_error("out of memory");
	s->code = CODE_OUTSIDE;
	return -1;
}

/* The message is printed; CODE_OK: told to stop. */
static int out_failed(struct stream *s)
{
	struct write *w = s->arg;

	s->code = w->out.code;
	return -1;
}

static int refuse(struct stream *s, const char *text)
{
	struct write *w = s->arg;
	struct buf at = BUF_INIT;

	walk_place_print(&w->end, &at);
	msg_error("%s", text);
	msg_hint("start the tap at %s, where the spool ends, or use another folder", buf_str(&at));
	buf_release(&at);
	s->code = CODE_USAGE;
	return -1;
}

/* ---- segments */

/* The section's HELLO, for a segment that begins where the spool ends. */
static int make_hello(struct write *w, struct buf *out)
{
	struct buf set = BUF_INIT;
	struct rec_hello h;
	struct cur c;
	int rc;

	cur_init(&c, w->hello.p, w->hello.len);
	rc = read_hello(&c, &h);
	h.by = str_of("rowspool " ROWFERRY_VERSION);
	h.file = str_of(w->end.file);
	h.off = w->end.off;
	h.has_off = 1;
	h.gtid = (struct str){NULL, 0};
	if (w->end.gtid) {
		gtid_set_print(w->end.gtid, &set);
		h.gtid = str_of(buf_str(&set));
	}
	h.has_time = status_now.ahead_us != STATUS_NO_CLOCK;
	if (h.has_time)
		h.time_us = status_clock_us() + status_now.ahead_us;
	if (rc == 0)
		rc = set.failed ? -1 : write_hello(out, &h);
	rec_extra_release(&h.extra);
	buf_release(&set);
	return rc;
}

static int open_segment(struct stream *s)
{
	struct write *w = s->arg;
	struct buf b = BUF_INIT;
	int rc;

	if (w->out.fd >= 0)
		return 0;
	if (!w->same_source) { /* its files are others */
		memcpy(w->end.file, s->file, sizeof w->end.file);
		w->end.off = s->off;
	}
	rc = make_hello(w, &b) < 0 ? no_memory(s) : out_open(&w->out, ++w->last, &b) < 0 ? out_failed(s) : 0;
	buf_release(&b);
	return rc;
}

static int close_segment(struct stream *s)
{
	struct write *w = s->arg;

	if (out_close(&w->out, w->end.file, w->end.off, w->end.gtid) < 0)
		return out_failed(s);
	if (retain(&w->retain, &w->sp) < 0) {
		s->code = CODE_OUTSIDE;
		return -1;
	}
	return 0;
}

/* Is the segment large or old enough? */
static int is_enough(const struct write *w)
{
	if (w->out.size + w->out.b.len >= w->o->segment_bytes)
		return 1;
	/* what is to go when it is old must come to an end before */
	return w->o->keep_us && status_clock_us() - w->out.opened_us > w->o->keep_us / 8;
}

/* ---- frames */

static int keep(struct stream *s)
{
	struct write *w = s->arg;

	status_step();
	if (w->skipping)
		return STREAM_TOOK;
	if (open_segment(s) < 0)
		return -1;
	return out_add(&w->out, s->frame.raw, s->frame.raw_len) < 0 ? out_failed(s) : STREAM_TOOK;
}

/* The frame that was kept ended a transaction, or is a MARK. */
static int ended(struct stream *s, size_t n, int is_trx)
{
	struct write *w = s->arg;

	if (out_ends(&w->out, n, is_trx, s, w->end.gtid) < 0)
		return out_failed(s);
	return is_enough(w) ? close_segment(s) : 0;
}

static void forget_skip(struct write *w)
{
	gtid_set_free(w->skip);
	w->skip = NULL;
	w->skip_by_file = 0;
}

static int is_before(const struct write *w, const char *file, uint64_t off)
{
	int comparable = 1, c = log_name_cmp(file, w->skip_place.file, &comparable);

	return comparable && (c < 0 || (c == 0 && off < w->skip_place.off));
}

/* Is the stream's position still before the spool's end? */
static int is_behind(struct write *w, const struct stream *s)
{
	if (w->skip && (!s->gtid || !gtid_set_covers(s->gtid, w->skip)))
		return 1;
	if (w->skip_by_file && is_before(w, s->file, s->off))
		return 1;
	forget_skip(w);
	return 0;
}

/* ---- where the stream begins */

static int behind(struct stream *s, const struct resume_place *start)
{
	struct walk_place p = {.off = start->off};
	struct write *w = s->arg;
	struct buf text = BUF_INIT;
	int rc;

	if (w->end.gtid)
		p.gtid = (struct gtid_set *)(uintptr_t)start->gtid; /* borrowed */
	memcpy(p.file, s->file, sizeof p.file);
	buf_adds(&text, "the stream starts at ");
	walk_place_print(&p, &text);
	buf_adds(&text, ", behind the spool's end at ");
	walk_place_print(&w->end, &text);
	buf_adds(&text, ": what is between would be lost");
	rc = refuse(s, buf_str(&text));
	buf_release(&text);
	return rc;
}

/* Does the stream fit behind what is there? */
static int fit(struct stream *s)
{
	struct write *w = s->arg;
	const struct resume_place start = {s->file, s->off, s->gtid}, have = {w->end.file, w->end.off, w->end.gtid};

	switch (resume_compare(&start, &have, w->same_source)) {
	case RESUME_HERE:
		if (w->end.gtid || !s->gtid)
			return 0;
		return walk_place_set(&w->end, s->file, s->off, s->gtid) < 0 ? no_memory(s) : 0;
	case RESUME_BY_GTID:
		w->skip = gtid_set_copy(w->end.gtid);
		return w->skip ? 0 : no_memory(s);
	case RESUME_BY_FILE:
		w->skip_by_file = 1;
		memcpy(w->skip_place.file, w->end.file, sizeof w->end.file);
		w->skip_place.off = w->end.off;
		return 0;
	case RESUME_GAP:
		return behind(s, &start);
	case RESUME_OTHER_SERVER:
		return refuse(
		    s, "the stream is of another server than the spool, and without GTIDs its positions say nothing there");
	case RESUME_NO_GTID:
		return refuse(s, "the spool ends at a GTID set and the stream says no GTID to compare with it");
	case RESUME_OTHER_FILES:
		return refuse(s, "the stream's log files have other names than the spool's");
	case RESUME_OTHER_GTIDS:
		return refuse(s, "the stream's GTIDs are of another kind than the spool's");
	}
	return -1;
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
	source_read(&id, r);
	forget_skip(w);
	buf_reset(&w->marked);
	buf_reset(&w->hello);
	if (buf_add(&w->hello, s->frame.body, s->frame.body_len) < 0)
		return no_memory(s);
	w->same_source = !w->last || source_is_same(&id, &w->source);
	if (w->last) {
		if (fit(s) < 0)
			return -1;
	} else if (walk_place_set(&w->end, s->file, s->off, s->gtid) < 0) {
		return no_memory(s);
	}
	w->source = id;
	/* a new spool has a position from now on */
	return !w->last && open_segment(s) < 0 ? -1 : STREAM_TOOK;
}

static void free_defined(void *user)
{
	struct defined *d = user;

	buf_release(&d->frame);
	free(d);
}

static int on_table(struct stream *s, struct table *t)
{
	struct defined *d = calloc(1, sizeof *d);

	status_step();
	if (!d || buf_add(&d->frame, s->frame.raw, s->frame.raw_len) < 0) {
		free(d);
		return no_memory(s);
	}
	t->user = d;
	t->user_free = free_defined;
	return STREAM_TOOK;
}

static int on_begin(struct stream *s, const struct rec_begin *r)
{
	struct write *w = s->arg;

	(void)r;
	w->skipping = w->skip && *s->begin_gtid ? gtid_set_has(w->skip, s->begin_gtid, strlen(s->begin_gtid)) == 1
						: w->skip_by_file && is_before(w, s->begin_file, s->begin_off);
	return keep(s);
}

/* A table goes before the first rows of it that are in the segment, so a segment can be read alone. */
static int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct defined *d = t->user;
	struct write *w = s->arg;

	(void)r;
	(void)c;
	if (!w->skipping && d->seg != w->last) {
		d->seg = w->last;
		if (out_add(&w->out, d->frame.p, d->frame.len) < 0)
			return out_failed(s);
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
		(void)is_behind(w, s);
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
			return no_memory(s);
		return keep(s);
	}
	status_step();
	short_one.gtid = (struct str){NULL, 0};
	if (write_mark(&b, &short_one) < 0)
		rc = no_memory(s);
	else
		rc = open_segment(s) < 0 ? -1 : out_add(&w->out, b.p, b.len) < 0 ? out_failed(s) : STREAM_TOOK;
	*n = b.len;
	buf_release(&b);
	return rc;
}

static int on_mark(struct stream *s, const struct rec_mark *r)
{
	struct write *w = s->arg;
	size_t n;

	if (is_behind(w, s)) {
		status_step();
		return STREAM_TOOK;
	}
	if (keep_mark(s, r, &n) < 0)
		return -1;
	if (walk_place_set(&w->end, s->file, s->off, r->gtid.p ? s->gtid : w->end.gtid) < 0)
		return no_memory(s);
	return ended(s, n, 0) < 0 ? -1 : STREAM_TOOK;
}

static int on_end(struct stream *s, const struct rec_end *r)
{
	(void)r;
	status_step();
	return close_segment(s) < 0 ? -1 : STREAM_TOOK;
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

/* Nothing is waiting; also called by the timer. */
static int on_idle(struct stream *s)
{
	struct write *w = s->arg;
	uint64_t ticks;

	if (w->timer_fd >= 0)
		(void)!read(w->timer_fd, &ticks, sizeof ticks);
	if (out_flush(&w->out, 1) < 0)
		return out_failed(s);
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

static const struct stream_calls calls = {
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

/* ---- the run */

/* Wakes an idle stream when something is to be forced to the disk. */
static int start_timer(struct write *w)
{
	int64_t us = w->o->sync_us;
	struct itimerspec t = {.it_interval = {us / 1000000, us % 1000000 * 1000}};

	w->timer_fd = -1;
	if (w->o->how != OUT_SYNC_SOME)
		return CODE_OK;
	t.it_value = t.it_interval;
	w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->timer_fd >= 0 && timerfd_settime(w->timer_fd, 0, &t, NULL) == 0)
		return CODE_OK;
	msg_error("could not start a timer: %s", strerror(errno));
	return CODE_OUTSIDE;
}

static int make_room(void *arg)
{
	struct write *w = arg;

	return retain(&w->retain, &w->sp) < 0 ? (w->out.code = CODE_OUTSIDE, -1) : 0;
}

static int begin(struct write *w)
{
	struct recovered r;
	int code = spool_open_writer(&w->sp, w->o->dir);
	struct buf at = BUF_INIT;

	if (code != CODE_OK)
		return code;
	out_init(&w->out, &w->sp);
	w->out.how = w->o->how;
	w->out.sync_us = w->o->sync_us;
	w->out.on_full = make_room;
	w->out.arg = w;
	w->retain.keep_bytes = w->o->keep_bytes;
	w->retain.keep_us = w->o->keep_us;
	code = recover(&w->sp, &w->out, &r);
	w->last = r.last;
	w->end = r.end;
	w->source = r.source;
	if (code != CODE_OK)
		return code;
	if (w->last) {
		walk_place_print(&w->end, &at);
		msg_info("the spool ends at %s", buf_str(&at));
		buf_release(&at);
	}
	return start_timer(w);
}

static int run(struct write *w)
{
	struct stream s;
	int code, fd = w->o->ready_fd;

	if (stream_init(&s, STDIN_FILENO, -1, &calls, w) < 0)
		return CODE_OUTSIDE;
	s.in.wake_fd = w->timer_fd;
	code = watch_start(STATUS_FILTER, NULL);
	if (code == CODE_OK) {
		ready_say(&fd);
		code = stream_run(&s);
	}
	msg_info("%llu transactions were written, %llu were there already", (unsigned long long)w->kept,
	    (unsigned long long)w->passed);
	stream_release(&s);
	return code;
}

int write_run(struct write_options *o)
{
	struct write w = {.o = o, .timer_fd = -1, .out = {.fd = -1, .index_fd = -1}};
	int code;

	sig_init();
	code = begin(&w);
	if (code == CODE_OK)
		code = run(&w);
	if (w.timer_fd >= 0)
		close(w.timer_fd);
	out_release(&w.out);
	forget_skip(&w);
	buf_release(&w.hello);
	buf_release(&w.marked);
	walk_place_release(&w.end);
	spool_release(&w.sp);
	return code;
}

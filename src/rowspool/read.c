#include "read.h"

#include <string.h>

#include "code.h"
#include "defined.h"
#include "find.h"
#include "msg.h"
#include "retain.h"

static int refuse(struct stream *s)
{
	s->code = CODE_USAGE;
	return -1;
}

/* ---- the start */

int read_has_come(const struct spool_reader *r, const struct stream *s)
{
	int comparable;

	switch (r->o->start.kind) {
	case POS_EARLIEST:
		return 1;
	case POS_FILE:
		return r->started || (!find_is_before(s->file, s->off, &r->o->start, &comparable) && comparable);
	case POS_GTID:
		return !r->ahead || (s->gtid && gtid_set_covers(s->gtid, r->o->start.gtid));
	default:
		return r->started;
	}
}

/* A reader that has a name keeps what is behind its start. */
static int keep_place(struct stream *s)
{
	struct spool_reader *r = s->arg;
	struct walk_place p = {.off = s->off, .gtid = r->o->start.kind == POS_GTID ? r->o->start.gtid : s->gtid};
	struct buf b = BUF_INIT;
	int rc;

	if (!r->o->reader)
		return 0;
	memcpy(p.file, s->file, sizeof p.file);
	walk_place_print(&p, &b);
	rc = reader_store(&r->sp, r->o->reader, buf_str(&b));
	buf_release(&b);
	if (rc < 0)
		s->code = CODE_OUTSIDE;
	return rc;
}

int read_say_hello(struct stream *s)
{
	struct spool_reader *r = s->arg;
	const struct gtid_set *set = r->o->start.kind == POS_GTID ? r->o->start.gtid : s->gtid;
	struct buf text = BUF_INIT;
	struct rec_hello h;
	struct cur c;
	int rc;

	if (r->said_hello)
		return 0;
	cur_init(&c, r->hello.p, r->hello.len);
	rc = read_hello(&c, &h);
	h.file = str_of(s->file);
	h.off = s->off;
	h.has_off = 1;
	h.gtid = (struct str){NULL, 0};
	if (set) {
		gtid_set_print(set, &text);
		h.gtid = str_of(buf_str(&text));
	}
	h.has_time = r->end.has_ahead;
	h.time_us = spool_clock_us() + r->end.ahead_us;
	if (rc == 0)
		rc = text.failed ? -1 : write_hello(&s->out.b, &h);
	rec_extra_release(&h.extra);
	buf_release(&text);
	if (rc < 0)
		return stream_no_memory(s);
	r->said_hello = r->started = 1;
	msg_info("the stream starts at %s:%llu", s->file, (unsigned long long)s->off);
	return keep_place(s);
}

/* Is the transaction that begins before the start? 1, 0, -1 with the code set. */
static int is_before_start(struct stream *s)
{
	struct spool_reader *r = s->arg;
	const struct pos *at = &r->o->start;
	int comparable, rc;

	switch (at->kind) {
	case POS_FILE:
		if (r->started)
			return 0;
		rc = find_is_before(s->begin_file, s->begin_off, at, &comparable);
		return rc || !comparable;
	case POS_GTID:
		if (!r->ahead || !*s->begin_gtid)
			return 0;
		rc = gtid_set_leave(r->ahead, s->begin_gtid, strlen(s->begin_gtid));
		return rc < 0 ? stream_broken(s, "the transaction's GTID does not fit the start's") : rc > 0;
	case POS_TIME:
		if (r->started || s->begin_ts_us >= at->time_us)
			break;
		r->has_evidence = 1;
		return 1;
	case POS_NOW:
		return !r->started;
	default:
		return 0;
	}
	if (r->started || r->has_evidence)
		return 0;
	msg_error("cannot start at that time: the spool begins later, and what was before is not known");
	msg_hint("--start-at earliest takes all that there is");
	return refuse(s);
}

/* The position lies inside of the transaction that was passed over. */
static int is_inside(const struct stream *s, const struct pos *at)
{
	return at->kind == POS_FILE && !strcmp(s->begin_file, at->file) && !strcmp(s->file, at->file) && s->begin_off < at->off &&
	       s->off > at->off;
}

static int is_stop(const struct stream *s, const struct pos *stop)
{
	int comparable;

	switch (stop->kind) {
	case POS_FILE:
		return !find_is_before(s->begin_file, s->begin_off, stop, &comparable) && comparable;
	case POS_TIME:
		return s->begin_ts_us >= stop->time_us;
	case POS_GTID:
		return s->gtid && gtid_set_covers(s->gtid, stop->gtid);
	case POS_EARLIEST:
		return 1;
	default:
		return 0;
	}
}

/* Nothing goes out from here on. What is in the buffers is still read, and moves the stream's place. */
static void stop_here(struct stream *s)
{
	struct spool_reader *r = s->arg;

	r->over = 1;
	memcpy(r->over_file, s->file, sizeof r->over_file);
	r->over_off = s->off;
}

/* ---- frames */

/* The segments of one source are one section. Where the source becomes another, so does the section. */
static int go_on_with(struct stream *s, const struct source_id *id)
{
	struct spool_reader *r = s->arg;
	struct rec_end e = {.file = str_of(r->last.file), .off = r->last.off, .has_off = 1, .why = str_of("eof")};
	struct walk_place here = {.off = s->off, .gtid = s->gtid};

	memcpy(here.file, s->file, sizeof here.file);
	if (!walk_place_is(&here, &r->last))
		return stream_broken(s, "the segment does not begin where the one before it ends");
	if (!r->said_hello || !memcmp(id, &r->source, sizeof *id))
		return STREAM_TOOK;
	return write_end(&s->out.b, &e) < 0 ? stream_no_memory(s) : STREAM_PASS;
}

static int on_hello(struct stream *s, const struct rec_hello *h)
{
	struct spool_reader *r = s->arg;
	int is_first = !r->hello.len, rc = STREAM_TOOK;
	struct source_id id;

	source_read(&id, h);
	if (++r->hellos > r->opened)
		return stream_broken(s, "it stands behind the end of the segment");
	if (!is_first)
		rc = go_on_with(s, &id);
	if (rc < 0)
		return rc;
	r->source = id;
	buf_reset(&r->hello);
	if (buf_add(&r->hello, s->frame.body, s->frame.body_len) < 0)
		return stream_no_memory(s);
	if (!is_first)
		return rc;
	if (h->has_time && r->o->start.kind == POS_TIME && h->time_us <= r->o->start.time_us)
		r->has_evidence = 1;
	if (r->o->has_stop && r->o->stop.kind == POS_GTID && !s->gtid) {
		msg_error("cannot stop at a GTID set: the spool's source has not said its own");
		return refuse(s);
	}
	if (r->o->has_stop && r->o->stop.kind == POS_GTID && is_stop(s, &r->o->stop))
		stop_here(s);
	return rc;
}

static int on_table(struct stream *s, struct table *t)
{
	return defined_keep(s, t) < 0 ? -1 : STREAM_TOOK;
}

static int on_begin(struct stream *s, const struct rec_begin *b)
{
	struct spool_reader *r = s->arg;
	int before = r->over ? 1 : is_before_start(s);

	(void)b;
	r->skipping = before > 0;
	if (before < 0)
		return -1;
	if (!before && r->o->has_stop && is_stop(s, &r->o->stop)) {
		stop_here(s);
		r->skipping = 1;
	}
	if (r->skipping)
		return STREAM_TOOK;
	return read_say_hello(s) < 0 ? -1 : STREAM_PASS;
}

static int pass(struct stream *s)
{
	const struct spool_reader *r = s->arg;

	return r->skipping ? STREAM_TOOK : STREAM_PASS;
}

static int on_rows(struct stream *s, const struct rec_rows *rows, struct table *t, struct cur *c)
{
	struct spool_reader *r = s->arg;
	struct defined *d = t->user;

	(void)rows;
	(void)c;
	if (!r->skipping && !d->out) {
		d->out = 1;
		if (buf_add(&s->out.b, d->frame.p, d->frame.len) < 0)
			return stream_no_memory(s);
	}
	return pass(s);
}

static int end_trx(struct stream *s)
{
	struct spool_reader *r = s->arg;
	int was_skipping = r->skipping;

	r->skipping = 0;
	if (was_skipping && !r->over && !r->started && is_inside(s, &r->o->start)) {
		msg_error("cannot start at %s:%llu: it is in the middle of the transaction that begins at %llu", r->o->start.file,
		    (unsigned long long)r->o->start.off, (unsigned long long)s->begin_off);
		return refuse(s);
	}
	if (!r->over && r->o->has_stop && r->o->stop.kind == POS_GTID && is_stop(s, &r->o->stop))
		stop_here(s);
	return was_skipping ? STREAM_TOOK : STREAM_PASS;
}

static int on_commit(struct stream *s, const struct rec_commit *k)
{
	(void)k;
	return end_trx(s);
}

static int on_prepare(struct stream *s, const struct rec_prepare *p)
{
	(void)p;
	return end_trx(s);
}

static int on_rollback(struct stream *s, const struct rec_rollback *b)
{
	return b->to.p ? pass(s) : end_trx(s);
}

static int on_mark(struct stream *s, const struct rec_mark *m)
{
	struct spool_reader *r = s->arg;

	if (r->o->start.kind == POS_TIME && m->time_us && m->time_us < r->o->start.time_us)
		r->has_evidence = 1;
	if (r->over || !read_has_come(r, s))
		return STREAM_TOOK;
	/* of the index, which says where the segment was entered */
	if (s->frame.at < r->lead)
		return STREAM_TOOK;
	if (r->ahead) {
		gtid_set_free(r->ahead);
		r->ahead = NULL;
	}
	return read_say_hello(s) < 0 ? -1 : STREAM_PASS;
}

static int on_end(struct stream *s, const struct rec_end *e)
{
	struct spool_reader *r = s->arg;

	(void)e;
	/* what follows may have log files of other names */
	r->started |= r->o->start.kind == POS_FILE && read_has_come(r, s);
	if (s->frame.raw_len && walk_place_set(&r->last, s->file, s->off, s->gtid) < 0)
		return stream_no_memory(s);
	return STREAM_TOOK;
}

static int on_savepoint(struct stream *s, const struct rec_rollback *b)
{
	(void)b;
	return pass(s);
}

static int on_ddl(struct stream *s, const struct rec_ddl *d)
{
	(void)d;
	return pass(s);
}

static int on_note(struct stream *s, const struct rec_note *n)
{
	(void)n;
	return pass(s);
}

static int on_decide(struct stream *s, const struct rec_decide *d)
{
	(void)d;
	return pass(s);
}

static int on_other(struct stream *s)
{
	const struct spool_reader *r = s->arg;

	return r->skipping || r->over || !r->said_hello ? STREAM_TOOK : STREAM_PASS;
}

static void on_abort(struct stream *s)
{
	const struct spool_reader *r = s->arg;
	char path[SPOOL_PATH_MAX];

	if (s->code != CODE_DAMAGED || r->feed.fd < 0)
		return;
	spool_segment(&r->sp, path, r->feed.seg, "rows");
	msg_hint("this is in \"%s\" or in the segment before it: rowspool verify %s", path, r->sp.path);
}

const struct stream_calls read_calls = {
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
    .on_abort = on_abort,
};

#include "walk.h"

#include <errno.h>
#include <string.h>

#include "code.h"
#include "msg.h"
#include "status.h"
#include "stream.h"

/* ---- places */

void walk_place_release(struct walk_place *p)
{
	gtid_set_free(p->gtid);
	memset(p, 0, sizeof *p);
}

int walk_place_set(struct walk_place *p, const char *file, uint64_t off, const struct gtid_set *gtid)
{
	struct gtid_set *copy = gtid ? gtid_set_copy(gtid) : NULL;

	if (gtid && !copy)
		return -1;
	gtid_set_free(p->gtid);
	p->gtid = copy;
	memcpy(p->file, file, strnlen(file, LOG_NAME_MAX - 1) + 1);
	p->file[LOG_NAME_MAX - 1] = 0;
	p->off = off;
	return 0;
}

void walk_place_print(const struct walk_place *p, struct buf *out)
{
	if (p->gtid && !gtid_set_is_empty(p->gtid)) {
		buf_adds(out, "gtid:");
		gtid_set_print(p->gtid, out);
	} else {
		buf_printf(out, "%s:%llu", p->file, (unsigned long long)p->off);
	}
}

int walk_place_is(const struct walk_place *a, const struct walk_place *b)
{
	if (a->gtid && b->gtid)
		return gtid_set_covers(a->gtid, b->gtid) && gtid_set_covers(b->gtid, a->gtid);
	return !strcmp(a->file, b->file) && a->off == b->off;
}

/* ---- the segment as a stream */

static int on_hello(struct stream *s, const struct rec_hello *r)
{
	struct walk *w = s->arg;

	if (w->has_hello)
		return stream_broken(s, "it stands behind the end of the segment");
	w->has_hello = 1;
	source_read(&w->source, r);
	index_frame(&w->index, s->frame.raw, s->frame.raw_len);
	return walk_place_set(&w->from, s->file, s->off, s->gtid) < 0 ? stream_no_memory(s) : STREAM_TOOK;
}

static int on_table(struct stream *s, struct table *t)
{
	struct walk *w = s->arg;

	(void)t;
	index_frame(&w->index, s->frame.raw, s->frame.raw_len);
	return STREAM_TOOK;
}

static int here(struct stream *s)
{
	struct walk *w = s->arg;

	w->last_prev = s->frame.at;
	w->last_end = s->frame.at + s->frame.raw_len;
	if (index_here(&w->index, w->last_prev, w->last_end, s->file, s->off, s->gtid, 0) < 0)
		return stream_no_memory(s);
	return STREAM_TOOK;
}

static int trx(struct stream *s)
{
	struct walk *w = s->arg;

	index_trx(&w->index, s->begin_ts_us);
	return here(s);
}

static int on_commit(struct stream *s, const struct rec_commit *r)
{
	(void)r;
	return trx(s);
}

static int on_prepare(struct stream *s, const struct rec_prepare *r)
{
	(void)r;
	return trx(s);
}

static int on_rollback(struct stream *s, const struct rec_rollback *r)
{
	return r->to.p ? STREAM_TOOK : trx(s);
}

static int on_mark(struct stream *s, const struct rec_mark *r)
{
	(void)r;
	return here(s);
}

static int on_end(struct stream *s, const struct rec_end *r)
{
	struct walk *w = s->arg;

	(void)r;
	w->is_closed = s->frame.raw_len > 0; /* else the limit */
	return STREAM_TOOK;
}

static const struct stream_calls calls = {
    .on_hello = on_hello,
    .on_table = on_table,
    .on_commit = on_commit,
    .on_prepare = on_prepare,
    .on_rollback = on_rollback,
    .on_mark = on_mark,
    .on_end = on_end,
};

static enum fdio pull(void *arg, struct buf *b)
{
	struct stream *s = arg;
	struct walk *w = s->arg;
	ssize_t n = feed_take(&w->feed, w->sp, b);

	if (n > 0)
		return FDIO_OK;
	if (n == 0)
		return FDIO_STOP;
	s->code = CODE_OUTSIDE;
	return FDIO_ERROR;
}

/* By the last entry that is before the limit. What it says of the segment's transactions is kept. 0 or -1 (no memory). */
static int enter(struct walk *w)
{
	char path[SPOOL_PATH_MAX];
	struct index x;
	size_t i;
	int rc;

	spool_segment(w->sp, path, w->feed.seg, "idx");
	rc = index_load(&x, path);
	for (i = x.n; rc == 0 && i > 0 && !w->feed.at; i--) {
		rc = feed_enter(&w->feed, &x, &x.e[i - 1]);
		if (rc < 0 || !w->feed.at)
			continue;
		w->n = x.e[i - 1].n;
		w->first_us = x.e[i - 1].first_us;
		w->newest_us = x.e[i - 1].newest_us;
	}
	index_free(&x);
	return rc;
}

static int run(struct walk *w)
{
	struct stream s;
	int code;

	if (stream_init(&s, -1, -1, &calls, w) < 0)
		return CODE_OUTSIDE;
	s.in.pull = pull;
	s.in.no_stop = 1;
	code = stream_run(&s);
	if (code == CODE_OK && !w->has_hello) {
		msg_error("the segment is empty");
		code = CODE_DAMAGED;
	}
	if (code == CODE_OK && walk_place_set(&w->to, s.file, s.off, s.gtid) < 0) {
		(void)stream_no_memory(&s);
		code = s.code;
	}
	stream_release(&s);
	return code;
}

int walk_segment(struct walk *w, const struct spool *sp, uint64_t seg, uint64_t limit, int quick)
{
	struct status saved = status_now; /* what is looked at here is not part of the work */
	char path[SPOOL_PATH_MAX];
	int code;

	memset(w, 0, sizeof *w);
	w->sp = sp;
	feed_init(&w->feed);
	spool_segment(sp, path, seg, "rows");
	if (feed_open(&w->feed, sp, seg, limit) < 0) {
		msg_error("could not read \"%s\": %s", path, strerror(errno));
		return CODE_OUTSIDE;
	}
	if (quick && enter(w) < 0) {
		msg_no_memory();
		return CODE_OUTSIDE;
	}
	code = run(w);
	status_now = saved;
	w->n += w->index.n;
	if (!w->first_us)
		w->first_us = w->index.first_us;
	if (w->index.newest_us > w->newest_us)
		w->newest_us = w->index.newest_us;
	if (code == CODE_DAMAGED)
		msg_hint("this is in the segment \"%s\"", path);
	return code;
}

int walk_finish_index(struct walk *w)
{
	if (w->last_end && index_here(&w->index, w->last_prev, w->last_end, w->to.file, w->to.off, w->to.gtid, 1) < 0)
		return -1;
	return index_end(&w->index, w->to.file, w->to.off) < 0 || w->index.b.failed ? -1 : 0;
}

void walk_release(struct walk *w)
{
	walk_place_release(&w->from);
	walk_place_release(&w->to);
	index_release(&w->index);
	feed_release(&w->feed);
}

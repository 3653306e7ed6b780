#include <stdio.h>
#include <string.h>

#include "beside.h"
#include "code.h"
#include "copy.h"
#include "progress.h"
#include "define.h"
#include "fence.h"
#include "msg.h"
#include "seen.h"
#include "sig.h"
#include "sink.h"
#include "status.h"

#define FEED_BYTES (2u << 20)	/* of a large transaction, at once */
#define MOVE_MS 1000		/* between checkpoints that move without rows */
#define FIRST_BYTES (64u << 10) /* of the first batch */
#define OTHERS_WAIT_S 10
#define OWN_DB "rowferry" /* checkpoints of pipelines that ended at the source */

/* What is applied beyond the checkpoint. Without one the pipeline begins anew, and what is there means nothing. */
static int open_ranges(struct sink *k)
{
	struct ranges *a = &k->ranges;
	int rc = ranges_open(a, &k->ckpt, &k->x.link, k->o->exec.any_order);

	if (rc == 0 && a->n && !k->has_ckpt) {
		ranges_sql_all(&k->ckpt, &k->x.text);
		rc = link_query(&k->x.link, buf_str(&k->x.text), k->x.text.len);
		if (rc == 0)
			rc = ranges_open(a, &k->ckpt, &k->x.link, 0);
	}
	if (rc == 0 && a->n)
		msg_info("%zu batches beyond the checkpoint are on the target already", a->n);
	k->moved_to = a->highest;
	return rc;
}

int sink_init(struct sink *k, const struct sink_options *o, const struct conn_opts *conn, const char *pipeline)
{
	memset(k, 0, sizeof *k);
	k->o = o;
	k->ckpt.pipeline = pipeline;
	/* who is killed over and over gets on all the same */
	k->enough = o->batch_bytes < FIRST_BYTES ? o->batch_bytes : FIRST_BYTES;
	exec_init(&k->x, &o->exec, conn, &k->target, &k->ckpt, 0);
	k->x.ranges = &k->ranges;
	k->x.link.beside = o->exec.any_order;
	k->ckpt.epoch = o->epoch;
	if (o->epoch && !o->exec.dry_run && (k->x.code = fence(conn, pipeline, o->epoch)) != CODE_OK)
		return -1;
	if (exec_connect(&k->x) < 0)
		return -1;
	/* a position that one of them still moves would not be the one to start from */
	if (!o->exec.dry_run && link_end_others(&k->x.link, OTHERS_WAIT_S) < 0) {
		k->x.code = link_failed(&k->x.link, "end what is left of an earlier mysql-sink", NULL);
		return -1;
	}
	switch (ckpt_load(k->x.ckpt, &k->x.link)) {
	case CKPT_FOUND:
		k->has_ckpt = 1;
		(void)buf_add(&k->copy, k->ckpt.at.copy.p, k->ckpt.at.copy.len);
		seen_done(k, &k->ckpt.at);
		if (!o->epoch || k->ckpt.epoch == o->epoch)
			break;
		/* made by one before us after we had looked: its sessions have ended, so it is ours to raise */
		if (k->ckpt.epoch < o->epoch && fence_raise(&k->x.link, &k->ckpt, o->epoch) < 0) {
			k->x.code = link_failed(&k->x.link, "raise the epoch of the checkpoint", NULL);
			return -1;
		}
		if (k->ckpt.epoch == o->epoch)
			break;
		k->x.code = fence_lost(&k->ckpt, o->epoch);
		return -1;
	case CKPT_NONE:
		break;
	case CKPT_FAILED:
		k->x.code = link_failed(&k->x.link, "read the checkpoint", NULL);
		return -1;
	}
	if (!o->exec.dry_run && open_ranges(k) < 0) {
		k->x.code = link_failed(&k->x.link, "read rowferry.ahead", NULL);
		return -1;
	}
	if (o->exec.rejects && !o->exec.dry_run) {
		k->x.rejects = &k->rejects;
		if (rejects_open(&k->rejects, o->exec.rejects, k->has_ckpt ? &k->ckpt : NULL, pipeline, &k->x.code) < 0)
			return -1;
	}
	return beside_start(k);
}

void sink_release(struct sink *k)
{
	workers_free(k->workers);
	keys_release(&k->keys);
	range_release(&k->range);
	ranges_release(&k->ranges);
	batch_release(&k->b);
	exec_release(&k->x);
	rejects_release(&k->rejects);
	buf_release(&k->begin);
	buf_release(&k->copy);
	buf_release(&k->copy_part);
	target_forget(&k->target);
	ckpt_release(&k->ckpt);
	gtid_set_free(k->skip_gtid);
	gtid_set_free(k->own_gtid);
	place_release(&k->place);
}

void sink_summary(const struct sink *k)
{
	const struct exec_counts *x = &k->x.n;

	msg_info("%s%llu rows of %llu transactions in %llu batches%s", k->o->exec.dry_run ? "would apply " : "applied ",
	    (unsigned long long)x->rows, (unsigned long long)x->trx, (unsigned long long)x->batches,
	    k->o->exec.dry_run ? ", all undone" : "");
	if (x->undone)
		msg_info("%llu batches were undone and applied again in their turn", (unsigned long long)x->undone);
	if (x->retries || k->skipped_trx)
		msg_info("%llu attempts were repeated, %llu transactions were on the target already",
		    (unsigned long long)x->retries, (unsigned long long)k->skipped_trx);
	if (x->skipped || x->overwritten)
		msg_warn("%llu rows skipped, %llu rows overwritten", (unsigned long long)x->skipped,
		    (unsigned long long)x->overwritten);
}

int sink_fd(const struct sink *k)
{
	return k->workers ? workers_fd(k->workers) : -1;
}

int sink_fail(struct sink *k, struct stream *s)
{
	k->failed = 1;
	s->code = k->x.code ? k->x.code : CODE_BUG;
	return -1;
}

static int no_memory(struct sink *k, struct stream *s)
{
	msg_no_memory();
	k->x.code = CODE_OUTSIDE;
	return sink_fail(k, s);
}

/* The position behind the last transaction that has ended. */
int sink_set_place(struct sink *k, struct stream *s)
{
	struct place *p = &k->place;
	struct gtid_set *g = k->own_gtid && (k->skip_gtid || !s->gtid) ? k->own_gtid : s->gtid;

	memcpy(p->file, s->file, sizeof p->file);
	p->off = s->off;
	p->has_gtid = g != NULL;
	p->ts_us = k->last_ts_us;
	buf_reset(&p->gtid);
	if (g)
		gtid_set_print(g, &p->gtid);
	buf_reset(&p->copy);
	(void)buf_add(&p->copy, k->copy.p, k->copy.len);
	return p->gtid.failed || p->copy.failed ? -1 : 0;
}

void sink_written(struct sink *k)
{
	k->moved = k->must = 0;
	k->enough = 2 * k->enough < k->o->batch_bytes ? 2 * k->enough : k->o->batch_bytes;
	k->written_ms = exec_now_ms();
}

/* Applies what is whole, and writes the position. */
int sink_flush(struct sink *k, struct stream *s)
{
	uint64_t rows = k->b.whole_rows, trx = k->b.whole_trx;

	if (beside_drain(k, s) < 0)
		return -1;
	if (!k->b.whole_items && !k->moved && !k->must)
		return 0;
	/* a statement of the open transaction has run: its note must stay until the transaction is there as a whole */
	if (s->in_trx && k->ddl_number)
		return 0;
	if (!k->b.whole_items && k->o->exec.dry_run) {
		sink_written(k);
		return 0;
	}
	if (sink_set_place(k, s) < 0)
		return no_memory(k, s);
	k->x.passed = beside_number(k);
	ranges_batch(&k->ranges, k->x.passed);
	seen_wait(s);
	if (exec_batch(&k->x, &k->b, &k->place) < 0)
		return sink_fail(k, s);
	status_run();
	seen_done(k, &k->place);
	batch_drop_whole(&k->b);
	range_reset(&k->range);
	k->moved_to = k->x.passed;
	/* what is left is of the transaction that is still arriving, and stays what it is */
	if (!k->b.nitems)
		k->alone = 0;
	if (beside_rekey(k) < 0)
		return no_memory(k, s);
	if (rows)
		msg_debug("batch of %llu rows, %llu transactions, to %s:%llu", (unsigned long long)rows, (unsigned long long)trx,
		    k->place.file, (unsigned long long)k->place.off);
	sink_written(k);
	return 0;
}

/* ---- frames */

static int on_hello(struct stream *s, const struct rec_hello *h)
{
	struct sink *k = s->arg;

	if (h->pipeline.p && h->pipeline.n == strlen(k->ckpt.pipeline) &&
	    !memcmp(h->pipeline.p, k->ckpt.pipeline, h->pipeline.n)) {
		msg_error("the stream has the rejects of pipeline \"%s\" itself, which has passed them", k->ckpt.pipeline);
		msg_hint("apply them under another name, as --pipeline %s-rejects", k->ckpt.pipeline);
		k->x.code = CODE_USAGE;
		return sink_fail(k, s);
	}
	/* rejects are put one behind the other: that some were applied before is no wonder */
	k->said_behind |= h->pipeline.p != NULL;
	/* a further section of the same input: what the one before it left is applied first */
	if (beside_drain(k, s) < 0 || (k->b.whole_items && sink_flush(k, s) < 0))
		return -1;
	k->last_ts_us = 0;
	if (sink_start_copy(k, h) < 0)
		return sink_fail(k, s);
	if (sink_set_place(k, s) < 0)
		return no_memory(k, s);
	if (sink_start(k, s, h) < 0)
		return sink_fail(k, s);
	k->moved = k->must = 0;
	return STREAM_TOOK;
}

static int on_table(struct stream *s, struct table *t)
{
	struct source_table *st = source_table_new(t);
	struct sink *k = s->arg;

	if (!st)
		return no_memory(k, s);
	t->user = st;
	t->user_free = source_table_drop;
	if (policies_find(&k->o->exec.policies, t->db, t->name, &st->policy) < 0) {
		msg_error("--on-conflict: a regular expression gave up on the name %s.%s", t->db, t->name);
		k->x.code = CODE_USAGE;
		return sink_fail(k, s);
	}
	return STREAM_TOOK;
}

/* BEGIN as it is for rejects: that the rows came as an XA transaction is over. */
static int keep_begin(struct sink *k, const struct rec_begin *r)
{
	struct rec_begin begin = *r;

	begin.xid = (struct str){NULL, 0};
	buf_reset(&k->begin);
	return write_begin(&k->begin, &begin);
}

static int on_begin(struct stream *s, const struct rec_begin *r)
{
	struct sink *k = s->arg;

	k->ddl_number = k->statements = 0;
	k->skips_ahead = 0;
	buf_reset(&k->copy_part);
	(void)buf_add(&k->copy_part, r->copy.p, r->copy.n);
	if (r->copy.n)
		progress_leave(); /* to rowcopy */
	k->skipping = r->copy.p ? copy_has(&k->copy, r->copy) : sink_has(k, s);
	if (k->skipping)
		return STREAM_TOOK;
	if (*s->begin_xid && (beside_drain(k, s) < 0 || held_make(&k->x) < 0))
		return sink_fail(k, s);
	k->alone |= *s->begin_xid != 0;
	if (k->x.rejects && keep_begin(k, r) < 0)
		return no_memory(k, s);
	if (batch_begin(&k->b, s->begin_file) < 0 || (*s->begin_xid && batch_store(&k->b, &s->frame) < 0))
		return no_memory(k, s);
	return STREAM_TOOK;
}

/* The open transaction has grown past what memory is for: from now on it goes to the target as it comes. */
static int make_room(struct sink *k, struct stream *s)
{
	size_t open = batch_size(&k->b) - batch_whole_size(&k->b);

	if (k->is_large)
		return open < FEED_BYTES ? 0 : exec_large_feed(&k->x, &k->b) < 0 ? sink_fail(k, s) : 0;
	if (open < k->o->memory)
		return 0;
	/* what is whole is not part of it */
	if (sink_flush(k, s) < 0)
		return -1;
	msg_debug("a transaction larger than %llu bytes is applied while it arrives", (unsigned long long)k->o->memory);
	if (exec_large_start(&k->x) < 0)
		return sink_fail(k, s);
	k->is_large = 1;
	seen_wait(s);
	return exec_large_feed(&k->x, &k->b) < 0 ? sink_fail(k, s) : 0;
}

/* Rows of the open transaction that follow may be rejected. 0, or -1 (no memory). */
static int may_reject(struct sink *k)
{
	return k->x.rejects ? batch_trx(&k->b, k->begin.p, k->begin.len) : 0;
}

static int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct sink *k = s->arg;
	const uint8_t *images = c->p;

	int is_ours = k->skipping || !strcmp(t->db, OWN_DB);
	struct source_table *st = r->replace ? source_table_replace(t->user) : t->user;

	if (!st)
		return no_memory(k, s);
	if (r->n > UINT32_MAX)
		return stream_broken(s, "too many rows in a frame");
	if (k->workers && !is_ours && !k->alone && !k->is_large) {
		if (beside_rows(k, s, r, st, c) < 0)
			return -1;
	} else {
		for (uint64_t i = 0; i < r->n; i++)
			if (skip_image(c, t) < 0 || (r->op == ROW_UPDATE && skip_image(c, t) < 0))
				return stream_damaged(s, c);
	}
	if (is_ours)
		return STREAM_TOOK;
	if (st->policy == POLICY_SKIP && may_reject(k) < 0)
		return no_memory(k, s);
	if (batch_rows(&k->b, st, r, images, (size_t)(c->p - images)) < 0)
		return no_memory(k, s);
	return make_room(k, s) < 0 ? -1 : STREAM_TOOK;
}

static int on_savepoint(struct stream *s, const struct rec_rollback *r)
{
	struct sink *k = s->arg;

	if (k->skipping)
		return STREAM_TOOK;
	return batch_savepoint(&k->b, r->to) < 0 ? no_memory(k, s) : STREAM_TOOK;
}

/* A transaction has ended; the stream's position is behind it. */
static int ended(struct sink *k, struct stream *s)
{
	int behind = sink_is_behind(k, s);

	k->last_ts_us = s->begin_ts_us;
	seen_ended(k);
	if (k->own_gtid && *s->begin_gtid && (!k->skipping || k->skips_ahead) &&
	    gtid_set_add(k->own_gtid, s->begin_gtid, strlen(s->begin_gtid)) < 0)
		return no_memory(k, s);
	if (k->skipping) {
		k->skipping = 0;
		k->skipped_trx++;
		if (k->skips_ahead && !behind)
			k->moved = 1;
		/* behind the last gap they are of no more use */
		if (k->skips_ahead && !k->ranges.open)
			k->must = 1;
		return STREAM_TOOK;
	}
	if (k->o->exec.any_order && range_add(&k->range, s->begin_file, s->begin_off, s->begin_gtid) < 0)
		return no_memory(k, s);
	/* rows must be applied wherever the position is, but it does not go back for nothing */
	if (!behind || k->b.whole_items > 0)
		k->moved = 1;
	if (k->workers && !k->alone && !k->must)
		return beside_is_enough(k) && beside_give(k, s) < 0 ? -1 : STREAM_TOOK;
	if (k->must || batch_whole_size(&k->b) >= k->enough)
		return sink_flush(k, s) < 0 ? -1 : STREAM_TOOK;
	return STREAM_TOOK;
}

/* The open transaction is whole. */
static int whole(struct sink *k, struct stream *s)
{
	int rc;

	if (batch_end(&k->b, s->file, s->off) < 0)
		return no_memory(k, s);
	if (!k->is_large) {
		batch_commit(&k->b);
		return ended(k, s);
	}
	k->is_large = 0;
	k->must = 0; /* its own COMMIT writes the position; another BEGIN before that would commit the half of it */
	rc = ended(k, s);
	if (rc < 0 || sink_set_place(k, s) < 0)
		return rc < 0 ? rc : no_memory(k, s);
	seen_wait(s);
	if (exec_large_commit(&k->x, &k->b, &k->place) < 0)
		return sink_fail(k, s);
	seen_done(k, &k->place);
	range_reset(&k->range);
	sink_written(k);
	return STREAM_TOOK;
}

static int on_commit(struct stream *s, const struct rec_commit *r)
{
	struct sink *k = s->arg;

	if (k->skipping)
		return ended(k, s);
	if (r->copy.p) {
		buf_reset(&k->copy);
		if (buf_add(&k->copy, r->copy.p, r->copy.n) < 0)
			return no_memory(k, s);
	}
	/* an XA transaction that was not prepared first: the part of it that is held already comes back */
	if (k->is_large && k->b.is_stored &&
	    (batch_prepare(&k->b) < 0 || batch_decide(&k->b, str_of(s->begin_xid), 1, s->begin_off) < 0))
		return no_memory(k, s);
	return whole(k, s);
}

static int on_prepare(struct stream *s, const struct rec_prepare *r)
{
	struct sink *k = s->arg;

	(void)r;
	if (k->skipping)
		return ended(k, s);
	return batch_prepare(&k->b) < 0 ? no_memory(k, s) : whole(k, s);
}

static int on_decide(struct stream *s, const struct rec_decide *r)
{
	struct sink *k = s->arg;

	if (k->skipping)
		return STREAM_TOOK;
	k->alone = 1;
	if (may_reject(k) < 0)
		return no_memory(k, s);
	return batch_decide(&k->b, r->xid, r->commit, s->begin_off) < 0 ? no_memory(k, s) : STREAM_TOOK;
}

static int on_rollback(struct stream *s, const struct rec_rollback *r)
{
	struct sink *k = s->arg;
	uint64_t number;
	int rc;

	if (!r->to.p) {
		if (k->is_large)
			exec_large_undo(&k->x, &k->b);
		k->is_large = 0;
		batch_undo(&k->b);
		return ended(k, s);
	}
	if (k->skipping)
		return STREAM_TOOK;
	rc = batch_rollback_to(&k->b, r->to, &number);
	if (rc < 0)
		return stream_broken(s, "a rollback to a savepoint that was not set");
	if (rc > 0 && exec_large_rollback_to(&k->x, number) < 0)
		return sink_fail(k, s);
	return STREAM_TOOK;
}

static int on_mark(struct stream *s, const struct rec_mark *r)
{
	struct sink *k = s->arg;

	if (!sink_is_behind(k, s)) {
		k->last_ts_us = r->time_us;
		k->moved = 1;
	}
	return STREAM_TOOK;
}

/*
 * A stream that begins before the checkpoint should come to it. One that goes
 * live or ends before may be an old one, or of a source that began to count anew.
 */
static void warn_if_behind(struct sink *k, const struct stream *s)
{
	if (k->said_behind || !k->skipped_trx || !sink_is_behind(k, s))
		return;
	k->said_behind = 1;
	msg_warn("%llu transactions were passed over, as the checkpoint of pipeline \"%s\" has them; the stream has not come to "
		 "where it stands: is it an old one, or was the source reset?",
	    (unsigned long long)k->skipped_trx, k->x.ckpt->pipeline);
}

static int on_end(struct stream *s, const struct rec_end *r)
{
	(void)r;
	warn_if_behind(s->arg, s);
	return sink_flush(s->arg, s) < 0 ? -1 : STREAM_TOOK;
}

static int on_idle(struct stream *s)
{
	struct sink *k = s->arg;
	int rc;

	if (sig_status) {
		sig_status = 0;
		msg_warn("status: at %s:%llu, %llu rows of %llu transactions applied", s->file, (unsigned long long)s->off,
		    (unsigned long long)k->x.n.rows, (unsigned long long)k->x.n.trx);
	}
	warn_if_behind(k, s);
	rc = beside_idle(k, s);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (k->b.whole_items || k->must || (k->moved && exec_now_ms() - k->written_ms >= MOVE_MS))
		return sink_flush(k, s);
	return 0;
}

/* Upstream died, or the stream is damaged: what was whole before that is good. */
static void on_abort(struct stream *s)
{
	struct sink *k = s->arg;
	int code = s->code;

	if (k->is_large)
		exec_large_undo(&k->x, &k->b);
	k->is_large = 0;
	if (!k->failed)
		(void)sink_flush(k, s);
	s->code = code;
}

/* ---- DDL */

static int names_are_own(const struct rec_ddl *r)
{
	for (uint32_t i = 0; i < r->nnames; i++)
		if (r->names[i].db.n != sizeof OWN_DB - 1 || memcmp(r->names[i].db.p, OWN_DB, sizeof OWN_DB - 1) != 0)
			return 0;
	return r->nnames > 0;
}

static int stop_for(struct sink *k, struct stream *s, const struct rec_ddl *r, const char *where, const char *why)
{
	if (k->b.whole_items && sink_flush(k, s) < 0)
		return -1;
	msg_error("%s at %s: \"%.*s\"", why, where, r->sql.n < 200 ? (int)r->sql.n : 200, r->sql.p);
	k->x.code = CODE_USAGE;
	return sink_fail(k, s);
}

/* Of the table that the statement makes; NULL: the stream has none. */
static const struct table *definition_of(const struct stream *s, const struct rec_ddl *r)
{
	const struct rec_name *n = r->names;

	return r->nnames == 1 && n->name.n ? tables_named(&s->tables, n->db.p, n->db.n, n->name.p, n->name.n) : NULL;
}

static int on_ddl(struct stream *s, const struct rec_ddl *r)
{
	struct sink *k = s->arg;
	char where[LOG_NAME_MAX + 32], trx[LOG_NAME_MAX + 32];
	int n = r->sql.n < 200 ? (int)r->sql.n : 200;

	if (k->skipping || names_are_own(r))
		return STREAM_TOOK;
	snprintf(where, sizeof where, "%s:%llu", s->begin_file, (unsigned long long)(r->has_off ? r->off : s->begin_off));
	if (k->copy_part.len) { /* it stands at no place of the log, and many may be between two transactions of it */
		snprintf(trx, sizeof trx, "copy %s", buf_str(&k->copy_part));
		snprintf(where, sizeof where, "copy-%s:%u", buf_str(&k->copy_part), k->statements++);
	} else if (*s->begin_gtid)
		snprintf(trx, sizeof trx, "%s", s->begin_gtid);
	else
		snprintf(trx, sizeof trx, "%s:%llu", s->begin_file, (unsigned long long)s->begin_off);
	if (k->o->skip_ddl && !strcmp(k->o->skip_ddl, where)) {
		msg_warn("left out by --skip-ddl %s: %.*s", where, n, r->sql.p);
		k->must = 1; /* one that stops us after it must not bring it back */
		return STREAM_TOOK;
	}
	switch (define_look(r)) {
	case DEFINE_SKIP:
		msg_info("not for the target, at %s: %.*s", where, n, r->sql.p);
		return STREAM_TOOK;
	case DEFINE_UNKNOWN:
		if (k->o->ddl == SINK_DDL_APPLY)
			return stop_for(k, s, r, where, "cannot tell what a statement does (--skip-ddl passes it over),");
		break;
	case DEFINE_RUN:
		break;
	}
	if (k->o->ddl == SINK_DDL_SKIP) {
		msg_info("skipped by --ddl, at %s: %.*s", where, n, r->sql.p);
		return STREAM_TOOK;
	}
	if (k->o->ddl == SINK_DDL_STOP)
		return stop_for(k, s, r, where, "a statement of the source changes definitions (--ddl stop),");
	if (k->is_large || batch_is_open(&k->b))
		return stop_for(k, s, r, where, "cannot apply rows before a DDL statement in one transaction,");
	if (k->o->exec.dry_run) {
		msg_info("would run, at %s: %.*s", where, n, r->sql.p);
		return STREAM_TOOK;
	}
	/* the checkpoint stands right before the statement: nothing may move it past that, and forget that it ran */
	if (beside_drain(k, s) < 0 ||
	    ((k->b.whole_items || (k->o->exec.any_order && (k->moved || k->must))) && sink_flush(k, s) < 0))
		return -1;
	seen_wait(s);
	if (define_run(&k->x, r, definition_of(s, r), trx, k->ddl_number++, where) < 0)
		return sink_fail(k, s);
	msg_info("ran at %s: %.*s", where, n, r->sql.p);
	k->must = 1;
	return STREAM_TOOK;
}

const struct stream_calls sink_calls = {
    .on_hello = on_hello,
    .on_table = on_table,
    .on_begin = on_begin,
    .on_rows = on_rows,
    .on_ddl = on_ddl,
    .on_commit = on_commit,
    .on_prepare = on_prepare,
    .on_decide = on_decide,
    .on_mark = on_mark,
    .on_end = on_end,
    .on_savepoint = on_savepoint,
    .on_rollback = on_rollback,
    .on_idle = on_idle,
    .on_status = seen_status,
    .on_abort = on_abort,
};

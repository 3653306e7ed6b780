#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "code.h"
#include "copy.h"
#include "exec.h"
#include "fence.h"
#include "msg.h"
#include "row.h"
#include "sig.h"
#include "status.h"

#define LOCK_WAIT_S 10
#define EXPRESS_ROWS 16
#define EXPRESS_BYTES (32u << 10)
#define NO_MEMORY 2008 /* CR_OUT_OF_MEMORY */
#define SAY_MS 640     /* what takes longer to pass is said */

int64_t exec_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

int exec_wait_ms(unsigned ms)
{
	struct pollfd p = {.fd = sig_fd(), .events = POLLIN};

	return poll(&p, 1, (int)ms) > 0 || sig_stop;
}

enum exec_result exec_stop(struct exec *x, int code)
{
	x->code = code;
	return EXEC_STOP;
}

enum exec_result exec_no_memory(struct exec *x)
{
	msg_no_memory();
	return exec_stop(x, CODE_OUTSIDE);
}

struct stmt_style exec_style(const struct exec *x)
{
	return (struct stmt_style){.is_mariadb = x->link.is_mariadb,
	    .guards = x->express,
	    .mysql_alias = !x->link.is_mariadb && x->link.version >= 80019,
	    .compare = x->o->compare_rows,
	    .whole = x->is_merged};
}

void exec_init(struct exec *x, const struct exec_options *o, const struct conn_opts *conn, struct target *target,
    struct ckpt *ckpt, unsigned slot)
{
	memset(x, 0, sizeof *x);
	x->o = o;
	x->flying = -1;
	x->target = target;
	x->ckpt = ckpt;
	held_init(&x->held);
	link_init(&x->link, conn, o->dry_run ? NULL : ckpt->pipeline, slot);
}

void exec_release(struct exec *x)
{
	if (x->is_open && x->link.c)
		(void)link_queryz(&x->link, "ROLLBACK");
	bulk_forget(&x->bulk);
	link_release(&x->link);
	held_release(&x->held);
	fold_release(&x->fold);
	packet_release(&x->pk[0]);
	packet_release(&x->pk[1]);
	free(x->old);
	free(x->new);
	buf_release(&x->text);
	buf_release(&x->why);
}

/* ---- connecting */

/* The lock is another's: of a session of ours that is about to end, or of whoever has taken our place. */
static enum exec_result await_lock(struct exec *x)
{
	int64_t deadline = exec_now_ms() + LOCK_WAIT_S * 1000;
	struct ckpt now = {.pipeline = x->ckpt->pipeline};
	enum exec_result r = EXEC_AGAIN;
	int rc = 0;

	while (r == EXEC_AGAIN && rc == 0) {
		if (x->ckpt->epoch && ckpt_load(&now, &x->link) == CKPT_FOUND && now.epoch > x->ckpt->epoch) {
			r = exec_stop(x, fence_lost(&now, x->ckpt->epoch));
		} else if ((rc = link_lock(&x->link, 1)) == 0 && exec_now_ms() > deadline) {
			msg_error("another mysql-sink of pipeline \"%s\" is connected to %s", x->ckpt->pipeline,
			    conn_opts_where(x->link.opts));
			r = exec_stop(x, CODE_OUTSIDE);
		}
	}
	ckpt_release(&now);
	if (rc > 0)
		return EXEC_OK;
	link_close(&x->link);
	return r;
}

static enum exec_result opened(struct exec *x, enum link_result r)
{
	const char *where = conn_opts_where(x->link.opts);

	switch (r) {
	case LINK_OK:
		return EXEC_OK;
	case LINK_BUSY:
		return await_lock(x);
	case LINK_WRONG:
		msg_error("cannot connect to %s: %s", where, buf_str(&x->link.err));
		link_hint(&x->link);
		return exec_stop(x, CODE_USAGE);
	case LINK_OUTSIDE:
		break;
	}
	return EXEC_AGAIN;
}

int exec_connect(struct exec *x)
{
	enum exec_result r = opened(x, link_open(&x->link));

	if (r == EXEC_AGAIN) {
		msg_error("could not connect to %s: %s", conn_opts_where(x->link.opts), buf_str(&x->link.err));
		x->code = CODE_OUTSIDE;
	}
	return r == EXEC_OK ? 0 : -1;
}

enum exec_result exec_reconnect(struct exec *x, int64_t deadline_ms)
{
	unsigned wait = 50, said = 0;

	for (;;) {
		enum exec_result r = opened(x, link_open(&x->link));

		if (r != EXEC_AGAIN)
			return r;
		if (x->link.err_no == NO_MEMORY || x->link.err.failed)
			return exec_no_memory(x);
		if (exec_now_ms() + wait > deadline_ms || exec_wait_ms(wait)) {
			msg_error("could not connect to %s again: %s", conn_opts_where(x->link.opts), buf_str(&x->link.err));
			return exec_stop(x, CODE_OUTSIDE);
		}
		status_retry();
		if (wait >= SAY_MS && !said++)
			msg_warn("could not connect to %s again: %s; tried again for %lld s at most",
			    conn_opts_where(x->link.opts), buf_str(&x->link.err),
			    (long long)(deadline_ms - exec_now_ms()) / 1000);
		wait = wait < 3000 ? 2 * wait : 5000;
	}
}

enum exec_result exec_link_failed(struct exec *x, const char *doing)
{
	int again = row_error_is_again(x->link.err_no);

	if (again)
		return EXEC_AGAIN;
	msg_error("cannot %s: %s", doing, buf_str(&x->link.err));
	return exec_stop(x, CODE_USAGE);
}

/* ---- the checkpoint against others */

/* The server has less than was committed: it is not the one that it was, as after a failover to a replica that was behind. */
static int is_behind(const struct ckpt *now, const struct ckpt *ours)
{
	return now->epoch < ours->epoch || (now->epoch == ours->epoch && now->seq < ours->seq);
}

enum exec_result exec_moved(struct exec *x)
{
	struct ckpt now = {.pipeline = x->ckpt->pipeline};
	int code = CODE_LEASE;

	switch (ckpt_load(&now, &x->link)) {
	case CKPT_FAILED:
		ckpt_release(&now);
		return exec_link_failed(x, "read the checkpoint");
	case CKPT_NONE:
		msg_error("the checkpoint of pipeline \"%s\" is gone", x->ckpt->pipeline);
		break;
	case CKPT_FOUND:
		if (now.epoch > x->ckpt->epoch) {
			(void)fence_lost(&now, x->ckpt->epoch);
		} else if (is_behind(&now, x->ckpt)) {
			msg_error("the checkpoint of pipeline \"%s\" on %s is behind what was committed: another server answers "
				  "there, or it was set back",
			    x->ckpt->pipeline, conn_opts_where(x->link.opts));
			msg_hint("start again: the pipeline goes on where that server is");
			code = CODE_OUTSIDE;
		} else {
			msg_error("another mysql-sink has moved the checkpoint of pipeline \"%s\"", x->ckpt->pipeline);
		}
		break;
	}
	ckpt_release(&now);
	return exec_stop(x, code);
}

int exec_was_committed(struct exec *x)
{
	struct ckpt now = {.pipeline = x->ckpt->pipeline};
	enum ckpt_found f = ckpt_load(&now, &x->link);
	int rc = -1;

	if (f == CKPT_FOUND && x->range && (rc = ranges_has(x->ranges, x->ckpt, &x->link, x->range->number)) < 0)
		f = CKPT_FAILED;
	else if (f == CKPT_FOUND && x->range)
		;
	else if (f == CKPT_FOUND && now.epoch == x->ckpt->epoch && now.seq == x->ckpt->seq)
		rc = 0;
	else if (f == CKPT_FOUND && now.epoch == x->ckpt->epoch && now.seq == x->ckpt->seq + 1)
		rc = 1;
	else if (f == CKPT_FAILED) {
		msg_error("could not read the checkpoint: %s", buf_str(&x->link.err));
		x->code = CODE_OUTSIDE;
	} else
		(void)exec_moved(x);
	ckpt_release(&now);
	return rc;
}

void exec_done(struct exec *x, const struct batch *b)
{
	x->n.rows += b->whole_rows + x->try_rows;
	x->n.trx += b->whole_trx;
	x->n.skipped += x->try_skipped;
	x->n.overwritten += x->try_overwritten;
	x->try_skipped = x->try_overwritten = x->try_rows = 0;
	x->n.batches++;
	status_moved();
	if (x->rejects)
		rejects_keep(x->rejects);
}

/* ---- a batch */

static enum exec_result wait_for_others(struct exec *x, int all)
{
	enum exec_result r;

	if (!x->ahead || x->ahead->is_turn)
		return EXEC_OK;
	r = exec_collect(x);
	if (r == EXEC_OK)
		r = x->ahead->wait(x->ahead->arg, all);
	x->ahead->is_turn = all && r == EXEC_OK;
	return r;
}

enum exec_result exec_turn(struct exec *x)
{
	return wait_for_others(x, 1);
}

enum exec_result exec_wait_tied(struct exec *x)
{
	return wait_for_others(x, 0);
}

void exec_put_copy(struct exec *x, const struct place *to)
{
	const struct buf *was = &x->ckpt->at.copy;

	if (!to->copy.len || (to->copy.len == was->len && !memcmp(to->copy.p, was->p, was->len)))
		return;
	buf_reset(&x->text);
	copy_sql(x->ckpt->pipeline, &to->copy, &x->text);
	packet_control(&x->pk[x->cur], STMT_COPY, buf_str(&x->text));
}

/* Where the target is now: the checkpoint moves, or what the batch has stands beside it. */
static void put_progress(struct exec *x, const struct place *to)
{
	struct packet *p = &x->pk[x->cur];

	exec_put_copy(x, to);
	buf_reset(&x->text);
	if (x->range)
		ranges_sql_add(x->ranges, x->ckpt, x->range, &x->text);
	else
		ckpt_sql_move(x->ckpt, to, &x->source, &x->text);
	packet_control(p, STMT_CKPT, buf_str(&x->text));
	if (x->express)
		packet_guard(p);
	if (x->range || !x->ranges || !x->ranges->is_there || !x->passed)
		return;
	buf_reset(&x->text);
	ranges_sql_drop(x->ranges, x->ckpt, x->passed, &x->text);
	packet_control(p, STMT_CONTROL, buf_str(&x->text));
}

static enum exec_result commit(struct exec *x, int *commit_sent)
{
	*commit_sent = 1;
	return link_queryz(&x->link, "COMMIT") < 0 ? exec_link_failed(x, "commit") : EXEC_OK;
}

/* Rows first, and the checkpoint when the turn has come: until then others have its row. */
static enum exec_result try_ahead(struct exec *x, const struct place *to, int *commit_sent)
{
	enum exec_result r;

	exec_calm(x);
	held_forget(&x->held);
	packet_control(&x->pk[x->cur], STMT_CONTROL, "BEGIN");
	r = exec_items(x, x->b->whole_items, 0);
	if (r == EXEC_OK)
		r = exec_turn(x);
	if (r != EXEC_OK)
		return r;
	put_progress(x, to);
	r = exec_collect(x);
	if (r != EXEC_OK)
		return r;
	return commit(x, commit_sent);
}

/*
 * So little that the round trip for the COMMIT counts. Only where rows go in as they are: what an upsert says of its rows is
 * no number of rows, and what is skipped is looked at before.
 */
static int is_small(const struct exec *x)
{
	const struct batch *b = x->b;

	if (b->whole_rows > EXPRESS_ROWS || b->whole_bytes > EXPRESS_BYTES)
		return 0;
	for (size_t i = 0; i < b->whole_items; i++) {
		const struct item *it = &b->items[i];

		if (it->kind == ITEM_ROWS ? it->st->policy != POLICY_STOP : it->kind != ITEM_FILE && it->kind != ITEM_SAVEPOINT)
			return 0;
	}
	return 1;
}

static enum exec_result try_batch(struct exec *x, const struct place *to, int one_by_one, int *commit_sent)
{
	enum exec_result r;

	exec_calm(x);
	held_forget(&x->held);
	if (x->rejects && rejects_start(x->rejects) < 0)
		return exec_stop(x, CODE_OUTSIDE);
	packet_control(&x->pk[x->cur], STMT_CONTROL, "BEGIN");
	x->express = !one_by_one && is_small(x);
	*commit_sent = x->express;
	put_progress(x, to);
	r = exec_items(x, x->b->whole_items, one_by_one);
	if (r != EXEC_OK || x->express)
		return r;
	if (x->rejects && rejects_seal(x->rejects) < 0)
		return exec_stop(x, CODE_OUTSIDE);
	return commit(x, commit_sent);
}

void exec_undo(struct exec *x)
{
	exec_calm(x);
	if (x->link.c && link_queryz(&x->link, "ROLLBACK") < 0)
		link_close(&x->link);
}

/* The checkpoint on the target is what it was meant to become. */
int exec_moved_to(struct exec *x, const struct place *to)
{
	x->ckpt->seq++;
	x->ckpt->source = x->source;
	if (!ckpt_keeps_note(x->ckpt, to)) {
		buf_reset(&x->ckpt->ddl_at);
		buf_reset(&x->ckpt->ddl_print);
	}
	if (place_copy(&x->ckpt->at, to) == 0)
		return 0;
	(void)exec_no_memory(x);
	return -1;
}

int exec_batch(struct exec *x, struct batch *b, const struct place *to)
{
	int64_t deadline = 0; /* from the first failure on */
	unsigned wait = 10, tries = 0, said = 0;
	int one_by_one = 0, commit_sent = 0, is_ahead, rc;

	if (x->o->dry_run)
		return exec_dry_batch(x, b);
	if (x->is_open) {
		msg_error("a batch within a transaction that is still open");
		x->code = CODE_BUG;
		return -1;
	}
	x->b = b;
	x->express = x->no_puts = 0;
	for (;;) {
		enum exec_result r = EXEC_OK;

		if (!x->link.c)
			r = exec_reconnect(x, deadline ? deadline : exec_now_ms() + x->o->retry_s * 1000ll);
		if (r == EXEC_OK && commit_sent) {
			rc = exec_was_committed(x);
			if (rc < 0)
				r = EXEC_STOP;
			else if (rc)
				break;
			commit_sent = 0;
		}
		is_ahead = r == EXEC_OK && x->ahead && !x->ahead->is_turn;
		if (is_ahead)
			r = try_ahead(x, to, &commit_sent);
		else if (r == EXEC_OK)
			r = try_batch(x, to, one_by_one, &commit_sent);
		x->express = 0;
		if (r == EXEC_OK)
			break;
		exec_undo(x);
		if (r == EXEC_STOP)
			return -1;
		if (is_ahead && !commit_sent) {
			/* whatever it was, only what happens in the batch's turn counts */
			x->n.undone++;
			x->ahead->undone = 1;
			x->ahead->is_turn = 0;
			do
				r = exec_turn(x);
			while (r == EXEC_AGAIN);
			if (r != EXEC_OK)
				return -1;
			continue;
		}
		if (r == EXEC_TROUBLE && x->no_puts == 1) {
			x->no_puts = 2;
			continue;
		}
		if (r == EXEC_TROUBLE) {
			if (one_by_one) {
				msg_error("a row failed in a way that is not understood: %s", buf_str(&x->link.err));
				x->code = CODE_BUG;
				return -1;
			}
			one_by_one = 1;
			continue;
		}
		/* an answer that did not come may still be a commit: only a new session can tell */
		if (commit_sent)
			link_close(&x->link);
		if (!deadline)
			deadline = exec_now_ms() + x->o->retry_s * 1000ll;
		x->n.retries++;
		status_retry();
		if (wait >= SAY_MS && !said++)
			msg_warn("the target: %s; tried again for %u s at most", buf_str(&x->link.err), x->o->retry_s);
		else
			msg_info("the target: %s; the batch is tried again", buf_str(&x->link.err));
		tries++;
		if (exec_now_ms() + wait > deadline) {
			msg_error("could not apply rows, tried %u times: %s", tries, buf_str(&x->link.err));
			x->code = CODE_OUTSIDE;
			return -1;
		}
		(void)exec_wait_ms(wait);
		wait = wait < 2000 ? 2 * wait : 3000;
	}
	exec_done(x, b);
	return x->range ? 0 : exec_moved_to(x, to);
}

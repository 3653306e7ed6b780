#include <stdio.h>
#include <string.h>

#include "code.h"
#include "exec.h"
#include "fence.h"
#include "msg.h"
#include "status.h"

/*
 * A dry run is one transaction from the first row to the last; a large one in it
 * begins at a savepoint of its own.
 */

/* What it has come to so far is undone. A dry run only says what it would be. */
static void forget_counts(struct exec *x)
{
	if (!x->o->dry_run)
		x->n = x->before;
}

static int failed(struct exec *x, enum exec_result r)
{
	if (r == EXEC_AGAIN && fence_is_lost(x->link.opts, x->ckpt)) {
		x->code = CODE_LEASE;
	} else if (r == EXEC_AGAIN) {
		msg_error("could not apply a transaction that is larger than --memory: %s", buf_str(&x->link.err));
		x->code = CODE_OUTSIDE;
	} else if (r == EXEC_TROUBLE) {
		msg_error("a row failed in a way that is not understood: %s", buf_str(&x->link.err));
		x->code = CODE_BUG;
	}
	exec_undo(x);
	x->is_open = 0;
	forget_counts(x);
	return -1;
}

static enum exec_result open_trx(struct exec *x)
{
	enum exec_result r;

	exec_calm(x);
	if (x->rejects && rejects_start(x->rejects) < 0)
		return exec_stop(x, CODE_OUTSIDE);
	packet_control(&x->pk[x->cur], STMT_CONTROL, "BEGIN");
	if (!x->o->dry_run) {
		buf_reset(&x->text);
		ckpt_sql_hold(x->ckpt, &x->text);
		packet_control(&x->pk[x->cur], STMT_CKPT, buf_str(&x->text));
	}
	r = exec_collect(x);
	x->is_open = r == EXEC_OK;
	return r;
}

/* Nothing was sent yet: a connection that was lost meanwhile is no reason to stop. */
static int open_again(struct exec *x)
{
	int64_t deadline = exec_now_ms() + x->o->retry_s * 1000ll;
	unsigned wait = 20;

	while (!x->is_open) {
		enum exec_result r = x->link.c ? EXEC_OK : exec_reconnect(x, deadline);

		if (r == EXEC_OK)
			r = open_trx(x);
		if (r == EXEC_OK)
			break;
		exec_undo(x);
		if (r != EXEC_AGAIN)
			return -1;
		if (exec_now_ms() + wait > deadline) {
			msg_error("could not begin a transaction: %s", buf_str(&x->link.err));
			x->code = CODE_OUTSIDE;
			return -1;
		}
		(void)exec_wait_ms(wait);
		wait = wait < 2000 ? 2 * wait : 3000;
	}
	return 0;
}

int exec_large_start(struct exec *x)
{
	held_forget(&x->held);
	x->before = x->n;
	if (open_again(x) < 0)
		return -1;
	if (x->o->dry_run && link_queryz(&x->link, "SAVEPOINT rowferry_trx") < 0)
		return failed(x, exec_link_failed(x, "set a savepoint"));
	return 0;
}

/* The first n items, all of them or none. */
static int feed(struct exec *x, struct batch *b, size_t n)
{
	struct reject_mark mark = {0};
	enum exec_result r;

	x->b = b;
	if (x->rejects)
		mark = rejects_mark(x->rejects);
	packet_control(&x->pk[x->cur], STMT_CONTROL, "SAVEPOINT rowferry_unit");
	r = exec_items(x, n, 0);
	if (r == EXEC_TROUBLE) {
		exec_calm(x);
		if (x->rejects && rejects_back(x->rejects, &mark) < 0)
			r = exec_stop(x, CODE_OUTSIDE);
		else if (link_queryz(&x->link, "ROLLBACK TO SAVEPOINT rowferry_unit") < 0)
			r = exec_link_failed(x, "undo rows");
		else
			r = exec_items(x, n, 1);
	}
	if (r != EXEC_OK)
		return failed(x, r);
	x->n.skipped += x->try_skipped;
	x->n.overwritten += x->try_overwritten;
	x->n.rows += x->try_rows;
	x->try_skipped = x->try_overwritten = x->try_rows = 0;
	return 0;
}

int exec_large_feed(struct exec *x, struct batch *b)
{
	if (feed(x, b, b->nitems) < 0)
		return -1;
	if (!b->is_stored)
		x->n.rows += b->open_rows;
	batch_drop_all(b);
	status_moved();
	return 0;
}

int exec_dry_batch(struct exec *x, struct batch *b)
{
	if (open_again(x) < 0 || feed(x, b, b->whole_items) < 0)
		return -1;
	exec_done(x, b);
	return 0;
}

int exec_large_rollback_to(struct exec *x, uint64_t number)
{
	char sql[64];

	snprintf(sql, sizeof sql, "ROLLBACK TO SAVEPOINT rowferry_s%llu", (unsigned long long)number);
	if (link_queryz(&x->link, sql) < 0)
		return failed(x, exec_link_failed(x, "undo a part of a transaction"));
	if (x->rejects && rejects_rollback_to(x->rejects, number) < 0)
		return failed(x, exec_stop(x, CODE_OUTSIDE));
	return 0;
}

int exec_large_commit(struct exec *x, struct batch *b, const struct place *to)
{
	enum exec_result r;
	int rc;

	if (exec_large_feed(x, b) < 0)
		return -1;
	x->n.trx++;
	x->n.batches++;
	if (x->o->dry_run)
		return 0;
	exec_put_copy(x, to);
	buf_reset(&x->text);
	ckpt_sql_move(x->ckpt, to, &x->source, &x->text);
	packet_control(&x->pk[x->cur], STMT_CKPT, buf_str(&x->text));
	r = exec_collect(x);
	if (r != EXEC_OK)
		return failed(x, r);
	x->is_open = 0;
	if (x->rejects && rejects_seal(x->rejects) < 0)
		return failed(x, exec_stop(x, CODE_OUTSIDE));
	if (link_queryz(&x->link, "COMMIT") < 0) {
		r = exec_link_failed(x, "commit");
		if (r != EXEC_AGAIN)
			return failed(x, r);
		/* no answer: only a new session, after the old one has ended, can tell */
		buf_reset(&x->why);
		buf_printf(&x->why, "COMMIT was lost: %s", buf_str(&x->link.err));
		link_close(&x->link);
		if (exec_reconnect(x, exec_now_ms() + x->o->retry_s * 1000ll) != EXEC_OK || (rc = exec_was_committed(x)) < 0)
			return -1;
		if (!rc) {
			buf_reset(&x->link.err);
			buf_adds(&x->link.err, buf_str(&x->why));
			return failed(x, EXEC_AGAIN);
		}
	}
	if (x->rejects)
		rejects_keep(x->rejects);
	return exec_moved_to(x, to);
}

void exec_large_undo(struct exec *x, struct batch *b)
{
	held_forget(&x->held);
	if (x->o->dry_run && x->link.c && x->is_open) {
		exec_calm(x);
		if (link_queryz(&x->link, "ROLLBACK TO SAVEPOINT rowferry_trx") < 0)
			x->is_open = 0;
	} else {
		exec_undo(x);
		x->is_open = 0;
		forget_counts(x);
	}
	batch_drop_all(b);
}

#include "fence.h"

#include "code.h"
#include "exec.h"
#include "msg.h"
#include "range.h"
#include "row.h"

#define WAIT_S 10      /* for sessions of the one before to end */
#define ROW_WAIT_S "1" /* for the checkpoint's row, which an open transaction may hold */

int fence_lost(const struct ckpt *now, uint64_t ours)
{
	static _Atomic int is_said; /* workers find it out side by side */

	if (!is_said++)
		msg_error("pipeline \"%s\" has a new holder: its epoch is %llu, ours was %llu", now->pipeline,
		    (unsigned long long)now->epoch, (unsigned long long)ours);
	return CODE_LEASE;
}

int fence_raise(struct link *l, struct ckpt *c, uint64_t epoch)
{
	struct buf sql = BUF_INIT;
	int rc;

	ckpt_sql_raise(c, epoch, &sql);
	rc = link_query(l, buf_str(&sql), sql.len);
	buf_release(&sql);
	return rc < 0 || ckpt_load(c, l) != CKPT_FOUND ? -1 : 0;
}

enum raised { RAISED, RAISED_AGAIN, RAISED_SAME, RAISED_FAILED /* code is set */ };

static enum raised raise_once(struct link *l, struct ckpt *c, uint64_t epoch, int *code)
{
	switch (ckpt_load(c, l)) {
	case CKPT_NONE: /* it will be made with ours */
		return RAISED;
	case CKPT_FAILED:
		*code = link_failed(l, "read the checkpoint", NULL);
		return RAISED_FAILED;
	case CKPT_FOUND:
		break;
	}
	if (c->epoch == epoch)
		return RAISED_SAME;
	if (c->epoch > epoch) {
		*code = fence_lost(c, epoch);
		return RAISED_FAILED;
	}
	if (fence_raise(l, c, epoch) == 0)
		return c->epoch == epoch ? RAISED : RAISED_AGAIN; /* somebody was quicker */
	if (row_error_is_again(l->err_no))
		return RAISED_AGAIN;
	*code = link_failed(l, "raise the epoch of the checkpoint", NULL);
	return RAISED_FAILED;
}

/* The sessions of the one before, and what they may still add with --commit-order any. */
static int end_before(struct link *l, const struct ckpt *c, int64_t deadline)
{
	for (;;) {
		if (link_end_sessions(l, c->pipeline, 0, WAIT_S) < 0)
			return link_failed(l, "end the sessions of the holder before", NULL);
		if (ranges_disown(c, l) == 0)
			return CODE_OK;
		if (!row_error_is_again(l->err_no) || exec_now_ms() > deadline)
			return link_failed(l, "take rowferry.ahead over", NULL);
	}
}

int fence(const struct conn_opts *conn, const char *pipeline, uint64_t epoch)
{
	int64_t deadline = exec_now_ms() + WAIT_S * 1000;
	struct ckpt c = {.pipeline = pipeline};
	struct link l;
	enum raised r;
	int code = CODE_OK;

	link_init(&l, conn, NULL, 0);
	if (link_open(&l) != LINK_OK || link_queryz(&l, "SET SESSION innodb_lock_wait_timeout=" ROW_WAIT_S) < 0) {
		code = link_failed(&l, "raise the epoch of the checkpoint", NULL);
		link_release(&l);
		return code;
	}
	while ((r = raise_once(&l, &c, epoch, &code)) == RAISED_AGAIN) {
		if (exec_now_ms() > deadline || !l.c) {
			msg_error("could not raise the epoch of pipeline \"%s\": %s", pipeline, buf_str(&l.err));
			code = CODE_OUTSIDE;
			break;
		}
		/* an open transaction of the one before has the row */
		(void)link_end_sessions(&l, pipeline, 0, 0);
	}
	if (r == RAISED)
		code = end_before(&l, &c, deadline);
	ckpt_release(&c);
	link_release(&l);
	return code;
}

int fence_is_lost(const struct conn_opts *conn, const struct ckpt *ours)
{
	struct ckpt now = {.pipeline = ours->pipeline};
	struct link l;
	int rc = 0;

	if (!ours->epoch)
		return 0;
	link_init(&l, conn, NULL, 0);
	if (link_open(&l) == LINK_OK && ckpt_load(&now, &l) == CKPT_FOUND && now.epoch > ours->epoch) {
		(void)fence_lost(&now, ours->epoch);
		rc = 1;
	}
	ckpt_release(&now);
	link_release(&l);
	return rc;
}

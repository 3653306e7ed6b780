#include "fence.h"

#include "code.h"
#include "exec.h"
#include "msg.h"
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

enum raised { RAISED, RAISED_AGAIN, RAISED_SAME, RAISED_FAILED /* code is set */ };

static enum raised raise_once(struct link *l, struct ckpt *c, uint64_t epoch, int *code)
{
	struct buf sql = BUF_INIT;
	enum raised r = RAISED;

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
	ckpt_sql_raise(c, epoch, &sql);
	if (link_query(l, buf_str(&sql), sql.len) < 0) {
		r = row_error_is_again(l->err_no) ? RAISED_AGAIN : RAISED_FAILED;
		if (r == RAISED_FAILED)
			*code = link_failed(l, "raise the epoch of the checkpoint", NULL);
	} else if (ckpt_load(c, l) != CKPT_FOUND || c->epoch != epoch) {
		r = RAISED_AGAIN; /* somebody was quicker */
	}
	buf_release(&sql);
	return r;
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
	if (r == RAISED && link_end_sessions(&l, pipeline, 0, WAIT_S) < 0)
		code = link_failed(&l, "end the sessions of the holder before", NULL);
	ckpt_release(&c);
	link_release(&l);
	return code;
}

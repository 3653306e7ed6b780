#include "ask.h"

#include <signal.h>

#include "boottime.h"
#include "child.h"
#include "code.h"
#include "msg.h"

#define WARN_MS 5000  /* so long nobody need know */
#define RETRY_MS 1000 /* names that could not be resolved */
#define BREATH_MS 50  /* after an answer that says nothing */

void asker_init(struct asker *a, int64_t now_ms)
{
	a->began = now_ms;
	a->until = a->line_until = BOOTTIME_NEVER;
	a->warn = now_ms + WARN_MS;
	a->retry = now_ms;
	a->late_code = CODE_NO;
}

static enum ask end(struct asker *a, int code)
{
	a->code = code;
	return ASK_END;
}

enum ask ask_late(struct asker *a)
{
	if (a->connected)
		msg_error("could not %s within %g s", a->what, (double)(a->line_until - a->began) / 1000);
	else
		msg_error("could not reach ZooKeeper at %s within %g s", a->servers, (double)(a->until - a->began) / 1000);
	return end(a, a->connected ? CODE_NO : a->late_code);
}

enum ask ask_pause(struct asker *a, int64_t at_ms)
{
	struct child none = {.pid = 0};
	unsigned bits;
	int signo;

	if (boottime_now() >= a->until)
		return ask_late(a);
	bits = wake_wait(a->wake, zk_fd(a->zk), at_ms < a->until ? at_ms : a->until);
	if (bits & WAKE_FD)
		zk_clear(a->zk);
	while ((signo = wake_signal(a->wake)))
		switch (signo) {
		case SIGCHLD:
			if (!a->guard || !child_reap(&none, a->guard->pid))
				break;
			msg_error("the process that watches over us (%d) has ended", (int)a->guard->pid);
			return end(a, CODE_OUTSIDE);
		case SIGTERM:
		case SIGINT:
		case SIGQUIT:
		case SIGHUP:
			return end(a, CODE_OK);
		}
	return ASK_ON;
}

static enum ask begin(struct asker *a, int64_t now)
{
	(void)zk_leave(a->zk, now); /* the one before, if there was one; it ends by itself */
	a->retry = now + RETRY_MS;
	if (zk_enter(a->zk) == 0)
		return ASK_ON;
	msg_error("could not start a thread");
	return end(a, CODE_OUTSIDE);
}

static void say_connected(struct asker *a)
{
	if (a->connected)
		return;
	a->connected = 1;
	msg_info("connected to ZooKeeper at %s, session time-out %g s", zk_where(a->zk), zk_timeout_ms(a->zk) / 1000.0);
	if (a->warned)
		msg_warn("ZooKeeper is reached again");
	a->warned = 0;
}

/* What to do without a connection: another session, or only to wait. */
static enum ask connect_once(struct asker *a)
{
	const int64_t now = boottime_now();
	int64_t at = a->warned ? BOOTTIME_NEVER : a->warn;

	switch (zk_state(a->zk)) {
	case ZK_AUTH_FAILED:
		msg_error("cannot log in to ZooKeeper: the user or the password of --auth-file is not accepted");
		return end(a, CODE_USAGE);
	case ZK_EXPIRED:
		msg_info("the session has expired");
		return begin(a, now) == ASK_END ? ASK_END : ASK_AGAIN;
	case ZK_NO_HOST:
		if (now >= a->retry)
			return begin(a, now);
		at = at < a->retry ? at : a->retry;
		break;
	default:
		break;
	}
	if (now >= a->warn && !a->warned) {
		msg_warn("could not reach ZooKeeper at %s yet; still trying", a->servers);
		a->warned = 1;
		at = BOOTTIME_NEVER;
	}
	return ask_pause(a, at);
}

enum ask ask_connection(struct asker *a)
{
	enum ask r = ASK_ON;

	if (zk_state(a->zk) != ZK_CONNECTED && a->connected) {
		a->connected = 0;
		a->warn = boottime_now() + WARN_MS;
		msg_info("the connection to ZooKeeper is lost");
	}
	while (r == ASK_ON && zk_state(a->zk) != ZK_CONNECTED)
		r = connect_once(a);
	if (r == ASK_ON)
		say_connected(a);
	return r;
}

enum ask ask_answer(struct asker *a, struct zk_op *op)
{
	const int64_t give_up = boottime_now() + zk_timeout_ms(a->zk);

	for (;;) {
		switch (zk_result(op)) {
		case ZK_PENDING:
			break;
		case ZK_LOST:
			return ask_pause(a, boottime_now() + BREATH_MS) == ASK_END ? ASK_END : ASK_AGAIN;
		default:
			return ASK_ON;
		}
		if (boottime_now() >= give_up)
			return ASK_AGAIN;
		if (ask_pause(a, give_up) == ASK_END)
			return ASK_END;
	}
}

enum ask ask_refused(struct asker *a, const struct zk_op *op, const char *what, const char *path)
{
	if (zk_result(op) == ZK_DENIED)
		msg_error("cannot %s %s: its access list does not allow it%s", what, path,
		    a->with_auth ? " to the user of --auth-file" : "");
	else
		msg_error("cannot %s %s: %s", what, path, zk_text(op));
	if (zk_result(op) == ZK_DENIED && !a->with_auth)
		msg_hint("--auth-file gives a user and a password");
	return end(a, CODE_USAGE);
}

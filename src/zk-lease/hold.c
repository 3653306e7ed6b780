#include "hold.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "boottime.h"
#include "child.h"
#include "code.h"
#include "msg.h"
#include "ready.h"

#define REST_MS 1000 /* for processes that the command leaves behind */
#define KILL_MS 5000 /* for the kernel to end what was killed */
#define LOOK_MS 10   /* whether they have ended */

struct hold {
	struct lease *lease;
	struct guard *guard;
	struct wake *wake;
	struct child child;
	int64_t term_at, kill_at;
	int64_t end_at; /* when not to wait any longer for what was killed */
	int termed;	/* SIGTERM was sent because of us, deadlines are final */
	int code;	/* CODE_OK: the command's own counts */
};

static void tell_guard(struct hold *h)
{
	/* it comes in when we are late: a program told twice takes that for an order to hurry */
	guard_tell(h->guard, h->termed ? BOOTTIME_NEVER : h->term_at + lease_slack(h->lease), h->kill_at, h->child.pid);
}

static void set_deadlines(struct hold *h)
{
	if (h->termed)
		return;
	h->term_at = lease_term_at(h->lease);
	h->kill_at = lease_kill_at(h->lease);
	tell_guard(h);
}

static void end_group(struct hold *h, int signo)
{
	child_signal(&h->child, signo);
	if (signo == SIGTERM)
		child_signal(&h->child, SIGCONT); /* it may be stopped */
}

static void kill_now(struct hold *h)
{
	h->termed = 1;
	h->kill_at = BOOTTIME_NEVER;
	h->end_at = boottime_now() + KILL_MS;
	end_group(h, SIGKILL);
}

/* The command is to end, and why it was is already said. */
static void stop(struct hold *h, int code)
{
	if (!h->code)
		h->code = code;
	if (h->termed)
		return;
	h->termed = 1;
	tell_guard(h);
	end_group(h, SIGTERM);
}

static void lost_touch(struct hold *h, int64_t now)
{
	const int late = now >= h->term_at + lease_slack(h->lease);

	msg_error("lost the lease %s: nothing was heard from ZooKeeper for %.1f s; the command is stopped", h->lease->path,
	    (double)(now - h->lease->heard) / 1000);
	if (late) { /* the guard has sent it */
		h->termed = 1;
		h->code = CODE_LEASE;
	} else {
		stop(h, CODE_LEASE);
	}
}

static void look_at_clock(struct hold *h)
{
	const int64_t now = boottime_now();

	if (!h->termed && now >= h->term_at)
		lost_touch(h, now);
	if (now >= h->kill_at)
		kill_now(h);
}

static void take_news(struct hold *h)
{
	const char *why = "";

	switch (lease_beat(h->lease)) {
	case LEASE_NOTHING:
		return;
	case LEASE_HEARD:
		set_deadlines(h);
		return;
	case LEASE_NODE_GONE:
		why = "somebody has deleted its node";
		break;
	case LEASE_SESSION_GONE:
		why = "the session has expired";
		break;
	}
	/* first this: the next one may have begun */
	kill_now(h);
	if (!h->code)
		h->code = CODE_LEASE;
	msg_error("lost the lease %s: %s; the command is killed", h->lease->path, why);
}

/* The command itself has ended: the rest of it is to end soon. */
static void end_rest(struct hold *h)
{
	const int64_t rest = boottime_now() + REST_MS;

	if (h->termed) /* it knows already */
		return;
	h->termed = 1;
	h->kill_at = rest < h->kill_at ? rest : h->kill_at;
	tell_guard(h);
	end_group(h, SIGTERM);
}

static void on_child(struct hold *h)
{
	const int ended = h->child.ended;

	look_at_clock(h); /* it may have ended because we were away for too long */
	if (child_reap(&h->child, h->guard->pid)) {
		msg_error("the process that watches over us (%d) has ended; the command is stopped", (int)h->guard->pid);
		stop(h, CODE_OUTSIDE);
	}
	if (!ended && h->child.ended && !child_is_gone(&h->child))
		end_rest(h);
}

static void take_signals(struct hold *h)
{
	int signo;

	while ((signo = wake_signal(h->wake)))
		if (signo == SIGCHLD)
			on_child(h);
		else
			child_signal(&h->child, signo);
}

static int64_t earliest(const struct hold *h)
{
	int64_t at = h->kill_at;

	if (!h->termed && h->term_at < at)
		at = h->term_at;
	if (h->end_at == BOOTTIME_NEVER && h->lease->next_beat < at)
		at = h->lease->next_beat;
	/* not all of the group are our children, whose end we are told of */
	if (h->child.ended && boottime_now() + LOOK_MS < at)
		at = boottime_now() + LOOK_MS;
	return at < h->end_at ? at : h->end_at;
}

static void serve(struct hold *h)
{
	while (!child_is_gone(&h->child)) {
		look_at_clock(h);
		if (boottime_now() >= h->end_at) {
			msg_error("could not end the command: process group %d is still there", (int)h->child.pid);
			h->lease->stuck = 1;
			h->code = h->code ? h->code : CODE_OUTSIDE;
			return;
		}
		/* also when the command was told to end: of news that the lease is gone it is not to have the rest of its time */
		if (h->end_at == BOOTTIME_NEVER)
			take_news(h);
		if (wake_wait(h->wake, zk_fd(h->lease->zk), earliest(h)) & WAKE_FD)
			zk_clear(h->lease->zk);
		take_signals(h);
	}
	/* we may have been stopped ourselves, while the guard did our work */
	if (!h->termed && boottime_now() >= h->term_at)
		lost_touch(h, boottime_now());
}

int hold_run(struct lease *l, struct guard *g, struct wake *w, char **argv, int *ready_fd)
{
	struct hold h = {.lease = l, .guard = g, .wake = w, .end_at = BOOTTIME_NEVER};
	struct buf env[3] = {BUF_INIT, BUF_INIT, BUF_INIT};
	const char *list[4] = {NULL};
	int code, may_go;

	buf_printf(&env[0], "ROWFERRY_EPOCH=%" PRId64, l->epoch);
	buf_printf(&env[1], "ROWFERRY_LEASE=%s", l->path);
	buf_printf(&env[2], "ROWFERRY_HOLDER=%s", l->holder);
	for (int i = 0; i < 3; i++)
		list[i] = buf_str(&env[i]);
	if (child_start(&h.child, argv, list, NULL) < 0) {
		msg_error("could not start a process: %s", strerror(errno));
		code = CODE_OUTSIDE;
		goto out;
	}
	/* first those who would stop it, then it */
	set_deadlines(&h);
	may_go = boottime_now() < h.term_at; /* it may be long since we heard of the lease: the machine has slept */
	child_go(&h.child, may_go);
	if (may_go)
		ready_say(ready_fd);
	serve(&h);
	guard_tell(g, BOOTTIME_NEVER, BOOTTIME_NEVER, 0);
	code = h.code ? h.code : child_code(&h.child, argv[0]);
	child_release(&h.child);
out:
	for (int i = 0; i < 3; i++)
		buf_release(&env[i]);
	return code;
}

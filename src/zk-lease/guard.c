#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "boottime.h"
#include "msg.h"

/* One write, less than PIPE_BUF: it arrives whole. */
struct order {
	int64_t term_ms, kill_ms;
	int64_t group;
};

#define LOOK_MS 20 /* whether a group that nobody looks after any more has ended */

struct watch {
	int in, timer;
	struct order o;
	int orphan; /* who started us is gone */
	int killed;
};

static void enforce(struct watch *w)
{
	const int64_t now = boottime_now();
	const pid_t group = (pid_t)w->o.group;

	if (now >= w->o.kill_ms) {
		kill(-group, SIGKILL);
		w->o.kill_ms = BOOTTIME_NEVER;
		w->killed = 1;
	} else if (now >= w->o.term_ms) {
		kill(-group, SIGTERM);
		kill(-group, SIGCONT); /* or it would come only when somebody continues the command */
		w->o.term_ms = BOOTTIME_NEVER;
	}
}

/* Reads all that was told: the last is what counts. */
static void take_orders(struct watch *w)
{
	struct order o;
	ssize_t n;

	while ((n = read(w->in, &o, sizeof o)) == (ssize_t)sizeof o)
		w->o = o;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (!w->orphan && w->o.group) {
		struct pollfd err = {STDERR_FILENO, POLLOUT, 0};

		w->o.term_ms = 0;
		enforce(w);
		/* who does not read that must not keep us from the SIGKILL */
		if (poll(&err, 1, 0) > 0 && (err.revents & POLLOUT))
			msg_error("zk-lease itself was ended; its command is stopped");
	}
	w->orphan = 1;
}

static void serve(struct watch *w)
{
	for (;;) {
		struct pollfd p[] = {{w->orphan ? -1 : w->in, POLLIN, 0}, {w->timer, POLLIN, 0}};
		int64_t at = w->o.term_ms < w->o.kill_ms ? w->o.term_ms : w->o.kill_ms;

		if (w->orphan && at > boottime_now() + LOOK_MS)
			at = boottime_now() + LOOK_MS;
		boottime_set(w->timer, w->o.group ? at : BOOTTIME_NEVER);
		poll(p, 2, -1);
		if (p[0].revents)
			take_orders(w);
		if (w->o.group)
			enforce(w);
		if (w->orphan && (!w->o.group || w->killed || (kill(-(pid_t)w->o.group, 0) < 0 && errno == ESRCH)))
			return;
	}
}

/* What it was given by who started us it must not hold open: somebody may wait for its end. Messages may be said. */
static void let_go(const struct watch *w)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	/* a kernel before 5.9 cannot, and then they stay */
	for (unsigned i = 0, from = STDERR_FILENO + 1; i < 3; i++) {
		unsigned fd = i == 2 ? ~0u : (unsigned)(i == (w->in > w->timer) ? w->in : w->timer);

		if (fd > from)
			close_range(from, fd == ~0u ? fd : fd - 1, 0);
		from = fd + 1;
	}
}

static void guard_main(int in) __attribute__((noreturn));

static void guard_main(int in)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2};
	struct watch w = {.in = in, .timer = boottime_timer(), .o = {BOOTTIME_NEVER, BOOTTIME_NEVER, 0}};

	for (unsigned i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	setsid();
	prctl(PR_SET_NAME, "zk-lease-guard");
	let_go(&w);
	if (w.timer >= 0)
		serve(&w);
	_exit(0);
}

int guard_start(struct guard *g)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	g->pid = fork();
	if (g->pid == 0) {
		close(p[1]);
		guard_main(p[0]);
	}
	close(p[0]);
	g->fd = p[1];
	if (g->pid > 0)
		return 0;
	close(g->fd);
	g->fd = -1;
	return -1;
}

void guard_tell(struct guard *g, int64_t term_ms, int64_t kill_ms, pid_t group)
{
	struct order o = {term_ms, kill_ms, group};

	/* full: it is stopped, and then does not act either. Gone: SIGCHLD says so */
	(void)!write(g->fd, &o, sizeof o);
}

void guard_release(struct guard *g)
{
	if (g->fd >= 0)
		close(g->fd);
	g->fd = -1;
}

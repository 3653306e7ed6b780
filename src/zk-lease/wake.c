#include "wake.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "boottime.h"

int wake_init(struct wake *w)
{
	static const int taken[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCONT, SIGCHLD};
	struct sigaction hup;
	sigset_t set;

	sigemptyset(&set);
	for (unsigned i = 0; i < sizeof taken / sizeof *taken; i++)
		sigaddset(&set, taken[i]);
	/* nohup(1) has decided that */
	if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler == SIG_IGN)
		sigdelset(&set, SIGHUP);
	/* ignored by who started us, children would vanish without a code */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	w->timer = -1;
	w->signals = sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? -1 : signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->signals < 0)
		return -1;
	w->timer = boottime_timer();
	return w->timer < 0 ? -1 : 0;
}

void wake_release(struct wake *w)
{
	if (w->signals >= 0)
		close(w->signals);
	if (w->timer >= 0)
		close(w->timer);
	w->signals = w->timer = -1;
}

unsigned wake_wait(struct wake *w, int fd, int64_t at_ms)
{
	struct pollfd p[] = {{fd, POLLIN, 0}, {w->signals, POLLIN, 0}, {w->timer, POLLIN, 0}};
	unsigned bits = 0;

	boottime_set(w->timer, at_ms);
	while (poll(p, 3, -1) < 0 && errno == EINTR)
		;
	for (unsigned i = 0; i < 3; i++)
		bits |= p[i].revents ? 1u << i : 0;
	return bits;
}

int wake_signal(struct wake *w)
{
	struct signalfd_siginfo si;

	return read(w->signals, &si, sizeof si) == (ssize_t)sizeof si ? (int)si.ssi_signo : 0;
}

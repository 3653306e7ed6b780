#include "sig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

atomic_int sig_stop;
atomic_int sig_status;

static int wake[2] = {-1, -1};
static void (*volatile on_stop)(void);

static void stop(int signo)
{
	int saved = errno;

	if (sig_stop)
		_exit(128 + signo);
	sig_stop = 1;
	if (wake[1] >= 0) {
		ssize_t n = write(wake[1], "", 1);

		(void)n;
	}
	if (on_stop)
		on_stop();
	errno = saved;
}

static void status(int signo)
{
	(void)signo;
	sig_status = 1;
}

void sig_init(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	for (int i = 0; i < 2; i++)
		if (wake[i] >= 0)
			close(wake[i]);
	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		wake[0] = wake[1] = -1;
	sa.sa_handler = stop; /* no SA_RESTART: a waiting read is to return */
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sa.sa_handler = status;
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &sa, NULL);
}

int sig_fd(void)
{
	return wake[0];
}

void sig_on_stop(void (*f)(void))
{
	on_stop = f;
}

void sig_end(int code)
{
	_exit(code);
}

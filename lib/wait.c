#include "wait.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <event2/event.h>

#include "sig.h"

#define KINDS 4

struct wait {
	struct event_base *base;
	struct event *ev[KINDS]; /* by bit: input, output, stop, wake */
	struct event *timer;
	unsigned fired;
};

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	((struct wait *)arg)->fired |= WAIT_INPUT;
}

/* A pipe's writing end is not readable: what wakes us is its error, that the other end was closed. */
static void on_output(evutil_socket_t fd, short what, void *arg)
{
	struct wait *w = arg;
	struct pollfd p = {fd, 0, 0};

	(void)what;
	if (poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP)))
		w->fired |= WAIT_READER_GONE;
	else /* opened for reading too: it says nothing */
		event_del(w->ev[1]);
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	((struct wait *)arg)->fired |= WAIT_STOP;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	((struct wait *)arg)->fired |= WAIT_WAKE;
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static int is_pipe(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

struct wait *wait_new(int in, int out, int wake)
{
	static const event_callback_fn calls[KINDS] = {on_input, on_output, on_stop, on_wake};
	int fds[KINDS] = {in, is_pipe(out) ? out : -1, sig_fd(), wake};
	struct event_config *config = event_config_new();
	struct wait *w = calloc(1, sizeof *w);

	if (!w || !config)
		goto fail;
	/* streams come from regular files as well, which epoll refuses; for a few descriptors poll is as fast */
	event_config_avoid_method(config, "epoll");
	event_config_avoid_method(config, "select");
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	w->base = event_base_new_with_config(config);
	if (!w->base)
		goto fail;
	for (int i = 0; i < KINDS; i++) {
		if (fds[i] < 0)
			continue;
		w->ev[i] = event_new(w->base, fds[i], EV_READ | EV_PERSIST, calls[i], w);
		if (!w->ev[i])
			goto fail;
	}
	w->timer = evtimer_new(w->base, on_time, w);
	if (!w->timer)
		goto fail;
	event_config_free(config);
	return w;
fail:
	if (config)
		event_config_free(config);
	wait_free(w);
	errno = ENOMEM;
	return NULL;
}

void wait_free(struct wait *w)
{
	if (!w)
		return;
	for (int i = 0; i < KINDS; i++)
		if (w->ev[i])
			event_free(w->ev[i]);
	if (w->timer)
		event_free(w->timer);
	if (w->base)
		event_base_free(w->base);
	free(w);
}

unsigned wait_any(struct wait *w, unsigned bits, int timeout_ms)
{
	struct timeval tv = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
	int rc = 0;

	w->fired = 0;
	for (int i = 0; i < KINDS; i++) {
		if (!w->ev[i])
			continue;
		/* what is asked for hardly ever changes, and what is there need not be added */
		if (!(bits & 1u << i))
			event_del(w->ev[i]);
		else if (!event_pending(w->ev[i], EV_READ, NULL))
			rc |= event_add(w->ev[i], NULL);
	}
	if (timeout_ms >= 0)
		rc |= evtimer_add(w->timer, &tv);
	rc |= event_base_loop(w->base, EVLOOP_ONCE) < 0;
	if (timeout_ms >= 0)
		evtimer_del(w->timer);
	return rc ? WAIT_FAILED : w->fired;
}

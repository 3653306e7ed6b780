/* Takes connections, and gives each to a process of its own, so that no stranger's bytes are read where others are served. */
#include "listen.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "activated.h"
#include "code.h"
#include "listening.h"
#include "msg.h"
#include "ready.h"
#include "show.h"
#include "sig.h"
#include "status.h"
#include "watch.h"

#define MAX_STARTING 64		 /* connections that have no stream yet; one more, and an old one goes */
#define TELL_US (10 * 1000000LL) /* of those who got none is told once in so long */
#define PAUSE_MS 100		 /* when there are no descriptors or processes left */

static void served_free(struct served *s)
{
	if (s->event)
		event_free(s->event);
	close(s->control);
	buf_release(&s->host);
	buf_release(&s->peer);
	show_unshare(s->carried);
	free(s);
}

static void no_stream(struct listener *l, const char *why)
{
	int64_t now = status_clock_us();

	l->refused++;
	if (l->told_us && now - l->told_us < TELL_US) {
		l->untold++;
		return;
	}
	if (l->untold)
		msg_warn("no stream for %s (and for %llu others before)", why, (unsigned long long)l->untold);
	else
		msg_warn("no stream for %s", why);
	l->told_us = now;
	l->untold = 0;
}

/* That process has ended, or is to be ended: it has closed its end. */
static void gone(struct served *s)
{
	struct listener *l = s->l;
	struct served **at;
	int status = 0;

	for (at = &l->all; *at != s; at = &(*at)->next)
		;
	*at = s->next;
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (s->has_stream) {
		l->streams--;
		l->ended++;
		l->failed += status != 0;
	} else {
		l->starting--;
	}
	if (s->carried) {
		l->stream_bytes += s->carried->stream_bytes;
		l->link_bytes += s->carried->link_bytes;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		msg_error("the process for %s was ended by signal %d", buf_str(&s->host), WTERMSIG(status));
	served_free(s);
	if (l->is_ending && !l->all)
		event_base_loopbreak(l->base);
}

/* Who has asked, to be shown: a certificate's names are the words of others. */
static void keep_peer(struct served *s, const char *text)
{
	for (; *text; text++)
		buf_add8(&s->peer, *text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\' ? '?' : (uint8_t)*text);
}

static void on_message(evutil_socket_t fd, short what, void *arg)
{
	struct served *s = arg;
	struct listener *l = s->l;
	char text[LISTEN_TEXT_MAX + 2], answer = LISTEN_NO;
	ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		gone(s);
		return;
	}
	text[n] = 0;
	if (*text == LISTEN_NOT_IT) {
		no_stream(l, text + 1);
	} else if (*text == LISTEN_ASK && !s->has_stream) {
		keep_peer(s, text + 1);
		if (l->streams < l->r->max_connections) {
			answer = LISTEN_YES;
			s->has_stream = 1;
			l->streams++;
			l->starting--;
		}
		(void)!send(fd, &answer, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

/* ---- a new one */

static unsigned starting_from(const struct listener *l, const char *host)
{
	unsigned n = 0;

	for (const struct served *s = l->all; s; s = s->next)
		n += !s->has_stream && !strcmp((const char *)s->host.p, host);
	return n;
}

/* The oldest of those that come from where most do: silent strangers cannot keep others out, nor one address all the rest. */
static void make_place(struct listener *l)
{
	struct served *worst = NULL;
	unsigned most = 0;

	for (struct served *s = l->all; s; s = s->next) {
		unsigned n = s->has_stream ? 0 : starting_from(l, (const char *)s->host.p);

		if (n && n >= most) { /* later in the list is older */
			most = n;
			worst = s;
		}
	}
	if (!worst)
		return;
	kill(worst->pid, SIGKILL);
	no_stream(l, "a connection that did not say what it wants, while many others came");
	gone(worst);
}

static void child_after_fork(struct listener *l, struct served *us, int fd, int control) __attribute__((noreturn));

/* Nothing else that is open is of this process: neither other connections nor who looks at the metrics. */
static void keep_two(int fd, int control)
{
	int low = fd < control ? fd : control, high = fd < control ? control : fd, from = STDERR_FILENO + 1;

	if (from < low)
		(void)close_range((unsigned)from, (unsigned)low - 1, 0);
	if (low + 1 < high)
		(void)close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	(void)close_range((unsigned)high + 1, ~0u, 0);
}

static void free_events(struct listener *l)
{
	struct event *all[] = {l->taker, l->stop, l->status, l->pause, l->show};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i])
			event_free(all[i]);
	if (l->base)
		event_base_free(l->base);
}

static void child_after_fork(struct listener *l, struct served *us, int fd, int control)
{
	struct rowlink *r = l->r;
	struct carried *carried = us->carried;
	int code;

	setpgid(0, 0); /* ^C is for the listener, which tells us */
	event_reinit(l->base);
	us->carried = NULL;
	served_free(us); /* with the listener's end of our pair: or we would never see it go */
	while (l->all) {
		struct served *next = l->all->next;

		served_free(l->all);
		l->all = next;
	}
	free_events(l); /* who looks at the listener has some there too: they go with the base */
	watch_forget();
	keep_two(fd, control);
	code = far_run(r, fd, control, carried);
	show_unshare(carried);
	close(control);
	exit(code);
}

static struct served *served_new(struct listener *l, int fd, int control)
{
	struct served *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->l = l;
	s->control = control;
	s->carried = show_share();
	addr_host_of(fd, &s->host);
	(void)buf_str(&s->host);
	s->event = s->host.failed ? NULL : event_new(l->base, control, EV_READ | EV_PERSIST, on_message, s);
	if (s->event && event_add(s->event, NULL) == 0)
		return s;
	served_free(s);
	return NULL;
}

/* 0, or -1: errno; fd is consumed */
static int serve(struct listener *l, int fd)
{
	int pair[2];
	struct served *s;
	pid_t pid;

	if (l->starting >= MAX_STARTING)
		make_place(l);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		close(fd);
		return -1;
	}
	s = served_new(l, fd, pair[0]);
	pid = s ? fork() : -1;
	if (pid == 0)
		child_after_fork(l, s, fd, pair[1]);
	close(fd);
	close(pair[1]);
	if (pid < 0) {
		if (s)
			served_free(s);
		else
			close(pair[0]);
		return -1;
	}
	s->pid = pid;
	s->next = l->all;
	l->all = s;
	l->starting++;
	return 0;
}

static void on_connection(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;
	struct timeval t = {0, PAUSE_MS * 1000};
	char why[128];
	int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (c >= 0 && serve(l, c) == 0)
		return;
	if (c < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
		return;
	/* what is missing must come back: those that are there end */
	snprintf(why, sizeof why, "a connection: it could not be taken: %s", strerror(errno));
	no_stream(l, why);
	if (event_add(l->pause, &t) == 0)
		event_del(l->taker);
}

static void on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct timeval t = {0, PAUSE_MS * 1000};
	struct listener *l = arg;

	(void)fd;
	(void)what;
	if (!l->is_ending && event_add(l->taker, NULL) < 0)
		(void)event_add(l->pause, &t); /* its place is still there: it needs no memory */
}

/* ---- the end */

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	(void)fd;
	(void)what;
	l->is_ending = 1;
	event_del(l->stop);
	event_del(l->taker);
	event_del(l->pause);
	for (struct served *s = l->all; s; s = s->next)
		(void)!send(s->control, (char[]){LISTEN_STOP}, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (!l->all)
		event_base_loopbreak(l->base);
}

static void on_status(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	(void)fd;
	(void)what;
	msg_tell("%s: %u of %u streams, %u connections without one, %llu got none", l->r->at.text, l->streams,
	    l->r->max_connections, l->starting, (unsigned long long)l->refused);
	for (struct served *s = l->all; s; s = s->next)
		if (s->has_stream)
			kill(s->pid, SIGUSR1);
}

static int set_events(struct listener *l)
{
	l->base = event_base_new();
	if (!l->base)
		return -1;
	l->taker = event_new(l->base, l->fd, EV_READ | EV_PERSIST, on_connection, l);
	l->pause = event_new(l->base, -1, 0, on_pause, l);
	l->stop = event_new(l->base, sig_fd(), EV_READ | EV_PERSIST, on_stop, l);
	l->status = evsignal_new(l->base, SIGUSR1, on_status, l);
	return l->taker && l->pause && l->stop && l->status && event_add(l->taker, NULL) == 0 && event_add(l->stop, NULL) == 0 &&
		       event_add(l->status, NULL) == 0
		   ? 0
		   : -1;
}

static void listener_release(struct listener *l)
{
	while (l->all)
		gone(l->all);
	free_events(l);
	if (l->is_ours)
		addr_unlink(&l->r->at, l->fd);
	close(l->fd);
}

static void say_where(const struct listener *l)
{
	struct buf where = BUF_INIT;

	if (l->r->at.kind == ADDR_UNIX)
		buf_adds(&where, l->r->at.path);
	else
		addr_of(l->fd, 1, &where);
	/* a port of the kernel's choice must be seen */
	if (!strcmp(l->r->at.port, "0"))
		msg_tell("listening on %s", buf_str(&where));
	else
		msg_info("listening on %s", buf_str(&where));
	buf_release(&where);
}

int listen_run(struct rowlink *r)
{
	struct listener l = {.r = r, .fd = -1};
	struct tls *tls = NULL;
	int code = CODE_OUTSIDE, is_connection = 0;

	sig_init();
	/* what is wrong with the files is said at once */
	if (r->at.kind == ADDR_TLS && !(tls = tls_new(&r->files, 1)))
		return CODE_USAGE;
	if (tls)
		tls_look_at_key(&r->files);
	tls_free(tls);
	if (activated_take(&r->at, &l.fd, &is_connection, &code) < 0)
		return code;
	if (is_connection && r->is_watched) {
		msg_error(
		    "--metrics and --status-file are for a socket that is listened on, not for one connection (Accept=yes)");
		close(l.fd);
		return CODE_USAGE;
	}
	if (is_connection)
		return far_run(r, l.fd, -1, NULL);
	l.is_ours = l.fd < 0;
	if (l.is_ours)
		l.fd = addr_listen(&r->at, &code);
	if (l.fd < 0)
		return code;
	if (set_events(&l) < 0)
		msg_error("could not start: %s", strerror(errno));
	else if ((code = show_start_listener(&l)) == CODE_OK) {
		say_where(&l);
		ready_say(&r->ready_fd);
		event_base_dispatch(l.base);
		show_listener(&l);
	}
	code = watch_end(code);
	listener_release(&l);
	return code;
}

/* The end that listens, for one connection: the link, the signals, and who takes connections. */
#include "far.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "code.h"
#include "listen.h"
#include "msg.h"
#include "sig.h"
#include "squeeze.h"

#define CREDIT_MAX (1LL << 40)

void far_end(struct far *f, int code)
{
	f->code = code;
	link_end(&f->link);
}

struct event *far_watch(struct far *f, int fd, short what, event_callback_fn on_it)
{
	struct event *e = event_new(f->link.base, fd, what, on_it, f);

	if (e && event_add(e, NULL) == 0)
		return e;
	if (e)
		event_free(e);
	return NULL;
}

void far_no_memory(struct far *f)
{
	msg_error("%s: %s", buf_str(&f->peer), strerror(ENOMEM));
	far_end(f, CODE_OUTSIDE);
}

void far_set_ms(struct far *f, struct event *e, int ms)
{
	struct timeval t = {ms / 1000, ms % 1000 * 1000};

	if (event_add(e, &t) < 0)
		far_no_memory(f);
}

void far_forget(struct event **e)
{
	if (*e)
		event_free(*e);
	*e = NULL;
}

void far_send_end(struct far *f, int code, const char *text)
{
	uint8_t p[1 + BLOCK_TEXT_MAX];
	size_t n = strnlen(text, BLOCK_TEXT_MAX);

	p[0] = (uint8_t)code;
	memcpy(p + 1, text, n);
	link_send(&f->link, BLOCK_END, p, 1 + n);
	f->code = code;
}

static void on_open(void *arg)
{
	greet_open(arg);
}

static void on_block(void *arg, enum block_kind kind, const uint8_t *p, size_t n)
{
	struct far *f = arg;
	uint32_t more;

	if (f->state == REFUSED || f->state == ENDED || f->state == ABORTING)
		return;
	if ((kind == BLOCK_OPEN) != (f->state == GREETING) || f->state == ASKING) {
		f->link.is_lost = 1;
		greet_tell(f, "it does not keep to the link's rules");
		serve_abort(f, CODE_DAMAGED);
	} else if (kind == BLOCK_OPEN) {
		greet_take(f, p, n);
	} else if (kind == BLOCK_STOP) {
		serve_stop(f);
	} else if (kind == BLOCK_WINDOW) {
		memcpy(&more, p, 4);
		if (f->credit < CREDIT_MAX)
			f->credit += be32toh(more);
		serve_pump(f);
	}
}

static void on_room(void *arg)
{
	serve_pump(arg);
}

static void on_lost(void *arg, int code, const char *why)
{
	struct far *f = arg;

	switch (f->state) {
	case GREETING:
	case ASKING:
		greet_tell(f, why);
		if (code == CODE_USAGE)
			link_part(&f->link);
		far_end(f, code);
		break;
	case REFUSED:
		far_end(f, f->code);
		break;
	case ENDED:
		/* it has closed behind the end, as it should; or it is dead, and may not have the end */
		if (code != CODE_OUTSIDE || f->link.silent > LINK_TICKS)
			msg_error("%s: the link was lost behind its end: %s", buf_str(&f->peer), why);
		far_end(f, f->link.silent > LINK_TICKS ? CODE_OUTSIDE : f->code);
		break;
	case RUNNING:
		msg_error("%s: the link was lost: %s", buf_str(&f->peer), why);
		serve_abort(f, code);
		break;
	case ABORTING:
		break;
	}
}

static const struct link_calls calls = {on_open, on_block, NULL, on_room, on_lost};

/* ---- time, signals, and who takes connections */

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	struct far *f = arg;

	(void)fd;
	(void)what;
	if (f->state == GREETING || f->state == ASKING)
		greet_tell(f, "it did not say in time what it wants");
	f->link.is_lost = 1;
	far_end(f, f->state == REFUSED ? f->code : CODE_OUTSIDE);
}

static void stop_all(struct far *f)
{
	if (f->state == GREETING || f->state == ASKING || f->state == REFUSED)
		far_end(f, CODE_OK);
	else
		serve_stop(f);
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct far *f = arg;

	(void)fd;
	(void)what;
	event_del(f->stop);
	stop_all(f);
}

static void on_control(evutil_socket_t fd, short what, void *arg)
{
	struct far *f = arg;
	char c;
	ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		event_del(f->control_event);
		if (f->state == RUNNING)
			msg_error("%s: the listener is no more", buf_str(&f->peer));
		serve_abort(f, CODE_OUTSIDE);
	} else if (c == LISTEN_STOP) {
		stop_all(f);
	} else if (f->state == ASKING && c == LISTEN_YES) {
		serve_start(f);
	} else if (f->state == ASKING) {
		greet_refuse(f, CODE_OUTSIDE, "it serves as many as it may (--max-connections)");
	}
}

static void on_status(evutil_socket_t fd, short what, void *arg)
{
	struct far *f = arg;

	(void)fd;
	(void)what;
	msg_tell("%s: %llu bytes of the stream, %llu on the way, %zu wait to be sent, round trip %.1f ms", buf_str(&f->peer),
	    (unsigned long long)f->link.carried->stream_bytes, (unsigned long long)f->link.carried->link_bytes,
	    link_unsent(&f->link), link_rtt_ms(&f->link));
}

static int set_events(struct far *f)
{
	f->rest = event_new(f->link.base, -1, 0, serve_rest, f);
	f->late = event_new(f->link.base, -1, 0, on_late, f);
	f->stop = far_watch(f, sig_fd(), EV_READ | EV_PERSIST, on_stop);
	f->status = far_watch(f, SIGUSR1, EV_SIGNAL | EV_PERSIST, on_status);
	if (f->control >= 0)
		f->control_event = far_watch(f, f->control, EV_READ | EV_PERSIST, on_control);
	if (!f->rest || !f->late || !f->stop || !f->status || (f->control >= 0 && !f->control_event))
		return -1;
	far_set_ms(f, f->late, (int)f->r->handshake_ms);
	return 0;
}

static void far_release(struct far *f)
{
	struct event **all[] = {&f->out, &f->err, &f->ended, &f->rest, &f->late, &f->control_event, &f->stop, &f->status};

	link_cut(&f->link);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		far_forget(all[i]);
	if (f->command.child.pid)
		command_release(&f->command);
	link_release(&f->link);
	squeeze_free(f->squeeze);
	buf_release(&f->squeezed);
	buf_release(&f->peer);
	block_open_release(&f->open);
	free(f->chunk);
}

int far_run(const struct rowlink *r, int fd, int control, struct carried *c)
{
	struct far f = {.r = r, .code = CODE_OUTSIDE, .control = control};
	struct tls *tls = NULL;

	sig_init();
	addr_of(fd, 0, &f.peer);
	/* read for each connection: a certificate that was renewed counts from the next on */
	if (r->at.kind == ADDR_TLS && !(tls = tls_new(&r->files, 1))) {
		close(fd);
		buf_release(&f.peer);
		return CODE_USAGE;
	}
	if (link_init(&f.link, fd, tls, NULL, &calls, &f) < 0 || set_events(&f) < 0) {
		msg_error("could not start: %s", strerror(errno));
	} else {
		if (c)
			link_count_in(&f.link, c);
		link_run(&f.link);
	}
	far_release(&f);
	tls_free(tls);
	return f.code;
}

/* The end that listens, for one connection: who it is, what it asks for, the command, its output to the link. */
#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/bufferevent.h>

#include "code.h"
#include "command.h"
#include "link.h"
#include "listen.h"
#include "msg.h"
#include "peer.h"
#include "pos.h"
#include "rowlink.h"
#include "sig.h"
#include "squeeze.h"

#define AT_A_TIME BLOCK_DATA_MAX
#define ROUNDS 8       /* reads in a row before others have their turn */
#define REST_MS 50     /* how often is looked whether what is left of the command has ended */
#define REST_KILL 20   /* looks before SIGKILL for what the command has left behind */
#define REST_GONE 60   /* looks before its output is no longer waited for */
#define ABORT_KILL 100 /* looks before SIGKILL when nobody is there for its output */
#define REFUSED_S 2    /* for one who is refused to hear why */
#define CREDIT_MAX (1LL << 40)

enum far_state { GREETING, ASKING, RUNNING, ENDED, REFUSED, ABORTING };

struct far {
	const struct rowlink *r;
	struct link link;
	enum far_state state;
	int code;
	int control;	 /* -1: none */
	struct buf peer; /* who it is, as text */
	struct block_open open;

	struct command command;
	int is_told;	/* the command was told to end */
	int has_output; /* it may have more */
	int64_t credit; /* bytes of DATA that may be sent */
	struct squeeze *squeeze;
	struct buf squeezed;
	uint8_t *chunk;
	unsigned looks;
	uint64_t bytes; /* of the stream */

	struct event *out, *err, *ended, *rest, *late, *control_event, *stop, *status;
};

static void pump(struct far *f);

static void end(struct far *f, int code)
{
	f->code = code;
	link_end(&f->link);
}

static struct event *watch(struct far *f, int fd, short what, event_callback_fn on_it)
{
	struct event *e = event_new(f->link.base, fd, what, on_it, f);

	if (e && event_add(e, NULL) == 0)
		return e;
	if (e)
		event_free(e);
	return NULL;
}

static void set_ms(struct event *e, int ms)
{
	struct timeval t = {ms / 1000, ms % 1000 * 1000};

	event_add(e, &t);
}

static void forget(struct event **e)
{
	if (*e)
		event_free(*e);
	*e = NULL;
}

/* ---- those who get nothing */

/* Strangers are many: who takes connections tells of them, not oftener than people can read. */
static void tell_refused(struct far *f, const char *why)
{
	char text[LISTEN_TEXT_MAX + 1];
	int n = snprintf(text, sizeof text, "%c%s: %s", LISTEN_NOT_IT, buf_str(&f->peer), why);

	if (f->control >= 0)
		(void)!send(f->control, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	else
		msg_warn("no stream for %s", text + 1);
}

static void send_end(struct far *f, int code, const char *text)
{
	uint8_t p[1 + BLOCK_TEXT_MAX];
	size_t n = strnlen(text, BLOCK_TEXT_MAX);

	p[0] = (uint8_t)code;
	memcpy(p + 1, text, n);
	link_send(&f->link, BLOCK_END, p, 1 + n);
	f->code = code;
}

static void refuse(struct far *f, int code, const char *why)
{
	tell_refused(f, why);
	send_end(f, code, why);
	f->state = REFUSED;
	set_ms(f->late, REFUSED_S * 1000);
}

/* ---- the end of the command */

static void kill_command(struct far *f, int signo)
{
	child_signal(&f->command.child, signo);
	child_signal(&f->command.child, SIGCONT); /* it may be stopped */
}

/* Its stream is to end well: a tap writes END, at the end of a transaction. */
static void stop_command(struct far *f)
{
	if (f->state == RUNNING && !f->is_told)
		kill_command(f, SIGTERM);
	f->is_told = 1;
}

/* Nobody is there for its output any more. */
static void abort_command(struct far *f, int code)
{
	f->code = code;
	if (f->state != RUNNING) {
		end(f, code);
		return;
	}
	f->state = ABORTING;
	f->looks = 0;
	forget(&f->out);
	close(f->command.out);
	f->command.out = -1;
	link_cut(&f->link);
	kill_command(f, SIGTERM);
	set_ms(f->rest, REST_MS);
}

static void finish(struct far *f)
{
	int code;

	if (f->state != RUNNING || f->has_output || !f->command.child.ended)
		return;
	(void)command_said(&f->command);
	code = command_code(&f->command, f->r->command[0]);
	send_end(f, code, f->command.last);
	f->state = ENDED;
	msg_info("%s: the command ended with %d after %llu bytes, %llu on the way", buf_str(&f->peer), code,
	    (unsigned long long)f->bytes, (unsigned long long)f->link.sent_bytes);
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct far *f = arg;

	(void)fd;
	(void)what;
	(void)child_reap(&f->command.child, 0);
	if (!f->command.child.ended)
		return;
	forget(&f->ended);
	if (f->state == RUNNING) {
		f->looks = 0;
		if (!child_is_gone(&f->command.child))
			child_signal(&f->command.child, SIGTERM);
		set_ms(f->rest, REST_MS);
	}
	finish(f);
}

static void look_at_rest(struct far *f, unsigned kill_at)
{
	(void)child_reap(&f->command.child, 0);
	if (f->looks++ >= kill_at)
		kill_command(f, SIGKILL);
}

static void on_rest(evutil_socket_t fd, short what, void *arg)
{
	struct far *f = arg;

	(void)fd;
	(void)what;
	look_at_rest(f, f->state == ABORTING ? ABORT_KILL : REST_KILL);
	if (f->state == ABORTING) {
		if (child_is_gone(&f->command.child))
			end(f, f->code);
		else
			set_ms(f->rest, REST_MS);
		return;
	}
	/* one that has left the group may hold the pipe for ever */
	if (f->looks >= REST_GONE && f->has_output && f->credit > 0 && link_unsent(&f->link) < LINK_OUT_BYTES) {
		f->has_output = 0;
		finish(f);
	}
	if (f->has_output || !child_is_gone(&f->command.child))
		set_ms(f->rest, REST_MS);
}

/* ---- its output */

static void send_data(struct far *f, const uint8_t *p, size_t n)
{
	while (n) {
		size_t part = n < BLOCK_DATA_MAX ? n : BLOCK_DATA_MAX;

		link_send(&f->link, BLOCK_DATA, p, part);
		f->credit -= (int64_t)part;
		p += part;
		n -= part;
	}
}

/* A burst ends where nothing more is waiting: then all of it is sent. */
static int take_output(struct far *f, const uint8_t *p, size_t n)
{
	int waiting = 0, burst_ends = !n || ioctl(f->command.out, FIONREAD, &waiting) < 0 || !waiting;

	f->bytes += n;
	if (!f->squeeze) {
		send_data(f, p, n);
		return 0;
	}
	if (squeeze_add(f->squeeze, p, n, burst_ends, &f->squeezed) < 0)
		return -1;
	send_data(f, f->squeezed.p, f->squeezed.len);
	buf_reset(&f->squeezed);
	return 0;
}

static void output_ends(struct far *f)
{
	f->has_output = 0;
	forget(&f->out);
	finish(f);
}

static void pump(struct far *f)
{
	for (int i = 0; i < ROUNDS; i++) {
		size_t most = !f->squeeze && f->credit < AT_A_TIME ? (size_t)(f->credit > 0 ? f->credit : 0) : AT_A_TIME;
		ssize_t n;

		if (f->state != RUNNING || !f->has_output || f->credit <= 0 || link_unsent(&f->link) >= LINK_OUT_BYTES)
			return;
		n = read(f->command.out, f->chunk, most);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (take_output(f, f->chunk, n > 0 ? (size_t)n : 0) < 0) {
			msg_error("%s: %s", buf_str(&f->peer), strerror(ENOMEM));
			abort_command(f, CODE_OUTSIDE);
			return;
		}
		if (n <= 0) {
			output_ends(f);
			return;
		}
	}
	event_add(f->out, NULL);
}

static void on_output(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pump(arg);
}

static void on_said(evutil_socket_t fd, short what, void *arg)
{
	struct far *f = arg;

	(void)fd;
	(void)what;
	if (command_said(&f->command))
		forget(&f->err);
}

/* ---- the greeting */

static void run_command(struct far *f)
{
	struct block_open grant = {NULL, f->open.level, 0, f->r->patience_ms};
	struct buf b = BUF_INIT;

	event_del(f->late);
	if (command_start(&f->command, f->r->command, f->open.start_at, buf_str(&f->peer)) < 0) {
		refuse(f, CODE_OUTSIDE, "the listener could not start its command");
		return;
	}
	f->state = RUNNING;
	f->has_output = 1;
	f->credit = f->open.window;
	f->chunk = malloc(AT_A_TIME);
	f->out = watch(f, f->command.out, EV_READ, on_output);
	f->err = watch(f, f->command.err, EV_READ | EV_PERSIST, on_said);
	f->ended = watch(f, f->command.pid_fd, EV_READ | EV_PERSIST, on_ended);
	if (f->open.level)
		f->squeeze = squeeze_new(f->open.level);
	block_open_write(&grant, &b);
	if (!f->chunk || !f->out || !f->err || !f->ended || b.failed || (f->open.level && !f->squeeze) ||
	    link_watch(&f->link, f->r->patience_ms, f->open.patience_ms) < 0) {
		msg_error("%s: %s", buf_str(&f->peer), strerror(ENOMEM));
		abort_command(f, CODE_OUTSIDE);
	} else {
		msg_info("%s gets a stream%s%s", buf_str(&f->peer), f->open.start_at ? ", from " : "",
		    f->open.start_at ? f->open.start_at : "");
		link_send(&f->link, BLOCK_GRANT, b.p, b.len);
	}
	buf_release(&b);
}

/* 0, or -1: refused */
static int check_position(struct far *f)
{
	const char *why;
	struct pos p;
	int good;

	if (!f->open.start_at) {
		if (!command_wants_position(f->r->command))
			return 0;
		refuse(f, CODE_USAGE, "its command needs a position: --start-at");
		return -1;
	}
	good = pos_parse(&p, f->open.start_at, &why) == 0 && block_start_at_is_plain(f->open.start_at);
	pos_release(&p);
	if (!good)
		refuse(f, CODE_USAGE, "that is no position, or has characters that a position does not need");
	return good ? 0 : -1;
}

static void take_open(struct far *f, const uint8_t *p, size_t n)
{
	unsigned version;
	const char *why;

	if (block_open_read(&f->open, p, n, &version, &why) < 0) {
		refuse(f, CODE_DAMAGED, why);
		return;
	}
	if (!f->open.window || !f->open.patience_ms) {
		refuse(f, CODE_DAMAGED, "it does not say its window and its patience");
		return;
	}
	if (check_position(f) < 0)
		return;
	f->state = ASKING;
	if (f->control < 0)
		run_command(f);
	else if (send(f->control, (char[]){LISTEN_ASK}, 1, MSG_NOSIGNAL) != 1)
		end(f, CODE_OUTSIDE);
}

/* 0; -1: it is not who may have a stream, and why */
static int check_peer(struct far *f, char *why, size_t size)
{
	struct bufferevent *b = f->link.b;
	struct buf names = BUF_INIT;
	uid_t uid;
	int good;

	if (f->link.is_tls) {
		tls_peer(b, &names);
		good = tls_allowed(b, f->r->allow, f->r->allowed) != NULL;
		snprintf(why, size, "no --allow of the listener is for this certificate (%s)", buf_str(&names));
		buf_printf(&f->peer, " (%s)", buf_str(&names));
		buf_release(&names);
		return good ? 0 : -1;
	}
	if (peer_user(link_fd(&f->link), f->r->at.kind, &uid) < 0) {
		snprintf(why, size, "the listener cannot see which user this is: %s", strerror(errno));
		return -1;
	}
	buf_printf(&f->peer, " (user %u)", (unsigned)uid);
	if (uid == geteuid())
		return 0;
	snprintf(why, size, "user %u is not the user of the listener", (unsigned)uid);
	return -1;
}

static void on_open(void *arg)
{
	struct far *f = arg;
	char why[BLOCK_TEXT_MAX];

	if (check_peer(f, why, sizeof why) < 0)
		refuse(f, CODE_USAGE, why);
}

static void on_block(void *arg, enum block_kind kind, const uint8_t *p, size_t n)
{
	struct far *f = arg;
	uint32_t more;

	if (f->state == REFUSED || f->state == ENDED || f->state == ABORTING)
		return;
	if ((kind == BLOCK_OPEN) != (f->state == GREETING) || f->state == ASKING) {
		f->link.is_lost = 1;
		tell_refused(f, "it does not keep to the link's rules");
		abort_command(f, CODE_DAMAGED);
	} else if (kind == BLOCK_OPEN) {
		take_open(f, p, n);
	} else if (kind == BLOCK_STOP) {
		stop_command(f);
	} else if (kind == BLOCK_WINDOW) {
		memcpy(&more, p, 4);
		if (f->credit < CREDIT_MAX)
			f->credit += be32toh(more);
		pump(f);
	}
}

static void on_room(void *arg)
{
	pump(arg);
}

static void on_lost(void *arg, int code, const char *why)
{
	struct far *f = arg;

	switch (f->state) {
	case GREETING:
	case ASKING:
		tell_refused(f, why);
		if (code == CODE_USAGE)
			link_part(&f->link);
		end(f, code);
		break;
	case REFUSED:
		end(f, f->code);
		break;
	case ENDED:
		/* it has closed behind the end, as it should; or it is dead, and may not have the end */
		if (code != CODE_OUTSIDE || f->link.silent > LINK_TICKS)
			msg_error("%s: the link was lost behind its end: %s", buf_str(&f->peer), why);
		end(f, f->link.silent > LINK_TICKS ? CODE_OUTSIDE : f->code);
		break;
	case RUNNING:
		msg_error("%s: the link was lost: %s", buf_str(&f->peer), why);
		abort_command(f, code);
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
		tell_refused(f, "it did not say in time what it wants");
	f->link.is_lost = 1;
	end(f, f->state == REFUSED ? f->code : CODE_OUTSIDE);
}

static void stop_all(struct far *f)
{
	if (f->state == GREETING || f->state == ASKING || f->state == REFUSED)
		end(f, CODE_OK);
	else
		stop_command(f);
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
		abort_command(f, CODE_OUTSIDE);
	} else if (c == LISTEN_STOP) {
		stop_all(f);
	} else if (f->state == ASKING && c == LISTEN_YES) {
		run_command(f);
	} else if (f->state == ASKING) {
		refuse(f, CODE_OUTSIDE, "it serves as many as it may (--max-connections)");
	}
}

static void on_status(evutil_socket_t fd, short what, void *arg)
{
	struct far *f = arg;

	(void)fd;
	(void)what;
	msg_tell("%s: %llu bytes of the stream, %llu on the way, %zu wait to be sent, round trip %.1f ms", buf_str(&f->peer),
	    (unsigned long long)f->bytes, (unsigned long long)f->link.sent_bytes, link_unsent(&f->link), link_rtt_ms(&f->link));
}

static int set_events(struct far *f)
{
	f->rest = event_new(f->link.base, -1, 0, on_rest, f);
	f->late = event_new(f->link.base, -1, 0, on_late, f);
	f->stop = watch(f, sig_fd(), EV_READ | EV_PERSIST, on_stop);
	f->status = watch(f, SIGUSR1, EV_SIGNAL | EV_PERSIST, on_status);
	if (f->control >= 0)
		f->control_event = watch(f, f->control, EV_READ | EV_PERSIST, on_control);
	if (!f->rest || !f->late || !f->stop || !f->status || (f->control >= 0 && !f->control_event))
		return -1;
	set_ms(f->late, (int)f->r->handshake_ms);
	return 0;
}

static void far_release(struct far *f)
{
	struct event **all[] = {&f->out, &f->err, &f->ended, &f->rest, &f->late, &f->control_event, &f->stop, &f->status};

	link_cut(&f->link);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		forget(all[i]);
	if (f->command.child.pid)
		command_release(&f->command);
	link_release(&f->link);
	squeeze_free(f->squeeze);
	buf_release(&f->squeezed);
	buf_release(&f->peer);
	block_open_release(&f->open);
	free(f->chunk);
}

int far_run(const struct rowlink *r, int fd, int control)
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
	if (link_init(&f.link, fd, tls, NULL, &calls, &f) < 0 || set_events(&f) < 0)
		msg_error("could not start: %s", strerror(errno));
	else
		link_run(&f.link);
	far_release(&f);
	tls_free(tls);
	return f.code;
}

/* The command of one connection: started, its output to the link, its end. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "code.h"
#include "far.h"
#include "msg.h"
#include "squeeze.h"

#define AT_A_TIME BLOCK_DATA_MAX
#define ROUNDS 8       /* reads in a row before others have their turn */
#define REST_MS 50     /* how often is looked whether what is left of the command has ended */
#define REST_KILL 20   /* looks before SIGKILL for what the command has left behind */
#define REST_GONE 60   /* looks before its output is no longer waited for */
#define ABORT_KILL 100 /* looks before SIGKILL when nobody is there for its output */

/* ---- the end of the command */

static void kill_command(struct far *f, int signo)
{
	child_signal(&f->command.child, signo);
	child_signal(&f->command.child, SIGCONT); /* it may be stopped */
}

void serve_stop(struct far *f)
{
	if (f->state == RUNNING && !f->is_told)
		kill_command(f, SIGTERM);
	f->is_told = 1;
}

void serve_abort(struct far *f, int code)
{
	f->code = code;
	if (f->state != RUNNING) {
		far_end(f, code);
		return;
	}
	f->state = ABORTING;
	f->looks = 0;
	far_forget(&f->out);
	close(f->command.out);
	f->command.out = -1;
	link_cut(&f->link);
	kill_command(f, SIGTERM);
	far_set_ms(f, f->rest, REST_MS);
}

static void finish(struct far *f)
{
	int code;

	if (f->state != RUNNING || f->has_output || !f->command.child.ended)
		return;
	(void)command_said(&f->command);
	code = command_code(&f->command, f->r->command[0]);
	far_send_end(f, code, f->command.last);
	f->state = ENDED;
	msg_info("%s: the command ended with %d after %llu bytes, %llu on the way", buf_str(&f->peer), code,
	    (unsigned long long)f->link.carried->stream_bytes, (unsigned long long)f->link.carried->link_bytes);
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct far *f = arg;

	(void)fd;
	(void)what;
	(void)child_reap(&f->command.child, 0);
	if (!f->command.child.ended)
		return;
	far_forget(&f->ended);
	if (f->state == RUNNING) {
		f->looks = 0;
		if (!child_is_gone(&f->command.child))
			child_signal(&f->command.child, SIGTERM);
		far_set_ms(f, f->rest, REST_MS);
	}
	finish(f);
}

static void look_at_rest(struct far *f, unsigned kill_at)
{
	(void)child_reap(&f->command.child, 0);
	if (f->looks++ >= kill_at && !child_is_gone(&f->command.child))
		kill_command(f, SIGKILL);
}

/* Nothing of its output waits to be read. */
static int is_dry(const struct far *f)
{
	int waiting = 0;

	return ioctl(f->command.out, FIONREAD, &waiting) == 0 && !waiting;
}

void serve_rest(evutil_socket_t fd, short what, void *arg)
{
	struct far *f = arg;

	(void)fd;
	(void)what;
	look_at_rest(f, f->state == ABORTING ? ABORT_KILL : REST_KILL);
	if (f->state == ABORTING) {
		if (child_is_gone(&f->command.child))
			far_end(f, f->code);
		else
			far_set_ms(f, f->rest, REST_MS);
		return;
	}
	/* one that has left the group may hold the pipe for ever */
	if (f->looks >= REST_GONE && f->has_output && is_dry(f)) {
		f->has_output = 0;
		finish(f);
	}
	if (f->has_output || !child_is_gone(&f->command.child))
		far_set_ms(f, f->rest, REST_MS);
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

	f->link.carried->stream_bytes += n;
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
	far_forget(&f->out);
	finish(f);
}

void serve_pump(struct far *f)
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
			serve_abort(f, CODE_OUTSIDE);
			return;
		}
		if (n <= 0) {
			output_ends(f);
			return;
		}
	}
	if (event_add(f->out, NULL) < 0) {
		msg_error("%s: %s", buf_str(&f->peer), strerror(ENOMEM));
		serve_abort(f, CODE_OUTSIDE);
	}
}

static void on_output(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	serve_pump(arg);
}

static void on_said(evutil_socket_t fd, short what, void *arg)
{
	struct far *f = arg;

	(void)fd;
	(void)what;
	if (command_said(&f->command))
		far_forget(&f->err);
}

/* ---- the beginning */

void serve_start(struct far *f)
{
	struct block_open grant = {NULL, f->open.level, 0, f->r->patience_ms};
	struct buf b = BUF_INIT;

	event_del(f->late);
	if (command_start(&f->command, f->r->command, f->open.start_at, buf_str(&f->peer)) < 0) {
		greet_refuse(f, CODE_OUTSIDE, "the listener could not start its command");
		return;
	}
	f->state = RUNNING;
	f->has_output = 1;
	f->credit = f->open.window;
	f->chunk = malloc(AT_A_TIME);
	f->out = far_watch(f, f->command.out, EV_READ, on_output);
	f->err = far_watch(f, f->command.err, EV_READ | EV_PERSIST, on_said);
	f->ended = far_watch(f, f->command.pid_fd, EV_READ | EV_PERSIST, on_ended);
	if (f->open.level)
		f->squeeze = squeeze_new(f->open.level);
	block_open_write(&grant, &b);
	if (!f->chunk || !f->out || !f->err || !f->ended || b.failed || (f->open.level && !f->squeeze) ||
	    link_watch(&f->link, f->r->patience_ms, f->open.patience_ms) < 0) {
		msg_error("%s: %s", buf_str(&f->peer), strerror(ENOMEM));
		serve_abort(f, CODE_OUTSIDE);
	} else {
		msg_info("%s gets a stream%s%s", buf_str(&f->peer), f->open.start_at ? ", from " : "",
		    f->open.start_at ? f->open.start_at : "");
		link_send(&f->link, BLOCK_GRANT, b.p, b.len);
	}
	buf_release(&b);
}

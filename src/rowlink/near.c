/* The end that connects: asks for a stream, and writes it on standard output. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "code.h"
#include "fdio.h"
#include "link.h"
#include "msg.h"
#include "peer.h"
#include "ready.h"
#include "rowlink.h"
#include "show.h"
#include "sig.h"
#include "squeeze.h"
#include "status.h"

#define PLAIN_BYTES (256 * 1024)

struct near {
	struct rowlink *r;
	struct link link;
	int code;

	int is_granted, has_ended, end_code;
	char end_text[BLOCK_TEXT_MAX + 1];
	struct evbuffer *waiting; /* DATA that has come, as it travelled */
	struct unsqueeze *un;	  /* NULL: it is not compressed */
	struct buf plain;	  /* what was compressed and is to be written, from at */
	size_t at;
	int un_left;   /* un has more to give */
	uint32_t owed; /* bytes done with that the listener does not know of */

	int out_flags; /* of standard output, to be put back; -1: they are as they were */
	struct event *room, *gone, *stop, *status, *late, *show;
};

static void end(struct near *n, int code)
{
	n->code = code;
	link_end(&n->link);
}

static void on_lost(void *arg, int code, const char *why)
{
	struct near *n = arg;

	if (n->has_ended && code == CODE_OUTSIDE)
		return; /* all has come: what waits is still written */
	msg_error(n->is_granted ? "the link to %s was lost: %s" : "could not get a stream from %s: %s", n->r->at.text, why);
	end(n, code);
}

static void broken(struct near *n, const char *why)
{
	msg_error("what came from %s is damaged: %s", n->r->at.text, why);
	end(n, CODE_DAMAGED);
}

static void no_memory(struct near *n)
{
	msg_no_memory();
	end(n, CODE_OUTSIDE);
}

/* What has come and is not written. */
static size_t left(const struct near *n)
{
	return evbuffer_get_length(n->waiting) + n->plain.len - n->at;
}

/* ---- to standard output */

static void done_with(struct near *n, size_t bytes)
{
	uint32_t be;

	n->owed += (uint32_t)bytes;
	if (n->owed < n->r->window / 4)
		return;
	be = htobe32(n->owed);
	link_send(&n->link, BLOCK_WINDOW, &be, sizeof be);
	n->owed = 0;
}

/* Expands until there is something to write. 1; 0: there is nothing; -1: ended. */
static int expand(struct near *n)
{
	const char *why;
	size_t used, len = evbuffer_get_contiguous_space(n->waiting);

	buf_reset(&n->plain);
	n->at = 0;
	while (!n->plain.len && (len || n->un_left)) {
		if (unsqueeze_add(n->un, len ? evbuffer_pullup(n->waiting, (ev_ssize_t)len) : NULL, len, &used, &n->plain,
			PLAIN_BYTES, &n->un_left, &why) < 0) {
			broken(n, why);
			return -1;
		}
		evbuffer_drain(n->waiting, used);
		done_with(n, used);
		len = evbuffer_get_contiguous_space(n->waiting);
	}
	return n->plain.len > 0;
}

/* One write. > 0; 0: there is nothing to write; -1: errno, or 0 when all has ended. */
static ssize_t write_some(struct near *n)
{
	ssize_t w;

	errno = 0;
	if (!n->un) {
		if (!evbuffer_get_length(n->waiting))
			return 0;
		w = evbuffer_write(n->waiting, STDOUT_FILENO);
		if (w > 0)
			done_with(n, (size_t)w);
		return w;
	}
	if (n->at == n->plain.len) {
		int more = expand(n);

		errno = 0;
		if (more <= 0)
			return more;
	}
	w = write(STDOUT_FILENO, n->plain.p + n->at, n->plain.len - n->at);
	if (w > 0)
		n->at += (size_t)w;
	return w;
}

static void finish(struct near *n)
{
	const char *colon = *n->end_text ? ": " : "";

	if (!n->is_granted)
		msg_error("%s gives no stream%s%s", n->r->at.text, colon, n->end_text);
	else if (n->end_code)
		msg_error("the command at %s ended with %d%s%s", n->r->at.text, n->end_code, colon, n->end_text);
	/* an end without a stream is none that was meant */
	end(n, n->is_granted || n->end_code ? n->end_code : CODE_OUTSIDE);
}

static void pump(struct near *n)
{
	ssize_t w;

	status_wait(STATUS_READER);
	do {
		w = write_some(n);
		if (w > 0) {
			n->link.carried->stream_bytes += (uint64_t)w;
			status_moved();
		}
	} while (w > 0 || (w < 0 && errno == EINTR));
	if (w < 0 && errno == EAGAIN) {
		if (event_add(n->room, NULL) < 0)
			no_memory(n);
	} else if (w < 0 && errno) {
		end(n, writer_failed("the stream"));
	} else if (w == 0) {
		status_wait(STATUS_IDLE);
		if (n->has_ended)
			finish(n);
	}
}

static void on_stdout(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pump(arg);
}

/* A pipe that can be read at its writing end has lost its reader. */
static void on_gone(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	errno = EPIPE;
	end(arg, writer_failed("the stream"));
}

/* ---- from the link */

/* The listener is who may be believed. Of TLS the certificate has said it. 0, or -1: ended. */
static int check_listener(struct near *n)
{
	uid_t uid;

	if (n->r->at.kind == ADDR_TLS)
		return 0;
	if (peer_user(link_fd(&n->link), n->r->at.kind, &uid) < 0) {
		msg_error("could not see who listens on %s: %s", n->r->at.text, strerror(errno));
		end(n, CODE_OUTSIDE);
		return -1;
	}
	if (uid == geteuid() || uid == 0)
		return 0;
	msg_error("who listens on %s is user %u, neither this one nor root", n->r->at.text, (unsigned)uid);
	end(n, CODE_USAGE);
	return -1;
}

static void on_open(void *arg)
{
	struct near *n = arg;
	struct buf b = BUF_INIT;
	struct block_open o = {n->r->start_at, n->r->level, n->r->window, n->r->patience_ms};

	block_open_write(&o, &b);
	if (b.failed)
		on_lost(n, CODE_OUTSIDE, strerror(ENOMEM));
	else
		link_send(&n->link, BLOCK_OPEN, b.p, b.len);
	buf_release(&b);
}

static void take_grant(struct near *n, const uint8_t *p, size_t len)
{
	struct block_open o;
	unsigned version;
	const char *why;

	if (n->is_granted || block_open_read(&o, p, len, &version, &why) < 0 || !o.patience_ms) {
		broken(n, n->is_granted ? "a second grant" : why);
		return;
	}
	if (check_listener(n) == 0) {
		n->is_granted = 1;
		event_del(n->late);
		if ((o.level && !(n->un = unsqueeze_new())) || link_watch(&n->link, n->r->patience_ms, o.patience_ms) < 0)
			on_lost(n, CODE_OUTSIDE, strerror(ENOMEM));
		else
			ready_say(&n->r->ready_fd);
		status_wait(STATUS_IDLE);
		msg_info("%s gives the stream%s", n->r->at.text, o.level ? ", compressed" : "");
	}
	block_open_release(&o);
}

static void on_block(void *arg, enum block_kind kind, const uint8_t *p, size_t len)
{
	struct near *n = arg;

	if (n->has_ended) {
		broken(n, "something came behind the end");
	} else if (kind == BLOCK_GRANT) {
		take_grant(n, p, len);
	} else if (kind == BLOCK_END) {
		if (!n->is_granted && check_listener(n) < 0)
			return;
		n->has_ended = 1;
		n->end_code = p[0];
		memcpy(n->end_text, p + 1, len - 1);
		n->end_text[len - 1] = 0;
		if (!event_pending(n->room, EV_WRITE, NULL))
			pump(n);
	}
}

static void on_data(void *arg, struct evbuffer *in, size_t len)
{
	struct near *n = arg;

	if (!n->is_granted || n->has_ended || evbuffer_get_length(n->waiting) + len > (size_t)n->r->window + BLOCK_PASS) {
		broken(n, "more than was asked for");
		return;
	}
	evbuffer_remove_buffer(in, n->waiting, len);
	if (!event_pending(n->room, EV_WRITE, NULL))
		pump(n);
}

static const struct link_calls calls = {on_open, on_block, on_data, NULL, on_lost};

/* ---- signals and time */

/* The command is asked to end its stream, and what it still says is taken. */
static void on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct near *n = arg;

	(void)fd;
	(void)what;
	if (!n->is_granted)
		end(n, CODE_OK);
	else
		link_send(&n->link, BLOCK_STOP, NULL, 0);
	event_del(n->stop);
}

static void on_status(evutil_socket_t fd, short what, void *arg)
{
	struct near *n = arg;

	(void)fd;
	(void)what;
	msg_tell("%s: %llu bytes came, %llu of the stream were written, %zu wait to be, round trip %.1f ms", n->r->at.text,
	    (unsigned long long)n->link.carried->link_bytes, (unsigned long long)n->link.carried->stream_bytes, left(n),
	    link_rtt_ms(&n->link));
}

static void on_show(evutil_socket_t fd, short what, void *arg)
{
	const struct near *n = arg;

	(void)fd;
	(void)what;
	show_link(n->link.carried, left(n));
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	on_lost(arg, CODE_OUTSIDE, "it did not answer in time");
}

static int set_events(struct near *n, int64_t until_us)
{
	struct event_base *b = n->link.base;
	int64_t left = until_us - status_clock_us();
	struct timeval t, each = {0, SHOW_US};
	struct stat st;
	int is_pipe = fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));

	if (left < 1)
		left = 1;
	t.tv_sec = left / 1000000;
	t.tv_usec = left % 1000000;
	n->waiting = evbuffer_new();
	n->room = event_new(b, STDOUT_FILENO, EV_WRITE, on_stdout, n);
	n->stop = event_new(b, sig_fd(), EV_READ | EV_PERSIST, on_stop, n);
	n->status = evsignal_new(b, SIGUSR1, on_status, n);
	n->late = evtimer_new(b, on_late, n);
	n->show = event_new(b, -1, EV_PERSIST, on_show, n);
	if (!n->waiting || !n->room || !n->stop || !n->status || !n->late || !n->show || event_add(n->stop, NULL) < 0 ||
	    evsignal_add(n->status, NULL) < 0 || event_add(n->late, &t) < 0 ||
	    (status_is_watched() && event_add(n->show, &each) < 0))
		return -1;
	if (!is_pipe)
		return 0;
	n->out_flags = fcntl(STDOUT_FILENO, F_GETFL);
	(void)fcntl(STDOUT_FILENO, F_SETFL, n->out_flags | O_NONBLOCK);
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, 2 * FDIO_CHUNK);
	if (!S_ISFIFO(st.st_mode))
		return 0;
	n->gone = event_new(b, STDOUT_FILENO, EV_READ, on_gone, n);
	return n->gone && event_add(n->gone, NULL) == 0 ? 0 : -1;
}

static void near_release(struct near *n)
{
	struct event *all[] = {n->room, n->gone, n->stop, n->status, n->late, n->show};

	if (n->waiting)
		show_link(n->link.carried, left(n));
	link_cut(&n->link);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i])
			event_free(all[i]);
	if (n->waiting)
		evbuffer_free(n->waiting);
	link_release(&n->link);
	unsqueeze_free(n->un);
	buf_release(&n->plain);
	if (n->out_flags >= 0)
		(void)fcntl(STDOUT_FILENO, F_SETFL, n->out_flags);
}

int near_run(struct rowlink *r)
{
	struct near n = {.r = r, .code = CODE_OUTSIDE, .out_flags = -1};
	int64_t until_us = status_clock_us() + (int64_t)r->handshake_ms * 1000;
	const char *name = r->server_name ? r->server_name : r->at.host;
	struct tls *tls = NULL;
	int fd, code;

	sig_init();
	code = show_start_one();
	if (code != CODE_OK)
		return code;
	if (r->at.kind == ADDR_TLS) {
		tls_look_at_key(&r->files);
		tls = tls_new(&r->files, 0);
		if (!tls)
			return CODE_USAGE;
	}
	fd = addr_connect(&r->at, until_us, &code);
	if (fd < 0) {
		tls_free(tls);
		return code;
	}
	if (link_init(&n.link, fd, tls, name, &calls, &n) < 0 || set_events(&n, until_us) < 0) {
		msg_error("could not start: %s", strerror(errno));
	} else {
		link_count_in(&n.link, show_one());
		link_run(&n.link);
	}
	near_release(&n);
	tls_free(tls);
	return n.code;
}

#include "link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "code.h"
#include "status.h"
#include "tls.h"

#define PART_MS 1000
#define AT_A_TIME (256 * 1024) /* bytes that are read or written in one go */

static void lost(struct link *l, int code, const char *why)
{
	if (l->is_lost)
		return;
	l->is_lost = 1;
	l->calls->on_lost(l->arg, code, why);
}

static const char not_spoken[] = "what came is not of a rowlink, or not as a rowlink sends it";

/* One block from in. 1; 0: it is not all there. */
static int take_block(struct link *l, struct evbuffer *in)
{
	uint8_t head[BLOCK_HEAD], none[1];
	struct block_head h;
	uint8_t *p = none;

	if (evbuffer_copyout(in, head, sizeof head) < (ev_ssize_t)sizeof head) {
		/* a stranger shows himself by the first byte */
		if (evbuffer_get_length(in) && !block_is_kind(head[0], l->other))
			lost(l, CODE_DAMAGED, not_spoken);
		return 0;
	}
	if (block_head(&h, head, l->other) < 0 || (h.kind == BLOCK_DATA && !l->calls->on_data)) {
		lost(l, CODE_DAMAGED, not_spoken);
		return 0;
	}
	if (evbuffer_get_length(in) < sizeof head + h.len)
		return 0;
	evbuffer_drain(in, sizeof head);
	if (h.kind == BLOCK_DATA) {
		l->carried->link_bytes += h.len;
		l->calls->on_data(l->arg, in, h.len);
		return 1;
	}
	if (h.len && !(p = evbuffer_pullup(in, (ev_ssize_t)h.len))) {
		lost(l, CODE_OUTSIDE, strerror(ENOMEM));
		return 0;
	}
	if (h.kind != BLOCK_BEAT)
		l->calls->on_block(l->arg, h.kind, p, h.len);
	if (l->b)
		evbuffer_drain(in, h.len);
	return 1;
}

static void on_read(struct bufferevent *b, void *arg)
{
	struct link *l = arg;

	l->silent = 0;
	l->carried->heard_us = status_clock_us();
	while (l->b && !l->is_lost && !l->is_over && take_block(l, bufferevent_get_input(b)))
		;
}

static void on_write(struct bufferevent *b, void *arg)
{
	struct link *l = arg;

	(void)b;
	if (!l->is_lost && l->calls->on_room)
		l->calls->on_room(l->arg);
}

static void on_event(struct bufferevent *b, short what, void *arg)
{
	struct link *l = arg;
	int e = EVUTIL_SOCKET_ERROR();
	struct buf why = BUF_INIT;

	if (what & BEV_EVENT_CONNECTED) {
		l->calls->on_open(l->arg);
		return;
	}
	if (l->is_tls && tls_why(b, l->other == BLOCK_FROM_CONNECTOR, &why))
		lost(l, CODE_USAGE, buf_str(&why));
	else if (why.len)
		lost(l, CODE_OUTSIDE, buf_str(&why));
	else
		lost(l, CODE_OUTSIDE, (what & BEV_EVENT_EOF) || !e ? "the other side closed it without an end" : strerror(e));
	buf_release(&why);
}

static void look_at_rtt(struct link *l)
{
	double ms = link_rtt_ms(l);

	l->carried->rtt_us = ms < 0 ? -1 : (int64_t)(ms * 1000);
}

/* Counted, not measured: time in which this process was stopped, or the machine slept, is not the other's silence. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	char why[128];

	(void)fd;
	(void)what;
	look_at_rtt(l);
	if (l->is_lost || ++l->silent <= LINK_TICKS)
		return;
	snprintf(why, sizeof why, "nothing was heard of the other side for %g s", l->patience_ms / 1000.0);
	lost(l, CODE_OUTSIDE, why);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;

	(void)fd;
	(void)what;
	if (!l->is_lost && link_unsent(l) < LINK_OUT_BYTES)
		link_send(l, BLOCK_BEAT, NULL, 0);
}

int link_init(struct link *l, int fd, struct tls *tls, const char *name, const struct link_calls *calls, void *arg)
{
	memset(l, 0, sizeof *l);
	l->calls = calls;
	l->arg = arg;
	l->other = name ? BLOCK_FROM_LISTENER : BLOCK_FROM_CONNECTOR;
	l->is_tls = tls != NULL;
	link_count_in(l, &l->own);
	l->base = event_base_new();
	if (l->base)
		l->b = tls ? tls_on_socket(tls, l->base, fd, l->other == BLOCK_FROM_LISTENER ? name : NULL)
			   : bufferevent_socket_new(l->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!l->b) {
		close(fd);
		return -1;
	}
	bufferevent_setcb(l->b, on_read, on_write, on_event, l);
	bufferevent_setwatermark(l->b, EV_WRITE, LINK_OUT_BYTES / 2, 0);
	bufferevent_set_max_single_read(l->b, AT_A_TIME);
	bufferevent_set_max_single_write(l->b, AT_A_TIME);
	return bufferevent_enable(l->b, EV_READ | EV_WRITE);
}

void link_count_in(struct link *l, struct carried *c)
{
	l->carried = c;
	c->heard_us = status_clock_us();
	c->rtt_us = -1;
}

/* A socket that is closed with bytes unread takes back what it has sent: a TLS alert would be lost, and with it the reason. */
void link_part(struct link *l)
{
	int64_t until_us = status_clock_us() + PART_MS * 1000;
	struct pollfd p = {link_fd(l), POLLIN, 0};
	char away[4096];
	int64_t left;

	l->is_lost = 0;
	(void)shutdown(p.fd, SHUT_WR);
	while ((left = until_us - status_clock_us()) > 0)
		if (poll(&p, 1, (int)(left / 1000) + 1) > 0 && read(p.fd, away, sizeof away) <= 0)
			break;
}

void link_cut(struct link *l)
{
	struct linger at_once = {1, 0};

	if (!l->b)
		return;
	if (l->is_lost)
		(void)setsockopt(bufferevent_getfd(l->b), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	bufferevent_free(l->b);
	l->b = NULL;
}

void link_release(struct link *l)
{
	link_cut(l);
	if (l->tick)
		event_free(l->tick);
	if (l->beat)
		event_free(l->beat);
	if (l->base) {
		/* a callback that a bufferevent has put off holds it: it is to come, and finds that nobody listens */
		(void)event_base_loop(l->base, EVLOOP_NONBLOCK);
		event_base_free(l->base);
	}
	memset(l, 0, sizeof *l);
}

void link_run(struct link *l)
{
	if (!l->is_tls)
		l->calls->on_open(l->arg);
	if (!l->is_over)
		event_base_dispatch(l->base);
}

void link_end(struct link *l)
{
	l->is_over = 1;
	event_base_loopbreak(l->base);
}

static struct event *every(struct link *l, uint32_t ms, event_callback_fn f)
{
	struct timeval t = {ms / 1000, (ms % 1000) * 1000};
	struct event *e = event_new(l->base, -1, EV_PERSIST, f, l);

	if (e && event_add(e, &t) == 0)
		return e;
	if (e)
		event_free(e);
	return NULL;
}

int link_watch(struct link *l, uint32_t ours_ms, uint32_t theirs_ms)
{
	l->patience_ms = ours_ms;
	l->silent = 0;
	look_at_rtt(l);
	l->tick = every(l, ours_ms / LINK_TICKS, on_tick);
	l->beat = every(l, theirs_ms / 3, on_beat);
	return l->tick && l->beat ? 0 : -1;
}

void link_send(struct link *l, enum block_kind kind, const void *p, size_t n)
{
	uint8_t head[BLOCK_HEAD];

	if (!l->b)
		return;
	block_put_head(head, kind, n);
	if (kind == BLOCK_DATA)
		l->carried->link_bytes += n;
	if (bufferevent_write(l->b, head, sizeof head) < 0 || (n && bufferevent_write(l->b, p, n) < 0))
		lost(l, CODE_OUTSIDE, strerror(ENOMEM));
}

int link_fd(const struct link *l)
{
	return l->b ? bufferevent_getfd(l->b) : -1;
}

size_t link_unsent(const struct link *l)
{
	return l->b ? evbuffer_get_length(bufferevent_get_output(l->b)) : 0;
}

double link_rtt_ms(const struct link *l)
{
	struct tcp_info info;
	socklen_t len = sizeof info;

	if (!l->b || getsockopt(bufferevent_getfd(l->b), IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return -1;
	return info.tcpi_rtt / 1000.0;
}

#include "show.h"

#include <sys/mman.h>

#include "code.h"
#include "listening.h"
#include "msg.h"
#include "status.h"
#include "watch.h"

/* ---- members of the JSON object, or lines for Prometheus */

static void put_head(struct buf *out, const char *name, const char *ending, const char *type, const char *help)
{
	buf_printf(out, "# HELP rowferry_%s%s %s\n# TYPE rowferry_%s%s %s\n", name, ending, help, name, ending, type);
}

static void put_count(struct buf *out, int as_json, const char *name, const char *help, uint64_t n)
{
	if (!as_json)
		put_head(out, name, "_total", "counter", help);
	buf_printf(out, as_json ? "  \"%s\": %llu,\n" : "rowferry_%s_total %llu\n", name, (unsigned long long)n);
}

static void put_gauge(struct buf *out, int as_json, const char *name, const char *help, uint64_t n)
{
	if (!as_json)
		put_head(out, name, "", "gauge", help);
	buf_printf(out, as_json ? "  \"%s\": %llu,\n" : "rowferry_%s %llu\n", name, (unsigned long long)n);
}

/* us under 0: it is not known, which metrics do not say. */
static void put_seconds(struct buf *out, int as_json, const char *name, const char *help, int64_t us)
{
	if (us < 0) {
		if (as_json)
			buf_printf(out, "  \"%s\": null,\n", name);
		return;
	}
	if (!as_json)
		put_head(out, name, "", "gauge", help);
	buf_printf(out, as_json ? "  \"%s\": %.6f,\n" : "rowferry_%s %.6f\n", name, (double)us / 1e6);
}

static const char heard_help[] = "How long ago a byte last came from the other side; of a listener the longest of its streams.";

/* For how long nothing has come; -1: there is no link. */
static int64_t silence(const struct carried *c)
{
	int64_t heard = c->heard_us, now = status_clock_us();

	return !heard ? -1 : now > heard ? now - heard : 0;
}

/* ---- who connects */

static struct carried one = {.rtt_us = -1};

static void put_one(struct buf *out, int as_json)
{
	put_seconds(out, as_json, "heard_seconds", heard_help, silence(&one));
	put_seconds(out, as_json, "rtt_seconds", "The round trip to the other side, as the kernel has measured it.", one.rtt_us);
}

int show_start_one(void)
{
	status_more = put_one;
	return watch_start(STATUS_LINK, NULL);
}

struct carried *show_one(void)
{
	return &one;
}

void show_link(const struct carried *c, size_t waiting)
{
	status_now.stream_bytes = c->stream_bytes;
	status_now.link_bytes = c->link_bytes;
	status_now.unread_bytes = waiting;
	status_publish();
}

/* ---- who listens */

static const struct listener *shown;

static void put_stream(struct buf *out, const struct served *s)
{
	const struct carried *c = s->carried;
	int64_t rtt_us = c->rtt_us;

	buf_adds(out, "{\"peer\": \"");
	(void)buf_add(out, s->peer.p, s->peer.len);
	buf_printf(out,
	    "\", \"pid\": %ld, \"stream_bytes\": %llu, \"link_bytes\": %llu, \"heard_seconds\": %.6f, \"rtt_seconds\": ",
	    (long)s->pid, (unsigned long long)c->stream_bytes, (unsigned long long)c->link_bytes, (double)silence(c) / 1e6);
	if (rtt_us < 0)
		buf_adds(out, "null}");
	else
		buf_printf(out, "%.6f}", (double)rtt_us / 1e6);
}

static void put_streams(struct buf *out, const struct listener *l)
{
	const char *between = "\n    ";

	buf_adds(out, "  \"links\": [");
	for (const struct served *s = l->all; s; s = s->next)
		if (s->has_stream && s->carried) {
			buf_adds(out, between);
			put_stream(out, s);
			between = ",\n    ";
		}
	buf_adds(out, "],\n");
}

static void put_listener(struct buf *out, int as_json)
{
	const struct listener *l = shown;
	int64_t longest = -1;

	for (const struct served *s = l->all; s; s = s->next)
		if (s->has_stream && s->carried && silence(s->carried) > longest)
			longest = silence(s->carried);
	put_gauge(out, as_json, "streams", "Streams that are given now.", l->streams);
	put_gauge(out, as_json, "starting_connections", "Connections that have no stream yet.", l->starting);
	put_count(out, as_json, "ended_streams", "Streams that have ended, however.", l->ended);
	put_count(out, as_json, "failed_streams", "Streams that have ended with another exit code than 0.", l->failed);
	put_count(out, as_json, "refused_connections", "Connections that got no stream.", l->refused);
	put_seconds(out, as_json, "heard_seconds", heard_help, longest);
	if (as_json)
		put_streams(out, l);
}

void show_listener(const struct listener *l)
{
	uint64_t stream = l->stream_bytes, link = l->link_bytes;

	for (const struct served *s = l->all; s; s = s->next)
		if (s->carried) {
			stream += s->carried->stream_bytes;
			link += s->carried->link_bytes;
		}
	if (stream != status_now.stream_bytes || link != status_now.link_bytes)
		status_step();
	else
		status_wait(STATUS_IDLE);
	status_now.stream_bytes = stream;
	status_now.link_bytes = link;
	status_publish();
}

static void on_show(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	show_listener(arg);
}

int show_start_listener(struct listener *l)
{
	struct timeval each = {0, SHOW_US};
	int code;

	shown = l;
	status_more = put_listener;
	code = watch_start_on(l->base, STATUS_LINK);
	if (code != CODE_OK || !status_is_watched())
		return code;
	status_wait(STATUS_IDLE);
	l->show = event_new(l->base, -1, EV_PERSIST, on_show, l);
	if (l->show && event_add(l->show, &each) == 0)
		return CODE_OK;
	msg_no_memory();
	return CODE_OUTSIDE;
}

struct carried *show_share(void)
{
	struct carried *c = MAP_FAILED;

	if (status_is_watched())
		c = mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return c == MAP_FAILED ? NULL : c;
}

void show_unshare(struct carried *c)
{
	if (c)
		(void)munmap(c, sizeof *c);
}

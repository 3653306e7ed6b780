#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#define CLIENTS_MAX 16
#define REQUEST_MAX 8192
#define CLIENT_S 5 /* that a connection may be silent, or keep a place among them without a request */

struct slot;

struct http {
	struct evhttp *evhttp;
	struct evconnlistener *listener; /* evhttp's */
	const struct http_page *pages;
	void *arg;
	struct slot *slots, **last; /* the oldest first */
	unsigned nslots;
	int is_bound;						  /* the listener goes with evhttp */
	char path[sizeof((struct sockaddr_un *)0)->sun_path + 1]; /* of a Unix socket; "" */
};

/* ---- the address */

static const char *parse_unix(struct http_address *a, const char *path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&a->sa;

	if (!*path)
		return "the path is missing";
	if (strlen(path) >= sizeof un->sun_path)
		return "the path is too long for a socket";
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path) + 1);
	a->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
	return NULL;
}

const char *http_address_parse(struct http_address *a, const char *text)
{
	static const char form[] = "it is HOST:PORT or unix:PATH", outside[] = "only addresses of the loopback are listened on";
	struct sockaddr_in *in = (struct sockaddr_in *)&a->sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a->sa;
	const char *colon = strrchr(text, ':');
	char host[64], *end;
	unsigned long port;
	size_t n;

	memset(a, 0, sizeof *a);
	if (!strncmp(text, "unix:", 5))
		return parse_unix(a, text + 5);
	if (!colon || colon[1] < '0' || colon[1] > '9')
		return form;
	errno = 0;
	port = strtoul(colon + 1, &end, 10);
	if (*end || errno || port > 65535)
		return "a port is a number up to 65535";
	n = (size_t)(colon - text);
	if (n > 1 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (!n || n >= sizeof host)
		return form;
	memcpy(host, text, n);
	host[n] = 0;
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		a->len = sizeof *in6;
		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) ? NULL : outside;
	}
	memset(a, 0, sizeof *a);
	if (inet_pton(AF_INET, strcmp(host, "localhost") ? host : "127.0.0.1", &in->sin_addr) != 1)
		return outside;
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	a->len = sizeof *in;
	return ntohl(in->sin_addr.s_addr) >> 24 == 127 ? NULL : outside;
}

void http_where(const struct http *h, struct buf *out)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	char host[INET6_ADDRSTRLEN];

	if (*h->path) {
		buf_printf(out, "unix:%s", h->path);
		return;
	}
	if (getsockname(evconnlistener_get_fd(h->listener), (struct sockaddr *)&sa, &len) < 0)
		return;
	if (sa.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&sa;

		buf_printf(
		    out, "[%s]:%u", inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host), (unsigned)ntohs(in6->sin6_port));
	} else {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&sa;

		buf_printf(out, "%s:%u", inet_ntop(AF_INET, &in->sin_addr, host, sizeof host), (unsigned)ntohs(in->sin_port));
	}
}

/* ---- connections: libevent 2.1 takes any number of them, so they are counted here */

/* A connection that was taken and not answered yet. Which one it is does not matter. */
struct slot {
	struct event *deadline;
	struct slot *next;
};

static void free_slot(struct http *h)
{
	struct slot *s = h->slots;

	if (!s)
		return;
	h->slots = s->next;
	if (!h->slots)
		h->last = &h->slots;
	event_free(s->deadline);
	free(s);
	h->nslots--;
	evconnlistener_enable(h->listener);
}

/* The oldest is over: evhttp has ended it, or does so now. */
static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	free_slot(arg);
}

/* evhttp has taken a connection and asks for its buffers. */
static struct bufferevent *on_taken(struct event_base *base, void *arg)
{
	static const struct timeval limit = {CLIENT_S, 0};
	struct http *h = arg;
	struct slot *s = calloc(1, sizeof *s);

	if (s)
		s->deadline = evtimer_new(base, on_deadline, h);
	if (!s || !s->deadline || evtimer_add(s->deadline, &limit) < 0) {
		if (s && s->deadline)
			event_free(s->deadline);
		free(s);
	} else {
		*h->last = s;
		h->last = &s->next;
		h->nslots++;
	}
	if (h->nslots >= CLIENTS_MAX)
		evconnlistener_disable(h->listener);
	return bufferevent_socket_new(base, -1, 0);
}

/* ---- requests */

static void answer(struct evhttp_request *r, int code, const char *reason, const char *type, const struct buf *body)
{
	struct evkeyvalq *head = evhttp_request_get_output_headers(r);
	struct evbuffer *out = evhttp_request_get_output_buffer(r);
	int is_head = evhttp_request_get_command(r) == EVHTTP_REQ_HEAD;
	char len[24];

	if (body->failed || (!is_head && evbuffer_add(out, body->p, body->len) < 0)) {
		evhttp_send_error(r, HTTP_INTERNAL, NULL);
		return;
	}
	(void)snprintf(len, sizeof len, "%zu", body->len);
	(void)evhttp_add_header(head, "Content-Length", len);
	(void)evhttp_add_header(head, "Content-Type", type);
	(void)evhttp_add_header(head, "Cache-Control", "no-store");
	(void)evhttp_add_header(head, "Connection", "close");
	evhttp_send_reply(r, code, reason, NULL);
}

static void on_request(struct evhttp_request *r, void *arg)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(r);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	enum evhttp_cmd_type how = evhttp_request_get_command(r);
	const struct http_page *p;
	struct buf body = BUF_INIT;
	struct http *h = arg;

	free_slot(h);
	for (p = h->pages; p->path; p++)
		if (path && !strcmp(p->path, path))
			break;
	if (how != EVHTTP_REQ_GET && how != EVHTTP_REQ_HEAD) {
		buf_adds(&body, "405 Method Not Allowed\n");
		answer(r, HTTP_BADMETHOD, "Method Not Allowed", "text/plain; charset=utf-8", &body);
	} else if (p->path) {
		p->write(h->arg, &body);
		answer(r, HTTP_OK, "OK", p->type, &body);
	} else {
		buf_adds(&body, "404 Not Found\n");
		answer(r, HTTP_NOTFOUND, "Not Found", "text/plain; charset=utf-8", &body);
	}
	buf_release(&body);
}

/* ---- the listener */

/* A socket that was left behind by one that was killed. */
static void remove_dead(const struct http_address *a, const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	if (fd < 0)
		return;
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && connect(fd, (const struct sockaddr *)&a->sa, a->len) < 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(path);
	close(fd);
}

struct http *http_new(struct event_base *base, const struct http_address *a, const struct http_page *pages, void *arg)
{
	struct http *h = calloc(1, sizeof *h);
	const char *path = a->sa.ss_family == AF_UNIX ? ((const struct sockaddr_un *)&a->sa)->sun_path : "";
	int saved;

	if (!h)
		return NULL;
	h->pages = pages;
	h->arg = arg;
	h->last = &h->slots;
	if (*path)
		remove_dead(a, path);
	h->listener = evconnlistener_new_bind(base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
	    CLIENTS_MAX, (const struct sockaddr *)&a->sa, (int)a->len);
	if (!h->listener)
		goto fail;
	memcpy(h->path, path, strlen(path) + 1);
	h->evhttp = evhttp_new(base);
	if (!h->evhttp)
		goto fail;
	evhttp_set_max_headers_size(h->evhttp, REQUEST_MAX);
	evhttp_set_max_body_size(h->evhttp, 0);
	evhttp_set_timeout(h->evhttp, CLIENT_S);
	evhttp_set_allowed_methods(
	    h->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE);
	evhttp_set_bevcb(h->evhttp, on_taken, h);
	evhttp_set_gencb(h->evhttp, on_request, h);
	if (!evhttp_bind_listener(h->evhttp, h->listener))
		goto fail;
	h->is_bound = 1;
	return h;
fail:
	saved = errno ? errno : ENOMEM;
	http_free(h);
	errno = saved;
	return NULL;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	while (h->slots)
		free_slot(h);
	if (*h->path)
		(void)unlink(h->path);
	if (h->listener && !h->is_bound)
		evconnlistener_free(h->listener);
	if (h->evhttp)
		evhttp_free(h->evhttp);
	free(h);
}

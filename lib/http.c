#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#define CLIENTS_MAX 16
#define REQUEST_MAX 8192
#define CLIENT_S 5 /* from its first byte to the last of the answer */

struct client {
	struct http *http;
	struct bufferevent *bev;
	struct event *deadline;
	struct client *next, **at; /* *at is this one */
};

struct http {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *again; /* after a connection that could not be taken */
	const struct http_page *pages;
	void *arg;
	struct client *clients;
	unsigned nclients;
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

/* ---- one client */

static void client_free(struct client *c)
{
	struct http *h = c->http;

	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	if (c->deadline)
		event_free(c->deadline);
	bufferevent_free(c->bev);
	free(c);
	h->nclients--;
	evconnlistener_enable(h->listener);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	client_free(arg);
}

static void on_written(struct bufferevent *bev, void *arg)
{
	(void)bev;
	client_free(arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	client_free(arg);
}

static void answer(struct client *c, const char *status, const char *type, const struct buf *body, int with_body)
{
	struct buf b = BUF_INIT;

	buf_printf(&b,
	    "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
	    status, type, body->len);
	if (with_body)
		(void)buf_add(&b, body->p, body->len);
	bufferevent_disable(c->bev, EV_READ);
	bufferevent_setcb(c->bev, NULL, on_written, on_event, c);
	if (b.failed || body->failed || bufferevent_write(c->bev, b.p, b.len) < 0)
		client_free(c);
	buf_release(&b);
}

static void refuse(struct client *c, const char *status)
{
	struct buf body = BUF_INIT;

	buf_printf(&body, "%s\n", status);
	answer(c, status, "text/plain; charset=utf-8", &body, 1);
	buf_release(&body);
}

/* "GET /metrics HTTP/1.1" */
static void serve(struct client *c, char *line)
{
	char *path = strchr(line, ' '), *end;
	struct buf body = BUF_INIT;
	int is_head;

	if (!path || path[1] != '/') {
		refuse(c, "400 Bad Request");
		return;
	}
	*path++ = 0;
	is_head = !strcmp(line, "HEAD");
	if (!is_head && strcmp(line, "GET") != 0) {
		refuse(c, "405 Method Not Allowed");
		return;
	}
	end = path + strcspn(path, " ?#");
	*end = 0;
	for (const struct http_page *p = c->http->pages; p->path; p++) {
		if (strcmp(p->path, path) != 0)
			continue;
		p->write(c->http->arg, &body);
		answer(c, "200 OK", p->type, &body, !is_head);
		buf_release(&body);
		return;
	}
	refuse(c, "404 Not Found");
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct client *c = arg;
	char *line;

	if (evbuffer_search(in, "\r\n\r\n", 4, NULL).pos < 0 && evbuffer_search(in, "\n\n", 2, NULL).pos < 0) {
		if (evbuffer_get_length(in) >= REQUEST_MAX)
			refuse(c, "431 Request Header Fields Too Large");
		return;
	}
	line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF);
	(void)evbuffer_drain(in, evbuffer_get_length(in));
	if (line)
		serve(c, line);
	else
		client_free(c);
	free(line);
}

static void on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	static const struct timeval limit = {CLIENT_S, 0};
	struct http *h = arg;
	struct client *c = calloc(1, sizeof *c);

	(void)sa;
	(void)len;
	if (!c || !(c->bev = bufferevent_socket_new(h->base, fd, BEV_OPT_CLOSE_ON_FREE))) {
		free(c);
		close(fd);
		return;
	}
	c->http = h;
	c->at = &h->clients;
	c->next = h->clients;
	if (c->next)
		c->next->at = &c->next;
	h->clients = c;
	if (++h->nclients >= CLIENTS_MAX)
		evconnlistener_disable(l);
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, REQUEST_MAX);
	c->deadline = evtimer_new(h->base, on_deadline, c);
	if (!c->deadline || evtimer_add(c->deadline, &limit) < 0 || bufferevent_enable(c->bev, EV_READ | EV_WRITE) < 0)
		client_free(c);
}

/* ---- the listener */

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct http *h = arg;

	(void)fd;
	(void)what;
	if (h->nclients < CLIENTS_MAX)
		evconnlistener_enable(h->listener);
}

/* No descriptor left, mostly: it would fail again at once. */
static void on_accept_error(struct evconnlistener *l, void *arg)
{
	static const struct timeval pause = {1, 0};
	struct http *h = arg;

	evconnlistener_disable(l);
	(void)evtimer_add(h->again, &pause);
}

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
	h->base = base;
	h->pages = pages;
	h->arg = arg;
	h->again = evtimer_new(base, on_again, h);
	if (!h->again)
		goto fail;
	if (*path)
		remove_dead(a, path);
	h->listener =
	    evconnlistener_new_bind(base, on_accept, h, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
		CLIENTS_MAX, (const struct sockaddr *)&a->sa, (int)a->len);
	if (!h->listener)
		goto fail;
	evconnlistener_set_error_cb(h->listener, on_accept_error);
	memcpy(h->path, path, strlen(path) + 1);
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
	while (h->clients)
		client_free(h->clients);
	if (*h->path)
		(void)unlink(h->path);
	if (h->listener)
		evconnlistener_free(h->listener);
	if (h->again)
		event_free(h->again);
	free(h);
}

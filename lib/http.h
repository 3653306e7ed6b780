#ifndef HTTP_H
#define HTTP_H
/*
 * Pages for whoever is on this machine, by libevent's evhttp: GET and HEAD, one
 * request a connection, on a loopback address or a Unix socket. Bounded are the
 * bytes of a request, the seconds that a connection may be silent, and how many are
 * taken before those before them are answered or had their time. It runs on the
 * event base of whoever made it, and knows nothing of what the pages say.
 */
#include <sys/socket.h>

#include "buf.h"

struct event_base;
struct http; /* opaque */

struct http_address {
	struct sockaddr_storage sa;
	socklen_t len;
};

/* HOST:PORT of the loopback, or unix:PATH. NULL, or why it is not one (a constant text). */
const char *http_address_parse(struct http_address *a, const char *text);

struct http_page {
	const char *path, *type;
	void (*write)(void *arg, struct buf *out);
};

/* Listens and answers; pages end with path NULL and are borrowed. NULL: errno. A Unix socket that nobody listens on is replaced.
 */
struct http *http_new(struct event_base *base, const struct http_address *a, const struct http_page *pages, void *arg);
void http_free(struct http *h);
/* Where it listens, with the port that was taken for 0. */
void http_where(const struct http *h, struct buf *out);

#endif

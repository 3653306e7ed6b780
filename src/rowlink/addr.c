#include "addr.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"
#include "sig.h"
#include "status.h"

static int parse_host(struct addr *a, const char *option, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;
	char *end;

	if (n > 1 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	} else if (colon && memchr(text, ':', n)) {
		msg_error("%s: an IPv6 address stands in brackets, as in tls:[2001:db8::1]:7000", option);
		return -1;
	}
	if (!n || n >= sizeof a->host || !colon[1] || strlen(colon + 1) > 5 || colon[1] < '0' || colon[1] > '9' ||
	    strtoul(colon + 1, &end, 10) > 65535 || *end) {
		msg_error("%s: \"%s\" is not HOST:PORT", option, text);
		return -1;
	}
	memcpy(a->host, text, n);
	snprintf(a->port, sizeof a->port, "%.5s", colon + 1);
	return 0;
}

int addr_parse(struct addr *a, const char *option, const char *text)
{
	struct sockaddr_un un;

	memset(a, 0, sizeof *a);
	a->text = text;
	if (!strncmp(text, "unix:", 5)) {
		a->kind = ADDR_UNIX;
		a->path = text + 5;
		if (*a->path && strlen(a->path) < sizeof un.sun_path)
			return 0;
		msg_error("%s: the path of a Unix socket has 1 to %zu bytes", option, sizeof un.sun_path - 1);
		return -1;
	}
	if (!strncmp(text, "tcp:", 4) || !strncmp(text, "tls:", 4)) {
		a->kind = text[1] == 'c' ? ADDR_TCP : ADDR_TLS;
		return parse_host(a, option, text + 4);
	}
	msg_error("%s: \"%s\" is none of unix:PATH, tcp:HOST:PORT, tls:HOST:PORT", option, text);
	return -1;
}

static int is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return (ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr) >> 24) == 127;
	if (sa->sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
	return 0;
}

static int outside_loopback(const struct addr *a)
{
	msg_error("%s: without TLS only the loopback is used", a->text);
	msg_hint("tls:%s:%s with --cert, --key and --ca; or a tunnel that ends on the loopback", a->host, a->port);
	return -1;
}

/* The addresses of a host: the first is to be freed. NULL with the message printed and *code set. */
static struct addrinfo *look_up(const struct addr *a, int flags, int *code)
{
	struct addrinfo hints = {.ai_flags = flags | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *list = NULL;
	int e = getaddrinfo(a->host, a->port, &hints, &list);

	*code = CODE_OUTSIDE;
	if (e) {
		msg_error("could not find \"%s\": %s", a->host, e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
		return NULL;
	}
	for (struct addrinfo *i = list; i && a->kind == ADDR_TCP; i = i->ai_next)
		if (!is_loopback(i->ai_addr)) {
			outside_loopback(a);
			freeaddrinfo(list);
			*code = CODE_USAGE;
			return NULL;
		}
	return list;
}

static int new_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	if (fd >= 0 && family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static void fill_unix(struct sockaddr_un *un, const char *path)
{
	memset(un, 0, sizeof *un);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path));
}

/* 1 if there is a socket at the path on which nobody listens. */
static int is_left_over(const struct sockaddr_un *un)
{
	int fd = new_socket(AF_UNIX), gone;
	struct stat st;

	if (fd < 0 || lstat(un->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	gone = connect(fd, (const struct sockaddr *)un, sizeof *un) < 0 && errno == ECONNREFUSED;
	close(fd);
	return gone;
}

static struct stat made; /* the file of our own socket */

static int listen_unix(const struct addr *a)
{
	struct sockaddr_un un;
	int fd = new_socket(AF_UNIX), done, saved;
	mode_t was;

	if (fd < 0)
		return -1;
	fill_unix(&un, a->path);
	if (is_left_over(&un))
		(void)unlink(a->path);
	was = umask(0177);
	done = bind(fd, (struct sockaddr *)&un, sizeof un);
	saved = errno;
	umask(was);
	if (done == 0 && lstat(a->path, &made) < 0)
		memset(&made, 0, sizeof made);
	if (done == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	if (done == 0)
		saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int listen_host(const struct addr *a, int *code)
{
	struct addrinfo *list = look_up(a, AI_PASSIVE, code);
	int fd, one = 1, saved;

	if (!list)
		return -1;
	fd = new_socket(list->ai_family);
	if (fd >= 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		if (bind(fd, list->ai_addr, list->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0) {
			saved = errno;
			close(fd);
			fd = -1;
			errno = saved;
		}
	}
	saved = errno;
	freeaddrinfo(list);
	if (fd < 0)
		msg_error("could not listen on %s: %s", a->text, strerror(saved));
	return fd;
}

int addr_listen(const struct addr *a, int *code)
{
	int fd;

	*code = CODE_OUTSIDE;
	if (a->kind != ADDR_UNIX)
		return listen_host(a, code);
	fd = listen_unix(a);
	if (fd < 0)
		msg_error("could not listen on %s: %s", a->text, strerror(errno));
	return fd;
}

int addr_check(const struct addr *a, int fd, const char *what)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	int type = 0;
	socklen_t type_len = sizeof type;

	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0 ||
	    type != SOCK_STREAM || (a->kind == ADDR_UNIX) != (sa.ss_family == AF_UNIX) ||
	    (a->kind != ADDR_UNIX && sa.ss_family != AF_INET && sa.ss_family != AF_INET6)) {
		msg_error("%s is not a stream socket of the kind that %s says", what, a->text);
		return -1;
	}
	return a->kind == ADDR_TCP && !is_loopback((struct sockaddr *)&sa) ? outside_loopback(a) : 0;
}

void addr_unlink(const struct addr *a, int fd)
{
	struct stat st;

	/* ours, and not that of one which has taken its place */
	if (a->kind == ADDR_UNIX && fd >= 0 && lstat(a->path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_dev == made.st_dev &&
	    st.st_ino == made.st_ino)
		(void)unlink(a->path);
}

/* Waits for a connect under way. 0; -1: errno, 0 if told to stop. */
static int wait_connected(int fd, int64_t until_us)
{
	struct pollfd p[] = {{fd, POLLOUT, 0}, {sig_fd(), POLLIN, 0}};
	int64_t left;
	socklen_t len = sizeof errno;
	int e = 0;

	do {
		left = until_us - status_clock_us();
		if (sig_stop)
			errno = 0;
		else if (left <= 0)
			errno = ETIMEDOUT;
		if (sig_stop || left <= 0)
			return -1;
	} while (poll(p, 2, (int)(left / 1000) + 1) < 0 ? errno == EINTR : !p[0].revents);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		return -1;
	errno = e;
	return e ? -1 : 0;
}

/* 0; -1: errno, 0 if told to stop; the socket is closed then */
static int connect_one(int *fd, int family, const struct sockaddr *sa, socklen_t len, int64_t until_us)
{
	int saved;

	*fd = new_socket(family);
	if (*fd < 0)
		return -1;
	if (connect(*fd, sa, len) == 0 || (errno == EINPROGRESS && wait_connected(*fd, until_us) == 0))
		return 0;
	saved = errno;
	close(*fd);
	*fd = -1;
	errno = saved;
	return -1;
}

int addr_connect(const struct addr *a, int64_t until_us, int *code)
{
	struct addrinfo *list = NULL;
	struct sockaddr_un un;
	int fd = -1, saved;

	errno = 0;
	*code = CODE_OUTSIDE;
	if (a->kind == ADDR_UNIX) {
		fill_unix(&un, a->path);
		(void)connect_one(&fd, AF_UNIX, (struct sockaddr *)&un, sizeof un, until_us);
	} else {
		list = look_up(a, 0, code);
		if (!list)
			return -1;
		for (struct addrinfo *i = list; i; i = i->ai_next)
			if (connect_one(&fd, i->ai_family, i->ai_addr, i->ai_addrlen, until_us) == 0 || sig_stop)
				break;
	}
	saved = errno;
	if (list)
		freeaddrinfo(list);
	if (fd < 0 && sig_stop)
		*code = CODE_OK;
	else if (fd < 0)
		msg_error("could not connect to %s: %s", a->text, strerror(saved));
	return fd;
}

static void add_end(int fd, int ours, int with_port, struct buf *out)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	char host[64], port[8];

	memset(&sa, 0, sizeof sa);
	if ((ours ? getsockname : getpeername)(fd, (struct sockaddr *)&sa, &len) < 0) {
		buf_adds(out, "?");
	} else if (getnameinfo(
		       (struct sockaddr *)&sa, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
		   sa.ss_family == AF_UNIX) {
		buf_adds(out, "unix");
	} else {
		buf_printf(out, sa.ss_family == AF_INET6 ? "[%s]" : "%s", host);
		if (with_port)
			buf_printf(out, ":%s", port);
	}
}

void addr_of(int fd, int ours, struct buf *out)
{
	add_end(fd, ours, 1, out);
}

void addr_host_of(int fd, struct buf *out)
{
	add_end(fd, 0, 0, out);
}

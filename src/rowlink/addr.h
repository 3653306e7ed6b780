#ifndef ADDR_H
#define ADDR_H
/*
 * Where a link is: unix:PATH, tcp:HOST:PORT, tls:HOST:PORT. Text to sockets, to
 * listen on and to connect, and an end of a socket to text. It does not know who
 * may use one (peer.h).
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum addr_kind { ADDR_UNIX, ADDR_TCP, ADDR_TLS };

struct addr {
	enum addr_kind kind;
	const char *text; /* borrowed: as it was given */
	const char *path; /* of ADDR_UNIX; borrowed */
	char host[256];	  /* without brackets */
	char port[6];
};

/* 0, or -1 with the message printed, which names the option. */
int addr_parse(struct addr *a, const char *option, const char *text);

/*
 * A socket that listens, closed on exec and not blocking; -1 with the message
 * printed and *code set. A file of a socket that nobody listens on is replaced; a
 * Unix socket is for its owner. tcp: only the loopback is listened on.
 */
int addr_listen(const struct addr *a, int *code);
/* The socket fd, which somebody else has made, is one of that kind: 0, or -1 with the message printed. */
int addr_check(const struct addr *a, int fd, const char *what);
/* Removes the file of a socket that addr_listen made. */
void addr_unlink(const struct addr *a, int fd);

/* A connected socket, closed on exec and not blocking; -1 with the message printed and *code set (CODE_OK: told to stop). */
int addr_connect(const struct addr *a, int64_t until_us, int *code);

/* The other end's (ours: 0) or our own (1) end as text, as 192.0.2.1:7000 or [2001:db8::1]:7000; "unix" of a Unix socket. */
void addr_of(int fd, int ours, struct buf *out);
/* What the other end is counted under: its address without the port. */
void addr_host_of(int fd, struct buf *out);

#endif

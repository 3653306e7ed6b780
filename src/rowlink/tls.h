#ifndef TLS_H
#define TLS_H
/*
 * TLS as a link uses it, by OpenSSL: version 1.2 or 1.3, a certificate on both
 * sides, each of an authority that was named, and for a name that was named. It
 * moves no bytes: that is bufferevent_openssl's, behind tls_on_socket.
 */
#include <stdint.h>

#include "buf.h"

struct tls; /* opaque: the certificates and the rules */
struct bufferevent;
struct event_base;

struct tls_files {
	const char *cert, *key, *ca; /* PEM; borrowed */
};

/* Reads the files. NULL with the message printed. */
struct tls *tls_new(const struct tls_files *files, int is_listener);
void tls_free(struct tls *t);
/* Warns of a key that others can read. */
void tls_look_at_key(const struct tls_files *files);

/*
 * A bufferevent that speaks it on the connected socket fd, which it closes when it is freed. name: of a connector, the host
 * name or address that the other's certificate must be for; NULL of a listener. NULL: no memory.
 */
struct bufferevent *tls_on_socket(struct tls *t, struct event_base *base, int fd, const char *name);

/* Once connected: the first of the n names that the other's certificate is for, as a host name; NULL: none. */
const char *tls_allowed(struct bufferevent *b, const char *const *names, size_t n);
/* The names in the other's certificate, as people read them. */
void tls_peer(struct bufferevent *b, struct buf *out);
/* Version and cipher. */
void tls_what(struct bufferevent *b, struct buf *out);

/* Why it failed: appends the text; 1 if it is about certificates or the protocol, which only a person can mend; 0: the network.
 */
int tls_why(struct bufferevent *b, int is_listener, struct buf *out);

#endif

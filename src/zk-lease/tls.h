#ifndef TLS_H
#define TLS_H
/*
 * The files of TLS, in the form in which ZooKeeper's library takes them: their names with commas between them. It is told of
 * no password, so the key has none.
 */
#include "buf.h"

struct tls_files {
	const char *ca, *cert, *key; /* borrowed; NULL: not given */
	struct buf certs;
};

/* One of them, by its option. 0, or -1 with the message printed: it cannot be read, or not be said to the library. */
int tls_take(const char **to, const char *option, const char *file);
/* *certs: all of them, or NULL if none was given. 0, or -1 with the message printed: one lacks, or the library has no TLS. */
int tls_certs(struct tls_files *t, const char **certs);
void tls_release(struct tls_files *t);

#endif

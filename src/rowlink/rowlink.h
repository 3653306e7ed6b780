#ifndef ROWLINK_H
#define ROWLINK_H
/* What rowlink was asked to do, and the three that do it. Each returns an exit code, its messages printed. */
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "tls.h"

struct rowlink {
	struct addr at;
	int is_listener;
	int is_watched; /* an option of watch.h was given */
	struct tls_files files;
	const char *server_name; /* what the listener's certificate is for; NULL: the host of at */
	const char *const *allow;
	size_t allowed;
	uint32_t patience_ms, handshake_ms;

	/* of a connector */
	char *start_at; /* owned; NULL: none is asked for */
	unsigned level; /* of zstd; 0: none */
	uint32_t window;
	int force; /* write also to a terminal */

	/* of a listener */
	char **command;
	unsigned max_connections;

	int ready_fd;
};

int near_run(struct rowlink *r);
/* Takes connections, each served by a process of its own, until told to stop. */
int listen_run(struct rowlink *r);

/*
 * Serves the connection fd, which is consumed. control: the socket to the process that takes connections (wire of listen.h);
 * -1: there is none, and the connection is all that there is to do. c: where it counts what it carries; NULL: nobody looks.
 */
struct carried;
int far_run(const struct rowlink *r, int fd, int control, struct carried *c);

#endif

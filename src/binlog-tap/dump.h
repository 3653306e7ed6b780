#ifndef DUMP_H
#define DUMP_H
/*
 * The dump protocol on a connection that is logged in: asks the server for its
 * log from a position on and gives the events as they come. The one file of the
 * tap that includes mysql.h. It looks at nothing in an event.
 */
#include <stddef.h>
#include <stdint.h>

#include "conn.h"
#include "pos.h"

struct dump;

struct dump_from {
	const char *file; /* and off; "" with gtid */
	uint64_t off;
	const struct gtid_set *gtid; /* what was executed before the start; NULL: by file */
	const char *floor_file;	     /* by GTID: where that is in the log, and floor; NULL: not known */
	uint64_t floor;
	const char *uuid; /* MySQL: what to be known by; a second one of it would throw this one out */
	uint32_t server_id;
	double heartbeat_s;
	unsigned read_timeout_s; /* as the connection was opened with */
	int stop_at_end;	 /* end of the log: DUMP_END instead of waiting */
};

enum dump_result {
	DUMP_EVENT,
	DUMP_END,  /* the server says that there is no more */
	DUMP_ERROR /* dump_error, dump_errno */
};

/* Borrows the connection, which is of no other use from then on. NULL: failed; the reason in err, *no. */
struct dump *dump_open(struct conn *c, const struct dump_from *from, struct buf *err, unsigned *no);
void dump_close(struct dump *d);

/* The next event, borrowed until the next call. Waits up to the connection's read time-out. */
enum dump_result dump_next(struct dump *d, const uint8_t **p, size_t *n);
int dump_is_ready(struct dump *d); /* 1: an event, or a part of one, is here already */
/* 1 if dump_is_ready can be relied on when it says no: nothing is held back in a library's own buffer (TLS has one). */
int dump_is_sure(const struct dump *d);
int dump_fd(struct dump *d); /* the socket; -1 not known */
const char *dump_error(struct dump *d);
unsigned dump_errno(struct dump *d);

/*
 * Tells the server that a replica with this server_id is here: by a lock that the connection holds, which every tap can see,
 * and, where the library can send it, by that name, which SHOW SLAVE HOSTS shows. 0 or -1.
 */
#define DUMP_LOCK "'rowferry/server_id/%u'"
int dump_register(struct conn *c, uint32_t server_id, const char *name);

#endif

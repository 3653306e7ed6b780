#ifndef PACKETS_H
#define PACKETS_H
/*
 * The packets of a dump as they come from a socket that is neither encrypted nor
 * compressed: read in large pieces, and given where they lie. A client library
 * reads 16 KiB at a time and copies each packet once more, which takes it as long
 * as the log's decoding does. It looks at nothing in an event.
 *
 * The protocol: 3 bytes of length and one that counts packets, then the content;
 * what is 2^24 - 1 bytes long goes on in the next packet. The first byte is 0
 * before an event, 255 in an error (number, '#' and 5 bytes of state, text), and
 * 254 at the end, in less than 9 bytes.
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "dump.h"

struct packets {
	int fd; /* borrowed */
	int timeout_ms;
	uint8_t count; /* of the next packet */
	struct buf b;  /* bytes at [at, b.len) are unread */
	size_t at;
	unsigned err_no; /* of the server, or of the client library's number for it */
	char err[512];
};

/* The dump's command was sent, and nothing of its answer was read. */
void packets_init(struct packets *k, int fd, int timeout_ms);
void packets_release(struct packets *k);
/* See dump_next. */
enum dump_result packets_next(struct packets *k, const uint8_t **p, size_t *n);
/* 1: a packet, or a part of one, is here already. */
int packets_are_ready(const struct packets *k);

#endif

#include "packets.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "fdio.h"

#define HEAD 4u
#define PART_MAX 0xffffffu
#define EVENT_MAX ((size_t)1 << 30) /* max_allowed_packet's own limit */
#define READ_SIZE ((size_t)256 << 10)
#define KEEP_MAX ((size_t)16 << 20) /* a buffer larger than this, for one huge event, is not kept */

#define ERR_OUT_OF_MEMORY 2008u /* errmsg.h */
#define ERR_LOST 2013u
#define ERR_MALFORMED 2027u

void packets_init(struct packets *k, int fd, int timeout_ms)
{
	memset(k, 0, sizeof *k);
	k->fd = fd;
	k->timeout_ms = timeout_ms;
	k->count = 1; /* the command was 0 */
	buf_init(&k->b);
}

void packets_release(struct packets *k)
{
	buf_release(&k->b);
}

static int fail(struct packets *k, unsigned no, const char *text)
{
	k->err_no = no;
	(void)snprintf(k->err, sizeof k->err, "%s", text);
	return -1;
}

/* Waits until something is there. 0 or -1. */
static int wait_input(struct packets *k)
{
	struct pollfd p = {k->fd, POLLIN, 0};
	int r;

	do
		r = poll(&p, 1, k->timeout_ms);
	while (r < 0 && errno == EINTR);
	if (r > 0)
		return 0;
	return r < 0 ? fail(k, ERR_LOST, strerror(errno)) : fail(k, ERR_LOST, "nothing came from the server for too long");
}

/* Reads until n bytes are unread. 0 or -1. */
static int want(struct packets *k, size_t n)
{
	while (k->b.len - k->at < n) {
		size_t room = n > READ_SIZE ? n : READ_SIZE;
		ssize_t got;

		if (k->b.cap - k->at < room) {
			buf_shift(&k->b, k->at);
			k->at = 0;
			if (buf_room(&k->b, room - k->b.len) < 0)
				return fail(k, ERR_OUT_OF_MEMORY, "out of memory");
		}
		got = recv(k->fd, k->b.p + k->b.len, k->b.cap - k->b.len, MSG_DONTWAIT);
		if (got > 0) {
			k->b.len += (size_t)got;
		} else if (got == 0) {
			return fail(k, ERR_LOST, "the server closed it");
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (wait_input(k) < 0)
				return -1;
		} else if (errno != EINTR) {
			return fail(k, ERR_LOST, strerror(errno));
		}
	}
	return 0;
}

static enum dump_result error_packet(struct packets *k, const uint8_t *p, size_t n)
{
	size_t skip = n > 8 && p[3] == '#' ? 9 : 3;

	if (n < 3) {
		(void)fail(k, ERR_MALFORMED, "an error without a number");
		return DUMP_ERROR;
	}
	k->err_no = (unsigned)(p[1] | p[2] << 8);
	(void)snprintf(k->err, sizeof k->err, "%.*s", (int)(n - skip), p + skip);
	return DUMP_ERROR;
}

/* What was given before is done with. */
static void forget(struct packets *k)
{
	if (k->at < k->b.len)
		return;
	k->at = k->b.len = 0;
	if (k->b.cap > KEEP_MAX)
		buf_release(&k->b);
}

/* Reads one part of a packet behind what is there of it; total becomes the whole's length so far. 0, 1 if another follows, -1. */
static int next_part(struct packets *k, size_t *total)
{
	uint8_t *head;
	size_t len;

	if (want(k, HEAD + *total + (*total ? HEAD : 0)) < 0)
		return -1;
	head = k->b.p + k->at + (*total ? HEAD + *total : 0);
	len = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;
	if (head[3] != k->count++)
		return fail(k, ERR_MALFORMED, "packets out of order");
	if (*total + len > EVENT_MAX)
		return fail(k, ERR_MALFORMED, "an event of more than 1 GiB");
	if (*total) { /* the parts come together */
		size_t at = (size_t)(head - k->b.p);

		memmove(head, head + HEAD, k->b.len - at - HEAD);
		k->b.len -= HEAD;
	}
	*total += len;
	return want(k, HEAD + *total) < 0 ? -1 : len == PART_MAX;
}

enum dump_result packets_next(struct packets *k, const uint8_t **p, size_t *n)
{
	const uint8_t *at;
	size_t total = 0;
	int r;

	forget(k);
	do
		r = next_part(k, &total);
	while (r > 0);
	if (r < 0)
		return DUMP_ERROR;
	at = k->b.p + k->at + HEAD;
	k->at += HEAD + total;
	if (total && *at == 0xff)
		return error_packet(k, at, total);
	if (total && total < 9 && *at == 0xfe)
		return DUMP_END;
	*p = at + 1;
	*n = total ? total - 1 : 0;
	return DUMP_EVENT;
}

int packets_are_ready(const struct packets *k)
{
	return k->at < k->b.len || fd_ready(k->fd);
}

#include "binlog/unzstd.h"

#include <stdlib.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "binlog/event.h"
#include "buf.h"

#define PIECE (256u << 10)
#define KEEP_MAX (16u << 20) /* a larger buffer, for one huge event, is not kept */

struct unzstd {
	ZSTD_DCtx *ctx;
	ZSTD_inBuffer in;
	int is_zstd, is_whole; /* the compressed data has come to its end */
	uint64_t left;	       /* bytes that are still to come out */
	struct buf b;	       /* bytes [at, b.len) are unread */
	size_t at;
};

struct unzstd *unzstd_new(void)
{
	struct unzstd *z = calloc(1, sizeof *z);

	if (z && !(z->ctx = ZSTD_createDCtx())) {
		free(z);
		return NULL;
	}
	return z;
}

void unzstd_free(struct unzstd *z)
{
	if (!z)
		return;
	ZSTD_freeDCtx(z->ctx);
	buf_release(&z->b);
	free(z);
}

int unzstd_start(struct unzstd *z, const uint8_t *p, size_t n, uint64_t plain, int is_zstd)
{
	z->in = (ZSTD_inBuffer){p, n, 0};
	z->is_zstd = is_zstd;
	z->is_whole = 0;
	z->left = plain;
	z->at = 0;
	if (z->b.cap > KEEP_MAX)
		buf_release(&z->b);
	buf_reset(&z->b);
	return ZSTD_isError(ZSTD_DCtx_reset(z->ctx, ZSTD_reset_session_only)) ? -1 : 0;
}

/* Some more bytes of the events. 1; 0 there are none; -1. */
static int more(struct unzstd *z, const char **why)
{
	ZSTD_outBuffer out;
	size_t room = z->left < PIECE ? (size_t)z->left : PIECE, r;

	if (buf_room(&z->b, room + 1) < 0) {
		*why = "no memory";
		return -1;
	}
	if (!z->is_zstd) {
		if (room > z->in.size - z->in.pos)
			room = z->in.size - z->in.pos;
		(void)buf_add(&z->b, (const uint8_t *)z->in.src + z->in.pos, room);
		z->in.pos += room;
		z->left -= room;
		return room > 0;
	}
	/* one byte more than should come, so that too much is seen */
	out = (ZSTD_outBuffer){z->b.p + z->b.len, room + (room == z->left), 0};
	while (!out.pos && !z->is_whole) {
		size_t was = z->in.pos;

		r = ZSTD_decompressStream(z->ctx, &out, &z->in);
		if (ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation) {
			*why = "no memory";
			return -1;
		}
		if (ZSTD_isError(r) || out.pos > z->left) {
			*why = ZSTD_isError(r) ? "compressed data is damaged" : "compressed data is longer than it says";
			return -1;
		}
		if (!r && z->in.pos == z->in.size)
			z->is_whole = 1;
		else if (z->in.pos == was && !out.pos)
			break; /* cut: it wants input that is not there */
	}
	z->b.len += out.pos;
	z->left -= out.pos;
	return out.pos > 0;
}

/* Has n bytes unread. 1, 0 not so many, -1. */
static int want(struct unzstd *z, size_t n, const char **why)
{
	int r;

	while (z->b.len - z->at < n) {
		if (z->at) {
			buf_shift(&z->b, z->at);
			z->at = 0;
		}
		if ((r = more(z, why)) <= 0)
			return r;
	}
	return 1;
}

int unzstd_event(struct unzstd *z, const uint8_t **p, size_t *n, const char **why)
{
	struct event e;
	size_t have;
	int r = want(z, EVENT_HEAD, why);

	if (r < 0)
		return -1;
	if (!r && z->at == z->b.len && !z->left && (z->is_zstd ? z->is_whole : z->in.pos == z->in.size))
		return 0;
	*why = "compressed data ends inside an event";
	if (!r)
		return -1;
	event_head(&e, z->b.p + z->at);
	have = z->b.len - z->at;
	if (e.len < EVENT_HEAD || e.len > EVENT_LEN_MAX || (e.len > have && e.len - have > z->left)) {
		*why = "an event in the compressed data has an impossible length";
		return -1;
	}
	if ((r = want(z, e.len, why)) <= 0)
		return -1;
	*p = z->b.p + z->at;
	*n = e.len;
	z->at += e.len;
	return 1;
}

#include "logbits.h"

#include <stdlib.h>

#include <zlib.h>
#include <zstd.h>

#include "binlog/zip.h"

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

size_t log_event_len(const uint8_t *p, size_t n)
{
	uint32_t len;

	if (n < EVENT_HEAD)
		return 0;
	len = le32(p + 9);
	return len < EVENT_HEAD ? EVENT_HEAD : len > n ? n : len;
}

size_t log_events(const uint8_t *p, size_t n, size_t *at, size_t max)
{
	size_t count = 0, len;

	for (size_t from = LOG_MAGIC_LEN; from < n && count < max && (len = log_event_len(p + from, n - from)); from += len)
		at[count++] = from;
	return count;
}

void log_event_seal(uint8_t *p, size_t n, uint64_t end, int has_crc)
{
	uint8_t in_use = p[4] == EV_FORMAT ? p[17] & (uint8_t)EVENT_IN_USE : 0;

	put_le32(p + 9, (uint32_t)n);
	if (le32(p + 13))
		put_le32(p + 13, (uint32_t)end);
	if (!has_crc || n < EVENT_HEAD + EVENT_CRC)
		return;
	p[17] &= (uint8_t)~in_use;
	put_le32(p + n - EVENT_CRC, (uint32_t)crc32_z(0, p, n - EVENT_CRC));
	p[17] |= in_use;
}

/* ---- compressed forms */

static void put_packed(struct buf *b, uint64_t v)
{
	if (v < 251) {
		(void)buf_add8(b, (uint8_t)v);
		return;
	}
	(void)buf_add8(b, 254);
	for (int i = 0; i < 8; i++)
		(void)buf_add8(b, (uint8_t)(v >> 8 * i));
}

/* As MariaDB does it: one byte of how, the length in 4 bytes, zlib's bytes. */
static void put_zlib(struct buf *out, const uint8_t *p, size_t n)
{
	uLongf room = compressBound((uLong)n);

	(void)buf_add8(out, 0x84);
	for (int i = 3; i >= 0; i--)
		(void)buf_add8(out, (uint8_t)(n >> 8 * i));
	if (buf_room(out, room) < 0 || compress2(out->p + out->len, &room, p, (uLong)n, 1) != Z_OK)
		abort();
	out->len += room;
}

static void put_payload(struct buf *out, const uint8_t *head, uint64_t plain, int method, const uint8_t *p, size_t n)
{
	struct buf size = BUF_INIT, was = BUF_INIT;

	put_packed(&size, n);
	put_packed(&was, plain);
	(void)buf_add(out, head, EVENT_HEAD);
	put_packed(out, 2);
	put_packed(out, method == 255 ? 9 : 1);
	put_packed(out, (uint64_t)method);
	put_packed(out, 3);
	put_packed(out, was.len);
	(void)buf_add(out, was.p, was.len);
	put_packed(out, 1);
	put_packed(out, size.len);
	(void)buf_add(out, size.p, size.len);
	put_packed(out, 0);
	(void)buf_add(out, p, n);
	buf_release(&size);
	buf_release(&was);
}

static int compress_payload(const uint8_t *head, struct cur *c, struct buf *out)
{
	struct ev_payload p;
	uint8_t *to;
	size_t room, n;

	if (read_payload(c, &p) < 0 || p.is_zstd)
		return -1;
	room = ZSTD_compressBound(p.n);
	if (!(to = malloc(room)))
		abort();
	n = ZSTD_compress(to, room, p.p, p.n, 1);
	put_payload(out, head, p.n, 0, to, n);
	free(to);
	return 0;
}

/* Up to the first byte of what is compressed. */
static int skip_rows_head(struct cur *c, int has_extra, int is_update)
{
	uint64_t ncols;

	cur_skip(c, 8);
	if (has_extra) {
		unsigned n = cur_le16(c);

		cur_skip(c, n < 2 ? 0 : n - 2);
	}
	ncols = cur_packed(c);
	if (ncols > 65536)
		return -1;
	cur_skip(c, (size_t)(ncols + 7) / 8 * (is_update ? 2 : 1));
	return c->err ? -1 : 0;
}

static int skip_query_head(struct cur *c)
{
	unsigned ndb, nstatus;

	cur_skip(c, 8);
	ndb = cur_u8(c);
	cur_skip(c, 2);
	nstatus = cur_le16(c);
	cur_skip(c, nstatus + ndb + 1);
	return c->err ? -1 : 0;
}

int log_event_compress(const uint8_t *p, size_t n, int has_crc, struct buf *out)
{
	size_t crc = has_crc ? EVENT_CRC : 0, start = out->len;
	uint8_t type = n < EVENT_HEAD + crc ? 0 : p[4];
	struct cur c;
	int r;

	if (!type)
		return -1;
	cur_init(&c, p, n - crc);
	cur_skip(&c, EVENT_HEAD);
	if (type == EV_TRANSACTION_PAYLOAD) {
		r = compress_payload(p, &c, out);
	} else if (type == EV_QUERY || (type >= EV_WRITE_V1 && type <= EV_DELETE_V1) ||
		   (type >= EV_WRITE_V2 && type <= EV_DELETE_V2)) {
		int is_v2 = type >= EV_WRITE_V2;

		r = type == EV_QUERY ? skip_query_head(&c)
				     : skip_rows_head(&c, is_v2, type == EV_UPDATE_V1 || type == EV_UPDATE_V2);
		if (r < 0)
			return -1;
		(void)buf_add(out, p, cur_at(&c));
		put_zlib(out, c.p, cur_left(&c));
		out->p[start + 4] = type == EV_QUERY ? EV_QUERY_COMPRESSED
				    : is_v2	     ? (uint8_t)(EV_WRITE_COMPRESSED_V2 + (type - EV_WRITE_V2))
						     : (uint8_t)(EV_WRITE_COMPRESSED_V1 + (type - EV_WRITE_V1));
	} else {
		r = -1;
	}
	if (!r)
		(void)buf_add(out, "\0\0\0", crc);
	if (!r)
		put_le32(out->p + start + 9, (uint32_t)(out->len - start));
	return r;
}

void log_payload_plain(const uint8_t *head, const uint8_t *plain, size_t n, struct buf *out)
{
	size_t start = out->len;

	put_payload(out, head, n, 255, plain, n);
	(void)buf_add(out, "\0\0\0", EVENT_CRC);
	put_le32(out->p + start + 9, (uint32_t)(out->len - start));
}

int log_event_open(const uint8_t *p, size_t n, int has_crc, size_t max, struct buf *out)
{
	size_t crc = has_crc ? EVENT_CRC : 0, got;
	struct ev_payload e;
	struct cur c;
	uint8_t *to;

	if (n < EVENT_HEAD + crc || p[4] != EV_TRANSACTION_PAYLOAD)
		return -1;
	cur_init(&c, p, n - crc);
	cur_skip(&c, EVENT_HEAD);
	if (read_payload(&c, &e) < 0 || !e.is_zstd || !(to = malloc(max)))
		return -1;
	got = ZSTD_decompress(to, max, e.p, e.n);
	if (!ZSTD_isError(got))
		log_payload_plain(p, to, got, out);
	free(to);
	return ZSTD_isError(got) ? -1 : 0;
}

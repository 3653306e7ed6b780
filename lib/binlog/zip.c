#include "binlog/zip.h"

#include <zlib.h>

/* Inflates p, n to exactly `want` bytes behind what is in out. */
static int inflate_exact(const uint8_t *p, size_t n, int window_bits, size_t want, struct buf *out, const char **why)
{
	z_stream z = {0};
	int r;

	if (want > ZIP_MAX || n > ZIP_MAX || want / 1032 > n + 1) { /* deflate makes at most 1032 of 1 */
		*why = "wrong length of compressed data";
		return -1;
	}
	if (buf_room(out, want + 1) < 0) {
		*why = "no memory";
		return -1;
	}
	z.next_in = (uint8_t *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = out->p + out->len;
	z.avail_out = (uInt)want + 1; /* one more: too much is seen, and zero is not a special case */
	if (inflateInit2(&z, window_bits) != Z_OK) {
		*why = "no memory";
		return -1;
	}
	r = inflate(&z, Z_FINISH);
	(void)inflateEnd(&z);
	if (r != Z_STREAM_END || z.total_out != want) {
		*why = "compressed data is damaged";
		return -1;
	}
	out->len += want;
	return 0;
}

static size_t be(const uint8_t *p, unsigned n)
{
	size_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* binlog_buf_uncompress: 1 0 0 method(1 bit of 3), then bytes of length; the length, big-endian; zlib */
int zip_event(const uint8_t *p, size_t n, struct buf *out, const char **why)
{
	unsigned nlen = n ? p[0] & 7u : 0;

	if (!n || !(p[0] & 0x80) || nlen < 1 || nlen > 4 || n < 1 + nlen) {
		*why = "compressed data is too short";
		return -1;
	}
	if (p[0] & 0x70) {
		*why = "compressed by a method that is not known";
		return -1;
	}
	return inflate_exact(p + 1 + nlen, n - 1 - nlen, MAX_WBITS, be(p + 1, nlen), out, why);
}

/* Field_longstr::uncompress: method in the high 4 bits (0 none, 8 zlib), bit 3: without zlib's head, low 3 bits: bytes of length
 */
int zip_column(const uint8_t *p, size_t n, struct buf *out, const uint8_t **plain, size_t *nplain, const char **why)
{
	unsigned nlen;

	*plain = p;
	*nplain = 0;
	if (!n)
		return 0;
	nlen = p[0] & 7u;
	if (p[0] >> 4 == 0) {
		*plain = p + 1;
		*nplain = n - 1;
		return 0;
	}
	if (p[0] >> 4 != 8) {
		*why = "column compressed by a method that is not known";
		return -1;
	}
	if (!nlen || nlen > 4 || n < 1 + nlen) {
		*why = "compressed column is too short";
		return -1;
	}
	buf_reset(out);
	if (inflate_exact(p + 1 + nlen, n - 1 - nlen, p[0] & 8 ? -MAX_WBITS : MAX_WBITS, be(p + 1, nlen), out, why) < 0)
		return -1;
	*plain = out->p;
	*nplain = out->len;
	return 0;
}

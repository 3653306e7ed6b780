#include <string.h>
#include <wctype.h>

#include "text.h"

/* The code point of a well-formed character of *len bytes; -1: none begins here, *len is 1. */
static int32_t decode(const uint8_t *p, size_t n, size_t *len)
{
	static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	int32_t c;
	size_t k;

	*len = 1;
	if (p[0] < 0x80)
		return p[0];
	k = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n < k)
		return -1;
	c = p[0] & (0xff >> (k + 1));
	for (size_t i = 1; i < k; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[k] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return -1;
	*len = k;
	return c;
}

size_t text_step(const uint8_t *p, size_t n)
{
	size_t len;

	(void)decode(p, n, &len);
	return len;
}

size_t text_chars(const uint8_t *p, size_t n)
{
	size_t chars = 0;

	for (size_t i = 0; i < n; chars++)
		i += text_step(p + i, n - i);
	return chars;
}

int text_like(const uint8_t *s, size_t n, const uint8_t *pat, size_t npat, const uint8_t *escape, size_t nescape, int utf8)
{
	size_t i = 0, j = 0, star = SIZE_MAX, from = 0;

	/* a mismatch goes back to the last % only: what earlier ones took cannot help */
	for (;;) {
		if (j < npat && nescape && npat - j > nescape && memcmp(pat + j, escape, nescape) == 0) {
			size_t at = j + nescape, len = utf8 ? text_step(pat + at, npat - at) : 1;

			if (n - i >= len && memcmp(s + i, pat + at, len) == 0) {
				i += len;
				j = at + len;
				continue;
			}
		} else if (j < npat && pat[j] == '%') {
			star = ++j;
			from = i;
			if (j == npat)
				return 1;
			continue;
		} else if (j < npat && pat[j] == '_') {
			if (i < n) {
				i += utf8 ? text_step(s + i, n - i) : 1;
				j++;
				continue;
			}
		} else if (j < npat && i < n && s[i] == pat[j]) {
			i++;
			j++;
			continue;
		} else if (j == npat && i == n) {
			return 1;
		}
		if (star == SIZE_MAX || from >= n)
			return 0;
		from += utf8 ? text_step(s + from, n - from) : 1;
		i = from;
		j = star;
	}
}

static void encode(struct buf *out, uint32_t c)
{
	uint8_t b[4];
	size_t n;

	if (c < 0x80) {
		b[0] = (uint8_t)c;
		n = 1;
	} else if (c < 0x800) {
		b[0] = (uint8_t)(0xc0 | c >> 6);
		n = 2;
	} else if (c < 0x10000) {
		b[0] = (uint8_t)(0xe0 | c >> 12);
		n = 3;
	} else {
		b[0] = (uint8_t)(0xf0 | c >> 18);
		n = 4;
	}
	for (size_t i = n; i-- > 1; c >>= 6)
		b[i] = (uint8_t)(0x80 | (c & 0x3f));
	(void)buf_add(out, b, n);
}

void text_fold(const uint8_t *p, size_t n, int upper, locale_t utf8_locale, struct buf *out)
{
	size_t len;

	for (size_t i = 0; i < n; i += len) {
		int32_t c = decode(p + i, n - i, &len);

		if (c < 0)
			(void)buf_add8(out, p[i]);
		else if (c < 0x80)
			(void)buf_add8(
			    out, (uint8_t)(upper ? (c >= 'a' && c <= 'z' ? c - 32 : c) : (c >= 'A' && c <= 'Z' ? c + 32 : c)));
		else
			encode(out, (uint32_t)(upper ? towupper_l((wint_t)c, utf8_locale) : towlower_l((wint_t)c, utf8_locale)));
	}
}

uint32_t text_crc32(const uint8_t *p, size_t n)
{
	static const uint32_t half[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158,
	    0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
	uint32_t c = 0xffffffff;

	for (size_t i = 0; i < n; i++) {
		c ^= p[i];
		c = c >> 4 ^ half[c & 15];
		c = c >> 4 ^ half[c & 15];
	}
	return ~c;
}

#include "b64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void b64_encode(struct buf *out, const void *ptr, size_t n)
{
	const uint8_t *p = ptr;
	uint8_t *to;

	if (buf_room(out, (n + 2) / 3 * 4) < 0)
		return;
	to = out->p + out->len;
	out->len += (n + 2) / 3 * 4;
	for (; n >= 3; n -= 3, p += 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

		*to++ = (uint8_t)digits[v >> 18];
		*to++ = (uint8_t)digits[v >> 12 & 63];
		*to++ = (uint8_t)digits[v >> 6 & 63];
		*to++ = (uint8_t)digits[v & 63];
	}
	if (n) {
		uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0);

		*to++ = (uint8_t)digits[v >> 18];
		*to++ = (uint8_t)digits[v >> 12 & 63];
		*to++ = n > 1 ? (uint8_t)digits[v >> 6 & 63] : '=';
		*to = '=';
	}
}

static int value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int b64_decode(struct buf *out, const char *p, size_t n)
{
	if (n % 4 != 0 || buf_room(out, n / 4 * 3) < 0)
		return -1;
	for (; n; n -= 4, p += 4) {
		int pad = n == 4 ? (p[3] == '=') + (p[3] == '=' && p[2] == '=') : 0;
		int a = value(p[0]), b = value(p[1]), c = pad > 1 ? 0 : value(p[2]), d = pad ? 0 : value(p[3]);
		uint8_t bytes[3];

		if (a < 0 || b < 0 || c < 0 || d < 0)
			return -1;
		bytes[0] = (uint8_t)(a << 2 | b >> 4);
		bytes[1] = (uint8_t)(b << 4 | c >> 2);
		bytes[2] = (uint8_t)(c << 6 | d);
		/* bits behind the last byte are zero, so there is one text for the bytes */
		if ((pad == 1 && bytes[2]) || (pad == 2 && (bytes[1] || bytes[2])))
			return -1;
		(void)buf_add(out, bytes, (size_t)(3 - pad));
	}
	return 0;
}

#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b)
{
	*b = (struct buf)BUF_INIT;
}

void buf_release(struct buf *b)
{
	free(b->p);
	buf_init(b);
}

int buf_grow(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 64;
	uint8_t *p;

	if (b->failed)
		return -1;
	if (n > SIZE_MAX / 2 - b->len)
		goto fail;
	while (cap < b->len + n)
		cap += cap / 2;
	p = realloc(b->p, cap);
	if (!p)
		goto fail;
	b->p = p;
	b->cap = cap;
	return 0;
fail:
	b->failed = 1;
	return -1;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	/* most fit at once */
	if (buf_room(b, 64) < 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf((char *)b->p + b->len, b->cap - b->len, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = 1;
		return;
	}
	if ((size_t)n >= b->cap - b->len) {
		if (buf_room(b, (size_t)n + 1) < 0)
			return;
		va_start(ap, fmt);
		vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)n;
}

size_t u64_digits(char *to, uint64_t v)
{
	char digits[U64_DIGITS], *p = digits + sizeof digits;
	size_t n;

	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	n = (size_t)(digits + sizeof digits - p);
	memcpy(to, p, n);
	return n;
}

void buf_putu(struct buf *b, uint64_t v)
{
	if (buf_room(b, U64_DIGITS) == 0)
		b->len += u64_digits((char *)b->p + b->len, v);
}

void buf_puti(struct buf *b, int64_t v)
{
	if (v < 0)
		(void)buf_add8(b, '-');
	buf_putu(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_hex(struct buf *b, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *from = p;

	if (n > SIZE_MAX / 4) {
		b->failed = 1;
		return;
	}
	if (buf_room(b, 2 * n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		b->p[b->len++] = (uint8_t)digits[from[i] >> 4];
		b->p[b->len++] = (uint8_t)digits[from[i] & 15];
	}
}

const char *buf_str(struct buf *b)
{
	if (buf_room(b, 1) < 0)
		return "";
	b->p[b->len] = 0;
	return (const char *)b->p;
}

void buf_shift(struct buf *b, size_t n)
{
	if (!n)
		return;
	memmove(b->p, b->p + n, b->len - n);
	b->len -= n;
}

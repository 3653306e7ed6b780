#include "jsonw.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "b64.h"
#include "charset.h"

void json_string(struct buf *b, const void *ptr, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = ptr;
	size_t from = 0;

	buf_add8(b, '"');
	for (size_t i = 0; i < n; i++) {
		char esc[6] = {'\\', 'u', '0', '0'};
		size_t len = 2;

		if (p[i] >= 0x20 && p[i] != '"' && p[i] != '\\')
			continue;
		switch (p[i]) {
		case '"':
		case '\\':
			esc[1] = (char)p[i];
			break;
		case '\b':
			esc[1] = 'b';
			break;
		case '\f':
			esc[1] = 'f';
			break;
		case '\n':
			esc[1] = 'n';
			break;
		case '\r':
			esc[1] = 'r';
			break;
		case '\t':
			esc[1] = 't';
			break;
		default:
			esc[4] = hex[p[i] >> 4];
			esc[5] = hex[p[i] & 15];
			len = 6;
		}
		buf_add(b, p + from, i - from);
		buf_add(b, esc, len);
		from = i + 1;
	}
	buf_add(b, p + from, n - from);
	buf_add8(b, '"');
}

void json_b64(struct buf *b, const void *p, size_t n)
{
	buf_adds(b, "{\"b64\":\"");
	b64_encode(b, p, n);
	buf_adds(b, "\"}");
}

void json_text(struct buf *b, const void *p, size_t n)
{
	if (utf8_is_valid(p, n))
		json_string(b, p, n);
	else
		json_b64(b, p, n);
}

#define EXACT (UINT64_C(1) << 53)

/* Beyond what readers of JSON keep in a double it is text. */
static void mark(struct buf *b, uint64_t v)
{
	if (v > EXACT)
		(void)buf_add8(b, '"');
}

void json_uint(struct buf *b, uint64_t v)
{
	mark(b, v);
	buf_putu(b, v);
	mark(b, v);
}

void json_int(struct buf *b, int64_t v)
{
	uint64_t size = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	mark(b, size);
	buf_puti(b, v);
	mark(b, size);
}

void json_double(struct buf *b, double v)
{
	char text[40];
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	if (!isfinite(v)) {
		buf_printf(b, "{\"bits\":\"%016" PRIx64 "\"}", bits);
		return;
	}
	if (v == 0 && signbit(v)) {
		buf_adds(b, "\"-0.0\"");
		return;
	}
	/* 15 digits always come back but for the smallest numbers, that have fewer bits */
	for (int precision = fabs(v) < 2.3e-308 ? 1 : 15; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_adds(b, text);
}

void json_float(struct buf *b, float v)
{
	char text[40];
	uint32_t bits;

	memcpy(&bits, &v, sizeof(bits));
	if (!isfinite(v)) {
		buf_printf(b, "{\"bits\":\"%08" PRIx32 "\"}", bits);
		return;
	}
	if (v == 0 && signbit(v)) {
		buf_adds(b, "\"-0.0\"");
		return;
	}
	/* by way of a double, as every reader of JSON takes it */
	for (int precision = fabsf(v) < 1.2e-38f ? 1 : 6; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, (double)v);
		if ((float)strtod(text, NULL) == v)
			break;
	}
	buf_adds(b, text);
}

#include "show.h"

#include <stdio.h>
#include <time.h>
#include <wchar.h>

#include "address.h"
#include "charset.h"
#include "jsonw.h"
#include "myjson.h"

/* One character of UTF-8 at p, its length in *len; -1: not UTF-8. */
static int32_t next_char(const uint8_t *p, size_t n, unsigned *len)
{
	unsigned k = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	int32_t ch;

	*len = 1;
	if (k > n || !utf8_is_valid(p, k))
		return -1;
	*len = k;
	ch = k == 1 ? *p : *p & (0x7f >> k);
	for (unsigned i = 1; i < k; i++)
		ch = ch << 6 | (p[i] & 0x3f);
	return ch;
}

/* Characters that turn the direction of text or hide in it. */
static int is_invisible(int32_t ch)
{
	return (ch >= 0x200b && ch <= 0x200f) || (ch >= 0x2028 && ch <= 0x202e) || (ch >= 0x2060 && ch <= 0x206f) ||
	       ch == 0xfeff || ch == 0x061c;
}

unsigned show_text(struct buf *b, const void *ptr, size_t n, unsigned width, const char *keep_lines)
{
	const uint8_t *p = ptr;
	unsigned used = 0;

	for (size_t i = 0; i < n;) {
		unsigned len, w;
		int32_t ch = next_char(p + i, n - i, &len);
		char esc[16] = "";
		int wide = ch >= 0 ? wcwidth((wchar_t)ch) : -1;

		if (ch == '\n' && keep_lines) {
			buf_adds(b, keep_lines);
			i++;
			continue;
		}
		if (ch == '\n')
			snprintf(esc, sizeof(esc), "\\n");
		else if (ch == '\t' && keep_lines)
			snprintf(esc, sizeof(esc), "    ");
		else if (ch == '\t')
			snprintf(esc, sizeof(esc), "\\t");
		else if (ch == '\r')
			snprintf(esc, sizeof(esc), "\\r");
		else if (ch < 0x20 || ch == 0x7f)
			snprintf(esc, sizeof(esc), "\\x%02x", p[i]);
		else if (wide < 0 || is_invisible(ch))
			snprintf(esc, sizeof(esc), "\\u{%x}", (unsigned)ch);
		w = *esc ? (unsigned)strlen(esc) : (unsigned)wide;
		/* room for the dots is kept unless this is the end */
		if (used + w > width || (used + w == width && i + len < n)) {
			buf_adds(b, "\xe2\x80\xa6");
			return used + 1;
		}
		if (*esc)
			buf_adds(b, esc);
		else
			buf_add(b, p + i, len);
		used += w;
		i += len;
	}
	return used;
}

int show_is_number(const struct column *c)
{
	switch (col_type_class(c->type)) {
	case COLC_INT:
		return c->type != COL_ENUM && c->type != COL_SET;
	case COLC_FLOAT:
	case COLC_DOUBLE:
		return 1;
	default:
		return c->type == COL_DECIMAL;
	}
}

static unsigned put(struct buf *b, const char *z)
{
	buf_adds(b, z);
	return (unsigned)strlen(z);
}

static unsigned hex(struct buf *b, const uint8_t *p, size_t n, unsigned width)
{
	size_t fit = width > 3 ? (width - 3) / 2 : 1;

	buf_adds(b, "0x");
	for (size_t i = 0; i < n && i < fit; i++)
		buf_printf(b, "%02X", p[i]);
	if (n <= fit)
		return (unsigned)(2 + 2 * n);
	buf_adds(b, "\xe2\x80\xa6");
	return (unsigned)(3 + 2 * fit);
}

/* Text that could be taken for something else stands in quotes. */
static unsigned quoted_text(struct buf *b, const uint8_t *p, size_t n, unsigned width)
{
	int quote = n == 0 || p[0] == ' ' || p[n - 1] == ' ' || p[0] == '\'' || (n == 4 && memcmp(p, "NULL", 4) == 0);
	unsigned w;

	if (!quote)
		return show_text(b, p, n, width, NULL);
	buf_add8(b, '\'');
	w = show_text(b, p, n, width - 2, NULL);
	buf_add8(b, '\'');
	return w + 2;
}

static unsigned charset_text(struct buf *b, struct buf *tmp, const char *cs, const uint8_t *p, size_t n, unsigned width)
{
	buf_reset(tmp);
	if (charset_to_utf8(cs, p, n, tmp) < 0)
		return hex(b, p, n, width);
	return quoted_text(b, tmp->p, tmp->len, width);
}

static unsigned members(struct buf *b, struct buf *tmp, const struct column *c, uint64_t v, unsigned width)
{
	struct buf list = BUF_INIT;
	unsigned w;
	int ok = 1;

	for (unsigned i = 0; v && ok; i++, v >>= 1) {
		if (!(v & 1))
			continue;
		ok = i < c->nlabels;
		if (!ok)
			break;
		if (list.len)
			buf_add8(&list, ',');
		buf_add(&list, c->labels[i].p, c->labels[i].n);
	}
	w = ok && !list.failed ? charset_text(b, tmp, c->charset, list.p, list.len, width) : 0;
	buf_release(&list);
	return w;
}

static unsigned integer(struct buf *b, struct buf *tmp, const struct column *c, const struct val *v, unsigned width)
{
	char text[24];
	unsigned w = 0;

	if (c->type == COL_ENUM && v->kind == VAL_UINT && v->u >= 1 && v->u <= c->nlabels)
		return charset_text(b, tmp, c->charset, c->labels[v->u - 1].p, c->labels[v->u - 1].n, width);
	if (c->type == COL_SET && v->kind == VAL_UINT && c->nlabels)
		w = members(b, tmp, c, v->u, width);
	if (w)
		return w;
	if (v->kind == VAL_UINT)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)v->u);
	else
		snprintf(text, sizeof(text), "%lld", (long long)v->i);
	return put(b, text);
}

/* A float as JSON has it, without what is only there for machines. */
static unsigned floating(struct buf *b, struct buf *tmp, const struct val *v)
{
	const char *z;

	buf_reset(tmp);
	if (v->kind == VAL_FLOAT)
		json_float(tmp, v->f);
	else
		json_double(tmp, v->d);
	z = buf_str(tmp);
	if (*z == '{')
		return put(b, "not a number");
	if (*z == '"')
		return put(b, "-0.0");
	return put(b, z);
}

static unsigned bytes(struct buf *b, const struct column *c, const struct val *v, unsigned width)
{
	size_t at = b->len;

	return address_text(b, c->type, v->p, v->n) ? (unsigned)(b->len - at) : hex(b, v->p, v->n, width);
}

unsigned show_val(struct buf *b, struct buf *tmp, const struct column *c, const struct val *v, unsigned width)
{
	switch (v->kind) {
	case VAL_ABSENT:
		buf_adds(b, "\xc2\xb7");
		return 1;
	case VAL_NULL:
		return put(b, "NULL");
	case VAL_UINT:
	case VAL_INT:
		return integer(b, tmp, c, v, width);
	case VAL_FLOAT:
	case VAL_DOUBLE:
		return floating(b, tmp, v);
	case VAL_STR:
	case VAL_BIN:
		break;
	}
	switch (col_type_class(c->type)) {
	case COLC_TEXT:
		if (c->type == COL_JSON && v->kind == VAL_BIN) {
			const char *why;

			buf_reset(tmp);
			if (myjson_text(v->p, v->n, tmp, &why) >= 0)
				return show_text(b, tmp->p, tmp->len, width, NULL);
		}
		return charset_text(b, tmp, c->type == COL_JSON ? "utf8mb4" : c->charset, v->p, v->n, width);
	case COLC_BYTES:
		return bytes(b, c, v, width);
	default:
		return show_text(b, v->p, v->n, width, NULL);
	}
}

void show_time(struct buf *b, int64_t us)
{
	int64_t frac = us % 1000000;
	time_t sec = (time_t)(us / 1000000);
	struct tm tm;
	char text[48];

	if (frac < 0) {
		frac += 1000000;
		sec--;
	}
	if (!gmtime_r(&sec, &tm)) {
		buf_printf(b, "%lld us", (long long)us);
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_adds(b, text);
	if (frac) {
		snprintf(text, sizeof(text), ".%06d", (int)frac);
		for (size_t n = strlen(text); text[n - 1] == '0'; n--)
			text[n - 1] = 0;
		buf_adds(b, text);
	}
	buf_adds(b, " UTC");
}

void show_duration(struct buf *b, int64_t us)
{
	if (us < 0) {
		buf_add8(b, '-');
		us = us == INT64_MIN ? INT64_MAX : -us;
	}
	if (us < 1000000)
		buf_printf(b, "%lld ms", (long long)(us / 1000));
	else if (us < 120 * INT64_C(1000000))
		buf_printf(b, "%.1f s", (double)us / 1e6);
	else if (us < 7200 * INT64_C(1000000))
		buf_printf(b, "%lld min", (long long)(us / 60000000));
	else if (us < 172800 * INT64_C(1000000))
		buf_printf(b, "%lld h", (long long)(us / 3600000000));
	else
		buf_printf(b, "%lld d", (long long)(us / 86400000000));
}

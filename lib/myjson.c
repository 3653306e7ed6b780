#include "myjson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "binlog/numtext.h"
#include "charset.h"
#include "cur.h"
#include "shortest.h"

enum { /* types of the binary form */
	B_SMALL_OBJECT,
	B_LARGE_OBJECT,
	B_SMALL_ARRAY,
	B_LARGE_ARRAY,
	B_LITERAL,
	B_INT16,
	B_UINT16,
	B_INT32,
	B_UINT32,
	B_INT64,
	B_UINT64,
	B_DOUBLE,
	B_STRING,
	B_OPAQUE = 15
};

enum { F_TIMESTAMP = 7, F_DATE = 10, F_TIME = 11, F_DATETIME = 12, F_NEWDATE = 14, F_DECIMAL = 246 };

static int damaged(const char **why)
{
	*why = "JSON document is damaged";
	return -1;
}

/* Seven bits a byte, the lowest first. */
static size_t var_len(struct cur *c)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < 5; i++) {
		uint8_t b = cur_u8(c);

		n |= (uint64_t)(b & 0x7f) << 7 * i;
		if (!(b & 0x80))
			return n > UINT32_MAX ? SIZE_MAX : (size_t)n;
	}
	return SIZE_MAX;
}

static int set_literal(struct myjson *v, unsigned l)
{
	v->type = l == 1 ? MYJSON_TRUE : l == 2 ? MYJSON_FALSE : MYJSON_NULL;
	return l > 2 ? -1 : 0;
}

static void set_int(struct myjson *v, int64_t i)
{
	v->type = MYJSON_INT;
	v->i = i;
}

static void set_uint(struct myjson *v, uint64_t u)
{
	v->type = MYJSON_UINT;
	v->u = u;
}

/* count, bytes, then entries: of an object's keys (offset, length of 2 bytes), of the values (type, offset or value) */
static int set_container(struct myjson *v, unsigned type, const uint8_t *p, size_t n)
{
	unsigned word = type & 1 ? 4 : 2;
	int is_object = type <= B_LARGE_OBJECT;
	uint64_t count, bytes, head;
	struct cur c;

	cur_init(&c, p, n);
	count = cur_le(&c, word);
	bytes = cur_le(&c, word);
	head = 2 * word + count * ((is_object ? word + 2 : 0) + 1 + word);
	if (c.err || bytes > n || head > bytes)
		return -1;
	v->type = is_object ? MYJSON_OBJECT : MYJSON_ARRAY;
	v->is_large = word == 4;
	v->count = (uint32_t)count;
	v->p = p;
	v->n = (size_t)bytes;
	v->own = (size_t)head;
	return 0;
}

/* The value of a type that begins at p and may reach up to p + n. */
static int set_value(struct myjson *v, unsigned type, const uint8_t *p, size_t n)
{
	struct cur c;
	uint64_t bits;

	memset(v, 0, sizeof *v);
	v->code = (uint8_t)type;
	v->raw = p;
	cur_init(&c, p, n);
	switch (type) {
	case B_SMALL_OBJECT:
	case B_LARGE_OBJECT:
	case B_SMALL_ARRAY:
	case B_LARGE_ARRAY:
		return set_container(v, type, p, n);
	case B_LITERAL:
		if (set_literal(v, cur_u8(&c)) < 0)
			return -1;
		break;
	case B_INT16:
		set_int(v, (int16_t)cur_le16(&c));
		break;
	case B_UINT16:
		set_uint(v, cur_le16(&c));
		break;
	case B_INT32:
		set_int(v, (int32_t)cur_le32(&c));
		break;
	case B_UINT32:
		set_uint(v, cur_le32(&c));
		break;
	case B_INT64:
		set_int(v, (int64_t)cur_le64(&c));
		break;
	case B_UINT64:
		set_uint(v, cur_le64(&c));
		break;
	case B_DOUBLE:
		bits = cur_le64(&c);
		v->type = MYJSON_DOUBLE;
		memcpy(&v->d, &bits, sizeof v->d);
		if (!isfinite(v->d))
			return -1;
		break;
	case B_OPAQUE:
		v->field_type = cur_u8(&c);
		/* fall through */
	case B_STRING:
		v->type = type == B_STRING ? MYJSON_STRING : MYJSON_OPAQUE;
		v->n = var_len(&c);
		v->p = cur_bytes(&c, v->n);
		break;
	default:
		return -1;
	}
	v->own = v->nraw = cur_at(&c);
	return c.err ? -1 : 0;
}

int myjson_root(struct myjson *v, const uint8_t *p, size_t n, const char **why)
{
	if (!n) { /* what INSERT IGNORE puts in the place of a NULL that cannot be */
		static const uint8_t null;

		memset(v, 0, sizeof *v);
		v->code = B_LITERAL;
		v->raw = &null;
		v->nraw = 1;
		return 0;
	}
	return set_value(v, *p, p + 1, n - 1) < 0 ? damaged(why) : 0;
}

static uint64_t le(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static int is_inlined(unsigned type, int is_large)
{
	return type == B_LITERAL || type == B_INT16 || type == B_UINT16 || (is_large && (type == B_INT32 || type == B_UINT32));
}

int myjson_at(const struct myjson *v, uint32_t i, struct myjson *child, const uint8_t **key, size_t *nkey, const char **why)
{
	unsigned word = v->is_large ? 4 : 2;
	int is_object = v->type == MYJSON_OBJECT;
	size_t entries = 2 * word + (is_object ? (size_t)v->count * (word + 2) : 0);
	const uint8_t *e;
	uint64_t at;

	*key = NULL;
	*nkey = 0;
	if (is_object) {
		e = v->p + 2 * word + (size_t)i * (word + 2);
		at = le(e, word);
		*nkey = (size_t)le(e + word, 2);
		if (at < v->own || at > v->n || *nkey > v->n - at)
			return damaged(why);
		*key = v->p + at;
	}
	e = v->p + entries + (size_t)i * (1 + word);
	if (is_inlined(*e, v->is_large)) {
		if (set_value(child, *e, e + 1, word) < 0)
			return damaged(why);
		child->own = 0; /* counted with the container's head */
		return 0;
	}
	at = le(e + 1, word);
	if (at < v->own || at >= v->n || set_value(child, *e, v->p + at, v->n - (size_t)at) < 0)
		return damaged(why);
	return 0;
}

/* ---- text */

static inline char *put_digits(char *o, const char *digits, int n)
{
	memcpy(o, digits, (size_t)n);
	return o + n;
}

static inline char *put_zeros(char *o, int n)
{
	for (; n > 0; n--)
		*o++ = '0';
	return o;
}

#define DOUBLE_MAX 40 /* bytes of a double's text */

static size_t double_text(char *to, double d)
{
	struct shortest s;
	char *o = to;

	shortest_of(&s, d);
	if (s.point < -14 || (s.point > 15 && s.n <= s.point)) /* as my_gcvt chooses */
		return shortest_literal(to, d);
	if (signbit(d))
		*o++ = '-';
	if (s.point <= 0) {
		o = put_zeros(put_digits(o, "0.", 2), -s.point);
		o = put_digits(o, s.digits, s.n);
	} else if (s.point < s.n) {
		o = put_digits(o, s.digits, s.point);
		*o++ = '.';
		o = put_digits(o, s.digits + s.point, s.n - s.point);
	} else {
		o = put_zeros(put_digits(o, s.digits, s.n), s.point - s.n);
		o = put_digits(o, ".0", 2);
	}
	return (size_t)(o - to);
}

void myjson_double_text(double d, struct buf *out)
{
	char text[DOUBLE_MAX];

	(void)buf_add(out, text, double_text(text, d));
}

static int decimal_opaque(const struct myjson *v, char *to, size_t size)
{
	char text[DECIMAL_TEXT_MAX];
	unsigned bytes = v->n < 2 ? 0 : decimal_value_bytes(v->p[0], v->p[1]);
	size_t n;

	if (!bytes || v->n != 2 + bytes || !(n = decimal_text(text, v->p + 2, v->p[0], v->p[1])))
		return -1;
	(void)snprintf(to, size, "%.*s", (int)n, text);
	return 0;
}

/* my_time.h's packed forms in 8 bytes: date and time of day, 24 bits of microseconds; negative as a whole */
static int time_opaque(const struct myjson *v, char *to, size_t size)
{
	int64_t packed;
	uint64_t u, hms, ymd, ym;
	unsigned us;

	if (v->n != 8)
		return -1;
	packed = (int64_t)le(v->p, 8);
	u = packed < 0 ? -(uint64_t)packed : (uint64_t)packed;
	us = (unsigned)(u & 0xffffff);
	u >>= 24;
	if (v->field_type == F_TIME) {
		(void)snprintf(to, size, "%s%02u:%02u:%02u.%06u", packed < 0 ? "-" : "", (unsigned)(u >> 12 & 0x3ff),
		    (unsigned)(u >> 6 & 63), (unsigned)(u & 63), us);
		return 0;
	}
	hms = u & 0x1ffff;
	ymd = u >> 17;
	ym = ymd >> 5;
	if (packed < 0 || ym / 13 > 9999)
		return -1;
	if (v->field_type == F_DATE)
		(void)snprintf(to, size, "%04u-%02u-%02u", (unsigned)(ym / 13), (unsigned)(ym % 13), (unsigned)(ymd & 31));
	else
		(void)snprintf(to, size, "%04u-%02u-%02u %02u:%02u:%02u.%06u", (unsigned)(ym / 13), (unsigned)(ym % 13),
		    (unsigned)(ymd & 31), (unsigned)(hms >> 12), (unsigned)(hms >> 6 & 63), (unsigned)(hms & 63), us);
	return 0;
}

int myjson_opaque_text(const struct myjson *v, char *to, size_t size)
{
	*to = 0;
	switch (v->field_type) {
	case F_DECIMAL:
		return decimal_opaque(v, to, size);
	case F_DATE:
	case F_TIME:
	case F_DATETIME:
	case F_TIMESTAMP:
		return time_opaque(v, to, size);
	default:
		return 0;
	}
}

/*
 * The walk that writes the text looks at bytes where they stand: a document is mostly small values, and one struct myjson for
 * each costs more than they do. Every byte of the document belongs to one value alone, so the text has a bound.
 */
struct writing {
	struct buf *out;
	uint8_t *o, *end;    /* in out: where the text goes on, and where its memory ends */
	const uint8_t *stop; /* end of the document's bytes */
	size_t left;	     /* bytes of the document that no value has claimed yet */
	int is_exact;
	const char **why;
};

static int grow(struct writing *w, size_t n)
{
	w->out->len = (size_t)(w->o - w->out->p);
	if (buf_room(w->out, n) < 0) {
		*w->why = "no memory";
		return -1;
	}
	w->o = w->out->p + w->out->len;
	w->end = w->out->p + w->out->cap;
	return 0;
}

static inline int room(struct writing *w, size_t n)
{
	return (size_t)(w->end - w->o) >= n ? 0 : grow(w, n);
}

static inline int claim(struct writing *w, size_t n)
{
	if (n > w->left)
		return damaged(w->why);
	w->left -= n;
	return 0;
}

static inline void put(struct writing *w, const char *text, size_t n)
{
	memcpy(w->o, text, n);
	w->o += n;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Is each of 8 bytes ASCII that stands in JSON as it is? */
static inline int is_plain(uint64_t v)
{
	uint64_t quote = v ^ EACH('"'), slash = v ^ EACH('\\');

	return !((v | (v - EACH(0x20)) | (quote - EACH(1)) | (slash - EACH(1))) & EACH(0x80));
}

/* Copies n plain bytes; there is room for 8 more, and up to end may be read. 0: they are not plain. */
static inline int copy_plain(uint8_t *o, const uint8_t *p, size_t n, const uint8_t *end)
{
	uint64_t v, mask;

	if (n >= 8) {
		for (size_t i = 0; i + 8 < n; i += 8) {
			memcpy(&v, p + i, 8);
			if (!is_plain(v))
				return 0;
			memcpy(o + i, &v, 8);
		}
		memcpy(&v, p + n - 8, 8);
		memcpy(o + n - 8, &v, 8);
		return is_plain(v);
	}
	if (end - p >= 8) { /* what is behind the string is masked out */
		mask = (UINT64_C(1) << 8 * n) - 1;
		v = htole64((bytes_le(p, 8) & mask) | (EACH(' ') & ~mask));
	} else {
		v = EACH(' ');
		for (size_t i = 0; i < n; i++)
			memcpy((uint8_t *)&v + i, p + i, 1);
	}
	memcpy(o, &v, 8);
	return is_plain(v);
}

static int put_escaped(struct writing *w, const uint8_t *p, size_t n)
{
	static const char letters[] = "btn.fr", hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		uint8_t c = p[i];

		if (room(w, 8) < 0)
			return -1;
		if (c >= 0x20 && c != '"' && c != '\\') {
			*w->o++ = c;
			continue;
		}
		*w->o++ = '\\';
		if (c == '"' || c == '\\') {
			*w->o++ = c;
		} else if (c >= 8 && c <= 13 && c != 11) {
			*w->o++ = (uint8_t)letters[c - 8];
		} else {
			put(w, "u00", 3);
			*w->o++ = (uint8_t)hex[c >> 4];
			*w->o++ = (uint8_t)hex[c & 15];
		}
	}
	return 0;
}

static int put_string(struct writing *w, const uint8_t *p, size_t n)
{
	if (room(w, n + 16) < 0)
		return -1;
	*w->o++ = '"';
	if (copy_plain(w->o, p, n, w->stop)) {
		w->o += n;
	} else {
		w->is_exact &= utf8_is_valid(p, n);
		if (put_escaped(w, p, n) < 0 || room(w, 8) < 0)
			return -1;
	}
	*w->o++ = '"';
	return 0;
}

static int put_counted(struct writing *w, const uint8_t *p, size_t n)
{
	struct cur c;
	size_t len;

	cur_init(&c, p, n);
	len = var_len(&c);
	p = cur_bytes(&c, len);
	if (!p || c.err || claim(w, cur_at(&c)) < 0)
		return damaged(w->why);
	return put_string(w, p, len);
}

static int put_opaque(struct writing *w, unsigned type, const uint8_t *p, size_t n)
{
	char text[DECIMAL_TEXT_MAX];
	struct myjson v;

	if (set_value(&v, type, p, n) < 0 || myjson_opaque_text(&v, text, sizeof text) < 0)
		return damaged(w->why);
	if (claim(w, v.own) < 0)
		return -1;
	w->is_exact = 0;
	w->out->len = (size_t)(w->o - w->out->p);
	if (v.field_type == F_DECIMAL) {
		buf_adds(w->out, text);
	} else if (*text) {
		buf_printf(w->out, "\"%s\"", text);
	} else {
		buf_printf(w->out, "\"base64:type%u:", v.field_type);
		b64_encode(w->out, v.p, v.n);
		(void)buf_add8(w->out, '"');
	}
	w->o = w->out->p + w->out->len;
	return grow(w, 0);
}

/* its parser takes integers as signed up to 2^32 - 1 and as unsigned behind that */
static inline int int_is_plain(int64_t i)
{
	return i <= UINT32_MAX;
}

static inline int uint_is_plain(uint64_t u)
{
	return u > UINT32_MAX;
}

static int put_int(struct writing *w, int64_t i)
{
	w->is_exact &= int_is_plain(i);
	if (i < 0)
		*w->o++ = '-';
	w->o += u64_digits((char *)w->o, i < 0 ? 0 - (uint64_t)i : (uint64_t)i);
	return 0;
}

static int put_uint(struct writing *w, uint64_t u)
{
	w->is_exact &= uint_is_plain(u);
	w->o += u64_digits((char *)w->o, u);
	return 0;
}

static int put_literal(struct writing *w, unsigned l)
{
	static const char text[3][8] = {"null", "true", "false"};

	if (l > 2)
		return damaged(w->why);
	put(w, text[l], 8);
	w->o -= l < 2 ? 4 : 3;
	return 0;
}

static int put_double(struct writing *w, const uint8_t *p)
{
	uint64_t bits = bytes_le(p, 8);
	double d;

	memcpy(&d, &bits, sizeof d);
	if (!isfinite(d))
		return damaged(w->why);
	w->o += double_text((char *)w->o, d);
	return 0;
}

static int put_container(struct writing *w, unsigned type, const uint8_t *p, size_t n, unsigned depth);

/* What stands in the place of an offset, if it is small. */
static inline int put_inlined(struct writing *w, unsigned type, const uint8_t *p)
{
	switch (type) {
	case B_LITERAL:
		return put_literal(w, *p);
	case B_INT16:
		return put_int(w, (int16_t)bytes_le(p, 2));
	case B_UINT16:
		return put_uint(w, bytes_le(p, 2));
	case B_INT32:
		return put_int(w, (int32_t)bytes_le(p, 4));
	default:
		return put_uint(w, bytes_le(p, 4));
	}
}

/* The value of a type that begins at p and may reach up to p + n. */
static int put_value(struct writing *w, unsigned type, const uint8_t *p, size_t n, unsigned depth)
{
	static const uint8_t sizes[] = {[B_LITERAL] = 1,
	    [B_INT16] = 2,
	    [B_UINT16] = 2,
	    [B_INT32] = 4,
	    [B_UINT32] = 4,
	    [B_INT64] = 8,
	    [B_UINT64] = 8,
	    [B_DOUBLE] = 8,
	    [B_STRING] = 0};
	unsigned size = type <= B_STRING ? sizes[type] : 0;

	if (size > n || claim(w, size) < 0)
		return damaged(w->why);
	if (room(w, DOUBLE_MAX) < 0)
		return -1;
	switch (type) {
	case B_SMALL_OBJECT:
	case B_LARGE_OBJECT:
	case B_SMALL_ARRAY:
	case B_LARGE_ARRAY:
		return put_container(w, type, p, n, depth);
	case B_LITERAL:
	case B_INT16:
	case B_UINT16:
	case B_INT32:
	case B_UINT32:
		return put_inlined(w, type, p);
	case B_INT64:
		return put_int(w, (int64_t)bytes_le(p, 8));
	case B_UINT64:
		return put_uint(w, bytes_le(p, 8));
	case B_DOUBLE:
		return put_double(w, p);
	case B_STRING:
		return put_counted(w, p, n);
	case B_OPAQUE:
		return put_opaque(w, type, p, n);
	default:
		return damaged(w->why);
	}
}

static int put_key(struct writing *w, const struct myjson *v, const uint8_t *entry, unsigned word)
{
	uint64_t at = bytes_le(entry, word), n = bytes_le(entry + word, 2);

	if (at < v->own || at > v->n || n > v->n - at || claim(w, (size_t)n) < 0)
		return damaged(w->why);
	if (put_string(w, v->p + at, (size_t)n) < 0)
		return -1;
	put(w, ": ", 2);
	return 0;
}

static int put_container(struct writing *w, unsigned type, const uint8_t *p, size_t n, unsigned depth)
{
	struct myjson v;
	const uint8_t *key, *e;
	unsigned word;
	int is_object;

	if (depth >= MYJSON_DEPTH) {
		*w->why = "JSON document is nested too deep";
		return -1;
	}
	if (set_container(&v, type, p, n) < 0 || claim(w, v.own) < 0)
		return damaged(w->why);
	is_object = v.type == MYJSON_OBJECT;
	word = v.is_large ? 4 : 2;
	key = p + 2 * word;
	e = key + (is_object ? (size_t)v.count * (word + 2) : 0);
	*w->o++ = is_object ? '{' : '[';
	for (uint32_t i = 0; i < v.count; i++, e += 1 + word) {
		if (room(w, DOUBLE_MAX) < 0)
			return -1;
		if (i)
			put(w, ", ", 2);
		if (is_object && put_key(w, &v, key + (size_t)i * (word + 2), word) < 0)
			return -1;
		if (is_inlined(*e, v.is_large)) {
			if (room(w, DOUBLE_MAX) < 0 || put_inlined(w, *e, e + 1) < 0)
				return -1;
		} else {
			uint64_t at = bytes_le(e + 1, word);

			if (at < v.own || at >= v.n)
				return damaged(w->why);
			if (put_value(w, *e, p + at, v.n - (size_t)at, depth + 1) < 0)
				return -1;
		}
	}
	if (room(w, 1) < 0)
		return -1;
	*w->o++ = is_object ? '}' : ']';
	return 0;
}

/* left: bytes of the document that are the value's. */
static int text_of(unsigned type, const uint8_t *p, size_t n, size_t left, struct buf *out, const char **why)
{
	struct writing w = {.out = out, .left = left, .is_exact = 1, .why = why};
	int r;

	if (buf_room(out, DOUBLE_MAX) < 0) {
		*why = "no memory";
		return -1;
	}
	w.o = out->p + out->len;
	w.end = out->p + out->cap;
	w.stop = p + n;
	r = put_value(&w, type, p, n, 0);
	if (!out->failed)
		out->len = (size_t)(w.o - out->p);
	return r < 0 ? -1 : w.is_exact;
}

int myjson_value_text(const struct myjson *v, size_t left, struct buf *out, const char **why)
{
	int is_whole = v->type == MYJSON_ARRAY || v->type == MYJSON_OBJECT;

	return text_of(v->code, v->raw, is_whole ? v->n : v->nraw, is_whole ? left : v->nraw, out, why);
}

int myjson_text(const uint8_t *p, size_t n, struct buf *out, const char **why)
{
	if (n)
		return text_of(*p, p + 1, n - 1, n, out, why);
	buf_adds(out, "null"); /* see myjson_root */
	return out->failed ? -1 : 1;
}

int myjson_is_plain(const struct myjson *v)
{
	switch (v->type) {
	case MYJSON_INT:
		return int_is_plain(v->i);
	case MYJSON_UINT:
		return uint_is_plain(v->u);
	case MYJSON_STRING:
		return utf8_is_valid(v->p, v->n);
	case MYJSON_OPAQUE:
		return 0;
	default:
		return 1;
	}
}

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

void myjson_double_text(double d, struct buf *out)
{
	char literal[SHORTEST_MAX];
	struct shortest s;

	shortest_of(&s, d);
	if (s.point < -14 || (s.point > 15 && s.n <= s.point)) { /* as my_gcvt chooses */
		(void)buf_add(out, literal, shortest_literal(literal, d));
		return;
	}
	if (signbit(d))
		(void)buf_add8(out, '-');
	if (s.point <= 0) {
		buf_adds(out, "0.");
		for (int i = s.point; i < 0; i++)
			(void)buf_add8(out, '0');
		(void)buf_add(out, s.digits, (size_t)s.n);
	} else if (s.point < s.n) {
		(void)buf_add(out, s.digits, (size_t)s.point);
		(void)buf_add8(out, '.');
		(void)buf_add(out, s.digits + s.point, (size_t)(s.n - s.point));
	} else {
		(void)buf_add(out, s.digits, (size_t)s.n);
		for (int i = s.n; i < s.point; i++)
			(void)buf_add8(out, '0');
		buf_adds(out, ".0");
	}
}

static int decimal_opaque(const struct myjson *v, char *to, size_t size)
{
	char text[DECIMAL_TEXT_MAX + 8];
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

static void put_string(struct buf *out, const uint8_t *p, size_t n)
{
	static const char letters[] = "btn.fr";

	(void)buf_add8(out, '"');
	for (size_t i = 0, from = 0; i <= n; i++) {
		if (i < n && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\')
			continue;
		(void)buf_add(out, p + from, i - from);
		from = i + 1;
		if (i == n)
			break;
		if (p[i] == '"' || p[i] == '\\')
			buf_printf(out, "\\%c", p[i]);
		else if (p[i] >= 8 && p[i] <= 13 && p[i] != 11)
			buf_printf(out, "\\%c", letters[p[i] - 8]);
		else
			buf_printf(out, "\\u%04x", p[i]);
	}
	(void)buf_add8(out, '"');
}

struct writing {
	struct buf *out;
	size_t left; /* bytes of the document that no value has claimed yet */
	int is_exact;
	const char **why;
};

static int put_opaque(struct writing *w, const struct myjson *v)
{
	char text[DECIMAL_TEXT_MAX + 8];

	if (myjson_opaque_text(v, text, sizeof text) < 0)
		return damaged(w->why);
	if (v->field_type == F_DECIMAL) {
		buf_adds(w->out, text);
	} else if (*text) {
		buf_printf(w->out, "\"%s\"", text);
	} else {
		buf_printf(w->out, "\"base64:type%u:", v->field_type);
		b64_encode(w->out, v->p, v->n);
		(void)buf_add8(w->out, '"');
	}
	return 0;
}

static int put_value(struct writing *w, const struct myjson *v, unsigned depth);

static int put_container(struct writing *w, const struct myjson *v, unsigned depth)
{
	int is_object = v->type == MYJSON_OBJECT;

	if (depth >= MYJSON_DEPTH) {
		*w->why = "JSON document is nested too deep";
		return -1;
	}
	(void)buf_add8(w->out, is_object ? '{' : '[');
	for (uint32_t i = 0; i < v->count; i++) {
		const uint8_t *key;
		size_t nkey;
		struct myjson child;

		if (myjson_at(v, i, &child, &key, &nkey, w->why) < 0)
			return -1;
		if (i)
			buf_adds(w->out, ", ");
		if (is_object) {
			if (nkey > w->left)
				return damaged(w->why);
			w->left -= nkey;
			w->is_exact &= utf8_is_valid(key, nkey);
			put_string(w->out, key, nkey);
			buf_adds(w->out, ": ");
		}
		if (put_value(w, &child, depth + 1) < 0)
			return -1;
	}
	(void)buf_add8(w->out, is_object ? '}' : ']');
	return 0;
}

int myjson_is_plain(const struct myjson *v)
{
	switch (v->type) {
	/* its parser takes integers as signed up to 2^32 - 1 and as unsigned behind that */
	case MYJSON_INT:
		return v->i <= UINT32_MAX;
	case MYJSON_UINT:
		return v->u > UINT32_MAX;
	case MYJSON_STRING:
		return utf8_is_valid(v->p, v->n);
	case MYJSON_OPAQUE:
		return 0;
	default:
		return 1;
	}
}

static int put_value(struct writing *w, const struct myjson *v, unsigned depth)
{
	if (v->own > w->left)
		return damaged(w->why);
	w->left -= v->own;
	w->is_exact &= myjson_is_plain(v);
	switch (v->type) {
	case MYJSON_NULL:
		buf_adds(w->out, "null");
		break;
	case MYJSON_TRUE:
		buf_adds(w->out, "true");
		break;
	case MYJSON_FALSE:
		buf_adds(w->out, "false");
		break;
	case MYJSON_INT:
		buf_puti(w->out, v->i);
		break;
	case MYJSON_UINT:
		buf_putu(w->out, v->u);
		break;
	case MYJSON_DOUBLE:
		myjson_double_text(v->d, w->out);
		break;
	case MYJSON_STRING:
		put_string(w->out, v->p, v->n);
		break;
	case MYJSON_OPAQUE:
		return put_opaque(w, v);
	case MYJSON_ARRAY:
	case MYJSON_OBJECT:
		return put_container(w, v, depth);
	}
	return 0;
}

int myjson_value_text(const struct myjson *v, size_t left, struct buf *out, const char **why)
{
	struct writing w = {out, left, 1, why};

	if (put_value(&w, v, 0) < 0)
		return -1;
	if (out->failed) {
		*why = "no memory";
		return -1;
	}
	return w.is_exact;
}

int myjson_text(const uint8_t *p, size_t n, struct buf *out, const char **why)
{
	struct myjson v;

	return myjson_root(&v, p, n, why) < 0 ? -1 : myjson_value_text(&v, n, out, why);
}

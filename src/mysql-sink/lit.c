#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "charset.h"
#include "conn.h"
#include "map.h"
#include "myjson.h"
#include "shortest.h"

#define SHOW_MAX 64 /* bytes of a value in a message */

static void put_int(struct buf *out, const struct val *v)
{
	if (v->kind == VAL_INT)
		buf_puti(out, v->i);
	else
		buf_putu(out, v->u);
}

static void put_double(struct buf *out, double d)
{
	char s[SHORTEST_MAX];

	(void)buf_add(out, s, shortest_literal_quick(s, d));
}

/* ---- what does not fit where it goes and would be rounded without a word */

static int int_fits(const struct val *v, int bits)
{
	uint64_t u = v->kind == VAL_INT ? 0 - (uint64_t)v->i : v->u;

	if (!u)
		return 1;
	return 64 - __builtin_clzll(u) - __builtin_ctzll(u) <= bits;
}

/* Digits of a time that the target's column would cut off must be zero. */
static int frac_fits(const struct val *v, int frac)
{
	const uint8_t *dot = memchr(v->p, '.', v->n);

	if (!dot)
		return 1;
	for (const uint8_t *p = dot + 1 + frac; p < v->p + v->n; p++)
		if (*p != '0')
			return 0;
	return 1;
}

/* ---- enum, set */

static const char *const no_member = "the target's column has no such member";

static enum lit_result put_member(struct buf *out, const struct map_col *m, const struct val *v, const char **why)
{
	uint64_t n = v->u;

	if (n && m->members) {
		if (n > m->nmembers || !m->members[n - 1]) {
			*why = no_member;
			return LIT_NO;
		}
		n = m->members[n - 1];
	}
	buf_putu(out, n);
	return n ? LIT_OK : LIT_LAX;
}

static enum lit_result put_members(struct buf *out, const struct map_col *m, const struct val *v, const char **why)
{
	uint64_t bits = v->u;

	if (m->members) {
		bits = 0;
		for (unsigned i = 0; i < 64; i++) {
			if (!(v->u >> i & 1))
				continue;
			if (i >= m->nmembers || !m->members[i]) {
				*why = no_member;
				return LIT_NO;
			}
			bits |= 1ull << (m->members[i] - 1);
		}
	}
	buf_putu(out, bits);
	return LIT_OK;
}

static int add_label(struct buf *text, const struct column *c, uint64_t n)
{
	if (n >= c->nlabels)
		return -1;
	if (c->charset && !charset_is_utf8(c->charset))
		return charset_to_utf8(c->charset, c->labels[n].p, c->labels[n].n, text);
	return buf_add(text, c->labels[n].p, c->labels[n].n);
}

static enum lit_result put_labels(struct buf *out, const struct column *c, const struct val *v, int set, const char **why)
{
	struct buf text = BUF_INIT;
	int rc = 0;

	if (!set && v->u)
		rc = add_label(&text, c, v->u - 1);
	for (unsigned i = 0; set && i < 64 && rc == 0; i++)
		if (v->u >> i & 1) {
			if (text.len)
				(void)buf_add8(&text, ',');
			rc = add_label(&text, c, i);
		}
	if (rc == 0)
		sql_string(out, text.p, text.len);
	else
		*why = "the stream does not say the label of the member";
	buf_release(&text);
	return rc == 0 ? LIT_OK : LIT_NO;
}

/* ---- addresses */

/* A document in MySQL's binary form: for a JSON column of MySQL an expression of the same value, else its text. */
static enum lit_result put_binary_json(struct buf *out, const struct map_col *m, const struct val *v, const char **why)
{
	struct buf text = BUF_INIT;
	enum lit_result r = LIT_NO;

	if (m->lit == LIT_JSON)
		return myjson_sql(v->p, v->n, out, why) == 0 ? LIT_OK : LIT_NO;
	if (myjson_text(v->p, v->n, &text, why) >= 0) {
		sql_string(out, text.p, text.len);
		r = LIT_OK;
	}
	buf_release(&text);
	return r;
}

static enum lit_result put_address(struct buf *out, const struct column *c, const struct val *v, const char **why)
{
	size_t start = out->len;

	(void)buf_add8(out, '\'');
	if (!address_text(out, c->type, v->p, v->n)) {
		out->len = start;
		*why = c->type == COL_UUID ? "not 16 bytes of a UUID" : "not the bytes of an address";
		return LIT_NO;
	}
	(void)buf_add8(out, '\'');
	return LIT_OK;
}

static enum lit_result put_via_utf8(struct buf *out, const struct column *c, const struct val *v, const char **why)
{
	struct buf text = BUF_INIT;
	int rc = charset_to_utf8(c->charset, v->p, v->n, &text);

	if (rc == 0)
		sql_string(out, text.p, text.len);
	else
		*why = "the text has no exact form in the target's character set";
	buf_release(&text);
	return rc == 0 ? LIT_OK : LIT_NO;
}

static enum lit_result real_fits(const struct map_col *m, double d, const char **why)
{
	if (!isfinite(d)) {
		*why = "not a finite number";
		return LIT_NO;
	}
	if (m->bits == 24 && (double)(float)d != d) {
		*why = "the number has more digits than the target's column can hold";
		return LIT_NO;
	}
	return LIT_OK;
}

static enum lit_result put_real(struct buf *out, const struct map_col *m, double d, const char **why)
{
	if (real_fits(m, d, why) != LIT_OK)
		return LIT_NO;
	put_double(out, d);
	return LIT_OK;
}

enum lit_result lit_write(struct buf *out, const struct map_col *m, const struct column *c, const struct val *v, const char **why)
{
	if (v->kind == VAL_NULL) {
		(void)buf_add(out, "NULL", 4);
		return LIT_OK;
	}
	switch (m->lit) {
	case LIT_INT:
		if (m->bits && !int_fits(v, m->bits)) {
			*why = "the number has more digits than the target's column can hold";
			return LIT_NO;
		}
		put_int(out, v);
		return LIT_OK;
	case LIT_DECIMAL:
		(void)buf_add(out, v->p, v->n);
		return LIT_OK;
	case LIT_FLOAT:
		return put_real(out, m, (double)v->f, why);
	case LIT_DOUBLE:
		return put_real(out, m, v->d, why);
	case LIT_ASCII:
		if (m->frac >= 0 && !frac_fits(v, m->frac)) {
			*why = "the time has more digits than the target's column can hold";
			return LIT_NO;
		}
		/* fall through */
	case LIT_TEXT:
	case LIT_JSON:
		if (c->type == COL_JSON && v->kind == VAL_BIN)
			return put_binary_json(out, m, v, why);
		sql_string(out, v->p, v->n);
		return LIT_OK;
	case LIT_CHARSET:
		buf_adds(out, m->intro);
		sql_string(out, v->p, v->n);
		return LIT_OK;
	case LIT_VIA_UTF8:
		return put_via_utf8(out, c, v, why);
	case LIT_BYTES:
		(void)buf_add(out, "_binary", 7);
		sql_string(out, v->p, v->n);
		return LIT_OK;
	case LIT_MEMBER:
		return put_member(out, m, v, why);
	case LIT_MEMBERS:
		return put_members(out, m, v, why);
	case LIT_LABEL:
	case LIT_LABELS:
		return put_labels(out, c, v, m->lit == LIT_LABELS, why);
	case LIT_ADDRESS:
		return put_address(out, c, v, why);
	}
	*why = "not known how to write it";
	return LIT_NO;
}

/* ---- values as they are, for a statement that was prepared */

#define TYPE_DOUBLE 5 /* enum_field_types of the protocol */
#define TYPE_LONGLONG 8
#define TYPE_DECIMAL 246
#define TYPE_BLOB 252
#define TYPE_TEXT 253
#define TYPE_UNSIGNED 0x8000

unsigned lit_bind_type(const struct map_col *m, const struct column *c)
{
	switch (m->lit) {
	case LIT_INT:
		return TYPE_LONGLONG | (c->is_unsigned || c->type == COL_BIT || c->type == COL_YEAR ? TYPE_UNSIGNED : 0);
	case LIT_MEMBER:
	case LIT_MEMBERS:
		return m->members ? 0 : TYPE_LONGLONG | TYPE_UNSIGNED;
	case LIT_DECIMAL:
		return TYPE_DECIMAL;
	case LIT_FLOAT:
	case LIT_DOUBLE:
		return TYPE_DOUBLE;
	case LIT_ASCII:
		return TYPE_TEXT;
	case LIT_TEXT:
	case LIT_CHARSET:
		/* bytes that the column takes as they are; of text the server looks at each character twice more */
		if (m->bytewise && !m->using)
			return TYPE_BLOB;
		return m->lit == LIT_TEXT ? TYPE_TEXT : 0;
	case LIT_BYTES:
		return TYPE_BLOB;
	default:
		return 0;
	}
}

static void bind_le64(struct buf *out, uint64_t u)
{
	uint8_t le[8];

	for (int i = 0; i < 8; i++)
		le[i] = (uint8_t)(u >> 8 * i);
	(void)buf_add(out, le, sizeof le);
}

static void bind_bytes(struct buf *out, const void *p, uint32_t n)
{
	uint8_t head[9] = {(uint8_t)n, 0};
	size_t len = 1;

	if (n > 250) {
		len = n <= 0xffff ? 3 : n <= 0xffffff ? 4 : 9;
		head[0] = len == 3 ? 0xfc : len == 4 ? 0xfd : 0xfe;
		for (size_t i = 0; i < 4 && i + 1 < len; i++)
			head[1 + i] = (uint8_t)(n >> 8 * i);
	}
	(void)buf_add(out, head, len);
	(void)buf_add(out, p, n);
}

static enum lit_result bind_real(struct buf *out, const struct map_col *m, double d, const char **why)
{
	uint64_t bits;

	if (real_fits(m, d, why) != LIT_OK)
		return LIT_NO;
	memcpy(&bits, &d, sizeof bits);
	bind_le64(out, bits);
	return LIT_OK;
}

enum lit_result lit_bind(struct buf *out, const struct map_col *m, const struct column *c, const struct val *v, const char **why)
{
	if (v->kind == VAL_NULL) {
		(void)buf_add8(out, 1);
		return LIT_OK;
	}
	(void)buf_add8(out, 0);
	switch (m->lit) {
	case LIT_INT:
	case LIT_MEMBER:
	case LIT_MEMBERS:
		if ((m->bits && !int_fits(v, m->bits)) || (m->lit == LIT_MEMBER && !v->u))
			break; /* what lit_write says is wrong with it */
		bind_le64(out, v->u);
		return LIT_OK;
	case LIT_FLOAT:
		return bind_real(out, m, (double)v->f, why);
	case LIT_DOUBLE:
		return bind_real(out, m, v->d, why);
	case LIT_ASCII:
	case LIT_TEXT:
		if ((m->frac >= 0 && !frac_fits(v, m->frac)) || (c->type == COL_JSON && v->kind == VAL_BIN))
			break;
		/* fall through */
	case LIT_CHARSET:
	case LIT_DECIMAL:
	case LIT_BYTES:
		bind_bytes(out, v->p, v->n);
		return LIT_OK;
	default:
		break;
	}
	*why = "not known how to bind it";
	return LIT_NO;
}

/* ---- fields of LOAD DATA */

int lit_loads(const struct map_col *m, const char *target_type)
{
	switch (m->lit) {
	case LIT_INT:
		return strcmp(target_type, "bit") != 0; /* it takes text for its bytes */
	case LIT_DECIMAL:
	case LIT_FLOAT:
	case LIT_DOUBLE:
	case LIT_ASCII:
	case LIT_BYTES:
	case LIT_JSON:
		return 1;
	case LIT_TEXT:
	case LIT_CHARSET:
		return m->bytewise && !m->using;
	default: /* a member's number is taken for a member of that name */
		return 0;
	}
}

static void load_bytes(struct buf *out, const uint8_t *p, size_t n)
{
	uint8_t *to;

	if (buf_room(out, 2 * n) < 0)
		return;
	to = out->p + out->len;
	for (const uint8_t *end = p + n; p < end; p++) {
		if (*p == '\\' || *p == '\t' || *p == '\n' || !*p)
			*to++ = '\\';
		*to++ = *p ? *p : '0';
	}
	out->len = (size_t)(to - out->p);
}

enum lit_result lit_load(struct buf *out, const struct map_col *m, const struct column *c, const struct val *v, const char **why)
{
	if (v->kind == VAL_NULL) {
		(void)buf_add(out, "\\N", 2);
		return LIT_OK;
	}
	switch (m->lit) {
	case LIT_TEXT:
	case LIT_JSON:
		if (c->type == COL_JSON && v->kind == VAL_BIN)
			break;
		/* fall through */
	case LIT_CHARSET:
	case LIT_BYTES:
		load_bytes(out, v->p, v->n);
		return LIT_OK;
	case LIT_ASCII:
		if (m->frac >= 0 && !frac_fits(v, m->frac))
			break;
		(void)buf_add(out, v->p, v->n);
		return LIT_OK;
	default: /* as literals they have no quotes */
		return lit_write(out, m, c, v, why);
	}
	*why = "not known how to load it";
	return LIT_NO;
}

enum lit_result lit_compare(
    struct buf *out, const struct map_col *m, const struct column *c, const struct val *v, const char **why)
{
	enum lit_result r;

	if (v->kind == VAL_NULL) {
		buf_adds(out, m->ident);
		buf_adds(out, " IS NULL");
		return LIT_OK;
	}
	if (m->is_json) {
		struct myjson_same same;

		myjson_same_before(&same, out, m->ident, v->n);
		r = lit_write(out, m, c, v, why);
		myjson_same_after(&same, out, m->ident);
		return r;
	}
	if (!m->bytewise) {
		/* a set compares as a signed number */
		buf_printf(out, m->lit == LIT_MEMBERS ? "CAST(%s AS UNSIGNED)<=>" : "%s<=>", m->ident);
		r = lit_write(out, m, c, v, why);
		return r == LIT_LAX ? LIT_OK : r;
	}
	/* collations call different texts equal; the bytes decide */
	if (m->indexed) {
		buf_adds(out, m->ident);
		buf_adds(out, "<=>");
		r = lit_write(out, m, c, v, why);
		if (r == LIT_NO)
			return r;
		buf_adds(out, " AND ");
	}
	buf_adds(out, "CAST(");
	buf_adds(out, m->ident);
	buf_adds(out, " AS BINARY)<=>CAST(");
	if (m->using)
		buf_adds(out, "CONVERT(");
	r = lit_write(out, m, c, v, why);
	if (m->using) {
		buf_adds(out, " USING ");
		buf_adds(out, m->using);
		buf_adds(out, ")");
	}
	buf_adds(out, " AS BINARY)");
	return r;
}

static void show_bytes(struct buf *out, const struct val *v)
{
	size_t n = v->n < SHOW_MAX ? v->n : SHOW_MAX;

	if (utf8_is_valid(v->p, v->n)) {
		while (n < v->n && n > 0 && (v->p[n] & 0xc0) == 0x80)
			n--;
		sql_string(out, v->p, n);
	} else {
		if (n > SHOW_MAX / 2)
			n = SHOW_MAX / 2;
		buf_adds(out, "X'");
		for (size_t i = 0; i < n; i++)
			buf_printf(out, "%02X", v->p[i]);
		(void)buf_add8(out, '\'');
	}
	if (n < v->n)
		buf_adds(out, "...");
}

void lit_show(struct buf *out, const struct column *c, const struct val *v)
{
	struct buf text = BUF_INIT;

	switch (v->kind) {
	case VAL_ABSENT:
		buf_adds(out, "?");
		break;
	case VAL_NULL:
		buf_adds(out, "NULL");
		break;
	case VAL_UINT:
	case VAL_INT:
		put_int(out, v);
		break;
	case VAL_FLOAT:
		buf_printf(out, "%.9g", (double)v->f);
		break;
	case VAL_DOUBLE:
		buf_printf(out, "%.17g", v->d);
		break;
	case VAL_BIN:
		if (col_type_class(c->type) == COLC_TEXT && c->charset && charset_to_utf8(c->charset, v->p, v->n, &text) == 0) {
			struct val t = val_of_str(text.p, text.len);

			show_bytes(out, &t);
			break;
		}
		/* fall through */
	case VAL_STR:
		show_bytes(out, v);
		break;
	}
	buf_release(&text);
}

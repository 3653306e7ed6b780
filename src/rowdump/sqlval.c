#include "sqlval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "address.h"
#include "charset.h"
#include "myjson.h"

void sql_name(struct buf *b, const char *name)
{
	buf_add8(b, '`');
	for (; *name; name++) {
		if (*name == '`')
			buf_add8(b, '`');
		buf_add8(b, (uint8_t)*name);
	}
	buf_add8(b, '`');
}

void sql_table(struct buf *b, const struct table *t)
{
	sql_name(b, t->db);
	buf_add8(b, '.');
	sql_name(b, t->name);
}

/* What the client changes (NUL, \r\n) or the server reads otherwise is written with a backslash. */
void sql_text(struct buf *b, const void *ptr, size_t n)
{
	const uint8_t *p = ptr;

	buf_add8(b, '\'');
	for (size_t i = 0; i < n; i++) {
		char esc = 0;

		switch (p[i]) {
		case 0:
			esc = '0';
			break;
		case '\n':
			esc = 'n';
			break;
		case '\r':
			esc = 'r';
			break;
		case 26:
			esc = 'Z';
			break;
		case '\'':
		case '\\':
			esc = (char)p[i];
			break;
		default:
			break;
		}
		if (esc)
			buf_add8(b, '\\');
		buf_add8(b, esc ? (uint8_t)esc : p[i]);
	}
	buf_add8(b, '\'');
}

static void hex(struct buf *b, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789ABCDEF";

	buf_adds(b, "x'");
	if (buf_room(b, 2 * n + 1) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		b->p[b->len++] = (uint8_t)digits[p[i] >> 4];
		b->p[b->len++] = (uint8_t)digits[p[i] & 15];
	}
	b->p[b->len++] = '\'';
}

/* With an exponent the server reads a double and not a decimal; a float's own value has no more digits than that. */
static void floating(struct buf *b, double v)
{
	char text[40];

	if (!isfinite(v)) {
		buf_adds(b, "NULL"); /* the servers have no such values */
		return;
	}
	for (int precision = 0; precision < 17; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_adds(b, text);
}

static int is_plain(const struct column *c, const struct label *l)
{
	if (!c->charset || !(charset_is_utf8(c->charset) || strcmp(c->charset, "latin1") == 0))
		return 0;
	for (uint32_t i = 0; i < l->n; i++)
		if (l->p[i] < 0x20 || l->p[i] > 0x7e)
			return 0;
	return l->n > 0;
}

/* Plain members by name, for who reads it; all others by number, which is as exact. */
static void member(struct buf *b, const struct column *c, uint64_t v)
{
	if (v >= 1 && v <= c->nlabels && is_plain(c, &c->labels[v - 1]))
		sql_text(b, c->labels[v - 1].p, c->labels[v - 1].n);
	else
		buf_printf(b, "%llu", (unsigned long long)v);
}

static void bytes(struct buf *b, const struct column *c, const struct val *v)
{
	size_t start = b->len;

	buf_add8(b, '\'');
	if (address_text(b, c->type, v->p, v->n)) {
		buf_add8(b, '\'');
		return;
	}
	b->len = start;
	hex(b, v->p, v->n);
}

static void text(struct buf *b, const struct column *c, const struct val *v, int introduce)
{
	const char *why;
	size_t was = b->len;

	if (c->type == COL_JSON && v->kind == VAL_BIN) {
		if (myjson_sql(v->p, v->n, b, &why) == 0)
			return;
		b->len = was;
	}
	if ((c->type == COL_JSON || charset_is_utf8(c->charset)) && utf8_is_valid(v->p, v->n)) {
		sql_text(b, v->p, v->n);
		return;
	}
	if (introduce && c->type != COL_JSON && charset_mbmaxlen(c->charset))
		buf_printf(b, "_%s ", c->charset);
	hex(b, v->p, v->n);
}

void sql_value(struct buf *b, const struct column *c, const struct val *v)
{
	switch (v->kind) {
	case VAL_ABSENT:
	case VAL_NULL:
		buf_adds(b, "NULL");
		return;
	case VAL_UINT:
		if (c->type == COL_ENUM)
			member(b, c, v->u);
		else
			buf_printf(b, "%llu", (unsigned long long)v->u);
		return;
	case VAL_INT:
		buf_printf(b, "%lld", (long long)v->i);
		return;
	case VAL_FLOAT:
		floating(b, (double)v->f);
		return;
	case VAL_DOUBLE:
		floating(b, v->d);
		return;
	case VAL_STR:
	case VAL_BIN:
		break;
	}
	switch (col_type_class(c->type)) {
	case COLC_TEXT:
		text(b, c, v, 1);
		break;
	case COLC_BYTES:
		bytes(b, c, v);
		break;
	default:
		if (c->type == COL_DECIMAL && v->n && strspn((const char *)v->p, "-.0123456789") >= v->n)
			buf_add(b, v->p, v->n);
		else
			sql_text(b, v->p, v->n);
	}
}

void sql_equals(struct buf *b, const struct column *c, const struct val *v, int exact)
{
	int as_bytes = exact && (col_type_class(c->type) == COLC_TEXT || c->type == COL_GEOMETRY);
	/* a set compares as a signed number */
	int as_unsigned = c->type == COL_SET && v->kind == VAL_UINT && v->u > INT64_MAX;

	if (v->kind == VAL_NULL) {
		sql_name(b, c->name);
		buf_adds(b, " IS NULL");
		return;
	}
	if (c->type == COL_JSON) {
		struct buf ident = BUF_INIT;
		struct myjson_same same;

		sql_name(&ident, c->name);
		myjson_same_before(&same, b, buf_str(&ident), v->n);
		text(b, c, v, 1);
		myjson_same_after(&same, b, buf_str(&ident));
		b->failed |= ident.failed;
		buf_release(&ident);
		return;
	}
	if (as_bytes || as_unsigned)
		buf_adds(b, "CAST(");
	sql_name(b, c->name);
	buf_adds(b, as_bytes ? " AS BINARY) = " : as_unsigned ? " AS UNSIGNED) = " : " = ");
	if (v->kind == VAL_UINT)
		buf_printf(b, "%llu", (unsigned long long)v->u); /* also of an enum, whatever it collates as */
	else if (as_bytes && c->type != COL_GEOMETRY)
		text(b, c, v, 0);
	else
		sql_value(b, c, v);
}

/*
 * MySQL's binary JSON as an SQL expression of the identical value.
 *
 * What text says exactly is cast from text; the rest is built by JSON_ARRAY and JSON_OBJECT from values of the right
 * types. Some types only columns have (TIMESTAMP, BIT, BINARY, the BLOBs, decimals with room for more digits), so a
 * document that needs them is selected from recursive tables: their columns get the types from JSON_TABLE, which takes
 * every one, and the values, which need not be text, from the row that the recursion adds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "charset.h"
#include "myjson.h"
#include "shortest.h"

enum {
	F_TIMESTAMP = 7,
	F_DATE = 10,
	F_TIME = 11,
	F_DATETIME = 12,
	F_VARCHAR = 15,
	F_BIT = 16,
	F_DECIMAL = 246,
	F_TINY_BLOB = 249,
	F_MEDIUM_BLOB,
	F_LONG_BLOB,
	F_BLOB,
	F_VAR_STRING,
	F_STRING
};

#define IS_SAME "EXISTS(SELECT 1 FROM (SELECT CAST("
#define SMALL_DOCUMENT 16384u
#define MAX_TABLES 60	     /* MySQL joins 61 */
#define MAX_COLUMNS 2000     /* of one: more take the server longer, for it looks names up one by one */
#define MAX_ROW_BYTES 50000u /* of 65535 */
#define DECIMAL_DIGITS 65u   /* that a column may have */

/* A container, in the order in which they begin. */
struct shape {
	uint32_t n; /* containers in it, with itself */
	uint8_t is_plain;
};

struct writing {
	struct buf *out;
	struct buf shapes;
	struct buf text; /* of one value */
	/* of the recursive tables: those that are whole, and columns and values of the last */
	struct buf with, columns, values;
	unsigned ntables, ncolumns; /* ncolumns: of the last */
	size_t row_bytes;
	size_t next; /* shape */
	size_t left; /* bytes of the document, at most */
	const char **why;
};

static int cannot(struct writing *w, const char *why)
{
	*w->why = why;
	return 1;
}

static int damaged(struct writing *w)
{
	*w->why = "JSON document is damaged";
	return -1;
}

/* ---- what can be cast from text */

static int measure(struct writing *w, const struct myjson *v, unsigned depth)
{
	size_t at = w->shapes.len;
	struct shape s = {1, 1}, inner;

	if (v->own > w->left)
		return damaged(w);
	w->left -= v->own;
	if (v->type < MYJSON_ARRAY)
		return myjson_is_plain(v);
	if (depth >= MYJSON_DEPTH) {
		*w->why = "JSON document is nested too deep";
		return -1;
	}
	if (buf_add(&w->shapes, &s, sizeof s) < 0) {
		*w->why = "no memory";
		return -1;
	}
	for (uint32_t i = 0; i < v->count; i++) {
		const uint8_t *key;
		size_t nkey, child_at = w->shapes.len;
		struct myjson child;
		int is_plain;

		if (myjson_at(v, i, &child, &key, &nkey, w->why) < 0 || (is_plain = measure(w, &child, depth + 1)) < 0)
			return -1;
		if (nkey > w->left)
			return damaged(w);
		w->left -= nkey;
		s.is_plain &= is_plain && utf8_is_valid(key, nkey);
		if (child.type >= MYJSON_ARRAY) {
			memcpy(&inner, w->shapes.p + child_at, sizeof inner);
			s.n += inner.n;
		}
	}
	memcpy(w->shapes.p + at, &s, sizeof s);
	return s.is_plain;
}

/* ---- values */

/* In hex, so that no setting of the server can make something else of it. */
static void put_hex(struct buf *out, const char *charset, const void *p, size_t n)
{
	buf_printf(out, "%sx'", charset);
	buf_hex(out, p, n);
	(void)buf_add8(out, '\'');
}

static void end_table(struct writing *w)
{
	if (!w->ncolumns)
		return;
	buf_printf(
	    &w->with, "%sr%u AS (SELECT 0 AS n,t.* FROM JSON_TABLE('0','$' COLUMNS(", w->ntables > 1 ? "," : "", w->ntables);
	(void)buf_add(&w->with, w->columns.p, w->columns.len);
	buf_adds(&w->with, ")) AS t UNION ALL SELECT 1");
	(void)buf_add(&w->with, w->values.p, w->values.len);
	buf_printf(&w->with, " FROM r%u WHERE n=0)", w->ntables);
	w->with.failed |= w->columns.failed | w->values.failed;
	buf_reset(&w->columns);
	buf_reset(&w->values);
	w->ncolumns = 0;
	w->row_bytes = 0;
}

/* A column of a type, whose value takes at most so many bytes in a row; the value is to be written to w->values. */
static int add_column(struct writing *w, const char *type, size_t bytes)
{
	if (w->ncolumns == MAX_COLUMNS || w->row_bytes + bytes > MAX_ROW_BYTES)
		end_table(w);
	if (!w->ncolumns && w->ntables++ == MAX_TABLES)
		return cannot(w, "a JSON document holds too many values of types that only columns have");
	buf_printf(&w->columns, "%sc%u %s PATH '$.x'", w->ncolumns ? "," : "", w->ncolumns + 1, type);
	(void)buf_add8(&w->values, ',');
	w->ncolumns++;
	w->row_bytes += bytes;
	return 0;
}

static void put_column(struct writing *w)
{
	buf_printf(w->out, "r%u.c%u", w->ntables, w->ncolumns);
}

/*
 * How many digits a decimal has room for before its point depends on how it was computed. A literal has those that it
 * shows, an integer part that is not zero one more if it begins with 0; the result of CAST has room for whole groups
 * of nine; a column for what its type says, less the groups in front that are zero. What is left is written as MySQL
 * itself writes it anew, without these groups.
 */
static int put_decimal(struct writing *w, const struct myjson *v, const char *text)
{
	unsigned scale = v->p[1], whole = v->p[0] - scale, group = whole % 9 ? whole % 9 : 9;
	const char *minus = *text == '-' ? "-" : "", *number = text + strlen(minus), *point = scale ? "" : ".";
	unsigned digits = *number == '0' ? 0 : (unsigned)strcspn(number, ".");
	char type[40];

	if (!digits && whole == 9) {
		buf_printf(w->out, "CAST('%s' AS DECIMAL(%u,%u))", text, scale + 9, scale);
	} else if (!digits) {
		buf_printf(w->out, "%s%s%s", minus, number + (whole != 1 && scale), point);
	} else if (digits == whole || digits + 1 == whole) {
		buf_printf(w->out, "%s%s%s%s", minus, digits < whole ? "0" : "", number, point);
	} else if (whole % 9 == 0 || digits + group <= whole || v->p[0] > DECIMAL_DIGITS) {
		buf_printf(w->out, "CAST('%s' AS DECIMAL(%u,%u))", text, digits + scale, scale);
	} else {
		(void)snprintf(type, sizeof type, "DECIMAL(%u,%u)", v->p[0], scale);
		if (add_column(w, type, v->n))
			return 1;
		buf_printf(&w->values, "%s%s", text, point);
		put_column(w);
	}
	return 0;
}

static int put_timestamp(struct writing *w, const char *text)
{
	if (add_column(w, "TIMESTAMP(6)", 7))
		return 1;
	buf_printf(&w->values, "'%s'", text);
	put_column(w);
	return 0;
}

static int put_bits(struct writing *w, const struct myjson *v)
{
	char type[20];
	uint64_t bits = 0;

	if (v->n < 1 || v->n > 8)
		return damaged(w);
	for (size_t i = 0; i < v->n; i++)
		bits = bits << 8 | v->p[i];
	(void)snprintf(type, sizeof type, "BIT(%zu)", 8 * v->n);
	if (add_column(w, type, 8))
		return 1;
	buf_printf(&w->values, "%llu", (unsigned long long)bits);
	put_column(w);
	return 0;
}

static int put_bytes(struct writing *w, const struct myjson *v, const char *type, size_t bytes)
{
	if (add_column(w, type, bytes))
		return 1;
	put_hex(&w->values, "", v->p, v->n);
	put_column(w);
	return 0;
}

static int put_binary(struct writing *w, const struct myjson *v)
{
	char type[20];

	if (v->n > 255)
		return cannot(w, "a JSON document holds a BINARY that is longer than columns of that type can be");
	(void)snprintf(type, sizeof type, "BINARY(%zu)", v->n);
	return put_bytes(w, v, type, v->n);
}

static int put_opaque(struct writing *w, const struct myjson *v)
{
	char text[128];

	if (myjson_opaque_text(v, text, sizeof text) < 0)
		return damaged(w);
	switch (v->field_type) {
	case F_DECIMAL:
		return put_decimal(w, v, text);
	case F_DATE:
		buf_printf(w->out, "CAST('%s' AS DATE)", text);
		return 0;
	case F_TIME:
		buf_printf(w->out, "CAST('%s' AS TIME(6))", text);
		return 0;
	case F_DATETIME:
		buf_printf(w->out, "CAST('%s' AS DATETIME(6))", text);
		return 0;
	case F_TIMESTAMP:
		return put_timestamp(w, text);
	case F_VARCHAR:
		put_hex(w->out, "", v->p, v->n);
		return 0;
	case F_VAR_STRING: /* what JSON_ARRAY makes of text in ucs2, utf16 and utf32; of bytes before 8.0 */
		if (v->n % 2)
			return cannot(
			    w, "a JSON document holds a VAR_STRING of an odd length, which no statement can write into one");
		put_hex(w->out, "_ucs2 ", v->p, v->n);
		return 0;
	case F_BIT:
		return put_bits(w, v);
	case F_STRING:
		return put_binary(w, v);
	case F_TINY_BLOB:
		return put_bytes(w, v, "TINYBLOB", 16);
	case F_BLOB:
		return put_bytes(w, v, "BLOB", 16);
	case F_MEDIUM_BLOB:
		return put_bytes(w, v, "MEDIUMBLOB", 16);
	case F_LONG_BLOB:
		return put_bytes(w, v, "LONGBLOB", 16);
	default:
		return cannot(w, "a JSON document holds a value of a column type that no statement can write into one");
	}
}

static int put_value(struct writing *w, const struct myjson *v);

static int put_container(struct writing *w, const struct myjson *v)
{
	struct shape s;
	int r = 0;

	memcpy(&s, w->shapes.p + w->next * sizeof s, sizeof s);
	if (s.is_plain) {
		w->next += s.n;
		buf_reset(&w->text);
		if (myjson_value_text(v, v->n, &w->text, w->why) < 0)
			return -1;
		buf_adds(w->out, "CAST(");
		put_hex(w->out, "_utf8mb4 ", w->text.p, w->text.len);
		buf_adds(w->out, " AS JSON)");
		return 0;
	}
	w->next++;
	buf_adds(w->out, v->type == MYJSON_OBJECT ? "JSON_OBJECT(" : "JSON_ARRAY(");
	for (uint32_t i = 0; i < v->count && !r; i++) {
		const uint8_t *key;
		size_t nkey;
		struct myjson child;

		if (myjson_at(v, i, &child, &key, &nkey, w->why) < 0)
			return -1;
		if (i)
			(void)buf_add8(w->out, ',');
		if (v->type == MYJSON_OBJECT) {
			if (!utf8_is_valid(key, nkey))
				return cannot(w, "a JSON document holds text that is not UTF-8");
			put_hex(w->out, "_utf8mb4 ", key, nkey);
			(void)buf_add8(w->out, ',');
		}
		r = put_value(w, &child);
	}
	(void)buf_add8(w->out, ')');
	return r;
}

static int put_value(struct writing *w, const struct myjson *v)
{
	char literal[SHORTEST_MAX];

	switch (v->type) {
	case MYJSON_NULL:
		buf_adds(w->out, "NULL");
		break;
	case MYJSON_TRUE:
		buf_adds(w->out, "TRUE");
		break;
	case MYJSON_FALSE:
		buf_adds(w->out, "FALSE");
		break;
	case MYJSON_INT:
		buf_puti(w->out, v->i);
		break;
	case MYJSON_UINT:
		buf_printf(w->out, "CAST(%llu AS UNSIGNED)", (unsigned long long)v->u);
		break;
	case MYJSON_DOUBLE:
		(void)buf_add(w->out, literal, shortest_literal(literal, v->d));
		break;
	case MYJSON_STRING:
		if (!utf8_is_valid(v->p, v->n))
			return cannot(w, "a JSON document holds text that is not UTF-8");
		put_hex(w->out, "_utf8mb4 ", v->p, v->n);
		break;
	case MYJSON_OPAQUE:
		return put_opaque(w, v);
	case MYJSON_ARRAY:
	case MYJSON_OBJECT:
		return put_container(w, v);
	}
	return 0;
}

/* Of a whole document that is no array or object: text is cast as text. */
static int put_root(struct writing *w, const struct myjson *v)
{
	if (v->type >= MYJSON_ARRAY || !myjson_is_plain(v))
		return put_value(w, v);
	if (myjson_value_text(v, v->own, &w->text, w->why) < 0)
		return -1;
	put_hex(w->out, "_utf8mb4 ", w->text.p, w->text.len);
	return 0;
}

/* The expression stands in `doc`: what it is selected from, if anything, goes around it. */
static void wrap(struct writing *w, struct buf *out, const struct buf *doc)
{
	end_table(w);
	if (w->ntables) {
		buf_adds(out, "(WITH RECURSIVE ");
		(void)buf_add(out, w->with.p, w->with.len);
		buf_adds(out, " SELECT ");
	}
	buf_adds(out, "CAST(");
	(void)buf_add(out, doc->p, doc->len);
	buf_adds(out, " AS JSON)");
	for (unsigned i = 1; i <= w->ntables; i++)
		buf_printf(out, "%sr%u", i == 1 ? " FROM " : ",", i);
	for (unsigned i = 1; i <= w->ntables; i++)
		buf_printf(out, "%sr%u.n=1", i == 1 ? " WHERE " : " AND ", i);
	if (w->ntables)
		(void)buf_add8(out, ')');
	out->failed |= w->with.failed | doc->failed;
}

int myjson_sql(const uint8_t *p, size_t n, struct buf *out, const char **why)
{
	struct buf doc = BUF_INIT;
	struct writing w = {.out = &doc, .left = n, .why = why};
	struct myjson v;
	int r;

	if (myjson_root(&v, p, n, why) < 0)
		return -1;
	r = n && measure(&w, &v, 0) < 0 ? -1 : put_root(&w, &v);
	if (!r) {
		wrap(&w, out, &doc);
		if (out->failed || w.text.failed) {
			*why = "no memory";
			r = -1;
		}
	}
	buf_release(&w.shapes);
	buf_release(&w.text);
	buf_release(&w.with);
	buf_release(&w.columns);
	buf_release(&w.values);
	buf_release(&doc);
	return r;
}

/* ---- conditions */

/* The plain comparison goes first, for it is quicker by far; of a large document one copy must do. */
void myjson_same_before(struct myjson_same *s, struct buf *out, const char *ident, size_t n)
{
	s->is_twice = n <= SMALL_DOCUMENT;
	if (s->is_twice)
		buf_printf(out, "%s<=>CAST(", ident);
	else
		buf_adds(out, IS_SAME);
	s->at = out->len;
}

/* The types of all values inside, in one order. */
static void put_types(struct buf *out, const char *document)
{
	buf_printf(out,
	    "(SELECT JSON_ARRAYAGG(JSON_TYPE(rowferry_v)) FROM JSON_TABLE(JSON_EXTRACT(JSON_ARRAY(%s),'$**[*]','$**.*'),'$[*]'"
	    " COLUMNS (rowferry_v JSON PATH '$')) AS rowferry_t)",
	    document);
}

/* Equal values, equal text (1.50 is not 1.5), equal types: 1 is signed or unsigned, 1.5 a decimal or a double. */
void myjson_same_after(const struct myjson_same *s, struct buf *out, const char *ident)
{
	size_t n = out->len - s->at;

	if (s->is_twice) {
		buf_adds(out, " AS JSON) AND " IS_SAME);
		if (buf_room(out, n) == 0)
			(void)buf_add(out, out->p + s->at, n);
	}
	buf_printf(out,
	    " AS JSON) AS rowferry_d) AS rowferry_x WHERE rowferry_d=%s AND CAST(rowferry_d AS BINARY)=CAST(%s AS BINARY) AND ",
	    ident, ident);
	put_types(out, "rowferry_d");
	(void)buf_add8(out, '=');
	put_types(out, ident);
	(void)buf_add8(out, ')');
}

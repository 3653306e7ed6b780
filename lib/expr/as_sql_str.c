/* Strings as SQL: text, bytes, dates, times. All that is compared as bytes is a binary string. */
#include <stdio.h>

#include "as_sql_parts.h"
#include "when.h"

void sql_column(struct to_sql *q, const struct column *c)
{
	(void)buf_add8(q->out, '`');
	for (const char *p = c->name; *p; p++) {
		if (*p == '`')
			(void)buf_add8(q->out, '`');
		(void)buf_add8(q->out, (uint8_t)*p);
	}
	(void)buf_add8(q->out, '`');
}

void sql_hex(struct to_sql *q, const char *charset, const void *p, size_t n)
{
	buf_adds(q->out, charset);
	buf_adds(q->out, "x'");
	buf_hex(q->out, p, n);
	(void)buf_add8(q->out, '\'');
}

static void put_wrapped(struct to_sql *q, const char *before, const struct column *c, const char *after)
{
	buf_adds(q->out, before);
	sql_column(q, c);
	buf_adds(q->out, after);
}

int sql_choice(struct to_sql *q, const struct step *s, int (*put)(struct to_sql *q, const struct step *s))
{
	unsigned first = s->fn == FN_IF;

	buf_adds(q->out, first ? "IF(" : "COALESCE(");
	if (first && sql_truth(q, s->args[0]) < 0)
		return -1;
	for (unsigned i = first; i < s->nargs; i++) {
		if (i)
			(void)buf_add8(q->out, ',');
		if (put(q, s->args[i]) < 0)
			return -1;
	}
	(void)buf_add8(q->out, ')');
	return 0;
}

static int is_choice(const struct step *s)
{
	return s->kind == STEP_CALL && (s->fn == FN_IF || s->fn == FN_COALESCE);
}

/* 1: NULL is put; 0; -1: too long, or not of the row. */
static int put_easy(struct to_sql *q, const struct step *s)
{
	if (q->out->len > SQL_MOST)
		return sql_refuse(q, s, "it is too long for a statement");
	if (s->kind == STEP_WORD || (s->kind == STEP_COLUMN && s->image != IMAGE_ROW))
		return sql_refuse(q, s, "it is about the change, not about the row");
	if (s->type != TYPE_NULL && (s->kind != STEP_CONST || s->k.kind != RES_NULL))
		return 0;
	buf_adds(q->out, "NULL");
	return 1;
}

/* ---- text and bytes */

static int put_string_column(struct to_sql *q, const struct step *s)
{
	const struct column *c = s->column;

	switch (c->type) {
	case COL_GEOMETRY:
	case COL_VECTOR:
		return sql_refuse(q, s, "the bytes of such a column are others there");
	case COL_JSON:
		if (!q->is_mariadb)
			return sql_refuse(q, s, "MySQL prints JSON in a way of its own");
		break;
	case COL_UUID:
		put_wrapped(q, "UNHEX(REPLACE(CAST(", c, " AS CHAR),'-',''))");
		return 0;
	case COL_INET4:
	case COL_INET6:
		put_wrapped(q, "INET6_ATON(CAST(", c, " AS CHAR))");
		return 0;
	case COL_DATE:
	case COL_TIME:
	case COL_DATETIME:
	case COL_TIMESTAMP:
		put_wrapped(q, "CAST(CAST(", c, " AS CHAR) AS BINARY)");
		return 0;
	default:
		break;
	}
	if (s->raw || s->type == TYPE_BYTES || !c->charset || charset_is_utf8(c->charset))
		put_wrapped(q, "CAST(", c, " AS BINARY)");
	else
		put_wrapped(q, "CAST(CONVERT(", c, " USING utf8mb4) AS BINARY)");
	return 0;
}

/* The text of a number, a label. */
static int put_as_text(struct to_sql *q, const struct step *of)
{
	int is_label = of->kind == STEP_COLUMN && (of->type == TYPE_ENUM || of->type == TYPE_SET);
	int is_plain = of->kind == STEP_COLUMN || of->kind == STEP_CONST || sql_is_condition(of);
	struct sql_digits d;

	if (put_easy(q, of) < 0)
		return -1;
	if (is_label) {
		put_wrapped(q, "CAST(CONVERT(", of->column, " USING utf8mb4) AS BINARY)");
		return 0;
	}
	if (of->type != TYPE_NUM)
		return sql_refuse(q, of, "the text of such a value is another one there");
	buf_adds(q->out, "CAST(CAST(");
	if (sql_exact(q, of, &d) < 0)
		return -1;
	if (!is_plain && d.part) /* of a sum that is zero, say */
		return sql_refuse(q, of, "the digits behind the point of a result are others there");
	buf_adds(q->out, " AS CHAR) AS BINARY)");
	return 0;
}

static int put_integer(struct to_sql *q, const struct step *s)
{
	struct sql_digits d;

	if (s->type == TYPE_DOUBLE)
		return sql_refuse(q, s, "a double as a place in a text is another one there");
	if (sql_exact(q, s, &d) < 0)
		return -1;
	return d.part ? sql_refuse(q, s, "a fraction as a place in a text is another one there") : 0;
}

static int put_substr(struct to_sql *q, const struct step *s)
{
	buf_adds(q->out, "CAST(SUBSTRING(");
	if (s->utf8 ? sql_utf8(q, s->args[0]) < 0 : sql_bytes(q, s->args[0]) < 0)
		return -1;
	for (unsigned i = 1; i < s->nargs; i++) {
		(void)buf_add8(q->out, ',');
		if (put_integer(q, s->args[i]) < 0)
			return -1;
	}
	buf_adds(q->out, ") AS BINARY)");
	return 0;
}

/* What is longer than max_allowed_packet is NULL there. */
static int may_be_huge(const struct step *s)
{
	if (s->kind == STEP_COLUMN)
		switch (s->column->type) {
		case COL_MEDIUMTEXT:
		case COL_LONGTEXT:
		case COL_MEDIUMBLOB:
		case COL_LONGBLOB:
		case COL_JSON:
			return 1;
		default:
			return 0;
		}
	for (unsigned i = 0; i < s->nargs; i++)
		if (may_be_huge(s->args[i]))
			return 1;
	return 0;
}

static int put_concat(struct to_sql *q, const struct step *s)
{
	if (may_be_huge(s))
		return sql_refuse(q, s, "a text that is longer than max_allowed_packet is NULL there");
	buf_adds(q->out, "CONCAT(");
	for (unsigned i = 0; i < s->nargs; i++) {
		if (i)
			(void)buf_add8(q->out, ',');
		if (sql_bytes(q, s->args[i]) < 0)
			return -1;
	}
	(void)buf_add8(q->out, ')');
	return 0;
}

static void put_const(struct to_sql *q, const char *charset, const struct res *r)
{
	if (r->kind == RES_STR)
		sql_hex(q, charset, r->p, r->n);
	else
		buf_adds(q->out, "NULL");
}

int sql_utf8(struct to_sql *q, const struct step *s)
{
	struct res r;
	int constant = sql_constant(q, s, &r);

	if (constant) {
		put_const(q, "_utf8mb4 ", &r);
		return constant < 0 ? -1 : 0;
	}
	buf_adds(q->out, "CONVERT(");
	if (sql_bytes(q, s) < 0)
		return -1;
	buf_adds(q->out, " USING utf8mb4)");
	return 0;
}

int sql_bytes(struct to_sql *q, const struct step *s)
{
	int easy = put_easy(q, s), constant;
	struct res r;

	if (easy)
		return easy < 0 ? -1 : 0;
	constant = s->kind == STEP_CONST ? 0 : sql_constant(q, s, &r);
	if (constant) {
		put_const(q, "_binary ", &r);
		return constant < 0 ? -1 : 0;
	}
	if (is_choice(s))
		return sql_choice(q, s, sql_bytes);
	switch (s->kind) {
	case STEP_CONST:
		sql_hex(q, "_binary ", s->buf.p, s->buf.len); /* k may be the key of a date */
		return 0;
	case STEP_COLUMN:
		return put_string_column(q, s);
	case STEP_TEXT:
		return put_as_text(q, s->args[0]);
	case STEP_CALL:
		break;
	default:
		return sql_refuse(q, s, "it is no text there");
	}
	switch (s->fn) {
	case FN_SUBSTR:
		return put_substr(q, s);
	case FN_CONCAT:
		return put_concat(q, s);
	case FN_LOWER:
	case FN_UPPER:
		return sql_refuse(q, s, "lower() and upper() know other letters there");
	default:
		return sql_refuse(q, s, "it is no text there");
	}
}

/* ---- dates and times */

int sql_date(struct to_sql *q, const struct step *s)
{
	static const char zeros[] = ".000000";
	int easy = put_easy(q, s);
	struct when w;

	if (easy)
		return easy < 0 ? -1 : 0;
	if (is_choice(s))
		return sql_choice(q, s, sql_date);
	if (s->kind == STEP_CONST && when_parse_date(&w, (const char *)s->buf.p, s->buf.len) == 0) {
		struct buf text = BUF_INIT;

		when_print_date(&w, &text);
		(void)buf_add8(&text, ' ');
		when_print_clock(&w, 6, &text);
		sql_hex(q, "_binary ", text.p, text.len);
		q->out->failed |= text.failed;
		buf_release(&text);
		return 0;
	}
	if (s->kind != STEP_COLUMN)
		return sql_refuse(q, s, "it is no date there");
	put_wrapped(q, "CAST(CONCAT(", s->column, ",'");
	if (s->column->type == COL_DATE)
		buf_printf(q->out, " 00:00:00%s", zeros);
	else if (s->column->dec < 6)
		buf_adds(q->out, s->column->dec ? zeros + 1 + s->column->dec : zeros);
	buf_adds(q->out, "') AS BINARY)");
	return 0;
}

int sql_time(struct to_sql *q, const struct step *s)
{
	int easy = put_easy(q, s);
	struct when w;

	if (easy)
		return easy < 0 ? -1 : 0;
	if (is_choice(s))
		return sql_choice(q, s, sql_time);
	if (s->kind == STEP_CONST && when_parse_time(&w, (const char *)s->buf.p, s->buf.len) == 0) {
		buf_printf(
		    q->out, "CAST(%s%u%02u%02u.%06u AS DECIMAL(13,6))", w.neg ? "-" : "", w.hour, w.minute, w.second, w.us);
		return 0;
	}
	if (s->kind != STEP_COLUMN)
		return sql_refuse(q, s, "it is no time there");
	put_wrapped(q, "CAST(", s->column, " AS DECIMAL(13,6))");
	return 0;
}

int sql_any(struct to_sql *q, const struct step *s)
{
	struct sql_digits d;

	switch (s->type) {
	case TYPE_NULL:
		buf_adds(q->out, "NULL");
		return 0;
	case TYPE_NUM:
	case TYPE_ENUM:
	case TYPE_SET:
		return sql_exact(q, s, &d);
	case TYPE_DOUBLE:
		return sql_double(q, s, 0);
	case TYPE_DATE:
		return sql_date(q, s);
	case TYPE_TIME:
		return sql_time(q, s);
	default:
		return sql_bytes(q, s);
	}
}

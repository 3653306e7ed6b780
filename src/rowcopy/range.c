/* Keys by which a table is cut, and the SQL about them. */
#include <string.h>

#include "copy.h"
#include "rowread.h"

static const struct column *key_col(const struct opened *o, uint32_t i)
{
	return &o->def->cols[o->key->cols[i]];
}

int bound_from_row(const struct opened *o, char **row, const unsigned long *lens, struct buf *bound)
{
	uint8_t bytes[64];
	struct buf room = {.p = bytes, .cap = sizeof bytes};
	struct val v;

	buf_reset(bound);
	for (uint32_t i = 0; i < o->key->ncols; i++) {
		room.len = 0;
		if (rowread_value(key_col(o, i), row[i], lens[i], &room, &v) < 0 || v.kind == VAL_NULL)
			return -1;
		val_write(bound, &v);
	}
	return bound->failed ? -1 : 0;
}

int bound_from_vals(const struct opened *o, const struct val *vals, struct buf *bound)
{
	buf_reset(bound);
	for (uint32_t i = 0; i < o->key->ncols; i++) {
		const struct val *v = &vals[o->key->cols[i]];

		if (v->kind <= VAL_NULL)
			return -1;
		val_write(bound, v);
	}
	return bound->failed ? -1 : 0;
}

int bound_vals(const struct opened *o, const struct buf *bound, struct val *vals)
{
	struct cur c;

	cur_init(&c, bound->p, bound->len);
	for (uint32_t i = 0; i < o->key->ncols; i++)
		if (read_value(&c, key_col(o, i), &vals[i]) < 0 || vals[i].kind <= VAL_NULL)
			return -1;
	return c.p == c.end ? 0 : -1;
}

static void put_table(const struct opened *o, struct buf *sql)
{
	sql_ident(sql, o->def->db, strlen(o->def->db));
	(void)buf_add8(sql, '.');
	sql_ident(sql, o->def->name, strlen(o->def->name));
	if (!o->key)
		return;
	buf_adds(sql, " FORCE INDEX (");
	sql_ident(sql, o->key->name, strlen(o->key->name));
	(void)buf_add8(sql, ')');
}

/* The i-th part of the key: a column, or a value in its place. */
static void put_part(const struct opened *o, const struct val *key, uint32_t i, struct buf *sql)
{
	const struct column *c = key_col(o, i);

	if (key)
		rowread_literal(c, &key[i], sql);
	else
		sql_ident(sql, c->name, strlen(c->name));
}

/*
 * a > x OR (a = x AND (b > y OR (b = y AND c > z))), with the last comparison `last`; in front of it what an index is entered
 * by.
 */
static void put_compare(const struct opened *o, const struct val *key, const struct val *to, const char *first, const char *more,
    const char *last, struct buf *sql)
{
	uint32_t n = o->key->ncols;

	(void)buf_add8(sql, '(');
	if (n > 1 && !key) {
		put_part(o, key, 0, sql);
		buf_adds(sql, first);
		rowread_literal(key_col(o, 0), &to[0], sql);
		buf_adds(sql, " AND ");
	}
	for (uint32_t i = 0; i < n; i++) {
		(void)buf_add8(sql, '(');
		put_part(o, key, i, sql);
		buf_adds(sql, i + 1 < n ? more : last);
		rowread_literal(key_col(o, i), &to[i], sql);
		if (i + 1 == n)
			break;
		buf_adds(sql, " OR (");
		put_part(o, key, i, sql);
		(void)buf_add8(sql, '=');
		rowread_literal(key_col(o, i), &to[i], sql);
		buf_adds(sql, " AND ");
	}
	for (uint32_t i = 0; i < n; i++)
		buf_adds(sql, i + 1 < n ? "))" : ")");
	(void)buf_add8(sql, ')');
}

static void put_where(const struct opened *o, const struct buf *lo, const struct buf *hi, const char *where, struct buf *sql)
{
	struct val vals[64]; /* a key has 32 columns at most */
	const char *sep = " WHERE ";

	if (lo && lo->len && bound_vals(o, lo, vals) == 0) {
		buf_adds(sql, sep);
		put_compare(o, NULL, vals, ">=", ">", ">", sql);
		sep = " AND ";
	}
	if (hi && hi->len && bound_vals(o, hi, vals) == 0) {
		buf_adds(sql, sep);
		put_compare(o, NULL, vals, "<=", "<", "<=", sql);
		sep = " AND ";
	}
	if (where)
		buf_printf(sql, "%s(%s)", sep, where);
}

static void put_order(const struct opened *o, struct buf *sql)
{
	buf_adds(sql, " ORDER BY ");
	for (uint32_t i = 0; i < o->key->ncols; i++) {
		if (i)
			(void)buf_add8(sql, ',');
		put_part(o, NULL, i, sql);
	}
}

void range_sql_bound(const struct opened *o, const struct buf *lo, uint64_t rows, struct buf *sql)
{
	buf_adds(sql, "SELECT ");
	for (uint32_t i = 0; i < o->key->ncols; i++) {
		if (i)
			(void)buf_add8(sql, ',');
		rowread_column(key_col(o, i), sql);
	}
	buf_adds(sql, " FROM ");
	put_table(o, sql);
	put_where(o, lo, NULL, NULL, sql);
	put_order(o, sql);
	buf_printf(sql, " LIMIT %llu,1", (unsigned long long)(rows - 1));
}

void range_sql_rows(const struct opened *o, const struct buf *lo, const struct buf *hi, const char *where, struct buf *sql)
{
	buf_adds(sql, "SELECT ");
	rowread_columns(o->def, sql);
	buf_adds(sql, " FROM ");
	put_table(o, sql);
	put_where(o, lo, hi, where, sql);
	if (o->key)
		put_order(o, sql);
}

void range_sql_is_behind(const struct opened *o, const struct val *key, const struct val *bound, struct buf *sql)
{
	put_compare(o, key, bound, NULL, ">", ">", sql);
}

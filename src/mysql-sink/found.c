#include <string.h>
#include <strings.h>

#include "found.h"

#define ROW_BYTES 400  /* of a row in a message */
#define VALUE_CHARS 65 /* of a value of the target's: one more than is shown */

/* Is there no room for more values? Says so. */
static int is_full(struct buf *out, size_t start)
{
	if (out->len - start < ROW_BYTES)
		return 0;
	buf_adds(out, ", ...");
	return 1;
}

static void put_name(struct buf *out, size_t start, const char *name)
{
	if (out->len > start)
		buf_adds(out, ", ");
	buf_adds(out, name);
	(void)buf_add8(out, '=');
}

void found_show_image(struct buf *out, const struct source_table *st, const struct val *vals)
{
	size_t start = out->len;

	for (uint32_t i = 0; i < st->def->ncols; i++) {
		if (vals[i].kind == VAL_ABSENT)
			continue;
		if (is_full(out, start))
			break;
		put_name(out, start, st->def->cols[i].name);
		lit_show(out, &st->def->cols[i], &vals[i]);
	}
}

/* ---- the row that is there */

/* "... for key 'name'", in MySQL 8.0.19 and later 'table.name' */
static const struct target_unique *named_key(const struct target_table *t, const char *why)
{
	static const char before[] = "for key '";
	const char *name = NULL, *end;
	size_t n;

	/* the value that is there twice stands before it, whatever is in that */
	for (const char *at = why; (at = strstr(at, before)); at++)
		name = at + sizeof before - 1;
	end = name ? strrchr(name, '\'') : NULL;
	for (uint32_t i = 0; end && i < t->nuniques; i++) {
		const struct target_unique *u = &t->uniques[i];

		n = strlen(u->name);
		if (n <= (size_t)(end - name) && !strncasecmp(end - n, u->name, n) &&
		    (end - n == name || end[-(long)n - 1] == '.'))
			return u;
	}
	return NULL;
}

/* Column of the source that lands in column `to` of the target; -1 none. */
static int source_of(const struct map *m, int to)
{
	for (uint32_t i = 0; to >= 0 && i < m->ncols; i++)
		if (m->cols[i].to == to)
			return (int)i;
	return -1;
}

/* 0; -1: not known. */
static int put_where(struct exec *x, const struct item *it, const struct target_unique *u, struct buf *sql)
{
	const struct map *m = it->st->map;

	for (uint32_t k = 0; k < u->ncols; k++) {
		int c = source_of(m, u->cols[k]);
		const struct val *v = c < 0 ? NULL : &x->new[c];
		const char *why;

		if (v && v->kind == VAL_ABSENT && it->op == ROW_UPDATE)
			v = &x->old[c];
		if (!v || v->kind <= VAL_NULL)
			return -1;
		buf_adds(sql, k ? " AND " : " WHERE ");
		/* the key has only so many characters of it */
		buf_printf(sql, u->parts[k] ? "LEFT(%s,%u)=LEFT(" : "%s=", m->cols[c].ident, (unsigned)u->parts[k]);
		if (lit_write(sql, &m->cols[c], &it->st->def->cols[c], v, &why) == LIT_NO)
			return -1;
		if (u->parts[k])
			buf_printf(sql, ",%u)", (unsigned)u->parts[k]);
	}
	return 0;
}

struct shown {
	struct buf *out;
	const struct source_table *st;
	uint32_t cols[64]; /* that are asked for; more do not fit into a message */
	uint32_t ncols;
	int found;
};

/* A column of the target, short enough and in the form of the stream. 0: better not. */
static int put_column(struct buf *sql, const struct map_col *m, const struct column *c, const struct target_col *dst)
{
	const char *t = dst->type;

	if (c->type == COL_BIT || m->lit == LIT_MEMBER || m->lit == LIT_MEMBERS)
		buf_printf(sql, "%s+0", m->ident);
	else if (target_type_is_text(t) || target_type_is_bytes(t))
		buf_printf(sql, "LEFT(%s,%d)", m->ident, VALUE_CHARS);
	else if (!strcmp(t, "json"))
		buf_printf(sql, "LEFT(CAST(%s AS CHAR),%d)", m->ident, VALUE_CHARS);
	else if (m->lit == LIT_BYTES) /* geometries, vectors */
		return 0;
	else
		buf_adds(sql, m->ident);
	return 1;
}

static void put_columns(struct shown *s, const struct map *m, struct buf *sql)
{
	const struct target_table *dst = m->table;

	buf_adds(sql, "SELECT ");
	for (uint32_t i = 0; i < m->ncols && s->ncols < sizeof s->cols / sizeof *s->cols; i++) {
		size_t start = sql->len;

		if (m->cols[i].to < 0)
			continue;
		if (s->ncols)
			(void)buf_add8(sql, ',');
		if (put_column(sql, &m->cols[i], &s->st->def->cols[i], &dst->cols[m->cols[i].to]))
			s->cols[s->ncols++] = i;
		else
			sql->len = start;
	}
}

static int on_row(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct shown *s = arg;
	size_t start = s->out->len;

	for (uint32_t i = 0; i < s->ncols && i < ncols && !is_full(s->out, start); i++) {
		const struct column *c = &s->st->def->cols[s->cols[i]];
		enum col_class class = col_type_class(c->type);
		struct val val = v[i] ? val_of_str(v[i], lens[i]) : val_null();

		put_name(s->out, start, c->name);
		/* the server's text of a number is as it is shown */
		if (v[i] && (class == COLC_INT || class == COLC_FLOAT || class == COLC_DOUBLE))
			buf_adds(s->out, v[i]);
		else
			lit_show(s->out, c, &val);
	}
	s->found = 1;
	return 0;
}

int found_collision(struct exec *x, const struct item *it, const char *why, struct buf *out)
{
	const struct map *m = it->st->map;
	const struct target_unique *u = named_key(m->table, why);
	struct shown s = {.out = out, .st = it->st};
	struct buf sql = BUF_INIT;

	if (!u)
		return 0;
	put_columns(&s, m, &sql);
	buf_printf(&sql, " FROM %s", m->ident);
	/* not locking: it must not be what a deadlock undoes the transaction for */
	if (s.ncols && put_where(x, it, u, &sql) == 0) {
		buf_adds(&sql, " LIMIT 1");
		if (!sql.failed)
			(void)link_rows(&x->link, buf_str(&sql), sql.len, on_row, &s);
	}
	buf_release(&sql);
	return s.found;
}

int found_other(struct exec *x, const struct item *it, struct buf *out)
{
	const struct map *m = it->st->map;
	size_t key = stmt_key(m, x->old);
	struct shown s = {.out = out, .st = it->st};
	struct buf sql = BUF_INIT;
	const char *why;
	int known = key != SIZE_MAX;

	put_columns(&s, m, &sql);
	buf_printf(&sql, " FROM %s", m->ident);
	for (uint32_t i = 0; known && i < m->keys[key].ncols; i++) {
		uint32_t c = m->keys[key].cols[i];

		buf_printf(&sql, "%s%s=", i ? " AND " : " WHERE ", m->cols[c].ident);
		known = lit_write(&sql, &m->cols[c], &it->st->def->cols[c], &x->old[c], &why) != LIT_NO;
	}
	if (known && s.ncols && !sql.failed)
		(void)link_rows(&x->link, buf_str(&sql), sql.len, on_row, &s);
	buf_release(&sql);
	return s.found;
}

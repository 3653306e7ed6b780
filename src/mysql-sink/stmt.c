#include <stdlib.h>
#include <string.h>

#include "join.h"
#include "stmt.h"

#define NO_KEY SIZE_MAX
#define DELETE_ROWS 1000      /* values of one IN: what the optimizers still make ranges of */
#define DELETE_ROWS_MULTI 200 /* the same of keys of several columns */

static void close_upsert(struct packet *p, const struct stmt_style *style)
{
	const struct map *m = p->open->map;
	int n = 0;

	for (uint32_t i = 0; i < m->ncols; i++) {
		if (!map_col_is_written(&m->cols[i]) || !p->present[i])
			continue;
		if (!n++)
			buf_adds(&p->sql,
			    style->mysql_alias ? " AS rowferry_new ON DUPLICATE KEY UPDATE " : " ON DUPLICATE KEY UPDATE ");
		else
			(void)buf_add8(&p->sql, ',');
		buf_adds(&p->sql, m->cols[i].ident);
		buf_adds(&p->sql, style->mysql_alias ? "=rowferry_new." : "=VALUES(");
		buf_adds(&p->sql, m->cols[i].ident);
		if (!style->mysql_alias)
			(void)buf_add8(&p->sql, ')');
	}
}

void stmt_close(struct packet *p, const struct stmt_style *style)
{
	if (!p->open)
		return;
	switch (p->stmts[p->nstmts - 1].kind) {
	case STMT_UPSERT:
		close_upsert(p, style);
		break;
	case STMT_UPDATE:
		join_close(p, style);
		break;
	case STMT_DELETE:
		if (p->open->map->keys[p->open_key].ncols == 1)
			(void)buf_add8(&p->sql, ')');
		break;
	default:
		break;
	}
	p->open = NULL;
	if (style->guards)
		packet_guard(p);
}

/* ---- insert */

static void start_insert(struct packet *p, struct source_table *st, enum stmt_kind kind, const struct val *vals)
{
	const struct map *m = st->map;
	int n = 0;

	if (!packet_stmt(p, kind, st->map))
		return;
	buf_adds(&p->sql, kind == STMT_REPLACE ? "REPLACE INTO " : "INSERT INTO ");
	buf_adds(&p->sql, m->ident);
	(void)buf_add(&p->sql, " (", 2);
	for (uint32_t i = 0; i < m->ncols; i++)
		if (map_col_is_written(&m->cols[i]) && vals[i].kind != VAL_ABSENT) {
			if (n++)
				(void)buf_add8(&p->sql, ',');
			buf_adds(&p->sql, m->cols[i].ident);
		}
	(void)buf_add(&p->sql, ") VALUES ", 9);
	packet_remember(p, vals, m->ncols);
	p->open = st;
	p->max_rows = m->single_rows ? 1 : UINT32_MAX;
}

enum lit_result stmt_insert(struct packet *p, struct source_table *st, enum stmt_kind kind, const struct val *vals,
    struct row_ref ref, int lax, const struct stmt_style *style)
{
	const struct map *m = st->map;
	const struct column *cols = st->def->cols;
	size_t len, nstmts;
	int n = 0;

	if (!packet_takes(p, st, kind) || !packet_has_same(p, vals, m->ncols))
		stmt_close(p, style);
	len = p->sql.len;
	nstmts = p->nstmts;
	if (p->open)
		(void)buf_add8(&p->sql, ',');
	else
		start_insert(p, st, kind, vals);
	(void)buf_add8(&p->sql, '(');
	for (uint32_t i = 0; i < m->ncols; i++) {
		enum lit_result r;

		if (!map_col_is_written(&m->cols[i]) || vals[i].kind == VAL_ABSENT)
			continue;
		if (n++)
			(void)buf_add8(&p->sql, ',');
		r = lit_write(&p->sql, &m->cols[i], &cols[i], &vals[i], &p->why);
		if (r == LIT_NO || (r == LIT_LAX && !lax))
			return packet_refuse(p, len, nstmts, r, i);
	}
	(void)buf_add8(&p->sql, ')');
	packet_ref(p, ref);
	return LIT_OK;
}

/* ---- finding a row again */

size_t stmt_key(const struct map *m, const struct val *vals)
{
	for (size_t k = 0; k < m->nkeys; k++) {
		uint32_t i;

		for (i = 0; i < m->keys[k].ncols; i++)
			if (vals[m->keys[k].cols[i]].kind <= VAL_NULL)
				break;
		if (i == m->keys[k].ncols)
			return k;
	}
	return NO_KEY;
}

static enum lit_result put_key(struct packet *p, const struct source_table *st, size_t key, const struct val *vals, uint32_t *col)
{
	const struct map *m = st->map;
	const struct map_key *k = &m->keys[key];

	for (uint32_t i = 0; i < k->ncols; i++) {
		uint32_t c = *col = k->cols[i];

		if (i)
			(void)buf_add(&p->sql, " AND ", 5);
		buf_adds(&p->sql, m->cols[c].ident);
		(void)buf_add8(&p->sql, '=');
		if (lit_write(&p->sql, &m->cols[c], &st->def->cols[c], &vals[c], &p->why) == LIT_NO)
			return LIT_NO;
	}
	return LIT_OK;
}

static enum lit_result put_where(
    struct packet *p, const struct source_table *st, const struct val *vals, uint32_t *col, int compare)
{
	const struct map *m = st->map;
	size_t key = stmt_key(m, vals);
	int n = key != NO_KEY;

	(void)buf_add(&p->sql, " WHERE ", 7);
	if (n && put_key(p, st, key, vals, col) == LIT_NO)
		return LIT_NO;
	if (n && !compare)
		return LIT_OK;
	/* the whole row, one of those that are equal in every byte */
	for (uint32_t i = 0; i < m->ncols; i++) {
		if (m->cols[i].to < 0 || !m->cols[i].writable || vals[i].kind == VAL_ABSENT)
			continue;
		*col = i;
		if (n++)
			(void)buf_add(&p->sql, " AND ", 5);
		if (lit_compare(&p->sql, &m->cols[i], &st->def->cols[i], &vals[i], &p->why) == LIT_NO)
			return LIT_NO;
	}
	if (!n)
		(void)buf_add8(&p->sql, '1');
	if (key == NO_KEY)
		buf_adds(&p->sql, " LIMIT 1");
	return LIT_OK;
}

/* ---- update, delete */

enum lit_result stmt_update(struct packet *p, struct source_table *st, const struct val *old, const struct val *new,
    struct row_ref ref, int lax, const struct stmt_style *style)
{
	const struct map *m = st->map;
	size_t len, nstmts;
	uint32_t col = 0;
	int n = 0;

	stmt_close(p, style);
	len = p->sql.len;
	nstmts = p->nstmts;
	if (!packet_stmt(p, STMT_UPDATE, st->map))
		return LIT_OK;
	(void)buf_add(&p->sql, "UPDATE ", 7);
	buf_adds(&p->sql, m->ident);
	for (uint32_t i = 0; i < m->ncols; i++) {
		enum lit_result r;

		int writes = stmt_writes(style, st, old, new, i);

		if (!writes && (!map_col_is_written(&m->cols[i]) || !m->cols[i].auto_update))
			continue;
		buf_adds(&p->sql, n++ ? "," : " SET ");
		buf_adds(&p->sql, m->cols[i].ident);
		(void)buf_add8(&p->sql, '=');
		if (!writes) { /* it was not changed: the target must not set it by itself */
			buf_adds(&p->sql, m->cols[i].ident);
			continue;
		}
		r = lit_write(&p->sql, &m->cols[i], &st->def->cols[i], &new[i], &p->why);
		if (r == LIT_NO || (r == LIT_LAX && !lax))
			return packet_refuse(p, len, nstmts, r, i);
	}
	/* nothing that the target would keep; the row has to be there all the same */
	for (uint32_t i = 0; !n && i < m->ncols; i++)
		if (map_col_is_written(&m->cols[i])) {
			buf_printf(&p->sql, " SET %s=%s", m->cols[i].ident, m->cols[i].ident);
			n++;
		}
	if (!n)
		return packet_refuse(p, len, nstmts, LIT_OK, 0);
	if (put_where(p, st, old, &col, style->compare) == LIT_NO)
		return packet_refuse(p, len, nstmts, LIT_NO, col);
	packet_ref(p, ref);
	return LIT_OK;
}

static void put_delete_by(struct packet *p, const struct map *m, size_t key)
{
	/* this form takes an index: a scan of a small table would wait for rows of others, and lock all that it passes */
	(void)buf_add(&p->sql, "DELETE ", 7);
	buf_adds(&p->sql, m->ident);
	(void)buf_add(&p->sql, " FROM ", 6);
	buf_adds(&p->sql, m->ident);
	buf_adds(&p->sql, " FORCE INDEX (");
	buf_adds(&p->sql, m->keys[key].ident);
	(void)buf_add8(&p->sql, ')');
}

static void start_delete(struct packet *p, struct source_table *st, size_t key)
{
	const struct map *m = st->map;

	if (!packet_stmt(p, STMT_DELETE, st->map))
		return;
	if (key == NO_KEY) {
		(void)buf_add(&p->sql, "DELETE FROM ", 12);
		buf_adds(&p->sql, m->ident);
		return;
	}
	put_delete_by(p, m, key);
	buf_adds(&p->sql, " WHERE ");
	if (m->keys[key].ncols == 1) {
		buf_adds(&p->sql, m->cols[m->keys[key].cols[0]].ident);
		(void)buf_add(&p->sql, " IN (", 5);
	}
	p->open = st;
	p->open_key = key;
	p->max_rows = m->keys[key].ncols == 1 ? DELETE_ROWS : DELETE_ROWS_MULTI;
}
enum lit_result stmt_delete(
    struct packet *p, struct source_table *st, const struct val *old, struct row_ref ref, const struct stmt_style *style)
{
	const struct map *m = st->map;
	size_t key = stmt_key(m, old), len, nstmts;
	int more, alone = key == NO_KEY || style->compare;
	uint32_t col = 0;

	if (alone || !packet_takes(p, st, STMT_DELETE) || p->open_key != key)
		stmt_close(p, style);
	len = p->sql.len;
	nstmts = p->nstmts;
	more = p->open != NULL;
	if (key != NO_KEY && alone) {
		if (packet_stmt(p, STMT_DELETE, st->map))
			put_delete_by(p, m, key);
	} else if (!more) {
		start_delete(p, st, key);
	}
	if (alone) {
		if (put_where(p, st, old, &col, style->compare) == LIT_NO)
			return packet_refuse(p, len, nstmts, LIT_NO, col);
	} else if (m->keys[key].ncols == 1) {
		col = m->keys[key].cols[0];
		if (more)
			(void)buf_add8(&p->sql, ',');
		if (lit_write(&p->sql, &m->cols[col], &st->def->cols[col], &old[col], &p->why) == LIT_NO)
			return packet_refuse(p, len, nstmts, LIT_NO, col);
	} else {
		buf_adds(&p->sql, more ? " OR (" : "(");
		if (put_key(p, st, key, old, &col) == LIT_NO)
			return packet_refuse(p, len, nstmts, LIT_NO, col);
		(void)buf_add8(&p->sql, ')');
	}
	packet_ref(p, ref);
	return LIT_OK;
}

void stmt_show_row(struct buf *out, const struct source_table *st, const struct val *vals)
{
	const struct map *m = st->map;
	const struct key *pk = table_primary(st->def);
	size_t key = m ? stmt_key(m, vals) : NO_KEY;
	uint32_t n = key != NO_KEY ? m->keys[key].ncols : pk ? pk->ncols : st->def->ncols;
	const uint32_t *cols = key != NO_KEY ? m->keys[key].cols : pk ? pk->cols : NULL;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t c = cols ? cols[i] : i;

		if (i)
			buf_adds(out, ", ");
		if (!cols && i == 4) {
			buf_adds(out, "...");
			break;
		}
		buf_adds(out, st->def->cols[c].name);
		(void)buf_add8(out, '=');
		lit_show(out, &st->def->cols[c], &vals[c]);
	}
}

#include "join.h"

#define UPDATE_ROWS 1000

int join_takes(const struct source_table *st, const struct val *old, const struct val *new, const struct stmt_style *style)
{
	const struct map *m = st->map;

	if (!m->joins || m->all_join)
		return m->joins;
	for (uint32_t i = 0; i < m->ncols; i++)
		if (!m->cols[i].joins && stmt_writes(style, st, old, new, i))
			return 0;
	return 1;
}

static int is_set(const struct packet *p, const struct map *m, uint32_t i)
{
	if (!map_col_is_written(&m->cols[i]) || (!p->present[i] && !m->cols[i].auto_update))
		return 0;
	return !map_key_has(&m->keys[0], i);
}

/* Names of the columns of the table of values: k0, k1 of the key, c5 of column 5. */
static void put_join_names(struct packet *p, const struct map *m)
{
	for (uint32_t k = 0; k < m->keys[0].ncols; k++)
		buf_printf(&p->sql, k ? ",k%u" : "k%u", k);
	for (uint32_t i = 0; i < m->ncols; i++)
		if (is_set(p, m, i) && p->present[i])
			buf_printf(&p->sql, ",c%u", i);
}

void join_close(struct packet *p, const struct stmt_style *style)
{
	const struct map *m = p->open->map;
	int n = 0;

	if (style->is_mariadb) {
		buf_adds(&p->sql, ") SELECT * FROM v) rowferry_new");
	} else {
		buf_adds(&p->sql, ") rowferry_new(");
		put_join_names(p, m);
		(void)buf_add8(&p->sql, ')');
	}
	/* the values first, then one row by its key for each */
	buf_adds(&p->sql, " STRAIGHT_JOIN ");
	/* by the key also in a small table: a scan would wait for rows of others, and lock all that it passes */
	buf_adds(&p->sql, m->ident);
	buf_adds(&p->sql, " t FORCE INDEX (");
	buf_adds(&p->sql, m->keys[0].ident);
	buf_adds(&p->sql, ") ON ");
	for (uint32_t k = 0; k < m->keys[0].ncols; k++) {
		const struct map_col *c = &m->cols[m->keys[0].cols[k]];

		buf_printf(&p->sql, "%st.%s=", k ? " AND " : "", c->ident);
		buf_printf(
		    &p->sql, c->collate ? "CONVERT(rowferry_new.k%u%s" : "rowferry_new.k%u%s", k, c->collate ? c->collate : "");
	}
	for (uint32_t i = 0; i < m->ncols; i++) {
		const char *ident = m->cols[i].ident;

		if (!is_set(p, m, i))
			continue;
		buf_printf(&p->sql, "%st.%s=", n++ ? "," : " SET ", ident);
		if (p->present[i])
			buf_printf(&p->sql, "rowferry_new.c%u", i);
		else /* it was not changed: the target must not set it by itself */
			buf_printf(&p->sql, "t.%s", ident);
	}
}

/* Has the open statement the columns that this row says? */
static int has_columns(const struct packet *p, const struct source_table *st, const struct val *old, const struct val *new,
    const struct stmt_style *style)
{
	for (uint32_t i = 0; i < st->map->ncols; i++)
		if (p->present[i] != stmt_writes(style, st, old, new, i))
			return 0;
	return 1;
}

static void start_join(
    struct packet *p, struct source_table *st, const struct val *old, const struct val *new, const struct stmt_style *style)
{
	if (!packet_stmt(p, STMT_UPDATE, st->map) || packet_present(p, st->map->ncols) < 0)
		return;
	for (uint32_t i = 0; i < st->map->ncols; i++)
		p->present[i] = (unsigned char)stmt_writes(style, st, old, new, i);
	if (style->is_mariadb) {
		buf_adds(&p->sql, "UPDATE (WITH v(");
		put_join_names(p, st->map);
		buf_adds(&p->sql, ") AS (VALUES ");
	} else {
		buf_adds(&p->sql, "UPDATE (VALUES ");
	}
	p->open = st;
	p->max_rows = UPDATE_ROWS;
}

enum lit_result join_update(struct packet *p, struct source_table *st, const struct val *old, const struct val *new,
    struct row_ref ref, const struct stmt_style *style)
{
	const struct map *m = st->map;
	const struct map_key *key = &m->keys[0];
	size_t len, nstmts;
	int n = 0;

	if (!packet_takes(p, st, STMT_UPDATE) || !has_columns(p, st, old, new, style))
		stmt_close(p, style);
	len = p->sql.len;
	nstmts = p->nstmts;
	if (p->open)
		(void)buf_add8(&p->sql, ',');
	else
		start_join(p, st, old, new, style);
	if (p->nomem)
		return LIT_OK;
	buf_adds(&p->sql, style->is_mariadb ? "(" : "ROW(");
	for (uint32_t k = 0; k < key->ncols; k++) {
		uint32_t i = key->cols[k];

		if (k)
			(void)buf_add8(&p->sql, ',');
		if (lit_write(&p->sql, &m->cols[i], &st->def->cols[i], &old[i], &p->why) != LIT_OK)
			return packet_refuse(p, len, nstmts, LIT_NO, i);
	}
	for (uint32_t i = 0; i < m->ncols; i++) {
		enum lit_result r;

		if (!p->present[i] || !is_set(p, m, i))
			continue;
		n++;
		(void)buf_add8(&p->sql, ',');
		r = lit_write(&p->sql, &m->cols[i], &st->def->cols[i], &new[i], &p->why);
		if (r != LIT_OK)
			return packet_refuse(p, len, nstmts, r, i);
	}
	if (!n) /* nothing that the target would keep */
		return packet_refuse(p, len, nstmts, LIT_NO, 0);
	(void)buf_add8(&p->sql, ')');
	packet_ref(p, ref);
	return LIT_OK;
}

#include <string.h>

#include "bulk.h"

#define SEND_TYPES 128 /* STMT_BULK_FLAG_CLIENT_SEND_TYPES */

void bulk_forget(struct bulk *b)
{
	for (size_t i = 0; i < BULK_KEPT; i++)
		if (b->kept[i].map)
			link_unprepare(b->kept[i].handle);
	memset(b, 0, sizeof *b);
}

int bulk_knows(const struct bulk *b, const struct link *l)
{
	return b->is_known && b->opened == l->opened;
}

enum bulk_how bulk_how(struct bulk *b, struct link *l, const struct map *m)
{
	if (b->opened != l->opened)
		bulk_forget(b);
	b->opened = l->opened;
	if (!b->is_known) {
		b->is_there = link_has_bulk(l);
		b->may_load = !l->is_mariadb && link_may_load(l) > 0;
	}
	b->is_known = 1;
	if (b->is_there && m->binds && m->ncols <= BULK_COLS)
		return BULK_PARAMETERS;
	return b->may_load && m->loads ? BULK_LOAD : BULK_NOT;
}

const struct bulk_stmt *bulk_find(struct bulk *b, const struct link *l, const struct map *m, enum stmt_kind kind)
{
	for (size_t i = 0; i < BULK_KEPT && b->opened == l->opened; i++)
		if (b->kept[i].map == m->number && b->kept[i].kind == kind)
			return &b->kept[i];
	return NULL;
}

static void put_updates(struct buf *sql, const struct map *m)
{
	int n = 0;

	for (uint32_t i = 0; i < m->ncols; i++) {
		if (!map_col_is_written(&m->cols[i]) || map_key_has(&m->keys[0], i))
			continue;
		buf_adds(sql, n++ ? "," : " ON DUPLICATE KEY UPDATE ");
		buf_adds(sql, m->cols[i].ident);
		buf_adds(sql, "=VALUES(");
		buf_adds(sql, m->cols[i].ident);
		(void)buf_add8(sql, ')');
	}
}

/* " (a,b"; how many. loads: of LOAD DATA, where documents go into a variable first */
static int put_columns(struct buf *sql, const struct map *m, int loads)
{
	int n = 0;

	for (uint32_t i = 0; i < m->ncols; i++)
		if (map_col_is_written(&m->cols[i])) {
			buf_adds(sql, n++ ? "," : " (");
			if (loads && m->cols[i].lit == LIT_JSON)
				buf_printf(sql, "@rowferry%u", i);
			else
				buf_adds(sql, m->cols[i].ident);
		}
	return n;
}

const struct bulk_stmt *bulk_prepare(struct bulk *b, struct link *l, const struct map *m, enum stmt_kind kind, struct buf *sql)
{
	struct bulk_stmt *s = &b->kept[b->next];
	int n;

	if (s->map)
		link_unprepare(s->handle);
	s->map = 0;
	buf_reset(sql);
	buf_adds(sql, "INSERT INTO ");
	buf_adds(sql, m->ident);
	n = put_columns(sql, m, 0);
	buf_adds(sql, n ? ") VALUES (?" : " () VALUES (");
	for (int i = 1; i < n; i++)
		(void)buf_add(sql, ",?", 2);
	(void)buf_add8(sql, ')');
	if (kind == STMT_PUT)
		put_updates(sql, m);
	s->id = link_prepare(l, buf_str(sql), sql->len, &s->handle);
	if (!s->id)
		return NULL;
	s->map = m->number;
	s->kind = kind;
	b->next = (b->next + 1) % BULK_KEPT;
	return s;
}

static void put_le(struct buf *out, uint32_t v, int n)
{
	for (int i = 0; i < n; i++)
		(void)buf_add8(out, (uint8_t)(v >> 8 * i));
}

void bulk_open(struct packet *p, const struct bulk_stmt *s, struct source_table *st)
{
	const struct map *m = st->map;

	if (!packet_stmt(p, s->kind, st->map))
		return;
	p->bulk = st;
	put_le(&p->sql, s->id, 4);
	put_le(&p->sql, SEND_TYPES, 2);
	for (uint32_t i = 0; i < m->ncols; i++)
		if (map_col_is_written(&m->cols[i])) {
			unsigned type = lit_bind_type(&m->cols[i], &st->def->cols[i]);

			put_le(&p->sql, type, 2);
		}
}

/* " (a,@rowferry1) SET b=...": a document is no bytes for MySQL, and is told what it is */
static void put_fields(struct buf *sql, const struct map *m)
{
	int n = 0;

	(void)put_columns(sql, m, 1);
	(void)buf_add8(sql, ')');
	for (uint32_t i = 0; i < m->ncols; i++)
		if (map_col_is_written(&m->cols[i]) && m->cols[i].lit == LIT_JSON)
			buf_printf(sql, "%s%s=CONVERT(@rowferry%u USING utf8mb4)", n++ ? "," : " SET ", m->cols[i].ident, i);
}

void bulk_open_load(struct packet *p, struct source_table *st, enum stmt_kind kind)
{
	if (!packet_stmt(p, kind, st->map))
		return;
	p->bulk = st;
	/* bytes as they are: each column checks that they are text of its own character set */
	buf_adds(&p->load, kind == STMT_PUT ? "LOAD DATA LOCAL INFILE 'rowferry' REPLACE INTO TABLE "
					    : "LOAD DATA LOCAL INFILE 'rowferry' INTO TABLE ");
	buf_adds(&p->load, st->map->ident);
	buf_adds(&p->load, " CHARACTER SET binary");
	put_fields(&p->load, st->map);
}

enum lit_result bulk_insert(struct packet *p, const struct source_table *st, const struct val *vals, struct row_ref ref)
{
	const struct map *m = st->map;
	size_t len = p->sql.len;
	int n = 0;

	for (uint32_t i = 0; i < m->ncols; i++) {
		enum lit_result r = LIT_NO;

		if (!map_col_is_written(&m->cols[i]))
			continue;
		if (p->load.len && n++)
			(void)buf_add8(&p->sql, '\t');
		if (vals[i].kind != VAL_ABSENT)
			r = (p->load.len ? lit_load : lit_bind)(&p->sql, &m->cols[i], &st->def->cols[i], &vals[i], &p->why);
		if (r != LIT_OK) {
			p->sql.len = len;
			return LIT_NO;
		}
	}
	if (p->load.len)
		(void)buf_add8(&p->sql, '\n');
	packet_ref(p, ref);
	return LIT_OK;
}

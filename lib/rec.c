#include "rec.h"

#include <errno.h>
#include <stdlib.h>

#include "rec_map.h"

void rec_extra_release(struct rec_extra *e)
{
	buf_release(&e->bytes);
	e->pairs = 0;
}

void rec_ddl_release(struct rec_ddl *r)
{
	free(r->names);
	r->names = NULL;
	r->nnames = 0;
	rec_extra_release(&r->env_extra);
	rec_extra_release(&r->extra);
}

/* ---- HELLO */

int read_hello(struct cur *c, struct rec_hello *r)
{
	struct pairs m;
	int version = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "version")) {
			r->version = mp_read_uint(c);
			version = 1;
		} else if (is(&m, "by"))
			r->by = get_str(c);
		else if (is(&m, "flavor"))
			r->flavor = get_str(c);
		else if (is(&m, "server"))
			r->server = get_str(c);
		else if (is(&m, "server_id")) {
			r->server_id = mp_read_uint(c);
			r->has_server_id = 1;
		} else if (is(&m, "uuid"))
			r->uuid = get_str(c);
		else if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			r->has_off = 1;
		} else if (is(&m, "gtid"))
			r->gtid = get_str(c);
		else if (is(&m, "time")) {
			r->time_us = mp_read_int(c);
			r->has_time = 1;
		} else if (is(&m, "pipeline"))
			r->pipeline = get_str(c);
		else if (is(&m, "copy"))
			r->copy = get_str(c);
		else if (is(&m, "seq")) {
			r->seq = mp_read_uint(c);
			r->has_seq = 1;
		} else
			keep(&m, &r->extra);
	}
	return done(c, version && r->flavor.p);
}

int write_hello(struct buf *b, const struct rec_hello *r)
{
	size_t start = frame_begin(b, FRAME_HELLO);
	struct mapw m = map_open(b);

	put_uint(&m, 1, "version", r->version);
	put_str(&m, "by", r->by);
	put_str(&m, "flavor", r->flavor);
	put_str(&m, "server", r->server);
	put_uint(&m, r->has_server_id, "server_id", r->server_id);
	put_str(&m, "uuid", r->uuid);
	put_str(&m, "file", r->file);
	put_uint(&m, r->has_off, "off", r->off);
	put_str(&m, "gtid", r->gtid);
	put_int(&m, r->has_time, "time", r->time_us);
	put_str(&m, "pipeline", r->pipeline);
	put_uint(&m, r->has_seq, "seq", r->seq);
	put_str(&m, "copy", r->copy);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- BEGIN */

int read_begin(struct cur *c, struct rec_begin *r)
{
	struct pairs m;
	int off = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "gtid"))
			r->gtid = get_str(c);
		else if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			off = 1;
		} else if (is(&m, "ts")) {
			r->ts_us = mp_read_int(c);
			r->has_ts = 1;
		} else if (is(&m, "server_id")) {
			r->server_id = mp_read_uint(c);
			r->has_server_id = 1;
		} else if (is(&m, "xid"))
			r->xid = get_xid(c);
		else if (is(&m, "copy"))
			r->copy = get_str(c);
		else
			keep(&m, &r->extra);
	}
	return done(c, r->file.p && off);
}

int write_begin(struct buf *b, const struct rec_begin *r)
{
	size_t start = frame_begin(b, FRAME_BEGIN);
	struct mapw m = map_open(b);

	put_str(&m, "gtid", r->gtid);
	put_str(&m, "file", r->file);
	put_uint(&m, 1, "off", r->off);
	put_int(&m, r->has_ts, "ts", r->ts_us);
	put_uint(&m, r->has_server_id, "server_id", r->server_id);
	put_str(&m, "xid", r->xid);
	put_str(&m, "copy", r->copy);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- ROWS */

int read_rows(struct cur *c, struct rec_rows *r)
{
	struct pairs m;
	int op = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "t"))
			r->table_id = get_u32(c);
		else if (is(&m, "op")) {
			struct str s = get_str(c);

			op = !c->err && s.n == 1 ? *s.p : 0;
			r->op = op == 'u' ? ROW_UPDATE : op == 'd' ? ROW_DELETE : ROW_INSERT;
			r->replace = op == 'r';
			if (!c->err && op != 'i' && op != 'u' && op != 'd' && op != 'r')
				cur_fail(c, "row operation is not known");
		} else if (is(&m, "n"))
			r->n = mp_read_uint(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			r->has_off = 1;
		} else if (is(&m, "fl"))
			r->flags = get_u32(c);
		else if (is(&m, "reason"))
			r->reason = get_str(c);
		else
			keep(&m, &r->extra);
	}
	if (!c->err && (!r->table_id || !op || !r->n))
		cur_fail(c, "a field is missing");
	/* an image is one byte at the least */
	if (!c->err && r->n > cur_left(c))
		cur_fail(c, "more rows than the frame can hold");
	return c->err ? -1 : 0;
}

/* The head of an image must have as many values as the table has columns. */
static int image_head(struct cur *c, const struct table *t)
{
	uint32_t n = mp_read_array(c);

	return !c->err && n != t->ncols ? cur_fail(c, "a row does not have as many values as its table has columns")
					: -(c->err != NULL);
}

static int fits(const struct column *col, const struct val *v)
{
	if (v->kind <= VAL_NULL)
		return 1;
	switch (col_type_class(col->type)) {
	case COLC_INT:
		return v->kind == VAL_UINT || v->kind == VAL_INT;
	case COLC_FLOAT:
		return v->kind == VAL_FLOAT;
	case COLC_DOUBLE:
		return v->kind == VAL_DOUBLE;
	case COLC_ASCII:
		return v->kind == VAL_STR;
	case COLC_TEXT:
		return v->kind == VAL_STR || v->kind == VAL_BIN;
	case COLC_BYTES:
		return v->kind == VAL_BIN;
	}
	return 0;
}

#define OF(class) (1u << COLC_##class)
#define OF_ALL (OF(INT) | OF(FLOAT) | OF(DOUBLE) | OF(ASCII) | OF(TEXT) | OF(BYTES))

/* The classes of columns that a value can be of, by its first byte: the same as fits(). */
static const uint8_t classes[256] = {
    [0x00 ... 0x7f] = OF(INT),		    /* small integers */
    [0xa0 ... 0xbf] = OF(ASCII) | OF(TEXT), /* short strings */
    [0xc0] = OF_ALL,			    /* NULL */
    [0xc2] = OF_ALL,			    /* absent */
    [0xc4 ... 0xc6] = OF(TEXT) | OF(BYTES),
    [0xca] = OF(FLOAT),
    [0xcb] = OF(DOUBLE),
    [0xcc ... 0xd3] = OF(INT),
    [0xd9 ... 0xdb] = OF(ASCII) | OF(TEXT),
    [0xe0 ... 0xff] = OF(INT),
};

int skip_value(struct cur *c, const struct column *col)
{
	if (!c->err && c->p < c->end && !(classes[*c->p] & 1u << col_type_class(col->type)))
		return cur_fail(c, "a value is not of its column's type");
	return mp_skip(c);
}

int read_value(struct cur *c, const struct column *col, struct val *v)
{
	if (val_read(c, v) < 0)
		return -1;
	return fits(col, v) ? 0 : cur_fail(c, "a value is not of its column's type");
}

int read_image(struct cur *c, const struct table *t, struct val *vals)
{
	if (image_head(c, t) < 0)
		return -1;
	for (uint32_t i = 0; i < t->ncols; i++)
		if (read_value(c, &t->cols[i], &vals[i]) < 0)
			return -1;
	return 0;
}

int skip_image(struct cur *c, const struct table *t)
{
	struct val v;

	if (image_head(c, t) < 0)
		return -1;
	for (uint32_t i = 0; i < t->ncols; i++)
		if (val_read(c, &v) < 0)
			return -1;
	return 0;
}

void rows_init(struct rows_writer *w)
{
	memset(w, 0, sizeof *w);
}

void rows_release(struct rows_writer *w)
{
	buf_release(&w->rows);
}

void rows_open(struct rows_writer *w, const struct rec_rows *head)
{
	w->head = *head;
	w->head.n = 0;
	buf_reset(&w->rows);
	w->open = 1;
}

int rows_close(struct rows_writer *w, struct buf *out)
{
	static const char *const ops[] = {[ROW_INSERT] = "i", [ROW_UPDATE] = "u", [ROW_DELETE] = "d"};
	struct mapw m;
	size_t start;

	if (!w->open)
		return 0;
	w->open = 0;
	if (w->rows.failed)
		return -1;
	if (!w->head.n)
		return 0;
	start = frame_begin(out, FRAME_ROWS);
	m = map_open(out);
	put_uint(&m, 1, "t", w->head.table_id);
	put_z(&m, "op", w->head.replace ? "r" : ops[w->head.op]);
	put_uint(&m, 1, "n", w->head.n);
	put_uint(&m, w->head.has_off, "off", w->head.off);
	put_uint(&m, w->head.flags != 0, "fl", w->head.flags);
	put_str(&m, "reason", w->head.reason);
	map_close(&m, &w->head.extra);
	(void)buf_add(out, w->rows.p, w->rows.len);
	return frame_end(out, start);
}

/* ---- DDL */

static void read_defs(struct cur *c, struct rec_ddl *r)
{
	r->ndefs = mp_read_array(c);
	if (r->ndefs > DDL_DEFS_MAX)
		cur_fail(c, "too many collations");
	for (uint32_t i = 0; !c->err && i < r->ndefs; i++) {
		uint32_t coll = get_u32(c);

		if (coll > UINT16_MAX)
			cur_fail(c, "a collation's number is out of range");
		r->defs[i] = (uint16_t)coll;
	}
	if (c->err)
		r->ndefs = 0;
}

static void read_env(struct cur *c, struct rec_ddl *r)
{
	struct pairs m;

	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "sql_mode")) {
			r->sql_mode = mp_read_uint(c);
			r->has_sql_mode = 1;
		} else if (is(&m, "fk")) {
			r->fk = flag(c);
			r->has_fk = 1;
		} else if (is(&m, "uniq")) {
			r->uniq = flag(c);
			r->has_uniq = 1;
		} else if (is(&m, "cs")) {
			r->cs = get_u32(c);
			r->has_cs = 1;
		} else if (is(&m, "cl")) {
			r->cl = get_u32(c);
			r->has_cl = 1;
		} else if (is(&m, "cserver")) {
			r->cserver = get_u32(c);
			r->has_cserver = 1;
		} else if (is(&m, "defs")) {
			read_defs(c, r);
		} else if (is(&m, "edt")) {
			r->edt_off = !flag(c);
		} else if (is(&m, "tz"))
			r->tz = get_str(c);
		else
			keep(&m, &r->env_extra);
	}
}

static void read_names(struct cur *c, struct rec_ddl *r)
{
	uint32_t n = mp_read_array(c);

	if (c->err)
		return;
	if (n > DDL_NAMES_MAX || r->names || !(r->names = calloc(n ? n : 1, sizeof *r->names))) {
		cur_fail(c, "too many names");
		return;
	}
	for (uint32_t i = 0; i < n && !c->err; i++) {
		if (mp_read_array(c) != 2)
			cur_fail(c, "a name is not a pair");
		r->names[i].db = get_name(c);
		r->names[i].name = get_name(c);
		r->nnames = i + 1;
	}
}

int read_ddl(struct cur *c, struct rec_ddl *r)
{
	struct pairs m;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "sql"))
			r->sql = get_str(c);
		else if (is(&m, "db"))
			r->db = get_name(c);
		else if (is(&m, "verb"))
			r->verb = get_name(c);
		else if (is(&m, "names"))
			read_names(c, r);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			r->has_off = 1;
		} else if (is(&m, "env"))
			read_env(c, r);
		else
			keep(&m, &r->extra);
	}
	return done(c, r->sql.p && r->verb.p && r->names);
}

int write_ddl(struct buf *b, const struct rec_ddl *r)
{
	size_t start = frame_begin(b, FRAME_DDL);
	struct mapw m = map_open(b);

	put_bin(&m, "sql", r->sql);
	put_str(&m, "db", r->db);
	put_str(&m, "verb", r->verb);
	put_key(&m, "names");
	mp_array(b, r->nnames);
	for (uint32_t i = 0; i < r->nnames; i++) {
		mp_array(b, 2);
		mp_str(b, r->names[i].db.p, r->names[i].db.n);
		mp_str(b, r->names[i].name.p, r->names[i].name.n);
	}
	put_uint(&m, r->has_off, "off", r->off);
	if (r->has_sql_mode || r->has_fk || r->has_uniq || r->has_cs || r->has_cl || r->has_cserver || r->ndefs || r->edt_off ||
	    r->tz.p || r->env_extra.pairs) {
		put_key(&m, "env");
		struct mapw e = map_open(b);

		put_uint(&e, r->has_sql_mode, "sql_mode", r->sql_mode);
		put_bool(&e, r->has_fk, "fk", r->fk);
		put_bool(&e, r->has_uniq, "uniq", r->uniq);
		put_uint(&e, r->has_cs, "cs", r->cs);
		put_uint(&e, r->has_cl, "cl", r->cl);
		put_uint(&e, r->has_cserver, "cserver", r->cserver);
		if (r->ndefs) {
			put_key(&e, "defs");
			mp_array(b, r->ndefs);
			for (uint32_t i = 0; i < r->ndefs; i++)
				mp_uint(b, r->defs[i]);
		}
		put_bool(&e, r->edt_off, "edt", 0);
		put_str(&e, "tz", r->tz);
		map_close(&e, &r->env_extra);
	}
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- COMMIT */

int read_commit(struct cur *c, struct rec_commit *r)
{
	struct pairs m;
	int off = 0, rows = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			off = 1;
		} else if (is(&m, "rows")) {
			r->rows = mp_read_uint(c);
			rows = 1;
		} else if (is(&m, "copy"))
			r->copy = get_str(c);
		else
			keep(&m, &r->extra);
	}
	return done(c, r->file.p && off && rows);
}

int write_commit(struct buf *b, const struct rec_commit *r)
{
	size_t start = frame_begin(b, FRAME_COMMIT);
	struct mapw m = map_open(b);

	put_str(&m, "file", r->file);
	put_uint(&m, 1, "off", r->off);
	put_uint(&m, 1, "rows", r->rows);
	put_str(&m, "copy", r->copy);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- MARK */

int read_mark(struct cur *c, struct rec_mark *r)
{
	struct pairs m;
	int off = 0, time = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			off = 1;
		} else if (is(&m, "gtid"))
			r->gtid = get_str(c);
		else if (is(&m, "time")) {
			r->time_us = mp_read_int(c);
			time = 1;
		} else
			keep(&m, &r->extra);
	}
	return done(c, r->file.p && off && time);
}

int write_mark(struct buf *b, const struct rec_mark *r)
{
	size_t start = frame_begin(b, FRAME_MARK);
	struct mapw m = map_open(b);

	put_str(&m, "file", r->file);
	put_uint(&m, 1, "off", r->off);
	put_str(&m, "gtid", r->gtid);
	put_int(&m, 1, "time", r->time_us);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- END */

int read_end(struct cur *c, struct rec_end *r)
{
	struct pairs m;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			r->has_off = 1;
		} else if (is(&m, "why"))
			r->why = get_str(c);
		else
			keep(&m, &r->extra);
	}
	return done(c, 1);
}

int write_end(struct buf *b, const struct rec_end *r)
{
	size_t start = frame_begin(b, FRAME_END);
	struct mapw m = map_open(b);

	put_str(&m, "file", r->file);
	put_uint(&m, r->has_off, "off", r->off);
	put_str(&m, "why", r->why);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- SAVEPOINT, ROLLBACK */

static int read_to(struct cur *c, struct rec_rollback *r, const char *key)
{
	struct pairs m;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, key))
			r->to = get_name(c);
		else if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			r->has_off = 1;
		} else
			keep(&m, &r->extra);
	}
	return c->err ? -1 : 0;
}

int read_rollback(struct cur *c, struct rec_rollback *r)
{
	return read_to(c, r, "to") < 0 ? -1 : done(c, r->to.p || (r->file.p && r->has_off));
}

int read_savepoint(struct cur *c, struct rec_rollback *r)
{
	return read_to(c, r, "name") < 0 ? -1 : done(c, r->to.p != NULL);
}

static int write_to(struct buf *b, const struct rec_rollback *r, int kind, const char *key)
{
	size_t start = frame_begin(b, kind);
	struct mapw m = map_open(b);

	put_str(&m, key, r->to);
	put_str(&m, "file", r->file);
	put_uint(&m, r->has_off, "off", r->off);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

int write_rollback(struct buf *b, const struct rec_rollback *r)
{
	return write_to(b, r, FRAME_ROLLBACK, "to");
}

int write_savepoint(struct buf *b, const struct rec_rollback *r)
{
	return write_to(b, r, FRAME_SAVEPOINT, "name");
}

/* ---- NOTE */

int read_note(struct cur *c, struct rec_note *r)
{
	struct pairs m;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "sql"))
			r->sql = get_str(c);
		else
			keep(&m, &r->extra);
	}
	return done(c, r->sql.p != NULL);
}

int write_note(struct buf *b, const struct rec_note *r)
{
	size_t start = frame_begin(b, FRAME_NOTE);
	struct mapw m = map_open(b);

	put_bin(&m, "sql", r->sql);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- PREPARE, DECIDE */

int read_prepare(struct cur *c, struct rec_prepare *r)
{
	struct pairs m;
	int off = 0, rows = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			off = 1;
		} else if (is(&m, "rows")) {
			r->rows = mp_read_uint(c);
			rows = 1;
		} else if (is(&m, "xid"))
			r->xid = get_xid(c);
		else
			keep(&m, &r->extra);
	}
	return done(c, r->file.p && off && rows && r->xid.p);
}

int write_prepare(struct buf *b, const struct rec_prepare *r)
{
	size_t start = frame_begin(b, FRAME_PREPARE);
	struct mapw m = map_open(b);

	put_str(&m, "file", r->file);
	put_uint(&m, 1, "off", r->off);
	put_uint(&m, 1, "rows", r->rows);
	put_str(&m, "xid", r->xid);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

int read_decide(struct cur *c, struct rec_decide *r)
{
	struct pairs m;
	int commit = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "xid"))
			r->xid = get_xid(c);
		else if (is(&m, "commit")) {
			r->commit = flag(c);
			commit = 1;
		} else
			keep(&m, &r->extra);
	}
	return done(c, r->xid.p && commit);
}

int write_decide(struct buf *b, const struct rec_decide *r)
{
	size_t start = frame_begin(b, FRAME_DECIDE);
	struct mapw m = map_open(b);

	put_str(&m, "xid", r->xid);
	put_bool(&m, 1, "commit", r->commit);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* The stream as JSON lines (rowdump(1)); rowundump makes the same bytes of them again. */
#include "b64.h"
#include "canon.h"
#include "charset.h"
#include "columns.h"
#include "dump.h"
#include "jsonval.h"
#include "jsonw.h"

/* ---- records: {"kind":{fields}} */

static struct buf *out_of(struct stream *s)
{
	return &((struct dump *)s->arg)->w.b;
}

/* The comma in front of a field, unless it is the first of its object. */
static void comma(struct buf *b)
{
	if (b->len && b->p[b->len - 1] != '{' && b->p[b->len - 1] != '[')
		buf_add8(b, ',');
}

static void key(struct buf *b, const char *k)
{
	comma(b);
	buf_add8(b, '"');
	buf_adds(b, k);
	buf_adds(b, "\":");
}

static void field_str(struct buf *b, const char *k, struct str s)
{
	if (!s.p)
		return;
	key(b, k);
	json_text(b, s.p, s.n);
}

static void field_z(struct buf *b, const char *k, const char *z)
{
	field_str(b, k, str_of(z));
}

static void field_uint(struct buf *b, int has, const char *k, uint64_t v)
{
	if (!has)
		return;
	key(b, k);
	json_uint(b, v);
}

static void field_int(struct buf *b, int has, const char *k, int64_t v)
{
	if (!has)
		return;
	key(b, k);
	json_int(b, v);
}

static void field_bool(struct buf *b, int has, const char *k, int v)
{
	if (!has)
		return;
	key(b, k);
	buf_adds(b, v ? "true" : "false");
}

static void field_extra(struct buf *b, const struct rec_extra *e)
{
	if (!e->pairs)
		return;
	key(b, "extra");
	buf_add8(b, '"');
	b64_encode(b, e->bytes.p, e->bytes.len);
	buf_add8(b, '"');
}

static void open_record(struct stream *s, const char *kind)
{
	buf_adds(out_of(s), "{\"");
	buf_adds(out_of(s), kind);
	buf_adds(out_of(s), "\":{");
}

/* Whether the record alone brings the frame's bytes back: 1 or 0, -1 with the message printed. */
static int is_canonical(struct stream *s, const struct table *t)
{
	struct dump *d = s->arg;
	struct cur c;

	buf_reset(&d->canon);
	if (canon_frame(&s->frame, t, &c, &d->canon) < 0)
		return c.err ? stream_damaged(s, &c) : dump_no_memory(d);
	return d->canon.len == s->frame.raw_len && memcmp(d->canon.p, s->frame.raw, s->frame.raw_len) == 0;
}

static void put_raw(struct stream *s)
{
	struct buf *b = out_of(s);

	key(b, "raw");
	buf_add8(b, '"');
	b64_encode(b, s->frame.raw, s->frame.raw_len);
	buf_add8(b, '"');
}

static int close_record(struct stream *s)
{
	/* an END that the loop makes when it is told to stop has no frame */
	int canonical = !s->frame.raw_len || is_canonical(s, NULL);

	if (canonical < 0)
		return -1;
	buf_add8(out_of(s), '}');
	if (!canonical)
		put_raw(s);
	buf_adds(out_of(s), "}\n");
	return dump_done(s->arg);
}

static int on_hello(struct stream *s, const struct rec_hello *r)
{
	struct buf *b = out_of(s);

	open_record(s, "hello");
	field_uint(b, 1, "version", r->version);
	field_str(b, "by", r->by);
	field_str(b, "flavor", r->flavor);
	field_str(b, "server", r->server);
	field_uint(b, r->has_server_id, "server_id", r->server_id);
	field_str(b, "uuid", r->uuid);
	field_str(b, "file", r->file);
	field_uint(b, r->has_off, "off", r->off);
	field_str(b, "gtid", r->gtid);
	field_int(b, r->has_time, "time", r->time_us);
	field_str(b, "pipeline", r->pipeline);
	field_uint(b, r->has_seq, "seq", r->seq);
	field_str(b, "copy", r->copy);
	field_extra(b, &r->extra);
	return close_record(s);
}

static void column(struct buf *b, struct buf *tmp, const struct column *c)
{
	comma(b);
	buf_add8(b, '{');
	field_z(b, "name", c->name);
	field_z(b, "type", col_type_name(c->type));
	field_bool(b, c->is_unsigned, "unsigned", 1);
	field_uint(b, c->len != 0, "len", c->len);
	field_uint(b, c->dec != 0, "dec", c->dec);
	field_uint(b, c->coll != 0, "coll", c->coll);
	field_z(b, "cs", c->charset);
	if (c->labels) {
		key(b, "labels");
		buf_add8(b, '[');
		for (uint32_t i = 0; i < c->nlabels; i++) {
			comma(b);
			json_charset_text(b, tmp, c->charset, c->labels[i].p, c->labels[i].n);
		}
		buf_add8(b, ']');
	}
	field_bool(b, c->nullable >= 0, "null", c->nullable);
	field_bool(b, c->generated, "gen", 1);
	field_bool(b, c->invisible, "inv", 1);
	buf_add8(b, '}');
}

static void numbers(struct buf *b, const char *k, const uint32_t *v, uint32_t n)
{
	key(b, k);
	buf_add8(b, '[');
	for (uint32_t i = 0; i < n; i++) {
		comma(b);
		json_uint(b, v[i]);
	}
	buf_add8(b, ']');
}

static int on_table(struct stream *s, struct table *t)
{
	struct dump *d = s->arg;
	struct buf *b = out_of(s);
	struct rec_extra extra = {0};
	struct cur c;

	open_record(s, "table");
	field_uint(b, 1, "id", t->id);
	field_z(b, "db", t->db);
	field_z(b, "name", t->name);
	key(b, "cols");
	buf_add8(b, '[');
	for (uint32_t i = 0; i < t->ncols; i++)
		column(b, &d->tmp, &t->cols[i]);
	buf_add8(b, ']');
	if (t->nkeys) {
		key(b, "keys");
		buf_add8(b, '[');
		for (uint32_t i = 0; i < t->nkeys; i++) {
			const struct key *k = &t->keys[i];

			comma(b);
			buf_add8(b, '{');
			field_z(b, "name", k->name);
			field_bool(b, k->primary, "primary", 1);
			numbers(b, "cols", k->cols, k->ncols);
			if (k->parts)
				numbers(b, "parts", k->parts, k->ncols);
			buf_add8(b, '}');
		}
		buf_add8(b, ']');
	}
	/* the loop keeps the definition only; what it did not know is read once more */
	cur_init(&c, s->frame.body, s->frame.body_len);
	table_free(read_table(&c, &extra));
	field_extra(b, &extra);
	rec_extra_release(&extra);
	return close_record(s);
}

static int on_begin(struct stream *s, const struct rec_begin *r)
{
	struct buf *b = out_of(s);

	open_record(s, "begin");
	field_str(b, "gtid", r->gtid);
	field_str(b, "file", r->file);
	field_uint(b, 1, "off", r->off);
	field_int(b, r->has_ts, "ts", r->ts_us);
	field_uint(b, r->has_server_id, "server_id", r->server_id);
	field_str(b, "xid", r->xid);
	field_str(b, "copy", r->copy);
	field_extra(b, &r->extra);
	return close_record(s);
}

static int on_ddl(struct stream *s, const struct rec_ddl *r)
{
	struct dump *d = s->arg;
	struct buf *b = out_of(s);
	const char *cs = r->has_cs ? charset_of_collation(r->cs) : NULL;

	open_record(s, "ddl");
	key(b, "sql");
	json_charset_text(b, &d->tmp, cs ? cs : "utf8mb4", r->sql.p, r->sql.n);
	field_str(b, "db", r->db);
	field_str(b, "verb", r->verb);
	key(b, "names");
	buf_add8(b, '[');
	for (uint32_t i = 0; i < r->nnames; i++) {
		comma(b);
		buf_add8(b, '[');
		json_text(b, r->names[i].db.p, r->names[i].db.n);
		buf_add8(b, ',');
		json_text(b, r->names[i].name.p, r->names[i].name.n);
		buf_add8(b, ']');
	}
	buf_add8(b, ']');
	field_uint(b, r->has_off, "off", r->off);
	if (r->has_sql_mode || r->has_fk || r->has_uniq || r->has_cs || r->has_cl || r->has_cserver || r->ndefs || r->edt_off ||
	    r->tz.p || r->env_extra.pairs) {
		key(b, "env");
		buf_add8(b, '{');
		field_uint(b, r->has_sql_mode, "sql_mode", r->sql_mode);
		field_bool(b, r->has_fk, "fk", r->fk);
		field_bool(b, r->has_uniq, "uniq", r->uniq);
		field_uint(b, r->has_cs, "cs", r->cs);
		field_uint(b, r->has_cl, "cl", r->cl);
		field_uint(b, r->has_cserver, "cserver", r->cserver);
		if (r->ndefs) {
			key(b, "defs");
			for (uint32_t i = 0; i < r->ndefs; i++)
				buf_printf(b, "%c%u", i ? ',' : '[', (unsigned)r->defs[i]);
			buf_add8(b, ']');
		}
		field_bool(b, r->edt_off, "edt", 0);
		field_str(b, "tz", r->tz);
		field_extra(b, &r->env_extra);
		buf_add8(b, '}');
	}
	field_extra(b, &r->extra);
	return close_record(s);
}

static int on_commit(struct stream *s, const struct rec_commit *r)
{
	struct buf *b = out_of(s);

	open_record(s, "commit");
	field_str(b, "file", r->file);
	field_uint(b, 1, "off", r->off);
	field_uint(b, 1, "rows", r->rows);
	field_str(b, "copy", r->copy);
	field_extra(b, &r->extra);
	return close_record(s);
}

static int on_prepare(struct stream *s, const struct rec_prepare *r)
{
	struct buf *b = out_of(s);

	open_record(s, "prepare");
	field_str(b, "file", r->file);
	field_uint(b, 1, "off", r->off);
	field_uint(b, 1, "rows", r->rows);
	field_str(b, "xid", r->xid);
	field_extra(b, &r->extra);
	return close_record(s);
}

static int on_decide(struct stream *s, const struct rec_decide *r)
{
	struct buf *b = out_of(s);

	open_record(s, "decide");
	field_str(b, "xid", r->xid);
	field_bool(b, 1, "commit", r->commit);
	field_extra(b, &r->extra);
	return close_record(s);
}

static int on_mark(struct stream *s, const struct rec_mark *r)
{
	struct buf *b = out_of(s);

	open_record(s, "mark");
	field_str(b, "file", r->file);
	field_uint(b, 1, "off", r->off);
	field_str(b, "gtid", r->gtid);
	field_int(b, 1, "time", r->time_us);
	field_extra(b, &r->extra);
	return close_record(s);
}

static int on_end(struct stream *s, const struct rec_end *r)
{
	struct buf *b = out_of(s);

	open_record(s, "end");
	field_str(b, "file", r->file);
	field_uint(b, r->has_off, "off", r->off);
	field_str(b, "why", r->why);
	field_extra(b, &r->extra);
	return close_record(s);
}

static int savepoint(struct stream *s, const struct rec_rollback *r, const char *kind, const char *name)
{
	struct buf *b = out_of(s);

	open_record(s, kind);
	field_str(b, name, r->to);
	field_str(b, "file", r->file);
	field_uint(b, r->has_off, "off", r->off);
	field_extra(b, &r->extra);
	return close_record(s);
}

static int on_savepoint(struct stream *s, const struct rec_rollback *r)
{
	return savepoint(s, r, "savepoint", "name");
}

static int on_rollback(struct stream *s, const struct rec_rollback *r)
{
	return savepoint(s, r, "rollback", "to");
}

static int on_note(struct stream *s, const struct rec_note *r)
{
	open_record(s, "note");
	field_str(out_of(s), "sql", r->sql);
	field_extra(out_of(s), &r->extra);
	return close_record(s);
}

static int on_other(struct stream *s)
{
	struct buf *b = out_of(s);

	buf_printf(b, "{\"frame\":%d,\"body\":\"", s->frame.kind);
	b64_encode(b, s->frame.body, s->frame.body_len);
	buf_add8(b, '"');
	if (is_canonical(s, NULL) != 1)
		put_raw(s);
	buf_adds(b, "}\n");
	return dump_done(s->arg);
}

/* ---- rows */

static void image(struct dump *d, const struct table *t, const struct columns *cs, const struct val *vals)
{
	struct buf *b = &d->w.b;
	int first = 1;

	buf_add8(b, cs->named ? '{' : '[');
	for (uint32_t i = 0; i < t->ncols; i++) {
		if (cs->named && vals[i].kind == VAL_ABSENT)
			continue;
		if (!first)
			buf_add8(b, ',');
		first = 0;
		if (cs->named)
			buf_adds(b, cs->cols[i].key);
		json_value(b, &d->tmp, &t->cols[i], &cs->cols[i], &vals[i]);
	}
	buf_add8(b, cs->named ? '}' : ']');
}

static int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	static const char *const ops[] = {[ROW_INSERT] = "insert", [ROW_UPDATE] = "update", [ROW_DELETE] = "delete"};
	struct dump *d = s->arg;
	struct buf *b = &d->w.b;
	const struct columns *cs = columns_of(t);
	int canonical;

	if (!cs || dump_vals(d, t) < 0)
		return dump_no_memory(d);
	/* this also sees to it that nothing of a frame is shown before all of it is known to be right */
	canonical = is_canonical(s, t);
	if (canonical < 0)
		return -1;
	/* what the lines of one frame have in common */
	buf_reset(&d->tail);
	buf_printf(&d->tail, ",\"t\":%u,\"f\":%llu", t->id, (unsigned long long)++d->nrows_frames);
	field_uint(&d->tail, r->has_off, "off", r->off);
	field_uint(&d->tail, r->flags != 0, "fl", r->flags);
	field_str(&d->tail, "reason", r->reason);
	field_extra(&d->tail, &r->extra);
	for (uint64_t i = 0; i < r->n; i++) {
		buf_add8(b, '{');
		key(b, r->replace ? "replace" : ops[r->op]);
		buf_adds(b, cs->label);
		buf_add(b, d->tail.p, d->tail.len);
		if (r->op != ROW_INSERT) {
			key(b, "old");
			if (dump_image(d, c, t, d->vals) < 0)
				return -1;
			image(d, t, cs, d->vals);
		}
		if (r->op != ROW_DELETE) {
			key(b, "new");
			if (dump_image(d, c, t, d->vals) < 0)
				return -1;
			image(d, t, cs, d->vals);
		}
		if (i == 0 && !canonical)
			put_raw(s);
		buf_adds(b, "}\n");
		if (dump_done(d) < 0)
			return -1;
	}
	return STREAM_TOOK;
}

const struct stream_calls json_calls = {.on_hello = on_hello,
    .on_table = on_table,
    .on_begin = on_begin,
    .on_rows = on_rows,
    .on_ddl = on_ddl,
    .on_commit = on_commit,
    .on_mark = on_mark,
    .on_end = on_end,
    .on_savepoint = on_savepoint,
    .on_rollback = on_rollback,
    .on_note = on_note,
    .on_prepare = on_prepare,
    .on_decide = on_decide,
    .on_other = on_other,
    .on_idle = dump_on_idle};

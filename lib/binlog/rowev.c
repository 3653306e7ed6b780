#include "binlog/group.h"

#include "binlog/zip.h"

#define KEEP_MAX (16u << 20) /* a buffer larger than this, for one huge row, is not kept */

#define EV_FLAG_STMT_END 1u
#define EV_FLAG_NO_FK 2u
#define EV_FLAG_FK_DONE 0x10u /* MySQL, from 9.6 on: foreign keys are done above the engine, what they change is logged */
#define EV_FLAG_NO_UNIQUE 4u
#define EV_FLAG_NO_CHECK 0x80u /* MariaDB */

int rows_flush(struct binlog *b)
{
	if (b->rows.open)
		b->rows_by_op[b->rows.head.op] += b->rows.head.n;
	if (rows_close(&b->rows, b->out) < 0)
		return fail_memory(b);
	b->rows.rows.len = 0;
	if (b->rows.rows.cap > KEEP_MAX)
		buf_release(&b->rows.rows);
	return 0;
}

/* Maps are not needed again, and definitions can be dropped if they are too many: maps come before the next rows. */
int rows_statement_end(struct binlog *b)
{
	if (b->defs.bytes <= TDEFS_FULL) {
		tdefs_statement_end(&b->defs);
		return 0;
	}
	if (rows_flush(b) < 0) /* their table's id may soon be another's */
		return -1;
	tdefs_drop(&b->defs, NULL, NULL);
	return 0;
}

/* ---- table maps */

static int unknown_table(struct binlog *b, const struct tmap *m)
{
	return fail_refused(b,
	    "set binlog_row_metadata=FULL on the source, or give the connection options of a server that has the table",
	    "the log does not say what the columns of table \"%.*s.%.*s\" are", (int)m->ndb, m->db, (int)m->nname, m->name);
}

static int unknown_digits(struct binlog *b, const struct tmap *m, const struct column *c)
{
	return fail_refused(b, "give the connection options of a server that has the table",
	    "column \"%s\" of table \"%.*s.%.*s\" is of an older format, of which the log does not say the digits of the second",
	    c->name, (int)m->ndb, m->db, (int)m->nname, m->name);
}

static int does_not_fit(struct binlog *b, const struct tmap *m, const char *why)
{
	return fail_refused(b,
	    "the table was changed since: set binlog_row_metadata=FULL on the source, or copy the table anew and start behind "
	    "the change",
	    "table \"%.*s.%.*s\" is not as it was when the log was written: %s", (int)m->ndb, m->db, (int)m->nname, m->name, why);
}

/* The definition of a table that is in scope. NULL: failed. */
static struct table *definition(struct binlog *b, const struct event *e, struct tmap *m)
{
	struct table *t = NULL, *other = NULL;
	struct buf why = BUF_INIT;
	const char *w = NULL;

	if (tmap_cols(m, b->format.is_mariadb, b->cols, &w) < 0) {
		(void)fail_why(b, e, w);
		return NULL;
	}
	if (m->has_names) {
		t = tmap_table(m, b->format.is_mariadb, b->cols, &w);
		if (!t) {
			(void)(w ? fail_why(b, e, w) : fail_memory(b));
			return NULL;
		}
		if (!tmap_is_ambiguous(m, b->format.is_mariadb, b->cols))
			return t;
	}
	if (b->calls->define(b->arg, m, b->cols, &other) < 0) {
		(void)fail_call(b);
		goto err;
	}
	if (t) {
		const struct column *unknown = tmap_unknown_digits(m, b->format.is_mariadb, b->cols, t, other);

		if (unknown) {
			(void)unknown_digits(b, m, unknown);
			goto err;
		}
		if (other)
			tmap_refine(m, b->cols, t, other);
		table_free(other);
		return t;
	}
	if (!other) {
		(void)unknown_table(b, m);
		goto err;
	}
	if (tmap_check(m, b->cols, other, &why) < 0) {
		(void)does_not_fit(b, m, buf_str(&why));
		goto err;
	}
	return other;
err:
	buf_release(&why);
	table_free(t);
	table_free(other);
	return NULL;
}

int rows_map(struct binlog *b, const struct event *e)
{
	struct table *t = NULL;
	struct tmap m;
	struct cur c;
	int wanted;

	if (!b->in_group)
		return group_missing(b, e);
	if (b->group_skip)
		return 0;
	cur_init(&c, e->body, e->body_len);
	if (tmap_head(&c, &b->format, &m) < 0)
		return fail_cur(b, e, &c);
	if (tdefs_find(&b->defs, &m)) /* byte for byte as one that was read */
		return 0;
	if (tmap_read(&c, &m) < 0)
		return fail_cur(b, e, &c);
	if (b->defs.bytes > TDEFS_MAX)
		return fail_refused(
		    b, NULL, "one statement is about more tables than are kept, definitions of %zu bytes", b->defs.bytes);
	wanted = b->calls->wants(b->arg, m.db, m.ndb, m.name, m.nname);
	if (wanted < 0)
		return fail_call(b);
	if (wanted) {
		t = definition(b, e, &m);
		if (!t)
			return -1;
	}
	return tdefs_add(&b->defs, &m, b->cols, t) ? 0 : fail_memory(b);
}

/* ---- rows */

struct row_event {
	enum row_op op;
	uint64_t id;
	uint32_t fl;
	int is_compressed, stmt_end;
	int is_partial; /* the new row may have changes of documents in the place of documents */
	struct tdef *def;
	const uint8_t *present[2]; /* bitmaps of the images' columns; NULL: all */
	uint32_t npresent[2];
};

static int row_kind(struct row_event *r, unsigned type, int *has_extra)
{
	*has_extra = 0;
	switch (type) {
	case EV_WRITE_V2:
	case EV_WRITE_COMPRESSED_V2:
		*has_extra = 1;
		/* fall through */
	case EV_WRITE_V1:
	case EV_WRITE_COMPRESSED_V1:
		r->op = ROW_INSERT;
		break;
	case EV_PARTIAL_UPDATE:
		r->is_partial = 1;
		/* fall through */
	case EV_UPDATE_V2:
	case EV_UPDATE_COMPRESSED_V2:
		*has_extra = 1;
		/* fall through */
	case EV_UPDATE_V1:
	case EV_UPDATE_COMPRESSED_V1:
		r->op = ROW_UPDATE;
		break;
	case EV_DELETE_V2:
	case EV_DELETE_COMPRESSED_V2:
		*has_extra = 1;
		/* fall through */
	default:
		r->op = ROW_DELETE;
	}
	return type >= EV_QUERY_COMPRESSED;
}

/* A bitmap of the columns that the images hold. */
static void read_present(struct cur *c, struct row_event *r, int i, uint32_t ncols)
{
	const uint8_t *p = cur_bytes(c, (ncols + 7) / 8);
	uint32_t n = 0;

	if (!p)
		return;
	for (uint32_t at = 0; at < ncols; at++)
		n += p[at / 8] >> at % 8 & 1;
	r->npresent[i] = n;
	r->present[i] = n == ncols ? NULL : p;
}

/* Opens a ROWS frame for the rows to come, or goes on with the one that is open. */
static int rows_ready(struct binlog *b, const struct row_event *r)
{
	struct table *t = r->def->table;
	struct rec_rows h = {0};

	if (b->rows.open && b->rows.head.table_id == t->id && b->rows.head.op == r->op && b->rows.head.flags == r->fl)
		return 0;
	if (rows_flush(b) < 0)
		return -1;
	if (!r->def->is_in_stream) {
		if (write_table(b->out, t, NULL) < 0)
			return fail_memory(b);
		r->def->is_in_stream = 1;
	}
	h.table_id = t->id;
	h.op = r->op;
	h.off = b->event_pos;
	h.has_off = 1;
	h.flags = r->fl;
	rows_open(&b->rows, &h);
	return 0;
}

/* After a row: a full frame is ended, and full output handed on. */
static int rows_full(struct binlog *b)
{
	if (rows_flush(b) < 0)
		return -1;
	if (b->out->len >= BINLOG_OUT_FULL && b->calls->on_output(b->arg) < 0)
		return fail_call(b);
	return 0;
}

/* Before a new row of PARTIAL_UPDATE_ROWS: options, and with bit 0 of them a bit for each JSON column of the table. */
static const uint8_t *partial_bits(struct rowdec *d, const uint8_t *p, const uint8_t *end, const char **why)
{
	struct cur c;
	uint64_t options;

	cur_init(&c, p, (size_t)(end - p));
	options = cur_packed(&c);
	d->partial = options & 1 ? cur_bytes(&c, (d->njson + 7) / 8) : NULL;
	if (options > 1)
		(void)cur_fail(&c, "options of a new row that are not known");
	if (!c.err)
		return c.p;
	*why = c.err;
	d->partial = NULL;
	return NULL;
}

static int decode_rows(struct binlog *b, const struct event *e, const struct row_event *r, const uint8_t *p, const uint8_t *end)
{
	struct buf *rows = &b->rows.rows;
	const char *why = NULL;
	int empty = p == end && !r->npresent[0] && !r->npresent[1];

	/* a row of defaults alone, with binlog_row_image=MINIMAL, has no bytes */
	while (p < end || empty) {
		const uint8_t *start = p;
		size_t mark;

		if (!b->replay && rows_ready(b, r) < 0)
			return -1;
		mark = rows->len;
		r->def->dec.keep_old = r->is_partial;
		p = rowdec_image(&r->def->dec, r->present[0], r->npresent[0], p, end, rows, &why);
		r->def->dec.keep_old = 0;
		if (p && r->is_partial)
			p = partial_bits(&r->def->dec, p, end, &why);
		if (p && r->op == ROW_UPDATE)
			p = rowdec_image(&r->def->dec, r->present[1], r->npresent[1], p, end, rows, &why);
		r->def->dec.partial = NULL;
		if (!p && why == ROWDEC_NO_OLD) {
			rows->len = mark;
			return fail_refused(b, "unset binlog_row_value_options on the source, or set binlog_row_image=FULL",
			    "of a JSON document of table \"%s.%s\" the log has only what was changed, and not the old one",
			    r->def->table->db, r->def->table->name);
		}
		if (!p) {
			rows->len = mark;
			if (!strcmp(why, "no memory"))
				return fail_memory(b);
			return fail_damaged(b, "%s event of table \"%s.%s\": %s", event_type_name(e->type), r->def->table->db,
			    r->def->table->name, why);
		}
		if (p == start && !empty)
			return fail_why(b, e, "rows without columns");
		empty = 0;
		if (!group_item(b)) {
			rows->len = mark;
			continue;
		}
		b->rows.head.n++;
		b->group_rows++;
		if (rows_is_full(&b->rows) && rows_full(b) < 0)
			return -1;
	}
	return 0;
}

int rows_event(struct binlog *b, const struct event *e)
{
	struct row_event r = {0};
	struct cur c;
	unsigned flags;
	int has_extra;
	uint64_t ncols;
	const uint8_t *p, *end;
	const char *why;

	if (!b->in_group)
		return group_missing(b, e);
	if (b->group_skip)
		return 0;
	cur_init(&c, e->body, e->body_len);
	r.is_compressed = row_kind(&r, e->type, &has_extra);
	r.id = cur_le(&c, b->format.post[e->type] == 6 ? 4 : 6);
	flags = cur_le16(&c);
	if (has_extra) {
		unsigned n = cur_le16(&c);

		if (n < 2)
			return fail_why(b, e, "wrong length of its extra data");
		cur_skip(&c, n - 2);
	}
	ncols = cur_packed(&c);
	if (c.err)
		return fail_cur(b, e, &c);
	r.stmt_end = flags & EV_FLAG_STMT_END;
	r.fl = (flags & EV_FLAG_NO_FK ? ROWS_NO_FK : 0) | (flags & EV_FLAG_NO_UNIQUE ? ROWS_NO_UNIQUE : 0) |
	       (b->format.is_mariadb && (flags & EV_FLAG_NO_CHECK) ? ROWS_NO_CHECK : 0) |
	       (!b->format.is_mariadb && (flags & EV_FLAG_FK_DONE) ? ROWS_FK_DONE : 0);
	r.def = tdefs_by_id(&b->defs, r.id);
	if (!r.def && r.id == 0xffffff) /* says only that the statement ends */
		return 0;
	if (!r.def)
		return fail_why(b, e, "of a table without a TABLE_MAP event");
	if (!r.def->table)
		return r.stmt_end ? rows_statement_end(b) : 0;
	if (ncols != r.def->table->ncols)
		return fail_why(b, e, "another number of columns than in its TABLE_MAP event");
	read_present(&c, &r, 0, (uint32_t)ncols);
	if (r.op == ROW_UPDATE)
		read_present(&c, &r, 1, (uint32_t)ncols);
	if (c.err)
		return fail_cur(b, e, &c);
	p = c.p;
	end = c.end;
	if (r.is_compressed) {
		buf_reset(&b->plain);
		if (zip_event(p, (size_t)(end - p), &b->plain, &why) < 0)
			return fail_why(b, e, why);
		p = b->plain.p;
		end = p + b->plain.len;
	}
	if (decode_rows(b, e, &r, p, end) < 0)
		return -1;
	return r.stmt_end ? rows_statement_end(b) : 0;
}

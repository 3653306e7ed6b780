/* Rows: kept columns are copied as bytes, run by run; computed ones are evaluated for each image. */
#include "code.h"
#include "map.h"
#include "msg.h"

/* Finds where each value begins, and keeps those that expressions need. All are seen to be what TABLE says. */
static int find_values(struct cur *c, const struct table *t, const uint8_t *needs, const uint8_t **at, struct val *vals)
{
	if (mp_read_array(c) != t->ncols)
		return cur_fail(c, "a row has another number of columns than its table");
	for (uint32_t i = 0; i < t->ncols; i++) {
		at[i] = c->p;
		if (needs[i] ? read_value(c, &t->cols[i], &vals[i]) < 0 : skip_value(c, &t->cols[i]) < 0)
			return -1;
	}
	at[t->ncols] = c->p;
	return c->err ? -1 : 0;
}

#define ABSENT 0xc2 /* msgpack's false: the whole of an absent value */

static int is_absent(const uint8_t *const *at, uint32_t i)
{
	return *at[i] == ABSENT;
}

static int changed(const struct rowmap *m, uint32_t i)
{
	size_t n = (size_t)(m->new_at[i + 1] - m->new_at[i]);

	return !is_absent(m->new_at, i) &&
	       (n != (size_t)(m->old_at[i + 1] - m->old_at[i]) || memcmp(m->old_at[i], m->new_at[i], n) != 0);
}

/* An update of columns that do not go out, and of no others. */
static int is_of_dropped_only(const struct rowmap *m, const struct mtable *mt, const struct table *t)
{
	int any = 0;

	for (uint32_t i = 0; i < t->ncols; i++) {
		if (!changed(m, i))
			continue;
		if (mt->matters[i])
			return 0;
		any = 1;
	}
	return any;
}

static int cannot_compute(struct stream *s, const struct table *t, const struct mtable *mt, const struct out_col *o,
    const struct expr_row *row, enum expr_result why)
{
	struct rowmap *m = s->arg;
	const char *column = mt->to->cols[o - mt->cols].name;

	if (why == EXPR_FAILED) {
		msg_error("%s:%u:%u: cannot compute column \"%s\" of table \"%s.%s\" at %s:%llu: %s", m->rules.file, o->line,
		    o->col, column, t->db, t->name, row->file, (unsigned long long)row->off, row->why);
	} else {
		msg_error("%s:%u:%u: cannot compute column \"%s\" of table \"%s.%s\" at %s:%llu: the row image does not hold "
			  "column \"%s\"",
		    m->rules.file, o->line, o->col, column, t->db, t->name, row->file, (unsigned long long)row->off,
		    row->absent ? row->absent : "?");
		msg_hint("the source logs it with binlog_row_image=FULL");
	}
	return map_fail(s, CODE_USAGE);
}

/* An update that says nothing of the columns that the value is made of: it says nothing of the value. */
static int untouched(const struct rowmap *m, const struct out_col *o, const struct table *t)
{
	const uint8_t *needs = expr_prog_needs(o->prog);
	int any = 0;

	for (uint32_t i = 0; i < t->ncols; i++) {
		if (!needs[i])
			continue;
		if (!is_absent(m->new_at, i))
			return 0;
		any = 1;
	}
	return any && !o->moving;
}

static int put_computed(
    struct stream *s, const struct mtable *mt, const struct table *t, const struct out_col *o, struct expr_row *row, int is_old)
{
	struct rowmap *m = s->arg;
	struct val v = {VAL_ABSENT, 0, {0}};
	enum expr_result r = EXPR_TRUE;

	row->row = is_old ? row->old : row->new;
	if (is_old ? !o->moving : !(row->op == ROW_UPDATE && untouched(m, o, t)))
		r = expr_value(o->prog, row, &v);
	if (r == EXPR_ABSENT && is_old)
		v.kind = VAL_ABSENT;
	else if (r != EXPR_TRUE)
		return cannot_compute(s, t, mt, o, row, r);
	val_write(&m->out.rows, &v);
	return 0;
}

static int put_image(struct stream *s, const struct mtable *mt, const struct table *t, struct expr_row *row, int is_old)
{
	struct rowmap *m = s->arg;
	const uint8_t *const *at = is_old ? m->old_at : m->new_at;

	mp_array(&m->out.rows, mt->to->ncols);
	for (uint32_t i = 0; i < mt->nruns; i++) {
		const struct run *run = &mt->runs[i];

		if (run->computed) {
			if (put_computed(s, mt, t, run->computed, row, is_old) < 0)
				return -1;
		} else {
			(void)buf_add(&m->out.rows, at[run->from], (size_t)(at[run->to] - at[run->from]));
		}
	}
	return 0;
}

static int read_row(struct stream *s, const struct rec_rows *r, const struct table *t, const struct mtable *mt, struct cur *c)
{
	struct rowmap *m = s->arg;

	if ((r->op != ROW_INSERT && find_values(c, t, mt->needs, m->old_at, m->old) < 0) ||
	    (r->op != ROW_DELETE && find_values(c, t, mt->needs, m->new_at, m->new) < 0))
		return stream_damaged(s, c);
	if (r->op == ROW_UPDATE) /* what the new image does not hold is as it was */
		for (uint32_t i = 0; i < t->ncols; i++)
			if (mt->needs[i] && m->new[i].kind == VAL_ABSENT)
				m->new[i] = m->old[i];
	return 0;
}

static int map_rows(struct stream *s, const struct rec_rows *r, const struct table *t, const struct mtable *mt, struct cur *c)
{
	struct rowmap *m = s->arg;
	struct expr_row row = {.op = r->op,
	    .ts_us = s->begin_ts_us,
	    .file = s->begin_file,
	    .off = r->has_off ? r->off : s->begin_off,
	    .gtid = s->begin_gtid};
	uint64_t out = 0;

	row.old = r->op == ROW_INSERT ? NULL : m->old;
	row.new = r->op == ROW_DELETE ? NULL : m->new;
	for (uint64_t i = 0; i < r->n; i++) {
		if (read_row(s, r, t, mt, c) < 0)
			return -1;
		if (mt->drops && r->op == ROW_UPDATE && is_of_dropped_only(m, mt, t))
			continue;
		if (!m->out.open)
			rows_open(&m->out, r);
		if ((r->op != ROW_INSERT && put_image(s, mt, t, &row, 1) < 0) ||
		    (r->op != ROW_DELETE && put_image(s, mt, t, &row, 0) < 0))
			return -1;
		m->out.head.n++;
		out++;
		if (rows_is_full(&m->out) && rows_close(&m->out, &s->out.b) < 0)
			return map_no_memory(s);
	}
	stream_rows_out(s, out);
	m->rows_out += out;
	return rows_close(&m->out, &s->out.b) < 0 ? map_no_memory(s) : STREAM_TOOK;
}

int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct rowmap *m = s->arg;
	const struct mtable *mt = t->user;

	m->rows_in += r->n;
	if (!mt->rows_same)
		return map_rows(s, r, t, mt, c);
	m->rows_out += r->n;
	return STREAM_PASS;
}

/* Rows: which go out, and as what. A frame that goes out whole goes out byte for byte. */
#include "code.h"
#include "filter.h"
#include "msg.h"

/* Keeps the needed columns, and passes over the others once they are seen to be what TABLE says. */
static int read_needed(struct cur *c, const struct table *t, const uint8_t *needs, struct val *vals)
{
	if (mp_read_array(c) != t->ncols)
		return cur_fail(c, "a row has another number of columns than its table");
	for (uint32_t i = 0; i < t->ncols; i++)
		if (needs[i] ? read_value(c, &t->cols[i], &vals[i]) < 0 : skip_value(c, &t->cols[i]) < 0)
			return -1;
	return c->err ? -1 : 0;
}

/* What an update's new image does not hold is as it was. */
static void fill_absent(const struct table *t, const uint8_t *needs, const struct val *old, struct val *new)
{
	for (uint32_t i = 0; i < t->ncols; i++)
		if ((!needs || needs[i]) && new[i].kind == VAL_ABSENT)
			new[i] = old[i];
}

static int cannot_judge(
    struct stream *s, const struct table *t, const struct expr_row *row, enum expr_result why, const char *file)
{
	static const char *const ops[] = {"an insert into", "an update of", "a delete from"};

	s->code = CODE_USAGE;
	if (why == EXPR_FAILED) {
		msg_error("cannot judge %s table \"%s.%s\" at %s:%llu: %s (%s)", ops[row->op], t->db, t->name, row->file,
		    (unsigned long long)row->off, row->why, file);
		return -1;
	}
	msg_error("cannot judge %s table \"%s.%s\" at %s:%llu: the row image does not hold column \"%s\" (%s)", ops[row->op],
	    t->db, t->name, row->file, (unsigned long long)row->off, row->absent ? row->absent : "?", file);
	msg_hint("the source logs it with binlog_row_image=FULL");
	return -1;
}

/* All tests of the one sort hold: 1, 0, or -1 with the message printed. */
static int tests_hold(struct stream *s, const struct table *t, const struct ftable *ft, int about_change, struct expr_row *row)
{
	enum expr_result undecided = EXPR_TRUE;
	const char *file = NULL;
	struct expr_row first;
	int unknown = 0;

	for (unsigned i = 0; i < ft->ntests; i++) {
		enum expr_result r;

		if (ft->tests[i].about_change != about_change)
			continue;
		r = expr_test(ft->tests[i].prog, row);
		if (r == EXPR_FALSE)
			return 0;
		if (r == EXPR_UNKNOWN)
			unknown = 1;
		if ((r == EXPR_ABSENT || r == EXPR_FAILED) && undecided == EXPR_TRUE) {
			undecided = r;
			file = ft->tests[i].file;
			first = *row;
		}
	}
	if (undecided != EXPR_TRUE)
		return cannot_judge(s, t, &first, undecided, file);
	return !unknown;
}

enum verdict { KEEP, DROP, TO_INSERT, TO_DELETE, STOP };

static enum verdict judge_update(struct stream *s, const struct table *t, const struct ftable *ft, struct expr_row *row)
{
	int before = 1, after = 1, change = 1;

	row->row = row->new;
	if (ft->nrow_tests < ft->ntests)
		change = tests_hold(s, t, ft, 1, row);
	if (change <= 0)
		return change < 0 ? STOP : DROP;
	if (!ft->nrow_tests)
		return KEEP;
	after = tests_hold(s, t, ft, 0, row);
	row->row = row->old;
	before = after < 0 ? -1 : tests_hold(s, t, ft, 0, row);
	if (before < 0)
		return STOP;
	return before && after ? KEEP : before ? TO_DELETE : after ? TO_INSERT : DROP;
}

static enum verdict judge(struct stream *s, const struct table *t, const struct ftable *ft, struct expr_row *row)
{
	int r;

	if (row->op == ROW_UPDATE)
		return judge_update(s, t, ft, row);
	row->row = row->op == ROW_INSERT ? row->new : row->old;
	r = tests_hold(s, t, ft, 0, row);
	if (r > 0)
		r = tests_hold(s, t, ft, 1, row);
	return r < 0 ? STOP : r ? KEEP : DROP;
}

/* Appends rows' bytes to the output frame, which holds one operation. Returns where to append; NULL: no memory. */
static struct buf *add_rows(struct stream *s, const struct rec_rows *r, enum row_op op, uint64_t n)
{
	struct filter *f = s->arg;

	hold_rows_out(s);
	if (f->out.open && f->out.head.op != op && rows_close(&f->out, &s->out.b) < 0)
		return NULL;
	if (!f->out.open) {
		struct rec_rows head = *r;

		head.op = op;
		rows_open(&f->out, &head);
	}
	f->out.head.n += n;
	stream_rows_out(s, n);
	f->rows_out += n;
	return &f->out.rows;
}

/* The row after an update, whole, as an insert. */
static int add_insert(struct stream *s, const struct rec_rows *r, const struct table *t, struct expr_row *row,
    const uint8_t *images, const uint8_t *end)
{
	struct filter *f = s->arg;
	struct cur c;

	/* both images are read again, this time all columns: this is rare */
	cur_init(&c, images, (size_t)(end - images));
	if (read_image(&c, t, f->old) < 0 || read_image(&c, t, f->full) < 0)
		return stream_damaged(s, &c);
	fill_absent(t, NULL, f->old, f->full);
	for (uint32_t i = 0; i < t->ncols; i++) {
		if (f->full[i].kind != VAL_ABSENT || t->cols[i].generated)
			continue;
		msg_error("an update of table \"%s.%s\" at %s:%llu brings a row into the filter, but its image does not hold "
			  "column \"%s\"",
		    t->db, t->name, row->file, (unsigned long long)row->off, t->cols[i].name);
		msg_hint("the source logs it with binlog_row_image=FULL");
		s->code = CODE_USAGE;
		return -1;
	}
	if (!add_rows(s, r, ROW_INSERT, 1))
		return stream_no_memory(s);
	rows_image(&f->out, f->full, t->ncols);
	f->made_inserts++;
	return 0;
}

static int add_bytes(
    struct stream *s, const struct rec_rows *r, enum row_op op, uint64_t n, const uint8_t *from, const uint8_t *to)
{
	struct buf *out = add_rows(s, r, op, n);

	return out && buf_add(out, from, (size_t)(to - from)) == 0 ? 0 : stream_no_memory(s);
}

/* One row: its bytes are [from, c->p) afterwards, its first image's [from, *middle). */
static enum verdict read_and_judge(
    struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c, struct expr_row *row, const uint8_t **middle)
{
	struct filter *f = s->arg;
	const struct ftable *ft = t->user;
	int failed;

	row->old = r->op == ROW_INSERT ? NULL : f->old;
	row->new = r->op == ROW_DELETE ? NULL : f->new;
	failed = read_needed(c, t, ft->needs, r->op == ROW_INSERT ? f->new : f->old);
	*middle = c->p;
	if (!failed && r->op == ROW_UPDATE) {
		failed = read_needed(c, t, ft->needs, f->new);
		fill_absent(t, ft->needs, f->old, f->new);
	}
	if (failed) {
		stream_damaged(s, c);
		return STOP;
	}
	return judge(s, t, ft, row);
}

static int filter_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct filter *f = s->arg;
	struct expr_row row = {.op = r->op,
	    .ts_us = s->begin_ts_us,
	    .file = s->begin_file,
	    .off = r->has_off ? r->off : s->begin_off,
	    .gtid = s->begin_gtid};
	const uint8_t *images = c->p, *middle;
	int whole = 1; /* so far all rows go out as they are */

	for (uint64_t i = 0; i < r->n; i++) {
		const uint8_t *from = c->p;
		enum verdict v = read_and_judge(s, r, t, c, &row, &middle);
		int failed = 0;

		if (v == STOP)
			return -1;
		if (whole && v == KEEP)
			continue;
		if (whole && i > 0)
			failed = add_bytes(s, r, r->op, i, images, from);
		whole = 0;
		if (!failed && v == KEEP)
			failed = add_bytes(s, r, r->op, 1, from, c->p);
		else if (!failed && v == TO_INSERT)
			failed = add_insert(s, r, t, &row, from, c->p);
		else if (!failed && v == TO_DELETE) {
			failed = add_bytes(s, r, ROW_DELETE, 1, from, middle);
			f->made_deletes++;
		}
		if (failed)
			return -1;
	}
	if (whole) {
		hold_rows_out(s);
		f->rows_out += r->n;
		return STREAM_PASS;
	}
	if (!f->out.open) /* none was left */
		hold_rows_lost(s);
	else if (rows_close(&f->out, &s->out.b) < 0)
		return stream_no_memory(s);
	return STREAM_TOOK;
}

int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	static const unsigned bits[] = {[ROW_INSERT] = RULES_INSERT, [ROW_UPDATE] = RULES_UPDATE, [ROW_DELETE] = RULES_DELETE};
	struct filter *f = s->arg;
	const struct ftable *ft = t->user;

	f->rows_in += r->n;
	if (!ft->in || !(ft->ops & bits[r->op])) {
		hold_rows_lost(s);
		return STREAM_TOOK;
	}
	if (ft->ntests)
		return filter_rows(s, r, t, c);
	hold_rows_out(s);
	f->rows_out += r->n;
	return STREAM_PASS;
}

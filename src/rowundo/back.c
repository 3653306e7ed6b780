/* The second pass: over the plan from its end, each transaction's rows last first, turned round. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "code.h"
#include "cur.h"
#include "msg.h"
#include "opt.h"
#include "sig.h"
#include "undo.h"

static int fail(struct undo *u, enum code code)
{
	u->code = code;
	return -1;
}

static int no_memory(struct undo *u)
{
	msg_no_memory();
	return fail(u, CODE_OUTSIDE);
}

static int damaged(struct undo *u, uint64_t at, const char *why)
{
	msg_error("the stream is damaged at byte %llu: %s", (unsigned long long)at, why);
	return fail(u, CODE_DAMAGED);
}

static int flush(struct undo *u)
{
	if (u->out.b.failed)
		return no_memory(u);
	if (writer_flush(&u->out) == 0)
		return 0;
	u->code = writer_failed("the stream");
	return -1;
}

static int spill(struct undo *u)
{
	return u->out.b.len >= FDIO_CHUNK || u->out.b.failed ? flush(u) : 0;
}

static int frame_at(struct undo *u, uint64_t at, uint32_t len, struct frame *f, struct cur *c)
{
	const char *why;

	if (spool_frame(&u->in, at, len, f, &why) < 0)
		return damaged(u, at, why);
	cur_init(c, f->body, f->body_len);
	return 0;
}

/* ---- the frames around the rows */

static int put_hello(struct undo *u)
{
	struct rec_hello h = {.version = 1,
	    .by = str_of("rowundo " ROWFERRY_VERSION),
	    .flavor = str_of(u->flavor),
	    .server = str_of(u->server),
	    .uuid = str_of(u->uuid),
	    .server_id = u->server_id,
	    .has_server_id = u->has_server_id,
	    .file = str_of(u->file),
	    .off = 4,
	    .has_off = 1};

	return write_hello(&u->out.b, &h) < 0 ? no_memory(u) : 0;
}

static void put_note_text(struct buf *b, const struct rec_begin *r)
{
	time_t sec = (time_t)(r->ts_us / 1000000);
	char when[40] = "";
	struct tm tm;

	buf_adds(b, "undo of the transaction ");
	if (r->gtid.n) {
		(void)buf_add(b, r->gtid.p, r->gtid.n);
		buf_adds(b, " ");
	}
	buf_adds(b, "at ");
	(void)buf_add(b, r->file.p, r->file.n);
	buf_printf(b, ":%llu", (unsigned long long)r->off);
	if (r->has_ts && gmtime_r(&sec, &tm) && strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm))
		buf_printf(b, ", committed %s UTC", when);
}

/* BEGIN, and in a NOTE which transaction it is that is undone. */
static int open_trx(struct undo *u, const struct step *step)
{
	struct rec_begin r, b = {.file = str_of(u->file), .off = 4 + u->done};
	struct buf text = BUF_INIT;
	struct rec_note n = {0};
	struct frame f;
	struct cur c;
	int rc = -1;

	if (frame_at(u, step->at, step->len, &f, &c) < 0)
		return -1;
	if (read_begin(&c, &r) < 0) {
		(void)damaged(u, step->at, c.err);
	} else {
		put_note_text(&text, &r);
		n.sql = str_n(text.p, text.len);
		rc = text.failed || write_begin(&u->out.b, &b) < 0 || write_note(&u->out.b, &n) < 0 ? no_memory(u) : 0;
	}
	rec_extra_release(&r.extra);
	buf_release(&text);
	u->trx_rows = 0;
	return rc;
}

static int close_trx(struct undo *u)
{
	struct rec_commit r = {.file = str_of(u->file), .off = 4 + ++u->done, .rows = u->trx_rows};

	u->rows += u->trx_rows;
	return write_commit(&u->out.b, &r) < 0 ? no_memory(u) : spill(u);
}

static int put_end(struct undo *u, const char *why)
{
	struct rec_end r = {.file = str_of(u->file), .off = 4 + u->done, .has_off = 1, .why = str_of(why)};

	return write_end(&u->out.b, &r) < 0 ? no_memory(u) : flush(u);
}

/* The definition of that number: written when it is first needed, under its number. */
static struct table *table_of(struct undo *u, uint32_t number)
{
	struct table *t = tables_find(&u->tables, number + 1);
	const struct def *d = &u->defs[number];
	struct frame f;
	struct cur c;

	if (t)
		return t;
	if (frame_at(u, d->at, d->len, &f, &c) < 0)
		return NULL;
	t = read_table(&c, NULL);
	if (!t) {
		(void)damaged(u, d->at, c.err);
		return NULL;
	}
	t->id = number + 1;
	if (write_table(&u->out.b, t, NULL) < 0 || tables_keep(&u->tables, t) < 0) {
		table_free(t);
		(void)no_memory(u);
		return NULL;
	}
	return t;
}

/* ---- rows */

/* Where each row of a frame begins, in its payload. */
static int find_rows(struct undo *u, struct cur *c, const struct rec_rows *r, const struct table *t, uint64_t at)
{
	if (r->n > u->cap_starts) {
		/* a row has a byte at least */
		uint32_t *more = r->n <= cur_left(c) ? realloc(u->starts, r->n * sizeof *more) : NULL;

		if (!more)
			return r->n <= cur_left(c) ? no_memory(u) : damaged(u, at, "it has more rows than bytes");
		u->starts = more;
		u->cap_starts = r->n;
	}
	for (uint64_t i = 0; i < r->n; i++) {
		u->starts[i] = (uint32_t)cur_at(c);
		if (skip_image(c, t) < 0 || (r->op == ROW_UPDATE && skip_image(c, t) < 0))
			return damaged(u, at, c->err);
	}
	return 0;
}

/* Room for a row of this operation. */
static int open_rows(struct undo *u, const struct table *t, const struct rec_rows *r, enum row_op op)
{
	struct rec_rows head = {.table_id = t->id, .op = op, .off = r->off, .has_off = r->has_off, .flags = r->flags};

	if (u->w.open && u->w.head.op == op && !rows_is_full(&u->w))
		return 0;
	if (rows_close(&u->w, &u->out.b) < 0)
		return no_memory(u);
	rows_open(&u->w, &head);
	return 0;
}

/* The row that the cursor stands at, turned round. */
static int put_row(struct undo *u, struct cur *c, const struct table *t, const struct rec_rows *r)
{
	int op;

	if ((r->op != ROW_INSERT && read_image(c, t, u->old) < 0) || (r->op != ROW_DELETE && read_image(c, t, u->new) < 0))
		return damaged(u, u->in.r.passed, c->err);
	op = row_inverse(t, r->op, u->old, u->new);
	if (op < 0)
		return 0;
	if (open_rows(u, t, r, (enum row_op)op) < 0)
		return -1;
	if (op != ROW_INSERT)
		rows_image(&u->w, u->new, t->ncols);
	if (op != ROW_DELETE)
		rows_image(&u->w, u->old, t->ncols);
	u->w.head.n++;
	u->trx_rows++;
	return 0;
}

static int put_rows(struct undo *u, const struct step *step)
{
	struct table *t = table_of(u, step->table);
	struct rec_rows r = {0};
	struct frame f;
	struct cur c;
	int rc = -1;

	if (!t || frame_at(u, step->at, step->len, &f, &c) < 0)
		return -1;
	if (read_rows(&c, &r) < 0) {
		rc = damaged(u, step->at, c.err);
		goto out;
	}
	if (find_rows(u, &c, &r, t, step->at) < 0)
		goto out;
	for (uint64_t i = r.n; i > 0; i--) {
		cur_init(&c, f.body, f.body_len);
		cur_skip(&c, u->starts[i - 1]);
		if (put_row(u, &c, t, &r) < 0)
			goto out;
	}
	rc = rows_close(&u->w, &u->out.b) < 0 ? no_memory(u) : spill(u);
out:
	rec_extra_release(&r.extra);
	return rc;
}

/* ---- the plan */

/* The steps before `end` down to `first`. */
static int go_back(struct undo *u, uint64_t first, uint64_t end)
{
	while (end > first) {
		struct step s;

		if (plan_get(&u->plan, --end, &s) < 0)
			return fail(u, CODE_OUTSIDE);
		/* what is prepared decides nothing, so this goes one level down and no further */
		if (s.kind == STEP_DECIDED && go_back(u, s.first, s.at) < 0)
			return -1;
		if (s.kind == STEP_ROWS && put_rows(u, &s) < 0)
			return -1;
	}
	return 0;
}

static int write_all(struct undo *u)
{
	uint64_t i = u->plan.n;

	while (i > 0 && !sig_stop) {
		struct step s;

		if (plan_get(&u->plan, i - 1, &s) < 0)
			return fail(u, CODE_OUTSIDE);
		if (s.kind == STEP_TRX && (open_trx(u, &s) < 0 || go_back(u, s.first, i - 1) < 0 || close_trx(u) < 0))
			return -1;
		i = s.first;
	}
	return put_end(u, i ? "signal" : "eof");
}

int undo_write(struct undo *u)
{
	(void)snprintf(u->file, sizeof u->file, "undo-%016llx.000001", (unsigned long long)u->print);
	writer_init(&u->out, STDOUT_FILENO);
	rows_init(&u->w);
	if (put_hello(u) == 0)
		(void)write_all(u);
	if (u->code && !u->out.b.failed)
		(void)writer_flush(&u->out); /* there is no END, so the next program sees that it is cut */
	rows_release(&u->w);
	writer_release(&u->out);
	tables_release(&u->tables);
	free(u->starts);
	return u->code;
}

/*
 * The stream for a terminal: transaction by transaction, rows in aligned
 * columns, or one value a line where the columns would be wider than the
 * terminal. Long values are cut.
 */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "canon.h"
#include "charset.h"
#include "dump.h"
#include "show.h"

#define CELL_WIDTH 40	 /* of a value in a column */
#define LINE_WIDTH 132	 /* where there is no terminal to ask */
#define BLOCK_CELLS 8192 /* rows are aligned in blocks of about so many values */

enum style { PLAIN, BOLD, DIM, GREEN, YELLOW, RED, CYAN };

struct cell {
	size_t at, len; /* in pretty.text */
	unsigned width;
	enum style style;
};

struct pretty {
	struct cell *cells;
	size_t ncells, cap;
	struct buf text;
	unsigned *widths; /* of the present table's columns */
	uint32_t cap_widths;
	unsigned line_width;
};

void pretty_free(struct pretty *p)
{
	if (!p)
		return;
	free(p->cells);
	free(p->widths);
	buf_release(&p->text);
	free(p);
}

static unsigned terminal_width(void)
{
	struct winsize ws;
	const char *env = getenv("COLUMNS");

	if (env && atoi(env) >= 20)
		return (unsigned)atoi(env);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col >= 20)
		return ws.ws_col;
	return LINE_WIDTH;
}

static struct pretty *pretty_of(struct dump *d)
{
	if (!d->pretty && (d->pretty = calloc(1, sizeof(*d->pretty))))
		d->pretty->line_width = terminal_width();
	return d->pretty;
}

static void style(struct dump *d, enum style s)
{
	static const char *const codes[] = {"0", "1", "2", "32", "33", "31", "36"};

	if (d->color)
		buf_printf(&d->w.b, "\033[%sm", codes[s]);
}

static void say(struct dump *d, enum style s, const char *text)
{
	if (s == PLAIN) {
		buf_adds(&d->w.b, text);
		return;
	}
	style(d, s);
	buf_adds(&d->w.b, text);
	style(d, PLAIN);
}

static void say_str(struct dump *d, enum style s, struct str text)
{
	style(d, s);
	show_text(&d->w.b, text.p, text.n, 10000, NULL);
	style(d, PLAIN);
}

static void place(struct dump *d, struct str file, uint64_t off)
{
	if (!file.p)
		return;
	say(d, PLAIN, "  ");
	show_text(&d->w.b, file.p, file.n, 10000, NULL);
	buf_printf(&d->w.b, ":%llu", (unsigned long long)off);
}

static int line_done(struct dump *d)
{
	buf_add8(&d->w.b, '\n');
	return dump_done(d);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- records */

static int on_hello(struct stream *s, const struct rec_hello *r)
{
	struct dump *d = s->arg;

	say(d, BOLD, "stream");
	say(d, PLAIN, " of ");
	show_text(&d->w.b, r->flavor.p, r->flavor.n, 100, NULL);
	if (r->server.p) {
		say(d, PLAIN, " ");
		show_text(&d->w.b, r->server.p, r->server.n, 100, NULL);
	}
	if (r->has_server_id)
		buf_printf(&d->w.b, "  server %llu", (unsigned long long)r->server_id);
	if (r->file.p)
		say(d, PLAIN, "  from");
	place(d, r->file, r->off);
	if (r->gtid.p && r->gtid.n) {
		say(d, PLAIN, "  after ");
		show_text(&d->w.b, r->gtid.p, r->gtid.n, 10000, NULL);
	}
	return line_done(d);
}

static int on_table(struct stream *s, struct table *t)
{
	struct dump *d = s->arg;
	struct buf *b = &d->w.b;
	const struct key *pk = table_primary(t);

	style(d, DIM);
	buf_adds(b, "  table ");
	buf_reset(&d->tmp);
	canon_label(t, &d->tmp);
	show_text(b, d->tmp.p, d->tmp.len, 1000, NULL);
	for (uint32_t i = 0; i < t->ncols; i++) {
		const struct column *c = &t->cols[i];

		buf_adds(b, i ? ", " : " (");
		show_text(b, c->name, strlen(c->name), 100, NULL);
		buf_printf(b, " %s", col_type_name(c->type));
		if (c->len && c->type == COL_DECIMAL)
			buf_printf(b, "(%u,%u)", c->len, c->dec);
		else if (c->len || c->dec)
			buf_printf(b, "(%u)", c->len ? c->len : c->dec);
		if (c->is_unsigned)
			buf_adds(b, " unsigned");
		if (c->charset && !charset_is_utf8(c->charset)) {
			buf_add8(b, ' ');
			show_text(b, c->charset, strlen(c->charset), 40, NULL);
		}
	}
	for (uint32_t i = 0; pk && i < pk->ncols; i++) {
		const char *name = t->cols[pk->cols[i]].name;

		buf_adds(b, i ? ", " : "; primary key ");
		show_text(b, name, strlen(name), 100, NULL);
	}
	buf_adds(b, t->ncols ? ")" : "");
	style(d, PLAIN);
	return line_done(d);
}

static int on_begin(struct stream *s, const struct rec_begin *r)
{
	struct dump *d = s->arg;

	say(d, BOLD, "\ntransaction");
	if (r->gtid.p) {
		say(d, PLAIN, " ");
		say_str(d, BOLD, r->gtid);
	}
	place(d, r->file, r->off);
	if (r->has_ts) {
		say(d, PLAIN, "  ");
		show_time(&d->w.b, r->ts_us);
		if (d->live) {
			say(d, PLAIN, "  lag ");
			show_duration(&d->w.b, now_us() - r->ts_us);
		}
	}
	if (r->has_server_id)
		buf_printf(&d->w.b, "  server %llu", (unsigned long long)r->server_id);
	if (r->xid.p) {
		say(d, PLAIN, "  XA ");
		say_str(d, PLAIN, r->xid);
	}
	return line_done(d);
}

static int statement(struct dump *d, const char *indent, const char *cs, struct str sql)
{
	buf_reset(&d->tmp);
	if (charset_to_utf8(cs, sql.p, sql.n, &d->tmp) < 0) {
		buf_reset(&d->tmp);
		buf_add(&d->tmp, sql.p, sql.n);
	}
	show_text(&d->w.b, d->tmp.p, d->tmp.len, 1u << 30, indent);
	return line_done(d);
}

static int on_ddl(struct stream *s, const struct rec_ddl *r)
{
	struct dump *d = s->arg;
	const char *cs = r->has_cs ? charset_of_collation(r->cs) : NULL;

	say(d, CYAN, "  ddl");
	if (r->db.p && r->db.n) {
		say(d, PLAIN, " in ");
		show_text(&d->w.b, r->db.p, r->db.n, 1000, NULL);
	}
	say(d, PLAIN, "\n      ");
	return statement(d, "\n      ", cs ? cs : "utf8mb4", r->sql);
}

static int on_note(struct stream *s, const struct rec_note *r)
{
	struct dump *d = s->arg;
	int rc;

	style(d, DIM);
	buf_adds(&d->w.b, "  -- ");
	rc = statement(d, "\n  -- ", "utf8mb4", r->sql);
	style(d, PLAIN);
	return rc;
}

static int on_commit(struct stream *s, const struct rec_commit *r)
{
	struct dump *d = s->arg;

	say(d, BOLD, "commit");
	place(d, r->file, r->off);
	buf_printf(&d->w.b, "  %llu row%s", (unsigned long long)r->rows, r->rows == 1 ? "" : "s");
	return line_done(d);
}

static int on_prepare(struct stream *s, const struct rec_prepare *r)
{
	struct dump *d = s->arg;

	say(d, BOLD, "prepare ");
	say_str(d, PLAIN, r->xid);
	place(d, r->file, r->off);
	buf_printf(&d->w.b, "  %llu row%s", (unsigned long long)r->rows, r->rows == 1 ? "" : "s");
	return line_done(d);
}

static int on_decide(struct stream *s, const struct rec_decide *r)
{
	struct dump *d = s->arg;

	say(d, r->commit ? BOLD : RED, r->commit ? "  commit of " : "  rollback of ");
	say_str(d, PLAIN, r->xid);
	return line_done(d);
}

static int on_mark(struct stream *s, const struct rec_mark *r)
{
	struct dump *d = s->arg;

	style(d, DIM);
	say(d, PLAIN, "mark");
	place(d, r->file, r->off);
	say(d, PLAIN, "  ");
	show_time(&d->w.b, r->time_us);
	if (r->gtid.p && r->gtid.n) {
		say(d, PLAIN, "  ");
		show_text(&d->w.b, r->gtid.p, r->gtid.n, 10000, NULL);
	}
	style(d, PLAIN);
	return line_done(d);
}

static int on_end(struct stream *s, const struct rec_end *r)
{
	struct dump *d = s->arg;

	say(d, BOLD, "\nend");
	if (r->why.p) {
		say(d, PLAIN, " (");
		show_text(&d->w.b, r->why.p, r->why.n, 100, NULL);
		say(d, PLAIN, ")");
	}
	place(d, r->file, r->off);
	return line_done(d);
}

static int on_savepoint(struct stream *s, const struct rec_rollback *r)
{
	say(s->arg, PLAIN, "  savepoint ");
	say_str(s->arg, PLAIN, r->to);
	return line_done(s->arg);
}

static int on_rollback(struct stream *s, const struct rec_rollback *r)
{
	struct dump *d = s->arg;

	if (r->to.p) {
		say(d, RED, "  rollback");
		say(d, PLAIN, " to ");
		say_str(d, PLAIN, r->to);
	} else {
		say(d, RED, "rollback");
		place(d, r->file, r->off);
	}
	return line_done(d);
}

static int on_other(struct stream *s)
{
	struct dump *d = s->arg;

	style(d, DIM);
	buf_printf(&d->w.b, "  frame of kind %d, %zu bytes", s->frame.kind, s->frame.body_len);
	style(d, PLAIN);
	return line_done(d);
}

/* ---- rows */

static struct cell *add_cell(struct pretty *p, enum style st)
{
	if (p->ncells == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 1024;
		struct cell *cells = realloc(p->cells, cap * sizeof(*cells));

		if (!cells)
			return NULL;
		p->cells = cells;
		p->cap = cap;
	}
	p->cells[p->ncells] = (struct cell){p->text.len, 0, 0, st};
	return &p->cells[p->ncells++];
}

static int add_image(struct dump *d, struct pretty *p, const struct table *t, const struct val *vals, const struct val *other,
    enum style st, unsigned width)
{
	for (uint32_t i = 0; i < t->ncols; i++) {
		enum style own = vals[i].kind <= VAL_NULL ? DIM : PLAIN;
		struct cell *c;

		if (other && vals[i].kind != VAL_ABSENT && other[i].kind != VAL_ABSENT && !val_same(&vals[i], &other[i]))
			own = st;
		c = add_cell(p, own);
		if (!c)
			return -1;
		c->width = show_val(&p->text, &d->tmp, &t->cols[i], &vals[i], width);
		c->len = p->text.len - c->at;
	}
	return p->text.failed ? -1 : 0;
}

static void spaces(struct buf *b, size_t n)
{
	while (n--)
		buf_add8(b, ' ');
}

static void put_cell(struct dump *d, const struct pretty *p, const struct cell *c, unsigned width, int right, int last)
{
	struct buf *b = &d->w.b;
	unsigned pad = width > c->width ? width - c->width : 0;

	if (right)
		spaces(b, pad);
	if (c->style != PLAIN)
		style(d, c->style);
	buf_add(b, p->text.p + c->at, c->len);
	if (c->style != PLAIN)
		style(d, PLAIN);
	if (!right && !last)
		spaces(b, pad);
}

static unsigned name_width(struct dump *d, const struct column *c)
{
	buf_reset(&d->tmp);
	return show_text(&d->tmp, c->name, strlen(c->name), CELL_WIDTH, NULL);
}

/* Widths of the columns for what is gathered; the sum with what stands between. */
static unsigned long measure(struct dump *d, struct pretty *p, const struct table *t)
{
	unsigned long sum = 6;

	for (uint32_t i = 0; i < t->ncols; i++) {
		p->widths[i] = name_width(d, &t->cols[i]);
		for (size_t k = i; k < p->ncells; k += t->ncols)
			if (p->cells[k].width > p->widths[i])
				p->widths[i] = p->cells[k].width;
		sum += p->widths[i] + 2;
	}
	return sum;
}

static void names_line(struct dump *d, struct pretty *p, const struct table *t)
{
	struct buf *b = &d->w.b;

	style(d, DIM);
	spaces(b, 4);
	for (uint32_t i = 0; i < t->ncols; i++) {
		unsigned w = name_width(d, &t->cols[i]);
		int right = show_is_number(&t->cols[i]);

		spaces(b, 2);
		if (right)
			spaces(b, p->widths[i] - w);
		buf_add(b, d->tmp.p, d->tmp.len);
		if (!right && i + 1 < t->ncols)
			spaces(b, p->widths[i] - w);
	}
	style(d, PLAIN);
	buf_add8(b, '\n');
}

static const enum style op_style[] = {[ROW_INSERT] = GREEN, [ROW_UPDATE] = YELLOW, [ROW_DELETE] = RED};

static void sign(struct dump *d, enum row_op op, int old)
{
	say(d, PLAIN, "   ");
	say(d, op == ROW_UPDATE ? (old ? RED : GREEN) : op_style[op], old ? "-" : "+");
}

static void put_columns(struct dump *d, struct pretty *p, const struct table *t, enum row_op op)
{
	names_line(d, p, t);
	for (size_t k = 0, line = 0; k < p->ncells; k += t->ncols, line++) {
		sign(d, op, op == ROW_DELETE || (op == ROW_UPDATE && line % 2 == 0));
		for (uint32_t i = 0; i < t->ncols; i++) {
			spaces(&d->w.b, 2);
			put_cell(d, p, &p->cells[k + i], p->widths[i], show_is_number(&t->cols[i]), i + 1 == t->ncols);
		}
		buf_add8(&d->w.b, '\n');
	}
}

/* One value a line; of an update only what is there, and what changed twice. */
static void put_lines(struct dump *d, struct pretty *p, const struct table *t, enum row_op op)
{
	unsigned names = 0;
	size_t images = op == ROW_UPDATE ? 2 : 1;

	for (uint32_t i = 0; i < t->ncols; i++)
		if (name_width(d, &t->cols[i]) > names)
			names = name_width(d, &t->cols[i]);
	for (size_t k = 0; k < p->ncells; k += images * t->ncols) {
		for (uint32_t i = 0; i < t->ncols; i++) {
			const struct cell *old = &p->cells[k + i], *new = old + (images - 1) * t->ncols;
			int changed = images == 2 && (new->style == YELLOW || old->style == YELLOW);

			if (i == 0)
				sign(d, op, op == ROW_DELETE);
			else
				spaces(&d->w.b, 4);
			spaces(&d->w.b, 2);
			style(d, DIM);
			unsigned w = name_width(d, &t->cols[i]);
			buf_add(&d->w.b, d->tmp.p, d->tmp.len);
			style(d, PLAIN);
			spaces(&d->w.b, names - w + 2);
			if (changed) {
				put_cell(d, p, old, 0, 0, 1);
				say(d, DIM, " -> ");
			}
			put_cell(d, p, new, 0, 0, 1);
			buf_add8(&d->w.b, '\n');
		}
	}
}

static int put_block(struct dump *d, struct pretty *p, const struct table *t, enum row_op op)
{
	if (p->ncells) {
		if (measure(d, p, t) <= p->line_width)
			put_columns(d, p, t, op);
		else
			put_lines(d, p, t, op);
	}
	p->ncells = 0;
	buf_reset(&p->text);
	return dump_done(d);
}

static int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	static const char *const ops[] = {[ROW_INSERT] = "insert", [ROW_UPDATE] = "update", [ROW_DELETE] = "delete"};
	struct dump *d = s->arg;
	struct pretty *p = pretty_of(d);

	if (!p || dump_vals(d, t) < 0)
		return dump_no_memory(d);
	if (p->cap_widths < t->ncols) {
		free(p->widths);
		p->widths = calloc(t->ncols, sizeof(*p->widths));
		p->cap_widths = p->widths ? t->ncols : 0;
		if (!p->widths)
			return dump_no_memory(d);
	}
	say(d, PLAIN, "  ");
	say(d, op_style[r->op], ops[r->op]);
	say(d, PLAIN, " ");
	buf_reset(&d->tmp);
	canon_label(t, &d->tmp);
	show_text(&d->w.b, d->tmp.p, d->tmp.len, 1000, NULL);
	if (r->n > 1)
		buf_printf(&d->w.b, "  %llu rows", (unsigned long long)r->n);
	if (r->flags & ROWS_NO_FK)
		say(d, DIM, "  foreign keys not checked");
	if (r->flags & ROWS_NO_UNIQUE)
		say(d, DIM, "  unique keys not checked");
	if (r->flags & ROWS_NO_CHECK)
		say(d, DIM, "  constraints not checked");
	buf_add8(&d->w.b, '\n');
	for (uint64_t i = 0; i < r->n; i++) {
		if (r->op == ROW_UPDATE && dump_image(d, c, t, d->old) < 0)
			return -1;
		if (dump_image(d, c, t, d->vals) < 0)
			return -1;
		if (r->op == ROW_UPDATE && add_image(d, p, t, d->old, d->vals, YELLOW, CELL_WIDTH) < 0)
			return dump_no_memory(d);
		if (add_image(d, p, t, d->vals, r->op == ROW_UPDATE ? d->old : NULL, YELLOW, CELL_WIDTH) < 0)
			return dump_no_memory(d);
		if (p->ncells >= BLOCK_CELLS && put_block(d, p, t, r->op) < 0)
			return -1;
	}
	return put_block(d, p, t, r->op);
}

static int on_idle(struct stream *s)
{
	return dump_flush(s->arg);
}

const struct stream_calls pretty_calls = {.on_hello = on_hello,
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
    .on_idle = on_idle};

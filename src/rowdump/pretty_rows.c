/*
 * Rows for a terminal: in aligned columns, or one value a line where the columns
 * would be wider than the terminal. Long values are cut.
 */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "canon.h"
#include "pretty.h"
#include "show.h"

#define CELL_WIDTH 40	 /* of a value in a column */
#define LINE_WIDTH 132	 /* where there is no terminal to ask */
#define BLOCK_CELLS 8192 /* rows are aligned in blocks of about so many values */

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
		pretty_style(d, c->style);
	buf_add(b, p->text.p + c->at, c->len);
	if (c->style != PLAIN)
		pretty_style(d, PLAIN);
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

	pretty_style(d, DIM);
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
	pretty_style(d, PLAIN);
	buf_add8(b, '\n');
}

static const enum style op_style[] = {[ROW_INSERT] = GREEN, [ROW_UPDATE] = YELLOW, [ROW_DELETE] = RED};

static void sign(struct dump *d, enum row_op op, int old)
{
	pretty_say(d, PLAIN, "   ");
	pretty_say(d, op == ROW_UPDATE ? (old ? RED : GREEN) : op_style[op], old ? "-" : "+");
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
			pretty_style(d, DIM);
			unsigned w = name_width(d, &t->cols[i]);
			buf_add(&d->w.b, d->tmp.p, d->tmp.len);
			pretty_style(d, PLAIN);
			spaces(&d->w.b, names - w + 2);
			if (changed) {
				put_cell(d, p, old, 0, 0, 1);
				pretty_say(d, DIM, " -> ");
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

int pretty_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
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
	pretty_say(d, PLAIN, "  ");
	pretty_say(d, op_style[r->op], r->replace ? "replace" : ops[r->op]);
	pretty_say(d, PLAIN, " ");
	buf_reset(&d->tmp);
	canon_label(t, &d->tmp);
	show_text(&d->w.b, d->tmp.p, d->tmp.len, 1000, NULL);
	if (r->n > 1)
		buf_printf(&d->w.b, "  %llu rows", (unsigned long long)r->n);
	if (r->flags & ROWS_NO_FK)
		pretty_say(d, DIM, "  foreign keys not checked");
	if (r->flags & ROWS_NO_UNIQUE)
		pretty_say(d, DIM, "  unique keys not checked");
	if (r->flags & ROWS_NO_CHECK)
		pretty_say(d, DIM, "  constraints not checked");
	if (r->flags & ROWS_GUARDED)
		pretty_say(d, DIM, "  if they are as they were");
	if (r->reason.p) {
		pretty_say(d, PLAIN, "  not applied: ");
		pretty_style(d, RED);
		show_text(&d->w.b, r->reason.p, r->reason.n, 10000, NULL);
		pretty_style(d, PLAIN);
	}
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

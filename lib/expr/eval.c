/* Runs a bound expression for a row: columns, comparisons, logic. */
#include <stdarg.h>
#include <stdio.h>

#include "../charset.h"
#include "prog.h"
#include "text.h"
#include "when.h"

struct res res_of_buf(struct expr_row *row, const struct buf *b)
{
	return b->failed || b->len > UINT32_MAX ? step_fail(row, "out of memory")
						: res_of_str(b->p ? (const void *)b->p : "", b->len);
}

static struct res of_truth(enum expr_result t)
{
	return t == EXPR_UNKNOWN ? res_null() : t == EXPR_ABSENT ? res_absent() : res_of_int(t == EXPR_TRUE);
}

/* A row that cannot be judged: behaves as an absent column, and the first reason is kept. */
struct res step_fail(struct expr_row *row, const char *fmt, ...)
{
	va_list ap;

	if (!row->why[0]) {
		va_start(ap, fmt);
		vsnprintf(row->why, sizeof row->why, fmt, ap);
		va_end(ap);
	}
	return res_absent();
}

static int cmp_bytes(const struct res *a, const struct res *b)
{
	uint32_t n = a->n < b->n ? a->n : b->n;
	int c = n ? memcmp(a->p, b->p, n) : 0;

	return c ? c : a->n < b->n ? -1 : a->n > b->n;
}

static int date_key(const struct res *r, int64_t *key)
{
	struct when w;

	if (r->kind == RES_INT) {
		*key = (int64_t)r->i;
		return 0;
	}
	if (r->kind != RES_STR || when_parse_date(&w, (const char *)r->p, r->n) < 0)
		return -1;
	*key = when_date_key(&w);
	return 0;
}

static int time_key(const struct res *r, int64_t *key)
{
	struct when w;

	if (r->kind == RES_INT) {
		*key = (int64_t)r->i;
		return 0;
	}
	if (r->kind != RES_STR || when_parse_time(&w, (const char *)r->p, r->n) < 0)
		return -1;
	*key = when_time_key(&w);
	return 0;
}

/* Neither is NULL or absent. */
int res_cmp(enum step_cmp cmp, const struct res *a, const struct res *b, int *order)
{
	struct num x, y;
	int64_t ka, kb;
	double da, db;

	switch (cmp) {
	case CMP_NULL:
		break;
	case CMP_NUM:
		if (a->kind == RES_INT && b->kind == RES_INT)
			*order = a->i < b->i ? -1 : a->i > b->i;
		else
			*order = num_cmp(res_num(a, &x), res_num(b, &y));
		return 0;
	case CMP_DOUBLE:
		da = res_double(a);
		db = res_double(b);
		*order = da < db ? -1 : da > db;
		return 0;
	case CMP_BYTES:
		*order = cmp_bytes(a, b);
		return 0;
	case CMP_DATE:
		if (date_key(a, &ka) < 0 || date_key(b, &kb) < 0)
			return -1;
		*order = ka < kb ? -1 : ka > kb;
		return 0;
	case CMP_TIME:
		if (time_key(a, &ka) < 0 || time_key(b, &kb) < 0)
			return -1;
		*order = ka < kb ? -1 : ka > kb;
		return 0;
	}
	return -1;
}

/* Orders two results; anything but EXPR_TRUE: there is no order. */
static enum expr_result order_of(const struct step *s, struct expr_row *row, const struct res *a, const struct res *b, int *order)
{
	if (a->kind == RES_ABSENT || b->kind == RES_ABSENT)
		return EXPR_ABSENT;
	if (a->kind == RES_NULL || b->kind == RES_NULL)
		return EXPR_UNKNOWN;
	if (res_cmp(s->cmp, a, b, order) < 0) {
		step_fail(row, "a date or time of the stream is not one");
		return EXPR_ABSENT;
	}
	return EXPR_TRUE;
}

static struct res text_of_column(struct step *s, struct expr_row *row, const struct val *v)
{
	if (v->kind == VAL_STR || s->raw)
		return res_of_str(v->p, v->n);
	if (s->utf8) { /* most text is ASCII: nothing to convert then */
		uint32_t i = 0;

		while (i < v->n && v->p[i] < 0x80)
			i++;
		if (i == v->n && (!s->column->charset || strcmp(s->column->charset, "sjis") != 0))
			return res_of_str(v->p, v->n);
	}
	buf_reset(&s->buf);
	if (!s->column->charset || charset_to_utf8(s->column->charset, v->p, v->n, &s->buf) < 0)
		return step_fail(row, "the text of column \"%s\" is not valid %s", s->column->name,
		    s->column->charset ? s->column->charset : "text");
	return res_of_buf(row, &s->buf);
}

static struct res run_column(struct step *s, struct expr_row *row)
{
	const struct val *image = s->image == IMAGE_ROW ? row->row : s->image == IMAGE_OLD ? row->old : row->new, *v;
	struct res r;

	if (!image)
		return res_null();
	v = &image[s->col];
	switch (v->kind) {
	case VAL_NULL:
		return res_null();
	case VAL_ABSENT:
		if (!row->absent)
			row->absent = s->column->name;
		return res_absent();
	case VAL_UINT:
		if (col_type_class(s->column->type) == COLC_INT)
			return res_of_int((num_int)v->u);
		break;
	case VAL_INT:
		if (col_type_class(s->column->type) == COLC_INT)
			return res_of_int(v->i);
		break;
	case VAL_FLOAT:
	case VAL_DOUBLE:
		if (s->type != TYPE_DOUBLE)
			break;
		r.kind = RES_DOUBLE;
		r.d = v->kind == VAL_FLOAT ? (double)v->f : v->d;
		return r;
	case VAL_STR:
	case VAL_BIN:
		if (s->type == TYPE_TEXT)
			return text_of_column(s, row, v);
		if (s->type == TYPE_NUM && v->kind == VAL_STR && num_parse(&s->num, (const char *)v->p, v->n) == 0) {
			r.kind = RES_DEC;
			r.dec = &s->num;
			return r;
		}
		if (s->type == TYPE_BYTES || s->type == TYPE_DATE || s->type == TYPE_TIME || s->type >= TYPE_UUID)
			return res_of_str(v->p, v->n);
		break;
	}
	return step_fail(row, "the value of column \"%s\" is not of its type", s->column->name);
}

static struct res run_word(struct step *s, struct expr_row *row)
{
	static const char *const ops[] = {"insert", "update", "delete"};
	struct when w;
	size_t n;

	switch (s->word) {
	case WORD_OP:
		return res_of_str(ops[row->op], 6);
	case WORD_TS:
		if (!row->ts_us)
			return res_null();
		if (row->ts_us != s->ts_us || s->buf.len == 0) {
			buf_reset(&s->buf);
			when_of_us(&w, row->ts_us);
			when_print_date(&w, &s->buf);
			(void)buf_add8(&s->buf, ' ');
			when_print_clock(&w, 6, &s->buf);
			s->ts_us = row->ts_us;
		}
		return res_of_buf(row, &s->buf);
	case WORD_POSITION:
		if (!row->file)
			return res_null();
		n = strlen(row->file);
		if (s->buf.len == 0 || row->off != s->off || n != s->file_n || memcmp(s->buf.p, row->file, n) != 0) {
			buf_reset(&s->buf);
			buf_printf(&s->buf, "%s:%llu", row->file, (unsigned long long)row->off);
			s->file_n = n;
			s->off = row->off;
		}
		return res_of_buf(row, &s->buf);
	case WORD_GTID:
		return row->gtid && *row->gtid ? res_of_str(row->gtid, strlen(row->gtid)) : res_null();
	case WORD_DB:
	case WORD_TABLE:
		break;
	}
	return res_null();
}

static struct res run_compare(struct expr_prog *p, struct step *s, struct expr_row *row)
{
	struct res a = step_run(p, s->args[0], row), b = step_run(p, s->args[1], row);
	enum expr_result t;
	int order = 0;

	if (s->kind == STEP_SAME && (a.kind == RES_NULL || b.kind == RES_NULL) && a.kind != RES_ABSENT && b.kind != RES_ABSENT)
		return res_of_int(a.kind == b.kind);
	t = order_of(s, row, &a, &b, &order);
	if (t != EXPR_TRUE)
		return of_truth(t);
	switch (s->kind) {
	case STEP_NE:
		return res_of_int(order != 0);
	case STEP_LT:
		return res_of_int(order < 0);
	case STEP_LE:
		return res_of_int(order <= 0);
	case STEP_GT:
		return res_of_int(order > 0);
	case STEP_GE:
		return res_of_int(order >= 0);
	default: /* = and <=> */
		return res_of_int(order == 0);
	}
}

/* NULL and absent lose against a decided result only; absent hides NULL, since it could be anything. */
static enum expr_result weaker(enum expr_result a, enum expr_result b)
{
	return a == EXPR_ABSENT || b == EXPR_ABSENT ? EXPR_ABSENT : a == EXPR_UNKNOWN ? a : b;
}

static enum expr_result negate(enum expr_result t)
{
	return t == EXPR_TRUE ? EXPR_FALSE : t == EXPR_FALSE ? EXPR_TRUE : t;
}

static enum expr_result run_chain(struct expr_prog *p, struct step *s, struct expr_row *row, enum expr_result decides)
{
	enum expr_result all = negate(decides);

	for (unsigned i = 0; i < s->nargs; i++) {
		struct res r = step_run(p, s->args[i], row);
		enum expr_result t = res_truth(&r);

		if (t == decides)
			return t;
		if (t >= EXPR_UNKNOWN)
			all = weaker(all, t);
	}
	return all;
}

static enum expr_result run_xor(struct expr_prog *p, struct step *s, struct expr_row *row)
{
	enum expr_result all = EXPR_FALSE;

	for (unsigned i = 0; i < s->nargs; i++) {
		struct res r = step_run(p, s->args[i], row);
		enum expr_result t = res_truth(&r);

		if (t >= EXPR_UNKNOWN || all >= EXPR_UNKNOWN)
			all = t >= EXPR_UNKNOWN && all >= EXPR_UNKNOWN ? weaker(all, t) : t >= EXPR_UNKNOWN ? t : all;
		else
			all = all != t;
	}
	return all;
}

static enum expr_result run_in(struct expr_prog *p, struct step *s, struct expr_row *row)
{
	struct res a = step_run(p, s->args[0], row);
	enum expr_result all = EXPR_FALSE;

	for (unsigned i = 1; i < s->nargs; i++) {
		struct res b = step_run(p, s->args[i], row);
		int order = 0;
		enum expr_result t = order_of(s, row, &a, &b, &order);

		if (t == EXPR_TRUE && order == 0)
			return EXPR_TRUE;
		if (t != EXPR_TRUE)
			all = weaker(all, t);
	}
	return all;
}

/* a between b and c is a >= b and a <= c. */
static enum expr_result run_between(struct expr_prog *p, struct step *s, struct expr_row *row)
{
	struct res a = step_run(p, s->args[0], row);
	enum expr_result part[2];

	for (unsigned i = 0; i < 2; i++) {
		struct res b = step_run(p, s->args[i + 1], row);
		int order = 0;

		part[i] = order_of(s, row, &a, &b, &order);
		if (part[i] == EXPR_TRUE && (i == 0 ? order < 0 : order > 0))
			return EXPR_FALSE;
	}
	return part[0] == EXPR_TRUE ? part[1] : part[1] == EXPR_TRUE ? part[0] : weaker(part[0], part[1]);
}

static enum expr_result run_like(struct expr_prog *p, struct step *s, struct expr_row *row)
{
	static const uint8_t backslash = '\\';
	struct res a = step_run(p, s->args[0], row), b = step_run(p, s->args[1], row);
	const uint8_t *esc = s->nargs == 3 ? s->args[2]->k.p : &backslash;
	size_t nesc = s->nargs == 3 ? s->args[2]->k.n : 1;

	if (a.kind == RES_ABSENT || b.kind == RES_ABSENT)
		return EXPR_ABSENT;
	if (a.kind == RES_NULL || b.kind == RES_NULL)
		return EXPR_UNKNOWN;
	return text_like(a.p, a.n, b.p, b.n, esc, nesc, s->utf8) ? EXPR_TRUE : EXPR_FALSE;
}

static struct res run_is(struct expr_prog *p, struct step *s, struct expr_row *row)
{
	struct res a = step_run(p, s->args[0], row);
	int yes;

	if (a.kind == RES_ABSENT)
		return a;
	switch (s->is) {
	case IS_TRUE:
		yes = a.kind != RES_NULL && res_truth(&a) == EXPR_TRUE;
		break;
	case IS_FALSE:
		yes = a.kind != RES_NULL && res_truth(&a) == EXPR_FALSE;
		break;
	default:
		yes = a.kind == RES_NULL;
		break;
	}
	return res_of_int(yes != s->negated);
}

struct res step_run(struct expr_prog *p, struct step *s, struct expr_row *row)
{
	struct res r;
	enum expr_result t;

	switch (s->kind) {
	case STEP_CONST:
		return s->k;
	case STEP_COLUMN:
		return run_column(s, row);
	case STEP_WORD:
		return run_word(s, row);
	case STEP_TEXT:
		r = step_run(p, s->args[0], row);
		if (r.kind == RES_NULL || r.kind == RES_ABSENT)
			return r;
		buf_reset(&s->buf);
		if (res_text(s->args[0], &r, &s->buf) < 0)
			return step_fail(row, "a value of an enum or set column has no label");
		return res_of_buf(row, &s->buf);
	case STEP_NEG:
		return step_sign(s, row, step_run(p, s->args[0], row), 0);
	case STEP_ADD:
	case STEP_SUB:
	case STEP_MUL:
	case STEP_DIV:
	case STEP_IDIV:
	case STEP_MOD:
		return step_arithmetic(p, s, row);
	case STEP_EQ:
	case STEP_NE:
	case STEP_LT:
	case STEP_LE:
	case STEP_GT:
	case STEP_GE:
	case STEP_SAME:
		return run_compare(p, s, row);
	case STEP_AND:
		return of_truth(run_chain(p, s, row, EXPR_FALSE));
	case STEP_OR:
		return of_truth(run_chain(p, s, row, EXPR_TRUE));
	case STEP_XOR:
		return of_truth(run_xor(p, s, row));
	case STEP_NOT:
		r = step_run(p, s->args[0], row);
		return of_truth(negate(res_truth(&r)));
	case STEP_IN:
		t = run_in(p, s, row);
		return of_truth(s->negated ? negate(t) : t);
	case STEP_BETWEEN:
		t = run_between(p, s, row);
		return of_truth(s->negated ? negate(t) : t);
	case STEP_LIKE:
		t = run_like(p, s, row);
		return of_truth(s->negated ? negate(t) : t);
	case STEP_IS:
		return run_is(p, s, row);
	case STEP_CALL:
		return step_call(p, s, row);
	}
	return res_null();
}

enum expr_result expr_test(struct expr_prog *p, struct expr_row *row)
{
	struct res r;
	enum expr_result t;

	row->why[0] = '\0';
	row->absent = NULL;
	r = step_run(p, p->root, row);
	t = res_truth(&r);
	return t == EXPR_ABSENT && row->why[0] ? EXPR_FAILED : t;
}

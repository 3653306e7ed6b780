/* Conditions as SQL: what is true of which row. Numbers are in as_sql_num.c, strings in as_sql_str.c, columns' values in
 * as_sql_value.c. */
#include "as_sql.h"

#include "as_sql_parts.h"
#include "text.h"

int sql_refuse(struct to_sql *q, const struct step *s, const char *why)
{
	expr_err_at(q->err, s->src->line, s->src->col, "%s", why);
	return -1;
}

static int has_column(const struct step *s)
{
	if (s->kind == STEP_COLUMN || s->kind == STEP_WORD)
		return 1;
	for (unsigned i = 0; i < s->nargs; i++)
		if (has_column(s->args[i]))
			return 1;
	return 0;
}

int sql_constant(struct to_sql *q, const struct step *s, struct res *r)
{
	struct expr_row row = {0};

	if (has_column(s))
		return 0;
	*r = step_run(q->p, (struct step *)(uintptr_t)s, &row);
	return r->kind == RES_ABSENT ? sql_refuse(q, s, "it cannot be computed") : 1;
}

/* Names of operators stand in the order of enum step_kind. */
static const char *sign_of(enum step_kind kind)
{
	static const char *const signs[] = {"=", "<>", "<", "<=", ">", ">=", "<=>"};

	return signs[kind - STEP_EQ];
}

static int put_operand(struct to_sql *q, enum step_cmp cmp, const struct step *s)
{
	struct sql_digits d;

	switch (cmp) {
	case CMP_NULL:
		buf_adds(q->out, "NULL");
		return 0;
	case CMP_NUM:
		return sql_exact(q, s, &d);
	case CMP_DOUBLE:
		return sql_double(q, s, 0);
	case CMP_BYTES:
		return sql_bytes(q, s);
	case CMP_DATE:
		return sql_date(q, s);
	case CMP_TIME:
		return sql_time(q, s);
	}
	return -1;
}

static int put_two(struct to_sql *q, enum step_cmp cmp, const struct step *a, const char *sign, const struct step *b)
{
	(void)buf_add8(q->out, '(');
	if (put_operand(q, cmp, a) < 0)
		return -1;
	buf_adds(q->out, sign);
	if (put_operand(q, cmp, b) < 0)
		return -1;
	(void)buf_add8(q->out, ')');
	return 0;
}

static int put_in(struct to_sql *q, const struct step *s)
{
	for (unsigned i = 0; i < s->nargs; i++) {
		buf_adds(q->out, i == 0 ? "(" : i == 1 ? " IN (" : ",");
		if (put_operand(q, s->cmp, s->args[i]) < 0)
			return -1;
	}
	buf_adds(q->out, "))");
	return 0;
}

static int put_between(struct to_sql *q, const struct step *s)
{
	(void)buf_add8(q->out, '(');
	if (put_two(q, s->cmp, s->args[0], ">=", s->args[1]) < 0)
		return -1;
	buf_adds(q->out, " AND ");
	if (put_two(q, s->cmp, s->args[0], "<=", s->args[2]) < 0)
		return -1;
	(void)buf_add8(q->out, ')');
	return 0;
}

/*
 * The pattern as text_like reads it, with | as its escape character. What a backslash means to a server depends on where it
 * stands and on sql_mode.
 */
static void put_pattern(struct to_sql *q, const struct step *s, const struct res *pat)
{
	const uint8_t *escape = s->nargs == 3 ? s->args[2]->k.p : (const uint8_t *)"\\";
	size_t nescape = s->nargs == 3 ? s->args[2]->k.n : 1;
	struct buf like = BUF_INIT;

	for (size_t i = 0, n; i < pat->n; i += n) {
		int is_literal = nescape && pat->n - i > nescape && !memcmp(pat->p + i, escape, nescape);

		i += is_literal ? nescape : 0;
		n = is_literal && s->utf8 ? text_step(pat->p + i, pat->n - i) : 1;
		if (pat->p[i] == '|' || (is_literal && (pat->p[i] == '%' || pat->p[i] == '_')))
			(void)buf_add8(&like, '|');
		(void)buf_add(&like, pat->p + i, n);
	}
	sql_hex(q, s->utf8 ? "_utf8mb4 " : "_binary ", like.p, like.len);
	q->out->failed |= like.failed;
	buf_release(&like);
}

static int put_like(struct to_sql *q, const struct step *s)
{
	struct res pattern;
	int constant = sql_constant(q, s->args[1], &pattern);

	if (constant < 0)
		return -1;
	if (!constant)
		return sql_refuse(q, s->args[1], "a pattern that is not written down may have other wildcards there");
	if (s->args[0]->type == TYPE_NULL || pattern.kind != RES_STR) {
		buf_adds(q->out, "NULL");
		return 0;
	}
	(void)buf_add8(q->out, '(');
	if (s->utf8 ? sql_utf8(q, s->args[0]) < 0 : sql_bytes(q, s->args[0]) < 0)
		return -1;
	buf_adds(q->out, s->utf8 ? " COLLATE utf8mb4_bin LIKE " : " LIKE ");
	put_pattern(q, s, &pattern);
	buf_adds(q->out, s->utf8 ? " COLLATE utf8mb4_bin ESCAPE '|')" : " ESCAPE '|')");
	return 0;
}

static int put_chain(struct to_sql *q, const struct step *s, const char *word)
{
	for (unsigned i = 0; i < s->nargs; i++) {
		buf_adds(q->out, i ? word : "(");
		if (sql_truth(q, s->args[i]) < 0)
			return -1;
	}
	(void)buf_add8(q->out, ')');
	return 0;
}

/* A bare IS NULL may mean something else: a date 0000-00-00, the row inserted last. */
static int put_is_null(struct to_sql *q, const struct step *s)
{
	const struct step *a = s->args[0];

	buf_adds(q->out, "(IF(");
	if (a->kind == STEP_COLUMN && a->image == IMAGE_ROW)
		sql_column(q, a->column);
	else if (sql_any(q, a) < 0)
		return -1;
	buf_adds(q->out, s->negated ? " IS NULL,0,1)=1)" : " IS NULL,1,0)=1)");
	return 0;
}

static int put_is(struct to_sql *q, const struct step *s)
{
	static const char *const words[] = {
	    [IS_NULL] = "NULL", [IS_TRUE] = "TRUE", [IS_FALSE] = "FALSE", [IS_UNKNOWN] = "UNKNOWN"};

	if (s->is == IS_NULL)
		return put_is_null(q, s);
	(void)buf_add8(q->out, '(');
	if (sql_truth(q, s->args[0]) < 0)
		return -1;
	buf_printf(q->out, " IS %s%s)", s->negated ? "NOT " : "", words[s->is]);
	return 0;
}

static int put_number_truth(struct to_sql *q, const struct step *s)
{
	struct sql_digits d;

	(void)buf_add8(q->out, '(');
	if (s->type == TYPE_DOUBLE ? sql_double(q, s, 0) < 0 : sql_exact(q, s, &d) < 0)
		return -1;
	buf_adds(q->out, s->type == TYPE_DOUBLE ? "<>0e0)" : "<>0)");
	return 0;
}

static int put_condition(struct to_sql *q, const struct step *s)
{
	switch (s->kind) {
	case STEP_EQ:
	case STEP_NE:
	case STEP_LT:
	case STEP_LE:
	case STEP_GT:
	case STEP_GE:
	case STEP_SAME:
		return put_two(q, s->cmp, s->args[0], sign_of(s->kind), s->args[1]);
	case STEP_IN:
		return put_in(q, s);
	case STEP_BETWEEN:
		return put_between(q, s);
	case STEP_LIKE:
		return put_like(q, s);
	case STEP_IS:
		return put_is(q, s);
	case STEP_AND:
		return put_chain(q, s, " AND ");
	case STEP_OR:
		return put_chain(q, s, " OR ");
	case STEP_XOR:
		return put_chain(q, s, " XOR ");
	case STEP_NOT:
		buf_adds(q->out, "(NOT ");
		if (sql_truth(q, s->args[0]) < 0)
			return -1;
		(void)buf_add8(q->out, ')');
		return 0;
	default:
		return put_number_truth(q, s);
	}
}

int sql_is_condition(const struct step *s)
{
	return s->kind >= STEP_EQ && s->kind <= STEP_IS;
}

int sql_truth(struct to_sql *q, const struct step *s)
{
	static const char *const words[] = {[EXPR_FALSE] = "(1=0)", [EXPR_TRUE] = "(1=1)", [EXPR_UNKNOWN] = "NULL"};
	int negates = s->negated && (s->kind == STEP_IN || s->kind == STEP_BETWEEN || s->kind == STEP_LIKE);
	struct res r;
	int constant;

	if (q->out->len > SQL_MOST)
		return sql_refuse(q, s, "it is too long for a statement");
	constant = sql_constant(q, s, &r);
	if (constant) {
		buf_adds(q->out, constant < 0 ? "" : words[res_truth(&r)]);
		return constant < 0 ? -1 : 0;
	}
	if (negates)
		buf_adds(q->out, "(NOT ");
	if (put_condition(q, s) < 0)
		return -1;
	if (negates)
		(void)buf_add8(q->out, ')');
	return 0;
}

int expr_prog_sql(struct expr_prog *p, int is_mariadb, struct buf *out, struct expr_err *err)
{
	struct to_sql q = {p, out, err, is_mariadb};

	return sql_truth(&q, p->root) < 0 || out->failed ? -1 : 0;
}

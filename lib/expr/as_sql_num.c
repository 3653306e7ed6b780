/* Numbers as SQL. Exact ones are DECIMALs whose digits are counted, so that no server rounds one or finds it too large. */
#include "as_sql_parts.h"

/* Both families' decimals have so many; MariaDB's may have more behind the point. */
#define DIGITS_MOST 65
#define PART_MOST 30
#define INT_DIGITS 20 /* of 64 bits */
#define DIV_DIGITS 18 /* that a server's DIV, which is an integer, has room for */

static int fits(struct to_sql *q, const struct step *s, const struct sql_digits *d)
{
	return d->part <= PART_MOST && d->whole + d->part <= DIGITS_MOST
		   ? 0
		   : sql_refuse(q, s, "the servers' decimals have no room for so many digits");
}

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static void take_larger(struct sql_digits *d, const struct sql_digits *a)
{
	d->whole = larger(d->whole, a->whole);
	d->part = larger(d->part, a->part);
}

/* What stands between the two parts is put as a DECIMAL of d's digits. */
static void begin_cast(struct to_sql *q)
{
	buf_adds(q->out, "CAST(");
}

static void end_cast(struct to_sql *q, const struct sql_digits *d)
{
	buf_printf(q->out, " AS DECIMAL(%u,%u))", larger(d->whole + d->part, 1), d->part);
}

static int put_const(struct to_sql *q, const struct step *s, const struct res *r, struct sql_digits *d)
{
	struct num room;
	const struct num *n;

	if (r->kind == RES_NULL) {
		buf_adds(q->out, "CAST(NULL AS DECIMAL(1,0))");
		return 0;
	}
	if (r->kind != RES_INT && r->kind != RES_DEC)
		return sql_refuse(q, s, "it is not a number there");
	n = res_num(r, &room);
	d->part = n->scale;
	d->whole = num_digits(n) > n->scale ? num_digits(n) - n->scale : 1;
	if (fits(q, s, d) < 0)
		return -1;
	begin_cast(q);
	num_print(n, q->out);
	end_cast(q, d);
	return 0;
}

static unsigned int_digits(enum col_type type)
{
	static const unsigned char digits[] = {
	    [COL_TINYINT] = 3, [COL_SMALLINT] = 5, [COL_MEDIUMINT] = 8, [COL_INT] = 10, [COL_YEAR] = 4, [COL_ENUM] = 5};

	return type < sizeof digits && digits[type] ? digits[type] : INT_DIGITS;
}

static int put_column(struct to_sql *q, const struct step *s, struct sql_digits *d)
{
	const struct column *c = s->column;
	int is_number = c->type <= COL_BIGINT || c->type == COL_DECIMAL;

	*d = (struct sql_digits){int_digits(c->type), 0};
	if (c->type == COL_DECIMAL) {
		if (c->len < c->dec || !c->len)
			return sql_refuse(q, s, "it is not known how many digits the column has");
		*d = (struct sql_digits){c->len - c->dec, c->dec};
		if (fits(q, s, d) < 0)
			return -1;
	}
	begin_cast(q);
	if (!is_number) /* bit, year, enum, set: so that it is not taken for text, nor a year of two digits */
		begin_cast(q);
	sql_column(q, c);
	if (!is_number)
		buf_adds(q->out, " AS UNSIGNED)");
	end_cast(q, d);
	return 0;
}

static int put_sum(struct to_sql *q, const struct step *s, struct sql_digits *d)
{
	struct sql_digits b;
	const char *sign = s->kind == STEP_ADD ? "+" : s->kind == STEP_SUB ? "-" : "*";

	(void)buf_add8(q->out, '(');
	if (sql_exact(q, s->args[0], d) < 0)
		return -1;
	buf_adds(q->out, sign);
	if (sql_exact(q, s->args[1], &b) < 0)
		return -1;
	(void)buf_add8(q->out, ')');
	if (s->kind == STEP_MUL) {
		d->whole += b.whole;
		d->part += b.part;
	} else {
		take_larger(d, &b);
		d->whole++;
	}
	return fits(q, s, d);
}

static int put_division(struct to_sql *q, const struct step *s, struct sql_digits *d)
{
	struct sql_digits b;

	if (s->kind == STEP_DIV)
		return sql_refuse(q, s, "a quotient is rounded at another place there");
	begin_cast(q);
	buf_adds(q->out, s->kind == STEP_MOD ? "MOD(" : "(");
	if (sql_exact(q, s->args[0], d) < 0)
		return -1;
	buf_adds(q->out, s->kind == STEP_MOD ? "," : " DIV ");
	if (sql_exact(q, s->args[1], &b) < 0)
		return -1;
	buf_adds(q->out, s->kind == STEP_MOD ? ")+0" : ")"); /* MariaDB's mod() may be minus zero, which is not zero */
	if (s->kind == STEP_MOD) {
		take_larger(d, &b);
	} else {
		d->whole += b.part;
		d->part = 0;
		if (d->whole > DIV_DIGITS)
			return sql_refuse(q, s, "the servers' div has no room for so many digits");
	}
	end_cast(q, d);
	return fits(q, s, d);
}

static int put_signed(struct to_sql *q, const struct step *s, struct sql_digits *d)
{
	buf_adds(q->out, s->kind == STEP_NEG ? "(-" : "ABS(");
	if (sql_exact(q, s->args[0], d) < 0)
		return -1;
	(void)buf_add8(q->out, ')');
	return 0;
}

/* Functions of strings that are integers. */
static int put_count(struct to_sql *q, const struct step *s, struct sql_digits *d)
{
	*d = (struct sql_digits){INT_DIGITS, 0};
	begin_cast(q);
	buf_adds(q->out, s->fn == FN_LENGTH	   ? "LENGTH("
			 : s->fn == FN_CHAR_LENGTH ? "CHAR_LENGTH("
			 : s->fn == FN_CRC32	   ? "CRC32("
						   : "FIND_IN_SET(");
	for (unsigned i = 0; i < s->nargs; i++) {
		if (i)
			(void)buf_add8(q->out, ',');
		if (s->fn == FN_CHAR_LENGTH ? sql_utf8(q, s->args[i]) < 0 : sql_bytes(q, s->args[i]) < 0)
			return -1;
	}
	(void)buf_add8(q->out, ')');
	end_cast(q, d);
	return 0;
}

static int put_choice(struct to_sql *q, const struct step *s, struct sql_digits *d)
{
	unsigned first = s->fn == FN_IF;

	buf_adds(q->out, first ? "IF(" : "COALESCE(");
	if (first && sql_truth(q, s->args[0]) < 0)
		return -1;
	*d = (struct sql_digits){1, 0};
	for (unsigned i = first; i < s->nargs; i++) {
		struct sql_digits one;

		if (i)
			(void)buf_add8(q->out, ',');
		if (sql_exact(q, s->args[i], &one) < 0)
			return -1;
		take_larger(d, &one);
	}
	(void)buf_add8(q->out, ')');
	return fits(q, s, d);
}

static int put_call(struct to_sql *q, const struct step *s, struct sql_digits *d)
{
	switch (s->fn) {
	case FN_IF:
	case FN_COALESCE:
		return put_choice(q, s, d);
	case FN_ABS:
		return put_signed(q, s, d);
	case FN_LENGTH:
	case FN_CHAR_LENGTH:
	case FN_CRC32:
	case FN_FIND_IN_SET:
		return put_count(q, s, d);
	case FN_NUMBER:
		return sql_refuse(q, s, "number() is not known there");
	default:
		return sql_refuse(q, s, "it is about the change, not about the row");
	}
}

int sql_exact(struct to_sql *q, const struct step *s, struct sql_digits *d)
{
	struct res r;
	int constant;

	*d = (struct sql_digits){1, 0};
	if (q->out->len > SQL_MOST)
		return sql_refuse(q, s, "it is too long for a statement");
	constant = sql_constant(q, s, &r);
	if (constant)
		return constant < 0 ? -1 : put_const(q, s, &r, d);
	if (s->type == TYPE_NULL || sql_is_condition(s)) {
		begin_cast(q);
		if (sql_truth(q, s) < 0)
			return -1;
		end_cast(q, d);
		return 0;
	}
	switch (s->kind) {
	case STEP_COLUMN:
		return s->image == IMAGE_ROW ? put_column(q, s, d)
					     : sql_refuse(q, s, "it is about the change, not about the row");
	case STEP_NEG:
		return put_signed(q, s, d);
	case STEP_ADD:
	case STEP_SUB:
	case STEP_MUL:
		return put_sum(q, s, d);
	case STEP_DIV:
	case STEP_IDIV:
	case STEP_MOD:
		return put_division(q, s, d);
	case STEP_CALL:
		return put_call(q, s, d);
	default:
		return sql_refuse(q, s, "it is not a number there");
	}
}

/* ---- doubles */

static int put_double_part(struct to_sql *q, const struct step *s)
{
	return sql_double(q, s, 0);
}

static int put_double_whole(struct to_sql *q, const struct step *s)
{
	if (s->type != TYPE_DOUBLE && s->type != TYPE_NULL)
		return sql_refuse(q, s, "arithmetic with it is that of doubles there");
	return sql_double(q, s, 1);
}

static int put_double_arithmetic(struct to_sql *q, const struct step *s)
{
	const char *sign = s->kind == STEP_ADD ? "+" : s->kind == STEP_SUB ? "-" : s->kind == STEP_MUL ? "*" : "/";

	if (s->kind == STEP_IDIV)
		return sql_refuse(q, s, "div of doubles is that of decimals there");
	buf_adds(q->out, s->kind == STEP_MOD ? "MOD(" : "(");
	if (sql_double(q, s->args[0], 1) < 0)
		return -1;
	buf_adds(q->out, s->kind == STEP_MOD ? "," : sign);
	if (sql_double(q, s->args[1], 1) < 0)
		return -1;
	(void)buf_add8(q->out, ')');
	return 0;
}

int sql_double(struct to_sql *q, const struct step *s, int is_whole)
{
	struct sql_digits d;
	struct res r;
	int constant;

	if (q->out->len > SQL_MOST)
		return sql_refuse(q, s, "it is too long for a statement");
	constant = sql_constant(q, s, &r);
	if (constant < 0)
		return -1;
	if (s->type == TYPE_NULL || (constant && r.kind == RES_NULL)) {
		buf_adds(q->out, "(NULL+0e0)");
		return 0;
	}
	if (constant && (r.kind == RES_DOUBLE || (!is_whole && r.kind != RES_STR))) {
		buf_printf(q->out, "(%.17e)", res_double(&r));
		return 0;
	}
	if (s->type != TYPE_DOUBLE) {
		(void)buf_add8(q->out, '(');
		if (sql_exact(q, s, &d) < 0)
			return -1;
		buf_adds(q->out, "+0e0)");
		return 0;
	}
	switch (s->kind) {
	case STEP_COLUMN:
		if (s->image != IMAGE_ROW)
			return sql_refuse(q, s, "it is about the change, not about the row");
		(void)buf_add8(q->out, '(');
		sql_column(q, s->column);
		buf_adds(q->out, "*1e0)"); /* all its digits, also of a float(M,D) */
		return 0;
	case STEP_NEG:
		buf_adds(q->out, "(-");
		break;
	case STEP_CALL:
		if (s->fn != FN_ABS)
			return sql_choice(q, s, is_whole ? put_double_whole : put_double_part);
		buf_adds(q->out, "ABS(");
		break;
	default:
		return put_double_arithmetic(q, s);
	}
	if (sql_double(q, s->args[0], 1) < 0)
		return -1;
	(void)buf_add8(q->out, ')');
	return 0;
}

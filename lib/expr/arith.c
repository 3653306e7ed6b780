/* Arithmetic: exact where both sides are, doubles where one is. */
#include <math.h>

#include "prog.h"

const struct num *res_num(const struct res *r, struct num *room)
{
	if (r->kind == RES_DEC)
		return r->dec;
	if (r->kind == RES_INT) {
		num_of_int(room, r->i);
		return room;
	}
	return r->kind == RES_DOUBLE && num_of_double(room, r->d) == 0 ? room : NULL;
}

double res_double(const struct res *r)
{
	return r->kind == RES_INT ? (double)r->i : r->kind == RES_DEC ? num_to_double(r->dec) : r->d;
}

static struct res of_double(struct expr_row *row, double d)
{
	struct res r = {RES_DOUBLE, 0, {.d = d}};

	return isfinite(d) ? r : step_fail(row, "a double is out of range");
}

static int fits_64(num_int i)
{
	return i >= INT64_MIN && i <= INT64_MAX;
}

static int is_zero(const struct res *r)
{
	return r->kind == RES_INT ? r->i == 0 : r->kind == RES_DEC ? num_is_zero(r->dec) : r->d == 0;
}

static struct res double_arithmetic(struct step *s, struct expr_row *row, double a, double b)
{
	switch (s->kind) {
	case STEP_ADD:
		return of_double(row, a + b);
	case STEP_SUB:
		return of_double(row, a - b);
	case STEP_MUL:
		return of_double(row, a * b);
	case STEP_DIV:
		return of_double(row, a / b);
	case STEP_IDIV:
		return of_double(row, trunc(a / b));
	default:
		return of_double(row, fmod(a, b));
	}
}

static struct res big_arithmetic(struct step *s, struct expr_row *row, const struct res *a, const struct res *b)
{
	struct num x, y;
	const struct num *p = res_num(a, &x), *q = res_num(b, &y);
	struct res r = {RES_DEC, 0, {0}};
	int failed;

	switch (s->kind) {
	case STEP_ADD:
		failed = num_add(&s->num, p, q);
		break;
	case STEP_SUB:
		failed = num_sub(&s->num, p, q);
		break;
	case STEP_MUL:
		failed = num_mul(&s->num, p, q);
		break;
	case STEP_DIV:
		failed = num_div(&s->num, p, q);
		break;
	case STEP_IDIV:
		failed = num_idiv(&s->num, p, q);
		break;
	default:
		failed = num_mod(&s->num, p, q);
		break;
	}
	r.dec = &s->num;
	return failed ? step_fail(row, "a number has more than %d digits", NUM_DIGITS) : r;
}

struct res step_arithmetic(struct expr_prog *p, struct step *s, struct expr_row *row)
{
	struct res a = step_run(p, s->args[0], row), b = step_run(p, s->args[1], row);
	int divides = s->kind == STEP_DIV || s->kind == STEP_IDIV || s->kind == STEP_MOD;

	if (a.kind == RES_ABSENT || b.kind == RES_ABSENT)
		return res_absent();
	if (a.kind == RES_NULL || b.kind == RES_NULL || (divides && is_zero(&b)))
		return res_null();
	if (a.kind == RES_DOUBLE || b.kind == RES_DOUBLE)
		return double_arithmetic(s, row, res_double(&a), res_double(&b));
	if (a.kind == RES_INT && b.kind == RES_INT && fits_64(a.i) && fits_64(b.i)) {
		switch (s->kind) {
		case STEP_ADD:
			return res_of_int(a.i + b.i);
		case STEP_SUB:
			return res_of_int(a.i - b.i);
		case STEP_MUL:
			return res_of_int(a.i * b.i);
		case STEP_IDIV:
			return res_of_int(a.i / b.i);
		case STEP_MOD:
			return res_of_int(a.i % b.i);
		default:
			break;
		}
	}
	return big_arithmetic(s, row, &a, &b);
}

struct res step_sign(struct step *s, struct expr_row *row, struct res a, int only_if_negative)
{
	struct res r = {RES_DEC, 0, {0}};

	switch (a.kind) {
	case RES_INT:
		if (fits_64(a.i) || a.i > 0)
			return res_of_int(only_if_negative && a.i > 0 ? a.i : -a.i);
		num_of_int(&s->num, a.i);
		break;
	case RES_DEC:
		s->num = *a.dec;
		break;
	case RES_DOUBLE:
		return of_double(row, only_if_negative ? fabs(a.d) : -a.d);
	default:
		return a;
	}
	if (s->num.n)
		s->num.neg = only_if_negative ? 0 : !s->num.neg;
	r.dec = &s->num;
	return r;
}

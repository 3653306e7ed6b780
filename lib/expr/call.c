/* Functions. */
#include <math.h>

#include "prog.h"
#include "text.h"

/* An update changed the column: an image that does not hold it after the update says that it did not. */
static struct res run_changed(const struct step *s, const struct expr_row *row)
{
	const struct val *a, *b;

	if (row->op != ROW_UPDATE || !row->old || !row->new)
		return res_of_int(0);
	a = &row->old[s->args[0]->col];
	b = &row->new[s->args[0]->col];
	return res_of_int(b->kind != VAL_ABSENT && !val_same(a, b));
}

/* The number as an integer; fractions are rounded, what is far out is brought to the limits. */
static int64_t to_int64(const struct res *r)
{
	struct num n;
	num_int i = 0;

	if (r->kind == RES_INT) {
		i = r->i;
	} else if (r->kind == RES_DEC) {
		n = *r->dec;
		if (num_round(&n, 0) < 0 || num_to_int(&n, &i) < 0)
			i = r->dec->neg ? INT64_MIN : INT64_MAX;
	} else {
		return r->d >= 9e18 ? INT64_MAX : r->d <= -9e18 ? INT64_MIN : (int64_t)rint(r->d);
	}
	return i > INT64_MAX ? INT64_MAX : i < INT64_MIN ? INT64_MIN : (int64_t)i;
}

static size_t step_over(const struct step *s, const uint8_t *p, size_t n)
{
	return s->utf8 ? text_step(p, n) : 1;
}

static struct res run_substr(struct step *s, const struct res *v)
{
	int64_t pos = to_int64(&v[1]), len = s->nargs == 3 ? to_int64(&v[2]) : INT64_MAX;
	int64_t chars = (int64_t)(s->utf8 ? text_chars(v[0].p, v[0].n) : v[0].n);
	size_t from = 0, end;

	if (pos < 0)
		pos += chars + 1;
	if (pos < 1 || pos > chars || len < 1)
		return res_of_str("", 0);
	while (--pos)
		from += step_over(s, v[0].p + from, v[0].n - from);
	for (end = from; len-- && end < v[0].n;)
		end += step_over(s, v[0].p + end, v[0].n - end);
	return res_of_str(v[0].p + from, end - from);
}

/* Number of the first member that is equal, from 1; 0: none. */
static num_int find_in_set(const struct res *what, const struct res *set)
{
	uint32_t at = 0;

	if (set->n == 0 || memchr(what->n ? (const void *)what->p : "", ',', what->n))
		return 0;
	for (num_int i = 1; at <= set->n; i++) {
		const uint8_t *comma = memchr(set->p + at, ',', set->n - at);
		uint32_t n = comma ? (uint32_t)(comma - (set->p + at)) : set->n - at;

		if (n == what->n && (n == 0 || memcmp(set->p + at, what->p, n) == 0))
			return i;
		at += n + 1;
	}
	return 0;
}

#define CALL_ARGS 3 /* of functions that look at all their arguments at once */

static struct res run_strict(struct expr_prog *p, struct step *s, struct expr_row *row, const struct res *v)
{
	struct res r = {RES_DEC, 0, {0}};

	switch (s->fn) {
	case FN_LOWER:
	case FN_UPPER:
		buf_reset(&s->buf);
		text_fold(v[0].p, v[0].n, s->fn == FN_UPPER, p->locale, &s->buf);
		return res_of_buf(row, &s->buf);
	case FN_LENGTH:
		return res_of_int(v[0].n);
	case FN_CHAR_LENGTH:
		return res_of_int((num_int)text_chars(v[0].p, v[0].n));
	case FN_SUBSTR:
		return run_substr(s, v);
	case FN_ABS:
		return step_sign(s, row, v[0], 1);
	case FN_NUMBER:
		if (num_parse(&s->num, (const char *)v[0].p, v[0].n) < 0)
			return res_null();
		r.dec = &s->num;
		return r;
	case FN_CRC32:
		return res_of_int(text_crc32(v[0].p, v[0].n));
	case FN_FIND_IN_SET:
		return res_of_int(find_in_set(&v[0], &v[1]));
	default:
		return res_null();
	}
}

static struct res run_concat(struct expr_prog *p, struct step *s, struct expr_row *row)
{
	int is_null = 0;

	buf_reset(&s->buf);
	for (unsigned i = 0; i < s->nargs; i++) {
		struct res r = step_run(p, s->args[i], row);

		if (r.kind == RES_ABSENT)
			return r;
		if (r.kind == RES_NULL)
			is_null = 1;
		else
			(void)buf_add(&s->buf, r.p, r.n);
	}
	return is_null ? res_null() : res_of_buf(row, &s->buf);
}

struct res step_call(struct expr_prog *p, struct step *s, struct expr_row *row)
{
	struct res v[CALL_ARGS];
	enum expr_result t;

	switch (s->fn) {
	case FN_CHANGED:
		return run_changed(s, row);
	case FN_CONCAT:
		return run_concat(p, s, row);
	case FN_IF:
		v[0] = step_run(p, s->args[0], row);
		t = res_truth(&v[0]);
		return t == EXPR_ABSENT ? res_absent() : step_run(p, s->args[t == EXPR_TRUE ? 1 : 2], row);
	case FN_COALESCE:
		for (unsigned i = 0; i < s->nargs; i++) {
			v[0] = step_run(p, s->args[i], row);
			if (v[0].kind != RES_NULL)
				return v[0];
		}
		return res_null();
	default:
		break;
	}
	for (unsigned i = 0; i < s->nargs; i++) {
		v[i] = step_run(p, s->args[i], row);
		if (v[i].kind == RES_ABSENT)
			return v[i];
	}
	for (unsigned i = 0; i < s->nargs; i++)
		if (v[i].kind == RES_NULL)
			return v[i];
	return run_strict(p, s, row, v);
}

/* Results -> values of a column: rounded as SQL rounds, refused where they do not fit. */
#include <float.h>
#include <math.h>

#include "../charset.h"
#include "prog.h"
#include "text.h"
#include "when.h"

static enum expr_result no_fit(const struct expr_prog *p, struct expr_row *row, const char *why)
{
	step_fail(row, "a value does not fit column \"%s\": %s", p->to->name, why);
	return EXPR_FAILED;
}

static void int_bounds(const struct column *c, num_int *min, num_int *max)
{
	static const unsigned bits[] = {8, 16, 24, 32, 64};

	if (c->type <= COL_BIGINT) {
		unsigned n = bits[c->type - COL_TINYINT];

		*min = c->is_unsigned ? 0 : -((num_int)1 << (n - 1));
		*max = ((num_int)1 << (c->is_unsigned ? n : n - 1)) - 1;
	} else if (c->type == COL_YEAR) {
		*min = 0;
		*max = 2155;
	} else if (c->type == COL_BIT) {
		*min = 0;
		*max = ((num_int)1 << (c->len && c->len <= 64 ? c->len : 1)) - 1;
	} else if (c->type == COL_ENUM) {
		*min = 0;
		*max = c->nlabels;
	} else {
		*min = 0;
		*max = ((num_int)1 << (c->nlabels <= 64 ? c->nlabels : 64)) - 1;
	}
}

static enum expr_result to_int(struct expr_prog *p, struct expr_row *row, const struct res *r, struct val *v)
{
	num_int min, max, i;
	struct num n;

	int_bounds(p->to, &min, &max);
	if (r->kind == RES_INT) {
		i = r->i;
	} else {
		const struct num *x = res_num(r, &n);

		if (!x)
			return no_fit(p, row, "out of range");
		n = *x;
		if (num_round(&n, 0) < 0 || num_to_int(&n, &i) < 0)
			return no_fit(p, row, "out of range");
	}
	if (i < min || i > max || (p->to->type == COL_YEAR && i != 0 && i < 1901))
		return no_fit(p, row, "out of range");
	*v = i < 0 ? val_of_int((int64_t)i) : val_of_uint((uint64_t)i);
	return EXPR_TRUE;
}

static enum expr_result to_decimal(struct expr_prog *p, struct expr_row *row, const struct res *r, struct val *v)
{
	struct num n;
	const struct num *x = res_num(r, &n);

	if (!x)
		return no_fit(p, row, "out of range");
	n = *x;
	if (num_round(&n, p->to->dec) < 0 || (p->to->len && num_digits(&n) > p->to->len) || (p->to->is_unsigned && n.neg))
		return no_fit(p, row, "out of range");
	num_print(&n, &p->buf);
	*v = val_of_str(p->buf.p, p->buf.len);
	return p->buf.failed ? no_fit(p, row, "out of memory") : EXPR_TRUE;
}

static enum expr_result to_double(struct expr_prog *p, struct expr_row *row, const struct res *r, struct val *v)
{
	double d = res_double(r);

	if (!isfinite(d) || (p->to->is_unsigned && d < 0) || (p->to->type == COL_FLOAT && fabs(d) > FLT_MAX))
		return no_fit(p, row, "out of range");
	v->n = 0;
	if (p->to->type == COL_FLOAT) {
		v->kind = VAL_FLOAT;
		v->f = (float)d;
	} else {
		v->kind = VAL_DOUBLE;
		v->d = d;
	}
	return EXPR_TRUE;
}

static enum expr_result to_text(struct expr_prog *p, struct expr_row *row, const struct res *r, struct val *v)
{
	const struct column *c = p->to;
	const uint8_t *s = r->p;
	size_t n = r->n;

	if (c->len && (c->type == COL_CHAR || c->type == COL_VARCHAR) && text_chars(s, n) > c->len)
		return no_fit(p, row, "too long");
	if (!c->charset || charset_is_utf8(c->charset)) {
		*v = val_of_str(s, n);
		return EXPR_TRUE;
	}
	if (charset_from_utf8(c->charset, s, n, &p->buf) < 0)
		return no_fit(p, row, "not in its character set");
	*v = val_of_bin(p->buf.p, p->buf.len);
	return EXPR_TRUE;
}

static enum expr_result to_bytes(struct expr_prog *p, struct expr_row *row, const struct res *r, struct val *v)
{
	const struct column *c = p->to;
	size_t want = c->type == COL_UUID || c->type == COL_INET6 ? 16 : c->type == COL_INET4 ? 4 : 0;

	if ((want && r->n != want) || (c->len && (c->type == COL_BINARY || c->type == COL_VARBINARY) && r->n > c->len))
		return no_fit(p, row, want ? "of another length" : "too long");
	*v = val_of_bin(r->p, r->n);
	if (c->type != COL_BINARY || r->n == c->len)
		return EXPR_TRUE;
	/* binary is filled with zeros to its length */
	if (buf_add(&p->buf, r->p, r->n) < 0)
		return no_fit(p, row, "out of memory");
	while (p->buf.len < c->len && !p->buf.failed)
		(void)buf_add8(&p->buf, 0);
	*v = val_of_bin(p->buf.p, p->buf.len);
	return p->buf.failed ? no_fit(p, row, "out of memory") : EXPR_TRUE;
}

static enum expr_result to_when(struct expr_prog *p, struct expr_row *row, const struct res *r, struct val *v)
{
	struct when w;

	if (p->to->type == COL_TIME) {
		if (when_parse_time(&w, (const char *)r->p, r->n) < 0)
			return no_fit(p, row, "not a time");
		when_print_clock(&w, p->to->dec, &p->buf);
	} else {
		if (when_parse_date(&w, (const char *)r->p, r->n) < 0)
			return no_fit(p, row, "not a date");
		when_print_date(&w, &p->buf);
		if (p->to->type != COL_DATE) {
			(void)buf_add8(&p->buf, ' ');
			when_print_clock(&w, p->to->dec, &p->buf);
		}
	}
	*v = val_of_str(p->buf.p, p->buf.len);
	return p->buf.failed ? no_fit(p, row, "out of memory") : EXPR_TRUE;
}

static enum expr_result find_label(const struct expr_prog *p, const uint8_t *s, size_t n, uint64_t *number)
{
	for (uint32_t i = 0; i < p->to->nlabels; i++) {
		if (p->to_labels[i].n == n && (n == 0 || memcmp(p->to_labels[i].p, s, n) == 0)) {
			*number = i + 1;
			return EXPR_TRUE;
		}
	}
	return EXPR_FAILED;
}

static enum expr_result to_member(struct expr_prog *p, struct expr_row *row, const struct res *r, struct val *v)
{
	uint64_t number, bits = 0;
	const uint8_t *s = r->p, *end = s + r->n;

	if (p->to->type == COL_ENUM) {
		if (find_label(p, s, r->n, &number) != EXPR_TRUE)
			return no_fit(p, row, "not one of its members");
		*v = val_of_uint(number);
		return EXPR_TRUE;
	}
	while (s < end) {
		const uint8_t *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s);

		if (find_label(p, s, n, &number) != EXPR_TRUE || number > 64)
			return no_fit(p, row, "not one of its members");
		bits |= (uint64_t)1 << (number - 1);
		s += n + 1;
	}
	*v = val_of_uint(bits);
	return EXPR_TRUE;
}

enum expr_result expr_value(struct expr_prog *p, struct expr_row *row, struct val *v)
{
	struct res r;

	row->why[0] = '\0';
	row->absent = NULL;
	buf_reset(&p->buf);
	r = step_run(p, p->root, row);
	switch (r.kind) {
	case RES_ABSENT:
		return row->why[0] ? EXPR_FAILED : EXPR_ABSENT;
	case RES_NULL:
		*v = val_null();
		return EXPR_TRUE;
	default:
		break;
	}
	if ((p->to->type == COL_ENUM || p->to->type == COL_SET) && r.kind == RES_STR)
		return to_member(p, row, &r, v);
	switch (col_type_class(p->to->type)) {
	case COLC_INT:
		return to_int(p, row, &r, v);
	case COLC_FLOAT:
	case COLC_DOUBLE:
		return to_double(p, row, &r, v);
	case COLC_ASCII:
		return p->to->type == COL_DECIMAL ? to_decimal(p, row, &r, v) : to_when(p, row, &r, v);
	case COLC_TEXT:
		return to_text(p, row, &r, v);
	case COLC_BYTES:
		return to_bytes(p, row, &r, v);
	}
	return EXPR_FAILED;
}

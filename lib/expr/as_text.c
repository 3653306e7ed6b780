/* Results -> text, as concat() and text columns have them. */
#include <stdio.h>
#include <stdlib.h>

#include "../address.h"
#include "prog.h"

static void print_double(double d, int is_float, struct buf *out)
{
	char s[40];

	for (int prec = is_float ? 6 : 15; prec <= 17; prec++) {
		snprintf(s, sizeof s, "%.*g", prec, d);
		if (is_float ? strtof(s, NULL) == (float)d : strtod(s, NULL) == d)
			break;
	}
	buf_adds(out, s);
}

static int print_set(const struct step *of, uint64_t bits, struct buf *out)
{
	int first = 1;

	if (of->column->nlabels < 64 && bits >> of->column->nlabels)
		return -1;
	for (uint32_t i = 0; i < of->column->nlabels && i < 64; i++) {
		if (!(bits >> i & 1))
			continue;
		if (!first)
			(void)buf_add8(out, ',');
		first = 0;
		(void)buf_add(out, of->labels[i].p, of->labels[i].n);
	}
	return 0;
}

static enum col_type address_type(enum step_type type)
{
	return type == TYPE_UUID ? COL_UUID : type == TYPE_INET4 ? COL_INET4 : type == TYPE_INET6 ? COL_INET6 : COL_VARBINARY;
}

int res_text(const struct step *of, const struct res *r, struct buf *out)
{
	struct num n;

	switch (r->kind) {
	case RES_NULL:
	case RES_ABSENT:
		return -1;
	case RES_DEC:
		num_print(r->dec, out);
		break;
	case RES_DOUBLE:
		print_double(r->d, of->kind == STEP_COLUMN && of->column->type == COL_FLOAT, out);
		break;
	case RES_INT:
		if (of->type == TYPE_SET && of->labels)
			return print_set(of, (uint64_t)r->i, out);
		if (of->type == TYPE_ENUM && of->labels) {
			if (r->i == 0)
				return 0; /* the empty error value */
			if (r->i > of->column->nlabels)
				return -1;
			return buf_add(out, of->labels[r->i - 1].p, of->labels[r->i - 1].n);
		}
		num_of_int(&n, r->i);
		num_print(&n, out);
		break;
	case RES_STR:
		if (!address_text(out, address_type(of->type), r->p, r->n))
			(void)buf_add(out, r->p, r->n);
		break;
	}
	return out->failed ? -1 : 0;
}

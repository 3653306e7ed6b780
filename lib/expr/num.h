#ifndef EXPR_NUM_H
#define EXPR_NUM_H
/*
 * Exact decimal numbers of bounded size: a sign, an integer of up to NUM_DIGITS
 * digits and a scale. Sums, differences and products are exact or fail; only a
 * quotient is rounded. Nothing is allocated. It knows no SQL.
 */
#include <stddef.h>
#include <stdint.h>

#include "../buf.h"

__extension__ typedef __int128 num_int; /* holds every 64-bit integer, signed or not, and what a sum or product of two makes */

#define NUM_DIGITS 342 /* of a result: five times what a server's decimal has */
#define NUM_SCALE_MAX 200
#define NUM_QUOTIENT 40 /* digits after the point of a quotient, at least */

struct num {
	uint8_t neg;	   /* never with zero */
	uint16_t scale;	   /* digits after the point */
	uint16_t n;	   /* limbs in use, the last is not 0; zero has none */
	uint32_t limb[64]; /* base 10^9, least first; room to bring two numbers to one scale */
};

/* [+-]digits[.digits], the whole text. 0; -1: not a number, or too many digits. */
int num_parse(struct num *r, const char *s, size_t n);
void num_of_int(struct num *r, num_int v);
int num_of_double(struct num *r, double d); /* by its shortest text that reads back the same. 0; -1: too large, or not finite */
double num_to_double(const struct num *a);
/* The value as an integer, if it is one that fits. 0 or -1. */
int num_to_int(const struct num *a, num_int *v);
void num_print(const struct num *a, struct buf *out); /* canonical: exactly `scale` digits after the point */

int num_cmp(const struct num *a, const struct num *b);
static inline int num_is_zero(const struct num *a)
{
	return a->n == 0;
}

/* r may be a or b. 0; -1: the result has more than NUM_DIGITS digits. */
int num_add(struct num *r, const struct num *a, const struct num *b);
int num_sub(struct num *r, const struct num *a, const struct num *b);
int num_mul(struct num *r, const struct num *a, const struct num *b);
/* b is not zero. The quotient is rounded half away from zero at the larger of NUM_QUOTIENT and a's scale. */
int num_div(struct num *r, const struct num *a, const struct num *b);
int num_idiv(struct num *r, const struct num *a, const struct num *b); /* the whole part of the quotient */
int num_mod(struct num *r, const struct num *a, const struct num *b);  /* the rest, with a's sign */
/* Exactly `scale` digits after the point, rounded half away from zero. */
int num_round(struct num *a, unsigned scale);
unsigned num_digits(const struct num *a); /* digits of the integer that it is made of, 0 for zero */

#endif

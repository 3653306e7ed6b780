#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "num.h"

#define BASE 1000000000u
#define ROOM (sizeof(((struct num *)0)->limb) / sizeof(uint32_t))

static const uint32_t pow10_of[10] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

static void set_zero(struct num *r)
{
	r->neg = 0;
	r->scale = 0;
	r->n = 0;
}

static void copy(struct num *r, const struct num *a)
{
	if (r == a)
		return;
	r->neg = a->neg;
	r->scale = a->scale;
	r->n = a->n;
	memcpy(r->limb, a->limb, a->n * sizeof a->limb[0]);
}

static void trim(struct num *r)
{
	while (r->n > 0 && r->limb[r->n - 1] == 0)
		r->n--;
	if (r->n == 0)
		r->neg = 0;
}

/* Multiplies the integer by m (below BASE) and adds c. -1: no room. */
static int mul_small(struct num *r, uint32_t m, uint32_t c)
{
	uint64_t carry = c;

	for (unsigned i = 0; i < r->n; i++) {
		carry += (uint64_t)r->limb[i] * m;
		r->limb[i] = (uint32_t)(carry % BASE);
		carry /= BASE;
	}
	if (carry) {
		if (r->n == ROOM)
			return -1;
		r->limb[r->n++] = (uint32_t)carry;
	}
	return 0;
}

/* Divides the integer by m, returns the rest. */
static uint32_t div_small(struct num *r, uint32_t m)
{
	uint64_t rest = 0;

	for (unsigned i = r->n; i-- > 0;) {
		rest = rest * BASE + r->limb[i];
		r->limb[i] = (uint32_t)(rest / m);
		rest %= m;
	}
	trim(r);
	return (uint32_t)rest;
}

/* Multiplies the integer by 10^k; the scale stays. */
static int shift_up(struct num *r, unsigned k)
{
	unsigned limbs = k / 9;

	if (r->n == 0)
		return 0;
	if (r->n + limbs > ROOM)
		return -1;
	if (limbs) {
		memmove(r->limb + limbs, r->limb, r->n * sizeof r->limb[0]);
		memset(r->limb, 0, limbs * sizeof r->limb[0]);
		r->n = (uint16_t)(r->n + limbs);
	}
	return k % 9 ? mul_small(r, pow10_of[k % 9], 0) : 0;
}

unsigned num_digits(const struct num *a)
{
	unsigned d;

	if (a->n == 0)
		return 0;
	for (d = 1; d < 9 && a->limb[a->n - 1] >= pow10_of[d]; d++)
		;
	return (a->n - 1u) * 9 + d;
}

/* Takes zeros off the end of the fraction, down to `least` digits. */
static void strip(struct num *r, unsigned least)
{
	while (r->scale >= least + 9 && r->n > 0 && r->limb[0] == 0) {
		memmove(r->limb, r->limb + 1, --r->n * sizeof r->limb[0]);
		r->scale = (uint16_t)(r->scale - 9);
	}
	while (r->scale > least && r->n > 0 && r->limb[0] % 10 == 0) {
		(void)div_small(r, 10);
		r->scale--;
	}
	if (r->n == 0)
		r->scale = (uint16_t)(r->scale < least ? r->scale : least);
}

/* Brings a result into the bounds that every operand must be in. */
static int settle(struct num *r)
{
	trim(r);
	if (r->scale > NUM_SCALE_MAX || num_digits(r) > NUM_DIGITS)
		strip(r, 0);
	return r->scale > NUM_SCALE_MAX || num_digits(r) > NUM_DIGITS ? -1 : 0;
}

int num_parse(struct num *r, const char *s, size_t n)
{
	const char *end = s + n;
	int neg = 0, point = 0;
	unsigned used = 0, room;
	uint32_t part = 0;

	set_zero(r);
	if (s < end && (*s == '-' || *s == '+'))
		neg = *s++ == '-';
	for (const char *p = s; p < end; p++) {
		if (*p == '.' && !point)
			point = 1;
		else if (*p < '0' || *p > '9')
			return -1;
	}
	if (end - s == point) /* no digit at all */
		return -1;
	while (s < end && *s == '0')
		s++;
	if ((size_t)(end - s) > NUM_DIGITS + 1)
		return -1;
	/* limbs are filled from the end of the text */
	room = 0;
	for (const char *p = end; p-- > s;) {
		if (*p == '.') {
			r->scale = (uint16_t)(end - p - 1);
			continue;
		}
		part += (uint32_t)(*p - '0') * pow10_of[room];
		if (++room == 9) {
			r->limb[used++] = part;
			part = 0;
			room = 0;
		}
	}
	if (room)
		r->limb[used++] = part;
	r->n = (uint16_t)used;
	r->neg = (uint8_t)neg;
	return settle(r);
}

void num_of_int(struct num *r, num_int v)
{
	/* the magnitude of the smallest value has no positive twin */
	__extension__ unsigned __int128 u = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;

	set_zero(r);
	for (; u; u /= BASE)
		r->limb[r->n++] = (uint32_t)(u % BASE);
	r->neg = v < 0;
}

int num_of_double(struct num *r, double d)
{
	char s[64], *e;
	int exp = 0;

	if (!isfinite(d))
		return -1;
	for (int prec = 14; prec <= 16; prec++) {
		snprintf(s, sizeof s, "%.*e", prec, d);
		if (strtod(s, NULL) == d)
			break;
	}
	e = strchr(s, 'e');
	exp = atoi(e + 1);
	if (num_parse(r, s, (size_t)(e - s)) < 0)
		return -1;
	if (r->n == 0 || exp == 0)
		return 0;
	if (exp < -150 || exp > 300)
		return -1;
	if (exp < 0 || exp <= r->scale) {
		r->scale = (uint16_t)(r->scale - exp);
	} else {
		if (shift_up(r, (unsigned)exp - r->scale) < 0)
			return -1;
		r->scale = 0;
	}
	strip(r, 0);
	return settle(r);
}

double num_to_double(const struct num *a)
{
	/* the C library rounds a decimal text correctly, a sum of limbs would not */
	char s[NUM_DIGITS + 32];
	size_t n = 0;
	double d;

	if (a->n == 0)
		return 0;
	if (a->n <= 1 && a->scale == 0)
		return a->neg ? -(double)a->limb[0] : (double)a->limb[0];
	n += (size_t)snprintf(s, sizeof s, "%s%u", a->neg ? "-" : "", a->limb[a->n - 1]);
	for (unsigned i = a->n - 1u; i-- > 0;)
		n += (size_t)snprintf(s + n, sizeof s - n, "%09u", a->limb[i]);
	snprintf(s + n, sizeof s - n, "e-%u", (unsigned)a->scale);
	d = strtod(s, NULL);
	return d;
}

int num_to_int(const struct num *a, num_int *v)
{
	struct num t;
	num_int r = 0;

	copy(&t, a);
	strip(&t, 0);
	if (t.scale || num_digits(&t) > 38)
		return -1;
	for (unsigned i = t.n; i-- > 0;) /* 10^38 is below 2^127 */
		r = r * BASE + t.limb[i];
	*v = t.neg ? -r : r;
	return 0;
}

void num_print(const struct num *a, struct buf *out)
{
	char room[ROOM * 9 + 1], *s = room + sizeof room;
	size_t n, whole;

	for (unsigned i = 0; i < a->n; i++) {
		uint32_t v = a->limb[i];

		/* the first limb of the text has no zeros in front */
		for (unsigned d = 0; i + 1 < a->n ? d < 9 : v > 0; d++, v /= 10)
			*--s = (char)('0' + v % 10);
	}
	if (a->n == 0)
		*--s = '0';
	n = (size_t)(room + sizeof room - s);
	if (a->neg)
		(void)buf_add8(out, '-');
	if (a->scale == 0) {
		(void)buf_add(out, s, n);
		return;
	}
	whole = n > a->scale ? n - a->scale : 0;
	if (whole)
		(void)buf_add(out, s, whole);
	else
		(void)buf_add8(out, '0');
	(void)buf_add8(out, '.');
	for (size_t i = n; i < a->scale; i++)
		(void)buf_add8(out, '0');
	(void)buf_add(out, s + whole, n - whole);
}

static int cmp_size(const struct num *a, const struct num *b)
{
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (unsigned i = a->n; i-- > 0;)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	return 0;
}

/* Copies of both with one scale. Operands are in their bounds, so there is room. */
static int align(struct num *x, struct num *y, const struct num *a, const struct num *b)
{
	int r = 0;

	copy(x, a);
	copy(y, b);
	if (x->scale < y->scale) {
		r = shift_up(x, y->scale - x->scale);
		x->scale = y->scale;
	} else if (y->scale < x->scale) {
		r = shift_up(y, x->scale - y->scale);
		y->scale = x->scale;
	}
	return r;
}

int num_cmp(const struct num *a, const struct num *b)
{
	struct num x, y;
	int r;

	if (a->neg != b->neg)
		return a->neg ? -1 : 1;
	if (a->scale == b->scale) {
		r = cmp_size(a, b);
	} else {
		(void)align(&x, &y, a, b);
		r = cmp_size(&x, &y);
	}
	return a->neg ? -r : r;
}

static int add_size(struct num *x, const struct num *y)
{
	uint32_t carry = 0;
	unsigned i;

	while (x->n < y->n)
		x->limb[x->n++] = 0;
	for (i = 0; i < x->n; i++) {
		uint32_t v = x->limb[i] + carry + (i < y->n ? y->limb[i] : 0);

		carry = v >= BASE;
		x->limb[i] = carry ? v - BASE : v;
	}
	if (carry) {
		if (x->n == ROOM)
			return -1;
		x->limb[x->n++] = 1;
	}
	return 0;
}

/* x - y, x not smaller. */
static void sub_size(struct num *x, const struct num *y)
{
	uint32_t borrow = 0;

	for (unsigned i = 0; i < x->n; i++) {
		uint32_t take = (i < y->n ? y->limb[i] : 0) + borrow;

		borrow = x->limb[i] < take;
		x->limb[i] = borrow ? x->limb[i] + BASE - take : x->limb[i] - take;
	}
}

static int add_signed(struct num *r, const struct num *a, const struct num *b, int b_neg)
{
	struct num x, y;

	if (align(&x, &y, a, b) < 0)
		return -1;
	y.neg = y.n ? (uint8_t)b_neg : 0;
	if (x.neg == y.neg || x.n == 0 || y.n == 0) {
		uint8_t neg = x.n ? x.neg : y.neg;

		if (add_size(&x, &y) < 0)
			return -1;
		x.neg = neg;
		copy(r, &x);
	} else if (cmp_size(&x, &y) >= 0) {
		sub_size(&x, &y);
		copy(r, &x);
	} else {
		sub_size(&y, &x);
		copy(r, &y);
	}
	return settle(r);
}

int num_add(struct num *r, const struct num *a, const struct num *b)
{
	return add_signed(r, a, b, b->neg);
}

int num_sub(struct num *r, const struct num *a, const struct num *b)
{
	return add_signed(r, a, b, !b->neg);
}

int num_mul(struct num *r, const struct num *a, const struct num *b)
{
	struct num x;

	if (a->n == 0 || b->n == 0) {
		set_zero(r);
		return 0;
	}
	if ((size_t)a->n + b->n > ROOM)
		return -1;
	memset(x.limb, 0, ((size_t)a->n + b->n) * sizeof x.limb[0]);
	for (unsigned i = 0; i < a->n; i++) {
		uint64_t carry = 0;

		for (unsigned j = 0; j < b->n; j++) {
			carry += x.limb[i + j] + (uint64_t)a->limb[i] * b->limb[j];
			x.limb[i + j] = (uint32_t)(carry % BASE);
			carry /= BASE;
		}
		x.limb[i + b->n] = (uint32_t)carry;
	}
	x.n = (uint16_t)(a->n + b->n);
	x.scale = (uint16_t)(a->scale + b->scale);
	x.neg = a->neg != b->neg;
	copy(r, &x);
	return settle(r);
}

/*
 * Integers: u = q * v + r, signs and scales left alone. v has a limb. Long
 * division by Knuth's algorithm D (The Art of Computer Programming, 4.3.1).
 */
static int divide(const struct num *u, const struct num *v, struct num *q, struct num *r)
{
	struct num a, b;
	uint32_t d;

	set_zero(q);
	if (cmp_size(u, v) < 0) {
		copy(r, u);
		return 0;
	}
	copy(&a, u);
	if (v->n == 1) {
		uint32_t rest = div_small(&a, v->limb[0]);

		copy(q, &a);
		num_of_int(r, rest);
		return 0;
	}
	copy(&b, v);
	d = BASE / (b.limb[b.n - 1] + 1);
	if (a.n == ROOM)
		return -1;
	a.limb[a.n++] = 0;
	(void)mul_small(&a, d, 0); /* the new limb takes the carry */
	(void)mul_small(&b, d, 0); /* has none: d is chosen so */
	q->n = (uint16_t)(a.n - b.n);
	for (unsigned j = q->n; j-- > 0;) {
		uint64_t top = (uint64_t)a.limb[j + b.n] * BASE + a.limb[j + b.n - 1];
		uint64_t guess = top / b.limb[b.n - 1], rest = top % b.limb[b.n - 1], carry = 0;
		int64_t borrow = 0;

		while (guess >= BASE || guess * b.limb[b.n - 2] > rest * BASE + a.limb[j + b.n - 2]) {
			guess--;
			rest += b.limb[b.n - 1];
			if (rest >= BASE)
				break;
		}
		for (unsigned i = 0; i <= b.n; i++) {
			int64_t w;

			carry += i < b.n ? guess * b.limb[i] : 0;
			w = (int64_t)a.limb[i + j] - (int64_t)(carry % BASE) + borrow;
			carry /= BASE;
			borrow = w < 0 ? -1 : 0;
			a.limb[i + j] = (uint32_t)(w < 0 ? w + BASE : w);
		}
		if (borrow) { /* the guess was one too many */
			uint32_t c = 0;

			guess--;
			for (unsigned i = 0; i <= b.n; i++) {
				uint32_t w = a.limb[i + j] + (i < b.n ? b.limb[i] : 0) + c;

				c = w >= BASE;
				a.limb[i + j] = c ? w - BASE : w;
			}
		}
		q->limb[j] = (uint32_t)guess;
	}
	trim(q);
	a.scale = 0;
	trim(&a);
	(void)div_small(&a, d);
	copy(r, &a);
	return 0;
}

int num_div(struct num *r, const struct num *a, const struct num *b)
{
	struct num x, y, q, rest;
	unsigned scale = a->scale > NUM_QUOTIENT ? a->scale : NUM_QUOTIENT;
	int neg = a->neg != b->neg;

	copy(&x, a);
	copy(&y, b);
	if (shift_up(&x, scale - a->scale + b->scale) < 0 || divide(&x, &y, &q, &rest) < 0)
		return -1;
	rest.neg = y.neg = 0;
	if (mul_small(&rest, 2, 0) < 0)
		return -1;
	if (cmp_size(&rest, &y) >= 0) {
		num_of_int(&x, 1);
		if (add_size(&q, &x) < 0)
			return -1;
	}
	q.scale = (uint16_t)scale;
	q.neg = (uint8_t)neg;
	trim(&q);
	strip(&q, 0);
	copy(r, &q);
	return settle(r);
}

int num_idiv(struct num *r, const struct num *a, const struct num *b)
{
	struct num x, y, q, rest;
	int neg = a->neg != b->neg;

	if (align(&x, &y, a, b) < 0 || divide(&x, &y, &q, &rest) < 0)
		return -1;
	q.scale = 0;
	q.neg = (uint8_t)neg;
	copy(r, &q);
	return settle(r);
}

int num_mod(struct num *r, const struct num *a, const struct num *b)
{
	struct num x, y, q, rest;
	uint16_t scale;
	uint8_t neg = a->neg;

	if (align(&x, &y, a, b) < 0)
		return -1;
	scale = x.scale;
	if (divide(&x, &y, &q, &rest) < 0)
		return -1;
	rest.scale = scale;
	rest.neg = neg;
	copy(r, &rest);
	return settle(r);
}

int num_round(struct num *a, unsigned scale)
{
	uint8_t neg = a->neg;
	unsigned cut;

	if (a->scale <= scale) {
		if (shift_up(a, scale - a->scale) < 0)
			return -1;
		a->scale = (uint16_t)scale;
		return 0;
	}
	for (cut = a->scale - scale; cut > 9; cut -= 9)
		(void)div_small(a, BASE);
	if (cut > 1)
		(void)div_small(a, pow10_of[cut - 1]);
	if (div_small(a, 10) >= 5) {
		struct num one;

		num_of_int(&one, 1);
		if (add_size(a, &one) < 0)
			return -1;
	}
	a->scale = (uint16_t)scale;
	a->neg = neg; /* lost if it was zero for a moment */
	trim(a);
	return 0;
}

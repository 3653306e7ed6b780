#include "shortest.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_DIGITS 15 /* every decimal of so many digits comes back through a double (DBL_DIG) */

static void set_integer(struct shortest *s, uint64_t v, int scale)
{
	char digits[20], *p = digits + sizeof digits, *end = p;

	while (v > 9 && v % 10 == 0) {
		v /= 10;
		scale--;
	}
	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	s->n = (int)(end - p);
	s->point = s->n - scale;
	memcpy(s->digits, p, (size_t)s->n);
}

/*
 * Most numbers that people write are a whole one divided by a power of ten. Both are exact as doubles, so their quotient is the
 * double nearest to that decimal.
 */
static int of_few_decimals(struct shortest *s, double d)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};

	for (int scale = 0; scale < (int)(sizeof tens / sizeof *tens); scale++) {
		double whole = nearbyint(d * tens[scale]);

		if (whole >= 1e15) /* more than EXACT_DIGITS */
			return 0;
		if (whole / tens[scale] == d) {
			set_integer(s, (uint64_t)whole, scale);
			return 1;
		}
	}
	return 0;
}

void shortest_of(struct shortest *s, double d)
{
	char e[40];

	d = fabs(d);
	if (of_few_decimals(s, d))
		return;
	/* the smallest numbers have fewer bits */
	for (int n = d < 2.3e-308 ? 1 : EXACT_DIGITS; n <= 17; n++) {
		(void)snprintf(e, sizeof e, "%.*e", n - 1, d);
		if (strtod(e, NULL) == d)
			break;
	}
	s->n = 0;
	for (const char *p = e; *p != 'e'; p++)
		if (*p != '.')
			s->digits[s->n++] = *p;
	while (s->n > 1 && s->digits[s->n - 1] == '0')
		s->n--;
	s->point = atoi(strchr(e, 'e') + 1) + 1;
}

static unsigned put_literal(char *to, const struct shortest *s, double d)
{
	char *o = to;

	if (signbit(d))
		*o++ = '-';
	*o++ = s->digits[0];
	if (s->n > 1) {
		*o++ = '.';
		memcpy(o, s->digits + 1, (size_t)s->n - 1);
		o += s->n - 1;
	}
	return (unsigned)(o - to) + (unsigned)snprintf(o, 8, "e%d", s->point - 1);
}

unsigned shortest_literal(char *to, double d)
{
	struct shortest s;

	shortest_of(&s, d);
	return put_literal(to, &s, d);
}

unsigned shortest_literal_quick(char *to, double d)
{
	struct shortest s;

	if (of_few_decimals(&s, fabs(d)))
		return put_literal(to, &s, d);
	return (unsigned)snprintf(to, SHORTEST_MAX, "%.16e", d);
}

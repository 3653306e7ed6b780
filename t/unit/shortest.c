/*
 * lib/shortest against the C library: random doubles of several kinds come back with the same bits from the digits, and from no
 * fewer of them; their literals too, with their sign.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shortest.h"

#define N 300000

static uint64_t seed = 88172645463325252u;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double rnd_double(unsigned kind)
{
	static const double edges[] = {0, -0.0, 1, 0.1, 0.3, 1e15, 1e16, 999999999999999, 9007199254740993, 123456789012345.6,
	    5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e22, 1e23, 0.1 + 0.2};
	uint64_t bits = rnd();
	double d;

	switch (kind) {
	case 0: /* of few decimals, as people write them */
		return (double)(int64_t)(bits >> 40) / pow(10, (double)(rnd() % 9)) * (bits & 1 ? 1 : -1);
	case 1: /* of as many digits as can be */
		return (double)(int64_t)(bits >> 11) / pow(10, (double)(rnd() % 20));
	case 2: /* whole ones */
		return (double)(bits >> rnd() % 64);
	case 3: /* the smallest */
		bits >>= 12;
		break;
	case 4:
		return edges[bits % (sizeof edges / sizeof *edges)];
	default: /* any bits */
		break;
	}
	memcpy(&d, &bits, sizeof d);
	return isfinite(d) ? d : 0;
}

static double value_of(const struct shortest *s)
{
	char text[40];

	snprintf(text, sizeof text, "0.%.*se%d", s->n, s->digits, s->point);
	return strtod(text, NULL);
}

int main(void)
{
	unsigned lossy = 0, longer = 0, wrong = 0;

	for (unsigned i = 0; i < N; i++) {
		double d = rnd_double(i % 6), back;
		char text[SHORTEST_MAX + 1], fewer[40];
		struct shortest s;
		unsigned n;

		shortest_of(&s, d);
		lossy += s.n < 1 || s.n > 17 || value_of(&s) != fabs(d);
		if (s.n > 1) {
			snprintf(fewer, sizeof fewer, "%.*e", s.n - 2, d);
			longer += strtod(fewer, NULL) == d;
		}
		for (int quick = 0; quick < 2; quick++) {
			n = quick ? shortest_literal_quick(text, d) : shortest_literal(text, d);
			wrong += n > SHORTEST_MAX;
			text[n] = 0;
			back = strtod(text, NULL);
			wrong += back != d || signbit(back) != signbit(d) || !strchr(text, 'e');
		}
	}
	printf("%sok 1 - %d doubles come back from their digits\n", lossy ? "not " : "", N);
	printf("%sok 2 - and not from fewer\n", longer ? "not " : "");
	printf("%sok 3 - and from their literals\n1..3\n", wrong ? "not " : "");
	return lossy || longer || wrong;
}

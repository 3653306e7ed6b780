#ifndef EXPR_WHEN_H
#define EXPR_WHEN_H
/*
 * Dates and times as text: the stream's canonical forms and what people write.
 * No calendar: zero and partly zero dates are values like others.
 */
#include <stddef.h>
#include <stdint.h>

#include "../buf.h"

struct when {
	unsigned year, month, day, hour, minute, second, us;
	int neg;   /* times only */
	int clock; /* 1: there was a time of day behind the date */
};

/* YYYY-MM-DD, then perhaps a space or T and HH:MM[:SS[.f]] and Z. 0, or -1. */
int when_parse_date(struct when *w, const char *s, size_t n);
/* [-]HH[H]:MM[:SS[.f]]. 0, or -1. */
int when_parse_time(struct when *w, const char *s, size_t n);
int64_t when_date_key(const struct when *w);				    /* orders dates and times of day */
int64_t when_time_key(const struct when *w);				    /* microseconds */
void when_print_date(const struct when *w, struct buf *out);		    /* YYYY-MM-DD */
void when_print_clock(const struct when *w, unsigned dec, struct buf *out); /* [-]HH:MM:SS[.f], f cut to dec digits */
void when_of_us(struct when *w, int64_t us);				    /* microseconds since 1970, UTC */

#endif

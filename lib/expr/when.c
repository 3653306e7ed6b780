#include <time.h>

#include "when.h"

struct scan {
	const char *p, *end;
};

static int digits(struct scan *s, unsigned least, unsigned most, unsigned *v)
{
	unsigned n = 0;

	for (*v = 0; n < most && s->p < s->end && *s->p >= '0' && *s->p <= '9'; n++)
		*v = *v * 10 + (unsigned)(*s->p++ - '0');
	return n < least ? -1 : 0;
}

static int sign(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return -1;
	s->p++;
	return 0;
}

/* :MM[:SS[.f]] */
static int parse_minutes(struct scan *s, struct when *w)
{
	unsigned unit = 100000;

	if (sign(s, ':') < 0 || digits(s, 2, 2, &w->minute) < 0 || w->minute > 59)
		return -1;
	if (sign(s, ':') < 0)
		return 0;
	if (digits(s, 2, 2, &w->second) < 0 || w->second > 59)
		return -1;
	if (sign(s, '.') < 0)
		return 0;
	if (s->p == s->end || *s->p < '0' || *s->p > '9')
		return -1;
	for (; s->p < s->end && *s->p >= '0' && *s->p <= '9' && unit; unit /= 10)
		w->us += (unsigned)(*s->p++ - '0') * unit;
	return 0;
}

int when_parse_date(struct when *w, const char *text, size_t n)
{
	struct scan s = {text, text + n};

	memset(w, 0, sizeof *w);
	if (digits(&s, 4, 4, &w->year) < 0 || sign(&s, '-') < 0 || digits(&s, 2, 2, &w->month) < 0 || sign(&s, '-') < 0 ||
	    digits(&s, 2, 2, &w->day) < 0 || w->month > 12 || w->day > 31)
		return -1;
	if (s.p == s.end)
		return 0;
	if (sign(&s, ' ') < 0 && sign(&s, 'T') < 0)
		return -1;
	if (digits(&s, 2, 2, &w->hour) < 0 || w->hour > 23 || parse_minutes(&s, w) < 0)
		return -1;
	w->clock = 1;
	(void)sign(&s, 'Z');
	return s.p == s.end ? 0 : -1;
}

int when_parse_time(struct when *w, const char *text, size_t n)
{
	struct scan s = {text, text + n};

	memset(w, 0, sizeof *w);
	w->neg = sign(&s, '-') == 0;
	if (digits(&s, 1, 3, &w->hour) < 0 || parse_minutes(&s, w) < 0)
		return -1;
	w->clock = 1;
	return s.p == s.end ? 0 : -1;
}

int64_t when_date_key(const struct when *w)
{
	int64_t date = ((int64_t)w->year * 16 + w->month) * 32 + w->day;

	return (((date * 32 + w->hour) * 64 + w->minute) * 64 + w->second) * (1 << 20) + w->us;
}

int64_t when_time_key(const struct when *w)
{
	int64_t us = (((int64_t)w->hour * 60 + w->minute) * 60 + w->second) * 1000000 + w->us;

	return w->neg ? -us : us;
}

/* At least so many digits, with zeros in front. */
static void put_digits(struct buf *out, unsigned v, unsigned least)
{
	char s[10];
	unsigned n = 0;

	do
		s[sizeof s - ++n] = (char)('0' + v % 10);
	while ((v /= 10) > 0 || n < least);
	(void)buf_add(out, s + sizeof s - n, n);
}

void when_print_date(const struct when *w, struct buf *out)
{
	put_digits(out, w->year, 4);
	(void)buf_add8(out, '-');
	put_digits(out, w->month, 2);
	(void)buf_add8(out, '-');
	put_digits(out, w->day, 2);
}

void when_print_clock(const struct when *w, unsigned dec, struct buf *out)
{
	unsigned unit = 1;

	if (w->neg)
		(void)buf_add8(out, '-');
	put_digits(out, w->hour, 2);
	(void)buf_add8(out, ':');
	put_digits(out, w->minute, 2);
	(void)buf_add8(out, ':');
	put_digits(out, w->second, 2);
	if (dec == 0)
		return;
	if (dec > 6)
		dec = 6;
	for (unsigned i = dec; i < 6; i++)
		unit *= 10;
	(void)buf_add8(out, '.');
	put_digits(out, w->us / unit, dec);
}

void when_of_us(struct when *w, int64_t us)
{
	int64_t rest = us % 1000000;
	time_t t = (time_t)(us / 1000000);
	struct tm tm;

	memset(w, 0, sizeof *w);
	if (rest < 0) {
		rest += 1000000;
		t--;
	}
	if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		return;
	w->year = (unsigned)(tm.tm_year + 1900);
	w->month = (unsigned)tm.tm_mon + 1;
	w->day = (unsigned)tm.tm_mday;
	w->hour = (unsigned)tm.tm_hour;
	w->minute = (unsigned)tm.tm_min;
	w->second = (unsigned)tm.tm_sec;
	w->us = (unsigned)rest;
	w->clock = 1;
}

#include "pos.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Digits and nothing else. */
static int number(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return -1;
	for (; *s; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return -1;
		v = v * 10 + digit;
	}
	*out = v;
	return 0;
}

/* RFC 3339: 2026-11-23T06:46:00[.123456](Z|+hh:mm); a blank may stand for the T. Local forms have no meaning here. */
static int time_parse(const char *s, int64_t *us)
{
	struct tm tm = {0}, date;
	int year, n = 0, oh = 0, om = 0, sign = 0;
	int64_t frac = 0, unit = 100000;
	time_t sec;

	if (sscanf(s, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
		&n) != 6 ||
	    n != 19)
		return -1;
	s += n;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
			frac += (*s - '0') * unit;
	if (*s == 'Z' || *s == 'z')
		s++;
	else if (*s == '+' || *s == '-') {
		sign = *s == '+' ? 1 : -1;
		if (sscanf(s + 1, "%2d:%2d%n", &oh, &om, &n) != 2 || n != 5 || oh < 0 || oh > 23 || om < 0 || om > 59)
			return -1;
		s += 6;
	} else
		return -1;
	if (*s || year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour < 0 ||
	    tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
		return -1;
	tm.tm_year = year - 1900;
	tm.tm_mon--;
	date = (struct tm){.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday};
	sec = timegm(&date);
	if (date.tm_mday != tm.tm_mday) /* 31 February became March */
		return -1;
	sec += tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec - sign * (oh * 3600 + om * 60);
	*us = (int64_t)sec * 1000000 + frac;
	return 0;
}

static int file_parse(struct pos *p, const char *s)
{
	const char *colon = strrchr(s, ':');

	if (!colon || colon == s || (size_t)(colon - s) >= sizeof p->file)
		return -1;
	if (number(colon + 1, &p->off) < 0)
		return -1;
	memcpy(p->file, s, (size_t)(colon - s));
	p->file[colon - s] = 0;
	return 0;
}

int pos_parse(struct pos *p, const char *s, const char **why)
{
	memset(p, 0, sizeof *p);
	if (!strcmp(s, "now")) {
		p->kind = POS_NOW;
		return 0;
	}
	if (!strcmp(s, "earliest")) {
		p->kind = POS_EARLIEST;
		return 0;
	}
	if (!strncmp(s, "gtid:", 5)) {
		p->kind = POS_GTID;
		p->gtid = gtid_set_parse(s + 5, strlen(s + 5));
		*why = "not a set of GTIDs (MariaDB: 0-1-100,1-2-7; MySQL: UUID:1-100)";
		return p->gtid ? 0 : -1;
	}
	if (!strncmp(s, "time:", 5)) {
		p->kind = POS_TIME;
		*why = "not a time as RFC 3339 has it (2026-11-23T06:46:00Z, or +01:00 for Z)";
		return time_parse(s + 5, &p->time_us);
	}
	p->kind = POS_FILE;
	*why = "not a position (now, earliest, FILE:OFFSET, gtid:SET or time:RFC3339)";
	return file_parse(p, s);
}

void pos_print(const struct pos *p, struct buf *out)
{
	switch (p->kind) {
	case POS_NOW:
		buf_adds(out, "now");
		break;
	case POS_EARLIEST:
		buf_adds(out, "earliest");
		break;
	case POS_FILE:
		buf_printf(out, "%s:%llu", p->file, (unsigned long long)p->off);
		break;
	case POS_GTID:
		buf_adds(out, "gtid:");
		gtid_set_print(p->gtid, out);
		break;
	case POS_TIME: {
		time_t sec = (time_t)(p->time_us / 1000000);
		struct tm tm;

		gmtime_r(&sec, &tm);
		buf_printf(out, "time:%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		    tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(p->time_us % 1000000));
		break;
	}
	}
}

void pos_release(struct pos *p)
{
	gtid_set_free(p->gtid);
	p->gtid = NULL;
}

/* The numbers of two names of one log. 1; 0 they are not of one. */
static int log_numbers(const char *a, const char *b, uint64_t *na, uint64_t *nb)
{
	const char *da = strrchr(a, '.'), *db = strrchr(b, '.');

	if (!da || !db || da - a != db - b || memcmp(a, b, (size_t)(da - a)) != 0)
		return 0;
	return number(da + 1, na) == 0 && number(db + 1, nb) == 0;
}

int log_name_cmp(const char *a, const char *b, int *comparable)
{
	uint64_t na, nb;

	*comparable = log_numbers(a, b, &na, &nb);
	if (!*comparable)
		return strcmp(a, b);
	return na < nb ? -1 : na > nb;
}

int log_name_is_next(const char *a, const char *b)
{
	uint64_t na, nb;

	return log_numbers(a, b, &na, &nb) && nb && nb - 1 == na;
}

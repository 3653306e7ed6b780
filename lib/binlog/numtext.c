#include "binlog/numtext.h"

#include <string.h>

#include "cur.h"

static const uint32_t pow10_u32[10] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
			    "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
			    "99";

static inline char *two(char *o, unsigned v)
{
	memcpy(o, pairs + 2 * v, 2);
	return o + 2;
}

/* Eight digits of v, v < 10^8, the first in the lowest byte: halves of four, of two, of one, all halves at once. */
static inline uint64_t eight_digits(uint32_t v)
{
	uint64_t x = v / 10000 | (uint64_t)(v % 10000) << 32, tens;

	tens = x * 10486 >> 20 & UINT64_C(0x0000007f0000007f); /* by 100 */
	x = tens | (x - 100 * tens) << 16;
	tens = x * 103 >> 10 & UINT64_C(0x000f000f000f000f);
	return (tens | (x - 10 * tens) << 8) | UINT64_C(0x3030303030303030);
}

/* Exactly n digits of v, v < 10^n, n <= 9. Up to 8 bytes behind them are written, too. */
static inline char *digits(char *o, uint32_t v, unsigned n)
{
	uint64_t text;

	if (n == 9) {
		*o++ = (char)('0' + v / 100000000);
		v %= 100000000;
		n = 8;
	}
	text = n ? htole64(eight_digits(v) >> 8 * (8 - n)) : 0;
	memcpy(o, &text, 8);
	return o + n;
}

static inline uint64_t be(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* ---- decimal: groups of 9 digits in 4 bytes, what is left of a side in fewer; negative ones inverted */

static const uint8_t group_bytes[10] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};

unsigned decimal_value_bytes(unsigned precision, unsigned scale)
{
	unsigned whole, n;

	if (precision < 1 || precision > 81 || scale > precision || scale > 38)
		return 0;
	whole = precision - scale;
	n = whole / 9 * 4 + group_bytes[whole % 9] + scale / 9 * 4 + group_bytes[scale % 9];
	return n <= DECIMAL_BYTES_MAX ? n : 0;
}

unsigned decimal_bytes(unsigned precision, unsigned scale)
{
	return precision <= 65 ? decimal_value_bytes(precision, scale) : 0;
}

struct groups {
	const uint8_t *p;
	uint32_t flip; /* all ones: the value is negative */
	uint32_t top;  /* 0x80 before the first group, whose highest bit is the sign's; then 0 */
};

/* The next group, of n digits in group_bytes[n] bytes; UINT32_MAX: no such group. */
static inline uint32_t next_group(struct groups *g, unsigned n)
{
	unsigned bytes = group_bytes[n];
	const uint8_t *p = g->p;
	uint32_t v;

	switch (bytes) {
	case 1:
		v = p[0];
		break;
	case 2:
		v = (uint32_t)p[0] << 8 | p[1];
		break;
	case 3:
		v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		break;
	default:
		v = (uint32_t)bytes_be(p, 4);
	}
	v = (v ^ g->flip ^ g->top << 8 * (bytes - 1)) & UINT32_MAX >> (32 - 8 * bytes);
	g->p += bytes;
	g->top = 0;
	return v < pow10_u32[n] ? v : UINT32_MAX;
}

/* 0 for 0 */
static inline unsigned count_digits(uint32_t v)
{
	unsigned n = (32 - (unsigned)__builtin_clz(v | 1)) * 1233 >> 12; /* bits times log10(2) */

	return n + (v >= pow10_u32[n]);
}

size_t decimal_text(char *o, const uint8_t *p, unsigned precision, unsigned scale)
{
	struct groups g = {p, p[0] & 0x80 ? 0 : UINT32_MAX, 0x80};
	unsigned whole = precision - scale;
	char *start = o, *text;
	uint32_t v, any = 0;

	if (g.flip)
		*o++ = '-';
	text = o;
	for (unsigned left = whole, nd = whole % 9 ? whole % 9 : 9; left; nd = 9) {
		if ((v = next_group(&g, nd)) == UINT32_MAX)
			return 0;
		left -= nd;
		any |= v;
		o = digits(o, v, o == text ? count_digits(v) : nd); /* leading zeros are left out */
	}
	if (o == text)
		*o++ = '0';
	if (scale)
		*o++ = '.';
	for (unsigned left = scale; left;) {
		unsigned nd = left > 9 ? 9 : left;

		if ((v = next_group(&g, nd)) == UINT32_MAX)
			return 0;
		any |= v;
		o = digits(o, v, nd);
		left -= nd;
	}
	if (g.flip && !any) { /* there is no negative zero */
		memmove(start, start + 1, (size_t)(o - start) - 1);
		o--;
	}
	return (size_t)(o - start);
}

/* ---- dates and times */

static inline char *put_date(char *o, unsigned y, unsigned m, unsigned d)
{
	o = two(o, y / 100);
	o = two(o, y % 100);
	*o++ = '-';
	o = two(o, m);
	*o++ = '-';
	return two(o, d);
}

static inline char *put_clock(char *o, unsigned h, unsigned m, unsigned s)
{
	o = two(o, h);
	*o++ = ':';
	o = two(o, m);
	*o++ = ':';
	return two(o, s);
}

/* dec digits of the fraction, given in microseconds. */
static inline char *put_fraction(char *o, uint32_t usec, unsigned dec)
{
	if (!dec)
		return o;
	*o++ = '.';
	return digits(o, usec / pow10_u32[6 - dec], dec);
}

/* The fraction behind a packed time: hundredths, ten-thousandths or millionths. */
static inline uint32_t get_fraction(const uint8_t *p, unsigned dec)
{
	switch (dec) {
	case 1:
	case 2:
		return p[0] * 10000u;
	case 3:
	case 4:
		return (uint32_t)be(p, 2) * 100u;
	case 5:
	case 6:
		return (uint32_t)be(p, 3);
	default:
		return 0;
	}
}

static size_t datetime_put(
    char *o, unsigned y, unsigned mo, unsigned d, unsigned h, unsigned mi, unsigned s, uint32_t usec, unsigned dec)
{
	char *start = o;

	if (y > 9999 || mo > 12 || d > 31 || h > 23 || mi > 59 || s > 59 || usec > 999999)
		return 0;
	o = put_date(o, y, mo, d);
	*o++ = ' ';
	o = put_clock(o, h, mi, s);
	return (size_t)(put_fraction(o, usec, dec) - start);
}

static size_t time_put(char *o, int neg, unsigned h, unsigned m, unsigned s, uint32_t usec, unsigned dec)
{
	char *start = o;

	if (h > 999 || m > 59 || s > 59 || usec > 999999)
		return 0;
	if (neg)
		*o++ = '-';
	if (h > 99) {
		*o++ = (char)('0' + h / 100);
		h %= 100;
	}
	o = put_clock(o, h, m, s);
	return (size_t)(put_fraction(o, usec, dec) - start);
}

/* Seconds since 1970 in UTC. Days to a date: H. Hinnant, "chrono-compatible low-level date algorithms". */
static size_t timestamp_put(char *o, uint32_t sec, uint32_t usec, unsigned dec)
{
	uint32_t days = sec / 86400, t = sec % 86400;
	uint32_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
	uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	uint32_t d = doy - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9;
	uint32_t y = yoe + era * 400 + (m <= 2);

	if (!sec && !usec)
		return datetime_put(o, 0, 0, 0, 0, 0, 0, 0, dec);
	return datetime_put(o, y, m, d, t / 3600, t / 60 % 60, t % 60, usec, dec);
}

size_t date_text(char *o, uint32_t v)
{
	unsigned y = v >> 9, m = v >> 5 & 15, d = v & 31;

	if (y > 9999 || m > 12)
		return 0;
	put_date(o, y, m, d);
	return 10;
}

size_t time2_text(char *o, const uint8_t *p, unsigned dec)
{
	/* whole and fraction are one number, offset so that it sorts as bytes (my_time_packed_from_binary) */
	unsigned nf = fraction_bytes(dec);
	int64_t v = (int64_t)be(p, 3 + nf) - ((int64_t)0x800000 << 8 * nf);
	int neg = v < 0;
	uint64_t a = neg ? (uint64_t)-v : (uint64_t)v;
	uint32_t hms = (uint32_t)(a >> 8 * nf), f = (uint32_t)(a & ((UINT64_C(1) << 8 * nf) - 1));
	uint32_t usec = nf == 1 ? f * 10000 : nf == 2 ? f * 100 : f;

	return time_put(o, neg, hms >> 12 & 0x3ff, hms >> 6 & 63, hms & 63, usec, dec);
}

size_t datetime2_text(char *o, const uint8_t *p, unsigned dec)
{
	uint64_t v = be(p, 5);
	uint32_t ymd, hms, ym;

	if (!(v & UINT64_C(0x8000000000)))
		return 0; /* before the year zero */
	v &= UINT64_C(0x7fffffffff);
	ymd = (uint32_t)(v >> 17);
	hms = (uint32_t)(v & 0x1ffff);
	ym = ymd >> 5;
	return datetime_put(o, ym / 13, ym % 13, ymd & 31, hms >> 12, hms >> 6 & 63, hms & 63, get_fraction(p + 5, dec), dec);
}

size_t timestamp2_text(char *o, const uint8_t *p, unsigned dec)
{
	return timestamp_put(o, (uint32_t)be(p, 4), get_fraction(p + 4, dec), dec);
}

/* ---- the older forms; with digits after the second, sizes and layout of MariaDB's Field_time_hires and its like */

unsigned time_old_bytes(unsigned dec)
{
	static const uint8_t n[] = {3, 4, 4, 5, 5, 5, 6};

	return n[dec];
}

unsigned datetime_old_bytes(unsigned dec)
{
	static const uint8_t n[] = {8, 6, 6, 7, 7, 7, 8};

	return n[dec];
}

unsigned timestamp_old_bytes(unsigned dec)
{
	static const uint8_t n[] = {4, 5, 5, 6, 6, 7, 7};

	return n[dec];
}

size_t time_old_text(char *o, const uint8_t *p, unsigned dec)
{
	if (!dec) {
		/* HHMMSS as a number, signed */
		int32_t v = (int32_t)((uint32_t)p[0] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 24) >> 8;
		uint32_t a = v < 0 ? (uint32_t)-v : (uint32_t)v;

		return time_put(o, v < 0, a / 10000, a / 100 % 100, a % 100, 0, 0);
	}
	/* in units of the last digit, moved up by the largest time and a second */
	int64_t zero = (INT64_C(838) * 3600 + 59 * 60 + 59 + 1) * pow10_u32[dec];
	int64_t v = (int64_t)be(p, time_old_bytes(dec)) - zero;
	uint64_t a = v < 0 ? (uint64_t)-v : (uint64_t)v;
	uint64_t sec = a / pow10_u32[dec];
	uint32_t usec = (uint32_t)(a % pow10_u32[dec]) * pow10_u32[6 - dec];

	if (sec > 3599999)
		return 0;
	return time_put(o, v < 0, (unsigned)(sec / 3600), (unsigned)(sec / 60 % 60), (unsigned)(sec % 60), usec, dec);
}

size_t datetime_old_text(char *o, const uint8_t *p, unsigned dec)
{
	uint64_t v = 0;
	uint32_t usec;
	unsigned y, mo, d, h, mi, s;

	if (!dec) {
		/* YYYYMMDDHHMMSS as a number */
		for (unsigned i = 8; i-- > 0;)
			v = v << 8 | p[i];
		if (v > UINT64_C(99991231235959))
			return 0;
		return datetime_put(o, (unsigned)(v / 10000000000), (unsigned)(v / 100000000 % 100),
		    (unsigned)(v / 1000000 % 100), (unsigned)(v / 10000 % 100), (unsigned)(v / 100 % 100), (unsigned)(v % 100), 0,
		    0);
	}
	v = be(p, datetime_old_bytes(dec));
	usec = (uint32_t)(v % pow10_u32[dec]) * pow10_u32[6 - dec];
	v /= pow10_u32[dec];
	s = (unsigned)(v % 60);
	mi = (unsigned)(v / 60 % 60);
	h = (unsigned)(v / 3600 % 24);
	d = (unsigned)(v / 86400 % 32);
	mo = (unsigned)(v / (86400 * 32) % 13);
	v /= 86400ull * 32 * 13;
	y = v > 9999 ? 10000 : (unsigned)v;
	return datetime_put(o, y, mo, d, h, mi, s, usec, dec);
}

size_t timestamp_old_text(char *o, const uint8_t *p, unsigned dec)
{
	uint32_t sec, f;

	if (!dec) {
		sec = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
		return timestamp_put(o, sec, 0, 0);
	}
	sec = (uint32_t)be(p, 4);
	f = (uint32_t)be(p + 4, timestamp_old_bytes(dec) - 4);
	if (f >= pow10_u32[dec])
		return 0;
	return timestamp_put(o, sec, f * pow10_u32[6 - dec], dec);
}

/*
 * The log decoder as a function of bytes: values of each packed form, and a small log of a real server
 * (t/data) cut at every byte and with bits flipped in every byte. With checksums no damage passes and no row is
 * invented; with the checksums put right again damage may pass, but nothing crashes, hangs or reads beyond.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "binlog/binlog.h"
#include "binlog/coldec.h"
#include "binlog/numtext.h"
#include "binlog/zip.h"

static int count, failures;
static unsigned step = 4; /* two bits of each byte, others in its neighbours; 1 with ROWFERRY_LONG: all */

static void ok(int good, const char *what)
{
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
}

static void is(const char *got, size_t n, const char *want, const char *what)
{
	int good = n == strlen(want) && !memcmp(got, want, n);

	ok(good, what);
	if (!good)
		printf("# got %.*s want %s\n", (int)n, got, want);
}

/* ---- values */

static const struct {
	const char *bytes;
	unsigned precision, scale;
	const char *want;
} decimals[] = {
    {"\x80", 1, 0, "0"},
    {"\x89", 1, 0, "9"},
    {"\x76", 1, 0, "-9"},
    {"\x80\x00\x00\x01", 9, 0, "1"},
    {"\x81\x0d\xfb\x38\xd2\x04\xd2", 14, 4, "1234567890.1234"},
    {"\x7e\xf2\x04\xc7\x2d\xfb\x2d", 14, 4, "-1234567890.1234"},
    {"\x80\x00\x00\x00\x00", 10, 2, "0.00"},
    {"\x7f\xff\xff\xff\xff", 10, 2, "0.00"}, /* a negative zero is none */
    {"\x7f\xff\xff\xff\xfe", 10, 2, "-0.01"},
    {"\x80\x00\x00\x01", 9, 9, "0.000000001"},
    {"\x80\x00\x01\x00\x00\x00\x02", 14, 9, "1.000000002"},
    {"\xbb\x9a\xca\x00", 9, 9, ""}, /* ten digits in a group of nine */
    {"\x8a", 1, 0, ""},
};

static void test_decimals(void)
{
	char text[DECIMAL_TEXT_MAX];

	for (size_t i = 0; i < sizeof decimals / sizeof *decimals; i++) {
		char what[80];
		size_t n = decimal_text(text, (const uint8_t *)decimals[i].bytes, decimals[i].precision, decimals[i].scale);

		(void)snprintf(what, sizeof what, "decimal(%u,%u) %s", decimals[i].precision, decimals[i].scale,
		    *decimals[i].want ? decimals[i].want : "that cannot be");
		is(text, n, decimals[i].want, what);
	}
	ok(decimal_bytes(65, 30) == 30 && decimal_bytes(65, 38) == 29 && !decimal_bytes(66, 0) && !decimal_bytes(5, 6),
	    "sizes of decimals");
}

static void test_times(void)
{
	static const struct {
		size_t (*f)(char *, const uint8_t *, unsigned);
		const char *bytes;
		unsigned dec;
		const char *want;
	} t[] = {
	    {time2_text, "\x80\x00\x00", 0, "00:00:00"},
	    {time2_text, "\x7f\xff\xff", 0, "-00:00:01"},
	    {time2_text, "\x7f\xff\xff\xff", 2, "-00:00:00.01"},
	    {time2_text, "\x7f\xff\xff\xff\xf6", 3, "-00:00:00.001"},
	    {time2_text, "\x7f\xff\xff\xff\xff\xff", 6, "-00:00:00.000001"},
	    {time2_text, "\xb4\x6e\xfb\x0f\x42\x3f", 6, "838:59:59.999999"},
	    {time2_text, "\x4b\x91\x04\xf0\xbd\xc1", 6, "-838:59:59.999999"},
	    {time2_text, "\x80\x00\x3c", 0, ""}, /* a minute of 60 seconds */
	    {datetime2_text, "\x80\x00\x00\x00\x00", 0, "0000-00-00 00:00:00"},
	    {datetime2_text, "\xfe\xf3\xff\x7e\xfb\x0f\x42\x3f", 6, "9999-12-31 23:59:59.999999"},
	    {datetime2_text, "\x00\x00\x00\x00\x00", 0, ""},
	    {datetime2_text, "\xff\xff\xff\xff\xff", 0, ""},
	    {timestamp2_text, "\x00\x00\x00\x00", 0, "0000-00-00 00:00:00"},
	    {timestamp2_text, "\x00\x00\x00\x00\x00", 2, "0000-00-00 00:00:00.00"},
	    {timestamp2_text, "\x00\x00\x00\x01", 0, "1970-01-01 00:00:01"},
	    {timestamp2_text, "\x7f\xff\xff\xff", 0, "2038-01-19 03:14:07"},
	    {timestamp2_text, "\xff\xff\xff\xff", 0, "2106-02-07 06:28:15"},
	    {timestamp2_text, "\x65\xe0\x00\x00\x63", 2, "2024-02-29 03:54:40.99"},
	    {time_old_text, "\xc7\xe6\x7f", 0, "838:21:51"},
	    {time_old_text, "\xff\xff\xff", 0, "-00:00:01"},
	    {datetime_old_text, "\x7f\x56\x3f\x12\x12\x12\x12\x12", 0, ""},
	    {timestamp_old_text, "\x01\x00\x00\x00", 0, "1970-01-01 00:00:01"},
	};
	char text[TEMPORAL_TEXT_MAX];

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char what[80];
		size_t n = t[i].f(text, (const uint8_t *)t[i].bytes, t[i].dec);

		(void)snprintf(what, sizeof what, "time %s", *t[i].want ? t[i].want : "that cannot be");
		is(text, n, t[i].want, what);
	}
	is(text, date_text(text, 2024u << 9 | 2 << 5 | 31), "2024-02-31", "a date that is not in the calendar");
	is(text, date_text(text, 0), "0000-00-00", "the zero date");
	ok(!date_text(text, 2024u << 9 | 13 << 5 | 1), "no thirteenth month");
}

static void test_uuid(void)
{
	static const uint8_t want[16] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0x1d, 0xef, 0x81, 0x23, 1, 2, 3, 4, 5, 6};
	static const uint8_t swapped[16] = {1, 2, 3, 4, 5, 6, 0x81, 0x23, 0x1d, 0xef, 0x9a, 0xbc, 0x12, 0x34, 0x56, 0x78};
	static const uint8_t v7[16] = {1, 0x89, 0x0a, 0x5d, 0xac, 0x96, 0x77, 0x4b, 0xbc, 0xce, 0xb3, 2, 9, 0x9a, 0x80, 0x57};
	uint8_t got[16];

	uuid_from_record(got, swapped, 0);
	ok(!memcmp(got, want, 16), "UUID of version 1: segments were in reverse");
	uuid_from_record(got, v7, 0);
	ok(!memcmp(got, v7, 16), "UUID of version 7: as it is");
	uuid_from_record(got, v7, 1);
	ok(!memcmp(got, v7 + 12, 4) && !memcmp(got + 10, v7, 6), "an old column: always in reverse");
}

static void test_zip(void)
{
	uint8_t in[64] = {0x80 | 1, 100}, plain[100];
	uLongf n = sizeof in - 2;
	struct buf out = BUF_INIT;
	const uint8_t *p;
	const char *why = "";
	size_t np;

	memset(plain, 'x', sizeof plain);
	(void)compress2(in + 2, &n, plain, sizeof plain, 9);
	ok(!zip_event(in, n + 2, &out, &why) && out.len == 100 && !memcmp(out.p, plain, 100), "a compressed event");
	buf_reset(&out);
	in[1] = 99;
	ok(zip_event(in, n + 2, &out, &why) < 0, "more comes out than was said");
	in[1] = 101;
	ok(zip_event(in, n + 2, &out, &why) < 0, "less comes out than was said");
	in[1] = 100;
	ok(zip_event(in, n + 1, &out, &why) < 0, "cut short");
	in[0] = 0x90 | 1;
	ok(zip_event(in, n + 2, &out, &why) < 0, "a method that is not known");
	ok(zip_event((const uint8_t *)"\x84\xff\xff\xff\xff\x00", 6, &out, &why) < 0, "a length that cannot be takes no memory");
	ok(out.cap < 4096, "none at all");
	ok(!zip_column((const uint8_t *)"\0abc", 4, &out, &p, &np, &why) && np == 3 && !memcmp(p, "abc", 3),
	    "a column not worth compressing");
	ok(!zip_column((const uint8_t *)"", 0, &out, &p, &np, &why) && !np, "an empty column");
	ok(zip_column((const uint8_t *)"\x81", 1, &out, &p, &np, &why) < 0, "a column cut short");
	buf_release(&out);
}

/* ---- a log */

struct log {
	uint8_t *p;
	size_t n;
};

struct run {
	struct buf out; /* the frames */
	int result;	/* 1 read to its end, 0 the log ends inside an event, -1 the decoder failed */
	enum binlog_fail fail;
	size_t at; /* bytes taken */
};

static int on_group(void *arg, const struct rec_begin *b)
{
	(void)arg;
	(void)b;
	return BINLOG_TAKE;
}

static int wants(void *arg, const char *db, size_t ndb, const char *name, size_t nname)
{
	(void)arg;
	(void)db;
	(void)ndb;
	(void)name;
	(void)nname;
	return 1;
}

static int define(void *arg, const struct tmap *m, struct tmap_col *cols, struct table **t)
{
	(void)arg;
	(void)m;
	(void)cols;
	*t = NULL;
	return 0;
}

static int on_output(void *arg)
{
	(void)arg;
	return 0;
}

static const struct binlog_calls calls = {on_group, wants, define, on_output};

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Each event in memory of its own, exactly as long as it is: a read beyond is seen by the sanitizers. */
static void run_log(struct run *r, const uint8_t *p, size_t n)
{
	struct binlog b;
	size_t at = LOG_MAGIC_LEN;

	buf_reset(&r->out);
	r->fail = BINLOG_FAIL_NONE;
	r->result = 1;
	if (binlog_init(&b, &calls, NULL, &r->out) < 0)
		abort();
	binlog_seek(&b, "sample.000001", LOG_MAGIC_LEN);
	while (at < n) {
		uint32_t len = n - at >= EVENT_HEAD ? le32(p + at + 9) : 0;
		uint8_t *event;

		if (len < EVENT_HEAD || len > n - at) {
			r->result = 0;
			break;
		}
		event = malloc(len);
		if (!event)
			abort();
		memcpy(event, p + at, len);
		if (binlog_event(&b, event, len) != BINLOG_OK) {
			r->result = -1;
			r->fail = b.fail;
			free(event);
			break;
		}
		free(event);
		at += len;
	}
	r->at = at;
	if (r->result > 0 && b.in_group)
		r->result = 0;
	binlog_release(&b);
}

static int read_log(struct log *l, const char *path)
{
	FILE *f = fopen(path, "rb");
	long n;

	if (!f)
		return -1;
	(void)fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	l->p = malloc((size_t)n + 1);
	l->n = l->p ? fread(l->p, 1, (size_t)n, f) : 0;
	(void)fclose(f);
	return l->n == (size_t)n ? 0 : -1;
}

static int is_prefix(const struct buf *a, const struct buf *whole)
{
	return !a->len || (a->len <= whole->len && !memcmp(a->p, whole->p, a->len));
}

static void test_cuts(const struct log *l, const struct buf *whole)
{
	struct run r = {.out = BUF_INIT};
	int bad = 0;

	for (size_t n = LOG_MAGIC_LEN; n < l->n; n++) {
		run_log(&r, l->p, n);
		if (r.result < 0 || !is_prefix(&r.out, whole)) {
			bad++;
			printf("# cut at %zu\n", n);
		}
	}
	ok(!bad, "cut at every byte: what was whole is as it was");
	buf_release(&r.out);
}

static void test_flips(const struct log *l, const struct buf *whole)
{
	struct run r = {.out = BUF_INIT};
	uint8_t *p = malloc(l->n);
	int passed = 0, bad = 0;

	memcpy(p, l->p, l->n);
	for (size_t at = LOG_MAGIC_LEN; at < l->n; at++)
		for (int bit = (int)(at % step); bit < 8; bit += step) {
			p[at] ^= (uint8_t)(1 << bit);
			run_log(&r, p, l->n);
			/* whether the log was closed is the one thing that its checksum leaves out */
			if (r.result > 0 && !(at == LOG_MAGIC_LEN + 17 && bit == 0)) {
				passed++;
				printf("# bit %d of byte %zu\n", bit, at);
			}
			if (!is_prefix(&r.out, whole)) {
				bad++;
				printf("# other frames: bit %d of byte %zu\n", bit, at);
			}
			p[at] = l->p[at];
		}
	ok(!passed, "flipped bits in every byte: damage is seen");
	ok(!bad, "and no row is invented");
	free(p);
	buf_release(&r.out);
}

/* Damage that the checksum agrees with: as with checksums off. */
static void test_signed_flips(const struct log *l)
{
	struct run r = {.out = BUF_INIT};
	uint8_t *p = malloc(l->n);
	size_t event = LOG_MAGIC_LEN, runs = 0;

	while (event + EVENT_HEAD <= l->n) {
		uint32_t len = le32(l->p + event + 9);

		for (size_t at = event; at < event + len - EVENT_CRC; at++)
			for (int bit = (int)(at % step); bit < 8; bit += step) {
				uint32_t crc;

				memcpy(p, l->p, l->n);
				p[at] ^= (uint8_t)(1 << bit);
				crc = (uint32_t)crc32_z(0, p + event, len - EVENT_CRC);
				for (int i = 0; i < 4; i++)
					p[event + len - EVENT_CRC + (size_t)i] = (uint8_t)(crc >> 8 * i);
				run_log(&r, p, l->n);
				runs++;
			}
		event += len;
	}
	ok(runs >= l->n, "bits flipped under a right checksum: no crash, no hang");
	free(p);
	buf_release(&r.out);
}

int main(void)
{
	struct log l;
	struct run r = {.out = BUF_INIT}, again = {.out = BUF_INIT};

	if (getenv("ROWFERRY_LONG"))
		step = 1;
	test_decimals();
	test_times();
	test_uuid();
	test_zip();
	if (read_log(&l, "t/data/mariadb-10.11.binlog") < 0) {
		ok(0, "t/data/mariadb-10.11.binlog is there");
		printf("1..%d\n", count);
		return 1;
	}
	run_log(&r, l.p, l.n);
	ok(r.result == 1 && r.at == l.n && r.out.len > 2000, "a real log is read to its end");
	run_log(&again, l.p, l.n);
	ok(again.out.len == r.out.len && is_prefix(&again.out, &r.out), "twice the same");
	test_cuts(&l, &r.out);
	test_flips(&l, &r.out);
	test_signed_flips(&l);
	buf_release(&r.out);
	buf_release(&again.out);
	free(l.p);
	printf("1..%d\n", count);
	return failures != 0;
}

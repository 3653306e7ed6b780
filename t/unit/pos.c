/*
 * GTIDs and positions: what is parsed is printed in canonical form, what is wrong is refused, and
 * sets behave as sets: random ones are compared with a plain table of numbers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pos.h"

static int count, failures;

static void ok(int good, const char *what, const char *detail)
{
	failures += !good;
	printf("%sok %d - %s%s", good ? "" : "not ", ++count, what, *detail ? ": " : "");
	for (; *detail; detail++)
		putchar(*detail == '\n' ? ' ' : *detail);
	putchar('\n');
}

#define U1 "11111111-2222-3333-4444-555555555555"
#define U2 "aaaaaaaa-2222-3333-4444-555555555555"

static const struct {
	const char *in, *out; /* NULL: wrong */
} sets[] = {
    {"", ""},
    {" \n", ""},
    {"0-1-100", "0-1-100"},
    {"1-2-3,0-1-100", "0-1-100,1-2-3"},
    {" 1-2-3 ,\n 0-1-100 ", "0-1-100,1-2-3"},
    {"0-1-5,0-2-7", "0-2-7"}, /* a domain has one place */
    {"4294967295-4294967295-18446744073709551615", "4294967295-4294967295-18446744073709551615"},
    {"4294967296-1-1", NULL},
    {"0-1-18446744073709551616", NULL},
    {"0-1", NULL},
    {"0-1-", NULL},
    {"0--1", NULL},
    {"-1-1-1", NULL},
    {"0-1-1x", NULL},
    {"0-1-1 0-2-1", NULL},
    {"x", NULL},
    {U1 ":1", U1 ":1"},
    {U1 ":1-5", U1 ":1-5"},
    {U1 ":1-5:6:8-9", U1 ":1-6:8-9"},
    {U1 ":8-9:1-5", U1 ":1-5:8-9"},
    {U1 ":5-9:1-7", U1 ":1-9"},
    {U1 ": 1 - 5", NULL},
    {U2 ":1,\n" U1 ":2", U1 ":2," U2 ":1"},
    {U1 ":1," U1 ":2", U1 ":1-2"},
    {"AAAAAAAA-2222-3333-4444-555555555555:3", U2 ":3"},
    {U1 ":tag_1:4-5", U1 ":tag_1:4-5"},
    {U1 ":TAG:4", U1 ":tag:4"},
    {U1 ":1:tag:4:6:other:1", U1 ":1:other:1:tag:4:6"},
    {U1 ":9223372036854775806", U1 ":9223372036854775806"},
    {U1 ":9223372036854775807", NULL},
    {U1 ":0", NULL},
    {U1 ":", NULL},
    {U1, NULL},
    {U1 ":5-3", ""}, /* as the server: an empty interval */
    {U1 ":1-2-3", NULL},
    {U1 ":1,0-1-1", NULL},
    {"0-1-1," U1 ":1", NULL},
    {"11111111-2222-3333-4444-55555555555:1", NULL},
    {U1 ":1 x", NULL},
};

static void check_sets(void)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		struct gtid_set *s = gtid_set_parse(sets[i].in, strlen(sets[i].in));

		buf_reset(&b);
		if (s)
			gtid_set_print(s, &b);
		ok(sets[i].out ? s && strcmp(buf_str(&b), sets[i].out) == 0 : !s, "set", sets[i].in);
		gtid_set_free(s);
	}
	buf_release(&b);
}

/* ---- positions */

static const struct {
	const char *in, *out;
} positions[] = {
    {"now", "now"},
    {"earliest", "earliest"},
    {"bin.000001:4", "bin.000001:4"},
    {"a:b.000001:18446744073709551615", "a:b.000001:18446744073709551615"},
    {"gtid:0-1-5", "gtid:0-1-5"},
    {"gtid:", "gtid:"},
    {"time:2026-11-23T06:46:00Z", "time:2026-11-23T06:46:00.000000Z"},
    {"time:2026-11-23T06:46:00.25+01:30", "time:2026-11-23T05:16:00.250000Z"},
    {"time:2026-11-23 06:46:00.1234567-00:30", "time:2026-11-23T07:16:00.123456Z"},
    {"time:1970-01-01T00:00:00Z", "time:1970-01-01T00:00:00.000000Z"},
    {"time:2026-11-23T06:46:00", NULL},
    {"time:2026-02-31T00:00:00Z", NULL},
    {"time:2024-02-29T23:59:60+00:00", "time:2024-03-01T00:00:00.000000Z"},
    {"time:2026-13-23T06:46:00Z", NULL},
    {"time:2026-11-23T24:46:00Z", NULL},
    {"time:2026-11-23T06:46:00Zx", NULL},
    {"time:yesterday", NULL},
    {"gtid:x", NULL},
    {"bin.000001", NULL},
    {":4", NULL},
    {"bin.000001:", NULL},
    {"bin.000001:-4", NULL},
    {"bin.000001:4x", NULL},
    {"bin.000001:18446744073709551616", NULL},
    {"", NULL},
};

static void check_positions(void)
{
	struct buf b = BUF_INIT, again = BUF_INIT;

	for (size_t i = 0; i < sizeof positions / sizeof *positions; i++) {
		const char *why = "";
		struct pos p, q;
		int rc = pos_parse(&p, positions[i].in, &why);

		buf_reset(&b);
		buf_reset(&again);
		if (rc == 0) {
			pos_print(&p, &b);
			if (pos_parse(&q, buf_str(&b), &why) == 0) {
				pos_print(&q, &again);
				pos_release(&q);
			}
		}
		pos_release(&p);
		if (positions[i].out)
			ok(rc == 0 && strcmp(buf_str(&b), positions[i].out) == 0 &&
				strcmp(buf_str(&again), positions[i].out) == 0,
			    "position", positions[i].in);
		else
			ok(rc < 0 && *why && !strchr(why, '\n'), "no position", positions[i].in);
	}
	buf_release(&b);
	buf_release(&again);
}

/* ---- sets against a table of numbers */

enum { UUIDS = 3, NUMBERS = 64, DOMAINS = 5 };

static unsigned rnd(unsigned n)
{
	static uint32_t seed = 12345;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void mysql_gtid(char *to, size_t cap, unsigned uuid, unsigned n)
{
	/* the third is the second with a tag */
	snprintf(to, cap, "%s%s:%u", uuid ? U2 : U1, uuid == 2 ? ":t" : "", n);
}

static int mysql_matches(const struct gtid_set *s, char has[UUIDS][NUMBERS])
{
	char g[80];

	for (unsigned u = 0; u < UUIDS; u++)
		for (unsigned n = 1; n < NUMBERS; n++) {
			mysql_gtid(g, sizeof g, u, n);
			if (gtid_set_has(s, g, strlen(g)) != has[u][n])
				return 0;
		}
	return 1;
}

/* Printed runs are in order, apart, and cover what the table has. */
struct walk {
	char seen[UUIDS][NUMBERS];
	int good, any;
	uint8_t uuid[16];
	char tag[40];
	uint64_t to;
};

static void on_range(void *arg, const uint8_t uuid[16], const char *tag, uint64_t from, uint64_t to)
{
	struct walk *w = arg;
	unsigned u = uuid[0] == 0x11 ? 0 : *tag ? 2 : 1;
	int c = w->any ? memcmp(uuid, w->uuid, 16) : 1;

	if (c == 0)
		c = strcmp(tag, w->tag);
	if (c < 0 || (c == 0 && from <= w->to + 1) || from > to || to >= NUMBERS)
		w->good = 0;
	for (uint64_t n = from; n <= to && n < NUMBERS; n++)
		w->seen[u][n] = 1;
	memcpy(w->uuid, uuid, 16);
	snprintf(w->tag, sizeof w->tag, "%s", tag);
	w->to = to;
	w->any = 1;
}

static int mysql_walk_is(const struct gtid_set *s, char has[UUIDS][NUMBERS])
{
	struct walk w = {.good = 1};

	gtid_set_each_mysql(s, on_range, &w);
	return w.good && memcmp(w.seen, has, sizeof w.seen) == 0;
}

static int covers(char a[UUIDS][NUMBERS], char b[UUIDS][NUMBERS])
{
	for (unsigned u = 0; u < UUIDS; u++)
		for (unsigned n = 1; n < NUMBERS; n++)
			if (b[u][n] && !a[u][n])
				return 0;
	return 1;
}

static struct gtid_set *reparsed(const struct gtid_set *s)
{
	struct buf b = BUF_INIT;
	struct gtid_set *again;

	gtid_set_print(s, &b);
	again = gtid_set_parse(buf_str(&b), b.len);
	buf_release(&b);
	return again;
}

static void check_mysql_random(void)
{
	int has_good = 1, walk_good = 1, cover_good = 1, print_good = 1, copy_good = 1;

	for (int round = 0; round < 400; round++) {
		char has[2][UUIDS][NUMBERS] = {{{0}}};
		struct gtid_set *s[2] = {gtid_set_new(), gtid_set_new()}, *t;
		unsigned adds = rnd(60);
		char g[80];

		for (unsigned i = 0; i < adds; i++) {
			unsigned which = rnd(2), u = rnd(UUIDS), n = 1 + rnd(NUMBERS - 1);

			mysql_gtid(g, sizeof g, u, n);
			if (gtid_set_add(s[which], g, strlen(g)) < 0)
				has_good = 0;
			has[which][u][n] = 1;
			if (rnd(3) == 0) { /* make one the subset of the other now and then */
				gtid_set_add(s[!which], g, strlen(g));
				has[!which][u][n] = 1;
			}
		}
		has_good = has_good && mysql_matches(s[0], has[0]) && mysql_matches(s[1], has[1]);
		walk_good = walk_good && mysql_walk_is(s[0], has[0]) && mysql_walk_is(s[1], has[1]);
		cover_good = cover_good && gtid_set_covers(s[0], s[1]) == covers(has[0], has[1]) &&
			     gtid_set_covers(s[1], s[0]) == covers(has[1], has[0]) && gtid_set_covers(s[0], s[0]);
		t = reparsed(s[0]);
		print_good = print_good && t && mysql_walk_is(t, has[0]);
		gtid_set_free(t);
		t = gtid_set_copy(s[1]);
		mysql_gtid(g, sizeof g, 0, NUMBERS - 1);
		gtid_set_add(s[1], g, strlen(g));
		copy_good = copy_good && t && mysql_walk_is(t, has[1]);
		gtid_set_free(t);
		gtid_set_free(s[0]);
		gtid_set_free(s[1]);
	}
	ok(has_good, "400 random MySQL sets have what was added and nothing else", "");
	ok(walk_good, "their runs are in order and do not touch", "");
	ok(cover_good, "covers is set inclusion", "");
	ok(print_good, "what is printed is parsed to the same set", "");
	ok(copy_good, "a copy is its own", "");
}

static void on_gtid(void *arg, uint32_t domain, uint32_t server, uint64_t seq)
{
	uint64_t *at = arg;

	at[domain] = seq * 10 + server;
}

static void check_mariadb_random(void)
{
	int good = 1;

	for (int round = 0; round < 400; round++) {
		uint64_t want[DOMAINS] = {0}, got[DOMAINS] = {0}, seq[DOMAINS] = {0};
		struct gtid_set *s = gtid_set_new(), *t;
		char g[80];

		for (unsigned i = rnd(20); i > 0; i--) {
			unsigned d = rnd(DOMAINS), server = rnd(10);

			seq[d] += 1 + rnd(3);
			want[d] = seq[d] * 10 + server;
			snprintf(g, sizeof g, "%u-%u-%llu", d, server, (unsigned long long)seq[d]);
			good = good && gtid_set_add(s, g, strlen(g)) == 0;
		}
		for (unsigned d = 0; d < DOMAINS; d++)
			for (unsigned n = 1; n < 8; n++) {
				snprintf(g, sizeof g, "%u-77-%u", d, n);
				good = good && gtid_set_has(s, g, strlen(g)) == (seq[d] >= n);
			}
		t = reparsed(s);
		gtid_set_each_mariadb(t, on_gtid, got);
		good = good && memcmp(want, got, sizeof want) == 0 && gtid_set_covers(t, s) && gtid_set_covers(s, t);
		gtid_set_free(t);
		gtid_set_free(s);
	}
	ok(good, "400 random MariaDB sets", "");
}

static void check_mixed(void)
{
	struct gtid_set *s = gtid_set_parse("0-1-5", 5), *m = gtid_set_parse(U1 ":1-5", strlen(U1) + 4), *e = gtid_set_new();

	ok(gtid_set_flavor(s) == GTID_MARIADB && gtid_set_flavor(m) == GTID_MYSQL && gtid_set_flavor(e) == GTID_NONE &&
		gtid_set_is_empty(e) && !gtid_set_is_empty(s),
	    "flavors", "");
	ok(gtid_set_add(s, U1 ":1", strlen(U1) + 2) < 0 && gtid_set_add(m, "0-1-6", 5) < 0, "flavors do not mix", "");
	ok(gtid_set_add(s, "0-1-6,", 6) < 0 && gtid_set_add(m, U1 ":7-8", strlen(U1) + 4) < 0, "a set is not one GTID", "");
	ok(gtid_set_has(s, U1 ":1", strlen(U1) + 2) == 0 && gtid_set_has(m, "0-1-1", 5) == 0 && gtid_set_has(s, "x", 1) == -1,
	    "a GTID of the other flavor is not in the set", "");
	ok(!gtid_set_covers(s, m) && !gtid_set_covers(m, s) && gtid_set_covers(s, e) && gtid_set_covers(e, e) &&
		!gtid_set_covers(e, s),
	    "covers across flavors", "");
	ok(gtid_set_add(e, "0-1-6", 5) == 0 && gtid_set_flavor(e) == GTID_MARIADB, "an empty set takes either", "");
	gtid_set_free(s);
	gtid_set_free(m);
	gtid_set_free(e);
}

static void check_nul(void)
{
	struct gtid_set *s = gtid_set_parse("0-1-5\0", 6);

	/* the blanks around commas were looked up in a string, and its end was one of them */
	ok(!s, "a zero byte is no blank", "");
	gtid_set_free(s);
}

static void check_log_names(void)
{
	int c;

	ok(log_name_cmp("bin.000001", "bin.000002", &c) < 0 && c, "log files by number", "");
	ok(log_name_cmp("bin.1000000", "bin.999999", &c) > 0 && c, "past 999999", "");
	ok(log_name_cmp("bin.000001", "bin.000001", &c) == 0 && c, "the same", "");
	(void)log_name_cmp("bin.000001", "log.000001", &c);
	ok(!c, "other base names cannot be compared", "");
	(void)log_name_cmp("bin.000001", "bin", &c);
	ok(!c, "nor a name without a number", "");
	ok(log_name_is_next("bin.000009", "bin.000010") && log_name_is_next("bin.999999", "bin.1000000"), "the next name", "");
	ok(!log_name_is_next("bin.000009", "bin.000011") && !log_name_is_next("bin.000009", "bin.000009") &&
		!log_name_is_next("bin.18446744073709551615", "bin.0") && !log_name_is_next("bin.000009", "log.000010") &&
		!log_name_is_next("bin", "bin.1"),
	    "and others", "");
}

/* A log in its order, with numbers that go back in domain 0, from a start at a set. */
static void check_leave(void)
{
	static const struct {
		const char *gtid;
		int want;
	} log[] = {{"0-1-1", 1}, {"0-1-100", 2}, {"5-9-3", 0}, {"0-2-50", 1}, {"7-1-8", 1}, {"0-1-40", 0}, {"0-2-51", 0},
	    {"7-1-10", 0}, {"7-1-9", 0}, {"0-1-x", -1}};
	struct gtid_set *s = gtid_set_parse("0-2-50,7-1-9", 12),
			*m = gtid_set_parse("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5", 40);

	for (size_t i = 0; i < sizeof log / sizeof *log; i++)
		ok(gtid_set_leave(s, log[i].gtid, strlen(log[i].gtid)) == log[i].want, "executed with the set, or not",
		    log[i].gtid);
	ok(gtid_set_is_empty(s), "all its places were passed", "");
	ok(gtid_set_leave(m, "3e11fa47-71ca-11e1-9e33-c80aa9429562:5", 38) == 1 &&
		gtid_set_leave(m, "3e11fa47-71ca-11e1-9e33-c80aa9429562:6", 38) == 0 && !gtid_set_is_empty(m),
	    "of MySQL the set itself tells", "");
	gtid_set_free(s);
	gtid_set_free(m);
}

/* One GTID's text, as it is written for each transaction. */
static void check_text(void)
{
	const uint8_t uuid[16] = {0x3e, 0x11, 0xfa, 0x47, 0x71, 0xca, 0x11, 0xe1, 0x9e, 0x33, 0xc8, 0x0a, 0xa9, 0x42, 0x95, 0x62};
	char text[GTID_MARIADB_MAX + 1], id[GTID_UUID_LEN];
	struct buf b = BUF_INIT;

	ok(gtid_mariadb_text(text, UINT32_MAX, UINT32_MAX, UINT64_MAX) == GTID_MARIADB_MAX &&
		!strcmp(text, "4294967295-4294967295-18446744073709551615"),
	    "the longest GTID of MariaDB", text);
	ok(gtid_mariadb_text(text, 0, 10, 100) == 8 && !strcmp(text, "0-10-100"), "zeros are kept", text);
	gtid_uuid_text(id, uuid);
	ok(!memcmp(id, "3e11fa47-71ca-11e1-9e33-c80aa9429562", sizeof id), "a UUID", "");
	buf_putu(&b, UINT64_MAX);
	buf_putu(&b, 0);
	ok(!strcmp(buf_str(&b), "184467440737095516150"), "numbers", buf_str(&b));
	buf_release(&b);
}

int main(void)
{
	check_text();
	check_sets();
	check_positions();
	check_mysql_random();
	check_mariadb_random();
	check_mixed();
	check_nul();
	check_log_names();
	check_leave();
	printf("1..%d\n", count);
	return failures != 0;
}

/* Name patterns: what they match, what is wrong with them, the numbers of ranges. */
#include "pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"

static int count, failures;

static void ok(int good, const char *fmt, const char *a, const char *b)
{
	failures += !good;
	printf("%sok %d - ", good ? "" : "not ", ++count);
	printf(fmt, a, b);
	printf("\n");
}

struct match {
	const char *pattern;
	const char *yes[8], *no[10]; /* "db table", "db" alone: the database */
};

static const struct match matches[] = {
    {"shop.orders", {"shop orders", "SHOP Orders", "shop"},
	{"shop order", "shop orders2", "shop2 orders", "sho", "shop xorders"}},
    {"shop", {"shop", "shop a", "Shop b.c"}, {"shop2", "shop2 a", "sho a"}},
    {"shop.*", {"shop a", "shop", "shop \xc3\xa4"}, {"other a", "other"}},
    {"*.*", {"a b", "a"}, {NULL}},
    {"*", {"a b", "a"}, {NULL}},
    {"sh*p.t_*", {"shp t_", "shop t_user", "shxxp t_1", "SHOP T_1", "shoop"}, {"shop t", "shop xt_1", "shops t_1"}},
    {"a.tmp*_*x", {"a tmp_x", "a tmp1_2_x", "a tmp__xx"}, {"a tmpx", "a tmp_y", "a tmp_xy"}},
    {"a.t?", {"a t1", "a tx", "a t\xc3\xa4", "a t\xf0\x9f\x98\x80"}, {"a t", "a t12"}},
    {"a.t[abc]", {"a ta", "a tB", "a tc"}, {"a td", "a t", "a tab"}},
    {"a.t[a-cx]", {"a tb", "a tx"}, {"a td", "a t-"}},
    {"a.t[!abc]", {"a td", "a t1"}, {"a ta", "a tC", "a t"}},
    {"a.t[^0]x", {"a t1x"}, {"a t0x"}},
    {"a.t[]]", {"a t]"}, {"a t["}},
    {"a.t[-x]", {"a t-", "a tx"}, {"a ty"}},
    {"a.t[0-9a]", {"a t0", "a t5", "a ta"}, {"a t0-9a", "a tb"}},
    {"a.t[.]b", {"a t.b"}, {"a txb"}},
    {"a.order_[0-15]", {"a order_0", "a order_7", "a order_15", "a ORDER_9"},
	{"a order_16", "a order_00", "a order_07", "a order_", "a order_1x", "a order_115", "a order_015"}},
    {"a.t[8-12]", {"a t8", "a t9", "a t10", "a t12"}, {"a t7", "a t13", "a t08", "a t1", "a t1112"}},
    {"a.product[01-32]", {"a product01", "a product09", "a product32"},
	{"a product1", "a product00", "a product33", "a product001", "a product132"}},
    {"a.p[000-120]x", {"a p000x", "a p007x", "a p120x"}, {"a p7x", "a p121x", "a p0007x"}},
    {"a.p[0-9]", {"a p0", "a p9"}, {"a p", "a p10"}},
    {"a.p[00-9]", {"a p0", "a p9"}, {"a p00", "a p09", "a p10"}}, /* bounds of unequal width: not padded */
    {"a.p[1-02]", {"a p1", "a p2"}, {"a p01", "a p02"}},
    {"a.*[0-15]", {"a x0", "a 15", "a t99", "a t115"}, {"a x", "a 5x"}},
    {"a.*_[10-12]", {"a x_10", "a y_1_12"}, {"a x_9", "a x_13", "a x_1", "a x10"}},
    {"a.t[0-3]*", {"a t0", "a t3x", "a t15", "a t30"}, {"a t4", "a tx"}},
    {"a.[0-3][!x]", {"a 0y", "a 33"}, {"a 0x", "a 0", "a 4y"}},
    {"db[1-3].t", {"db1 t", "db3 t", "db2"}, {"db0 t", "db4 t", "db t", "db4"}},
    {"db[1-3].t[0-1]", {"db1 t0", "db3 t1"}, {"db1 t2", "db4 t0"}},
    {"a.`t[0-9]+`", {"a t[0-9]+"}, {"a t0", "a t1"}},
    {"`a.b`.`c.d`", {"a.b c.d", "A.B C.D", "a.b"}, {"a b", "a.b c"}},
    {"`a``b`.t", {"a`b t"}, {"ab t", "a``b t"}},
    {"`*`.`?`", {"* ?"}, {"a b"}},
    {"my-db.t$1@x#:~", {"my-db t$1@x#:~"}, {"my-db t"}},
    {"shop./t[0-9]+/", {"shop t0", "shop T123", "shop"}, {"shop t", "shop t1x", "shop xt1", "other t1"}},
    {"/s(hop|tore)/.x", {"shop x", "store x", "STORE"}, {"s x", "s", "shops x", "xshop x"}},
    {"/a|ab/./b|bc/", {"ab bc", "a b"}, {"abc b", "a bcd"}},
    {"/a\\/b/.t", {"a/b t"}, {"a t"}},
    {"/shop\\.t[0-9]+/", {"shop t1", "SHOP T22", "shop"}, {"shop t", "shop1 t1", "xshop t1", "other", "shopp"}},
    {"/(shop|crm)\\..*_log|audit\\.x/", {"shop a_log", "crm _log", "audit x", "audit", "crm", "shop"},
	{"shop log", "audit xy", "aud", "c"}},
    {"/[a-z]+\\.[a-z]+/", {"a b", "a"}, {"a1 b", "a b1", "1"}},
    {"/.*/", {"a b", "a"}, {NULL}},
    {"b\xc3\xbc"
     "cher.t\xc3\xa4g*",
	{"B\xc3\x9c"
	 "CHER t\xc3\x84g1",
	    "b\xc3\xbc"
	    "cher T\xc3\xa4"
	    "G"},
	{"bucher tag", "b\xc3\xbc"
		       "cher ta"}},
    {"\xe5\xba\x93.\xe8\xa1\xa8[0-3]",
	{"\xe5\xba\x93 \xe8\xa1\xa8"
	 "2"},
	{"\xe5\xba\x93 \xe8\xa1\xa8"
	 "4"}},
    {"a.b", {"a b"}, {"a \xff", "a b\xff", "\xff b"}},
    {"a.*b", {"a b", "a xb"}, {"a \xff"}},
};

static const struct {
	const char *pattern, *why;
	size_t at;
} mistakes[] = {
    {"", "empty", 0},
    {"a.", "empty", 2},
    {".b", "empty", 0},
    {"a..b", "empty", 2},
    {"a.b.c", "the end of the pattern", 3},
    {"a.t[0-9]+", "between slashes", 8}, /* Otter takes this for the range t0+ to t9+ */
    {"a.t(x)", "between slashes", 3},
    {"(.*).(.*)", "between slashes", 0},
    {"a.t|b", "between slashes", 3},
    {"^a.b", "between slashes", 0},
    {"a\\.b", "between slashes", 1},
    {"a.t[0-3][0-3]", "one range", 8},
    {"a.t[5-3]", "larger", 3},
    {"a.t[0-9999999999]", "too large", 3},
    {"a.t[abc", "not closed", 3},
    {"a.t[]", "not closed", 3},
    {"a.t[a\\]", "backslash", 5},
    {"a.t[z-a]", "out of order", 2},
    {"a.t]", "between slashes", 3},
    {"shop.%", "wildcards are * and ?", 5},
    {"a. b", "backquotes", 2},
    {"a b.c", "backquotes", 1},
    {"a.b,c.d", "backquotes", 3},
    {"a.b'c", "backquotes", 3},
    {"a.x`b`", "backquotes", 3},
    {"`a", "not closed", 0},
    {"a.`b``", "not closed", 2},
    {"a.``", "empty", 2},
    {"`a`b", "a point", 3},
    {"a.`b`c", "the end", 5},
    {"/a", "not closed", 0},
    {"/a\\/", "not closed", 0},
    {"//.b", "empty", 0},
    {"/a/b", "a point", 3},
    {"a./(/", "parenthesis", 4},
    {"a./x{2,1}/", "out of order", 8},
    {"/a\\C/.b", "\\C is disabled", 4},
    {"a.\xff*", "UTF-8", 2},
};

static int ask(const struct pattern *p, const char *names)
{
	const char *sp = strchr(names, ' ');

	return sp ? pattern_matches(p, names, (size_t)(sp - names), sp + 1, strlen(sp + 1))
		  : pattern_matches(p, names, strlen(names), NULL, 0);
}

static struct pattern *parse(const char *s, int with_case)
{
	const char *why = "";
	size_t at = 0;
	struct pattern *p = pattern_parse(s, strlen(s), with_case, &why, &at);

	if (!p)
		printf("# %s: %s at %zu\n", s, why, at);
	return p;
}

static void check_matches(void)
{
	for (size_t i = 0; i < sizeof(matches) / sizeof(*matches); i++) {
		const struct match *m = &matches[i];
		struct pattern *p = parse(m->pattern, 0);

		ok(p && !strcmp(pattern_text(p), m->pattern), "%s is a pattern%s", m->pattern, "");
		for (int k = 0; p && m->yes[k]; k++)
			ok(ask(p, m->yes[k]) == 1, "%s matches %s", m->pattern, m->yes[k]);
		for (int k = 0; p && m->no[k]; k++)
			ok(ask(p, m->no[k]) == 0, "%s does not match %s", m->pattern, m->no[k]);
		pattern_free(p);
	}
}

static void check_mistakes(void)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		const char *why = "", *s = mistakes[i].pattern;
		size_t at = 0;
		struct pattern *p = pattern_parse(s, strlen(s), 0, &why, &at);

		ok(!p && strstr(why, mistakes[i].why) && at == mistakes[i].at, "\"%s\" is wrong: %s", s, why);
		if (!p && at != mistakes[i].at)
			printf("# at %zu, expected %zu\n", at, mistakes[i].at);
		pattern_free(p);
	}
}

static void check_case(void)
{
	struct pattern *p = parse("Shop.T*", 1), *q = parse("Shop.`T`", 1), *u = parse("\xc3\x84.t", 1);

	ok(ask(p, "Shop T1") == 1 && ask(p, "shop T1") == 0 && ask(p, "Shop t1") == 0, "with case: wildcards%s%s", "", "");
	ok(ask(q, "Shop T") == 1 && ask(q, "shop T") == 0 && ask(q, "Shop t") == 0, "with case: exact names%s%s", "", "");
	ok(ask(u, "\xc3\x84 t") == 1 && ask(u, "\xc3\xa4 t") == 0, "with case: letters beyond ASCII%s%s", "", "");
	pattern_free(p);
	pattern_free(q);
	pattern_free(u);
}

static void check_numbers(void)
{
	struct pattern *p = parse("db[0-3].t_[08-12]x", 0), *q = parse("db[10-30]", 0), *r = parse("a.*[5-15]", 0),
		       *s = parse("/a.*/", 0);
	struct buf b = BUF_INIT;
	long first, last;

	ok(pattern_range_index(p, "db2", 3, "t_09x", 5) == 9, "the number is the table's%s%s", "", "");
	ok(pattern_range_index(p, "db2", 3, NULL, 0) == 2, "asked of a database, the number is its own%s%s", "", "");
	ok(pattern_range_index(p, "db2", 3, "t_13x", 5) == -1, "no number when it does not match%s%s", "", "");
	ok(pattern_range_index(q, "db30", 4, "t", 1) == 30, "the number is the database's when the table has no range%s%s", "",
	    "");
	ok(pattern_range_index(r, "a", 1, "t115", 4) == 5, "beside a star, the number is the one in the range%s%s", "", "");
	ok(pattern_range_index(s, "a1", 2, "t", 1) == -1, "a regular expression has no number%s%s", "", "");
	ok(pattern_range(p, 0, &first, &last) == 1 && first == 0 && last == 3, "bounds of the database's range%s%s", "", "");
	ok(pattern_range(p, 1, &first, &last) == 1 && first == 8 && last == 12, "bounds of the table's range%s%s", "", "");
	ok(pattern_range(q, 1, &first, &last) == 0, "no bounds without a range%s%s", "", "");
	ok(!pattern_name(p, 0, 3, &b) && !strcmp(buf_str(&b), "db3"), "a name of the database's range: %s%s", buf_str(&b), "");
	buf_reset(&b);
	ok(!pattern_name(p, 1, 9, &b) && !strcmp(buf_str(&b), "t_09x"), "a padded name of the table's range: %s%s", buf_str(&b),
	    "");
	ok(pattern_name(p, 1, 13, &b) == -1, "no name beyond the range%s%s", "", "");
	ok(pattern_name(r, 1, 6, &b) == -1, "no name from wildcards%s%s", "", "");
	ok(pattern_name(q, 1, 6, &b) == -1, "no name from a part that is not there%s%s", "", "");
	buf_reset(&b);
	ok(!pattern_name(r, 0, 0, &b) && !strcmp(buf_str(&b), "a"), "an exact part's name: %s%s", buf_str(&b), "");
	buf_release(&b);
	pattern_free(p);
	pattern_free(q);
	pattern_free(r);
	pattern_free(s);
}

static void check_limit(void)
{
	struct pattern *p = parse("a./(a+)+[xy]/", 0), *q = parse("a.*a*a*b", 0);
	const char *name = "a aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac";

	ok(ask(p, name) == -1, "a regular expression that explodes gives up, and says so%s%s", "", "");
	ok(ask(q, name) == 0, "wildcards do not explode%s%s", "", "");
	pattern_free(p);
	pattern_free(q);
}

static int has(const struct pattern_list *l, const char *db, const char *table)
{
	return pattern_list_has(l, db, strlen(db), table, table ? strlen(table) : 0);
}

static void check_list(void)
{
	struct pattern_list l = {0};

	ok(has(&l, "a", "b") == 1, "an empty list has everything%s%s", "", "");
	ok(!pattern_list_add(&l, "shop.tmp_*", 1, "--exclude"), "an exclude is added%s%s", "", "");
	ok(has(&l, "shop", "tmp_1") == 0 && has(&l, "shop", "t") == 1 && has(&l, "x", "tmp_1") == 1, "excludes alone%s%s", "",
	    "");
	ok(!pattern_list_add(&l, "shop", 0, "--include") && !pattern_list_add(&l, "crm.a", 0, "--include"),
	    "includes are added%s%s", "", "");
	ok(has(&l, "shop", "t") == 1 && has(&l, "crm", "a") == 1, "what an include names is in%s%s", "", "");
	ok(has(&l, "crm", "b") == 0 && has(&l, "x", "y") == 0, "what no include names is out%s%s", "", "");
	ok(has(&l, "shop", "tmp_1") == 0, "an exclude wins over an include%s%s", "", "");
	ok(has(&l, "shop", NULL) == 1 && has(&l, "crm", NULL) == 1 && has(&l, "x", NULL) == 0,
	    "databases: some table must be in%s%s", "", "");
	ok(!pattern_list_add(&l, "crm.*", 1, "--exclude"), "a database is excluded%s%s", "", "");
	ok(has(&l, "crm", NULL) == 0 && has(&l, "crm", "a") == 0, "a database with all tables excluded is out%s%s", "", "");
	ok(pattern_list_add(&l, "a.t(", 1, "--exclude") == -1, "a wrong pattern is refused with a message%s%s", "", "");
	ok(l.nin == 2 && l.nout == 2, "and is not in the list%s%s", "", "");
	ok(!pattern_list_add(&l, "/(shop)+\\.(a+)+[xy]/", 1, "--exclude"), "an exclude that explodes%s%s", "", "");
	ok(has(&l, "shop", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac") == -1, "makes the list say that it gave up%s%s", "",
	    "");
	pattern_list_release(&l);
	ok(l.nin == 0 && has(&l, "a", "b") == 1, "a released list is empty%s%s", "", "");
}

int main(void)
{
	msg_init("pattern");
	check_matches();
	check_mistakes();
	check_case();
	check_numbers();
	check_limit();
	check_list();
	printf("1..%d\n", count);
	return failures != 0;
}

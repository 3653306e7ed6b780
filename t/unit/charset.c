/*
 * The servers' character sets and collations: known values, and that every text which converts
 * comes back as the same bytes, in every set, for every code of one and two bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "charset.h"

static int count, failures;

static void ok(int good, const char *what)
{
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
}

static int same(const struct buf *b, const char *want, size_t n)
{
	return b->len == n && memcmp(b->p, want, n) == 0;
}

/* Bytes in a set, and what they are in UTF-8. NULL: they have no exact form. */
static const struct {
	const char *charset, *bytes;
	size_t n;
	const char *utf8;
} texts[] = {
    {"latin1", "a\xe9\x80\x9f", 4, "a\xc3\xa9\xe2\x82\xac\xc5\xb8"},
    {"latin1", "\x81\x8d\x8f\x90\x9d", 5, "\xc2\x81\xc2\x8d\xc2\x8f\xc2\x90\xc2\x9d"}, /* holes of cp1252, passed through */
    {"latin2", "\xb1\xe6", 2, "\xc4\x85\xc4\x87"},
    {"cp1250", "\x8a", 1, "\xc5\xa0"},
    {"cp1251", "\xcf\xf0", 2, "\xd0\x9f\xd1\x80"},
    {"cp1257", "\xe0", 1, "\xc4\x85"},
    {"koi8r", "\xf0\xd2", 2, "\xd0\x9f\xd1\x80"},
    {"greek", "\xe1", 1, "\xce\xb1"},
    {"hebrew", "\xe0", 1, "\xd7\x90"},
    {"tis620", "\xa1", 1, "\xe0\xb8\x81"},
    {"swe7", "}{", 2, "\xc3\xa5\xc3\xa4"}, /* not even ASCII is ASCII here */
    {"keybcs2", "\x80", 1, "\xc4\x8c"},
    {"gbk", "\xc4\xe3\xba\xc3", 4, "\xe4\xbd\xa0\xe5\xa5\xbd"},
    {"gbk", "\x81\x5c", 2, "\xe4\xb9\x97"}, /* a second byte that is a backslash */
    {"gb2312", "\xc4\xe3", 2, "\xe4\xbd\xa0"},
    {"gb18030", "\xc4\xe3\x95\x32\x82\x36", 6, "\xe4\xbd\xa0\xf0\xa0\x80\x80"},
    {"big5", "\xa7\x41", 2, "\xe4\xbd\xa0"},
    {"big5", "\xa1\x45", 2, "\xe2\x80\xa2"}, /* the server's bullet is not iconv's */
    {"big5", "\xc6\xe7", 2, "\xe3\x82\x83"},
    {"sjis", "\x82\xa0\xb1", 3, "\xe3\x81\x82\xef\xbd\xb1"},
    {"sjis", "\\~", 2, "\\~"},
    {"sjis", "\x81\x5f", 2, NULL}, /* a second backslash */
    {"cp932", "\x87\x40", 2, "\xe2\x91\xa0"},
    {"cp932", "\xed\x40", 2, NULL}, /* the same character has another code */
    {"ujis", "\xa4\xa2\x8e\xb1\x8f\xb0\xa1", 7, "\xe3\x81\x82\xef\xbd\xb1\xe4\xb8\x82"},
    {"ujis", "\xa1\xc1", 2, "\xe3\x80\x9c"}, /* a wave dash and no fullwidth tilde */
    {"eucjpms", "\xa1\xc1", 2, "\xef\xbd\x9e"},
    {"euckr", "\xb0\xa1", 2, "\xea\xb0\x80"},
    {"euckr", "\x81\x41", 2, "\xea\xb0\x82"}, /* the server's euckr has all of cp949 */
    {"ucs2", "\0a\x4f\x60", 4, "a\xe4\xbd\xa0"},
    {"ucs2", "\xd8\x3d\xde\x00", 4, NULL},
    {"utf16", "\xd8\x3d\xde\x00", 4, "\xf0\x9f\x98\x80"},
    {"utf16", "\xd8\x3d", 2, NULL},
    {"utf16", "\xde\x00\xd8\x3d", 4, NULL},
    {"utf16", "\x00", 1, NULL},
    {"utf16le", "\x3d\xd8\x00\xde", 4, "\xf0\x9f\x98\x80"},
    {"utf32", "\0\1\xf6\0", 4, "\xf0\x9f\x98\x80"},
    {"utf32", "\0\0\xd8\0", 4, NULL},
    {"utf32", "\0\x11\0\0", 4, NULL},
    {"utf8mb4", "\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80"},
    {"utf8mb4", "\xed\xa0\x80", 3, NULL},
    {"utf8mb3", "\xe4\xbd\xa0", 3, "\xe4\xbd\xa0"},
    {"utf8", "\xe4\xbd", 2, NULL},
    {"UTF8MB3", "a", 1, "a"},
    {"ascii", "a~", 2, "a~"},
    {"ascii", "\x80", 1, NULL},
    {"binary", "a", 1, NULL},
    {"binary", "", 0, NULL},
    {"klingon", "a", 1, NULL},
};

static const struct {
	uint32_t id;
	const char *charset, *name;
} collations[] = {
    {8, "latin1", "latin1_swedish_ci"},
    {28, "gbk", "gbk_chinese_ci"},
    {33, "utf8mb3", "utf8mb3_general_ci"},
    {45, "utf8mb4", "utf8mb4_general_ci"},
    {46, "utf8mb4", "utf8mb4_bin"},
    {63, "binary", "binary"},
    {76, "utf8mb3", "utf8mb3_tolower_ci"},
    {224, "utf8mb4", "utf8mb4_unicode_ci"},
    {248, "gb18030", "gb18030_chinese_ci"},
    {255, "utf8mb4", "utf8mb4_0900_ai_ci"},
    {309, "utf8mb4", "utf8mb4_0900_bin"},
    {323, "utf8mb4", "utf8mb4_mn_cyrl_0900_as_cs"},
    {608, "utf8mb4", "utf8mb4_croatian_ci"},
    {1069, "utf8mb4", "utf8mb4_general_nopad_ci"},
    {2048, "utf8mb3", "utf8mb3_uca1400_ai_ci"},
    {2304, "utf8mb4", "utf8mb4_uca1400_ai_ci"},
    {2311, "utf8mb4", "utf8mb4_uca1400_nopad_as_cs"},
    {2757, "ucs2", "ucs2_uca1400_croatian_nopad_ai_cs"},
    {3271, "utf32", "utf32_uca1400_croatian_nopad_as_cs"},
    {0, NULL, NULL},
    {17, NULL, NULL}, /* the file systems' own set, no column has it */
    {100, NULL, NULL},
    {2216, NULL, NULL}, /* a language that the rule leaves out */
    {3272, NULL, NULL},
    {UINT32_MAX, NULL, NULL},
};

static int str_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static const char *const all[] = {"big5", "dec8", "cp850", "hp8", "koi8r", "latin1", "latin2", "swe7", "ascii", "ujis", "sjis",
    "hebrew", "tis620", "euckr", "koi8u", "gb2312", "greek", "cp1250", "gbk", "latin5", "armscii8", "utf8mb3", "ucs2", "cp866",
    "keybcs2", "macce", "macroman", "cp852", "latin7", "utf8mb4", "cp1251", "utf16", "utf16le", "cp1256", "cp1257", "utf32",
    "geostd8", "cp932", "eucjpms", "gb18030"};

/* Every code of one and two bytes, and of three that begin with 8f: what converts comes back. How many converted. */
static unsigned round_trips(const char *cs, int *good)
{
	struct buf u = BUF_INIT, b = BUF_INIT;
	unsigned converted = 0;
	uint32_t last = strcmp(cs, "gb18030") == 0 ? 0x100 : strstr(cs, "uj") || strstr(cs, "euc") ? 0x20000 : 0x10000;

	for (uint32_t code = 0; code < last; code++) {
		uint8_t p[3] = {0x8f, (uint8_t)(code >> 8), (uint8_t)code};
		size_t n = code < 0x100 ? 1 : code < 0x10000 ? 2 : 3;

		buf_reset(&u);
		buf_reset(&b);
		if (charset_to_utf8(cs, p + 3 - n, n, &u) < 0) {
			if (u.len)
				*good = 0;
			continue;
		}
		converted++;
		if (!utf8_is_valid(u.p, u.len) || charset_from_utf8(cs, u.p, u.len, &b) < 0 || !same(&b, (char *)p + 3 - n, n))
			*good = 0;
	}
	buf_release(&u);
	buf_release(&b);
	return converted;
}

static void check_texts(void)
{
	struct buf b = BUF_INIT;
	char name[100];

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *utf8 = texts[i].utf8;
		int good;

		buf_reset(&b);
		buf_adds(&b, "before");
		if (!utf8) {
			good = charset_to_utf8(texts[i].charset, texts[i].bytes, texts[i].n, &b) < 0 && same(&b, "before", 6);
		} else {
			good = charset_to_utf8(texts[i].charset, texts[i].bytes, texts[i].n, &b) == 0 &&
			       b.len == 6 + strlen(utf8) && memcmp(b.p + 6, utf8, strlen(utf8)) == 0;
			buf_reset(&b);
			good = good && charset_from_utf8(texts[i].charset, utf8, strlen(utf8), &b) == 0 &&
			       same(&b, texts[i].bytes, texts[i].n);
		}
		snprintf(name, sizeof name, "%s, text %zu%s", texts[i].charset, i, utf8 ? "" : " has no exact form");
		ok(good, name);
	}
	buf_release(&b);
}

int main(void)
{
	struct buf b = BUF_INIT;
	char name[100];

	check_texts();
	for (size_t i = 0; i < sizeof collations / sizeof *collations; i++) {
		snprintf(name, sizeof name, "collation %u", collations[i].id);
		ok(str_same(charset_of_collation(collations[i].id), collations[i].charset) &&
			str_same(collation_name(collations[i].id), collations[i].name),
		    name);
	}
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		int good = 1;
		unsigned n = round_trips(all[i], &good);
		uint32_t coll = charset_default_collation(all[i]);
		unsigned max = charset_mbmaxlen(all[i]);

		/* a set that iconv does not have would convert nothing but ASCII; these two have longer codes */
		good = good && (max == 1			    ? n >= 120
				   : strcmp(all[i], "gb18030") == 0 ? n == 128
				   : strcmp(all[i], "utf32") == 0   ? n == 0
								    : n > 250);
		snprintf(name, sizeof name, "%s: %u codes come back as they were", all[i], n);
		ok(good, name);
		snprintf(name, sizeof name, "%s: its default collation is of it", all[i]);
		ok(coll && max >= 1 && max <= 4 && str_same(charset_of_collation(coll), all[i]) &&
			strncmp(collation_name(coll), all[i], strlen(all[i])) == 0,
		    name);
	}
	ok(charset_mbmaxlen("utf8") == 3 && charset_default_collation("utf8") == 33, "utf8 is utf8mb3");
	ok(charset_mbmaxlen("x") == 0 && charset_default_collation("x") == 0 && charset_mbmaxlen(NULL) == 0, "unknown names");
	ok(charset_from_utf8("latin1", "\xd0\x9f", 2, &b) < 0 && b.len == 0, "what a set does not have is refused");
	ok(charset_from_utf8("latin1", "a\xff", 2, &b) < 0 && b.len == 0, "and what is no UTF-8");
	ok(charset_to_utf8("latin1", "", 0, &b) == 0 && charset_to_utf8("utf8mb4", NULL, 0, &b) == 0 && b.len == 0,
	    "the empty text");
	ok(utf8_is_valid("", 0) && utf8_is_valid("0123456789\xc3\xa9", 12) && !utf8_is_valid("\xc0\x80", 2) &&
		!utf8_is_valid("\xf4\x90\x80\x80", 4) && !utf8_is_valid("01234567\x80", 9) && utf8_is_valid("\xef\xbf\xbf", 3),
	    "UTF-8 as RFC 3629 has it");
	buf_release(&b);
	printf("1..%d\n", count);
	return failures != 0;
}

/*
 * MySQL's binary JSON: the text of each document, whether that is exact, and the SQL expression where it is not. Every
 * prefix of a document and every changed byte is read or refused, never more; t/2650 compares with a server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "myjson.h"

static int count, failures;

static void ok(int good, const char *what, const char *detail)
{
	failures += !good;
	printf("%sok %d - %s%s%s\n", good ? "" : "not ", ++count, what, *detail ? ": " : "", detail);
}

/* NULL sql: the text is exact, or no expression is there if it is empty */
static const struct {
	const char *hex, *text, *sql;
} docs[] = {
    {"", "null", NULL},
    {"0400", "null", NULL},
    {"050500", "5", NULL},
    {"060500", "5", "CAST(CAST(5 AS UNSIGNED) AS JSON)"},
    {"09ffffffff00000000", "4294967295", NULL},
    {"090000000001000000", "4294967296", "CAST(4294967296 AS JSON)"},
    {"0a0000000001000000", "4294967296", NULL},
    {"0b0000000000000080", "-0.0", NULL},
    {"0b9a9999999999b93f", "0.1", NULL},
    {"0c03610062", "\"a\\u0000b\"", NULL},
    /* decimals: 1.50, .5, 0.5, 01.5, DECIMAL(10,2), CAST, a group that is zero, none that a column could have */
    {"0ff60403028132", "1.50", "CAST(1.50 AS JSON)"},
    {"0ff603010185", "0.5", "CAST(.5 AS JSON)"},
    {"0ff60402017ffa", "-0.5", "CAST(-0.5 AS JSON)"},
    {"0ff60403018105", "1.5", "CAST(01.5 AS JSON)"},
    {"0ff603010085", "5", "CAST(5. AS JSON)"},
    {"0ff6070a028000000132", "1.50",
	"(WITH RECURSIVE r1 AS (SELECT 0 AS n,t.* FROM JSON_TABLE('0','$' COLUMNS(c1 DECIMAL(10,2) PATH '$.x')) AS t UNION ALL"
	" SELECT 1,1.50 FROM r1 WHERE n=0) SELECT CAST(r1.c1 AS JSON) FROM r1 WHERE r1.n=1)"},
    {"0ff6070b028000000132", "1.50", "CAST(CAST('1.50' AS DECIMAL(3,2)) AS JSON)"},
    {"0ff6070b028000000032", "0.50", "CAST(CAST('0.50' AS DECIMAL(11,2)) AS JSON)"},
    {"0ff60b1402800000000000000132", "1.50", "CAST(CAST('1.50' AS DECIMAL(3,2)) AS JSON)"},
    {"0ff60b1402800000000000000032", "0.50", "CAST(.50 AS JSON)"},
    {"0ff62248008000000c149aa4350dfb38d2075bcd1500bc614e35b7bf87350e34c02f075f79",
	"12345678901234567890123456789012345678901234567890123456789012345",
	"CAST(CAST('12345678901234567890123456789012345678901234567890123456789012345' AS DECIMAL(65,0)) AS JSON)"},
    {"0f0a08000000000044b219", "\"2024-01-02\"", "CAST(CAST('2024-01-02' AS DATE) AS JSON)"},
    {"0f0b08c00af97cefffffff", "\"-01:02:03.456000\"", "CAST(CAST('-01:02:03.456000' AS TIME(6)) AS JSON)"},
    {"0f0f0200ff", "\"base64:type15:AP8=\"", "CAST(x'00ff' AS JSON)"},
    {"0ffd0200e9", "\"base64:type253:AOk=\"", "CAST(_ucs2 x'00e9' AS JSON)"},
    {"0ffd01e9", "\"base64:type253:6Q==\"", ""},
    {"0ff70161", "\"base64:type247:YQ==\"", ""},
    {"02020012000f0a000f0e00f90200ff07080000000000000000", NULL, ""}, /* the second is behind the end */
    {"02020012000f0a000f0e00f90200ff10020001", "[\"base64:type249:AP8=\", \"base64:type16:AAE=\"]",
	"(WITH RECURSIVE r1 AS (SELECT 0 AS n,t.* FROM JSON_TABLE('0','$' COLUMNS(c1 TINYBLOB PATH '$.x',c2 BIT(16) PATH '$.x'))"
	" AS t UNION ALL SELECT 1,x'00ff',1 FROM r1 WHERE n=0) SELECT CAST(JSON_ARRAY(r1.c1,r1.c2) AS JSON) FROM r1 WHERE "
	"r1.n=1)"},
    {"00010015000b0001000f0c006bf6070a028000000132", "{\"k\": 1.50}",
	"(WITH RECURSIVE r1 AS (SELECT 0 AS n,t.* FROM JSON_TABLE('0','$' COLUMNS(c1 DECIMAL(10,2) PATH '$.x')) AS t UNION ALL"
	" SELECT 1,1.50 FROM r1 WHERE n=0) SELECT CAST(JSON_OBJECT(_utf8mb4 x'6b',r1.c1) AS JSON) FROM r1 WHERE r1.n=1)"},
    /* [1, [2], 1.5, true]: what is exact is text */
    {"0204001d000501000210000f170004010001000700050200f60402018105", "[1, [2], 1.5, true]",
	"CAST(JSON_ARRAY(1,CAST(_utf8mb4 x'5b325d' AS JSON),1.5,TRUE) AS JSON)"},
};

static size_t from_hex(const char *hex, uint8_t *to)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		char byte[3] = {hex[2 * i], hex[2 * i + 1], 0};

		to[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return n;
}

/* A copy of exactly n bytes, so that a sanitizer sees a read behind them. */
static int read_all(const uint8_t *p, size_t n, struct buf *text, struct buf *sql)
{
	uint8_t *copy = malloc(n ? n : 1);
	const char *why = "";
	int exact;

	if (!copy)
		abort();
	if (n)
		memcpy(copy, p, n);
	buf_reset(text);
	buf_reset(sql);
	exact = myjson_text(copy, n, text, &why);
	if (myjson_sql(copy, n, sql, &why) != 0)
		buf_reset(sql);
	free(copy);
	return exact;
}

int main(void)
{
	struct buf text = BUF_INIT, sql = BUF_INIT;
	struct myjson_same same;

	for (size_t i = 0; i < sizeof docs / sizeof docs[0]; i++) {
		uint8_t b[256];
		size_t n = from_hex(docs[i].hex, b);
		int exact = read_all(b, n, &text, &sql);

		if (!docs[i].text) {
			ok(exact < 0 && !sql.len, "refused", docs[i].hex);
			continue;
		}
		ok(exact == !docs[i].sql && !strcmp(buf_str(&text), docs[i].text), "text", buf_str(&text));
		ok(!docs[i].sql || !strcmp(buf_str(&sql), docs[i].sql), "expression", buf_str(&sql));
		for (size_t cut = 1; cut < n; cut++)
			(void)read_all(b, cut, &text, &sql);
		for (size_t at = 0; at < n; at++)
			for (unsigned to = 0; to < 256; to++) {
				uint8_t was = b[at];

				b[at] = (uint8_t)to;
				(void)read_all(b, n, &text, &sql);
				b[at] = was;
			}
	}
	ok(1, "no prefix and no changed byte does harm", "");
	buf_reset(&sql);
	myjson_same_before(&same, &sql, "`j`", 1);
	buf_adds(&sql, "'1'");
	myjson_same_after(&same, &sql, "`j`");
	ok(!strncmp(buf_str(&sql), "`j`<=>CAST('1' AS JSON) AND EXISTS(SELECT 1 FROM (SELECT CAST('1' AS JSON) AS ", 78),
	    "a condition", buf_str(&sql));
	buf_reset(&sql);
	myjson_same_before(&same, &sql, "`j`", 1u << 20);
	buf_adds(&sql, "'1'");
	myjson_same_after(&same, &sql, "`j`");
	ok(!strncmp(buf_str(&sql), "EXISTS(SELECT 1 FROM (SELECT CAST('1' AS JSON) AS ", 50), "of a large document",
	    buf_str(&sql));
	buf_release(&text);
	buf_release(&sql);
	printf("1..%d\n", count);
	return failures != 0;
}

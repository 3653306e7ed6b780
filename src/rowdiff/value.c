#include "value.h"

#include <string.h>

#include "charset.h"
#include "conn.h"

void value_name(struct buf *out, const struct column *c)
{
	sql_ident(out, c->name, strlen(c->name));
}

static void wrap(struct buf *out, const char *before, const char *x, const char *after)
{
	buf_adds(out, before);
	buf_adds(out, x);
	buf_adds(out, after);
}

/* ZEROFILL is not of the value: + 0 takes it away. */
static void put_trimmed(struct buf *out, const char *x, const struct column *c)
{
	int is_decimal = c->type == COL_DECIMAL;

	if (c->dec)
		wrap(out, "CAST(TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST(", x, is_decimal ? "+0" : "");
	else
		wrap(out, "CAST(", x, is_decimal ? "+0" : "");
	buf_adds(out, c->dec ? " AS CHAR))) AS BINARY)" : " AS BINARY)");
}

static void put_bytes(struct buf *out, const char *x, const struct column *c)
{
	if (c->type == COL_VECTOR)
		wrap(out, "UNHEX(HEX(", x, "))");
	else if (c->type == COL_GEOMETRY)
		wrap(out, "CAST(CONCAT(", x, ") AS BINARY)");
	else
		wrap(out, "CAST(", x, " AS BINARY)");
}

static int is_string(const struct column *c)
{
	return col_type_class(c->type) == COLC_TEXT || c->type == COL_ENUM || c->type == COL_SET;
}

#define TWO_64 "1.8446744073709552e19"
#define TWO_800 "6.668014432879854e240"

/*
 * MySQL cuts the text of an expression to 22 characters, and the two choose between 0.0000123 and 1.23e-5 each in its own
 * way. A number from 1 up, without its sign, has one text of all its 17 digits that fits; smaller ones are multiplied by a
 * power of two, which is exact. 0 and minus 0 are one value.
 */
static void put_double(struct buf *out, const char *x)
{
	wrap(out, "CASE WHEN ", x, "=0 THEN '0'");
	wrap(out, " WHEN ABS(", x, ")>=1 THEN CONCAT(IF(");
	wrap(out, "", x, "<0,'-',''),ABS(");
	wrap(out, "", x, ")+0e0)");
	wrap(out, " WHEN ABS(", x, ")>=1e-15 THEN CONCAT(IF(");
	wrap(out, "", x, "<0,'-a','a'),ABS(");
	wrap(out, "", x, ")*" TWO_64 ")");
	wrap(out, " ELSE CONCAT(IF(", x, "<0,'-b','b'),ABS(");
	wrap(out, "", x, ")*" TWO_800 ") END");
}

/* The other way round, as a number. */
static void put_double_literal(struct buf *out, const uint8_t *p, size_t n)
{
	int minus = n && *p == '-';
	char scale = 0;

	p += minus;
	n -= (size_t)minus;
	if (n && (*p == 'a' || *p == 'b')) {
		scale = (char)*p++;
		n--;
	}
	buf_adds(out, minus ? "(-" : "(");
	(void)buf_add(out, p, n);
	buf_adds(out, memchr(p, 'e', n) ? "" : "e0");
	buf_adds(out, scale == 'a' ? "/" TWO_64 ")" : scale == 'b' ? "/" TWO_800 ")" : ")");
}

/* A string of bytes, but for numbers; never two collations that do not go together. */
void value_put(struct buf *out, const char *x, const struct column *c, enum canon canon)
{
	switch (canon) {
	case CANON_INT:
		if (c->type == COL_BIT || c->type == COL_ENUM || c->type == COL_SET)
			wrap(out, "CAST(", x, " AS UNSIGNED)");
		else
			wrap(out, "(", x, "+0)");
		break;
	case CANON_DOUBLE:
		put_double(out, x);
		break;
	case CANON_PLAIN:
		wrap(out, "CAST(CAST(", x, c->type == COL_DECIMAL ? "+0 AS CHAR) AS BINARY)" : " AS CHAR) AS BINARY)");
		break;
	case CANON_TRIMMED:
		put_trimmed(out, x, c);
		break;
	case CANON_DATETIME:
		if (c->type == COL_DATE)
			wrap(out, "CAST(CONCAT(", x, ",' 00:00:00') AS BINARY)");
		else
			put_trimmed(out, x, c);
		break;
	case CANON_BYTES:
		put_bytes(out, x, c);
		break;
	case CANON_LOWER:
		wrap(out, "CAST(LOWER(CONVERT(CAST(", x, " AS CHAR) USING utf8mb4)) AS BINARY)");
		break;
	case CANON_PACKED:
		if (c->type == COL_UUID)
			wrap(out, "UNHEX(REPLACE(CAST(", x, " AS CHAR),'-',''))");
		else if (c->type == COL_INET4 || c->type == COL_INET6)
			wrap(out, "INET6_ATON(", x, ")");
		else
			wrap(out, "CAST(", x, " AS BINARY)");
		break;
	default:
		if (is_string(c) && c->type != COL_JSON)
			wrap(out, "CAST(CONVERT(", x, " USING utf8mb4) AS BINARY)");
		else
			wrap(out, "CAST(CAST(", x, " AS CHAR) AS BINARY)");
	}
}

/* The value may be so long that a CONCAT with others would be past max_allowed_packet, and NULL. */
int value_is_long(const struct column *c)
{
	switch (c->type) {
	case COL_TEXT:
	case COL_MEDIUMTEXT:
	case COL_LONGTEXT:
	case COL_BLOB:
	case COL_MEDIUMBLOB:
	case COL_LONGBLOB:
	case COL_JSON:
	case COL_GEOMETRY:
		return 1;
	default:
		return 0;
	}
}

static void put_hex(struct buf *out, const uint8_t *p, size_t n)
{
	buf_adds(out, "x'");
	buf_hex(out, p, n);
	(void)buf_add8(out, '\'');
}

/*
 * Text as the column can have it. What it cannot have is equal to none: MySQL would not take such a comparison at all.
 * is_utf8: the bytes are UTF-8, else of the column's own character set.
 */
static void put_text(struct buf *out, const struct column *c, const uint8_t *p, size_t n, int is_utf8)
{
	const char *cs = c->charset ? c->charset : "utf8mb4";
	uint8_t most = !strcmp(cs, "ascii") ? 0x7f : !strcmp(cs, "utf8mb4") ? 0xff : 0xef;
	struct buf own = BUF_INIT;
	int fits = 1;

	if (charset_is_utf8(cs)) {
		for (size_t i = 0; i < n; i++)
			fits &= p[i] <= most;
		cs = "utf8mb4";
	} else if (is_utf8) {
		fits = charset_from_utf8(cs, p, n, &own) == 0;
		p = own.p;
		n = own.len;
	}
	if (fits) {
		buf_printf(out, "_%s ", cs);
		put_hex(out, p, n);
	} else {
		buf_adds(out, "NULL");
	}
	buf_release(&own);
}

/* A value of the form that is compared, as what its column is compared with. */
void value_literal(struct buf *out, const struct column *c, enum canon canon, const uint8_t *p, size_t n)
{
	switch (canon) {
	case CANON_INT:
		(void)buf_add(out, p, n);
		break;
	case CANON_DOUBLE:
		put_double_literal(out, p, n);
		break;
	case CANON_BYTES:
		if (is_string(c))
			put_text(out, c, p, n, 0);
		else
			put_hex(out, p, n);
		break;
	case CANON_PACKED:
		if (c->type == COL_UUID) {
			buf_adds(out, "CAST(");
			put_hex(out, p, n);
			buf_adds(out, " AS UUID)");
		} else if (c->type == COL_INET4 || c->type == COL_INET6) {
			buf_adds(out, "INET6_NTOA(");
			put_hex(out, p, n);
			(void)buf_add8(out, ')');
		} else {
			put_hex(out, p, n);
		}
		break;
	default:
		if (c->type == COL_DECIMAL) {
			(void)buf_add(out, p, n);
			break;
		}
		if (is_string(c)) {
			put_text(out, c, p, n, 1);
			break;
		}
		sql_string(out, p, n);
	}
}

#include "rowread.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "charset.h"

#define ROOM 32 /* bytes that a value takes of the room */

const char *rowread_session(int is_mariadb)
{
	/* character_set_results=NULL: text as it is; big statements in binary names would be converted, so names stay utf8mb4 */
	return is_mariadb ? "SET NAMES utf8mb4, character_set_results=NULL, time_zone='+00:00', sql_mode='',"
			    " sql_select_limit=DEFAULT, max_statement_time=0, net_write_timeout=86400"
			  : "SET NAMES utf8mb4, character_set_results=NULL, time_zone='+00:00', sql_mode='',"
			    " sql_select_limit=DEFAULT, max_execution_time=0, net_write_timeout=86400";
}

static void put_ident(struct buf *sql, const char *name)
{
	(void)buf_add8(sql, '`');
	for (; *name; name++) {
		if (*name == '`')
			(void)buf_add8(sql, '`');
		(void)buf_add8(sql, (uint8_t)*name);
	}
	(void)buf_add8(sql, '`');
}

void rowread_column(const struct column *c, struct buf *sql)
{
	int is_members = c->type == COL_ENUM || c->type == COL_SET;

	if (is_members)
		buf_adds(sql, "CAST(");
	put_ident(sql, c->name);
	if (is_members)
		buf_adds(sql, " AS UNSIGNED)");
	/* a float as it is has six digits, and (M,D) cuts more of it; minus zero stays what it is */
	if (c->type == COL_FLOAT || c->type == COL_DOUBLE)
		buf_adds(sql, "*1e0");
}

void rowread_columns(const struct table *t, struct buf *sql)
{
	for (uint32_t i = 0; i < t->ncols; i++) {
		if (i)
			(void)buf_add8(sql, ',');
		rowread_column(&t->cols[i], sql);
	}
}

/* ---- values */

static int read_int(const char *p, size_t n, struct val *v)
{
	int minus = n && *p == '-';
	uint64_t u = 0;

	if ((size_t)minus == n)
		return -1;
	for (size_t i = (size_t)minus; i < n; i++) {
		unsigned digit = (unsigned)(p[i] - '0');

		if (digit > 9 || u > (UINT64_MAX - digit) / 10)
			return -1;
		u = u * 10 + digit;
	}
	if (minus && u > 1ull << 63)
		return -1;
	*v = minus ? val_of_int((int64_t)(0 - u)) : val_of_uint(u);
	return 0;
}

static int read_double(const char *p, size_t n, double *d)
{
	char text[400], *end; /* the longest is 1e308 without an exponent */

	if (!n || n >= sizeof text)
		return -1;
	memcpy(text, p, n);
	text[n] = 0;
	*d = strtod(text, &end);
	return *end ? -1 : 0;
}

/* ZEROFILL pads with zeros, which the canonical form does not have. */
static int read_decimal(const char *p, size_t n, struct val *v)
{
	while (n > 1 && *p == '0' && p[1] != '.') {
		p++;
		n--;
	}
	if (!n)
		return -1;
	*v = val_of_str(p, n);
	return 0;
}

static int read_bits(const char *p, size_t n, struct val *v)
{
	uint64_t u = 0;

	if (n > 8)
		return -1;
	for (size_t i = 0; i < n; i++)
		u = u << 8 | (uint8_t)p[i];
	*v = val_of_uint(u);
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static int read_uuid(const char *p, size_t n, uint8_t *to)
{
	unsigned digits = 0;

	for (size_t i = 0; i < n; i++) {
		int d = hex_digit(p[i]);

		if (p[i] == '-')
			continue;
		if (d < 0 || digits == 32)
			return -1;
		to[digits / 2] = (uint8_t)(digits % 2 ? to[digits / 2] | d : d << 4);
		digits++;
	}
	return digits == 32 ? 0 : -1;
}

static int read_address(int family, const char *p, size_t n, uint8_t *to)
{
	char text[64];

	if (n >= sizeof text)
		return -1;
	memcpy(text, p, n);
	text[n] = 0;
	return inet_pton(family, text, to) == 1 ? 0 : -1;
}

/* One that has a text which is not its bytes. */
static int read_packed(enum col_type type, const char *p, size_t n, struct buf *room, struct val *v)
{
	size_t size = type == COL_INET4 ? 4 : 16;
	uint8_t *to;
	int r;

	if (room->cap - room->len < size) /* what was given out before must stay where it is */
		return -1;
	to = room->p + room->len;
	r = type == COL_UUID ? read_uuid(p, n, to) : read_address(type == COL_INET4 ? AF_INET : AF_INET6, p, n, to);
	room->len += size;
	*v = val_of_bin(to, size);
	return r;
}

int rowread_value(const struct column *c, const char *text, size_t n, struct buf *room, struct val *v)
{
	double d;

	if (!text) {
		*v = val_null();
		return 0;
	}
	if (n > UINT32_MAX)
		return -1;
	switch (c->type) {
	case COL_FLOAT:
		if (read_double(text, n, &d) < 0)
			return -1;
		*v = (struct val){.kind = VAL_FLOAT, .f = (float)d};
		return 0;
	case COL_DOUBLE:
		if (read_double(text, n, &d) < 0)
			return -1;
		*v = (struct val){.kind = VAL_DOUBLE, .d = d};
		return 0;
	case COL_DECIMAL:
		return read_decimal(text, n, v);
	case COL_BIT:
		return read_bits(text, n, v);
	case COL_UUID:
	case COL_INET4:
	case COL_INET6:
		return read_packed(c->type, text, n, room, v);
	case COL_JSON:
		*v = val_of_str(text, n);
		return 0;
	default:
		break;
	}
	switch (col_type_class(c->type)) {
	case COLC_INT:
		return read_int(text, n, v);
	case COLC_ASCII:
		*v = val_of_str(text, n);
		return 0;
	case COLC_TEXT:
		*v = c->charset && charset_is_utf8(c->charset) ? val_of_str(text, n) : val_of_bin(text, n);
		return 0;
	default:
		*v = val_of_bin(text, n);
		return 0;
	}
}

int rowread_image(const struct table *t, char **row, const unsigned long *lens, struct buf *room, struct val *vals, uint32_t *col)
{
	buf_reset(room);
	if (buf_room(room, (size_t)t->ncols * ROOM) < 0)
		return -1;
	for (uint32_t i = 0; i < t->ncols; i++)
		if (rowread_value(&t->cols[i], row[i], lens[i], room, &vals[i]) < 0) {
			*col = i;
			return -1;
		}
	return 0;
}

/* ---- values back into a statement */

static void put_hex(struct buf *sql, const uint8_t *p, size_t n)
{
	buf_adds(sql, "x'");
	buf_hex(sql, p, n);
	(void)buf_add8(sql, '\'');
}

static void put_cast(const struct column *c, const struct val *v, struct buf *sql)
{
	buf_adds(sql, "CAST('");
	(void)buf_add(sql, v->p, v->n);
	buf_adds(sql, "' AS ");
	switch (c->type) {
	case COL_DECIMAL:
		buf_printf(sql, "DECIMAL(%u,%u))", c->len ? c->len : 65, c->dec);
		break;
	case COL_DATE:
		buf_adds(sql, "DATE)");
		break;
	case COL_TIME:
		buf_printf(sql, "TIME(%u))", c->dec);
		break;
	default:
		buf_printf(sql, "DATETIME(%u))", c->dec);
		break;
	}
}

static void put_binary(const struct column *c, const struct val *v, struct buf *sql)
{
	char text[INET6_ADDRSTRLEN];

	switch (c->type) {
	case COL_UUID:
		buf_adds(sql, "CAST(");
		put_hex(sql, v->p, v->n);
		buf_adds(sql, " AS UUID)");
		break;
	case COL_INET4:
	case COL_INET6:
		buf_printf(sql, "CAST('%s' AS %s)",
		    inet_ntop(c->type == COL_INET4 ? AF_INET : AF_INET6, v->p, text, sizeof text) ? text : "",
		    c->type == COL_INET4 ? "INET4" : "INET6");
		break;
	default:
		put_hex(sql, v->p, v->n);
	}
}

void rowread_literal(const struct column *c, const struct val *v, struct buf *sql)
{
	const char *collation = c->coll ? collation_name(c->coll) : NULL;

	switch (v->kind) {
	case VAL_UINT:
		buf_putu(sql, v->u);
		return;
	case VAL_INT:
		buf_puti(sql, v->i);
		return;
	case VAL_FLOAT:
		buf_printf(sql, "%.17e", (double)v->f);
		return;
	case VAL_DOUBLE:
		buf_printf(sql, "%.17e", v->d);
		return;
	case VAL_ABSENT:
	case VAL_NULL:
		buf_adds(sql, "NULL");
		return;
	default:
		break;
	}
	if (c->charset && col_type_class(c->type) == COLC_TEXT) {
		buf_printf(sql, "_%s ", c->charset);
		put_hex(sql, v->p, v->n);
		if (collation)
			buf_printf(sql, " COLLATE %s", collation);
		return;
	}
	if (col_type_class(c->type) == COLC_ASCII)
		put_cast(c, v, sql);
	else
		put_binary(c, v, sql);
}

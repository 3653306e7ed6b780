#include "binlog/tmap.h"

#include <stdio.h>
#include <stdlib.h>

#include "binlog/numtext.h"
#include "charset.h"

#define BINARY_COLLATION 63u

static const uint8_t *table_name(struct cur *c, const char **p, size_t *n)
{
	*n = cur_u8(c);
	*p = (const char *)cur_bytes(c, *n);
	if (cur_u8(c) && !c->err)
		(void)cur_fail(c, "a name does not end");
	if (!c->err && (!*n || memchr(*p, 0, *n)))
		(void)cur_fail(c, "wrong name of a table");
	return (const uint8_t *)*p;
}

int tmap_head(struct cur *c, const struct log_format *f, struct tmap *m)
{
	memset(m, 0, sizeof *m);
	m->id = cur_le(c, f->post[EV_TABLE_MAP] == 6 ? 4 : 6);
	cur_skip(c, 2);
	m->raw = c->p;
	m->nraw = cur_left(c);
	return c->err ? -1 : 0;
}

int tmap_read(struct cur *c, struct tmap *m)
{
	uint64_t n;

	table_name(c, &m->db, &m->ndb);
	table_name(c, &m->name, &m->nname);
	n = cur_packed(c);
	if (!c->err && (n < 1 || n > TABLE_MAX_COLS))
		return cur_fail(c, "wrong number of columns");
	m->ncols = (uint32_t)n;
	m->types = cur_bytes(c, m->ncols);
	n = cur_packed(c);
	if (n > cur_left(c))
		return cur_fail(c, "too short");
	m->nmeta = (size_t)n;
	m->meta = cur_bytes(c, m->nmeta);
	m->nulls = cur_bytes(c, (m->ncols + 7) / 8);
	m->nopt = cur_left(c);
	m->opt = cur_bytes(c, m->nopt);
	return c->err ? -1 : 0;
}

/* Type and metadata of one column (Field::save_field_metadata of each kind). */
static void col_meta(struct cur *c, struct tmap_col *t)
{
	unsigned a, b;

	switch (t->type) {
	case LT_TINY:
	case LT_SHORT:
	case LT_LONG:
	case LT_LONGLONG:
	case LT_INT24:
	case LT_TIMESTAMP:
	case LT_DATE:
	case LT_NEWDATE:
	case LT_TIME:
	case LT_DATETIME:
	case LT_YEAR:
	case LT_NULL:
		break;
	case LT_FLOAT:
	case LT_DOUBLE:
		t->len = cur_u8(c);
		if (!c->err && t->len != (t->type == LT_FLOAT ? 4u : 8u))
			(void)cur_fail(c, "wrong size of a float");
		break;
	case LT_TIMESTAMP2:
	case LT_DATETIME2:
	case LT_TIME2:
		t->dec = cur_u8(c);
		if (t->dec > 6)
			(void)cur_fail(c, "wrong number of digits of a time");
		break;
	case LT_DECIMAL:
		t->len = cur_u8(c);
		t->dec = cur_u8(c);
		if (!c->err && !decimal_bytes(t->len, t->dec))
			(void)cur_fail(c, "wrong number of digits of a decimal");
		break;
	case LT_BIT:
		a = cur_u8(c);
		b = cur_u8(c);
		t->len = b * 8 + a;
		if (!c->err && (a > 7 || t->len < 1 || t->len > 64))
			(void)cur_fail(c, "wrong number of bits");
		break;
	case LT_VARCHAR:
	case LT_VARCHAR_COMPRESSED:
	case LT_VAR_STRING:
		t->len = cur_le16(c);
		break;
	case LT_BLOB:
	case LT_BLOB_COMPRESSED:
	case LT_GEOMETRY:
	case LT_JSON:
	case LT_VECTOR:
		t->len = cur_u8(c);
		if (!c->err && (t->len < 1 || t->len > 4))
			(void)cur_fail(c, "wrong size of a blob's length");
		break;
	case LT_STRING:
	case LT_ENUM:
	case LT_SET:
		/* two bits of the length hide, inverted, in the type (Bug#37426) */
		a = cur_u8(c);
		b = cur_u8(c);
		if ((a & 0x30) != 0x30) {
			t->len = b | ((a & 0x30u) ^ 0x30u) << 4;
			a |= 0x30;
		} else {
			t->len = b;
		}
		t->type = (uint8_t)a;
		if (c->err)
			break;
		if (a != LT_STRING && a != LT_ENUM && a != LT_SET)
			(void)cur_fail(c, "wrong type of a string");
		else if ((a == LT_ENUM && (t->len < 1 || t->len > 2)) || (a == LT_SET && (t->len < 1 || t->len > 8)))
			(void)cur_fail(c, "wrong size of an enum or set");
		break;
	default:
		(void)cur_fail(c, "column of a type that is not known");
	}
}

/* ---- optional metadata: type, length, value */

enum opt_field {
	OPT_SIGNEDNESS = 1,
	OPT_DEFAULT_CHARSET = 2,
	OPT_COLUMN_CHARSET = 3,
	OPT_COLUMN_NAME = 4,
	OPT_SET_LABELS = 5,
	OPT_ENUM_LABELS = 6,
	OPT_GEOMETRY_TYPE = 7,
	OPT_PRIMARY_KEY = 8,
	OPT_PRIMARY_KEY_WITH_PREFIX = 9,
	OPT_LABEL_DEFAULT_CHARSET = 10,
	OPT_LABEL_COLUMN_CHARSET = 11,
	OPT_VISIBILITY = 12,
	OPT_VECTOR_DIMENSION = 13
};

/* Which columns have a bit in SIGNEDNESS. YEAR is one of them in all servers (MySQL has 0 there, MariaDB 1). */
static int has_sign_bit(const struct tmap_col *t)
{
	switch (t->type) {
	case LT_TINY:
	case LT_SHORT:
	case LT_INT24:
	case LT_LONG:
	case LT_LONGLONG:
	case LT_DECIMAL:
	case LT_FLOAT:
	case LT_DOUBLE:
	case LT_YEAR:
		return 1;
	default:
		return 0;
	}
}

/* Which columns have a place in DEFAULT_CHARSET and COLUMN_CHARSET. MariaDB counts geometry too, MySQL vectors. */
static int has_charset_place(const struct tmap_col *t, int is_mariadb)
{
	switch (t->type) {
	case LT_STRING:
	case LT_VARCHAR:
	case LT_VAR_STRING:
	case LT_BLOB:
	case LT_VARCHAR_COMPRESSED:
	case LT_BLOB_COMPRESSED:
		return 1;
	case LT_GEOMETRY:
		return is_mariadb;
	case LT_VECTOR:
		return !is_mariadb;
	default:
		return 0;
	}
}

static int has_labels(const struct tmap_col *t, int is_mariadb)
{
	(void)is_mariadb;
	return t->type == LT_ENUM || t->type == LT_SET;
}

static void read_signedness(struct cur *c, struct tmap_col *cols, uint32_t ncols)
{
	unsigned bit = 0;
	uint8_t byte = 0;

	for (uint32_t i = 0; i < ncols; i++) {
		if (!has_sign_bit(&cols[i]))
			continue;
		if (bit++ % 8 == 0)
			byte = cur_u8(c);
		cols[i].is_unsigned = byte >> 7;
		byte = (uint8_t)(byte << 1);
	}
}

/* A default collation, then pairs of (number among the columns that have a place, collation). */
static void read_default_charset(
    struct cur *c, struct tmap_col *cols, uint32_t ncols, int is_mariadb, int (*has_place)(const struct tmap_col *, int))
{
	uint64_t coll = cur_packed(c), at = 0;
	uint64_t next = UINT64_MAX, next_coll = 0;

	if (cur_left(c)) {
		next = cur_packed(c);
		next_coll = cur_packed(c);
	}
	for (uint32_t i = 0; i < ncols; i++) {
		if (!has_place(&cols[i], is_mariadb))
			continue;
		cols[i].coll = (uint32_t)coll;
		if (at++ != next)
			continue;
		cols[i].coll = (uint32_t)next_coll;
		next = UINT64_MAX;
		if (cur_left(c)) {
			next = cur_packed(c);
			next_coll = cur_packed(c);
		}
	}
}

static void read_column_charset(
    struct cur *c, struct tmap_col *cols, uint32_t ncols, int is_mariadb, int (*has_place)(const struct tmap_col *, int))
{
	for (uint32_t i = 0; i < ncols; i++)
		if (has_place(&cols[i], is_mariadb))
			cols[i].coll = (uint32_t)cur_packed(c);
}

static void read_names(struct cur *c, struct tmap_col *cols, uint32_t ncols)
{
	for (uint32_t i = 0; i < ncols; i++) {
		uint64_t n = cur_packed(c);

		cols[i].name = (const char *)cur_bytes(c, n > cur_left(c) ? SIZE_MAX : (size_t)n);
		cols[i].nname = (uint32_t)n;
	}
}

/* For each column of the type: how many labels, then the labels. */
static void read_labels(struct cur *c, struct tmap_col *cols, uint32_t ncols, int type)
{
	for (uint32_t i = 0; i < ncols; i++) {
		uint64_t n;

		if (cols[i].type != type)
			continue;
		n = cur_packed(c);
		if (n > cur_left(c)) {
			(void)cur_fail(c, "too short");
			return;
		}
		cols[i].nlabels = (uint32_t)n;
		cur_init(&cols[i].labels, c->p, cur_left(c));
		while (n-- && !c->err) {
			uint64_t len = cur_packed(c);

			cur_skip(c, len > cur_left(c) ? SIZE_MAX : (size_t)len);
		}
	}
}

static void read_visibility(struct cur *c, struct tmap_col *cols, uint32_t ncols)
{
	uint8_t byte = 0;

	for (uint32_t i = 0; i < ncols; i++) {
		if (i % 8 == 0)
			byte = cur_u8(c);
		cols[i].visible = (int8_t)(byte >> 7);
		byte = (uint8_t)(byte << 1);
	}
}

static int read_optional(struct tmap *m, int is_mariadb, struct tmap_col *cols, const char **why)
{
	struct cur c;

	cur_init(&c, m->opt, m->nopt);
	while (cur_left(&c)) {
		unsigned type = cur_u8(&c);
		uint64_t n = cur_packed(&c);
		const uint8_t *p = n > cur_left(&c) ? NULL : cur_bytes(&c, (size_t)n);
		struct cur v;

		if (!p || c.err) {
			*why = "metadata is too short";
			return -1;
		}
		cur_init(&v, p, (size_t)n);
		switch (type) {
		case OPT_SIGNEDNESS:
			m->has_sign = 1;
			read_signedness(&v, cols, m->ncols);
			break;
		case OPT_DEFAULT_CHARSET:
			m->has_charset = 1;
			read_default_charset(&v, cols, m->ncols, is_mariadb, has_charset_place);
			break;
		case OPT_COLUMN_CHARSET:
			m->has_charset = 1;
			read_column_charset(&v, cols, m->ncols, is_mariadb, has_charset_place);
			break;
		case OPT_COLUMN_NAME:
			m->has_names = 1;
			read_names(&v, cols, m->ncols);
			break;
		case OPT_SET_LABELS:
			read_labels(&v, cols, m->ncols, LT_SET);
			break;
		case OPT_ENUM_LABELS:
			read_labels(&v, cols, m->ncols, LT_ENUM);
			break;
		case OPT_GEOMETRY_TYPE:
			for (uint32_t i = 0; i < m->ncols; i++)
				if (cols[i].type == LT_GEOMETRY)
					cols[i].geometry = (uint8_t)cur_packed(&v);
			break;
		case OPT_PRIMARY_KEY:
			m->pk = p;
			m->npk = (size_t)n;
			cur_skip(&v, (size_t)n);
			break;
		case OPT_PRIMARY_KEY_WITH_PREFIX:
			m->pk_prefix = p;
			m->npk_prefix = (size_t)n;
			cur_skip(&v, (size_t)n);
			break;
		case OPT_LABEL_DEFAULT_CHARSET:
			read_default_charset(&v, cols, m->ncols, is_mariadb, has_labels);
			break;
		case OPT_LABEL_COLUMN_CHARSET:
			read_column_charset(&v, cols, m->ncols, is_mariadb, has_labels);
			break;
		case OPT_VECTOR_DIMENSION:
			for (uint32_t i = 0; i < m->ncols; i++)
				if (cols[i].type == LT_VECTOR)
					cols[i].dimension = (uint32_t)cur_packed(&v);
			break;
		case OPT_VISIBILITY:
			read_visibility(&v, cols, m->ncols);
			break;
		default: /* newer servers add more, none of it needed to read rows */
			cur_skip(&v, (size_t)n);
		}
		if (v.err || cur_left(&v)) {
			*why = "metadata does not fit the columns";
			return -1;
		}
	}
	return 0;
}

int tmap_cols(struct tmap *m, int is_mariadb, struct tmap_col *cols, const char **why)
{
	struct cur c;

	cur_init(&c, m->meta, m->nmeta);
	memset(cols, 0, m->ncols * sizeof *cols);
	m->has_names = m->has_sign = m->has_charset = 0;
	m->pk = m->pk_prefix = NULL;
	for (uint32_t i = 0; i < m->ncols; i++) {
		cols[i].type = m->types[i];
		cols[i].is_unsigned = cols[i].visible = -1;
		cols[i].nullable = m->nulls[i / 8] >> i % 8 & 1;
		col_meta(&c, &cols[i]);
	}
	if (!c.err && cur_left(&c))
		(void)cur_fail(&c, "metadata of columns is too long");
	if (c.err) {
		*why = c.err;
		return -1;
	}
	return read_optional(m, is_mariadb, cols, why);
}

/* ---- a definition from FULL metadata */

static enum col_type text_or_bytes(const struct tmap_col *t, enum col_type text, enum col_type bytes)
{
	return t->coll == BINARY_COLLATION ? bytes : text;
}

static int stream_type(const struct tmap_col *t)
{
	switch (t->type) {
	case LT_TINY:
		return COL_TINYINT;
	case LT_SHORT:
		return COL_SMALLINT;
	case LT_INT24:
		return COL_MEDIUMINT;
	case LT_LONG:
		return COL_INT;
	case LT_LONGLONG:
		return COL_BIGINT;
	case LT_DECIMAL:
		return COL_DECIMAL;
	case LT_FLOAT:
		return COL_FLOAT;
	case LT_DOUBLE:
		return COL_DOUBLE;
	case LT_BIT:
		return COL_BIT;
	case LT_YEAR:
		return COL_YEAR;
	case LT_DATE:
	case LT_NEWDATE:
		return COL_DATE;
	case LT_TIME:
	case LT_TIME2:
		return COL_TIME;
	case LT_DATETIME:
	case LT_DATETIME2:
		return COL_DATETIME;
	case LT_TIMESTAMP:
	case LT_TIMESTAMP2:
		return COL_TIMESTAMP;
	case LT_STRING:
		return text_or_bytes(t, COL_CHAR, COL_BINARY);
	case LT_VARCHAR:
	case LT_VAR_STRING:
	case LT_VARCHAR_COMPRESSED:
		return text_or_bytes(t, COL_VARCHAR, COL_VARBINARY);
	case LT_BLOB:
	case LT_BLOB_COMPRESSED:
		switch (t->len) {
		case 1:
			return text_or_bytes(t, COL_TINYTEXT, COL_TINYBLOB);
		case 2:
			return text_or_bytes(t, COL_TEXT, COL_BLOB);
		case 3:
			return text_or_bytes(t, COL_MEDIUMTEXT, COL_MEDIUMBLOB);
		default:
			return text_or_bytes(t, COL_LONGTEXT, COL_LONGBLOB);
		}
	case LT_ENUM:
		return COL_ENUM;
	case LT_SET:
		return COL_SET;
	case LT_JSON:
		return COL_JSON;
	case LT_GEOMETRY:
		return COL_GEOMETRY;
	case LT_VECTOR:
		return COL_VECTOR;
	default:
		return -1;
	}
}

/* Bytes that a string's content takes at most; a compressed varchar counts its method byte. */
static uint32_t content_bytes(const struct tmap_col *t)
{
	return t->type == LT_VARCHAR_COMPRESSED && t->len ? t->len - 1 : t->len;
}

static int set_labels(struct column *c, const struct tmap_col *t)
{
	struct cur l = t->labels;

	if (column_set_labels(c, t->nlabels) < 0)
		return -1;
	for (uint32_t i = 0; i < t->nlabels; i++) {
		uint32_t n = (uint32_t)cur_packed(&l);
		const uint8_t *p = cur_bytes(&l, n);

		c->labels[i].p = malloc(n ? n : 1);
		if (!c->labels[i].p || !p)
			return -1;
		memcpy(c->labels[i].p, p, n);
		c->labels[i].n = n;
	}
	return 0;
}

/* MariaDB logs columns that nobody declared: the hash behind a long unique key, the period of system versioning. */
static int is_hidden(const struct tmap *m, const struct tmap_col *cols, uint32_t i)
{
	const struct tmap_col *t = &cols[i];

	if (t->type == LT_LONGLONG && t->nname > 12 && !memcmp(t->name, "DB_ROW_HASH_", 12))
		return 1;
	if (t->type != LT_TIMESTAMP2 || t->dec != 6 || t->nullable)
		return 0;
	/* a period that has these names and stands last was not declared */
	return (t->nname == 9 && !memcmp(t->name, "row_start", 9) && i + 1 < m->ncols && cols[i + 1].nname == 7 &&
		   !memcmp(cols[i + 1].name, "row_end", 7)) ||
	       (i > 0 && t->nname == 7 && !memcmp(t->name, "row_end", 7) && cols[i - 1].nname == 9 &&
		   !memcmp(cols[i - 1].name, "row_start", 9));
}

static int make_column(
    struct column *c, const struct tmap *m, const struct tmap_col *cols, uint32_t i, int is_mariadb, const char **why)
{
	const struct tmap_col *t = &cols[i];
	int type = stream_type(t);
	const char *cs = NULL;
	unsigned mb;

	*why = "column of a type that is not known";
	if (type < 0)
		return -1;
	c->type = (enum col_type)type;
	*why = NULL;
	if (table_set_str(&c->name, t->name, t->nname) < 0)
		return -1;
	c->nullable = (int8_t)t->nullable;
	c->is_unsigned = t->is_unsigned == 1 && type != COL_YEAR;
	c->dec = t->dec;
	c->invisible = t->visible == 0;
	if (is_mariadb && is_hidden(m, cols, i))
		c->generated = c->invisible = 1;
	if (col_type_has_charset(c->type)) {
		cs = charset_of_collation(t->coll);
		if (!cs) {
			*why = "column of a collation that is not known";
			return -1;
		}
		c->coll = t->coll;
		if (table_set_str(&c->charset, cs, strlen(cs)) < 0)
			return -1;
	}
	switch (c->type) {
	case COL_CHAR:
	case COL_VARCHAR:
		mb = charset_mbmaxlen(cs);
		c->len = content_bytes(t) / (mb ? mb : 1);
		break;
	case COL_BINARY:
	case COL_VARBINARY:
		c->len = content_bytes(t);
		break;
	case COL_BIT:
	case COL_DECIMAL:
		c->len = t->len;
		break;
	case COL_VECTOR:
		c->len = t->dimension > UINT32_MAX / 4 ? 0 : 4 * t->dimension;
		break;
	case COL_ENUM:
	case COL_SET:
		return set_labels(c, t);
	default:
		break;
	}
	return 0;
}

static int make_key(struct table *t, const uint8_t *p, size_t n, int with_prefix, const char **why)
{
	struct cur c;
	uint32_t ncols = 0;
	struct key *k;

	cur_init(&c, p, n);
	while (cur_left(&c)) {
		(void)cur_packed(&c);
		if (with_prefix)
			(void)cur_packed(&c);
		ncols++;
	}
	*why = "wrong primary key";
	if (c.err || !ncols || ncols > 64)
		return -1;
	*why = NULL;
	k = table_add_key(t, "PRIMARY", 1, ncols);
	if (!k)
		return -1;
	if (with_prefix && !(k->parts = calloc(ncols, sizeof *k->parts)))
		return -1;
	cur_init(&c, p, n);
	for (uint32_t i = 0; i < ncols; i++) {
		uint64_t col = cur_packed(&c);

		if (col >= t->ncols) {
			*why = "wrong primary key";
			return -1;
		}
		k->cols[i] = (uint32_t)col;
		if (with_prefix)
			k->parts[i] = (uint32_t)cur_packed(&c);
	}
	return 0;
}

struct table *tmap_table(const struct tmap *m, int is_mariadb, const struct tmap_col *cols, const char **why)
{
	char db[256], name[256];
	struct table *t;

	*why = NULL;
	memcpy(db, m->db, m->ndb);
	db[m->ndb] = 0;
	memcpy(name, m->name, m->nname);
	name[m->nname] = 0;
	t = table_new(db, name, m->ncols);
	if (!t)
		return NULL;
	for (uint32_t i = 0; i < m->ncols; i++)
		if (make_column(&t->cols[i], m, cols, i, is_mariadb, why) < 0)
			goto err;
	if (m->pk && make_key(t, m->pk, m->npk, 0, why) < 0)
		goto err;
	if (m->pk_prefix && make_key(t, m->pk_prefix, m->npk_prefix, 1, why) < 0)
		goto err;
	return t;
err:
	table_free(t);
	return NULL;
}

int tmap_is_ambiguous(const struct tmap *m, int is_mariadb, const struct tmap_col *cols)
{
	for (uint32_t i = 0; i < m->ncols; i++) {
		const struct tmap_col *t = &cols[i];

		if (t->type == LT_TIME || t->type == LT_DATETIME || t->type == LT_TIMESTAMP)
			return 1;
		if (!is_mariadb || t->coll != BINARY_COLLATION)
			continue;
		if (t->type == LT_STRING && (t->len == 16 || t->len == 4))
			return 1;
		if (t->type == LT_VARCHAR && t->len && t->len % 4 == 0)
			return 1;
	}
	return 0;
}

/* ---- a definition from elsewhere */

/* 1 if a column of this definition can be what the log has. */
static int type_fits(const struct tmap_col *t, const struct column *c)
{
	uint32_t mb = c->charset ? charset_mbmaxlen(c->charset) : 1;
	uint64_t bytes = (uint64_t)c->len * mb;

	switch (c->type) {
	case COL_TINYINT:
		return t->type == LT_TINY;
	case COL_SMALLINT:
		return t->type == LT_SHORT;
	case COL_MEDIUMINT:
		return t->type == LT_INT24;
	case COL_INT:
		return t->type == LT_LONG;
	case COL_BIGINT:
		return t->type == LT_LONGLONG;
	case COL_DECIMAL:
		return t->type == LT_DECIMAL && t->len == c->len && t->dec == c->dec;
	case COL_FLOAT:
		return t->type == LT_FLOAT;
	case COL_DOUBLE:
		return t->type == LT_DOUBLE;
	case COL_BIT:
		return t->type == LT_BIT && t->len == c->len;
	case COL_YEAR:
		return t->type == LT_YEAR;
	case COL_DATE:
		return t->type == LT_DATE || t->type == LT_NEWDATE;
	case COL_TIME:
		return t->type == LT_TIME || (t->type == LT_TIME2 && t->dec == c->dec);
	case COL_DATETIME:
		return t->type == LT_DATETIME || (t->type == LT_DATETIME2 && t->dec == c->dec);
	case COL_TIMESTAMP:
		return t->type == LT_TIMESTAMP || (t->type == LT_TIMESTAMP2 && t->dec == c->dec);
	case COL_CHAR:
	case COL_BINARY:
		return t->type == LT_STRING && (!mb || t->len == bytes);
	case COL_VARCHAR:
	case COL_VARBINARY:
		return (t->type == LT_VARCHAR || t->type == LT_VAR_STRING || t->type == LT_VARCHAR_COMPRESSED) &&
		       (!mb || content_bytes(t) == bytes);
	case COL_TINYTEXT:
	case COL_TINYBLOB:
		return (t->type == LT_BLOB || t->type == LT_BLOB_COMPRESSED) && t->len == 1;
	case COL_TEXT:
	case COL_BLOB:
		return (t->type == LT_BLOB || t->type == LT_BLOB_COMPRESSED) && t->len == 2;
	case COL_MEDIUMTEXT:
	case COL_MEDIUMBLOB:
		return (t->type == LT_BLOB || t->type == LT_BLOB_COMPRESSED) && t->len == 3;
	case COL_LONGTEXT:
	case COL_LONGBLOB:
		return (t->type == LT_BLOB || t->type == LT_BLOB_COMPRESSED) && t->len == 4;
	case COL_ENUM:
		return t->type == LT_ENUM && t->len == (c->nlabels > 255 ? 2u : 1u);
	case COL_SET:
		return t->type == LT_SET && t->len == (c->nlabels > 32 ? 8u : (c->nlabels + 7) / 8);
	case COL_JSON:
		return t->type == LT_JSON;
	case COL_GEOMETRY:
		return t->type == LT_GEOMETRY;
	case COL_UUID:
	case COL_INET6:
		return t->type == LT_STRING && t->len == 16;
	case COL_INET4:
		return t->type == LT_STRING && t->len == 4;
	case COL_VECTOR:
		return t->type == LT_VECTOR || (t->type == LT_VARCHAR && t->len == c->len);
	case COL_TYPES:
		break;
	}
	return 0;
}

void tmap_refine(const struct tmap *m, const struct tmap_col *cols, struct table *t, const struct table *now)
{
	for (uint32_t i = 0; i < m->ncols; i++) {
		struct column *c = &t->cols[i];
		int at = table_find_col(now, c->name, strlen(c->name));
		const struct column *n = at < 0 ? NULL : &now->cols[at];

		if (!n || !type_fits(&cols[i], n))
			continue;
		if (n->type == COL_UUID || n->type == COL_INET4 || n->type == COL_INET6 || n->type == COL_VECTOR) {
			c->type = n->type;
			c->len = n->len;
		} else if (n->type == c->type && (c->type == COL_TIME || c->type == COL_DATETIME || c->type == COL_TIMESTAMP)) {
			c->dec = n->dec;
		}
		c->generated |= n->generated;
	}
}

const struct column *tmap_unknown_digits(
    const struct tmap *m, int is_mariadb, const struct tmap_col *cols, const struct table *t, const struct table *now)
{
	for (uint32_t i = 0; is_mariadb && i < m->ncols; i++) {
		const struct column *c = &t->cols[i];
		int at;

		if (cols[i].type != LT_TIME && cols[i].type != LT_DATETIME && cols[i].type != LT_TIMESTAMP)
			continue;
		at = now ? table_find_col(now, c->name, strlen(c->name)) : -1;
		if (at < 0 || now->cols[at].type != c->type)
			return c;
	}
	return NULL;
}

int tmap_check(const struct tmap *m, const struct tmap_col *cols, const struct table *t, struct buf *why)
{
	if (t->ncols != m->ncols) {
		buf_printf(why, "it has %u columns, in the log %u", (unsigned)t->ncols, (unsigned)m->ncols);
		return -1;
	}
	for (uint32_t i = 0; i < m->ncols; i++) {
		const struct tmap_col *l = &cols[i];
		const struct column *c = &t->cols[i];

		if (l->name && (strlen(c->name) != l->nname || memcmp(c->name, l->name, l->nname))) {
			buf_printf(
			    why, "column %u is \"%s\", in the log \"%.*s\"", (unsigned)i + 1, c->name, (int)l->nname, l->name);
			return -1;
		}
		if (!type_fits(l, c)) {
			buf_printf(why, "column \"%s\" has the type %s, another in the log", c->name, col_type_name(c->type));
			return -1;
		}
		if (l->is_unsigned >= 0 && c->type != COL_YEAR && l->is_unsigned != c->is_unsigned) {
			buf_printf(
			    why, "column \"%s\" is %s, in the log it is not", c->name, c->is_unsigned ? "unsigned" : "signed");
			return -1;
		}
		if (l->coll && c->coll && col_type_has_charset(c->type) && l->coll != c->coll) {
			buf_printf(why, "column \"%s\" has the collation %u, in the log %u", c->name, (unsigned)c->coll,
			    (unsigned)l->coll);
			return -1;
		}
		if (c->nullable >= 0 && c->nullable != l->nullable) {
			buf_printf(why, "column \"%s\" %s be null, in the log it %s", c->name, c->nullable ? "can" : "cannot",
			    l->nullable ? "can" : "cannot");
			return -1;
		}
	}
	return 0;
}

#include "supply.h"

#include <stdio.h>
#include <stdlib.h>

#include "charset.h"
#include "check.h"

static enum col_type one_of(uint32_t *seed, enum col_type a, enum col_type b)
{
	return chance(seed) & 1 ? a : b;
}

static enum col_type blob_type(uint32_t *seed, uint32_t len)
{
	switch (len) {
	case 1:
		return one_of(seed, COL_TINYTEXT, COL_TINYBLOB);
	case 2:
		return one_of(seed, COL_TEXT, COL_BLOB);
	case 3:
		return one_of(seed, COL_MEDIUMTEXT, COL_MEDIUMBLOB);
	default:
		return one_of(seed, COL_LONGTEXT, COL_LONGBLOB);
	}
}

static enum col_type string_type(uint32_t *seed, uint32_t len)
{
	if (len == 16 && chance(seed) % 3 == 0)
		return one_of(seed, COL_UUID, COL_INET6);
	if (len == 4 && chance(seed) % 3 == 0)
		return COL_INET4;
	return one_of(seed, COL_CHAR, COL_BINARY);
}

static enum col_type type_for(const struct tmap_col *l, uint32_t *seed)
{
	switch (l->type) {
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
		return string_type(seed, l->len);
	case LT_VARCHAR:
	case LT_VAR_STRING:
	case LT_VARCHAR_COMPRESSED:
		return chance(seed) % 4 == 0 ? COL_VECTOR : one_of(seed, COL_VARCHAR, COL_VARBINARY);
	case LT_BLOB:
	case LT_BLOB_COMPRESSED:
		return blob_type(seed, l->len);
	case LT_ENUM:
		return COL_ENUM;
	case LT_SET:
		return COL_SET;
	case LT_JSON:
		return COL_JSON;
	case LT_VECTOR:
		return COL_VECTOR;
	default:
		return COL_GEOMETRY;
	}
}

static int fill(struct column *c, struct tmap_col *l, uint32_t i, uint32_t *seed)
{
	static const char *const charsets[] = {"latin1", "utf8mb4", "utf16", "utf16le", "utf32", "gbk", "ascii"};
	const char *cs = NULL;
	char name[16];
	unsigned mb = 1;

	(void)snprintf(name, sizeof name, "c%u", (unsigned)i);
	if (table_set_str(&c->name, l->name ? l->name : name, l->name ? l->nname : strlen(name)) < 0)
		return -1;
	c->type = type_for(l, seed);
	c->is_unsigned = l->is_unsigned < 0 ? chance(seed) & 1 : (uint8_t)l->is_unsigned;
	c->dec = l->type == LT_TIME || l->type == LT_DATETIME || l->type == LT_TIMESTAMP ? (uint8_t)(chance(seed) % 7) : l->dec;
	c->nullable = (int8_t)l->nullable;
	if (col_type_has_charset(c->type)) {
		cs = l->coll ? charset_of_collation(l->coll) : charsets[chance(seed) % (sizeof charsets / sizeof *charsets)];
		mb = cs ? charset_mbmaxlen(cs) : 1;
		c->coll = cs ? l->coll ? l->coll : charset_default_collation(cs) : 0;
		if (!cs)
			cs = "latin1";
		if (table_set_str(&c->charset, cs, strlen(cs)) < 0)
			return -1;
	}
	c->len = l->len / (mb ? mb : 1);
	if (l->type == LT_VARCHAR_COMPRESSED && l->len)
		c->len = (l->len - 1) / (mb ? mb : 1);
	if (c->type == COL_UUID)
		l->is_old_uuid = chance(seed) & 1;
	if (c->type == COL_ENUM)
		return column_set_labels(c, l->len > 1 ? 300 : 3);
	if (c->type == COL_SET)
		return column_set_labels(c, l->len > 8 ? 64 : l->len * 8);
	return 0;
}

struct table *supply_table(const struct tmap *m, struct tmap_col *cols, uint32_t seed)
{
	char db[256], name[256];
	struct table *t;

	seed |= 1;
	memcpy(db, m->db, m->ndb);
	db[m->ndb] = 0;
	memcpy(name, m->name, m->nname);
	name[m->nname] = 0;
	if (!(t = table_new(db, name, m->ncols)))
		return NULL;
	for (uint32_t i = 0; i < m->ncols; i++)
		if (fill(&t->cols[i], &cols[i], i, &seed) < 0) {
			table_free(t);
			return NULL;
		}
	return t;
}

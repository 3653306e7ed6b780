#include "schema.h"

#include <stdlib.h>
#include <string.h>

#include "charset.h"

struct coll {
	char name[64];
	uint32_t id;
};

struct schema {
	struct coll *colls; /* number of each collation's name */
	size_t ncolls, cap_colls;
};

struct schema *schema_new(void)
{
	return calloc(1, sizeof(struct schema));
}

void schema_free(struct schema *s)
{
	if (!s)
		return;
	free(s->colls);
	free(s);
}

void schema_found_release(struct schema_found *f)
{
	buf_release(&f->odd);
}

/* ---- collations */

static int on_coll(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct schema *s = arg;

	(void)ncols;
	if (!v[0] || !v[1] || lens[0] >= sizeof s->colls->name)
		return 0;
	if (s->ncolls == s->cap_colls) {
		size_t cap = s->cap_colls ? 2 * s->cap_colls : 512;
		struct coll *p = realloc(s->colls, cap * sizeof *p);

		if (!p)
			return 1;
		s->colls = p;
		s->cap_colls = cap;
	}
	memcpy(s->colls[s->ncolls].name, v[0], lens[0] + 1);
	s->colls[s->ncolls++].id = (uint32_t)strtoul(v[1], NULL, 10);
	return 0;
}

static int load_colls(struct schema *s, struct conn *c)
{
	if (s->ncolls)
		return 0;
	/* since MariaDB 10.10 a collation may go with several character sets and has a number for each */
	if (conn_is_mariadb(c) && conn_version(c) >= 101000) {
		static const char sql[] = "SELECT FULL_COLLATION_NAME, ID FROM "
					  "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE ID IS NOT NULL";

		return conn_query(c, sql, sizeof sql - 1, on_coll, s);
	}
	static const char sql[] = "SELECT COLLATION_NAME, ID FROM information_schema.COLLATIONS WHERE ID IS NOT NULL";

	return conn_query(c, sql, sizeof sql - 1, on_coll, s);
}

static uint32_t coll_id(const struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->ncolls; i++)
		if (!strcmp(s->colls[i].name, name))
			return s->colls[i].id;
	return 0;
}

/* ---- columns */

struct load {
	struct schema *s;
	struct schema_found *f;
	struct table *t;
	struct buf key; /* name of the key at hand */
	struct key *k;
};

enum {
	C_NAME,
	C_DATA_TYPE,
	C_TYPE,
	C_LENGTH,
	C_PRECISION,
	C_SCALE,
	C_FRACTION,
	C_CHARSET,
	C_COLLATION,
	C_NULLABLE,
	C_EXTRA,
	C_COLS
};

static int type_of(const char *s)
{
	static const char *const geometries[] = {"point", "linestring", "polygon", "multipoint", "multilinestring",
	    "multipolygon", "geometrycollection", "geomcollection", "geometry"};
	int type = col_type_parse(s, strlen(s));

	for (size_t i = 0; type < 0 && i < sizeof geometries / sizeof *geometries; i++)
		if (!strcmp(s, geometries[i]))
			type = COL_GEOMETRY;
	return type;
}

/* The quoted words in enum('a','b') or set(...), unescaped, each converted to the column's character set. */
static int read_labels(struct column *c, const char *type)
{
	struct buf word = BUF_INIT, bytes = BUF_INIT;
	uint32_t n = 0;
	int r = -1;

	for (int pass = 0; pass < 2; pass++) {
		const char *p = strchr(type, '(');
		uint32_t at = 0;

		if (pass && column_set_labels(c, n) < 0)
			goto done;
		while (p && *++p == '\'') {
			buf_reset(&word);
			for (p++; *p && (*p != '\'' || p[1] == '\''); p++) {
				if (*p == '\'') {
					p++;
				} else if (*p == '\\' && p[1]) {
					p++;
					(void)buf_add8(&word, *p == '0'	  ? 0
							      : *p == 'n' ? '\n'
							      : *p == 'r' ? '\r'
							      : *p == 't' ? '\t'
									  : (uint8_t)*p);
					continue;
				}
				(void)buf_add8(&word, (uint8_t)*p);
			}
			if (*p)
				p++; /* the closing quote; a comma or the parenthesis follows */
			if (pass) {
				buf_reset(&bytes);
				if (!c->charset || charset_from_utf8(c->charset, word.p, word.len, &bytes) < 0) {
					buf_reset(&bytes);
					(void)buf_add(&bytes, word.p, word.len);
				}
				c->labels[at].p = malloc(bytes.len ? bytes.len : 1);
				if (!c->labels[at].p || bytes.failed || word.failed)
					goto done;
				if (bytes.len)
					memcpy(c->labels[at].p, bytes.p, bytes.len);
				c->labels[at].n = (uint32_t)bytes.len;
			}
			at++;
		}
		n = at;
	}
	r = 0;
done:
	buf_release(&word);
	buf_release(&bytes);
	return r;
}

static uint32_t number(const char *s)
{
	unsigned long long v = s ? strtoull(s, NULL, 10) : 0;

	return v > UINT32_MAX ? 0 : (uint32_t)v;
}

static int set_column(struct load *l, struct column *c, char **v)
{
	if (table_set_str(&c->name, v[C_NAME], strlen(v[C_NAME])) < 0)
		return -1;
	c->is_unsigned = strstr(v[C_TYPE], " unsigned") != NULL;
	c->nullable = !strcmp(v[C_NULLABLE], "YES");
	c->generated = strstr(v[C_EXTRA], "VIRTUAL GENERATED") || strstr(v[C_EXTRA], "STORED GENERATED");
	c->invisible = strstr(v[C_EXTRA], "INVISIBLE") != NULL;
	if (col_type_has_charset(c->type) && v[C_CHARSET] && table_set_str(&c->charset, v[C_CHARSET], strlen(v[C_CHARSET])) < 0)
		return -1;
	if (c->charset && v[C_COLLATION])
		c->coll = coll_id(l->s, v[C_COLLATION]);
	switch (c->type) {
	case COL_DECIMAL:
		c->len = number(v[C_PRECISION]);
		c->dec = (uint8_t)number(v[C_SCALE]);
		break;
	case COL_BIT:
		c->len = number(v[C_PRECISION]);
		break;
	case COL_TIME:
	case COL_DATETIME:
	case COL_TIMESTAMP:
		c->dec = (uint8_t)number(v[C_FRACTION]);
		if (c->dec > 6)
			c->dec = 6;
		break;
	case COL_CHAR:
	case COL_VARCHAR:
	case COL_BINARY:
	case COL_VARBINARY:
		c->len = number(v[C_LENGTH]);
		break;
	case COL_VECTOR: /* vector(N) of 4 bytes each */
		c->len = strchr(v[C_TYPE], '(') ? 4 * number(strchr(v[C_TYPE], '(') + 1) : 0;
		break;
	case COL_ENUM:
	case COL_SET:
		return read_labels(c, v[C_TYPE]);
	default:
		break;
	}
	return 0;
}

static int on_column(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct load *l = arg;
	int type;

	(void)lens;
	if (ncols != C_COLS || l->f->n >= l->t->ncols) {
		l->f->n++; /* more than there is room for */
		return 0;
	}
	type = type_of(v[C_DATA_TYPE]);
	if (type < 0) {
		buf_printf(&l->f->odd, "column \"%s\" of type %s", v[C_NAME], v[C_DATA_TYPE]);
		return 1;
	}
	l->t->cols[l->f->n].type = (enum col_type)type;
	if (type == COL_UUID && l->f->old_uuid)
		l->f->old_uuid[l->f->n] = strstr(v[C_TYPE], "old") != NULL;
	if (set_column(l, &l->t->cols[l->f->n], v) < 0) {
		l->f->no_memory = 1;
		return 1;
	}
	l->f->n++;
	return 0;
}

/* Primary and unique keys, the primary first; one row a column. */
static int on_key_column(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct load *l = arg;
	uint32_t *p;
	int col;

	(void)ncols;
	if (!l->k || strcmp(buf_str(&l->key), v[0]) != 0) {
		buf_reset(&l->key);
		buf_adds(&l->key, v[0]);
		l->k = table_add_key(l->t, v[0], !strcmp(v[0], "PRIMARY"), number(v[3]));
		if (!l->k)
			goto no_memory;
		l->k->ncols = 0; /* counted up as they come */
	}
	col = v[1] ? table_find_col(l->t, v[1], lens[1]) : -1;
	if (col < 0 || l->k->ncols >= number(v[3])) { /* over an expression: cannot be said */
		l->k->ncols = UINT32_MAX;
		return 0;
	}
	if (l->k->ncols == UINT32_MAX)
		return 0;
	if (v[2] && !l->k->parts) {
		l->k->parts = p = calloc(number(v[3]), sizeof *p);
		if (!p)
			goto no_memory;
	}
	if (v[2])
		l->k->parts[l->k->ncols] = number(v[2]);
	l->k->cols[l->k->ncols++] = (uint32_t)col;
	return 0;
no_memory:
	l->f->no_memory = 1;
	return 1;
}

static void drop_odd_keys(struct table *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->nkeys; i++) {
		if (t->keys[i].ncols && t->keys[i].ncols != UINT32_MAX) {
			t->keys[n++] = t->keys[i];
			continue;
		}
		free(t->keys[i].name);
		free(t->keys[i].cols);
		free(t->keys[i].parts);
	}
	t->nkeys = n;
}

static void where_table(struct buf *sql, const char *db, const char *name)
{
	buf_adds(sql, " WHERE TABLE_SCHEMA = ");
	sql_string(sql, db, strlen(db));
	buf_adds(sql, " AND TABLE_NAME = ");
	sql_string(sql, name, strlen(name));
}

int schema_read(struct schema *s, struct conn *c, struct table *t, struct schema_found *f)
{
	struct load l = {.s = s, .f = f, .t = t};
	struct buf sql = BUF_INIT;
	int r;

	f->n = 0;
	if (load_colls(s, c) < 0)
		return -1;
	buf_adds(&sql,
	    "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE,"
	    " DATETIME_PRECISION, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, EXTRA FROM information_schema.COLUMNS");
	where_table(&sql, t->db, t->name);
	buf_adds(&sql, " ORDER BY ORDINAL_POSITION");
	r = conn_query(c, buf_str(&sql), sql.len, on_column, &l);
	buf_release(&sql);
	return r;
}

int schema_read_keys(struct schema *s, struct conn *c, struct table *t, struct schema_found *f)
{
	struct load l = {.s = s, .f = f, .t = t};
	struct buf sql = BUF_INIT;
	int r;

	buf_adds(&sql, "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART, COUNT(*) OVER (PARTITION BY INDEX_NAME) FROM"
		       " information_schema.STATISTICS");
	where_table(&sql, t->db, t->name);
	buf_adds(&sql, " AND NON_UNIQUE = 0 ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX");
	r = conn_query(c, buf_str(&sql), sql.len, on_key_column, &l);
	drop_odd_keys(t);
	buf_release(&l.key);
	buf_release(&sql);
	return r;
}

#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	enum col_class class;
	int charset;
} types[COL_TYPES] = {
    [COL_TINYINT] = {"tinyint", COLC_INT, 0},
    [COL_SMALLINT] = {"smallint", COLC_INT, 0},
    [COL_MEDIUMINT] = {"mediumint", COLC_INT, 0},
    [COL_INT] = {"int", COLC_INT, 0},
    [COL_BIGINT] = {"bigint", COLC_INT, 0},
    [COL_DECIMAL] = {"decimal", COLC_ASCII, 0},
    [COL_FLOAT] = {"float", COLC_FLOAT, 0},
    [COL_DOUBLE] = {"double", COLC_DOUBLE, 0},
    [COL_BIT] = {"bit", COLC_INT, 0},
    [COL_YEAR] = {"year", COLC_INT, 0},
    [COL_DATE] = {"date", COLC_ASCII, 0},
    [COL_TIME] = {"time", COLC_ASCII, 0},
    [COL_DATETIME] = {"datetime", COLC_ASCII, 0},
    [COL_TIMESTAMP] = {"timestamp", COLC_ASCII, 0},
    [COL_CHAR] = {"char", COLC_TEXT, 1},
    [COL_VARCHAR] = {"varchar", COLC_TEXT, 1},
    [COL_TINYTEXT] = {"tinytext", COLC_TEXT, 1},
    [COL_TEXT] = {"text", COLC_TEXT, 1},
    [COL_MEDIUMTEXT] = {"mediumtext", COLC_TEXT, 1},
    [COL_LONGTEXT] = {"longtext", COLC_TEXT, 1},
    [COL_BINARY] = {"binary", COLC_BYTES, 0},
    [COL_VARBINARY] = {"varbinary", COLC_BYTES, 0},
    [COL_TINYBLOB] = {"tinyblob", COLC_BYTES, 0},
    [COL_BLOB] = {"blob", COLC_BYTES, 0},
    [COL_MEDIUMBLOB] = {"mediumblob", COLC_BYTES, 0},
    [COL_LONGBLOB] = {"longblob", COLC_BYTES, 0},
    [COL_ENUM] = {"enum", COLC_INT, 1},
    [COL_SET] = {"set", COLC_INT, 1},
    [COL_JSON] = {"json", COLC_TEXT, 0},
    [COL_GEOMETRY] = {"geometry", COLC_BYTES, 0},
    [COL_UUID] = {"uuid", COLC_BYTES, 0},
    [COL_INET4] = {"inet4", COLC_BYTES, 0},
    [COL_INET6] = {"inet6", COLC_BYTES, 0},
    [COL_VECTOR] = {"vector", COLC_BYTES, 0},
};

const char *col_type_name(enum col_type t)
{
	return types[t].name;
}

enum col_class col_type_class(enum col_type t)
{
	return types[t].class;
}

int col_type_has_charset(enum col_type t)
{
	return types[t].charset;
}

int col_type_parse(const char *s, size_t n)
{
	for (int t = 0; t < COL_TYPES; t++)
		if (strlen(types[t].name) == n && !memcmp(types[t].name, s, n))
			return t;
	return -1;
}

int charset_is_utf8(const char *cs)
{
	return cs && (!strcmp(cs, "utf8mb4") || !strcmp(cs, "utf8mb3") || !strcmp(cs, "utf8") || !strcmp(cs, "ascii"));
}

int table_set_str(char **field, const char *s, size_t n)
{
	char *z = malloc(n + 1);

	if (!z)
		return -1;
	memcpy(z, s, n);
	z[n] = 0;
	free(*field);
	*field = z;
	return 0;
}

struct table *table_new(const char *db, const char *name, uint32_t ncols)
{
	struct table *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->ncols = ncols;
	t->cols = calloc(ncols ? ncols : 1, sizeof *t->cols);
	if (!t->cols || table_set_str(&t->db, db, strlen(db)) < 0 || table_set_str(&t->name, name, strlen(name)) < 0) {
		table_free(t);
		return NULL;
	}
	for (uint32_t i = 0; i < ncols; i++)
		t->cols[i].nullable = -1;
	return t;
}

static void column_release(struct column *c)
{
	free(c->name);
	free(c->charset);
	for (uint32_t i = 0; i < c->nlabels; i++)
		free(c->labels[i].p);
	free(c->labels);
}

void table_free(struct table *t)
{
	if (!t)
		return;
	if (t->user && t->user_free)
		t->user_free(t->user);
	for (uint32_t i = 0; t->cols && i < t->ncols; i++)
		column_release(&t->cols[i]);
	for (uint32_t i = 0; i < t->nkeys; i++) {
		free(t->keys[i].name);
		free(t->keys[i].cols);
		free(t->keys[i].parts);
	}
	free(t->cols);
	free(t->keys);
	free(t->db);
	free(t->name);
	free(t);
}

int column_set_labels(struct column *c, uint32_t n)
{
	for (uint32_t i = 0; i < c->nlabels; i++)
		free(c->labels[i].p);
	free(c->labels);
	c->nlabels = 0;
	c->labels = calloc(n ? n : 1, sizeof *c->labels);
	if (!c->labels)
		return -1;
	c->nlabels = n;
	return 0;
}

struct key *table_add_key(struct table *t, const char *name, int primary, uint32_t ncols)
{
	struct key *keys = realloc(t->keys, (t->nkeys + 1) * sizeof *keys), *k;

	if (!keys)
		return NULL;
	t->keys = keys;
	k = &keys[t->nkeys];
	memset(k, 0, sizeof *k);
	k->primary = primary;
	k->ncols = ncols;
	k->cols = calloc(ncols ? ncols : 1, sizeof *k->cols);
	if (!k->cols || (name && table_set_str(&k->name, name, strlen(name)) < 0)) {
		free(k->cols);
		return NULL;
	}
	t->nkeys++;
	return k;
}

static int column_copy(struct column *to, const struct column *c)
{
	*to = *c;
	to->name = to->charset = NULL;
	to->labels = NULL;
	to->nlabels = 0;
	if (c->name && table_set_str(&to->name, c->name, strlen(c->name)) < 0)
		return -1;
	if (c->charset && table_set_str(&to->charset, c->charset, strlen(c->charset)) < 0)
		return -1;
	if (c->labels && column_set_labels(to, c->nlabels) < 0)
		return -1;
	for (uint32_t i = 0; i < c->nlabels; i++) {
		to->labels[i].p = malloc(c->labels[i].n ? c->labels[i].n : 1);
		if (!to->labels[i].p)
			return -1;
		to->labels[i].n = c->labels[i].n;
		if (c->labels[i].n)
			memcpy(to->labels[i].p, c->labels[i].p, c->labels[i].n);
	}
	return 0;
}

struct table *table_copy(const struct table *t)
{
	struct table *n = table_new(t->db, t->name, t->ncols);

	if (!n)
		return NULL;
	n->id = t->id;
	for (uint32_t i = 0; i < t->ncols; i++)
		if (column_copy(&n->cols[i], &t->cols[i]) < 0)
			goto fail;
	for (uint32_t i = 0; i < t->nkeys; i++) {
		const struct key *from = &t->keys[i];
		struct key *k = table_add_key(n, from->name, from->primary, from->ncols);

		if (!k)
			goto fail;
		memcpy(k->cols, from->cols, from->ncols * sizeof *k->cols);
		if (from->parts) {
			k->parts = malloc((from->ncols ? from->ncols : 1) * sizeof *k->parts);
			if (!k->parts)
				goto fail;
			memcpy(k->parts, from->parts, from->ncols * sizeof *k->parts);
		}
	}
	return n;
fail:
	table_free(n);
	return NULL;
}

static int str_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int column_same(const struct column *a, const struct column *b)
{
	if (!str_same(a->name, b->name) || a->type != b->type || a->is_unsigned != b->is_unsigned || a->dec != b->dec ||
	    a->nullable != b->nullable || a->generated != b->generated || a->invisible != b->invisible || a->len != b->len ||
	    a->coll != b->coll || !str_same(a->charset, b->charset) || a->nlabels != b->nlabels)
		return 0;
	for (uint32_t i = 0; i < a->nlabels; i++)
		if (a->labels[i].n != b->labels[i].n || memcmp(a->labels[i].p, b->labels[i].p, a->labels[i].n) != 0)
			return 0;
	return 1;
}

static int key_same(const struct key *a, const struct key *b)
{
	if (!str_same(a->name, b->name) || a->primary != b->primary || a->ncols != b->ncols)
		return 0;
	for (uint32_t i = 0; i < a->ncols; i++)
		if (a->cols[i] != b->cols[i] || (a->parts ? a->parts[i] : 0) != (b->parts ? b->parts[i] : 0))
			return 0;
	return 1;
}

int table_same(const struct table *a, const struct table *b)
{
	if (!str_same(a->db, b->db) || !str_same(a->name, b->name) || a->ncols != b->ncols || a->nkeys != b->nkeys)
		return 0;
	for (uint32_t i = 0; i < a->ncols; i++)
		if (!column_same(&a->cols[i], &b->cols[i]))
			return 0;
	for (uint32_t i = 0; i < a->nkeys; i++)
		if (!key_same(&a->keys[i], &b->keys[i]))
			return 0;
	return 1;
}

int table_find_col(const struct table *t, const char *name, size_t n)
{
	for (uint32_t i = 0; i < t->ncols; i++)
		if (strlen(t->cols[i].name) == n && !strncasecmp(t->cols[i].name, name, n))
			return (int)i;
	return -1;
}

const struct key *table_primary(const struct table *t)
{
	return t->nkeys && t->keys[0].primary ? &t->keys[0] : NULL;
}

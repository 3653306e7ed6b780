#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "charset.h"
#include "map.h"
#include "msg.h"
#include "tie.h"

void map_free(struct map *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; m->cols && i < m->ncols; i++) {
		free(m->cols[i].ident);
		free(m->cols[i].intro);
		free(m->cols[i].using);
		free(m->cols[i].members);
		free(m->cols[i].collate);
	}
	for (uint32_t i = 0; i < m->nkeys; i++) {
		free(m->keys[i].cols);
		free(m->keys[i].ident);
	}
	tie_release(m);
	free(m->cols);
	free(m->keys);
	free(m->ident);
	free(m);
}

static char *quoted(const char *db, const char *name)
{
	struct buf b = BUF_INIT;
	char *s;

	if (db) {
		sql_ident(&b, db, strlen(db));
		buf_add8(&b, '.');
	}
	sql_ident(&b, name, strlen(name));
	s = strdup(buf_str(&b));
	if (b.failed) {
		free(s);
		s = NULL;
	}
	buf_release(&b);
	return s;
}

static int is_time(const char *type)
{
	static const char *const list[] = {"time", "datetime", "timestamp", NULL};

	return target_type_in(type, list);
}

/* ---- members of enum and set */

struct members {
	const struct column *src;
	struct map_col *m;
	uint32_t ndst;
	int same;
	struct buf text;
};

static int on_member(void *arg, uint32_t i, const char *p, size_t n)
{
	struct members *a = arg;

	a->ndst = i + 1;
	for (uint32_t k = 0; k < a->src->nlabels; k++) {
		const struct label *l = &a->src->labels[k];

		buf_reset(&a->text);
		if (!a->src->charset || charset_is_utf8(a->src->charset))
			(void)buf_add(&a->text, l->p, l->n);
		else if (charset_to_utf8(a->src->charset, l->p, l->n, &a->text) < 0)
			continue;
		if (a->text.len == n && !memcmp(a->text.p, p, n)) {
			a->m->members[k] = i + 1;
			a->same &= k == i;
			return 0;
		}
	}
	a->same &= i >= a->src->nlabels; /* members added at the end change no number */
	return 0;
}

static int map_members(const struct column *src, const struct target_col *dst, struct map_col *m)
{
	struct members a = {src, m, 0, 1, BUF_INIT};
	int rc;

	if (!src->nlabels) /* not known: the numbers are all there is */
		return 0;
	m->members = calloc(src->nlabels, sizeof *m->members);
	if (!m->members)
		return -1;
	m->nmembers = src->nlabels;
	rc = target_members(dst->column_type, on_member, &a);
	buf_release(&a.text);
	if (rc < 0)
		return -1;
	if (a.same && a.ndst >= src->nlabels) {
		free(m->members);
		m->members = NULL;
	}
	return 0;
}

/* ---- one column */

static int text_lit(const struct column *src, const struct map_options *o, struct map_col *m)
{
	const char *cs = src->charset;

	if (!cs || charset_is_utf8(cs)) {
		m->lit = LIT_TEXT;
		return 0;
	}
	if (!strcasecmp(cs, "binary")) {
		m->lit = LIT_BYTES;
		return 0;
	}
	if (!o->has_charset(o->arg, cs)) {
		m->lit = LIT_VIA_UTF8;
		return 0;
	}
	m->lit = LIT_CHARSET;
	m->intro = malloc(strlen(cs) + 2);
	if (!m->intro)
		return -1;
	m->intro[0] = '_';
	memcpy(m->intro + 1, cs, strlen(cs) + 1);
	return 0;
}

static int same_charset(const char *a, const char *b)
{
	if (!strcasecmp(a, b))
		return 1;
	/* utf8 is what older servers call utf8mb3; what is equal in one is in the other, and ascii in all of them */
	return charset_is_utf8(a) && charset_is_utf8(b);
}

static int map_col(const struct column *src, const struct target_col *dst, const struct map_options *o, struct map_col *m)
{
	const char *t = dst->type;
	int text = target_type_is_text(t), bytes = target_type_is_bytes(t), rc = 0;

	m->frac = -1;
	m->writable = !dst->generated;
	m->indexed = dst->in_index;
	m->auto_update = dst->auto_update;
	m->is_json = !strcmp(t, "json");
	switch (src->type) {
	case COL_TINYINT:
	case COL_SMALLINT:
	case COL_MEDIUMINT:
	case COL_INT:
	case COL_BIGINT:
	case COL_BIT:
	case COL_YEAR:
		m->lit = LIT_INT;
		m->bits = !strcmp(t, "float") ? 24 : !strcmp(t, "double") ? 53 : 0;
		break;
	case COL_DECIMAL:
		m->lit = LIT_DECIMAL;
		break;
	case COL_FLOAT:
		m->lit = LIT_FLOAT;
		break;
	case COL_DOUBLE:
		m->lit = LIT_DOUBLE;
		m->bits = !strcmp(t, "float") ? 24 : 0;
		break;
	case COL_DATE:
	case COL_TIME:
	case COL_DATETIME:
	case COL_TIMESTAMP:
		m->lit = LIT_ASCII;
		m->frac = is_time(t) ? dst->dec < 0 ? 0 : dst->dec : !strcmp(t, "date") ? 0 : -1;
		break;
	case COL_CHAR:
	case COL_VARCHAR:
	case COL_TINYTEXT:
	case COL_TEXT:
	case COL_MEDIUMTEXT:
	case COL_LONGTEXT:
		rc = text_lit(src, o, m);
		if (m->is_json)
			m->lit = m->lit == LIT_TEXT ? LIT_JSON : m->lit;
		break;
	case COL_JSON:
		m->lit = m->is_json ? LIT_JSON : LIT_TEXT;
		break;
	case COL_ENUM:
	case COL_SET:
		if (text || bytes) {
			m->lit = src->type == COL_ENUM ? LIT_LABEL : LIT_LABELS;
		} else {
			m->lit = src->type == COL_ENUM ? LIT_MEMBER : LIT_MEMBERS;
			if (!strcmp(t, src->type == COL_ENUM ? "enum" : "set"))
				rc = map_members(src, dst, m);
		}
		break;
	case COL_UUID:
	case COL_INET4:
	case COL_INET6:
		m->lit = bytes ? LIT_BYTES : LIT_ADDRESS;
		break;
	default:
		m->lit = LIT_BYTES;
		m->bytewise = !strcmp(t, "vector"); /* MySQL does not compare vectors */
	}
	if (rc == 0 && text) {
		m->bytewise = 1;
		if (dst->charset && src->charset && !same_charset(src->charset, dst->charset))
			m->using = strdup(dst->charset);
		else if (dst->charset && !src->charset && !charset_is_utf8(dst->charset))
			m->using = strdup(dst->charset);
		else
			return 0;
		return m->using ? 0 : -1;
	}
	return rc;
}

/* ---- keys */

static int add_key(struct map *m, const struct target_key *k, const int *source_of)
{
	struct map_key *keys;
	uint32_t *cols = malloc(k->ncols * sizeof *cols);

	if (!cols)
		return -1;
	for (uint32_t i = 0; i < k->ncols; i++) {
		if (source_of[k->cols[i]] < 0) { /* the stream does not have this column */
			free(cols);
			return 0;
		}
		cols[i] = (uint32_t)source_of[k->cols[i]];
	}
	keys = realloc(m->keys, (m->nkeys + 1) * sizeof *keys);
	if (!keys) {
		free(cols);
		return -1;
	}
	m->keys = keys;
	m->keys[m->nkeys] = (struct map_key){quoted(NULL, k->name), k->ncols, cols};
	return m->keys[m->nkeys++].ident ? 0 : -1;
}

static int map_keys(struct map *m, const struct target_table *dst)
{
	int *source_of = malloc(dst->ncols * sizeof *source_of);
	int rc = source_of ? 0 : -1;

	for (uint32_t i = 0; source_of && i < dst->ncols; i++)
		source_of[i] = -1;
	for (uint32_t i = 0; source_of && i < m->ncols; i++)
		if (m->cols[i].to >= 0)
			source_of[m->cols[i].to] = (int)i;
	for (uint32_t i = 0; rc == 0 && i < dst->nkeys; i++)
		rc = add_key(m, &dst->keys[i], source_of);
	free(source_of);
	return rc;
}

static int is_odd(const struct target_col *dst)
{
	static const char *const odd[] = {"json", "vector", "geometry", "point", "linestring", "polygon", "multipoint",
	    "multilinestring", "multipolygon", "geometrycollection", "geomcollection", NULL};

	return target_type_in(dst->type, odd);
}

/*
 * Values in a table of values are of the type that the server finds for all of a
 * column. Numbers, text and times come through that as they are; documents,
 * geometries and vectors do not.
 */
static int value_joins(const struct map_col *c, const struct target_col *dst)
{
	switch (c->lit) {
	case LIT_INT:
	case LIT_DECIMAL:
	case LIT_DOUBLE:
	case LIT_ASCII:
	case LIT_TEXT:
	case LIT_CHARSET:
	case LIT_BYTES:
	case LIT_MEMBER:
	case LIT_MEMBERS:
		return !is_odd(dst);
	default:
		return 0;
	}
}

/* A key column that is compared with such a value as with a literal: by the column's own collation. 0, 1 it cannot, -1 no memory.
 */
static int key_joins(struct map_col *c, const struct target_col *dst)
{
	struct buf b = BUF_INIT;

	switch (c->lit) {
	case LIT_INT:
	case LIT_DECIMAL:
		return dst->charset || strcmp(dst->type, "bit") == 0;
	case LIT_BYTES:
		return !target_type_is_bytes(dst->type);
	case LIT_TEXT:
		break;
	default:
		return 1;
	}
	if (!target_type_is_text(dst->type) || !dst->charset || !dst->collation)
		return 1;
	buf_printf(&b, " USING %s) COLLATE %s", dst->charset, dst->collation);
	c->collate = b.failed ? NULL : strdup(buf_str(&b));
	buf_release(&b);
	return c->collate ? 0 : -1;
}

/* What of many rows can be one statement, and in which order. */
static int map_many(struct map *m, const struct table *src, const struct target_table *dst)
{
	static uint64_t number;
	uint32_t covered = 0, needed = 0;
	int loads = !m->single_rows;

	m->table = dst;
	m->number = ++number;
	m->joins = m->nkeys > 0 && !m->single_rows;
	m->all_join = 1;
	m->binds = !m->single_rows;
	for (uint32_t i = 0; i < m->ncols; i++) {
		struct map_col *c = &m->cols[i];

		if (c->to < 0 || !c->writable)
			continue;
		covered++;
		c->in_unique = dst->cols[c->to].in_unique;
		c->joins = value_joins(c, &dst->cols[c->to]);
		m->all_join &= c->joins;
		loads &= (c->lit == LIT_JSON || !is_odd(&dst->cols[c->to])) && lit_loads(c, dst->cols[c->to].type);
		m->binds &= !is_odd(&dst->cols[c->to]) && lit_bind_type(c, &src->cols[i]) != 0;
	}
	for (uint32_t i = 0; m->joins && i < m->keys[0].ncols; i++) {
		struct map_col *c = &m->cols[m->keys[0].cols[i]];
		int rc = key_joins(c, &dst->cols[c->to]);

		if (rc < 0)
			return -1;
		m->joins = rc == 0 && c->writable && c->joins;
	}
	for (uint32_t i = 0; i < dst->ncols; i++)
		needed += !dst->cols[i].generated;
	m->beside = dst->engine && !strcasecmp(dst->engine, "InnoDB") && !dst->has_triggers && !dst->is_versioned &&
		    m->row_end < 0 && !m->single_rows;
	m->loads = loads && covered;
	m->puts = m->binds && m->joins && m->all_join && dst->nuniques == 1 && !dst->has_overlaps;
	/* a column that only the target has would be lost where a row is deleted and inserted again */
	m->folds = m->nkeys > 0 && covered == needed && !dst->is_tied && !dst->odd_unique && !dst->is_alias &&
		   !dst->is_versioned && !dst->has_triggers && m->row_end < 0 && !m->single_rows && dst->engine &&
		   !strcasecmp(dst->engine, "InnoDB");
	return 0;
}

/* A column of the source that the target lacks matters, unless it is one that the source makes by itself. */
static int may_miss(const struct column *c)
{
	return c->generated;
}

/* Is column i of a source what says when a version ended? No other generated column is part of a primary key. */
static int ends_versions(const struct table *src, uint32_t i)
{
	const struct column *c = &src->cols[i];

	if (!c->generated || c->type != COL_TIMESTAMP || c->dec != 6)
		return 0;
	if (c->invisible && !strcmp(c->name, "row_end"))
		return 1;
	for (uint32_t k = 0; src->nkeys && src->keys[0].primary && k < src->keys[0].ncols; k++)
		if (src->keys[0].cols[k] == i)
			return 1;
	return 0;
}

/*
 * A system-versioned target keeps the history itself, and one that is not, and
 * lacks the column, keeps none. Of a source that is, whose two columns are in the
 * stream, visible or not, only what happens to current rows is for them.
 */
static int row_end_of(const struct table *src, const struct target_table *dst)
{
	for (uint32_t i = 0; i < dst->ncols; i++)
		if (dst->cols[i].is_row_end)
			return table_find_col(src, dst->cols[i].name, strlen(dst->cols[i].name));
	if (dst->is_versioned)
		return table_find_col(src, "row_end", 7);
	for (uint32_t i = 0; i < src->ncols; i++)
		if (ends_versions(src, i) && target_find_col(dst, src->cols[i].name) < 0)
			return (int)i;
	return -1;
}

static int is_hidden_version(const struct column *c, const struct target_table *dst)
{
	return dst->is_versioned && c->type == COL_TIMESTAMP && (!strcmp(c->name, "row_start") || !strcmp(c->name, "row_end"));
}

enum row_op map_op(const struct map *m, enum row_op op, const struct val *old, const struct val *new, int *is_history)
{
	const struct val *end;

	*is_history = 0;
	if (m->row_end < 0)
		return op;
	end = op == ROW_DELETE ? &old[m->row_end] : &new[m->row_end];
	/* a current row's end is the last moment that the type can say, in 2038 or 2106 */
	if (end->kind != VAL_STR || end->n < 19 || !memcmp(end->p, "2038-01-19 03:14:07", 19) ||
	    !memcmp(end->p, "2106-02-07 06:28:15", 19))
		return op;
	if (op == ROW_UPDATE) /* the current row became history: it was deleted */
		return ROW_DELETE;
	*is_history = 1;
	return op;
}

struct map *map_new(const struct table *src, const struct target_table *dst, const struct map_options *o, struct buf *why)
{
	struct map *m = calloc(1, sizeof *m);

	buf_reset(why);
	if (!m || !(m->cols = calloc(src->ncols, sizeof *m->cols)) || !(m->ident = quoted(dst->db, dst->name)))
		goto nomem;
	m->ncols = src->ncols;
	m->single_rows = dst->is_sequence;
	m->row_end = row_end_of(src, dst);
	if (dst->has_triggers && !o->allow_triggers) {
		buf_adds(why,
		    "the target's table has triggers, which would fire on rows that the source's triggers have already seen"
		    " (--allow-triggers lets them)");
		goto fail;
	}
	if (dst->is_view) {
		buf_adds(why, "it is a view on the target");
		goto fail;
	}
	for (uint32_t i = 0; i < src->ncols; i++) {
		struct map_col *c = &m->cols[i];

		c->to = target_find_col(dst, src->cols[i].name);
		if (c->to < 0) {
			if (may_miss(&src->cols[i]) || is_hidden_version(&src->cols[i], dst))
				continue;
			buf_printf(why, "the target's table has no column \"%s\"", src->cols[i].name);
			goto fail;
		}
		c->ident = quoted(NULL, dst->cols[c->to].name);
		if (!c->ident || map_col(&src->cols[i], &dst->cols[c->to], o, c) < 0)
			goto nomem;
		if (src->cols[i].type == COL_DECIMAL &&
		    (!strcmp(dst->cols[c->to].type, "float") || !strcmp(dst->cols[c->to].type, "double")))
			msg_warn("column \"%s\" of \"%s.%s\" is decimal at the source and %s on the target: digits are lost",
			    src->cols[i].name, dst->db, dst->name, dst->cols[c->to].type);
	}
	if (map_keys(m, dst) < 0 || map_many(m, src, dst) < 0 || tie_make(m, src, dst, o->hides_ties) < 0)
		goto nomem;
	if (!dst->is_sequence && dst->engine && strcasecmp(dst->engine, "InnoDB") != 0 && strcasecmp(dst->engine, "ROCKSDB") != 0)
		msg_warn(
		    "table \"%s.%s\" is %s on the target: without transactions its rows may be applied twice after a failure",
		    dst->db, dst->name, dst->engine);
	return m;
nomem:
	buf_reset(why);
	buf_adds(why, "out of memory");
fail:
	buf_str(why);
	map_free(m);
	return NULL;
}

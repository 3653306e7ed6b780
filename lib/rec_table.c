/* TABLE: a definition, read and written. */
#include "rec.h"

#include <stdlib.h>

#include "rec_map.h"

static void read_labels(struct cur *c, struct column *col)
{
	uint32_t n = mp_read_array(c);

	if (c->err)
		return;
	if (n > 65535 || column_set_labels(col, n) < 0) {
		cur_fail(c, "too many members");
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct str s = get_str(c);

		if (c->err)
			return;
		col->labels[i].p = malloc(s.n ? s.n : 1);
		if (!col->labels[i].p) {
			cur_fail(c, "out of memory");
			return;
		}
		memcpy(col->labels[i].p, s.p, s.n);
		col->labels[i].n = s.n;
	}
}

static void own(struct cur *c, char **field, struct str s)
{
	if (!c->err && table_set_str(field, s.p, s.n) < 0)
		cur_fail(c, "out of memory");
}

static void read_column(struct cur *c, struct column *col)
{
	struct pairs m;
	int type = -1;

	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "name"))
			own(c, &col->name, get_name(c));
		else if (is(&m, "type")) {
			struct str s = get_str(c);

			type = c->err ? -1 : col_type_parse(s.p, s.n);
			if (type < 0)
				cur_fail(c, "column type is not known");
			else
				col->type = (enum col_type)type;
		} else if (is(&m, "unsigned"))
			col->is_unsigned = (uint8_t)flag(c);
		else if (is(&m, "len"))
			col->len = get_u32(c);
		else if (is(&m, "dec")) {
			uint32_t dec = get_u32(c);

			if (dec > 255)
				cur_fail(c, "too many digits");
			col->dec = (uint8_t)dec;
		} else if (is(&m, "coll"))
			col->coll = get_u32(c);
		else if (is(&m, "cs"))
			own(c, &col->charset, get_name(c));
		else if (is(&m, "labels"))
			read_labels(c, col);
		else if (is(&m, "null"))
			col->nullable = (int8_t)flag(c);
		else if (is(&m, "gen"))
			col->generated = (uint8_t)flag(c);
		else if (is(&m, "inv"))
			col->invisible = (uint8_t)flag(c);
		else
			keep(&m, NULL);
	}
	if (!c->err && (!col->name || type < 0))
		cur_fail(c, "a column has no name or type");
}

static uint32_t *read_numbers(struct cur *c, uint32_t *n, uint32_t limit)
{
	uint32_t *v;

	*n = mp_read_array(c);
	if (c->err)
		return NULL;
	if (*n > TABLE_MAX_COLS || !(v = calloc(*n ? *n : 1, sizeof *v))) {
		cur_fail(c, "a key has too many columns");
		return NULL;
	}
	for (uint32_t i = 0; i < *n; i++) {
		v[i] = get_u32(c);
		if (v[i] >= limit)
			cur_fail(c, "a key's column is not one of the table's");
	}
	if (c->err) {
		free(v);
		return NULL;
	}
	return v;
}

static void read_key(struct cur *c, struct table *t, int first)
{
	struct pairs m;
	struct str name = {NULL, 0};
	uint32_t ncols = 0, nparts = 0, *cols = NULL, *parts = NULL;
	int primary = 0;
	struct key *k;

	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "name"))
			name = get_name(c);
		else if (is(&m, "primary"))
			primary = flag(c);
		else if (is(&m, "cols") && !cols)
			cols = read_numbers(c, &ncols, t->ncols);
		else if (is(&m, "parts") && !parts)
			parts = read_numbers(c, &nparts, UINT32_MAX);
		else
			keep(&m, NULL);
	}
	if (!c->err && (!cols || !ncols || (parts && nparts != ncols) || (primary && !first)))
		cur_fail(c, "a key is not well-formed");
	if (c->err)
		goto out;
	k = table_add_key(t, NULL, primary, 0);
	if (!k) {
		cur_fail(c, "out of memory");
		goto out;
	}
	free(k->cols);
	k->cols = cols;
	k->ncols = ncols;
	k->parts = parts;
	cols = parts = NULL;
	if (name.p)
		own(c, &k->name, name);
out:
	free(cols);
	free(parts);
}

struct table *read_table(struct cur *c, struct rec_extra *extra)
{
	struct pairs m;
	struct table *t = table_new("", "", 0);
	int has_cols = 0;
	struct cur keys = {0};

	if (!t) {
		cur_fail(c, "out of memory");
		return NULL;
	}
	free(t->db);
	free(t->name);
	t->db = t->name = NULL;
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "id"))
			t->id = get_u32(c);
		else if (is(&m, "db"))
			own(c, &t->db, get_name(c));
		else if (is(&m, "name"))
			own(c, &t->name, get_name(c));
		else if (is(&m, "cols") && !has_cols) {
			uint32_t n = mp_read_array(c);
			struct column *cols = n <= TABLE_MAX_COLS && !c->err ? calloc(n ? n : 1, sizeof *cols) : NULL;

			if (!cols) {
				cur_fail(c, "too many columns");
				break;
			}
			free(t->cols);
			t->cols = cols;
			t->ncols = n;
			has_cols = 1;
			for (uint32_t i = 0; i < n; i++)
				cols[i].nullable = -1;
			for (uint32_t i = 0; i < n && !c->err; i++)
				read_column(c, &cols[i]);
		} else if (is(&m, "keys")) {
			/* keys name columns: they are read when those are known */
			keys = *c;
			mp_skip(c);
		} else
			keep(&m, extra);
	}
	if (keys.p && !c->err) {
		uint32_t n = mp_read_array(&keys);

		for (uint32_t i = 0; i < n && !keys.err; i++)
			read_key(&keys, t, i == 0);
		if (keys.err)
			cur_fail(c, keys.err);
	}
	if (done(c, t->id && t->db && t->name && has_cols) < 0) {
		table_free(t);
		return NULL;
	}
	return t;
}

static void write_column(struct buf *b, const struct column *col)
{
	struct mapw m = map_open(b);

	put_z(&m, "name", col->name);
	put_z(&m, "type", col_type_name(col->type));
	put_bool(&m, col->is_unsigned, "unsigned", 1);
	put_uint(&m, col->len > 0, "len", col->len);
	put_uint(&m, col->dec > 0, "dec", col->dec);
	put_uint(&m, col->coll > 0, "coll", col->coll);
	put_z(&m, "cs", col->charset);
	if (col->labels) {
		put_key(&m, "labels");
		mp_array(b, col->nlabels);
		for (uint32_t i = 0; i < col->nlabels; i++)
			mp_bin(b, col->labels[i].p, col->labels[i].n);
	}
	put_bool(&m, col->nullable >= 0, "null", col->nullable);
	put_bool(&m, col->generated, "gen", 1);
	put_bool(&m, col->invisible, "inv", 1);
	map_close(&m, NULL);
}

static void write_numbers(struct mapw *m, const char *key, const uint32_t *v, uint32_t n)
{
	put_key(m, key);
	mp_array(m->b, n);
	for (uint32_t i = 0; i < n; i++)
		mp_uint(m->b, v[i]);
}

int write_table(struct buf *b, const struct table *t, const struct rec_extra *extra)
{
	size_t start = frame_begin(b, FRAME_TABLE);
	struct mapw m = map_open(b);

	put_uint(&m, 1, "id", t->id);
	put_z(&m, "db", t->db);
	put_z(&m, "name", t->name);
	put_key(&m, "cols");
	mp_array(b, t->ncols);
	for (uint32_t i = 0; i < t->ncols; i++)
		write_column(b, &t->cols[i]);
	if (t->nkeys) {
		put_key(&m, "keys");
		mp_array(b, t->nkeys);
		for (uint32_t i = 0; i < t->nkeys; i++) {
			const struct key *k = &t->keys[i];
			struct mapw km = map_open(b);

			put_z(&km, "name", k->name);
			put_bool(&km, k->primary, "primary", 1);
			write_numbers(&km, "cols", k->cols, k->ncols);
			if (k->parts)
				write_numbers(&km, "parts", k->parts, k->ncols);
			map_close(&km, NULL);
		}
	}
	map_close(&m, extra);
	return frame_end(b, start);
}

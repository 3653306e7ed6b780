#include "rec.h"

#include <errno.h>
#include <stdlib.h>

#include "xid.h"

#define NAME_BYTES 1024 /* of a database, table, column or key name; the servers' own limit is 64 characters */

void rec_extra_release(struct rec_extra *e)
{
	buf_release(&e->bytes);
	e->pairs = 0;
}

void rec_ddl_release(struct rec_ddl *r)
{
	free(r->names);
	r->names = NULL;
	r->nnames = 0;
	rec_extra_release(&r->env_extra);
	rec_extra_release(&r->extra);
}

/* ---- reading maps */

/* A walk over the pairs of one map: the present key, and where its pair began. */
struct pairs {
	struct cur *c;
	uint32_t left;
	struct str key;
	const uint8_t *at;
};

static void pairs_open(struct pairs *m, struct cur *c)
{
	m->c = c;
	m->left = mp_read_map(c);
}

static int pairs_next(struct pairs *m)
{
	if (!m->left || m->c->err)
		return 0;
	m->left--;
	m->at = m->c->p;
	m->key.p = (const char *)mp_read_bytes(m->c, &m->key.n);
	return !m->c->err;
}

static int is(const struct pairs *m, const char *name)
{
	return strlen(name) == m->key.n && !memcmp(name, m->key.p, m->key.n);
}

/* A pair that is not known: passed over, and kept if somebody wants it. */
static void keep(struct pairs *m, struct rec_extra *e)
{
	if (mp_skip(m->c) < 0 || !e)
		return;
	e->pairs++;
	if (buf_add(&e->bytes, m->at, (size_t)(m->c->p - m->at)) < 0)
		cur_fail(m->c, "out of memory");
}

static struct str get_str(struct cur *c)
{
	struct str s;

	s.p = (const char *)mp_read_bytes(c, &s.n);
	return s;
}

static struct str get_name(struct cur *c)
{
	struct str s = get_str(c);

	if (!c->err && (s.n > NAME_BYTES || memchr(s.p, 0, s.n)))
		cur_fail(c, "not a name");
	return s;
}

static struct str get_file(struct cur *c)
{
	struct str s = get_str(c);

	if (!c->err && (s.n > 511 || memchr(s.p, 0, s.n)))
		cur_fail(c, "not a log file's name");
	return s;
}

/* It goes into statements as it is, so nothing but the one form is taken. */
static struct str get_xid(struct cur *c)
{
	struct str s = get_str(c);

	if (!c->err && !xid_is_canonical(s.p, s.n))
		cur_fail(c, "not the name of an XA transaction");
	return s;
}

static uint32_t get_u32(struct cur *c)
{
	uint64_t v = mp_read_uint(c);

	if (v > UINT32_MAX) {
		cur_fail(c, "number is too large");
		return 0;
	}
	return (uint32_t)v;
}

/* The map is over: all that must be there was, and nothing follows it. */
static int done(struct cur *c, int complete)
{
	if (!c->err && !complete)
		cur_fail(c, "a field is missing");
	if (!c->err && c->p != c->end)
		cur_fail(c, "something follows the record");
	return c->err ? -1 : 0;
}

/* ---- writing maps: the head is one byte until it is known that there are more than 15 pairs */

struct mapw {
	struct buf *b;
	size_t at;
	uint32_t n;
};

static struct mapw map_open(struct buf *b)
{
	struct mapw m = {b, b->len, 0};

	(void)buf_add8(b, 0x80);
	return m;
}

static void map_close(struct mapw *m, const struct rec_extra *e)
{
	struct buf *b = m->b;

	if (e && e->pairs) {
		m->n += e->pairs;
		(void)buf_add(b, e->bytes.p, e->bytes.len);
	}
	if (m->n < 16) {
		if (!b->failed)
			b->p[m->at] = (uint8_t)(0x80 | m->n);
		return;
	}
	if (buf_room(b, 4) < 0)
		return;
	unsigned more = m->n < 65536 ? 2 : 4;

	memmove(b->p + m->at + 1 + more, b->p + m->at + 1, b->len - m->at - 1);
	b->len += more;
	b->p[m->at] = more == 2 ? 0xde : 0xdf;
	for (unsigned i = 0; i < more; i++)
		b->p[m->at + 1 + i] = (uint8_t)(m->n >> (8 * (more - 1 - i)));
}

static void put_key(struct mapw *m, const char *key)
{
	m->n++;
	mp_strz(m->b, key);
}

static void put_str(struct mapw *m, const char *key, struct str s)
{
	if (!s.p)
		return;
	put_key(m, key);
	mp_str(m->b, s.p, s.n);
}

static void put_z(struct mapw *m, const char *key, const char *z)
{
	put_str(m, key, str_of(z));
}

static void put_bin(struct mapw *m, const char *key, struct str s)
{
	if (!s.p)
		return;
	put_key(m, key);
	mp_bin(m->b, s.p, s.n);
}

static void put_uint(struct mapw *m, int has, const char *key, uint64_t v)
{
	if (!has)
		return;
	put_key(m, key);
	mp_uint(m->b, v);
}

static void put_int(struct mapw *m, int has, const char *key, int64_t v)
{
	if (!has)
		return;
	put_key(m, key);
	mp_int(m->b, v);
}

static void put_bool(struct mapw *m, int has, const char *key, int v)
{
	if (!has)
		return;
	put_key(m, key);
	mp_bool(m->b, v);
}

/* ---- HELLO */

int read_hello(struct cur *c, struct rec_hello *r)
{
	struct pairs m;
	int version = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "version")) {
			r->version = mp_read_uint(c);
			version = 1;
		} else if (is(&m, "by"))
			r->by = get_str(c);
		else if (is(&m, "flavor"))
			r->flavor = get_str(c);
		else if (is(&m, "server"))
			r->server = get_str(c);
		else if (is(&m, "server_id")) {
			r->server_id = mp_read_uint(c);
			r->has_server_id = 1;
		} else if (is(&m, "uuid"))
			r->uuid = get_str(c);
		else if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			r->has_off = 1;
		} else if (is(&m, "gtid"))
			r->gtid = get_str(c);
		else if (is(&m, "time")) {
			r->time_us = mp_read_int(c);
			r->has_time = 1;
		} else
			keep(&m, &r->extra);
	}
	return done(c, version && r->flavor.p);
}

int write_hello(struct buf *b, const struct rec_hello *r)
{
	size_t start = frame_begin(b, FRAME_HELLO);
	struct mapw m = map_open(b);

	put_uint(&m, 1, "version", r->version);
	put_str(&m, "by", r->by);
	put_str(&m, "flavor", r->flavor);
	put_str(&m, "server", r->server);
	put_uint(&m, r->has_server_id, "server_id", r->server_id);
	put_str(&m, "uuid", r->uuid);
	put_str(&m, "file", r->file);
	put_uint(&m, r->has_off, "off", r->off);
	put_str(&m, "gtid", r->gtid);
	put_int(&m, r->has_time, "time", r->time_us);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- TABLE */

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

static int flag(struct cur *c)
{
	return mp_read_bool(c);
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

/* ---- BEGIN */

int read_begin(struct cur *c, struct rec_begin *r)
{
	struct pairs m;
	int off = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "gtid"))
			r->gtid = get_str(c);
		else if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			off = 1;
		} else if (is(&m, "ts")) {
			r->ts_us = mp_read_int(c);
			r->has_ts = 1;
		} else if (is(&m, "server_id")) {
			r->server_id = mp_read_uint(c);
			r->has_server_id = 1;
		} else if (is(&m, "xid"))
			r->xid = get_xid(c);
		else
			keep(&m, &r->extra);
	}
	return done(c, r->file.p && off);
}

int write_begin(struct buf *b, const struct rec_begin *r)
{
	size_t start = frame_begin(b, FRAME_BEGIN);
	struct mapw m = map_open(b);

	put_str(&m, "gtid", r->gtid);
	put_str(&m, "file", r->file);
	put_uint(&m, 1, "off", r->off);
	put_int(&m, r->has_ts, "ts", r->ts_us);
	put_uint(&m, r->has_server_id, "server_id", r->server_id);
	put_str(&m, "xid", r->xid);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- ROWS */

int read_rows(struct cur *c, struct rec_rows *r)
{
	struct pairs m;
	int op = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "t"))
			r->table_id = get_u32(c);
		else if (is(&m, "op")) {
			struct str s = get_str(c);

			op = !c->err && s.n == 1 ? *s.p : 0;
			r->op = op == 'i' ? ROW_INSERT : op == 'u' ? ROW_UPDATE : ROW_DELETE;
			if (!c->err && op != 'i' && op != 'u' && op != 'd')
				cur_fail(c, "row operation is not known");
		} else if (is(&m, "n"))
			r->n = mp_read_uint(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			r->has_off = 1;
		} else if (is(&m, "fl"))
			r->flags = get_u32(c);
		else
			keep(&m, &r->extra);
	}
	if (!c->err && (!r->table_id || !op || !r->n))
		cur_fail(c, "a field is missing");
	/* an image is one byte at the least */
	if (!c->err && r->n > cur_left(c))
		cur_fail(c, "more rows than the frame can hold");
	return c->err ? -1 : 0;
}

/* The head of an image must have as many values as the table has columns. */
static int image_head(struct cur *c, const struct table *t)
{
	uint32_t n = mp_read_array(c);

	return !c->err && n != t->ncols ? cur_fail(c, "a row does not have as many values as its table has columns")
					: -(c->err != NULL);
}

static int fits(const struct column *col, const struct val *v)
{
	if (v->kind <= VAL_NULL)
		return 1;
	switch (col_type_class(col->type)) {
	case COLC_INT:
		return v->kind == VAL_UINT || v->kind == VAL_INT;
	case COLC_FLOAT:
		return v->kind == VAL_FLOAT;
	case COLC_DOUBLE:
		return v->kind == VAL_DOUBLE;
	case COLC_ASCII:
		return v->kind == VAL_STR;
	case COLC_TEXT:
		return v->kind == VAL_STR || v->kind == VAL_BIN;
	case COLC_BYTES:
		return v->kind == VAL_BIN;
	}
	return 0;
}

int read_image(struct cur *c, const struct table *t, struct val *vals)
{
	if (image_head(c, t) < 0)
		return -1;
	for (uint32_t i = 0; i < t->ncols; i++) {
		if (val_read(c, &vals[i]) < 0)
			return -1;
		if (!fits(&t->cols[i], &vals[i]))
			return cur_fail(c, "a value is not of its column's type");
	}
	return 0;
}

int skip_image(struct cur *c, const struct table *t)
{
	struct val v;

	if (image_head(c, t) < 0)
		return -1;
	for (uint32_t i = 0; i < t->ncols; i++)
		if (val_read(c, &v) < 0)
			return -1;
	return 0;
}

void rows_init(struct rows_writer *w)
{
	memset(w, 0, sizeof *w);
}

void rows_release(struct rows_writer *w)
{
	buf_release(&w->rows);
}

void rows_open(struct rows_writer *w, const struct rec_rows *head)
{
	w->head = *head;
	w->head.n = 0;
	buf_reset(&w->rows);
	w->open = 1;
}

int rows_close(struct rows_writer *w, struct buf *out)
{
	static const char *const ops[] = {[ROW_INSERT] = "i", [ROW_UPDATE] = "u", [ROW_DELETE] = "d"};
	struct mapw m;
	size_t start;

	if (!w->open)
		return 0;
	w->open = 0;
	if (w->rows.failed)
		return -1;
	if (!w->head.n)
		return 0;
	start = frame_begin(out, FRAME_ROWS);
	m = map_open(out);
	put_uint(&m, 1, "t", w->head.table_id);
	put_z(&m, "op", ops[w->head.op]);
	put_uint(&m, 1, "n", w->head.n);
	put_uint(&m, w->head.has_off, "off", w->head.off);
	put_uint(&m, w->head.flags != 0, "fl", w->head.flags);
	map_close(&m, &w->head.extra);
	(void)buf_add(out, w->rows.p, w->rows.len);
	return frame_end(out, start);
}

/* ---- DDL */

static void read_env(struct cur *c, struct rec_ddl *r)
{
	struct pairs m;

	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "sql_mode")) {
			r->sql_mode = mp_read_uint(c);
			r->has_sql_mode = 1;
		} else if (is(&m, "fk")) {
			r->fk = flag(c);
			r->has_fk = 1;
		} else if (is(&m, "uniq")) {
			r->uniq = flag(c);
			r->has_uniq = 1;
		} else if (is(&m, "cs")) {
			r->cs = get_u32(c);
			r->has_cs = 1;
		} else if (is(&m, "cl")) {
			r->cl = get_u32(c);
			r->has_cl = 1;
		} else if (is(&m, "cserver")) {
			r->cserver = get_u32(c);
			r->has_cserver = 1;
		} else if (is(&m, "tz"))
			r->tz = get_str(c);
		else
			keep(&m, &r->env_extra);
	}
}

static void read_names(struct cur *c, struct rec_ddl *r)
{
	uint32_t n = mp_read_array(c);

	if (c->err)
		return;
	if (n > DDL_NAMES_MAX || r->names || !(r->names = calloc(n ? n : 1, sizeof *r->names))) {
		cur_fail(c, "too many names");
		return;
	}
	for (uint32_t i = 0; i < n && !c->err; i++) {
		if (mp_read_array(c) != 2)
			cur_fail(c, "a name is not a pair");
		r->names[i].db = get_name(c);
		r->names[i].name = get_name(c);
		r->nnames = i + 1;
	}
}

int read_ddl(struct cur *c, struct rec_ddl *r)
{
	struct pairs m;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "sql"))
			r->sql = get_str(c);
		else if (is(&m, "db"))
			r->db = get_name(c);
		else if (is(&m, "verb"))
			r->verb = get_name(c);
		else if (is(&m, "names"))
			read_names(c, r);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			r->has_off = 1;
		} else if (is(&m, "env"))
			read_env(c, r);
		else
			keep(&m, &r->extra);
	}
	return done(c, r->sql.p && r->verb.p && r->names);
}

int write_ddl(struct buf *b, const struct rec_ddl *r)
{
	size_t start = frame_begin(b, FRAME_DDL);
	struct mapw m = map_open(b);

	put_bin(&m, "sql", r->sql);
	put_str(&m, "db", r->db);
	put_str(&m, "verb", r->verb);
	put_key(&m, "names");
	mp_array(b, r->nnames);
	for (uint32_t i = 0; i < r->nnames; i++) {
		mp_array(b, 2);
		mp_str(b, r->names[i].db.p, r->names[i].db.n);
		mp_str(b, r->names[i].name.p, r->names[i].name.n);
	}
	put_uint(&m, r->has_off, "off", r->off);
	if (r->has_sql_mode || r->has_fk || r->has_uniq || r->has_cs || r->has_cl || r->has_cserver || r->tz.p ||
	    r->env_extra.pairs) {
		put_key(&m, "env");
		struct mapw e = map_open(b);

		put_uint(&e, r->has_sql_mode, "sql_mode", r->sql_mode);
		put_bool(&e, r->has_fk, "fk", r->fk);
		put_bool(&e, r->has_uniq, "uniq", r->uniq);
		put_uint(&e, r->has_cs, "cs", r->cs);
		put_uint(&e, r->has_cl, "cl", r->cl);
		put_uint(&e, r->has_cserver, "cserver", r->cserver);
		put_str(&e, "tz", r->tz);
		map_close(&e, &r->env_extra);
	}
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- COMMIT */

int read_commit(struct cur *c, struct rec_commit *r)
{
	struct pairs m;
	int off = 0, rows = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			off = 1;
		} else if (is(&m, "rows")) {
			r->rows = mp_read_uint(c);
			rows = 1;
		} else
			keep(&m, &r->extra);
	}
	return done(c, r->file.p && off && rows);
}

int write_commit(struct buf *b, const struct rec_commit *r)
{
	size_t start = frame_begin(b, FRAME_COMMIT);
	struct mapw m = map_open(b);

	put_str(&m, "file", r->file);
	put_uint(&m, 1, "off", r->off);
	put_uint(&m, 1, "rows", r->rows);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- MARK */

int read_mark(struct cur *c, struct rec_mark *r)
{
	struct pairs m;
	int off = 0, time = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			off = 1;
		} else if (is(&m, "gtid"))
			r->gtid = get_str(c);
		else if (is(&m, "time")) {
			r->time_us = mp_read_int(c);
			time = 1;
		} else
			keep(&m, &r->extra);
	}
	return done(c, r->file.p && off && time);
}

int write_mark(struct buf *b, const struct rec_mark *r)
{
	size_t start = frame_begin(b, FRAME_MARK);
	struct mapw m = map_open(b);

	put_str(&m, "file", r->file);
	put_uint(&m, 1, "off", r->off);
	put_str(&m, "gtid", r->gtid);
	put_int(&m, 1, "time", r->time_us);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- END */

int read_end(struct cur *c, struct rec_end *r)
{
	struct pairs m;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			r->has_off = 1;
		} else if (is(&m, "why"))
			r->why = get_str(c);
		else
			keep(&m, &r->extra);
	}
	return done(c, 1);
}

int write_end(struct buf *b, const struct rec_end *r)
{
	size_t start = frame_begin(b, FRAME_END);
	struct mapw m = map_open(b);

	put_str(&m, "file", r->file);
	put_uint(&m, r->has_off, "off", r->off);
	put_str(&m, "why", r->why);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- SAVEPOINT, ROLLBACK */

static int read_to(struct cur *c, struct rec_rollback *r, const char *key)
{
	struct pairs m;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, key))
			r->to = get_name(c);
		else if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			r->has_off = 1;
		} else
			keep(&m, &r->extra);
	}
	return c->err ? -1 : 0;
}

int read_rollback(struct cur *c, struct rec_rollback *r)
{
	return read_to(c, r, "to") < 0 ? -1 : done(c, r->to.p || (r->file.p && r->has_off));
}

int read_savepoint(struct cur *c, struct rec_rollback *r)
{
	return read_to(c, r, "name") < 0 ? -1 : done(c, r->to.p != NULL);
}

static int write_to(struct buf *b, const struct rec_rollback *r, int kind, const char *key)
{
	size_t start = frame_begin(b, kind);
	struct mapw m = map_open(b);

	put_str(&m, key, r->to);
	put_str(&m, "file", r->file);
	put_uint(&m, r->has_off, "off", r->off);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

int write_rollback(struct buf *b, const struct rec_rollback *r)
{
	return write_to(b, r, FRAME_ROLLBACK, "to");
}

int write_savepoint(struct buf *b, const struct rec_rollback *r)
{
	return write_to(b, r, FRAME_SAVEPOINT, "name");
}

/* ---- NOTE */

int read_note(struct cur *c, struct rec_note *r)
{
	struct pairs m;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "sql"))
			r->sql = get_str(c);
		else
			keep(&m, &r->extra);
	}
	return done(c, r->sql.p != NULL);
}

int write_note(struct buf *b, const struct rec_note *r)
{
	size_t start = frame_begin(b, FRAME_NOTE);
	struct mapw m = map_open(b);

	put_bin(&m, "sql", r->sql);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

/* ---- PREPARE, DECIDE */

int read_prepare(struct cur *c, struct rec_prepare *r)
{
	struct pairs m;
	int off = 0, rows = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "file"))
			r->file = get_file(c);
		else if (is(&m, "off")) {
			r->off = mp_read_uint(c);
			off = 1;
		} else if (is(&m, "rows")) {
			r->rows = mp_read_uint(c);
			rows = 1;
		} else if (is(&m, "xid"))
			r->xid = get_xid(c);
		else
			keep(&m, &r->extra);
	}
	return done(c, r->file.p && off && rows && r->xid.p);
}

int write_prepare(struct buf *b, const struct rec_prepare *r)
{
	size_t start = frame_begin(b, FRAME_PREPARE);
	struct mapw m = map_open(b);

	put_str(&m, "file", r->file);
	put_uint(&m, 1, "off", r->off);
	put_uint(&m, 1, "rows", r->rows);
	put_str(&m, "xid", r->xid);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

int read_decide(struct cur *c, struct rec_decide *r)
{
	struct pairs m;
	int commit = 0;

	memset(r, 0, sizeof *r);
	for (pairs_open(&m, c); pairs_next(&m);) {
		if (is(&m, "xid"))
			r->xid = get_xid(c);
		else if (is(&m, "commit")) {
			r->commit = flag(c);
			commit = 1;
		} else
			keep(&m, &r->extra);
	}
	return done(c, r->xid.p && commit);
}

int write_decide(struct buf *b, const struct rec_decide *r)
{
	size_t start = frame_begin(b, FRAME_DECIDE);
	struct mapw m = map_open(b);

	put_str(&m, "xid", r->xid);
	put_bool(&m, 1, "commit", r->commit);
	map_close(&m, &r->extra);
	return frame_end(b, start);
}

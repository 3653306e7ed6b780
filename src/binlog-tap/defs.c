#include "defs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "charset.h"
#include "msg.h"
#include "tap.h"

struct coll {
	char name[64];
	uint32_t id;
};

struct defs {
	const struct conn_opts *opts;
	struct conn *conn;
	struct coll *colls; /* number of each collation's name */
	size_t ncolls, cap_colls;
};

struct defs *defs_new(const struct conn_opts *o)
{
	struct defs *d = calloc(1, sizeof *d);

	if (d)
		d->opts = o;
	return d;
}

void defs_free(struct defs *d)
{
	if (!d)
		return;
	conn_close(d->conn);
	free(d->colls);
	free(d);
}

int conn_failed(struct tap *t, const char *what, unsigned no, const char *why)
{
	t->is_lost = conn_error_is_outside(no);
	t->code = t->is_lost ? CODE_OUTSIDE : CODE_USAGE;
	msg_error("%s %s: %s", t->is_lost ? "could not" : "cannot", what, why);
	switch (no) {
	case 1142:
	case 1143:
	case 1227:
	case 1370:
		msg_hint("the user needs: grant replication slave, binlog monitor (MySQL: replication client), select on *.* to "
			 "the user of the tap");
		break;
	default:
		if (conn_error_hint(no))
			msg_hint("%s", conn_error_hint(no));
		break;
	}
	return -1;
}

struct conn *defs_conn(struct defs *d, struct tap *t)
{
	struct buf err = BUF_INIT, what = BUF_INIT;
	unsigned no = 0;

	if (d->conn && conn_queryz(d->conn, "DO 1") == 0)
		return d->conn;
	conn_close(d->conn);
	d->conn = conn_open(d->opts, CONN_QUERY, 60, &err, &no);
	if (!d->conn) {
		buf_printf(&what, "connect to %s", conn_opts_where(d->opts));
		(void)conn_failed(t, buf_str(&what), no, buf_str(&err));
	} else if (!conn_is_mariadb(d->conn) && conn_version(d->conn) >= 80030) {
		/* a primary key that the server made by itself is in the log, so it must be seen */
		(void)conn_queryz(d->conn, "SET show_gipk_in_create_table_and_information_schema = ON");
	}
	buf_release(&err);
	buf_release(&what);
	return d->conn;
}

int defs_failed(struct defs *d, struct tap *t, const char *what)
{
	return conn_failed(t, what, conn_errno(d->conn), conn_error(d->conn));
}

/* ---- collations */

static int on_coll(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct defs *d = arg;

	(void)ncols;
	if (!v[0] || !v[1] || lens[0] >= sizeof d->colls->name)
		return 0;
	if (d->ncolls == d->cap_colls) {
		size_t cap = d->cap_colls ? 2 * d->cap_colls : 512;
		struct coll *p = realloc(d->colls, cap * sizeof *p);

		if (!p)
			return 1;
		d->colls = p;
		d->cap_colls = cap;
	}
	memcpy(d->colls[d->ncolls].name, v[0], lens[0] + 1);
	d->colls[d->ncolls++].id = (uint32_t)strtoul(v[1], NULL, 10);
	return 0;
}

static int load_colls(struct defs *d)
{
	if (d->ncolls)
		return 0;
	/* since MariaDB 10.10 a collation may go with several character sets and has a number for each */
	if (conn_is_mariadb(d->conn) && conn_version(d->conn) >= 101000) {
		static const char sql[] = "SELECT FULL_COLLATION_NAME, ID FROM "
					  "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE ID IS NOT NULL";

		return conn_query(d->conn, sql, sizeof sql - 1, on_coll, d);
	}
	static const char sql[] = "SELECT COLLATION_NAME, ID FROM information_schema.COLLATIONS WHERE ID IS NOT NULL";

	return conn_query(d->conn, sql, sizeof sql - 1, on_coll, d);
}

static uint32_t coll_id(const struct defs *d, const char *name)
{
	for (size_t i = 0; i < d->ncolls; i++)
		if (!strcmp(d->colls[i].name, name))
			return d->colls[i].id;
	return 0;
}

/* ---- columns */

struct load {
	struct defs *d;
	const struct tmap *m;
	struct tmap_col *cols;
	struct table *t;
	uint32_t n; /* columns so far */
	int no_memory;
	struct buf odd; /* a column of a type that is not known */
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
		c->coll = coll_id(l->d, v[C_COLLATION]);
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
	if (ncols != C_COLS || l->n >= l->t->ncols) {
		l->n++; /* more than the log has: a mismatch, told by the check */
		return 0;
	}
	type = type_of(v[C_DATA_TYPE]);
	if (type < 0) {
		buf_printf(&l->odd, "column \"%s\" of type %s", v[C_NAME], v[C_DATA_TYPE]);
		return 1;
	}
	l->t->cols[l->n].type = (enum col_type)type;
	if (type == COL_UUID && l->n < l->m->ncols)
		l->cols[l->n].is_old_uuid = strstr(v[C_TYPE], "old") != NULL;
	if (set_column(l, &l->t->cols[l->n], v) < 0) {
		l->no_memory = 1;
		return 1;
	}
	l->n++;
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
	l->no_memory = 1;
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

/* MariaDB logs columns that it does not show: the period of system versioning, the hash behind a long unique key. */
static int add_hidden(struct load *l)
{
	unsigned hash = 0;

	for (int period = 0; l->n < l->m->ncols; l->n++) {
		const struct tmap_col *c = &l->cols[l->n];
		struct column *to = &l->t->cols[l->n];
		char name[32];

		if (c->type == LT_TIMESTAMP2 && c->dec == 6 && period < 2) {
			(void)snprintf(name, sizeof name, "%s", period++ ? "row_end" : "row_start");
			to->type = COL_TIMESTAMP;
			to->dec = 6;
		} else if (c->type == LT_LONGLONG) {
			(void)snprintf(name, sizeof name, "DB_ROW_HASH_%u", ++hash);
			to->type = COL_BIGINT;
			to->is_unsigned = 1;
		} else {
			return 0; /* a mismatch */
		}
		to->nullable = (int8_t)c->nullable;
		to->generated = to->invisible = 1;
		if (table_set_str(&to->name, name, strlen(name)) < 0)
			return -1;
	}
	return 0;
}

static void where_table(struct buf *sql, const char *db, const char *name)
{
	buf_adds(sql, " WHERE TABLE_SCHEMA = ");
	sql_string(sql, db, strlen(db));
	buf_adds(sql, " AND TABLE_NAME = ");
	sql_string(sql, name, strlen(name));
}

static int load_table(struct load *l, const char *db, const char *name, struct buf *sql)
{
	buf_adds(sql,
	    "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE,"
	    " DATETIME_PRECISION, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, EXTRA FROM information_schema.COLUMNS");
	where_table(sql, db, name);
	buf_adds(sql, " ORDER BY ORDINAL_POSITION");
	if (conn_query(l->d->conn, buf_str(sql), sql->len, on_column, l) < 0)
		return -1;
	if (!l->n || l->odd.len || l->no_memory)
		return 0;
	if (conn_is_mariadb(l->d->conn) && add_hidden(l) < 0)
		l->no_memory = 1;
	buf_reset(sql);
	buf_adds(sql, "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART, COUNT(*) OVER (PARTITION BY INDEX_NAME) FROM"
		      " information_schema.STATISTICS");
	where_table(sql, db, name);
	buf_adds(sql, " AND NON_UNIQUE = 0 ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX");
	if (conn_query(l->d->conn, buf_str(sql), sql->len, on_key_column, l) < 0)
		return -1;
	drop_odd_keys(l->t);
	return 0;
}

/*
 * A log without names is read by the places of the columns as they are now. A
 * change that swaps two columns of one type cannot be seen in the log; that the
 * table was changed after the rows were written can, and is said.
 */
static int warn_if_changed(struct load *l, struct tap *t, const char *db, const char *name, struct buf *sql)
{
	struct buf at = BUF_INIT;
	int r;

	if (l->m->has_names || !l->n || t->b.group_ts_us <= 0)
		return 0;
	buf_reset(sql);
	buf_adds(sql, "SELECT UNIX_TIMESTAMP(CREATE_TIME) FROM information_schema.TABLES");
	where_table(sql, db, name);
	r = conn_value(l->d->conn, buf_str(sql), &at);
	if (r > 0 && strtoll(buf_str(&at), NULL, 10) > t->b.group_ts_us / 1000000)
		msg_warn("table \"%s.%s\" was altered after its rows at %s:%llu were written: their columns are taken by the "
			 "places that they have now (binlog_row_metadata=FULL on the source would name them)",
		    db, name, t->b.file, (unsigned long long)t->b.event_pos);
	buf_release(&at);
	return r < 0 ? -1 : 0;
}

/* What came of it. */
static int finish(struct defs *d, struct tap *t, struct load *l, const char *db, const char *name, struct table **out)
{
	if (l->no_memory) {
		msg_no_memory();
		t->code = CODE_OUTSIDE;
		return -1;
	}
	(void)d;
	if (l->odd.len && !l->m->has_names) {
		msg_error("cannot read table \"%s.%s\": %s is not known to this version", db, name, buf_str(&l->odd));
		t->code = CODE_USAGE;
		return -1;
	}
	if (!l->n && !l->m->has_names) {
		msg_error("cannot read rows of table \"%s.%s\" at %s:%llu: the server does not have the table any more, or does "
			  "not show it",
		    db, name, t->b.file, (unsigned long long)t->b.event_pos);
		msg_hint("leave it out with --exclude, set binlog_row_metadata=FULL on the source, or grant select on it");
		t->code = CODE_USAGE;
		return -1;
	}
	if (l->odd.len || !l->n)
		return 0;
	/* another number of columns than the log's is for the caller to tell; a definition with names can do with fewer */
	if (l->n != l->t->ncols) {
		if (l->m->has_names && l->n > l->t->ncols)
			l->n = l->t->ncols;
		if (!l->m->has_names) {
			msg_error("table \"%s.%s\" is not as it was when the log was written at %s:%llu: it has %u columns, in "
				  "the log %u",
			    db, name, t->b.file, (unsigned long long)t->b.event_pos, (unsigned)l->n, (unsigned)l->t->ncols);
			msg_hint("the table was changed since: binlog-tap(1) says under Tables how to come past that, and "
				 "binlog_row_metadata=FULL on the source keeps it from happening again");
			t->code = CODE_USAGE;
			return -1;
		}
		for (uint32_t i = l->n; i < l->t->ncols; i++)
			if (table_set_str(&l->t->cols[i].name, "", 0) < 0)
				return -1;
	}
	*out = l->t;
	l->t = NULL;
	return 0;
}

int defs_find(struct defs *d, struct tap *t, const struct tmap *m, struct tmap_col *cols, struct table **out)
{
	struct load l = {.d = d, .m = m, .cols = cols};
	struct buf sql = BUF_INIT;
	char db[256], name[256];
	int r = -1;

	memcpy(db, m->db, m->ndb);
	db[m->ndb] = 0;
	memcpy(name, m->name, m->nname);
	name[m->nname] = 0;
	if (!defs_conn(d, t))
		return -1;
	l.t = table_new(db, name, m->ncols);
	if (!l.t)
		l.no_memory = 1;
	else if (load_colls(d) < 0 || load_table(&l, db, name, &sql) < 0 || warn_if_changed(&l, t, db, name, &sql) < 0)
		goto lost;
	r = finish(d, t, &l, db, name, out);
	goto done;
lost:
	(void)defs_failed(d, t, "read a table's definition");
done:
	table_free(l.t);
	buf_release(&l.odd);
	buf_release(&l.key);
	buf_release(&sql);
	return r;
}

#include "defs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "schema.h"
#include "tap.h"

struct defs {
	const struct conn_opts *opts;
	struct conn *conn;
	struct schema *schema;
};

struct defs *defs_new(const struct conn_opts *o)
{
	struct defs *d = calloc(1, sizeof *d);

	if (!d)
		return NULL;
	d->opts = o;
	d->schema = schema_new();
	if (d->schema)
		return d;
	free(d);
	return NULL;
}

void defs_free(struct defs *d)
{
	if (!d)
		return;
	conn_close(d->conn);
	schema_free(d->schema);
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

struct load {
	struct defs *d;
	const struct tmap *m;
	struct tmap_col *cols;
	struct table *t;
	uint32_t n; /* columns so far */
	struct schema_found f;
};

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

static int load_table(struct load *l)
{
	uint8_t *old_uuid = l->f.old_uuid = calloc(l->m->ncols ? l->m->ncols : 1, 1);
	int r = old_uuid ? schema_read(l->d->schema, l->d->conn, l->t, &l->f) : 0;

	l->f.no_memory |= !old_uuid;
	l->n = l->f.n;
	for (uint32_t i = 0; old_uuid && i < l->n && i < l->m->ncols; i++)
		l->cols[i].is_old_uuid = old_uuid[i];
	free(old_uuid);
	if (r < 0 || !l->n || l->f.odd.len || l->f.no_memory)
		return r;
	if (conn_is_mariadb(l->d->conn) && add_hidden(l) < 0)
		l->f.no_memory = 1;
	return schema_read_keys(l->d->schema, l->d->conn, l->t, &l->f);
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
	if (l->f.no_memory) {
		msg_no_memory();
		t->code = CODE_OUTSIDE;
		return -1;
	}
	(void)d;
	if (l->f.odd.len && !l->m->has_names) {
		msg_error("cannot read table \"%s.%s\": %s is not known to this version", db, name, buf_str(&l->f.odd));
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
	if (l->f.odd.len || !l->n)
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
		l.f.no_memory = 1;
	else if (load_table(&l) < 0 || warn_if_changed(&l, t, db, name, &sql) < 0)
		goto lost;
	r = finish(d, t, &l, db, name, out);
	goto done;
lost:
	(void)defs_failed(d, t, "read a table's definition");
done:
	table_free(l.t);
	schema_found_release(&l.f);
	buf_release(&sql);
	return r;
}

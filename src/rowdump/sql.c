/*
 * The stream as statements for the mariadb or mysql client. Rows are written
 * with all that identifies them: the primary key, else a unique key without
 * NULLs, else every column byte for byte and LIMIT 1.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "charset.h"
#include "dump.h"
#include "show.h"
#include "sqlval.h"

struct sql {
	int begun;	/* BEGIN is written */
	int session;	/* the session is set for rows */
	uint32_t flags; /* of ROWS that it is set for */
	char db[1025];	/* USE was said */
};

void sql_free(struct sql *q)
{
	free(q);
}

static struct sql *sql_of(struct dump *d)
{
	if (!d->sql)
		d->sql = calloc(1, sizeof(*d->sql));
	return d->sql;
}

static void comment(struct dump *d, struct str text)
{
	buf_adds(&d->w.b, "-- ");
	show_text(&d->w.b, text.p, text.n, 1u << 30, "\n-- ");
	buf_add8(&d->w.b, '\n');
}

static void comment_place(struct dump *d, const char *what, struct str file, uint64_t off)
{
	buf_printf(&d->w.b, "-- %s ", what);
	show_text(&d->w.b, file.p, file.n, 1000, NULL);
	buf_printf(&d->w.b, ":%llu\n", (unsigned long long)off);
}

static int on_hello(struct stream *s, const struct rec_hello *r)
{
	struct dump *d = s->arg;
	struct sql *q = sql_of(d);

	if (!q)
		return dump_no_memory(d);
	buf_adds(&d->w.b, "-- row changes of ");
	show_text(&d->w.b, r->flavor.p, r->flavor.n, 100, NULL);
	buf_add8(&d->w.b, ' ');
	show_text(&d->w.b, r->server.p, r->server.n, 100, NULL);
	buf_add8(&d->w.b, '\n');
	if (r->file.p)
		comment_place(d, "from", r->file, r->off);
	q->session = 0;
	q->db[0] = 0;
	return dump_done(d);
}

/*
 * Not strict: an enum may hold its error value, and a generated column that the
 * log does not tell from others is passed over by MariaDB with a warning.
 */
static void session_for_rows(struct dump *d, struct sql *q, uint32_t flags)
{
	if (!q->session)
		buf_adds(&d->w.b, "SET NAMES utf8mb4;\n"
				  "SET SESSION time_zone = '+00:00',"
				  " sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';\n");
	if (!q->session || q->flags != flags)
		buf_printf(&d->w.b, "SET SESSION foreign_key_checks = %d, unique_checks = %d;\n",
		    !(flags & (ROWS_NO_FK | ROWS_FK_DONE)), !(flags & ROWS_NO_UNIQUE));
	if (q->session ? (q->flags ^ flags) & ROWS_NO_CHECK : flags & ROWS_NO_CHECK) /* only MariaDB has it */
		buf_printf(&d->w.b, "SET SESSION check_constraint_checks = %d;\n", !(flags & ROWS_NO_CHECK));
	q->session = 1;
	q->flags = flags;
}

static void open_trx(struct dump *d, struct sql *q)
{
	if (!q->begun && *d->s.begin_xid)
		buf_printf(&d->w.b, "XA START %s;\n", d->s.begin_xid);
	else if (!q->begun)
		buf_adds(&d->w.b, "BEGIN;\n");
	q->begun = 1;
}

static int on_begin(struct stream *s, const struct rec_begin *r)
{
	struct dump *d = s->arg;

	d->sql->begun = 0;
	if (r->gtid.p) {
		buf_adds(&d->w.b, "-- transaction ");
		show_text(&d->w.b, r->gtid.p, r->gtid.n, 1000, NULL);
		buf_add8(&d->w.b, '\n');
	}
	comment_place(d, "at", r->file, r->off);
	return dump_done(d);
}

static int on_commit(struct stream *s, const struct rec_commit *r)
{
	struct dump *d = s->arg;

	(void)r;
	if (d->sql->begun && *s->begin_xid)
		buf_printf(&d->w.b, "XA END %s;\nXA COMMIT %s ONE PHASE;\n", s->begin_xid, s->begin_xid);
	else if (d->sql->begun)
		buf_adds(&d->w.b, "COMMIT;\n");
	return dump_done(d);
}

/* It is there for its XA COMMIT or XA ROLLBACK even when it has no row. */
static int on_prepare(struct stream *s, const struct rec_prepare *r)
{
	struct dump *d = s->arg;

	(void)r;
	open_trx(d, d->sql);
	buf_printf(&d->w.b, "XA END %s;\nXA PREPARE %s;\n", s->begin_xid, s->begin_xid);
	return dump_done(d);
}

static int on_decide(struct stream *s, const struct rec_decide *r)
{
	struct dump *d = s->arg;

	buf_printf(&d->w.b, "XA %s %.*s;\n", r->commit ? "COMMIT" : "ROLLBACK", (int)r->xid.n, r->xid.p);
	return dump_done(d);
}

static int on_mark(struct stream *s, const struct rec_mark *r)
{
	comment_place(s->arg, "mark", r->file, r->off);
	return dump_done(s->arg);
}

static int on_end(struct stream *s, const struct rec_end *r)
{
	struct dump *d = s->arg;

	if (r->file.p)
		comment_place(d, "end", r->file, r->off);
	else
		buf_adds(&d->w.b, "-- end\n");
	return dump_done(d);
}

static void savepoint_name(struct buf *b, struct str name)
{
	buf_add8(b, '`');
	for (uint32_t i = 0; i < name.n; i++) {
		if (name.p[i] == '`')
			buf_add8(b, '`');
		buf_add8(b, (uint8_t)name.p[i]);
	}
	buf_adds(b, "`;\n");
}

static int on_savepoint(struct stream *s, const struct rec_rollback *r)
{
	struct dump *d = s->arg;

	open_trx(d, d->sql);
	buf_adds(&d->w.b, "SAVEPOINT ");
	savepoint_name(&d->w.b, r->to);
	return dump_done(d);
}

static int on_rollback(struct stream *s, const struct rec_rollback *r)
{
	struct dump *d = s->arg;

	if (r->to.p) {
		buf_adds(&d->w.b, "ROLLBACK TO SAVEPOINT ");
		savepoint_name(&d->w.b, r->to);
	} else if (d->sql->begun) {
		buf_adds(&d->w.b, "ROLLBACK;\n");
	}
	return dump_done(d);
}

static int on_note(struct stream *s, const struct rec_note *r)
{
	comment(s->arg, r->sql);
	return dump_done(s->arg);
}

static int on_other(struct stream *s)
{
	struct dump *d = s->arg;

	buf_printf(&d->w.b, "-- a frame of kind %d, %zu bytes\n", s->frame.kind, s->frame.body_len);
	return dump_done(d);
}

/* ---- statements */

static void use_db(struct dump *d, struct sql *q, struct str db)
{
	if (!db.p || db.n == 0 || db.n >= sizeof(q->db) || (strlen(q->db) == db.n && memcmp(q->db, db.p, db.n) == 0))
		return;
	memcpy(q->db, db.p, db.n);
	q->db[db.n] = 0;
	buf_adds(&d->w.b, "USE ");
	sql_name(&d->w.b, q->db);
	buf_adds(&d->w.b, ";\n");
}

static void set_var(struct buf *b, int *any, const char *name, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void set_var(struct buf *b, int *any, const char *name, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_printf(b, "%s%s = %s", *any ? ", " : "SET SESSION ", name, text);
	*any = 1;
}

/* The session that the statement ran in, as far as it is known. */
static void session_for_ddl(struct dump *d, const struct rec_ddl *r, const char *client)
{
	struct buf *b = &d->w.b;
	int any = 0;

	buf_printf(b, "SET NAMES %s;\n", client);
	if (r->has_sql_mode)
		set_var(b, &any, "sql_mode", "%llu", (unsigned long long)r->sql_mode);
	if (r->has_fk)
		set_var(b, &any, "foreign_key_checks", "%d", r->fk);
	if (r->has_uniq)
		set_var(b, &any, "unique_checks", "%d", r->uniq);
	if (r->has_cl && collation_name(r->cl))
		set_var(b, &any, "collation_connection", "'%s'", collation_name(r->cl));
	if (r->has_cserver && collation_name(r->cserver))
		set_var(b, &any, "collation_server", "'%s'", collation_name(r->cserver));
	if (r->tz.p && r->tz.n) {
		buf_adds(b, any ? ", time_zone = " : "SET SESSION time_zone = ");
		sql_text(b, r->tz.p, r->tz.n);
		any = 1;
	}
	if (any)
		buf_adds(b, ";\n");
}

static int has(const struct buf *b, const char *z)
{
	return memmem(b->p, b->len, z, strlen(z)) != NULL;
}

static int on_ddl(struct stream *s, const struct rec_ddl *r)
{
	struct dump *d = s->arg;
	struct sql *q = d->sql;
	struct buf *b = &d->w.b;
	const char *cs = r->has_cs ? charset_of_collation(r->cs) : NULL, *client = "utf8mb4";
	char delimiter[16] = ";";

	buf_reset(&d->tmp);
	if (charset_to_utf8(cs ? cs : "utf8mb4", r->sql.p, r->sql.n, &d->tmp) < 0) {
		/* its own bytes, for a session of its own character set */
		client = cs ? cs : "binary";
		buf_reset(&d->tmp);
		buf_add(&d->tmp, r->sql.p, r->sql.n);
	}
	if (d->tmp.failed)
		return dump_no_memory(d);
	if (r->verb.n < 9 || memcmp(r->verb.p + r->verb.n - 9, " database", 9) != 0)
		use_db(d, q, r->db); /* of a database's own statement the default is itself, and need not be there yet */
	session_for_ddl(d, r, client);
	q->session = 0;
	for (size_t n = 2; n < sizeof(delimiter) && has(&d->tmp, delimiter); n++) {
		memset(delimiter, '$', n);
		delimiter[n] = 0;
	}
	if (*delimiter == '$')
		buf_printf(b, "DELIMITER %s\n", delimiter);
	buf_add(b, d->tmp.p, d->tmp.len);
	/* on a line of its own, as the statement may end in a comment */
	buf_printf(b, "\n%s\n", delimiter);
	if (*delimiter == '$')
		buf_adds(b, "DELIMITER ;\n");
	if (r->verb.n == 13 && memcmp(r->verb.p, "drop database", 13) == 0)
		q->db[0] = 0; /* it may have been the one in use */
	return dump_done(d);
}

/* ---- rows */

static int key_is_usable(const struct key *k, const struct val *old)
{
	for (uint32_t i = 0; i < k->ncols; i++)
		if (old[k->cols[i]].kind <= VAL_NULL)
			return 0;
	return !k->parts || k->primary;
}

static const struct key *find_key(const struct table *t, const struct val *old)
{
	for (uint32_t n = 0; n < t->nkeys; n++)
		if (key_is_usable(&t->keys[n], old))
			return &t->keys[n];
	return NULL;
}

/* The key's columns as an index compares them, then, without one or to be sure, all of the row to the byte. */
static void where(struct dump *d, const struct table *t, const struct val *old, int guarded)
{
	struct buf *b = &d->w.b;
	const struct key *k = find_key(t, old);
	int exact = k && k->parts; /* a prefix does not tell two rows apart: their whole columns do */
	const char *and = " WHERE ";

	for (uint32_t i = 0; k && i < k->ncols; i++, and = " AND ") {
		buf_adds(b, and);
		sql_equals(b, &t->cols[k->cols[i]], &old[k->cols[i]], exact);
	}
	for (uint32_t i = 0; (!k || d->check || guarded) && i < t->ncols; i++) {
		if (old[i].kind == VAL_ABSENT || t->cols[i].generated)
			continue;
		buf_adds(b, and);
		sql_equals(b, &t->cols[i], &old[i], 1);
		and = " AND ";
	}
	buf_adds(b, k ? ";\n" : " LIMIT 1;\n");
	if (d->check)
		/* a path that is none is an error in SET, on every server and in every sql_mode */
		buf_adds(b, "SET @rowferry = EXTRACTVALUE(0, IF(ROW_COUNT() = 1, 'a', '~the row is not as it was left'));\n");
}

static int is_stored(const struct table *t, const struct val *v, uint32_t i)
{
	return v[i].kind != VAL_ABSENT && !t->cols[i].generated;
}

static void put_insert(struct buf *b, const char *verb, const struct table *t, const struct val *new)
{
	const char *sep = "";

	buf_printf(b, "%s INTO ", verb);
	sql_table(b, t);
	buf_adds(b, " (");
	for (uint32_t i = 0; i < t->ncols; i++) {
		if (!is_stored(t, new, i))
			continue;
		buf_adds(b, sep);
		sql_name(b, t->cols[i].name);
		sep = ", ";
	}
	buf_adds(b, ") VALUES (");
	sep = "";
	for (uint32_t i = 0; i < t->ncols; i++) {
		if (!is_stored(t, new, i))
			continue;
		buf_adds(b, sep);
		sql_value(b, &t->cols[i], &new[i]);
		sep = ", ";
	}
	buf_adds(b, ");\n");
}

/* As rowmap may leave it. The server would count no row then. */
static int changes_nothing(const struct table *t, const struct val *old, const struct val *new)
{
	for (uint32_t i = 0; i < t->ncols; i++)
		if (is_stored(t, new, i) && !val_same(&old[i], &new[i]))
			return 0;
	return 1;
}

static void put_update(struct dump *d, const struct table *t, const struct val *old, const struct val *new, int guarded)
{
	struct buf *b = &d->w.b;
	const char *sep = " SET ";
	size_t start = b->len;

	if (d->check && changes_nothing(t, old, new))
		return;
	buf_adds(b, "UPDATE ");
	sql_table(b, t);
	for (uint32_t i = 0; i < t->ncols; i++) {
		if (!is_stored(t, new, i))
			continue;
		buf_adds(b, sep);
		sql_name(b, t->cols[i].name);
		buf_adds(b, " = ");
		sql_value(b, &t->cols[i], &new[i]);
		sep = ", ";
	}
	if (sep[1] == 'S') {
		b->len = start;
		return; /* only generated columns changed */
	}
	where(d, t, old, guarded);
}

static void put_delete(struct dump *d, const struct table *t, const struct val *old, int guarded)
{
	struct buf *b = &d->w.b;

	buf_adds(b, "DELETE FROM ");
	sql_table(b, t);
	where(d, t, old, guarded);
}

static int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct dump *d = s->arg;

	if (dump_vals(d, t) < 0)
		return dump_no_memory(d);
	session_for_rows(d, d->sql, r->flags);
	open_trx(d, d->sql);
	for (uint64_t i = 0; i < r->n; i++) {
		if (r->op == ROW_UPDATE && dump_image(d, c, t, d->old) < 0)
			return -1;
		if (dump_image(d, c, t, d->vals) < 0)
			return -1;
		if (r->op == ROW_INSERT)
			put_insert(&d->w.b, r->replace ? "REPLACE" : "INSERT", t, d->vals);
		else if (r->op == ROW_UPDATE)
			put_update(d, t, d->old, d->vals, r->flags & ROWS_GUARDED);
		else
			put_delete(d, t, d->vals, r->flags & ROWS_GUARDED);
		if (dump_done(d) < 0)
			return -1;
	}
	return STREAM_TOOK;
}

const struct stream_calls sql_calls = {.on_hello = on_hello,
    .on_begin = on_begin,
    .on_rows = on_rows,
    .on_ddl = on_ddl,
    .on_commit = on_commit,
    .on_mark = on_mark,
    .on_end = on_end,
    .on_savepoint = on_savepoint,
    .on_rollback = on_rollback,
    .on_note = on_note,
    .on_prepare = on_prepare,
    .on_decide = on_decide,
    .on_other = on_other,
    .on_idle = dump_on_idle};

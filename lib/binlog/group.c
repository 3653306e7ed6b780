#include "binlog/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binlog/zip.h"
#include "charset.h"
#include "ddl.h"
#include "xid.h"

#define MYSQL_UTF8MB4 255u /* utf8mb4_0900_ai_ci, since 8.0 */
int group_missing(struct binlog *b, const struct event *e)
{
	const char *name = event_type_name(e->type);

	return fail_refused(b,
	    "start where a transaction starts: positions of row streams, of SHOW MASTER STATUS, of GTID events",
	    "this is in the middle of a transaction (%s event)", name ? name : "unknown");
}

/* The open transaction comes again: it must be the same one. */
static int begin_again(struct binlog *b, const struct group_start *g)
{
	if (strcmp(buf_str(&b->group_gtid), g->gtid) || strcmp(b->group_file, b->file) || b->group_pos != b->event_pos)
		return fail_refused(b, "the log was replaced: what was written of the transaction cannot be completed",
		    "transaction %s came instead of %s of %s:%llu", g->gtid, buf_str(&b->group_gtid), b->group_file,
		    (unsigned long long)b->group_pos);
	b->is_replay = 0;
	b->in_group = 1;
	return 0;
}

static int write_the_begin(struct binlog *b)
{
	struct rec_begin r = {.gtid = str_n(b->group_gtid.len ? (const char *)b->group_gtid.p : "", b->group_gtid.len),
	    .file = str_of(b->group_file),
	    .off = b->group_pos,
	    .ts_us = b->group_ts_us,
	    .has_ts = 1,
	    .server_id = b->group_server_id,
	    .has_server_id = 1};

	if (b->group_xid.len)
		r.xid = str_n(b->group_xid.p, b->group_xid.len);
	return !b->group_skip && write_begin(b->out, &r) < 0 ? fail_memory(b) : 0;
}

int group_begin(struct binlog *b, const struct group_start *g)
{
	struct rec_begin r = {0};
	int take;

	if (b->in_group)
		return fail_damaged(b, "a transaction begins inside the one of %llu", (unsigned long long)b->group_pos);
	b->is_standalone = g->is_standalone;
	b->has_begun = 0;
	b->alter = g->alter;
	if (b->is_replay)
		return begin_again(b, g);
	r.gtid = str_of(g->gtid);
	r.file = str_of(b->file);
	r.off = b->event_pos;
	r.ts_us = g->ts_us;
	r.has_ts = 1;
	r.server_id = g->e->server_id;
	r.has_server_id = 1;
	r.xid = str_of(g->xid);
	take = b->calls->on_group(b->arg, &r);
	if (take < 0)
		return fail_call(b);
	if (take == BINLOG_HALT)
		return 1;
	buf_reset(&b->group_gtid);
	buf_adds(&b->group_gtid, g->gtid);
	buf_reset(&b->group_xid);
	buf_adds(&b->group_xid, g->xid ? g->xid : "");
	memcpy(b->group_file, b->file, strlen(b->file) + 1);
	b->group_pos = b->event_pos;
	b->group_rows = b->items = b->replay = 0;
	b->group_skip = take == BINLOG_SKIP;
	b->in_group = 1;
	b->group_ts_us = g->ts_us;
	b->group_server_id = g->e->server_id;
	b->owes_begin = !b->format.is_mariadb;
	if (b->group_gtid.failed || b->group_xid.failed)
		return fail_memory(b);
	return b->owes_begin ? 0 : write_the_begin(b);
}

int group_open(struct binlog *b, const struct event *e)
{
	enum xid_verb verb;
	struct ev_query q;
	int one_phase;
	struct cur c;

	b->owes_begin = 0;
	if (e->type == EV_QUERY) {
		cur_init(&c, e->body, e->body_len);
		if (read_query(&c, &b->format, 0, &q) < 0)
			return fail_cur(b, e, &c);
		if (xid_of_statement(q.sql, q.nsql, &verb, &one_phase, &b->group_xid) < 0 || verb != XID_START)
			buf_reset(&b->group_xid);
		if (b->group_xid.failed)
			return fail_memory(b);
	}
	return write_the_begin(b);
}

/* The transaction is over, one way or the other. */
static int group_end(struct binlog *b)
{
	if (b->replay)
		return fail_refused(b, "the log was replaced: what was written of the transaction cannot be completed",
		    "the transaction %s came again and was shorter", buf_str(&b->group_gtid));
	b->in_group = 0;
	b->groups++;
	if (b->gtid && b->group_gtid.len && gtid_set_add(b->gtid, buf_str(&b->group_gtid), b->group_gtid.len) < 0)
		return fail_memory(b);
	if (rows_statement_end(b) < 0)
		return -1;
	b->pos = b->next_pos;
	return b->calls->on_output(b->arg) < 0 ? fail_call(b) : 0;
}

int group_commit(struct binlog *b)
{
	struct rec_commit r = {0};

	if (rows_flush(b) < 0)
		return -1;
	r.file = str_of(b->file);
	r.off = b->next_pos;
	r.rows = b->group_rows;
	if (!b->group_skip && write_commit(b->out, &r) < 0)
		return fail_memory(b);
	return group_end(b);
}

int group_rollback(struct binlog *b)
{
	struct rec_rollback r = {0};

	if (rows_flush(b) < 0)
		return -1;
	r.file = str_of(b->file);
	r.off = b->next_pos;
	r.has_off = 1;
	if (!b->group_skip && write_rollback(b->out, &r) < 0)
		return fail_memory(b);
	return group_end(b);
}

int group_prepare(struct binlog *b, const struct event *e)
{
	struct rec_prepare r = {0};
	struct ev_xa_prepare x;
	struct buf xid = BUF_INIT;
	struct cur c;
	int same;

	cur_init(&c, e->body, e->body_len);
	if (read_xa_prepare(&c, &x) < 0)
		return fail_cur(b, e, &c);
	xid_print(&xid, x.gtrid, x.ngtrid, x.bqual, x.nbqual, x.format);
	if (xid.failed) {
		buf_release(&xid);
		return fail_memory(b);
	}
	same = xid.len == b->group_xid.len && !memcmp(xid.p, b->group_xid.p, xid.len);
	buf_release(&xid);
	if (!same)
		return fail_why(b, e, "of another XA transaction than began");
	if (x.one_phase)
		return group_commit(b);
	if (rows_flush(b) < 0)
		return -1;
	r.file = str_of(b->file);
	r.off = b->next_pos;
	r.rows = b->group_rows;
	r.xid = str_n(b->group_xid.p, b->group_xid.len);
	if (!b->group_skip && write_prepare(b->out, &r) < 0)
		return fail_memory(b);
	return group_end(b);
}

static int decide(struct binlog *b, const struct buf *xid, int commit)
{
	struct rec_decide r = {.xid = str_n(xid->p, xid->len), .commit = commit};

	if (!b->group_skip && group_item(b)) {
		if (rows_flush(b) < 0)
			return -1;
		if (write_decide(b->out, &r) < 0)
			return fail_memory(b);
	}
	return group_commit(b);
}

/* The XA statements that a log has; XA START is there in MySQL's only. */
static int xa_statement(struct binlog *b, const struct event *e, const char *sql, size_t n)
{
	struct buf xid = BUF_INIT;
	enum xid_verb verb;
	int one_phase, r = 0;

	if (xid_of_statement(sql, n, &verb, &one_phase, &xid) < 0)
		r = fail_why(b, e, "an XA statement that is not understood");
	else if (xid.failed)
		r = fail_memory(b);
	else if (verb == XID_START && (xid.len != b->group_xid.len || memcmp(xid.p, b->group_xid.p, xid.len) != 0))
		r = fail_why(b, e, "XA START inside of a transaction");
	else if (verb == XID_COMMIT || verb == XID_ROLLBACK)
		r = one_phase ? group_commit(b) : decide(b, &xid, verb == XID_COMMIT);
	buf_release(&xid);
	return r;
}

int group_note(struct binlog *b, const void *sql, size_t n)
{
	struct rec_note r = {.sql = str_n(sql, n)};

	if (!b->in_group || b->group_skip || !b->with_notes || !group_item(b))
		return 0;
	if (rows_flush(b) < 0)
		return -1;
	return write_note(b->out, &r) < 0 ? fail_memory(b) : 0;
}

static int savepoint(struct binlog *b, const struct ddl *d)
{
	struct rec_rollback r = {.to = str_of(d->savepoint ? d->savepoint : "")};
	int w;

	if (b->group_skip || !group_item(b))
		return 0;
	if (rows_flush(b) < 0)
		return -1;
	w = d->class == DDL_SAVEPOINT ? write_savepoint(b->out, &r) : write_rollback(b->out, &r);
	return w < 0 ? fail_memory(b) : 0;
}

/* Definitions of what the statement changes are looked up again. */
static void drop_defs(struct binlog *b, const struct ddl *d, const char *db)
{
	if (d->class == DDL_UNKNOWN || (d->class == DDL_TABLE && !d->nnames)) {
		tdefs_drop(&b->defs, NULL, NULL);
		return;
	}
	if (d->class != DDL_TABLE && d->class != DDL_DATABASE)
		return;
	for (size_t i = 0; i < d->nnames; i++) {
		const char *ndb = d->names[i].db ? d->names[i].db : db;

		tdefs_drop(&b->defs, ndb, *d->names[i].name ? d->names[i].name : NULL);
	}
}

/* 1, 0; -1: failed. */
static int is_wanted(struct binlog *b, const struct ddl *d, const char *db)
{
	int w;

	for (size_t i = 0; i < d->nnames; i++) {
		const char *ndb = d->names[i].db ? d->names[i].db : db;

		w = b->calls->wants(b->arg, ndb, strlen(ndb), d->names[i].name, strlen(d->names[i].name));

		if (w)
			return w < 0 ? fail_call(b) : 1;
	}
	if (d->nnames)
		return 0;
	/* of nothing with a name: as its default database */
	w = b->calls->wants(b->arg, db, strlen(db), "", 0);
	return w < 0 ? fail_call(b) : w;
}

static void add_def(struct rec_ddl *r, uint32_t coll)
{
	if (r->ndefs < DDL_DEFS_MAX)
		r->defs[r->ndefs++] = (uint16_t)coll;
}

/* What a character set that stands alone means, where it is not what the server's version has for it. */
static void set_defs(const struct ev_query *q, struct rec_ddl *r)
{
	static const char *const unicode[] = {"utf8mb3", "ucs2", "utf8mb4", "utf16", "utf32"};
	struct cur c;

	if (q->utf8mb4 && q->utf8mb4 != MYSQL_UTF8MB4)
		add_def(r, q->utf8mb4);
	if (!q->has_csc)
		return;
	/* a list of its own takes the place of the version's, which is about these sets */
	for (size_t i = 0; i < sizeof unicode / sizeof *unicode; i++) {
		uint32_t plain = charset_default_collation(unicode[i]), coll = plain;

		cur_init(&c, q->csc, 4u * q->ncsc);
		for (unsigned k = 0; k < q->ncsc; k++) {
			uint16_t of = cur_le16(&c), to = cur_le16(&c);

			coll = of == plain ? to : coll;
		}
		add_def(r, coll);
	}
	cur_init(&c, q->csc, 4u * q->ncsc);
	for (unsigned k = 0; k < q->ncsc; k++) {
		const char *cs = charset_of_collation(cur_le16(&c));
		uint16_t to = cur_le16(&c);
		int seen = !cs;

		for (size_t i = 0; cs && i < sizeof unicode / sizeof *unicode; i++)
			seen |= !strcmp(cs, unicode[i]);
		if (!seen)
			add_def(r, to);
	}
}

/* MariaDB says it from 10.8.4 on, MySQL where it matters. */
static int edt_is_off(const struct log_format *f, const struct ev_query *q)
{
	unsigned major = 0, minor = 0;

	if (!f->is_mariadb)
		return q->has_edt && !q->edt;
	return q->has_flags2 && !(q->flags2 & QUERY_EDT) && sscanf(f->server, "%u.%u", &major, &minor) == 2 &&
	       major * 100 + minor > 1008;
}

static int write_statement(
    struct binlog *b, const struct ddl *d, const char *db, const struct ev_query *q, const char *sql, size_t n)
{
	struct rec_ddl r = {0};
	int w;

	r.sql = str_n(sql, n);
	if (*db)
		r.db = str_of(db);
	r.verb = str_of(d->verb);
	r.off = b->event_pos;
	r.has_off = 1;
	if (d->nnames && !(r.names = calloc(d->nnames, sizeof *r.names)))
		return fail_memory(b);
	r.nnames = (uint32_t)(d->nnames < DDL_NAMES_MAX ? d->nnames : DDL_NAMES_MAX);
	for (uint32_t i = 0; i < r.nnames; i++) {
		r.names[i].db = str_of(d->names[i].db ? d->names[i].db : db);
		r.names[i].name = str_of(d->names[i].name);
	}
	r.has_sql_mode = q->has_sql_mode;
	r.sql_mode = q->sql_mode;
	r.has_fk = r.has_uniq = q->has_flags2;
	r.fk = !(q->flags2 & QUERY_NO_FK);
	r.uniq = !(q->flags2 & QUERY_NO_UNIQUE);
	r.has_cs = r.has_cl = r.has_cserver = q->has_charset;
	r.cs = q->cs;
	r.cl = q->cl;
	r.cserver = q->cserver;
	set_defs(q, &r);
	r.edt_off = edt_is_off(&b->format, q);
	if (q->tz)
		r.tz = str_n(q->tz, q->ntz);
	w = write_ddl(b->out, &r);
	free(r.names);
	return w < 0 ? fail_memory(b) : 0;
}

static int statement_format(struct binlog *b, const struct ddl *d, const char *db)
{
	int w = is_wanted(b, d, db);

	if (w <= 0)
		return w;
	return fail_refused(b, HINT_ROW_FORMAT, "rows were changed by a statement (%s) and not logged as rows",
	    *d->verb && strcmp(d->verb, "other") ? d->verb : "binlog_format is not ROW");
}

static int definition(struct binlog *b, const struct ddl *d, const char *db, const struct ev_query *q, const char *sql, size_t n)
{
	int w;

	/* in row format the server logs what the new table is, then its rows */
	if (d->class == DDL_TABLE && d->or_more && !strcmp(d->verb, "create table"))
		return statement_format(b, d, db);
	if (rows_flush(b) < 0)
		return -1;
	drop_defs(b, d, db);
	/* of a two-phase ALTER only the end counts */
	if (b->group_skip || b->alter & (GTID_ALTER_START | GTID_ALTER_ROLLBACK))
		return 0;
	w = is_wanted(b, d, db);
	if (w <= 0)
		return w;
	if (!group_item(b))
		return 0;
	b->statements++;
	return write_statement(b, d, db, q, sql, n);
}

static int by_class(struct binlog *b, const struct event *e, const struct ddl *d, const char *db, const struct ev_query *q,
    const char *sql, size_t n)
{
	switch (d->class) {
	case DDL_BEGIN:
	case DDL_RELEASE:
		return 0;
	case DDL_COMMIT:
		return group_commit(b);
	case DDL_ROLLBACK:
		return group_rollback(b);
	case DDL_SAVEPOINT:
	case DDL_ROLLBACK_TO:
		return savepoint(b, d);
	case DDL_XA:
		return xa_statement(b, e, sql, n);
	case DDL_ROWS:
		return b->group_skip ? 0 : statement_format(b, d, db);
	case DDL_TEMPORARY:
	case DDL_ADMIN:
	case DDL_ACCOUNT: /* of this server alone; and its text may hold a password, which has no business in a stream */
		return 0;
	case DDL_TABLE:
	case DDL_DATABASE:
	case DDL_CODE:
	case DDL_UNKNOWN:
		return definition(b, d, db, q, sql, n);
	}
	return fail_why(b, e, "statement of a kind that is not known");
}

static int is_text(const char *sql, size_t n, const char *word)
{
	return n == strlen(word) && !memcmp(sql, word, n);
}

/*
 * MySQL logs CREATE TABLE ... SELECT as one transaction: what the new table is, with START TRANSACTION behind it (8.0.21),
 * then its rows. The transaction is there already; without the words it is a statement for any server.
 */
static size_t without_start(const char *sql, size_t n)
{
	static const char words[] = " START TRANSACTION";
	size_t nwords = sizeof words - 1;

	return n > nwords && !memcmp(sql + n - nwords, words, nwords) ? n - nwords : n;
}

int group_query(struct binlog *b, const struct event *e, int compressed)
{
	struct ev_query q;
	struct ddl d;
	struct cur c;
	const char *sql, *why;
	char db[256];
	size_t n;
	int r;

	cur_init(&c, e->body, e->body_len);
	if (read_query(&c, &b->format, compressed, &q) < 0)
		return fail_cur(b, e, &c);
	if (!b->in_group)
		return group_missing(b, e);
	sql = q.sql;
	n = q.nsql;
	if (compressed) {
		buf_reset(&b->plain);
		if (zip_event((const uint8_t *)sql, n, &b->plain, &why) < 0)
			return fail_why(b, e, why);
		sql = (const char *)b->plain.p;
		n = b->plain.len;
	}
	if (is_text(sql, n, "COMMIT"))
		return group_commit(b);
	if (is_text(sql, n, "BEGIN")) {
		b->has_begun = 1;
		return 0;
	}
	if (n > 9 && is_text(sql, 9, "XA START "))
		b->has_begun = 1;
	if (!b->format.is_mariadb) {
		/* without a BEGIN the statement is all there is */
		b->is_standalone |= !b->has_begun;
		n = without_start(sql, n);
	}
	if (read_query_status(&c, &q) < 0)
		return fail_cur(b, e, &c);
	memcpy(db, q.db, q.ndb);
	db[q.ndb] = 0;
	memset(&d, 0, sizeof d);
	if (ddl_lex(&d, sql, n, q.sql_mode, q.has_charset ? charset_of_collation(q.cs) : NULL) < 0)
		r = fail_memory(b);
	else
		r = by_class(b, e, &d, db, &q, sql, n);
	ddl_release(&d);
	if (!r && b->is_standalone && b->in_group)
		r = group_commit(b);
	return r;
}

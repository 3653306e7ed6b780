#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mysql.h>
#include <xxhash.h>

#include "link.h"
#include "msg.h"

/* MySQL takes names of 64 characters. */
static void lock_name(char *to, size_t size, const char *pipeline, unsigned slot)
{
	unsigned long long hash = XXH64(pipeline, strlen(pipeline), 0);

	if (slot)
		snprintf(to, size, "rowferry#%016llx/%u", hash, slot);
	else if (strlen(pipeline) <= 54)
		snprintf(to, size, "rowferry/%s", pipeline);
	else
		snprintf(to, size, "rowferry#%016llx", hash);
}

void link_init(struct link *l, const struct conn_opts *opts, const char *pipeline, unsigned slot)
{
	memset(l, 0, sizeof *l);
	l->opts = opts;
	l->pipeline = pipeline;
	if (pipeline)
		lock_name(l->lock, sizeof l->lock, pipeline, slot);
}

void link_release(struct link *l)
{
	link_close(l);
	buf_release(&l->err);
}

void link_close(struct link *l)
{
	conn_close(l->c);
	l->c = NULL;
}

static int fail(struct link *l)
{
	l->err_no = conn_errno(l->c);
	buf_reset(&l->err);
	buf_adds(&l->err, conn_error(l->c));
	buf_str(&l->err);
	return -1;
}

int link_query(struct link *l, const char *sql, size_t n)
{
	return conn_query(l->c, sql, n, NULL, NULL) < 0 ? fail(l) : 0;
}

int link_queryz(struct link *l, const char *sql)
{
	return link_query(l, sql, strlen(sql));
}

int link_lacks_table(const struct link *l)
{
	return l->err_no == 1146 || l->err_no == 1049;
}

int link_rows(struct link *l, const char *sql, size_t n,
    int (*on_row)(void *arg, unsigned ncols, char **vals, const unsigned long *lens), void *arg)
{
	return conn_query(l->c, sql, n, on_row, arg) < 0 ? fail(l) : 0;
}

int link_value(struct link *l, const char *sql, struct buf *out)
{
	int rc = conn_value(l->c, sql, out);

	return rc < 0 ? fail(l) : rc;
}

int link_set_session(struct link *l)
{
	l->fk_off = l->uniq_off = l->chk_off = 0;
	if (link_queryz(l, "SET NAMES utf8mb4") < 0)
		return -1;
	if (link_queryz(l,
		"SET SESSION sql_mode='" SQL_MODE_STRICT "', time_zone='+00:00', foreign_key_checks=1, unique_checks=1,"
		" autocommit=1, sql_safe_updates=0, sql_auto_is_null=0, sql_quote_show_create=1, wait_timeout=2147483,"
		" net_read_timeout=600, net_write_timeout=600,"
		" character_set_server=DEFAULT, collation_server=DEFAULT") < 0)
		return -1;
	if (l->is_mariadb && link_queryz(l, "SET SESSION max_statement_time=0, idle_transaction_timeout=0,"
					    " idle_write_transaction_timeout=0, idle_readonly_transaction_timeout=0") < 0)
		return -1;
	return link_queryz(l, "SET SESSION TRANSACTION READ WRITE");
}

static void end_session(struct link *l, unsigned long id)
{
	char sql[40];

	snprintf(sql, sizeof sql, "KILL %lu", id);
	(void)link_queryz(l, sql);
}

/* Our own session before this one may still be at work: it must be over before its place is taken. */
static void end_old_session(struct link *l, unsigned long old)
{
	struct buf sql = BUF_INIT, id = BUF_INIT;

	buf_adds(&sql, "SELECT IS_USED_LOCK(");
	sql_string(&sql, l->lock, strlen(l->lock));
	buf_adds(&sql, ")");
	if (link_value(l, buf_str(&sql), &id) == 1 && strtoul(buf_str(&id), NULL, 10) == old) {
		end_session(l, old);
	}
	buf_release(&sql);
	buf_release(&id);
}

struct others {
	unsigned long ids[LINK_SLOTS];
	unsigned n;
};

static int on_other(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct others *o = arg;

	(void)lens;
	for (unsigned i = 0; i < ncols; i++)
		if (v[i] && o->n < LINK_SLOTS)
			o->ids[o->n++] = strtoul(v[i], NULL, 10);
	return 0;
}

int link_end_sessions(struct link *l, const char *pipeline, unsigned from, unsigned wait_s)
{
	struct buf sql = BUF_INIT;
	struct others o;
	unsigned tries = 0;
	char name[80];
	int rc = 0;

	buf_adds(&sql, "SELECT ");
	for (unsigned i = from; i < LINK_SLOTS; i++) {
		lock_name(name, sizeof name, pipeline, i);
		buf_adds(&sql, i > from ? ",IS_USED_LOCK(" : "IS_USED_LOCK(");
		sql_string(&sql, name, strlen(name));
		(void)buf_add8(&sql, ')');
	}
	do {
		o.n = 0;
		rc = link_rows(l, buf_str(&sql), sql.len, on_other, &o);
		if (rc < 0 || !o.n)
			break;
		for (unsigned i = 0; i < o.n; i++)
			end_session(l, o.ids[i]);
		(void)link_queryz(l, "DO SLEEP(0.02)");
	} while (++tries < wait_s * 50);
	if (rc == 0 && o.n && wait_s) {
		l->err_no = 1205;
		buf_reset(&l->err);
		buf_adds(&l->err, "a session of another mysql-sink of this pipeline does not end");
		buf_str(&l->err);
		rc = -1;
	}
	buf_release(&sql);
	return rc;
}

int link_end_others(struct link *l, unsigned wait_s)
{
	return link_end_sessions(l, l->pipeline, 1, wait_s);
}

int link_lock(struct link *l, unsigned wait_s)
{
	struct buf sql = BUF_INIT, got = BUF_INIT;
	int rc;

	buf_adds(&sql, "SELECT GET_LOCK(");
	sql_string(&sql, l->lock, strlen(l->lock));
	buf_printf(&sql, ", %u)", wait_s);
	rc = link_value(l, buf_str(&sql), &got);
	if (rc >= 0)
		rc = rc == 1 && !strcmp(buf_str(&got), "1");
	buf_release(&sql);
	buf_release(&got);
	return rc;
}

void link_hint(const struct link *l)
{
	const char *hint = conn_error_hint(l->err_no);

	if (hint)
		msg_hint("%s", hint);
}

enum code link_failed(struct link *l, const char *doing, const char *where)
{
	int outside = conn_error_is_outside(l->err_no);

	msg_error("%s %s%s%s: %s", outside ? "could not" : "cannot", doing, where ? " from " : "", where ? where : "",
	    buf_str(&l->err));
	link_hint(l);
	return outside ? CODE_OUTSIDE : CODE_USAGE;
}

static enum link_result failed(struct link *l)
{
	link_close(l);
	return conn_error_is_outside(l->err_no) ? LINK_OUTSIDE : LINK_WRONG;
}

/*
 * Under READ COMMITTED no gaps are locked but those that a unique key needs. A server that logs statements as text does not
 * take rows so.
 */
static int be_beside(struct link *l)
{
	struct buf v = BUF_INIT;
	int rc = link_value(l, "SELECT CONCAT(@@global.log_bin, @@session.binlog_format)", &v);

	if (rc >= 0 && strcmp(buf_str(&v), "1STATEMENT") != 0)
		rc = link_queryz(l, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	buf_release(&v);
	return rc < 0 ? -1 : 0;
}

enum link_result link_open(struct link *l)
{
	struct buf v = BUF_INIT;
	unsigned long old = l->thread_id;
	int rc;

	link_close(l);
	l->c = conn_open(l->opts, CONN_APPLY, 0, &l->err, &l->err_no);
	buf_str(&l->err);
	if (!l->c)
		return failed(l);
	l->opened++;
	l->thread_id = mysql_thread_id(conn_mysql(l->c));
	l->is_mariadb = conn_is_mariadb(l->c);
	l->version = conn_version(l->c);
	if (link_set_session(l) < 0)
		return failed(l);
	if (l->beside && be_beside(l) < 0)
		return failed(l);
	rc = link_value(l, "SELECT @@max_allowed_packet", &v);
	l->max_packet = rc == 1 ? strtoull(buf_str(&v), NULL, 10) : 0;
	if (l->max_packet < 4096)
		l->max_packet = 1 << 20;
	buf_release(&v);
	if (rc < 0)
		return failed(l);
	if (!*l->lock)
		return LINK_OK;
	if (old && old != l->thread_id)
		end_old_session(l, old);
	rc = link_lock(l, 0);
	if (rc < 0)
		return failed(l);
	return rc ? LINK_OK : LINK_BUSY;
}

int link_send(struct link *l, const char *sql, size_t n)
{
	return mysql_send_query(conn_mysql(l->c), sql, n) != 0 ? fail(l) : 0;
}

int link_may_load(struct link *l)
{
	struct buf v = BUF_INIT;
	/* logged as text the whole of it would be in the log */
	int rc = link_value(l, "SELECT @@global.local_infile=1 AND (@@global.log_bin=0 OR @@session.binlog_format='ROW')", &v);

	if (rc > 0)
		rc = !strcmp(buf_str(&v), "1");
	buf_release(&v);
	return rc;
}

int link_send_load(struct link *l, const char *sql, size_t nsql, const void *data, size_t n)
{
	conn_serve(l->c, data, n);
	return link_send(l, sql, nsql);
}

#ifdef MARIADB_BASE_VERSION
int link_has_bulk(const struct link *l)
{
	unsigned long caps = 0;

	if (!l->is_mariadb || mariadb_get_infov(conn_mysql(l->c), MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &caps))
		return 0;
	return (caps & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
}

uint32_t link_prepare(struct link *l, const char *sql, size_t n, void **handle)
{
	MYSQL_STMT *st = mysql_stmt_init(conn_mysql(l->c));

	if (!st || mysql_stmt_prepare(st, sql, n) != 0) {
		(void)fail(l);
		if (st && mysql_stmt_errno(st)) {
			l->err_no = mysql_stmt_errno(st);
			buf_reset(&l->err);
			buf_adds(&l->err, mysql_stmt_error(st));
			buf_str(&l->err);
		}
		if (st)
			(void)mysql_stmt_close(st);
		return 0;
	}
	*handle = st;
	return (uint32_t)st->stmt_id;
}

void link_unprepare(void *handle)
{
	(void)mysql_stmt_close(handle);
}

int link_send_bulk(struct link *l, const void *payload, size_t n)
{
	MYSQL *m = conn_mysql(l->c);

	return m->methods->db_command(m, COM_STMT_BULK_EXECUTE, payload, n, 1, NULL) ? fail(l) : 0;
}
#else
int link_has_bulk(const struct link *l)
{
	(void)l;
	return 0;
}

uint32_t link_prepare(struct link *l, const char *sql, size_t n, void **handle)
{
	(void)l;
	(void)sql;
	(void)n;
	(void)handle;
	return 0;
}

void link_unprepare(void *handle)
{
	(void)handle;
}

int link_send_bulk(struct link *l, const void *payload, size_t n)
{
	(void)payload;
	(void)n;
	return fail(l);
}
#endif

int link_result(struct link *l, int first, uint64_t *affected, unsigned *warnings)
{
	MYSQL *m = conn_mysql(l->c);
	int rc = first ? mysql_read_query_result(m) : mysql_next_result(m);
	MYSQL_RES *r;

	if (rc)
		conn_serve(l->c, NULL, 0);
	if (rc > 0 || (rc < 0 && first))
		return fail(l);
	if (rc < 0) { /* fewer results than statements */
		l->err_no = 2027;
		buf_reset(&l->err);
		buf_adds(&l->err, "the server sent fewer results than there were statements");
		buf_str(&l->err);
		return -1;
	}
	r = mysql_use_result(m);
	if (r) {
		while (mysql_fetch_row(r))
			;
		mysql_free_result(r);
	}
	*affected = r ? 0 : mysql_affected_rows(m);
	*warnings = mysql_warning_count(m);
	conn_serve(l->c, NULL, 0);
	return 0;
}

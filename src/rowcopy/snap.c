/* Snapshots of the source, and where in its log they are. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "copy.h"
#include "msg.h"
#include "readers.h"
#include "status.h"

#define SAME_TRIES 200
#define LOCK_TRIES 5

/* The executed set of MySQL; empty where it does not grow with every transaction. */
#define EXECUTED "SELECT IF(@@GLOBAL.gtid_mode = 'ON', REPLACE(@@GLOBAL.gtid_executed, '\n', ''), '')"

void place_release(struct place *p)
{
	buf_release(&p->gtid);
}

static int take_place(struct place *p, const char *file, size_t n, const char *off)
{
	if (n >= sizeof p->file)
		return -1;
	memcpy(p->file, file, n);
	p->file[n] = 0;
	p->off = strtoull(off, NULL, 10);
	return 0;
}

static int on_status(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct place *p = arg;

	if (ncols < 2 || !v[0] || !v[1])
		return 0;
	if (!strcasecmp(v[0], "binlog_snapshot_file"))
		(void)take_place(p, v[1], lens[1], "0");
	else if (!strcasecmp(v[0], "binlog_snapshot_position"))
		p->off = strtoull(v[1], NULL, 10);
	return 0;
}

static int on_log_end(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	return ncols >= 2 && v[0] && v[1] ? take_place(arg, v[0], lens[0], v[1]) : 0;
}

/* A transaction that sees the server as it is now; of MariaDB the place in the log is that of the snapshot itself. */
static int open_one(struct copy *c, struct conn *conn, struct place *p)
{
	static const char where[] = "SHOW STATUS LIKE 'binlog_snapshot_%'";

	p->file[0] = 0;
	p->off = 0;
	if (conn_queryz(conn, "ROLLBACK") < 0 || conn_queryz(conn, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY") < 0 ||
	    (c->is_mariadb && conn_query(conn, where, sizeof where - 1, on_status, p) < 0))
		return copy_conn_failed(c, "open a snapshot", conn);
	return 0;
}

static int open_all(struct copy *c, struct place *at)
{
	if (readers_connect(c->readers) < 0)
		return -1;
	for (unsigned i = 0; i < c->workers; i++)
		if (open_one(c, readers_conn(c->readers, i), &at[i]) < 0)
			return -1;
	return 0;
}

/* To come back to when the next table is read, so that the definition of the one before can be changed again. */
static int set_savepoints(struct copy *c)
{
	for (unsigned i = 0; i < c->workers; i++)
		if (conn_queryz(readers_conn(c->readers, i), "SAVEPOINT rowcopy") < 0)
			return copy_conn_failed(c, "open a snapshot", readers_conn(c->readers, i));
	return 0;
}

static int are_same(const struct copy *c, const struct place *at)
{
	for (unsigned i = 1; i < c->workers; i++)
		if (strcmp(at[i].file, at[0].file) != 0 || at[i].off != at[0].off)
			return 0;
	return 1;
}

static void ask_clock(struct copy *c)
{
	struct buf v = BUF_INIT;

	if (conn_value(c->meta, "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))", &v) > 0)
		c->ts_us = strtoll(buf_str(&v), NULL, 10);
	buf_release(&v);
}

/* ---- locks */

static void put_tables(const struct copy *c, size_t from, size_t to, struct buf *sql)
{
	buf_adds(sql, "LOCK TABLES ");
	for (size_t i = from; i < to; i++) {
		if (i > from)
			(void)buf_add8(sql, ',');
		sql_ident(sql, c->tables[i].db, strlen(c->tables[i].db));
		(void)buf_add8(sql, '.');
		sql_ident(sql, c->tables[i].name, strlen(c->tables[i].name));
		buf_adds(sql, " READ");
	}
}

static void nap(unsigned ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

	(void)nanosleep(&t, NULL);
}

static int is_lock_wait(unsigned no)
{
	return no == 1205 || no == 1099 || no == 1213;
}

/* Runs the statement that locks, and gives up a few times: who waits for a lock holds up who comes behind. */
static int lock(struct copy *c, const struct buf *sql)
{
	struct buf set = BUF_INIT;
	int r = -1;

	buf_printf(&set, "SET lock_wait_timeout=%u", c->lock_timeout_s);
	if (conn_queryz(c->meta, buf_str(&set)) == 0)
		for (int i = 0; i < LOCK_TRIES; i++) {
			r = conn_query(c->meta, (const char *)sql->p, sql->len, NULL, NULL);
			if (r == 0 || !is_lock_wait(conn_errno(c->meta)))
				break;
			msg_info("the lock was not to be had within %u s (--lock-timeout)", c->lock_timeout_s);
			nap(200u << i);
		}
	buf_release(&set);
	return r;
}

static int64_t was_locked(struct copy *c, int64_t since)
{
	int64_t held = status_clock_us() - since;

	if (held > c->locked_us)
		c->locked_us = held;
	return held;
}

/*
 * Of MySQL: while nobody can write to the tables all snapshots show the same of them, and any place in the log is
 * theirs that is read meanwhile. The executed set is read before the place: what is between is of other tables, and comes
 * again.
 */
static int open_locked(struct copy *c, size_t from, size_t to, struct place *at)
{
	const char *log = conn_version(c->meta) >= 80200 ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
	struct buf sql = BUF_INIT, gtid = BUF_INIT;
	int64_t began, asked = status_clock_us();
	int r;

	put_tables(c, from, to, &sql);
	r = from == to ? 0 : lock(c, &sql);
	began = status_clock_us();
	if (r < 0)
		r = copy_conn_failed(c, "lock the tables for a moment", c->meta);
	else {
		r = open_all(c, at);
		if (r == 0 &&
		    (conn_value(c->meta, EXECUTED, &gtid) < 0 || conn_query(c->meta, log, strlen(log), on_log_end, &at[0]) < 0))
			r = copy_conn_failed(c, "ask for the end of the server's log", c->meta);
		(void)conn_queryz(c->meta, "UNLOCK TABLES");
		if (r == 0 && from < to) {
			int64_t held = was_locked(c, began);

			if (!c->live)
				msg_tell("the tables could not be written to for %.1f ms (waited for the lock: %.1f ms)",
				    (double)held / 1e3, (double)(began - asked) / 1e3);
		}
	}
	for (unsigned i = 1; r == 0 && i < c->workers; i++)
		at[i] = at[0];
	if (r == 0) {
		buf_reset(&c->at.gtid);
		(void)buf_add(&c->at.gtid, gtid.p, gtid.len);
		c->at.has_gtid = gtid.len > 0;
	}
	buf_release(&sql);
	buf_release(&gtid);
	return r;
}

/* Of MariaDB: nobody can commit for a moment, so that the snapshots are of one place. 1; 0 not allowed; -1 */
static int open_blocked(struct copy *c, struct place *at)
{
	struct buf sql = BUF_INIT;
	int64_t began;
	int r;

	buf_adds(&sql, "BACKUP STAGE BLOCK_COMMIT");
	if (conn_queryz(c->meta, "BACKUP STAGE START") < 0 || lock(c, &sql) < 0) {
		msg_info("could not block commits for a moment: %s", conn_error(c->meta));
		(void)conn_queryz(c->meta, "BACKUP STAGE END");
		buf_release(&sql);
		return 0;
	}
	began = status_clock_us();
	r = open_all(c, at);
	(void)conn_queryz(c->meta, "BACKUP STAGE END");
	was_locked(c, began);
	if (r == 0 && !c->live)
		msg_tell("commits were blocked for %.1f ms", (double)(status_clock_us() - began) / 1e3);
	buf_release(&sql);
	return r < 0 ? -1 : 1;
}

/* Tries until all readers' snapshots happen to be of one place; where commits are too many for that, they wait for once. */
static int open_mariadb(struct copy *c, struct place *at)
{
	int r;

	for (int i = 0; i < SAME_TRIES; i++) {
		if (open_all(c, at) < 0)
			return -1;
		if (are_same(c, at))
			return 0;
	}
	r = open_blocked(c, at);
	if (r < 0 || (r > 0 && are_same(c, at)))
		return r < 0 ? -1 : 0;
	msg_error("could not open %u snapshots of one moment: there are too many commits", c->workers);
	msg_hint("the user may not do BACKUP STAGE (grant reload on *.*), and --workers 1 needs no more than one snapshot");
	c->code = CODE_USAGE;
	return -1;
}

int snap_ask_gtid(struct copy *c, struct conn *conn, struct place *p)
{
	struct buf sql = BUF_INIT;
	int r;

	buf_adds(&sql, "SELECT BINLOG_GTID_POS(");
	sql_string(&sql, p->file, strlen(p->file));
	buf_printf(&sql, ",%llu)", (unsigned long long)p->off);
	buf_reset(&p->gtid);
	r = conn_value(conn, buf_str(&sql), &p->gtid);
	p->has_gtid = r > 0;
	buf_release(&sql);
	return r < 0 ? copy_conn_failed(c, "ask for the GTIDs of the snapshot", conn) : 0;
}

int snap_open_same(struct copy *c)
{
	struct place at[WORKERS_MAX];

	memset(at, 0, sizeof at);
	if (list_tables(c) < 0)
		return -1;
	if ((c->is_mariadb ? open_mariadb(c, at) : open_locked(c, 0, c->ntables, at)) < 0 || set_savepoints(c) < 0)
		return -1;
	/* what was made meanwhile is in no snapshot, and what is in the snapshot is here */
	if (c->is_mariadb && list_tables(c) < 0)
		return -1;
	memcpy(c->at.file, at[0].file, sizeof c->at.file);
	c->at.off = at[0].off;
	if (!*c->at.file)
		msg_warn("the server writes no binary log: there is no place from which changes could go on");
	else if (c->is_mariadb && snap_ask_gtid(c, c->meta, &c->at) < 0)
		return -1;
	ask_clock(c);
	msg_info("the snapshot is at %s:%llu%s%s", c->at.file, (unsigned long long)c->at.off, c->at.has_gtid ? ", gtid:" : "",
	    c->at.has_gtid ? buf_str(&c->at.gtid) : "");
	return 0;
}

int snap_set(struct copy *c, struct buf *set)
{
	const char *sql = c->is_mariadb ? "SELECT @@GLOBAL.gtid_binlog_pos" : EXECUTED;

	buf_reset(set);
	return conn_value(c->meta, sql, set) < 0 ? copy_conn_failed(c, "ask for the executed set", c->meta) : 0;
}

int snap_open_between(struct copy *c, struct place *at, struct buf *low)
{
	const char *log = conn_version(c->meta) >= 80200 ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";

	/* what is in the set was committed before, and what a snapshot has is in the log by then */
	if (conn_value(c->meta, EXECUTED, low) < 0)
		return copy_conn_failed(c, "ask for the executed set", c->meta);
	if (!low->len)
		return 0;
	if (open_all(c, at) < 0)
		return -1;
	if (conn_query(c->meta, log, strlen(log), on_log_end, &at[0]) < 0)
		return copy_conn_failed(c, "ask for the end of the server's log", c->meta);
	for (unsigned i = 1; i < c->workers; i++)
		at[i] = at[0];
	ask_clock(c);
	return set_savepoints(c) < 0 ? -1 : 1;
}

int snap_open_each(struct copy *c, size_t index, struct place *at)
{
	if ((c->is_mariadb ? open_all(c, at) : open_locked(c, index, index + 1, at)) < 0)
		return -1;
	ask_clock(c);
	return set_savepoints(c);
}

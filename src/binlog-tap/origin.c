#include "origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "defs.h"
#include "dump.h"
#include "msg.h"
#include "sig.h"
#include "tap.h"

static int refused(struct tap *t)
{
	t->code = CODE_USAGE;
	t->is_lost = 0;
	return -1;
}

/* The number that a query gives. 0; -1 with the message printed. */
static int ask_number(struct tap *t, struct conn *c, const char *sql, const char *what, uint64_t *n)
{
	struct buf v = BUF_INIT;
	int r = conn_value(c, sql, &v);

	*n = r > 0 ? strtoull(buf_str(&v), NULL, 10) : 0;
	buf_release(&v);
	return r < 0 ? defs_failed(t->defs, t, what) : 0;
}

/* ---- SHOW ... LOGS */

struct logs {
	char (*names)[LOG_NAME_MAX];
	size_t n, cap;
	uint64_t last_size;
	int no_memory;
};

static int on_log(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct logs *l = arg;

	if (ncols < 2 || !v[0] || lens[0] >= LOG_NAME_MAX)
		return 0;
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		void *p = realloc(l->names, cap * sizeof *l->names);

		if (!p) {
			l->no_memory = 1;
			return 1;
		}
		l->names = p;
		l->cap = cap;
	}
	memcpy(l->names[l->n++], v[0], lens[0] + 1);
	l->last_size = v[1] ? strtoull(v[1], NULL, 10) : 0;
	return 0;
}

static int list_logs(struct tap *t, struct conn *c, struct logs *l)
{
	static const char sql[] = "SHOW BINARY LOGS";

	if (conn_query(c, sql, sizeof sql - 1, on_log, l) < 0)
		return defs_failed(t->defs, t, "list the server's logs");
	if (l->no_memory || !l->n) {
		msg_error("%s", l->no_memory ? "out of memory" : "the server has no binary logs");
		return refused(t);
	}
	return 0;
}

/* The end of the log as it is now. */
static int on_status(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct pos *p = arg;

	if (ncols < 2 || !v[0] || !v[1] || lens[0] >= sizeof p->file)
		return 0;
	memcpy(p->file, v[0], lens[0] + 1);
	p->off = strtoull(v[1], NULL, 10);
	return 0;
}

static int ask_end(struct tap *t, struct conn *c, struct pos *p)
{
	const char *sql = !conn_is_mariadb(c) && conn_version(c) >= 80200 ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";

	p->file[0] = 0;
	if (conn_query(c, sql, strlen(sql), on_status, p) < 0)
		return defs_failed(t->defs, t, "ask for the end of the server's log");
	if (!p->file[0]) {
		msg_error("the server writes no binary log");
		msg_hint("start it with log_bin and binlog_format=ROW");
		return refused(t);
	}
	p->kind = POS_FILE;
	return 0;
}

/* ---- a time: the last log that was begun before it */

struct log_head {
	uint32_t begun; /* seconds: when its first event was written */
	int is_first;	/* nothing was executed before it */
};

static void on_gtid(void *arg, uint32_t domain, uint32_t server, uint64_t seq)
{
	struct log_head *h = arg;

	(void)domain;
	(void)server;
	(void)seq;
	h->is_first = 0;
}

static int read_log_head(struct tap *t, const struct origin *o, const char *file, struct log_head *h)
{
	struct dump_from from = {
	    .file = file, .off = LOG_MAGIC_LEN, .server_id = t->server_id, .heartbeat_s = t->heartbeat_s, .stop_at_end = 1};
	struct buf err = BUF_INIT;
	struct dump *d = NULL;
	unsigned no = 0;
	struct conn *c = conn_open(t->conn, CONN_DUMP, 30, &err, &no);
	int r = -1, found = 0;

	(void)o;
	if (c)
		d = dump_open(c, &from, &err, &no);
	if (!d) {
		(void)conn_failed(t, "read the start of a log", no, buf_str(&err));
		goto done;
	}
	h->is_first = 1;
	for (;;) {
		const uint8_t *p;
		struct event e;
		struct cur cur;
		size_t n;
		enum dump_result got = dump_next(d, &p, &n);

		if (got == DUMP_ERROR) {
			(void)conn_failed(t, "read the start of a log", dump_errno(d), dump_error(d));
			goto done;
		}
		if (got == DUMP_END || n < EVENT_HEAD)
			break;
		event_head(&e, p);
		if (e.type == EV_FORMAT) {
			h->begun = e.ts;
			found = 1;
		} else if (e.type == EV_MARIA_GTID_LIST) {
			cur_init(&cur, p + EVENT_HEAD, n - EVENT_HEAD);
			(void)read_gtid_list(&cur, on_gtid, h);
			break;
		} else if (e.type == EV_MARIA_GTID) {
			break;
		}
	}
	if (!found) {
		msg_error("could not read the start of log %s", file);
		t->code = CODE_OUTSIDE;
		goto done;
	}
	r = 0;
done:
	dump_close(d);
	conn_close(c);
	buf_release(&err);
	return r;
}

static int find_time(struct origin *o, struct tap *t, struct conn *c)
{
	uint32_t s = t->start.time_us < 0 ? 0 : (uint32_t)(t->start.time_us / 1000000);
	struct logs l = {0};
	struct log_head h;
	size_t lo = 0, hi;
	int r = -1;

	if (list_logs(t, c, &l) < 0)
		goto done;
	/* lo: begun before the time, or the first; hi: not */
	hi = l.n;
	if (read_log_head(t, o, l.names[0], &h) < 0)
		goto done;
	if (h.begun >= s && !h.is_first && t->start.time_us > 0) {
		msg_error("cannot start at that time: the server's log begins later, the part before it was deleted");
		msg_hint("copy the tables anew and start from the copy's position; --start-at earliest takes what there is");
		(void)refused(t);
		goto done;
	}
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (read_log_head(t, o, l.names[mid], &h) < 0)
			goto done;
		if (h.begun < s)
			lo = mid;
		else
			hi = mid;
	}
	memcpy(o->file, l.names[lo], sizeof o->file);
	o->off = LOG_MAGIC_LEN;
	r = 0;
done:
	free(l.names);
	return r;
}

/* ---- the executed set at the start */

static int know_gtid(struct origin *o, struct tap *t, struct conn *c)
{
	struct buf sql = BUF_INIT, v = BUF_INIT;
	int r;

	if (o->gtid) {
		t->b.gtid = gtid_set_parse(o->gtid, strlen(o->gtid));
		return 0;
	}
	if (!o->is_mariadb)
		return 0;
	buf_adds(&sql, "SELECT BINLOG_GTID_POS(");
	sql_string(&sql, o->file, strlen(o->file));
	buf_printf(&sql, ", %llu)", (unsigned long long)o->off);
	r = conn_value(c, buf_str(&sql), &v);
	/* no row: the position is wrong, the dump will say how */
	if (r > 0)
		t->b.gtid = gtid_set_parse(buf_str(&v), v.len);
	buf_release(&sql);
	buf_release(&v);
	return r < 0 ? defs_failed(t->defs, t, "ask for the GTID at the start position") : 0;
}

/* ---- who else */

struct others {
	const struct tap *t;
	const char *name;
	char who[128];
};

static int on_replica(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct others *o = arg;

	(void)lens;
	if (ncols < 2 || !v[0] || strtoull(v[0], NULL, 10) != o->t->server_id || (v[1] && !strcmp(v[1], o->name)))
		return 0;
	(void)snprintf(o->who, sizeof o->who, "%s", v[1] ? v[1] : "");
	if (!*o->who)
		(void)snprintf(o->who, sizeof o->who, "a replica");
	return 0;
}

/*
 * Is our server_id another's? The server would throw that one out, it would come back and throw us out, for ever. One that
 * just ended is still listed for a heartbeat.
 */
static int check_server_id(struct origin *o, struct tap *t, struct conn *c)
{
	static const char sql[] = "SHOW SLAVE HOSTS";
	int64_t until = clock_us() + (int64_t)(t->heartbeat_s * 3e6);
	struct others w = {t, o->name, ""};

	if (t->server_id == o->server_id) {
		msg_error("the server_id %u is the source's own", (unsigned)t->server_id);
		msg_hint("give another --server-id, or leave it out");
		return refused(t);
	}
	do {
		struct timespec nap = {0, 50 * 1000 * 1000};

		w.who[0] = 0;
		if (!o->is_mariadb || conn_query(c, sql, sizeof sql - 1, on_replica, &w) < 0)
			return 0; /* may not look: the default is one that nobody has */
		if (!w.who[0])
			return 0;
		nanosleep(&nap, NULL);
	} while (clock_us() < until && !sig_stop);
	msg_error("the server_id %u is in use by another replica (%s)", (unsigned)t->server_id, w.who);
	msg_hint("give another --server-id, or leave it out");
	return refused(t);
}

static void name_self(struct origin *o)
{
	char host[40];

	if (gethostname(host, sizeof host) < 0)
		host[0] = 0;
	host[sizeof host - 1] = 0;
	(void)snprintf(o->name, sizeof o->name, "binlog-tap-%ld.%s", (long)getpid(), host);
	o->name[60] = 0;
}

static int find_start(struct origin *o, struct tap *t, struct conn *c)
{
	struct logs l = {0};
	struct buf set = BUF_INIT;
	struct pos end;
	int r = 0;

	o->off = LOG_MAGIC_LEN;
	switch (t->start.kind) {
	case POS_NOW:
		memset(&end, 0, sizeof end);
		r = ask_end(t, c, &end);
		memcpy(o->file, end.file, sizeof o->file);
		o->off = end.off;
		break;
	case POS_EARLIEST:
		r = list_logs(t, c, &l);
		if (!r)
			memcpy(o->file, l.names[0], sizeof o->file);
		break;
	case POS_FILE:
		memcpy(o->file, t->start.file, sizeof o->file);
		o->off = t->start.off < LOG_MAGIC_LEN ? LOG_MAGIC_LEN : t->start.off;
		break;
	case POS_GTID:
		gtid_set_print(t->start.gtid, &set);
		o->gtid = strdup(buf_str(&set));
		break;
	case POS_TIME:
		r = find_time(o, t, c);
		break;
	}
	free(l.names);
	buf_release(&set);
	/* all but a time are where the server enters the log */
	if (t->start.kind != POS_TIME)
		t->started = 1;
	return r;
}

static int find_stop(struct origin *o, struct tap *t, struct conn *c)
{
	if (!t->has_stop)
		return 0;
	if (t->stop.kind == POS_NOW) {
		o->stop_is_end = 1;
		return ask_end(t, c, &t->stop);
	}
	if (t->stop.kind == POS_GTID) {
		t->seen = t->b.gtid ? gtid_set_copy(t->b.gtid) : gtid_set_new();
		if (!t->seen) {
			msg_error("out of memory");
			t->code = CODE_OUTSIDE;
			return -1;
		}
	}
	return 0;
}

static int check_server(struct origin *o, struct tap *t, struct conn *c)
{
	uint64_t on;
	struct buf v = BUF_INIT;

	o->is_mariadb = conn_is_mariadb(c);
	if (!o->is_mariadb) {
		msg_error("the server is not MariaDB but %s", conn_version_text(c));
		msg_hint("this version reads the logs of MariaDB");
		return refused(t);
	}
	if (ask_number(t, c, "SELECT @@server_id", "ask for server_id", &o->server_id) < 0 ||
	    ask_number(t, c, "SELECT @@log_bin", "ask for log_bin", &on) < 0)
		return -1;
	if (!on) {
		msg_error("the server writes no binary log");
		msg_hint("start it with log_bin and binlog_format=ROW");
		return refused(t);
	}
	if (conn_value(c, "SELECT @@global.binlog_format", &v) > 0 && strcasecmp(buf_str(&v), "ROW") != 0) {
		msg_warn("the server's binlog_format is %s: the first statement that is not logged as rows will end the stream",
		    buf_str(&v));
		msg_hint("set global binlog_format=ROW");
	}
	buf_release(&v);
	return 0;
}

int origin_find(struct origin *o, struct tap *t)
{
	struct conn *c = defs_conn(t->defs, t);

	if (!c)
		return -1;
	name_self(o);
	if (check_server(o, t, c) < 0 || check_server_id(o, t, c) < 0 || find_start(o, t, c) < 0 || know_gtid(o, t, c) < 0)
		return -1;
	return find_stop(o, t, c);
}

int origin_check(struct origin *o, struct tap *t)
{
	struct conn *c = defs_conn(t->defs, t);
	uint64_t id;

	if (!c || ask_number(t, c, "SELECT @@server_id", "ask for server_id", &id) < 0)
		return -1;
	if (id != o->server_id || conn_is_mariadb(c) != o->is_mariadb) {
		msg_error("another server answers at %s now: its server_id is %llu, was %llu", conn_opts_where(t->conn),
		    (unsigned long long)id, (unsigned long long)o->server_id);
		msg_hint("positions in one server's log mean nothing in another's; start at a GTID set");
		return refused(t);
	}
	return t->server_id_given ? check_server_id(o, t, c) : 0;
}

void origin_release(struct origin *o)
{
	free(o->gtid);
	o->gtid = NULL;
}

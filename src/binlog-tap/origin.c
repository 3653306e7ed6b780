#include "origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/random.h>

#include "binlog/gtid.h"
#include "defs.h"
#include "dump.h"
#include "dumped.h"
#include "msg.h"
#include "sig.h"
#include "status.h"
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

/* The text that a query gives, into a place of n bytes; "" if it gives none. 0; -1 with the message printed. */
static int ask_text(struct tap *t, struct conn *c, const char *sql, const char *what, char *to, size_t n)
{
	struct buf v = BUF_INIT;
	int r = conn_value(c, sql, &v);

	(void)snprintf(to, n, "%s", r > 0 ? buf_str(&v) : "");
	buf_release(&v);
	return r < 0 ? defs_failed(t->defs, t, what) : 0;
}

/*
 * What the source's clock shows: times in the stream are all by that one, so that who takes differences of them need not care
 * whose clock is right. It is not known better than by the time that the question takes. Without an answer ours does.
 */
static void ask_clock(struct tap *t, struct conn *c)
{
	static const char sql[] = "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))";
	struct buf v = BUF_INIT;
	int64_t asked = status_clock_us();

	if (conn_value(c, sql, &v) > 0) {
		t->ahead_us = strtoll(buf_str(&v), NULL, 10) - (asked + status_clock_us()) / 2;
		t->has_clock = 1;
	}
	buf_release(&v);
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

static const char show_logs[] = "SHOW BINARY LOGS";

static int list_logs(struct tap *t, struct conn *c, struct logs *l)
{
	if (conn_query(c, show_logs, sizeof show_logs - 1, on_log, l) < 0)
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

/* ---- what stands at the start of a log */

struct head_reader {
	struct conn *conn;
	struct dump *dump;
	uint64_t pos, next_pos; /* of the event at hand: its start and end */
	struct buf err;
	unsigned no;
};

static void head_close(struct head_reader *h)
{
	dump_close(h->dump);
	conn_close(h->conn);
	buf_release(&h->err);
}

#define HEAD_TIMEOUT_S 30u

/* 0, or -1 with err and no set. */
static int head_open(struct head_reader *h, const struct tap *t, const char *file)
{
	struct dump_from from = {.file = file,
	    .off = LOG_MAGIC_LEN,
	    .server_id = t->server_id,
	    .heartbeat_s = t->heartbeat_s,
	    .read_timeout_s = HEAD_TIMEOUT_S,
	    .stop_at_end = 1};

	memset(h, 0, sizeof *h);
	h->next_pos = LOG_MAGIC_LEN;
	h->conn = conn_open(t->conn, CONN_DUMP, HEAD_TIMEOUT_S, &h->err, &h->no);
	if (h->conn)
		h->dump = dump_open(h->conn, &from, &h->err, &h->no);
	return h->dump ? 0 : -1;
}

/* The next event that stands in the log, its checksum cut off. 1; 0 the end; -1 with err and no set. */
static int head_next(struct head_reader *h, struct event *e)
{
	for (;;) {
		const uint8_t *p;
		size_t n;
		enum dump_result got = dump_next(h->dump, &p, &n);

		if (got == DUMP_ERROR) {
			h->no = dump_errno(h->dump);
			buf_adds(&h->err, dump_error(h->dump));
			return -1;
		}
		if (got == DUMP_END || n < EVENT_HEAD)
			return 0;
		event_head(e, p);
		if (e->flags & EVENT_ARTIFICIAL || event_is_heartbeat(e->type))
			continue;
		e->body = p + EVENT_HEAD;
		e->body_len = n - EVENT_HEAD - (event_crc_is_right(p, n) ? EVENT_CRC : 0);
		h->pos = h->next_pos;
		h->next_pos += n;
		status_step();
		return 1;
	}
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

/* Without GTIDs only the name of a MySQL log tells. */
static int is_first_mysql(const struct origin *o, const char *file, struct cur *c)
{
	struct gtid_set *s = gtid_set_unpack(c);
	const char *dot = strrchr(file, '.');
	int empty = s && gtid_set_is_empty(s);

	gtid_set_free(s);
	return empty && (o->has_gtids || (dot && strtoull(dot + 1, NULL, 10) == 1));
}

static int read_log_head(struct tap *t, const struct origin *o, const char *file, struct log_head *h)
{
	struct head_reader r;
	struct event e;
	struct cur c;
	int found = 0, got = head_open(&r, t, file) < 0 ? -1 : 1;

	h->is_first = 1;
	while (got > 0 && (got = head_next(&r, &e)) > 0) {
		cur_init(&c, e.body, e.body_len);
		if (e.type == EV_FORMAT) {
			h->begun = e.ts;
			found = 1;
		} else if (e.type == EV_MARIA_GTID_LIST) {
			(void)read_gtid_list(&c, on_gtid, h);
			break;
		} else if (e.type == EV_PREVIOUS_GTIDS) {
			h->is_first = is_first_mysql(o, file, &c);
			break;
		} else if (e.type == EV_MARIA_GTID) {
			break;
		}
	}
	if (got < 0) {
		(void)conn_failed(t, "read the start of a log", r.no, buf_str(&r.err));
	} else if (!found) {
		msg_error("could not read the start of log %s", file);
		t->code = CODE_OUTSIDE;
	}
	head_close(&r);
	return got < 0 || !found ? -1 : 0;
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

static void add_maria_gtid(void *arg, uint32_t domain, uint32_t server, uint64_t seq)
{
	char text[GTID_MARIADB_MAX + 1];

	(void)gtid_set_add(arg, text, gtid_mariadb_text(text, domain, server, seq));
}

/* Adds the GTID of an event to the set. 0; 1: transactions have none there; -1. */
static int add_gtid_of(struct gtid_set *s, const struct event *e)
{
	struct buf text = BUF_INIT;
	struct ev_gtid g;
	struct cur c;
	int r;

	cur_init(&c, e->body, e->body_len);
	if (e->type == EV_ANONYMOUS_GTID)
		return 1;
	if (e->type == EV_MARIA_GTID) {
		struct ev_maria_gtid m;

		if (read_maria_gtid(&c, &m) < 0)
			return -1;
		add_maria_gtid(s, m.domain, e->server_id, m.seq);
		return 0;
	}
	if ((e->type == EV_GTID_TAGGED ? read_gtid_tagged(&c, &g) : read_gtid(&c, &g)) < 0)
		return -1;
	gtid_print(&g, &text);
	r = text.failed ? -1 : gtid_set_add(s, buf_str(&text), text.len);
	buf_release(&text);
	return r;
}

/* The set of what was executed before a log, which stands at its head. NULL: no memory, or damaged. */
static struct gtid_set *set_of_head(const struct event *e)
{
	struct gtid_set *s;
	struct cur c;

	cur_init(&c, e->body, e->body_len);
	if (e->type == EV_PREVIOUS_GTIDS)
		return gtid_set_unpack(&c);
	s = gtid_set_new();
	if (s && read_gtid_list(&c, add_maria_gtid, s) < 0) {
		gtid_set_free(s);
		return NULL;
	}
	return s;
}

/*
 * MySQL cannot be asked which GTIDs are before a place in a log, nor MariaDB behind 4 GiB: reads the log up to it. NULL: not
 * known; if that is because the place is wrong or the connection bad, the dump itself will say so better.
 */
static struct gtid_set *gtids_before(const struct tap *t, const char *file, uint64_t off)
{
	struct gtid_set *s = NULL;
	struct head_reader r;
	struct event e;
	int got = head_open(&r, t, file) < 0 ? -1 : 1, whole = 0;
	int exact = off > UINT32_MAX; /* the dump will be asked for the set, and cannot say that no transaction begins there */

	while (got > 0 && (got = head_next(&r, &e)) > 0) {
		int is_gtid =
		    e.type == EV_GTID || e.type == EV_ANONYMOUS_GTID || e.type == EV_GTID_TAGGED || e.type == EV_MARIA_GTID;

		if ((e.type == EV_PREVIOUS_GTIDS || e.type == EV_MARIA_GTID_LIST) && !s && !(s = set_of_head(&e)))
			break;
		if (exact && r.pos >= off) {
			whole = r.pos == off &&
				((is_gtid && e.type != EV_ANONYMOUS_GTID) || e.type == EV_ROTATE || e.type == EV_STOP);
			break;
		}
		if (is_gtid && r.pos >= off) {
			whole = e.type != EV_ANONYMOUS_GTID;
			break;
		}
		if (is_gtid && (!s || add_gtid_of(s, &e) != 0))
			break;
		if (s && !exact && r.next_pos >= off) {
			whole = 1;
			if (off == LOG_MAGIC_LEN || e.type == EV_ROTATE || e.type == EV_STOP)
				break;
		}
	}
	if (!got && s)
		whole = !exact || r.next_pos == off;
	head_close(&r);
	if (whole && got >= 0)
		return s;
	gtid_set_free(s);
	return NULL;
}

/* The dump protocol has 32 bits for an offset; the set of what is before it is a way round. */
static int refuse_far(const struct origin *o, struct tap *t)
{
	if (o->has_gtids) {
		msg_error("cannot start at %s:%llu: no transaction begins there", o->file, (unsigned long long)o->off);
		msg_hint("start where a transaction starts, or at the GTID set");
	} else {
		msg_error("cannot start at %s:%llu: without GTIDs the dump protocol does not reach behind 4 GiB", o->file,
		    (unsigned long long)o->off);
		msg_hint("read the log as a file, or start at the next one");
	}
	return refused(t);
}

static int know_gtid(struct origin *o, struct tap *t, struct conn *c)
{
	struct buf sql = BUF_INIT, v = BUF_INIT;
	int r;

	if (o->gtid) {
		t->b.gtid = gtid_set_copy(o->gtid);
		return 0;
	}
	if (!o->is_mariadb || o->off > UINT32_MAX) {
		t->b.gtid_is_unknown = !o->has_gtids;
		if (o->has_gtids)
			t->b.gtid = gtids_before(t, o->file, o->off);
		return t->b.gtid || o->off <= UINT32_MAX ? 0 : refuse_far(o, t);
	}
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

/* The sign that taps put up, which needs no right to be seen. 0; -1 failed. */
static int ask_lock(struct conn *c, struct others *o)
{
	struct buf v = BUF_INIT;
	char sql[80];
	int r;

	(void)snprintf(sql, sizeof sql, "SELECT IS_USED_LOCK(" DUMP_LOCK ")", (unsigned)o->t->server_id);
	r = conn_value(c, sql, &v);
	if (r > 0 && !*o->who)
		(void)snprintf(o->who, sizeof o->who, "connection %s", buf_str(&v));
	buf_release(&v);
	return r < 0 ? -1 : 0;
}

/*
 * Is our server_id another's? The server would throw that one out, it would come back and throw us out, for ever. One that
 * just ended is still listed for a heartbeat.
 */
static int check_server_id(struct origin *o, struct tap *t, struct conn *c)
{
	const char *sql = !o->is_mariadb && conn_version(c) >= 80022 ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS";
	int64_t until = status_clock_us() + (int64_t)(t->heartbeat_s * 3e6);
	struct others w = {t, o->name, ""};

	if (t->server_id == o->server_id) {
		msg_error("the server_id %u is the source's own", (unsigned)t->server_id);
		msg_hint("give another --server-id, or leave it out");
		return refused(t);
	}
	do {
		struct timespec nap = {0, 50 * 1000 * 1000};

		w.who[0] = 0;
		/* who may not look at the list sees the lock, and the default is one that nobody has */
		(void)conn_query(c, sql, strlen(sql), on_replica, &w);
		if (ask_lock(c, &w) < 0 || !w.who[0])
			return 0;
		nanosleep(&nap, NULL);
	} while (status_clock_us() < until && !sig_stop);
	msg_error("the server_id %u is in use by another replica (%s)", (unsigned)t->server_id, w.who);
	msg_hint("give another --server-id, or leave it out");
	return refused(t);
}

static void name_self(struct origin *o)
{
	char host[40];
	uint8_t u[16] = {0};

	if (gethostname(host, sizeof host) < 0)
		host[0] = 0;
	host[sizeof host - 1] = 0;
	(void)snprintf(o->name, sizeof o->name, "binlog-tap-%ld.%s", (long)getpid(), host);
	o->name[60] = 0;
	if (getrandom(u, sizeof u, 0) != sizeof u)
		(void)snprintf((char *)u, sizeof u, "%llx", (unsigned long long)clock_us() * 2654435761u + (unsigned)getpid());
	(void)snprintf(o->self, sizeof o->self, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0],
	    u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
}

/* A set as start: of the server's own kind, and of one that has GTIDs. */
static int check_gtid_start(struct origin *o, struct tap *t)
{
	enum gtid_flavor f = gtid_set_flavor(t->start.gtid);

	if (f != GTID_NONE && (f == GTID_MARIADB) != o->is_mariadb) {
		msg_error("the GTID set to start at is of %s, but the server is %s", f == GTID_MARIADB ? "MariaDB" : "MySQL",
		    o->is_mariadb ? "MariaDB" : "MySQL");
		return refused(t);
	}
	if (!o->has_gtids) {
		msg_error("cannot start at a GTID set: the server's gtid_mode is not ON");
		msg_hint("start at FILE:OFFSET, or set gtid_mode=ON on the source");
		return refused(t);
	}
	return 0;
}

/* MySQL: what was executed by now, exactly; its position in the log may be ahead of that by what is being committed. */
static int find_now(struct origin *o, struct tap *t, struct conn *c)
{
	struct buf v = BUF_INIT;
	int r = conn_value(c, "SELECT @@GLOBAL.gtid_executed", &v);

	if (r < 0)
		(void)defs_failed(t->defs, t, "ask for gtid_executed");
	else if (!(o->gtid = gtid_set_parse(buf_str(&v), v.len)))
		r = refused(t);
	buf_release(&v);
	return r < 0 ? -1 : 0;
}

static int find_start(struct origin *o, struct tap *t, struct conn *c)
{
	struct logs l = {0};
	struct pos end;
	int r = 0;

	o->off = LOG_MAGIC_LEN;
	if (dumped_choose(t, o->has_gtids) < 0)
		return refused(t);
	switch (t->start.kind) {
	case POS_NOW:
		if (!o->is_mariadb && o->has_gtids) {
			r = find_now(o, t, c);
			break;
		}
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
		r = check_gtid_start(o, t);
		if (!r && !(o->gtid = gtid_set_copy(t->start.gtid)))
			r = refused(t);
		break;
	case POS_TIME:
		r = find_time(o, t, c);
		break;
	}
	free(l.names);
	/* all but a time are where the server enters the log */
	if (t->start.kind != POS_TIME)
		t->started = 1;
	return r;
}

/* Names say the order of logs as long as the server is not given another --log-bin: then its list of them does. */
static int check_stop_file(struct tap *t, struct conn *c)
{
	struct logs l = {0};

	if (conn_query(c, show_logs, sizeof show_logs - 1, on_log, &l) < 0)
		return 0; /* may not look */
	t->logs = l.names;
	t->nlogs = l.n;
	if (!t->nlogs || tap_knows_log(t, t->stop.file))
		return 0;
	msg_error("cannot stop at %s:%llu: the server has no log of that name", t->stop.file, (unsigned long long)t->stop.off);
	msg_hint("SHOW BINARY LOGS lists what there is");
	return refused(t);
}

static int find_stop(struct origin *o, struct tap *t, struct conn *c)
{
	if (!t->has_stop)
		return 0;
	if (t->stop.kind == POS_FILE)
		return check_stop_file(t, c);
	if (t->stop.kind == POS_NOW) {
		o->stop_is_end = 1;
		return ask_end(t, c, &t->stop) < 0 ? -1 : check_stop_file(t, c);
	}
	if (t->stop.kind == POS_GTID) {
		t->seen = t->b.gtid ? gtid_set_copy(t->b.gtid) : gtid_set_new();
		if (!t->seen) {
			msg_no_memory();
			t->code = CODE_OUTSIDE;
			return -1;
		}
	}
	return 0;
}

static int check_server(struct origin *o, struct tap *t, struct conn *c)
{
	uint64_t on;
	char mode[32];
	struct buf v = BUF_INIT;

	o->is_mariadb = conn_is_mariadb(c);
	o->has_gtids = o->is_mariadb;
	if (ask_number(t, c, "SELECT @@server_id", "ask for server_id", &o->server_id) < 0 ||
	    ask_number(t, c, "SELECT @@log_bin", "ask for log_bin", &on) < 0)
		return -1;
	if (!on) {
		msg_error("the server writes no binary log");
		msg_hint("start it with log_bin and binlog_format=ROW");
		return refused(t);
	}
	if (!o->is_mariadb) {
		if (ask_text(t, c, "SELECT @@server_uuid", "ask for server_uuid", t->uuid, sizeof t->uuid) < 0 ||
		    ask_text(t, c, "SELECT @@GLOBAL.gtid_mode", "ask for gtid_mode", mode, sizeof mode) < 0)
			return -1;
		o->has_gtids = !strcmp(mode, "ON");
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
	ask_clock(t, c);
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
	ask_clock(t, c);
	if (!o->is_mariadb && !conn_is_mariadb(c)) {
		char uuid[sizeof t->uuid];

		if (ask_text(t, c, "SELECT @@server_uuid", "ask for server_uuid", uuid, sizeof uuid) < 0)
			return -1;
		if (strcmp(uuid, t->uuid) != 0) {
			msg_error("another server answers at %s now: its server_uuid is %s, was %s", conn_opts_where(t->conn),
			    uuid, t->uuid);
			msg_hint("start anew at the GTID set that the target has");
			return refused(t);
		}
	} else if (id != o->server_id || conn_is_mariadb(c) != o->is_mariadb) {
		msg_error("another server answers at %s now: its server_id is %llu, was %llu", conn_opts_where(t->conn),
		    (unsigned long long)id, (unsigned long long)o->server_id);
		msg_hint("positions in one server's log mean nothing in another's; start at a GTID set");
		return refused(t);
	}
	return t->server_id_given ? check_server_id(o, t, c) : 0;
}

void origin_release(struct origin *o)
{
	gtid_set_free(o->gtid);
	o->gtid = NULL;
}

/* Where the stream begins and ends, and which tables are in it: the decoder's calls. */
#include "tap.h"

#include <string.h>

#include "defs.h"
#include "msg.h"
#include "sig.h"

/* t->nlogs: not among them */
static size_t log_index(const struct tap *t, const char *file)
{
	size_t i = 0;

	while (i < t->nlogs && strcmp(t->logs[i], file) != 0)
		i++;
	return i;
}

int place_cmp(const struct tap *t, const char *file, uint64_t off, const char *file2, uint64_t off2)
{
	int comparable, c;

	if (!strcmp(file, file2)) /* nearly always, and asked at every transaction */
		return off < off2 ? -1 : off > off2;
	c = log_name_cmp(file, file2, &comparable);
	if (!comparable) { /* the server was given another --log-bin */
		size_t i = log_index(t, file), i2 = log_index(t, file2);

		return i < i2 ? -1 : 1;
	}
	if (c)
		return c;
	return off < off2 ? -1 : off > off2;
}

int tap_knows_log(const struct tap *t, const char *file)
{
	int comparable;

	for (size_t i = 0; i < t->nlogs; i++) {
		(void)log_name_cmp(t->logs[i], file, &comparable);
		if (comparable || !strcmp(t->logs[i], file))
			return 1;
	}
	return 0;
}

/* Is the end in a later log? It is asked at every transaction, so the answer is kept as long as the log is the same. */
static int is_in_log_before_stop(struct tap *t)
{
	if (!strcmp(t->b.file, t->before_stop))
		return 1;
	if (!strcmp(t->b.file, t->stop.file) || place_cmp(t, t->b.file, 0, t->stop.file, 0) >= 0)
		return 0;
	memcpy(t->before_stop, t->b.file, strlen(t->b.file) + 1);
	return 1;
}

int tap_is_over(struct tap *t)
{
	if (t->stop_at_ddl && t->b.statements)
		return 1;
	if (!t->has_stop)
		return 0;
	switch (t->stop.kind) {
	case POS_FILE:
		return *t->b.file && !is_in_log_before_stop(t) &&
		       place_cmp(t, t->b.file, t->b.pos, t->stop.file, t->stop.off) >= 0;
	case POS_GTID:
		return t->seen && gtid_set_covers(t->seen, t->stop.gtid);
	case POS_EARLIEST:
		return 1;
	default:
		return 0;
	}
}

int tap_count(struct tap *t)
{
	if (sig_status) {
		sig_status = 0;
		msg_warn("status: at %s:%llu, %llu transactions%s", t->b.file, (unsigned long long)t->b.pos,
		    (unsigned long long)t->b.groups, t->b.in_group ? ", inside of one" : "");
	}
	if (t->b.groups == t->seen_groups)
		return 0;
	t->seen_groups = t->b.groups;
	t->done_us = t->b.group_ts_us;
	if (t->seen && t->b.group_gtid.len)
		(void)gtid_set_add(t->seen, buf_str(&t->b.group_gtid), t->b.group_gtid.len);
	return 0;
}

static int refuse(struct tap *t)
{
	t->code = CODE_USAGE;
	return -1;
}

/* Does the transaction come after the start? 1 yes, 0 not yet, -1 the start is inside of one. */
static int is_after_start(struct tap *t, const struct rec_begin *r)
{
	switch (t->start.kind) {
	case POS_FILE:
		return place_cmp(t, t->b.file, r->off, t->start.file, t->start.off) >= 0;
	case POS_TIME:
		return r->ts_us >= t->start.time_us;
	case POS_NOW:
		return 0; /* of files: behind all of them */
	default:
		return 1;
	}
}

/*
 * With a start at a GTID set: is the transaction one of it? One domain may be ahead of where the log was entered. 1, 0, -1
 * with the message printed. A server of MariaDB has left such ones out, and it knows best.
 */
static int is_executed(struct tap *t, const struct rec_begin *r)
{
	int left;

	if (t->start.kind != POS_GTID || !r->gtid.n || (t->b.format.is_mariadb && !t->nfiles))
		return 0;
	if (!t->ahead && !(t->ahead = gtid_set_copy(t->start.gtid)))
		goto no_memory;
	left = gtid_set_leave(t->ahead, r->gtid.p, r->gtid.n);
	if (left == 2 && ((!t->doubt && !(t->doubt = gtid_set_new())) || gtid_set_add(t->doubt, r->gtid.p, r->gtid.n) < 0))
		goto no_memory;
	return left > 0;
no_memory:
	msg_no_memory();
	t->code = CODE_OUTSIDE;
	return -1;
}

static int on_group(void *arg, const struct rec_begin *r)
{
	int executed;
	struct tap *t = arg;

	if (!t->started) {
		/* a log that is read from its beginning to find the start: was that inside the last transaction? */
		if (t->start.kind == POS_FILE && t->nfiles && t->b.groups && !strcmp(t->b.file, t->start.file) &&
		    t->b.group_pos < t->start.off && r->off > t->start.off && !strcmp(t->b.group_file, t->b.file)) {
			msg_error("cannot start at %s:%llu: it is in the middle of the transaction that begins at %llu",
			    t->start.file, (unsigned long long)t->start.off, (unsigned long long)t->b.group_pos);
			return refuse(t);
		}
		if (!is_after_start(t, r))
			return BINLOG_SKIP;
		t->started = 1;
	}
	if (tap_is_over(t) || (t->has_stop && t->stop.kind == POS_TIME && r->ts_us >= t->stop.time_us))
		return BINLOG_HALT;
	executed = is_executed(t, r);
	if (executed)
		return executed < 0 ? -1 : BINLOG_SKIP;
	return !t->said_hello && tap_hello(t) < 0 ? -1 : BINLOG_TAKE;
}

/* What nobody means when he says "everything": the servers' own, and the checkpoints of the target's side. */
static int is_system(const char *db, size_t n)
{
	static const char *const names[] = {"mysql", "sys", "performance_schema", "information_schema", "rowferry"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == n && !strncasecmp(names[i], db, n))
			return 1;
	return 0;
}

/* Does an --include begin with this database's name, as it is? */
static int is_named(const struct tap *t, const char *db, size_t n)
{
	for (size_t i = 0; i < t->list.nin; i++) {
		const char *p = pattern_text(t->list.in[i]);

		if (strlen(p) >= n && !strncasecmp(p, db, n) && (!p[n] || p[n] == '.'))
			return 1;
	}
	return 0;
}

static int wants(void *arg, const char *db, size_t ndb, const char *name, size_t nname)
{
	struct tap *t = arg;
	int has;

	if (is_system(db, ndb) && !is_named(t, db, ndb))
		return 0;
	if (!ndb)
		return !t->list.nin;
	has = pattern_list_has(&t->list, db, ndb, nname ? name : NULL, nname);
	if (has >= 0)
		return has;
	msg_error("a regular expression gave up on the name %.*s%s%.*s", (int)ndb, db, nname ? "." : "", (int)nname, name);
	msg_hint("make it simpler: its work on one name is limited");
	return refuse(t);
}

static int define(void *arg, const struct tmap *m, struct tmap_col *cols, struct table **t)
{
	struct tap *tap = arg;

	*t = NULL;
	if (!tap->defs)
		return 0;
	return defs_find(tap->defs, tap, m, cols, t);
}

static int on_output(void *arg)
{
	struct tap *t = arg;

	return t->out.b.len >= FDIO_CHUNK || t->out.b.failed ? tap_flush(t) : 0;
}

const struct binlog_calls tap_calls = {on_group, wants, define, on_output};

#include "lag.h"

#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "msg.h"

void place_release(struct place *p)
{
	gtid_set_free(p->gtid);
	buf_release(&p->text);
	memset(p, 0, sizeof *p);
}

static void set_file(struct place *p, const char *name, const char *off)
{
	size_t n = name ? strlen(name) : 0;

	if (n >= sizeof p->file)
		n = 0;
	memcpy(p->file, name ? name : "", n);
	p->file[n] = 0;
	p->off = off ? strtoull(off, NULL, 10) : 0;
}

static int set_gtid(struct place *p, const char *text, size_t n)
{
	gtid_set_free(p->gtid);
	p->gtid = text && n ? gtid_set_parse(text, n) : NULL;
	return 0;
}

static int on_status(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	(void)lens;
	if (ncols >= 2)
		set_file(arg, v[0], v[1]);
	return 0;
}

/* Wants a right that not everybody has; the GTIDs alone may do. */
static int read_file(struct place *p, struct link *l)
{
	static const char old[] = "SHOW MASTER STATUS", new[] = "SHOW BINARY LOG STATUS";
	int is_new = !l->is_mariadb && conn_version(l->c) >= 80200;

	*p->file = 0;
	p->off = 0;
	return conn_query(l->c, is_new ? new : old, is_new ? sizeof new - 1 : sizeof old - 1, on_status, p);
}

int place_of_source(struct place *p, struct link *l)
{
	struct buf set = BUF_INIT;
	int failed = read_file(p, l) < 0;

	if (conn_value(l->c, l->is_mariadb ? "SELECT @@gtid_binlog_pos" : "SELECT @@GLOBAL.gtid_executed", &set) < 0) {
		buf_release(&set);
		return link_failed(l, "ask for the end of the log");
	}
	(void)set_gtid(p, (const char *)set.p, set.len);
	if (p->gtid && gtid_set_is_empty(p->gtid)) {
		gtid_set_free(p->gtid);
		p->gtid = NULL;
	}
	buf_reset(&p->text);
	if (p->gtid)
		gtid_set_print(p->gtid, &p->text);
	buf_printf(&p->text, " %s:%llu", p->file, (unsigned long long)p->off);
	buf_release(&set);
	if (!p->gtid && failed)
		return link_failed(l, "ask for the end of the log");
	if (!p->gtid && !*p->file) {
		msg_error("the source has no binary log, so it cannot be told when a change of it is on the target");
		msg_hint("without --pipeline and --replica a difference counts when it lasts for --window");
		return CODE_USAGE;
	}
	return CODE_OK;
}

/* Rpl_semi_sync_master_wait_sessions; of later MySQL Rpl_semi_sync_source_wait_sessions; none without the plugin. */
static int on_wait_sessions(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	(void)lens;
	if (ncols == 2 && v[1] && strcmp(v[1], "0") != 0)
		*(int *)arg = 1;
	return 0;
}

int source_holds_commits(struct link *l, int *holds)
{
	static const char sql[] = "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_%_wait_sessions'";

	*holds = 0;
	return conn_query(l->c, sql, sizeof sql - 1, on_wait_sessions, holds) < 0 ? link_failed(l, "ask for waiting commits")
										  : CODE_OK;
}

/* ---- the target */

struct reached {
	struct place at;
	int found;
};

static int on_checkpoint(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct reached *r = arg;

	if (ncols != 3)
		return 0;
	r->found = 1;
	set_file(&r->at, v[0], v[1]);
	return set_gtid(&r->at, v[2], v[2] ? lens[2] : 0);
}

static int read_checkpoint(struct reached *r, struct link *l, const char *pipeline)
{
	struct buf sql = BUF_INIT;
	int rc;

	buf_adds(&sql, "SELECT file, off, gtid FROM rowferry.checkpoint WHERE slot = 0 AND pipeline = ");
	sql_string(&sql, pipeline, strlen(pipeline));
	rc = conn_query(l->c, buf_str(&sql), sql.len, on_checkpoint, r);
	buf_release(&sql);
	if (rc < 0 && conn_errno(l->c) != 1146 && conn_errno(l->c) != 1049)
		return link_failed(l, "read the checkpoint");
	if (rc == 0 && r->found)
		return CODE_OK;
	msg_error("the target has no checkpoint of a pipeline \"%s\"", pipeline);
	return CODE_USAGE;
}

static int read_replica(struct reached *r, struct link *l)
{
	struct buf set = BUF_INIT;
	int rc = conn_value(l->c, l->is_mariadb ? "SELECT @@gtid_slave_pos" : "SELECT @@GLOBAL.gtid_executed", &set);

	if (rc < 0) {
		buf_release(&set);
		return link_failed(l, "ask how far the replica is");
	}
	(void)set_gtid(&r->at, (const char *)set.p, set.len);
	buf_release(&set);
	if (r->at.gtid)
		return CODE_OK;
	msg_error("the target has no GTIDs of a source that it replicates");
	msg_hint("without --replica a difference counts when it lasts for --window");
	return CODE_USAGE;
}

static int is_past(const struct place *at, const struct place *p, int *there)
{
	int comparable = 1, c;

	if (at->gtid && p->gtid && gtid_set_flavor(at->gtid) == gtid_set_flavor(p->gtid)) {
		*there = gtid_set_covers(at->gtid, p->gtid);
		return 0;
	}
	if (!*at->file || !*p->file)
		return -1;
	c = log_name_cmp(at->file, p->file, &comparable);
	*there = comparable && (c > 0 || (c == 0 && at->off >= p->off));
	return comparable ? 0 : -1;
}

int place_is_there(const struct place *p, struct link *l, const char *pipeline, int *there)
{
	struct reached r = {.found = 0};
	int code = pipeline ? read_checkpoint(&r, l, pipeline) : read_replica(&r, l);

	*there = 0;
	if (code == CODE_OK && is_past(&r.at, p, there) < 0) {
		msg_error("the target's position and the source's log cannot be compared: they have no GTIDs in common%s",
		    pipeline ? ", nor file names" : "");
		code = CODE_USAGE;
	}
	place_release(&r.at);
	return code;
}

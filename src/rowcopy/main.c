/* rowcopy: tables as they stand -> a row stream. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "copy.h"
#include "msg.h"
#include "opt.h"
#include "progress.h"
#include "ready.h"
#include "rowread.h"
#include "sig.h"
#include "status.h"
#include "watch.h"

enum {
	OPT_INCLUDE = 1,
	OPT_EXCLUDE,
	OPT_WHERE,
	OPT_WORKERS,
	OPT_MEMORY,
	OPT_LOCK_TIMEOUT,
	OPT_INDEXES,
	OPT_NO_DDL,
	OPT_LIVE,
	OPT_REFRESH,
	OPT_RESUME,
	OPT_READY_FD,
	OPT_FORCE
};

static const struct opt options[] = {
    {OPT_INCLUDE, 0, "include", "PATTERN", "copy tables that match, see rowrules(5); can be given many times"},
    {OPT_EXCLUDE, 0, "exclude", "PATTERN", "not tables that match; can be given many times"},
    {OPT_WHERE, 0, "where", "CONDITION", "only rows for which this is true, in the source's SQL"},
    {OPT_LIVE, 0, "live", NULL, "be a part of a pipeline: rows go into the stream of standard input where they belong"},
    {OPT_RESUME, 0, "resume", "STATE", "live: go on with a copy, as mysql-sink --print-position=copy says; empty: nothing to do"},
    {OPT_REFRESH, 0, "refresh", NULL, "live: write tables that the target has once more"},
    {OPT_NO_DDL, 0, "no-ddl", NULL, "rows only: the target has the tables, or makes them of the stream"},
    {OPT_INDEXES, 0, "indexes", "WHEN", "make indexes that are not unique before the rows of a table (default) or after them"},
    {OPT_WORKERS, 0, "workers", "N", "read on so many connections at once (default 4)"},
    {OPT_MEMORY, 0, "memory", "SIZE", "read ahead so much (default 16M)"},
    {OPT_LOCK_TIMEOUT, 0, "lock-timeout", "SECONDS", "wait so long for a lock where one is needed (default 2)"},
    {OPT_READY_FD, 0, "ready-fd", "N", "write a newline to this descriptor when connected"},
    {OPT_FORCE, 0, "force", NULL, "write the stream even to a terminal"},
    {0},
};

static const struct opts opts = {
    .usage = "rowcopy [connection options] [--include PATTERN...] [options] > STREAM\n"
	     "rowcopy [connection options] --live [--include PATTERN...] [options] < STREAM > STREAM",
    .tables = {options, watch_options, conn_options},
};

/* 0, or -1 with the message printed. */
static int take_one(struct copy *c, int id, const char *value)
{
	unsigned long long n;

	switch (id) {
	case OPT_INCLUDE:
		return pattern_list_add(&c->list, value, 0, "--include");
	case OPT_EXCLUDE:
		return pattern_list_add(&c->list, value, 1, "--exclude");
	case OPT_WHERE:
		c->where = value;
		return 0;
	case OPT_WORKERS:
		if (opt_uint("--workers", value, 1, WORKERS_MAX, &n) < 0)
			return -1;
		c->workers = (unsigned)n;
		return 0;
	case OPT_MEMORY:
		if (opt_size("--memory", value, 1u << 20, 1ull << 32, &n) < 0)
			return -1;
		c->memory = n;
		return 0;
	case OPT_LOCK_TIMEOUT:
		if (opt_uint("--lock-timeout", value, 1, 3600, &n) < 0)
			return -1;
		c->lock_timeout_s = (unsigned)n;
		return 0;
	case OPT_INDEXES:
		if (strcmp(value, "before") != 0 && strcmp(value, "after") != 0) {
			msg_error("--indexes: \"%s\" is not before or after", value);
			return -1;
		}
		c->indexes_after = *value == 'a';
		return 0;
	case OPT_NO_DDL:
		c->no_ddl = 1;
		return 0;
	case OPT_LIVE:
		c->live = 1;
		return 0;
	case OPT_REFRESH:
		c->refresh = 1;
		return 0;
	case OPT_RESUME:
		c->resume = value;
		return 0;
	case OPT_READY_FD:
		return ready_take(&c->ready_fd, value);
	case OPT_FORCE:
		c->force = 1;
		return 0;
	default:
		return conn_opts_take(c->conn, id, value);
	}
}

static int take(void *arg, int id, const char *value)
{
	if (watch_has(id))
		return watch_take(id, value) < 0 ? CODE_USAGE : CODE_OK;
	return take_one(arg, id, value) < 0 ? CODE_USAGE : CODE_OK;
}

/* -1 to go on, else the exit code to end with */
static int read_args(struct copy *c, int argc, char **argv)
{
	int code = opts_take(&opts, argc, argv, take, c);

	if (code >= 0)
		return code;
	if (optind < argc) {
		if (conn_opts_asks(c->conn))
			msg_error("there are no arguments but options; a password stands right behind its letter: -pPASSWORD");
		else
			msg_error("there are no arguments but options: \"%s\"", argv[optind]);
		return CODE_USAGE;
	}
	if (!c->live && (c->resume || c->refresh)) {
		msg_error("%s is for --live, behind a binlog-tap", c->resume ? "--resume" : "--refresh");
		return CODE_USAGE;
	}
	if (c->where && c->live && !c->refresh) {
		msg_error("--where and --live go together with --refresh only: changes of other rows would come all the same");
		return CODE_USAGE;
	}
	if (stream_check_tty(STDOUT_FILENO, c->force) < 0)
		return CODE_USAGE;
	return conn_opts_done(c->conn) < 0 ? CODE_USAGE : -1;
}

static int connect_meta(struct copy *c)
{
	struct buf err = BUF_INIT, what = BUF_INIT;
	unsigned no = 0;
	int r = 0;

	c->meta = conn_open(c->conn, CONN_QUERY, 86400, &err, &no);
	if (!c->meta) {
		buf_printf(&what, "connect to %s", conn_opts_where(c->conn));
		r = copy_failed(c, buf_str(&what), no, buf_str(&err));
	} else {
		c->is_mariadb = conn_is_mariadb(c->meta);
		/* names and definitions come as utf8mb4, unlike the rows */
		if (conn_queryz(c->meta, "SET NAMES utf8mb4") < 0 ||
		    conn_queryz(c->meta, "SET sql_mode='', time_zone='+00:00'") < 0)
			r = copy_conn_failed(c, "prepare a session", c->meta);
		/* how large rows are, as it is now */
		if (r == 0 && !c->is_mariadb)
			(void)conn_queryz(c->meta, "SET information_schema_stats_expiry = 0");
		if (r == 0 && !c->is_mariadb && conn_version(c->meta) >= 80030)
			(void)conn_queryz(c->meta, "SET show_gipk_in_create_table_and_information_schema = ON");
		if (r == 0)
			r = self_ask(c);
	}
	buf_release(&err);
	buf_release(&what);
	return r;
}

static void release(struct copy *c)
{
	conn_close(c->meta);
	c->meta = NULL;
	(void)list_tables(c); /* forgets them */
	schema_free(c->schema);
	conn_opts_free(c->conn);
	pattern_list_release(&c->list);
	state_release(&c->state);
	place_release(&c->at);
	conn_library_end();
}

static int serve(struct copy *c)
{
	int code;

	sig_init();
	code = watch_start(STATUS_FILTER, NULL);
	if (code != CODE_OK)
		return code;
	c->schema = schema_new();
	if (!c->schema)
		(void)copy_no_memory(c);
	if (!c->schema || connect_meta(c) < 0)
		return c->code;
	ready_say(&c->ready_fd);
	return c->live ? copy_live(c) : copy_alone(c);
}

int main(int argc, char **argv)
{
	struct copy c = {.workers = 4, .memory = 16u << 20, .lock_timeout_s = 2, .ready_fd = -1};
	int code;

	msg_init("rowcopy");
	progress_first();
	/* rows come and go on several threads: what is large goes back when it is freed */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	snprintf(c.id, sizeof c.id, "%llx", (unsigned long long)time(NULL) << 20 | (unsigned)(getpid() & 0xfffff));
	c.conn = conn_opts_new("rowcopy");
	if (!c.conn) {
		msg_no_memory();
		return CODE_OUTSIDE;
	}
	code = read_args(&c, argc, argv);
	if (code < 0)
		code = serve(&c);
	release(&c);
	return watch_end(stdout_close(code));
}

/*
 * mysql-sink: applies a row stream to a server, and keeps the position there.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mysql.h>

#include "code.h"
#include "conn.h"
#include "copy.h"
#include "fence.h"
#include "msg.h"
#include "opt.h"
#include "ready.h"
#include "sig.h"
#include "sink.h"
#include "status.h"
#include "watch.h"

enum {
	OPT_PIPELINE = 1,
	OPT_PRINT_POSITION,
	OPT_EPOCH,
	OPT_ON_CONFLICT,
	OPT_COMPARE_ROWS,
	OPT_REJECTS,
	OPT_MAX_REJECTS,
	OPT_DDL,
	OPT_SKIP_DDL,
	OPT_DRY_RUN,
	OPT_CREATE_TABLES,
	OPT_ALLOW_TRIGGERS,
	OPT_ACCEPT_GAP,
	OPT_WORKERS,
	OPT_COMMIT_ORDER,
	OPT_BATCH_BYTES,
	OPT_MEMORY,
	OPT_RETRY_TIMEOUT,
	OPT_READY_FD
};

/* clang-format off */
static const struct opt options[] = {
	{OPT_PIPELINE, 0, "pipeline", "NAME", "name of the pipeline, under which the position is kept"},
	{OPT_PRINT_POSITION, 0, "print-position", "[FORM]", "print where the source's log goes on, and end; FORM: gtid or file; copy: where a copy of tables is"},
	{OPT_EPOCH, 0, "epoch", "N", "the holder's number: sinks with a lower one commit no more (default: $ROWFERRY_EPOCH)"},
	{OPT_ON_CONFLICT, 0, "on-conflict", "WHAT", "a row is there already, or is not there: stop (default), overwrite or skip; PATTERN=WHAT: of some tables"},
	{OPT_COMPARE_ROWS, 0, "compare-rows", NULL, "a row to be changed or deleted that is not as the source had it is a conflict"},
	{OPT_REJECTS, 0, "rejects", "FILE", "write rows that are skipped to this file, as a row stream"},
	{OPT_MAX_REJECTS, 0, "max-rejects", "N", "stop when more rows than this would be skipped (default 0: any number may)"},
	{OPT_DDL, 0, "ddl", "WHAT", "statements that change definitions: apply (default), skip or stop"},
	{OPT_DRY_RUN, 0, "dry-run", NULL, "apply everything in one transaction and undo it"},
	{OPT_CREATE_TABLES, 0, "create-tables", NULL, "make tables that the target lacks"},
	{OPT_ALLOW_TRIGGERS, 0, "allow-triggers", NULL, "apply rows also to tables that have triggers on the target"},
	{OPT_SKIP_DDL, 0, "skip-ddl", "FILE:OFFSET", "leave out the one such statement that is there in the source's log"},
	{OPT_ACCEPT_GAP, 0, "accept-gap", NULL, "take a stream that starts behind the checkpoint"},
	{OPT_WORKERS, 0, "workers", "N", "apply on so many connections at once (default: 2 to 4, as the target has processors)"},
	{OPT_COMMIT_ORDER, 0, "commit-order", "WHICH", "of batches on several connections: source (default), or any that they allow"},
	{OPT_BATCH_BYTES, 0, "batch-bytes", "SIZE", "commit at the latest after this many bytes (default 4M)"},
	{OPT_MEMORY, 0, "memory", "SIZE", "apply a larger transaction while it arrives (default 16M)"},
	{OPT_RETRY_TIMEOUT, 0, "retry-timeout", "SECONDS", "try a failing batch again for so long (default 60)"},
	{OPT_READY_FD, 0, "ready-fd", "N", "write a newline to this descriptor when ready"},
	{0},
};
/* clang-format on */

struct args {
	struct sink_options sink;
	struct conn_opts *conn;
	const char *pipeline;
	enum { PRINT_NOTHING, PRINT_BEST, PRINT_GTID, PRINT_FILE, PRINT_COPY } print;
	int ready_fd;
};

static int choose(const char *option, const char *value, const char *const *words)
{
	struct buf list = BUF_INIT;

	for (int i = 0; words[i]; i++)
		if (!strcmp(value, words[i]))
			return i;
	for (int i = 0; words[i]; i++)
		buf_printf(&list, "%s%s", !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
	msg_error("--%s: \"%s\" is not %s", option, value, buf_str(&list));
	buf_release(&list);
	return -1;
}

static int take_epoch(struct args *a, const char *from, const char *value)
{
	unsigned long long n;

	if (opt_uint(from, value, 1, INT64_MAX, &n) < 0)
		return -1;
	a->sink.epoch = n;
	return 0;
}

static int take_one(struct args *a, int id, const char *value)
{
	static const char *const orders[] = {"source", "any", NULL}, *const ddls[] = {"apply", "skip", "stop", NULL},
				 *const forms[] = {"gtid", "file", "copy", NULL};
	unsigned long long n = 0;
	int i;

	if (id >= 1000 && id < 1100)
		return conn_opts_take(a->conn, id, value);
	if (watch_has(id))
		return watch_take(id, value);
	switch (id) {
	case OPT_PIPELINE:
		if (!*value || strlen(value) > 64) {
			msg_error("--pipeline: a name has 1 to 64 bytes");
			return -1;
		}
		a->pipeline = value;
		return 0;
	case OPT_PRINT_POSITION:
		a->print = PRINT_BEST;
		if (!value)
			return 0;
		if ((i = choose("print-position", value, forms)) < 0)
			return -1;
		a->print = (int)PRINT_GTID + i;
		return 0;
	case OPT_EPOCH:
		return take_epoch(a, "--epoch", value);
	case OPT_ON_CONFLICT:
		return policies_add(&a->sink.exec.policies, value);
	case OPT_COMPARE_ROWS:
		a->sink.exec.compare_rows = 1;
		return 0;
	case OPT_REJECTS:
		a->sink.exec.rejects = value;
		return 0;
	case OPT_MAX_REJECTS:
		if (opt_uint("--max-rejects", value, 0, 1ull << 62, &n) < 0)
			return -1;
		a->sink.exec.max_rejects = n;
		return 0;
	case OPT_DDL:
		if ((i = choose("ddl", value, ddls)) < 0)
			return -1;
		a->sink.ddl = (enum ddl_policy)i;
		return 0;
	case OPT_DRY_RUN:
		a->sink.exec.dry_run = 1;
		return 0;
	case OPT_CREATE_TABLES:
		a->sink.exec.create_tables = 1;
		return 0;
	case OPT_ALLOW_TRIGGERS:
		a->sink.exec.allow_triggers = 1;
		return 0;
	case OPT_SKIP_DDL:
		if (!strchr(value, ':') || strspn(strrchr(value, ':') + 1, "0123456789") != strlen(strrchr(value, ':') + 1)) {
			msg_error("--skip-ddl: \"%s\" is not FILE:OFFSET, as the message about the statement has it", value);
			return -1;
		}
		a->sink.skip_ddl = value;
		return 0;
	case OPT_ACCEPT_GAP:
		a->sink.accept_gap = 1;
		return 0;
	case OPT_WORKERS:
		if (opt_uint("--workers", value, 1, WORKERS_MAX, &n) < 0)
			return -1;
		a->sink.workers = (unsigned)n;
		return 0;
	case OPT_COMMIT_ORDER:
		if ((i = choose("commit-order", value, orders)) < 0)
			return -1;
		a->sink.exec.any_order = i;
		return 0;
	case OPT_BATCH_BYTES:
		if (opt_size("--batch-bytes", value, 1, 1ull << 30, &n) < 0)
			return -1;
		a->sink.batch_bytes = n;
		return 0;
	case OPT_MEMORY:
		if (opt_size("--memory", value, 4096, 1ull << 32, &n) < 0)
			return -1;
		a->sink.memory = n;
		return 0;
	case OPT_RETRY_TIMEOUT:
		if (opt_uint("--retry-timeout", value, 0, 86400, &n) < 0)
			return -1;
		a->sink.exec.retry_s = (unsigned)n;
		return 0;
	case OPT_READY_FD:
		return ready_take(&a->ready_fd, value);
	default:
		return -1;
	}
}

static int take(void *arg, int id, const char *value)
{
	return take_one(arg, id, value) < 0 ? CODE_USAGE : CODE_OK;
}

static const struct opts opts = {
    .usage = "mysql-sink [connection options] --pipeline NAME [option...] < STREAM\n"
	     "mysql-sink [connection options] --pipeline NAME --print-position[=gtid|file|copy]",
    .tables = {options, watch_options, conn_options},
};

/* -1 to go on, else the exit code to end with */
static int read_args(struct args *a, int argc, char **argv)
{
	const char *epoch = getenv("ROWFERRY_EPOCH");
	int code = opts_take(&opts, argc, argv, take, a);

	if (code >= 0)
		return code;
	if (!a->sink.epoch && epoch && *epoch && take_epoch(a, "ROWFERRY_EPOCH", epoch) < 0)
		return CODE_USAGE;
	if (optind < argc) {
		if (conn_opts_asks(a->conn))
			msg_error("there are no arguments but options; a password stands right behind its letter: -pPASSWORD");
		else
			msg_error("there are no arguments but options: \"%s\"", argv[optind]);
		return CODE_USAGE;
	}
	if (!a->pipeline) {
		msg_error("--pipeline is missing");
		return CODE_USAGE;
	}
	if (a->sink.exec.rejects && !policies_have(&a->sink.exec.policies, POLICY_SKIP)) {
		msg_error("--rejects is for rows that --on-conflict skip leaves out, and no table has that");
		return CODE_USAGE;
	}
	if (a->print == PRINT_NOTHING && isatty(0)) {
		msg_error("standard input is a terminal: pipe a row stream into it");
		return CODE_USAGE;
	}
	return conn_opts_done(a->conn) < 0 ? CODE_USAGE : -1;
}

static int print_position(const struct args *a)
{
	struct ckpt c = {.pipeline = a->pipeline};
	struct link l;
	enum ckpt_found f = CKPT_FAILED;
	int code = CODE_OK, gtid;

	/* before the tap starts there: what is printed stays true */
	if (a->sink.epoch && (code = fence(a->conn, a->pipeline, a->sink.epoch)) != CODE_OK)
		return code;
	link_init(&l, a->conn, NULL, 0);
	if (link_open(&l) == LINK_OK)
		f = ckpt_load(&c, &l);
	if (f == CKPT_FAILED) {
		code = link_failed(&l, "read the checkpoint", conn_opts_where(a->conn));
		goto out;
	}
	if (a->print == PRINT_COPY) {
		code = f == CKPT_FOUND && copy_is_open(&c.at.copy) ? CODE_OK : CODE_NO;
		if (code == CODE_OK)
			printf("%s\n", buf_str(&c.at.copy));
		else
			msg_error("no copy of tables into pipeline \"%s\" is under way", a->pipeline);
		goto out;
	}
	gtid = a->print != PRINT_FILE && c.at.has_gtid && c.at.gtid.len;
	if (f == CKPT_NONE || (!gtid && (a->print == PRINT_GTID || !*c.at.file))) {
		msg_error("pipeline \"%s\" has no %sposition on %s yet", a->pipeline,
		    f == CKPT_NONE || a->print == PRINT_BEST ? ""
		    : a->print == PRINT_GTID		     ? "GTID "
							     : "file ",
		    conn_opts_where(a->conn));
		code = CODE_NO;
	} else if (gtid) {
		printf("gtid:%s\n", buf_str(&c.at.gtid));
	} else {
		printf("%s:%llu\n", c.at.file, (unsigned long long)c.at.off);
	}
out:
	ckpt_release(&c);
	link_release(&l);
	return code;
}

static int apply(struct args *a)
{
	struct sink k;
	struct stream s;
	int code = watch_start(STATUS_SINK, a->pipeline);

	if (code != CODE_OK)
		return code;
	if (sink_init(&k, &a->sink, a->conn, a->pipeline) < 0) {
		code = k.x.code;
		sink_release(&k);
		return code;
	}
	if (stream_init(&s, 0, -1, &sink_calls, &k) < 0) {
		sink_release(&k);
		return CODE_OUTSIDE;
	}
	s.in.wake_fd = sink_fd(&k);
	msg_info("connected to %s, %s", conn_opts_where(a->conn), conn_version_text(k.x.link.c));
	ready_say(&a->ready_fd);
	code = stream_run(&s);
	/* a session that was ended under us, by whom? */
	if (code == CODE_OUTSIDE && fence_is_lost(a->conn, &k.ckpt))
		code = CODE_LEASE;
	sink_summary(&k);
	stream_release(&s);
	sink_release(&k);
	return code;
}

int main(int argc, char **argv)
{
	struct args a = {.sink = {.batch_bytes = 4u << 20, .memory = 16u << 20, .exec = {.retry_s = 60}}, .ready_fd = -1};
	int code;

	msg_init("mysql-sink");
	/* batches come and go on several threads: what is large goes back when it is freed */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	a.conn = conn_opts_new("mysql-sink");
	if (!a.conn) {
		msg_no_memory();
		return CODE_OUTSIDE;
	}
	code = read_args(&a, argc, argv);
	if (code < 0) {
		sig_init();
		code = a.print != PRINT_NOTHING ? print_position(&a) : apply(&a);
	}
	policies_release(&a.sink.exec.policies);
	conn_opts_free(a.conn);
	mysql_library_end();
	return watch_end(stdout_close(code));
}

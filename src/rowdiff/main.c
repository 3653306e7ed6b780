/* rowdiff: is it the same? Compares tables of two servers, also while rows are replicated (rowdiff(1)). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "code.h"
#include "conn_opts.h"
#include "diff.h"
#include "msg.h"
#include "opt.h"
#include "rulesfile.h"
#include "sig.h"
#include "status.h"
#include "stream.h"
#include "watch.h"

#define WORKERS_MAX 32
#define CHUNK_MOST 200000

enum {
	OPT_SOURCE = 1,
	OPT_TARGET,
	OPT_INCLUDE,
	OPT_EXCLUDE,
	OPT_RULES,
	OPT_WHERE,
	OPT_PIPELINE,
	OPT_REPLICA,
	OPT_WINDOW,
	OPT_SETTLE,
	OPT_WORKERS,
	OPT_CHUNK_ROWS,
	OPT_REPAIR,
	OPT_JSON,
	OPT_FOLLOW,
	OPT_SHARE,
	OPT_PAUSE
};

/* clang-format off */
static const struct opt options[] = {
	{OPT_SOURCE, 0, "source-defaults-file", "FILE", "option file with the source's connection"},
	{OPT_TARGET, 0, "target-defaults-file", "FILE", "option file with the target's connection"},
	{OPT_INCLUDE, 0, "include", "PATTERN", "compare these tables of the source (default: all)"},
	{OPT_EXCLUDE, 0, "exclude", "PATTERN", "leave these out"},
	{OPT_RULES, 0, "rules", "FILE", "what rowfilter and rowmap do on the way: names, rows, columns"},
	{OPT_WHERE, 0, "where", "SQL", "compare rows for which both servers find this true"},
	{OPT_PIPELINE, 0, "pipeline", "NAME", "wait for this pipeline's checkpoint on the target"},
	{OPT_REPLICA, 0, "replica", NULL, "wait for the target's own replication, by GTID"},
	{OPT_WINDOW, 0, "window", "SECONDS", "without these two: how long a difference must last (default 10)"},
	{OPT_SETTLE, 0, "settle", "SECONDS", "how long a row that keeps changing is watched (default 60)"},
	{OPT_WORKERS, 0, "workers", "N", "connections to each server (default 2)"},
	{OPT_CHUNK_ROWS, 0, "chunk-rows", "N", "rows of a chunk at most (default 200000)"},
	{OPT_REPAIR, 0, "repair", "FILE", "write a row stream that makes the target the same; -: standard output"},
	{OPT_JSON, 0, "json", NULL, "report JSON lines"},
	{OPT_FOLLOW, 0, "follow", NULL, "begin again when all is compared, until told to stop"},
	{OPT_SHARE, 0, "share", "PART", "of the time that the servers may be kept busy, above 0 up to 1 (default 1)"},
	{OPT_PAUSE, 0, "pause", "SECONDS", "with --follow: between two rounds (default 1)"},
	{0},
};
/* clang-format on */

int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t wall_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* In pieces: a signal may come on another thread. */
void wait_us(int64_t us)
{
	int64_t end = now_us() + us;

	for (int64_t left = us; left > 0 && !sig_stop; left = end - now_us()) {
		struct timespec t = {0, (left < 50000 ? left : 50000) * 1000};

		nanosleep(&t, NULL);
	}
}

static int take_one(struct rowdiff *d, int id, const char *value)
{
	unsigned long long n;
	int r;

	if (watch_has(id))
		return watch_take(id, value);
	switch (id) {
	case OPT_SOURCE:
		return conn_opts_take(d->source, CONN_DEFAULTS_FILE, value);
	case OPT_TARGET:
		return conn_opts_take(d->target, CONN_DEFAULTS_FILE, value);
	case OPT_INCLUDE:
	case OPT_EXCLUDE:
		return pattern_list_add(&d->o.names, value, id == OPT_EXCLUDE, id == OPT_EXCLUDE ? "exclude" : "include");
	case OPT_RULES:
		r = rules_load(&d->o.rules, value);
		return r == -1 ? -2 : r < 0 ? -1 : 0;
	case OPT_WHERE:
		d->o.where = value;
		return 0;
	case OPT_PIPELINE:
		d->o.pipeline = value;
		return 0;
	case OPT_REPLICA:
		d->o.replica = 1;
		return 0;
	case OPT_WINDOW:
		return opt_seconds("--window", value, 0, 86400, &d->o.window_s);
	case OPT_SETTLE:
		return opt_seconds("--settle", value, 0, 86400, &d->o.settle_s);
	case OPT_WORKERS:
		if (opt_uint("--workers", value, 1, WORKERS_MAX, &n) < 0)
			return -1;
		d->o.workers = (unsigned)n;
		return 0;
	case OPT_CHUNK_ROWS:
		return opt_uint("--chunk-rows", value, 1, 10000000, &d->o.chunk_rows);
	case OPT_REPAIR:
		d->o.repair = value;
		return 0;
	case OPT_JSON:
		d->o.json = 1;
		return 0;
	case OPT_FOLLOW:
		d->o.follow = 1;
		return 0;
	case OPT_SHARE:
		if (opt_seconds("--share", value, 0.001, 1, &d->o.share) == 0)
			return 0;
		return -1;
	case OPT_PAUSE:
		return opt_seconds("--pause", value, 0, 864000, &d->o.pause_s);
	default:
		return -1;
	}
}

static int take(void *arg, int id, const char *value)
{
	int r = take_one(arg, id, value);

	return r == 0 ? CODE_OK : r == -2 ? CODE_OUTSIDE : CODE_USAGE;
}

static const struct opts opts = {
    .usage = "rowdiff --source-defaults-file FILE --target-defaults-file FILE [option...]",
    .tables = {options, watch_options},
};

/* -1 to go on, else the exit code to end with */
static int read_args(struct rowdiff *d, int argc, char **argv)
{
	int code = opts_take(&opts, argc, argv, take, d);

	if (code >= 0)
		return code;
	if (opt_no_arguments(argc, argv) < 0)
		return CODE_USAGE;
	if (!conn_opts_get(d->source, CONN_DEFAULTS_FILE) || !conn_opts_get(d->target, CONN_DEFAULTS_FILE)) {
		msg_error("--source-defaults-file and --target-defaults-file say where the two servers are");
		return CODE_USAGE;
	}
	if (d->o.pipeline && d->o.replica) {
		msg_error("--pipeline and --replica are two ways to know how far the target is: give one");
		return CODE_USAGE;
	}
	if (d->o.follow && d->o.repair) {
		msg_error("--repair ends with its stream, --follow does not end");
		msg_hint("repair in a loop of its own: rowdiff ... --repair - | mysql-sink ...");
		return CODE_USAGE;
	}
	if (d->o.repair && !strcmp(d->o.repair, "-") && stream_check_tty(STDOUT_FILENO, 0) < 0)
		return CODE_USAGE;
	if (conn_opts_done(d->source) < 0 || conn_opts_done(d->target) < 0)
		return CODE_USAGE;
	return -1;
}

/* On the watcher's thread. */
static struct rowdiff *watched;

static void show_more(struct buf *out, int as_json)
{
	pthread_mutex_lock(&watched->out_lock);
	report_status(watched, out, as_json);
	pthread_mutex_unlock(&watched->out_lock);
}

int main(int argc, char **argv)
{
	struct rowdiff d = {
	    .o = {.window_s = 10, .settle_s = 60, .share = 1, .pause_s = 1, .workers = 2, .chunk_rows = CHUNK_MOST}};
	int code;

	msg_init("rowdiff");
	rules_init(&d.o.rules);
	pthread_mutex_init(&d.lock, NULL);
	pthread_mutex_init(&d.out_lock, NULL);
	d.source = conn_opts_new("rowdiff-source");
	d.target = conn_opts_new("rowdiff-target");
	if (d.source && d.target)
		code = read_args(&d, argc, argv);
	else
		code = no_memory();
	if (code < 0) {
		sig_init();
		watched = &d;
		status_more = show_more;
		code = watch_start(STATUS_DIFF, d.o.pipeline);
		if (code == CODE_OK)
			code = compare_rounds(&d);
		code = watch_end(code);
		status_more = NULL;
	}
	plan_release(&d);
	repair_release(&d.repair);
	proofs_release(&d.proofs);
	pattern_list_release(&d.o.names);
	rules_release(&d.o.rules);
	conn_opts_free(d.source);
	conn_opts_free(d.target);
	conn_library_end();
	return stdout_close(code);
}

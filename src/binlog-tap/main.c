/* binlog-tap: a server's binary log -> a row stream. */
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "defs.h"
#include "dumped.h"
#include "msg.h"
#include "opt.h"
#include "ready.h"
#include "sig.h"
#include "status.h"
#include "stream.h"
#include "watch.h"

enum {
	OPT_START = 1,
	OPT_STOP,
	OPT_STOP_DDL,
	OPT_FILE,
	OPT_INCLUDE,
	OPT_EXCLUDE,
	OPT_SERVER_ID,
	OPT_HEARTBEAT,
	OPT_ONCE,
	OPT_ANNOTATE,
	OPT_READY_FD,
	OPT_FORCE
};

static const struct opt options[] = {
    {OPT_START, 0, "start-at", "POSITION",
	"now, earliest, FILE:OFFSET, gtid:SET, time:RFC3339; or of a dump: mydumper:DIR, dump:FILE"},
    {OPT_STOP, 0, "stop-at", "POSITION", "end there; now is the end of the log as it is at the start"},
    {OPT_STOP_DDL, 0, "stop-at-ddl", NULL, "end behind the first statement that changes definitions"},
    {OPT_FILE, 0, "file", "FILE", "read binary log files instead of a server; more may follow"},
    {OPT_INCLUDE, 0, "include", "PATTERN", "only tables that match, see rowrules(5); can be given many times"},
    {OPT_EXCLUDE, 0, "exclude", "PATTERN", "not tables that match; can be given many times"},
    {OPT_SERVER_ID, 0, "server-id", "N", "be a replica of this number (default: one by chance from 2147483648 up)"},
    {OPT_HEARTBEAT, 0, "heartbeat", "SECONDS", "how often an idle server says that it is there (default: 1)"},
    {OPT_ONCE, 0, "once", NULL, "end when the connection is lost, do not connect again"},
    {OPT_ANNOTATE, 0, "annotate", NULL, "write the text of the statements that changed rows too"},
    {OPT_READY_FD, 0, "ready-fd", "N", "write a newline to this descriptor when streaming has begun"},
    {OPT_FORCE, 0, "force", NULL, "write the stream even to a terminal"},
    {0},
};

static int take_position(struct pos *p, int *has, const char *option, const char *value)
{
	const char *why;

	pos_release(p);
	if (pos_parse(p, value, &why) < 0) {
		msg_error("%s: \"%s\": %s", option, value, why);
		return -1;
	}
	*has = 1;
	return 0;
}

static int add_file(struct tap *t, const char *path)
{
	const char **p = realloc(t->files, (t->nfiles + 1) * sizeof *p);

	if (!p)
		return -1;
	t->files = p;
	p[t->nfiles++] = path;
	return 0;
}

/* 0, or -1 with the message printed. */
static int take_one(struct tap *t, int id, const char *value)
{
	unsigned long long n;

	switch (id) {
	case OPT_START:
		t->is_dumped = 0;
		if (dumped_is(value)) {
			t->has_start = 1;
			return dumped_read(t, value);
		}
		return take_position(&t->start, &t->has_start, "--start-at", value);
	case OPT_STOP:
		return take_position(&t->stop, &t->has_stop, "--stop-at", value);
	case OPT_FILE:
		return add_file(t, value);
	case OPT_INCLUDE:
		return pattern_list_add(&t->list, value, 0, "--include");
	case OPT_EXCLUDE:
		return pattern_list_add(&t->list, value, 1, "--exclude");
	case OPT_SERVER_ID:
		if (opt_uint("--server-id", value, 1, UINT32_MAX, &n) < 0)
			return -1;
		t->server_id = (uint32_t)n;
		t->server_id_given = 1;
		return 0;
	case OPT_HEARTBEAT:
		return opt_seconds("--heartbeat", value, 0.1, 3600, &t->heartbeat_s);
	case OPT_STOP_DDL:
		t->stop_at_ddl = 1;
		return 0;
	case OPT_ONCE:
		t->once = 1;
		return 0;
	case OPT_ANNOTATE:
		t->annotate = 1;
		return 0;
	case OPT_READY_FD:
		return ready_take(&t->ready_fd, value);
	case OPT_FORCE:
		t->force = 1;
		return 0;
	default:
		return conn_opts_take(t->conn, id, value);
	}
}

struct args {
	struct tap *t;
	int has_conn; /* options of the connection were given */
};

static int take(void *arg, int id, const char *value)
{
	struct args *a = arg;

	if (watch_has(id))
		return watch_take(id, value) < 0 ? CODE_USAGE : CODE_OK;
	a->has_conn |= id >= 1000;
	return take_one(a->t, id, value) < 0 ? CODE_USAGE : CODE_OK;
}

static const struct opts opts = {
    .usage = "binlog-tap [connection options] --start-at POSITION [--stop-at POSITION] [options]\n"
	     "binlog-tap --file FILE... [--start-at POSITION] [--stop-at POSITION] [options]",
    .tables = {options, watch_options, conn_options},
};

/* -1 to go on, else the exit code to end with */
static int take_args(struct args *a, int argc, char **argv)
{
	struct tap *t = a->t;
	int code = opts_take(&opts, argc, argv, take, a);

	if (code >= 0)
		return code;
	for (int i = optind; i < argc; i++) {
		if (!t->nfiles) {
			if (conn_opts_asks(t->conn))
				msg_error("files come after --file; a password stands right behind its letter: -pPASSWORD");
			else
				msg_error("\"%s\" is not an option; files come after --file", argv[i]);
			return CODE_USAGE;
		}
		if (add_file(t, argv[i]) < 0)
			return CODE_USAGE;
	}
	if (!t->nfiles && !t->has_start) {
		msg_error("--start-at is missing: where to start");
		msg_hint("--start-at now, or what mysql-sink --print-position says");
		return CODE_USAGE;
	}
	if (!t->nfiles && watch_stall_s() > 0 && watch_stall_s() < 3 * t->heartbeat_s) {
		msg_error("--stall-timeout %g is less than three times the --heartbeat of %g s, by which an idle source is known",
		    watch_stall_s(), t->heartbeat_s);
		return CODE_USAGE;
	}
	return -1;
}

static void release(struct tap *t)
{
	binlog_release(&t->b);
	writer_release(&t->out);
	defs_free(t->defs);
	conn_opts_free(t->conn);
	pos_release(&t->start);
	pos_release(&t->stop);
	dump_pos_release(&t->dumped);
	pattern_list_release(&t->list);
	gtid_set_free(t->seen);
	gtid_set_free(t->ahead);
	gtid_set_free(t->doubt);
	free(t->logs);
	free(t->files);
}

/* One that no replica is likely to have, another for each process. */
static uint32_t any_server_id(void)
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof r, 0) != sizeof r)
		r = (uint32_t)getpid() * 2654435761u ^ (uint32_t)clock_us();
	return r | 0x80000000u;
}

static int run(struct tap *t, int has_conn)
{
	int code;

	if (stream_check_tty(STDOUT_FILENO, t->force) < 0)
		return CODE_USAGE;
	if ((!t->nfiles || has_conn) && (conn_opts_done(t->conn) < 0 || !(t->defs = defs_new(t->conn))))
		return CODE_USAGE;
	if (!t->server_id)
		t->server_id = any_server_id();
	t->b.with_notes = t->annotate;
	t->b.is_live = !t->nfiles;
	sig_init();
	code = watch_start(STATUS_TAP, NULL);
	if (code == CODE_OK)
		code = t->nfiles ? tap_files(t) : tap_live(t);
	tap_show(t);
	return code;
}

int main(int argc, char **argv)
{
	struct tap t = {.heartbeat_s = 1, .ready_fd = -1, .code = CODE_USAGE};
	struct args a = {.t = &t};
	int code;

	msg_init("binlog-tap");
	writer_init(&t.out, STDOUT_FILENO);
	t.conn = conn_opts_new("binlog-tap");
	if (!t.conn || binlog_init(&t.b, &tap_calls, &t, &t.out.b) < 0) {
		msg_no_memory();
		return CODE_OUTSIDE;
	}
	code = take_args(&a, argc, argv);
	if (code < 0)
		code = run(&t, a.has_conn);
	release(&t);
	return watch_end(stdout_close(code));
}

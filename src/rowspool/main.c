/* rowspool: a durable buffer of a row stream: one writer, many readers (rowspool(1)). */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code.h"
#include "look.h"
#include "msg.h"
#include "opt.h"
#include "read.h"
#include "ready.h"
#include "retain.h"
#include "watch.h"
#include "write.h"

enum {
	OPT_FSYNC = 1,
	OPT_SEGMENT,
	OPT_KEEP_BYTES,
	OPT_KEEP_TIME,
	OPT_PRINT,
	OPT_START,
	OPT_STOP,
	OPT_FOLLOW,
	OPT_READER,
	OPT_REBUILD,
	OPT_READY_FD,
	OPT_FORCE,
	OPT_END
};

static const struct opt options[] = {
    {OPT_FSYNC, 0, "fsync", "WHEN", "write: onto the disk trx (each transaction, the default), every SECONDS, or off"},
    {OPT_SEGMENT, 0, "segment-size", "BYTES", "write: begin a new segment when one has so many (default: 64M)"},
    {OPT_KEEP_BYTES, 0, "keep-bytes", "BYTES", "write: remove the oldest segments when there are more (default: keep all)"},
    {OPT_KEEP_TIME, 0, "keep-time", "TIME", "write: remove segments that are older: a number with s, m, h or d"},
    {OPT_PRINT, 0, "print-position", NULL, "write: print where the spool ends, for the tap's --start-at"},
    {OPT_START, 0, "start-at", "POSITION", "read: now, earliest, FILE:OFFSET, gtid:SET or time:RFC3339"},
    {OPT_STOP, 0, "stop-at", "POSITION", "read: end there; now is the end as it is at the start"},
    {OPT_FOLLOW, 'f', "follow", NULL, "read: wait for more at the end"},
    {OPT_READER, 0, "reader", "NAME", "read: be known by this name: what it has not passed is kept"},
    {OPT_REBUILD, 0, "rebuild-index", NULL, "verify: make indexes anew that are damaged"},
    {OPT_READY_FD, 0, "ready-fd", "N", "write, read: write a newline to this descriptor when the work begins"},
    {OPT_FORCE, 0, "force", NULL, "read: write the stream even to a terminal"},
    {0},
};

static const struct opts opts = {
    .usage = "rowspool write DIR [options]\n"
	     "rowspool read DIR --start-at POSITION [--follow] [options]\n"
	     "rowspool list DIR\n"
	     "rowspool verify DIR\n"
	     "rowspool ack DIR READER POSITION\n"
	     "rowspool forget DIR READER",
    .tables = {options, watch_options},
};

enum { WRITE = 1, READ = 2, LIST = 4, VERIFY = 8, ACK = 16, FORGET = 32 };

static const struct {
	const char *name;
	int bit, args;
} commands[] = {
    {"write", WRITE, 1},
    {"read", READ, 1},
    {"list", LIST, 1},
    {"verify", VERIFY, 1},
    {"ack", ACK, 3},
    {"forget", FORGET, 2},
};

/* Which commands know an option. */
static int users_of(int id)
{
	switch (id) {
	case OPT_FSYNC:
	case OPT_SEGMENT:
	case OPT_KEEP_BYTES:
	case OPT_KEEP_TIME:
	case OPT_PRINT:
		return WRITE;
	case OPT_START:
	case OPT_STOP:
	case OPT_FOLLOW:
	case OPT_READER:
	case OPT_FORCE:
		return READ;
	case OPT_REBUILD:
		return VERIFY;
	default:
		return WRITE | READ;
	}
}

struct args {
	struct write_options write;
	struct read_options read;
	int print, rebuild;
	const char *given[OPT_END + 1]; /* by id: the name of an option that was; the last: one of watch's */
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

static int take_fsync(struct write_options *w, const char *value)
{
	double s;

	if (!strcmp(value, "trx")) {
		w->how = OUT_SYNC_TRX;
	} else if (!strcmp(value, "off")) {
		w->how = OUT_SYNC_OFF;
	} else {
		if (*value < '0' || *value > '9') {
			msg_error("--fsync: \"%s\" is not trx, off, or a number of seconds", value);
			return -1;
		}
		if (opt_seconds("--fsync", value, 0.01, 3600, &s) < 0)
			return -1;
		w->how = OUT_SYNC_SOME;
		w->sync_us = (int64_t)(s * 1e6);
	}
	return 0;
}

/* A number of seconds, or with a letter. */
static int take_time(int64_t *us, const char *value)
{
	static const char units[] = "smhd";
	static const int64_t seconds[] = {1, 60, 3600, 86400};
	char *end;
	unsigned long long n = strtoull(value, &end, 10);
	const char *unit = *end ? strchr(units, *end) : units;

	if (*value < '0' || *value > '9' || !unit || (*end && end[1]) || !n || n > 36500) {
		msg_error("--keep-time: \"%s\" is not a time like 12h or 7d", value);
		return -1;
	}
	*us = (int64_t)n * seconds[unit - units] * 1000000;
	return 0;
}

static int take_one(struct args *a, int id, const char *value)
{
	struct write_options *w = &a->write;
	struct read_options *r = &a->read;
	unsigned long long n = 0;
	int rc = 0;

	switch (id) {
	case OPT_FSYNC:
		return take_fsync(w, value);
	case OPT_SEGMENT:
		rc = opt_size("--segment-size", value, 4096, 1ull << 40, &n);
		w->segment_bytes = n;
		return rc;
	case OPT_KEEP_BYTES:
		rc = opt_size("--keep-bytes", value, 4096, 1ull << 60, &n);
		w->keep_bytes = n;
		return rc;
	case OPT_KEEP_TIME:
		return take_time(&w->keep_us, value);
	case OPT_PRINT:
		a->print = 1;
		return 0;
	case OPT_START:
		return take_position(&r->start, &r->has_start, "--start-at", value);
	case OPT_STOP:
		return take_position(&r->stop, &r->has_stop, "--stop-at", value);
	case OPT_FOLLOW:
		r->follow = 1;
		return 0;
	case OPT_READER:
		r->reader = value;
		return reader_name_ok(value) ? 0 : -1;
	case OPT_REBUILD:
		a->rebuild = 1;
		return 0;
	case OPT_READY_FD:
		rc = ready_take(&r->ready_fd, value);
		w->ready_fd = r->ready_fd;
		return rc;
	default:
		r->force = 1;
		return 0;
	}
}

static int take(void *arg, int id, const char *value)
{
	struct args *a = arg;

	if (watch_has(id)) {
		a->given[OPT_END] = "status-file, --metrics and --stall-timeout";
		return watch_take(id, value) < 0 ? CODE_USAGE : CODE_OK;
	}
	for (const struct opt *p = options; p->id; p++)
		if (p->id == id)
			a->given[id] = p->name;
	return take_one(a, id, value) < 0 ? CODE_USAGE : CODE_OK;
}

/* The command, or 0 with the message printed. */
static int command(const struct args *a, int argc, char **argv)
{
	const size_t n = sizeof commands / sizeof *commands;
	size_t i = 0;

	if (optind == argc) {
		msg_error("what to do is missing: write, read, list, verify, ack or forget");
		return 0;
	}
	while (i < n && strcmp(commands[i].name, argv[optind]) != 0)
		i++;
	if (i == n) {
		msg_error("\"%s\" is not write, read, list, verify, ack or forget", argv[optind]);
		return 0;
	}
	if (argc - optind - 1 != commands[i].args) {
		static const char *const want[] = {"", "the spool's folder", "the spool's folder and a reader's name",
		    "the spool's folder, a reader's name and a position"};

		msg_error("rowspool %s takes %s", commands[i].name, want[commands[i].args]);
		return 0;
	}
	for (int id = 1; id <= OPT_END; id++)
		if (a->given[id] && !(users_of(id) & commands[i].bit)) {
			msg_error("--%s is not for rowspool %s", a->given[id], commands[i].name);
			return 0;
		}
	return commands[i].bit;
}

static int run(struct args *a, int argc, char **argv)
{
	int what = command(a, argc, argv);
	char **arg = argv + optind + 1;

	switch (what) {
	case WRITE:
		a->write.dir = *arg;
		return a->print ? look_position(*arg) : write_run(&a->write);
	case READ:
		a->read.dir = *arg;
		if (a->read.has_start || a->read.reader)
			return read_run(&a->read);
		msg_error("--start-at is missing: where to start");
		msg_hint("--start-at earliest, or what mysql-sink --print-position says");
		return CODE_USAGE;
	case LIST:
		return look_list(*arg);
	case VERIFY:
		return look_verify(*arg, a->rebuild);
	case ACK:
		return look_ack(*arg, arg[1], arg[2]);
	case FORGET:
		return look_forget(*arg, arg[1]);
	default:
		return CODE_USAGE;
	}
}

int main(int argc, char **argv)
{
	struct args a = {.write = {.segment_bytes = 64u << 20, .ready_fd = -1}, .read = {.ready_fd = -1}};
	int code;

	msg_init("rowspool");
	code = opts_take(&opts, argc, argv, take, &a);
	if (code < 0)
		code = run(&a, argc, argv);
	pos_release(&a.read.start);
	pos_release(&a.read.stop);
	return watch_end(stdout_close(code));
}

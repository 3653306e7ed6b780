/* Logs as files: reads them in the order in which they are given. */
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dumped.h"
#include "logfile.h"
#include "msg.h"
#include "ready.h"
#include "sig.h"
#include "status.h"

static int refused(struct tap *t)
{
	t->code = CODE_USAGE;
	return -1;
}

static int file_failed(struct tap *t, const struct logfile *f, enum logfile_result r)
{
	if (r == LOGFILE_ERROR) {
		msg_error("%s: %s", f->path, f->why);
		t->code = CODE_OUTSIDE;
		return -1;
	}
	if (r == LOGFILE_ENCRYPTED) {
		msg_error("%s: the log is encrypted", f->path);
		msg_hint("read it from its server instead of as a file");
		return refused(t);
	}
	msg_error("%s: %s, at byte %llu", f->path, f->why, (unsigned long long)f->pos);
	t->code = CODE_DAMAGED;
	return -1;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Files of one log are given oldest first and without a gap; what is not a log's name says nothing. */
static int check_names(struct tap *t, const char *before, const char *name)
{
	const char *a = name_of(before), *b = name_of(name);
	int comparable, c = log_name_cmp(a, b, &comparable);

	if (!comparable || log_name_is_next(a, b))
		return 0;
	if (c < 0)
		msg_error("\"%s\" was given after \"%s\": the log between them is missing", name, before);
	else
		msg_error("\"%s\" was given after \"%s\": its transactions come before those", name, before);
	msg_hint("give all files, in their order, by their own names");
	return refused(t);
}

/* The order of the files is that of the log. */
static int take_names(struct tap *t)
{
	t->logs = calloc(t->nfiles, sizeof *t->logs);
	if (!t->logs) {
		msg_no_memory();
		t->code = CODE_OUTSIDE;
		return -1;
	}
	for (t->nlogs = 0; t->nlogs < t->nfiles; t->nlogs++)
		(void)snprintf(t->logs[t->nlogs], sizeof *t->logs, "%s", name_of(t->files[t->nlogs]));
	for (size_t i = 1; i < t->nfiles; i++)
		if (check_names(t, t->files[i - 1], t->files[i]) < 0)
			return -1;
	if (!t->has_stop || t->stop.kind != POS_FILE || tap_knows_log(t, t->stop.file))
		return 0;
	msg_error("cannot stop at %s:%llu: that file is not among those given", t->stop.file, (unsigned long long)t->stop.off);
	return refused(t);
}

/* The next file must be the one that the last said would follow; else transactions would be missing. */
static int check_order(struct tap *t, const struct logfile *f)
{
	if (t->b.at_end && strcmp(t->b.file, f->name) != 0 && t->b.pos == LOG_MAGIC_LEN) {
		msg_error("the log that comes next is \"%s\", but \"%s\" was given", t->b.file, f->name);
		msg_hint("give all files, in their order, by their own names");
		return refused(t);
	}
	return 0;
}

static void leave_domain(void *arg, uint32_t domain, uint32_t server, uint64_t seq)
{
	char text[GTID_MARIADB_MAX + 1];
	size_t n = gtid_mariadb_text(text, domain, server, seq);

	(void)gtid_set_leave(arg, text, n);
}

struct doubts {
	struct tap *t;
	struct buf why;
};

static void add_doubt(void *arg, uint32_t domain, uint32_t server, uint64_t seq)
{
	struct doubts *d = arg;
	char text[GTID_MARIADB_MAX + 1];
	size_t n = gtid_mariadb_text(text, domain, server, seq);

	if (gtid_set_leave(d->t->ahead, text, n) > 0 && !d->why.len)
		buf_adds(&d->why, text);
}

/* Everything was read: transactions with greater numbers than the start's were left out, was the start itself there? */
static int check_doubts(struct tap *t)
{
	struct doubts d = {t, BUF_INIT};
	struct buf want = BUF_INIT;

	if (!t->doubt)
		return 0;
	gtid_set_each_mariadb(t->doubt, add_doubt, &d);
	if (!d.why.len)
		return 0;
	gtid_set_print(t->start.gtid, &want);
	msg_error("cannot start at gtid:%s: it is not in the files, so what is behind it cannot be told (%s?)", buf_str(&want),
	    buf_str(&d.why));
	msg_hint("start at FILE:OFFSET, or give the files of the server that the set is of");
	buf_release(&want);
	buf_release(&d.why);
	return refused(t);
}

/* With a GTID set to start from, the first log must not begin behind it. */
static int check_gtid_start(struct tap *t)
{
	struct buf at = BUF_INIT, want = BUF_INIT;

	if (t->start.kind != POS_GTID || t->started || !t->b.gtid)
		return 0;
	if (gtid_set_covers(t->start.gtid, t->b.gtid)) {
		/* a domain that stands there right at the beginning is not waited for */
		if ((t->ahead = gtid_set_copy(t->start.gtid)))
			gtid_set_each_mariadb(t->b.gtid, leave_domain, t->ahead);
		return 0;
	}
	gtid_set_print(t->b.gtid, &at);
	gtid_set_print(t->start.gtid, &want);
	msg_error("cannot start at gtid:%s: the first file begins behind it, at gtid:%s", buf_str(&want), buf_str(&at));
	msg_hint("give the older files too");
	buf_release(&at);
	buf_release(&want);
	return refused(t);
}

static int read_file(struct tap *t, struct logfile *f)
{
	int first = t->b.gtid == NULL;

	for (;;) {
		enum logfile_result r;
		enum binlog_result b;
		const uint8_t *p;
		size_t n;

		if (!t->b.in_group && (sig_stop || (t->started && tap_is_over(t))))
			return 1;
		r = logfile_next(f, &p, &n);
		if (r == LOGFILE_EOF)
			return 0;
		if (r != LOGFILE_OK)
			return file_failed(t, f, r);
		status_step();
		t->events++;
		t->read_bytes += n;
		if (status_is_due())
			tap_show(t);
		b = binlog_event(&t->b, p, n);
		if (b == BINLOG_FAILED)
			return tap_failed(t);
		if (b == BINLOG_HALTED)
			return 1;
		if (first && t->b.gtid) {
			first = 0;
			if (check_gtid_start(t) < 0)
				return -1;
			if (t->has_stop && t->stop.kind == POS_GTID && !t->seen && !(t->seen = gtid_set_copy(t->b.gtid)))
				return refused(t);
		}
		(void)tap_count(t);
	}
}

/* A file was read to its end. 0, or -1 with the message printed. */
static int check_end(struct tap *t, const char *path, int was_in_use)
{
	if (!t->b.has_format) {
		msg_error("%s: it ends before its FORMAT_DESCRIPTION event", path);
		t->code = CODE_DAMAGED;
		return -1;
	}
	/* a server that died and recovered leaves its log so, and one that is sent while it is written looks so too */
	if (!was_in_use && !t->b.at_end && !t->b.in_group)
		msg_warn("%s: it was closed, but does not end in a ROTATE or STOP event: if it was cut at byte %llu that cannot "
			 "be seen",
		    path, (unsigned long long)t->b.pos);
	return 0;
}

/* One file, from its beginning. 0 go on with the next, 1 the end of the stream is reached, -1 failed. */
static int take_file(struct tap *t, const char *path, int is_last)
{
	struct logfile f;
	enum logfile_result r = logfile_open(&f, path);
	int end = -1, in_use;

	if (r != LOGFILE_OK) {
		if (r == LOGFILE_ERROR) {
			msg_error("%s: %s", path, f.why);
			t->code = CODE_USAGE;
		} else {
			(void)file_failed(t, &f, r);
		}
		goto done;
	}
	if (check_order(t, &f) < 0)
		goto done;
	in_use = logfile_is_in_use(&f);
	if (is_last && in_use) {
		uint64_t size = f.size;

		r = logfile_bound(&f);
		if (r != LOGFILE_OK) {
			(void)file_failed(t, &f, r);
			goto done;
		}
		if (f.size < size)
			msg_info("%s: was not closed; its last whole transaction ends at byte %llu of %llu", path,
			    (unsigned long long)f.size, (unsigned long long)size);
	}
	t->b.has_format = 0;
	binlog_seek(&t->b, f.name, LOG_MAGIC_LEN);
	end = read_file(t, &f);
	if (!end)
		end = check_end(t, path, in_use);
done:
	logfile_close(&f);
	return end;
}

/* A file and offset to start at: which of the files, and none before it is needed. */
static int first_file(struct tap *t, size_t *first)
{
	*first = 0;
	if (t->start.kind != POS_FILE)
		return 0;
	for (size_t i = 0; i < t->nfiles; i++) {
		if (!strcmp(name_of(t->files[i]), t->start.file)) {
			*first = i;
			return 0;
		}
	}
	msg_error("cannot start at %s:%llu: that file is not among those given", t->start.file, (unsigned long long)t->start.off);
	return refused(t);
}

/* All files were read and the place to start at was not among them. */
static int check_start(struct tap *t)
{
	if (t->started || t->start.kind != POS_FILE)
		return 0;
	if (!strcmp(t->b.file, t->start.file) && t->b.pos == t->start.off)
		return 0; /* right at the end: nothing yet */
	if (place_cmp(t, t->b.file, t->b.pos, t->start.file, t->start.off) > 0 && strcmp(t->b.file, t->start.file) != 0)
		return 0; /* behind the last transaction of its file */
	msg_error("cannot start at %s:%llu: no transaction begins there", t->start.file, (unsigned long long)t->start.off);
	return refused(t);
}

int tap_files(struct tap *t)
{
	const char *why = "eof";
	size_t first;
	int r = 0;

	if (!t->has_start)
		t->start.kind = POS_EARLIEST;
	if (dumped_choose(t, 0) < 0)
		return CODE_OUTSIDE;
	if (t->stop.kind == POS_NOW)
		t->has_stop = 0; /* the end of the files is the end */
	if (take_names(t) < 0 || first_file(t, &first) < 0)
		return t->code;
	ready_say(&t->ready_fd);
	for (size_t i = first; i < t->nfiles && !r; i++)
		r = take_file(t, t->files[i], i + 1 == t->nfiles);
	if (r < 0) {
		if (!t->out.b.failed)
			(void)writer_flush(&t->out); /* whole transactions before the failure are good */
		return t->code;
	}
	if (r > 0)
		why = sig_stop && !t->b.in_group && !tap_is_over(t) ? "signal" : "stop-at";
	if (!r && (check_start(t) < 0 || check_doubts(t) < 0))
		return t->code;
	if (t->b.in_group) {
		msg_error("the log ends inside the transaction that begins at %s:%llu", t->b.group_file,
		    (unsigned long long)t->b.group_pos);
		msg_hint("the rest may be in the next file, or was never written; --stop-at %s:%llu ends before it",
		    t->b.group_file, (unsigned long long)t->b.group_pos);
		(void)tap_flush(t);
		return CODE_DAMAGED;
	}
	return tap_end(t, why) < 0 ? t->code : CODE_OK;
}

/* The run of rowspool read: from its options to its last words. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"
#include "read.h"
#include "ready.h"
#include "retain.h"
#include "sig.h"
#include "status.h"
#include "watch.h"

static int no_memory(void)
{
	msg_no_memory();
	return CODE_OUTSIDE;
}

/* The spool ends before the start. What is asked for is where it begins, and nothing more is known. */
static int say_start(struct stream *s)
{
	const struct pos *at = &((struct spool_reader *)s->arg)->o->start;

	if (at->kind == POS_FILE) {
		memcpy(s->file, at->file, sizeof s->file);
		s->off = at->off;
	}
	return read_say_hello(s);
}

static int not_there_yet(struct stream *s)
{
	struct spool_reader *r = s->arg;
	struct buf b = BUF_INIT;

	pos_print(&r->o->start, &b);
	msg_error("the spool ends at %s:%llu, before the start at %s", s->file, (unsigned long long)s->off, buf_str(&b));
	msg_hint("--follow waits for it");
	buf_release(&b);
	return CODE_OUTSIDE;
}

/* The segments' ENDs did not go out: this one does. */
static int finish(struct stream *s)
{
	struct spool_reader *r = s->arg;
	struct rec_end e = {.has_off = 1};

	if (!r->hello.len) {
		if (sig_stop)
			return CODE_OK;
		msg_error("the spool is empty");
		return CODE_NO;
	}
	if (!r->said_hello && !read_has_come(r, s) && !r->over && r->o->start.kind != POS_TIME && !sig_stop)
		return not_there_yet(s);
	if (r->over) {
		memcpy(s->file, r->over_file, sizeof s->file);
		s->off = r->over_off;
	}
	if (!r->said_hello && (read_has_come(r, s) || r->o->start.kind == POS_TIME ? read_say_hello(s) : say_start(s)) < 0)
		return s->code;
	e.file = str_of(s->file);
	e.off = s->off;
	e.why = str_of(sig_stop ? "signal" : r->over || r->o->has_stop ? "stop-at" : "eof");
	if (write_end(&s->out.b, &e) < 0)
		return no_memory();
	return stream_flush(s) < 0 ? s->code : CODE_OK;
}

static int run(struct spool_reader *r)
{
	struct stream s;
	int code = watch_start(STATUS_FILTER, r->o->reader);

	if (code != CODE_OK)
		return code;
	if (stream_init(&s, -1, STDOUT_FILENO, &read_calls, r) < 0)
		return CODE_OUTSIDE;
	s.in.pull = source_pull;
	ready_say(&r->o->ready_fd);
	code = stream_run(&s);
	if (code == CODE_OK)
		code = finish(&s);
	stream_release(&s);
	return code;
}

/* Where to begin, of a reader that was told its name alone. */
static int take_start(struct spool_reader *r)
{
	struct read_options *o = r->o;
	struct buf b = BUF_INIT;
	int got;

	if (o->has_start) {
		/* what is behind it must not go while we look for it */
		if (!o->reader || (o->start.kind != POS_FILE && o->start.kind != POS_GTID))
			return CODE_OK;
		pos_print(&o->start, &b);
		got = reader_store(&r->sp, o->reader, buf_str(&b));
		buf_release(&b);
		return got < 0 ? CODE_OUTSIDE : CODE_OK;
	}
	got = reader_load(&r->sp, o->reader, &o->start);
	if (got < 0)
		return CODE_USAGE;
	if (got == 0)
		return CODE_OK;
	msg_error("there is no reader \"%s\" yet: --start-at is missing", o->reader);
	return CODE_USAGE;
}

int read_run(struct read_options *o)
{
	struct spool_reader r = {.o = o, .feed = {.fd = -1}, .notify_fd = -1};
	int code;

	if (stream_check_tty(STDOUT_FILENO, o->force) < 0)
		return CODE_USAGE;
	sig_init();
	code = spool_open(&r.sp, o->dir);
	if (code == CODE_OK)
		code = take_start(&r);
	if (code == CODE_OK && o->start.kind == POS_GTID && !(r.ahead = gtid_set_copy(o->start.gtid)))
		code = no_memory();
	if (code == CODE_OK)
		code = run(&r);
	source_release(&r);
	gtid_set_free(r.ahead);
	walk_place_release(&r.last);
	buf_release(&r.hello);
	spool_release(&r.sp);
	return code;
}

/* rowspool write: from the options to the last words. */
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"
#include "ready.h"
#include "recover.h"
#include "sig.h"
#include "status.h"
#include "watch.h"
#include "writing.h"

/* It wakes an idle stream when something is to be forced to the disk. */
static int make_timer(struct write *w)
{
	w->timer_fd = -1;
	if (w->o->how != OUT_SYNC_SOME)
		return CODE_OK;
	w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->timer_fd >= 0)
		return CODE_OK;
	msg_error("could not make a timer: %s", strerror(errno));
	return CODE_OUTSIDE;
}

static int make_room(void *arg)
{
	struct write *w = arg;

	return retain(&w->retain, &w->sp) < 0 ? (w->out.code = CODE_OUTSIDE, -1) : 0;
}

static int begin(struct write *w)
{
	struct recovered r;
	int code = spool_open_writer(&w->sp, w->o->dir);
	struct buf at = BUF_INIT;

	if (code != CODE_OK)
		return code;
	out_init(&w->out, &w->sp);
	w->out.how = w->o->how;
	w->out.sync_us = w->o->sync_us;
	w->out.on_full = make_room;
	w->out.arg = w;
	w->retain.keep_bytes = w->o->keep_bytes;
	w->retain.keep_us = w->o->keep_us;
	code = recover(&w->sp, &w->out, &r);
	w->last = r.last;
	w->end = r.end;
	w->source = r.source;
	if (code != CODE_OK)
		return code;
	if (w->last) {
		walk_place_print(&w->end, &at);
		msg_info("the spool ends at %s", buf_str(&at));
		buf_release(&at);
	}
	return make_timer(w);
}

static int run(struct write *w)
{
	struct stream s;
	int code, fd = w->o->ready_fd;

	if (stream_init(&s, STDIN_FILENO, -1, &write_calls, w) < 0)
		return CODE_OUTSIDE;
	s.in.wake_fd = w->timer_fd;
	code = watch_start(STATUS_FILTER, NULL);
	if (code == CODE_OK) {
		ready_say(&fd);
		code = stream_run(&s);
	}
	msg_info("%llu transactions were written, %llu were there already", (unsigned long long)w->kept,
	    (unsigned long long)w->passed);
	stream_release(&s);
	return code;
}

int write_run(struct write_options *o)
{
	struct write w = {.o = o, .timer_fd = -1, .out = {.fd = -1, .index_fd = -1}};
	int code;

	if (isatty(STDIN_FILENO)) {
		msg_error("standard input is a terminal: a row stream comes from a pipe or a file");
		return CODE_USAGE;
	}
	sig_init();
	code = begin(&w);
	if (code == CODE_OK)
		code = run(&w);
	if (w.timer_fd >= 0)
		close(w.timer_fd);
	out_release(&w.out);
	write_forget_skip(&w);
	buf_release(&w.hello);
	buf_release(&w.marked);
	walk_place_release(&w.end);
	spool_release(&w.sp);
	return code;
}

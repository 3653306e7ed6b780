#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "code.h"
#include "find.h"
#include "msg.h"
#include "read.h"
#include "retain.h"
#include "sig.h"
#include "wait.h"

#define POLL_MS 100 /* where the kernel tells us nothing of files */

enum more { MORE_FAILED = -1, MORE_NONE, MORE_YES };

void source_release(struct spool_reader *r)
{
	feed_release(&r->feed);
	wait_free(r->wait);
	if (r->notify_fd >= 0)
		close(r->notify_fd);
	r->notify_fd = -1;
	r->wait = NULL;
}

static enum more fail(struct stream *s, int code)
{
	s->code = code;
	return MORE_FAILED;
}

static enum more no_memory(struct stream *s)
{
	msg_no_memory();
	return fail(s, CODE_OUTSIDE);
}

/* ---- where to begin */

static enum more purged(struct stream *s)
{
	struct buf start = BUF_INIT, begin = BUF_INIT;
	struct spool_reader *r = s->arg;
	struct walk_place p;

	pos_print(&r->o->start, &start);
	if (find_begin(&r->sp, r->sp.segs[0], &p) == 0)
		walk_place_print(&p, &begin);
	msg_error("cannot start at %s: the spool begins at %s, behind it", buf_str(&start), buf_str(&begin));
	walk_place_release(&p);
	buf_release(&start);
	buf_release(&begin);
	return fail(s, CODE_USAGE);
}

static enum more nothing_like_it(struct stream *s)
{
	struct spool_reader *r = s->arg;

	if (r->o->start.kind == POS_GTID)
		msg_error("cannot start at a GTID set: the spool's source has not said its own");
	else
		msg_error("cannot start in \"%s\": the spool's log files have other names", r->o->start.file);
	return fail(s, CODE_USAGE);
}

static int size_of(int fd, uint64_t *size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	*size = (uint64_t)st.st_size;
	return 0;
}

/* The feed is at the beginning of a segment, up to where it can be read. */
static enum more open_segment(struct stream *s, uint64_t seg)
{
	struct spool_reader *r = s->arg;
	char path[SPOOL_PATH_MAX];

	spool_segment(&r->sp, path, seg, "rows");
	if (feed_open(&r->feed, &r->sp, seg, r->end.off) < 0) {
		if (errno == ENOENT) {
			msg_error("the segment \"%s\" is gone: the spool does not go back so far any more", path);
			msg_hint("a reader with a name (--reader) keeps what it has not passed");
			return fail(s, CODE_USAGE);
		}
		msg_error("could not read \"%s\": %s", path, strerror(errno));
		return fail(s, CODE_OUTSIDE);
	}
	if (seg < r->end.seg && size_of(r->feed.fd, &r->feed.limit) < 0) {
		msg_error("could not read \"%s\": %s", path, strerror(errno));
		return fail(s, CODE_OUTSIDE);
	}
	msg_debug("reads \"%s\"", path);
	r->opened++;
	return MORE_YES;
}

static enum more begin(struct stream *s)
{
	struct spool_reader *r = s->arg;
	const struct pos *at = &r->o->start;
	enum more more;

	if (spool_find_end(&r->sp, &r->end) < 0)
		return fail(s, CODE_OUTSIDE);
	/* one that nobody may read yet */
	while (r->sp.nsegs && r->sp.segs[r->sp.nsegs - 1] > r->end.seg)
		r->sp.nsegs--;
	if (!r->end.seg || !r->sp.nsegs)
		return MORE_NONE;
	switch (find_segment(&r->sp, at, &r->first)) {
	case FOUND:
		break;
	case FOUND_PURGED:
		return purged(s);
	case FOUND_NOT:
		return nothing_like_it(s);
	}
	/* what is not the spool's first is known to come after something older */
	r->has_evidence = r->first > r->sp.segs[0];
	more = open_segment(s, r->first);
	if (more == MORE_YES && find_enter(&r->feed, &r->sp, at) < 0)
		return no_memory(s);
	r->lead = r->feed.lead.len;
	return more;
}

/* ---- going on */

static enum more was_cut(struct stream *s)
{
	struct spool_reader *r = s->arg;
	char path[SPOOL_PATH_MAX];

	spool_segment(&r->sp, path, r->feed.seg, "rows");
	msg_error("\"%s\" was cut behind what was read of it already, after a crash: start again where the target is", path);
	return fail(s, CODE_OUTSIDE);
}

/* The feed has come to its limit: is there more? */
static enum more go_on(struct stream *s)
{
	struct spool_reader *r = s->arg;
	struct feed *f = &r->feed;
	struct spool_end e;
	uint64_t size;

	if (f->seg == r->end.seg) {
		if (!spool_read_end(&r->sp, &e))
			return MORE_NONE;
		if (e.seg < f->seg || (e.seg == f->seg && e.off < f->at))
			return was_cut(s);
		r->end = e;
		if (e.seg == f->seg) {
			f->limit = e.off;
			return f->at < f->limit ? MORE_YES : MORE_NONE;
		}
	}
	/* it is closed: its end is the file's */
	if (size_of(f->fd, &size) < 0 || size < f->at)
		return was_cut(s);
	if (size > f->at) {
		f->limit = size;
		return MORE_YES;
	}
	return open_segment(s, f->seg + 1);
}

/* ---- waiting */

/* Asks the kernel to tell of what the writer shows. A file that is not there yet is waited for in its folder. */
static void watch_end(struct spool_reader *r)
{
	char path[SPOOL_PATH_MAX];

	if (r->notify_fd < 0) {
		r->notify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (r->notify_fd < 0)
			return;
		(void)inotify_add_watch(r->notify_fd, r->sp.path, IN_CREATE);
	}
	spool_file(&r->sp, path, "end");
	r->watches_end = inotify_add_watch(r->notify_fd, path, IN_MODIFY) >= 0;
}

static void drain(int fd)
{
	char events[4096];

	while (fd >= 0 && read(fd, events, sizeof events) > 0)
		;
}

static void say_wait(struct stream *s)
{
	struct spool_reader *r = s->arg;
	struct buf b = BUF_INIT;

	if (r->said_wait++)
		return;
	if (r->feed.fd < 0) {
		msg_warn("the spool is empty: waits for its writer");
	} else if (r->o->start.kind != POS_TIME) {
		pos_print(&r->o->start, &b);
		msg_warn(
		    "the spool ends at %s:%llu, before %s: waits for that", s->file, (unsigned long long)s->off, buf_str(&b));
		buf_release(&b);
	}
}

static enum fdio wait_for_more(struct stream *s)
{
	struct spool_reader *r = s->arg;
	unsigned got;

	if (r->feed.fd >= 0 && read_has_come(r, s)) {
		if (read_say_hello(s) < 0)
			return FDIO_ERROR;
	} else {
		say_wait(s);
	}
	if (s->in.on_wait(s->in.arg) < 0)
		return FDIO_ERROR;
	if (!r->wait && !(r->wait = wait_new(r->notify_fd >= 0 ? r->notify_fd : sig_fd(), s->out.fd, -1)))
		return FDIO_ERROR;
	if (sig_stop)
		return FDIO_STOP;
	got =
	    wait_any(r->wait, (r->notify_fd >= 0 ? WAIT_INPUT : 0) | WAIT_READER_GONE | WAIT_STOP, r->watches_end ? -1 : POLL_MS);
	if (got & WAIT_FAILED)
		return FDIO_ERROR;
	if (got & WAIT_READER_GONE) {
		errno = EPIPE;
		return FDIO_ERROR;
	}
	drain(r->notify_fd);
	return sig_stop ? FDIO_STOP : FDIO_OK;
}

/* Nothing more is there now: the end, or the wait for more. */
static enum fdio at_end(struct stream *s)
{
	struct spool_reader *r = s->arg;

	if (!r->o->follow)
		return FDIO_STOP;
	if (!r->watches_end) {
		watch_end(r);
		if (r->watches_end) /* something may have come before */
			return FDIO_OK;
	}
	return wait_for_more(s);
}

/* Of a stream that ends at `now`: is this there? It is the end as it was when the reader began. */
static int is_stop_now(const struct spool_reader *r)
{
	return r->o->has_stop && r->o->stop.kind == POS_NOW && r->feed.fd >= 0 && r->feed.seg == r->end.seg &&
	       r->feed.at == r->end.off;
}

enum fdio source_pull(void *arg, struct buf *b)
{
	struct stream *s = arg;
	struct spool_reader *r = s->arg;
	enum more more;
	enum fdio how;
	ssize_t n;

	for (;;) {
		if (r->over)
			return FDIO_STOP;
		if (r->feed.fd >= 0) {
			n = feed_take(&r->feed, &r->sp, b);
			if (n > 0)
				return FDIO_OK;
			if (n < 0) {
				s->code = CODE_OUTSIDE;
				return FDIO_ERROR;
			}
			/* the first time at the limit: this was the end when the reader began */
			if (r->o->start.kind == POS_NOW)
				r->started = 1;
			if (is_stop_now(r))
				return FDIO_STOP;
		}
		more = r->feed.fd < 0 ? begin(s) : go_on(s);
		if (more == MORE_FAILED)
			return FDIO_ERROR;
		if (more == MORE_YES)
			continue;
		how = at_end(s);
		if (how != FDIO_OK)
			return how;
	}
}

#include "out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"
#include "sig.h"
#include "status.h"

#define SYNC_BYTES (1u << 20) /* while more is waiting, so much goes to the disk at once */
#define FULL_MS 200	      /* between two looks at a full disk */

void out_init(struct out *o, struct spool *sp)
{
	memset(o, 0, sizeof *o);
	o->sp = sp;
	o->fd = o->index_fd = -1;
}

static void close_both(struct out *o)
{
	if (o->fd >= 0)
		close(o->fd);
	if (o->index_fd >= 0)
		close(o->index_fd);
	o->fd = o->index_fd = -1;
}

void out_release(struct out *o)
{
	close_both(o);
	buf_release(&o->b);
	index_release(&o->index);
}

static int fail(struct out *o, const char *verb, const char *path)
{
	msg_error("could not %s \"%s\": %s", verb, path, strerror(errno));
	o->code = CODE_OUTSIDE;
	return -1;
}

static void segment_path(const struct out *o, char *path, const char *ending)
{
	spool_segment(o->sp, path, o->seg, ending);
}

/* ---- a full disk */

static int is_full(int error)
{
	return error == ENOSPC || error == EDQUOT;
}

static void say_full(struct out *o, const char *path, size_t need)
{
	struct statvfs v;
	const char *why = strerror(errno);

	if (o->said_full++)
		return;
	if (statvfs(o->sp->path, &v) == 0)
		msg_warn("could not write \"%s\": %s: %zu bytes are to be written, %llu are free; waits for room", path, why,
		    need, (unsigned long long)v.f_bavail * v.f_frsize);
	else
		msg_warn("could not write \"%s\": %s: %zu bytes are to be written; waits for room", path, why, need);
}

/* 0: try again; -1: told to stop. */
static int wait_for_room(struct out *o, const char *path, size_t need)
{
	struct pollfd p = {sig_fd(), POLLIN, 0};

	say_full(o, path, need);
	status_wait(STATUS_TARGET);
	if (o->on_full && o->on_full(o->arg) < 0)
		return -1;
	if (!sig_stop)
		(void)poll(&p, 1, FULL_MS);
	status_retry();
	if (!sig_stop)
		return 0;
	msg_warn("told to stop while the disk is full: what is not written comes again from the source");
	o->code = CODE_OK;
	return -1;
}

static void has_room(struct out *o)
{
	if (!o->said_full)
		return;
	o->said_full = 0;
	status_run();
	msg_warn("there is room again in \"%s\": goes on", o->sp->path);
}

int out_write(struct out *o, int fd, const char *path, const void *p, size_t n)
{
	const uint8_t *at = p;

	while (n) {
		ssize_t got = write(fd, at, n);

		if (got < 0) {
			if (errno == EINTR)
				continue;
			if (!is_full(errno))
				return fail(o, "write", path);
			if (wait_for_room(o, path, n) < 0)
				return -1;
			continue;
		}
		at += got;
		n -= (size_t)got;
		o->written += (uint64_t)got;
	}
	has_room(o);
	return 0;
}

/* Shows it to readers. */
static int show(struct out *o, uint64_t off)
{
	char path[SPOOL_PATH_MAX];

	if (o->end.seg == o->seg && o->end.off == off)
		return 0;
	o->end.seg = o->seg;
	o->end.off = off;
	if ((o->end.has_ahead = status_now.ahead_us != STATUS_NO_CLOCK))
		o->end.ahead_us = status_clock_us() + status_now.ahead_us - spool_clock_us();
	spool_file(o->sp, path, "end");
	while (spool_write_end(o->sp, &o->end) < 0) {
		if (!is_full(errno))
			return fail(o, "write", path);
		if (wait_for_room(o, path, 64) < 0)
			return -1;
	}
	return 0;
}

/* ---- segments */

static int create(struct out *o, const char *ending, int *fd)
{
	char path[SPOOL_PATH_MAX];

	segment_path(o, path, ending);
	while ((*fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640)) < 0) {
		if (!is_full(errno))
			return fail(o, "make", path);
		if (wait_for_room(o, path, 4096) < 0)
			return -1;
	}
	return 0;
}

int out_open(struct out *o, uint64_t seg, const struct buf *hello)
{
	o->seg = seg;
	o->size = o->prev = o->here = 0;
	o->index_whole = 0;
	buf_reset(&o->b);
	index_reset(&o->index);
	/* who finds the index alone takes it for one that is too much; who finds the segment alone makes the index */
	if (create(o, "rows", &o->fd) < 0 || create(o, "idx", &o->index_fd) < 0)
		return -1;
	if (spool_sync_dir(o->sp, ".") < 0)
		return fail(o, "write to the disk", o->sp->path);
	o->opened_us = status_clock_us();
	index_frame(&o->index, hello->p, hello->len);
	if (out_add(o, hello->p, hello->len) < 0)
		return -1;
	o->here = hello->len;
	o->index_whole = o->index.b.len;
	return 0;
}

static int write_rows(struct out *o)
{
	char path[SPOOL_PATH_MAX];

	if (!o->b.len)
		return 0;
	segment_path(o, path, "rows");
	if (out_write(o, o->fd, path, o->b.p, o->b.len) < 0)
		/* what is there in part would be there twice if more were written */
		return ftruncate(o->fd, (off_t)o->size) < 0 ? fail(o, "cut", path) : -1;
	o->size += o->b.len;
	o->unsynced_bytes += o->b.len;
	buf_reset(&o->b);
	if (o->b.cap > 16 * FDIO_CHUNK) /* one huge row need not cost its memory for ever */
		buf_release(&o->b);
	return 0;
}

static int write_index(struct out *o)
{
	char path[SPOOL_PATH_MAX];
	int rc;

	if (o->index.b.failed) {
		errno = ENOMEM;
		return fail(o, "keep", "the index");
	}
	if (!o->index_whole)
		return 0;
	segment_path(o, path, "idx");
	rc = out_write(o, o->index_fd, path, o->index.b.p, o->index_whole);
	buf_shift(&o->index.b, o->index_whole);
	o->index_whole = 0;
	return rc;
}

int out_add(struct out *o, const void *raw, size_t n)
{
	if (buf_add(&o->b, raw, n) < 0) {
		errno = ENOMEM;
		return fail(o, "keep", "the stream");
	}
	/* of a transaction that is not whole yet nothing is shown, but it must not fill the memory */
	return o->b.len >= FDIO_CHUNK ? out_flush(o, 0) : 0;
}

int out_ends(struct out *o, size_t n, int is_trx, const struct stream *s, const struct gtid_set *gtid)
{
	o->here = o->size + o->b.len;
	o->prev = o->here - n;
	o->unsynced |= is_trx;
	if (is_trx)
		index_trx(&o->index, s->begin_ts_us);
	if (index_here(&o->index, o->prev, o->here, s->file, s->off, gtid, 0) < 0) {
		errno = ENOMEM;
		return fail(o, "keep", "the index");
	}
	o->index_whole = o->index.b.len;
	return 0;
}

static int sync_rows(struct out *o)
{
	char path[SPOOL_PATH_MAX];

	o->synced_us = status_clock_us();
	if (fdatasync(o->fd) < 0) {
		segment_path(o, path, "rows");
		return fail(o, "write to the disk", path);
	}
	o->unsynced = 0;
	o->unsynced_bytes = 0;
	return 0;
}

int out_flush(struct out *o, int idle)
{
	int is_new;

	if (o->fd < 0)
		return 0;
	is_new = o->end.seg != o->seg || o->end.off < o->here;
	if (write_rows(o) < 0 || write_index(o) < 0)
		return -1;
	if (!is_new || o->here > o->size)
		return out_sync_due(o);
	if (o->how == OUT_SYNC_TRX && o->unsynced) {
		if (!idle && o->unsynced_bytes < SYNC_BYTES)
			return 0;
		if (sync_rows(o) < 0)
			return -1;
	}
	return show(o, o->here) < 0 ? -1 : out_sync_due(o);
}

int out_sync_due(struct out *o)
{
	if (o->fd < 0 || o->how != OUT_SYNC_SOME || !o->unsynced || status_clock_us() - o->synced_us < o->sync_us)
		return 0;
	return sync_rows(o);
}

/* What stands behind the last end goes. */
static int drop_open(struct out *o)
{
	char path[SPOOL_PATH_MAX];

	o->index.b.len = o->index_whole;
	if (o->here >= o->size) {
		o->b.len = (size_t)(o->here - o->size);
		return 0;
	}
	buf_reset(&o->b);
	segment_path(o, path, "rows");
	if (ftruncate(o->fd, (off_t)o->here) < 0)
		return fail(o, "cut", path);
	o->size = o->here;
	return 0;
}

int out_close(struct out *o, const char *file, uint64_t off, const struct gtid_set *gtid)
{
	struct rec_end e = {.file = str_of(file), .off = off, .has_off = 1, .why = str_of("eof")};
	char path[SPOOL_PATH_MAX];

	if (o->fd < 0)
		return 0;
	if (drop_open(o) < 0)
		return -1;
	if ((o->prev && index_here(&o->index, o->prev, o->here, file, off, gtid, 1) < 0) || write_end(&o->b, &e) < 0 ||
	    index_end(&o->index, file, off) < 0) {
		errno = ENOMEM;
		return fail(o, "keep", "the index");
	}
	o->here = o->size + o->b.len;
	o->index_whole = o->index.b.len;
	if (write_rows(o) < 0 || write_index(o) < 0)
		return -1;
	/* whatever --fsync says: so that only the last segment can ever be torn */
	if (sync_rows(o) < 0)
		return -1;
	if (fdatasync(o->index_fd) < 0) {
		segment_path(o, path, "idx");
		return fail(o, "write to the disk", path);
	}
	if (show(o, o->size) < 0)
		return -1;
	close_both(o);
	return 0;
}

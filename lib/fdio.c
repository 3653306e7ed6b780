#include "fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"
#include "sig.h"
#include "wait.h"

#define PIPE_BYTES (2 * FDIO_CHUNK)

/*
 * A pipe holds 64 KiB as it is made. A program that writes a chunk would wait in the midst of it for the other, which would wait
 * for the next: one of them works at a time. With room for two chunks both do. Where it is refused (not a pipe, or the user has
 * too many) it stays as it is.
 */
static void widen_pipe(int fd)
{
	int size = fcntl(fd, F_GETPIPE_SZ);

	if (size > 0 && size < PIPE_BYTES)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
}

void reader_init(struct reader *r, int fd)
{
	memset(r, 0, sizeof *r);
	r->fd = fd;
	r->reader_fd = r->wake_fd = -1;
	widen_pipe(fd);
}

void reader_release(struct reader *r)
{
	buf_release(&r->b);
	wait_free(r->wait);
	r->wait = NULL;
}

int fd_ready(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, 0) > 0;
}

/*
 * Waits for input, for the stop signal, or for the end of whoever reads our
 * output: without the last a chain would die one program at a time, each when
 * it next has something to write. A plain blocking read would miss a signal
 * that came just before it; the signal's descriptor cannot be missed.
 */
static enum fdio wait_readable(struct reader *r)
{
	unsigned got;

	if (fd_ready(r->fd))
		return sig_stop && !r->no_stop ? FDIO_STOP : FDIO_OK;
	if (r->on_wait && r->on_wait(r->arg) < 0)
		return FDIO_ERROR;
	if (!r->wait && !(r->wait = wait_new(r->fd, r->reader_fd, r->wake_fd)))
		return FDIO_ERROR;
	do {
		if (sig_stop && !r->no_stop)
			return FDIO_STOP;
		got = wait_any(r->wait, WAIT_INPUT | WAIT_READER_GONE | WAIT_WAKE | (r->no_stop ? 0 : WAIT_STOP), -1);
		if (got & WAIT_FAILED)
			return FDIO_ERROR;
		if ((got & WAIT_WAKE) && r->on_wait && r->on_wait(r->arg) < 0)
			return FDIO_ERROR;
		if (got & WAIT_READER_GONE) {
			errno = EPIPE;
			return FDIO_ERROR;
		}
	} while (!(got & WAIT_INPUT));
	return FDIO_OK;
}

enum fdio reader_fill(struct reader *r, size_t n)
{
	while (reader_left(r) < n) {
		size_t room = FDIO_CHUNK;
		enum fdio how;
		ssize_t got;

		if (r->fd < 0 && !r->pull)
			return FDIO_EOF;
		if (r->at) {
			buf_shift(&r->b, r->at);
			r->passed += r->at;
			r->at = 0;
		}
		/* a large frame: grow by what came, not by what its head says */
		if (r->b.len > room)
			room = r->b.len;
		if (buf_room(&r->b, room) < 0) {
			errno = ENOMEM;
			return FDIO_ERROR;
		}
		how = r->pull ? r->pull(r->arg, &r->b) : wait_readable(r);
		if (how != FDIO_OK)
			return how;
		if (r->pull)
			continue;
		got = read(r->fd, r->b.p + r->b.len, r->b.cap - r->b.len);
		if (got < 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			return FDIO_ERROR;
		}
		if (!got)
			return FDIO_EOF;
		r->b.len += (size_t)got;
	}
	return FDIO_OK;
}

void writer_init(struct writer *w, int fd)
{
	w->fd = fd;
	buf_init(&w->b);
	w->written = 0;
	widen_pipe(fd);
}

void writer_release(struct writer *w)
{
	buf_release(&w->b);
}

int writer_flush(struct writer *w)
{
	size_t at = 0;

	if (w->b.failed) {
		errno = ENOMEM;
		return -1;
	}
	while (at < w->b.len) {
		ssize_t n = write(w->fd, w->b.p + at, w->b.len - at);

		if (n < 0) {
			struct pollfd p = {w->fd, POLLOUT, 0};

			if (errno == EINTR)
				continue;
			if (errno == EAGAIN && (poll(&p, 1, -1) >= 0 || errno == EINTR))
				continue;
			buf_shift(&w->b, at);
			return -1;
		}
		at += (size_t)n;
		w->written += (uint64_t)n;
	}
	buf_reset(&w->b);
	if (w->b.cap > 16 * FDIO_CHUNK) /* one huge row need not cost its memory for ever */
		buf_release(&w->b);
	return 0;
}

int writer_failed(const char *what)
{
	if (errno != EPIPE)
		msg_error("could not write %s: %s", what, strerror(errno));
	else if (sig_stop)
		return CODE_OK;
	else
		msg_error("could not write %s: the program that reads it has ended", what);
	return CODE_OUTSIDE;
}

int writer_spill(struct writer *w)
{
	return w->b.len >= FDIO_CHUNK || w->b.failed ? writer_flush(w) : 0;
}

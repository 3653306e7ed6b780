#ifndef FDIO_H
#define FDIO_H
/*
 * Descriptors: a reader that fills a buffer in large pieces and a writer that
 * gathers output and writes it in large pieces. EINTR is looked at: when the
 * process was told to stop (sig.h) a read that would wait returns FDIO_STOP.
 * Pipes are made wide enough for both of their ends to work at a time.
 */
#include "buf.h"

enum fdio { FDIO_OK, FDIO_EOF, FDIO_STOP, FDIO_ERROR /* errno */ };

#define FDIO_CHUNK (256 * 1024)

struct reader {
	int fd;
	struct buf b; /* bytes at [at, b.len) are unread */
	size_t at;
	uint64_t passed;   /* bytes of the input before b.p[0] */
	struct wait *wait; /* made with the first wait; owned */
	int reader_fd;	   /* -1, or a pipe that we write: its reader's end ends the wait (FDIO_ERROR, EPIPE) */
	int wake_fd;	   /* -1, or an event of another thread: when it can be read on_wait is called again (and reads it) */
	int no_stop;	   /* 1: wait also when told to stop (in the middle of a transaction) */
	/* Called before a read that would wait. 0 to go on; -1 makes reader_want return FDIO_ERROR. NULL: none. */
	int (*on_wait)(void *arg);
	/*
	 * NULL; or where the bytes come from when they are not simply those of fd, which is -1 then: appends some to b, and
	 * calls on_wait before it waits. FDIO_OK: there are more than before.
	 */
	enum fdio (*pull)(void *arg, struct buf *b);
	void *arg;
};

void reader_init(struct reader *r, int fd); /* borrows the descriptor; -1: only what is put into b is read */
void reader_release(struct reader *r);
static inline size_t reader_left(const struct reader *r)
{
	return r->b.len - r->at;
}
/* Reads until n bytes are unread, or more when they come along. FDIO_EOF: fewer came before the end. */
enum fdio reader_fill(struct reader *r, size_t n);
static inline enum fdio reader_want(struct reader *r, size_t n)
{
	return reader_left(r) >= n ? FDIO_OK : reader_fill(r, n);
}
/* 1 if a read would not wait (data, end or error is there). */
int fd_ready(int fd);

struct writer {
	int fd;
	struct buf b;
	uint64_t written;
};

void writer_init(struct writer *w, int fd);
void writer_release(struct writer *w);
/* Writes all that is gathered. 0, or -1 with errno (EPIPE: the reader left). */
int writer_flush(struct writer *w);
/*
 * That failed (errno): the exit code to end with. CODE_OK if the reader left after everything was told to stop: it was only
 * quicker, and who applies the stream knows where to go on. Else CODE_OUTSIDE, with the message printed: "could not write
 * WHAT: ...".
 */
int writer_failed(const char *what);
/* Flushes if FDIO_CHUNK bytes or more are gathered. */
int writer_spill(struct writer *w);

#endif

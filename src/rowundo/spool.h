#ifndef SPOOL_H
#define SPOOL_H
/*
 * A stream as a file that can be read at any place: the file that it is, or, of
 * a pipe, a copy in an unlinked temporary file. It knows frames but not what is
 * in them. Memory: a window of SPOOL_WINDOW bytes, or one frame if that is
 * larger.
 */
#include <sys/types.h>

#include "frame.h"

#define SPOOL_WINDOW (1u << 20)

struct spool {
	int fd, owned; /* owned: the copy */
	off_t base;    /* where the stream begins in the file */
	struct buf window;
	uint64_t at;	 /* the window's first byte, in the stream */
	struct reader r; /* of one frame */
};

/* An unlinked file in TMPDIR or /tmp. -1: message printed. */
int spool_temp(const char *what);
/*
 * Copies a pipe to its end; a file is taken as it is, from its present place.
 * 0; 1: told to stop; -1: message printed. fd is borrowed. Afterwards sp->fd
 * stands at the beginning of the stream.
 */
int spool_open(struct spool *sp, int fd);
void spool_release(struct spool *sp);

/*
 * The frame of so many bytes at this place, checked again: bytes of it are
 * borrowed until the next call. 0, or -1 with *why (a constant text).
 */
int spool_frame(struct spool *sp, uint64_t at, uint32_t len, struct frame *f, const char **why);

/* All of n bytes at a place, EINTR looked at. 0, or -1 with errno (EIO: the file ends before). */
int file_read_at(int fd, void *to, size_t n, off_t at);
int file_write_at(int fd, const void *from, size_t n, off_t at);

#endif

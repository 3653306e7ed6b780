#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msg.h"
#include "sig.h"

int file_read_at(int fd, void *to, size_t n, off_t at)
{
	uint8_t *p = to;

	while (n) {
		ssize_t got = pread(fd, p, n, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (!got)
				errno = EIO;
			return -1;
		}
		p += got;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

int file_write_at(int fd, const void *from, size_t n, off_t at)
{
	const uint8_t *p = from;

	while (n) {
		ssize_t put = pwrite(fd, p, n, at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		p += put;
		at += put;
		n -= (size_t)put;
	}
	return 0;
}

int spool_temp(const char *what)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || !*dir)
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && snprintf(path, sizeof path, "%s/rowundo.XXXXXX", dir) < (int)sizeof path) { /* a file system without such */
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			(void)unlink(path);
	}
	if (fd < 0) {
		msg_error("could not make a temporary file for %s in \"%s\": %s", what, dir, strerror(errno));
		msg_hint("TMPDIR names another folder");
	}
	return fd;
}

/* 0; 1 told to stop; -1 */
static int copy(struct spool *sp, int fd)
{
	struct reader in;
	off_t size = 0;
	int rc = -1;

	reader_init(&in, fd);
	for (;;) {
		enum fdio how = reader_want(&in, 1);
		size_t n = reader_left(&in);

		if (how == FDIO_STOP) {
			rc = 1;
			break;
		}
		if (how == FDIO_EOF) {
			rc = 0;
			break;
		}
		if (how == FDIO_ERROR) {
			msg_error("could not read the stream: %s", strerror(errno));
			break;
		}
		if (file_write_at(sp->fd, in.b.p + in.at, n, size) < 0) {
			msg_error("could not write the stream to a temporary file: %s", strerror(errno));
			msg_hint("TMPDIR names another folder; a stream that is a file is not copied");
			break;
		}
		size += (off_t)n;
		in.at += n;
	}
	reader_release(&in);
	return rc;
}

int spool_open(struct spool *sp, int fd)
{
	struct stat st;
	int rc;

	memset(sp, 0, sizeof *sp);
	reader_init(&sp->r, -1);
	sp->fd = fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (sp->base = lseek(fd, 0, SEEK_CUR)) >= 0)
		return 0;
	sp->base = 0;
	sp->fd = spool_temp("the stream");
	if (sp->fd < 0)
		return -1;
	sp->owned = 1;
	rc = copy(sp, fd);
	if (!rc && lseek(sp->fd, 0, SEEK_SET) < 0) {
		msg_error("could not read a temporary file: %s", strerror(errno));
		rc = -1;
	}
	return rc;
}

void spool_release(struct spool *sp)
{
	if (sp->owned)
		close(sp->fd);
	buf_release(&sp->window);
	reader_release(&sp->r);
}

static int is_in_window(const struct spool *sp, uint64_t at, uint64_t end)
{
	return at >= sp->at && end <= sp->at + sp->window.len;
}

/*
 * Places are asked for from the end to the beginning, but a transaction's BEGIN before its rows: so the window reaches to both
 * sides of what is asked for. At the end of the file there is less behind it.
 */
static int move_window(struct spool *sp, uint64_t at, uint32_t len)
{
	uint64_t end = at + len, from = end > SPOOL_WINDOW / 2 ? end - SPOOL_WINDOW / 2 : 0, want;

	if (from > at)
		from = at;
	want = end - from > SPOOL_WINDOW / 2 ? end - from : SPOOL_WINDOW;
	if (sp->window.cap > 4 * (size_t)SPOOL_WINDOW && want <= SPOOL_WINDOW) /* a large frame is over */
		buf_release(&sp->window);
	buf_reset(&sp->window);
	if (buf_room(&sp->window, want) < 0) {
		errno = ENOMEM;
		return -1;
	}
	while (sp->window.len < want) {
		ssize_t got = pread(
		    sp->fd, sp->window.p + sp->window.len, want - sp->window.len, sp->base + (off_t)(from + sp->window.len));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		sp->window.len += (size_t)got;
	}
	sp->at = from;
	errno = EIO;
	return is_in_window(sp, at, end) ? 0 : -1;
}

int spool_frame(struct spool *sp, uint64_t at, uint32_t len, struct frame *f, const char **why)
{
	*why = "it could not be read a second time";
	if (!is_in_window(sp, at, at + len) && move_window(sp, at, len) < 0) {
		if (errno == ENOMEM)
			*why = "out of memory";
		sp->window.len = 0;
		return -1;
	}
	if (sp->r.b.cap > 4 * (size_t)SPOOL_WINDOW && len <= SPOOL_WINDOW)
		buf_release(&sp->r.b);
	buf_reset(&sp->r.b);
	sp->r.at = 0;
	sp->r.passed = at;
	if (buf_add(&sp->r.b, sp->window.p + (at - sp->at), len) < 0) {
		*why = "out of memory";
		return -1;
	}
	if (frame_read(&sp->r, f, why) == FRAME_OK && f->raw_len == len)
		return 0;
	*why = "it is not what it was when it was read first";
	return -1;
}

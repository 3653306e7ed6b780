#include "status_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int write_all(int fd, const struct buf *b)
{
	for (size_t at = 0; at < b->len;) {
		ssize_t n = write(fd, b->p + at, b->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += (size_t)n;
	}
	return 0;
}

int status_file_put(const char *path, const struct buf *text)
{
	char new[STATUS_FILE_NAME_MAX + sizeof ".new"];
	int fd, rc, saved;

	(void)snprintf(new, sizeof new, "%s.new", path);
	if (text->failed) {
		errno = ENOMEM;
		return -1;
	}
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		return -1;
	rc = write_all(fd, text);
	saved = errno;
	if (close(fd) < 0 && rc == 0) {
		rc = -1;
		saved = errno;
	}
	if (rc == 0 && rename(new, path) < 0) {
		rc = -1;
		saved = errno;
	}
	if (rc < 0)
		(void)unlink(new);
	errno = saved;
	return rc;
}

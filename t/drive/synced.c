/*
 * What a program forces to the disk: preloaded into it, adds a line to the file $SYNC_LOG with the path of each descriptor that
 * fsync or fdatasync is called for.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int note(int fd, long how)
{
	const char *name = getenv("SYNC_LOG");
	char link[64], path[4097];
	int log = name ? open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	if (log >= 0) {
		if (n > 0) {
			path[n] = '\n';
			(void)!write(log, path, (size_t)n + 1);
		}
		close(log);
	}
	return (int)syscall(how, fd);
}

int fsync(int fd)
{
	return note(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return note(fd, SYS_fdatasync);
}

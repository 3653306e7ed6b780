#include "auth.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msg.h"

#define MAX_BYTES 4096

static const char *mistake(const char *line, ssize_t len)
{
	const char *colon = strchr(line, ':');

	if (len >= MAX_BYTES)
		return "it is too long";
	if (strlen(line) != (size_t)len)
		return "there is a zero byte in it";
	if (strpbrk(line, "\r\n"))
		return "there is more than one line";
	if (!colon || colon == line || !colon[1])
		return "it is not user:password";
	return NULL;
}

/* Bytes read, or -1 with errno. */
static ssize_t read_all(int fd, char *line)
{
	ssize_t n, len = 0;

	while (len < MAX_BYTES && (n = read(fd, line + len, (size_t)(MAX_BYTES - len))) != 0) {
		if (n > 0)
			len += n;
		else if (errno != EINTR)
			return -1;
	}
	return len;
}

char *auth_read(const char *file)
{
	char *line = calloc(1, MAX_BYTES + 1);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 || !line ? -1 : read_all(fd, line);
	const char *wrong = NULL;
	struct stat st;

	if (len < 0) {
		msg_error("cannot read --auth-file \"%s\": %s", file, strerror(errno));
		goto fail;
	}
	if (len && line[len - 1] == '\n')
		line[--len] = 0;
	wrong = mistake(line, len);
	if (wrong) {
		msg_error("--auth-file \"%s\": %s", file, wrong);
		goto fail;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO)))
		msg_warn("--auth-file \"%s\": others than its owner may read it", file);
	close(fd);
	return line;
fail:
	if (fd >= 0)
		close(fd);
	auth_free(line);
	return NULL;
}

void auth_free(char *auth)
{
	if (!auth)
		return;
	explicit_bzero(auth, MAX_BYTES);
	free(auth);
}

#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "msg.h"

/* A path, or @ and a name that is in no folder. NULL: not wanted, or of a kind that is not known. */
static const char *wanted(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un un;

	if (!name || (*name != '/' && *name != '@') || !name[1] || strlen(name) >= sizeof un.sun_path)
		return NULL;
	return name;
}

int notify_is_wanted(void)
{
	return wanted() != NULL;
}

static int send_to(const char *name, const char *lines)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct timeval limit = {1, 0}; /* one that does not listen must not hold us up */
	size_t n = strlen(name), len = strlen(lines);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), saved;
	ssize_t sent;

	if (fd < 0)
		return -1;
	memcpy(un.sun_path, name, n);
	if (*name == '@')
		un.sun_path[0] = 0;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	do
		sent = sendto(fd, lines, len, MSG_NOSIGNAL, (struct sockaddr *)&un,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (*name != '@')));
	while (sent < 0 && errno == EINTR);
	saved = errno;
	close(fd);
	errno = saved;
	return sent < 0 ? -1 : 0;
}

void notify_say(const char *lines)
{
	static int said;
	const char *name = wanted();

	if (name && send_to(name, lines) < 0 && !__atomic_exchange_n(&said, 1, __ATOMIC_RELAXED))
		msg_warn("could not write to the socket \"%s\" of NOTIFY_SOCKET: %s", name, strerror(errno));
}

uint64_t notify_watchdog_us(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	char *end;
	unsigned long long n;

	if (!wanted() || !us || *us < '0' || *us > '9')
		return 0;
	errno = 0;
	n = strtoull(us, &end, 10);
	if (errno || *end || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	return n;
}

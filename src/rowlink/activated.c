#include "activated.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"

#define FIRST 3 /* SD_LISTEN_FDS_START */

/* How many are for this process. */
static long given(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");

	if (!pid || !n || strtol(pid, NULL, 10) != (long)getpid())
		return 0;
	return strtol(n, NULL, 10);
}

int activated_take(const struct addr *a, int *fd, int *is_connection, int *code)
{
	int listens = 0, one = 1;
	socklen_t len = sizeof listens;
	long n = given();

	*fd = -1;
	*is_connection = 0;
	if (n < 1)
		return 0;
	*code = CODE_USAGE;
	if (n > 1) {
		msg_error("the service manager gave %ld sockets; it is to be one, a process for each", n);
		return -1;
	}
	if (addr_check(a, FIRST, "what the service manager gave") < 0)
		return -1;
	if (getsockopt(FIRST, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 || fcntl(FIRST, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(FIRST, F_SETFL, fcntl(FIRST, F_GETFL) | O_NONBLOCK) < 0) {
		msg_error("could not use the service manager's socket: %s", strerror(errno));
		*code = CODE_OUTSIDE;
		return -1;
	}
	if (a->kind != ADDR_UNIX) /* accepted sockets have it from the listening one */
		(void)setsockopt(FIRST, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	*fd = FIRST;
	*is_connection = !listens;
	return 0;
}

#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ESTABLISHED 1 /* of enum in linux/tcp.h; a socket that is closed already is listed under user 0 */

/* An end as the kernel's table has it: the words of the address in memory's order, the port as a number, in hexadecimal. */
static int as_listed(const struct sockaddr_storage *sa, char *out, size_t size)
{
	uint32_t w[4] = {0};
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	if (sa->ss_family == AF_INET) {
		memcpy(w, &in->sin_addr, 4);
		snprintf(out, size, "%08X:%04X", w[0], ntohs(in->sin_port));
	} else if (sa->ss_family == AF_INET6) {
		memcpy(w, &in6->sin6_addr, 16);
		snprintf(out, size, "%08X%08X%08X%08X:%04X", w[0], w[1], w[2], w[3], ntohs(in6->sin6_port));
	} else {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return 0;
}

static int tcp_user(int fd, uid_t *uid)
{
	struct sockaddr_storage ours, theirs;
	socklen_t n = sizeof ours, m = sizeof theirs;
	char from[48], to[48], local[48], remote[48], line[512];
	unsigned state, user;
	int found = 0;
	FILE *f;

	if (getsockname(fd, (struct sockaddr *)&ours, &n) < 0 || getpeername(fd, (struct sockaddr *)&theirs, &m) < 0 ||
	    as_listed(&theirs, from, sizeof from) < 0 || as_listed(&ours, to, sizeof to) < 0)
		return -1;
	f = fopen(ours.ss_family == AF_INET ? "/proc/net/tcp" : "/proc/net/tcp6", "re");
	if (!f)
		return -1;
	while (!found && fgets(line, sizeof line, f))
		if (sscanf(line, " %*u: %47s %47s %x %*s %*s %*s %u", local, remote, &state, &user) == 4 &&
		    state == ESTABLISHED && !strcmp(local, from) && !strcmp(remote, to)) {
			*uid = user;
			found = 1;
		}
	fclose(f);
	errno = ENOTCONN;
	return found ? 0 : -1;
}

int peer_user(int fd, enum addr_kind kind, uid_t *uid)
{
	struct ucred c;
	socklen_t len = sizeof c;

	if (kind != ADDR_UNIX)
		return tcp_user(fd, uid);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) < 0)
		return -1;
	*uid = c.uid;
	return 0;
}

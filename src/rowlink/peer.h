#ifndef PEER_H
#define PEER_H
/*
 * Who is at the other end of a socket of this machine: the user, which the kernel
 * knows of a Unix socket (SO_PEERCRED, unix(7)) and of a connection over the
 * loopback (the uid column of /proc/net/tcp and tcp6, proc(5)).
 */
#include <sys/types.h>

#include "addr.h"

/* 0, or -1: errno (ENOTCONN: there is no such connection any more). Not for ADDR_TLS. */
int peer_user(int fd, enum addr_kind kind, uid_t *uid);

#endif

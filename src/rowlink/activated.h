#ifndef ACTIVATED_H
#define ACTIVATED_H
/*
 * A socket from the service manager, as sd_listen_fds(3) says it, without its
 * library: LISTEN_PID is this process, LISTEN_FDS counts the descriptors from 3
 * on.
 */
#include "addr.h"

/*
 * *fd becomes the socket, not blocking and closed on exec, or -1 if none was given; *is_connection 1 if it is a connection
 * (Accept=yes) and no listening one. 0, or -1 with the message printed and *code set.
 */
int activated_take(const struct addr *a, int *fd, int *is_connection, int *code);

#endif

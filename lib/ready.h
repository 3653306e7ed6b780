#ifndef READY_H
#define READY_H
/*
 * A program says to whoever started it that it does its work now: --ready-fd, by
 * a newline on a descriptor that it was given (as s6 and others read it); and
 * READY=1 to the service manager behind NOTIFY_SOCKET (notify.h).
 */

/* The value of the option. 0, or -1 with the message printed; 0 to 2 have other uses. */
int ready_take(int *fd, const char *value);
/* Says it, to both, and closes the descriptor, which becomes -1; at -1 none was given. A failure is a warning: the work goes on.
 */
void ready_say(int *fd);

#endif

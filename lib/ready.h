#ifndef READY_H
#define READY_H
/*
 * --ready-fd: a program says to whoever started it that it does its work now, by
 * a newline on a descriptor that it was given (as s6 and others read it).
 */

/* The value of the option. 0, or -1 with the message printed; 0 to 2 have other uses. */
int ready_take(int *fd, const char *value);
/* Says it and closes the descriptor, which becomes -1; at -1 nobody asked. A failure is a warning: the work goes on. */
void ready_say(int *fd);

#endif

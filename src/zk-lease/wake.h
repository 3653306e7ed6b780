#ifndef WAKE_H
#define WAKE_H
/*
 * What the main thread waits for: signals, a time, and one descriptor more (that
 * of zk.h). Signals are blocked from the beginning and read from a descriptor:
 * those that are for the command must not be lost, and the threads of the
 * ZooKeeper library, which come later, must not take them.
 */
#include <stdint.h>

enum wake_bits { WAKE_FD = 1, WAKE_SIGNAL = 2, WAKE_TIME = 4 };

struct wake {
	int signals;
	int timer;
};

/* 0, or -1 with errno. To be called before there are threads. */
int wake_init(struct wake *w);
void wake_release(struct wake *w);
/* Waits until one of them is so. fd -1: none to watch. */
unsigned wake_wait(struct wake *w, int fd, int64_t at_ms);
/* The next signal that has come: TERM, INT, QUIT, HUP, USR1, USR2, CONT or CHLD; 0 when there is none. */
int wake_signal(struct wake *w);

#endif

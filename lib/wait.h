#ifndef WAIT_H
#define WAIT_H
/*
 * Waiting on several descriptors at once, by libevent: the input, whoever reads
 * our output, the stop signal, a thread of our own. One object serves for the life of its input, so
 * that a wait costs one system call and no allocation.
 */

enum wait_bits {
	WAIT_INPUT = 1,	      /* input can be read: data, end or error */
	WAIT_READER_GONE = 2, /* nobody reads our output any more */
	WAIT_STOP = 4,	      /* the process was told to stop (sig.h) */
	WAIT_WAKE = 8,	      /* another thread has something to say */
	WAIT_FAILED = 16      /* errno */
};

struct wait; /* opaque */

/* The descriptors are borrowed; out, wake -1: none to watch. NULL: no memory, or libevent does not work (errno). */
struct wait *wait_new(int in, int out, int wake);
void wait_free(struct wait *w);
/* Waits until one of the bits is so, timeout_ms at most (-1: for ever). Returns those that are; 0: the time is over. */
unsigned wait_any(struct wait *w, unsigned bits, int timeout_ms);

#endif

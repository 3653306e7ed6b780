#ifndef SIG_H
#define SIG_H
/*
 * SIGTERM and SIGINT: the first asks for a clean stop at a transaction's end,
 * the second ends the process at once (130, 143). SIGPIPE is ignored. SIGUSR1
 * asks for a status line. Handlers only set flags; system calls are
 * interrupted, not restarted.
 */
#include <signal.h>
#include <stdatomic.h>

/* Atomic, for other threads than the one that was interrupted look at them too. */
extern atomic_int sig_stop;   /* a stop signal was seen */
extern atomic_int sig_status; /* set by SIGUSR1, cleared by who prints */

/* Called again in a child after fork, the child has a descriptor of its own. */
void sig_init(void);
/* A descriptor that becomes readable with the first stop signal (for poll and libevent). */
int sig_fd(void);
/* Called in the handler of the first stop signal, must be async-signal-safe. NULL: none. */
void sig_on_stop(void (*f)(void));
/* Ends the process at once, as a second stop signal does: for a thread that has found the others stuck. */
_Noreturn void sig_end(int code);

#endif

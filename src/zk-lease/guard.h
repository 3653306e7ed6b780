#ifndef GUARD_H
#define GUARD_H
/*
 * A process beside us that knows until when our command may run. It stops the
 * command when that time is over, also if we were stopped (SIGSTOP) or are too
 * late, and when we have vanished (kill -9). It does nothing else and needs
 * nobody: a deadline once told is enforced by its own clock.
 *
 * It has a session of its own and ignores what a terminal or a service manager
 * sends to all of a job's processes.
 */
#include <stdint.h>
#include <sys/types.h>

struct guard {
	pid_t pid;
	int fd; /* its pipe, our end */
};

/* 0, or -1 with errno. Before there are threads. */
int guard_start(struct guard *g);
/*
 * The command's process group is to have SIGTERM at the one time and SIGKILL at the other; BOOTTIME_NEVER: not at all. Group
 * 0: there is no command any more. What was told before is forgotten. A guard that does not listen is not waited for.
 */
void guard_tell(struct guard *g, int64_t term_ms, int64_t kill_ms, pid_t group);
/* Lets it go. After guard_tell with group 0; a command that it knows of is stopped. */
void guard_release(struct guard *g);

#endif

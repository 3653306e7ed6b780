#ifndef WATCH_H
#define WATCH_H
/*
 * Whoever looks at a program from outside, served by a thread of its own:
 * --status-file, --metrics, --stall-timeout, --progress, and the service manager behind
 * NOTIFY_SOCKET (STATUS=, WATCHDOG=1, STOPPING=1; READY=1 is ready.h's). It sees
 * what the thread that moves rows has published (status.h) and answers also while
 * that one is held up by a full pipe or a slow server. Without any of them there
 * is no thread.
 *
 * Something moves when an event of the log or a frame was read, or, of a sink,
 * when a batch is on the target. A program has stalled when nothing has moved for
 * --stall-timeout, while it was not idle: of a tap that is connected the silence
 * counts too, for an idle source sends heartbeats. Then a line says what it waited
 * for and the process ends at once with 111, whatever its other threads are in.
 * Time in which the process as a whole was stopped does not count.
 *
 * WATCHDOG=1 is sent at half of the time that the service manager gave, if since
 * the last one something has moved or the program is idle.
 */
#include "opt.h"

/* Ids 800 to 899 are watch's. */
enum { WATCH_STATUS_FILE = 800, WATCH_METRICS, WATCH_STALL_TIMEOUT, WATCH_PROGRESS };
extern const struct opt watch_options[];
static inline int watch_has(int id)
{
	return id >= 800 && id < 900;
}
/* The value of an option. 0, or -1 with the message printed. */
int watch_take(int id, const char *value);
double watch_stall_s(void); /* 0: no --stall-timeout */

/*
 * Begins to watch, if anything asks for it. role is one of enum status_role;
 * pipeline is borrowed and may be NULL. CODE_OK, or the exit code with the message
 * printed.
 */
int watch_start(unsigned role, const char *pipeline);
/*
 * The same without a thread, for a process that forks and never waits for anything but its own event base, which must outlive
 * watch_end. It publishes by itself (status.h), and draws no line.
 */
struct event_base;
int watch_start_on(struct event_base *base, unsigned role);
/* In a process that was forked from that one, when it has freed the base: nobody looks at it. */
void watch_forget(void);
/* The last thing before main returns: says how it ended. Returns code. Once more it does nothing. */
int watch_end(int code);

#endif

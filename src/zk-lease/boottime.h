#ifndef BOOTTIME_H
#define BOOTTIME_H
/*
 * The clock by which a lease is measured: milliseconds since the machine was
 * started, with the time in it that the machine was asleep (CLOCK_BOOTTIME). It
 * is never set, so nobody who sets the time of day can prolong a lease, and a
 * machine that wakes up knows how long it was away.
 */
#include <stdint.h>

#define BOOTTIME_NEVER INT64_MAX

int64_t boottime_now(void);
/* A descriptor that becomes readable at a time; not set yet. -1 with errno. The caller closes it. */
int boottime_timer(void);
/* At once if that time is over, which is what poll's own time-out does not know of a sleep. */
void boottime_set(int timer, int64_t at_ms);

#endif

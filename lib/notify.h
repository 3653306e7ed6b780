#ifndef NOTIFY_H
#define NOTIFY_H
/*
 * sd_notify(3) without its library: one datagram to the socket that NOTIFY_SOCKET names. Where it is not set,
 * nothing is done.
 */
#include <stdint.h>

int notify_is_wanted(void);
/* Sends lines as READY=1. A failure is a warning, the first time: the work goes on. */
void notify_say(const char *lines);
/* How often the service manager wants to hear WATCHDOG=1 at the least, microseconds; 0: it does not, or not of us. */
uint64_t notify_watchdog_us(void);

#endif

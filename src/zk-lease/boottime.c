#include "boottime.h"

#include <sys/timerfd.h>
#include <time.h>

int64_t boottime_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int boottime_timer(void)
{
	return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
}

void boottime_set(int timer, int64_t at_ms)
{
	struct itimerspec at = {{0, 0}, {0, 0}};

	if (at_ms != BOOTTIME_NEVER) {
		if (at_ms < 1)
			at_ms = 1; /* 0 would be never */
		at.it_value.tv_sec = (time_t)(at_ms / 1000);
		at.it_value.tv_nsec = (long)(at_ms % 1000) * 1000000;
	}
	timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

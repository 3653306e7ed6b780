#include "status.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>

#define QUIET_US 3000000

#define EMPTY                                                                                                     \
	{                                                                                                         \
		.input_fd = -1, .gtid = BUF_INIT, .pending = 1, .ahead_us = STATUS_NO_CLOCK, .quiet_us = QUIET_US \
	}

struct status status_now = EMPTY;
int status_watched, status_due, status_doing;
uint64_t status_steps;
void (*status_more)(struct buf *out, int as_json);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct status shown = EMPTY; /* under the lock, as the notes are */
static struct status_note error, warning;
static uint64_t moves, retries;

int64_t status_clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void status_set_place(const char *file, uint64_t off, const struct gtid_set *g)
{
	size_t n = strlen(file);

	if (n >= sizeof status_now.file)
		n = sizeof status_now.file - 1;
	memcpy(status_now.file, file, n);
	status_now.file[n] = 0;
	status_now.off = off;
	status_now.has_gtid = g != NULL;
	buf_reset(&status_now.gtid);
	if (g)
		gtid_set_print(g, &status_now.gtid);
}

void status_set_clock(int64_t source_us, int is_fresh)
{
	int64_t ahead = (int64_t)((uint64_t)source_us - (uint64_t)status_clock_us()); /* the stream may say any time */

	if (is_fresh || status_now.ahead_us == STATUS_NO_CLOCK || ahead > status_now.ahead_us)
		status_now.ahead_us = ahead;
}

/* What the copy already has for the set's text is used again. */
static void copy(struct status *to, const struct status *from)
{
	struct buf gtid = to->gtid;

	*to = *from;
	to->gtid = gtid;
	buf_reset(&to->gtid);
	(void)buf_add(&to->gtid, from->gtid.p, from->gtid.len);
}

void status_publish(void)
{
	if (!status_watched)
		return;
	__atomic_store_n(&status_due, 0, __ATOMIC_RELAXED);
	pthread_mutex_lock(&lock);
	copy(&shown, &status_now);
	pthread_mutex_unlock(&lock);
}

void status_moved(void)
{
	__atomic_fetch_add(&moves, 1, __ATOMIC_RELAXED);
}

void status_retry(void)
{
	__atomic_fetch_add(&retries, 1, __ATOMIC_RELAXED);
}

void status_hear(int is_error, const char *text)
{
	struct status_note *n = is_error ? &error : &warning;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	pthread_mutex_lock(&lock);
	n->n++;
	n->time_us = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
	(void)snprintf(n->text, sizeof n->text, "%s", text);
	pthread_mutex_unlock(&lock);
}

/* ---- the watcher */

void status_watch(int on)
{
	status_watched = on;
}

void status_want(void)
{
	__atomic_store_n(&status_due, 1, __ATOMIC_RELAXED);
}

void status_look(struct status_view *v)
{
	pthread_mutex_lock(&lock);
	copy(&v->s, &shown);
	v->error = error;
	v->warning = warning;
	pthread_mutex_unlock(&lock);
	v->state = (enum status_state)__atomic_load_n(&status_doing, __ATOMIC_RELAXED);
	v->moves = __atomic_load_n(&status_steps, __ATOMIC_RELAXED) + __atomic_load_n(&moves, __ATOMIC_RELAXED);
	v->retries = __atomic_load_n(&retries, __ATOMIC_RELAXED);
}

void status_view_release(struct status_view *v)
{
	buf_release(&v->s.gtid);
}

void status_release(void)
{
	buf_release(&status_now.gtid);
	buf_release(&shown.gtid);
}

int status_lag(const struct status *s, double *seconds)
{
	int64_t lag;

	if (s->ahead_us == STATUS_NO_CLOCK || !s->done_us)
		return 0;
	lag = status_clock_us() + s->ahead_us - s->done_us;
	if (lag < 0 || (!s->pending && lag <= s->quiet_us))
		lag = 0;
	*seconds = (double)lag / 1e6;
	return 1;
}

uint64_t status_waiting(const struct status *s)
{
	int n = 0;

	if (s->input_fd < 0 || ioctl(s->input_fd, FIONREAD, &n) < 0 || n < 0)
		n = 0;
	return s->unread_bytes + (uint64_t)n;
}

const char *status_state_name(enum status_state state)
{
	static const char *const names[STATUS_STATES] = {"starting", "running", "idle", "source", "target", "reader", "ended"};

	return names[state];
}

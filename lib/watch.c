#include "watch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "code.h"
#include "http.h"
#include "msg.h"
#include "notify.h"
#include "progress.h"
#include "sig.h"
#include "status_file.h"
#include "status_text.h"

#define TICK_US 250000
#define FILE_US 1000000 /* between two versions of the file */
#define LINE_US 2000000 /* between two STATUS= */

const struct opt watch_options[] = {
    {WATCH_STATUS_FILE, 0, "status-file", "FILE", "keep what the program does in this file, as JSON"},
    {WATCH_METRICS, 0, "metrics", "ADDR", "answer HTTP requests there: HOST:PORT of the loopback, or unix:PATH"},
    {WATCH_STALL_TIMEOUT, 0, "stall-timeout", "SECONDS", "end with 111 when nothing has moved for so long"},
    {WATCH_PROGRESS, 0, "progress", "[WHEN]", "a line about progress: always, never or auto (default: at a terminal)"},
    {0},
};

static struct {
	/* options */
	const char *file, *metrics;
	struct http_address address;
	double stall_s;

	int is_on, has_thread;
	int is_guest; /* on a base of the program's own, without a thread */
	pthread_t thread;
	struct event_base *base;
	struct event *tick, *wake, *watchdog;
	int wake_fd;
	struct http *http;

	/* the thread's own, and of whoever starts and ends it */
	struct status_view view;
	struct status_frame frame;
	struct buf where, text, line;
	uint64_t moves, file_moves, dog_moves;
	enum status_state file_state;
	int64_t ticked_us, file_us, line_us, stall_us;
	int said_file, said_stopping;
} w = {.wake_fd = -1, .frame = {.exit_code = -1}};

/* ---- options */

int watch_take(int id, const char *value)
{
	const char *why;

	switch (id) {
	case WATCH_STATUS_FILE:
		if (!*value || strlen(value) > STATUS_FILE_NAME_MAX) {
			msg_error("--status-file: a file's name is missing, or too long");
			return -1;
		}
		w.file = value;
		return 0;
	case WATCH_METRICS:
		why = http_address_parse(&w.address, value);
		if (why) {
			msg_error("--metrics: \"%s\": %s", value, why);
			return -1;
		}
		w.metrics = value;
		return 0;
	case WATCH_PROGRESS:
		return progress_take(value ? value : "always");
	default:
		return opt_seconds("--stall-timeout", value, 1, 86400, &w.stall_s);
	}
}

double watch_stall_s(void)
{
	return w.stall_s;
}

/* ---- the file */

/* 0, or -1 (errno). */
static int put_file(void)
{
	buf_reset(&w.text);
	status_json(&w.text, &w.view, &w.frame);
	return status_file_put(w.file, &w.text);
}

static void write_file(void)
{
	if (!w.file)
		return;
	if (put_file() == 0)
		w.said_file = 0;
	else if (!w.said_file++)
		msg_warn("could not write the status file \"%s\": %s", w.file, strerror(errno));
}

/* Once a second if there is something new; that lag grows is something new too. */
static void keep_file(int64_t now)
{
	double lag;
	int has_lag = status_lag(&w.view.s, &lag);

	if (!w.file || now - w.file_us < FILE_US)
		return;
	if (w.view.moves == w.file_moves && w.view.state == w.file_state && w.view.state == STATUS_IDLE && (!has_lag || lag == 0))
		return;
	w.file_us = now;
	w.file_moves = w.view.moves;
	w.file_state = w.view.state;
	write_file();
}

/* ---- has it stalled? */

static const char *waits_for(void)
{
	switch (w.view.state) {
	case STATUS_STARTING:
		return "it has not come to its work yet";
	case STATUS_READER:
		return "it waits for the program that reads the stream";
	case STATUS_TARGET:
		return "it waits for the target";
	case STATUS_IDLE:
	case STATUS_SOURCE:
		return "it waits for the source";
	default:
		return w.view.s.role & STATUS_SINK ? "it waits for the target" : "it is at work on one thing";
	}
}

static int may_wait(void)
{
	return w.view.state == STATUS_ENDED || (w.view.state == STATUS_IDLE && !(w.view.s.role & STATUS_TAP));
}

static void check_stall(int64_t now)
{
	int64_t since = now - w.ticked_us;

	w.ticked_us = now;
	/* what is much longer than a tick is time in which this thread did not run either */
	if (since > 2 * TICK_US)
		since = TICK_US;
	w.frame.still_us += since;
	w.stall_us += since;
	if (w.view.moves != w.moves)
		w.frame.still_us = 0;
	if (w.view.moves != w.moves || may_wait())
		w.stall_us = 0;
	w.moves = w.view.moves;
	if (w.stall_s <= 0 || w.stall_us < (int64_t)(w.stall_s * 1e6))
		return;
	msg_error("nothing has moved for %g s (--stall-timeout): %s", w.stall_s, waits_for());
	status_look(&w.view);
	w.frame.exit_code = CODE_OUTSIDE;
	write_file();
	notify_say("STOPPING=1\nSTATUS=stalled");
	http_free(w.http);
	sig_end(CODE_OUTSIDE);
}

/* ---- the thread */

static void say_line(int64_t now)
{
	if (sig_stop && !w.said_stopping) {
		w.said_stopping = 1;
		notify_say("STOPPING=1");
	}
	if (now - w.line_us < LINE_US)
		return;
	buf_reset(&w.text);
	buf_adds(&w.text, "STATUS=");
	status_line(&w.text, &w.view);
	if (w.text.failed || (w.text.len == w.line.len && !memcmp(w.text.p, w.line.p, w.text.len)))
		return;
	w.line_us = now;
	notify_say(buf_str(&w.text));
	buf_reset(&w.line);
	(void)buf_add(&w.line, w.text.p, w.text.len);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	int64_t now = status_clock_us();

	(void)fd;
	(void)what;
	(void)arg;
	status_look(&w.view);
	status_want();
	check_stall(now);
	progress_draw(&w.view, w.frame.still_us);
	keep_file(now);
	if (notify_is_wanted())
		say_line(now);
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	status_look(&w.view);
	if (w.view.moves != w.dog_moves || w.view.state == STATUS_IDLE || w.view.state == STATUS_STARTING)
		notify_say("WATCHDOG=1");
	w.dog_moves = w.view.moves;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	(void)event_base_loopbreak(w.base);
}

static void *run(void *arg)
{
	(void)arg;
	(void)event_base_dispatch(w.base);
	return NULL;
}

static void page_metrics(void *arg, struct buf *out)
{
	(void)arg;
	status_look(&w.view);
	status_metrics(out, &w.view, &w.frame);
}

static void page_status(void *arg, struct buf *out)
{
	(void)arg;
	status_look(&w.view);
	status_json(out, &w.view, &w.frame);
}

static const struct http_page pages[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", page_metrics},
    {"/status", "application/json", page_status},
    {NULL, NULL, NULL},
};

/* ---- from the main thread */

static int start_thread(void)
{
	sigset_t all, old;
	int rc;

	/* signals are for the thread that moves rows */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w.has_thread = rc == 0;
	errno = rc;
	return rc == 0 ? 0 : -1;
}

/* A base for the thread, and how that is told to end. */
static int make_base(void)
{
	struct event_config *config = event_config_new();

	if (config) {
		event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
		w.base = event_base_new_with_config(config);
		event_config_free(config);
	}
	w.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!w.base || w.wake_fd < 0)
		return -1;
	w.wake = event_new(w.base, w.wake_fd, EV_READ, on_wake, NULL);
	return !w.wake || event_add(w.wake, NULL) < 0 ? -1 : 0;
}

static int make_events(void)
{
	struct timeval tick = {0, TICK_US};
	uint64_t dog_us = notify_watchdog_us() / 2;
	struct timeval dog = {(time_t)(dog_us / 1000000), (suseconds_t)(dog_us % 1000000)};

	if (!w.is_guest && make_base() < 0)
		return -1;
	w.tick = event_new(w.base, -1, EV_PERSIST, on_tick, NULL);
	if (!w.tick || event_add(w.tick, &tick) < 0)
		return -1;
	if (!dog_us)
		return 0;
	w.watchdog = event_new(w.base, -1, EV_PERSIST, on_watchdog, NULL);
	return !w.watchdog || event_add(w.watchdog, &dog) < 0 ? -1 : 0;
}

static int listen_there(void)
{
	if (!w.metrics)
		return CODE_OK;
	w.http = http_new(w.base, &w.address, pages, NULL);
	if (!w.http) {
		/* no waiting makes a folder, or a right, or an address of this machine */
		int is_wrong = errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == EPERM || errno == EADDRNOTAVAIL;

		msg_error("%s listen on %s: %s", is_wrong ? "cannot" : "could not", w.metrics, strerror(errno));
		return is_wrong ? CODE_USAGE : CODE_OUTSIDE;
	}
	http_where(w.http, &w.where);
	w.frame.metrics = buf_str(&w.where);
	if (strcmp(w.frame.metrics, w.metrics) != 0)
		msg_tell("metrics are at %s", w.frame.metrics);
	return CODE_OK;
}

static void hear(enum msg_level level, const char *text)
{
	status_hear(level == MSG_ERROR, text);
}

int watch_start(unsigned role, const char *pipeline)
{
	int code, progress = progress_is_wanted(role);

	if (!w.file && !w.metrics && w.stall_s <= 0 && !progress && !notify_is_wanted())
		return CODE_OK;
	w.is_on = 1;
	w.frame.program = msg_name();
	w.frame.version = ROWFERRY_VERSION;
	w.frame.started_us = w.ticked_us = status_clock_us();
	status_now.role = role;
	status_now.pipeline = pipeline;
	status_watch(1);
	status_publish();
	msg_on_say(hear);
	status_look(&w.view);
	if (make_events() < 0) {
		msg_error("could not start the thread that watches: %s", strerror(errno));
		return CODE_OUTSIDE;
	}
	code = listen_there();
	if (code != CODE_OK)
		return code;
	if (w.file && put_file() < 0) {
		msg_error("could not write the status file \"%s\": %s", w.file, strerror(errno));
		w.file = NULL;
		return errno == ENOSPC || errno == EDQUOT || errno == EIO ? CODE_OUTSIDE : CODE_USAGE;
	}
	if (!w.is_guest && start_thread() < 0) {
		msg_error("could not start the thread that watches: %s", strerror(errno));
		return CODE_OUTSIDE;
	}
	return CODE_OK;
}

int watch_start_on(struct event_base *base, unsigned role)
{
	w.base = base;
	w.is_guest = 1;
	(void)progress_take("never");
	return watch_start(role, NULL);
}

void watch_forget(void)
{
	w.is_on = 0;
	msg_on_say(NULL);
	status_watch(0);
}

int watch_end(int code)
{
	if (!w.is_on)
		return code;
	w.is_on = 0;
	if (w.has_thread) {
		(void)!write(w.wake_fd, &(uint64_t){1}, sizeof(uint64_t));
		pthread_join(w.thread, NULL);
	}
	status_wait(STATUS_ENDED);
	status_publish();
	status_look(&w.view);
	w.frame.exit_code = code;
	write_file();
	progress_end(&w.view, code == CODE_OK);
	if (!w.said_stopping)
		notify_say("STOPPING=1");
	http_free(w.http);
	if (w.watchdog)
		event_free(w.watchdog);
	if (w.tick)
		event_free(w.tick);
	if (w.wake)
		event_free(w.wake);
	if (w.base && !w.is_guest)
		event_base_free(w.base);
	if (w.wake_fd >= 0)
		close(w.wake_fd);
	msg_on_say(NULL);
	status_watch(0);
	status_view_release(&w.view);
	status_release();
	buf_release(&w.where);
	buf_release(&w.text);
	buf_release(&w.line);
	return code;
}

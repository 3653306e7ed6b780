#include "progress.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msg.h"

#define QUIET_US 1000000   /* what is done in so long needs no line */
#define STILL_US 2000000   /* who has not moved for so long says what it waits for */
#define RATE_LOOKS 13	   /* the rate is that of the last three seconds */
#define WIDTH_MAX 200	   /* columns */
#define WIDTH_UNKNOWN 1000 /* no terminal, or one that does not say */

static struct {
	_Atomic enum { AUTO, ALWAYS, NEVER } when;
	unsigned role;
	int64_t began_us;
	int was_drawn, is_first;
	struct {
		int64_t us;
		uint64_t n;
	} looks[RATE_LOOKS]; /* the newest first */
	size_t nlooks;
} p;

int progress_take(const char *when)
{
	static const char *const words[] = {"auto", "always", "never"};

	for (unsigned i = 0; i < 3; i++)
		if (!strcmp(when, words[i])) {
			p.when = i == 0 ? AUTO : i == 1 ? ALWAYS : NEVER;
			return 0;
		}
	msg_error("--progress: \"%s\" is not always, never or auto", when);
	return -1;
}

static int leaves_it_to_others(unsigned role)
{
	struct stat st;

	/* a stream on the terminal itself, or on its way to a program that shows what it does with it */
	return !(role & STATUS_SINK) &&
	       (isatty(STDOUT_FILENO) || (!p.is_first && fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode)));
}

void progress_first(void)
{
	p.is_first = 1;
}

int progress_is_wanted(unsigned role)
{
	const char *term = getenv("TERM");

	p.role = role;
	p.began_us = status_clock_us();
	if (p.when == AUTO)
		p.when = isatty(STDERR_FILENO) && !(term && !strcmp(term, "dumb")) && !leaves_it_to_others(role) ? AUTO : NEVER;
	return p.when != NEVER;
}

void progress_leave(void)
{
	if (p.when == AUTO)
		p.when = NEVER;
}

/* What is counted: rows, of a link bytes. */
static uint64_t amount_of(const struct status *s)
{
	if (p.is_first)
		return s->copied_rows;
	if (p.role & STATUS_LINK)
		return s->stream_bytes;
	return p.role & STATUS_SINK ? s->applied_rows : s->rows[0] + s->rows[1] + s->rows[2];
}

/* 12345 rows, 4567 rows/s; of bytes in MB. */
static void add_amount(struct buf *out, uint64_t n, double per_s)
{
	if (p.role & STATUS_LINK)
		buf_printf(out, "%.1f MB, %.1f MB/s", (double)n / 1e6, per_s / 1e6);
	else
		buf_printf(out, "%llu rows, %.0f rows/s", (unsigned long long)n, per_s);
}

/* So many a second, lately. */
static double rate(int64_t now, uint64_t n)
{
	size_t last;

	memmove(p.looks + 1, p.looks, (RATE_LOOKS - 1) * sizeof *p.looks);
	p.looks[0].us = now;
	p.looks[0].n = n;
	if (p.nlooks < RATE_LOOKS)
		p.nlooks++;
	last = p.nlooks - 1;
	/* what was undone is not counted any more */
	if (!last || n < p.looks[last].n)
		return 0;
	return (double)(n - p.looks[last].n) * 1e6 / (double)(now - p.looks[last].us);
}

/* How much is done of a copy, or of the input was read, in percent; -1: not known. */
static int percent(const struct status *s)
{
	struct stat st;
	off_t at;

	if (s->copy_rows)
		return s->copied_rows < s->copy_rows ? (int)(100 * s->copied_rows / s->copy_rows) : 100;
	if (s->input_fd < 0 || fstat(s->input_fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return -1;
	at = lseek(s->input_fd, 0, SEEK_CUR);
	if (at < 0 || at > st.st_size)
		return -1;
	at -= (off_t)s->unread_bytes < at ? (off_t)s->unread_bytes : at;
	return (int)((double)at * 100 / (double)st.st_size);
}

static void add_place(struct buf *out, const struct status *s)
{
	double lag;

	if (*s->file)
		buf_printf(out, ", at %s:%llu", s->file, (unsigned long long)s->off);
	if (status_lag(s, &lag))
		buf_printf(out, ", lag %.1f s", lag);
}

static const char *waits_for(enum status_state state)
{
	switch (state) {
	case STATUS_SOURCE:
		return ", waits for the source";
	case STATUS_TARGET:
		return ", waits for the target";
	case STATUS_READER:
		return ", waits for the reader";
	default:
		return "";
	}
}

/* In the background, or on a terminal that was stopped, nothing is drawn: it would come between, or never return. */
static int may_draw(void)
{
	struct pollfd out = {STDERR_FILENO, POLLOUT, 0};

	if (p.when == AUTO && tcgetpgrp(STDERR_FILENO) != getpgrp())
		return 0;
	return poll(&out, 1, 0) > 0 && (out.revents & POLLOUT);
}

static size_t width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return WIDTH_UNKNOWN;
	return size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
}

void progress_draw(const struct status_view *v, int64_t still_us)
{
	int64_t now = status_clock_us();
	uint64_t n = amount_of(&v->s);
	double r = rate(now, n);
	struct buf line = BUF_INIT;
	int done = percent(&v->s);
	size_t w;

	if (p.when == NEVER || now - p.began_us < QUIET_US || !may_draw())
		return;
	if (p.is_first && p.when == AUTO && !v->s.copy_rows) { /* others know as much */
		msg_line(NULL);
		return;
	}
	buf_printf(&line, "%s: ", msg_name());
	add_amount(&line, n, r);
	if (done >= 0)
		buf_printf(&line, ", %d %%", done);
	if (v->s.copy_rows > n && r > 0)
		buf_printf(&line, ", %.0f s left", (double)(v->s.copy_rows - n) / r);
	add_place(&line, &v->s);
	if (still_us >= STILL_US)
		buf_adds(&line, waits_for(v->state));
	w = width();
	if (!line.failed && w > 1) {
		/* the last column is left free: some terminals go on to the next line there */
		if (line.len >= w)
			line.len = w - 1;
		msg_line(buf_str(&line));
		p.was_drawn = 1;
	}
	buf_release(&line);
}

void progress_end(const struct status_view *v, int done)
{
	double s = (double)(status_clock_us() - p.began_us) / 1e6;
	uint64_t n = amount_of(&v->s);
	struct buf b = BUF_INIT;

	if (!p.was_drawn)
		return;
	msg_line(NULL);
	if (!done)
		return;
	if (p.role & STATUS_LINK)
		buf_printf(&b, "%.1f MB in %.1f s, %.1f MB/s", (double)n / 1e6, s, (double)n / 1e6 / s);
	else
		buf_printf(&b, "%llu rows in %.1f s, %.0f rows/s", (unsigned long long)n, s, (double)n / s);
	add_place(&b, &v->s);
	msg_tell("%s", buf_str(&b));
	buf_release(&b);
}

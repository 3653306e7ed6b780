#include "msg.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DRAWN_MAX 1000
#define LINE_MAX_BYTES 4096 /* longer messages are cut, with dots */

static const char *name = "rowferry";
static int level = MSG_WARN;
static pthread_mutex_t terminal = PTHREAD_MUTEX_INITIALIZER;
static size_t drawn; /* characters of the line that is to go away; under the lock */
static void (*on_say)(enum msg_level level, const char *text);

/*
 * A standard descriptor that was closed when we were started must not become
 * the first thing that is opened: the signal's pipe, a connection. What takes
 * its place fails at the first use, and that is said.
 */
static void fill_standard_fds(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
}

void msg_init(const char *progname)
{
	const char *slash = strrchr(progname, '/');

	fill_standard_fds();
	name = slash ? slash + 1 : progname;
}

const char *msg_name(void)
{
	return name;
}

void msg_more(void)
{
	if (level < MSG_DEBUG)
		level++;
}

int msg_shows(enum msg_level l)
{
	return (int)l <= level;
}

void msg_on_say(void (*f)(enum msg_level level, const char *text))
{
	on_say = f;
}

static void write_out(const char *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t w = write(STDERR_FILENO, p + at, n - at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			break; /* nowhere left to say it */
		at += (size_t)w;
	}
}

/* Blanks and not a code of the terminal: it may be of any kind. With the lock. */
static void draw(const char *text)
{
	char line[DRAWN_MAX * 2 + 2];
	size_t n = 0, len = strlen(text);

	if (len > DRAWN_MAX)
		len = DRAWN_MAX;
	for (; n < len; n++)
		line[n] = text[n] < 0x20 || text[n] > 0x7e ? '?' : text[n];
	while (n < drawn)
		line[n++] = ' ';
	line[n++] = '\r';
	write_out(line, n);
	drawn = len;
}

void msg_line(const char *text)
{
	int saved = errno;

	pthread_mutex_lock(&terminal);
	if (text || drawn)
		draw(text ? text : "");
	pthread_mutex_unlock(&terminal);
	errno = saved;
}

/* One line, one write: lines of several programs on one stderr do not mix. */
static void say(enum msg_level is, const char *kind, const char *fmt, va_list ap)
{
	char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 512];
	size_t n = 0;
	int saved = errno;
	int len = vsnprintf(text, sizeof text, fmt, ap);

	if (len >= (int)sizeof text)
		memcpy(text + sizeof text - 4, "...", 4);
	n = (size_t)snprintf(line, 256, "%s: %s", name, kind);
	for (const char *p = text; *p && n < sizeof line - 8; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20 || c == 0x7f)
			n += (size_t)snprintf(line + n, 5, "\\x%02x", c);
		else
			line[n++] = (char)c;
	}
	line[n++] = '\n';
	pthread_mutex_lock(&terminal);
	if (drawn)
		draw("");
	write_out(line, n);
	pthread_mutex_unlock(&terminal);
	if (on_say && is <= MSG_WARN)
		on_say(is, text);
	errno = saved;
}

#define SAYER(fn, lvl, is, kind)        \
	void fn(const char *fmt, ...)   \
	{                               \
		va_list ap;             \
                                        \
		if (!msg_shows(lvl))    \
			return;         \
		va_start(ap, fmt);      \
		say(is, kind, fmt, ap); \
		va_end(ap);             \
	}

/* name, from which level on it is shown, what it is, how it begins */
SAYER(msg_error, MSG_ERROR, MSG_ERROR, "error: ")
SAYER(msg_warn, MSG_WARN, MSG_WARN, "warning: ")
SAYER(msg_info, MSG_INFO, MSG_INFO, "info: ")
SAYER(msg_debug, MSG_DEBUG, MSG_DEBUG, "debug: ")
SAYER(msg_hint, MSG_ERROR, MSG_INFO, "hint: ")
SAYER(msg_tell, MSG_ERROR, MSG_INFO, "info: ")

void msg_no_memory(void)
{
	static _Atomic int is_said;

	if (!is_said++)
		msg_error("out of memory");
}

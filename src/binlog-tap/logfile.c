#include "logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binlog/event.h"

#define CHUNK (1u << 20)
#define TORN_MAX (64u << 20) /* bytes behind the last whole event that are looked at */

/* The log's name is the last part of the path. */
static void set_name(struct logfile *f, const char *path)
{
	const char *s = strrchr(path, '/');
	size_t n;

	s = s ? s + 1 : path;
	n = strlen(s) < sizeof f->name ? strlen(s) : sizeof f->name - 1;
	memcpy(f->name, s, n);
	f->name[n] = 0;
}

static enum logfile_result failed(struct logfile *f, const char *what)
{
	(void)snprintf(f->why, sizeof f->why, "%s: %s", what, strerror(errno));
	return LOGFILE_ERROR;
}

enum logfile_result logfile_open(struct logfile *f, const char *path)
{
	static const uint8_t plain[] = {0xfe, 'b', 'i', 'n'}, encrypted[] = {0xfd, 'b', 'i', 'n'};
	uint8_t magic[LOG_MAGIC_LEN];
	struct stat st;
	ssize_t n;

	memset(f, 0, sizeof *f);
	f->path = path;
	set_name(f, path);
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return failed(f, "cannot open");
	if (fstat(f->fd, &st) < 0)
		return failed(f, "could not look at");
	if (!S_ISREG(st.st_mode)) {
		(void)snprintf(f->why, sizeof f->why, "not a regular file");
		return LOGFILE_DAMAGED;
	}
	f->size = (uint64_t)st.st_size;
	n = pread(f->fd, magic, sizeof magic, 0);
	if (n < 0)
		return failed(f, "could not read");
	if (n == sizeof magic && !memcmp(magic, encrypted, sizeof magic))
		return LOGFILE_ENCRYPTED;
	if (n != sizeof magic || memcmp(magic, plain, sizeof magic) != 0) {
		(void)snprintf(f->why, sizeof f->why, "not a binary log");
		return LOGFILE_DAMAGED;
	}
	f->pos = LOG_MAGIC_LEN;
	(void)posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return LOGFILE_OK;
}

void logfile_close(struct logfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	buf_release(&f->b);
}

static int read_more(struct logfile *f, size_t n)
{
	while (f->b.len - f->at < n) {
		uint64_t from;
		size_t room = CHUNK;
		ssize_t got;

		buf_shift(&f->b, f->at);
		f->at = 0;
		from = f->pos + f->b.len;
		if (from >= f->size)
			return 0;
		if (room < n - f->b.len)
			room = n - f->b.len;
		if (room > f->size - from)
			room = (size_t)(f->size - from);
		if (buf_room(&f->b, room) < 0) {
			errno = ENOMEM;
			return -1;
		}
		got = pread(f->fd, f->b.p + f->b.len, room, (off_t)from);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got) { /* it became shorter */
			f->size = from;
			return 0;
		}
		f->b.len += (size_t)got;
	}
	return 1;
}

/* Has n bytes unread, if the file has them. 1, 0 (fewer), -1 errno. */
static inline int want(struct logfile *f, size_t n)
{
	return f->b.len - f->at >= n ? 1 : read_more(f, n);
}

static enum logfile_result damaged(struct logfile *f, const char *why)
{
	(void)snprintf(f->why, sizeof f->why, "%s", why);
	return LOGFILE_DAMAGED;
}

static enum logfile_result damaged_event(struct logfile *f, uint64_t at, const char *why)
{
	f->pos = at;
	return damaged(f, why);
}

enum logfile_result logfile_next(struct logfile *f, const uint8_t **p, size_t *n)
{
	struct event e;
	int r;

	if (f->pos == f->size)
		return LOGFILE_EOF;
	if ((r = want(f, EVENT_HEAD)) < 0)
		return failed(f, "could not read");
	if (!r)
		return damaged(f, "it ends inside an event");
	event_head(&e, f->b.p + f->at);
	if (e.len < EVENT_HEAD || e.len > EVENT_LEN_MAX)
		return damaged(f, "an event of an impossible length");
	/* before memory is taken for it */
	if (e.len > f->size - f->pos)
		return damaged(f, "it ends inside an event");
	if ((r = want(f, e.len)) < 0)
		return failed(f, "could not read");
	if (!r)
		return damaged(f, "it ends inside an event");
	*p = f->b.p + f->at;
	*n = e.len;
	f->at += e.len;
	f->pos += e.len;
	return LOGFILE_OK;
}

static void start_over(struct logfile *f)
{
	buf_reset(&f->b);
	f->at = 0;
	f->pos = LOG_MAGIC_LEN;
}

int logfile_is_in_use(struct logfile *f)
{
	struct event e;
	int r = want(f, EVENT_HEAD);

	if (r <= 0)
		return 0;
	event_head(&e, f->b.p + f->at);
	return e.type == EV_FORMAT && e.flags & EVENT_IN_USE;
}

/* Is this the text of a QUERY event? */
static int is_query(const uint8_t *p, size_t n, const char *text)
{
	size_t len = strlen(text);

	for (size_t crc = 0; crc <= EVENT_CRC; crc += EVENT_CRC)
		if (n >= EVENT_HEAD + 13 + 1 + len + crc && !p[n - crc - len - 1] && !memcmp(p + n - crc - len, text, len))
			return 1;
	return 0;
}

/* Does the text of this QUERY event begin so? */
static int query_begins(const uint8_t *p, size_t n, const char *text)
{
	size_t at = EVENT_HEAD + 13, len = strlen(text);

	if (n < at)
		return 0;
	at += (size_t)p[EVENT_HEAD + 8] + 1 + (size_t)(p[EVENT_HEAD + 11] | p[EVENT_HEAD + 12] << 8);
	return n > at && n - at >= len && !memcmp(p + at, text, len);
}

/* Is this QUERY event the end of a transaction? Only its text tells. */
static int is_end_of_group(const uint8_t *p, size_t n)
{
	return is_query(p, n, "COMMIT") || is_query(p, n, "ROLLBACK");
}

/*
 * What is behind the last event that could be cut off: the torn part of one, or an event whose length was damaged? Then whole
 * events follow somewhere. They are known by saying where they end, or by their checksum, which is not tried without limit.
 */
static int events_follow(struct logfile *f, int has_crc)
{
	uint64_t left = f->size - f->pos;
	size_t n = left < TORN_MAX ? (size_t)left : TORN_MAX, tried = 0;
	const uint8_t *p;

	if (want(f, n) <= 0)
		return 0;
	p = f->b.p + f->at;
	for (size_t at = 1; at + EVENT_HEAD + EVENT_CRC <= n && tried < TORN_MAX; at++) {
		struct event e;

		event_head(&e, p + at);
		if (e.len < EVENT_HEAD + EVENT_CRC || e.len > n - at || !event_type_name(e.type))
			continue;
		if (e.log_pos && e.log_pos != (uint32_t)(f->pos + at + e.len))
			continue;
		if (!has_crc) {
			if (e.log_pos)
				return 1;
			continue;
		}
		tried += e.len;
		if (event_crc_is_right(p + at, e.len))
			return 1;
	}
	return 0;
}

enum logfile_result logfile_bound(struct logfile *f)
{
	uint64_t end = f->pos;
	int has_crc = 0, in_group = 0, standalone = 0, first = 0; /* first: MySQL's first statement, BEGIN or all there is */

	for (;;) {
		uint64_t from = f->pos;
		const uint8_t *p;
		struct event e;
		size_t n;
		enum logfile_result r = logfile_next(f, &p, &n);

		if (r == LOGFILE_ERROR)
			return r;
		if (r != LOGFILE_OK)
			break; /* the last event may be half there */
		event_head(&e, p);
		if (e.type == EV_START_ENCRYPTION) { /* nothing behind it can be read: whoever reads on is told */
			start_over(f);
			return LOGFILE_OK;
		}
		/* only what is torn off at the end is not damage */
		if (e.log_pos && e.log_pos != (uint32_t)(from + n))
			return damaged_event(f, from, "an event is not where it says");
		if (e.type == EV_FORMAT)
			has_crc = n > EVENT_HEAD + EVENT_CRC && p[n - EVENT_CRC - 1] == 1;
		else if (has_crc && !event_crc_is_right(p, n))
			return damaged_event(f, from, "checksum of an event does not match");
		if (e.type == EV_MARIA_GTID && n >= EVENT_HEAD + 13) {
			in_group = 1;
			standalone = p[EVENT_HEAD + 12] & GTID_STANDALONE;
		} else if (e.type == EV_GTID || e.type == EV_ANONYMOUS_GTID || e.type == EV_GTID_TAGGED) {
			in_group = first = 1;
			standalone = 0;
		} else if (e.type == EV_XID || e.type == EV_XA_PREPARE || e.type == EV_TRANSACTION_PAYLOAD) {
			in_group = 0;
		} else if (e.type == EV_QUERY || e.type == EV_QUERY_COMPRESSED) {
			if (first)
				standalone = !is_query(p, n, "BEGIN") && !query_begins(p, n, "XA START");
			first = 0;
			if (standalone || is_end_of_group(p, n))
				in_group = 0;
		}
		if (!in_group)
			end = f->pos;
	}
	/* a length that was damaged looks like a torn end too, but then its event says another end */
	if (f->size - f->pos >= EVENT_HEAD && want(f, EVENT_HEAD) > 0) {
		struct event e;

		event_head(&e, f->b.p + f->at);
		if (e.len < EVENT_HEAD || (e.log_pos && e.log_pos != (uint32_t)(f->pos + e.len)))
			return damaged(f, "an event is not as long as it says");
	}
	if (f->pos < f->size && events_follow(f, has_crc))
		return damaged(f, "an event is damaged, whole ones follow it");
	f->size = end;
	start_over(f);
	return LOGFILE_OK;
}

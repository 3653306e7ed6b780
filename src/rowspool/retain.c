#include "retain.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "find.h"
#include "msg.h"

#define POSITION_MAX (16u << 20) /* a larger file is not a position that we wrote */

/* ---- readers */

int reader_name_ok(const char *name)
{
	size_t n = strlen(name);

	if (n && n < READER_NAME_MAX && *name != '.' &&
	    n == strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.@"))
		return 1;
	msg_error("a reader's name is of letters, digits and -_.@, %d at most: \"%s\"", READER_NAME_MAX - 1, name);
	return 0;
}

static void reader_file(const struct spool *sp, char *path, const char *name)
{
	(void)snprintf(path, SPOOL_PATH_MAX + READER_NAME_MAX, "%s/readers/%s", sp->path, name);
}

#define READER_PATH_MAX (SPOOL_PATH_MAX + READER_NAME_MAX)

static int read_text(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || st.st_size > POSITION_MAX || buf_room(b, (size_t)st.st_size + 1) < 0) {
		close(fd);
		errno = EFBIG;
		return -1;
	}
	n = read(fd, b->p, (size_t)st.st_size);
	close(fd);
	if (n < 0)
		return -1;
	b->len = (size_t)n;
	while (b->len && isspace(b->p[b->len - 1]))
		b->len--;
	return 0;
}

int reader_load(const struct spool *sp, const char *name, struct pos *at)
{
	char path[READER_PATH_MAX];
	struct buf b = BUF_INIT;
	const char *why;
	int rc = 0;

	reader_file(sp, path, name);
	memset(at, 0, sizeof *at);
	if (read_text(path, &b) < 0) {
		rc = errno == ENOENT ? 1 : -1;
		if (rc < 0)
			msg_error("could not read \"%s\": %s", path, strerror(errno));
	} else if (pos_parse(at, buf_str(&b), &why) < 0 || (at->kind != POS_FILE && at->kind != POS_GTID)) {
		pos_release(at);
		msg_error("\"%s\" does not say a position", path);
		msg_hint("rowspool ack %s %s POSITION", sp->path, name);
		rc = -1;
	}
	buf_release(&b);
	return rc;
}

/* 0 or -1 (errno) */
static int put_text(const char *path, int flags, const struct buf *b)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0640), rc = -1, saved;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = pwrite(fd, b->p, b->len, 0);
	if (n >= 0 && (size_t)n < b->len)
		errno = ENOSPC;
	else if (n >= 0)
		rc = ftruncate(fd, n) < 0 || fsync(fd) < 0 ? -1 : 0;
	saved = errno;
	if (close(fd) < 0 && rc == 0)
		return -1;
	errno = saved;
	return rc;
}

/*
 * As a whole in the place of the old one; on a full disk, which it may be about to make room on, into the room of the old one.
 * One that a crash then leaves half written is not understood, and holds all.
 */
static int replace_text(const char *path, const char *new, const struct buf *b)
{
	if (b->failed) {
		errno = ENOMEM;
		return -1;
	}
	if (put_text(new, O_CREAT | O_TRUNC, b) == 0)
		return rename(new, path);
	(void)unlink(new);
	return errno == ENOSPC || errno == EDQUOT ? put_text(path, 0, b) : -1;
}

int reader_store(const struct spool *sp, const char *name, const char *position)
{
	char path[READER_PATH_MAX], new[READER_PATH_MAX + 16];
	struct buf b = BUF_INIT;
	int rc;

	reader_file(sp, path, ".new");
	(void)snprintf(new, sizeof new, "%s.%ld", path, (long)getpid());
	reader_file(sp, path, name);
	buf_printf(&b, "%s\n", position);
	rc = replace_text(path, new, &b);
	if (rc == 0)
		rc = spool_sync_dir(sp, "readers");
	if (rc < 0)
		msg_error("could not write \"%s\": %s", path, strerror(errno));
	buf_release(&b);
	return rc;
}

int reader_forget(const struct spool *sp, const char *name)
{
	char path[READER_PATH_MAX];

	reader_file(sp, path, name);
	if (unlink(path) == 0)
		return 0;
	if (errno == ENOENT)
		return 1;
	msg_error("could not remove \"%s\": %s", path, strerror(errno));
	return -1;
}

static int is_reader(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int reader_each(const struct spool *sp, int (*f)(void *arg, const char *name, struct pos *at), void *arg)
{
	char path[SPOOL_PATH_MAX];
	struct dirent **names;
	int n, rc = 0;

	spool_file(sp, path, "readers");
	n = scandir(path, &names, is_reader, alphasort);
	if (n < 0) {
		if (errno == ENOENT)
			return 0;
		msg_error("could not read the folder \"%s\": %s", path, strerror(errno));
		return -1;
	}
	for (int i = 0; i < n; i++) {
		struct pos at;

		if (rc == 0 && strlen(names[i]->d_name) < READER_NAME_MAX) {
			int got = reader_load(sp, names[i]->d_name, &at);

			if (got <= 0)
				rc = f(arg, names[i]->d_name, got == 0 ? &at : NULL);
			if (got == 0)
				pos_release(&at);
		}
		free(names[i]);
	}
	free(names);
	return rc;
}

/* ---- what stays */

struct floor {
	const struct spool *sp;
	uint64_t seg; /* the first that a reader needs */
	char reader[READER_NAME_MAX];
};

static int lower_floor(void *arg, const char *name, struct pos *at)
{
	struct floor *f = arg;
	uint64_t seg = f->sp->segs[0];

	/* one that is not understood, or is not in the spool any more, holds all there is */
	if (at && find_segment(f->sp, at, &seg) != FOUND)
		seg = f->sp->segs[0];
	if (seg >= f->seg)
		return 0;
	f->seg = seg;
	(void)snprintf(f->reader, sizeof f->reader, "%s", name);
	return 0;
}

static int drop(const struct spool *sp, uint64_t seg)
{
	char path[SPOOL_PATH_MAX];

	spool_segment(sp, path, seg, "rows");
	if (unlink(path) < 0 && errno != ENOENT) {
		msg_error("could not remove \"%s\": %s", path, strerror(errno));
		return -1;
	}
	msg_info("removed the segment \"%s\"", path);
	spool_segment(sp, path, seg, "idx");
	(void)unlink(path);
	return 0;
}

/* Bytes and age of a segment. */
static int look(const struct spool *sp, uint64_t seg, uint64_t *bytes, int64_t *age_us)
{
	char path[SPOOL_PATH_MAX];
	struct stat st;

	spool_segment(sp, path, seg, "rows");
	if (stat(path, &st) < 0) {
		msg_error("could not read \"%s\": %s", path, strerror(errno));
		return -1;
	}
	*bytes = (uint64_t)st.st_size;
	*age_us = spool_clock_us() - ((int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000);
	return 0;
}

int retain(struct retain *r, struct spool *sp)
{
	struct floor floor = {.sp = sp, .seg = UINT64_MAX};
	uint64_t total = 0, bytes;
	int64_t age_us;

	if ((!r->keep_bytes && !r->keep_us) || spool_list(sp) < 0)
		return 0;
	for (size_t i = 0; i < sp->nsegs; i++) {
		if (look(sp, sp->segs[i], &bytes, &age_us) < 0)
			return -1;
		total += bytes;
	}
	for (size_t i = 0; i + 1 < sp->nsegs; i++) {
		if (look(sp, sp->segs[i], &bytes, &age_us) < 0)
			return -1;
		if (!(r->keep_bytes && total > r->keep_bytes) && !(r->keep_us && age_us > r->keep_us))
			break;
		if (floor.seg == UINT64_MAX) {
			floor.seg--;
			if (reader_each(sp, lower_floor, &floor) < 0)
				return -1; /* who needs what is not known: nothing goes */
		}
		if (sp->segs[i] >= floor.seg) {
			if (strcmp(r->said, floor.reader) != 0)
				msg_warn("the reader \"%s\" holds %llu bytes that need not be kept otherwise", floor.reader,
				    (unsigned long long)total);
			memcpy(r->said, floor.reader, sizeof r->said);
			return 0;
		}
		if (drop(sp, sp->segs[i]) < 0)
			return -1;
		total -= bytes;
	}
	*r->said = 0;
	return 0;
}

#include "spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "code.h"
#include "mp.h"
#include "msg.h"
#include "rec.h"

#define KIND_END 64 /* of the frame in the file `end`: private use */
#define DIGITS 16
#define END_MAX 256

int64_t spool_clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void spool_file(const struct spool *sp, char *path, const char *name)
{
	(void)snprintf(path, SPOOL_PATH_MAX, "%s/%s", sp->path, name);
}

void spool_segment(const struct spool *sp, char *path, uint64_t seg, const char *ending)
{
	(void)snprintf(path, SPOOL_PATH_MAX, "%s/%0*llu.%s", sp->path, DIGITS, (unsigned long long)seg, ending);
}

/* ---- opening */

/* Which run of the machine this is. */
static void read_boot(struct spool *sp)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, sp->boot, sizeof sp->boot - 1);

	if (fd >= 0)
		close(fd);
	sp->boot[n < 0 ? 0 : n] = 0;
	sp->boot[strcspn(sp->boot, "\n")] = 0;
}

static int failed(const char *verb, const char *path)
{
	int is_wrong = errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == EPERM || errno == EROFS;

	msg_error("%s %s \"%s\": %s", is_wrong ? "cannot" : "could not", verb, path, strerror(errno));
	return is_wrong ? CODE_USAGE : CODE_OUTSIDE;
}

int spool_open(struct spool *sp, const char *path)
{
	char file[SPOOL_PATH_MAX];
	struct stat st;

	memset(sp, 0, sizeof *sp);
	sp->path = path;
	sp->end_fd = sp->lock_fd = -1;
	read_boot(sp);
	if (strlen(path) >= PATH_MAX) {
		msg_error("the name of the folder is too long");
		return CODE_USAGE;
	}
	if (stat(path, &st) < 0) {
		if (errno != ENOENT)
			return failed("open", path);
		/* its writer may be about to make it */
		msg_error("there is no spool \"%s\"", path);
		return CODE_OUTSIDE;
	}
	if (!S_ISDIR(st.st_mode)) {
		msg_error("\"%s\" is not a folder", path);
		return CODE_USAGE;
	}
	spool_file(sp, file, "end");
	sp->end_fd = open(file, O_RDONLY | O_CLOEXEC);
	if (sp->end_fd < 0 && errno != ENOENT)
		return failed("open", file);
	return CODE_OK;
}

static void say_locked(int fd, const char *path)
{
	char text[32] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);

	text[n < 0 ? 0 : n] = 0;
	text[strspn(text, "0123456789")] = 0;
	msg_error("the spool \"%s\" has a writer already%s%s", path, *text ? ", process " : "", text);
}

static int take_lock(struct spool *sp)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char file[SPOOL_PATH_MAX], pid[32];
	int n;

	spool_file(sp, file, "lock");
	sp->lock_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (sp->lock_fd < 0)
		return failed("open", file);
	if (fcntl(sp->lock_fd, F_OFD_SETLK, &l) < 0) {
		if (errno != EAGAIN && errno != EACCES)
			return failed("lock", file);
		say_locked(sp->lock_fd, sp->path);
		return CODE_OUTSIDE;
	}
	n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	/* for people only: on a full disk it may stay empty */
	if (ftruncate(sp->lock_fd, 0) == 0)
		(void)!pwrite(sp->lock_fd, pid, (size_t)n, 0);
	return CODE_OK;
}

int spool_open_writer(struct spool *sp, const char *path)
{
	char file[SPOOL_PATH_MAX];
	int code, is_new = mkdir(path, 0750) == 0;

	if (!is_new && errno != EEXIST) {
		sp->end_fd = sp->lock_fd = -1;
		sp->segs = NULL;
		return failed("make the folder", path);
	}
	code = spool_open(sp, path);
	if (code != CODE_OK || (code = take_lock(sp)) != CODE_OK)
		return code;
	/* what is forced to the disk in it is not there if the folder is not; who may not look into the one above cannot do it */
	if (is_new && spool_sync_dir(sp, "..") < 0 && errno != EACCES)
		return failed("write to the disk", path);
	spool_file(sp, file, "readers");
	if (mkdir(file, 0750) < 0 && errno != EEXIST)
		return failed("make the folder", file);
	if (sp->end_fd >= 0)
		close(sp->end_fd);
	spool_file(sp, file, "end");
	sp->end_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	return sp->end_fd < 0 ? failed("open", file) : CODE_OK;
}

void spool_release(struct spool *sp)
{
	if (sp->end_fd >= 0)
		close(sp->end_fd);
	if (sp->lock_fd >= 0)
		close(sp->lock_fd);
	sp->end_fd = sp->lock_fd = -1;
	free(sp->segs);
	sp->segs = NULL;
}

int spool_sync_dir(const struct spool *sp, const char *name)
{
	char path[SPOOL_PATH_MAX];
	int fd, rc, saved;

	spool_file(sp, path, name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

/* ---- segments */

/* The number of a segment's name; 0: it is none. */
static uint64_t number_of(const char *name)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < DIGITS && name[i] >= '0' && name[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(name[i] - '0');
	return i == DIGITS && !strcmp(name + i, ".rows") ? n : 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int spool_list(struct spool *sp)
{
	DIR *d = opendir(sp->path);
	size_t cap = 0;
	struct dirent *e;

	free(sp->segs);
	sp->segs = NULL;
	sp->nsegs = 0;
	if (!d) {
		msg_error("could not read the folder \"%s\": %s", sp->path, strerror(errno));
		return -1;
	}
	while ((e = readdir(d))) {
		uint64_t n = number_of(e->d_name), *p;

		if (!n)
			continue;
		if (sp->nsegs == cap) {
			cap = cap ? 2 * cap : 64;
			p = realloc(sp->segs, cap * sizeof *p);
			if (!p) {
				closedir(d);
				msg_no_memory();
				return -1;
			}
			sp->segs = p;
		}
		sp->segs[sp->nsegs++] = n;
	}
	closedir(d);
	if (sp->nsegs)
		qsort(sp->segs, sp->nsegs, sizeof *sp->segs, by_number);
	/* the oldest go first: what stands before a gap was being removed */
	for (size_t i = sp->nsegs; i > 1; i--)
		if (sp->segs[i - 2] + 1 != sp->segs[i - 1]) {
			sp->nsegs -= i - 1;
			memmove(sp->segs, sp->segs + i - 1, sp->nsegs * sizeof *sp->segs);
			break;
		}
	return 0;
}

/* ---- the end */

static int parse_end(struct spool *sp, const struct frame *f, struct spool_end *e)
{
	struct cur c;
	uint32_t n, same = 0;
	const uint8_t *boot;

	cur_init(&c, f->body, f->body_len);
	if (f->kind != KIND_END || mp_read_array(&c) != 5)
		return 0;
	boot = mp_read_bytes(&c, &n);
	same = boot && *sp->boot && n == strlen(sp->boot) && !memcmp(boot, sp->boot, n);
	e->seg = mp_read_uint(&c);
	e->off = mp_read_uint(&c);
	e->has_ahead = mp_read_bool(&c);
	e->ahead_us = mp_read_int(&c);
	return !c.err && c.p == c.end && same;
}

int spool_read_end(struct spool *sp, struct spool_end *e)
{
	char file[SPOOL_PATH_MAX];

	memset(e, 0, sizeof *e);
	if (sp->end_fd < 0) {
		spool_file(sp, file, "end");
		sp->end_fd = open(file, O_RDONLY | O_CLOEXEC);
		if (sp->end_fd < 0)
			return 0;
	}
	/* one that is being written may be seen in part: its check says so, and the next look sees it whole */
	for (int tries = 0; tries < 1000; tries++) {
		struct reader r;
		struct frame f;
		const char *why;
		uint8_t bytes[END_MAX];
		ssize_t n = pread(sp->end_fd, bytes, sizeof bytes, 0);
		int ok;

		if (n <= 0)
			return 0;
		reader_init(&r, -1);
		ok = buf_add(&r.b, bytes, (size_t)n) == 0 && frame_read(&r, &f, &why) == FRAME_OK;
		if (ok)
			ok = parse_end(sp, &f, e) ? 1 : -1;
		reader_release(&r);
		if (ok > 0)
			return 1;
		if (ok < 0)
			break;
	}
	memset(e, 0, sizeof *e);
	return 0;
}

int spool_write_end(struct spool *sp, const struct spool_end *e)
{
	struct buf b = BUF_INIT;
	size_t at = frame_begin(&b, KIND_END);
	ssize_t n;

	mp_array(&b, 5);
	mp_str(&b, sp->boot, strlen(sp->boot));
	mp_uint(&b, e->seg);
	mp_uint(&b, e->off);
	mp_bool(&b, e->has_ahead);
	mp_int(&b, e->ahead_us);
	if (frame_end(&b, at) < 0) {
		buf_release(&b);
		errno = ENOMEM;
		return -1;
	}
	n = pwrite(sp->end_fd, b.p, b.len, 0);
	if (n >= 0 && (size_t)n < b.len)
		errno = ENOSPC;
	at = b.len;
	buf_release(&b);
	return n == (ssize_t)at ? 0 : -1;
}

/* ---- looking it up */

/* Does the transaction end with this frame? A ROLLBACK may be of a part of it. */
static int ends_trx(const struct frame *f)
{
	struct rec_rollback r;
	struct cur c;
	int all;

	if (f->kind == FRAME_COMMIT || f->kind == FRAME_PREPARE)
		return 1;
	if (f->kind != FRAME_ROLLBACK)
		return 0;
	cur_init(&c, f->body, f->body_len);
	all = read_rollback(&c, &r) == 0 && !r.to.p;
	rec_extra_release(&r.extra);
	return all;
}

int spool_scan(const char *path, uint64_t *whole, int *ended, uint64_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), in_trx = 0;
	enum frame_result got;
	struct reader r;
	struct frame f;
	struct stat st;
	const char *why;

	*whole = 0;
	*ended = 0;
	if (fd < 0 || fstat(fd, &st) < 0) {
		msg_error("could not read \"%s\": %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*size = (uint64_t)st.st_size;
	reader_init(&r, fd);
	r.no_stop = 1;
	while ((got = frame_read(&r, &f, &why)) == FRAME_OK) {
		if ((f.kind == FRAME_HELLO) != (f.at == 0) || *ended)
			break;
		if (f.kind == FRAME_BEGIN)
			in_trx = 1;
		else if (in_trx && ends_trx(&f))
			in_trx = 0;
		if (in_trx || f.kind == FRAME_TABLE)
			continue;
		*whole = f.at + f.raw_len;
		*ended = f.kind == FRAME_END;
	}
	reader_release(&r);
	close(fd);
	if (got != FRAME_ERROR)
		return 0;
	msg_error("could not read \"%s\": %s", path, strerror(errno));
	return -1;
}

/* Is that much of the segment there? */
static int is_there(const struct spool *sp, const struct spool_end *e)
{
	char path[SPOOL_PATH_MAX];
	struct stat st;

	if (!e->seg) /* nothing was shown yet */
		return 1;
	spool_segment(sp, path, e->seg, "rows");
	return stat(path, &st) == 0 && (uint64_t)st.st_size >= e->off;
}

int spool_find_end(struct spool *sp, struct spool_end *e)
{
	char path[SPOOL_PATH_MAX];
	uint64_t size;
	int ended;

	if (spool_list(sp) < 0)
		return -1;
	if (spool_read_end(sp, e) && is_there(sp, e))
		return 0;
	memset(e, 0, sizeof *e);
	for (size_t i = sp->nsegs; i > 0; i--) {
		spool_segment(sp, path, sp->segs[i - 1], "rows");
		if (spool_scan(path, &e->off, &ended, &size) < 0)
			return -1;
		if (e->off) {
			e->seg = sp->segs[i - 1];
			return 0;
		}
	}
	return 0;
}

#include "dumped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "dump_pos.h"
#include "msg.h"
#include "tap.h"

#define METADATA_MAX (64u << 20) /* it has some lines a table */

static const char mydumper[] = "mydumper:", dump[] = "dump:";

int dumped_is(const char *value)
{
	return !strncmp(value, mydumper, sizeof mydumper - 1) || !strncmp(value, dump, sizeof dump - 1);
}

static int failed(const char *path, const char *why)
{
	msg_error("--start-at: \"%s\": %s", path, why);
	return -1;
}

static int open_file(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, st) < 0) {
		(void)failed(path, strerror(errno));
	} else if (!S_ISREG(st->st_mode)) {
		(void)failed(path, "not a file");
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Up to n bytes at a place. 0, or -1 with errno. */
static int read_at(int fd, struct buf *b, size_t n, off_t at)
{
	if (buf_room(b, n) < 0) {
		errno = ENOMEM;
		return -1;
	}
	while (n) {
		ssize_t got = pread(fd, b->p + b->len, n, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		b->len += (size_t)got;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

/* ---- mydumper */

static int read_metadata(struct tap *t, const char *path)
{
	struct buf b = BUF_INIT, file = BUF_INIT;
	struct stat st;
	const char *why;
	int fd, rc = -1;

	buf_adds(&file, path);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		buf_adds(&file, "/" DUMP_METADATA);
		if (access(buf_str(&file), F_OK) < 0) {
			buf_adds(&file, ".partial");
			if (access(buf_str(&file), F_OK) == 0) {
				(void)failed(path, "the dump was not finished: its metadata is " DUMP_METADATA ".partial");
				goto done;
			}
			file.len -= strlen(".partial");
		}
	}
	fd = open_file(buf_str(&file), &st);
	if (fd < 0)
		goto done;
	if (st.st_size > METADATA_MAX)
		(void)failed(buf_str(&file), "too large for the metadata of mydumper");
	else if (read_at(fd, &b, (size_t)st.st_size, 0) < 0)
		(void)failed(buf_str(&file), strerror(errno));
	else if (dump_pos_mydumper(&t->dumped, (const char *)b.p, b.len, &why) < 0)
		(void)failed(buf_str(&file), why);
	else
		rc = 0;
	close(fd);
done:
	buf_release(&file);
	buf_release(&b);
	return rc;
}

/* ---- mysqldump, mariadb-dump */

/* Is the first table in what was read from this byte on? */
static int has_head(const struct buf *b, size_t from)
{
	while (from < b->len) {
		const uint8_t *end = memchr(b->p + from, '\n', b->len - from);

		if (!end)
			return 0;
		if (dump_head_is_over((const char *)b->p + from, (size_t)(end - b->p) - from))
			return 1;
		from = (size_t)(end - b->p) + 1;
	}
	return 0;
}

static const char *read_gzip(int fd, struct buf *b)
{
	gzFile gz = gzdopen(dup(fd), "rb"); /* reads what is not compressed as it is */
	const char *why = NULL;
	int got = 1, no;

	if (!gz)
		return "out of memory";
	while (!why && got > 0 && b->len < DUMP_HEAD_MAX && !has_head(b, 0)) {
		if (buf_room(b, 65536) < 0)
			why = "out of memory";
		else if ((got = gzread(gz, b->p + b->len, 65536)) < 0)
			why = gzerror(gz, &no) ? "it is not gzip to its end, or could not be read" : NULL;
		else
			b->len += (size_t)got;
	}
	(void)gzclose(gz);
	return why;
}

static const char *unzstd(ZSTD_DStream *z, int fd, struct buf *b)
{
	uint8_t bytes[16384];
	ssize_t n;

	while (b->len < DUMP_HEAD_MAX && !has_head(b, 0)) {
		ZSTD_inBuffer in = {bytes, 0, 0};

		n = read(fd, bytes, sizeof bytes);
		if (n < 0)
			return strerror(errno);
		if (!n)
			return NULL;
		for (in.size = (size_t)n; in.pos < in.size && b->len < DUMP_HEAD_MAX;) {
			ZSTD_outBuffer out;
			size_t rc;

			if (buf_room(b, 65536) < 0)
				return "out of memory";
			out = (ZSTD_outBuffer){b->p + b->len, 65536, 0};
			rc = ZSTD_decompressStream(z, &out, &in);
			if (ZSTD_isError(rc))
				return "it is not zstd to its end";
			b->len += out.pos;
		}
	}
	return NULL;
}

static const char *read_zstd(int fd, struct buf *b)
{
	ZSTD_DStream *z = ZSTD_createDStream();
	const char *why;

	if (!z)
		return "out of memory";
	(void)ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 27); /* 128 MiB, what zstd itself takes without being asked */
	why = unzstd(z, fd, b);
	ZSTD_freeDStream(z);
	return why;
}

static int read_dump(struct tap *t, const char *path)
{
	static const uint8_t gzip_magic[] = {0x1f, 0x8b}, zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};
	struct buf head = BUF_INIT, tail = BUF_INIT;
	uint8_t magic[4] = {0};
	struct stat st;
	const char *why = NULL;
	int fd = open_file(path, &st);

	if (fd < 0)
		return -1;
	if (pread(fd, magic, sizeof magic, 0) < 0)
		why = strerror(errno);
	else if (!memcmp(magic, zstd_magic, sizeof zstd_magic))
		why = read_zstd(fd, &head);
	else
		why = read_gzip(fd, &head);
	if (!why && memcmp(magic, gzip_magic, sizeof gzip_magic) != 0 && memcmp(magic, zstd_magic, sizeof zstd_magic) != 0) {
		off_t from = st.st_size > (off_t)DUMP_TAIL_MAX ? st.st_size - (off_t)DUMP_TAIL_MAX : 0;

		if (read_at(fd, &tail, DUMP_TAIL_MAX, from) < 0)
			why = strerror(errno);
	}
	if (!why)
		(void)dump_pos_sql(&t->dumped, (const char *)head.p, head.len, (const char *)tail.p, tail.len, &why);
	close(fd);
	buf_release(&head);
	buf_release(&tail);
	return why ? failed(path, why) : 0;
}

/* ---- */

int dumped_read(struct tap *t, const char *value)
{
	int is_mydumper = !strncmp(value, mydumper, sizeof mydumper - 1), r;
	const char *path = value + (is_mydumper ? sizeof mydumper - 1 : sizeof dump - 1);

	dump_pos_release(&t->dumped);
	r = is_mydumper ? read_metadata(t, path) : read_dump(t, path);
	if (r < 0)
		return -1;
	if (t->dumped.gtid_is_loose) {
		msg_warn(
		    "\"%s\" has GTIDs but no place in the log: a mysqldump before 8.0.32 asks for them without a lock, and what "
		    "was committed meanwhile may be in them but not in the tables",
		    path);
		msg_hint("make dumps with --source-data=2");
	}
	t->is_dumped = 1;
	return 0;
}

int dumped_choose(struct tap *t, int has_gtids)
{
	struct dump_pos *d = &t->dumped;

	if (!t->is_dumped)
		return 0;
	pos_release(&t->start);
	if (d->gtid && (has_gtids || !*d->file)) {
		t->start.kind = POS_GTID;
		t->start.gtid = gtid_set_copy(d->gtid);
		if (!t->start.gtid) {
			msg_no_memory();
			return -1;
		}
	} else {
		t->start.kind = POS_FILE;
		memcpy(t->start.file, d->file, sizeof t->start.file);
		t->start.off = d->off;
	}
	return 0;
}

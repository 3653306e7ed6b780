#include "recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"

static int fail(const char *verb, const char *path)
{
	msg_error("could not %s \"%s\": %s", verb, path, strerror(errno));
	return CODE_OUTSIDE;
}

/* An index as a whole takes the place of the old one. */
static int put_index(const struct spool *sp, struct out *o, uint64_t seg, const struct buf *b)
{
	char path[SPOOL_PATH_MAX], new[SPOOL_PATH_MAX];
	int fd, rc;

	spool_segment(sp, path, seg, "idx");
	spool_segment(sp, new, seg, "idx.new");
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return fail("make", new);
	rc = out_write(o, fd, new, b->p, b->len);
	if (rc == 0 && fsync(fd) < 0)
		rc = fail("write to the disk", new);
	else if (rc < 0)
		rc = o->code;
	close(fd);
	if (rc == CODE_OK && rename(new, path) < 0)
		rc = fail("make", path);
	return rc;
}

static int finish_index(struct walk *w)
{
	if (walk_finish_index(w) == 0)
		return CODE_OK;
	msg_no_memory();
	return CODE_OUTSIDE;
}

int recover_index(const struct spool *sp, struct out *o, uint64_t seg, uint64_t size)
{
	struct walk w;
	int code = walk_segment(&w, sp, seg, size, 0);

	if (code == CODE_OK && w.is_closed)
		code = finish_index(&w);
	if (code == CODE_OK)
		code = put_index(sp, o, seg, &w.index.b);
	walk_release(&w);
	return code;
}

/* Behind what is whole nothing stays. */
static int cut(const char *path, int fd, uint64_t whole, uint64_t size)
{
	if (whole == size)
		return CODE_OK;
	if (ftruncate(fd, (off_t)whole) < 0)
		return fail("cut", path);
	msg_info("cut \"%s\" to its last whole transaction: %llu bytes of %llu are left", path, (unsigned long long)whole,
	    (unsigned long long)size);
	return CODE_OK;
}

/* Writes END behind a segment that was left open. */
static int close_segment(struct out *o, const char *path, int fd, const struct walk_place *end, uint64_t *size)
{
	struct rec_end e = {.file = str_of(end->file), .off = end->off, .has_off = 1, .why = str_of("eof")};
	struct buf b = BUF_INIT;
	int rc;

	if (write_end(&b, &e) < 0) {
		buf_release(&b);
		msg_no_memory();
		return CODE_OUTSIDE;
	}
	if (lseek(fd, 0, SEEK_END) < 0)
		rc = fail("write", path);
	else
		rc = out_write(o, fd, path, b.p, b.len) < 0 ? o->code : CODE_OK;
	*size += b.len;
	buf_release(&b);
	return rc;
}

static int take_place(struct recovered *r, const struct walk *w)
{
	r->source = w->source;
	if (walk_place_set(&r->end, w->to.file, w->to.off, w->to.gtid) == 0)
		return CODE_OK;
	msg_no_memory();
	return CODE_OUTSIDE;
}

/* Does readers' end say more than is whole? They may have passed on what is now lost here. */
static void say_lost(struct spool *sp, uint64_t seg, uint64_t whole)
{
	char path[SPOOL_PATH_MAX];
	struct spool_end e;

	if (!spool_read_end(sp, &e) || e.seg != seg || e.off <= whole)
		return;
	spool_segment(sp, path, seg, "rows");
	msg_warn("\"%s\" is damaged at byte %llu, before its end at %llu: what follows must come from the source again", path,
	    (unsigned long long)whole, (unsigned long long)e.off);
}

/* What readers may read. */
static int show(struct spool *sp, struct out *o, uint64_t seg, uint64_t off)
{
	char path[SPOOL_PATH_MAX];

	o->end = (struct spool_end){.seg = seg, .off = off};
	if (spool_write_end(sp, &o->end) == 0)
		return CODE_OK;
	spool_file(sp, path, "end");
	return fail("write", path);
}

/* The last segment: cut, closed, indexed, on the disk. */
static int mend_last(struct spool *sp, struct out *o, uint64_t seg, uint64_t whole, int ended, uint64_t size, struct recovered *r)
{
	char path[SPOOL_PATH_MAX];
	struct walk w;
	int fd, code;

	spool_segment(sp, path, seg, "rows");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail("write", path);
	code = cut(path, fd, whole, size);
	if (code != CODE_OK) {
		close(fd);
		return code;
	}
	code = walk_segment(&w, sp, seg, whole, 0);
	if (code == CODE_OK)
		code = take_place(r, &w);
	if (code == CODE_OK && !ended)
		code = close_segment(o, path, fd, &w.to, &whole);
	if (code == CODE_OK && fdatasync(fd) < 0)
		code = fail("write to the disk", path);
	close(fd);
	if (code == CODE_OK)
		code = finish_index(&w);
	if (code == CODE_OK)
		code = put_index(sp, o, seg, &w.index.b);
	walk_release(&w);
	if (code != CODE_OK)
		return code;
	r->last = seg;
	return show(sp, o, seg, whole);
}

/* 0, or -1 (errno) */
static int overwrite(const char *path, const uint8_t *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), saved;
	ssize_t w = fd < 0 ? -1 : pwrite(fd, p, n, 0);

	saved = w < 0 ? errno : EIO;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return w == (ssize_t)n ? 0 : -1;
}

/*
 * HELLO stands in the index too: when it is damaged in the segment alone, what follows it need not be lost with it. CODE_OK,
 * with *whole as spool_scan has it then, or the exit code with the message printed.
 */
static int mend_hello(const struct spool *sp, uint64_t seg, uint64_t *whole, int *ended, uint64_t *size)
{
	char path[SPOOL_PATH_MAX];
	struct index x;
	int code = CODE_OK;

	spool_segment(sp, path, seg, "idx");
	if (index_load(&x, path) < 0) {
		msg_no_memory();
		code = CODE_OUTSIDE;
	} else if (x.hello && x.hello < *size) {
		spool_segment(sp, path, seg, "rows");
		msg_warn("the beginning of \"%s\" is damaged: puts back what its index has of it", path);
		if (overwrite(path, x.b.p, x.hello) < 0)
			code = fail("write", path);
		else if (spool_scan(path, whole, ended, size) < 0)
			code = CODE_OUTSIDE;
	}
	index_free(&x);
	return code;
}

/* Removes a segment of which not even the beginning is there. */
static int drop(const struct spool *sp, uint64_t seg, uint64_t size)
{
	char path[SPOOL_PATH_MAX];

	spool_segment(sp, path, seg, "idx");
	(void)unlink(path);
	spool_segment(sp, path, seg, "rows");
	if (size)
		msg_warn("removed \"%s\", of whose %llu bytes not even the beginning is whole", path, (unsigned long long)size);
	else
		msg_info("removed \"%s\", which is empty", path);
	return unlink(path) < 0 ? fail("remove", path) : CODE_OK;
}

/* What an index is missing of, or is an index of nothing. */
static int mend_indexes(struct spool *sp, struct out *o)
{
	char path[SPOOL_PATH_MAX];
	struct stat st;
	int code = CODE_OK;

	for (size_t i = 0; code == CODE_OK && i + 1 < sp->nsegs; i++) {
		spool_segment(sp, path, sp->segs[i], "idx");
		if (stat(path, &st) == 0)
			continue;
		spool_segment(sp, path, sp->segs[i], "rows");
		if (stat(path, &st) < 0)
			return fail("read", path);
		msg_info("makes the index of \"%s\"", path);
		code = recover_index(sp, o, sp->segs[i], (uint64_t)st.st_size);
		/* damage there is for those who read it */
		if (code == CODE_DAMAGED)
			code = CODE_OK;
	}
	return code;
}

int recover(struct spool *sp, struct out *o, struct recovered *r)
{
	char path[SPOOL_PATH_MAX];
	uint64_t whole, size, seg;
	int ended, code;

	memset(r, 0, sizeof *r);
	if (spool_list(sp) < 0)
		return CODE_OUTSIDE;
	while (sp->nsegs) {
		seg = sp->segs[sp->nsegs - 1];
		spool_segment(sp, path, seg, "rows");
		if (spool_scan(path, &whole, &ended, &size) < 0)
			return CODE_OUTSIDE;
		if (!whole && size && (code = mend_hello(sp, seg, &whole, &ended, &size)) != CODE_OK)
			return code;
		say_lost(sp, seg, whole);
		if (whole) {
			code = mend_last(sp, o, seg, whole, ended, size, r);
			return code == CODE_OK ? mend_indexes(sp, o) : code;
		}
		code = drop(sp, seg, size);
		if (code != CODE_OK)
			return code;
		sp->nsegs--;
	}
	return show(sp, o, 0, 0);
}

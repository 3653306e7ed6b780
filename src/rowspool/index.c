#include "index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mp.h"

#define INDEX_MAX (256u << 20) /* a larger file is not an index that we wrote */
#define TAIL_MAX (1u << 20)    /* of the frame that an entry is about */

void index_reset(struct index_writer *x)
{
	struct buf b = x->b;

	memset(x, 0, sizeof *x);
	x->b = b;
	buf_reset(&x->b);
}

void index_release(struct index_writer *x)
{
	buf_release(&x->b);
}

void index_frame(struct index_writer *x, const void *raw, size_t n)
{
	(void)buf_add(&x->b, raw, n);
}

void index_trx(struct index_writer *x, int64_t ts_us)
{
	x->n++;
	if (!x->first_us)
		x->first_us = ts_us;
	if (ts_us > x->newest_us)
		x->newest_us = ts_us;
}

static void put_number(struct rec_extra *e, const char *key, uint64_t v)
{
	mp_str(&e->bytes, key, strlen(key));
	mp_uint(&e->bytes, v);
	e->pairs++;
}

int index_here(
    struct index_writer *x, uint64_t prev, uint64_t at, const char *file, uint64_t off, const struct gtid_set *gtid, int must)
{
	struct rec_mark m = {.file = str_of(file), .off = off, .time_us = x->newest_us};
	struct buf set = BUF_INIT;
	int rc = 0;

	if (at == x->last_at || (at - x->last_at < INDEX_EVERY && !must))
		return 0;
	x->last_at = at;
	if (gtid) {
		gtid_set_print(gtid, &set);
		m.gtid = str_of(buf_str(&set));
	}
	put_number(&m.extra, "at", at);
	put_number(&m.extra, "prev", prev);
	put_number(&m.extra, "n", x->n);
	put_number(&m.extra, "first", x->first_us < 0 ? 0 : (uint64_t)x->first_us);
	if (m.extra.bytes.failed || set.failed || write_mark(&x->b, &m) < 0)
		rc = -1;
	rec_extra_release(&m.extra);
	buf_release(&set);
	return rc;
}

int index_end(struct index_writer *x, const char *file, uint64_t off)
{
	struct rec_end e = {.file = str_of(file), .off = off, .has_off = 1, .why = str_of("eof")};

	return write_end(&x->b, &e);
}

/* ---- reading */

static int get_numbers(const struct rec_extra *extra, struct index_entry *e)
{
	struct cur c;
	int seen = 0;

	cur_init(&c, extra->bytes.p, extra->bytes.len);
	for (uint32_t i = 0; i < extra->pairs; i++) {
		uint32_t n;
		const uint8_t *key = mp_read_bytes(&c, &n);
		uint64_t v;

		if (!key)
			return 0;
		v = mp_read_uint(&c);
		if (n == 2 && !memcmp(key, "at", 2)) {
			e->at = v;
			seen |= 1;
		} else if (n == 4 && !memcmp(key, "prev", 4)) {
			e->prev = v;
			seen |= 2;
		} else if (n == 1 && *key == 'n') {
			e->n = v;
		} else if (n == 5 && !memcmp(key, "first", 5)) {
			e->first_us = (int64_t)v;
		}
	}
	return !c.err && seen == 3 && e->prev < e->at;
}

static int add_entry(struct index *x, const struct frame *f, size_t *cap)
{
	struct index_entry e = {.len = (size_t)(f->at + f->raw_len)}, *p;
	struct rec_mark m;
	struct cur c;
	int ok;

	cur_init(&c, f->body, f->body_len);
	ok = read_mark(&c, &m) == 0 && get_numbers(&m.extra, &e);
	rec_extra_release(&m.extra);
	if (!ok || (x->n && e.at < x->e[x->n - 1].at))
		return 0;
	e.file = m.file;
	e.gtid = m.gtid;
	e.off = m.off;
	e.newest_us = m.time_us;
	if (x->n == *cap) {
		*cap = *cap ? 2 * *cap : 64;
		p = realloc(x->e, *cap * sizeof *p);
		if (!p)
			return -1;
		x->e = p;
	}
	x->e[x->n++] = e;
	return 1;
}

/* 0, or -1 (no memory); a file that cannot be read is as one that is not there. */
static int load_file(struct buf *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n = 1;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= INDEX_MAX) {
		if (buf_room(b, (size_t)st.st_size) < 0) {
			close(fd);
			return -1;
		}
		while (b->len < (size_t)st.st_size && (n = read(fd, b->p + b->len, (size_t)st.st_size - b->len)) > 0)
			b->len += (size_t)n;
	}
	close(fd);
	return 0;
}

int index_load(struct index *x, const char *path)
{
	struct reader r;
	struct frame f;
	const char *why;
	size_t cap = 0;
	int rc = 1;

	memset(x, 0, sizeof *x);
	if (load_file(&x->b, path) < 0)
		return -1;
	/* the reader walks over the bytes in their place; what is borrowed from them stays good */
	reader_init(&r, -1);
	r.b = x->b;
	while (rc > 0 && !x->is_closed && frame_read(&r, &f, &why) == FRAME_OK) {
		if ((f.at == 0) != (f.kind == FRAME_HELLO))
			break;
		if (f.kind == FRAME_HELLO)
			x->hello = f.raw_len;
		else if (f.kind == FRAME_MARK)
			rc = add_entry(x, &f, &cap);
		else if (f.kind == FRAME_END)
			x->is_closed = 1;
		else if (f.kind != FRAME_TABLE)
			break;
	}
	return rc < 0 ? -1 : 0;
}

void index_free(struct index *x)
{
	buf_release(&x->b);
	free(x->e);
	memset(x, 0, sizeof *x);
}

static int says(const struct frame *f, const struct index_entry *e)
{
	struct rec_rollback rb = {0};
	struct rec_prepare p = {0};
	struct rec_commit k = {0};
	struct rec_mark m = {0};
	struct str file = {NULL, 0};
	uint64_t off = 0;
	struct cur c;

	cur_init(&c, f->body, f->body_len);
	if (f->kind == FRAME_COMMIT && read_commit(&c, &k) == 0)
		file = k.file, off = k.off;
	else if (f->kind == FRAME_PREPARE && read_prepare(&c, &p) == 0)
		file = p.file, off = p.off;
	else if (f->kind == FRAME_MARK && read_mark(&c, &m) == 0)
		file = m.file, off = m.off;
	else if (f->kind == FRAME_ROLLBACK && read_rollback(&c, &rb) == 0)
		file = rb.file, off = rb.off;
	rec_extra_release(&rb.extra);
	rec_extra_release(&p.extra);
	rec_extra_release(&k.extra);
	rec_extra_release(&m.extra);
	return file.p && off == e->off && file.n == e->file.n && !memcmp(file.p, e->file.p, file.n);
}

int index_fits(const struct index *x, const struct index_entry *e, int segment_fd)
{
	size_t n = (size_t)(e->at - e->prev);
	struct reader r;
	struct frame f;
	const char *why;
	int ok = 0;

	if (e->at - e->prev > TAIL_MAX || x->hello > TAIL_MAX)
		return 0;
	reader_init(&r, -1);
	if (buf_room(&r.b, n > x->hello ? n : x->hello) == 0 && pread(segment_fd, r.b.p, x->hello, 0) == (ssize_t)x->hello &&
	    !memcmp(r.b.p, x->b.p, x->hello) && pread(segment_fd, r.b.p, n, (off_t)e->prev) == (ssize_t)n) {
		r.b.len = n;
		ok = frame_read(&r, &f, &why) == FRAME_OK && f.raw_len == n && says(&f, e);
	}
	reader_release(&r);
	return ok;
}

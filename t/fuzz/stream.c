/*
 * Frames -> records. The input is a list of (kind, length in 2 bytes, payload);
 * heads and checks are made here, so that the fuzzer gets past them; kind 0xff is
 * bytes that are put into the stream as they are.
 *
 * Held: what was read, written again and read again is the same; how the bytes
 * arrive does not matter.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "canon.h"
#include "check.h"
#include "pieces.h"
#include "stream.h"

#define HEAD 3 /* kind, length */

struct pass {
	struct val vals[TABLE_MAX_COLS];
	struct buf canon;
	int code;
};

static int canonical(struct stream *s, const struct table *t, const struct cur *images)
{
	struct pass *p = s->arg;
	struct cur c;

	cur_init(&c, s->frame.body, s->frame.body_len);
	if (canon_frame(&s->frame, t, &c, &p->canon) < 0)
		return stream_damaged(s, c.err ? &c : images);
	return STREAM_TOOK;
}

static int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct pass *p = s->arg;
	struct cur images = *c;

	for (uint64_t i = 0; i < r->n * (r->op == ROW_UPDATE ? 2 : 1); i++)
		if (read_image(c, t, p->vals) < 0)
			return stream_damaged(s, c);
	CHECK(c->p != c->end || canonical(s, t, &images) == STREAM_TOOK || s->code);
	return s->code ? -1 : STREAM_TOOK;
}

static int on_table(struct stream *s, struct table *t)
{
	struct table *copy = table_copy(t);

	CHECK(copy && table_same(t, copy));
	table_free(copy);
	return canonical(s, NULL, NULL);
}

#define KEEPS(name, type)                                       \
	static int name(struct stream *s, const struct type *r) \
	{                                                       \
		(void)r;                                        \
		return canonical(s, NULL, NULL);                \
	}
KEEPS(on_hello, rec_hello)
KEEPS(on_begin, rec_begin)
KEEPS(on_ddl, rec_ddl)
KEEPS(on_commit, rec_commit)
KEEPS(on_mark, rec_mark)
KEEPS(on_end, rec_end)
KEEPS(on_rollback, rec_rollback)
KEEPS(on_note, rec_note)
KEEPS(on_prepare, rec_prepare)
KEEPS(on_decide, rec_decide)

static int on_other(struct stream *s)
{
	struct pass *p = s->arg;

	(void)buf_add(&p->canon, s->frame.raw, s->frame.raw_len);
	return STREAM_TOOK;
}

static const struct stream_calls calls = {.on_hello = on_hello,
    .on_table = on_table,
    .on_begin = on_begin,
    .on_rows = on_rows,
    .on_ddl = on_ddl,
    .on_commit = on_commit,
    .on_mark = on_mark,
    .on_end = on_end,
    .on_savepoint = on_rollback,
    .on_rollback = on_rollback,
    .on_note = on_note,
    .on_prepare = on_prepare,
    .on_decide = on_decide,
    .on_other = on_other};

/* Reads a stream of which `first` bytes are there and the rest comes from a descriptor. */
static void read_stream(struct pass *p, const struct buf *b, size_t first)
{
	struct stream s;
	int fd = -1;

	buf_reset(&p->canon);
	if (first < b->len) {
		fd = memfd_create("rest", MFD_CLOEXEC);
		CHECK(fd >= 0 && write(fd, b->p + first, b->len - first) == (ssize_t)(b->len - first) &&
		      lseek(fd, 0, SEEK_SET) == 0);
	}
	if (stream_init(&s, fd, -1, &calls, p) < 0)
		abort();
	(void)buf_add(&s.in.b, b->p, first);
	p->code = stream_run(&s);
	stream_release(&s);
	if (fd >= 0)
		close(fd);
}

static void make_stream(const uint8_t *p, size_t n, struct buf *out)
{
	while (n >= HEAD) {
		size_t len = piece_len(p, n, HEAD);

		piece_put(out, p[0], p + HEAD, len);
		p += HEAD + len;
		n -= HEAD + len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct pass a, b;
	struct buf in = BUF_INIT;

	make_stream(p, n, &in);
	read_stream(&a, &in, in.len);
	read_stream(&b, &in, n ? in.len * p[n - 1] / 256 : 0);
	CHECK(a.code == b.code && a.canon.len == b.canon.len && (!a.canon.len || !memcmp(a.canon.p, b.canon.p, a.canon.len)));
	if (!a.code) {
		read_stream(&b, &a.canon, a.canon.len);
		CHECK(!b.code && a.canon.len == b.canon.len && (!a.canon.len || !memcmp(a.canon.p, b.canon.p, a.canon.len)));
	}
	buf_release(&in);
	buf_release(&a.canon);
	buf_release(&b.canon);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t max, unsigned seed)
{
	return pieces_mutate(p, n, max, seed, HEAD);
}

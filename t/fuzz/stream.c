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
#include "stream.h"

#define AS_IS 0xff

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
	while (n >= 3) {
		size_t len = (size_t)(p[1] | p[2] << 8), start;

		if (len > n - 3)
			len = n - 3;
		if (p[0] == AS_IS) {
			(void)buf_add(out, p + 3, len);
		} else {
			start = frame_begin(out, p[0]);
			(void)buf_add(out, p + 3, len);
			CHECK(frame_end(out, start) == 0);
		}
		p += 3 + len;
		n -= 3 + len;
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

/* ---- changes inside of one frame */

size_t LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t max, unsigned seed)
{
	uint32_t s = seed | 1;
	size_t at[256], count = 0, from, len, fresh;
	uint8_t payload[8192];

	for (size_t i = 0; i + 3 <= n && count < 256; i += 3 + len) {
		len = (size_t)(p[i + 1] | p[i + 2] << 8);
		at[count++] = i;
	}
	if (!count || chance(&s) % 6 == 0)
		return LLVMFuzzerMutate(p, n, max);
	from = at[chance(&s) % count];
	len = (size_t)(p[from + 1] | p[from + 2] << 8);
	if (len > n - from - 3)
		len = n - from - 3;
	if (len > sizeof payload / 2 || n + 64 > max)
		return LLVMFuzzerMutate(p, n, max);
	memcpy(payload, p + from + 3, len);
	fresh = LLVMFuzzerMutate(payload, len, len + 64);
	memmove(p + from + 3 + fresh, p + from + 3 + len, n - from - 3 - len);
	memcpy(p + from + 3, payload, fresh);
	p[from + 1] = (uint8_t)fresh;
	p[from + 2] = (uint8_t)(fresh >> 8);
	return n - len + fresh;
}

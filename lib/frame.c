#include "frame.h"

#include <errno.h>
#ifdef XXH_DISPATCH
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

/* The check of kind and length: a reader need not wait for a body of a wrong length. */
static uint32_t head_check(int kind, uint32_t len)
{
	/* kind, length: stored at once, since it is loaded at once (by bytes it would wait for all of them) */
	uint64_t h = htobe64((uint64_t)kind << 56 | (uint64_t)len << 24);

	return XXH32(&h, 5, 0);
}

static void put_be32(uint8_t *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, 4);
}

static void put_be64(uint8_t *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, 8);
}

static enum frame_result ended(enum fdio how)
{
	switch (how) {
	case FDIO_EOF:
		return FRAME_CUT;
	case FDIO_STOP:
		return FRAME_STOP;
	default:
		return FRAME_ERROR;
	}
}

/* Size of the ext header that begins with this byte; *fix gets the body's length if the form says it, else 0. */
static unsigned ext_head(uint8_t b, uint32_t *fix)
{
	*fix = 0;
	switch (b) {
	case 0xc7:
		return 3;
	case 0xc8:
		return 4;
	case 0xc9:
		return 6;
	case 0xd4:
	case 0xd5:
	case 0xd6:
	case 0xd7:
	case 0xd8:
		*fix = 1u << (b - 0xd4);
		return 2;
	default:
		return 0;
	}
}

enum frame_result frame_read(struct reader *r, struct frame *f, const char **why)
{
	enum fdio how = reader_want(r, 1);
	const uint8_t *p;
	uint32_t len;
	unsigned head;

	f->at = r->passed + r->at;
	if (how == FDIO_EOF)
		return FRAME_EOF;
	if (how != FDIO_OK)
		return ended(how);
	head = ext_head(r->b.p[r->at], &len);
	if (!head) {
		*why = "not a frame of a row stream";
		return FRAME_DAMAGED;
	}
	if ((how = reader_want(r, head)) != FDIO_OK)
		return ended(how);
	p = r->b.p + r->at;
	if (!len)
		len = (uint32_t)bytes_be(p + 1, head - 2);
	f->kind = p[head - 1];
	if (len < 12 || len > FRAME_MAX || f->kind < 1 || f->kind > 127) {
		*why = "wrong length or kind of a frame";
		return FRAME_DAMAGED;
	}
	if ((how = reader_want(r, head + 4)) != FDIO_OK)
		return ended(how);
	if (bytes_be(r->b.p + r->at + head, 4) != head_check(f->kind, len)) {
		*why = "check of a frame's head does not match";
		return FRAME_DAMAGED;
	}
	if ((how = reader_want(r, (size_t)head + len)) != FDIO_OK)
		return ended(how);
	p = r->b.p + r->at;
	f->raw = p;
	f->raw_len = (size_t)head + len;
	f->body = p + head + 12;
	f->body_len = len - 12;
	if (bytes_be(p + head + 4, 8) != XXH3_64bits(f->body, f->body_len)) {
		*why = "check of a frame's payload does not match";
		return FRAME_DAMAGED;
	}
	r->at += f->raw_len;
	return FRAME_OK;
}

size_t frame_begin(struct buf *b, int kind)
{
	size_t start = b->len;

	if (buf_room(b, FRAME_HEAD) < 0)
		return start;
	b->p[start] = 0xc9;
	b->p[start + 5] = (uint8_t)kind; /* the rest is frame_end's */
	b->len += FRAME_HEAD;
	return start;
}

int frame_end(struct buf *b, size_t start)
{
	uint8_t *p;
	size_t len;

	if (b->failed)
		return -1;
	p = b->p + start;
	len = b->len - start - 6;
	if (len > FRAME_MAX) {
		b->len = start;
		errno = EMSGSIZE;
		return -1;
	}
	put_be32(p + 1, (uint32_t)len);
	put_be32(p + 6, head_check(p[5], (uint32_t)len));
	put_be64(p + 10, XXH3_64bits(p + FRAME_HEAD, len - 12));
	return 0;
}

const char *frame_kind_name(int kind)
{
	static const char *const names[FRAME_KINDS] = {[FRAME_HELLO] = "HELLO",
	    [FRAME_TABLE] = "TABLE",
	    [FRAME_BEGIN] = "BEGIN",
	    [FRAME_ROWS] = "ROWS",
	    [FRAME_DDL] = "DDL",
	    [FRAME_COMMIT] = "COMMIT",
	    [FRAME_MARK] = "MARK",
	    [FRAME_END] = "END",
	    [FRAME_SAVEPOINT] = "SAVEPOINT",
	    [FRAME_ROLLBACK] = "ROLLBACK",
	    [FRAME_NOTE] = "NOTE",
	    [FRAME_PREPARE] = "PREPARE",
	    [FRAME_DECIDE] = "DECIDE"};

	return kind > 0 && kind < FRAME_KINDS ? names[kind] : NULL;
}

#ifndef BUF_H
#define BUF_H
/*
 * A growing byte buffer. Failure to grow is remembered in `failed`: appends do
 * nothing from then on, so a writer appends ten times and checks once. It does
 * no I/O and knows nothing of what it holds.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	uint8_t *p; /* owned; NULL while cap is 0 */
	size_t len; /* bytes in use */
	size_t cap;
	int failed; /* 1: an allocation failed, the content is not whole */
};

#define BUF_INIT              \
	{                     \
		NULL, 0, 0, 0 \
	}

void buf_init(struct buf *b);
void buf_release(struct buf *b);	     /* frees; the buffer can be used again */
static inline void buf_reset(struct buf *b); /* empties, keeps the memory, forgets a failure */

/* Makes room for n more bytes. 0, or -1 when there is no memory (and `failed` is set). */
int buf_grow(struct buf *b, size_t n);

/* Text by printf's rules, without its final zero. */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A number in decimal digits, not terminated; returns how many. There is room for U64_DIGITS. */
#define U64_DIGITS 20
size_t u64_digits(char *to, uint64_t v);
void buf_putu(struct buf *b, uint64_t v);
void buf_puti(struct buf *b, int64_t v);

/* Bytes as two hex digits each. */
void buf_hex(struct buf *b, const void *p, size_t n);

/* The content as a string; the zero behind it is not counted in len. "" when the buffer failed. */
const char *buf_str(struct buf *b);

/* Drops n bytes from the front (n <= len). */
void buf_shift(struct buf *b, size_t n);

static inline void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = 0;
}

static inline int buf_room(struct buf *b, size_t n)
{
	return b->cap - b->len >= n && !b->failed ? 0 : buf_grow(b, n);
}

static inline int buf_add(struct buf *b, const void *p, size_t n)
{
	if (buf_room(b, n) < 0)
		return -1;
	if (n)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	return 0;
}

static inline int buf_add8(struct buf *b, uint8_t v)
{
	if (buf_room(b, 1) < 0)
		return -1;
	b->p[b->len++] = v;
	return 0;
}

static inline void buf_adds(struct buf *b, const char *s)
{
	(void)buf_add(b, s, strlen(s));
}

#endif

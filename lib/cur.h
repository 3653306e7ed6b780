#ifndef CUR_H
#define CUR_H
/*
 * A bounded cursor over bytes from outside. The first failed read leaves its
 * reason and offset here; every later read fails too and gives zeros, so a
 * parser reads ten fields and checks once. It never reads past `end`, never
 * allocates, and borrows the bytes that it walks over.
 */
#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cur {
	const uint8_t *start, *p, *end;
	const char *err; /* NULL, or a constant text: why the first read failed */
	size_t err_at;	 /* offset from start of that read */
};

/* n bytes, 1 to 8, as they lie. Each size that is usual is one load, whether the compiler knows the size or not. */
static inline uint64_t bytes_load(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	switch (n) {
	case 1:
		memcpy(&v, p, 1);
		break;
	case 2:
		memcpy(&v, p, 2);
		break;
	case 4:
		memcpy(&v, p, 4);
		break;
	case 8:
		memcpy(&v, p, 8);
		break;
	default:
		memcpy((uint8_t *)&v, p, n);
	}
	return v;
}

/* The same as an integer. */
static inline uint64_t bytes_le(const uint8_t *p, unsigned n)
{
	return le64toh(bytes_load(p, n));
}

static inline uint64_t bytes_be(const uint8_t *p, unsigned n)
{
	return be64toh(bytes_load(p, n)) >> (64 - 8 * n);
}

static inline void cur_init(struct cur *c, const void *p, size_t n)
{
	c->start = c->p = p;
	c->end = c->start + n;
	c->err = NULL;
	c->err_at = 0;
}

static inline size_t cur_left(const struct cur *c)
{
	return (size_t)(c->end - c->p);
}

static inline size_t cur_at(const struct cur *c)
{
	return (size_t)(c->p - c->start);
}

/* Marks the cursor failed at the present place, unless it failed before. Returns -1. */
static inline int cur_fail(struct cur *c, const char *why)
{
	if (!c->err) {
		c->err = why;
		c->err_at = cur_at(c);
		c->p = c->end;
	}
	return -1;
}

/* n bytes, borrowed; NULL when there are not so many. */
static inline const uint8_t *cur_bytes(struct cur *c, size_t n)
{
	const uint8_t *p = c->p;

	if (cur_left(c) < n) {
		cur_fail(c, "too short");
		return NULL;
	}
	c->p += n;
	return p;
}

static inline void cur_skip(struct cur *c, size_t n)
{
	(void)cur_bytes(c, n);
}

/* Little-endian unsigned integer of n bytes, 1 to 8. */
static inline uint64_t cur_le(struct cur *c, unsigned n)
{
	const uint8_t *p = cur_bytes(c, n);

	return p ? bytes_le(p, n) : 0;
}

/* Big-endian unsigned integer of n bytes, 1 to 8. */
static inline uint64_t cur_be(struct cur *c, unsigned n)
{
	const uint8_t *p = cur_bytes(c, n);

	return p ? bytes_be(p, n) : 0;
}

static inline uint8_t cur_u8(struct cur *c)
{
	if (c->p == c->end) {
		cur_fail(c, "too short");
		return 0;
	}
	return *c->p++;
}

static inline uint16_t cur_le16(struct cur *c)
{
	return (uint16_t)cur_le(c, 2);
}

static inline uint32_t cur_le32(struct cur *c)
{
	return (uint32_t)cur_le(c, 4);
}

static inline uint64_t cur_le64(struct cur *c)
{
	return cur_le(c, 8);
}

#endif

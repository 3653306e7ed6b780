#ifndef MP_H
#define MP_H
/*
 * msgpack values: written into a buf (by msgpack-c's own packer template, so
 * always in the shortest form) and read from a cur. The reader pulls one value
 * at a time, allocates nothing and fails through the cursor. It knows msgpack,
 * not what frames or records are.
 */
#include "buf.h"
#include "cur.h"

enum mp_type { MP_NIL, MP_BOOL, MP_UINT, MP_INT, MP_FLOAT, MP_DOUBLE, MP_STR, MP_BIN, MP_ARRAY, MP_MAP, MP_EXT, MP_BAD };

/* One value. MP_UINT: u, never negative. MP_INT: i, always below zero. */
struct mp {
	enum mp_type type;
	int8_t ext;	  /* MP_EXT: its type */
	uint32_t n;	  /* STR BIN EXT: bytes; ARRAY MAP: elements, pairs */
	const uint8_t *p; /* STR BIN EXT: borrowed from the cursor */
	union {
		uint64_t u;
		int64_t i;
		float f;
		double d;
		int b;
	};
};

#define MP_DEPTH 16 /* arrays and maps in each other, at most (rowstream(5)) */

/* Reads one value; of an array or map only its head. MP_BAD when the cursor failed. */
enum mp_type mp_read(struct cur *c, struct mp *v);

/* Passes over one value with all that is in it. 0 or -1. */
int mp_skip(struct cur *c);

/* Readers of one expected type. A wrong type fails the cursor and gives 0, NULL. */
static inline uint64_t mp_read_uint(struct cur *c); /* a non-negative integer */
int64_t mp_read_int(struct cur *c);		    /* an integer that fits 63 bits and sign */
int mp_read_bool(struct cur *c);		    /* 0 or 1 */
uint32_t mp_read_array(struct cur *c);		    /* number of elements, each checked to have at least a byte left */
uint32_t mp_read_map(struct cur *c);		    /* number of pairs, likewise */
static inline const uint8_t *mp_read_bytes(struct cur *c, uint32_t *n); /* str or bin, borrowed */

/* The two of which the heads of records are made: here in their forms of one byte, there in all. */
uint64_t mp_read_any_uint(struct cur *c);
const uint8_t *mp_read_any_bytes(struct cur *c, uint32_t *n);

static inline uint64_t mp_read_uint(struct cur *c)
{
	return c->p < c->end && *c->p < 0x80 ? *c->p++ : mp_read_any_uint(c);
}

static inline const uint8_t *mp_read_bytes(struct cur *c, uint32_t *n)
{
	const uint8_t *p = c->p;

	if (p == c->end || (*p & 0xe0) != 0xa0 || cur_left(c) - 1 < (*p & 31u))
		return mp_read_any_bytes(c, n);
	*n = *p++ & 31u;
	c->p = p + *n;
	return p;
}

void mp_nil(struct buf *b);
void mp_bool(struct buf *b, int v);
void mp_uint(struct buf *b, uint64_t v);
void mp_int(struct buf *b, int64_t v);
void mp_float(struct buf *b, float v);
void mp_double(struct buf *b, double v);
void mp_str(struct buf *b, const void *p, size_t n);
void mp_bin(struct buf *b, const void *p, size_t n);
void mp_array(struct buf *b, size_t n);
void mp_map(struct buf *b, size_t n);

#endif

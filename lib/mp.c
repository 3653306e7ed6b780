#include "mp.h"

#include <limits.h>

#include <msgpack/sysdep.h>

/*
 * msgpack-c's packer as a template: its functions become static ones here that
 * append to a struct buf, without the call through a pointer that msgpack_packer
 * makes for every value.
 */
static void append(struct buf *b, const void *p, size_t n)
{
	(void)buf_add(b, p, n);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#define msgpack_pack_inline_func(name) static inline void pack##name
#define msgpack_pack_inline_func_cint(name) static inline void pack##name
#define msgpack_pack_inline_func_fixint(name) static inline void pack_fix##name
#define msgpack_pack_user struct buf *
#define msgpack_pack_append_buffer(user, p, n) append(user, (const void *)(p), n)
#include <msgpack/timestamp.h>
#include <msgpack/pack_template.h>
#pragma GCC diagnostic pop

void mp_nil(struct buf *b)
{
	pack_nil(b);
}

void mp_bool(struct buf *b, int v)
{
	if (v)
		pack_true(b);
	else
		pack_false(b);
}

void mp_uint(struct buf *b, uint64_t v)
{
	pack_uint64(b, v);
}

void mp_int(struct buf *b, int64_t v)
{
	pack_int64(b, v);
}

void mp_float(struct buf *b, float v)
{
	pack_float(b, v);
}

void mp_double(struct buf *b, double v)
{
	pack_double(b, v);
}

void mp_str(struct buf *b, const void *p, size_t n)
{
	pack_str(b, n);
	append(b, p, n);
}

void mp_bin(struct buf *b, const void *p, size_t n)
{
	pack_bin(b, n);
	append(b, p, n);
}

void mp_array(struct buf *b, size_t n)
{
	pack_array(b, n);
}

void mp_map(struct buf *b, size_t n)
{
	pack_map(b, n);
}

static enum mp_type read_int(struct cur *c, struct mp *v, unsigned bytes)
{
	uint64_t u = cur_be(c, bytes);

	/* sign-extend */
	if (bytes < 8 && u >> (8 * bytes - 1))
		u |= ~(uint64_t)0 << (8 * bytes);
	v->u = u;
	return (int64_t)u < 0 ? MP_INT : MP_UINT;
}

static enum mp_type read_bytes(struct cur *c, struct mp *v, uint64_t n, enum mp_type type)
{
	v->n = (uint32_t)n;
	v->p = cur_bytes(c, n);
	return type;
}

static enum mp_type read_ext(struct cur *c, struct mp *v, uint64_t n)
{
	v->ext = (int8_t)cur_u8(c);
	return read_bytes(c, v, n, MP_EXT);
}

/* A count that the bytes left cannot hold is refused before anyone allocates for it. */
static enum mp_type read_count(struct cur *c, struct mp *v, uint64_t n, enum mp_type type)
{
	if (cur_left(c) < (type == MP_MAP ? 2 * n : n))
		cur_fail(c, "array or map is longer than its frame");
	v->n = (uint32_t)n;
	return type;
}

static enum mp_type read_one(struct cur *c, struct mp *v)
{
	uint8_t b = cur_u8(c);

	v->p = NULL;
	v->n = 0;
	if (b < 0x80) {
		v->u = b;
		return MP_UINT;
	}
	if (b >= 0xe0) {
		v->i = (int8_t)b;
		return MP_INT;
	}
	if (b < 0x90)
		return read_count(c, v, b & 15u, MP_MAP);
	if (b < 0xa0)
		return read_count(c, v, b & 15u, MP_ARRAY);
	if (b < 0xc0)
		return read_bytes(c, v, b & 31u, MP_STR);
	switch (b) {
	case 0xc0:
		return MP_NIL;
	case 0xc2:
	case 0xc3:
		v->b = b & 1;
		return MP_BOOL;
	case 0xc4:
	case 0xc5:
	case 0xc6:
		return read_bytes(c, v, cur_be(c, 1u << (b - 0xc4)), MP_BIN);
	case 0xc7:
	case 0xc8:
	case 0xc9:
		return read_ext(c, v, cur_be(c, 1u << (b - 0xc7)));
	case 0xca: {
		uint32_t u = (uint32_t)cur_be(c, 4);

		memcpy(&v->f, &u, 4);
		return MP_FLOAT;
	}
	case 0xcb: {
		uint64_t u = cur_be(c, 8);

		memcpy(&v->d, &u, 8);
		return MP_DOUBLE;
	}
	case 0xcc:
	case 0xcd:
	case 0xce:
	case 0xcf:
		v->u = cur_be(c, 1u << (b - 0xcc));
		return MP_UINT;
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3:
		return read_int(c, v, 1u << (b - 0xd0));
	case 0xd4:
	case 0xd5:
	case 0xd6:
	case 0xd7:
	case 0xd8:
		return read_ext(c, v, (uint64_t)1 << (b - 0xd4));
	case 0xd9:
	case 0xda:
	case 0xdb:
		return read_bytes(c, v, cur_be(c, 1u << (b - 0xd9)), MP_STR);
	case 0xdc:
	case 0xdd:
		return read_count(c, v, cur_be(c, 2u << (b - 0xdc)), MP_ARRAY);
	case 0xde:
	case 0xdf:
		return read_count(c, v, cur_be(c, 2u << (b - 0xde)), MP_MAP);
	default: /* 0xc1 */
		cur_fail(c, "byte 0xc1 is not msgpack");
		return MP_BAD;
	}
}

enum mp_type mp_read(struct cur *c, struct mp *v)
{
	enum mp_type t = read_one(c, v);

	v->type = c->err ? MP_BAD : t;
	return v->type;
}

static int skip(struct cur *c, int depth)
{
	struct mp v;
	uint64_t inner = 0;

	switch (mp_read(c, &v)) {
	case MP_BAD:
		return -1;
	case MP_ARRAY:
		inner = v.n;
		break;
	case MP_MAP:
		inner = 2 * (uint64_t)v.n;
		break;
	default:
		return 0;
	}
	if (depth == MP_DEPTH)
		return cur_fail(c, "arrays and maps nest too deep");
	while (inner--)
		if (skip(c, depth + 1) < 0)
			return -1;
	return 0;
}

/* Bytes of a value whose first byte says it all; 0: it does not. */
static const uint8_t sizes[256] = {
    [0x00 ... 0x7f] = 1,
    /* clang-format off */
    [0xa0] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
    /* clang-format on */
    [0xc0] = 1,
    [0xc2 ... 0xc3] = 1,
    [0xca] = 5,
    [0xcb] = 9,
    [0xcc] = 2,
    [0xcd] = 3,
    [0xce] = 5,
    [0xcf] = 9,
    [0xd0] = 2,
    [0xd1] = 3,
    [0xd2] = 5,
    [0xd3] = 9,
    [0xe0 ... 0xff] = 1,
};

/* Most values of most rows are only passed over. */
int mp_skip(struct cur *c)
{
	size_t left = cur_left(c), n;

	if (left < 2)
		return skip(c, 0);
	n = sizes[*c->p];
	if (!n && (*c->p == 0xd9 || *c->p == 0xc4)) /* str, bin of less than 256 bytes */
		n = 2u + c->p[1];
	if (!n || n > left)
		return skip(c, 0);
	c->p += n;
	return 0;
}

uint64_t mp_read_any_uint(struct cur *c)
{
	struct mp v;

	if (mp_read(c, &v) == MP_UINT)
		return v.u;
	cur_fail(c, "not an unsigned integer");
	return 0;
}

int64_t mp_read_int(struct cur *c)
{
	struct mp v;

	if (mp_read(c, &v) == MP_INT || (v.type == MP_UINT && v.u <= INT64_MAX))
		return v.i;
	cur_fail(c, "not an integer of 64 bits");
	return 0;
}

int mp_read_bool(struct cur *c)
{
	struct mp v;

	if (mp_read(c, &v) == MP_BOOL)
		return v.b;
	cur_fail(c, "not a boolean");
	return 0;
}

static uint32_t read_head(struct cur *c, enum mp_type type, const char *why)
{
	struct mp v;

	if (mp_read(c, &v) == type)
		return v.n;
	cur_fail(c, why);
	return 0;
}

uint32_t mp_read_array(struct cur *c)
{
	return read_head(c, MP_ARRAY, "not an array");
}

uint32_t mp_read_map(struct cur *c)
{
	return read_head(c, MP_MAP, "not a map");
}

const uint8_t *mp_read_any_bytes(struct cur *c, uint32_t *n)
{
	struct mp v;

	mp_read(c, &v);
	if (v.type == MP_STR || v.type == MP_BIN) {
		*n = v.n;
		return v.p;
	}
	cur_fail(c, "not a string");
	*n = 0;
	return NULL;
}

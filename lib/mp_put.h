#ifndef MP_PUT_H
#define MP_PUT_H
/*
 * msgpack values written through a bare pointer, for the one loop that decodes
 * millions of rows a second: the caller has made sure of the room, so there is
 * no check and no call a value. The bytes are those that mp.h's functions write.
 * Each returns the place behind what it wrote.
 */
#include <stdint.h>
#include <string.h>

#define MP_PUT_MAX 9 /* bytes of a number, or of the head of anything else, at most */

static inline uint8_t *mp_put_be(uint8_t *o, uint64_t v, unsigned n)
{
	v = __builtin_bswap64(v) >> (64 - 8 * n);
	memcpy(o, &v, 8); /* up to 8 bytes are touched; the room was made for MP_PUT_MAX */
	return o + n;
}

static inline uint8_t *mp_put_nil(uint8_t *o)
{
	*o = 0xc0;
	return o + 1;
}

static inline uint8_t *mp_put_false(uint8_t *o)
{
	*o = 0xc2;
	return o + 1;
}

static inline uint8_t *mp_put_uint(uint8_t *o, uint64_t v)
{
	if (v < 0x80) {
		*o = (uint8_t)v;
		return o + 1;
	}
	if (v <= UINT8_MAX) {
		*o++ = 0xcc;
		*o = (uint8_t)v;
		return o + 1;
	}
	if (v <= UINT16_MAX) {
		*o = 0xcd;
		return mp_put_be(o + 1, v, 2);
	}
	if (v <= UINT32_MAX) {
		*o = 0xce;
		return mp_put_be(o + 1, v, 4);
	}
	*o = 0xcf;
	return mp_put_be(o + 1, v, 8);
}

static inline uint8_t *mp_put_int(uint8_t *o, int64_t v)
{
	if (v >= 0)
		return mp_put_uint(o, (uint64_t)v);
	if (v >= -32) {
		*o = (uint8_t)v;
		return o + 1;
	}
	if (v >= INT8_MIN) {
		*o++ = 0xd0;
		*o = (uint8_t)v;
		return o + 1;
	}
	if (v >= INT16_MIN) {
		*o = 0xd1;
		return mp_put_be(o + 1, (uint64_t)v, 2);
	}
	if (v >= INT32_MIN) {
		*o = 0xd2;
		return mp_put_be(o + 1, (uint64_t)v, 4);
	}
	*o = 0xd3;
	return mp_put_be(o + 1, (uint64_t)v, 8);
}

/* Float and double as their bits. */
static inline uint8_t *mp_put_float(uint8_t *o, uint32_t bits)
{
	*o = 0xca;
	return mp_put_be(o + 1, bits, 4);
}

static inline uint8_t *mp_put_double(uint8_t *o, uint64_t bits)
{
	*o = 0xcb;
	return mp_put_be(o + 1, bits, 8);
}

/* The head of a str, bin or array; the content is the caller's. */
static inline uint8_t *mp_put_str_head(uint8_t *o, size_t n)
{
	if (n < 32) {
		*o = (uint8_t)(0xa0 | n);
		return o + 1;
	}
	if (n <= UINT8_MAX) {
		*o++ = 0xd9;
		*o = (uint8_t)n;
		return o + 1;
	}
	*o = n <= UINT16_MAX ? 0xda : 0xdb;
	return mp_put_be(o + 1, n, n <= UINT16_MAX ? 2 : 4);
}

static inline uint8_t *mp_put_bin_head(uint8_t *o, size_t n)
{
	if (n <= UINT8_MAX) {
		*o++ = 0xc4;
		*o = (uint8_t)n;
		return o + 1;
	}
	*o = n <= UINT16_MAX ? 0xc5 : 0xc6;
	return mp_put_be(o + 1, n, n <= UINT16_MAX ? 2 : 4);
}

static inline uint8_t *mp_put_array(uint8_t *o, size_t n)
{
	if (n < 16) {
		*o = (uint8_t)(0x90 | n);
		return o + 1;
	}
	*o = n <= UINT16_MAX ? 0xdc : 0xdd;
	return mp_put_be(o + 1, n, n <= UINT16_MAX ? 2 : 4);
}

#endif

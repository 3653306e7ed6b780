/*
 * lib/mp against msgpack-c's own packer and unpacker: random values are written to the same
 * bytes and read as the same values, both ways; random and damaged bytes are refused or taken
 * alike, and never read past their end.
 */
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"

static int count, failures;

static void ok(int good, const char *what)
{
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
}

static uint64_t seed = 88172645463325252u;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Numbers of every width, and those next to where the width changes. */
static uint64_t rnd_uint(void)
{
	static const uint64_t edges[] = {0, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000u,
	    0xffffffffu, 0x100000000u, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};

	if (rnd() % 3 == 0)
		return edges[rnd() % (sizeof edges / sizeof *edges)];
	return rnd() >> rnd() % 64;
}

static size_t rnd_len(void)
{
	static const size_t edges[] = {0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536};

	return rnd() % 50 == 0 ? edges[rnd() % 10] : rnd() % 40;
}

/* One random value into both; depth bounds what is nested. */
static void value(struct buf *b, msgpack_packer *pk, int depth)
{
	static uint8_t bytes[65536];
	unsigned pick = (unsigned)(rnd() % (depth ? 9 : 7));
	uint64_t u = rnd_uint();
	size_t n;
	float f;
	double d;
	uint32_t bits = (uint32_t)rnd();

	switch (pick) {
	case 0:
		mp_nil(b);
		msgpack_pack_nil(pk);
		break;
	case 1:
		mp_bool(b, (int)(u & 1));
		if (u & 1)
			msgpack_pack_true(pk);
		else
			msgpack_pack_false(pk);
		break;
	case 2:
		mp_uint(b, u);
		msgpack_pack_uint64(pk, u);
		break;
	case 3:
		mp_int(b, (int64_t)u);
		msgpack_pack_int64(pk, (int64_t)u);
		break;
	case 4:
		memcpy(&f, &bits, 4);
		if (f != f)
			f = -0.0f;
		d = (double)f * 1e-300;
		mp_float(b, f);
		msgpack_pack_float(pk, f);
		mp_double(b, d);
		msgpack_pack_double(pk, d);
		break;
	case 5:
		n = rnd_len();
		mp_str(b, bytes, n);
		msgpack_pack_str(pk, n);
		msgpack_pack_str_body(pk, bytes, n);
		break;
	case 6:
		n = rnd_len();
		mp_bin(b, bytes, n);
		msgpack_pack_bin(pk, n);
		msgpack_pack_bin_body(pk, bytes, n);
		break;
	case 7:
		n = rnd_len() % 40;
		mp_array(b, n);
		msgpack_pack_array(pk, n);
		while (n--)
			value(b, pk, depth - 1);
		break;
	default:
		n = rnd_len() % 20;
		mp_map(b, n);
		msgpack_pack_map(pk, n);
		for (n *= 2; n--;)
			value(b, pk, depth - 1);
	}
}

static int same_number(const struct mp *v, const msgpack_object *o)
{
	uint64_t a, b;

	switch (v->type) {
	case MP_UINT:
		return o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 == v->u;
	case MP_INT:
		return o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER && o->via.i64 == v->i && v->i < 0;
	case MP_FLOAT:
		return o->type == MSGPACK_OBJECT_FLOAT32 && ((float)o->via.f64 == v->f || v->f != v->f);
	case MP_DOUBLE:
		memcpy(&a, &v->d, 8);
		memcpy(&b, &o->via.f64, 8);
		return o->type == MSGPACK_OBJECT_FLOAT64 && a == b;
	default:
		return 0;
	}
}

/* Whether what mp_read gives is what msgpack-c made of it. */
static int same(struct cur *c, const msgpack_object *o)
{
	struct mp v;

	switch (mp_read(c, &v)) {
	case MP_NIL:
		return o->type == MSGPACK_OBJECT_NIL;
	case MP_BOOL:
		return o->type == MSGPACK_OBJECT_BOOLEAN && o->via.boolean == v.b;
	case MP_UINT:
	case MP_INT:
	case MP_FLOAT:
	case MP_DOUBLE:
		return same_number(&v, o);
	case MP_STR:
		return o->type == MSGPACK_OBJECT_STR && o->via.str.size == v.n && (!v.n || memcmp(o->via.str.ptr, v.p, v.n) == 0);
	case MP_BIN:
		return o->type == MSGPACK_OBJECT_BIN && o->via.bin.size == v.n && (!v.n || memcmp(o->via.bin.ptr, v.p, v.n) == 0);
	case MP_EXT:
		return o->type == MSGPACK_OBJECT_EXT && o->via.ext.size == v.n && o->via.ext.type == v.ext &&
		       memcmp(o->via.ext.ptr, v.p, v.n) == 0;
	case MP_ARRAY:
		if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != v.n)
			return 0;
		for (uint32_t i = 0; i < o->via.array.size; i++)
			if (!same(c, &o->via.array.ptr[i]))
				return 0;
		return 1;
	case MP_MAP:
		if (o->type != MSGPACK_OBJECT_MAP || o->via.map.size != v.n)
			return 0;
		for (uint32_t i = 0; i < o->via.map.size; i++)
			if (!same(c, &o->via.map.ptr[i].key) || !same(c, &o->via.map.ptr[i].val))
				return 0;
		return 1;
	case MP_BAD:
		break;
	}
	return 0;
}

/* How deep arrays and maps nest. */
static int depth_of(const msgpack_object *o)
{
	int most = 0, d;

	if (o->type == MSGPACK_OBJECT_ARRAY) {
		for (uint32_t i = 0; i < o->via.array.size; i++)
			if ((d = depth_of(&o->via.array.ptr[i])) > most)
				most = d;
		return most + 1;
	}
	if (o->type == MSGPACK_OBJECT_MAP) {
		for (uint32_t i = 0; i < o->via.map.size; i++) {
			if ((d = depth_of(&o->via.map.ptr[i].key)) > most)
				most = d;
			if ((d = depth_of(&o->via.map.ptr[i].val)) > most)
				most = d;
		}
		return most + 1;
	}
	return 0;
}

/*
 * Whether an array or map of more elements than there are bytes may be in it: msgpack-c would
 * allocate for all of them, which a sanitizer does not allow. Such bytes are only read by ours.
 */
static int may_say_too_many(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 5 <= n; i++)
		if ((p[i] == 0xdd || p[i] == 0xdf) && (p[i + 1] || p[i + 2] > 0x0f))
			return 1;
	return 0;
}

/* Both readers on the same bytes, in memory that ends where they end. 1 if they agree. */
static int agree(const uint8_t *bytes, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);
	msgpack_unpacked u;
	msgpack_unpack_return r;
	size_t off = 0;
	struct cur c, walk;
	int good, skipped, deep;

	memcpy(p, bytes, n);
	cur_init(&c, p, n);
	skipped = mp_skip(&c) == 0;
	if (may_say_too_many(p, n)) {
		free(p);
		return skipped ? c.err == NULL : c.err_at <= n;
	}
	msgpack_unpacked_init(&u);
	r = msgpack_unpack_next(&u, (char *)p, n, &off);
	if (r == MSGPACK_UNPACK_SUCCESS || r == MSGPACK_UNPACK_EXTRA_BYTES) {
		deep = depth_of(&u.data) > MP_DEPTH;
		cur_init(&walk, p, n);
		good = deep ? !skipped : skipped && cur_at(&c) == off && same(&walk, &u.data) && cur_at(&walk) == off;
	} else {
		good = !skipped && c.err != NULL && c.err_at <= n;
	}
	msgpack_unpacked_destroy(&u);
	free(p);
	return good;
}

int main(void)
{
	int written = 1, read = 1, damaged = 1, random = 1, cut = 1;
	struct buf b = BUF_INIT;
	msgpack_sbuffer sb;
	msgpack_packer pk;
	struct cur c;
	uint8_t nest[64];
	uint32_t n;

	msgpack_sbuffer_init(&sb);
	msgpack_packer_init(&pk, &sb, msgpack_sbuffer_write);
	for (int i = 0; i < 3000; i++) {
		buf_reset(&b);
		msgpack_sbuffer_clear(&sb);
		value(&b, &pk, 3);
		if (b.len != sb.size || memcmp(b.p, sb.data, b.len) != 0)
			written = 0;
		if (!agree(b.p, b.len))
			read = 0;
		for (int k = 0; k < 5 && b.len; k++) {
			size_t at = rnd() % b.len;
			uint8_t was = b.p[at];

			b.p[at] = (uint8_t)rnd();
			if (!agree(b.p, b.len))
				damaged = 0;
			b.p[at] = was;
			if (!agree(b.p, rnd() % b.len))
				cut = 0;
		}
	}
	ok(written, "3000 random values are written as msgpack-c writes them");
	ok(read, "and read as msgpack-c reads them");
	ok(damaged, "a byte changed: refused or taken as msgpack-c does");
	ok(cut, "cut short: refused or taken as msgpack-c does");
	for (int i = 0; i < 200000; i++) {
		uint8_t noise[24];

		for (size_t k = 0; k < sizeof noise; k++)
			noise[k] = (uint8_t)rnd();
		if (rnd() % 2)
			noise[0] = (uint8_t)(0xc0 + rnd() % 0x20);
		if (!agree(noise, 1 + rnd() % sizeof noise))
			random = 0;
	}
	ok(random, "200000 random strings of bytes are refused or taken as msgpack-c does");

	/* long forms, that a writer of another language may use */
	ok(agree((const uint8_t *)"\xcf\0\0\0\0\0\0\0\5", 9) &&
		agree((const uint8_t *)"\xd3\xff\xff\xff\xff\xff\xff\xff\xff", 9) && agree((const uint8_t *)"\xdb\0\0\0\1x", 6) &&
		agree((const uint8_t *)"\xdd\0\0\0\1\xc0", 6),
	    "integers, strings and arrays in longer forms than needed");
	cur_init(&c, "\xd3\0\0\0\0\0\0\0\7\xd0\x85", 11);
	ok(mp_read_uint(&c) == 7 && mp_read_int(&c) == -123 && !c.err,
	    "a signed form of a positive number is an unsigned integer");

	memset(nest, 0x91, sizeof nest);
	nest[MP_DEPTH] = 0xc0;
	cur_init(&c, nest, MP_DEPTH + 1);
	ok(mp_skip(&c) == 0 && !cur_left(&c), "arrays nest as deep as allowed");
	nest[MP_DEPTH] = 0x91;
	nest[MP_DEPTH + 1] = 0xc0;
	cur_init(&c, nest, MP_DEPTH + 2);
	ok(mp_skip(&c) < 0 && c.err, "and not deeper");

	cur_init(&c, "\xdd\xff\xff\xff\xff\xc0", 6);
	ok(mp_read_array(&c) == 0 && c.err, "an array that says it is longer than its bytes is refused before anyone allocates");
	cur_init(&c, "\xdf\x80\0\0\0\xc0\xc0", 7);
	ok(mp_read_map(&c) == 0 && c.err, "and a map");
	cur_init(&c, "\xc6\xff\xff\xff\xff", 5);
	ok(!mp_read_bytes(&c, &n) && n == 0 && c.err, "and bytes");
	cur_init(&c, "\xa1x", 2);
	(void)mp_read_uint(&c);
	ok(c.err && mp_read_uint(&c) == 0 && mp_read_bool(&c) == 0 && mp_read_map(&c) == 0 && cur_left(&c) == 0,
	    "after the first failure every read fails");
	cur_init(&c, "\xcf\x80\0\0\0\0\0\0\0", 9);
	ok(mp_read_int(&c) == 0 && c.err, "2^63 is no signed integer");

	buf_release(&b);
	msgpack_sbuffer_destroy(&sb);
	printf("1..%d\n", count);
	return failures != 0;
}

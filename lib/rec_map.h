#ifndef REC_MAP_H
#define REC_MAP_H
/*
 * The maps that payloads are made of (rowstream(5)): a walk over pairs that
 * keeps what is not known, and a writer that counts as it goes. For rec.c and
 * rec_table.c alone.
 */
#include <string.h>

#include "mp.h"
#include "mp_put.h"
#include "pos.h"
#include "rec.h"
#include "xid.h"

#define NAME_BYTES 1024 /* of a database, table, column or key name; the servers' own limit is 64 characters */

/* ---- reading maps */

/* A walk over the pairs of one map: the present key, and where its pair began. */
struct pairs {
	struct cur *c;
	uint32_t left;
	struct str key;
	const uint8_t *at;
};

static inline void pairs_open(struct pairs *m, struct cur *c)
{
	m->c = c;
	m->left = mp_read_map(c);
}

static inline int pairs_next(struct pairs *m)
{
	if (!m->left || m->c->err)
		return 0;
	m->left--;
	m->at = m->c->p;
	m->key.p = (const char *)mp_read_bytes(m->c, &m->key.n);
	return !m->c->err;
}

static inline int is(const struct pairs *m, const char *name)
{
	return strlen(name) == m->key.n && !memcmp(name, m->key.p, m->key.n);
}

/* A pair that is not known: passed over, and kept if somebody wants it. */
static inline void keep(struct pairs *m, struct rec_extra *e)
{
	if (mp_skip(m->c) < 0 || !e)
		return;
	e->pairs++;
	if (buf_add(&e->bytes, m->at, (size_t)(m->c->p - m->at)) < 0)
		cur_fail(m->c, "out of memory");
}

static inline struct str get_str(struct cur *c)
{
	struct str s;

	s.p = (const char *)mp_read_bytes(c, &s.n);
	return s;
}

static inline struct str get_name(struct cur *c)
{
	struct str s = get_str(c);

	if (!c->err && (s.n > NAME_BYTES || memchr(s.p, 0, s.n)))
		cur_fail(c, "not a name");
	return s;
}

static inline struct str get_file(struct cur *c)
{
	struct str s = get_str(c);

	if (!c->err && (s.n >= LOG_NAME_MAX || memchr(s.p, 0, s.n)))
		cur_fail(c, "not a log file's name");
	return s;
}

/* It goes into statements as it is, so nothing but the one form is taken. */
static inline struct str get_xid(struct cur *c)
{
	struct str s = get_str(c);

	if (!c->err && !xid_is_canonical(s.p, s.n))
		cur_fail(c, "not the name of an XA transaction");
	return s;
}

static inline uint32_t get_u32(struct cur *c)
{
	uint64_t v = mp_read_uint(c);

	if (v > UINT32_MAX) {
		cur_fail(c, "number is too large");
		return 0;
	}
	return (uint32_t)v;
}

/* The map is over: all that must be there was, and nothing follows it. */
static inline int done(struct cur *c, int complete)
{
	if (!c->err && !complete)
		cur_fail(c, "a field is missing");
	if (!c->err && c->p != c->end)
		cur_fail(c, "something follows the record");
	return c->err ? -1 : 0;
}

/* ---- writing maps: the head is one byte until it is known that there are more than 15 pairs */

struct mapw {
	struct buf *b;
	size_t at;
	uint32_t n;
};

static inline struct mapw map_open(struct buf *b)
{
	struct mapw m = {b, b->len, 0};

	(void)buf_add8(b, 0x80);
	return m;
}

static inline void map_close(struct mapw *m, const struct rec_extra *e)
{
	struct buf *b = m->b;

	if (e && e->pairs) {
		m->n += e->pairs;
		(void)buf_add(b, e->bytes.p, e->bytes.len);
	}
	if (m->n < 16) {
		if (!b->failed)
			b->p[m->at] = (uint8_t)(0x80 | m->n);
		return;
	}
	if (buf_room(b, 4) < 0)
		return;
	unsigned more = m->n < 65536 ? 2 : 4;

	memmove(b->p + m->at + 1 + more, b->p + m->at + 1, b->len - m->at - 1);
	b->len += more;
	b->p[m->at] = more == 2 ? 0xde : 0xdf;
	for (unsigned i = 0; i < more; i++)
		b->p[m->at + 1 + i] = (uint8_t)(m->n >> (8 * (more - 1 - i)));
}

#define ALWAYS_INLINE inline __attribute__((always_inline)) /* so that keys are constants where they are written */

/*
 * Room for a pair of which the value takes n bytes at most, with the key written: where the value goes. NULL: there is no memory.
 * Short transactions are mostly heads of records, so a pair is written with one look at the room, and its key, a constant,
 * without a call.
 */
static ALWAYS_INLINE uint8_t *key_and_room(struct mapw *m, const char *key, size_t n)
{
	size_t nkey = strlen(key);
	uint8_t *o;

	m->n++;
	if (buf_room(m->b, 2 * MP_PUT_MAX + nkey + n) < 0)
		return NULL;
	o = mp_put_str_head(m->b->p + m->b->len, nkey);
	memcpy(o, key, nkey);
	return o + nkey;
}

static inline void pair_end(struct mapw *m, const uint8_t *o)
{
	m->b->len = (size_t)(o - m->b->p);
}

static ALWAYS_INLINE void put_key(struct mapw *m, const char *key)
{
	uint8_t *o = key_and_room(m, key, 0);

	if (o)
		pair_end(m, o);
}

static ALWAYS_INLINE void put_str(struct mapw *m, const char *key, struct str s)
{
	uint8_t *o;

	if (!s.p || !(o = key_and_room(m, key, s.n)))
		return;
	o = mp_put_str_head(o, s.n);
	memcpy(o, s.p, s.n);
	pair_end(m, o + s.n);
}

static inline void put_z(struct mapw *m, const char *key, const char *z)
{
	put_str(m, key, str_of(z));
}

static inline void put_bin(struct mapw *m, const char *key, struct str s)
{
	if (!s.p)
		return;
	put_key(m, key);
	mp_bin(m->b, s.p, s.n);
}

static ALWAYS_INLINE void put_uint(struct mapw *m, int has, const char *key, uint64_t v)
{
	uint8_t *o;

	if (!has)
		return;
	if ((o = key_and_room(m, key, 0)))
		pair_end(m, mp_put_uint(o, v));
}

static ALWAYS_INLINE void put_int(struct mapw *m, int has, const char *key, int64_t v)
{
	uint8_t *o;

	if (!has)
		return;
	if ((o = key_and_room(m, key, 0)))
		pair_end(m, mp_put_int(o, v));
}

static inline void put_bool(struct mapw *m, int has, const char *key, int v)
{
	if (!has)
		return;
	put_key(m, key);
	mp_bool(m->b, v);
}

static inline int flag(struct cur *c)
{
	return mp_read_bool(c);
}

#endif

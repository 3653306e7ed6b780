#include "binlog/gtid.h"

#define NUMBER_MAX (INT64_MAX - 1)

static int check_number(struct cur *c, uint64_t n)
{
	return !c->err && n > NUMBER_MAX ? cur_fail(c, "wrong number of a GTID") : c->err ? -1 : 0;
}

/* flags, UUID, number, then what came with 5.7 (logical clock) and 8.0 (time of commit, length, version) */
int read_gtid(struct cur *c, struct ev_gtid *g)
{
	const uint8_t *uuid;
	uint64_t t;

	memset(g, 0, sizeof *g);
	cur_skip(c, 1);
	uuid = cur_bytes(c, sizeof g->uuid);
	g->number = cur_le64(c);
	if (check_number(c, g->number) < 0)
		return -1;
	memcpy(g->uuid, uuid, sizeof g->uuid);
	if (cur_left(c) < 17 || *c->p != 2)
		return 0;
	cur_skip(c, 17);
	if (cur_left(c) < 7)
		return 0;
	/* the top bit says that the time on the first source follows */
	t = cur_le(c, 7);
	g->commit_us = (int64_t)(t & ~(UINT64_C(1) << 55));
	return 0;
}

/* An integer whose first byte has as many ones at its low end as bytes follow. */
static uint64_t var_uint(struct cur *c)
{
	uint8_t first = cur_u8(c);
	unsigned more = 0;
	uint64_t v;

	while (more < 8 && first >> more & 1)
		more++;
	if (!more)
		return first >> 1;
	v = cur_le(c, more);
	/* the low bits are in what is left of the first byte */
	return more >= 7 ? v : v << (7 - more) | (unsigned)(first >> (more + 1));
}

/* The sign in the lowest bit. */
static int64_t var_int(struct cur *c)
{
	uint64_t v = var_uint(c);

	return v & 1 ? (int64_t) ~(v >> 1) : (int64_t)(v >> 1);
}

static void tagged_field(struct cur *c, uint64_t id, struct ev_gtid *g)
{
	uint64_t n;
	const uint8_t *p;

	switch (id) {
	case 0: /* flags */
		(void)var_uint(c);
		break;
	case 1: /* each byte is an integer of its own */
		for (unsigned i = 0; i < sizeof g->uuid; i++)
			g->uuid[i] = (uint8_t)var_uint(c);
		break;
	case 2:
		g->number = (uint64_t)var_int(c);
		(void)check_number(c, g->number);
		break;
	case 3:
		n = var_uint(c);
		p = n > GTID_TAG_MAX ? NULL : cur_bytes(c, (size_t)n);
		if (p)
			memcpy(g->tag, p, (size_t)n);
		else
			(void)cur_fail(c, "wrong tag of a GTID");
		break;
	case 4: /* logical clock */
	case 5:
		(void)var_int(c);
		break;
	case 6:
		g->commit_us = (int64_t)var_uint(c);
		break;
	case 7: /* time on the first source */
	case 8: /* length */
	case 9: /* version, here and on the first source */
	case 10:
	case 11: /* ticket of the commit group */
		(void)var_uint(c);
		break;
	default: /* fields have no length: newer ones, which are last, cannot be passed over one by one */
		c->p = c->end;
	}
}

/* version, size of the whole, the last field that must be known, then fields: number and value, in order */
int read_gtid_tagged(struct cur *c, struct ev_gtid *g)
{
	const uint8_t *start = c->p;
	uint64_t size, must;
	struct cur f;

	memset(g, 0, sizeof *g);
	if (var_uint(c) != 1 && !c->err)
		return cur_fail(c, "of a form that is not known");
	size = var_uint(c);
	if (c->err || size < (size_t)(c->p - start) || size > (size_t)(c->end - start))
		return cur_fail(c, "wrong length");
	cur_init(&f, start, (size_t)size);
	f.p = c->p;
	must = var_uint(&f);
	if (!f.err && must > 11)
		return cur_fail(c, "has a field that is not known and must be");
	while (cur_left(&f))
		tagged_field(&f, var_uint(&f), g);
	if (f.err)
		return cur_fail(c, f.err);
	for (const char *p = g->tag; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || *p == '_' || (p > g->tag && *p >= '0' && *p <= '9')))
			return cur_fail(c, "wrong tag of a GTID");
	return 0;
}

/* UUID[:TAG] */
static void print_source(struct buf *out, const struct ev_gtid *g)
{
	char uuid[GTID_UUID_LEN];

	gtid_uuid_text(uuid, g->uuid);
	(void)buf_add(out, uuid, sizeof uuid);
	buf_adds(out, *g->tag ? ":" : "");
	buf_adds(out, g->tag);
}

void gtid_print(const struct ev_gtid *g, struct buf *out)
{
	if (!g->number)
		return;
	print_source(out, g);
	buf_adds(out, ":");
	buf_putu(out, g->number);
}

/* ---- sets */

/* One UUID's (and tag's) runs as text. */
static int unpack_runs(struct cur *c, int has_tags, struct buf *text)
{
	const uint8_t *uuid = cur_bytes(c, 16);
	struct ev_gtid g = {0};
	uint64_t n, tag;

	if (has_tags) {
		tag = var_uint(c);
		if (tag > GTID_TAG_MAX || tag > cur_left(c))
			return cur_fail(c, "wrong tag of a GTID");
		memcpy(g.tag, cur_bytes(c, (size_t)tag), (size_t)tag);
	}
	n = cur_le64(c);
	if (c->err || n > cur_left(c) / 16)
		return cur_fail(c, "too short");
	memcpy(g.uuid, uuid, 16);
	buf_adds(text, text->len ? "," : "");
	print_source(text, &g);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t from = cur_le64(c), behind = cur_le64(c);

		if (!from || behind <= from || behind - 1 > NUMBER_MAX)
			return cur_fail(c, "wrong numbers of GTIDs");
		buf_printf(text, ":%llu-%llu", (unsigned long long)from, (unsigned long long)behind - 1);
	}
	if (!n)
		return cur_fail(c, "wrong numbers of GTIDs");
	return 0;
}

struct gtid_set *gtid_set_unpack(struct cur *c)
{
	uint64_t n = cur_le64(c);
	int has_tags = n >> 56 == 1;
	struct gtid_set *s = NULL;
	struct buf text = BUF_INIT;

	/* with tags: form, 6 bytes of number, form */
	if (has_tags)
		n = n << 8 >> 16;
	if (n > cur_left(c) / 24)
		(void)cur_fail(c, "too short");
	for (uint64_t i = 0; i < n && !c->err; i++)
		if (unpack_runs(c, has_tags, &text) < 0)
			break;
	if (!c->err && cur_left(c))
		(void)cur_fail(c, "longer than it should be");
	if (!c->err && !text.failed && !(s = gtid_set_parse(buf_str(&text), text.len)))
		(void)cur_fail(c, "wrong numbers of GTIDs");
	buf_release(&text);
	return s;
}

struct packing {
	struct buf *out;
	uint64_t entries;
	int has_tags;
	uint8_t uuid[16];
	char tag[GTID_TAG_MAX + 1];
	size_t count_at; /* where the number of runs of the present entry is */
	uint64_t runs;
};

static void put_le64(struct buf *b, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		(void)buf_add8(b, (uint8_t)(v >> 8 * i));
}

static void set_le64(struct buf *b, size_t at, uint64_t v)
{
	if (!b->failed)
		for (unsigned i = 0; i < 8; i++)
			b->p[at + i] = (uint8_t)(v >> 8 * i);
}

static void look_for_tag(void *arg, const uint8_t uuid[16], const char *tag, uint64_t from, uint64_t to)
{
	struct packing *k = arg;

	(void)uuid;
	(void)from;
	(void)to;
	k->has_tags |= *tag != 0;
}

static void pack_run(void *arg, const uint8_t uuid[16], const char *tag, uint64_t from, uint64_t to)
{
	struct packing *k = arg;

	if (!k->entries || memcmp(uuid, k->uuid, 16) != 0 || strcmp(tag, k->tag) != 0) {
		size_t n = strlen(tag);

		memcpy(k->uuid, uuid, 16);
		memcpy(k->tag, tag, n + 1);
		k->entries++;
		k->runs = 0;
		(void)buf_add(k->out, uuid, 16);
		if (k->has_tags) {
			(void)buf_add8(k->out, (uint8_t)(n << 1));
			(void)buf_add(k->out, tag, n);
		}
		k->count_at = k->out->len;
		put_le64(k->out, 0);
	}
	put_le64(k->out, from);
	put_le64(k->out, to + 1);
	set_le64(k->out, k->count_at, ++k->runs);
}

void gtid_set_pack(const struct gtid_set *s, struct buf *out)
{
	struct packing k = {.out = out};
	size_t head = out->len;

	gtid_set_each_mysql(s, look_for_tag, &k);
	put_le64(out, 0);
	gtid_set_each_mysql(s, pack_run, &k);
	set_le64(out, head, k.has_tags ? UINT64_C(1) << 56 | k.entries << 8 | 1 : k.entries);
}

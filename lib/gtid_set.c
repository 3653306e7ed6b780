#include "gtid_set.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One domain of a MariaDB set, in the order of domains. */
struct domain {
	uint32_t domain, server;
	uint64_t seq;
};

/* One run of a MySQL set: numbers of one UUID and tag, both ends in it. In the order of UUID, tag, number; never touching. */
struct range {
	uint8_t uuid[16];
	char tag[33];
	uint64_t from, to;
};

struct gtid_set {
	enum gtid_flavor flavor;
	struct domain *domains;
	struct range *ranges;
	size_t n, cap;
	/* a log's transactions come from one server mostly: the run that the last one joined, and its UUID as it was written */
	size_t last;
	char last_uuid[GTID_UUID_LEN];
	int has_last;
};

struct gtid_set *gtid_set_new(void)
{
	return calloc(1, sizeof(struct gtid_set));
}

void gtid_set_free(struct gtid_set *s)
{
	if (!s)
		return;
	free(s->domains);
	free(s->ranges);
	free(s);
}

enum gtid_flavor gtid_set_flavor(const struct gtid_set *s)
{
	return s->n ? s->flavor : GTID_NONE;
}

int gtid_set_is_empty(const struct gtid_set *s)
{
	return !s->n;
}

static int grow(void **list, size_t *cap, size_t n, size_t size)
{
	size_t want = *cap ? *cap * 2 : 4;
	void *p;

	if (n < *cap)
		return 0;
	p = realloc(*list, want * size);
	if (!p)
		return -1;
	*list = p;
	*cap = want;
	return 0;
}

static int add_domain(struct gtid_set *s, struct domain d)
{
	size_t i = 0;

	if (s->n && s->flavor != GTID_MARIADB) {
		errno = EINVAL;
		return -1;
	}
	while (i < s->n && s->domains[i].domain < d.domain)
		i++;
	if (i == s->n || s->domains[i].domain != d.domain) {
		void *p = s->domains;

		if (grow(&p, &s->cap, s->n, sizeof *s->domains) < 0)
			return -1;
		s->domains = p;
		memmove(&s->domains[i + 1], &s->domains[i], (s->n - i) * sizeof *s->domains);
		s->n++;
	}
	s->flavor = GTID_MARIADB;
	s->domains[i] = d;
	return 0;
}

static int range_cmp(const struct range *a, const struct range *b)
{
	int c = memcmp(a->uuid, b->uuid, 16);

	return c ? c : strcmp(a->tag, b->tag);
}

static int add_range(struct gtid_set *s, const struct range *r)
{
	struct range m = *r;
	size_t i = 0, j;

	if (s->n && s->flavor != GTID_MYSQL) {
		errno = EINVAL;
		return -1;
	}
	/* the common case: the next number of the last run of its UUID */
	while (i < s->n && (range_cmp(&s->ranges[i], &m) < 0 || (!range_cmp(&s->ranges[i], &m) && s->ranges[i].to < m.from - 1)))
		i++;
	for (j = i; j < s->n && !range_cmp(&s->ranges[j], &m) && s->ranges[j].from - 1 <= m.to; j++) {
		if (s->ranges[j].from < m.from)
			m.from = s->ranges[j].from;
		if (s->ranges[j].to > m.to)
			m.to = s->ranges[j].to;
	}
	if (i == j) {
		void *p = s->ranges;

		if (grow(&p, &s->cap, s->n, sizeof *s->ranges) < 0)
			return -1;
		s->ranges = p;
		memmove(&s->ranges[i + 1], &s->ranges[i], (s->n - i) * sizeof *s->ranges);
		s->n++;
	} else {
		memmove(&s->ranges[i + 1], &s->ranges[j], (s->n - j) * sizeof *s->ranges);
		s->n -= j - i - 1;
	}
	s->flavor = GTID_MYSQL;
	s->ranges[i] = m;
	s->last = i;
	s->has_last = 0;
	return 0;
}

/* ---- text */

size_t gtid_mariadb_text(char *o, uint32_t domain, uint32_t server, uint64_t seq)
{
	char *start = o;

	o += u64_digits(o, domain);
	*o++ = '-';
	o += u64_digits(o, server);
	*o++ = '-';
	o += u64_digits(o, seq);
	*o = 0;
	return (size_t)(o - start);
}

/* Four bytes, all their halves at once. */
static inline void eight_hex(char *o, const uint8_t p[4])
{
	uint64_t x = p[0] | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 32 | (uint64_t)p[3] << 48;

	x = (x >> 4 | x << 8) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	x += UINT64_C(0x3030303030303030) +
	     (((x + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101)) * ('a' - '0' - 10));
	x = htole64(x);
	memcpy(o, &x, 8);
}

void gtid_uuid_text(char *o, const uint8_t uuid[16])
{
	char text[32];

	for (int i = 0; i < 4; i++)
		eight_hex(text + 8 * i, uuid + 4 * i);
	memcpy(o, text, 8);
	o[8] = o[13] = o[18] = o[23] = '-';
	memcpy(o + 9, text + 8, 4);
	memcpy(o + 14, text + 12, 4);
	memcpy(o + 19, text + 16, 4);
	memcpy(o + 24, text + 20, 12);
}

struct text {
	const char *p, *end;
};

static void blanks(struct text *t)
{
	while (t->p < t->end && *t->p && strchr(" \t\r\n", *t->p))
		t->p++;
}

static int number(struct text *t, uint64_t max, uint64_t *out)
{
	const char *start = t->p;
	uint64_t v = 0;

	for (; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++) {
		unsigned digit = (unsigned)(*t->p - '0');

		if (v > (max - digit) / 10)
			return -1;
		v = v * 10 + digit;
	}
	*out = v;
	return t->p == start ? -1 : 0;
}

static int taken(struct text *t, char c)
{
	if (t->p == t->end || *t->p != c)
		return 0;
	t->p++;
	return 1;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int uuid_parse(struct text *t, uint8_t uuid[16])
{
	for (int i = 0; i < 16; i++) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && !taken(t, '-'))
			return -1;
		if (t->end - t->p < 2 || hex(t->p[0]) < 0 || hex(t->p[1]) < 0)
			return -1;
		uuid[i] = (uint8_t)(hex(t->p[0]) << 4 | hex(t->p[1]));
		t->p += 2;
	}
	return 0;
}

static int is_uuid(const struct text *t)
{
	struct text u = *t;
	uint8_t uuid[16];

	return !uuid_parse(&u, uuid);
}

static int domain_parse(struct text *t, struct domain *d)
{
	uint64_t a, b;

	if (number(t, UINT32_MAX, &a) < 0 || !taken(t, '-') || number(t, UINT32_MAX, &b) < 0 || !taken(t, '-') ||
	    number(t, UINT64_MAX, &d->seq) < 0)
		return -1;
	d->domain = (uint32_t)a;
	d->server = (uint32_t)b;
	return 0;
}

static int tag_parse(struct text *t, char tag[33])
{
	size_t n = 0;

	for (; t->p < t->end && n < 32; t->p++) {
		char c = *t->p;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!((c >= 'a' && c <= 'z') || c == '_' || (n && c >= '0' && c <= '9')))
			break;
		tag[n++] = c;
	}
	tag[n] = 0;
	return n ? 0 : -1;
}

/* UUID[:TAG]:N[-M][:...]; each run goes to s. With one set, only a single GTID is taken. */
static int ranges_parse(struct gtid_set *s, struct text *t, struct range *one)
{
	struct range r = {.tag = ""};
	int runs = 0;

	if (uuid_parse(t, r.uuid) < 0)
		return -1;
	for (;;) {
		blanks(t);
		if (!taken(t, ':'))
			break;
		blanks(t);
		if (t->p < t->end && !(*t->p >= '0' && *t->p <= '9')) {
			if (tag_parse(t, r.tag) < 0)
				return -1;
			continue;
		}
		/* the greatest number is 2^63 - 2 */
		if (number(t, INT64_MAX - 1, &r.from) < 0 || !r.from)
			return -1;
		r.to = r.from;
		if (taken(t, '-') && number(t, INT64_MAX - 1, &r.to) < 0)
			return -1;
		runs++;
		if (one) {
			*one = r;
			return r.from == r.to && t->p == t->end ? 0 : -1;
		}
		if (r.to >= r.from && add_range(s, &r) < 0)
			return -1;
	}
	return runs ? 0 : -1;
}

struct gtid_set *gtid_set_parse(const char *z, size_t n)
{
	struct gtid_set *s = gtid_set_new();
	struct text t = {z, z + n};
	struct domain d;

	if (!s)
		return NULL;
	errno = EINVAL;
	for (blanks(&t); t.p < t.end; blanks(&t)) {
		if (is_uuid(&t)) {
			if (ranges_parse(s, &t, NULL) < 0)
				goto fail;
		} else if (domain_parse(&t, &d) < 0 || add_domain(s, d) < 0)
			goto fail;
		blanks(&t);
		if (t.p < t.end && !taken(&t, ','))
			goto fail;
	}
	return s;
fail:
	if (errno != ENOMEM)
		errno = EINVAL;
	gtid_set_free(s);
	return NULL;
}

struct gtid_set *gtid_set_copy(const struct gtid_set *s)
{
	struct gtid_set *c = gtid_set_new();

	if (!c || !s->n)
		return c;
	c->flavor = s->flavor;
	if (s->flavor == GTID_MARIADB) {
		c->domains = malloc(s->n * sizeof *s->domains);
		if (!c->domains)
			goto fail;
		memcpy(c->domains, s->domains, s->n * sizeof *s->domains);
	} else {
		c->ranges = malloc(s->n * sizeof *s->ranges);
		if (!c->ranges)
			goto fail;
		memcpy(c->ranges, s->ranges, s->n * sizeof *s->ranges);
	}
	c->n = c->cap = s->n;
	return c;
fail:
	free(c);
	return NULL;
}

void gtid_set_print(const struct gtid_set *s, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->flavor == GTID_MARIADB) {
			const struct domain *d = &s->domains[i];

			char text[GTID_MARIADB_MAX + 1];

			buf_adds(out, i ? "," : "");
			(void)buf_add(out, text, gtid_mariadb_text(text, d->domain, d->server, d->seq));
		} else {
			const struct range *r = &s->ranges[i], *last = i ? r - 1 : NULL;
			char uuid[GTID_UUID_LEN];

			if (!last || memcmp(last->uuid, r->uuid, 16) != 0) {
				buf_adds(out, i ? "," : "");
				gtid_uuid_text(uuid, r->uuid);
				(void)buf_add(out, uuid, sizeof uuid);
				last = NULL;
			}
			if (*r->tag && (!last || strcmp(last->tag, r->tag) != 0))
				buf_printf(out, ":%s", r->tag);
			buf_adds(out, ":");
			buf_putu(out, r->from);
			if (r->to > r->from) {
				buf_adds(out, "-");
				buf_putu(out, r->to);
			}
		}
	}
}

/* Of one GTID, which is all there is of the text, the colon tells. */
static int is_mysql(const char *gtid, size_t n)
{
	return memchr(gtid, ':', n) != NULL;
}

/* The next number of the last one's run joins it without a look at the others. 0: it is something else. */
static int joins_last(struct gtid_set *s, const char *gtid, size_t n)
{
	struct text t = {gtid + GTID_UUID_LEN, gtid + n};
	struct range *r;
	uint64_t v;

	if (!s->has_last || n <= GTID_UUID_LEN || memcmp(gtid, s->last_uuid, GTID_UUID_LEN) != 0 || !taken(&t, ':') ||
	    number(&t, INT64_MAX - 1, &v) < 0 || t.p < t.end)
		return 0;
	r = &s->ranges[s->last];
	if (v != r->to + 1 || (s->last + 1 < s->n && !range_cmp(r, r + 1) && r[1].from <= v + 1))
		return 0;
	r->to = v;
	return 1;
}

static int add_mysql(struct gtid_set *s, const char *gtid, size_t n)
{
	struct text t = {gtid, gtid + n};
	struct range r;

	if (joins_last(s, gtid, n))
		return 0;
	if (ranges_parse(NULL, &t, &r) < 0 || add_range(s, &r) < 0)
		return -1;
	s->has_last = !*r.tag;
	memcpy(s->last_uuid, gtid, GTID_UUID_LEN);
	return 0;
}

int gtid_set_add(struct gtid_set *s, const char *gtid, size_t n)
{
	struct text t = {gtid, gtid + n};
	struct domain d;

	if (is_mysql(gtid, n))
		return add_mysql(s, gtid, n);
	return domain_parse(&t, &d) < 0 || t.p < t.end ? -1 : add_domain(s, d);
}

static int has_range(const struct gtid_set *s, const struct range *r)
{
	for (size_t i = 0; i < s->n; i++)
		if (!range_cmp(&s->ranges[i], r) && s->ranges[i].from <= r->from && s->ranges[i].to >= r->to)
			return 1;
	return 0;
}

static int has_domain(const struct gtid_set *s, const struct domain *d)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->domains[i].domain == d->domain)
			return s->domains[i].seq >= d->seq;
	return 0;
}

int gtid_set_has(const struct gtid_set *s, const char *gtid, size_t n)
{
	struct text t = {gtid, gtid + n};
	struct domain d;
	struct range r;

	if (is_uuid(&t)) {
		if (ranges_parse(NULL, &t, &r) < 0)
			return -1;
		return s->n && s->flavor == GTID_MYSQL && has_range(s, &r);
	}
	if (domain_parse(&t, &d) < 0 || t.p < t.end)
		return -1;
	return s->n && s->flavor == GTID_MARIADB && has_domain(s, &d);
}

int gtid_set_leave(struct gtid_set *s, const char *gtid, size_t n)
{
	struct text t = {gtid, gtid + n};
	struct domain d;
	size_t i = 0;
	int past;

	if (!s->n || s->flavor != GTID_MARIADB || is_uuid(&t))
		return gtid_set_has(s, gtid, n);
	if (domain_parse(&t, &d) < 0 || t.p < t.end)
		return -1;
	while (i < s->n && s->domains[i].domain != d.domain)
		i++;
	if (i == s->n)
		return 0;
	past = d.seq > s->domains[i].seq;
	if (d.server != s->domains[i].server)
		return 1 + past;
	if (d.seq >= s->domains[i].seq)
		memmove(&s->domains[i], &s->domains[i + 1], (--s->n - i) * sizeof *s->domains);
	return !past;
}

int gtid_set_covers(const struct gtid_set *a, const struct gtid_set *b)
{
	if (!b->n)
		return 1;
	if (!a->n || a->flavor != b->flavor)
		return 0;
	for (size_t i = 0; i < b->n; i++)
		if (b->flavor == GTID_MARIADB ? !has_domain(a, &b->domains[i]) : !has_range(a, &b->ranges[i]))
			return 0;
	return 1;
}

void gtid_set_each_mariadb(
    const struct gtid_set *s, void (*on_gtid)(void *, uint32_t domain, uint32_t server, uint64_t seq), void *arg)
{
	for (size_t i = 0; i < s->n && s->flavor == GTID_MARIADB; i++)
		on_gtid(arg, s->domains[i].domain, s->domains[i].server, s->domains[i].seq);
}

void gtid_set_each_mysql(const struct gtid_set *s,
    void (*on_range)(void *, const uint8_t uuid[16], const char *tag, uint64_t from, uint64_t to), void *arg)
{
	for (size_t i = 0; i < s->n && s->flavor == GTID_MYSQL; i++)
		on_range(arg, s->ranges[i].uuid, s->ranges[i].tag, s->ranges[i].from, s->ranges[i].to);
}

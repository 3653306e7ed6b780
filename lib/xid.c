#include "xid.h"

#include <string.h>
#include <strings.h>

static void put_hex(struct buf *out, const uint8_t *p, size_t n)
{
	buf_adds(out, "X'");
	buf_hex(out, p, n);
	buf_adds(out, "'");
}

void xid_print(struct buf *out, const void *gtrid, size_t ngtrid, const void *bqual, size_t nbqual, uint32_t format)
{
	put_hex(out, gtrid, ngtrid);
	buf_add8(out, ',');
	put_hex(out, bqual, nbqual);
	buf_printf(out, ",%lu", (unsigned long)format);
}

/* ---- reading */

struct text {
	const char *p, *end;
};

static int take(struct text *t, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(t->end - t->p) < n || strncasecmp(t->p, word, n) != 0)
		return 0;
	t->p += n;
	return 1;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* X'hex', at most XID_PART_MAX bytes of it. */
static int take_part(struct text *t, uint8_t *part, size_t *n)
{
	*n = 0;
	if (!take(t, "X'"))
		return 0;
	while (t->end - t->p >= 2 && *t->p != '\'') {
		int hi = nibble(t->p[0]), lo = nibble(t->p[1]);

		if (hi < 0 || lo < 0 || *n == XID_PART_MAX)
			return 0;
		part[(*n)++] = (uint8_t)(hi << 4 | lo);
		t->p += 2;
	}
	return take(t, "'");
}

/* The servers keep 4 bytes of it; one that is written below zero is the same number. */
static int take_format(struct text *t, uint32_t *format)
{
	int negative = take(t, "-");
	const char *from = t->p;
	uint64_t v = 0;

	for (; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++) {
		if (t->p - from == 19)
			return 0;
		v = v * 10 + (uint64_t)(*t->p - '0');
	}
	*format = (uint32_t)(negative ? 0 - v : v);
	return t->p > from;
}

static int take_xid(struct text *t, struct buf *out)
{
	uint8_t gtrid[XID_PART_MAX], bqual[XID_PART_MAX];
	size_t ngtrid, nbqual;
	uint32_t format;

	if (!take_part(t, gtrid, &ngtrid) || !take(t, ",") || !take_part(t, bqual, &nbqual) || !take(t, ",") ||
	    !take_format(t, &format))
		return 0;
	xid_print(out, gtrid, ngtrid, bqual, nbqual, format);
	return 1;
}

/* X' and hex digits in lower case and ', as much as there is of it. */
static const char *skip_part(const char *p, const char *end)
{
	const char *from;

	if (end - p < 3 || p[0] != 'X' || p[1] != '\'')
		return NULL;
	for (from = p += 2; p < end && *p != '\''; p++)
		if (nibble(*p) < 0 || (*p >= 'A' && *p <= 'F'))
			return NULL;
	return p < end && (p - from) % 2 == 0 && p - from <= 2 * XID_PART_MAX ? p + 1 : NULL;
}

int xid_is_canonical(const char *p, size_t n)
{
	const char *end = p + n, *from;
	uint64_t v = 0;

	if (!(p = skip_part(p, end)) || p == end || *p++ != ',' || !(p = skip_part(p, end)) || p == end || *p++ != ',')
		return 0;
	for (from = p; p < end; p++) {
		if (*p < '0' || *p > '9' || p - from == 10)
			return 0;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	return p > from && v <= UINT32_MAX && (*from != '0' || p - from == 1);
}

int xid_of_statement(const char *sql, size_t n, enum xid_verb *verb, int *one_phase, struct buf *out)
{
	static const struct {
		const char *word;
		enum xid_verb verb;
	} verbs[] = {{"XA START ", XID_START}, {"XA END ", XID_END}, {"XA PREPARE ", XID_PREPARE}, {"XA COMMIT ", XID_COMMIT},
	    {"XA ROLLBACK ", XID_ROLLBACK}};
	struct text t = {sql, sql + n};
	size_t i = 0;

	while (i < sizeof verbs / sizeof *verbs && !take(&t, verbs[i].word))
		i++;
	if (i == sizeof verbs / sizeof *verbs || !take_xid(&t, out))
		return -1;
	*verb = verbs[i].verb;
	*one_phase = take(&t, " ONE PHASE");
	return t.p == t.end ? 0 : -1;
}

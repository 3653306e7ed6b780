/*
 * Positions, GTIDs, sets of them, names of XA transactions: as text and in the
 * packed forms of the log. The first byte says which.
 *
 * Held: what was read, printed and read again is the same; a set covers itself
 * and has what is added to it.
 */
#include <stdlib.h>
#include <string.h>

#include "binlog/gtid.h"
#include "check.h"
#include "pos.h"
#include "xid.h"

static int same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->p, b->p, a->len));
}

static void check_set(const struct gtid_set *s)
{
	struct buf text = BUF_INIT, again = BUF_INIT, packed = BUF_INIT;
	struct gtid_set *other;
	struct cur c;

	gtid_set_print(s, &text);
	CHECK(!text.failed);
	other = gtid_set_parse(buf_str(&text), text.len);
	CHECK(other && gtid_set_covers(s, other) && gtid_set_covers(other, s));
	gtid_set_print(other, &again);
	CHECK(same(&text, &again));
	gtid_set_free(other);
	CHECK((other = gtid_set_copy(s)) && gtid_set_covers(other, s));
	gtid_set_free(other);
	if (gtid_set_flavor(s) == GTID_MYSQL) {
		gtid_set_pack(s, &packed);
		cur_init(&c, packed.p, packed.len);
		CHECK((other = gtid_set_unpack(&c)));
		buf_reset(&again);
		gtid_set_print(other, &again);
		CHECK(same(&text, &again));
		gtid_set_free(other);
	}
	buf_release(&text);
	buf_release(&again);
	buf_release(&packed);
}

static void fuzz_set(const char *s, size_t n)
{
	struct gtid_set *set = gtid_set_parse(s, n);

	if (set)
		check_set(set);
	gtid_set_free(set);
}

/* a set, a line end, another; then each GTID of a line is added */
static void fuzz_add(const char *s, size_t n)
{
	struct gtid_set *set = gtid_set_new();

	while (n) {
		const char *end = memchr(s, '\n', n);
		size_t len = end ? (size_t)(end - s) : n;

		if (gtid_set_add(set, s, len) == 0)
			CHECK(gtid_set_has(set, s, len) == 1);
		else
			(void)gtid_set_has(set, s, len);
		s += len + (end != NULL);
		n -= len + (end != NULL);
	}
	check_set(set);
	gtid_set_free(set);
}

static void fuzz_pos(const char *s)
{
	struct pos p, q;
	struct buf text = BUF_INIT, again = BUF_INIT;
	const char *why = NULL;

	if (pos_parse(&p, s, &why) < 0) {
		CHECK(why);
	} else {
		pos_print(&p, &text);
		CHECK(pos_parse(&q, buf_str(&text), &why) == 0);
		pos_print(&q, &again);
		CHECK(same(&text, &again) && p.kind == q.kind);
		pos_release(&q);
	}
	pos_release(&p);
	buf_release(&text);
	buf_release(&again);
}

static void fuzz_packed(const uint8_t *p, size_t n)
{
	struct gtid_set *set;
	struct ev_gtid g;
	struct buf text = BUF_INIT;
	struct cur c;

	cur_init(&c, p, n);
	set = gtid_set_unpack(&c);
	CHECK(set || c.err);
	if (set)
		check_set(set);
	gtid_set_free(set);
	cur_init(&c, p, n);
	if (read_gtid_tagged(&c, &g) == 0) {
		gtid_print(&g, &text);
		if (text.len) {
			set = gtid_set_new();
			CHECK(gtid_set_add(set, buf_str(&text), text.len) == 0);
			check_set(set);
			gtid_set_free(set);
		}
	}
	buf_release(&text);
}

static void fuzz_xid(const char *s, size_t n)
{
	enum xid_verb verb;
	int one_phase;
	struct buf xid = BUF_INIT;

	if (xid_of_statement(s, n, &verb, &one_phase, &xid) == 0)
		CHECK(xid_is_canonical((char *)xid.p, xid.len) && xid.len <= XID_TEXT_MAX);
	(void)xid_is_canonical(s, n);
	buf_release(&xid);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text;
	int comparable;

	if (!n)
		return 0;
	text = malloc(n);
	if (!text)
		abort();
	memcpy(text, p + 1, n - 1);
	text[n - 1] = 0;
	switch (p[0] % 6) {
	case 0:
		fuzz_set(text, n - 1);
		break;
	case 1:
		fuzz_add(text, n - 1);
		break;
	case 2:
		fuzz_pos(text);
		break;
	case 3:
		fuzz_packed((uint8_t *)text, n - 1);
		break;
	case 4:
		fuzz_xid(text, n - 1);
		break;
	default:
		(void)log_name_cmp(text, text + strlen(text) / 2, &comparable);
		CHECK(log_name_cmp(text, text, &comparable) == 0);
	}
	free(text);
	return 0;
}

/*
 * Logs that claim to be large: lengths and counts that cannot be, compressed data that becomes a thousand times as much,
 * definitions without end. Each is refused before memory is taken for it, or held to what it really brings. The process may
 * have 256 MiB, and must never need all of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <zlib.h>
#include <zstd.h>

#include "binlog/binlog.h"

#define MEMORY_MAX (256u << 20)
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#define HAS_ASAN __has_feature(address_sanitizer)
#else
#define HAS_ASAN 0
#endif

static int count, failures;

static void ok(int good, const char *what, const char *more)
{
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
	if (!good && more)
		printf("# %s\n", more);
}

/* ---- bytes */

static void put(struct buf *b, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		(void)buf_add8(b, i < 8 ? (uint8_t)(v >> 8 * i) : 0);
}

static void put_packed(struct buf *b, uint64_t v)
{
	put(b, 254, 1);
	put(b, v, 8);
}

static void fill(struct buf *b, uint8_t byte, size_t n)
{
	if (buf_room(b, n) < 0)
		abort();
	memset(b->p + b->len, byte, n);
	b->len += n;
}

/* Describes a log without checksums. */
static void put_format(struct buf *b, const char *server)
{
	size_t at = b->len;
	uLong crc;

	put(b, 0, 4);
	put(b, EV_FORMAT, 1);
	put(b, 1, 4);
	put(b, 0, 10);
	put(b, 4, 2);
	fill(b, 0, 50);
	memcpy(b->p + at + EVENT_HEAD + 2, server, strlen(server));
	put(b, 0, 4);
	put(b, EVENT_HEAD, 1);
	fill(b, 0, 171);
	b->p[b->len - 171 + EV_QUERY - 1] = 13;
	b->p[b->len - 171 + EV_TABLE_MAP - 1] = 8;
	b->p[b->len - 171 + EV_QUERY_COMPRESSED - 1] = 13;
	put(b, 0, 1);
	for (unsigned i = 0, n = (unsigned)(b->len - at + 4); i < 4; i++)
		b->p[at + 9 + i] = (uint8_t)(n >> 8 * i);
	crc = crc32_z(0, b->p + at, b->len - at);
	put(b, crc, 4);
}

/* ---- the decoder */

struct log {
	struct binlog b;
	struct buf out, event;
	enum binlog_result result;
	size_t most; /* bytes of output at once */
};

static int on_group(void *arg, const struct rec_begin *b)
{
	(void)arg;
	(void)b;
	return BINLOG_TAKE;
}

static int wants(void *arg, const char *db, size_t ndb, const char *name, size_t nname)
{
	(void)arg;
	(void)db;
	(void)ndb;
	(void)name;
	(void)nname;
	return 1;
}

static int define(void *arg, const struct tmap *m, struct tmap_col *cols, struct table **t)
{
	(void)arg;
	(void)m;
	(void)cols;
	*t = NULL;
	return 0;
}

static int on_output(void *arg)
{
	struct log *l = arg;

	l->most = l->out.len > l->most ? l->out.len : l->most;
	buf_reset(&l->out);
	return 0;
}

static const struct binlog_calls calls = {on_group, wants, define, on_output};

static void take(struct log *l, unsigned type, const struct buf *body)
{
	if (l->result != BINLOG_OK)
		return;
	buf_reset(&l->event);
	put(&l->event, 0, 4);
	put(&l->event, type, 1);
	put(&l->event, 1, 4);
	put(&l->event, EVENT_HEAD + body->len, 4);
	put(&l->event, 0, 6);
	(void)buf_add(&l->event, body->p, body->len);
	l->result = binlog_event(&l->b, l->event.p, l->event.len);
}

/* A log whose first transaction has begun. */
static void start(struct log *l, int mysql)
{
	struct buf b = BUF_INIT;

	memset(l, 0, sizeof *l);
	if (binlog_init(&l->b, &calls, l, &l->out) < 0)
		abort();
	binlog_seek(&l->b, "log.000001", LOG_MAGIC_LEN);
	put_format(&b, mysql ? "9.7.0" : "11.8.0-MariaDB");
	l->result = binlog_event(&l->b, b.p, b.len);
	buf_reset(&b);
	if (mysql) {
		fill(&b, 1, 17);
		put(&b, 1, 8);
	} else {
		put(&b, 1, 8);
		fill(&b, 0, 11);
	}
	take(l, mysql ? EV_GTID : EV_MARIA_GTID, &b);
	if (l->result != BINLOG_OK)
		abort();
	buf_release(&b);
}

/* Bytes of output that were there at once. */
static size_t most(const struct log *l)
{
	return l->out.len > l->most ? l->out.len : l->most;
}

static void end(struct log *l)
{
	binlog_release(&l->b);
	buf_release(&l->out);
	buf_release(&l->event);
}

/* One event, which must be found to be damaged; `body` is emptied. */
static void refused(const char *what, int mysql, unsigned type, struct buf *body)
{
	struct log l;

	start(&l, mysql);
	take(&l, type, body);
	ok(l.result == BINLOG_FAILED && l.b.fail == BINLOG_FAIL_DAMAGED, what, buf_str(&l.b.why));
	end(&l);
	buf_reset(body);
}

/* ---- what they claim */

static void put_map_head(struct buf *b, unsigned number)
{
	char name[32];
	int n = snprintf(name, sizeof name, "t%u", number);

	put(b, number, 6);
	put(b, 1, 2);
	(void)buf_add(b, "\1d", 3);
	put(b, (unsigned)n, 1);
	(void)buf_add(b, name, (size_t)n + 1);
}

static void test_counts(void)
{
	struct buf b = BUF_INIT;

	put(&b, 0xfffffff, 4);
	refused("a GTID_LIST of 2^28 entries in 4 bytes", 0, EV_MARIA_GTID_LIST, &b);
	put(&b, UINT64_MAX >> 8, 8);
	refused("PREVIOUS_GTIDS of 2^56 UUIDs", 1, EV_PREVIOUS_GTIDS, &b);
	put(&b, UINT64_MAX >> 8 | UINT64_C(1) << 56, 8);
	refused("the same with tags", 1, EV_PREVIOUS_GTIDS, &b);
	put(&b, 1, 8);
	fill(&b, 7, 16);
	put(&b, UINT64_MAX, 8);
	refused("a UUID of 2^64 runs", 1, EV_PREVIOUS_GTIDS, &b);
	put_map_head(&b, 1);
	put(&b, 252, 1);
	put(&b, 4097, 2);
	fill(&b, LT_LONG, 4097);
	put(&b, 0, 1);
	fill(&b, 0, 513);
	refused("a table of 4097 columns", 0, EV_TABLE_MAP, &b);
	put_map_head(&b, 1);
	put_packed(&b, UINT64_MAX);
	refused("of 2^64", 0, EV_TABLE_MAP, &b);
	put_map_head(&b, 1);
	put(&b, 1 + (LT_LONG << 8), 2);
	put_packed(&b, UINT64_MAX);
	refused("metadata of 2^64 bytes", 0, EV_TABLE_MAP, &b);
	put_map_head(&b, 1);
	put(&b, 1 + (LT_STRING << 8) + (2u << 16), 3);
	put(&b, LT_ENUM | 1 << 8, 2);
	put(&b, 0, 1);
	put(&b, 6, 1); /* ENUM's labels */
	put(&b, 9, 1);
	put_packed(&b, UINT64_MAX);
	refused("an enum of 2^64 labels", 0, EV_TABLE_MAP, &b);
	put(&b, 1, 8);
	put(&b, 0xffff, 2);
	refused("rows with 64 KiB of extra data in no bytes", 1, EV_WRITE_V2, &b);
	buf_release(&b);
}

static void test_compressed(void)
{
	struct buf b = BUF_INIT, z = BUF_INIT;
	uLongf n = 70000;
	uint8_t *zeros = calloc(1, 64u << 20);

	fill(&b, 0, 13);
	put(&b, 0, 1);
	put(&b, 0x84, 1);
	put(&b, 0xffffffff, 4);
	fill(&b, 0, 100);
	refused("a compressed statement that would be 4 GiB", 0, EV_QUERY_COMPRESSED, &b);
	fill(&b, 0, 13);
	put(&b, 0, 1);
	put(&b, 0x84, 1);
	put(&b, 0x40, 4); /* big-endian: 1 GiB */
	fill(&b, 0, 100);
	refused("1 GiB in 100 bytes, of which zlib makes 100 KiB at most", 0, EV_QUERY_COMPRESSED, &b);
	fill(&b, 0, 13);
	put(&b, 0, 1);
	put(&b, 0x84, 1);
	put(&b, 0x10, 4); /* 256 bytes */
	if (!zeros || buf_room(&z, n) < 0 || compress2(z.p, &n, zeros, 64u << 20, 9) != Z_OK)
		abort();
	(void)buf_add(&b, z.p, n);
	refused("64 MiB where there should be less", 0, EV_QUERY_COMPRESSED, &b);
	free(zeros);
	buf_release(&b);
	buf_release(&z);
}

static void put_payload_head(struct buf *b, uint64_t plain, uint64_t size)
{
	put(b, 2 + (1u << 8), 3); /* zstd */
	put(b, 3 + (9u << 8), 2);
	put_packed(b, plain);
	put(b, 1 + (9u << 8), 2);
	put_packed(b, size);
	put(b, 0, 1);
}

/* zstd's own format: a frame whose blocks each say "128 KiB of this byte"; behind the head of an event that says it is all. */
static void put_bomb(struct buf *b, uint32_t blocks, uint8_t window, const uint8_t head[EVENT_HEAD])
{
	put(b, 0xfd2fb528, 4);
	put(b, 0, 1); /* no content size, no checksum, a window */
	put(b, window, 1);
	put(b, EVENT_HEAD << 3, 3); /* a block of bytes as they are */
	(void)buf_add(b, head, EVENT_HEAD);
	for (uint32_t i = 0; i < blocks; i++) {
		put(b, (128u << 10) << 3 | 1 << 1 | (i + 1 == blocks), 3);
		put(b, 0, 1);
	}
}

static void test_payloads(void)
{
	struct buf b = BUF_INIT, z = BUF_INIT;
	uint64_t plain = EVENT_HEAD + UINT64_C(4096) * (128u << 10);
	uint8_t head[EVENT_HEAD] = {0, 0, 0, 0, EV_ROWS_QUERY};
	struct log l;

	put_payload_head(&b, UINT64_MAX - 1, 4);
	put(&b, 0xfd2fb528, 4);
	refused("a payload that says it holds 2^64 bytes", 1, EV_TRANSACTION_PAYLOAD, &b);
	put_bomb(&z, 1, 0x38, head); /* 128 KiB */
	put_payload_head(&b, UINT64_C(1) << 40, z.len);
	(void)buf_add(&b, z.p, z.len);
	refused("one of a terabyte in 30 bytes", 1, EV_TRANSACTION_PAYLOAD, &b);
	buf_reset(&z);
	put_bomb(&z, 1, 0xff, head);
	put_payload_head(&b, 1000, z.len);
	(void)buf_add(&b, z.p, z.len);
	refused("one that wants a window of terabytes", 1, EV_TRANSACTION_PAYLOAD, &b);
	for (int i = 0; i < 4; i++)
		head[9 + i] = 0xff;
	buf_reset(&z);
	put_bomb(&z, 4096, 0x38, head);
	put_payload_head(&b, plain, z.len);
	(void)buf_add(&b, z.p, z.len);
	refused("an event in it of 4 GiB", 1, EV_TRANSACTION_PAYLOAD, &b);
	/* an event may be as large as its payload says: this one does not fit the process, and that is what is said */
	for (int i = 0; i < 4; i++)
		head[9 + i] = (uint8_t)(plain >> 8 * i);
	buf_reset(&z);
	put_bomb(&z, 4096, 0x38, head);
	put_payload_head(&b, plain, z.len);
	(void)buf_add(&b, z.p, z.len);
	start(&l, 1);
	take(&l, EV_TRANSACTION_PAYLOAD, &b);
	ok(l.result == BINLOG_FAILED && l.b.fail == BINLOG_FAIL_MEMORY, "one of 512 MiB: there is no memory for it",
	    buf_str(&l.b.why));
	end(&l);
	/* many small ones pass, a piece at a time */
	buf_reset(&z);
	for (int i = 0; i < 4; i++)
		head[9 + i] = 0;
	buf_reset(&b);
	put_bomb(&z, 4096, 0x38, head);
	put_payload_head(&b, plain, z.len);
	(void)buf_add(&b, z.p, z.len);
	refused("512 MiB of events without a length", 1, EV_TRANSACTION_PAYLOAD, &b);
	buf_release(&b);
	buf_release(&z);
}

/* Definitions of 4096 columns, one for each statement of a transaction that does not end; then without statements. */
static void test_definitions(int with_rows)
{
	struct buf b = BUF_INIT;
	struct log l;
	unsigned i = 0;

	start(&l, 0);
	for (; i < 3000 && l.result == BINLOG_OK; i++) {
		buf_reset(&b);
		put_map_head(&b, i);
		put(&b, 252, 1);
		put(&b, 4096, 2);
		fill(&b, LT_LONG, 4096);
		put(&b, 0, 1);
		fill(&b, 0xff, 512);
		put(&b, 4, 1); /* names */
		put(&b, 252, 1);
		put(&b, 2 * 4096, 2);
		for (unsigned c = 0; c < 4096; c++)
			put(&b, 1 + ('c' << 8), 2);
		put(&b, 1, 1); /* signs */
		put(&b, 252, 1);
		put(&b, 512, 2);
		fill(&b, 0, 512);
		take(&l, EV_TABLE_MAP, &b);
		if (!with_rows)
			continue;
		buf_reset(&b);
		put(&b, i, 6);
		put(&b, 1, 2);
		put(&b, 252, 1);
		put(&b, 4096, 2);
		fill(&b, 0xff, 512);
		fill(&b, 0xff, 512);
		take(&l, EV_WRITE_V1, &b);
	}
	if (with_rows)
		ok(l.result == BINLOG_OK && i == 3000, "3000 tables of 4096 columns in one transaction", buf_str(&l.b.why));
	else
		ok(l.result == BINLOG_FAILED && l.b.fail == BINLOG_FAIL_REFUSED, "in one statement", buf_str(&l.b.why));
	ok(most(&l) < 4u << 20, "with little output at once", NULL);
	end(&l);
	buf_release(&b);
}

/* A transaction of 100,000 statements, by turns about two tables: no frame of it is ever full. */
static void test_small_statements(void)
{
	struct buf map[2] = {BUF_INIT, BUF_INIT}, row = BUF_INIT, note = BUF_INIT;
	struct log l;

	start(&l, 0);
	l.b.with_notes = 1;
	buf_adds(&note, "INSERT INTO t VALUES (1) /* and so on */");
	for (unsigned i = 0; i < 2; i++) {
		put_map_head(&map[i], i);
		put(&map[i], 1 + (LT_LONG << 8), 3); /* no metadata */
		put(&map[i], 1, 1);
		put(&map[i], 4 + (2u << 8) + (1u << 16) + ('i' << 24), 4);
	}
	for (unsigned i = 0; i < 100000; i++) {
		take(&l, EV_ANNOTATE_ROWS, &note);
		take(&l, EV_TABLE_MAP, &map[i & 1]);
		buf_reset(&row);
		put(&row, i & 1, 6);
		put(&row, 1, 2);
		put(&row, 1 + (0xffu << 8), 3);
		put(&row, i, 4);
		take(&l, EV_WRITE_V1, &row);
	}
	ok(l.result == BINLOG_OK && l.b.group_rows == 100000, "100,000 statements, by turns about two tables", buf_str(&l.b.why));
	ok(most(&l) < 1u << 20, "are handed on while they come", NULL);
	end(&l);
	buf_release(&map[0]);
	buf_release(&map[1]);
	buf_release(&row);
	buf_release(&note);
}

static void test_json(void)
{
	struct buf b = BUF_INIT;
	struct log l;

	start(&l, 1);
	put_map_head(&b, 1);
	put(&b, 1 + (LT_JSON << 8) + (1u << 16) + (4u << 24), 4);
	put(&b, 1, 1);
	put(&b, 4 + (2u << 8) + (1u << 16) + ('j' << 24), 4);
	take(&l, EV_TABLE_MAP, &b);
	buf_reset(&b);
	put(&b, 1, 6);
	put(&b, 1, 2);
	put(&b, 2, 2);
	put(&b, 1 + (0xffu << 8), 2);
	put(&b, 0, 1);
	put(&b, 1 + 8, 4);
	put(&b, 3, 1); /* a large array */
	put(&b, UINT32_MAX, 4);
	put(&b, UINT32_MAX, 4);
	take(&l, EV_WRITE_V2, &b);
	ok(l.result == BINLOG_FAILED && l.b.fail == BINLOG_FAIL_DAMAGED, "a JSON array of 2^32 elements in 9 bytes",
	    buf_str(&l.b.why));
	end(&l);
	buf_release(&b);
}

int main(void)
{
	struct rlimit limit = {MEMORY_MAX, MEMORY_MAX};

	if (!HAS_ASAN) /* which takes more than any program has, and limits each piece by itself */
		(void)setrlimit(RLIMIT_AS, &limit);
	test_counts();
	test_compressed();
	test_payloads();
	test_definitions(1);
	test_definitions(0);
	test_small_statements();
	test_json();
	printf("1..%d\n", count);
	return failures != 0;
}

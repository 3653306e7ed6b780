/*
 * A log of a server, damaged in every place, through the whole of binlog-tap but
 * its options: the files' reader, the decoder, the exit code, what is said. In one
 * process, because there are hundreds of thousands of cases.
 *
 *   damage LOG closed    the log as it is, with a checksum in each event
 *   damage LOG open      the same, marked as being in use
 *   damage LOG plain     the same, without checksums
 *                  [N]   every Nth case only
 *
 * Every cut and every flipped bit. Prints what went wrong, a line a kind, and at
 * the end how many cases there were. What is right:
 *   - nothing that comes out differs from what comes of the whole log: it is all of that, or its beginning;
 *   - with 0 it is all; or the log was cut between two transactions (closed: with a warning), or is in use and was cut anywhere
 *     behind its FORMAT event;
 *   - else 102 and one line of error.
 * Without checksums damage may pass, but what comes out is a stream that a reader takes, in bounded memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <zlib.h>

#include "../../src/binlog-tap/tap.h"
#include "../fuzz/check.h"

#define LIMIT_S 30
#define MEMORY_MAX (512u << 20)
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#define HAS_ASAN __has_feature(address_sanitizer)
#else
#define HAS_ASAN 0
#endif

struct result {
	int code;
	struct buf out; /* without HELLO and END */
	struct buf err;
	unsigned errors, warnings;
};

static int log_fd, out_fd, err_fd, real_err;

static int memory(const char *name)
{
	int fd = memfd_create(name, 0);

	if (fd < 0)
		abort();
	return fd;
}

static void read_back(int fd, struct buf *b)
{
	off_t n = lseek(fd, 0, SEEK_END);

	buf_reset(b);
	if (n < 0 || buf_room(b, (size_t)n + 1) < 0 || pread(fd, b->p, (size_t)n, 0) != n)
		abort();
	b->len = (size_t)n;
	b->p[n] = 0;
}

static unsigned times(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

/* What is in the stream between HELLO, which has the time of day, and END. */
static void trim(const struct buf *all, struct buf *out)
{
	struct reader in;
	struct frame f;
	const char *why;

	reader_init(&in, -1);
	(void)buf_add(&in.b, all->p, all->len);
	buf_reset(out);
	while (frame_read(&in, &f, &why) == FRAME_OK)
		if (f.kind != FRAME_HELLO && f.kind != FRAME_END)
			(void)buf_add(out, f.raw, f.raw_len);
	CHECK(!reader_left(&in));
	reader_release(&in);
}

static void run(const uint8_t *p, size_t n, struct result *r)
{
	static struct tap t;
	static struct buf all;
	const char *name;
	char path[32];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", log_fd);
	name = path;
	if (ftruncate(log_fd, 0) < 0 || ftruncate(out_fd, 0) < 0 || ftruncate(err_fd, 0) < 0 || lseek(out_fd, 0, SEEK_SET) < 0 ||
	    lseek(STDERR_FILENO, 0, SEEK_SET) < 0 || pwrite(log_fd, p, n, 0) != (ssize_t)n)
		abort();
	memset(&t, 0, sizeof t);
	t.ready_fd = -1;
	t.code = CODE_USAGE;
	t.files = &name;
	t.nfiles = 1;
	writer_init(&t.out, out_fd);
	if (binlog_init(&t.b, &tap_calls, &t, &t.out.b) < 0)
		abort();
	r->code = tap_files(&t);
	(void)tap_flush(&t); /* what was written goes out with the process's end too */
	binlog_release(&t.b);
	writer_release(&t.out);
	gtid_set_free(t.seen);
	gtid_set_free(t.ahead);
	gtid_set_free(t.doubt);
	free(t.logs);
	read_back(out_fd, &all);
	read_back(err_fd, &r->err);
	trim(&all, &r->out);
	r->errors = times((char *)r->err.p, "error: ");
	r->warnings = times((char *)r->err.p, "warning: ");
}

/* ---- the log */

struct log {
	uint8_t *p;
	size_t n, format_end;
	const char *how;
};

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void read_log(struct log *l, const char *path)
{
	FILE *f = fopen(path, "rb");

	l->p = malloc(1 << 20);
	if (!f || !l->p || !(l->n = fread(l->p, 1, 1 << 20, f))) {
		(void)fprintf(stderr, "damage: cannot read %s\n", path);
		exit(100);
	}
	(void)fclose(f);
	l->format_end = LOG_MAGIC_LEN + le32(l->p + LOG_MAGIC_LEN + 9);
}

/* The same log as a server without checksums writes it: the FORMAT event alone keeps its own. */
static void strip(struct log *l)
{
	size_t to = l->format_end;
	uint8_t *crc = l->p + l->format_end - EVENT_CRC;

	crc[-1] = 0;
	put_le32(crc, (uint32_t)crc32_z(0, l->p + LOG_MAGIC_LEN, l->format_end - LOG_MAGIC_LEN - EVENT_CRC));
	for (size_t at = l->format_end; at < l->n;) {
		size_t len = le32(l->p + at + 9);

		memmove(l->p + to, l->p + at, len - EVENT_CRC);
		put_le32(l->p + to + 9, (uint32_t)(len - EVENT_CRC));
		at += len;
		len -= EVENT_CRC;
		if (le32(l->p + to + 13))
			put_le32(l->p + to + 13, (uint32_t)(to + len));
		to += len;
	}
	l->n = to;
}

/* ---- judging */

static struct kind {
	const char *what;
	unsigned times;
	char first[200];
} kinds[32];

static void wrong(const char *what, const char *where, const struct result *r)
{
	struct kind *k = kinds;

	while (k->what && k->what != what)
		k++;
	k->what = what;
	if (k->times++)
		return;
	(void)snprintf(k->first, sizeof k->first, "%s: exit %d %.120s", where, r->code, r->err.len ? (char *)r->err.p : "");
}

static int is_prefix(const struct buf *a, const struct buf *whole)
{
	return a->len <= whole->len && (!a->len || !memcmp(a->p, whole->p, a->len));
}

static void judge_refused(const struct result *r, const char *where)
{
	if (r->code != CODE_DAMAGED)
		wrong("not found to be damaged", where, r);
	else if (r->errors != 1)
		wrong("not one line of error", where, r);
}

/* at_border: cut between two events, as far as is known from the whole log. */
static void judge_cut(const struct log *l, size_t n, const struct result *r, const struct result *whole, int at_border)
{
	char where[64];
	int is_open = !strcmp(l->how, "open"), ends_trx = !r->out.len;
	struct reader in;
	struct frame f;
	const char *why;

	(void)snprintf(where, sizeof where, "cut at %zu", n);
	if (!is_prefix(&r->out, &whole->out))
		wrong("other frames", where, r);
	if (n < l->format_end || (!is_open && !at_border)) {
		judge_refused(r, where);
		return;
	}
	reader_init(&in, -1);
	(void)buf_add(&in.b, r->out.p, r->out.len);
	while (frame_read(&in, &f, &why) == FRAME_OK)
		ends_trx = f.kind == FRAME_COMMIT || f.kind == FRAME_ROLLBACK || f.kind == FRAME_PREPARE;
	reader_release(&in);
	if (is_open && (r->code || !ends_trx))
		wrong("not read to its last whole transaction", where, r);
	else if (!is_open && !r->code && !ends_trx)
		wrong("ends inside a transaction without a word", where, r);
	else if (!is_open && !r->code && r->warnings != 1)
		wrong("no warning that the log has no end", where, r);
	else if (!is_open && r->code)
		judge_refused(r, where);
}

static unsigned cuts(const struct log *l, const struct result *whole, size_t step)
{
	struct result r = {0};
	unsigned cases = 0;
	size_t border = LOG_MAGIC_LEN;

	for (size_t n = 0; n < l->n; n += step, cases++) {
		while (border < n)
			border += le32(l->p + border + 9);
		(void)alarm(LIMIT_S);
		run(l->p, n, &r);
		judge_cut(l, n, &r, whole, n == border);
	}
	buf_release(&r.out);
	buf_release(&r.err);
	return cases;
}

static unsigned flips(const struct log *l, const struct result *whole, size_t step)
{
	struct result r = {0};
	unsigned cases = 0;
	char where[64];

	for (size_t bit = 0; bit < 8 * l->n; bit += step, cases++) {
		(void)snprintf(where, sizeof where, "bit %zu of byte %zu", bit % 8, bit / 8);
		l->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		(void)alarm(LIMIT_S);
		run(l->p, l->n, &r);
		l->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (!strcmp(l->how, "plain")) {
			if (r.code != 0 && r.code != CODE_USAGE && r.code != CODE_DAMAGED)
				wrong("neither read nor refused", where, &r);
			else if (r.code && r.errors != 1)
				wrong("not one line of error", where, &r);
			(void)check_frames(&r.out);
			continue;
		}
		if (!is_prefix(&r.out, &whole->out))
			wrong("other frames", where, &r);
		/* whether the log was closed is the one thing that no checksum covers */
		if (bit == 8 * (LOG_MAGIC_LEN + 17) && !r.code && r.out.len == whole->out.len)
			continue;
		judge_refused(&r, where);
	}
	buf_release(&r.out);
	buf_release(&r.err);
	return cases;
}

int main(int argc, char **argv)
{
	struct log l = {0};
	struct result whole = {0};
	unsigned ncuts, nflips, bad = 0;
	size_t step;
	struct rlimit limit = {MEMORY_MAX, MEMORY_MAX};

	step = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
	if (argc < 3 || !step) {
		(void)fprintf(stderr, "usage: damage LOG closed|open|plain [STEP]\n");
		return 100;
	}
	l.how = argv[2];
	read_log(&l, argv[1]);
	if (!strcmp(l.how, "open"))
		l.p[LOG_MAGIC_LEN + 17] |= EVENT_IN_USE;
	if (!strcmp(l.how, "plain"))
		strip(&l);
	if (!HAS_ASAN) /* which takes more than any program has */
		(void)setrlimit(RLIMIT_AS, &limit);
	log_fd = memory("log");
	out_fd = memory("out");
	err_fd = memory("err");
	real_err = dup(STDERR_FILENO);
	if (real_err < 0 || dup2(err_fd, STDERR_FILENO) < 0)
		abort();
	run(l.p, l.n, &whole);
	if (whole.code || whole.out.len < 1000 || whole.err.len)
		wrong("the whole log is not read", "nothing changed", &whole);
	ncuts = cuts(&l, &whole, step);
	nflips = flips(&l, &whole, step);
	for (const struct kind *k = kinds; k->what; k++, bad++)
		printf("%s: %u times, first %s\n", k->what, k->times, k->first);
	printf("%zu bytes: %u cuts, %u flips, %u kinds of mistake\n", l.n, ncuts, nflips, bad);
	buf_release(&whole.out);
	buf_release(&whole.err);
	free(l.p);
	return bad != 0;
}

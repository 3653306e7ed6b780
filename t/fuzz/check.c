#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include <xxhash.h>

#include "stream.h"

void check_failed(const char *what, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	(void)fflush(stderr);
	abort();
}

struct seen {
	XXH3_state_t *hash;
	struct val vals[TABLE_MAX_COLS];
};

static void add(struct seen *s, const void *p, size_t n)
{
	uint64_t len = n;

	(void)XXH3_64bits_update(s->hash, &len, sizeof len);
	(void)XXH3_64bits_update(s->hash, p, n);
}

static void add_frame(struct stream *s)
{
	add(s->arg, s->frame.raw, s->frame.raw_len);
}

static int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct seen *seen = s->arg;
	uint8_t kind[2] = {(uint8_t)r->op, (uint8_t)r->flags};

	for (uint64_t i = 0; i < r->n; i++) {
		const uint8_t *from = c->p;

		add(seen, t->db, strlen(t->db));
		add(seen, t->name, strlen(t->name));
		add(seen, kind, sizeof kind);
		for (int image = 0; image < (r->op == ROW_UPDATE ? 2 : 1); image++)
			if (read_image(c, t, seen->vals) < 0)
				return stream_damaged(s, c);
		add(seen, from, (size_t)(c->p - from));
	}
	return STREAM_TOOK;
}

/* What is in a record was looked at by whoever read it; that it comes, and what it says, is kept. */
#define TAKES(name, type)                                       \
	static int name(struct stream *s, const struct type *r) \
	{                                                       \
		(void)r;                                        \
		add_frame(s);                                   \
		return STREAM_TOOK;                             \
	}
TAKES(on_begin, rec_begin)
TAKES(on_ddl, rec_ddl)
TAKES(on_commit, rec_commit)
TAKES(on_rollback, rec_rollback)
TAKES(on_note, rec_note)
TAKES(on_prepare, rec_prepare)
TAKES(on_decide, rec_decide)

/* Does a transaction that began in them not end? */
static int is_open(const struct buf *frames)
{
	struct rec_rollback r;
	struct reader in;
	struct frame f;
	struct cur c;
	const char *why;
	int open = 0;

	reader_init(&in, -1);
	(void)buf_add(&in.b, frames->p, frames->len);
	while (frame_read(&in, &f, &why) == FRAME_OK) {
		if (f.kind == FRAME_BEGIN)
			open = 1;
		if (f.kind == FRAME_COMMIT || f.kind == FRAME_PREPARE)
			open = 0;
		if (f.kind != FRAME_ROLLBACK)
			continue;
		cur_init(&c, f.body, f.body_len);
		open = read_rollback(&c, &r) == 0 && r.to.p;
		rec_extra_release(&r.extra);
	}
	reader_release(&in);
	return open;
}

/* FUZZ_KEEP=file: the streams of a finding, for rowdump. */
static void keep(const struct buf *b)
{
	const char *name = getenv("FUZZ_KEEP");
	FILE *f = name ? fopen(name, "ab") : NULL;

	if (!f)
		return;
	(void)fwrite(b->p, 1, b->len, f);
	(void)fclose(f);
}

uint64_t check_frames(const struct buf *frames)
{
	static const struct stream_calls calls = {.on_rows = on_rows,
	    .on_begin = on_begin,
	    .on_ddl = on_ddl,
	    .on_commit = on_commit,
	    .on_savepoint = on_rollback,
	    .on_rollback = on_rollback,
	    .on_note = on_note,
	    .on_prepare = on_prepare,
	    .on_decide = on_decide};
	static struct seen seen;
	struct rec_hello hello = {.version = 1, .flavor = str_of("mariadb")};
	struct rec_rollback undone = {.file = str_of("end"), .has_off = 1};
	struct rec_end end = {.why = str_of("eof")};
	struct stream s;

	if (!seen.hash && !(seen.hash = XXH3_createState()))
		abort();
	(void)XXH3_64bits_reset(seen.hash);
	if (stream_init(&s, -1, -1, &calls, &seen) < 0)
		abort();
	(void)write_hello(&s.in.b, &hello);
	(void)buf_add(&s.in.b, frames->p, frames->len);
	if (is_open(frames))
		(void)write_rollback(&s.in.b, &undone);
	(void)write_end(&s.in.b, &end);
	keep(&s.in.b);
	CHECK(stream_run(&s) == 0);
	stream_release(&s);
	return XXH3_64bits_digest(seen.hash);
}

/*
 * A spool's folder as somebody has left it: two segments, their indexes, the end, a reader's position. The input is a list
 * of pieces (pieces.h): which file, kind, length in 2 bytes, payload.
 *
 * Held: whoever reads it or looks at it ends with a code that is known. A writer that comes after it mends it: what could be
 * read before can be read afterwards, a spool of one segment is whole then, and the next writer finds nothing to mend.
 * Retention leaves the last segment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/rowspool/look.h"
#include "../../src/rowspool/read.h"
#include "../../src/rowspool/recover.h"
#include "../../src/rowspool/retain.h"
#include "check.h"
#include "code.h"
#include "mp.h"
#include "pieces.h"

#define HEAD 4	    /* file, kind, length */
#define KIND_END 64 /* the frame of the file `end` (spool.c) */

enum { ROWS_1, INDEX_1, ROWS_2, INDEX_2, END, READER, FILES, START = FILES, KINDS };
static const char *const names[FILES] = {
    "0000000000000001.rows", "0000000000000001.idx", "0000000000000002.rows", "0000000000000002.idx", "end", "readers/r"};

static char dir[] = "/dev/shm/rowferry-spool.XXXXXX";

static void path_of(char *path, const char *name)
{
	(void)snprintf(path, SPOOL_PATH_MAX, "%s/%s", dir, name);
}

/* ---- the folder */

static void clear(void)
{
	char path[SPOOL_PATH_MAX];

	for (int i = 0; i < FILES; i++) {
		path_of(path, names[i]);
		(void)unlink(path);
	}
}

static void end_folder(void)
{
	char path[SPOOL_PATH_MAX];

	clear();
	path_of(path, "lock");
	(void)unlink(path);
	path_of(path, "readers");
	(void)rmdir(path);
	(void)rmdir(dir);
}

static void make_folder(void)
{
	char path[SPOOL_PATH_MAX];

	CHECK(mkdtemp(dir));
	path_of(path, "readers");
	CHECK(mkdir(path, 0750) == 0);
	(void)atexit(end_folder);
}

static void put_file(const char *name, const struct buf *b)
{
	char path[SPOOL_PATH_MAX];
	FILE *f;

	path_of(path, name);
	f = fopen(path, "wb");
	CHECK(f && (!b->len || fwrite(b->p, 1, b->len, f) == b->len) && fclose(f) == 0);
}

/* One that is not there is empty. */
static void get_file(const char *name, struct buf *b)
{
	char path[SPOOL_PATH_MAX];
	struct stat st;
	FILE *f;

	path_of(path, name);
	f = fopen(path, "rb");
	if (!f)
		return;
	CHECK(fstat(fileno(f), &st) == 0 && buf_room(b, (size_t)st.st_size + 1) == 0);
	b->len = fread(b->p, 1, (size_t)st.st_size, f);
	fclose(f);
}

/* A piece of `end` is what stands behind the mark of the machine's run, which no input can know. */
static void put_end(struct buf *out, const char *boot, const uint8_t *p, size_t n)
{
	struct buf b = BUF_INIT;

	mp_array(&b, 5);
	mp_str(&b, boot, strlen(boot));
	(void)buf_add(&b, p, n);
	piece_put(out, KIND_END, b.p, b.len);
	buf_release(&b);
}

/* What the input says goes into the files, and its last word on where to start into start. */
static void make_spool(const uint8_t *p, size_t n, struct buf *start)
{
	struct buf b[FILES] = {BUF_INIT};
	unsigned is_there = 0;
	struct spool sp;

	clear();
	CHECK(spool_open(&sp, dir) == CODE_OK);
	while (n >= HEAD) {
		size_t len = piece_len(p, n, HEAD);
		int file = p[0] % KINDS;

		is_there |= 1u << file;
		if (file == START) {
			buf_reset(start);
			(void)buf_add(start, p + HEAD, len);
		} else if (file == END && p[1] != PIECE_AS_IS) {
			put_end(&b[file], sp.boot, p + HEAD, len);
		} else {
			piece_put(&b[file], file == READER ? PIECE_AS_IS : p[1], p + HEAD, len);
		}
		p += HEAD + len;
		n -= HEAD + len;
	}
	spool_release(&sp);
	for (int i = 0; i < FILES; i++) {
		if (is_there & 1u << i)
			put_file(names[i], &b[i]);
		buf_release(&b[i]);
	}
}

/* ---- who reads and looks */

static int is_known(int code)
{
	return code == CODE_OK || code == CODE_NO || code == CODE_USAGE || code == CODE_DAMAGED || code == CODE_OUTSIDE;
}

static void new_stdout(void)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	(void)fflush(stdout);
	CHECK(fd >= 0);
	if (fd != STDOUT_FILENO)
		CHECK(dup2(fd, STDOUT_FILENO) == STDOUT_FILENO && close(fd) == 0);
}

/* What a reader passes on, from the start on, up to the last transaction that ends; HELLO has the time of day. */
static void read_from(const char *start, struct buf *out)
{
	struct read_options o = {.dir = dir, .has_start = 1, .ready_fd = -1};
	enum frame_result got;
	struct reader in;
	struct frame f;
	const char *why;
	size_t end = 0;
	int code;
	off_t n;

	if (pos_parse(&o.start, start, &why) < 0)
		return;
	new_stdout();
	code = read_run(&o);
	pos_release(&o.start);
	CHECK(is_known(code));
	n = lseek(STDOUT_FILENO, 0, SEEK_END);
	reader_init(&in, -1);
	CHECK(n >= 0 && buf_room(&in.b, (size_t)n + 1) == 0 && pread(STDOUT_FILENO, in.b.p, (size_t)n, 0) == n);
	in.b.len = (size_t)n;
	while ((got = frame_read(&in, &f, &why)) == FRAME_OK) {
		if (f.kind == FRAME_HELLO || f.kind == FRAME_END)
			continue;
		(void)buf_add(out, f.raw, f.raw_len);
		if (f.kind == FRAME_COMMIT || f.kind == FRAME_PREPARE)
			end = out->len;
	}
	CHECK(got == FRAME_EOF);
	out->len = end;
	reader_release(&in);
}

/* ---- who writes */

static int come_as_writer(uint64_t *last)
{
	struct spool sp;
	struct recovered r = {0};
	struct out o;
	int code = spool_open_writer(&sp, dir);

	CHECK(code == CODE_OK);
	out_init(&o, &sp);
	code = recover(&sp, &o, &r);
	CHECK(is_known(code));
	*last = r.last;
	walk_place_release(&r.end);
	out_release(&o);
	spool_release(&sp);
	return code;
}

static void take_all(struct buf *b)
{
	for (int i = ROWS_1; i <= INDEX_2; i++) {
		buf_reset(&b[i]);
		get_file(names[i], &b[i]);
	}
}

/* Once more there is nothing to mend. */
static void come_again(uint64_t last)
{
	struct buf was[FILES] = {BUF_INIT}, is[FILES] = {BUF_INIT};
	uint64_t again;

	take_all(was);
	CHECK(come_as_writer(&again) == CODE_OK && again == last);
	take_all(is);
	for (int i = ROWS_1; i <= INDEX_2; i++) {
		CHECK(was[i].len == is[i].len && (!was[i].len || !memcmp(was[i].p, is[i].p, was[i].len)));
		buf_release(&was[i]);
		buf_release(&is[i]);
	}
}

static void remove_old(uint64_t last)
{
	struct retain r = {.keep_bytes = 1};
	char path[SPOOL_PATH_MAX];
	struct spool sp;

	CHECK(spool_open(&sp, dir) == CODE_OK);
	(void)retain(&r, &sp);
	spool_segment(&sp, path, last, "rows");
	CHECK(!last || access(path, F_OK) == 0);
	spool_release(&sp);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf before = BUF_INIT, after = BUF_INIT, start = BUF_INIT, more = BUF_INIT;
	static int is_made;
	uint64_t last;
	int code;

	if (!is_made++)
		make_folder();
	make_spool(p, n, &start);
	read_from("earliest", &before);
	if (start.len)
		read_from(buf_str(&start), &more);
	new_stdout();
	CHECK(is_known(look_list(dir)) && is_known(look_verify(dir, 0)) && is_known(look_position(dir)));
	code = come_as_writer(&last);
	read_from("earliest", &after);
	CHECK(after.len >= before.len && (!before.len || !memcmp(before.p, after.p, before.len)));
	if (code == CODE_OK) {
		new_stdout();
		if (last == 1)
			CHECK(look_verify(dir, 0) == CODE_OK);
		come_again(last);
		remove_old(last);
	}
	buf_release(&before);
	buf_release(&after);
	buf_release(&start);
	buf_release(&more);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t max, unsigned seed)
{
	return pieces_mutate(p, n, max, seed, HEAD);
}

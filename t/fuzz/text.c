/*
 * rowundump's input: text -> stream; by the programs' own main.
 *
 * Held: what it makes a stream of, rowdump shows, and of that it makes the same
 * stream again; rowdump's other forms take the stream too; and what rowundo
 * undoes is a stream, which can be undone.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buf.h"
#include "check.h"

int rowdump_main(int argc, char **argv);
int rowundump_main(int argc, char **argv);
int rowundo_main(int argc, char **argv);

/* A file in memory at a descriptor. */
static void give(int at, const void *p, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	CHECK(fd >= 0 && (!n || write(fd, p, n) == (ssize_t)n) && lseek(fd, 0, SEEK_SET) == 0);
	if (fd != at)
		CHECK(dup2(fd, at) == at && close(fd) == 0);
}

static void get(int fd, struct buf *out)
{
	off_t n = lseek(fd, 0, SEEK_END);

	buf_reset(out);
	CHECK(n >= 0 && buf_room(out, (size_t)n + 1) == 0 && pread(fd, out->p, (size_t)n, 0) == n);
	out->len = (size_t)n;
}

/* The program closes its output when all is well, so that is kept by another descriptor. */
static int run(int (*program)(int, char **), const char *option, const void *in, size_t n, struct buf *out)
{
	char name[] = "fuzz", text[32];
	char *argv[] = {name, NULL, NULL};
	int argc = 1, kept, code;

	if (option) {
		memcpy(text, option, strlen(option) + 1);
		argv[argc++] = text;
	}
	give(STDIN_FILENO, in, n);
	give(STDOUT_FILENO, NULL, 0);
	CHECK((kept = dup(STDOUT_FILENO)) > STDERR_FILENO);
	optind = 0;
	code = program(argc, argv);
	get(kept, out);
	close(kept);
	return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf stream = BUF_INIT, text = BUF_INIT, again = BUF_INIT;
	int code = run(rowundump_main, NULL, p, n, &stream);

	CHECK(code == 0 || code == 100 || code == 111);
	if (!code) {
		CHECK(run(rowdump_main, NULL, stream.p, stream.len, &text) == 0);
		CHECK(run(rowundump_main, NULL, text.p, text.len, &again) == 0);
		CHECK(stream.len == again.len && !memcmp(stream.p, again.p, stream.len));
		code = run(rowdump_main, "--pretty", stream.p, stream.len, &text);
		CHECK(code == 0);
		code = run(rowundo_main, NULL, stream.p, stream.len, &again);
		CHECK(code == 0 || code == 100 || code == 102);
		if (!code) {
			CHECK(run(rowdump_main, NULL, again.p, again.len, &text) == 0);
			code = run(rowundo_main, NULL, again.p, again.len, &text);
			CHECK(code == 0 || code == 100);
		}
		code = run(rowdump_main, "--sql", stream.p, stream.len, &text);
		CHECK(code == 0 || code == 100 || code == 102);
	}
	buf_release(&stream);
	buf_release(&text);
	buf_release(&again);
	return 0;
}

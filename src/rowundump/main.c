/* rowundump: JSON lines, as rowdump writes them, to a row stream. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "canon.h"
#include "code.h"
#include "msg.h"
#include "opt.h"
#include "sig.h"
#include "stream.h"
#include "undump.h"

/* A raw frame that says what the line says is taken as it is: its bytes may have another form. */
static int raw_is_same(struct undump *u, const struct fields *f, int kind, const struct str *raw)
{
	struct reader in;
	struct frame frame;
	const char *why = "it is cut";
	struct cur c;
	int same;

	reader_init(&in, -1);
	(void)buf_add(&in.b, raw->p, raw->n);
	if (frame_read(&in, &frame, &why) != FRAME_OK || frame.kind != kind || reader_left(&in)) {
		same = fields_wrong(f, "\"raw\" is not one frame of this kind: %s", why);
	} else {
		buf_reset(&u->canon);
		same = canon_frame(&frame, NULL, &c, &u->canon) == 0 && u->canon.len == u->made.len &&
		       memcmp(u->canon.p, u->made.p, u->made.len) == 0;
	}
	reader_release(&in);
	return same;
}

int undump_put(struct undump *u, const struct fields *f, int kind)
{
	struct str raw;
	int same = 0;

	if (get_base64(f, "raw", &raw) < 0)
		return -1;
	if (raw.p && (same = raw_is_same(u, f, kind, &raw)) < 0)
		return -1;
	if (same)
		(void)buf_add(&u->out.b, raw.p, raw.n);
	else
		(void)buf_add(&u->out.b, u->made.p, u->made.len);
	return 0;
}

static int flush(struct undump *u)
{
	if (writer_flush(&u->out) == 0)
		return 0;
	u->code = writer_failed("the stream");
	return -1;
}

static int on_wait(void *arg)
{
	struct undump *u = arg;

	return flush(u) < 0 ? -1 : 0;
}

/* ---- one object */

/* Which kind of line it is: the one key that names a kind. NULL: none or several. */
static const char *kind_of(json_t *o)
{
	static const char *const kinds[] = {"insert", "replace", "update", "delete", "begin", "commit", "table", "mark", "ddl",
	    "note", "savepoint", "rollback", "hello", "end", "frame", "prepare", "decide"};
	const char *found = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!json_object_get(o, kinds[i]))
			continue;
		if (found)
			return NULL;
		found = kinds[i];
	}
	return found;
}

/*
 * A whole number beyond 64 bits is a double that some other program wrote
 * without a point, so the line is read once more with every number a double.
 */
static json_t *parse(const char *p, size_t n, unsigned long line)
{
	const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
	json_error_t e;
	json_t *o = json_loadb(p, n, flags, &e);
	char *near;

	if (!o && json_error_code(&e) == json_error_numeric_overflow)
		o = json_loadb(p, n, flags | JSON_DECODE_INT_AS_REAL, &e);
	if (!o) {
		/* one line, whatever the input is */
		for (near = e.text; *near; near++)
			if (*near == '\n' || *near == '\r')
				*near = ' ';
		msg_error("line %lu: not JSON: %s", line + (unsigned long)(e.line > 0 ? e.line - 1 : 0), e.text);
	}
	return o;
}

static int take_line(struct undump *u, const char *p, size_t n)
{
	json_t *o = parse(p, n, u->in.line);
	const char *kind;
	int rc;

	if (!o)
		return -1;
	arena_reset(&u->arena);
	kind = kind_of(o);
	if (!kind) {
		struct fields f = {.line = u->in.line};

		rc = fields_wrong(&f, "not one of the objects that rowdump writes: it names no kind, or more than one");
	} else if (strcmp(kind, "insert") == 0 || strcmp(kind, "replace") == 0 || strcmp(kind, "update") == 0 ||
		   strcmp(kind, "delete") == 0) {
		rc = rows_take(u, o, kind, u->in.line);
	} else {
		rc = rows_end(u) < 0 ? -1 : record_take(u, o, kind, u->in.line);
	}
	json_decref(o);
	return rc;
}

/* ---- the run */

/* Told to stop between transactions: the stream is ended. */
static int stopped(struct undump *u)
{
	struct rec_end r = {.why = str_of("signal"), .off = u->off, .has_off = 1, .file = str_of(u->file)};

	if (u->in_section && write_end(&u->out.b, &r) < 0)
		return -1;
	return 0;
}

static int cut(struct undump *u, const char *how)
{
	msg_error("the input is cut at line %lu: %s", u->in.line, how);
	u->code = CODE_OUTSIDE;
	return -1;
}

/* 1: go on, 0: the end, -1: stop with u->code */
static int step(struct undump *u)
{
	const char *p;
	size_t n;

	if (sig_stop && !u->in_trx)
		return stopped(u);
	switch (input_next(&u->in, &p, &n)) {
	case INPUT_OK:
		if (take_line(u, p, n) < 0) {
			u->code = CODE_USAGE;
			return -1;
		}
		return u->out.b.len >= FDIO_CHUNK && flush(u) < 0 ? -1 : 1;
	case INPUT_EOF:
		if (u->in_section)
			return cut(u, "it ended without \"end\", so the program that wrote it died");
		return u->any ? 0 : cut(u, "it is empty");
	case INPUT_CUT:
		return cut(u, "it ended inside an object");
	case INPUT_STOP:
		return stopped(u);
	case INPUT_WRONG:
		msg_error("line %lu: not a JSON object", u->in.line);
		u->code = CODE_USAGE;
		return -1;
	case INPUT_ERROR:
		if (!u->code && !sig_stop) { /* else flush() said it */
			msg_error("could not read the input: %s", strerror(errno));
			u->code = CODE_OUTSIDE;
		}
		return -1;
	}
	return -1;
}

static int run(int in)
{
	struct undump u = {.in_section = 0};
	int rc;

	sig_init();
	input_init(&u.in, in);
	u.in.r.on_wait = on_wait;
	u.in.r.arg = &u;
	writer_init(&u.out, STDOUT_FILENO);
	rows_init(&u.rows.w);
	while ((rc = step(&u)) > 0)
		;
	if (u.out.b.failed) {
		msg_no_memory();
		u.code = CODE_OUTSIDE;
	} else if (rc == 0) {
		(void)flush(&u);
	} else {
		(void)writer_flush(&u.out); /* what is good goes on; the next program sees that END is missing */
	}
	tables_release(&u.tables);
	rows_free(&u);
	arena_release(&u.arena);
	buf_release(&u.made);
	buf_release(&u.canon);
	buf_release(&u.begin_gtid);
	gtid_set_free(u.gtid);
	input_release(&u.in);
	writer_release(&u.out);
	return u.code;
}

enum { OPT_FORCE = 1 };

static const struct opt options[] = {
    {OPT_FORCE, 'f', "force", NULL, "write the stream even to a terminal"},
    {0},
};

static const struct opts opts = {.usage = "rowundump [--force] [FILE]", .tables = {options}};

static int take(void *arg, int id, const char *value)
{
	(void)id;
	(void)value;
	*(int *)arg = 1;
	return CODE_OK;
}

int main(int argc, char **argv)
{
	int code, in, force = 0;

	msg_init(argv[0]);
	code = opts_take(&opts, argc, argv, take, &force);
	if (code >= 0)
		return stdout_close(code);
	if (stream_check_tty(STDOUT_FILENO, force) < 0 || opt_input(argc, argv, &in) < 0)
		return CODE_USAGE;
	code = run(in);
	if (in != STDIN_FILENO)
		close(in);
	return stdout_close(code);
}

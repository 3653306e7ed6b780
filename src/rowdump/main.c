/* rowdump: a row stream as text. Options, the run, and what the three forms share. */
#include "dump.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"
#include "opt.h"
#include "sig.h"

int dump_no_memory(struct dump *d)
{
	msg_no_memory();
	d->out_broken |= d->w.b.failed; /* what it lacks would be missing in the midst */
	d->s.code = CODE_OUTSIDE;
	return -1;
}

int dump_flush(struct dump *d)
{
	if (d->out_broken)
		return -1;
	if (writer_flush(&d->w) == 0)
		return 0;
	d->out_broken = 1;
	d->s.code = writer_failed("to standard output");
	return -1;
}

int dump_on_idle(struct stream *s)
{
	return dump_flush(s->arg);
}

int dump_done(struct dump *d)
{
	if (d->w.b.failed)
		return dump_no_memory(d);
	if (d->flush_each || d->w.b.len >= FDIO_CHUNK)
		return dump_flush(d);
	return 0;
}

int dump_vals(struct dump *d, const struct table *t)
{
	struct val *a, *b;

	if (t->ncols <= d->cap_vals)
		return 0;
	a = realloc(d->vals, t->ncols * sizeof(*a));
	if (a)
		d->vals = a;
	b = realloc(d->old, t->ncols * sizeof(*b));
	if (b)
		d->old = b;
	if (!a || !b)
		return -1;
	d->cap_vals = t->ncols;
	return 0;
}

int dump_image(struct dump *d, struct cur *c, const struct table *t, struct val *vals)
{
	return read_image(c, t, vals) < 0 ? stream_damaged(&d->s, c) : 0;
}

enum { OPT_PRETTY = 1, OPT_SQL, OPT_CHECK, OPT_COLOR };

static const struct opt options[] = {
    {OPT_PRETTY, 'p', "pretty", NULL, "for people: transaction by transaction, aligned, with the lag"},
    {OPT_SQL, 's', "sql", NULL, "as SQL statements for the mariadb or mysql client"},
    {OPT_CHECK, 0, "check", NULL, "with --sql: end with an error at a row that is not as the stream has it"},
    {OPT_COLOR, 0, "color", "WHEN", "always, never or auto: colours of --pretty (default: auto)"},
    {0},
};

static const struct opts opts = {.usage = "rowdump [--pretty [--color=WHEN] | --sql [--check]] [FILE]", .tables = {options}};

struct args {
	int sql, pretty, check;
	const char *color;
};

static int take(void *arg, int id, const char *value)
{
	struct args *a = arg;

	if (id == OPT_PRETTY)
		a->pretty = 1;
	else if (id == OPT_SQL)
		a->sql = 1;
	else if (id == OPT_CHECK)
		a->check = 1;
	else
		a->color = value;
	return CODE_OK;
}

/* Do the options go together? 0, or -1 with the message printed. */
static int check(const struct args *a)
{
	if (strcmp(a->color, "always") != 0 && strcmp(a->color, "never") != 0 && strcmp(a->color, "auto") != 0) {
		msg_error("--color: \"%s\" is not always, never or auto", a->color);
		return -1;
	}
	if (a->sql && a->pretty) {
		msg_error("--pretty and --sql do not go together");
		return -1;
	}
	if (a->check && !a->sql) {
		msg_error("--check is for --sql");
		return -1;
	}
	return 0;
}

static int wants_color(const char *when)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

static int run(const struct args *a, int in)
{
	struct dump d = {.color = wants_color(a->color), .check = a->check, .flush_each = isatty(STDOUT_FILENO)};
	struct stat st;
	int code;

	sig_init();
	d.live = fstat(in, &st) == 0 && !S_ISREG(st.st_mode);
	writer_init(&d.w, STDOUT_FILENO);
	if (stream_init(&d.s, in, -1, a->sql ? &sql_calls : a->pretty ? &pretty_calls : &json_calls, &d) < 0)
		return CODE_OUTSIDE;
	code = stream_run(&d.s);
	if (dump_flush(&d) < 0 && !code)
		code = d.s.code;
	stream_release(&d.s);
	pretty_free(d.pretty);
	sql_free(d.sql);
	writer_release(&d.w);
	buf_release(&d.tmp);
	buf_release(&d.canon);
	buf_release(&d.tail);
	free(d.vals);
	free(d.old);
	return code;
}

int main(int argc, char **argv)
{
	struct args a = {.color = "auto"};
	int code, in;

	msg_init(argv[0]);
	setlocale(LC_CTYPE, ""); /* for the width of characters */
	code = opts_take(&opts, argc, argv, take, &a);
	if (code >= 0)
		return stdout_close(code);
	if (check(&a) < 0 || opt_input(argc, argv, &in) < 0)
		return CODE_USAGE;
	if (in == STDIN_FILENO && isatty(in)) {
		msg_error("standard input is a terminal: a row stream comes from a pipe or a file");
		return CODE_USAGE;
	}
	code = run(&a, in);
	if (in != STDIN_FILENO)
		close(in);
	return stdout_close(code);
}

/* rowdump: a row stream as text. Options, the run, and what the three forms share. */
#include "dump.h"

#include <errno.h>
#include <fcntl.h>
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
	msg_error("out of memory");
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
	d->s.code = CODE_OUTSIDE;
	if (errno != EPIPE)
		msg_error("could not write: %s", strerror(errno));
	else if (sig_stop)
		d->s.code = CODE_OK; /* everything was told to stop, and the reader was quicker */
	else
		msg_error("could not write: the program that reads this has ended");
	return -1;
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

enum { OPT_PRETTY = 1, OPT_SQL, OPT_COLOR };

static const struct opt options[] = {
    {OPT_PRETTY, 'p', "pretty", NULL, "for people: transaction by transaction, aligned, with the lag"},
    {OPT_SQL, 's', "sql", NULL, "as SQL statements for the mariadb or mysql client"},
    {OPT_COLOR, 0, "color", "WHEN", "always, never or auto: colours of --pretty (default: auto)"},
    {0},
};

struct args {
	const struct stream_calls *calls;
	const char *color;
	int in;
};

static int take_options(int argc, char **argv, struct args *a)
{
	struct opts o = {.usage = "rowdump [--pretty [--color=WHEN] | --sql] [FILE]", .tables = {options}};
	const char *value;
	int id, sql = 0, pretty = 0;

	while ((id = opt_next(&o, argc, argv, &value)) > 0) {
		if (id == OPT_PRETTY)
			pretty = 1;
		else if (id == OPT_SQL)
			sql = 1;
		else
			a->color = value;
	}
	opt_release(&o);
	if (id != OPT_END)
		return id;
	if (strcmp(a->color, "always") != 0 && strcmp(a->color, "never") != 0 && strcmp(a->color, "auto") != 0) {
		msg_error("--color: \"%s\" is not always, never or auto", a->color);
		return OPT_WRONG;
	}
	if (sql && pretty) {
		msg_error("--pretty and --sql do not go together");
		return OPT_WRONG;
	}
	if (argc - optind > 1) {
		msg_error("one file at a time; \"%s\" is a second one", argv[optind + 1]);
		return OPT_WRONG;
	}
	if (optind < argc && strcmp(argv[optind], "-") != 0) {
		a->in = open(argv[optind], O_RDONLY | O_CLOEXEC);
		if (a->in < 0) {
			msg_error("could not open \"%s\": %s", argv[optind], strerror(errno));
			return OPT_WRONG;
		}
	}
	a->calls = sql ? &sql_calls : pretty ? &pretty_calls : &json_calls;
	return 0;
}

static int wants_color(const char *when)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

int main(int argc, char **argv)
{
	struct args a = {.color = "auto", .in = STDIN_FILENO};
	struct dump d = {.nrows_frames = 0};
	struct stat st;
	int code;

	msg_init(argv[0]);
	setlocale(LC_CTYPE, ""); /* for the width of characters */
	code = take_options(argc, argv, &a);
	if (code)
		return code == OPT_DONE ? CODE_OK : CODE_USAGE;
	if (a.in == STDIN_FILENO && isatty(a.in)) {
		msg_error("standard input is a terminal: a row stream comes from a pipe or a file");
		return CODE_USAGE;
	}
	sig_init();
	d.live = fstat(a.in, &st) == 0 && !S_ISREG(st.st_mode);
	d.flush_each = isatty(STDOUT_FILENO);
	d.color = wants_color(a.color);
	writer_init(&d.w, STDOUT_FILENO);
	if (stream_init(&d.s, a.in, -1, a.calls, &d) < 0) {
		msg_error("out of memory");
		return CODE_OUTSIDE;
	}
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
	if (a.in != STDIN_FILENO)
		close(a.in);
	if (!code && close(STDOUT_FILENO) < 0) {
		msg_error("could not write: %s", strerror(errno));
		code = CODE_OUTSIDE;
	}
	return code;
}

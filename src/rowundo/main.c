/* rowundo: the inverse of a stream, last transaction first (rowundo(1)). */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"
#include "opt.h"
#include "sig.h"
#include "undo.h"

enum { OPT_START = 1, OPT_STOP, OPT_TRANSACTION, OPT_DDL, OPT_FORCE };

static const struct opt options[] = {
    {OPT_START, 0, "start-at", "POSITION",
	"the first transaction that is undone: earliest, FILE:OFFSET, gtid:SET or time:RFC3339"},
    {OPT_STOP, 0, "stop-at", "POSITION", "the last one is before this"},
    {OPT_TRANSACTION, 0, "transaction", "TRX", "undo only this one, a GTID or FILE:OFFSET where it begins; may be repeated"},
    {OPT_DDL, 0, "ddl", "WHAT", "statements that are not rows: stop (default), or skip them"},
    {OPT_FORCE, 'f', "force", NULL, "write the stream even to a terminal"},
    {0},
};

static const struct opts opts = {
    .usage = "rowundo [--start-at POSITION] [--stop-at POSITION] [--transaction TRX]... [--ddl skip] [FILE]",
    .tables = {options},
};

struct args {
	struct undo *u;
	int force;
};

static int take_ddl(struct undo *u, const char *value)
{
	u->skip_ddl = !strcmp(value, "skip");
	if (u->skip_ddl || !strcmp(value, "stop"))
		return 0;
	msg_error("--ddl: \"%s\" is not stop or skip", value);
	return -1;
}

static int take(void *arg, int id, const char *value)
{
	struct args *a = arg;
	int r = 0;

	switch (id) {
	case OPT_START:
		r = range_start(&a->u->range, value);
		break;
	case OPT_STOP:
		r = range_stop(&a->u->range, value);
		break;
	case OPT_TRANSACTION:
		r = range_name(&a->u->range, value);
		break;
	case OPT_DDL:
		r = take_ddl(a->u, value);
		break;
	case OPT_FORCE:
		a->force = 1;
		break;
	}
	return r < 0 ? CODE_USAGE : CODE_OK;
}

static void release(struct undo *u)
{
	range_release(&u->range);
	plan_release(&u->plan);
	spool_release(&u->in);
	held_release(&u->held);
	free(u->flaw);
	free(u->flavor);
	free(u->server);
	free(u->uuid);
	free(u->defs);
	free(u->old);
	free(u->new);
}

static int run(struct undo *u, int in)
{
	int r, code;

	sig_init();
	if (plan_init(&u->plan) < 0)
		return CODE_OUTSIDE;
	r = spool_open(&u->in, in);
	if (r < 0)
		return CODE_OUTSIDE;
	code = r ? CODE_OK : undo_scan(u);
	if (code || sig_stop)
		return code;
	if (u->twice)
		msg_warn("%llu transactions come before what was read already, and are taken for repeated: parts of the stream "
			 "overlap",
		    (unsigned long long)u->twice);
	if (u->sequences)
		msg_warn("sequences stay as they are: numbers that were given out are not taken back");
	if (!u->trx)
		msg_warn("there is nothing to undo: no transaction of the range has rows");
	code = undo_write(u);
	msg_info("%llu transactions and %llu rows undone", (unsigned long long)u->done, (unsigned long long)u->rows);
	return code;
}

int main(int argc, char **argv)
{
	struct undo u = {.plan = {.fd = -1}};
	struct args a = {.u = &u};
	int code, in = STDIN_FILENO;

	msg_init("rowundo");
	code = opts_take(&opts, argc, argv, take, &a);
	if (code < 0) {
		if (opt_input(argc, argv, &in) < 0 || stream_check_tty(STDOUT_FILENO, a.force) < 0)
			code = CODE_USAGE;
		else if (in == STDIN_FILENO && isatty(in)) {
			msg_error("standard input is a terminal: a row stream comes from a pipe or a file");
			code = CODE_USAGE;
		} else
			code = run(&u, in);
	}
	release(&u);
	if (in != STDIN_FILENO)
		close(in);
	return stdout_close(code);
}

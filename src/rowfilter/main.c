/* rowfilter: keeps or drops tables, operations and rows of a stream (rowfilter(1)). */
#include <stdlib.h>
#include <unistd.h>

#include "code.h"
#include "filter.h"
#include "msg.h"
#include "opt.h"
#include "ready.h"
#include "rulesfile.h"
#include "status.h"
#include "watch.h"

enum { OPT_INCLUDE = 1, OPT_EXCLUDE, OPT_OP, OPT_WHERE, OPT_RULES, OPT_DDL, OPT_READY_FD };

static const struct opt options[] = {
    {OPT_INCLUDE, 0, "include", "PATTERN", "keep only tables that match this or another include; may be repeated"},
    {OPT_EXCLUDE, 0, "exclude", "PATTERN", "drop tables that match; may be repeated"},
    {OPT_OP, 0, "op", "LIST", "keep only these operations: insert,update,delete"},
    {OPT_WHERE, 0, "where", "EXPR", "keep only rows for which it is true; repeated: all of them"},
    {OPT_RULES, 0, "rules", "FILE", "take names and conditions from a rules file too"},
    {OPT_DDL, 0, "ddl", "WHAT", "statements: pass all, drop all, stop at one (default: by their tables)"},
    {OPT_READY_FD, 0, "ready-fd", "N", "write a newline to this descriptor when it begins to read"},
    {0},
};

static int on_hello(struct stream *s, const struct rec_hello *r)
{
	(void)s;
	(void)r;
	return STREAM_PASS;
}

static int on_commit(struct stream *s, const struct rec_commit *r)
{
	(void)r;
	hold_end(s);
	return STREAM_PASS;
}

static int on_prepare(struct stream *s, const struct rec_prepare *r)
{
	(void)r;
	hold_end(s);
	return STREAM_PASS;
}

static int on_decide(struct stream *s, const struct rec_decide *r)
{
	(void)r;
	hold_end(s);
	return STREAM_PASS;
}

static int on_savepoint(struct stream *s, const struct rec_rollback *r)
{
	(void)r;
	hold_end(s);
	return STREAM_PASS;
}

static const struct stream_calls calls = {
    .on_hello = on_hello,
    .on_table = on_table,
    .on_rows = on_rows,
    .on_ddl = on_ddl,
    .on_commit = on_commit,
    .on_savepoint = on_savepoint,
    .on_rollback = on_savepoint,
    .on_note = on_note,
    .on_prepare = on_prepare,
    .on_decide = on_decide,
    .on_other = on_other,
};

static void filter_release(struct filter *f)
{
	for (size_t i = 0; i < f->cmd.nwhere; i++)
		expr_free(f->cmd.where[i]);
	free(f->cmd.where);
	rules_release(&f->rules);
	rows_release(&f->out);
	buf_release(&f->hold.b);
	free(f->old);
}

static int take(void *arg, int id, const char *value)
{
	struct filter *f = arg;
	unsigned ops;
	size_t at;
	int r = 0;

	if (watch_has(id))
		return watch_take(id, value) < 0 ? CODE_USAGE : CODE_OK;
	switch (id) {
	case OPT_INCLUDE:
		r = pattern_list_add(&f->rules.names, value, 0, "--include");
		break;
	case OPT_EXCLUDE:
		r = pattern_list_add(&f->rules.names, value, 1, "--exclude");
		break;
	case OPT_OP:
		if (rules_parse_ops(value, strlen(value), &ops, &at) < 0) {
			msg_error("--op: an operation is insert, update or delete, at character %zu of \"%s\"", at + 1, value);
			return CODE_USAGE;
		}
		f->cmd.ops &= ops;
		break;
	case OPT_WHERE:
		r = rules_load_where(&f->cmd, value);
		break;
	case OPT_RULES:
		r = rules_load(&f->rules, value);
		return r == -1 ? CODE_OUTSIDE : r < 0 ? CODE_USAGE : CODE_OK;
	case OPT_DDL:
		r = rules_load_ddl(&f->cmd.ddl, value);
		break;
	case OPT_READY_FD:
		r = ready_take(&f->ready_fd, value);
		break;
	}
	return r < 0 ? CODE_USAGE : CODE_OK;
}

static const struct opts opts = {
    .usage = "rowfilter [--include PATTERN]... [--exclude PATTERN]... [--where EXPR] [--rules FILE]",
    .tables = {options, watch_options},
};

static int run(struct filter *f)
{
	int code;

	if (f->rules.for_map)
		msg_info("%s: %zu statements are for rowmap and are not looked at here", f->rules.file, f->rules.for_map);
	code = watch_start(STATUS_FILTER, NULL);
	if (code != CODE_OK)
		return code;
	code = stream_filter(&calls, f, &f->ready_fd);
	msg_info("%llu of %llu rows passed; updates that became inserts %llu, deletes %llu; statements dropped %llu",
	    (unsigned long long)f->rows_out, (unsigned long long)f->rows_in, (unsigned long long)f->made_inserts,
	    (unsigned long long)f->made_deletes, (unsigned long long)f->ddl_dropped);
	return code;
}

int main(int argc, char **argv)
{
	struct filter f = {.cmd = {.ops = RULES_ALL_OPS}, .ready_fd = -1};
	int code;

	msg_init("rowfilter");
	rules_init(&f.rules);
	rows_init(&f.out);
	code = opts_take(&opts, argc, argv, take, &f);
	if (code < 0)
		code = opt_no_arguments(argc, argv) < 0 || stream_check_tty(STDOUT_FILENO, 0) < 0 ? CODE_USAGE : run(&f);
	filter_release(&f);
	return watch_end(stdout_close(code));
}

/* rowmap: gives tables, columns and databases of a stream other names, merges, drops and adds (rowmap(1)). */
#include <stdlib.h>
#include <unistd.h>

#include "code.h"
#include "map.h"
#include "msg.h"
#include "opt.h"
#include "ready.h"
#include "rulesfile.h"
#include "status.h"
#include "watch.h"

enum { OPT_RULES = 1, OPT_DDL, OPT_READY_FD };

static const struct opt options[] = {
    {OPT_RULES, 0, "rules", "FILE", "what goes where; without it the stream passes as it is"},
    {OPT_DDL, 0, "ddl", "WHAT",
	"statements about what is mapped: pass, drop, stop (default: rewrite, stop where that is not safe)"},
    {OPT_READY_FD, 0, "ready-fd", "N", "write a newline to this descriptor when it begins to read"},
    {0},
};

/* The text of a statement shows what the rules hide. */
static int on_note(struct stream *s, const struct rec_note *r)
{
	(void)r;
	return ((struct rowmap *)s->arg)->hides ? STREAM_TOOK : STREAM_PASS;
}

static const struct stream_calls calls = {
    .on_table = on_table,
    .on_rows = on_rows,
    .on_ddl = on_ddl,
    .on_note = on_note,
};

static int rules_hide(const struct rules *r)
{
	for (size_t i = 0; i < r->nrules; i++)
		for (size_t j = 0; j < r->rules[i].ncols; j++)
			if (r->rules[i].cols[j].verb != RULE_RENAME && r->rules[i].cols[j].verb != RULE_ADD &&
			    r->rules[i].cols[j].verb != RULE_KEY)
				return 1;
	return 0;
}

static void rowmap_release(struct rowmap *m)
{
	rules_release(&m->rules);
	rows_release(&m->out);
	free(m->old);
	free(m->old_at);
}

static int take(void *arg, int id, const char *value)
{
	struct rowmap *m = arg;
	int r;

	if (watch_has(id))
		return watch_take(id, value) < 0 ? CODE_USAGE : CODE_OK;
	if (id == OPT_DDL)
		return rules_load_ddl(&m->ddl, value) < 0 ? CODE_USAGE : CODE_OK;
	if (id == OPT_READY_FD)
		return ready_take(&m->ready_fd, value) < 0 ? CODE_USAGE : CODE_OK;
	r = rules_load(&m->rules, value);
	return r == -1 ? CODE_OUTSIDE : r < 0 ? CODE_USAGE : CODE_OK;
}

static const struct opts opts = {.usage = "rowmap [--rules FILE] [--ddl WHAT]", .tables = {options, watch_options}};

static int run(struct rowmap *m)
{
	int code;

	if (m->rules.for_filter)
		msg_info("%s: %zu statements are for rowfilter and are not looked at here", m->rules.file, m->rules.for_filter);
	m->hides = rules_hide(&m->rules);
	code = watch_start(STATUS_FILTER, NULL);
	if (code != CODE_OK)
		return code;
	code = stream_filter(&calls, m, &m->ready_fd);
	msg_info("%llu of %llu rows passed; tables mapped %llu, statements rewritten %llu, dropped %llu",
	    (unsigned long long)m->rows_out, (unsigned long long)m->rows_in, (unsigned long long)m->tables_mapped,
	    (unsigned long long)m->ddl_rewritten, (unsigned long long)m->ddl_dropped);
	return code;
}

int main(int argc, char **argv)
{
	struct rowmap m = {.ready_fd = -1};
	int code;

	msg_init("rowmap");
	rules_init(&m.rules);
	rows_init(&m.out);
	code = opts_take(&opts, argc, argv, take, &m);
	if (code < 0)
		code = opt_no_arguments(argc, argv) < 0 || stream_check_tty(STDOUT_FILENO, 0) < 0 ? CODE_USAGE : run(&m);
	rowmap_release(&m);
	return watch_end(stdout_close(code));
}

/* rowmap: gives tables, columns and databases of a stream other names, merges, drops and adds (rowmap(1)). */
#include <stdlib.h>
#include <unistd.h>

#include "code.h"
#include "map.h"
#include "msg.h"
#include "opt.h"
#include "rulesfile.h"
#include "sig.h"

enum { OPT_RULES = 1, OPT_DDL };

static const struct opt options[] = {
    {OPT_RULES, 0, "rules", "FILE", "what goes where; without it the stream passes as it is"},
    {OPT_DDL, 0, "ddl", "WHAT",
	"statements about what is mapped: pass, drop, stop (default: rewrite, stop where that is not safe)"},
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

static int take_option(struct rowmap *m, int id, const char *value, int *has_rules)
{
	int r;

	if (id == OPT_DDL) {
		if (rules_parse_ddl(value, strlen(value), &m->ddl) == 0)
			return CODE_OK;
		msg_error("--ddl is pass, drop or stop, not \"%s\"", value);
		return CODE_USAGE;
	}
	if ((*has_rules)++) {
		msg_error("--rules is given more than once");
		return CODE_USAGE;
	}
	r = rules_load(&m->rules, value);
	return r == -1 ? CODE_OUTSIDE : r < 0 ? CODE_USAGE : CODE_OK;
}

/* Reads the options. Returns the exit code, or -1 to go on. */
static int take_options(struct rowmap *m, int argc, char **argv)
{
	struct opts o = {.usage = "rowmap [--rules FILE] [--ddl WHAT]", .tables = {options}};
	const char *value;
	int id, code = -1, has_rules = 0;

	while (code < 0 && (id = opt_next(&o, argc, argv, &value)) != OPT_END) {
		if (id == OPT_WRONG || id == OPT_DONE)
			code = id == OPT_DONE ? CODE_OK : CODE_USAGE;
		else if ((code = take_option(m, id, value, &has_rules)) == CODE_OK)
			code = -1;
	}
	if (code < 0 && optind < argc) {
		msg_error("there are no arguments but options: \"%s\"", argv[optind]);
		code = CODE_USAGE;
	}
	opt_release(&o);
	return code;
}

int main(int argc, char **argv)
{
	struct rowmap m = {.hides = 0};
	struct stream s;
	int code;

	msg_init("rowmap");
	rules_init(&m.rules);
	rows_init(&m.out);
	code = take_options(&m, argc, argv);
	if (code < 0 && stream_check_tty(STDOUT_FILENO, 0) < 0)
		code = CODE_USAGE;
	if (code >= 0) {
		rowmap_release(&m);
		return stdout_close() < 0 && code == CODE_OK ? CODE_OUTSIDE : code;
	}
	if (m.rules.for_filter)
		msg_info("%s: %zu statements are for rowfilter and are not looked at here", m.rules.file, m.rules.for_filter);
	m.hides = rules_hide(&m.rules);
	sig_init();
	if (stream_init(&s, STDIN_FILENO, STDOUT_FILENO, &calls, &m) < 0) {
		msg_error("out of memory");
		rowmap_release(&m);
		return CODE_OUTSIDE;
	}
	code = stream_run(&s);
	msg_info("%llu of %llu rows passed; tables mapped %llu, statements rewritten %llu, dropped %llu",
	    (unsigned long long)m.rows_out, (unsigned long long)m.rows_in, (unsigned long long)m.tables_mapped,
	    (unsigned long long)m.ddl_rewritten, (unsigned long long)m.ddl_dropped);
	stream_release(&s);
	rowmap_release(&m);
	return stdout_close() < 0 && code == CODE_OK ? CODE_OUTSIDE : code;
}

/* What is done with each table's rows: names, operations, and the conditions bound to its columns. */
#include <stdlib.h>

#include "code.h"
#include "filter.h"
#include "msg.h"
#include "rulesfile.h"

static int fail(struct stream *s, int code)
{
	s->code = code;
	return -1;
}

int filter_has(struct filter *f, struct stream *s, const char *db, const char *table)
{
	int has = pattern_list_has(&f->rules.names, db, strlen(db), table, table ? strlen(table) : 0);

	if (has >= 0)
		return has;
	msg_error("a regular expression gave up on the name %s%s%s", db, table ? "." : "", table ? table : "");
	msg_hint("make it simpler: its work on one name is limited");
	return fail(s, CODE_USAGE);
}

static void ftable_free(void *p)
{
	struct ftable *ft = p;

	for (unsigned i = 0; i < ft->ntests; i++)
		expr_prog_free(ft->tests[i].prog);
	free(ft->tests);
	free(ft->needs);
	free(ft);
}

static int bind_tests(
    struct stream *s, struct ftable *ft, const struct table *t, const struct rules_tests *from, const char *file)
{
	struct expr_err err;

	ft->ops &= from->ops;
	for (size_t i = 0; i < from->nwhere; i++) {
		struct test *test = &ft->tests[ft->ntests];
		const uint8_t *needs;

		test->prog = expr_bind(from->where[i], t, &err);
		if (!test->prog) {
			rules_mistake(file, &err, "");
			return fail(s, CODE_USAGE);
		}
		ft->ntests++;
		test->file = file;
		test->about_change = expr_is_about_change(from->where[i]);
		ft->nrow_tests += !test->about_change;
		needs = expr_prog_needs(test->prog);
		for (uint32_t c = 0; c < t->ncols; c++)
			ft->needs[c] |= needs[c];
	}
	return 0;
}

static int grow_vals(struct filter *f, uint32_t ncols)
{
	struct val *v;

	if (ncols <= f->cap_vals)
		return 0;
	v = realloc(f->old, 3 * (size_t)ncols * sizeof *v); /* one block: old, new, full */
	if (!v)
		return -1;
	f->old = v;
	f->new = v + ncols;
	f->full = f->new + ncols;
	f->cap_vals = ncols;
	return 0;
}

static struct ftable *ftable_new(struct filter *f, const struct table *t, const struct rule *rule)
{
	struct ftable *ft = calloc(1, sizeof *ft);
	size_t n = f->cmd.nwhere + f->rules.tests.nwhere + (rule ? rule->tests.nwhere : 0);

	if (!ft)
		return NULL;
	ft->ops = RULES_ALL_OPS;
	ft->tests = calloc(n + 1, sizeof *ft->tests);
	ft->needs = calloc(t->ncols + 1, 1);
	if (!ft->tests || !ft->needs || grow_vals(f, t->ncols) < 0) {
		ftable_free(ft);
		return NULL;
	}
	return ft;
}

int on_table(struct stream *s, struct table *t)
{
	struct filter *f = s->arg;
	const struct rule *rule;
	struct ftable *ft;
	int gave_up = 0, in = filter_has(f, s, t->db, t->name);

	if (in < 0)
		return -1;
	rule = rules_find(&f->rules, t->db, t->name, &gave_up);
	if (gave_up) {
		msg_error("a regular expression gave up on the name %s.%s", t->db, t->name);
		return fail(s, CODE_USAGE);
	}
	ft = ftable_new(f, t, rule);
	if (!ft) {
		msg_no_memory();
		return fail(s, CODE_OUTSIDE);
	}
	t->user = ft;
	t->user_free = ftable_free;
	ft->in = in;
	if (!in)
		return STREAM_TOOK;
	if (bind_tests(s, ft, t, &f->cmd, "--where") < 0 || bind_tests(s, ft, t, &f->rules.tests, f->rules.file) < 0 ||
	    (rule && bind_tests(s, ft, t, &rule->tests, f->rules.file) < 0)) {
		msg_hint("the condition is used for table \"%s.%s\"", t->db, t->name);
		return -1;
	}
	hold_add(s);
	return STREAM_TOOK;
}

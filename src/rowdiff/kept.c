#include "kept.h"

#include <stdio.h>

#include "code.h"
#include "expr/as_sql.h"
#include "msg.h"
#include "rulesfile.h"

/* With --where it was said in SQL, too. */
static int refuse(const struct rowdiff *d, const struct table *t, const struct expr_err *err)
{
	char place[32] = "";

	if (d->o.where)
		return CODE_OK;
	if (err->line)
		snprintf(place, sizeof place, ":%u:%u", err->line, err->col);
	msg_error("%s%s: the rules keep a part of the rows of table \"%s.%s\" only, and its server cannot tell which: %s",
	    d->o.rules.file, place, t->db, t->name, err->text);
	msg_hint("say with --where, in SQL, which rows are to be compared, or leave the table out with --exclude");
	return CODE_USAGE;
}

static int add_condition(struct rowdiff *d, const struct expr *e, int is_mariadb, struct part *part)
{
	struct expr_err err = {0, 0, "the condition is about changes, not about rows"};
	struct buf sql = BUF_INIT;
	struct expr_prog *prog = NULL;
	int code = CODE_OK;

	if (expr_is_about_change(e) || expr_is_about_trx(e)) {
		code = refuse(d, part->t, &err);
	} else if (!(prog = expr_bind(e, part->t, &err))) {
		rules_mistake(d->o.rules.file, &err, "");
		msg_hint("the condition is for table \"%s.%s\"", part->t->db, part->t->name);
		code = CODE_USAGE;
	} else if (expr_prog_sql(prog, is_mariadb, &sql, &err) == 0) {
		buf_adds(&part->where, part->where.len ? " AND " : "");
		(void)buf_add(&part->where, sql.p, sql.len);
	} else if (!sql.failed) {
		code = refuse(d, part->t, &err);
	}
	if (sql.failed || part->where.failed)
		code = no_memory();
	buf_release(&sql);
	expr_prog_free(prog);
	return code;
}

static unsigned ops_of(const struct rules_tests *t)
{
	return t && t->ops ? t->ops : RULES_ALL_OPS;
}

int kept_rows(struct rowdiff *d, const struct rule *u, int is_mariadb, struct part *part)
{
	const struct rules_tests *tests[] = {&d->o.rules.tests, u ? &u->tests : NULL};
	struct expr_err err = {0, 0, "inserts or updates are left out"};
	unsigned ops = ops_of(tests[0]) & ops_of(tests[1]);
	int code = CODE_OK;

	part->keeps_deleted = ops == (RULES_INSERT | RULES_UPDATE);
	if (ops != RULES_ALL_OPS && !part->keeps_deleted)
		code = refuse(d, part->t, &err);
	for (int i = 0; i < 2 && code == CODE_OK; i++)
		for (size_t k = 0; tests[i] && k < tests[i]->nwhere && code == CODE_OK; k++)
			code = add_condition(d, tests[i]->where[k], is_mariadb, part);
	(void)buf_str(&part->where); /* now: threads read it */
	return code == CODE_OK && part->where.failed ? no_memory() : code;
}

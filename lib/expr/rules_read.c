/* The statements of a rules file (rowrules(5)), one function each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "rules_scan.h"
#include "rules_type.h"

static struct rule *present(struct scan *s)
{
	return s->r->nrules ? &s->r->rules[s->r->nrules - 1] : NULL;
}

static struct rules_tests *present_tests(struct scan *s)
{
	struct rule *u = present(s);

	return u ? &u->tests : &s->r->tests;
}

static int on_names(struct scan *s, int exclude)
{
	struct pattern_list *l = &s->r->names;

	do {
		struct pattern ***list = exclude ? &l->out : &l->in, **more;
		size_t *n = exclude ? &l->nout : &l->nin;
		struct pattern *p = scan_pattern(s, "a pattern") < 0 ? NULL : scan_pattern_of(s);

		if (!p)
			return -1;
		more = realloc(*list, (*n + 1) * sizeof **list);
		if (!more) {
			pattern_free(p);
			return scan_mistake(s, "out of memory");
		}
		*list = more;
		more[(*n)++] = p;
	} while (scan_sign(s, ","));
	s->r->for_filter++;
	return 0;
}

static int on_include(struct scan *s)
{
	return on_names(s, 0);
}

static int on_exclude(struct scan *s)
{
	return on_names(s, 1);
}

static int on_case(struct scan *s)
{
	if (s->had_pattern || s->r->with_case)
		return scan_mistake_at_word(s, "case stands once, before all patterns");
	s->r->with_case = 1;
	return 0;
}

static int on_op(struct scan *s)
{
	struct rules_tests *t = present_tests(s);
	unsigned ops, bits = 0;
	size_t at;

	do {
		if (scan_word(s, "insert, update or delete") < 0)
			return -1;
		if (rules_parse_ops(s->word, s->n, &ops, &at) < 0)
			return scan_mistake_at_word(s, "an operation is insert, update or delete");
		bits |= ops;
	} while (scan_sign(s, ","));
	t->ops &= bits;
	s->r->for_filter++;
	return 0;
}

static int on_where(struct scan *s)
{
	struct expr *e = scan_expr(s);

	if (!e)
		return -1;
	s->r->for_filter++;
	return rules_add_where(present_tests(s), e) < 0 ? scan_mistake(s, "out of memory") : 0;
}

static int on_ddl(struct scan *s)
{
	struct rules_tests *t = present_tests(s);

	if (scan_word(s, "pass, drop or stop") < 0)
		return -1;
	if (t->ddl != RULES_DDL_UNSAID)
		return scan_mistake_at_word(s, "ddl was said before");
	return rules_parse_ddl(s->word, s->n, &t->ddl) < 0 ? scan_mistake_at_word(s, "ddl is pass, drop or stop") : 0;
}

static int new_rule(struct scan *s, int of_databases)
{
	struct rule *u = realloc(s->r->rules, (s->r->nrules + 1) * sizeof *u);
	const char *why;
	size_t at;

	if (!u)
		return scan_mistake(s, "out of memory");
	s->r->rules = u;
	u += s->r->nrules;
	memset(u, 0, sizeof *u);
	u->of_databases = of_databases;
	u->tests.ops = RULES_ALL_OPS;
	u->line = s->word_line;
	u->col = s->word_col;
	s->r->nrules++; /* from here on it is released with the rules */
	if (scan_pattern(s, "a pattern") < 0)
		return -1;
	u->from = scan_pattern_of(s);
	if (!u->from)
		return -1;
	if (of_databases && memchr(s->word, '.', s->n) && *s->word != '`' && *s->word != '/')
		return scan_mistake_at_word(s, "a database's name has no table");
	if (!scan_sign(s, "->"))
		return of_databases ? scan_mistake(s, "\"->\" and the target are missing") : 0;
	if (scan_pattern(s, "the target") < 0)
		return -1;
	u->to = target_parse(s->word, s->n, u->from, of_databases, &why, &at);
	if (!u->to) {
		expr_err_at(s->err, s->word_line, s->word_col + (unsigned)at, "%s", why);
		return -1;
	}
	s->r->for_map++;
	return 0;
}

static int on_table(struct scan *s)
{
	return new_rule(s, 0);
}

static int on_database(struct scan *s)
{
	return new_rule(s, 1);
}

/* A column of the present rule, named by the next word. NULL: a mistake. */
static struct rule_col *new_col(struct scan *s, enum rule_verb verb)
{
	struct rule *u = present(s);
	struct rule_col *c;

	if (scan_word(s, "a column's name") < 0)
		return NULL;
	c = realloc(u->cols, (u->ncols + 1) * sizeof *c);
	if (!c) {
		scan_mistake(s, "out of memory");
		return NULL;
	}
	u->cols = c;
	c += u->ncols;
	memset(c, 0, sizeof *c);
	c->verb = verb;
	c->line = s->word_line;
	c->col = s->word_col;
	c->name = scan_name(s);
	if (!c->name)
		return NULL;
	for (size_t i = 0; i < u->ncols; i++) {
		int same = strcasecmp(u->cols[i].name, c->name) == 0;
		enum rule_verb other = u->cols[i].verb;

		if ((verb == RULE_DROP && other == RULE_KEEP) || (verb == RULE_KEEP && other == RULE_DROP)) {
			scan_mistake_at_word(s, "a table has drop or keep, not both");
			free(c->name);
			return NULL;
		}
		if (same &&
		    (verb == other || (verb <= RULE_KEEP && other <= RULE_KEEP && verb != RULE_RENAME && other != RULE_RENAME))) {
			scan_mistake_at_word(s, "the column was named before");
			free(c->name);
			return NULL;
		}
	}
	u->ncols++;
	s->r->for_map++;
	return c;
}

static int take_new_name(struct scan *s, struct rule_col *c)
{
	if (scan_word(s, "the new name") < 0)
		return -1;
	c->to = scan_name(s);
	return c->to ? 0 : -1;
}

static int on_rename(struct scan *s)
{
	do {
		struct rule_col *c = new_col(s, RULE_RENAME);

		if (!c)
			return -1;
		if (!scan_sign(s, "->"))
			return scan_mistake(s, "\"->\" and the new name are missing");
		if (take_new_name(s, c) < 0)
			return -1;
	} while (scan_sign(s, ","));
	return 0;
}

static int on_keep(struct scan *s)
{
	do {
		struct rule_col *c = new_col(s, RULE_KEEP);

		if (!c || (scan_sign(s, "->") && take_new_name(s, c) < 0))
			return -1;
	} while (scan_sign(s, ","));
	return 0;
}

static int on_drop(struct scan *s)
{
	do {
		if (!new_col(s, RULE_DROP))
			return -1;
	} while (scan_sign(s, ","));
	return 0;
}

static int on_key(struct scan *s)
{
	do {
		if (!new_col(s, RULE_KEY))
			return -1;
	} while (scan_sign(s, ","));
	return 0;
}

static int take_value(struct scan *s, struct rule_col *c)
{
	if (!scan_sign(s, "="))
		return scan_mistake(s, "\"=\" and the value are missing");
	c->expr = scan_expr(s);
	return c->expr ? 0 : -1;
}

static int take_type(struct scan *s, struct rule_col *c)
{
	unsigned long args[2] = {0};
	unsigned nargs = 0;
	const char *why;
	char type[32];
	int is_unsigned = 0;

	if (scan_word(s, "a type") < 0)
		return -1;
	snprintf(type, sizeof type, "%.*s", (int)(s->n < sizeof type ? s->n : 0), s->word);
	if (scan_sign(s, "(")) {
		do {
			char *rest;

			scan_blanks(s);
			if (nargs == 2 || s->p == s->end || *s->p < '0' || *s->p > '9')
				return scan_mistake(s, "a number is expected in the type");
			args[nargs++] = strtoul(s->p, &rest, 10); /* ends at the file's final zero at the latest */
			while (s->p < rest)
				scan_step(s);
		} while (scan_sign(s, ","));
		if (!scan_sign(s, ")"))
			return scan_mistake(s, "\")\" is missing");
	}
	scan_blanks(s);
	if (s->end - s->p >= 8 && strncasecmp(s->p, "unsigned", 8) == 0) {
		for (int i = 0; i < 8; i++)
			scan_step(s);
		is_unsigned = 1;
	}
	c->has_type = 1;
	why = rules_type(&c->type, type, args, nargs, is_unsigned);
	return why ? scan_mistake_at_word(s, why) : 0;
}

static int on_add(struct scan *s)
{
	struct rule_col *c = new_col(s, RULE_ADD);

	return !c || take_type(s, c) < 0 ? -1 : take_value(s, c);
}

static int on_set(struct scan *s)
{
	struct rule_col *c = new_col(s, RULE_SET);

	if (!c)
		return -1;
	scan_blanks(s);
	if ((s->p == s->end || *s->p != '=') && take_type(s, c) < 0)
		return -1;
	return take_value(s, c);
}

enum { IN_FRONT = 1, IN_TABLE = 2, IN_DATABASE = 4 };

static const struct {
	const char *name;
	int where;
	int (*take)(struct scan *);
} statements[] = {
    {"case", IN_FRONT, on_case},
    {"include", IN_FRONT, on_include},
    {"exclude", IN_FRONT, on_exclude},
    {"op", IN_FRONT | IN_TABLE, on_op},
    {"where", IN_FRONT | IN_TABLE, on_where},
    {"ddl", IN_FRONT | IN_TABLE | IN_DATABASE, on_ddl},
    {"table", IN_FRONT | IN_TABLE | IN_DATABASE, on_table},
    {"database", IN_FRONT | IN_TABLE | IN_DATABASE, on_database},
    {"rename", IN_TABLE, on_rename},
    {"keep", IN_TABLE, on_keep},
    {"drop", IN_TABLE, on_drop},
    {"add", IN_TABLE, on_add},
    {"set", IN_TABLE, on_set},
    {"key", IN_TABLE, on_key},
};

static int statement(struct scan *s)
{
	struct rule *u = present(s);
	int where = !u ? IN_FRONT : u->of_databases ? IN_DATABASE : IN_TABLE;

	if (scan_word(s, "a statement") < 0)
		return -1;
	for (unsigned i = 0; i < sizeof statements / sizeof statements[0]; i++) {
		if (!scan_word_is(s, statements[i].name))
			continue;
		if (!(statements[i].where & where)) {
			expr_err_at(s->err, s->word_line, s->word_col, "%s stands %s", statements[i].name,
			    statements[i].where == IN_FRONT ? "before the first table or database" : "below a table");
			return -1;
		}
		return statements[i].take(s) < 0 ? -1 : scan_no_more(s);
	}
	expr_err_at(s->err, s->word_line, s->word_col, "\"%.*s\" is not a statement", (int)(s->n < 60 ? s->n : 60), s->word);
	return -1;
}

static int read_all(struct scan *s)
{
	if (s->end - s->p >= 3 && memcmp(s->p, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
		s->p += 3;
	if (memchr(s->p, '\0', (size_t)(s->end - s->p)))
		return scan_mistake(s, "not a text: it holds a zero byte");
	while (s->p < s->end) {
		if (!scan_at_end(s) && statement(s) < 0)
			return -1;
		scan_skip_line(s);
	}
	return 0;
}

int rules_read(struct rules *r, const char *file, const char *bytes, size_t n, struct expr_err *err)
{
	char *copy = malloc(n + 1);
	struct scan s = {.r = r, .line = 1, .col = 1, .err = err};
	int rc = -1;

	free(r->file);
	r->file = strdup(file);
	if (copy && r->file) {
		memcpy(copy, bytes, n);
		copy[n] = '\0';
		s.p = copy;
		s.end = copy + n;
		rc = read_all(&s);
	} else {
		expr_err_at(err, 0, 0, "out of memory");
	}
	free(copy);
	return rc;
}

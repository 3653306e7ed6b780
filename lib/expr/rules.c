#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node.h"
#include "rules.h"
#include "rules_type.h"

struct scan {
	struct rules *r;
	const char *p, *end;
	unsigned line, col;
	struct expr_err *err;
	/* the present word */
	const char *word;
	size_t n;
	unsigned word_line, word_col;
	int had_pattern;
};

void rules_init(struct rules *r)
{
	memset(r, 0, sizeof *r);
	r->tests.ops = RULES_ALL_OPS;
}

static void tests_release(struct rules_tests *t)
{
	for (size_t i = 0; i < t->nwhere; i++)
		expr_free(t->where[i]);
	free(t->where);
}

void rules_release(struct rules *r)
{
	for (size_t i = 0; i < r->nrules; i++) {
		struct rule *u = &r->rules[i];

		for (size_t j = 0; j < u->ncols; j++) {
			free(u->cols[j].name);
			free(u->cols[j].to);
			free(u->cols[j].type.charset);
			expr_free(u->cols[j].expr);
		}
		free(u->cols);
		tests_release(&u->tests);
		pattern_free(u->from);
		target_free(u->to);
	}
	free(r->rules);
	tests_release(&r->tests);
	pattern_list_release(&r->names);
	free(r->file);
	memset(r, 0, sizeof *r);
}

/* ---- characters and words */

static void step(struct scan *s)
{
	if (*s->p == '\n') {
		s->line++;
		s->col = 1;
	} else if (((unsigned char)*s->p & 0xc0) != 0x80) {
		s->col++;
	}
	s->p++;
}

static int is_line_end(const char *p, const char *end)
{
	return p == end || *p == '\n' || (*p == '\r' && (p + 1 == end || p[1] == '\n'));
}

/* Passes over blanks, and over a line end behind a backslash. */
static void skip_blanks(struct scan *s)
{
	while (s->p < s->end) {
		if (*s->p == ' ' || *s->p == '\t') {
			step(s);
		} else if (*s->p == '\\' && s->p + 1 < s->end && is_line_end(s->p + 1, s->end)) {
			step(s);
			while (*s->p != '\n')
				step(s);
			step(s);
		} else {
			return;
		}
	}
}

static int at_end(struct scan *s)
{
	skip_blanks(s);
	return is_line_end(s->p, s->end) || *s->p == '#';
}

static void skip_line(struct scan *s)
{
	while (s->p < s->end && *s->p != '\n')
		step(s);
	if (s->p < s->end)
		step(s);
}

static int mistake(struct scan *s, const char *text)
{
	expr_err_at(s->err, s->line, s->col, "%s", text);
	return -1;
}

static int mistake_at_word(struct scan *s, const char *text)
{
	expr_err_at(s->err, s->word_line, s->word_col, "%s", text);
	return -1;
}

/*
 * A word ends at a blank, at -> or at one of the signs in `ends`, outside of
 * `names`, /regular expressions/ and [brackets]. 0; -1: there is none.
 */
static int next_word_to(struct scan *s, const char *ends, const char *wanted)
{
	char inside = 0;

	if (at_end(s)) {
		expr_err_at(s->err, s->line, s->col, "%s is missing", wanted);
		return -1;
	}
	s->word = s->p;
	s->word_line = s->line;
	s->word_col = s->col;
	while (!is_line_end(s->p, s->end)) {
		char c = *s->p;

		if (inside == '/' && c == '\\' && s->p + 1 < s->end && s->p[1] != '\n') {
			step(s);
		} else if (inside) {
			if (c == (inside == '[' ? ']' : inside))
				inside = 0;
		} else if (c == '`' || c == '[' || (c == '/' && (s->p == s->word || s->p[-1] == '.'))) {
			inside = c;
		} else if (c == ' ' || c == '\t' || strchr(ends, c) || (c == '-' && s->p[1] == '>')) { /* a zero ends the text */
			break;
		}
		step(s);
	}
	s->n = (size_t)(s->p - s->word);
	if (s->n == 0) {
		expr_err_at(s->err, s->word_line, s->word_col, "%s is expected before \"%c\"", wanted, *s->p);
		return -1;
	}
	return 0;
}

static int next_word(struct scan *s, const char *wanted)
{
	return next_word_to(s, ",=()#", wanted);
}

static int next_pattern(struct scan *s, const char *wanted)
{
	return next_word_to(s, ",#", wanted);
}

static int word_is(const struct scan *s, const char *w)
{
	return strlen(w) == s->n && strncasecmp(w, s->word, s->n) == 0;
}

/* 1 and passes over it if the sign comes next. */
static int sign(struct scan *s, const char *text)
{
	size_t n = strlen(text);

	skip_blanks(s);
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0)
		return 0;
	while (n--)
		step(s);
	return 1;
}

static int no_more(struct scan *s)
{
	if (at_end(s))
		return 0;
	return mistake(s, "something follows where the line should end");
}

/* The present word as a name: without its backquotes. NULL: a mistake. */
static char *name_of_word(struct scan *s)
{
	char *name = malloc(s->n + 1);
	size_t to = 0;

	if (!name) {
		mistake_at_word(s, "out of memory");
		return NULL;
	}
	if (*s->word != '`') {
		memcpy(name, s->word, s->n);
		to = s->n;
		if (strcspn(s->word, "`'\"*?[]/.:;<>|&") < s->n) {
			mistake_at_word(s, "not a column's name: a name with such characters stands in backquotes");
			free(name);
			return NULL;
		}
	} else {
		for (size_t i = 1; i + 1 < s->n; i++) {
			if (s->word[i] == '`')
				i++;
			name[to++] = s->word[i];
		}
		if (to == 0 || s->word[s->n - 1] != '`') {
			mistake_at_word(s, "not a name");
			free(name);
			return NULL;
		}
	}
	name[to] = '\0';
	return name;
}

static struct pattern *pattern_of_word(struct scan *s)
{
	const char *why;
	size_t at;
	struct pattern *p = pattern_parse(s->word, s->n, s->r->with_case, &why, &at);

	s->had_pattern = 1;
	if (!p)
		expr_err_at(s->err, s->word_line, s->word_col + (unsigned)at, "%s", why);
	return p;
}

/* The rest of the line, with the lines that continue it, as an expression. */
static struct expr *expr_of_rest(struct scan *s)
{
	const char *from;
	unsigned line, col;

	skip_blanks(s);
	from = s->p;
	line = s->line;
	col = s->col;
	while (!is_line_end(s->p, s->end)) {
		if (*s->p == '\\' && s->p + 1 < s->end && is_line_end(s->p + 1, s->end))
			skip_blanks(s);
		else
			step(s);
	}
	return expr_parse(from, (size_t)(s->p - from), line, col, s->err);
}

/* ---- statements */

int rules_parse_ops(const char *s, size_t n, unsigned *ops, size_t *at)
{
	static const struct {
		const char *name;
		unsigned bit;
	} names[] = {{"insert", RULES_INSERT}, {"update", RULES_UPDATE}, {"delete", RULES_DELETE}};
	size_t i = 0;

	*ops = 0;
	for (;;) {
		size_t from, k;

		while (i < n && (s[i] == ' ' || s[i] == '\t'))
			i++;
		from = i;
		while (i < n && s[i] != ',' && s[i] != ' ' && s[i] != '\t')
			i++;
		for (k = 0; k < 3; k++)
			if (strlen(names[k].name) == i - from && strncasecmp(names[k].name, s + from, i - from) == 0)
				break;
		*at = from;
		if (k == 3)
			return -1;
		*ops |= names[k].bit;
		while (i < n && (s[i] == ' ' || s[i] == '\t'))
			i++;
		if (i == n)
			return 0;
		*at = i;
		if (s[i++] != ',')
			return -1;
	}
}

int rules_parse_ddl(const char *s, size_t n, enum rules_ddl *ddl)
{
	static const char *const names[] = {"pass", "drop", "stop"};

	for (unsigned i = 0; i < 3; i++) {
		if (strlen(names[i]) == n && strncasecmp(names[i], s, n) == 0) {
			*ddl = (enum rules_ddl)(RULES_DDL_PASS + i);
			return 0;
		}
	}
	return -1;
}

int rules_add_where(struct rules_tests *t, struct expr *e)
{
	struct expr **more = realloc(t->where, (t->nwhere + 1) * sizeof(struct expr *));

	if (!more) {
		expr_free(e);
		return -1;
	}
	t->where = more;
	more[t->nwhere++] = e;
	return 0;
}

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
		struct pattern *p = next_pattern(s, "a pattern") < 0 ? NULL : pattern_of_word(s);

		if (!p)
			return -1;
		more = realloc(*list, (*n + 1) * sizeof **list);
		if (!more) {
			pattern_free(p);
			return mistake(s, "out of memory");
		}
		*list = more;
		more[(*n)++] = p;
	} while (sign(s, ","));
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
		return mistake_at_word(s, "case stands once, before all patterns");
	s->r->with_case = 1;
	return 0;
}

static int on_op(struct scan *s)
{
	struct rules_tests *t = present_tests(s);
	unsigned ops, bits = 0;
	size_t at;

	do {
		if (next_word(s, "insert, update or delete") < 0)
			return -1;
		if (rules_parse_ops(s->word, s->n, &ops, &at) < 0)
			return mistake_at_word(s, "an operation is insert, update or delete");
		bits |= ops;
	} while (sign(s, ","));
	t->ops &= bits;
	s->r->for_filter++;
	return 0;
}

static int on_where(struct scan *s)
{
	struct expr *e = expr_of_rest(s);

	if (!e)
		return -1;
	s->r->for_filter++;
	return rules_add_where(present_tests(s), e) < 0 ? mistake(s, "out of memory") : 0;
}

static int on_ddl(struct scan *s)
{
	struct rules_tests *t = present_tests(s);

	if (next_word(s, "pass, drop or stop") < 0)
		return -1;
	if (t->ddl != RULES_DDL_UNSAID)
		return mistake_at_word(s, "ddl was said before");
	return rules_parse_ddl(s->word, s->n, &t->ddl) < 0 ? mistake_at_word(s, "ddl is pass, drop or stop") : 0;
}

static int new_rule(struct scan *s, int of_databases)
{
	struct rule *u = realloc(s->r->rules, (s->r->nrules + 1) * sizeof *u);
	const char *why;
	size_t at;

	if (!u)
		return mistake(s, "out of memory");
	s->r->rules = u;
	u += s->r->nrules;
	memset(u, 0, sizeof *u);
	u->of_databases = of_databases;
	u->tests.ops = RULES_ALL_OPS;
	u->line = s->word_line;
	u->col = s->word_col;
	s->r->nrules++; /* from here on it is released with the rules */
	if (next_pattern(s, "a pattern") < 0)
		return -1;
	u->from = pattern_of_word(s);
	if (!u->from)
		return -1;
	if (of_databases && memchr(s->word, '.', s->n) && *s->word != '`' && *s->word != '/')
		return mistake_at_word(s, "a database's name has no table");
	if (!sign(s, "->"))
		return of_databases ? mistake(s, "\"->\" and the target are missing") : 0;
	if (next_pattern(s, "the target") < 0)
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

	if (next_word(s, "a column's name") < 0)
		return NULL;
	c = realloc(u->cols, (u->ncols + 1) * sizeof *c);
	if (!c) {
		mistake(s, "out of memory");
		return NULL;
	}
	u->cols = c;
	c += u->ncols;
	memset(c, 0, sizeof *c);
	c->verb = verb;
	c->line = s->word_line;
	c->col = s->word_col;
	c->name = name_of_word(s);
	if (!c->name)
		return NULL;
	for (size_t i = 0; i < u->ncols; i++) {
		int same = strcasecmp(u->cols[i].name, c->name) == 0;
		enum rule_verb other = u->cols[i].verb;

		if ((verb == RULE_DROP && other == RULE_KEEP) || (verb == RULE_KEEP && other == RULE_DROP)) {
			mistake_at_word(s, "a table has drop or keep, not both");
			free(c->name);
			return NULL;
		}
		if (same &&
		    (verb == other || (verb <= RULE_KEEP && other <= RULE_KEEP && verb != RULE_RENAME && other != RULE_RENAME))) {
			mistake_at_word(s, "the column was named before");
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
	if (next_word(s, "the new name") < 0)
		return -1;
	c->to = name_of_word(s);
	return c->to ? 0 : -1;
}

static int on_rename(struct scan *s)
{
	do {
		struct rule_col *c = new_col(s, RULE_RENAME);

		if (!c)
			return -1;
		if (!sign(s, "->"))
			return mistake(s, "\"->\" and the new name are missing");
		if (take_new_name(s, c) < 0)
			return -1;
	} while (sign(s, ","));
	return 0;
}

static int on_keep(struct scan *s)
{
	do {
		struct rule_col *c = new_col(s, RULE_KEEP);

		if (!c || (sign(s, "->") && take_new_name(s, c) < 0))
			return -1;
	} while (sign(s, ","));
	return 0;
}

static int on_drop(struct scan *s)
{
	do {
		if (!new_col(s, RULE_DROP))
			return -1;
	} while (sign(s, ","));
	return 0;
}

static int on_key(struct scan *s)
{
	do {
		if (!new_col(s, RULE_KEY))
			return -1;
	} while (sign(s, ","));
	return 0;
}

static int take_value(struct scan *s, struct rule_col *c)
{
	if (!sign(s, "="))
		return mistake(s, "\"=\" and the value are missing");
	c->expr = expr_of_rest(s);
	return c->expr ? 0 : -1;
}

static int take_type(struct scan *s, struct rule_col *c)
{
	unsigned long args[2] = {0};
	unsigned nargs = 0;
	const char *why;
	char type[32];
	int is_unsigned = 0;

	if (next_word(s, "a type") < 0)
		return -1;
	snprintf(type, sizeof type, "%.*s", (int)(s->n < sizeof type ? s->n : 0), s->word);
	if (sign(s, "(")) {
		do {
			char *rest;

			skip_blanks(s);
			if (nargs == 2 || s->p == s->end || *s->p < '0' || *s->p > '9')
				return mistake(s, "a number is expected in the type");
			args[nargs++] = strtoul(s->p, &rest, 10); /* ends at the file's final zero at the latest */
			while (s->p < rest)
				step(s);
		} while (sign(s, ","));
		if (!sign(s, ")"))
			return mistake(s, "\")\" is missing");
	}
	skip_blanks(s);
	if (s->end - s->p >= 8 && strncasecmp(s->p, "unsigned", 8) == 0) {
		for (int i = 0; i < 8; i++)
			step(s);
		is_unsigned = 1;
	}
	c->has_type = 1;
	why = rules_type(&c->type, type, args, nargs, is_unsigned);
	return why ? mistake_at_word(s, why) : 0;
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
	skip_blanks(s);
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

	if (next_word(s, "a statement") < 0)
		return -1;
	for (unsigned i = 0; i < sizeof statements / sizeof statements[0]; i++) {
		if (!word_is(s, statements[i].name))
			continue;
		if (!(statements[i].where & where)) {
			expr_err_at(s->err, s->word_line, s->word_col, "%s stands %s", statements[i].name,
			    statements[i].where == IN_FRONT ? "before the first table or database" : "below a table");
			return -1;
		}
		return statements[i].take(s) < 0 ? -1 : no_more(s);
	}
	expr_err_at(s->err, s->word_line, s->word_col, "\"%.*s\" is not a statement", (int)(s->n < 60 ? s->n : 60), s->word);
	return -1;
}

static int read_all(struct scan *s)
{
	if (s->end - s->p >= 3 && memcmp(s->p, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
		s->p += 3;
	if (memchr(s->p, '\0', (size_t)(s->end - s->p)))
		return mistake(s, "not a text: it holds a zero byte");
	while (s->p < s->end) {
		if (!at_end(s) && statement(s) < 0)
			return -1;
		skip_line(s);
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

const struct rule *rules_find(const struct rules *r, const char *db, const char *table, int *gave_up)
{
	for (int of_databases = table ? 0 : 1; of_databases < 2; of_databases++) {
		for (size_t i = 0; i < r->nrules; i++) {
			const struct rule *u = &r->rules[i];
			int m;

			if (u->of_databases != of_databases)
				continue;
			m = of_databases ? pattern_matches(u->from, db, strlen(db), NULL, 0)
					 : pattern_matches(u->from, db, strlen(db), table, strlen(table));
			if (m < 0)
				*gave_up = 1;
			if (m > 0)
				return u;
		}
	}
	return NULL;
}

#include "rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

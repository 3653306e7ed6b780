#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "pattern.h"
#include "policy.h"

void policies_release(struct policies *l)
{
	for (size_t i = 0; i < l->nrules; i++)
		pattern_free(l->rules[i].tables);
	free(l->rules);
	l->rules = NULL;
	l->nrules = 0;
}

static int read_policy(const char *what, enum policy *policy)
{
	static const char *const words[] = {[POLICY_STOP] = "stop", [POLICY_OVERWRITE] = "overwrite", [POLICY_SKIP] = "skip"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(what, words[i])) {
			*policy = (enum policy)i;
			return 0;
		}
	msg_error("--on-conflict: \"%s\" is not stop, overwrite or skip", what);
	return -1;
}

int policies_add(struct policies *l, const char *value)
{
	const char *what = strrchr(value, '='), *why; /* a name may have one too, a policy has not */
	struct policy_rule rule, *more;
	size_t at;

	if (!what)
		return read_policy(value, &l->rest);
	if (read_policy(what + 1, &rule.policy) < 0)
		return -1;
	rule.tables = pattern_parse(value, (size_t)(what - value), 0, &why, &at);
	if (!rule.tables) {
		msg_error("--on-conflict: %s, at character %zu of \"%.*s\"", why, at + 1, (int)(what - value), value);
		return -1;
	}
	more = realloc(l->rules, (l->nrules + 1) * sizeof *more);
	if (!more) {
		msg_no_memory();
		pattern_free(rule.tables);
		return -1;
	}
	l->rules = more;
	more[l->nrules++] = rule;
	return 0;
}

int policies_find(const struct policies *l, const char *db, const char *table, enum policy *policy)
{
	*policy = l->rest;
	for (size_t i = 0; i < l->nrules; i++) {
		int r = pattern_matches(l->rules[i].tables, db, strlen(db), table, strlen(table));

		if (r < 0)
			return -1;
		if (!r)
			continue;
		*policy = l->rules[i].policy;
		break;
	}
	return 0;
}

int policies_have(const struct policies *l, enum policy policy)
{
	for (size_t i = 0; i < l->nrules; i++)
		if (l->rules[i].policy == policy)
			return 1;
	return l->rest == policy;
}

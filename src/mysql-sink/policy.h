#ifndef POLICY_H
#define POLICY_H
/*
 * What is done with rows that do not fit the target, table by table: what
 * --on-conflict said. It does not know what a conflict is.
 */
#include <stddef.h>

struct pattern;

enum policy { POLICY_STOP, POLICY_OVERWRITE, POLICY_SKIP };

struct policies {
	enum policy rest; /* of tables that no rule is about */
	struct policy_rule {
		struct pattern *tables;
		enum policy policy;
	} * rules; /* the first that matches decides */
	size_t nrules;
};

void policies_release(struct policies *l);
/* One value of the option: WHAT or PATTERN=WHAT. 0, or -1 with the message printed. */
int policies_add(struct policies *l, const char *value);
/* 0; -1: a regular expression gave up on the name. */
int policies_find(const struct policies *l, const char *db, const char *table, enum policy *policy);
/* May any table have this one? */
int policies_have(const struct policies *l, enum policy policy);

#endif

#ifndef MAPPED_H
#define MAPPED_H
/* What rowmap makes of the columns of one table of the source: those that go to the target, and under what names. */
#include "expr/rules.h"

struct mapped_col {
	const char *name;		 /* of the target */
	const struct column *c;		 /* its type: of the source's column, or of the rule */
	const struct rule_col *computed; /* NULL: it is the source's column */
};

struct mapped {
	struct mapped_col *v;
	uint32_t n;
};

/* u: the table's rule, or NULL. CODE_OK; else the exit code, message printed. All in m is borrowed but v. */
int mapped_make(struct mapped *m, const struct rules *rules, const struct table *t, const struct rule *u);
void mapped_release(struct mapped *m);
const struct mapped_col *mapped_find(const struct mapped *m, const char *name); /* NULL: there is none */

#endif

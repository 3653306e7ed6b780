#ifndef EXPR_RULES_H
#define EXPR_RULES_H
/*
 * A rules file, the one language of rowfilter and rowmap (rowrules(5)): bytes in,
 * statements out. It opens no file and knows no stream; whoever uses the rules
 * takes the statements that are for it.
 */
#include <stddef.h>

#include "../pattern.h"
#include "../table.h"
#include "expr.h"
#include "target.h"

#define RULES_INSERT 1u
#define RULES_UPDATE 2u
#define RULES_DELETE 4u
#define RULES_ALL_OPS 7u

enum rules_ddl { RULES_DDL_UNSAID, RULES_DDL_PASS, RULES_DDL_DROP, RULES_DDL_STOP };

enum rule_verb { RULE_RENAME, RULE_DROP, RULE_KEEP, RULE_ADD, RULE_SET, RULE_KEY };

struct rule_col { /* one column of a table rule */
	enum rule_verb verb;
	char *name;	    /* the source's column; of ADD and KEY the target's */
	char *to;	    /* RENAME, KEEP: the new name; NULL: the same */
	int has_type;	    /* ADD always, SET perhaps */
	struct column type; /* without a name */
	struct expr *expr;  /* ADD, SET */
	unsigned line, col;
};

struct rules_tests {
	unsigned ops; /* RULES_INSERT ... */
	enum rules_ddl ddl;
	struct expr **where; /* all must hold */
	size_t nwhere;
};

struct rule { /* table PATTERN [-> TARGET] or database PATTERN -> TARGET, with what follows it */
	int of_databases;
	struct pattern *from;
	struct target *to; /* NULL: keeps its name */
	struct rules_tests tests;
	struct rule_col *cols;
	size_t ncols;
	unsigned line, col;
};

struct rules {
	char *file; /* for messages */
	int with_case;
	struct pattern_list names; /* include, exclude */
	struct rules_tests tests;  /* of all tables */
	struct rule *rules;
	size_t nrules;
	size_t for_filter, for_map; /* statements that are for the one program only */
};

void rules_init(struct rules *r);
void rules_release(struct rules *r);
/* Reads a file's bytes. 0, or -1 with the mistake's place and text. The name is copied. */
int rules_read(struct rules *r, const char *file, const char *bytes, size_t n, struct expr_err *err);

/* insert,update,delete -> bits. 0, or -1 with *at the offset of the mistake. */
int rules_parse_ops(const char *s, size_t n, unsigned *ops, size_t *at);
int rules_parse_ddl(const char *s, size_t n, enum rules_ddl *ddl); /* pass, drop, stop */
/* Adds one condition; takes e over, also on failure. 0 or -1 (no memory). */
int rules_add_where(struct rules_tests *t, struct expr *e);

/*
 * The first rule for tables that matches, and for tables without one the first for databases. table NULL: the first
 * for databases. NULL: none; *gave_up is set to 1 when a regular expression gave up, else left.
 */
const struct rule *rules_find(const struct rules *r, const char *db, const char *table, int *gave_up);

#endif

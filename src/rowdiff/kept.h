#ifndef KEPT_H
#define KEPT_H
/* Which rows of a table of the source the rules let through to the target: where, op (rowrules(5)). */
#include "diff.h"

/*
 * part->where becomes the condition in the source's SQL, empty: all rows; part->keeps_deleted 1 if only deletes are left out.
 * u: the table's rule, or NULL. CODE_OK; else the exit code, message printed: such rows cannot be told from others.
 */
int kept_rows(struct rowdiff *d, const struct rule *u, int is_mariadb, struct part *part);

#endif

#ifndef RULESFILE_H
#define RULESFILE_H
/*
 * What --rules, --where and --ddl of rowfilter and rowmap give: reads a rules
 * file from disk and says what is wrong in it. The part of lib/expr that touches
 * the world.
 */
#include "expr/rules.h"

#define RULES_MAX (16u * 1024 * 1024) /* bytes of a rules file */

/*
 * Once a program. 0; -1: could not be read, another try may help; -2: a person has to act: it is not there, has a mistake,
 * printed as file:line:column, or is a second one. Message printed. "-" is not special.
 */
int rules_load(struct rules *r, const char *path);
/* One condition of the command line, checked; its place in messages is "--where:LINE:COLUMN". 0; -2 message printed. */
int rules_load_where(struct rules_tests *t, const char *text);
/* pass, drop or stop. 0; -2 message printed. */
int rules_load_ddl(enum rules_ddl *ddl, const char *text);
/* Prints a mistake at its place in `file`, with what it was used for ("" or text behind the message). */
void rules_mistake(const char *file, const struct expr_err *err, const char *about);

#endif

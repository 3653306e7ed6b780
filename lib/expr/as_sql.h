#ifndef EXPR_AS_SQL_H
#define EXPR_AS_SQL_H
/*
 * A bound expression as SQL on the table that it is bound to, where a server means by it, of every row, what expr_test and
 * expr_value do; what a server may understand in another way is refused. The session is as rowread_session (rowread.h) has it.
 *
 * Nothing is left to the servers' conversions: text and bytes are compared as binary strings, text in UTF-8; exact numbers
 * as DECIMAL, of no more digits than both families have; doubles as doubles; dates as their text with six digits behind the
 * second, times as numbers of hours, minutes and seconds. What has no column in it is computed here.
 */
#include "expr.h"

/* Appends the condition. 0; -1: refused (or no memory: out->failed), err says where and why. */
int expr_prog_sql(struct expr_prog *p, int is_mariadb, struct buf *out, struct expr_err *err);
/* The same of a value, in the type and character set of its column. */
int expr_prog_sql_value(struct expr_prog *p, int is_mariadb, struct buf *out, struct expr_err *err);

#endif

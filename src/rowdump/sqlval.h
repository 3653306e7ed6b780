#ifndef SQLVAL_H
#define SQLVAL_H
/*
 * Values and names as SQL, exact and independent of the session but for three
 * things that sql.c sets: NAMES utf8mb4, time_zone +00:00, and a sql_mode with
 * backslash escapes.
 */
#include "table.h"

void sql_name(struct buf *b, const char *name);
void sql_table(struct buf *b, const struct table *t);  /* `db`.`name` */
void sql_text(struct buf *b, const void *p, size_t n); /* '...' of UTF-8 */
/* A value to be stored. Not for VAL_ABSENT. */
void sql_value(struct buf *b, const struct column *c, const struct val *v);
/* `c` = value; exact: 1 when the bytes of text are to be equal and not only its characters as the column compares them */
void sql_equals(struct buf *b, const struct column *c, const struct val *v, int exact);

#endif

#ifndef EXPR_RULES_TYPE_H
#define EXPR_RULES_TYPE_H
/* A column type as SQL writes it -> a column of the stream. */
#include "../table.h"

/* Fills all but the name; text is utf8mb4. NULL, or why not. */
const char *rules_type(struct column *c, const char *name, const unsigned long *args, unsigned nargs, int is_unsigned);

#endif

#ifndef VALUE_H
#define VALUE_H
/* SQL for one value: the form in which it is compared (column.h), and that form as what its column is compared with. */
#include "buf.h"
#include "column.h"

void value_name(struct buf *out, const struct column *c);
/*
 * x: SQL of a value of c's type, its name or what computes it. A string of bytes, or a number; never text of two collations
 * that do not go together.
 */
void value_put(struct buf *out, const char *x, const struct column *c, enum canon canon);
void value_literal(struct buf *out, const struct column *c, enum canon canon, const uint8_t *p, size_t n);
/* It may be so long that a CONCAT with others would be past max_allowed_packet, and NULL. */
int value_is_long(const struct column *c);

#endif

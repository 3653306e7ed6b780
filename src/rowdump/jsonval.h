#ifndef JSONVAL_H
#define JSONVAL_H
/*
 * Values of columns as JSON (rowdump(1)), appended to a buf: exact, and such
 * that the column's type and the JSON together give the value back. tmp is room
 * for text on its way to UTF-8.
 */
#include "columns.h"

/* ct: what columns_of made for the column. VAL_ABSENT: {"absent":true}, which stands in arrays only. */
void json_value(struct buf *b, struct buf *tmp, const struct column *c, const struct column_text *ct, const struct val *v);
/* Text in a character set: a string if that is exact, else {"b64":"..."}. */
void json_charset_text(struct buf *b, struct buf *tmp, const char *cs, const void *p, size_t n);

#endif

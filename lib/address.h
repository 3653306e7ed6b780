#ifndef ADDRESS_H
#define ADDRESS_H
/*
 * The text of uuid, inet4 and inet6: types whose values travel as bytes
 * (rowstream(5)) and which people and servers read and write as text.
 */
#include "buf.h"
#include "table.h"

/*
 * Appends the text of the n bytes at p, as MariaDB shows it: 1; 0, and nothing
 * is appended: the type is none of these, or n is not its length.
 */
int address_text(struct buf *out, enum col_type type, const uint8_t *p, size_t n);

#endif

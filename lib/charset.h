#ifndef CHARSET_H
#define CHARSET_H
/*
 * The servers' character sets: number of a collation -> name of the character
 * set (tables of both families), and text to and from UTF-8 as the server means
 * it (its latin1 is cp1252 with five bytes passed through). Built on iconv.
 */
#include <stdint.h>

#include "buf.h"

/* NULL: not known. 63 is "binary". */
const char *charset_of_collation(uint32_t coll);
const char *collation_name(uint32_t coll);		 /* NULL: not known */
uint32_t charset_default_collation(const char *charset); /* 0: not known */
unsigned charset_mbmaxlen(const char *charset);		 /* bytes of the longest character, 0: not known */

/* Appends the text as UTF-8. 0; -1 if it has no exact form there (the way back would not give the same bytes). */
int charset_to_utf8(const char *charset, const void *p, size_t n, struct buf *out);
int charset_from_utf8(const char *charset, const void *p, size_t n, struct buf *out);
int utf8_is_valid(const void *p, size_t n); /* well-formed, as RFC 3629 has it */

#endif

#ifndef VALUES_H
#define VALUES_H
/* One column's value from JSON: the other way of rowdump's, and what people and other languages write. */
#include "fields.h"

/* Bytes are borrowed from the JSON or the arena. 0, or -1 with the message printed. */
int value_of(const struct fields *f, const struct column *c, json_t *j, struct val *v);

/* Text in UTF-8 as bytes of a character set. */
int charset_text_of(const struct fields *f, const char *what, const char *cs, json_t *j, struct str *s);

#endif

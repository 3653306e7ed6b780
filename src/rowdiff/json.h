#ifndef JSON_H
#define JSON_H
/* JSON text by value: of two texts of one document, whoever wrote them, the same is appended. */
#include "buf.h"

/* What is no JSON is appended as it is. 0, or -1 (no memory). */
int json_canon(struct buf *out, const char *p, size_t n);

#endif

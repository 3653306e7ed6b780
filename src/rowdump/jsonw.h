#ifndef JSONW_H
#define JSONW_H
/* JSON values, appended to a buf. It knows JSON, not what rows are. */
#include "buf.h"

void json_string(struct buf *b, const void *p, size_t n); /* p is UTF-8 */
void json_b64(struct buf *b, const void *p, size_t n);	  /* {"b64":"..."} */
void json_text(struct buf *b, const void *p, size_t n);	  /* a string; {"b64":...} if p is not UTF-8 */
/* Numbers that a double cannot hold exactly become strings. */
void json_uint(struct buf *b, uint64_t v);
void json_int(struct buf *b, int64_t v);
/* The shortest text that reads back as the same bits; "-0.0" as a string, {"bits":"hex"} for what is no number. */
void json_double(struct buf *b, double v);
void json_float(struct buf *b, float v);

#endif

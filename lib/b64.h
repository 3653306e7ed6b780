#ifndef B64_H
#define B64_H
/* Base64 with padding (RFC 4648, section 4): bytes in text formats. */
#include "buf.h"

void b64_encode(struct buf *out, const void *p, size_t n);
/* 0; -1: not base64 as b64_encode writes it, or no memory. What was appended before stays. */
int b64_decode(struct buf *out, const char *p, size_t n);

#endif

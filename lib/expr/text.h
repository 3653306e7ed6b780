#ifndef EXPR_TEXT_H
#define EXPR_TEXT_H
/* UTF-8 text as expressions need it: characters, LIKE, letters' case. Bytes that are not UTF-8 count as one character each. */
#include <locale.h>
#include <stddef.h>
#include <stdint.h>

#include "../buf.h"

size_t text_step(const uint8_t *p, size_t n); /* bytes of the first character; n > 0 */
size_t text_chars(const uint8_t *p, size_t n);
/* SQL's LIKE: % any run, _ one character (one byte if !utf8). escape: its bytes, or 0 of them. */
int text_like(const uint8_t *s, size_t n, const uint8_t *pat, size_t npat, const uint8_t *escape, size_t nescape, int utf8);
void text_fold(const uint8_t *p, size_t n, int upper, locale_t utf8_locale, struct buf *out);
uint32_t text_crc32(const uint8_t *p, size_t n); /* as zlib's and the servers' CRC32() */

#endif

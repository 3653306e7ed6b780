#ifndef BINLOG_ZIP_H
#define BINLOG_ZIP_H
/*
 * What MariaDB compresses with zlib in its log: whole queries and row events
 * (log_bin_compress), and the values of COMPRESSED columns. Both say the length
 * of what comes out; it is checked against a bound before memory is taken.
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define ZIP_MAX (UINT32_C(1) << 30) /* bytes that may come out */

/* Appends what p, n of a compressed event holds. 0, or -1 with the reason in why. */
int zip_event(const uint8_t *p, size_t n, struct buf *out, const char **why);

/*
 * A COMPRESSED column's value, its first byte being the method. *plain, *nplain: where it is, in p itself or
 * in `out`, which is overwritten. 0, or -1 with the reason in why.
 */
int zip_column(const uint8_t *p, size_t n, struct buf *out, const uint8_t **plain, size_t *nplain, const char **why);

#endif

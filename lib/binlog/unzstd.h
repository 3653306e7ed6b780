#ifndef BINLOG_UNZSTD_H
#define BINLOG_UNZSTD_H
/*
 * The events in a TRANSACTION_PAYLOAD, one after the other, uncompressed piece
 * by piece: it holds one event at a time, however large the transaction is.
 */
#include <stddef.h>
#include <stdint.h>

struct unzstd;

struct unzstd *unzstd_new(void); /* NULL: no memory */
void unzstd_free(struct unzstd *z);

/* Starts with a payload, which is borrowed; plain is the number of bytes that must come out. 0 or -1 (no memory). */
int unzstd_start(struct unzstd *z, const uint8_t *p, size_t n, uint64_t plain, int is_zstd);
/* The next event, borrowed until the next call. 1; 0 there is no more; -1 with the reason in why. */
int unzstd_event(struct unzstd *z, const uint8_t **p, size_t *n, const char **why);

#endif

#ifndef FUZZ_LOGBITS_H
#define FUZZ_LOGBITS_H
/*
 * Logs in the hands of the fuzzer: events found in bytes that may be wrong, what
 * is only arithmetic (lengths, positions, checksums) made right, and compressed
 * events opened and made, which chance alone would never get past.
 */
#include <stddef.h>
#include <stdint.h>

#include "binlog/event.h"
#include "buf.h"

/* The event at p: its length as far as there are bytes; 0: none. */
size_t log_event_len(const uint8_t *p, size_t n);
/* The number of events, and where each begins (up to max of them). */
size_t log_events(const uint8_t *p, size_t n, size_t *at, size_t max);

void put_le32(uint8_t *p, uint32_t v);
/* Length; end position `pos` unless the event says none; checksum. */
void log_event_seal(uint8_t *p, size_t n, uint64_t end, int has_crc);

/*
 * The same event in another form, appended to out: a plain row event or QUERY as MariaDB compresses it, a payload that is not
 * compressed with zstd. 0: done; -1: it has no other form. p, n: with its checksum, if has_crc; out has room for one.
 */
int log_event_compress(const uint8_t *p, size_t n, int has_crc, struct buf *out);
/* Appends a payload event with the head of another, not compressed, without a checksum that is right. */
void log_payload_plain(const uint8_t *head, const uint8_t *plain, size_t n, struct buf *out);
/* A payload that is compressed, as one that is not; at most max bytes of it. */
int log_event_open(const uint8_t *p, size_t n, int has_crc, size_t max, struct buf *out);

#endif

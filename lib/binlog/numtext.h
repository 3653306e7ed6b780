#ifndef BINLOG_NUMTEXT_H
#define BINLOG_NUMTEXT_H
/*
 * Decimals, dates and times from the server's packed forms to their canonical
 * text (rowstream(5), Types and values). Each writes to a place with room for
 * its longest form, given here with the 8 bytes behind it that may be touched,
 * and returns the length, 0 for bytes that no server writes.
 */
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_TEXT_MAX (84 + 8) /* sign, 81 digits, point, a leading zero */
#define DECIMAL_BYTES_MAX 36
#define TEMPORAL_TEXT_MAX (27 + 8) /* YYYY-MM-DD HH:MM:SS.ffffff */

/* Bytes of a packed decimal (strings/decimal.c, decimal_bin_size). 0: such a decimal cannot be. */
unsigned decimal_bytes(unsigned precision, unsigned scale);
/* The same of a value in a JSON document: results of casts and sums are kept with up to 81 digits there. */
unsigned decimal_value_bytes(unsigned precision, unsigned scale);
size_t decimal_text(char *o, const uint8_t *p, unsigned precision, unsigned scale);

size_t date_text(char *o, uint32_t packed); /* 3 bytes: day 5 bits, month 4, year */

/* MySQL 5.6 and later, and MariaDB with mysql56_temporal_format: big-endian, offset, fraction behind. */
static inline unsigned fraction_bytes(unsigned dec)
{
	return (dec + 1) / 2;
}
size_t time2_text(char *o, const uint8_t *p, unsigned dec);	 /* 3 bytes and fraction */
size_t datetime2_text(char *o, const uint8_t *p, unsigned dec);	 /* 5 bytes and fraction */
size_t timestamp2_text(char *o, const uint8_t *p, unsigned dec); /* 4 bytes and fraction */

/* Before that; with fractions MariaDB 5.3's own ("hires") forms. */
unsigned time_old_bytes(unsigned dec);
unsigned datetime_old_bytes(unsigned dec);
unsigned timestamp_old_bytes(unsigned dec);
size_t time_old_text(char *o, const uint8_t *p, unsigned dec);
size_t datetime_old_text(char *o, const uint8_t *p, unsigned dec);
size_t timestamp_old_text(char *o, const uint8_t *p, unsigned dec);

#endif

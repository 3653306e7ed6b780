#ifndef BINLOG_TMAP_H
#define BINLOG_TMAP_H
/*
 * TABLE_MAP events: what the log itself says of a table. A view into the event's
 * bytes plus one struct tmap_col a column, with as much as binlog_row_metadata
 * (NO_LOG, MINIMAL, FULL) wrote. It makes a definition from FULL metadata and
 * holds a definition from elsewhere against what the log says.
 */
#include <stddef.h>
#include <stdint.h>

#include "binlog/event.h"
#include "table.h"

/* Column types of the log (enum_field_types). */
enum log_type {
	LT_TINY = 1,
	LT_SHORT = 2,
	LT_LONG = 3,
	LT_FLOAT = 4,
	LT_DOUBLE = 5,
	LT_NULL = 6,
	LT_TIMESTAMP = 7,
	LT_LONGLONG = 8,
	LT_INT24 = 9,
	LT_DATE = 10,
	LT_TIME = 11,
	LT_DATETIME = 12,
	LT_YEAR = 13,
	LT_NEWDATE = 14,
	LT_VARCHAR = 15,
	LT_BIT = 16,
	LT_TIMESTAMP2 = 17,
	LT_DATETIME2 = 18,
	LT_TIME2 = 19,
	LT_BLOB_COMPRESSED = 140,
	LT_VARCHAR_COMPRESSED = 141,
	LT_VECTOR = 242,
	LT_JSON = 245,
	LT_DECIMAL = 246,
	LT_ENUM = 247,
	LT_SET = 248,
	LT_BLOB = 252,
	LT_VAR_STRING = 253,
	LT_STRING = 254,
	LT_GEOMETRY = 255
};

struct tmap_col {
	uint8_t type;	    /* enum log_type; enum and set told from the strings that carry them */
	uint8_t dec;	    /* decimal: digits after the point; times: of the second */
	int8_t is_unsigned; /* -1: the log does not say, or not a number */
	uint8_t nullable;
	uint8_t geometry;    /* kind of geometry, with has_geometry of the map */
	uint32_t dimension;  /* vector of MySQL: number of floats; 0 the log does not say */
	int8_t visible;	     /* -1: the log does not say */
	uint8_t is_old_uuid; /* set by who looked up the definition: UUID of MariaDB 10.7 to 10.10 */
	uint32_t len;	     /* strings: bytes at most; decimal: digits; bit: bits; blobs, geometry, JSON: bytes of length;
				enum, set: bytes of the value */
	uint32_t coll;	     /* 0: the log does not say, or none */
	const char *name;    /* NULL: the log does not say; not terminated */
	uint32_t nname;
	struct cur labels; /* enum, set: packed strings, nlabels of them */
	uint32_t nlabels;
};

struct tmap {
	uint64_t id;
	const char *db, *name; /* not terminated */
	size_t ndb, nname;
	uint32_t ncols;
	const uint8_t *types, *meta, *nulls, *opt;
	size_t nmeta, nopt;
	const uint8_t *raw; /* all of it but id and flags: equal bytes, equal map */
	size_t nraw;
	/* set by tmap_cols */
	int has_names, has_sign, has_charset;
	const uint8_t *pk, *pk_prefix; /* SIMPLE_PRIMARY_KEY or PRIMARY_KEY_WITH_PREFIX, NULL if not there */
	size_t npk, npk_prefix;
};

/* Reads the id, and finds the rest (raw). 0, or -1 with the cursor failed. */
int tmap_head(struct cur *c, const struct log_format *f, struct tmap *m);
/* Behind tmap_head, of the same cursor: reads the fixed parts. 0, or -1 with the cursor failed. */
int tmap_read(struct cur *c, struct tmap *m);

/* Fills cols[m->ncols] and the rest of m. 0, or -1 with the reason in why. */
int tmap_cols(struct tmap *m, int is_mariadb, struct tmap_col *cols, const char **why);

/* The definition that FULL metadata gives (has_names). NULL: no memory, or *why says what is wrong with it. */
struct table *tmap_table(const struct tmap *m, int is_mariadb, const struct tmap_col *cols, const char **why);

/*
 * 1 if what the log says may stand for another type: UUID, INET4 and INET6 look like BINARY, MariaDB's VECTOR like
 * VARBINARY, and old times do not tell their digits. Only the server knows then.
 */
int tmap_is_ambiguous(const struct tmap *m, int is_mariadb, const struct tmap_col *cols);

/* Takes the types of those columns of t, made by tmap_table, from a definition as the server has it now, by name, where they fit.
 */
void tmap_refine(const struct tmap *m, const struct tmap_col *cols, struct table *t, const struct table *now);

/*
 * MariaDB's older times do not tell their digits of the second, on which the length of the value depends. The first column
 * of t (made by tmap_table) of that kind that `now` (NULL: there is none) does not tell either; NULL: all are known.
 */
const struct column *tmap_unknown_digits(
    const struct tmap *m, int is_mariadb, const struct tmap_col *cols, const struct table *t, const struct table *now);

/* Compares a definition with the log's. 0; -1 with one line that says where they differ in why. */
int tmap_check(const struct tmap *m, const struct tmap_col *cols, const struct table *t, struct buf *why);

#endif

#ifndef SQL_H
#define SQL_H
/*
 * Statements that say the same on both servers. A side is one table of the target, or the tables of the source that go into
 * it, put together by UNION ALL. A row's hash is the first half of SHA-256 of all that is
 * compared, as 32 hex digits; h in results. (MD5 is not in every MySQL any more.) Keys travel as
 * lists of the values that are compared: length (8 bytes), bytes. Nothing is sent here.
 */
#include "plan.h"

struct side {
	const struct pair *p;
	int is_target, is_mariadb;
	const char *where; /* NULL: none */
};

struct range { /* (low, high]; NULL: open */
	const struct buf *low, *high;
};

/* COUNT(*), COUNT(h), sum of the left halves of the hashes, of the right ones. */
void sql_checksum(struct buf *out, const struct side *s, const struct range *r);
/* The first `digits` digits of the hash, then the same four, a row each. */
void sql_buckets(struct buf *out, const struct side *s, unsigned digits);
/* The key n rows behind r->low; no row: there are fewer. */
void sql_bound(struct buf *out, const struct side *s, const struct range *r, uint64_t n);
/* Key columns, h. Without a key: h, COUNT(*). */
void sql_rows(struct buf *out, const struct side *s, const struct range *r);
/* The same of those whose hash begins with one of `list` ('ab','cd'; empty: all). */
void sql_bucket_rows(struct buf *out, const struct side *s, unsigned digits, const struct buf *list);

/*
 * Rows by their keys. SQL_DIGEST: key columns, hash without JSON columns, those; without a key h, COUNT(*). SQL_ALL: the same
 * but COUNT, then of each column, if it is not JSON, SHA-256 and beginning, else the whole; then, with_raw, of each column of the
 * table what a row stream needs (rowread.h).
 */
/* Of all rows of a range: of each compared column what a row stream needs. */
void sql_raw_rows(struct buf *out, const struct side *s, const struct range *r);
enum sql_what { SQL_DIGEST, SQL_ALL };
void sql_lookup(
    struct buf *out, const struct side *s, enum sql_what what, int with_raw, const struct buf *keys, const size_t *at, size_t n);

/* Columns that a lookup gives in front: key columns, or h. */
static inline uint32_t sql_nkey(const struct pair *p)
{
	return p->nkey ? p->nkey : 1;
}

void key_add(struct buf *key, const void *p, size_t n);
/* The value at *at, which moves behind it. NULL: there is none. */
const uint8_t *key_next(const struct buf *key, size_t *at, size_t *n);

#define SQL_SHOWN 64 /* bytes of a value that are shown */

#endif

#ifndef COMPARE_H
#define COMPARE_H
/*
 * Both servers are asked for the same thing, and what they say is put side by side: sums of many rows, or keys and hashes of
 * a few. Keys that do not have the same hash on both sides become suspects of the worker. All functions return the exit code,
 * messages printed.
 */
#include "diff.h"

struct sums {
	uint64_t rows, hashed;
	char low[64], high[64]; /* decimal; "" of no rows */
};
int sums_same(const struct sums *a, const struct sums *b);
void sums_take(struct sums *s, char **v); /* of the four values that sql.h has for sums */
int sums_check(const struct side *s, const struct sums *x);

/* Sends w->sql to the side's server. */
int compare_ask(
    struct worker *w, const struct side *s, int (*on_row)(void *, unsigned, char **, const unsigned long *), void *arg);
int compare_sums(struct worker *w, int is_target, const struct range *r, struct sums *x); /* of one side */

/* Rows of a range. *is_full: they are too many, nothing was done. */
int compare_rows(struct worker *w, const struct range *r, int *is_full);
/* The same of rows of some buckets: see sql_bucket_rows. */
int compare_buckets(struct worker *w, unsigned digits, const struct buf *list, int *is_full);

/* scan.c: a chunk is done. narrow.c, bucket.c: what its rows are. */
void scan_count(struct worker *w, const struct sums *a, const struct sums *b, int differs);
/* narrow.c: key columns n rows behind r->low; *found 0: there are fewer. */
int narrow_bound(struct worker *w, int is_target, const struct range *r, uint64_t n, struct buf *key, int *found);
/* Rows of a range whose sums differ. */
int narrow_range(struct worker *w, const struct range *r, uint64_t s_rows, uint64_t t_rows);
/* bucket.c: a whole table by the bits of its hashes */
int bucket_table(struct worker *w);

#endif

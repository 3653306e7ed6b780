/* Tables without a key, or with keys that the servers order in different ways: by the bits of the hashes. */
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "compare.h"
#include "msg.h"

#define BUCKET_ROWS 1000
#define BATCH_ROWS 20000 /* of buckets that are read at a time */

struct bucket {
	char digits[8];
	struct sums s, t;
};

struct buckets {
	struct bucket *v;
	size_t n, cap;
	int is_target, no_memory;
};

static int by_digits(const void *a, const void *b)
{
	return strcmp(((const struct bucket *)a)->digits, ((const struct bucket *)b)->digits);
}

static int on_bucket(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct buckets *b = arg;
	struct bucket *x;

	if (ncols != 5)
		return 1;
	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 64;

		x = realloc(b->v, cap * sizeof *x);
		if (!x) {
			b->no_memory = 1;
			return 1;
		}
		b->v = x;
		b->cap = cap;
	}
	x = &b->v[b->n++];
	memset(x, 0, sizeof *x);
	if (v[0] && lens[0] < sizeof x->digits)
		memcpy(x->digits, v[0], lens[0]);
	sums_take(b->is_target ? &x->t : &x->s, v + 1);
	return 0;
}

static int read_buckets(struct worker *w, unsigned digits, struct buckets *b)
{
	for (int is_target = 0; is_target < 2; is_target++) {
		struct side s = worker_side(w, is_target);
		size_t before = b->n;
		int code;

		b->is_target = is_target;
		sql_buckets(&w->sql, &s, digits);
		code = compare_ask(w, &s, on_bucket, b);
		if (code == CODE_OK && b->no_memory)
			code = no_memory();
		for (size_t i = before; i < b->n && code == CODE_OK; i++)
			code = sums_check(&s, is_target ? &b->v[i].t : &b->v[i].s);
		if (code != CODE_OK)
			return code;
	}
	if (b->n)
		qsort(b->v, b->n, sizeof *b->v, by_digits);
	return CODE_OK;
}

/* A list of too many rows is taken in halves. */
static int compare_some(struct worker *w, unsigned digits, const struct buf *list)
{
	size_t each = digits + 3, n = (list->len + 1) / each; /* 'ab', */
	struct buf first = {list->p, n / 2 * each - 1, 0, 0}, second = {list->p + n / 2 * each, list->len - n / 2 * each, 0, 0};
	int is_full, code = compare_buckets(w, digits, list, &is_full);

	if (code != CODE_OK || !is_full)
		return code;
	if (n < 2) {
		msg_error("could not compare table \"%s.%s\": it grew too fast", w->pair->db, w->pair->name);
		return CODE_OUTSIDE;
	}
	code = compare_some(w, digits, &first);
	return code == CODE_OK ? compare_some(w, digits, &second) : code;
}

int bucket_table(struct worker *w)
{
	struct buckets b = {.n = 0};
	struct buf list = BUF_INIT;
	struct sums s, t, sum = {0, 0, "", ""}, tsum = {0, 0, "", ""};
	unsigned digits = 0;
	uint64_t most, rows = 0;
	int code = compare_sums(w, 0, NULL, &s);

	if (code == CODE_OK)
		code = compare_sums(w, 1, NULL, &t);
	if (code != CODE_OK)
		return code;
	if (sums_same(&s, &t)) {
		scan_count(w, &s, &t, 0);
		return CODE_OK;
	}
	for (most = s.rows > t.rows ? s.rows : t.rows; most > BUCKET_ROWS && digits < 5; most /= 16)
		digits++;
	code = read_buckets(w, digits, &b);
	for (size_t i = 0; i < b.n && code == CODE_OK; i++) {
		struct bucket *x = &b.v[i];

		/* of both sides into one */
		if (i + 1 < b.n && !strcmp(x->digits, b.v[i + 1].digits)) {
			if (x->t.rows)
				b.v[i + 1].t = x->t;
			else
				b.v[i + 1].s = x->s;
			continue;
		}
		sum.rows += x->s.rows;
		tsum.rows += x->t.rows;
		if (!sums_same(&x->s, &x->t)) {
			if (digits)
				buf_printf(&list, "%s'%s'", list.len ? "," : "", x->digits);
			rows += (x->s.rows > x->t.rows ? x->s.rows : x->t.rows) + 1;
		}
		if (rows >= BATCH_ROWS || (rows && i + 1 == b.n)) {
			code = compare_some(w, digits, &list);
			buf_reset(&list);
			rows = 0;
		}
	}
	scan_count(w, &sum, &tsum, 1);
	free(b.v);
	buf_release(&list);
	return code;
}

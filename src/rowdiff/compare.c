#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "msg.h"

#define LIST_BYTES (4u << 20) /* keys and hashes of one side */

int sums_same(const struct sums *a, const struct sums *b)
{
	return a->rows == b->rows && !strcmp(a->low, b->low) && !strcmp(a->high, b->high);
}

static struct link *link_of(struct worker *w, const struct side *s)
{
	return s->is_target ? &w->target : &w->source;
}

int compare_ask(
    struct worker *w, const struct side *s, int (*on_row)(void *, unsigned, char **, const unsigned long *), void *arg)
{
	struct link *l = link_of(w, s);

	if (w->sql.failed)
		return no_memory();
	return conn_query(l->c, (const char *)w->sql.p, w->sql.len, on_row, arg) < 0 ? worker_failed(w, l, "compare rows")
										     : CODE_OK;
}

void sums_take(struct sums *s, char **v)
{
	s->rows = strtoull(v[0] ? v[0] : "0", NULL, 10);
	s->hashed = strtoull(v[1] ? v[1] : "0", NULL, 10);
	snprintf(s->low, sizeof s->low, "%s", v[2] ? v[2] : "");
	snprintf(s->high, sizeof s->high, "%s", v[3] ? v[3] : "");
}

static int on_sums(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	(void)lens;
	if (ncols == 4)
		sums_take(arg, v);
	return 0;
}

int sums_check(const struct side *s, const struct sums *x)
{
	if (x->rows == x->hashed)
		return CODE_OK;
	msg_error("cannot compare %llu rows of table \"%s.%s\": the %s cannot put their values together",
	    (unsigned long long)(x->rows - x->hashed), s->p->db, s->p->name, s->is_target ? "target" : "source");
	msg_hint("a larger max_allowed_packet there lets it");
	return CODE_USAGE;
}

int compare_sums(struct worker *w, int is_target, const struct range *r, struct sums *x)
{
	struct side s = worker_side(w, is_target);
	int code;

	memset(x, 0, sizeof *x);
	sql_checksum(&w->sql, &s, r);
	code = compare_ask(w, &s, on_sums, x);
	return code == CODE_OK ? sums_check(&s, x) : code;
}

/* ---- rows of a range */

struct entry {
	size_t at, len; /* key in the list */
	uint64_t low, high, n;
};

struct list {
	uint32_t nkey;
	struct buf bytes;
	struct entry *v;
	size_t n, cap;
	int is_full, no_memory;
};

static void list_release(struct list *l)
{
	buf_release(&l->bytes);
	free(l->v);
}

static uint64_t hex64(const char *p)
{
	char text[17];

	memcpy(text, p, 16);
	text[16] = 0;
	return strtoull(text, NULL, 16);
}

static int on_listed(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct list *l = arg;
	struct entry e = {.at = l->bytes.len, .n = 1};
	const char *h = v[l->nkey];

	if (ncols < l->nkey + 1 || !h || lens[l->nkey] != 32)
		return 0;
	if (l->bytes.len + (l->n + 1) * sizeof e > LIST_BYTES) {
		l->is_full = 1;
		return 1;
	}
	for (uint32_t i = 0; i < l->nkey; i++)
		key_add(&l->bytes, v[i], v[i] ? lens[i] : 0);
	if (!l->nkey) {
		key_add(&l->bytes, h, 32);
		e.n = strtoull(v[1] ? v[1] : "0", NULL, 10);
	}
	e.len = l->bytes.len - e.at;
	e.low = hex64(h);
	e.high = hex64(h + 16);
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 256;
		struct entry *more = realloc(l->v, cap * sizeof *more);

		if (!more)
			l->no_memory = 1;
		if (!more)
			return 1;
		l->v = more;
		l->cap = cap;
	}
	l->v[l->n++] = e;
	return 0;
}

static int by_key(const void *a, const void *b, void *bytes)
{
	const struct entry *x = a, *y = b;
	const uint8_t *p = bytes;
	int c = memcmp(p + x->at, p + y->at, x->len < y->len ? x->len : y->len);

	if (c)
		return c;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return (x->high > y->high) - (x->high < y->high);
}

static int across(const struct list *a, size_t i, const struct list *b, size_t j)
{
	const struct entry *x = &a->v[i], *y = &b->v[j];
	int c = memcmp(a->bytes.p + x->at, b->bytes.p + y->at, x->len < y->len ? x->len : y->len);

	return c ? c : (x->len > y->len) - (x->len < y->len);
}

static int suspect(struct worker *w, const struct list *l, size_t i)
{
	return suspects_add(&w->suspects, l->bytes.p + l->v[i].at, l->v[i].len) < 0 ? no_memory() : CODE_OK;
}

static int merge(struct worker *w, struct list *a, struct list *b)
{
	size_t i = 0, j = 0;
	int code = CODE_OK;

	if (a->n)
		qsort_r(a->v, a->n, sizeof *a->v, by_key, a->bytes.p);
	if (b->n)
		qsort_r(b->v, b->n, sizeof *b->v, by_key, b->bytes.p);
	while (code == CODE_OK && (i < a->n || j < b->n)) {
		int c = i == a->n ? 1 : j == b->n ? -1 : across(a, i, b, j);

		if (c < 0) {
			code = suspect(w, a, i++);
		} else if (c > 0) {
			code = w->pair->keeps_deleted ? CODE_OK : suspect(w, b, j);
			j++;
		} else {
			if (a->v[i].low != b->v[j].low || a->v[i].high != b->v[j].high || a->v[i].n != b->v[j].n)
				code = suspect(w, a, i);
			i++;
			j++;
		}
		if (code == CODE_OK && suspects_are_many(&w->suspects))
			code = confirm_all(w);
	}
	return code;
}

static int read_list(struct worker *w, const struct side *s, struct list *l)
{
	int code = compare_ask(w, s, on_listed, l);

	return code == CODE_OK && (l->no_memory || l->bytes.failed) ? no_memory() : code;
}

/* What both sides list, by statements that `put` writes. */
static int compare_lists(
    struct worker *w, void (*put)(struct buf *, const struct side *, const void *), const void *arg, int *is_full)
{
	struct side s = worker_side(w, 0), t = worker_side(w, 1);
	struct list a = {.nkey = s.p->nkey}, b = {.nkey = s.p->nkey};
	int code;

	put(&w->sql, &s, arg);
	code = read_list(w, &s, &a);
	if (code == CODE_OK && !a.is_full) {
		put(&w->sql, &t, arg);
		code = read_list(w, &t, &b);
	}
	*is_full = a.is_full || b.is_full;
	if (code == CODE_OK && !*is_full)
		code = merge(w, &a, &b);
	list_release(&a);
	list_release(&b);
	return code;
}

static void put_range(struct buf *sql, const struct side *s, const void *arg)
{
	sql_rows(sql, s, arg);
}

int compare_rows(struct worker *w, const struct range *r, int *is_full)
{
	return compare_lists(w, put_range, r, is_full);
}

struct some_buckets {
	unsigned digits;
	const struct buf *list;
};

static void put_buckets(struct buf *sql, const struct side *s, const void *arg)
{
	const struct some_buckets *b = arg;

	sql_bucket_rows(sql, s, b->digits, b->list);
}

int compare_buckets(struct worker *w, unsigned digits, const struct buf *list, int *is_full)
{
	struct some_buckets b = {digits, list};

	return compare_lists(w, put_buckets, &b, is_full);
}

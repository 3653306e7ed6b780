/* Chunks: counted and summed up by both servers; where they differ, narrowed down to rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "diff.h"
#include "msg.h"
#include "rowread.h"
#include "sig.h"

#define CHUNK_FIRST 2000
#define CHUNK_MOST 200000
#define CHUNK_US 400000 /* a chunk should take about so long */
#define FEW_ROWS 1000	/* are read one by one */
#define FANOUT 16
#define DEEP 14
#define LIST_BYTES (4u << 20) /* keys and hashes of one side */
#define BUCKET_ROWS 1000
#define BATCH_ROWS 20000 /* of buckets that are read at a time */

struct sums {
	uint64_t rows, hashed;
	char low[64], high[64];
};

static int sums_same(const struct sums *a, const struct sums *b)
{
	return a->rows == b->rows && !strcmp(a->low, b->low) && !strcmp(a->high, b->high);
}

static struct link *link_of(struct worker *w, const struct side *s)
{
	return s->is_target ? &w->target : &w->source;
}

static int no_memory(void)
{
	msg_error("out of memory");
	return CODE_OUTSIDE;
}

static int ask(struct worker *w, const struct side *s, int (*on_row)(void *, unsigned, char **, const unsigned long *), void *arg)
{
	struct link *l = link_of(w, s);

	if (w->sql.failed)
		return no_memory();
	return conn_query(l->c, (const char *)w->sql.p, w->sql.len, on_row, arg) < 0 ? worker_failed(w, l, "compare rows")
										     : CODE_OK;
}

static void set_sums(struct sums *s, char **v)
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
		set_sums(arg, v);
	return 0;
}

static int check_hashed(const struct side *s, const struct sums *x)
{
	if (x->rows == x->hashed)
		return CODE_OK;
	msg_error("cannot compare %llu rows of table \"%s.%s\": the %s cannot put their values together",
	    (unsigned long long)(x->rows - x->hashed), s->p->db, s->p->name, s->is_target ? "target" : "source");
	msg_hint("a larger max_allowed_packet there lets it");
	return CODE_USAGE;
}

static int checksum(struct worker *w, int is_target, const struct range *r, struct sums *x)
{
	struct side s = worker_side(w, is_target);
	int code;

	memset(x, 0, sizeof *x);
	sql_checksum(&w->sql, &s, r);
	code = ask(w, &s, on_sums, x);
	return code == CODE_OK ? check_hashed(&s, x) : code;
}

/* ---- keys behind a number of rows */

struct key_row {
	uint32_t nkey;
	struct buf *key;
	int found;
};

static int on_key(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct key_row *k = arg;

	if (ncols < k->nkey)
		return 1;
	buf_reset(k->key);
	for (uint32_t i = 0; i < k->nkey; i++)
		key_add(k->key, v[i], v[i] ? lens[i] : 0);
	k->found = 1;
	return 0;
}

/* *found 0: there are fewer rows. */
static int bound(struct worker *w, int is_target, const struct range *r, uint64_t n, struct buf *key, int *found)
{
	struct side s = worker_side(w, is_target);
	struct key_row k = {s.p->nkey, key, 0};
	int code;

	sql_bound(&w->sql, &s, r, n);
	code = ask(w, &s, on_key, &k);
	*found = k.found;
	return code == CODE_OK && key->failed ? no_memory() : code;
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
			code = suspect(w, b, j++);
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
	int code = ask(w, s, on_listed, l);

	return code == CODE_OK && (l->no_memory || l->bytes.failed) ? no_memory() : code;
}

/* *is_full: there are too many. */
static int compare_rows(struct worker *w, const struct range *r, int *is_full)
{
	struct side s = worker_side(w, 0), t = worker_side(w, 1);
	struct list a = {.nkey = s.p->nkey}, b = {.nkey = s.p->nkey};
	int code;

	sql_rows(&w->sql, &s, r);
	code = read_list(w, &s, &a);
	if (code == CODE_OK && !a.is_full) {
		sql_rows(&w->sql, &t, r);
		code = read_list(w, &t, &b);
	}
	*is_full = a.is_full || b.is_full;
	if (code == CODE_OK && !*is_full)
		code = merge(w, &a, &b);
	list_release(&a);
	list_release(&b);
	return code;
}

/* ---- chunks by the order of the key */

/*
 * The ends of a chunk are compared by each server as it orders the key. If they order it differently a row may be in one chunk
 * here and in another there, or in two, but never in none; so it is a suspect, and found to be the same when it is looked up.
 */
static int narrow(struct worker *w, const struct range *r, uint64_t s_rows, uint64_t t_rows, int depth)
{
	uint64_t most = s_rows > t_rows ? s_rows : t_rows;
	struct buf low = BUF_INIT, high = BUF_INIT;
	int code = CODE_OK, found = 1, is_full = 0;

	if (most <= FEW_ROWS || depth > DEEP) {
		code = compare_rows(w, r, &is_full);
		if (code != CODE_OK || !is_full)
			return code;
		if (depth > DEEP) {
			msg_error("cannot compare table \"%s.%s\": too many rows with the same key", w->pair->db, w->pair->name);
			return CODE_USAGE;
		}
		most = most > FEW_ROWS ? most : FEW_ROWS;
	}
	if (r->low)
		(void)buf_add(&low, r->low->p, r->low->len);
	for (int first = !r->low; code == CODE_OK && found && !sig_stop; first = 0) {
		struct range part = {first ? NULL : &low, r->high};
		struct sums a, b;

		code = bound(w, t_rows > s_rows, &part, most / FANOUT + 1, &high, &found);
		if (code != CODE_OK)
			break;
		if (found && !first && high.len == low.len && !memcmp(high.p, low.p, low.len))
			found = 0;
		part.high = found ? &high : r->high;
		code = checksum(w, 0, &part, &a);
		if (code == CODE_OK)
			code = checksum(w, 1, &part, &b);
		if (code == CODE_OK && !sums_same(&a, &b))
			code = narrow(w, &part, a.rows, b.rows, depth + 1);
		buf_reset(&low);
		if (buf_add(&low, high.p, high.len) < 0)
			code = no_memory();
	}
	buf_release(&low);
	buf_release(&high);
	return code;
}

static void count_chunk(struct worker *w, const struct sums *a, const struct sums *b, int differs)
{
	struct pair *p = w->pair;

	pthread_mutex_lock(&w->d->lock);
	p->chunks++;
	p->rows += a->rows;
	p->target_rows += b->rows;
	p->narrowed += (uint64_t)differs;
	pthread_mutex_unlock(&w->d->lock);
}

static int scan_range(struct worker *w, const struct range *r)
{
	struct sums a, b;
	int64_t start = now_us(), took;
	int code = checksum(w, 0, r, &a), differs;

	if (code == CODE_OK)
		code = checksum(w, 1, r, &b);
	if (code != CODE_OK)
		return code;
	took = now_us() - start;
	differs = !sums_same(&a, &b);
	count_chunk(w, &a, &b, differs);
	pthread_mutex_lock(&w->d->lock);
	if (took < CHUNK_US / 2 && w->pair->chunk_rows < w->d->o.chunk_rows)
		w->pair->chunk_rows *= 2;
	else if (took > CHUNK_US * 2 && w->pair->chunk_rows > FEW_ROWS)
		w->pair->chunk_rows /= 2;
	if (w->pair->chunk_rows > w->d->o.chunk_rows)
		w->pair->chunk_rows = w->d->o.chunk_rows;
	pthread_mutex_unlock(&w->d->lock);
	return differs ? narrow(w, r, a.rows, b.rows, 0) : CODE_OK;
}

/* ---- tables without a key, or with keys that the servers order in different ways: by the bits of the hashes */

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
	set_sums(b->is_target ? &x->t : &x->s, v + 1);
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
		code = ask(w, &s, on_bucket, b);
		if (code == CODE_OK && b->no_memory)
			code = no_memory();
		for (size_t i = before; i < b->n && code == CODE_OK; i++)
			code = check_hashed(&s, is_target ? &b->v[i].t : &b->v[i].s);
		if (code != CODE_OK)
			return code;
	}
	if (b->n)
		qsort(b->v, b->n, sizeof *b->v, by_digits);
	return CODE_OK;
}

/* Rows of the listed buckets; all if there is one bucket only. A list of too many rows is taken in halves. */
static int compare_buckets(struct worker *w, unsigned digits, const struct buf *list)
{
	struct side s = worker_side(w, 0), t = worker_side(w, 1);
	struct list a = {.nkey = s.p->nkey}, b = {.nkey = s.p->nkey};
	size_t each = digits + 3, n = (list->len + 1) / each; /* 'ab', */
	int code, is_full;

	sql_bucket_rows(&w->sql, &s, digits, list);
	code = read_list(w, &s, &a);
	if (code == CODE_OK && !a.is_full) {
		sql_bucket_rows(&w->sql, &t, digits, list);
		code = read_list(w, &t, &b);
	}
	is_full = a.is_full || b.is_full;
	if (code == CODE_OK && !is_full)
		code = merge(w, &a, &b);
	list_release(&a);
	list_release(&b);
	if (code != CODE_OK || !is_full)
		return code;
	if (n < 2) {
		msg_error("could not compare table \"%s.%s\": it grew too fast", s.p->db, s.p->name);
		return CODE_OUTSIDE;
	}
	struct buf first = {list->p, n / 2 * each - 1, 0, 0}, second = {list->p + n / 2 * each, list->len - n / 2 * each, 0, 0};

	code = compare_buckets(w, digits, &first);
	return code == CODE_OK ? compare_buckets(w, digits, &second) : code;
}

static int scan_hashed(struct worker *w)
{
	struct buckets b = {.n = 0};
	struct buf list = BUF_INIT;
	struct sums s, t, sum = {0, 0, "", ""}, tsum = {0, 0, "", ""};
	unsigned digits = 0;
	uint64_t most, rows = 0;
	int code = checksum(w, 0, NULL, &s);

	if (code == CODE_OK)
		code = checksum(w, 1, NULL, &t);
	if (code != CODE_OK)
		return code;
	if (sums_same(&s, &t)) {
		count_chunk(w, &s, &t, 0);
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
			code = compare_buckets(w, digits, &list);
			buf_reset(&list);
			rows = 0;
		}
	}
	count_chunk(w, &sum, &tsum, 1);
	free(b.v);
	buf_release(&list);
	return code;
}

/* ---- a table that the target lacks */

struct whole {
	struct worker *w;
	struct buf room;
	struct val *vals;
	uint64_t rows;
	int failed;
};

static int on_whole(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct whole *x = arg;
	struct pair *p = x->w->pair;
	uint32_t col;

	x->rows++;
	if (!x->vals || p->no_repair || ncols != p->ncols)
		return 0;
	x->failed = rowread_image(p->def, v, lens, &x->room, x->vals, &col) < 0 ||
		    repair_row(&x->w->d->repair, p->def, p->def_id, NULL, x->vals) < 0;
	return x->failed;
}

static int scan_missing(struct worker *w, const struct range *r)
{
	struct rowdiff *d = w->d;
	struct side s = worker_side(w, 0);
	struct whole x = {.w = w};
	struct sums none = {0, 0, "", ""}, have = none;
	int code;

	if (d->repair.on)
		x.vals = calloc(w->pair->ncols + 1, sizeof *x.vals);
	pthread_mutex_lock(&d->out_lock);
	x.failed = d->repair.on && (!x.vals || repair_define(&d->repair, w->pair->def, &w->pair->def_id) < 0);
	sql_raw_rows(&w->sql, &s, r);
	code = x.failed ? CODE_OUTSIDE : ask(w, &s, on_whole, &x);
	if (code == CODE_OK && (x.failed || (d->repair.on && repair_commit(&d->repair) < 0)))
		code = CODE_OUTSIDE;
	pthread_mutex_unlock(&d->out_lock);
	have.rows = x.rows;
	count_chunk(w, &have, &none, 1);
	free(x.vals);
	buf_release(&x.room);
	return code;
}

/* ---- which chunk is next */

static int leave(struct worker *w)
{
	struct rowdiff *d = w->d;
	struct pair *p = w->pair;
	int code, is_last;

	if (!p)
		return CODE_OK;
	code = confirm_all(w);
	w->pair = NULL;
	pthread_mutex_lock(&d->lock);
	is_last = !--p->busy && p->at_end && code == CODE_OK && !sig_stop;
	p->is_done |= is_last;
	pthread_mutex_unlock(&d->lock);
	if (is_last) {
		pthread_mutex_lock(&d->out_lock);
		report_table(d, p);
		pthread_mutex_unlock(&d->out_lock);
	}
	return code;
}

/* Under d->lock. The pair that has a chunk left, best the one at hand. */
static struct pair *next_pair(struct worker *w)
{
	struct rowdiff *d = w->d;

	if (w->pair && !w->pair->at_end)
		return w->pair;
	for (size_t i = 0; i < d->npairs; i++)
		if (!d->pairs[i].at_end)
			return &d->pairs[i];
	return NULL;
}

/* The next chunk of w->pair into w->low, w->high. *got 0: there is none any more. */
static int take_chunk(struct worker *w, struct range *r, int *got)
{
	struct pair *p = w->pair;
	int code = CODE_OK, found = 0;

	*got = !p->at_end;
	*r = (struct range){NULL, NULL};
	if (p->at_end)
		return CODE_OK;
	if (p->is_ordered) {
		buf_reset(&w->low);
		if (buf_add(&w->low, p->low.p, p->low.len) < 0)
			return no_memory();
		if (p->started)
			r->low = &w->low;
		code = bound(w, 0, r, p->chunk_rows, &w->high, &found);
		if (code == CODE_OK && found) {
			buf_reset(&p->low);
			if (buf_add(&p->low, w->high.p, w->high.len) < 0)
				code = no_memory();
			r->high = &w->high;
		}
	}
	if (!p->started)
		p->began_us = wall_us();
	p->started = 1;
	p->at_end = !found;
	return code;
}

static int one_chunk(struct worker *w, int *got)
{
	struct rowdiff *d = w->d;
	struct range r;
	int64_t start;
	int code;

	pthread_mutex_lock(&d->lock);
	code = take_chunk(w, &r, got);
	pthread_mutex_unlock(&d->lock);
	if (code != CODE_OK || !*got)
		return code;
	start = now_us();
	if (!w->pair->target)
		code = scan_missing(w, &r);
	else
		code = w->pair->is_ordered ? scan_range(w, &r) : scan_hashed(w);
	if (code == CODE_OK && d->o.share < 1)
		wait_us((int64_t)((double)(now_us() - start) * (1 / d->o.share - 1)));
	return code;
}

int scan_run(struct worker *w)
{
	struct rowdiff *d = w->d;
	int code = CODE_OK, got;

	while (code == CODE_OK && !sig_stop) {
		struct pair *p;

		pthread_mutex_lock(&d->lock);
		p = d->code != CODE_OK ? NULL : next_pair(w);
		if (p && p != w->pair)
			p->busy++;
		if (p && !p->chunk_rows)
			p->chunk_rows = CHUNK_FIRST < d->o.chunk_rows ? CHUNK_FIRST : d->o.chunk_rows;
		pthread_mutex_unlock(&d->lock);
		if (p != w->pair)
			code = leave(w);
		w->pair = p;
		if (!p)
			break;
		if (code == CODE_OK)
			code = one_chunk(w, &got);
	}
	if (code != CODE_OK || sig_stop) {
		suspects_clear(&w->suspects);
		pthread_mutex_lock(&d->lock);
		if (w->pair)
			w->pair->busy--;
		w->pair = NULL;
		pthread_mutex_unlock(&d->lock);
	}
	return code;
}

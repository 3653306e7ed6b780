/* Chunks: which is next, and both servers' sums of it. */
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "compare.h"
#include "rowread.h"
#include "sig.h"
#include "status.h"

#define CHUNK_FIRST 2000
#define CHUNK_LEAST 1000
#define CHUNK_US 400000 /* a chunk should take about so long */

void scan_count(struct worker *w, const struct sums *a, const struct sums *b, int differs)
{
	struct pair *p = w->pair;

	pthread_mutex_lock(&w->d->lock);
	p->chunks++;
	p->rows += a->rows;
	p->target_rows += b->rows;
	p->narrowed += (uint64_t)differs;
	status_moved();
	pthread_mutex_unlock(&w->d->lock);
}

static int scan_range(struct worker *w, const struct range *r)
{
	struct sums a, b;
	int64_t start = now_us(), took;
	int code = compare_sums(w, 0, r, &a), differs;

	if (code == CODE_OK)
		code = compare_sums(w, 1, r, &b);
	if (code != CODE_OK)
		return code;
	took = now_us() - start;
	differs = !sums_same(&a, &b);
	scan_count(w, &a, &b, differs);
	pthread_mutex_lock(&w->d->lock);
	if (took < CHUNK_US / 2 && w->pair->chunk_rows < w->d->o.chunk_rows)
		w->pair->chunk_rows *= 2;
	else if (took > CHUNK_US * 2 && w->pair->chunk_rows > CHUNK_LEAST)
		w->pair->chunk_rows /= 2;
	if (w->pair->chunk_rows > w->d->o.chunk_rows)
		w->pair->chunk_rows = w->d->o.chunk_rows;
	pthread_mutex_unlock(&w->d->lock);
	return differs ? narrow_range(w, r, a.rows, b.rows) : CODE_OK;
}

/* ---- a table that the target lacks */

struct missing {
	struct worker *w;
	struct buf room;
	struct val *vals;
	uint64_t rows;
	int failed;
};

static int on_whole(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct missing *x = arg;
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
	struct missing x = {.w = w};
	struct sums none = {0, 0, "", ""}, have = none;
	int code;

	if (d->repair.on)
		x.vals = calloc(w->pair->ncols + 1, sizeof *x.vals);
	pthread_mutex_lock(&d->out_lock);
	x.failed = d->repair.on && (!x.vals || repair_define(&d->repair, w->pair->def, &w->pair->def_id) < 0);
	sql_raw_rows(&w->sql, &s, r);
	code = x.failed ? CODE_OUTSIDE : compare_ask(w, &s, on_whole, &x);
	if (code == CODE_OK && (x.failed || (d->repair.on && repair_commit(&d->repair) < 0)))
		code = CODE_OUTSIDE;
	pthread_mutex_unlock(&d->out_lock);
	have.rows = x.rows;
	scan_count(w, &have, &none, 1);
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
		code = narrow_bound(w, 0, r, p->chunk_rows, &w->high, &found);
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
		code = w->pair->is_ordered ? scan_range(w, &r) : bucket_table(w);
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

		if (sig_status) {
			sig_status = 0;
			pthread_mutex_lock(&d->out_lock);
			report_proofs(d);
			pthread_mutex_unlock(&d->out_lock);
		}

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

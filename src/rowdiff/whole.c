#include "whole.h"

#include <stdlib.h>
#include <string.h>

#include "code.h"

static int keep(struct got *g, unsigned ncols, char **v, const unsigned long *lens)
{
	size_t at = 0;

	g->v = calloc(ncols, sizeof(char *));
	g->lens = calloc(ncols, sizeof *g->lens);
	if (!g->v || !g->lens)
		return -1;
	for (unsigned i = 0; i < ncols; i++) {
		(void)buf_add(&g->bytes, v[i], v[i] ? lens[i] : 0);
		(void)buf_add8(&g->bytes, 0);
	}
	if (g->bytes.failed)
		return -1;
	for (unsigned i = 0; i < ncols; i++) {
		g->lens[i] = v[i] ? lens[i] : 0;
		g->v[i] = v[i] ? (char *)g->bytes.p + at : NULL;
		at += g->lens[i] + 1;
	}
	g->ncols = ncols;
	return 0;
}

static int on_row(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct whole *f = arg;
	struct suspect *s;
	struct got *g;

	buf_reset(&f->key);
	for (uint32_t i = 0; i < f->nkey; i++)
		key_add(&f->key, v[i], v[i] ? lens[i] : 0);
	s = suspects_find(&f->w->suspects, f->from, f->to, f->key.p, f->key.len);
	if (!s || !s->is_real)
		return 0;
	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 64;

		g = realloc(f->rows, cap * sizeof *g);
		if (!g) {
			f->no_memory = 1;
			return 1;
		}
		f->rows = g;
		f->cap = cap;
	}
	g = &f->rows[f->n++];
	memset(g, 0, sizeof *g);
	g->s = s;
	if (keep(g, ncols, v, lens) < 0)
		f->no_memory = 1;
	return f->no_memory;
}

void whole_release(struct whole *f)
{
	for (size_t i = 0; i < f->n; i++) {
		buf_release(&f->rows[i].bytes);
		free(f->rows[i].v);
		free(f->rows[i].lens);
	}
	free(f->rows);
	buf_release(&f->key);
}

int whole_fetch(struct worker *w, int is_target, struct whole *f)
{
	struct side s = worker_side(w, is_target);
	struct link *l = is_target ? &w->target : &w->source;
	size_t at[WHOLE_MOST], n = 0;

	for (size_t i = f->from; i < f->to; i++)
		if (w->suspects.v[i].is_real)
			at[n++] = w->suspects.v[i].at;
	sql_lookup(&w->sql, &s, SQL_ALL, w->d->repair.on, &w->suspects.keys, at, n);
	if (w->sql.failed)
		return no_memory();
	if (conn_query(l->c, (const char *)w->sql.p, w->sql.len, on_row, f) < 0)
		return worker_failed(w, l, "read rows");
	return f->no_memory ? no_memory() : CODE_OK;
}

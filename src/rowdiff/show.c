#include "show.h"

#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "diff.h"
#include "json.h"
#include "msg.h"
#include "rowread.h"
#include "whole.h"

/* ---- the layout of such a row */

static unsigned json_at(const struct pair *p, uint32_t i)
{
	unsigned n = p->nkey; /* the hash stands behind the key; without one it is alone in front */

	for (uint32_t c = 0; c < i; c++)
		n += p->cols[c].canon == CANON_JSON;
	return n + 1;
}

static unsigned value_at(const struct pair *p, uint32_t i)
{
	unsigned n = json_at(p, p->ncols);

	for (uint32_t c = 0; c < i; c++)
		n += p->cols[c].canon == CANON_JSON ? 0 : 2;
	return n;
}

static int same_column(const struct pair *p, uint32_t i, const struct got *a, const struct got *b)
{
	unsigned at = p->cols[i].canon == CANON_JSON ? json_at(p, i) : value_at(p, i);
	struct buf x = BUF_INIT, y = BUF_INIT;
	int same;

	if (!a->v[at] || !b->v[at])
		return !a->v[at] && !b->v[at];
	if (p->cols[i].canon != CANON_JSON)
		return a->lens[at] == b->lens[at] && !memcmp(a->v[at], b->v[at], a->lens[at]);
	(void)json_canon(&x, a->v[at], a->lens[at]);
	(void)json_canon(&y, b->v[at], b->lens[at]);
	same = x.len == y.len && !memcmp(x.p, y.p, x.len);
	buf_release(&x);
	buf_release(&y);
	return same;
}

static const char *shown_value(const struct pair *p, uint32_t i, const struct got *g, size_t *n)
{
	unsigned at = p->cols[i].canon == CANON_JSON ? json_at(p, i) : value_at(p, i) + 1;

	*n = g->lens[at] > SQL_SHOWN ? SQL_SHOWN : g->lens[at];
	return g->v[at];
}

/* ---- report */

static void show_columns(struct worker *w, const struct got *a, const struct got *b, struct buf *out)
{
	const struct pair *p = w->pair;

	for (uint32_t i = 0; i < p->ncols; i++) {
		size_t na, nb;
		const char *x, *y;

		if (same_column(p, i, a, b))
			continue;
		x = shown_value(p, i, a, &na);
		y = shown_value(p, i, b, &nb);
		report_column(w->d, out, p->cols[i].name, x, na, y, nb);
	}
}

/* Without a key: the row's first values. */
static void show_row_key(struct worker *w, const struct suspect *s, const struct got *g, struct buf *out)
{
	const struct pair *p = w->pair;
	struct buf key = BUF_INIT;

	if (p->nkey) {
		(void)buf_add(&key, w->suspects.keys.p + s->at, s->len);
		report_key(w->d, p, &key, out);
	}
	for (uint32_t i = 0; !p->nkey && g && i < p->ncols && i < 5; i++) {
		size_t n;
		const char *v = shown_value(p, i, g, &n);

		report_value(w->d, out, p->cols[i].name, v, n);
	}
	buf_release(&key);
}

/* ---- repair */

static int take_image(const struct table *t, const struct got *g, unsigned at, struct buf *room, struct val *vals)
{
	uint32_t col = 0;

	if (g->ncols != at + t->ncols || rowread_image(t, g->v + at, g->lens + at, room, vals, &col) < 0) {
		msg_error(
		    "could not read column \"%s\" of a row of table \"%s.%s\" for the repair", t->cols[col].name, t->db, t->name);
		return -1;
	}
	return 0;
}

struct images {
	struct val *new, *old, *target;
	struct buf new_room, target_room;
};

/* The target's row as the source's types have it: what a type of its own has is left out. */
static void make_old(const struct pair *p, struct images *m)
{
	for (uint32_t i = 0; i < p->ncols; i++) {
		int is_key = 0;

		for (uint32_t k = 0; k < p->nkey; k++)
			is_key |= p->key[k] == i;
		if (p->same[i] && (p->def->cols[i].type != COL_JSON || !p->nkey))
			m->old[i] = m->target[p->cols[i].to];
		else if (is_key)
			m->old[i] = m->new[i];
		else
			m->old[i].kind = VAL_ABSENT;
	}
}

static int repair(
    struct worker *w, enum row_kind kind, const struct got *a, const struct got *b, uint64_t copies, struct images *m)
{
	struct repair *r = &w->d->repair;
	struct pair *p = w->pair;
	unsigned at = value_at(p, p->ncols);

	if (!r->on || p->no_repair)
		return 0;
	if (kind != ROW_IS_EXTRA && take_image(p->def, a, at, &m->new_room, m->new) < 0)
		return -1;
	if (kind != ROW_IS_MISSING && take_image(p->target, b, at, &m->target_room, m->target) < 0)
		return -1;
	if (kind == ROW_IS_EXTRA && p->nkey)
		for (uint32_t i = 0; i < p->target->ncols; i++)
			if (p->target->cols[i].type == COL_JSON)
				m->target[i].kind = VAL_ABSENT;
	if (kind == ROW_IS_DIFFERENT)
		make_old(p, m);
	if (repair_define(r, kind == ROW_IS_EXTRA ? (struct table *)(uintptr_t)p->target : p->def,
		kind == ROW_IS_EXTRA ? &p->target_id : &p->def_id) < 0)
		return -1;
	for (uint64_t i = 0; i < copies; i++) {
		int rc = kind == ROW_IS_EXTRA
			     ? repair_row(r, p->target, p->target_id, m->target, NULL)
			     : repair_row(r, p->def, p->def_id, kind == ROW_IS_DIFFERENT ? m->old : NULL, m->new);

		if (rc < 0)
			return -1;
	}
	return 0;
}

/* ---- one suspect */

static const struct got *find(const struct whole *f, const struct suspect *s, uint64_t *n)
{
	const struct got *first = NULL;

	*n = 0;
	for (size_t i = 0; i < f->n; i++) {
		if (f->rows[i].s != s)
			continue;
		if (!first)
			first = &f->rows[i];
		++*n;
	}
	return first;
}

static enum row_kind kind_of(const struct suspect *s)
{
	if (s->source.n > s->target.n)
		return ROW_IS_MISSING;
	return s->source.n < s->target.n ? ROW_IS_EXTRA : ROW_IS_DIFFERENT;
}

/* Under out_lock. c: the source once more, behind the target: what was changed in between is not proven. */
static int show_one(
    struct worker *w, struct suspect *s, const struct whole *a, const struct whole *b, const struct whole *c, struct images *m)
{
	struct pair *p = w->pair;
	enum row_kind kind = kind_of(s);
	struct buf key = BUF_INIT, columns = BUF_INIT;
	uint64_t na, nb, nc, copies = 1;
	const struct got *x = find(a, s, &na), *y = find(b, s, &nb), *z = find(c, s, &nc);
	int rc = 0;

	/* since then it was changed once more */
	if (na != s->source.n || nb != s->target.n || nc != na ||
	    (x && z && p->nkey && (x->bytes.len != z->bytes.len || memcmp(x->bytes.p, z->bytes.p, x->bytes.len) != 0)))
		kind = ROW_IS_UNPROVEN;
	else if (kind != ROW_IS_DIFFERENT)
		copies = na > nb ? na - nb : nb - na;
	show_row_key(w, s, x ? x : y, &key);
	if (kind == ROW_IS_DIFFERENT)
		show_columns(w, x, y, &columns);
	if (kind == ROW_IS_DIFFERENT && !columns.len && na == 1)
		kind = ROW_IS_UNPROVEN;
	if (kind != ROW_IS_UNPROVEN) {
		rc = repair(w, kind, x, y, copies, m);
		w->d->differences += copies;
		if (p->window_us < (uint64_t)s->first_us)
			p->window_us = (uint64_t)s->first_us;
	} else {
		w->d->unproven++;
	}
	*(kind == ROW_IS_MISSING      ? &p->missing
	    : kind == ROW_IS_EXTRA    ? &p->extra
	    : kind == ROW_IS_UNPROVEN ? &p->unproven
				      : &p->different) += copies;
	report_row(w->d, p, &(struct shown){kind, &key, &columns, copies, (uint64_t)s->first_us});
	if (key.failed || columns.failed)
		rc = -1;
	buf_release(&key);
	buf_release(&columns);
	return rc;
}

static int images_make(struct images *m, const struct pair *p)
{
	uint32_t n = p->ncols + 1, t = (p->target ? p->target->ncols : 0) + 1;

	memset(m, 0, sizeof *m);
	m->new = calloc(2 * (size_t)n + t, sizeof *m->new);
	if (!m->new)
		return -1;
	m->old = m->new + n;
	m->target = m->old + n;
	return 0;
}

static void images_release(struct images *m)
{
	free(m->new);
	buf_release(&m->new_room);
	buf_release(&m->target_room);
}

static int show_batch(struct worker *w, size_t from, size_t to, struct images *m)
{
	struct whole a = {.w = w, .from = from, .to = to, .nkey = sql_nkey(w->pair)}, b = a, c = a;
	int code = whole_fetch(w, 0, &a);

	if (code == CODE_OK)
		code = whole_fetch(w, 1, &b);
	if (code == CODE_OK)
		code = whole_fetch(w, 0, &c);
	pthread_mutex_lock(&w->d->out_lock);
	/* rows that go make room for those that come */
	for (int pass = 0; pass < 3 && code == CODE_OK; pass++) {
		static const enum row_kind order[] = {ROW_IS_EXTRA, ROW_IS_DIFFERENT, ROW_IS_MISSING};

		for (size_t i = from; i < to && code == CODE_OK; i++) {
			struct suspect *s = &w->suspects.v[i];

			if (s->is_real && kind_of(s) == order[pass] && show_one(w, s, &a, &b, &c, m) < 0)
				code = CODE_OUTSIDE;
		}
	}
	pthread_mutex_unlock(&w->d->out_lock);
	whole_release(&c);
	whole_release(&a);
	whole_release(&b);
	return code;
}

static size_t batch_of(const struct pair *p)
{
	for (uint32_t i = 0; i < p->ncols; i++)
		switch (p->def->cols[i].type) {
		case COL_MEDIUMTEXT:
		case COL_LONGTEXT:
		case COL_MEDIUMBLOB:
		case COL_LONGBLOB:
		case COL_JSON:
		case COL_GEOMETRY:
			return 1;
		case COL_TEXT:
		case COL_BLOB:
			return 8;
		default:
			break;
		}
	return WHOLE_MOST;
}

static void show_unproven(struct worker *w)
{
	struct pair *p = w->pair;

	pthread_mutex_lock(&w->d->out_lock);
	for (size_t i = 0; i < w->suspects.n; i++) {
		const struct suspect *s = &w->suspects.v[i];
		struct buf key = BUF_INIT;

		if (s->is_done)
			continue;
		show_row_key(w, s, NULL, &key);
		p->unproven++;
		w->d->unproven++;
		report_row(w->d, p, &(struct shown){ROW_IS_UNPROVEN, &key, NULL, 1, 0});
		buf_release(&key);
	}
	pthread_mutex_unlock(&w->d->out_lock);
}

int show_suspects(struct worker *w)
{
	struct images m;
	size_t most = batch_of(w->pair);
	int code = images_make(&m, w->pair) < 0 ? no_memory() : CODE_OK;

	for (size_t i = 0; i < w->suspects.n && code == CODE_OK;) {
		size_t from = i, real = 0;

		for (; i < w->suspects.n && real < most; i++)
			real += w->suspects.v[i].is_real;
		if (real)
			code = show_batch(w, from, i, &m);
	}
	if (code == CODE_OK)
		show_unproven(w);
	pthread_mutex_lock(&w->d->out_lock);
	if (code == CODE_OK && w->d->repair.on && repair_commit(&w->d->repair) < 0)
		code = CODE_OUTSIDE;
	pthread_mutex_unlock(&w->d->out_lock);
	images_release(&m);
	return code;
}

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "fold.h"

enum {
	HAD = 1,   /* the row was there before the first change */
	HAS = 2,   /* and is there after the last */
	APART = 4, /* it cannot be updated in its place: delete and insert */
};

struct fold_row {
	const void *table;
	struct source_table *st_old, *st_new;
	struct row_ref old, new; /* an image with the key as it was; the image of the last state */
	size_t key_at;
	uint32_t key_len;
	uint8_t state, late;
};

void fold_release(struct fold *f)
{
	free(f->rows);
	free(f->index);
	free(f->out);
	buf_release(&f->keys);
	buf_release(&f->key);
	memset(f, 0, sizeof *f);
}

void fold_reset(struct fold *f)
{
	if (!f->nrows)
		return;
	f->nrows = f->nlate = 0;
	buf_reset(&f->keys);
	memset(f->index, 0, f->cap_index * sizeof *f->index);
}

size_t fold_size(const struct fold *f)
{
	return f->nrows * (sizeof *f->rows + 2 * sizeof *f->index + 2 * sizeof *f->out) + f->keys.len;
}

/* ---- keys */

/* The key of an image as bytes that no other key has; columns that `image` lacks are those of `other`. 0; -1: it has none. */
static int make_key(struct buf *out, const struct map *m, const struct val *image, const struct val *other)
{
	const struct map_key *k = &m->keys[0];

	buf_reset(out);
	(void)buf_add(out, &m->table, sizeof m->table);
	for (uint32_t i = 0; i < k->ncols; i++) {
		const struct val *v = &image[k->cols[i]];

		if (v->kind == VAL_ABSENT && other)
			v = &other[k->cols[i]];
		if (v->kind <= VAL_NULL)
			return -1;
		(void)buf_add8(out, (uint8_t)v->kind);
		if (v->kind == VAL_STR || v->kind == VAL_BIN) {
			(void)buf_add(out, &v->n, sizeof v->n);
			(void)buf_add(out, v->p, v->n);
		} else if (v->kind == VAL_FLOAT) {
			(void)buf_add(out, &v->f, sizeof v->f);
		} else {
			(void)buf_add(out, &v->u, sizeof v->u);
		}
	}
	return 0;
}

static uint32_t *place_of(const struct fold *f, const void *key, size_t n)
{
	uint32_t at = (uint32_t)XXH3_64bits(key, n) & (f->cap_index - 1);

	for (; f->index[at]; at = (at + 1) & (f->cap_index - 1)) {
		const struct fold_row *r = &f->rows[f->index[at] - 1];

		if (r->key_len == n && !memcmp(f->keys.p + r->key_at, key, n))
			break;
	}
	return &f->index[at];
}

static struct fold_row *find(const struct fold *f, const struct buf *key)
{
	uint32_t i = f->cap_index ? *place_of(f, key->p, key->len) : 0;

	return i ? &f->rows[i - 1] : NULL;
}

static int grow_index(struct fold *f)
{
	uint32_t cap = f->cap_index ? 2 * f->cap_index : 1024, *index = calloc(cap, sizeof *index);

	if (!index)
		return -1;
	free(f->index);
	f->index = index;
	f->cap_index = cap;
	for (uint32_t i = 0; i < f->nrows; i++)
		*place_of(f, f->keys.p + f->rows[i].key_at, f->rows[i].key_len) = i + 1;
	return 0;
}

static struct fold_row *add_row(struct fold *f, const struct buf *key, const void *table)
{
	struct fold_row *r;

	if (2 * (f->nrows + 1) > f->cap_index && grow_index(f) < 0)
		return NULL;
	if (f->nrows == f->cap_rows) {
		uint32_t cap = f->cap_rows ? 2 * f->cap_rows : 256;

		r = realloc(f->rows, cap * sizeof *r);
		if (!r)
			return NULL;
		f->rows = r;
		f->cap_rows = cap;
	}
	if (key->failed || buf_add(&f->keys, key->p, key->len) < 0)
		return NULL;
	r = &f->rows[f->nrows];
	*r = (struct fold_row){.table = table, .key_at = f->keys.len - key->len, .key_len = (uint32_t)key->len};
	*place_of(f, key->p, key->len) = ++f->nrows;
	return r;
}

/* ---- changes */

static int is_complete(const struct map *m, const struct val *image)
{
	for (uint32_t i = 0; i < m->ncols; i++)
		if (map_col_is_written(&m->cols[i]) && image[i].kind == VAL_ABSENT)
			return 0;
	return 1;
}

static int is_changed(const struct val *old, const struct val *new, uint32_t i)
{
	return new[i].kind != VAL_ABSENT && !val_same(&old[i], &new[i]);
}

static int changes_key(const struct map *m, const struct val *old, const struct val *new)
{
	for (uint32_t i = 0; i < m->keys[0].ncols; i++)
		if (is_changed(old, new, m->keys[0].cols[i]))
			return 1;
	return 0;
}

static int changes_unique(const struct map *m, const struct val *old, const struct val *new)
{
	for (uint32_t i = 0; i < m->ncols; i++)
		if (m->cols[i].in_unique && is_changed(old, new, i))
			return 1;
	return 0;
}

static void set_late(struct fold *f, struct fold_row *r, int late)
{
	f->nlate += late && !r->late;
	r->late |= late != 0;
}

/* The row of f->key is gone. */
static enum fold_answer take_away(struct fold *f, struct source_table *st, struct row_ref ref, int late)
{
	struct fold_row *r = find(f, &f->key);

	if (!r) {
		r = add_row(f, &f->key, st->map->table);
		if (!r)
			return FOLD_NOMEM;
		r->state = HAD;
		r->st_old = st;
		r->old = ref;
		set_late(f, r, late);
		return FOLD_TOOK;
	}
	if (!(r->state & HAS))
		return FOLD_WRONG;
	set_late(f, r, late);
	r->state &= (uint8_t)~HAS;
	return FOLD_TOOK;
}

/* The row of f->key is there. */
static enum fold_answer put_there(struct fold *f, struct source_table *st, struct row_ref ref, int late)
{
	struct fold_row *r = find(f, &f->key);

	if (!r) {
		r = add_row(f, &f->key, st->map->table);
		if (!r)
			return FOLD_NOMEM;
	} else if (r->state & HAS) {
		return FOLD_WRONG;
	}
	set_late(f, r, late);
	r->state |= r->state & HAD ? HAS | APART : HAS;
	r->st_new = st;
	r->new = ref;
	return FOLD_TOOK;
}

static enum fold_answer change(
    struct fold *f, struct source_table *st, const struct val *old, const struct val *new, struct row_ref ref, int late)
{
	const struct map *m = st->map;
	int complete = is_complete(m, new), apart = changes_unique(m, old, new);
	struct fold_row *r;

	if (changes_key(m, old, new)) {
		enum fold_answer a;

		if (!complete)
			return FOLD_CANNOT;
		a = take_away(f, st, ref, late);
		if (a != FOLD_TOOK)
			return a;
		return make_key(&f->key, m, new, old) < 0 ? FOLD_WRONG : put_there(f, st, ref, late);
	}
	r = find(f, &f->key);
	if ((r || apart) && !complete)
		return FOLD_CANNOT;
	if (r && !(r->state & HAS))
		return FOLD_WRONG;
	if (!r) {
		r = add_row(f, &f->key, m->table);
		if (!r)
			return FOLD_NOMEM;
		r->state = HAD | HAS;
		r->st_old = st;
		r->old = ref;
	}
	set_late(f, r, late);
	if (apart)
		r->state |= APART;
	r->st_new = st;
	r->new = ref;
	return FOLD_TOOK;
}

enum fold_answer fold_add(struct fold *f, struct source_table *st, enum row_op op, const struct val *old, const struct val *new,
    struct row_ref ref, int late)
{
	if (make_key(&f->key, st->map, op == ROW_INSERT ? new : old, NULL) < 0)
		return FOLD_CANNOT;
	switch (op) {
	case ROW_INSERT:
		return put_there(f, st, ref, late);
	case ROW_DELETE:
		return take_away(f, st, ref, late);
	default:
		return change(f, st, old, new, ref, late);
	}
}

/* ---- what it comes to */

struct source_table *fold_table(const struct fold *f, const struct fold_out *o)
{
	const struct fold_row *r = &f->rows[o->number];

	return o->step == FOLD_DELETE ? r->st_old : r->st_new;
}

struct row_ref fold_ref(const struct fold *f, const struct fold_out *o)
{
	const struct fold_row *r = &f->rows[o->number];

	return o->step == FOLD_DELETE ? r->old : r->new;
}

int fold_is_one(const struct fold *f, const struct fold_out *o)
{
	const struct fold_row *r = &f->rows[o->number];

	return r->old.item == r->new.item && r->old.at == r->new.at;
}

static int by_address(const void *a, const void *b)
{
	return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

/* Table by table, in each step by step. */
static int by_table(const void *a, const void *b, void *arg)
{
	const struct fold_out *x = a, *y = b;
	const struct fold *f = arg;
	int c = by_address(f->rows[x->number].table, f->rows[y->number].table);

	if (!c)
		c = (x->step > y->step) - (x->step < y->step);
	if (!c)
		c = by_address(fold_table(f, x), fold_table(f, y));
	return c ? c : (x->number > y->number) - (x->number < y->number);
}

/* The same, what is late behind all that is not. */
static int by_place(const void *a, const void *b, void *arg)
{
	const struct fold_out *x = a, *y = b;

	return x->late != y->late ? x->late - y->late : by_table(a, b, arg);
}

/* The rows stand table by table. */
static void spread_late(const struct fold *f, uint32_t n)
{
	struct fold_out *out = f->out;

	for (uint32_t i = 0, k; i < n; i = k) {
		const void *table = f->rows[out[i].number].table;
		int late = 0;

		for (k = i; k < n && f->rows[out[k].number].table == table; k++)
			late |= out[k].late;
		for (uint32_t j = i; j < k && late; j++)
			out[j].late |= fold_table(f, &out[j])->map->nuniques > 1;
	}
}

const struct fold_out *fold_list(struct fold *f, uint32_t *n)
{
	*n = 0;
	if (f->cap_out < 2 * f->nrows) {
		struct fold_out *more = realloc(f->out, 2 * (size_t)f->cap_rows * sizeof *more);

		if (!more)
			return NULL;
		f->out = more;
		f->cap_out = 2 * f->cap_rows;
	}
	for (uint32_t i = 0; i < f->nrows; i++) {
		const struct fold_row *r = &f->rows[i];

		if ((r->state & (HAD | HAS | APART)) == (HAD | HAS)) {
			f->out[(*n)++] = (struct fold_out){i, FOLD_UPDATE, r->late};
			continue;
		}
		if (r->state & HAD)
			f->out[(*n)++] = (struct fold_out){i, FOLD_DELETE, r->late};
		if (r->state & HAS)
			f->out[(*n)++] = (struct fold_out){i, FOLD_INSERT, r->late};
	}
	if (f->nlate) {
		qsort_r(f->out, *n, sizeof *f->out, by_table, f);
		spread_late(f, *n);
	}
	qsort_r(f->out, *n, sizeof *f->out, by_place, f);
	return f->out;
}

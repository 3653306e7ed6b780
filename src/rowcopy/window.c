/*
 * MySQL's snapshots without a lock: it does not say at which place of the log one is, but the set that was executed
 * before it, and the end of the log behind it. The snapshot is somewhere between. So the rows that the log changes in
 * between are kept here, as they are behind the last change, and take the place of what the snapshot says of them; all
 * others are at the end of the window what they are in the snapshot.
 *
 * A key is recognised by its bytes: what the snapshot holds is one of the states of the row, and the bytes of each are
 * in the images.
 */
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "msg.h"

#define ROWS_MAX 20000

void window_forget(struct live *l)
{
	gtid_set_free(l->low);
	l->low = NULL;
	l->in_window = 0;
	buf_reset(&l->kept);
	l->nkept = 0;
	memset(l->kept_at, 0, sizeof l->kept_at);
}

void window_release(struct live *l)
{
	window_forget(l);
	buf_release(&l->kept);
	buf_release(&l->key);
	free(l->kept_rows);
}

void window_begin(struct live *l, const char *gtid)
{
	if (l->low && !l->in_window)
		l->in_window = !*gtid || gtid_set_has(l->low, gtid, strlen(gtid)) != 1;
}

static uint32_t hash(const struct buf *key)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < key->len; i++)
		h = (h ^ key->p[i]) * 16777619u;
	return h;
}

static struct kept *find(struct live *l, const struct buf *key)
{
	uint32_t i = l->kept_at[hash(key) % KEPT_BUCKETS];

	for (; i; i = l->kept_rows[i - 1].next) {
		struct kept *k = &l->kept_rows[i - 1];

		if (k->nkey == key->len && !memcmp(l->kept.p + k->at, key->p, key->len))
			return k;
	}
	return NULL;
}

static struct kept *add(struct live *l, const struct buf *key)
{
	uint32_t *bucket = &l->kept_at[hash(key) % KEPT_BUCKETS];
	struct kept *k = find(l, key);

	if (k)
		return k;
	if (l->nkept == ROWS_MAX)
		return NULL;
	if (!l->kept_rows && !(l->kept_rows = calloc(ROWS_MAX, sizeof *l->kept_rows)))
		return NULL;
	k = &l->kept_rows[l->nkept++];
	*k = (struct kept){.at = l->kept.len, .nkey = key->len, .next = *bucket};
	*bucket = (uint32_t)l->nkept;
	return buf_add(&l->kept, key->p, key->len) < 0 ? NULL : k;
}

/* The columns of the image in the order of our definition. 0; -1: it does not hold them all. */
static int take_image(struct live *l, const struct table *t, const struct val *image)
{
	const struct table *d = l->cur->def;

	if (d->ncols != t->ncols)
		return -1;
	for (uint32_t i = 0; i < d->ncols; i++)
		if (strcmp(d->cols[i].name, t->cols[i].name) != 0 || d->cols[i].type != t->cols[i].type ||
		    image[i].kind == VAL_ABSENT)
			return -1;
	return bound_from_vals(l->cur, image, &l->key);
}

static int keep_image(struct live *l, const struct table *t, const struct val *image, int is_gone)
{
	struct kept *k;

	if (take_image(l, t, image) < 0 || !(k = add(l, &l->key)))
		return -1;
	k->has_row = !is_gone;
	k->row = l->kept.len;
	if (is_gone)
		return 0;
	mp_array(&l->kept, t->ncols);
	for (uint32_t i = 0; i < t->ncols; i++)
		val_write(&l->kept, &image[i]);
	k->nrow = l->kept.len - k->row;
	return l->kept.failed || l->kept.len > l->c->memory ? -1 : 0;
}

void window_keep(struct live *l, const struct table *t, const struct val *old, const struct val *new)
{
	if (l->too_much)
		return;
	if ((old && keep_image(l, t, old, 1) < 0) || (new &&keep_image(l, t, new, 0) < 0))
		l->too_much = 1; /* the round is done once more, with a lock */
}

int window_is_of(const struct live *l, const struct table *t)
{
	return l->in_round && l->in_window && l->cur && l->cur->key && !strcmp(l->cur->def->db, t->db) &&
	       !strcmp(l->cur->def->name, t->name);
}

void window_keep_all(struct live *l, const struct rec_rows *r, const struct table *t, struct cur c)
{
	if (live_room(l, t->ncols, 1) < 0) {
		l->too_much = 1;
		return;
	}
	for (uint64_t i = 0; i < r->n && live_read_row(l, r, t, &c) == 0; i++)
		window_keep(l, t, r->op != ROW_INSERT ? l->old : NULL, r->op != ROW_DELETE ? l->new : NULL);
}

/* ---- chunks */

/* Frames without the rows that are kept: from the bytes that our own writer made. */
int window_filter(struct live *l, const struct table *d, const struct buf *rows, struct buf *out, uint64_t *n)
{
	struct rec_rows r;
	size_t at = 0;

	*n = 0;
	if (live_room(l, d->ncols, 1) < 0)
		return -1;
	while (at < rows->len) {
		const uint8_t *p = rows->p + at;
		size_t len = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
		struct cur c;

		cur_init(&c, p + FRAME_HEAD, len - 12);
		if (read_rows(&c, &r) < 0)
			return copy_failed(l->c, "look at rows", 0, "they are not as they were written");
		rows_open(&l->w, &r);
		for (uint64_t i = 0; i < r.n; i++) {
			if (read_image(&c, d, l->new) < 0 || bound_from_vals(l->cur, l->new, &l->key) < 0)
				return copy_failed(l->c, "look at rows", 0, "they are not as they were written");
			if (find(l, &l->key))
				continue;
			rows_image(&l->w, l->new, d->ncols);
			l->w.head.n++;
			++*n;
		}
		if (rows_close(&l->w, out) < 0)
			return copy_no_memory(l->c);
		rec_extra_release(&r.extra);
		at += 6 + len;
	}
	return 0;
}

/* Rows that are kept and belong to the chunk that ends at hi (empty: at the end of the table), and to none before it. */
int window_put(struct live *l, const struct table *d, const struct buf *hi, uint64_t *n)
{
	struct rec_rows head = {.table_id = d->id, .op = ROW_INSERT, .replace = l->c->refresh, .flags = ROWS_NO_FK};

	rows_open(&l->w, &head);
	for (size_t i = 0; i < l->nkept; i++) {
		struct kept *k = &l->kept_rows[i];
		int behind = 0;

		if (!k->has_row || k->is_out)
			continue;
		buf_reset(&l->key);
		(void)buf_add(&l->key, l->kept.p + k->at, k->nkey);
		if (hi->len && (behind = live_is_behind(l, &l->key, hi)) < 0)
			return -1;
		if (behind)
			continue;
		k->is_out = 1;
		(void)buf_add(&l->w.rows, l->kept.p + k->row, k->nrow);
		l->w.head.n++;
		++*n;
		l->window_rows++;
		if (rows_is_full(&l->w)) {
			if (rows_close(&l->w, l->c->out) < 0)
				return copy_no_memory(l->c);
			rows_open(&l->w, &head);
		}
	}
	return rows_close(&l->w, l->c->out) < 0 ? copy_no_memory(l->c) : 0;
}

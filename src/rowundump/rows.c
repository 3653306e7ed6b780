/*
 * Row lines to ROWS frames. Lines that follow each other and say the same of
 * their frame ("f", table, operation, off, fl, extra) are one frame, up to the
 * size at which a writer ends one.
 */
#include <stdlib.h>

#include "canon.h"
#include "undump.h"
#include "values.h"

static const char *const op_names[] = {[ROW_INSERT] = "insert", [ROW_UPDATE] = "update", [ROW_DELETE] = "delete"};

void rows_free(struct undump *u)
{
	rows_release(&u->rows.w);
	buf_release(&u->rows.extra);
	buf_release(&u->rows.reason);
	buf_release(&u->rows.out);
	buf_release(&u->rows.raw);
	free(u->rows.vals);
}

/* Whether the raw frame says what the lines said. */
static int raw_says_the_same(struct undump *u)
{
	struct rows *r = &u->rows;
	struct fields f = {.line = r->line};
	struct reader in;
	struct frame frame;
	const char *why = "it is cut";
	struct cur c;
	int same = 0;

	reader_init(&in, -1);
	(void)buf_add(&in.b, r->raw.p, r->raw.len);
	if (frame_read(&in, &frame, &why) != FRAME_OK || frame.kind != FRAME_ROWS || reader_left(&in)) {
		same = fields_wrong(&f, "\"raw\" is not a ROWS frame: %s", why);
	} else {
		buf_reset(&u->canon);
		same = canon_frame(&frame, r->t, &c, &u->canon) == 0 && u->canon.len == r->out.len &&
		       memcmp(u->canon.p, r->out.p, r->out.len) == 0;
	}
	reader_release(&in);
	return same;
}

int rows_end(struct undump *u)
{
	struct rows *r = &u->rows;
	int same = 0;

	if (!r->active)
		return 0;
	r->active = 0;
	if (rows_close(&r->w, &r->out) < 0) {
		struct fields f = {.line = r->line};

		return fields_wrong(&f, "the rows do not fit into a frame");
	}
	if (r->raw.len && (same = raw_says_the_same(u)) < 0)
		return -1;
	if (same)
		(void)buf_add(&u->out.b, r->raw.p, r->raw.len);
	else
		(void)buf_add(&u->out.b, r->out.p, r->out.len);
	buf_reset(&r->out);
	buf_reset(&r->raw);
	return 0;
}

static int image_of(const struct fields *f, const struct table *t, const char *key, struct val *vals)
{
	json_t *img = json_object_get(f->o, key), *j;
	size_t found = 0;
	const char *name;

	if (!img)
		return fields_wrong(f, "\"%s\" needs a field \"%s\"", f->what, key);
	if (json_is_array(img)) {
		if (json_array_size(img) != t->ncols)
			return fields_wrong(
			    f, "\"%s\" has %zu values, the table %u columns", key, json_array_size(img), t->ncols);
		for (uint32_t i = 0; i < t->ncols; i++)
			if (value_of(f, &t->cols[i], json_array_get(img, i), &vals[i]) < 0)
				return -1;
		return 0;
	}
	if (!json_is_object(img))
		return fields_wrong(f, "\"%s\" is not an object", key);
	for (uint32_t i = 0; i < t->ncols; i++) {
		j = json_object_get(img, t->cols[i].name);
		if (!j) {
			vals[i].kind = VAL_ABSENT;
			vals[i].n = 0;
			continue;
		}
		found++;
		if (value_of(f, &t->cols[i], j, &vals[i]) < 0)
			return -1;
	}
	if (found == json_object_size(img))
		return 0;
	json_object_foreach(img, name, j)
	{
		uint32_t i = 0;

		while (i < t->ncols && strcmp(t->cols[i].name, name) != 0)
			i++;
		if (i == t->ncols)
			return fields_wrong(f, "table \"%s\" has no column \"%s\"", label_of(t), name);
	}
	return fields_wrong(f, "table \"%s\" has two columns of one name: its rows are arrays", label_of(t));
}

static struct table *find_table(struct undump *u, const struct fields *f)
{
	json_t *label = json_object_get(f->o, f->what);
	const char *name = json_string_value(label);
	struct table *t;
	uint32_t id;
	int has, many;

	if (!name) {
		fields_wrong(f, "\"%s\" is not the name of a table", f->what);
		return NULL;
	}
	if (get_u32(f, "t", 0, &has, &id) < 0)
		return NULL;
	t = has ? tables_find(&u->tables, id) : labels_find(u, name, &many);
	if (!t) {
		if (has)
			fields_wrong(f, "no table with the id %u was defined before", id);
		else
			fields_wrong(f, "no table \"%s\" was defined before", name);
		return NULL;
	}
	if (!has && many) {
		fields_wrong(f, "there are several tables \"%s\": say which one with \"t\"", name);
		return NULL;
	}
	if (strcmp(label_of(t), name) != 0) {
		fields_wrong(f, "the table with the id %u is \"%s\", not \"%s\"", t->id, label_of(t), name);
		return NULL;
	}
	return t;
}

static int same_str(struct str a, struct str b)
{
	return !a.p == !b.p && a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static int same_frame(const struct rows *r, const struct table *t, const struct rec_rows *h, int has_f, uint64_t fno)
{
	return r->active && r->t == t && r->head.op == h->op && r->head.replace == h->replace && r->has_f == has_f &&
	       r->f == fno && r->head.has_off == h->has_off && r->head.off == h->off && r->head.flags == h->flags &&
	       same_str(r->head.reason, h->reason) && r->head.extra.pairs == h->extra.pairs &&
	       r->extra.len == h->extra.bytes.len &&
	       (r->extra.len == 0 || memcmp(r->extra.p, h->extra.bytes.p, r->extra.len) == 0);
}

static int begin_frame(struct undump *u, const struct fields *f, const struct table *t, const struct rec_rows *h)
{
	struct rows *r = &u->rows;
	struct str raw;

	if (rows_end(u) < 0 || get_base64(f, "raw", &raw) < 0)
		return -1;
	buf_reset(&r->extra);
	(void)buf_add(&r->extra, h->extra.bytes.p, h->extra.bytes.len);
	buf_reset(&r->reason);
	(void)buf_add(&r->reason, h->reason.p, h->reason.n);
	buf_reset(&r->raw);
	(void)buf_add(&r->raw, raw.p, raw.n);
	buf_reset(&r->out);
	r->head = *h;
	r->head.extra.bytes = r->extra;
	if (h->reason.p)
		r->head.reason = str_n(buf_str(&r->reason), r->reason.len);
	r->t = t;
	r->line = f->line;
	r->active = 1;
	rows_open(&r->w, &r->head);
	if (r->extra.failed || r->reason.failed || r->raw.failed)
		return fields_wrong(f, "out of memory");
	return 0;
}

static int add_image(struct undump *u, const struct fields *f, const char *key)
{
	struct rows *r = &u->rows;

	if (image_of(f, r->t, key, r->vals) < 0)
		return -1;
	rows_image(&r->w, r->vals, r->t->ncols);
	return r->w.rows.failed ? fields_wrong(f, "out of memory") : 0;
}

/* A full frame is ended; without a raw frame to compare with it goes out at once. */
static int spill(struct undump *u, const struct fields *f)
{
	struct rows *r = &u->rows;

	if (!rows_is_full(&r->w))
		return 0;
	if (rows_close(&r->w, &r->out) < 0)
		return fields_wrong(f, "the rows do not fit into a frame");
	rows_open(&r->w, &r->head);
	if (r->out.len > r->raw.len)
		buf_reset(&r->raw); /* these are not its rows */
	if (!r->raw.len) {
		(void)buf_add(&u->out.b, r->out.p, r->out.len);
		buf_reset(&r->out);
	}
	return 0;
}

int rows_take(struct undump *u, json_t *o, const char *op, unsigned long line)
{
	static const char *const names[4][12] = {
	    {"insert", "new", "t", "f", "off", "fl", "reason", "extra", "raw", NULL},
	    {"update", "old", "new", "t", "f", "off", "fl", "reason", "extra", "raw", NULL},
	    {"delete", "old", "t", "f", "off", "fl", "reason", "extra", "raw", NULL},
	    {"replace", "new", "t", "f", "off", "fl", "reason", "extra", "raw", NULL},
	};
	struct fields f = {.o = o, .line = line, .what = op, .arena = &u->arena};
	struct rows *r = &u->rows;
	struct rec_rows h = {.op = ROW_INSERT};
	struct table *t;
	uint64_t fno;
	int has_f;

	h.replace = !strcmp(op, "replace");
	while (!h.replace && strcmp(op_names[h.op], op) != 0)
		h.op++;
	if (fields_check(&f, names[h.replace ? 3 : h.op]) < 0)
		return -1;
	if (!u->in_trx)
		return fields_wrong(&f, "\"%s\" outside of a transaction", op);
	if (!(t = find_table(u, &f)))
		return -1;
	h.table_id = t->id;
	if (get_uint(&f, "f", 0, &has_f, &fno) < 0 || get_uint(&f, "off", 0, &h.has_off, &h.off) < 0 ||
	    get_u32(&f, "fl", 0, NULL, &h.flags) < 0 || get_text(&f, "reason", 0, &h.reason) < 0 || get_extra(&f, &h.extra) < 0)
		return -1;
	if (!same_frame(r, t, &h, has_f, fno) && begin_frame(u, &f, t, &h) < 0)
		return -1;
	r->has_f = has_f;
	r->f = fno;
	if (r->cap_vals < t->ncols) {
		struct val *vals = realloc(r->vals, t->ncols * sizeof(*vals));

		if (!vals)
			return fields_wrong(&f, "out of memory");
		r->vals = vals;
		r->cap_vals = t->ncols;
	}
	if ((h.op != ROW_INSERT && add_image(u, &f, "old") < 0) || (h.op != ROW_DELETE && add_image(u, &f, "new") < 0))
		return -1;
	r->w.head.n++;
	u->trx_rows++;
	return spill(u, &f);
}

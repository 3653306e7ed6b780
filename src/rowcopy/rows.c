/* Changes of rows while their table is copied: those of rows that are not there yet are taken out. */
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "msg.h"

#define ASK_AT_ONCE 200 /* keys in one question */

/* ---- order of keys: by ourselves where the bytes say it, by the server otherwise */

enum order { ORDER_NUMBER, ORDER_TEXT, ORDER_BYTES, ORDER_DECIMAL, ORDER_ASK };

static enum order order_of(const struct column *c)
{
	switch (c->type) {
	case COL_DATE:
	case COL_DATETIME:
	case COL_TIMESTAMP:
		return ORDER_TEXT;
	case COL_DECIMAL:
		return ORDER_DECIMAL;
	case COL_BINARY:
	case COL_VARBINARY:
	case COL_INET4:
	case COL_INET6:
		return ORDER_BYTES;
	default:
		return col_type_class(c->type) == COLC_INT ? ORDER_NUMBER : ORDER_ASK;
	}
}

static int cmp_bytes(const struct val *a, const struct val *b)
{
	uint32_t n = a->n < b->n ? a->n : b->n;
	int r = n ? memcmp(a->p, b->p, n) : 0;

	return r ? r : a->n < b->n ? -1 : a->n > b->n;
}

static int cmp_number(const struct val *a, const struct val *b)
{
	if (a->kind != b->kind)
		return a->kind == VAL_INT ? -1 : 1;
	if (a->kind == VAL_INT)
		return a->i < b->i ? -1 : a->i > b->i;
	return a->u < b->u ? -1 : a->u > b->u;
}

/* Canonical text of one scale: of two without a sign the longer is the greater. */
static int cmp_decimal(const struct val *a, const struct val *b)
{
	int ma = a->n && a->p[0] == '-', mb = b->n && b->p[0] == '-', r;

	if (ma != mb)
		return ma ? -1 : 1;
	r = a->n != b->n ? (a->n < b->n ? -1 : 1) : memcmp(a->p, b->p, a->n);
	return ma ? -r : r;
}

/* 1 the key is behind the bound, 0 not, -1 only the server can tell */
static int is_behind(const struct opened *o, const struct val *key, const struct val *bound)
{
	for (uint32_t i = 0; i < o->key->ncols; i++) {
		enum order how = order_of(&o->def->cols[o->key->cols[i]]);
		int r;

		if (how == ORDER_ASK)
			return -1;
		r = how == ORDER_NUMBER	   ? cmp_number(&key[i], &bound[i])
		    : how == ORDER_DECIMAL ? cmp_decimal(&key[i], &bound[i])
					   : cmp_bytes(&key[i], &bound[i]);
		if (r)
			return r > 0;
	}
	return 0;
}

struct answers {
	uint8_t *to;
	unsigned n;
};

static int on_answers(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct answers *a = arg;

	(void)lens;
	for (unsigned i = 0; i < ncols && i < a->n; i++)
		a->to[i] = v[i] && v[i][0] == '1';
	a->n = ncols == a->n ? 0 : a->n;
	return 1;
}

static int ask(struct live *l, uint8_t *to, unsigned n)
{
	struct answers a = {to, n};

	if ((!l->ask && live_connect(l) < 0) ||
	    (conn_query(l->ask, buf_str(&l->sql), l->sql.len, on_answers, &a) < 0 &&
		(live_connect(l) < 0 || conn_query(l->ask, buf_str(&l->sql), l->sql.len, on_answers, &a) < 0)))
		return l->ask ? copy_conn_failed(l->c, "compare keys on the source", l->ask) : -1;
	return a.n ? copy_failed(l->c, "compare keys on the source", 0, "the answer is not understood") : 0;
}

int live_is_behind(struct live *l, const struct buf *key, const struct buf *bound)
{
	struct val k[64], b[64];
	uint8_t yes = 0;
	int r;

	if (bound_vals(l->cur, key, k) < 0 || bound_vals(l->cur, bound, b) < 0)
		return copy_failed(l->c, "compare keys", 0, "they are not understood");
	r = is_behind(l->cur, k, b);
	if (r >= 0)
		return r;
	buf_reset(&l->sql);
	buf_adds(&l->sql, "SELECT ");
	range_sql_is_behind(l->cur, k, b, &l->sql);
	r = ask(l, &yes, 1);
	buf_reset(&l->sql);
	return r < 0 ? -1 : yes;
}

/* ---- images of a frame */

/* Where the columns of the key are in the stream's table. */
static int key_columns(const struct live *l, const struct table *t, uint32_t *cols)
{
	const struct opened *o = l->cur;

	for (uint32_t i = 0; i < o->key->ncols; i++) {
		const struct column *c = &o->def->cols[o->key->cols[i]];
		int at = table_find_col(t, c->name, strlen(c->name));

		if (at < 0)
			return -1;
		cols[i] = (uint32_t)at;
	}
	return 0;
}

int live_room(struct live *l, uint32_t ncols, size_t images)
{
	if (l->cap_vals < ncols) {
		free(l->old);
		free(l->new);
		l->old = calloc(ncols, sizeof *l->old);
		l->new = calloc(ncols, sizeof *l->new);
		l->cap_vals = l->old && l->new ? ncols : 0;
	}
	if (l->cap_behind < images) {
		free(l->behind);
		l->behind = malloc(images);
		l->cap_behind = l->behind ? images : 0;
	}
	return l->cap_vals < ncols || l->cap_behind < images ? copy_no_memory(l->c) : 0;
}

int live_read_row(const struct live *l, const struct rec_rows *r, const struct table *t, struct cur *c)
{
	if (r->op != ROW_INSERT && read_image(c, t, l->old) < 0)
		return -1;
	if (r->op != ROW_DELETE && read_image(c, t, l->new) < 0)
		return -1;
	if (r->op == ROW_UPDATE) /* what an image does not hold is as it was */
		for (uint32_t i = 0; i < t->ncols; i++)
			if (l->new[i].kind == VAL_ABSENT)
				l->new[i] = l->old[i];
	return 0;
}

/* Is an update's new image all of a row? */
static int is_whole_row(const struct live *l, const struct table *t)
{
	const struct table *d = l->cur->def;

	for (uint32_t i = 0; i < t->ncols; i++) {
		int at = l->new[i].kind == VAL_ABSENT ? table_find_col(d, t->cols[i].name, strlen(t->cols[i].name)) : -1;

		if (at >= 0 && !d->cols[at].generated)
			return 0;
	}
	return 1;
}

static int not_whole(struct live *l, const struct table *t)
{
	msg_error("cannot copy table \"%s.%s\" live: an update of its key comes without the rest of the row", t->db, t->name);
	msg_hint("the source needs binlog_row_image=FULL");
	l->c->code = CODE_USAGE;
	return live_stop(l);
}

static int no_key(struct live *l, const struct table *t)
{
	msg_error("cannot copy table \"%s.%s\" live: its changes come without its key \"%s\"", t->db, t->name, l->cur->key->name);
	msg_hint("the source needs binlog_row_image=FULL, and the tap binlog_row_metadata=FULL or the right to see the table");
	l->c->code = CODE_USAGE;
	return live_stop(l);
}

/* Adds one image: to the answers, or to the question. 0, or -1 */
static int look(struct live *l, const uint32_t *cols, const struct val *image, const struct val *bound, size_t at, size_t *asked)
{
	struct val key[64];
	int r;

	for (uint32_t i = 0; i < l->cur->key->ncols; i++) {
		key[i] = image[cols[i]];
		if (key[i].kind <= VAL_NULL)
			return 1;
	}
	r = is_behind(l->cur, key, bound);
	if (r >= 0 && !l->sql.len) {
		l->behind[at] = (uint8_t)r;
		*asked = at + 1;
		return 0;
	}
	buf_adds(&l->sql, l->sql.len ? "," : "SELECT ");
	if (r >= 0) /* known, but its answer stands among those that are asked for */
		buf_adds(&l->sql, r ? "1" : "0");
	else
		range_sql_is_behind(l->cur, key, bound, &l->sql);
	if (at + 1 - *asked < ASK_AT_ONCE)
		return 0;
	r = ask(l, l->behind + *asked, (unsigned)(at + 1 - *asked));
	buf_reset(&l->sql);
	*asked = at + 1;
	return r;
}

/* Which images are behind what is copied, into l->behind. 0, or -1 */
static int look_at_all(struct live *l, const struct rec_rows *r, const struct table *t, struct cur c)
{
	struct val bound[64];
	uint32_t cols[64];
	size_t at = 0, asked = 0;
	int rc = 0;

	if (bound_vals(l->cur, &l->c->state.key, bound) < 0 || key_columns(l, t, cols) < 0)
		return no_key(l, t);
	buf_reset(&l->sql);
	for (uint64_t i = 0; i < r->n && rc == 0; i++) {
		if (live_read_row(l, r, t, &c) < 0)
			return stream_damaged(&l->s, &c);
		if (r->op != ROW_INSERT)
			rc = look(l, cols, l->old, bound, at++, &asked);
		if (r->op != ROW_DELETE && rc == 0)
			rc = look(l, cols, l->new, bound, at++, &asked);
	}
	if (rc == 0 && asked < at)
		rc = ask(l, l->behind + asked, (unsigned)(at - asked));
	return rc > 0 ? no_key(l, t) : rc < 0 ? live_stop(l) : 0;
}

static int put_row(struct live *l, const struct rec_rows *head, enum row_op op, const struct table *t)
{
	struct rec_rows h = *head;

	if (l->w.open && (l->w.head.op != op || rows_is_full(&l->w)) && rows_close(&l->w, l->c->out) < 0)
		return copy_no_memory(l->c);
	h.op = op;
	if (!l->w.open)
		rows_open(&l->w, &h);
	if (op != ROW_INSERT)
		rows_image(&l->w, l->old, t->ncols);
	if (op != ROW_DELETE)
		rows_image(&l->w, l->new, t->ncols);
	l->w.head.n++;
	stream_rows_out(&l->s, 1);
	return 0;
}

/* A row that comes from behind what is copied is made, one that goes there is deleted. */
static int put_part(struct live *l, const struct rec_rows *head, const struct table *t, struct cur *c)
{
	size_t at = 0;
	int r = 0;

	for (uint64_t i = 0; i < head->n && r == 0; i++) {
		int old = 1, new = 1, keeps = window_is_of(l, t);

		if (live_read_row(l, head, t, c) < 0)
			return stream_damaged(&l->s, c);
		if (head->op != ROW_INSERT)
			old = l->behind[at++];
		if (head->op != ROW_DELETE)
			new = l->behind[at++];
		l->has_dropped |= (head->op != ROW_INSERT && old) || (head->op != ROW_DELETE && new);
		if (keeps)
			window_keep(
			    l, t, head->op != ROW_INSERT && old ? l->old : NULL, head->op != ROW_DELETE && new ? l->new : NULL);
		if (head->op == ROW_UPDATE && old && !new && !is_whole_row(l, t))
			return not_whole(l, t);
		if (!old && !new)
			r = put_row(l, head, ROW_UPDATE, t);
		else if (!old)
			r = put_row(l, head, ROW_DELETE, t);
		else if (!new)
			r = put_row(l, head, ROW_INSERT, t);
	}
	if (r == 0 && rows_close(&l->w, l->c->out) < 0)
		r = copy_no_memory(l->c);
	return r < 0 ? live_stop(l) : STREAM_TOOK;
}

/* As they are, but not held to foreign keys whose other tables may not be there yet. */
static int put_whole(struct live *l, const struct rec_rows *head, struct cur *c)
{
	rows_open(&l->w, head);
	(void)buf_add(&l->w.rows, c->p, cur_left(c));
	l->w.head.n = head->n;
	c->p = c->end;
	stream_rows_out(&l->s, head->n);
	return rows_close(&l->w, l->c->out) < 0 ? (copy_no_memory(l->c), live_stop(l)) : STREAM_TOOK;
}

int live_rows(struct live *l, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct rec_rows head = *r;

	head.flags |= ROWS_NO_FK;
	switch (live_reach(l, t->db, t->name)) {
	case REACH_OUTSIDE:
		return STREAM_PASS;
	case REACH_NONE:
		if (window_is_of(l, t))
			window_keep_all(l, r, t, *c);
		stream_rows_out(&l->s, 0);
		l->has_dropped = 1;
		c->p = c->end;
		return STREAM_TOOK;
	case REACH_ALL:
		return r->flags == head.flags ? STREAM_PASS : put_whole(l, &head, c);
	case REACH_PART:
		break;
	}
	if (!l->cur || !l->cur->key)
		return no_key(l, t);
	if (live_room(l, t->ncols, 2 * r->n) < 0)
		return live_stop(l);
	if (look_at_all(l, r, t, *c) < 0)
		return -1;
	return put_part(l, &head, t, c);
}

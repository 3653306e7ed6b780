/* A reader: takes the next chunk of the plan, reads it, hands its rows over as they are asked for. */
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "rowread.h"
#include "readers_own.h"

/* ---- rows */

/* Gives what is ready to who takes it; waits while there is enough. 0; -1 it is not wanted any more. */
static int hand_over(struct hand *me, int is_done)
{
	struct readers *a = me->all;
	int wanted;

	pthread_mutex_lock(&a->m);
	while (a->going && !a->failed && !is_done && me->slot->out.len > a->slot_bytes)
		pthread_cond_wait(&a->work, &a->m);
	wanted = a->going && !a->failed;
	if (wanted) {
		if (buf_add(&me->slot->out, me->frames.p, me->frames.len) < 0)
			wanted = 0;
		me->slot->rows = me->rows;
		buf_reset(&me->slot->last);
		(void)buf_add(&me->slot->last, me->last.p, me->last.len);
		me->slot->is_done = is_done;
		pthread_cond_signal(&a->news);
	}
	pthread_mutex_unlock(&a->m);
	buf_reset(&me->frames);
	return wanted ? 0 : -1;
}

static int on_row(void *arg, unsigned ncols, char **row, const unsigned long *lens)
{
	struct hand *me = arg;
	const struct table *t = me->slot->o->def;
	struct rec_rows head = {.table_id = t->id, .op = ROW_INSERT, .replace = me->all->c->refresh, .flags = ROWS_NO_FK};
	uint32_t col = 0;

	if (ncols != t->ncols || rowread_image(t, row, lens, &me->room, me->vals, &col) < 0) {
		me->odd = t->cols[col].name;
		return 1;
	}
	if (!me->w.open)
		rows_open(&me->w, &head);
	rows_image(&me->w, me->vals, t->ncols);
	me->w.head.n++;
	me->rows++;
	if (!rows_is_full(&me->w))
		return 0;
	if (rows_close(&me->w, &me->frames) < 0 || (me->slot->o->key && bound_from_vals(me->slot->o, me->vals, &me->last) < 0)) {
		me->odd = "";
		return 1;
	}
	return hand_over(me, 0) < 0;
}

/* It is a failure of all: the first one is told. */
static void fail(struct readers *a)
{
	pthread_mutex_lock(&a->m);
	a->failed = 1;
	pthread_cond_broadcast(&a->work);
	pthread_cond_signal(&a->news);
	pthread_mutex_unlock(&a->m);
}

static int is_wanted(struct readers *a)
{
	int yes;

	pthread_mutex_lock(&a->m);
	yes = a->going && !a->failed;
	pthread_mutex_unlock(&a->m);
	return yes;
}

static int read_chunk(struct hand *me)
{
	struct readers *a = me->all;
	const struct opened *o = me->slot->o;
	struct buf sql = BUF_INIT, what = BUF_INIT;
	int r = 0;

	if (me->cap_vals < o->def->ncols) {
		free(me->vals);
		me->vals = calloc(o->def->ncols, sizeof *me->vals);
		me->cap_vals = me->vals ? o->def->ncols : 0;
		if (!me->vals)
			return copy_no_memory(a->c);
	}
	me->rows = 0;
	me->odd = NULL;
	buf_reset(&me->frames);
	buf_reset(&me->last);
	range_sql_rows(o, &me->slot->lo, &me->slot->hi, a->c->where, &sql);
	if (conn_query(me->conn, buf_str(&sql), sql.len, on_row, me) < 0 && is_wanted(a)) {
		buf_printf(&what, "read table \"%s.%s\"", o->def->db, o->def->name);
		r = copy_conn_failed(a->c, buf_str(&what), me->conn);
	} else if (me->odd && *me->odd) {
		msg_error(
		    "cannot read table \"%s.%s\": a value of column \"%s\" is not understood", o->def->db, o->def->name, me->odd);
		a->c->code = CODE_USAGE;
		a->c->again = 0;
		r = -1;
	} else if (me->odd || rows_close(&me->w, &me->frames) < 0) {
		r = copy_no_memory(a->c);
	}
	me->w.open = 0;
	buf_release(&sql);
	buf_release(&what);
	return r < 0 ? -1 : hand_over(me, 1);
}

/* ---- the plan */

/* A reader's transaction keeps the definition of the table that it reads as it is; that of the one before goes. */
static int lock_definition(struct hand *me, const struct ctable *t, size_t index)
{
	struct buf sql = BUF_INIT;
	int r = 0;

	if (me->locked == index + 1)
		return 0;
	if (me->locked && conn_queryz(me->conn, "ROLLBACK TO SAVEPOINT rowcopy") < 0)
		r = -1;
	buf_adds(&sql, "SELECT 1 FROM ");
	sql_ident(&sql, t->db, strlen(t->db));
	(void)buf_add8(&sql, '.');
	sql_ident(&sql, t->name, strlen(t->name));
	buf_adds(&sql, " LIMIT 0");
	if (r == 0)
		r = conn_query(me->conn, buf_str(&sql), sql.len, NULL, NULL);
	buf_reset(&sql);
	buf_printf(&sql, "read table \"%s.%s\"", t->db, t->name);
	if (r < 0)
		(void)copy_conn_failed(me->all->c, buf_str(&sql), me->conn);
	buf_release(&sql);
	me->locked = index + 1;
	return r;
}

struct bound_arg {
	const struct opened *o;
	struct buf *hi;
	int rc; /* 1 found, -1 not understood */
};

static int on_bound(void *arg, unsigned ncols, char **row, const unsigned long *lens)
{
	struct bound_arg *b = arg;

	b->rc = ncols == b->o->key->ncols && bound_from_row(b->o, row, lens, b->hi) == 0 ? 1 : -1;
	return 1;
}

/* The last key of the chunk behind a->lo, into hi; empty: it goes to the end. */
static int find_end(struct hand *me, const struct opened *o, struct buf *hi)
{
	struct bound_arg b = {o, hi, 0};
	struct buf sql = BUF_INIT;
	int r;

	buf_reset(hi);
	if (!o->key)
		return 0;
	range_sql_bound(o, &me->all->lo, o->chunk_rows * me->all->times, &sql);
	r = conn_query(me->conn, buf_str(&sql), sql.len, on_bound, &b);
	buf_reset(&sql);
	buf_printf(&sql, "find the next chunk of table \"%s.%s\"", o->def->db, o->def->name);
	if (r < 0)
		(void)copy_conn_failed(me->all->c, buf_str(&sql), me->conn);
	else if (b.rc < 0)
		r = copy_failed(me->all->c, buf_str(&sql), 0, "its key is not understood");
	buf_release(&sql);
	return r < 0 ? -1 : 0;
}

/* Fills the slot with the next chunk. Only one plans at a time, without the lock. 1; 0 there is none; -1 message printed. */
static int plan(struct hand *me, struct slot *s)
{
	struct readers *a = me->all;
	struct copy *c = a->c;

	if (!a->cur) {
		if (a->next == c->ntables)
			return 0;
		if (lock_definition(me, &c->tables[a->next], a->next) < 0)
			return -1;
		if (!(a->cur = opened_new(c, c->meta, a->next)))
			return -1;
		a->cur_is_new = !a->lo.len;
	} else if (lock_definition(me, &c->tables[a->cur->index], a->cur->index) < 0) {
		return -1;
	}
	s->o = a->cur;
	s->is_first = a->cur_is_new;
	a->cur_is_new = 0;
	buf_reset(&s->lo);
	(void)buf_add(&s->lo, a->lo.p, a->lo.len);
	if (find_end(me, a->cur, &s->hi) < 0)
		return -1;
	s->is_last = !s->hi.len;
	buf_reset(&a->lo);
	(void)buf_add(&a->lo, s->hi.p, s->hi.len);
	return 1;
}

/* With the lock held: takes a slot and plans it. The slot, or NULL: nothing to do (now). */
static struct slot *next_slot(struct hand *me)
{
	struct readers *a = me->all;
	struct slot *s;
	int r;

	me->has_looked = 0;
	if (!a->going || a->failed || a->is_over || a->planning || a->used == a->cap)
		return NULL;
	if (a->one_table && a->planned != me->number)
		return NULL;
	a->planning = me->has_looked = 1;
	s = &a->ring[(a->head + a->used) % a->cap];
	pthread_mutex_unlock(&a->m);
	r = plan(me, s);
	pthread_mutex_lock(&a->m);
	a->planning = 0;
	if (r < 0)
		a->failed = 1;
	if (r > 0) {
		s->o->refs++; /* under the lock: who takes drops it there too */
		s->reader = me->number;
		s->is_begun = s->is_done = 0;
		s->rows = 0;
		buf_reset(&s->out);
		a->used++;
		a->planned++;
		if (s->is_last) {
			opened_drop(a->cur);
			a->cur = NULL;
			a->next++;
		}
		if (a->one_table && (s->is_last || a->planned == a->n))
			a->is_over = 1;
	}
	if (r == 0)
		a->is_over = 1;
	pthread_cond_broadcast(&a->work);
	pthread_cond_signal(&a->news);
	return r > 0 ? s : NULL;
}

void *reader_run(void *arg)
{
	struct hand *me = arg;
	struct readers *a = me->all;

	conn_thread_begin();
	pthread_mutex_lock(&a->m);
	while (!a->quit) {
		a->busy++;
		me->slot = next_slot(me);
		if (me->slot) {
			pthread_mutex_unlock(&a->m);
			if (read_chunk(me) < 0)
				fail(a);
			pthread_mutex_lock(&a->m);
			a->busy--;
			continue;
		}
		a->busy--;
		pthread_cond_signal(&a->news);
		if (!me->has_looked) /* else the lock was let go meanwhile: what there is to do may be another thing now */
			pthread_cond_wait(&a->work, &a->m);
	}
	pthread_mutex_unlock(&a->m);
	conn_thread_end();
	return NULL;
}

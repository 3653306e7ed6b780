#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "readers_own.h"
#include "rowread.h"
#include "sig.h"

static int open_reader(struct copy *c, struct hand *me)
{
	struct buf err = BUF_INIT, what = BUF_INIT, wait = BUF_INIT;
	unsigned no = 0;
	int r = 0;

	/* who changes the definition waits for another reader of ours, and holds up all others */
	buf_printf(&wait, "SET SESSION lock_wait_timeout=%u", c->lock_timeout_s);
	me->conn = conn_open(c->conn, CONN_QUERY, 86400, &err, &no);
	if (!me->conn) {
		buf_printf(&what, "connect to %s", conn_opts_where(c->conn));
		r = copy_failed(c, buf_str(&what), no, buf_str(&err));
	} else if (conn_queryz(me->conn, rowread_session(c->is_mariadb)) < 0 || conn_queryz(me->conn, buf_str(&wait)) < 0 ||
		   conn_queryz(me->conn, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ") < 0) {
		r = copy_conn_failed(c, "prepare a session", me->conn);
	} else {
		r = self_is_behind(c, me->conn);
	}
	if (r == 0 && !c->is_mariadb && conn_version(me->conn) >= 80030)
		(void)conn_queryz(me->conn, "SET show_gipk_in_create_table_and_information_schema = ON");
	if (r < 0) {
		conn_close(me->conn);
		me->conn = NULL;
	}
	buf_release(&err);
	buf_release(&what);
	buf_release(&wait);
	return r;
}

int readers_connect(struct readers *a)
{
	for (unsigned i = 0; i < a->n; i++)
		if (!a->r[i].conn && open_reader(a->c, &a->r[i]) < 0)
			return -1;
	return 0;
}

struct readers *readers_new(struct copy *c)
{
	struct readers *a = calloc(1, sizeof *a);

	if (!a)
		goto no_memory;
	a->c = c;
	a->n = c->workers;
	a->cap = 2 * a->n;
	a->slot_bytes = c->memory / a->cap;
	pthread_mutex_init(&a->m, NULL);
	pthread_cond_init(&a->work, NULL);
	pthread_cond_init(&a->news, NULL);
	a->r = calloc(a->n, sizeof *a->r);
	a->ring = calloc(a->cap, sizeof *a->ring);
	if (!a->r || !a->ring) {
		readers_free(a);
		goto no_memory;
	}
	for (unsigned i = 0; i < a->n; i++) {
		struct hand *me = &a->r[i];

		me->all = a;
		me->number = i;
		rows_init(&me->w);
	}
	if (readers_connect(a) < 0) {
		readers_free(a);
		return NULL;
	}
	for (unsigned i = 0; i < a->n; i++)
		if (pthread_create(&a->r[i].thread, NULL, reader_run, &a->r[i]) == 0)
			a->r[i].has_thread = 1;
		else {
			readers_free(a);
			goto no_memory;
		}
	return a;
no_memory:
	(void)copy_no_memory(c);
	return NULL;
}

void readers_free(struct readers *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->m);
	a->quit = 1;
	a->going = 0;
	pthread_cond_broadcast(&a->work);
	pthread_mutex_unlock(&a->m);
	for (unsigned i = 0; a->r && i < a->n; i++) {
		struct hand *me = &a->r[i];

		if (me->has_thread)
			pthread_join(me->thread, NULL);
		conn_close(me->conn);
		rows_release(&me->w);
		buf_release(&me->frames);
		buf_release(&me->room);
		buf_release(&me->last);
		free(me->vals);
	}
	for (; a->used; a->used--, a->head = (a->head + 1) % a->cap)
		opened_drop(a->ring[a->head].o);
	for (unsigned i = 0; a->ring && i < a->cap; i++) {
		buf_release(&a->ring[i].lo);
		buf_release(&a->ring[i].hi);
		buf_release(&a->ring[i].out);
		buf_release(&a->ring[i].last);
	}
	opened_drop(a->cur);
	buf_release(&a->lo);
	buf_release(&a->taken);
	buf_release(&a->taken_last);
	pthread_mutex_destroy(&a->m);
	pthread_cond_destroy(&a->work);
	pthread_cond_destroy(&a->news);
	free(a->ring);
	free(a->r);
	free(a);
}

struct conn *readers_conn(struct readers *a, unsigned i)
{
	return a->r[i].conn;
}

int readers_go(struct readers *a, size_t index, const struct buf *lo, int one_table, unsigned times)
{
	pthread_mutex_lock(&a->m);
	buf_reset(&a->lo);
	(void)buf_add(&a->lo, lo->p, lo->len);
	a->next = index;
	a->one_table = one_table;
	a->times = times;
	a->planned = 0;
	a->is_over = a->failed = 0;
	a->going = 1;
	for (unsigned i = 0; i < a->n; i++)
		a->r[i].locked = 0;
	pthread_cond_broadcast(&a->work);
	pthread_mutex_unlock(&a->m);
	return a->lo.failed ? copy_no_memory(a->c) : 0;
}

static void wait_news(struct readers *a)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 200000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	(void)pthread_cond_timedwait(&a->news, &a->m, &until);
}

static void pop(struct readers *a)
{
	opened_drop(a->ring[a->head].o);
	a->ring[a->head].o = NULL;
	a->head = (a->head + 1) % a->cap;
	a->used--;
}

int readers_next(struct readers *a, struct piece *p)
{
	struct slot *s;
	struct buf swap;
	int r = 1;

	pthread_mutex_lock(&a->m);
	/* what was taken last was the end of its chunk */
	if (a->used && a->ring[a->head].is_begun == 2)
		pop(a);
	pthread_cond_broadcast(&a->work);
	for (;;) {
		s = a->used ? &a->ring[a->head] : NULL;
		if (a->failed)
			r = -1;
		else if (sig_stop && !(s && s->is_begun))
			r = -2;
		else if (!s && a->is_over && !a->planning)
			r = 0;
		else if (!s || (!s->out.len && !s->is_done)) {
			wait_news(a);
			continue;
		}
		break;
	}
	if (r == 1) {
		p->o = s->o;
		p->is_begin = !s->is_begun;
		p->is_end = s->is_done;
		p->is_first = s->is_first;
		p->is_last = s->is_last;
		p->hi = &s->hi;
		p->nrows = s->rows;
		p->reader = s->reader;
		buf_reset(&a->taken);
		swap = a->taken;
		a->taken = s->out;
		s->out = swap;
		p->rows = &a->taken;
		swap = a->taken_last;
		a->taken_last = s->last;
		s->last = swap;
		buf_reset(&s->last);
		p->last = &a->taken_last;
		s->is_begun = s->is_done ? 2 : 1;
		pthread_cond_broadcast(&a->work);
	}
	pthread_mutex_unlock(&a->m);
	return r;
}

void readers_rest(struct readers *a)
{
	pthread_mutex_lock(&a->m);
	a->going = 0;
	pthread_cond_broadcast(&a->work);
	while (a->busy)
		pthread_cond_wait(&a->news, &a->m);
	while (a->used)
		pop(a);
	opened_drop(a->cur);
	a->cur = NULL;
	pthread_mutex_unlock(&a->m);
	for (unsigned i = 0; i < a->n; i++)
		if (a->r[i].conn && conn_queryz(a->r[i].conn, "ROLLBACK") < 0) { /* it was lost: connect again for the next */
			conn_close(a->r[i].conn);
			a->r[i].conn = NULL;
		}
}

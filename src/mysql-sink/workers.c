#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <mysql.h>

#include "code.h"
#include "msg.h"
#include "workers.h"

#define LOOK_MS 5	   /* a worker that has waited for so long looks who waits for locks */
#define LOOK_AGAIN_MS 110  /* and not before this a second time: the view is 100 ms old at most, if nobody looks at it */
#define UNSEEN_WAIT_MS 500 /* where it may not look it gives up after that */

enum state { JOB_FREE, JOB_FILLING, JOB_RUNNING, JOB_DONE, JOB_FAILED };

struct worker {
	struct workers *all;
	pthread_t thread;
	struct exec x;
	struct ahead ahead;
	struct buf scratch;
	struct job *job;
	uint64_t tied; /* to these of job->before */
	int64_t waited_ms;
	int gives_up; /* its rows, to one before it */
};

struct workers {
	unsigned n;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int fd;
	struct worker *w;
	struct job *jobs[2 * WORKERS_MAX + 1]; /* all there are; in order of their numbers where they are under way */
	size_t njobs;
	uint64_t given, done; /* numbers: the last one handed over; all up to here are committed */
	uint64_t low;	      /* the sink's thread has seen `done` here, */
	struct place low_to;  /* which is this place */
	int any_order, may_not_look;
	_Atomic int may_not_join;
	int64_t next_look_ms;
	int ending, code; /* code: of the first that failed */
};

static void lock(struct workers *w)
{
	pthread_mutex_lock(&w->lock);
}

static void unlock(struct workers *w)
{
	pthread_mutex_unlock(&w->lock);
}

static int is_under_way(const struct job *j)
{
	return j->state == JOB_RUNNING;
}

/* ---- on a worker's thread */

/* Is that committed which the batch is tied to, as far as was looked, or (all) what has to be before it? */
static int is_turn(const struct worker *me, int all)
{
	const struct job *j = me->job;
	const struct workers *w = me->all;

	if (all && !w->any_order)
		return w->done + 1 >= j->number;
	for (size_t i = 0; i < j->nbefore; i++)
		if (j->before[i]->state != JOB_DONE && (me->ahead.undone || me->tied >> i & 1))
			return 0;
	return 1;
}

static int is_first(const struct worker *me)
{
	const struct job *j = me->job;

	for (size_t i = 0; i < j->nbefore; i++)
		if (j->before[i]->state != JOB_DONE)
			return 0;
	return 1;
}

static int must_wait(void *arg, const struct source_table *st, enum row_op op, const struct val *old, const struct val *new)
{
	struct worker *me = arg;
	int met = 0;

	for (size_t i = 0; i < me->job->nbefore; i++) {
		const struct job *b = me->job->before[i];
		int rc = __atomic_load_n(&b->state, __ATOMIC_ACQUIRE) == JOB_DONE
			     ? 0
			     : keys_meet(&b->keys, st->map, op, old, new, &me->scratch);

		if (rc < 0)
			return -1;
		if (rc)
			me->tied |= 1ull << i;
		met |= rc;
	}
	return met;
}

/* The worker whose batch is before all others; NULL: none is under way. */
static struct worker *first(struct workers *w)
{
	struct worker *f = NULL;

	for (unsigned i = 0; i < w->n; i++)
		if (w->w[i].job && (!f || w->w[i].job->number < f->job->number))
			f = &w->w[i];
	return f;
}

static struct worker *of_session(struct workers *w, const char *id)
{
	unsigned long n = id ? strtoul(id, NULL, 10) : 0;

	for (unsigned i = 0; i < w->n; i++)
		if (w->w[i].job && n && w->w[i].x.link.thread_id == n)
			return &w->w[i];
	return NULL;
}

/* a session whose transaction waits for a lock, and one that has it; NULL: not known */
static int on_waiting(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct workers *w = arg;
	struct worker *f;

	(void)lens;
	lock(w);
	f = first(w);
	if (ncols == 2 && f && of_session(w, v[0]) == f && (!v[1] || of_session(w, v[1]))) {
		for (unsigned i = 0; i < w->n; i++)
			w->w[i].gives_up |= w->w[i].job && &w->w[i] != f && !w->w[i].ahead.undone;
		pthread_cond_broadcast(&w->changed);
	}
	unlock(w);
	return 0;
}

/*
 * Looks whether the first of all waits for a lock of another of ours. Then all behind it give up what they hold: the one that
 * has it may itself wait in a statement for another. Those that are not first may wait for later ones until they are: they
 * could not commit before. Where it cannot be seen who has the lock (MySQL without performance_schema, or without a right on
 * it), it may be one of ours. 0; -1: not even that can be seen.
 */
static int look(struct worker *me)
{
	/* transactions, not threads: of an implicit lock MySQL names the thread that waits for it */
	static const char *const sqls[] = {
	    "SELECT r.trx_mysql_thread_id, b.trx_mysql_thread_id FROM information_schema.innodb_trx r"
	    " LEFT JOIN performance_schema.data_lock_waits w ON w.requesting_engine_transaction_id=r.trx_id"
	    " LEFT JOIN information_schema.innodb_trx b ON b.trx_id=w.blocking_engine_transaction_id"
	    " WHERE r.trx_state='LOCK WAIT'",
	    "SELECT r.trx_mysql_thread_id, b.trx_mysql_thread_id FROM information_schema.innodb_trx r"
	    " LEFT JOIN information_schema.innodb_lock_waits w ON w.requesting_trx_id=r.trx_id"
	    " LEFT JOIN information_schema.innodb_trx b ON b.trx_id=w.blocking_trx_id WHERE r.trx_state='LOCK WAIT'",
	    "SELECT trx_mysql_thread_id, NULL FROM information_schema.innodb_trx WHERE trx_state='LOCK WAIT'"};
	/* somebody else's ALTER that waits for one behind, and keeps the first from the table: that is in no list of locks */
	static const char meta[] = "SELECT id, NULL FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'";
	const char *sql = sqls[me->all->may_not_join ? 2 : me->x.link.is_mariadb];

	if (link_rows(&me->x.link, meta, sizeof meta - 1, on_waiting, me->all) < 0 && conn_error_is_outside(me->x.link.err_no))
		return -1;
	if (link_rows(&me->x.link, sql, strlen(sql), on_waiting, me->all) == 0)
		return 0;
	if (me->all->may_not_join || conn_error_is_outside(me->x.link.err_no))
		return -1;
	me->all->may_not_join = 1;
	return 0;
}

/* Waits on `changed` for ms at most. */
static void wait_for(struct workers *w, unsigned ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000l;
	if (t.tv_nsec >= 1000000000l) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000l;
	}
	(void)pthread_cond_timedwait(&w->changed, &w->lock, &t);
}

/* May this worker look now? Who looks too often sees nothing new: the servers keep what they show while it is asked for. */
static int may_look(struct worker *me)
{
	int64_t now = exec_now_ms();

	if (!me->x.link.c || me->all->may_not_look || now < me->all->next_look_ms)
		return 0;
	me->all->next_look_ms = now + LOOK_AGAIN_MS;
	return 1;
}

static int is_over(const struct worker *me, int all)
{
	return is_turn(me, all) || me->all->ending || me->all->code || (me->gives_up && !me->ahead.undone);
}

static enum exec_result wait_turn(void *arg, int all)
{
	struct worker *me = arg;
	struct workers *w = me->all;
	int64_t since = exec_now_ms();
	enum exec_result r = EXEC_OK;

	lock(w);
	while (r == EXEC_OK && !is_over(me, all)) {
		wait_for(w, LOOK_MS);
		if (is_over(me, all) || me->ahead.undone)
			continue;
		if (may_look(me)) {
			unlock(w);
			if (look(me) < 0) {
				if (conn_error_is_outside(me->x.link.err_no))
					r = EXEC_AGAIN;
				else
					msg_info("cannot see who waits for locks on the target: %s", buf_str(&me->x.link.err));
				lock(w);
				w->may_not_look |= r == EXEC_OK;
				unlock(w);
			}
			lock(w);
		} else if (w->may_not_look && exec_now_ms() - since >= UNSEEN_WAIT_MS) {
			me->gives_up = 1;
		}
	}
	me->waited_ms += exec_now_ms() - since;
	if (w->ending || w->code) { /* also in our turn: what failed may be before us */
		me->x.code = w->code;
		r = EXEC_STOP;
	} else if (r == EXEC_OK && !is_turn(me, all)) {
		r = EXEC_AGAIN;
	}
	unlock(w);
	if (r == EXEC_AGAIN)
		msg_debug("a batch gives up its rows: one before it waits for them");
	return r;
}

/* All before the first that is still under way are done. */
static void set_done(struct workers *w)
{
	uint64_t done = w->given;

	for (size_t i = 0; i < w->njobs; i++)
		if (is_under_way(w->jobs[i]) && w->jobs[i]->number <= done)
			done = w->jobs[i]->number - 1;
	w->done = done;
}

static void run(struct worker *me)
{
	struct job *j = me->job;
	struct exec *x = &me->x;
	int64_t start;
	int rc;

	x->source = j->source;
	x->ahead = &me->ahead;
	x->range = me->all->any_order ? &j->range : NULL;
	me->tied = 0;
	lock(me->all);
	me->ahead.undone = me->gives_up = 0;
	me->ahead.is_turn = is_first(me);
	unlock(me->all);
	x->code = 0;
	me->waited_ms = 0;
	start = exec_now_ms();
	rc = exec_batch(x, &j->b, &j->to);
	if (rc == 0)
		msg_debug("batch %llu of %llu rows, %llu transactions, to %s:%llu: %lld ms, %lld of them waited for others",
		    (unsigned long long)j->number, (unsigned long long)j->b.whole_rows, (unsigned long long)j->b.whole_trx,
		    j->to.file, (unsigned long long)j->to.off, (long long)(exec_now_ms() - start), (long long)me->waited_ms);
	lock(me->all);
	j->n = x->n;
	memset(&x->n, 0, sizeof x->n);
	for (size_t i = 0; i < j->nbefore; i++)
		j->before[i]->refs--;
	j->nbefore = 0;
	if (rc < 0 && !me->all->code)
		me->all->code = x->code ? x->code : CODE_BUG;
	__atomic_store_n(&j->state, rc == 0 ? JOB_DONE : JOB_FAILED, __ATOMIC_RELEASE);
	/* behind one that failed nothing is done */
	if (!me->all->code)
		set_done(me->all);
	me->job = NULL;
	pthread_cond_broadcast(&me->all->changed);
	unlock(me->all);
	(void)!write(me->all->fd, &(uint64_t){1}, sizeof(uint64_t));
}

static void *work(void *arg)
{
	struct worker *me = arg;
	struct workers *w = me->all;

	mysql_thread_init();
	lock(w);
	for (;;) {
		while (!me->job && !w->ending)
			pthread_cond_wait(&w->changed, &w->lock);
		if (w->ending)
			break;
		unlock(w);
		run(me);
		lock(w);
	}
	unlock(w);
	exec_undo(&me->x);
	exec_release(&me->x);
	mysql_thread_end();
	return NULL;
}

/* ---- on the sink's thread */

static int start(struct worker *me, const struct exec_options *o, const struct conn_opts *conn, struct target *target,
    struct ckpt *ckpt, const struct ranges *ranges, unsigned slot)
{
	sigset_t all, old;
	int rc;

	exec_init(&me->x, o, conn, target, ckpt, slot);
	me->x.ranges = ranges;
	me->x.link.beside = 1;
	me->ahead = (struct ahead){.arg = me, .must_wait = must_wait, .wait = wait_turn};
	/* signals are for the thread that reads */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&me->thread, NULL, work, me);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc)
		exec_release(&me->x);
	errno = rc;
	return rc == 0 ? 0 : -1;
}

struct workers *workers_new(unsigned n, const struct exec_options *o, const struct conn_opts *conn, struct target *target,
    struct ckpt *ckpt, const struct ranges *ranges)
{
	struct workers *w = calloc(1, sizeof *w);
	pthread_condattr_t attr;

	if (!w)
		return NULL;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &attr);
	pthread_condattr_destroy(&attr);
	w->any_order = o->any_order;
	w->given = w->done = w->low = ranges->highest;
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->w = calloc(n, sizeof *w->w);
	if (w->fd < 0 || !w->w)
		goto fail;
	for (; w->n < n; w->n++) {
		w->w[w->n].all = w;
		if (start(&w->w[w->n], o, conn, target, ckpt, ranges, w->n + 1) < 0)
			goto fail;
	}
	return w;
fail:
	workers_free(w);
	return NULL;
}

static void free_job(struct job *j)
{
	batch_release(&j->b);
	keys_release(&j->keys);
	place_release(&j->to);
	range_release(&j->range);
	free(j);
}

void workers_free(struct workers *w)
{
	if (!w)
		return;
	lock(w);
	w->ending = 1;
	pthread_cond_broadcast(&w->changed);
	unlock(w);
	for (unsigned i = 0; i < w->n; i++) {
		pthread_join(w->w[i].thread, NULL);
		buf_release(&w->w[i].scratch);
	}
	for (size_t i = 0; i < w->njobs; i++)
		free_job(w->jobs[i]);
	place_release(&w->low_to);
	if (w->fd >= 0)
		close(w->fd);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w->w);
	free(w);
}

int workers_fd(const struct workers *w)
{
	return w->fd;
}

struct job *workers_job(struct workers *w)
{
	struct job *j = NULL;

	lock(w);
	for (size_t i = 0; i < w->njobs && !j; i++)
		if (w->jobs[i]->state == JOB_FREE)
			j = w->jobs[i];
	if (!j && w->njobs < sizeof w->jobs / sizeof *w->jobs && (j = calloc(1, sizeof *j)))
		w->jobs[w->njobs++] = j;
	if (j)
		j->state = JOB_FILLING;
	unlock(w);
	return j;
}

static struct worker *free_worker(struct workers *w)
{
	for (unsigned i = 0; i < w->n; i++)
		if (!w->w[i].job)
			return &w->w[i];
	return NULL;
}

int workers_have_room(struct workers *w)
{
	int rc;

	lock(w);
	rc = free_worker(w) != NULL;
	unlock(w);
	return rc;
}

int workers_are_idle(struct workers *w)
{
	int busy = 0;

	lock(w);
	for (size_t i = 0; i < w->njobs; i++)
		busy |= is_under_way(w->jobs[i]);
	unlock(w);
	return !busy;
}

static size_t bytes_under_way(const struct workers *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->njobs; i++)
		if (is_under_way(w->jobs[i]))
			n += batch_size(&w->jobs[i]->b) + keys_size(&w->jobs[i]->keys);
	return n;
}

size_t workers_bytes(struct workers *w)
{
	size_t n;

	lock(w);
	n = bytes_under_way(w);
	unlock(w);
	return n;
}

void workers_give(struct workers *w, struct job *j, size_t limit)
{
	size_t own = batch_size(&j->b) + keys_size(&j->keys), there;
	struct worker *to;

	lock(w);
	while ((!(to = free_worker(w)) || ((there = bytes_under_way(w)) && there + own > limit)) && !w->code)
		pthread_cond_wait(&w->changed, &w->lock);
	j->nbefore = 0;
	for (size_t i = 0; i < w->njobs; i++)
		if (is_under_way(w->jobs[i])) {
			j->before[j->nbefore++] = w->jobs[i];
			w->jobs[i]->refs++;
		}
	memset(&j->n, 0, sizeof j->n);
	if (w->code) { /* nothing more is applied */
		for (size_t i = 0; i < j->nbefore; i++)
			j->before[i]->refs--;
		j->state = JOB_FAILED;
	} else {
		j->number = j->range.number = ++w->given;
		j->state = JOB_RUNNING;
		to->job = j;
		pthread_cond_broadcast(&w->changed);
	}
	unlock(w);
}

uint64_t workers_given(const struct workers *w)
{
	return w->given;
}

uint64_t workers_low(const struct workers *w, const struct place **at)
{
	*at = &w->low_to;
	return w->low;
}

int workers_reap(struct workers *w, struct exec_counts *n, int *code)
{
	uint64_t count;
	int rc;

	if (!w->njobs) /* none was ever given: rows that come one by one are not slower for it */
		return 0;
	(void)!read(w->fd, &count, sizeof count);
	lock(w);
	for (size_t i = 0; i < w->njobs; i++) {
		struct job *j = w->jobs[i];

		if ((j->state == JOB_DONE || j->state == JOB_FAILED) && j->b.nitems) {
			n->rows += j->n.rows;
			n->trx += j->n.trx;
			n->batches += j->n.batches;
			n->retries += j->n.retries;
			n->undone += j->n.undone;
			n->skipped += j->n.skipped;
			n->overwritten += j->n.overwritten;
			batch_release(&j->b);
			memset(&j->b, 0, sizeof j->b);
		}
		if (j->state == JOB_DONE && j->number == w->done && w->low < w->done && place_copy(&w->low_to, &j->to) == 0)
			w->low = w->done;
		if (j->state == JOB_DONE && !j->refs && j->number > w->low)
			keys_release(&j->keys);
		if ((j->state == JOB_FAILED || (j->state == JOB_DONE && j->number <= w->low)) && !j->refs) {
			range_reset(&j->range);
			keys_reset(&j->keys);
			j->state = JOB_FREE;
		}
	}
	rc = w->code ? -1 : 0;
	if (rc < 0)
		*code = w->code;
	unlock(w);
	return rc;
}

int workers_drain(struct workers *w, struct exec_counts *n, int *code)
{
	lock(w);
	for (;;) {
		int busy = 0;

		for (size_t i = 0; i < w->njobs; i++)
			busy |= is_under_way(w->jobs[i]);
		if (!busy)
			break;
		pthread_cond_wait(&w->changed, &w->lock);
	}
	unlock(w);
	return workers_reap(w, n, code);
}

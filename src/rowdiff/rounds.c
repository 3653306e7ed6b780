/* Workers with their connections, and round after round of them. */
#include <stdlib.h>

#include "code.h"
#include "diff.h"
#include "msg.h"
#include "sig.h"
#include "status.h"

#define PAUSE_FIRST_US 200000 /* before a lost server is tried again */
#define PAUSE_MOST_US 5000000

/* The definitions were read a moment ago: a table that is another one now is so for the next run, too, which will know. */
static int is_changed(unsigned no)
{
	return no == 1054 || no == 1146 || no == 1176 || no == 1412;
}

int worker_failed(struct worker *w, struct link *l, const char *what)
{
	unsigned no = conn_errno(l->c);
	int code = link_failed(l, what);

	if (!is_changed(no) || w->d->o.where)
		return code;
	msg_hint("the table was changed meanwhile: start again");
	return CODE_OUTSIDE;
}

struct side worker_side(const struct worker *w, int is_target)
{
	return (struct side){w->pair, is_target, is_target ? w->target.is_mariadb : w->source.is_mariadb, w->d->o.where};
}

/* ---- workers */

static int worker_open(struct worker *w, struct rowdiff *d)
{
	int code;

	w->d = d;
	w->seed = (unsigned)now_us() ^ (unsigned)(uintptr_t)w;
	link_close(&w->source);
	link_close(&w->target);
	code = link_open(&w->source, "source", d->source);
	return code == CODE_OK ? link_open(&w->target, "target", d->target) : code;
}

static void worker_close(struct worker *w)
{
	link_close(&w->source);
	link_close(&w->target);
	buf_release(&w->sql);
	buf_release(&w->low);
	buf_release(&w->high);
	suspects_release(&w->suspects);
}

static void work(struct worker *w)
{
	w->code = scan_run(w);
	pthread_mutex_lock(&w->d->lock);
	if (w->d->code == CODE_OK)
		w->d->code = w->code;
	pthread_mutex_unlock(&w->d->lock);
}

static void *run(void *arg)
{
	conn_thread_begin();
	work(arg);
	conn_thread_end();
	return NULL;
}

static void run_all(struct rowdiff *d, struct worker *w)
{
	for (unsigned i = 1; i < d->o.workers; i++)
		w[i].is_running = pthread_create(&w[i].thread, NULL, run, &w[i]) == 0;
	work(&w[0]);
	for (unsigned i = 1; i < d->o.workers; i++)
		if (w[i].is_running)
			pthread_join(w[i].thread, NULL);
}

static int check_replication(struct rowdiff *d, struct worker *w)
{
	struct place p = {NULL};
	int code, there;

	if (!d->o.pipeline && !d->o.replica)
		return CODE_OK;
	code = place_of_source(&p, &w->source);
	if (code == CODE_OK)
		code = place_is_there(&p, &w->target, d->o.pipeline, &there);
	place_release(&p);
	return code;
}

/* ---- a round */

static int round_once(struct rowdiff *d, struct worker *w)
{
	int code;

	status_run();
	status_publish();
	code = plan_all(d, &w->source, &w->target);

	if (code != CODE_OK)
		return code;
	pthread_mutex_lock(&d->out_lock);
	d->round++;
	d->differences = d->unproven = 0;
	pthread_mutex_unlock(&d->out_lock);
	pthread_mutex_lock(&d->out_lock);
	for (size_t i = 0; i < d->t.n; i++) {
		int is_known = 0;

		for (size_t k = 0; k < d->npairs; k++)
			is_known |= d->pairs[k].target == d->t.t[i];
		if (!is_known)
			report_other(d, d->t.t[i]);
	}
	pthread_mutex_unlock(&d->out_lock);
	run_all(d, w);
	if (d->code == CODE_OK && !sig_stop)
		report_all(d);
	return d->code;
}

static int open_all(struct rowdiff *d, struct worker *w)
{
	int code = CODE_OK;

	for (unsigned i = 0; i < d->o.workers && code == CODE_OK; i++)
		code = worker_open(&w[i], d);
	return code;
}

/* What is lost is waited for: --follow goes on with the proofs that it has. */
static void be_patient(struct rowdiff *d, struct worker *w)
{
	for (unsigned i = 0; i < d->o.workers; i++)
		w[i].source.is_lost = w[i].target.is_lost = &d->is_lost;
}

static int source_is_down(const struct rowdiff *d, const struct worker *w)
{
	for (unsigned i = 0; i < d->o.workers; i++)
		if (w[i].source.is_down)
			return 1;
	return 0;
}

/* After a pause, which grows until a round is whole. CODE_OK: all are connected, or told to stop. */
static int connect_again(struct rowdiff *d, struct worker *w, int64_t *pause_us)
{
	int code = CODE_OUTSIDE;

	plan_release(d);
	while (code == CODE_OUTSIDE && !sig_stop) {
		status_retry();
		status_wait(source_is_down(d, w) ? STATUS_SOURCE : STATUS_TARGET);
		status_publish();
		wait_us(*pause_us);
		*pause_us = 2 * *pause_us < PAUSE_MOST_US ? 2 * *pause_us : PAUSE_MOST_US;
		code = sig_stop ? CODE_OK : open_all(d, w);
	}
	if (code == CODE_OK && !sig_stop)
		msg_warn("connected to both servers again");
	d->is_lost = 0;
	d->code = code;
	return code;
}

/* *found: what the last whole round did, as an exit code; left as it is if there is none. */
static int rounds(struct rowdiff *d, struct worker *w, int *found)
{
	int64_t pause_us = PAUSE_FIRST_US;
	int code = CODE_OK;

	while (code == CODE_OK && !sig_stop) {
		code = round_once(d, w);
		if (code == CODE_OUTSIDE && d->is_lost) {
			code = connect_again(d, w, &pause_us);
			continue;
		}
		if (code == CODE_OK && !sig_stop)
			*found = d->differences ? CODE_NO : d->unproven ? CODE_OUTSIDE : CODE_OK;
		if (!d->o.follow || sig_stop)
			break;
		plan_release(d);
		pause_us = PAUSE_FIRST_US;
		status_wait(STATUS_IDLE);
		status_publish();
		wait_us((int64_t)(d->o.pause_s * 1e6));
	}
	return code;
}

int compare_rounds(struct rowdiff *d)
{
	struct worker *w = calloc(d->o.workers, sizeof *w);
	int code, found = CODE_OUTSIDE;

	if (!w)
		return no_memory();
	code = open_all(d, w);
	if (code == CODE_OK)
		code = check_replication(d, &w[0]);
	if (code == CODE_OK && d->o.repair && repair_open(&d->repair, d->o.repair, w[0].source.c) < 0)
		code = CODE_USAGE;
	if (d->o.follow)
		be_patient(d, w);
	if (code == CODE_OK)
		code = rounds(d, w, &found);
	if (repair_close(&d->repair, code == CODE_OK && !sig_stop) < 0 && code == CODE_OK)
		code = CODE_OUTSIDE;
	for (unsigned i = 0; i < d->o.workers; i++)
		worker_close(&w[i]);
	free(w);
	if (code != CODE_OK)
		return code;
	if (sig_stop && !d->o.follow) {
		msg_error("told to stop before all was compared");
		return CODE_OUTSIDE;
	}
	return found;
}

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "code.h"
#include "msg.h"
#include "seen.h"
#include "status.h"

#define WORTH_BYTES (64u << 10)
#define MOVE_BATCHES 16
#define LEAST 2 /* workers, if the target's own processors decide */
#define MOST 4

/* How many processors the target has, as far as can be told from here. */
static unsigned processors(struct sink *k)
{
	struct buf v = BUF_INIT;
	long n = 0;

	/* by default as many as the server has processors */
	if (k->x.link.is_mariadb && link_value(&k->x.link, "SELECT @@global.thread_pool_size", &v) == 1)
		n = strtol(buf_str(&v), NULL, 10);
	buf_release(&v);
	if (n <= 0)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < LEAST ? LEAST : n > MOST ? MOST : (unsigned)n;
}

int beside_start(struct sink *k)
{
	const struct exec_options *o = &k->o->exec;
	unsigned n = k->o->workers;

	if (n == 1 || o->dry_run)
		return 0;
	if (o->policies.rest != POLICY_STOP || o->allow_triggers) {
		if (n)
			msg_warn("--workers %u: with %s rows are applied one after the other", n,
			    o->allow_triggers ? "--allow-triggers" : "--on-conflict overwrite or skip");
		return 0;
	}
	if (!n)
		n = processors(k);
	k->workers = workers_new(n, o, k->x.link.opts, &k->target, &k->ckpt, &k->ranges);
	if (k->workers)
		return 0;
	msg_error("could not start %u workers: %s", n, strerror(errno ? errno : ENOMEM));
	k->x.code = CODE_OUTSIDE;
	return -1;
}

static int no_memory(struct sink *k, struct stream *s)
{
	msg_no_memory();
	k->x.code = CODE_OUTSIDE;
	return sink_fail(k, s);
}

static int reap(struct sink *k, struct stream *s)
{
	int rc = workers_reap(k->workers, &k->x.n, &k->x.code);

	seen_workers(k);
	return rc < 0 ? sink_fail(k, s) : 0;
}

int beside_drain(struct sink *k, struct stream *s)
{
	int rc;

	if (!k->workers)
		return 0;
	seen_wait(s);
	rc = workers_drain(k->workers, &k->x.n, &k->x.code);
	status_run();
	seen_workers(k);
	return rc < 0 ? sink_fail(k, s) : 0;
}

/* ---- rows */

/* The map of a table, unless rows of it cannot be beside others: then the batch is alone. */
static int need_map(struct sink *k, struct stream *s, struct source_table *st)
{
	struct exec *x = &k->x;
	unsigned age = k->target.age;
	enum exec_result r = EXEC_OK;
	int fits = 1;

	if (!exec_has_map(x, st)) {
		/* maps that others may use go, or come where a batch that fails first would have stopped us */
		if ((st->map || target_is_full(&k->target) || k->o->exec.create_tables) && beside_drain(k, s) < 0)
			return -1;
		if (k->o->exec.create_tables && k->b.whole_items && sink_flush(k, s) < 0)
			return -1;
		if (!x->link.c)
			r = exec_reconnect(x, exec_now_ms() + k->o->exec.retry_s * 1000ll);
		if (r == EXEC_OK)
			r = exec_map(x, st, &fits);
		if (r == EXEC_STOP)
			return sink_fail(k, s);
		if (r != EXEC_OK)
			exec_undo(x);
	}
	k->alone |= r != EXEC_OK || !fits || !st->map->beside || st->policy != POLICY_STOP || k->target.age != age;
	return 0;
}

/* Adds the rows at the cursor. 0; -1 no memory; 1 damaged. */
static int add_keys(struct sink *k, const struct source_table *st, enum row_op op, uint64_t n, struct cur *c)
{
	const struct table *d = st->def;
	struct exec *x = &k->x;

	if (exec_room_for_vals(x, d->ncols) < 0)
		return -1;
	for (uint64_t i = 0; i < n; i++) {
		if ((op != ROW_INSERT && read_image(c, d, x->old) < 0) || (op != ROW_DELETE && read_image(c, d, x->new) < 0))
			return 1;
		if (keys_add(&k->keys, st->map, op, x->old, x->new) < 0)
			return -1;
	}
	return 0;
}

int beside_rows(struct sink *k, struct stream *s, const struct rec_rows *r, struct source_table *st, struct cur *c)
{
	int rc;

	if (need_map(k, s, st) < 0)
		return -1;
	if (k->alone) {
		for (uint64_t i = 0; i < r->n; i++)
			if (skip_image(c, st->def) < 0 || (r->op == ROW_UPDATE && skip_image(c, st->def) < 0))
				return stream_damaged(s, c);
		return 0;
	}
	rc = add_keys(k, st, r->op, r->n, c);
	return rc < 0 ? no_memory(k, s) : rc > 0 ? stream_damaged(s, c) : 0;
}

int beside_rekey(struct sink *k)
{
	keys_reset(&k->keys);
	for (size_t i = 0; i < k->b.nitems && k->workers && !k->alone; i++) {
		const struct item *it = &k->b.items[i];
		struct cur c;

		if (it->kind != ITEM_ROWS)
			continue;
		cur_init(&c, k->b.bytes.p + it->at, it->len);
		if (add_keys(k, it->st, (enum row_op)it->op, it->n, &c) != 0)
			return -1;
	}
	return 0;
}

/* ---- batches */

uint64_t beside_number(const struct sink *k)
{
	return k->workers ? workers_given(k->workers) : k->ranges.highest;
}

/* --commit-order any: the checkpoint follows what is done without a gap, now and then. */
static int move_checkpoint(struct sink *k, struct stream *s)
{
	const struct place *to;
	uint64_t low = workers_low(k->workers, &to);
	struct batch none = {.whole_items = 0};

	if (!k->o->exec.any_order || low < k->moved_to + MOVE_BATCHES)
		return 0;
	k->x.passed = low;
	if (exec_batch(&k->x, &none, to) < 0)
		return sink_fail(k, s);
	k->x.n.batches--;
	k->moved_to = low;
	return 0;
}

int beside_give(struct sink *k, struct stream *s)
{
	struct range range;
	struct keys keys;
	struct job *j;

	seen_wait(s);
	if (reap(k, s) < 0 || move_checkpoint(k, s) < 0)
		return -1;
	j = workers_job(k->workers);
	if (!j) { /* all are needed by others still */
		if (beside_drain(k, s) < 0)
			return -1;
		j = workers_job(k->workers);
	}
	if (!j || sink_set_place(k, s) < 0 || place_copy(&j->to, &k->place) < 0 || batch_take_whole(&k->b, &j->b) < 0)
		return no_memory(k, s);
	j->source = k->x.source;
	if (k->o->exec.any_order) {
		range_end(&k->range, k->place.file, k->place.off);
		range = j->range;
		j->range = k->range;
		k->range = range;
		ranges_batch(&k->ranges, workers_given(k->workers) + 1);
	}
	keys = j->keys;
	j->keys = k->keys;
	k->keys = keys;
	workers_give(k->workers, j, k->o->memory);
	sink_written(k);
	k->moved = k->o->exec.any_order; /* the checkpoint itself follows */
	return beside_rekey(k) < 0 ? no_memory(k, s) : 0;
}

int beside_idle(struct sink *k, struct stream *s)
{
	if (!k->workers)
		return 0;
	if (reap(k, s) < 0)
		return -1;
	/*
	 * What is little goes to the target at once, by ourselves, if nothing is under way, and otherwise grows until that is
	 * done: it could not be committed before. It is looked at again then.
	 */
	if (batch_whole_size(&k->b) >= WORTH_BYTES && !k->alone && !k->must && !(s->in_trx && k->ddl_number) &&
	    workers_have_room(k->workers))
		return beside_give(k, s) < 0 ? -1 : 1;
	return !workers_are_idle(k->workers);
}

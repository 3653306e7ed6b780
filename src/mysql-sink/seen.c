#include "seen.h"

#include <string.h>

#include "status.h"

void seen_done(struct sink *k, const struct place *at)
{
	k->done_us = at->ts_us;
	if (!status_is_watched())
		return;
	status_set_place(at->file, at->off, NULL);
	status_now.has_gtid = at->has_gtid;
	if (at->has_gtid)
		(void)buf_add(&status_now.gtid, at->gtid.p, at->gtid.len);
}

void seen_workers(struct sink *k)
{
	const struct place *at;
	uint64_t low = k->workers ? workers_low(k->workers, &at) : k->seen_low;

	if (low == k->seen_low || !*at->file)
		return;
	k->seen_low = low;
	seen_done(k, at);
}

/* Is something for the target under way, or waiting to be? */
static int is_busy(const struct sink *k)
{
	return k->b.whole_items || (k->workers && !workers_are_idle(k->workers));
}

void seen_ended(struct sink *k)
{
	if (status_is_watched() && !is_busy(k))
		status_moved();
}

void seen_wait(struct stream *s)
{
	status_wait(STATUS_TARGET);
	stream_show(s, 1);
}

void seen_status(struct stream *s)
{
	struct sink *k = s->arg;
	const struct exec_counts *n = &k->x.n;
	int busy = is_busy(k);

	status_now.applied_rows = n->rows > n->skipped ? n->rows - n->skipped : 0; /* what was left out is in both */
	status_now.applied_trx = n->trx;
	status_now.batches = n->batches;
	status_now.undone = n->undone;
	status_now.skipped_rows = n->skipped;
	status_now.rejected_rows = k->x.rejects ? n->skipped : 0;
	status_now.overwritten_rows = n->overwritten;
	status_now.passed_trx = k->skipped_trx;
	status_now.kept_bytes = batch_size(&k->b) + (k->workers ? workers_bytes(k->workers) : 0);
	status_now.pending |= busy;
	/* with nothing for the target in it, what was read is done */
	status_now.done_us = !busy && !s->in_trx ? k->last_ts_us : k->done_us ? k->done_us : s->begin_ts_us;
	if (__atomic_load_n(&status_doing, __ATOMIC_RELAXED) != STATUS_IDLE)
		return;
	if (busy)
		status_wait(STATUS_TARGET);
	else
		status_moved();
}

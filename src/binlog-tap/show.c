/* What the tap shows of itself to who watches. */
#include "tap.h"

#include "status.h"

void tap_show(struct tap *t)
{
	const struct binlog *b = &t->b;
	int is_open = b->in_group || b->is_replay;
	double quiet_s = t->heartbeat_s > 1 ? 3 * t->heartbeat_s : 3;

	if (!status_is_watched())
		return;
	status_now.events = t->events;
	status_now.read_bytes = t->read_bytes;
	status_now.written_bytes = t->out.written;
	memcpy(status_now.rows, b->rows_by_op, sizeof status_now.rows);
	status_now.transactions = b->groups;
	status_now.statements = b->statements;
	status_now.marks = t->marks;
	if (is_open)
		status_set_place(b->group_file, b->group_pos, b->gtid);
	else
		status_set_place(b->file, b->pos, b->gtid);
	status_now.pending = is_open;
	status_now.done_us = t->done_us || !is_open ? t->done_us : b->group_ts_us;
	status_now.ahead_us = t->has_clock ? t->ahead_us : clock_us() - status_clock_us();
	status_now.quiet_us = (int64_t)(quiet_s * 1e6);
	status_publish();
}

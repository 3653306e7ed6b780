/* What the tap itself writes to the stream, and how it fails. */
#include "tap.h"

#include <errno.h>
#include <time.h>

#include "msg.h"
#include "opt.h"
#include "status.h"

int64_t clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t tap_source_clock_us(const struct tap *t)
{
	return t->has_clock ? status_clock_us() + t->ahead_us : clock_us();
}

static int no_memory(struct tap *t)
{
	msg_no_memory();
	t->code = CODE_OUTSIDE;
	return -1;
}

int tap_reader_gone(struct tap *t)
{
	errno = EPIPE;
	t->code = writer_failed("the stream");
	return -1;
}

int tap_flush(struct tap *t)
{
	int rc;

	if (t->out.b.failed)
		return no_memory(t);
	if (!t->out.b.len)
		return 0;
	tap_show(t); /* it may hold us up */
	status_wait(STATUS_READER);
	rc = writer_flush(&t->out);
	status_run();
	if (rc == 0)
		return 0;
	t->code = writer_failed("the stream");
	return -1;
}

int tap_hello(struct tap *t)
{
	struct rec_hello h = {0};
	struct buf gtid = BUF_INIT;
	int r;

	if (t->said_hello)
		return 0;
	h.version = 1;
	h.by = str_of("binlog-tap " ROWFERRY_VERSION);
	h.flavor = str_of(!t->b.has_format || t->b.format.is_mariadb ? "mariadb" : "mysql");
	if (t->b.has_format) {
		h.server = str_of(t->b.format.server);
		h.server_id = t->b.server_id;
		h.has_server_id = 1;
	}
	if (*t->uuid)
		h.uuid = str_of(t->uuid);
	h.file = str_of(t->b.file);
	h.off = t->b.pos;
	h.has_off = 1;
	if (t->b.gtid) {
		t->b.gtid_is_told = 1;
		gtid_set_print(t->b.gtid, &gtid);
		h.gtid = str_of(buf_str(&gtid));
	}
	h.time_us = tap_source_clock_us(t);
	h.has_time = 1;
	r = write_hello(&t->out.b, &h);
	buf_release(&gtid);
	if (r < 0)
		return no_memory(t);
	t->said_hello = 1;
	msg_info("the stream starts at %s:%llu", t->b.file, (unsigned long long)t->b.pos);
	return 0;
}

int tap_mark(struct tap *t)
{
	struct rec_mark m = {0};
	struct buf gtid = BUF_INIT;
	int64_t now = status_clock_us();
	int r;

	if (t->b.in_group || t->b.is_replay || (t->marked_us && now - t->marked_us < 900000))
		return 0;
	if (tap_hello(t) < 0)
		return -1;
	t->marked_us = now;
	m.time_us = t->done_us = tap_source_clock_us(t);
	t->marks++;
	m.file = str_of(t->b.file);
	m.off = t->b.pos;
	if (t->b.gtid) {
		gtid_set_print(t->b.gtid, &gtid);
		m.gtid = str_of(buf_str(&gtid));
	}
	r = write_mark(&t->out.b, &m);
	buf_release(&gtid);
	return r < 0 ? no_memory(t) : 0;
}

int tap_end(struct tap *t, const char *why)
{
	struct rec_end e = {0};

	if (tap_hello(t) < 0)
		return -1;
	e.file = str_of(t->b.file);
	e.off = t->b.pos;
	e.has_off = 1;
	e.why = str_of(why);
	if (write_end(&t->out.b, &e) < 0)
		return no_memory(t);
	msg_info("the stream ends at %s:%llu (%s), %llu transactions", t->b.file, (unsigned long long)t->b.pos, why,
	    (unsigned long long)t->b.groups);
	return tap_flush(t);
}

int tap_failed(struct tap *t)
{
	switch (t->b.fail) {
	case BINLOG_FAIL_CALL: /* said already */
		break;
	case BINLOG_FAIL_DAMAGED:
		msg_error("the log is damaged: %s", buf_str(&t->b.why));
		t->code = CODE_DAMAGED;
		break;
	case BINLOG_FAIL_REFUSED:
		msg_error("%s", buf_str(&t->b.why));
		if (t->b.hint.len)
			msg_hint("%s", buf_str(&t->b.hint));
		t->code = CODE_USAGE;
		break;
	default:
		(void)no_memory(t);
	}
	return -1;
}

#include <string.h>

#include "code.h"
#include "opt.h"
#include "status.h"
#include "writing.h"

/* The section's HELLO, for a segment that begins where the spool ends. */
static int make_hello(struct write *w, struct buf *out)
{
	struct buf set = BUF_INIT;
	struct rec_hello h;
	struct cur c;
	int rc;

	cur_init(&c, w->hello.p, w->hello.len);
	rc = read_hello(&c, &h);
	h.by = str_of("rowspool " ROWFERRY_VERSION);
	h.file = str_of(w->end.file);
	h.off = w->end.off;
	h.has_off = 1;
	h.gtid = (struct str){NULL, 0};
	if (w->end.gtid) {
		gtid_set_print(w->end.gtid, &set);
		h.gtid = str_of(buf_str(&set));
	}
	h.has_time = status_now.ahead_us != STATUS_NO_CLOCK;
	if (h.has_time)
		h.time_us = status_clock_us() + status_now.ahead_us;
	if (rc == 0)
		rc = set.failed ? -1 : write_hello(out, &h);
	rec_extra_release(&h.extra);
	buf_release(&set);
	return rc;
}

int write_open_segment(struct stream *s)
{
	struct write *w = s->arg;
	struct buf b = BUF_INIT;
	int rc;

	if (w->out.fd >= 0)
		return 0;
	if (!w->same_source) { /* its files are others */
		memcpy(w->end.file, s->file, sizeof w->end.file);
		w->end.off = s->off;
	}
	rc = make_hello(w, &b) < 0 ? stream_no_memory(s) : out_open(&w->out, ++w->last, &b) < 0 ? write_out_failed(s) : 0;
	buf_release(&b);
	return rc;
}

int write_close_segment(struct stream *s)
{
	struct write *w = s->arg;

	if (out_close(&w->out, w->end.file, w->end.off, w->end.gtid) < 0)
		return write_out_failed(s);
	if (retain(&w->retain, &w->sp) < 0) {
		s->code = CODE_OUTSIDE;
		return -1;
	}
	return 0;
}

/* Is the segment large or old enough? */
int write_segment_is_enough(const struct write *w)
{
	if (w->out.size + w->out.b.len >= w->o->segment_bytes)
		return 1;
	/* what is to go when it is old must come to an end before */
	return w->o->keep_us && status_clock_us() - w->out.opened_us > w->o->keep_us / 8;
}

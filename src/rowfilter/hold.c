/*
 * The text of a statement (NOTE) shows the values of its rows, so it goes out
 * only if some of them do, or if it has none. It is held until then, with the
 * frames behind it, so that their order stays.
 */
#include "filter.h"

void hold_add(struct stream *s)
{
	struct filter *f = s->arg;

	(void)buf_add(f->hold.note ? &f->hold.b : &s->out.b, s->frame.raw, s->frame.raw_len);
}

static void release(struct stream *s, size_t from)
{
	struct hold *h = &((struct filter *)s->arg)->hold;

	if (h->b.failed)
		s->out.b.failed = 1;
	else
		(void)buf_add(&s->out.b, h->b.p + from, h->b.len - from);
	buf_reset(&h->b);
	h->note = 0;
	h->lost = 0;
}

void hold_rows_out(struct stream *s)
{
	if (((struct filter *)s->arg)->hold.note)
		release(s, 0);
}

void hold_rows_lost(struct stream *s)
{
	((struct filter *)s->arg)->hold.lost = 1;
}

void hold_end(struct stream *s)
{
	struct hold *h = &((struct filter *)s->arg)->hold;

	if (h->note)
		release(s, h->lost ? h->note : 0);
	h->lost = 0;
}

int on_note(struct stream *s, const struct rec_note *r)
{
	struct hold *h = &((struct filter *)s->arg)->hold;

	(void)r;
	hold_end(s);
	(void)buf_add(&h->b, s->frame.raw, s->frame.raw_len);
	h->note = s->frame.raw_len;
	return STREAM_TOOK;
}

int on_other(struct stream *s)
{
	hold_add(s);
	return STREAM_TOOK;
}

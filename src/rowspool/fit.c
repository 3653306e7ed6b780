#include <string.h>

#include "code.h"
#include "msg.h"
#include "writing.h"

static int refuse(struct stream *s, const char *text)
{
	struct write *w = s->arg;
	struct buf at = BUF_INIT;

	walk_place_print(&w->end, &at);
	msg_error("%s", text);
	msg_hint("start the tap at %s, where the spool ends, or use another folder", buf_str(&at));
	buf_release(&at);
	s->code = CODE_USAGE;
	return -1;
}

void write_forget_skip(struct write *w)
{
	gtid_set_free(w->skip);
	w->skip = NULL;
	w->skip_by_file = 0;
}

static int is_before(const struct write *w, const char *file, uint64_t off)
{
	int comparable = 1, c = log_name_cmp(file, w->skip_place.file, &comparable);

	return comparable && (c < 0 || (c == 0 && off < w->skip_place.off));
}

/* Is the stream's position still before the spool's end? */
int write_is_behind(struct write *w, const struct stream *s)
{
	if (w->skip && (!s->gtid || !gtid_set_covers(s->gtid, w->skip)))
		return 1;
	if (w->skip_by_file && is_before(w, s->file, s->off))
		return 1;
	write_forget_skip(w);
	return 0;
}

int write_has(const struct write *w, const struct stream *s)
{
	if (w->skip && *s->begin_gtid)
		return gtid_set_has(w->skip, s->begin_gtid, strlen(s->begin_gtid)) == 1;
	return w->skip_by_file && is_before(w, s->begin_file, s->begin_off);
}

static int behind(struct stream *s, const struct resume_place *start)
{
	struct walk_place p = {.off = start->off};
	struct write *w = s->arg;
	struct buf text = BUF_INIT;
	int rc;

	if (w->end.gtid)
		p.gtid = (struct gtid_set *)(uintptr_t)start->gtid; /* borrowed */
	memcpy(p.file, s->file, sizeof p.file);
	buf_adds(&text, "the stream starts at ");
	walk_place_print(&p, &text);
	buf_adds(&text, ", behind the spool's end at ");
	walk_place_print(&w->end, &text);
	buf_adds(&text, ": what is between would be lost");
	rc = refuse(s, buf_str(&text));
	buf_release(&text);
	return rc;
}

/* Does the stream fit behind what is there? */
int write_fit(struct stream *s, const struct source_id *id)
{
	struct write *w = s->arg;
	const struct resume_place start = {s->file, s->off, s->gtid}, have = {w->end.file, w->end.off, w->end.gtid};

	if (!source_is_family(id, &w->source))
		return refuse(s, "the stream is of a server of another kind than the spool's");
	switch (resume_compare(&start, &have, w->same_source)) {
	case RESUME_HERE:
		if (w->end.gtid || !s->gtid)
			return 0;
		return walk_place_set(&w->end, s->file, s->off, s->gtid) < 0 ? stream_no_memory(s) : 0;
	case RESUME_BY_GTID:
		w->skip = gtid_set_copy(w->end.gtid);
		return w->skip ? 0 : stream_no_memory(s);
	case RESUME_BY_FILE:
		w->skip_by_file = 1;
		memcpy(w->skip_place.file, w->end.file, sizeof w->end.file);
		w->skip_place.off = w->end.off;
		return 0;
	case RESUME_GAP:
		return behind(s, &start);
	case RESUME_OTHER_SERVER:
		return refuse(
		    s, "the stream is of another server than the spool, and without GTIDs its positions say nothing there");
	case RESUME_NO_GTID:
		return refuse(s, "the spool ends at a GTID set and the stream says no GTID to compare with it");
	case RESUME_OTHER_FILES:
		return refuse(s, "the stream's log files have other names than the spool's");
	case RESUME_OTHER_GTIDS:
		return refuse(s, "the stream's GTIDs are of another kind than the spool's");
	}
	return -1;
}

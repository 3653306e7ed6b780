#include "range.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"

static int take(struct pos *p, int *has, const char *option, const char *value)
{
	const char *why;

	pos_release(p);
	if (pos_parse(p, value, &why) < 0) {
		msg_error("%s: \"%s\": %s", option, value, why);
		return -1;
	}
	*has = 1;
	return 0;
}

int range_start(struct range *r, const char *value)
{
	if (take(&r->start, &r->has_start, "--start-at", value) < 0)
		return -1;
	if (r->start.kind != POS_NOW)
		return 0;
	msg_error("--start-at now: behind the end there is nothing to undo");
	return -1;
}

int range_stop(struct range *r, const char *value)
{
	if (take(&r->stop, &r->has_stop, "--stop-at", value) < 0)
		return -1;
	if (r->stop.kind == POS_NOW) /* the end of the stream is the end */
		r->has_stop = 0;
	return 0;
}

int range_name(struct range *r, const char *value)
{
	struct named *more = realloc(r->named, (r->nnamed + 1) * sizeof *more);

	if (!more) {
		msg_no_memory();
		return -1;
	}
	r->named = more;
	more[r->nnamed++] = (struct named){value, 0};
	return 0;
}

void range_release(struct range *r)
{
	pos_release(&r->start);
	pos_release(&r->stop);
	gtid_set_free(r->seen);
	free(r->named);
}

int range_hello(struct range *r, const struct stream *s)
{
	if (!r->has_stop || r->stop.kind != POS_GTID || (r->seen && !s->gtid))
		return 0;
	gtid_set_free(r->seen);
	r->seen = s->gtid ? gtid_set_copy(s->gtid) : gtid_set_new();
	return r->seen ? 0 : -1;
}

int range_passed(struct range *r, const struct stream *s)
{
	return r->seen && *s->begin_gtid ? gtid_set_add(r->seen, s->begin_gtid, strlen(s->begin_gtid)) : 0;
}

/* Does the transaction begin before the place? -1: the log has other names. */
static int is_before(const struct stream *s, const struct pos *p)
{
	int comparable, c = log_name_cmp(s->begin_file, p->file, &comparable);

	if (!comparable && c)
		return -1;
	return c < 0 || (!c && s->begin_off < p->off);
}

/* Does the transaction begin before the position? 1, 0, -1 with *why. */
static int is_before_pos(const struct stream *s, const struct pos *p, const char **why)
{
	int r = 0;

	switch (p->kind) {
	case POS_FILE:
		*why = "its log has another name than that of the position";
		return is_before(s, p);
	case POS_GTID:
		*why = "it has no GTID of the set's kind";
		return *s->begin_gtid ? gtid_set_has(p->gtid, s->begin_gtid, strlen(s->begin_gtid)) : -1;
	case POS_TIME:
		*why = "the stream does not say when it was committed";
		return s->begin_ts_us ? s->begin_ts_us < p->time_us : -1;
	default:
		return r;
	}
}

static int is_named(struct range *r, const struct stream *s)
{
	char place[LOG_NAME_MAX + 24];
	int found = 0;

	(void)snprintf(place, sizeof place, "%s:%llu", s->begin_file, (unsigned long long)s->begin_off);
	for (size_t i = 0; i < r->nnamed; i++)
		if (!strcmp(r->named[i].text, place) || (*s->begin_gtid && !strcmp(r->named[i].text, s->begin_gtid)))
			found = r->named[i].found = 1;
	return found;
}

static int reaches_stop(struct range *r, const struct stream *s, const char **why)
{
	int before;

	if (!r->has_stop || r->over)
		return r->over;
	if (r->stop.kind == POS_GTID)
		return r->over = gtid_set_covers(r->seen, r->stop.gtid);
	before = is_before_pos(s, &r->stop, why);
	return before < 0 ? -1 : (r->over = !before);
}

int range_has(struct range *r, const struct stream *s, const char **why)
{
	int over = reaches_stop(r, s, why), before;

	if (over)
		return over < 0 ? -1 : 0;
	before = r->has_start ? is_before_pos(s, &r->start, why) : 0;
	if (before)
		return before < 0 ? -1 : 0;
	return r->nnamed ? is_named(r, s) : 1;
}

int range_is_done(const struct range *r)
{
	size_t i = 0;

	while (i < r->nnamed && r->named[i].found)
		i++;
	return r->over || (r->nnamed && i == r->nnamed);
}

int range_check(const struct range *r, const struct stream *s)
{
	for (size_t i = 0; i < r->nnamed; i++)
		if (!r->named[i].found) {
			msg_error("the transaction %s is not in the stream%s", r->named[i].text,
			    r->has_start || r->has_stop ? ", between --start-at and --stop-at" : "");
			msg_hint("rowdump --pretty shows what is: the GTID, or FILE:OFFSET where it begins");
			return -1;
		}
	if (r->has_stop && r->stop.kind == POS_GTID && !r->over && !gtid_set_covers(r->seen, r->stop.gtid)) {
		msg_error(
		    "the stream ends at %s:%llu, before all of --stop-at was executed", s->file, (unsigned long long)s->off);
		return -1;
	}
	return 0;
}

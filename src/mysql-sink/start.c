#include <string.h>

#include "code.h"
#include "copy.h"
#include "msg.h"
#include "sink.h"

static void print_place(const struct place *p, struct buf *out)
{
	if (p->has_gtid && p->gtid.len) {
		buf_adds(out, "gtid:");
		(void)buf_add(out, p->gtid.p, p->gtid.len);
	} else {
		buf_printf(out, "%s:%llu", p->file, (unsigned long long)p->off);
	}
}

static int wrong(struct sink *k, const char *text)
{
	struct buf at = BUF_INIT;

	print_place(&k->x.ckpt->at, &at);
	msg_error("%s", text);
	msg_hint("start the tap at %s", buf_str(&at));
	buf_release(&at);
	k->x.code = CODE_USAGE;
	return -1;
}

static int gap(struct sink *k, const char *start)
{
	struct buf text = BUF_INIT, at = BUF_INIT;
	int rc = 0;

	print_place(&k->x.ckpt->at, &at);
	if (k->o->accept_gap)
		msg_warn("the stream starts at %s, behind the checkpoint of pipeline \"%s\" at %s: rows between are not applied "
			 "(--accept-gap)",
		    start, k->x.ckpt->pipeline, buf_str(&at));
	else {
		buf_printf(&text,
		    "the stream starts at %s, behind the checkpoint of pipeline \"%s\" at %s: rows between would be lost", start,
		    k->x.ckpt->pipeline, buf_str(&at));
		rc = wrong(k, buf_str(&text));
	}
	buf_release(&text);
	buf_release(&at);
	return rc;
}

static void forget_skip(struct sink *k)
{
	gtid_set_free(k->skip_gtid);
	gtid_set_free(k->own_gtid);
	k->skip_gtid = k->own_gtid = NULL;
	k->skip_by_file = 0;
}

static int no_memory(struct sink *k)
{
	msg_no_memory();
	k->x.code = CODE_OUTSIDE;
	return -1;
}

static int start_behind(struct sink *k, const struct stream *s, const struct gtid_set *have)
{
	struct buf start = BUF_INIT;
	int rc;

	if (s->gtid && have) {
		buf_adds(&start, "gtid:");
		gtid_set_print(s->gtid, &start);
	} else {
		buf_printf(&start, "%s:%llu", s->file, (unsigned long long)s->off);
	}
	rc = gap(k, buf_str(&start));
	buf_release(&start);
	return rc;
}

/* What is on the target already is passed over. */
static int start_before(struct sink *k, const struct gtid_set *have, int by_file)
{
	const struct place *at = &k->x.ckpt->at;

	if (by_file) {
		k->skip_by_file = 1;
		memcpy(k->skip_file, at->file, sizeof k->skip_file);
		k->skip_off = at->off;
		return 0;
	}
	k->skip_gtid = gtid_set_copy(have);
	return k->skip_gtid ? 0 : no_memory(k);
}

static int start_at(struct sink *k, struct stream *s, const struct gtid_set *have, int same)
{
	const struct resume_place start = {s->file, s->off, s->gtid};
	const struct resume_place there = {k->x.ckpt->at.file, k->x.ckpt->at.off, have};
	enum resume how = resume_compare(&start, &there, same);

	/* the stream does not say the set, or not yet all of it */
	if (have && (how == RESUME_BY_GTID || (!s->gtid && (how == RESUME_BY_FILE || how == RESUME_HERE))) &&
	    !(k->own_gtid = gtid_set_copy(have)))
		return no_memory(k);
	switch (how) {
	case RESUME_HERE:
		return 0;
	case RESUME_BY_GTID:
	case RESUME_BY_FILE:
		return start_before(k, have, how == RESUME_BY_FILE);
	case RESUME_GAP:
		return start_behind(k, s, have);
	case RESUME_OTHER_SERVER:
		return wrong(
		    k, "the stream is of another server than the checkpoint, and without GTIDs its positions say nothing there");
	case RESUME_NO_GTID: /* only a GTID set was known, and the stream has none */
		return wrong(k, "the checkpoint is a GTID set and the stream says no GTID to compare with it");
	case RESUME_OTHER_FILES:
		return wrong(k, "the stream's log files have other names than the checkpoint's");
	case RESUME_OTHER_GTIDS:
		return wrong(k, "the stream's GTIDs are of another kind than the checkpoint's");
	}
	return -1;
}

int sink_start_copy(struct sink *k, const struct rec_hello *h)
{
	if (copy_is_open(&k->copy) && !copy_is_of(&k->copy, h->copy)) {
		msg_error("a copy of tables into pipeline \"%s\" has not ended, and the stream does not go on with it",
		    k->x.ckpt->pipeline);
		msg_hint("put rowcopy --resume behind the tap, with what --print-position=copy says");
		k->x.code = CODE_USAGE;
		return -1;
	}
	if (!h->copy.p || copy_is_of(&k->copy, h->copy))
		return 0;
	if (k->o->exec.any_order) {
		msg_error("a copy of tables is applied in its order: --commit-order any cannot be");
		k->x.code = CODE_USAGE;
		return -1;
	}
	if (k->has_ckpt && !k->o->exec.dry_run && copy_make(&k->x.link) < 0) {
		k->x.code = link_failed(&k->x.link, "create rowferry.copy", NULL);
		return -1;
	}
	buf_reset(&k->copy);
	return buf_add(&k->copy, h->copy.p, h->copy.n) == 0 ? 0 : (msg_no_memory(), k->x.code = CODE_OUTSIDE, -1);
}

int sink_start(struct sink *k, struct stream *s, const struct rec_hello *h)
{
	const struct place *at = &k->x.ckpt->at;
	struct gtid_set *have = NULL;
	struct source_id id;
	int same, rc;

	source_read(&id, h);
	forget_skip(k);
	k->x.source = id;
	k->same_source = !k->has_ckpt || source_is_same(&id, &k->x.ckpt->source);
	if (!k->has_ckpt) {
		if (k->o->exec.dry_run)
			return 0;
		if (ckpt_create(k->x.ckpt, &k->x.link, &k->place, &id) < 0) {
			if (k->x.link.err_no == 1062) { /* it was made meanwhile */
				(void)exec_moved(&k->x);
				return -1;
			}
			k->x.code = link_failed(&k->x.link, "create the checkpoint rowferry.checkpoint", NULL);
			return -1;
		}
		k->has_ckpt = 1;
		return 0;
	}
	same = source_is_same(&id, &k->x.ckpt->source);
	if (!at->has_gtid && !*at->file)
		return 0;				  /* a checkpoint that knew no position: as none */
	if (!source_is_family(&id, &k->x.ckpt->source)) { /* an empty set fits either */
		msg_error("the stream is of a server of another kind (%s) than the checkpoint of pipeline \"%s\" (%s)", id.flavor,
		    k->x.ckpt->pipeline, k->x.ckpt->source.flavor);
		msg_hint("give the pipeline another name, or start its tap at the server that it had");
		k->x.code = CODE_USAGE;
		return -1;
	}
	if (at->has_gtid && !(have = gtid_set_parse((const char *)at->gtid.p, at->gtid.len))) {
		msg_error("the checkpoint's GTID set is not understood");
		k->x.code = CODE_USAGE;
		return -1;
	}
	rc = start_at(k, s, have, same);
	gtid_set_free(have);
	return rc;
}

/* before the checkpoint, by file and offset */
static int is_before(const struct sink *k, const char *file, uint64_t off)
{
	int comparable = 1, c = log_name_cmp(file, k->skip_file, &comparable);

	return comparable && (c < 0 || (c == 0 && off < k->skip_off));
}

int sink_has(struct sink *k, const struct stream *s)
{
	if (k->skip_gtid && *s->begin_gtid) {
		if (gtid_set_has(k->skip_gtid, s->begin_gtid, strlen(s->begin_gtid)) == 1)
			return 1;
	} else if (k->skip_by_file && is_before(k, s->begin_file, s->begin_off)) {
		return 1;
	}
	k->skips_ahead = ranges_take(&k->ranges, s->begin_file, s->begin_off, s->begin_gtid, k->same_source);
	return k->skips_ahead;
}

int sink_is_behind(struct sink *k, const struct stream *s)
{
	if (k->skip_gtid) {
		if (!s->gtid || !gtid_set_covers(s->gtid, k->skip_gtid))
			return 1;
		forget_skip(k); /* from here on the stream's own set says it all */
		return 0;
	}
	if (k->skip_by_file) {
		if (is_before(k, s->file, s->off))
			return 1;
		k->skip_by_file = 0;
	}
	return 0;
}

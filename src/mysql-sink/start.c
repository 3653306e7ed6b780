#include <stdio.h>
#include <string.h>

#include "code.h"
#include "msg.h"
#include "sink.h"

static void put(char *to, size_t size, struct str s)
{
	size_t n = s.p ? s.n : 0;

	if (n >= size)
		n = size - 1;
	memcpy(to, s.p ? s.p : "", n);
	to[n] = 0;
}

static void read_source(struct source_id *id, const struct rec_hello *h)
{
	memset(id, 0, sizeof *id);
	put(id->flavor, sizeof id->flavor, h->flavor);
	put(id->uuid, sizeof id->uuid, h->uuid);
	put(id->version, sizeof id->version, h->server);
	id->has_server_id = h->has_server_id;
	id->server_id = h->has_server_id ? h->server_id : 0;
}

/* As far as both say who they are. */
static int is_same_source(const struct source_id *a, const struct source_id *b)
{
	if (*a->flavor && *b->flavor && strcmp(a->flavor, b->flavor) != 0)
		return 0;
	if (*a->uuid && *b->uuid)
		return !strcmp(a->uuid, b->uuid);
	return !a->has_server_id || !b->has_server_id || a->server_id == b->server_id;
}

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

static int start_by_gtid(struct sink *k, struct stream *s, struct gtid_set *have)
{
	struct buf start = BUF_INIT;
	int rc;

	if (!gtid_set_covers(have, s->gtid)) {
		buf_adds(&start, "gtid:");
		gtid_set_print(s->gtid, &start);
		rc = gap(k, buf_str(&start));
		buf_release(&start);
		gtid_set_free(have);
		return rc;
	}
	if (gtid_set_covers(s->gtid, have)) { /* the very place */
		gtid_set_free(have);
		return 0;
	}
	k->skip_gtid = have;
	k->own_gtid = gtid_set_copy(have);
	return k->own_gtid ? 0 : (msg_error("out of memory"), k->x.code = CODE_OUTSIDE, -1);
}

static int start_by_file(struct sink *k, struct stream *s, int same)
{
	const struct place *at = &k->x.ckpt->at;
	int comparable = 1, c;
	char start[LOG_NAME_MAX + 24];

	if (!same)
		return wrong(
		    k, "the stream is of another server than the checkpoint, and without GTIDs its positions say nothing there");
	if (!*at->file) /* only a GTID set was known, and the stream has none */
		return wrong(k, "the checkpoint is a GTID set and the stream says no GTID to compare with it");
	if (at->has_gtid) {
		k->own_gtid = gtid_set_parse((const char *)at->gtid.p, at->gtid.len);
		if (!k->own_gtid)
			msg_warn("the checkpoint's GTID set is not understood");
	}
	if (*s->file) {
		c = log_name_cmp(s->file, at->file, &comparable);
		if (!comparable)
			return wrong(k, "the stream's log files have other names than the checkpoint's");
		if (c > 0 || (c == 0 && s->off > at->off)) {
			gtid_set_free(k->own_gtid);
			k->own_gtid = NULL;
			snprintf(start, sizeof start, "%s:%llu", s->file, (unsigned long long)s->off);
			return gap(k, start);
		}
		if (c == 0 && s->off == at->off)
			return 0;
	}
	k->skip_by_file = 1;
	memcpy(k->skip_file, at->file, sizeof k->skip_file);
	k->skip_off = at->off;
	return 0;
}

int sink_start(struct sink *k, struct stream *s, const struct rec_hello *h)
{
	const struct place *at = &k->x.ckpt->at;
	struct source_id id;
	struct gtid_set *have;
	int same;

	read_source(&id, h);
	forget_skip(k);
	k->x.source = id;
	k->same_source = !k->has_ckpt || is_same_source(&id, &k->x.ckpt->source);
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
	same = is_same_source(&id, &k->x.ckpt->source);
	if (!at->has_gtid && !*at->file)
		return 0; /* a checkpoint that knew no position: as none */
	if (!at->has_gtid || !s->gtid)
		return start_by_file(k, s, same);
	have = gtid_set_parse((const char *)at->gtid.p, at->gtid.len);
	if (!have) {
		msg_error("the checkpoint's GTID set is not understood");
		k->x.code = CODE_USAGE;
		return -1;
	}
	if (gtid_set_flavor(have) != GTID_NONE && gtid_set_flavor(s->gtid) != GTID_NONE &&
	    gtid_set_flavor(have) != gtid_set_flavor(s->gtid)) {
		gtid_set_free(have);
		return wrong(k, "the stream's GTIDs are of another kind than the checkpoint's");
	}
	return start_by_gtid(k, s, have);
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

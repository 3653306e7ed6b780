/* The first pass: what is to be undone, and whether it can be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "code.h"
#include "cur.h"
#include "msg.h"
#include "sig.h"
#include "undo.h"

static int refuse(struct stream *s)
{
	s->code = CODE_USAGE;
	return -1;
}

static int refuse_flaw(struct stream *s, const char *flaw)
{
	msg_error("%s", flaw);
	msg_hint("it was written with binlog_row_image=MINIMAL or NOBLOB; leave the table out with rowfilter to undo the rest");
	return refuse(s);
}

static int outside(struct stream *s)
{
	s->code = CODE_OUTSIDE;
	return -1;
}

int undo_vals(struct undo *u, uint32_t ncols)
{
	struct val *p;

	if (ncols <= u->cap_vals)
		return 0;
	p = realloc(u->old, ncols * sizeof *p);
	if (!p)
		return -1;
	u->old = p;
	p = realloc(u->new, ncols * sizeof *p);
	if (!p)
		return -1;
	u->new = p;
	u->cap_vals = ncols;
	return 0;
}

static int add_step(struct stream *s, const struct step *step)
{
	struct undo *u = s->arg;

	return plan_add(&u->plan, step) < 0 ? outside(s) : STREAM_TOOK;
}

static struct step frame_step(const struct stream *s, enum step_kind kind)
{
	return (struct step){.at = s->frame.at, .len = (uint32_t)s->frame.raw_len, .kind = kind};
}

/* Two streams that differ in anything that is undone have two prints. */
static void add_print(struct undo *u, uint64_t v)
{
	u->print = (u->print ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	u->print ^= u->print >> 29;
}

/* ---- sections */

static int differs(const char *a, struct str b)
{
	return a && b.p && (strlen(a) != b.n || memcmp(a, b.p, b.n) != 0);
}

/* The next part of a stream begins behind the end of the last one: what is undone may not fit what is between. */
static void look_for_gap(const struct undo *u, const struct stream *s)
{
	int comparable, c;

	if (!*u->last_file || !*s->file)
		return;
	c = log_name_cmp(s->file, u->last_file, &comparable);
	if ((comparable || !c) && (c ? c > 0 && !(log_name_is_next(u->last_file, s->file) && s->off <= 4) : s->off > u->last_off))
		msg_warn("the stream has a gap: nothing is known of what is between %s:%llu and %s:%llu", u->last_file,
		    (unsigned long long)u->last_off, s->file, (unsigned long long)s->off);
}

static int on_end(struct stream *s, const struct rec_end *r)
{
	struct undo *u = s->arg;

	if (!r->file.p || !r->has_off || !*u->last_file)
		return STREAM_TOOK;
	memcpy(u->last_file, r->file.p, r->file.n); /* read_end has bounded it */
	u->last_file[r->file.n] = 0;
	u->last_off = r->off;
	return STREAM_TOOK;
}

static int on_hello(struct stream *s, const struct rec_hello *r)
{
	struct undo *u = s->arg;

	if (r->pipeline.p) {
		msg_error("the stream is one of rejects: its rows were not applied, so there is nothing to undo");
		return refuse(s);
	}
	if (range_hello(&u->range, s) < 0)
		return stream_no_memory(s);
	look_for_gap(u, s);
	if (u->has_hello) {
		if (differs(u->flavor, r->flavor) || differs(u->uuid, r->uuid) ||
		    (!u->uuid && u->has_server_id && r->has_server_id && u->server_id != r->server_id)) {
			msg_error("the stream has changes of two servers");
			msg_hint("undo those of each on their own");
			return refuse(s);
		}
		return STREAM_TOOK;
	}
	u->has_hello = 1;
	u->flavor = strndup(r->flavor.p, r->flavor.n);
	u->server = r->server.p ? strndup(r->server.p, r->server.n) : NULL;
	u->uuid = r->uuid.p ? strndup(r->uuid.p, r->uuid.n) : NULL;
	u->server_id = r->server_id;
	u->has_server_id = r->has_server_id;
	return u->flavor && (u->server || !r->server.p) && (u->uuid || !r->uuid.p) ? STREAM_TOOK : stream_no_memory(s);
}

static int on_table(struct stream *s, struct table *t)
{
	struct undo *u = s->arg;

	if (u->ndefs == u->cap_defs) {
		uint32_t cap = u->cap_defs ? 2 * u->cap_defs : 64;
		struct def *more = realloc(u->defs, cap * sizeof *more);

		if (!more)
			return stream_no_memory(s);
		u->defs = more;
		u->cap_defs = cap;
	}
	u->defs[u->ndefs] = (struct def){s->frame.at, (uint32_t)s->frame.raw_len};
	t->user = (void *)(uintptr_t)u->ndefs++;
	return undo_vals(u, t->ncols) < 0 ? stream_no_memory(s) : STREAM_TOOK;
}

/* ---- transactions */

/* Whether the stream is whole behind this does not matter: it may be a file that is still written. */
static int stop(struct stream *s)
{
	struct undo *u = s->arg;

	u->enough = 1;
	s->code = CODE_NO; /* not to be seen */
	return -1;
}

/* Streams that were put one after the other may overlap: is the transaction one that was here already? */
static int is_repeated(const struct undo *u, const struct stream *s)
{
	int comparable, c;

	if (!*u->last_file)
		return 0;
	c = log_name_cmp(s->begin_file, u->last_file, &comparable);
	return (comparable || !c) && (c < 0 || (!c && s->begin_off < u->last_off));
}

static int on_begin(struct stream *s, const struct rec_begin *r)
{
	struct undo *u = s->arg;
	const char *why = NULL;

	u->first = u->plan.n;
	u->begin_at = s->frame.at;
	u->begin_len = (uint32_t)s->frame.raw_len;
	u->has_rows = u->has_decided = 0;
	free(u->flaw);
	u->flaw = NULL;
	if (r->copy.p) { /* rows as they stood: nobody changed them there */
		u->repeated = u->wanted = 0;
		return STREAM_TOOK;
	}
	u->repeated = is_repeated(u, s);
	u->twice += (uint64_t)u->repeated;
	u->wanted = u->repeated ? 0 : range_has(&u->range, s, &why);
	if (u->wanted >= 0)
		return u->range.over ? stop(s) : STREAM_TOOK;
	msg_error("cannot tell whether the transaction at %s:%llu is to be undone: %s", s->begin_file,
	    (unsigned long long)s->begin_off, why);
	return refuse(s);
}

/* The rows of this transaction may be undone. Those of an XA transaction are when it is decided. */
static int matters(const struct undo *u, const struct stream *s)
{
	return !u->repeated && (u->wanted || *s->begin_xid);
}

static int ended(struct stream *s)
{
	struct undo *u = s->arg;

	if (u->repeated)
		return STREAM_TOOK;
	memcpy(u->last_file, s->file, sizeof u->last_file);
	u->last_off = s->off;
	if (range_passed(&u->range, s) < 0)
		return stream_broken(s, "the transaction's GTID does not fit the stream's");
	return range_is_done(&u->range) ? stop(s) : STREAM_TOOK;
}

static int on_commit(struct stream *s, const struct rec_commit *r)
{
	struct undo *u = s->arg;
	struct step step = {.at = u->begin_at, .len = u->begin_len, .first = u->first, .kind = STEP_TRX};

	(void)r;
	if (u->wanted && u->flaw)
		return refuse_flaw(s, u->flaw);
	if (!u->wanted || (!u->has_rows && !u->has_decided)) {
		plan_cut(&u->plan, u->first);
	} else {
		u->trx++;
		add_print(u, s->off);
		if (add_step(s, &step) < 0)
			return -1;
	}
	return ended(s);
}

static int on_savepoint(struct stream *s, const struct rec_rollback *r)
{
	struct undo *u = s->arg;
	struct step step = frame_step(s, STEP_SAVEPOINT);

	(void)r;
	return matters(u, s) ? add_step(s, &step) : STREAM_TOOK;
}

/* Is it the frame of a savepoint of this name? -1: failed. */
static int is_savepoint(struct stream *s, const struct step *step, struct str name)
{
	struct undo *u = s->arg;
	struct rec_rollback r;
	const char *why;
	struct frame f;
	struct cur c;
	int same;

	if (spool_frame(&u->in, step->at, step->len, &f, &why) < 0)
		return stream_broken(s, why);
	cur_init(&c, f.body, f.body_len);
	if (read_savepoint(&c, &r) < 0)
		same = stream_damaged(s, &c);
	else
		same = r.to.n == name.n && !strncasecmp(r.to.p, name.p, name.n);
	rec_extra_release(&r.extra);
	return same;
}

static int on_rollback(struct stream *s, const struct rec_rollback *r)
{
	struct undo *u = s->arg;
	uint64_t n = u->plan.n;

	if (!r->to.p) {
		plan_cut(&u->plan, u->first);
		return ended(s);
	}
	if (!matters(u, s))
		return STREAM_TOOK;
	while (n > u->first) {
		struct step step;
		int found = 0;

		if (plan_get(&u->plan, n - 1, &step) < 0)
			return outside(s);
		if (step.kind == STEP_SAVEPOINT && (found = is_savepoint(s, &step, r->to)) < 0)
			return -1;
		if (found) {
			add_print(u, s->frame.at);
			plan_cut(&u->plan, n);
			return STREAM_TOOK;
		}
		n--;
	}
	return stream_broken(s, "a rollback to a savepoint that was not set");
}

/* ---- XA */

static int on_prepare(struct stream *s, const struct rec_prepare *r)
{
	struct undo *u = s->arg;
	struct step step = {.first = u->first, .kind = STEP_PREPARED};
	int rc;

	if (u->has_decided)
		return stream_broken(s, "an XA transaction is decided in one that is prepared");
	if (u->repeated)
		return STREAM_TOOK;
	rc = held_add(&u->held, r->xid.p, r->xid.n, u->first, u->plan.n, u->flaw);
	u->flaw = NULL;
	if (rc < 0)
		return stream_no_memory(s);
	return add_step(s, &step) < 0 ? -1 : ended(s);
}

/* Its rows become visible: they are undone here. */
static int take_held(struct stream *s, const struct held_trx *h)
{
	struct undo *u = s->arg;
	struct step step = {.kind = STEP_DECIDED, .first = h->first, .at = h->end};

	if (h->flaw)
		return refuse_flaw(s, h->flaw);
	if (h->first == h->end)
		return STREAM_TOOK;
	u->has_decided = 1;
	return add_step(s, &step);
}

static int on_decide(struct stream *s, const struct rec_decide *r)
{
	struct undo *u = s->arg;
	struct held_trx *h = held_find(&u->held, r->xid.p, r->xid.n);
	int rc = STREAM_TOOK;

	if (u->repeated)
		return STREAM_TOOK;
	if (!h && r->commit && u->wanted) {
		msg_error("cannot undo the commit of the XA transaction %.*s at %s:%llu: its rows are not in the stream",
		    (int)r->xid.n, r->xid.p, s->begin_file, (unsigned long long)s->begin_off);
		msg_hint("give a stream that begins before it was prepared; --start-at says where to begin with undoing");
		return refuse(s);
	}
	if (!h)
		return STREAM_TOOK;
	if (r->commit && u->wanted)
		rc = take_held(s, h);
	held_drop(&u->held, h);
	return rc;
}

/* ---- what they did */

static int on_ddl(struct stream *s, const struct rec_ddl *r)
{
	struct undo *u = s->arg;
	char name[600] = "";

	if (!u->wanted)
		return STREAM_TOOK;
	if (r->nnames)
		(void)snprintf(name, sizeof name, " of \"%.*s%s%.*s\"", (int)r->names[0].db.n, r->names[0].db.p,
		    r->names[0].name.n ? "." : "", (int)r->names[0].name.n, r->names[0].name.p);
	if (u->skip_ddl) {
		msg_warn("the %.*s%s at %s:%llu stays as it is", (int)r->verb.n, r->verb.p, name, s->begin_file,
		    (unsigned long long)s->begin_off);
		return STREAM_TOOK;
	}
	msg_error("cannot undo a statement that is not rows: %.*s%s at %s:%llu", (int)r->verb.n, r->verb.p, name, s->begin_file,
	    (unsigned long long)s->begin_off);
	msg_hint(
	    "end before it or begin behind it (--start-at, --stop-at), leave its tables out with rowfilter, or let it stay as "
	    "it is (--ddl skip)");
	return refuse(s);
}

/* A row that cannot be undone. Of an XA transaction it is said when that is decided, and only then does it matter. */
static int cannot(struct stream *s, const struct rec_rows *r, const struct table *t, const char *why, int col)
{
	static const char *const names[] = {"insert", "update", "delete"};
	struct undo *u = s->arg;
	struct buf b = BUF_INIT;

	buf_printf(&b, "cannot undo the %s of a row of table \"%s.%s\" at %s:%llu: %s", names[r->op], t->db, t->name,
	    s->begin_file, (unsigned long long)(r->has_off ? r->off : s->begin_off), why);
	if (col >= 0)
		buf_printf(&b, ", in column \"%s\"", t->cols[col].name);
	free(u->flaw);
	u->flaw = strdup(buf_str(&b));
	buf_release(&b);
	if (!u->flaw)
		return stream_no_memory(s);
	return *s->begin_xid ? STREAM_TOOK : refuse_flaw(s, u->flaw);
}

static int look_at_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct undo *u = s->arg;

	for (uint64_t i = 0; i < r->n; i++) {
		const char *why;
		int col = -1;

		if ((r->op != ROW_INSERT && read_image(c, t, u->old) < 0) ||
		    (r->op != ROW_DELETE && read_image(c, t, u->new) < 0))
			return stream_damaged(s, c);
		why =
		    r->replace ? "it took the place of what the log does not have" : row_why_not(t, r->op, u->old, u->new, &col);
		if (!u->flaw && why && cannot(s, r, t, why, col) < 0)
			return -1;
	}
	return STREAM_TOOK;
}

static int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct undo *u = s->arg;
	struct step step = frame_step(s, STEP_ROWS);

	if (!matters(u, s))
		return STREAM_TOOK;
	if (table_is_sequence(t)) {
		u->sequences += r->n;
		return STREAM_TOOK;
	}
	if (look_at_rows(s, r, t, c) < 0)
		return -1;
	step.table = (uint32_t)(uintptr_t)t->user;
	u->has_rows = 1;
	add_print(u, bytes_le(s->frame.body - 8, 8)); /* the frame's own check */
	return add_step(s, &step);
}

static int on_any(struct stream *s)
{
	(void)s;
	return STREAM_TOOK;
}

static const struct stream_calls calls = {.on_hello = on_hello,
    .on_table = on_table,
    .on_begin = on_begin,
    .on_rows = on_rows,
    .on_ddl = on_ddl,
    .on_commit = on_commit,
    .on_end = on_end,
    .on_savepoint = on_savepoint,
    .on_rollback = on_rollback,
    .on_prepare = on_prepare,
    .on_decide = on_decide,
    .on_other = on_any};

int undo_scan(struct undo *u)
{
	struct stream s;
	int code;

	if (stream_init(&s, u->in.fd, -1, &calls, u) < 0)
		return CODE_OUTSIDE;
	code = stream_run(&s);
	if (u->enough)
		code = CODE_OK;
	if (!code && !sig_stop && range_check(&u->range, &s) < 0)
		code = CODE_USAGE;
	stream_release(&s);
	for (size_t i = 0; !code && !u->enough && i < u->held.n; i++)
		msg_warn("the XA transaction %s is prepared but not decided in the stream: there is nothing to undo of it yet",
		    u->held.trx[i].xid);
	return code;
}

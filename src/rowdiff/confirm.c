/*
 * Is a suspect real? While rows are written on the source a row on the target may be older than on the source, and both may
 * change between two looks. So each round reads a row on the source, waits until the target has all that was in the source's
 * log then, reads it on the target, and on the source again. A difference counts when
 *   - nothing at all was written to the source's log since the first of two such rounds; or
 *   - in so many rounds one after the other both rows were as before, and different. Each time that one of them is seen to
 *     change two more rounds are asked for, so that a row which goes to and fro is not taken for one that differs.
 * A row that is never still is the same if the target shows what the source was seen to show.
 * A round in which commits on the source wait for a replica does not count: the target may be ahead of the source.
 * Without a pipeline to wait for, a difference moreover has to last for the window.
 */
#include <stdlib.h>
#include <string.h>

#include <xxh3.h>

#include "code.h"
#include "diff.h"
#include "json.h"
#include "show.h"
#include "sig.h"
#include "status.h"

#define BATCH 200     /* keys of one statement */
#define BATCH_BIG 500 /* hashes of one statement, which reads the whole table */
#define ROUNDS 3
#define PAUSE_US 60000
#define MOVES_MOST 12
#define FEW 16		  /* rows that are looked at often */
#define STATES 256	  /* that are remembered of each */
#define LOOKS_EACH 8	  /* on the source, for one on the target */
#define BEHIND_US 1500000 /* for so long */

struct lookup {
	struct worker *w;
	size_t from, to;
	struct digest *out; /* of each of w->suspects */
	uint32_t nkey, njson;
	int by_row; /* of tables without a key */
	struct buf key, json;
};

static uint64_t hex64(const char *p)
{
	char text[17];

	memcpy(text, p, 16);
	text[16] = 0;
	return strtoull(text, NULL, 16);
}

/* Rows' digests: of the hash alone, or with JSON by its value. */
static void add_row(struct lookup *l, struct digest *d, char **v, const unsigned long *lens)
{
	XXH128_hash_t h;

	d->n++;
	if (!l->njson) {
		d->low += hex64(v[0]);
		d->high += hex64(v[0] + 16);
		return;
	}
	buf_reset(&l->json);
	(void)buf_add(&l->json, v[0], 32);
	for (uint32_t i = 1; i <= l->njson; i++) {
		(void)buf_add8(&l->json, v[i] != NULL);
		if (v[i])
			(void)json_canon(&l->json, v[i], lens[i]);
		(void)buf_add8(&l->json, 0);
	}
	h = XXH3_128bits(l->json.p, l->json.len);
	d->low += h.low64;
	d->high += h.high64;
}

static int on_row(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct lookup *l = arg;
	struct suspect *s;

	buf_reset(&l->key);
	for (uint32_t i = 0; i < l->nkey; i++)
		key_add(&l->key, v[i], v[i] ? lens[i] : 0);
	if (l->key.failed || ncols < l->nkey + 1)
		return 1;
	/* a collation may find more than was asked for */
	s = suspects_find(&l->w->suspects, l->from, l->to, l->key.p, l->key.len);
	if (!s)
		return 0;
	if (l->by_row)
		l->out[s - l->w->suspects.v].n += strtoull(v[1] ? v[1] : "0", NULL, 10);
	else if (v[l->nkey] && lens[l->nkey] == 32)
		add_row(l, &l->out[s - l->w->suspects.v], v + l->nkey, lens + l->nkey);
	return l->json.failed;
}

/* Digests of the suspects [from, to) that are not done yet. */
static int look_at(struct worker *w, int is_target, struct digest *out, size_t from, size_t to)
{
	struct side s = worker_side(w, is_target);
	struct link *link = is_target ? &w->target : &w->source;
	struct lookup l = {.w = w, .out = out, .nkey = sql_nkey(s.p), .by_row = !s.p->nkey};
	size_t at[BATCH_BIG], most = s.p->nkey ? BATCH : BATCH_BIG;
	int code = CODE_OK;

	for (uint32_t i = 0; i < s.p->ncols; i++)
		l.njson += s.p->cols[i].canon == CANON_JSON;
	memset(out + from, 0, (to - from) * sizeof *out);
	for (size_t i = from; i < to && code == CODE_OK;) {
		size_t n = 0;

		l.from = i;
		for (; i < to && n < most; i++)
			if (!w->suspects.v[i].is_done)
				at[n++] = w->suspects.v[i].at;
		l.to = i;
		if (!n)
			break;
		sql_lookup(&w->sql, &s, SQL_DIGEST, 0, &w->suspects.keys, at, n);
		if (w->sql.failed)
			code = no_memory();
		else if (conn_query(link->c, (const char *)w->sql.p, w->sql.len, on_row, &l) < 0)
			code = worker_failed(w, link, "read rows");
	}
	if (l.key.failed || l.json.failed)
		code = no_memory();
	buf_release(&l.key);
	buf_release(&l.json);
	return code;
}

static int look(struct worker *w, int is_target, struct digest *out)
{
	return look_at(w, is_target, out, 0, w->suspects.n);
}

/* ---- rounds */

struct round {
	struct digest *source, *target, *again;
	struct place first, before, behind; /* of the source's log; first: when the streak of quiet began */
	int64_t start_us, until_us;
	int waits; /* there is a pipeline to wait for */
};

/* Until the target has what was in the source's log before `p`; *there 0: the time is over. */
static int catch_up(struct worker *w, const struct round *r, const struct place *p, int *there)
{
	int64_t pause = 1000;
	int code;

	*there = 1;
	if (!r->waits)
		return CODE_OK;
	for (;;) {
		code = place_is_there(p, &w->target, w->d->o.pipeline, there);
		if (code != CODE_OK || *there || sig_stop || now_us() > r->until_us)
			return code;
		wait_us(pause);
		pause = pause < 50000 ? 2 * pause : 50000;
	}
}

static int is_proven(const struct worker *w, const struct round *r, const struct suspect *x, int64_t now)
{
	if (r->waits ? x->is_quiet && x->streak >= 2 : w->d->o.window_s <= 0) /* nothing is written, or so it was said */
		return 1;
	if (x->streak < ROUNDS + 2 * x->moves)
		return 0;
	return r->waits || now - x->first_us >= (int64_t)(w->d->o.window_s * 1e6);
}

/* What a round says of one row. */
static void judge(struct worker *w, const struct round *r, size_t i, int quiet, int holds)
{
	struct suspect *x = &w->suspects.v[i];
	const struct digest *s = &r->source[i], *t = &r->target[i], *again = &r->again[i];
	int64_t now = now_us();

	if (digest_same(again, t) || digest_same(s, t) || (w->pair->keeps_deleted && !again->n)) {
		x->is_done = 1;
		return;
	}
	if (holds) { /* the target may be ahead */
		x->streak = 0;
		return;
	}
	if (!digest_same(s, again)) {
		x->moves += x->moves < MOVES_MOST;
		x->streak = 0;
		return;
	}
	if (x->streak && digest_same(&x->source, s) && digest_same(&x->target, t)) {
		x->streak++;
		x->is_quiet &= (uint8_t)quiet;
	} else {
		x->moves += x->streak && x->moves < MOVES_MOST;
		x->streak = 1;
		x->is_quiet = (uint8_t)quiet;
		x->first_us = now;
		x->source = *s;
		x->target = *t;
	}
	if (is_proven(w, r, x, now)) {
		x->is_done = x->is_real = 1;
		x->first_us = now - x->first_us;
	}
}

static int one_round(struct worker *w, struct round *r, int is_first)
{
	int code = r->waits ? place_of_source(&r->before, &w->source) : CODE_OK, there = 1, quiet, holds = 0;

	if (code == CODE_OK)
		code = look(w, 0, r->source);
	if (code == CODE_OK && r->waits)
		code = place_of_source(&r->behind, &w->source);
	if (code == CODE_OK)
		code = catch_up(w, r, &r->behind, &there);
	if (code == CODE_OK && there)
		code = look(w, 1, r->target);
	if (code == CODE_OK && there)
		code = look(w, 0, r->again);
	if (code == CODE_OK && r->waits)
		code = source_holds_commits(&w->source, &holds);
	if (code == CODE_OK && r->waits)
		code = place_of_source(&r->behind, &w->source);
	if (code != CODE_OK || !there)
		return code;
	/* the first round begins the quiet, a later one goes on with it */
	quiet = r->waits && place_same(&r->before, &r->behind) && (is_first || place_same(&r->first, &r->behind));
	status_moved();
	for (size_t i = 0; i < w->suspects.n; i++)
		if (!w->suspects.v[i].is_done)
			judge(w, r, i, quiet, holds);
	place_release(&r->first);
	r->first = r->behind;
	memset(&r->behind, 0, sizeof r->behind);
	return CODE_OK;
}

/*
 * A row that is written all the time is never the same on both sides at a time. But the target shows what the source showed
 * a moment ago: that is looked for in what is seen of the source meanwhile. Of a few rows at a time, to look often.
 */
struct past {
	struct digest seen[STATES];
	size_t n; /* of them; the oldest goes first */
};

static void remember(struct past *p, const struct digest *d)
{
	if (!p->n || !digest_same(&p->seen[(p->n - 1) % STATES], d))
		p->seen[p->n++ % STATES] = *d;
}

static int was_seen(const struct past *p, const struct digest *d)
{
	for (size_t i = 0; i < p->n && i < STATES; i++)
		if (digest_same(&p->seen[i], d))
			return 1;
	return 0;
}

static int look_behind(struct worker *w, struct round *r, struct past *past, size_t from, size_t to)
{
	int64_t end = now_us() + BEHIND_US;
	size_t left = 1;
	int code = CODE_OK;

	memset(past, 0, (to - from) * sizeof *past);
	for (unsigned n = 1; code == CODE_OK && left && now_us() < end && !sig_stop; n++) {
		code = look_at(w, 0, r->source, from, to);
		for (size_t i = from; i < to; i++)
			remember(&past[i - from], &r->source[i]);
		if (code != CODE_OK || n % LOOKS_EACH)
			continue;
		code = look_at(w, 1, r->target, from, to);
		left = 0;
		for (size_t i = from; i < to && code == CODE_OK; i++) {
			struct suspect *x = &w->suspects.v[i];

			if (!x->is_done && was_seen(&past[i - from], &r->target[i]))
				x->is_done = 1;
			left += !x->is_done && x->moves;
		}
	}
	return code;
}

static int look_behind_all(struct worker *w, struct round *r)
{
	struct past *past = malloc(FEW * sizeof *past);
	int code = past ? CODE_OK : no_memory();

	for (size_t i = 0; i < w->suspects.n && code == CODE_OK; i += FEW) {
		size_t to = i + FEW < w->suspects.n ? i + FEW : w->suspects.n;
		int any = 0;

		for (size_t k = i; k < to; k++)
			any |= !w->suspects.v[k].is_done && w->suspects.v[k].moves > 1;
		if (any)
			code = look_behind(w, r, past, i, to);
	}
	free(past);
	return code;
}

static int any_left(const struct worker *w)
{
	for (size_t i = 0; i < w->suspects.n; i++)
		if (!w->suspects.v[i].is_done)
			return 1;
	return 0;
}

static int64_t pause_us(struct worker *w, const struct round *r)
{
	int64_t step = r->waits ? PAUSE_US : (int64_t)(w->d->o.window_s * 1e6 / (ROUNDS - 1));

	/* never in step with whoever changes rows at an even pace */
	if (step < 1000)
		step = 1000;
	return step + (int64_t)rand_r(&w->seed) % (step / 2 + 1);
}

int confirm_all(struct worker *w)
{
	struct round r = {.start_us = now_us()};
	int code = CODE_OK;

	if (!w->suspects.n)
		return CODE_OK;
	suspects_sort(&w->suspects);
	r.waits = w->d->o.pipeline || w->d->o.replica;
	r.until_us = r.start_us + (int64_t)((w->d->o.settle_s + (r.waits ? 0 : 2 * w->d->o.window_s)) * 1e6);
	r.source = calloc(3 * w->suspects.n, sizeof *r.source);
	if (!r.source)
		return no_memory();
	r.target = r.source + w->suspects.n;
	r.again = r.target + w->suspects.n;
	for (int first = 1; code == CODE_OK && any_left(w) && !sig_stop; first = 0) {
		if (!first) {
			if (now_us() > r.until_us)
				break;
			wait_us(pause_us(w, &r));
		}
		code = one_round(w, &r, first);
		if (code == CODE_OK && w->pair->nkey)
			code = look_behind_all(w, &r);
	}
	if (code == CODE_OK && !sig_stop)
		code = show_suspects(w);
	suspects_clear(&w->suspects);
	free(r.source);
	place_release(&r.first);
	place_release(&r.before);
	place_release(&r.behind);
	return code;
}

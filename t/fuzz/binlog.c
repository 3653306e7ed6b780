/*
 * A server's log -> frames. The input is a log whose first four bytes, which are
 * the same in every log, are choices (bits against those of the magic). Lengths,
 * positions and checksums of events are made right before the decoder sees them,
 * unless a choice says to leave them.
 *
 * Held: the frames are a stream that a reader takes; the same log gives the same
 * frames, whether output is taken away at once or late; and the same
 * transactions when the connection is lost and events come again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binlog/binlog.h"
#include "check.h"
#include "logbits.h"
#include "supply.h"

#define EVENTS_MAX 512

enum choice {
	LIVE = 1,
	NOTES = 2,
	SUPPLY = 4,    /* definitions from elsewhere */
	AS_IS = 8,     /* nothing is made right */
	COMPRESS = 16, /* events are brought into their compressed form */
	LOSE = 32,     /* the connection is lost on the way */
	SOME = 64      /* not all transactions and tables are wanted */
};

struct run {
	struct binlog b;
	struct buf out, all; /* being written; taken away before */
	unsigned choices;
	uint32_t seed;
	int drain;	   /* output is taken away when it is offered */
	struct buf events; /* of the log, sealed, one after the other */
	size_t at[EVENTS_MAX + 1];
	size_t nevents;
};

static int on_group(void *arg, const struct rec_begin *b)
{
	struct run *r = arg;

	return r->choices & SOME && (b->off ^ r->seed) % 4 == 0 ? BINLOG_SKIP : BINLOG_TAKE;
}

static int wants(void *arg, const char *db, size_t ndb, const char *name, size_t nname)
{
	struct run *r = arg;

	(void)db;
	return !(r->choices & SOME) || (ndb + nname + (nname ? (uint8_t)name[nname - 1] : 0) + r->seed) % 4 != 0;
}

static int define(void *arg, const struct tmap *m, struct tmap_col *cols, struct table **t)
{
	struct run *r = arg;

	*t = r->choices & SUPPLY ? supply_table(m, cols, r->seed * 2654435761u + m->ncols) : NULL;
	return 0;
}

static int on_output(void *arg)
{
	struct run *r = arg;

	if (r->drain) {
		(void)buf_add(&r->all, r->out.p, r->out.len);
		buf_reset(&r->out);
	}
	return 0;
}

static const struct binlog_calls calls = {on_group, wants, define, on_output};

static void run_init(struct run *r, const uint8_t *p)
{
	static const uint8_t magic[LOG_MAGIC_LEN] = {0xfe, 'b', 'i', 'n'};

	memset(r, 0, sizeof *r);
	if (binlog_init(&r->b, &calls, r, &r->out) < 0)
		abort();
	r->choices = p[0] ^ magic[0];
	r->seed = (uint32_t)(p[1] ^ magic[1]);
	r->b.is_live = (r->choices & (LIVE | LOSE)) != 0;
	r->b.with_notes = (r->choices & NOTES) != 0;
	binlog_seek(&r->b, "log.000001", LOG_MAGIC_LEN);
}

static void run_release(struct run *r)
{
	binlog_release(&r->b);
	buf_release(&r->out);
	buf_release(&r->all);
	buf_release(&r->events);
}

/* Each event in memory of its own, so that a read beyond it is seen. */
static enum binlog_result take(struct run *r, const uint8_t *p, size_t n)
{
	uint8_t *event = malloc(n);
	enum binlog_result result;

	if (!event)
		abort();
	memcpy(event, p, n);
	result = binlog_event(&r->b, event, n);
	free(event);
	return result;
}

/* Appends the next event as it is to be seen. */
static void prepare(struct run *r, const uint8_t *p, size_t n)
{
	size_t from = r->events.len;
	int has_crc = p[4] == EV_FORMAT || !r->b.has_format || r->b.format.has_crc;

	if (r->choices & AS_IS || !(r->choices & COMPRESS) || log_event_compress(p, n, has_crc, &r->events) < 0)
		(void)buf_add(&r->events, p, n);
	r->at[r->nevents++] = from;
	r->at[r->nevents] = r->events.len;
	if (!(r->choices & AS_IS))
		log_event_seal(r->events.p + from, r->events.len - from, r->b.pos + (r->events.len - from), has_crc);
}

static enum binlog_result run_all(struct run *r, const uint8_t *p, size_t n)
{
	enum binlog_result result = BINLOG_OK;
	size_t at = LOG_MAGIC_LEN, len;

	while (result == BINLOG_OK && at < n && r->nevents < EVENTS_MAX && (len = log_event_len(p + at, n - at))) {
		uint64_t was = r->b.pos, file_is = strlen(r->b.file);

		prepare(r, p + at, len);
		len = r->at[r->nevents] - r->at[r->nevents - 1];
		result = take(r, r->events.p + r->at[r->nevents - 1], len);
		if (result == BINLOG_OK && !r->b.is_live && !r->b.at_end && strlen(r->b.file) == file_is)
			CHECK(r->b.pos == was + len);
		at += log_event_len(p + at, n - at);
	}
	CHECK(result != BINLOG_HALTED);
	CHECK((result == BINLOG_FAILED) == (r->b.fail != BINLOG_FAIL_NONE));
	if (result == BINLOG_FAILED && r->b.fail != BINLOG_FAIL_MEMORY)
		CHECK(r->b.why.len && !r->b.why.failed);
	return result;
}

/* The frames, with what was gathered of a transaction that does not end. */
static uint64_t frames_of(struct run *r)
{
	if (r->b.fail == BINLOG_FAIL_NONE)
		CHECK(binlog_abandon(&r->b) == 0);
	(void)buf_add(&r->all, r->out.p, r->out.len);
	buf_reset(&r->out);
	CHECK(!r->all.failed);
	return check_frames(&r->all);
}

/* The FORMAT event as it is sent again for a start inside the log. */
static enum binlog_result take_format_again(struct run *r, const struct run *first, size_t number)
{
	struct buf e = BUF_INIT;
	enum binlog_result result;

	(void)buf_add(&e, first->events.p + first->at[number], first->at[number + 1] - first->at[number]);
	put_le32(e.p + 13, 0);
	log_event_seal(e.p, e.len, 0, 1);
	result = take(r, e.p, e.len);
	buf_release(&e);
	return result;
}

/* The same events, but the connection is lost before event `lost`. */
static void lose(const struct run *first, const uint8_t *p, size_t lost, enum binlog_result want, uint64_t want_hash)
{
	struct run r;
	size_t i = 0, group = 0, format = EVENTS_MAX;
	enum binlog_result result = BINLOG_OK;

	run_init(&r, p);
	while (i < first->nevents && result == BINLOG_OK) {
		if (i == lost && format != EVENTS_MAX) {
			lost = EVENTS_MAX;
			if (binlog_again(&r.b)) {
				binlog_seek(&r.b, r.b.group_file, r.b.group_pos);
				i = group;
			} else {
				char file[LOG_NAME_MAX];

				memcpy(file, r.b.file, sizeof file);
				binlog_seek(&r.b, file, r.b.pos);
			}
			CHECK(take_format_again(&r, first, format) == BINLOG_OK);
			continue;
		}
		int was_open = r.b.in_group;

		if (first->events.p[first->at[i] + 4] == EV_FORMAT)
			format = i;
		result = take(&r, first->events.p + first->at[i], first->at[i + 1] - first->at[i]);
		if (!was_open && r.b.in_group)
			group = i;
		i++;
	}
	/* a map of an earlier transaction may serve, which no server counts on; a lost connection takes it */
	if (result != BINLOG_FAILED || !strstr(buf_str(&r.b.why), "without a TABLE_MAP")) {
		CHECK(result == want);
		CHECK(frames_of(&r) == want_hash);
	}
	run_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct run a, b;
	enum binlog_result result;
	uint64_t hash;
	size_t lost;

	if (n < LOG_MAGIC_LEN)
		return 0;
	run_init(&a, p);
	result = run_all(&a, p, n);
	lost = p[2] % (a.nevents + 1);
	run_init(&b, p);
	b.drain = 1;
	CHECK(run_all(&b, p, n) == result);
	CHECK(a.b.fail == b.b.fail && a.b.why.len == b.b.why.len);
	hash = frames_of(&a);
	CHECK(frames_of(&b) == hash);
	CHECK(a.all.len == b.all.len && (!a.all.len || !memcmp(a.all.p, b.all.p, a.all.len)));
	if (a.choices & LOSE && !(a.choices & AS_IS))
		lose(&a, p, lost, result, hash);
	run_release(&a);
	run_release(&b);
	return 0;
}

/* ---- changes that know what an event is */

struct edit {
	uint8_t *p;
	size_t n, max;
	size_t at[EVENTS_MAX], nevents;
	uint32_t seed;
};

static size_t event_end(const struct edit *e, size_t i)
{
	return i + 1 < e->nevents ? e->at[i + 1] : e->at[i] + log_event_len(e->p + e->at[i], e->n - e->at[i]);
}

/* Puts n bytes in the place of [from, to). */
static void replace(struct edit *e, size_t from, size_t to, const uint8_t *p, size_t n)
{
	if (e->n - (to - from) + n > e->max)
		return;
	memmove(e->p + from + n, e->p + to, e->n - to);
	memcpy(e->p + from, p, n);
	e->n = e->n - (to - from) + n;
}

/* The body of an event, mutated as bytes; at and end are of the event. head: its bytes that stay. */
static void change_body(struct edit *e, size_t at, size_t end, size_t head, int *length)
{
	uint8_t body[4096];
	size_t n = end - at - head;

	if (end - at < head || n > sizeof body / 2)
		return;
	memcpy(body, e->p + at + head, n);
	n = LLVMFuzzerMutate(body, n, n + 64);
	*length = (int)(head + n);
	replace(e, at + head, end, body, n);
	put_le32(e->p + at + 9, (uint32_t)*length);
}

/* One of the events inside of a payload that is not compressed. */
static void change_inner(struct edit *e, size_t at, size_t end)
{
	uint8_t plain[8192];
	struct edit inner = {.p = plain, .max = sizeof plain, .seed = e->seed};
	struct ev_payload p;
	struct buf out = BUF_INIT;
	struct cur c;
	size_t i;
	int n = 0;

	cur_init(&c, e->p + at, end - at < EVENT_CRC ? 0 : end - at - EVENT_CRC);
	cur_skip(&c, EVENT_HEAD);
	if (read_payload(&c, &p) < 0 || p.is_zstd || p.n + LOG_MAGIC_LEN > sizeof plain / 2 || !p.n)
		return;
	memcpy(plain + LOG_MAGIC_LEN, p.p, p.n);
	inner.n = p.n + LOG_MAGIC_LEN;
	inner.nevents = log_events(plain, inner.n, inner.at, EVENTS_MAX);
	if (!inner.nevents)
		return;
	i = chance(&inner.seed) % inner.nevents;
	change_body(&inner, inner.at[i], event_end(&inner, i), EVENT_HEAD, &n);
	log_payload_plain(e->p + at, plain + LOG_MAGIC_LEN, inner.n - LOG_MAGIC_LEN, &out);
	replace(e, at, end, out.p, out.len);
	buf_release(&out);
}

static void edit_one(struct edit *e)
{
	static const uint8_t types[] = {2, 4, 15, 16, 19, 23, 24, 25, 29, 30, 31, 32, 33, 34, 35, 38, 39, 40, 42, 160, 161, 162,
	    163, 165, 166, 167, 168, 169, 170, 171};
	size_t i = chance(&e->seed) % e->nevents, j = chance(&e->seed) % e->nevents, at = e->at[i], end = event_end(e, i);
	struct buf other = BUF_INIT;
	int length;

	switch (chance(&e->seed) % 12) {
	case 0: /* another one is put before it */
		(void)buf_add(&other, e->p + e->at[j], event_end(e, j) - e->at[j]);
		replace(e, at, at, other.p, other.len);
		break;
	case 1:
		replace(e, at, end, e->p, 0);
		break;
	case 2:
		if (end - at > 4)
			e->p[at + 4] = types[chance(&e->seed) % sizeof types];
		break;
	case 3:
		e->p[chance(&e->seed) % LOG_MAGIC_LEN] ^= (uint8_t)(1 << chance(&e->seed) % 8);
		break;
	case 4:
		if (log_event_open(e->p + at, end - at, 1, 8192, &other) == 0)
			replace(e, at, end, other.p, other.len);
		break;
	case 5:
	case 6:
		if (end - at > EVENT_HEAD && e->p[at + 4] == EV_TRANSACTION_PAYLOAD) {
			change_inner(e, at, end);
			break;
		}
		/* fall through */
	default:
		change_body(e, at, end, chance(&e->seed) % 8 ? EVENT_HEAD : 0, &length);
	}
	buf_release(&other);
}

size_t LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t max, unsigned seed)
{
	struct edit e = {.p = p, .n = n, .max = max, .seed = seed | 1};
	int times = 1 + (int)(chance(&e.seed) % 3);

	if (n < LOG_MAGIC_LEN + EVENT_HEAD || chance(&e.seed) % 8 == 0)
		return LLVMFuzzerMutate(p, n, max);
	while (times--) {
		e.nevents = log_events(p, e.n, e.at, EVENTS_MAX);
		if (e.nevents)
			edit_one(&e);
	}
	return e.n;
}

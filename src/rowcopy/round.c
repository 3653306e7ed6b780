/* Rounds: snapshots, and the rows of a chunk for each at its place in the stream. */
#include <string.h>
#include <time.h>

#include "fdio.h"
#include "live.h"
#include "msg.h"
#include "sig.h"
#include "status.h"

#define FAILURES 20
#define NAP_MS 100 /* after a failure */
#define TIMES_MAX 64
#define ROUND_US 500000 /* the stream stands still for about so long, at most */

static int is_past(const char *file, uint64_t off, const struct place *p)
{
	int comparable, r = log_name_cmp(file, p->file, &comparable);

	return r > 0 || (r == 0 && off >= p->off);
}

int round_is_due(const struct live *l, const char *file, uint64_t off)
{
	return l->in_round && l->turn < l->c->workers && is_past(file, off, &l->at[l->turn]);
}

void round_abandon(struct live *l)
{
	if (!l->in_round)
		return;
	readers_rest(l->c->readers);
	window_forget(l);
	gtid_set_free(l->set);
	l->set = NULL;
	l->in_round = 0;
}

/* The round did not come to its end. 0: another one can do it; -1 */
static int try_again(struct live *l)
{
	struct copy *c = l->c;
	struct timespec t = {0, (long)NAP_MS * 1000000};

	round_abandon(l);
	l->is_listed = 0;
	if (l->part_open && part_rollback(c) < 0)
		return -1;
	l->part_open = 0;
	if (!c->again || ++l->failures > FAILURES) {
		if (!c->code) {
			msg_error("could not copy a chunk: its table is changed over and over");
			c->code = CODE_OUTSIDE;
		}
		return -1;
	}
	c->again = c->code = 0;
	msg_info("the chunk is read once more");
	(void)nanosleep(&t, NULL);
	l->rest_us = 0;
	return 0;
}

static void close_round(struct live *l)
{
	int64_t now = status_clock_us();

	round_abandon(l);
	l->failures = 0;
	l->rounds++;
	/* snapshots, and waiting for their place, are to take no more than a part of the time; what has come meanwhile is let
	 * pass for as long as it stood still */
	if (4 * (l->first_us - l->began_us) > now - l->first_us && now - l->first_us < ROUND_US / 2 && l->times < TIMES_MAX)
		l->times *= 2;
	else if (now - l->first_us > ROUND_US && l->times > 1)
		l->times /= 2;
	l->rest_us = now + (now - l->first_us);
}

static size_t next_in_list(const struct copy *c)
{
	const struct state *st = &c->state;

	return st->at == STATE_START ? 0 : list_after(c, st->db, st->name, st->at == STATE_ROWS || st->at == STATE_AFTER);
}

/* The next table to copy, if there is one. 1, 0 none, -1 */
static int choose(struct live *l, size_t *index)
{
	struct copy *c = l->c;
	struct state *st = &c->state;
	size_t i;

	/* listing them takes the server long: what an old list has wrong fails, and its end is looked at again */
	if ((!l->is_listed || next_in_list(c) >= c->ntables) && list_tables(c) < 0)
		return -1;
	l->is_listed = 1;
	i = next_in_list(c);
	/* one that was dropped meanwhile is not there */
	if (i < c->ntables && st->at == STATE_AFTER && name_cmp(c->tables[i].db, c->tables[i].name, st->db, st->name) != 0)
		st->at = STATE_DONE;
	*index = i;
	return i < c->ntables;
}

static int is_same_table(const struct live *l, const struct ctable *t)
{
	return l->cur && name_cmp(l->cur->def->db, l->cur->def->name, t->db, t->name) == 0;
}

/* The definition of the table of the round, as far as it can be known before the snapshot. */
static int take_table(struct live *l, size_t index)
{
	struct copy *c = l->c;
	const struct ctable *t = &c->tables[index];

	if (is_same_table(l, t)) {
		l->cur->index = index;
		return 0;
	}
	opened_drop(l->cur);
	l->cur = opened_new(c, c->meta, index);
	if (!l->cur)
		return -1;
	if (c->refresh && !l->cur->key) {
		msg_error("cannot write table \"%s.%s\" once more: it has no key that says which row is which", t->db, t->name);
		c->code = CODE_USAGE;
		c->again = 0;
		return -1;
	}
	return 0;
}

/* Of MySQL without a lock, if that is possible: of rows that come from the log only the server can tell which a condition is for.
 */
static int open_snapshots(struct live *l, size_t index)
{
	struct copy *c = l->c;
	struct buf low = BUF_INIT;
	int r = 0, locks = l->locks;

	l->locks = l->too_much = 0;
	if (!c->is_mariadb && l->cur->key && !l->cur->cascades && !locks && !c->where && (l->s.gtid || *l->s.begin_gtid))
		r = snap_open_between(c, l->at, &low);
	if (r > 0 && !(l->low = gtid_set_parse(buf_str(&low), low.len)))
		r = copy_failed(c, "understand the executed set", 0, "it is of another form");
	buf_release(&low);
	return r ? (r < 0 ? -1 : 0) : snap_open_each(c, index, l->at);
}

/*
 * Servers send a transaction before their storage engine has committed it: one may have passed that the snapshot does not
 * have. Then it is too old for its place.
 */
static int is_too_old(const struct live *l)
{
	if (l->low)
		return l->s.gtid ? !gtid_set_covers(l->low, l->s.gtid)
				 : *l->s.begin_gtid && gtid_set_has(l->low, l->s.begin_gtid, strlen(l->s.begin_gtid)) != 1;
	for (unsigned i = 0; *l->last.file && i < l->c->workers; i++)
		if (is_past(l->last.file, l->last.off, &l->at[i]) &&
		    !(l->last.off == l->at[i].off && !strcmp(l->last.file, l->at[i].file)))
			return 1;
	return 0;
}

/* The snapshots, and, if nothing was committed meanwhile, the set that they have. */
static int open_with_set(struct live *l, size_t index)
{
	struct copy *c = l->c;
	struct buf before = BUF_INIT, after = BUF_INIT;
	int r = l->s.gtid ? snap_set(c, &before) : 0;

	gtid_set_free(l->set); /* of a round that did not begin */
	l->set = NULL;
	if (r == 0)
		r = open_snapshots(l, index);
	if (r == 0 && l->s.gtid)
		r = snap_set(c, &after);
	if (r == 0 && after.len && after.len == before.len && !memcmp(after.p, before.p, after.len))
		l->set = gtid_set_parse(buf_str(&after), after.len);
	buf_release(&before);
	buf_release(&after);
	return r;
}

/* 0, or -1; nothing may be in the open. */
static int open_round(struct live *l)
{
	struct copy *c = l->c;
	struct buf none = BUF_INIT;
	size_t index;
	int r, goes_on;

	l->began_us = status_clock_us();
	c->code = c->again = 0; /* of a round that was given up for another reason */
	r = choose(l, &index);
	if (r == 0) {
		if (write_over(c) < 0)
			return -1;
		copy_tell_end(c);
		return 0;
	}
	if (r < 0 || take_table(l, index) < 0)
		return try_again(l);
	if (c->state.at == STATE_AFTER)
		return write_tables_close(c, l->cur);
	goes_on = c->state.at == STATE_ROWS && is_same_table(l, &c->tables[index]) &&
		  name_cmp(c->state.db, c->state.name, l->cur->def->db, l->cur->def->name) == 0;
	if (goes_on && c->state.key.len && c->state.print != l->cur->print) {
		buf_reset(&c->state.key);
		c->state.print = 0;
	}
	l->first_us = status_clock_us();
	if (open_with_set(l, index) < 0 || readers_go(c->readers, index, goes_on ? &c->state.key : &none, 1, l->times) < 0)
		return try_again(l);
	l->in_round = 1;
	r = behind_start(l);
	if (r < 0)
		return try_again(l);
	if (r || is_too_old(l)) {
		struct timespec t = {0, r ? NAP_MS * 1000000L : 1000000L};

		round_abandon(l);
		(void)nanosleep(&t, NULL);
		return 0;
	}
	l->turn = 0;
	l->first_us = 0;
	return 0;
}

static int open_part(struct live *l, const struct piece *p)
{
	if (part_begin(l->c) < 0)
		return -1;
	l->part_open = 1;
	l->part_bytes = 0;
	return part_table(l->c, p->o);
}

/* What went out so far is whole: the rest of a long chunk is a part of its own. */
static int split_part(struct live *l, const struct piece *p)
{
	struct copy *c = l->c;

	buf_reset(&c->state.key);
	if (buf_add(&c->state.key, p->last->p, p->last->len) < 0)
		return copy_no_memory(c);
	l->part_open = 0;
	if (part_commit(c, p->nrows - l->part_rows) < 0)
		return -1;
	l->part_rows = p->nrows;
	return open_part(l, p);
}

static int begin_chunk(struct live *l, const struct piece *p)
{
	struct copy *c = l->c;

	if (p->o->print != l->cur->print) { /* it was changed between our look and the snapshot */
		opened_drop(l->cur);
		l->cur = NULL;
		c->again = 1;
		return -1;
	}
	if (p->is_first && write_tables_open(c, p->o) < 0)
		return -1;
	l->part_rows = 0;
	return open_part(l, p);
}

static int end_chunk(struct live *l, const struct piece *p)
{
	struct copy *c = l->c;
	const struct table *d = p->o->def;

	if (!p->is_last) {
		buf_reset(&c->state.key);
		if (buf_add(&c->state.key, p->hi->p, p->hi->len) < 0)
			return copy_no_memory(c);
	} else if (state_set(&c->state, p->o->after.len && !c->no_ddl && !c->refresh ? STATE_AFTER : STATE_DONE, d->db, d->name) <
		   0) {
		return copy_no_memory(c);
	}
	c->chunks++;
	l->turn++;
	l->part_open = 0;
	if (part_commit(c, l->chunk_rows - l->part_rows) < 0)
		return -1;
	return p->is_last ? write_tables_close(c, p->o) : 0;
}

/* A piece of it; where rows were changed while the snapshot was opened, without these, and at its end with what became of them.
 */
static int put_rows(struct live *l, const struct piece *p)
{
	uint64_t n;

	if (!l->nkept) {
		l->chunk_rows = p->nrows;
		return buf_add(l->c->out, p->rows->p, p->rows->len) < 0 ? copy_no_memory(l->c) : 0;
	}
	if (p->is_begin)
		l->chunk_rows = 0;
	if (window_filter(l, p->o->def, p->rows, l->c->out, &n) < 0)
		return -1;
	l->chunk_rows += n;
	n = 0;
	if (p->is_end && window_put(l, p->o->def, p->hi, &n) < 0)
		return -1;
	l->chunk_rows += n;
	return 0;
}

/* The chunk whose turn it is goes out as a whole. 1; 0 there is none; -1 */
static int put_chunk(struct live *l)
{
	struct copy *c = l->c;
	struct piece p;
	int r;

	memcpy(c->at.file, l->s.file, sizeof c->at.file);
	c->at.off = l->s.off;
	do {
		r = readers_next(c->readers, &p);
		if (r <= 0)
			return r == -2 ? 0 : r; /* told to stop: between two chunks */
		if (p.is_begin && begin_chunk(l, &p) < 0)
			return -1;
		if (put_rows(l, &p) < 0)
			return -1;
		l->part_bytes += p.rows->len;
		copy_is_at(c, p.nrows - l->part_rows);
		if (!p.is_end && p.last->len && !l->nkept && l->part_bytes > PART_BYTES && split_part(l, &p) < 0)
			return -1;
		if (!p.is_end && c->flush(c) < 0)
			return -1;
	} while (!p.is_end);
	return end_chunk(l, &p) < 0 ? -1 : 1;
}

/* All whose place is reached. 1: the round is over or failed; 0: it waits for the stream; -1 */
static int put_chunks(struct live *l, const char *file, uint64_t off)
{
	int r;

	while (l->turn < l->c->workers) {
		if (!is_past(file, off, &l->at[l->turn]) && !(l->set && gtid_set_covers(l->s.gtid, l->set)))
			return 0;
		if (l->too_much) { /* more was changed than can be kept */
			l->locks = 1;
			round_abandon(l);
			return 1;
		}
		if (!l->first_us)
			l->first_us = status_clock_us();
		r = put_chunk(l);
		if (r < 0)
			return l->s.code || sig_stop ? -1 : try_again(l) < 0 ? -1 : 1;
		if (r == 0)
			break;
	}
	close_round(l);
	return 1;
}

int round_step(struct live *l, int more)
{
	struct stream *s = &l->s;
	/* inside of BEGIN what is before the transaction has been passed */
	const char *file = s->in_trx ? s->begin_file : s->file;
	uint64_t off = s->in_trx ? s->begin_off : s->off;

	while (l->c->state.at != STATE_OVER && !sig_stop) {
		int r;

		if (!l->in_round) {
			if (s->in_trx || (more > 0 && status_clock_us() < l->rest_us))
				return 0;
			memcpy(l->c->at.file, s->file, sizeof l->c->at.file);
			l->c->at.off = s->off;
			if (open_round(l) < 0)
				return -1;
			if (!l->in_round)
				continue;
		}
		r = put_chunks(l, file, off);
		if (r <= 0)
			return r;
		if (more != END_OF_STREAM && (more || fd_ready(s->in.fd)))
			return 0;
		if (stream_flush(s) < 0)
			return -1;
	}
	return 0;
}

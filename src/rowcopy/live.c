#include "live.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "sig.h"
#include "status.h"

int live_stop(struct live *l)
{
	if (l->c->code) /* else the stream itself could not be written, and it knows */
		l->s.code = l->c->code;
	return -1;
}

int live_connect(struct live *l)
{
	struct copy *c = l->c;
	struct buf err = BUF_INIT;
	unsigned no = 0;
	int r = 0;

	if (l->ask && conn_queryz(l->ask, "DO 1") == 0)
		return 0;
	conn_close(l->ask);
	l->ask = conn_open(c->conn, CONN_QUERY, 86400, &err, &no);
	if (!l->ask)
		r = copy_failed(c, "connect to the source", no, buf_str(&err));
	else if (conn_queryz(l->ask, "SET NAMES utf8mb4") < 0 || conn_queryz(l->ask, "SET sql_mode='', time_zone='+00:00'") < 0)
		r = copy_conn_failed(c, "prepare a session", l->ask);
	else
		r = self_is_behind(c, l->ask);
	if (r == 0 && !c->is_mariadb && conn_version(l->ask) >= 80030)
		(void)conn_queryz(l->ask, "SET show_gipk_in_create_table_and_information_schema = ON");
	if (r < 0) {
		conn_close(l->ask);
		l->ask = NULL;
	}
	buf_release(&err);
	return r;
}

enum reach live_reach(const struct live *l, const char *db, const char *name)
{
	const struct state *st = &l->c->state;
	int r;

	if (!strcmp(db, "rowferry") || pattern_list_has(&l->c->list, db, strlen(db), name, strlen(name)) != 1)
		return REACH_OUTSIDE;
	if (l->c->refresh || st->at == STATE_OVER)
		return REACH_ALL;
	if (st->at == STATE_START)
		return REACH_NONE;
	r = name_cmp(db, name, st->db, st->name);
	if (r != 0 || st->at != STATE_ROWS)
		return r <= 0 ? REACH_ALL : REACH_NONE;
	return st->key.len ? REACH_PART : REACH_NONE;
}

/* ---- the stream */

static int flush_much(struct copy *c)
{
	return c->out->failed ? copy_no_memory(c) : c->out->len < FDIO_CHUNK ? 0 : stream_flush(c->s);
}

static int on_hello(struct stream *s, const struct rec_hello *r)
{
	struct live *l = s->arg;
	struct copy *c = l->c;
	struct buf state = BUF_INIT;
	struct rec_hello h = *r;
	int rc;

	if (c->state.at == STATE_OVER)
		return STREAM_PASS;
	if (self_wrote(c, r) < 0)
		return live_stop(l);
	c->told_id = 0; /* HELLO forgets definitions */
	state_print(&c->state, c->id, c->part, &state);
	h.copy = str_of(buf_str(&state));
	rc = write_hello(&s->out.b, &h);
	buf_release(&state);
	return rc < 0 ? (copy_no_memory(c), live_stop(l)) : STREAM_TOOK;
}

static int on_begin(struct stream *s, const struct rec_begin *r)
{
	struct live *l = s->arg;

	(void)r;
	window_begin(l, s->begin_gtid);
	l->has_dropped = l->has_reset = 0;
	/* the place may be in a log file that was not begun when the last transaction ended */
	if (round_is_due(l, s->begin_file, s->begin_off) && round_step(l, 1) < 0)
		return live_stop(l);
	return STREAM_PASS;
}

static int on_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	struct live *l = s->arg;

	if (l->c->refresh && window_is_of(l, t))
		window_keep_all(l, r, t, *c);
	return l->c->state.at == STATE_OVER || l->c->refresh ? STREAM_PASS : live_rows(l, r, t, c);
}

static int on_ddl(struct stream *s, const struct rec_ddl *r)
{
	struct live *l = s->arg;

	l->is_listed = 0;
	l->too_much |= l->in_window; /* what was kept of its tables may mean nothing now */
	return l->c->state.at == STATE_OVER || l->c->refresh ? STREAM_PASS : live_ddl(l, r);
}

/* Its rows came when it was prepared, and were not kept. */
static int on_decide(struct stream *s, const struct rec_decide *r)
{
	struct live *l = s->arg;

	(void)r;
	l->too_much |= l->in_window;
	return STREAM_PASS;
}

static int between(struct live *l, int more)
{
	return l->c->state.at == STATE_OVER ? 0 : round_step(l, more);
}

static int on_commit(struct stream *s, const struct rec_commit *r)
{
	struct rec_commit out = *r;
	struct live *l = s->arg;
	struct buf state = BUF_INIT;

	memcpy(l->last.file, s->file, sizeof l->last.file);
	l->last.off = s->off;
	out.rows = s->trx_rows_out;
	if (l->has_reset) {
		state_print(&l->c->state, l->c->id, l->c->part, &state);
		out.copy = str_of(buf_str(&state));
	}
	if (out.rows == r->rows && !l->has_reset)
		(void)buf_add(&s->out.b, s->frame.raw, s->frame.raw_len);
	else
		(void)write_commit(&s->out.b, &out);
	buf_release(&state);
	return between(s->arg, 1) < 0 ? live_stop(s->arg) : STREAM_TOOK;
}

/* What is taken out of it would be in no later snapshot, if it is decided only behind that. */
static int on_prepare(struct stream *s, const struct rec_prepare *r)
{
	struct live *l = s->arg;

	(void)r;
	l->too_much |= l->in_window;
	if (!l->has_dropped)
		return STREAM_PASS;
	msg_error(
	    "cannot copy live: the XA transaction at %s:%llu, which is prepared and not committed yet, has rows of a table that "
	    "is not copied yet",
	    s->begin_file, (unsigned long long)s->begin_off);
	msg_hint("copy without --live, from the beginning, or leave its tables out with --exclude");
	l->c->code = CODE_USAGE;
	return live_stop(l);
}

/* What was kept of it may be undone. */
static int on_rollback(struct stream *s, const struct rec_rollback *r)
{
	struct live *l = s->arg;

	(void)r;
	l->too_much |= l->in_window;
	return STREAM_PASS;
}

static int on_mark(struct stream *s, const struct rec_mark *r)
{
	(void)r;
	(void)buf_add(&s->out.b, s->frame.raw, s->frame.raw_len);
	return between(s->arg, 1) < 0 ? live_stop(s->arg) : STREAM_TOOK;
}

static int on_end(struct stream *s, const struct rec_end *r)
{
	struct live *l = s->arg;
	int failed;

	if (r->file.p && r->has_off && r->file.n < sizeof s->file) { /* nothing is between, but it may be farther */
		memcpy(s->file, r->file.p, r->file.n);
		s->file[r->file.n] = 0;
		s->off = r->off;
	}
	/* a source on which nothing happens is read to the end: its snapshots are of this very place */
	if (!sig_stop && between(l, END_OF_STREAM) < 0)
		return live_stop(l);
	failed = l->in_round && l->c->code; /* a reader has, and the stream did not come to its rows */
	round_abandon(l);
	if (failed)
		return live_stop(l);
	if (l->c->state.at != STATE_OVER && !sig_stop)
		msg_warn("the stream ends before the copy does");
	return STREAM_PASS;
}

static int on_idle(struct stream *s)
{
	struct live *l = s->arg;

	if (s->in_trx || !s->in_section)
		return 0;
	if (between(l, 0) < 0)
		return live_stop(l);
	return stream_flush(s);
}

static const struct stream_calls calls = {
    .on_hello = on_hello,
    .on_begin = on_begin,
    .on_rows = on_rows,
    .on_ddl = on_ddl,
    .on_commit = on_commit,
    .on_prepare = on_prepare,
    .on_decide = on_decide,
    .on_rollback = on_rollback,
    .on_mark = on_mark,
    .on_end = on_end,
    .on_idle = on_idle,
};

/* ---- life */

static int on_cascade(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct live *l = arg;
	struct copy *c = l->c;

	(void)lens;
	if (ncols != 2 || !v[0] || !v[1] || live_reach(l, v[0], v[1]) == REACH_OUTSIDE)
		return 0;
	msg_error(
	    "cannot copy live: a foreign key of table \"%s.%s\" changes rows when others change, which the log does not have",
	    v[0], v[1]);
	msg_hint("copy such tables without --live, from the beginning, or leave them out with --exclude");
	c->code = CODE_USAGE;
	return 1;
}

static int refuse_cascades(struct live *l)
{
	static const char sql[] = "SELECT CONSTRAINT_SCHEMA, TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE"
				  " DELETE_RULE NOT IN ('RESTRICT', 'NO ACTION') OR UPDATE_RULE NOT IN ('RESTRICT', 'NO ACTION')";

	if (conn_query(l->c->meta, sql, sizeof sql - 1, on_cascade, l) < 0)
		return copy_conn_failed(l->c, "look for foreign keys", l->c->meta);
	return l->c->code ? -1 : 0;
}

/* A table that is half copied: its key, and whether it is what it was. */
static int resume_table(struct live *l)
{
	struct copy *c = l->c;
	struct val vals[64];
	size_t i;

	if (list_tables(c) < 0)
		return -1;
	i = list_after(c, c->state.db, c->state.name, 1);
	if (i == c->ntables || name_cmp(c->tables[i].db, c->tables[i].name, c->state.db, c->state.name) != 0) {
		buf_reset(&c->state.key); /* it was dropped since: what the log says of it is not for the target */
		return 0;
	}
	if (!(l->cur = opened_new(c, c->meta, i)))
		return -1;
	if (l->cur->print == c->state.print && l->cur->key && bound_vals(l->cur, &c->state.key, vals) == 0)
		return 0;
	msg_warn("table \"%s.%s\" was changed since its copy began: it is copied from its start", c->state.db, c->state.name);
	buf_reset(&c->state.key);
	c->state.print = 0;
	return 0;
}

static int begin(struct live *l)
{
	struct copy *c = l->c;

	c->state.at = STATE_START;
	if (c->resume && !*c->resume)
		c->state.at = STATE_OVER;
	else if (c->resume && state_parse(&c->state, c->resume, c->id, sizeof c->id, &c->part) < 0) {
		msg_error("--resume: \"%s\" is not what mysql-sink --print-position=copy says", c->resume);
		c->code = CODE_USAGE;
		return -1;
	}
	if (c->state.at == STATE_OVER)
		return 0;
	c->indexes_after |= c->state.at == STATE_AFTER;
	if (!c->refresh && refuse_cascades(l) < 0)
		return -1;
	if (c->state.at == STATE_ROWS && c->state.key.len && resume_table(l) < 0)
		return -1;
	c->readers = readers_new(c);
	return c->readers ? 0 : -1;
}

int copy_live(struct copy *c)
{
	struct live l = {.c = c, .times = 1};
	int code = CODE_OUTSIDE;

	rows_init(&l.w);
	c->began_us = status_clock_us();
	if (stream_init(&l.s, STDIN_FILENO, STDOUT_FILENO, &calls, &l) < 0)
		return code;
	c->s = &l.s;
	c->out = &l.s.out.b;
	c->flush = flush_much;
	code = begin(&l) < 0 ? c->code : stream_run(&l.s);
	msg_info("%llu rows in %llu chunks, %llu rounds", (unsigned long long)c->rows, (unsigned long long)c->chunks,
	    (unsigned long long)l.rounds);
	if (l.window_rows)
		msg_info("%llu rows were changed while snapshots were opened", (unsigned long long)l.window_rows);
	readers_free(c->readers);
	c->readers = NULL;
	window_release(&l);
	gtid_set_free(l.set);
	opened_drop(l.cur);
	conn_close(l.ask);
	rows_release(&l.w);
	buf_release(&l.sql);
	free(l.old);
	free(l.new);
	free(l.behind);
	stream_release(&l.s);
	return code;
}

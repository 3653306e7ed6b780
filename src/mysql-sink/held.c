#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "exec.h"
#include "msg.h"

#define PIECE_BYTES (1u << 20)

void held_init(struct held *h)
{
	memset(h, 0, sizeof *h);
	rows_init(&h->rows);
	reader_init(&h->in, -1);
}

static void forget_tables(struct held *h)
{
	while (h->ntables)
		source_table_drop(h->tables[--h->ntables]);
}

void held_release(struct held *h)
{
	forget_tables(h);
	free(h->tables);
	batch_release(&h->back);
	reader_release(&h->in);
	rows_release(&h->rows);
	buf_release(&h->begin);
	buf_release(&h->piece);
	buf_release(&h->sql);
}

void held_forget(struct held *h)
{
	h->xid[0] = 0;
	h->is_open = 0;
}

/* ---- the table */

static int on_any(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	(void)ncols;
	(void)v;
	(void)lens;
	*(int *)arg = 1;
	return 0;
}

static void put_pipeline(struct exec *x, struct buf *sql)
{
	buf_adds(sql, "pipeline=");
	sql_string(sql, x->ckpt->pipeline, strlen(x->ckpt->pipeline));
}

static enum exec_result make(struct exec *x)
{
	struct held *h = &x->held;

	/* asked for first: whoever may only write rows there can do without the right to create */
	if (link_queryz(&x->link, "DO (SELECT 1 FROM rowferry.prepared LIMIT 0)") < 0) {
		if (!link_lacks_table(&x->link))
			return exec_link_failed(x, "look for rowferry.prepared");
		if (x->o->dry_run) {
			msg_warn("there is no table rowferry.prepared yet: rows of prepared XA transactions are not tried");
			h->missing = 1;
			return EXEC_OK;
		}
		if (link_queryz(&x->link, "CREATE TABLE IF NOT EXISTS rowferry.prepared ("
					  "pipeline VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
					  " xid VARCHAR(280) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,"
					  " part INT UNSIGNED NOT NULL,"
					  " is_last TINYINT NOT NULL,"
					  " body LONGBLOB NOT NULL,"
					  " file VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
					  " off BIGINT UNSIGNED NOT NULL,"
					  " source_time DATETIME(6) NULL,"
					  " updated DATETIME(6) NOT NULL,"
					  " PRIMARY KEY (pipeline, xid, part))"
					  " ENGINE=InnoDB COMMENT='rows of XA transactions that are prepared'") < 0)
			return exec_link_failed(x, "create the table rowferry.prepared");
	}
	buf_reset(&h->sql);
	buf_adds(&h->sql, "SELECT 1 FROM rowferry.prepared WHERE ");
	put_pipeline(x, &h->sql);
	buf_adds(&h->sql, " LIMIT 1");
	return link_rows(&x->link, buf_str(&h->sql), h->sql.len, on_any, &h->has_old) < 0
		   ? exec_link_failed(x, "read rowferry.prepared")
		   : EXEC_OK;
}

int held_make(struct exec *x)
{
	int64_t deadline = exec_now_ms() + x->o->retry_s * 1000ll;
	unsigned wait = 20;

	while (!x->held.is_made) {
		enum exec_result r = x->link.c ? EXEC_OK : exec_reconnect(x, deadline);

		if (r == EXEC_OK)
			r = make(x);
		x->held.is_made = r == EXEC_OK;
		if (r == EXEC_OK)
			break;
		if (r != EXEC_AGAIN)
			return -1;
		if (x->is_open || exec_now_ms() + wait > deadline) {
			msg_error("could not look for the table rowferry.prepared: %s", buf_str(&x->link.err));
			x->code = CODE_OUTSIDE;
			return -1;
		}
		link_close(&x->link);
		(void)exec_wait_ms(wait);
		wait = wait < 2000 ? 2 * wait : 3000;
	}
	return 0;
}

/* ---- in */

/* Behind what is in the packet already; that goes first if both are too large. */
static enum exec_result add_statement(struct exec *x, enum stmt_kind kind, struct buf *sql)
{
	size_t limit = x->link.max_packet / 2 < PIECE_BYTES ? x->link.max_packet / 2 : PIECE_BYTES;
	struct stmt_style style = exec_style(x);
	enum exec_result r = EXEC_OK;

	if (sql->failed)
		return exec_no_memory(x);
	stmt_close(&x->pk[x->cur], &style);
	if (x->pk[x->cur].sql.len && x->pk[x->cur].sql.len + sql->len > limit)
		r = exec_collect(x);
	if (r == EXEC_OK)
		packet_control(&x->pk[x->cur], kind, buf_str(sql));
	return r;
}

static void put_where(struct exec *x, const char *xid, size_t nxid, struct buf *sql)
{
	buf_adds(sql, " FROM rowferry.prepared WHERE ");
	put_pipeline(x, sql);
	buf_adds(sql, " AND xid=");
	sql_string(sql, xid, nxid);
}

static enum exec_result add_part(struct exec *x, const uint8_t *p, size_t n, int is_last)
{
	struct held *h = &x->held;
	struct buf *sql = &h->sql;

	buf_reset(sql);
	buf_adds(sql, "INSERT INTO rowferry.prepared SET ");
	put_pipeline(x, sql);
	buf_adds(sql, ", xid=");
	sql_string(sql, h->xid, strlen(h->xid));
	buf_printf(sql, ", part=%lu, is_last=%d, file=", (unsigned long)h->part, is_last);
	sql_string(sql, h->file.p, h->file.n);
	buf_printf(sql, ", off=%llu, source_time=", (unsigned long long)h->off);
	ckpt_put_time(sql, h->ts_us);
	buf_adds(sql, ", updated=UTC_TIMESTAMP(6), body=_binary");
	sql_string(sql, p, n);
	h->part++;
	return add_statement(x, STMT_STORE, sql);
}

enum exec_result held_flush(struct exec *x)
{
	struct held *h = &x->held;
	size_t max = (x->link.max_packet - 2048) / 2, at = 0; /* every byte may need another one before it */
	enum exec_result r = EXEC_OK;

	if (!h->is_open || h->missing)
		return EXEC_OK;
	if (h->piece.failed)
		return exec_no_memory(x);
	if (max > PIECE_BYTES)
		max = PIECE_BYTES;
	/* a row of a giant size is cut, for the packets that carry it are of a limited one */
	while (at < h->piece.len && r == EXEC_OK) {
		size_t n = h->piece.len - at < max ? h->piece.len - at : max;

		r = add_part(x, h->piece.p + at, n, at + n == h->piece.len);
		at += n;
	}
	h->is_open = 0;
	return r;
}

static void open_piece(struct held *h)
{
	if (h->is_open)
		return;
	buf_reset(&h->piece);
	(void)buf_add(&h->piece, h->begin.p, h->begin.len);
	h->is_open = 1;
	if (!++h->number)
		h->number = 1;
}

enum exec_result held_begin(struct exec *x, const struct item *it)
{
	const uint8_t *p = x->b->bytes.p + it->at;
	struct held *h = &x->held;
	struct rec_begin r;
	struct cur c;

	held_forget(h);
	buf_reset(&h->begin);
	if (buf_add(&h->begin, p, it->len) < 0)
		return exec_no_memory(x);
	cur_init(&c, h->begin.p + it->off, h->begin.len - (size_t)it->off);
	if (read_begin(&c, &r) == 0 && r.xid.p) {
		memcpy(h->xid, r.xid.p, r.xid.n);
		h->xid[r.xid.n] = 0;
		h->file = r.file;
		h->off = r.off;
		h->ts_us = r.ts_us;
	}
	rec_extra_release(&r.extra);
	h->part = 0;
	open_piece(h);
	if (!h->has_old || h->missing)
		return EXEC_OK;
	/* the source lets no two of a name be prepared at a time: what is there now is of no use to anybody */
	buf_reset(&h->sql);
	buf_adds(&h->sql, "DELETE");
	put_where(x, h->xid, strlen(h->xid), &h->sql);
	return add_statement(x, STMT_CONTROL, &h->sql);
}

enum exec_result held_rows(struct exec *x, const struct item *it)
{
	struct held *h = &x->held;
	struct rec_rows head = {
	    .table_id = it->st->def->id, .op = (enum row_op)it->op, .off = it->off, .has_off = 1, .flags = it->flags};

	if (h->missing)
		return EXEC_OK;
	open_piece(h);
	if (it->st->piece != h->number && write_table(&h->piece, it->st->def, NULL) < 0)
		return exec_no_memory(x);
	it->st->piece = h->number;
	rows_open(&h->rows, &head);
	(void)buf_add(&h->rows.rows, x->b->bytes.p + it->at, it->len);
	h->rows.head.n = it->n;
	if (rows_close(&h->rows, &h->piece) < 0)
		return exec_no_memory(x);
	return h->piece.len >= PIECE_BYTES ? held_flush(x) : EXEC_OK;
}

enum exec_result held_end(struct exec *x)
{
	struct held *h = &x->held;
	enum exec_result r;

	if (!h->part) /* also without a row: it must be found */
		open_piece(h);
	r = held_flush(x);
	held_forget(h);
	return r;
}

/* ---- out */

struct part { /* one row of the table */
	struct buf *to;
	unsigned long number;
	int found, is_last;
};

static int on_part(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct part *p = arg;

	if (ncols != 3 || !v[0] || !v[1] || !v[2])
		return 1;
	p->found = 1;
	p->number = strtoul(v[0], NULL, 10);
	p->is_last = v[1][0] != '0';
	return buf_add(p->to, v[2], lens[2]);
}

/* The first part behind `after` is appended to what is read. */
static enum exec_result read_part(struct exec *x, const struct str *xid, long after, int with_body, struct part *p)
{
	struct buf *sql = &x->held.sql;

	p->found = 0;
	buf_reset(sql);
	buf_printf(sql, "SELECT part, is_last, %s", with_body ? "body" : "''");
	put_where(x, xid->p, xid->n, sql);
	buf_printf(sql, " AND part>%ld ORDER BY part LIMIT 1", after);
	if (sql->failed)
		return exec_no_memory(x);
	if (link_rows(&x->link, buf_str(sql), sql->len, on_part, p) < 0)
		return link_lacks_table(&x->link) ? EXEC_OK : exec_link_failed(x, "read a prepared transaction");
	return p->to->failed ? exec_no_memory(x) : EXEC_OK;
}

static enum exec_result drop_part(struct exec *x, const struct str *xid, unsigned long number)
{
	struct buf *sql = &x->held.sql;

	buf_reset(sql);
	buf_adds(sql, "DELETE");
	put_where(x, xid->p, xid->n, sql);
	buf_printf(sql, " AND part=%lu", number);
	return add_statement(x, STMT_STORE, sql);
}

static enum exec_result damaged(struct exec *x, const struct str *xid)
{
	msg_error("the rows of XA transaction %.*s in rowferry.prepared are damaged", (int)xid->n, xid->p);
	return exec_stop(x, CODE_DAMAGED);
}

static int keep_table(struct held *h, const struct policies *policies, struct cur *c)
{
	struct table *t = read_table(c, NULL);
	struct source_table *st = t ? source_table_new(t) : NULL, **more;

	table_free(t);
	if (!st)
		return -1;
	/* where a pattern gives up on the name, what is never wrong */
	if (policies_find(policies, st->def->db, st->def->name, &st->policy) < 0)
		st->policy = POLICY_STOP;
	for (size_t i = 0; i < h->ntables; i++)
		if (h->tables[i]->def->id == st->def->id) {
			source_table_drop(h->tables[i]);
			h->tables[i] = st;
			return 0;
		}
	if (h->ntables == h->cap_tables) {
		size_t cap = h->cap_tables ? 2 * h->cap_tables : 16;

		more = realloc(h->tables, cap * sizeof *more);
		if (!more) {
			source_table_drop(st);
			return -1;
		}
		h->tables = more;
		h->cap_tables = cap;
	}
	h->tables[h->ntables++] = st;
	return 0;
}

static int keep_rows(struct held *h, struct cur *c)
{
	struct source_table *st = NULL;
	const uint8_t *images;
	struct rec_rows r;
	int rc = -1;

	if (read_rows(c, &r) < 0)
		goto out;
	for (size_t i = 0; i < h->ntables && !st; i++)
		if (h->tables[i]->def->id == r.table_id)
			st = h->tables[i];
	images = c->p;
	for (uint64_t i = 0; st && i < r.n; i++)
		if (skip_image(c, st->def) < 0 || (r.op == ROW_UPDATE && skip_image(c, st->def) < 0))
			goto out;
	if (st && r.n <= UINT32_MAX && c->p == c->end)
		rc = batch_rows(&h->back, st, &r, images, (size_t)(c->p - images));
out:
	rec_extra_release(&r.extra);
	return rc;
}

static int keep_begin(struct held *h, struct cur *c)
{
	struct rec_begin r;
	char file[LOG_NAME_MAX];
	int rc = -1;

	if (read_begin(c, &r) == 0) {
		memcpy(file, r.file.p, r.file.n);
		file[r.file.n] = 0;
		rc = batch_begin(&h->back, file);
	}
	rec_extra_release(&r.extra);
	return rc;
}

/* The frames that were read become the items of `back`. 0, or -1: they are not as they were written. */
static int unpack(struct held *h, const struct policies *policies)
{
	struct frame f;
	const char *why;
	struct cur c;
	enum frame_result how;

	while ((how = frame_read(&h->in, &f, &why)) == FRAME_OK) {
		int rc = -1;

		cur_init(&c, f.body, f.body_len);
		if (f.kind == FRAME_BEGIN)
			rc = keep_begin(h, &c);
		else if (f.kind == FRAME_TABLE)
			rc = keep_table(h, policies, &c);
		else if (f.kind == FRAME_ROWS)
			rc = keep_rows(h, &c);
		if (rc < 0)
			return -1;
	}
	return how == FRAME_EOF ? 0 : -1;
}

/* One piece of rows onto their tables. */
static enum exec_result apply_piece(struct exec *x, const struct str *xid, int one_by_one)
{
	struct held *h = &x->held;
	struct batch *outer = x->b;
	enum exec_result r = EXEC_OK;
	char file[LOG_NAME_MAX];
	int rc = unpack(h, &x->o->policies);

	memcpy(file, x->file, sizeof file);
	if (rc < 0)
		r = damaged(x, xid);
	x->b = &h->back;
	memcpy(x->file, h->back.base_file, sizeof x->file);
	for (size_t i = 0; i < h->back.nitems && r == EXEC_OK; i++) {
		r = exec_rows(x, i, one_by_one);
		x->try_rows += h->back.items[i].n;
	}
	/* what was sent refers to this piece */
	if (r == EXEC_OK)
		r = exec_collect(x);
	x->b = outer;
	memcpy(x->file, file, sizeof file);
	batch_drop_all(&h->back);
	forget_tables(h);
	buf_reset(&h->in.b);
	if (h->in.b.cap > 8 * PIECE_BYTES)
		buf_release(&h->in.b);
	h->in.at = 0;
	return r;
}

/* Prepared before the pipeline's start, or lost: only a person can know. */
static enum exec_result unknown(struct exec *x, const struct item *it, const struct str *xid)
{
	const char *done = it->op ? "committed" : "rolled back";

	/* one that is undone leaves nothing, wherever it began */
	if (!it->op || x->o->policies.rest == POLICY_SKIP || x->held.missing) {
		msg_warn("XA transaction %.*s is %s at %s:%llu; its rows are not held here, it was prepared before the "
			 "pipeline's start",
		    (int)xid->n, xid->p, done, x->file, (unsigned long long)it->off);
		return EXEC_OK;
	}
	msg_error(
	    "XA transaction %.*s is %s at %s:%llu, but its rows are not held: it was prepared before pipeline \"%s\" started",
	    (int)xid->n, xid->p, done, x->file, (unsigned long long)it->off, x->ckpt->pipeline);
	msg_hint("start before its XA PREPARE, or copy its tables anew and pass over it with --on-conflict skip");
	return exec_stop(x, CODE_USAGE);
}

enum exec_result held_decide(struct exec *x, const struct item *it, int one_by_one)
{
	struct str xid = str_n(x->b->bytes.p + it->at, it->len);
	struct held *h = &x->held;
	struct part p = {.to = &h->in.b};
	enum exec_result r;
	long after = -1;

	if (h->missing)
		return unknown(x, it, &xid);
	buf_reset(&h->in.b);
	h->in.at = 0;
	for (;;) {
		r = exec_collect(x); /* the connection must be free */
		if (r == EXEC_OK)
			r = read_part(x, &xid, after, it->op, &p);
		if (r != EXEC_OK || !p.found)
			break;
		after = (long)p.number;
		r = drop_part(x, &xid, p.number);
		if (r == EXEC_OK && it->op && p.is_last)
			r = apply_piece(x, &xid, one_by_one);
		if (r != EXEC_OK)
			break;
	}
	if (r == EXEC_OK && after < 0)
		return unknown(x, it, &xid);
	return r == EXEC_OK && it->op && h->in.b.len ? damaged(x, &xid) : r;
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "create.h"
#include "exec.h"
#include "join.h"
#include "msg.h"
#include "row.h"

#define MANY 4			  /* updates from which on one statement for all is cheaper than one for each */
#define PACKET_BYTES (256u << 10) /* a packet is sent when it has passed this, or half of max_allowed_packet */

/* ---- packets */

/* Reads the results of the packet that is at the server. */
static enum exec_result collect_flying(struct exec *x)
{
	enum exec_result result = EXEC_OK;
	struct packet *p;
	int moved = 0;

	if (x->flying < 0)
		return EXEC_OK;
	p = &x->pk[x->flying];
	x->flying = -1;
	for (size_t i = 0; i < p->nstmts; i++) {
		const struct stmt *s = &p->stmts[i];
		uint64_t affected;
		unsigned warnings;

		if (link_result(&x->link, i == 0, &affected, &warnings) < 0) {
			if (p->load.len)
				s->map->loads = 0;
			x->link.fk_off = x->link.uniq_off = x->link.chk_off = -1;
			if (s->kind == STMT_GUARD && !row_error_is_again(x->link.err_no))
				return moved ? exec_moved(x) : EXEC_TROUBLE;
			if (s->kind <= STMT_STORE)
				return exec_link_failed(x, s->kind == STMT_CKPT	    ? "write the checkpoint"
							   : s->kind == STMT_COPY   ? "write rowferry.copy"
							   : s->kind == STMT_STORE  ? "write rowferry.prepared"
							   : s->kind == STMT_COMMIT ? "commit"
										    : "prepare the target's session");
			return row_error_is_again(x->link.err_no) ? EXEC_AGAIN : EXEC_TROUBLE;
		}
		switch (s->kind) {
		case STMT_CKPT:
			moved |= affected != 1;
			break;
		case STMT_PUT:
			if (affected != 2ull * s->nrows) {
				/* none of its rows stays so for nothing again */
				s->map->puts = 0;
				x->no_puts = x->no_puts ? x->no_puts : 1;
				result = EXEC_TROUBLE;
			}
			break;
		case STMT_UPDATE:
		case STMT_DELETE:
			if (affected != s->nrows)
				result = EXEC_TROUBLE;
			break;
		default:
			break;
		}
		/* what they say can be read only behind the last statement: row by row it will be */
		if (warnings && s->map) {
			if (p->load.len) /* what an insert refuses is one of them */
				s->map->loads = 0;
			result = EXEC_TROUBLE;
		}
	}
	return moved ? exec_moved(x) : result;
}

static int send(struct exec *x, struct packet *p)
{
	struct link *l = &x->link;

	if (p->load.len)
		return link_send_load(l, (const char *)p->load.p, p->load.len, p->sql.p, p->sql.len);
	return p->bulk ? link_send_bulk(l, p->sql.p, p->sql.len) : link_send(l, (const char *)p->sql.p, p->sql.len);
}

/* Sends what was made, after the results of what was sent before. */
static enum exec_result ship(struct exec *x)
{
	struct packet *p = &x->pk[x->cur];
	struct stmt_style style = exec_style(x);
	enum exec_result r;

	stmt_close(p, &style);
	if (p->bulk && !p->nrows)
		packet_reset(p); /* its first row was not for it */
	r = collect_flying(x);
	if (r != EXEC_OK || !p->nstmts)
		return r;
	if (p->nomem || p->sql.failed)
		return exec_no_memory(x);
	if (p->sql.len > x->link.max_packet) {
		msg_error("a row needs a statement of %zu bytes, the target's max_allowed_packet is %zu (at %s)", p->sql.len,
		    x->link.max_packet, x->file);
		return exec_stop(x, CODE_USAGE);
	}
	if (send(x, p) < 0)
		return exec_link_failed(x, "send rows to the target");
	x->flying = x->cur;
	x->cur ^= 1;
	packet_reset(&x->pk[x->cur]);
	return EXEC_OK;
}

enum exec_result exec_collect(struct exec *x)
{
	enum exec_result r = ship(x);

	return r == EXEC_OK ? collect_flying(x) : r;
}

/* Throws away what was not sent, and waits for what was. */
void exec_calm(struct exec *x)
{
	/* settings that were not sent, or not answered */
	if (x->flying >= 0 || x->pk[x->cur].nstmts)
		x->link.fk_off = x->link.uniq_off = x->link.chk_off = -1;
	if (x->flying >= 0 && x->link.c)
		(void)collect_flying(x);
	x->flying = -1;
	packet_reset(&x->pk[0]);
	packet_reset(&x->pk[1]);
}

/* ---- definitions */

static int has_charset(void *arg, const char *charset)
{
	struct exec *x = arg;
	struct buf v = BUF_INIT;
	int rc;

	buf_reset(&x->text);
	buf_adds(&x->text, "SELECT 1 FROM information_schema.character_sets WHERE character_set_name=");
	sql_string(&x->text, charset, strlen(charset));
	rc = link_value(&x->link, buf_str(&x->text), &v);
	buf_release(&v);
	return rc == 1;
}

static void forget_map(struct source_table *st)
{
	map_free(st->map);
	st->map = NULL;
}

enum exec_result exec_map(struct exec *x, struct source_table *st, int *fits)
{
	const struct table *d = st->def;
	struct map_options mo = {x->o->allow_triggers, x->target->hides_ties, has_charset, x};
	struct target_table *t = NULL;
	enum target_found f;
	enum exec_result r;

	*fits = 1;
	if (exec_has_map(x, st))
		return EXEC_OK;
	/* asking the server needs the connection to be free, and rows of the old map to be closed */
	r = exec_collect(x);
	if (r != EXEC_OK)
		return r;
	if (st->map)
		forget_map(st);
	target_trim(x->target);
	f = target_find(x->target, &x->link, d->db, d->name, &t);
	if (f == TARGET_NONE && x->o->create_tables && !x->o->dry_run) {
		const struct server_kind from = server_kind_of(!strcmp(x->source.flavor, "mariadb"), x->source.version);
		unsigned no = 0;

		if (create_table(x->link.opts, &from, d, x->target, &t, &x->why, &no) < 0) {
			if (row_error_is_again(no)) {
				x->link.err_no = no;
				buf_reset(&x->link.err);
				buf_adds(&x->link.err, buf_str(&x->why));
				buf_str(&x->link.err);
				return EXEC_AGAIN;
			}
			msg_error("cannot create table \"%s.%s\": %s", d->db, d->name, buf_str(&x->why));
			return exec_stop(x, CODE_USAGE);
		}
		msg_info("created table \"%s.%s\"", d->db, d->name);
		f = TARGET_FOUND;
	}
	if (f == TARGET_FAILED)
		return exec_link_failed(x, "read the target's definitions");
	if (f == TARGET_NONE) {
		buf_reset(&x->why);
		buf_adds(&x->why, "there is no such table on the target");
		*fits = 0;
		return EXEC_OK;
	}
	st->map = map_new(d, t, &mo, &x->why);
	if (!st->map) {
		*fits = 0;
		return EXEC_OK;
	}
	st->map_age = x->target->age;
	st->map_free = map_free;
	return EXEC_OK;
}

/* ---- rows */

int exec_room_for_vals(struct exec *x, uint32_t n)
{
	struct val *v;

	if (n <= x->cap_vals)
		return 0;
	v = realloc(x->old, n * sizeof *v);
	if (!v)
		return -1;
	x->old = v;
	v = realloc(x->new, n * sizeof *v);
	if (!v)
		return -1;
	x->new = v;
	x->cap_vals = n;
	return 0;
}

int exec_read_row(struct exec *x, const struct item *it, struct cur *c)
{
	const struct table *d = it->st->def;

	if (it->op != ROW_INSERT && read_image(c, d, x->old) < 0)
		return -1;
	return it->op != ROW_DELETE ? read_image(c, d, x->new) : 0;
}

enum exec_result exec_damaged(struct exec *x, const struct item *it, const struct cur *c)
{
	msg_error("the stream is damaged: rows of table \"%s.%s\" at %s:%llu: %s", it->st->def->db, it->st->def->name, x->file,
	    (unsigned long long)it->off, c->err ? c->err : "not understood");
	return exec_stop(x, CODE_DAMAGED);
}

void exec_set_checks(struct exec *x, uint8_t flags)
{
	struct {
		int *is, off;
		const char *name;
	} checks[] = {
	    {&x->link.fk_off, (flags & (ROWS_NO_FK | ROWS_FK_DONE)) != 0, "foreign_key_checks"},
	    {&x->link.uniq_off, (flags & ROWS_NO_UNIQUE) != 0, "unique_checks"},
	    {&x->link.chk_off, (flags & ROWS_NO_CHECK) != 0, "check_constraint_checks"},
	};
	struct packet *p = &x->pk[x->cur];
	struct stmt_style style = exec_style(x);
	char sql[64];

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		if (*checks[i].is == checks[i].off || (checks[i].is == &x->link.chk_off && !x->link.is_mariadb))
			continue;
		stmt_close(p, &style);
		snprintf(sql, sizeof sql, "SET %s=%d", checks[i].name, !checks[i].off);
		packet_control(p, STMT_CONTROL, sql);
		*checks[i].is = checks[i].off;
	}
}

static enum lit_result add_row(
    struct exec *x, const struct item *it, struct row_ref ref, const struct stmt_style *style, uint32_t run)
{
	struct packet *p = &x->pk[x->cur];

	switch (it->op) {
	case ROW_INSERT:
		return stmt_insert(
		    p, it->st, it->st->policy == POLICY_OVERWRITE ? STMT_UPSERT : STMT_INSERT, x->new, ref, 0, style);
	case ROW_UPDATE:
		if (run >= MANY && !style->compare && join_takes(it->st, x->old, x->new, style) &&
		    (style->is_mariadb || style->mysql_alias))
			return join_update(p, it->st, x->old, x->new, ref, style);
		return stmt_update(p, it->st, x->old, x->new, ref, 0, style);
	default:
		return stmt_delete(p, it->st, x->old, ref, style);
	}
}

enum exec_result exec_end_run(struct exec *x)
{
	return x->pk[x->cur].bulk ? ship(x) : EXEC_OK;
}

/* The packet takes rows of this table from now on. */
static enum exec_result open_bulk(struct exec *x, struct source_table *st, enum stmt_kind kind, enum bulk_how how)
{
	const struct bulk_stmt *s = how == BULK_LOAD ? NULL : bulk_find(&x->bulk, &x->link, st->map, kind);
	enum exec_result r = s || how == BULK_LOAD ? ship(x) : exec_collect(x);

	if (r != EXEC_OK)
		return r;
	if (how == BULK_LOAD) {
		bulk_open_load(&x->pk[x->cur], st, kind);
		return EXEC_OK;
	}
	if (!s)
		s = bulk_prepare(&x->bulk, &x->link, st->map, kind, &x->text);
	if (!s)
		return exec_link_failed(x, "prepare a statement");
	bulk_open(&x->pk[x->cur], s, st);
	return EXEC_OK;
}

/* The row as one of many that are no text. LIT_NO: it is not for that. */
static enum lit_result put_bulk(struct exec *x, const struct item *it, struct row_ref ref, uint32_t run, enum exec_result *r)
{
	enum stmt_kind kind = it->op == ROW_INSERT ? STMT_INSERT : STMT_PUT;
	const struct packet *p = &x->pk[x->cur];
	enum bulk_how how;

	*r = EXEC_OK;
	if (it->op == ROW_DELETE || run < BULK_ROWS || it->st->policy != POLICY_STOP)
		return LIT_NO;
	if (kind == STMT_PUT && (x->no_puts || x->o->compare_rows || !it->st->map->puts))
		return LIT_NO;
	for (uint32_t i = 0; i < it->st->map->ncols; i++)
		if (x->new[i].kind == VAL_ABSENT && map_col_is_written(&it->st->map->cols[i]))
			return LIT_NO;
	if (!bulk_knows(&x->bulk, &x->link) && (*r = exec_collect(x)) != EXEC_OK)
		return LIT_OK;
	how = bulk_how(&x->bulk, &x->link, it->st->map);
	if (how == BULK_NOT)
		return LIT_NO;
	if (p->bulk != it->st || p->stmts[0].kind != kind)
		*r = open_bulk(x, it->st, kind, how);
	return *r == EXEC_OK ? bulk_insert(&x->pk[x->cur], it->st, x->new, ref) : LIT_OK;
}

enum exec_result exec_put_row(
    struct exec *x, const struct item *it, struct row_ref ref, size_t bytes, int one_by_one, uint32_t run)
{
	size_t limit = x->link.max_packet / 2 < PACKET_BYTES ? x->link.max_packet / 2 : PACKET_BYTES;
	size_t room = 2 * bytes + 65536; /* what its statement can take at most, nearly */
	struct stmt_style style = exec_style(x);
	enum exec_result r;

	if (!one_by_one && !it->st->map->chatty && room < x->link.max_packet) {
		if (x->pk[x->cur].sql.len + room > x->link.max_packet && (r = ship(x)) != EXEC_OK)
			return r;
		if (put_bulk(x, it, ref, run, &r) == LIT_OK)
			return r == EXEC_OK && x->pk[x->cur].sql.len >= limit ? ship(x) : r;
		if ((r = exec_end_run(x)) != EXEC_OK)
			return r;
		if (add_row(x, it, ref, &style, run) == LIT_OK) {
			if (x->express && !x->pk[x->cur].open)
				packet_guard(&x->pk[x->cur]);
			return x->pk[x->cur].sql.len >= limit ? ship(x) : EXEC_OK;
		}
	}
	/* alone: to see what is wrong with it, or since it has to be written in another way */
	r = x->ahead ? exec_turn(x) : EXEC_OK;
	if (r == EXEC_OK)
		r = exec_collect(x);
	x->express = 0; /* its statement is looked at before the next */
	return r == EXEC_OK ? row_apply(x, it, ref) : r;
}

/* For x->why. The first row is named, if that is the end. */
static enum exec_result no_row_fits(struct exec *x, size_t index)
{
	const struct item *it = &x->b->items[index];
	enum exec_result r = EXEC_OK;
	char why[300];
	struct cur c;

	snprintf(why, sizeof why, "%s", buf_str(&x->why));
	cur_init(&c, x->b->bytes.p + it->at, it->len);
	for (uint32_t i = 0; i < it->n && r == EXEC_OK; i++) {
		struct row_ref ref = {index, cur_at(&c)};

		r = exec_read_row(x, it, &c) < 0 ? exec_damaged(x, it, &c) : row_misfit(x, it, ref, why);
	}
	return r;
}

enum exec_result exec_rows(struct exec *x, size_t index, int one_by_one)
{
	const struct item *it = &x->b->items[index];
	enum exec_result r;
	struct cur c;
	int fits;

	if (exec_room_for_vals(x, it->st->def->ncols) < 0)
		return exec_no_memory(x);
	cur_init(&c, x->b->bytes.p + it->at, it->len);
	r = exec_map(x, it->st, &fits);
	if (r != EXEC_OK)
		return r;
	if (!fits)
		return no_row_fits(x, index);
	exec_set_checks(x, it->flags);
	for (uint32_t i = 0; i < it->n; i++) {
		struct row_ref ref = {index, cur_at(&c)};
		struct item here = *it; /* the operation as it is for the target */
		int is_history;

		if (exec_read_row(x, it, &c) < 0)
			return exec_damaged(x, it, &c);
		here.op = (uint8_t)map_op(it->st->map, (enum row_op)it->op, x->old, x->new, &is_history);
		if (is_history)
			continue;
		if (exec_must_wait(x, it->st, (enum row_op)it->op, x->old, x->new) && (r = exec_wait_tied(x)) != EXEC_OK)
			return r;
		r = exec_put_row(x, &here, ref, cur_at(&c) - ref.at, one_by_one, here.op == ROW_INSERT ? it->n : 1);
		if (r != EXEC_OK)
			return r;
	}
	return c.p == c.end ? exec_end_run(x) : exec_damaged(x, it, &c);
}

/* Items [0, n) into the open target transaction. */
enum exec_result exec_items(struct exec *x, size_t n, int one_by_one)
{
	enum exec_result r = EXEC_OK;
	struct stmt_style style = exec_style(x);
	char sp[64];

	fold_reset(&x->fold);
	memcpy(x->file, x->b->base_file, sizeof x->file);
	x->try_skipped = x->try_overwritten = x->try_rows = 0;
	for (size_t i = 0; i < n && r == EXEC_OK; i++) {
		const struct item *it = &x->b->items[i];

		switch (it->kind) {
		case ITEM_FILE:
			r = exec_unfold(x); /* messages about rows name the file */
			memcpy(x->file, x->b->bytes.p + it->at, it->len);
			break;
		case ITEM_ROWS:
			if (!*x->held.xid && it->flags & ROWS_GUARDED) {
				/* each is looked for by itself */
				r = exec_unfold(x);
				r = r == EXEC_OK ? exec_rows(x, i, 1) : r;
				break;
			}
			r = *x->held.xid ? held_rows(x, it) : one_by_one ? exec_rows(x, i, 1) : exec_fold(x, i);
			break;
		case ITEM_SAVEPOINT:
			if (!x->is_open) /* the buffer itself was cut back */
				break;
			if (x->rejects && rejects_savepoint(x->rejects, it->off) < 0) {
				r = exec_stop(x, CODE_OUTSIDE);
				break;
			}
			if ((r = exec_unfold(x)) != EXEC_OK || (*x->held.xid && (r = held_flush(x)) != EXEC_OK))
				break;
			stmt_close(&x->pk[x->cur], &style);
			snprintf(sp, sizeof sp, "SAVEPOINT rowferry_s%llu", (unsigned long long)it->off);
			packet_control(&x->pk[x->cur], STMT_CONTROL, sp);
			break;
		case ITEM_STORE:
			r = exec_unfold(x);
			if (r == EXEC_OK)
				r = held_begin(x, it);
			break;
		case ITEM_STORED:
			r = held_end(x);
			break;
		case ITEM_DECIDE:
			r = exec_unfold(x);
			if (r == EXEC_OK)
				r = held_decide(x, it, one_by_one);
			break;
		case ITEM_TRX:
			if (x->rejects && rejects_begin(x->rejects, x->b->bytes.p + it->at, it->len) < 0)
				r = exec_stop(x, CODE_OUTSIDE);
			break;
		case ITEM_END:
			if (x->rejects && rejects_end(x->rejects, (const char *)x->b->bytes.p + it->at, it->off) < 0)
				r = exec_stop(x, CODE_OUTSIDE);
			break;
		}
	}
	if (r == EXEC_OK)
		r = exec_unfold(x);
	if (r == EXEC_OK && *x->held.xid) /* of a large transaction: more will come */
		r = held_flush(x);
	if (r == EXEC_OK && x->express) {
		stmt_close(&x->pk[x->cur], &style);
		packet_control(&x->pk[x->cur], STMT_COMMIT, "COMMIT");
	}
	return r == EXEC_OK ? exec_collect(x) : r;
}

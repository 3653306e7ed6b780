#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "found.h"
#include "msg.h"
#include "row.h"

static const char *const op_names[] = {"insert", "update", "delete"};

int row_error_is_again(unsigned no)
{
	switch (no) {
	case 1020: /* record has changed since last read */
	case 1205: /* lock wait timeout */
	case 1213: /* deadlock */
	case 1412: /* MySQL: the table was made or changed after the transaction began */
	case 3058: /* user-level lock deadlock */
	case 3572: /* nowait */
		return 1;
	default:
		return conn_error_is_outside(no);
	}
}

static int is_duplicate(unsigned no)
{
	return no == 1062 || no == 1022 || no == 1169 || no == 1586 || no == 1761 || no == 1859;
}

static int is_foreign(unsigned no)
{
	return no == 1216 || no == 1217 || no == 1451 || no == 1452;
}

/* Of this row alone, and the next one may be right: its values do not fit the table's definition. */
static int is_misfit(unsigned no)
{
	static const unsigned list[] = {
	    1048, /* NULL */
	    1264, /* out of range */
	    1265, /* data truncated */
	    1292, /* incorrect value */
	    1300, /* invalid character string */
	    1364, /* no default */
	    1366, /* incorrect value */
	    1369, /* CHECK OPTION of a view */
	    1406, /* too long */
	    1416, /* geometry */
	    1526, /* no partition for it */
	    1644, /* SIGNAL of a trigger */
	    1690, /* out of range */
	    3140, /* invalid JSON */
	    3819, /* MySQL: CHECK constraint */
	    4025, /* MariaDB: constraint */
	};

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (no == list[i])
			return 1;
	return 0;
}

/* "insert of row (id=5) to table "shop.orders" at mysql-bin.000007:51234" */
static void describe(struct exec *x, const struct item *it, struct buf *out)
{
	const struct table *d = it->st->def;

	buf_printf(out, "%s of row (", op_names[it->op]);
	stmt_show_row(out, it->st, it->op == ROW_INSERT ? x->new : x->old);
	buf_printf(out, ") %s table \"%s.%s\" at %s:%llu",
	    it->op == ROW_INSERT   ? "into"
	    : it->op == ROW_UPDATE ? "in"
				   : "from",
	    d->db, d->name, x->file, (unsigned long long)it->off);
}

enum exec_result row_stop(struct exec *x, const struct item *it, const char *why)
{
	struct buf b = BUF_INIT;

	describe(x, it, &b);
	msg_error("cannot apply %s: %s", buf_str(&b), why);
	buf_release(&b);
	x->code = CODE_USAGE;
	return EXEC_STOP;
}

/* ---- left out */

/* The row as it came goes to the file. */
static enum exec_result reject(struct exec *x, struct row_ref ref, const char *why)
{
	const struct item *it = &x->b->items[ref.item];
	const struct table *d = it->st->def;
	const uint8_t *from;
	struct cur c;

	cur_init(&c, x->b->bytes.p + it->at, it->len);
	cur_skip(&c, ref.at);
	from = c.p;
	if (skip_image(&c, d) < 0 || (it->op == ROW_UPDATE && skip_image(&c, d) < 0))
		return exec_damaged(x, it, &c);
	return rejects_row(x->rejects, x->ckpt, &x->source, it, from, (size_t)(c.p - from), why) < 0 ? exec_stop(x, CODE_OUTSIDE)
												     : EXEC_OK;
}

/* text: the row and all that is said of it. */
static enum exec_result skip(struct exec *x, struct row_ref ref, const char *why, const char *text)
{
	uint64_t max = x->o->max_rejects;

	if (max && x->n.skipped + x->try_skipped >= max) {
		msg_error("more than %llu rows do not fit (--max-rejects): %s", (unsigned long long)max, text);
		return exec_stop(x, CODE_USAGE);
	}
	msg_warn("skipped %s", text);
	x->try_skipped++;
	return x->rejects ? reject(x, ref, why) : EXEC_OK;
}

/* Where rows that do not fit have a place to go to they may be left out. */
static int may_leave_out(const struct exec *x, const struct item *it)
{
	return it->st->policy == POLICY_SKIP && x->o->rejects;
}

enum exec_result row_misfit(struct exec *x, const struct item *it, struct row_ref ref, const char *why)
{
	struct buf b = BUF_INIT;
	enum exec_result r;

	if (!may_leave_out(x, it))
		return row_stop(x, it, why);
	describe(x, it, &b);
	buf_printf(&b, ": %s", why);
	x->express = 0; /* no COMMIT before the file has it */
	r = skip(x, ref, why, buf_str(&b));
	buf_release(&b);
	return r;
}

/* ---- warnings */

struct warnings {
	struct exec *x;
	const struct item *it;
	int lax, changed;
	struct buf *why;
};

/* "Data truncated for column 'e' at row 1" about an enum whose error value is what the source has */
static int is_wanted(const struct warnings *w, unsigned no, const char *text)
{
	const struct table *d;

	if (!w->lax || no != 1265 || !w->it)
		return 0;
	d = w->it->st->def;
	for (uint32_t i = 0; i < d->ncols; i++) {
		const char *at = strchr(text, '\'');
		size_t n = strlen(d->cols[i].name);

		if (d->cols[i].type == COL_ENUM && w->x->new[i].kind == VAL_UINT && w->x->new[i].u == 0 && at &&
		    !strncasecmp(at + 1, d->cols[i].name, n) && at[1 + n] == '\'')
			return 1;
	}
	return 0;
}

static int on_warning(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct warnings *w = arg;
	unsigned no = ncols == 3 && v[1] ? (unsigned)strtoul(v[1], NULL, 10) : 0;

	(void)lens;
	if (ncols != 3 || !v[2])
		return 0;
	switch (no) {
	case 1287: /* deprecated syntax */
	case 1592: /* unsafe in statement format */
	case 1681:
	case 1196:
	case 3719: /* utf8 is an alias */
	case 3778:
		return 0;
	case 1300: /* invalid character string: MySQL's about codes of cp1250 and others that are no characters, and keeps them */
		if (!w->x->link.is_mariadb)
			return 0;
		break;
	case 1261:
	case 1262:
	case 1263:
	case 1264: /* out of range */
	case 1265: /* data truncated */
	case 1292: /* truncated incorrect value */
	case 1364: /* no default */
	case 1365:
	case 1366: /* incorrect value */
	case 1406: /* too long */
	case 1411:
	case 1441:
	case 1690:
	case 1048:
		break;
	default:
		msg_warn("the target says of rows of table \"%s\": %s", w->it ? w->it->st->def->name : "?", v[2]);
		return 0;
	}
	if (is_wanted(w, no, v[2]))
		return 0;
	if (!w->changed++) {
		buf_reset(w->why);
		buf_adds(w->why, v[2]);
		buf_str(w->why);
	}
	return 0;
}

int row_warnings(struct exec *x, const struct item *it, int lax, struct buf *why)
{
	struct warnings w = {x, it, lax, 0, why};

	if (link_rows(&x->link, "SHOW WARNINGS", 13, on_warning, &w) < 0)
		return -1;
	return w.changed != 0;
}

/* ---- one statement, alone */

struct outcome {
	enum exec_result result; /* OK, AGAIN, STOP; TROUBLE: no holds the error, text is in the link's err */
	uint64_t found;
	unsigned no;
};

/* A row that was not written into a statement at all: the reason is in the packet. */
static struct outcome refused(struct exec *x, const struct item *it, struct row_ref ref, struct packet *p)
{
	char why[400];

	snprintf(why, sizeof why, "column \"%s\": %s", it->st->def->cols[p->why_col].name, p->why);
	packet_reset(p);
	return (struct outcome){row_misfit(x, it, ref, why), 1, 0};
}

/* The row was written as another one: where it may be left out it goes again. 0 and *r, or -1: failed. */
static int take_back(struct exec *x, const struct item *it, struct row_ref ref, enum exec_result *r)
{
	char why[400];

	snprintf(why, sizeof why, "%s", buf_str(&x->why));
	if (may_leave_out(x, it) && link_queryz(&x->link, "ROLLBACK TO SAVEPOINT rowferry_row") < 0)
		return -1;
	*r = row_misfit(x, it, ref, why);
	return 0;
}

static struct outcome send_alone(struct exec *x, const struct item *it, struct row_ref ref, int lax)
{
	struct packet *p = &x->pk[x->cur];
	struct stmt_style style = exec_style(x);
	struct outcome o = {EXEC_OK, 0, 0};
	unsigned warnings = 0;

	stmt_close(p, &style);
	if (!p->nstmts) { /* an update of nothing */
		o.found = 1;
		return o;
	}
	if (p->nomem || p->sql.failed) {
		msg_no_memory();
		x->code = CODE_OUTSIDE;
		o.result = EXEC_STOP;
		return o;
	}
	if (p->sql.len > x->link.max_packet) {
		char why[120];

		snprintf(why, sizeof why, "it needs a statement of %zu bytes, the target's max_allowed_packet is %zu", p->sql.len,
		    x->link.max_packet);
		packet_reset(p);
		o.result = row_misfit(x, it, ref, why);
		o.found = 1;
		return o;
	}
	if (may_leave_out(x, it) && link_queryz(&x->link, "SAVEPOINT rowferry_row") < 0)
		goto failed;
	if (lax && link_queryz(&x->link, "SET SESSION sql_mode='" SQL_MODE_LAX "'") < 0)
		goto failed;
	if (link_send(&x->link, (const char *)p->sql.p, p->sql.len) < 0 || link_result(&x->link, 1, &o.found, &warnings) < 0)
		goto failed;
	packet_reset(p);
	if (warnings) {
		int rc = row_warnings(x, it, lax, &x->why);

		if (rc < 0 || (rc > 0 && take_back(x, it, ref, &o.result) < 0))
			goto failed;
		if (rc > 0)
			o.found = 1; /* what is to be said is said */
		else if (!lax)
			it->st->map->chatty = 1;
	}
	if (lax && link_queryz(&x->link, "SET SESSION sql_mode='" SQL_MODE_STRICT "'") < 0)
		goto failed;
	return o;
failed:
	packet_reset(p);
	o.no = x->link.err_no;
	o.result = row_error_is_again(o.no) ? EXEC_AGAIN : EXEC_TROUBLE;
	if (lax && o.result == EXEC_TROUBLE) {
		struct buf err = BUF_INIT;

		/* the session goes on in strict mode; the message is of the row */
		(void)buf_add(&err, x->link.err.p, x->link.err.len);
		if (link_queryz(&x->link, "SET SESSION sql_mode='" SQL_MODE_STRICT "'") < 0)
			o.result = EXEC_AGAIN;
		buf_reset(&x->link.err);
		(void)buf_add(&x->link.err, err.p, err.len);
		buf_str(&x->link.err);
		buf_release(&err);
	}
	return o;
}

static struct outcome insert(struct exec *x, const struct item *it, struct row_ref ref, enum stmt_kind kind)
{
	struct packet *p = &x->pk[x->cur];
	struct stmt_style style = exec_style(x);
	enum lit_result r = stmt_insert(p, it->st, kind, x->new, ref, 0, &style);

	if (r == LIT_LAX)
		r = stmt_insert(p, it->st, kind, x->new, ref, 1, &style), r = r == LIT_OK ? LIT_LAX : r;
	return r == LIT_NO ? refused(x, it, ref, p) : send_alone(x, it, ref, r == LIT_LAX);
}

/* Is the row one that is as its old image says? */
static int is_compared(const struct exec *x, const struct item *it)
{
	return x->o->compare_rows || it->flags & ROWS_GUARDED;
}

/* compare: as options and rows say; 0: by its key, whatever else it has */
static struct outcome update(struct exec *x, const struct item *it, struct row_ref ref, int compare)
{
	struct packet *p = &x->pk[x->cur];
	struct stmt_style style = exec_style(x);
	enum lit_result r;

	style.compare = compare && is_compared(x, it);
	r = stmt_update(p, it->st, x->old, x->new, ref, 0, &style);
	if (r == LIT_LAX)
		r = stmt_update(p, it->st, x->old, x->new, ref, 1, &style), r = r == LIT_OK ? LIT_LAX : r;
	return r == LIT_NO ? refused(x, it, ref, p) : send_alone(x, it, ref, r == LIT_LAX);
}

static struct outcome delete (struct exec *x, const struct item *it, struct row_ref ref, int compare)
{
	struct packet *p = &x->pk[x->cur];
	struct stmt_style style = exec_style(x);

	style.compare = compare && is_compared(x, it);
	return stmt_delete(p, it->st, x->old, ref, &style) == LIT_NO ? refused(x, it, ref, p) : send_alone(x, it, ref, 0);
}

/* ---- conflicts */

enum conflict { IS_THERE, IS_NOT_THERE, IS_ANOTHER, IS_REFUSED };

/* What the row is, what was expected, and what is there. */
static void put_conflict(struct exec *x, const struct item *it, enum conflict what, const char *why, struct buf *out)
{
	size_t len;

	describe(x, it, out);
	buf_printf(out, ": %s", why);
	if (it->op != ROW_INSERT) {
		buf_adds(out, "; expected: (");
		found_show_image(out, it->st, x->old);
		buf_adds(out, ")");
	}
	if (what != IS_NOT_THERE && it->op != ROW_DELETE) {
		buf_adds(out, it->op == ROW_INSERT ? "; to insert: (" : "; to become: (");
		found_show_image(out, it->st, x->new);
		buf_adds(out, ")");
	}
	if (what == IS_NOT_THERE)
		buf_adds(out, "; found: none");
	if (what != IS_THERE && what != IS_ANOTHER)
		return;
	len = out->len;
	buf_adds(out, "; found: (");
	if (what == IS_THERE ? found_collision(x, it, why, out) : found_other(x, it, out))
		buf_adds(out, ")");
	else
		out->len = len;
}

/* The policy is to stop, or to skip. */
static enum exec_result conflict(struct exec *x, const struct item *it, struct row_ref ref, enum conflict what, const char *why)
{
	struct buf b = BUF_INIT;
	enum exec_result r;

	put_conflict(x, it, what, why, &b);
	if (it->st->policy == POLICY_SKIP) {
		r = skip(x, ref, why, buf_str(&b));
	} else {
		msg_error("cannot apply %s", buf_str(&b));
		msg_hint("mend the row on the target and start again, or let --on-conflict say what is done with such rows");
		r = exec_stop(x, CODE_USAGE);
	}
	buf_release(&b);
	return r;
}

/* What an update did not say of the row is as it was. */
static void fill_new(struct exec *x, const struct table *d)
{
	for (uint32_t i = 0; i < d->ncols; i++)
		if (x->new[i].kind == VAL_ABSENT)
			x->new[i] = x->old[i];
}

static enum exec_result overwrite(struct exec *x, const struct item *it, struct row_ref ref)
{
	struct outcome o;

	if (it->op == ROW_UPDATE) {
		fill_new(x, it->st->def);
		o = insert(x, it, ref, STMT_UPSERT);
	} else {
		o = (struct outcome){EXEC_TROUBLE, 0, 1062};
	}
	/* rows that stand in the way by other keys go */
	if (o.result == EXEC_TROUBLE && is_duplicate(o.no))
		o = insert(x, it, ref, STMT_REPLACE);
	if (o.result == EXEC_TROUBLE)
		return row_stop(x, it, buf_str(&x->link.err));
	if (o.result == EXEC_OK)
		x->try_overwritten++;
	return o.result;
}

/* An update whose new values belong to another row of the target: the old row goes, the new one takes the other's place. */
static enum exec_result overwrite_moved(struct exec *x, const struct item *it, struct row_ref ref)
{
	struct outcome o = delete (x, it, ref, 0);

	if (o.result == EXEC_TROUBLE)
		return row_stop(x, it, buf_str(&x->link.err));
	return o.result == EXEC_OK ? overwrite(x, it, ref) : o.result;
}

static enum exec_result failed(struct exec *x, const struct item *it, struct row_ref ref, unsigned no)
{
	char why[600];

	snprintf(why, sizeof why, "%s", buf_str(&x->link.err));
	if (it->st->policy == POLICY_OVERWRITE && is_duplicate(no))
		return it->op == ROW_UPDATE ? overwrite_moved(x, it, ref) : overwrite(x, it, ref);
	if (it->st->policy != POLICY_OVERWRITE && (is_duplicate(no) || is_foreign(no)))
		return conflict(x, it, ref, is_duplicate(no) ? IS_THERE : IS_REFUSED, why);
	return is_misfit(no) ? row_misfit(x, it, ref, why) : row_stop(x, it, why);
}

/* With --compare-rows and overwrite: the row that is there, whatever else it has, becomes what it is to be. */
static enum exec_result overwrite_other(struct exec *x, const struct item *it, struct row_ref ref)
{
	struct outcome o = it->op == ROW_UPDATE ? update(x, it, ref, 0) : delete (x, it, ref, 0);

	if (o.result == EXEC_TROUBLE)
		return failed(x, it, ref, o.no);
	if (o.result == EXEC_OK && o.found == 1)
		x->try_overwritten++;
	else if (o.result == EXEC_OK)
		return it->op == ROW_UPDATE ? overwrite(x, it, ref) : (x->try_overwritten++, EXEC_OK);
	return o.result;
}

static enum exec_result not_found(struct exec *x, const struct item *it, struct row_ref ref)
{
	struct buf other = BUF_INIT;
	int is_another;

	if (it->st->policy == POLICY_OVERWRITE && is_compared(x, it))
		return overwrite_other(x, it, ref);
	if (it->st->policy != POLICY_OVERWRITE) {
		is_another = is_compared(x, it) && found_other(x, it, &other);
		buf_release(&other);
		return is_another ? conflict(x, it, ref, IS_ANOTHER, "the target's row is another")
				  : conflict(x, it, ref, IS_NOT_THERE, "the target has no such row");
	}
	if (it->op == ROW_DELETE) {
		x->try_overwritten++;
		return EXEC_OK;
	}
	return overwrite(x, it, ref);
}

enum exec_result row_apply(struct exec *x, const struct item *it, struct row_ref ref)
{
	struct outcome o;

	switch (it->op) {
	case ROW_INSERT:
		o = insert(x, it, ref, it->st->policy == POLICY_OVERWRITE ? STMT_UPSERT : STMT_INSERT);
		break;
	case ROW_UPDATE:
		o = update(x, it, ref, 1);
		break;
	default:
		o = delete (x, it, ref, 1);
	}
	if (o.result == EXEC_TROUBLE)
		return failed(x, it, ref, o.no);
	if (o.result == EXEC_OK && it->op != ROW_INSERT && o.found != 1)
		return not_found(x, it, ref);
	return o.result;
}

/*
 * The stream for a terminal, transaction by transaction; pretty_rows.c has the
 * rows.
 */
#include <time.h>

#include "canon.h"
#include "charset.h"
#include "pretty.h"
#include "show.h"

void pretty_style(struct dump *d, enum style s)
{
	static const char *const codes[] = {"0", "1", "2", "32", "33", "31", "36"};

	if (d->color)
		buf_printf(&d->w.b, "\033[%sm", codes[s]);
}

void pretty_say(struct dump *d, enum style s, const char *text)
{
	if (s == PLAIN) {
		buf_adds(&d->w.b, text);
		return;
	}
	pretty_style(d, s);
	buf_adds(&d->w.b, text);
	pretty_style(d, PLAIN);
}

static void say_str(struct dump *d, enum style s, struct str text)
{
	pretty_style(d, s);
	show_text(&d->w.b, text.p, text.n, 10000, NULL);
	pretty_style(d, PLAIN);
}

static void place(struct dump *d, struct str file, uint64_t off)
{
	if (!file.p)
		return;
	pretty_say(d, PLAIN, "  ");
	show_text(&d->w.b, file.p, file.n, 10000, NULL);
	buf_printf(&d->w.b, ":%llu", (unsigned long long)off);
}

static int line_done(struct dump *d)
{
	buf_add8(&d->w.b, '\n');
	return dump_done(d);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- records */

static int on_hello(struct stream *s, const struct rec_hello *r)
{
	struct dump *d = s->arg;

	pretty_say(d, BOLD, "stream");
	pretty_say(d, PLAIN, " of ");
	show_text(&d->w.b, r->flavor.p, r->flavor.n, 100, NULL);
	if (r->server.p) {
		pretty_say(d, PLAIN, " ");
		show_text(&d->w.b, r->server.p, r->server.n, 100, NULL);
	}
	if (r->has_server_id)
		buf_printf(&d->w.b, "  server %llu", (unsigned long long)r->server_id);
	if (r->file.p)
		pretty_say(d, PLAIN, "  from");
	place(d, r->file, r->off);
	if (r->gtid.p && r->gtid.n) {
		pretty_say(d, PLAIN, "  after ");
		show_text(&d->w.b, r->gtid.p, r->gtid.n, 10000, NULL);
	}
	if (r->pipeline.p) {
		pretty_say(d, PLAIN, "  rejects of pipeline ");
		show_text(&d->w.b, r->pipeline.p, r->pipeline.n, 100, NULL);
	}
	return line_done(d);
}

static int on_table(struct stream *s, struct table *t)
{
	struct dump *d = s->arg;
	struct buf *b = &d->w.b;
	const struct key *pk = table_primary(t);

	pretty_style(d, DIM);
	buf_adds(b, "  table ");
	buf_reset(&d->tmp);
	canon_label(t, &d->tmp);
	show_text(b, d->tmp.p, d->tmp.len, 1000, NULL);
	for (uint32_t i = 0; i < t->ncols; i++) {
		const struct column *c = &t->cols[i];

		buf_adds(b, i ? ", " : " (");
		show_text(b, c->name, strlen(c->name), 100, NULL);
		buf_printf(b, " %s", col_type_name(c->type));
		if (c->len && c->type == COL_DECIMAL)
			buf_printf(b, "(%u,%u)", c->len, c->dec);
		else if (c->len || c->dec)
			buf_printf(b, "(%u)", c->len ? c->len : c->dec);
		if (c->is_unsigned)
			buf_adds(b, " unsigned");
		if (c->charset && !charset_is_utf8(c->charset)) {
			buf_add8(b, ' ');
			show_text(b, c->charset, strlen(c->charset), 40, NULL);
		}
	}
	for (uint32_t i = 0; pk && i < pk->ncols; i++) {
		const char *name = t->cols[pk->cols[i]].name;

		buf_adds(b, i ? ", " : "; primary key ");
		show_text(b, name, strlen(name), 100, NULL);
	}
	buf_adds(b, t->ncols ? ")" : "");
	pretty_style(d, PLAIN);
	return line_done(d);
}

static int on_begin(struct stream *s, const struct rec_begin *r)
{
	struct dump *d = s->arg;

	pretty_say(d, BOLD, "\ntransaction");
	if (r->gtid.p) {
		pretty_say(d, PLAIN, " ");
		say_str(d, BOLD, r->gtid);
	}
	place(d, r->file, r->off);
	if (r->has_ts) {
		pretty_say(d, PLAIN, "  ");
		show_time(&d->w.b, r->ts_us);
		if (d->live) {
			pretty_say(d, PLAIN, "  lag ");
			show_duration(&d->w.b, now_us() - r->ts_us);
		}
	}
	if (r->has_server_id)
		buf_printf(&d->w.b, "  server %llu", (unsigned long long)r->server_id);
	if (r->xid.p) {
		pretty_say(d, PLAIN, "  XA ");
		say_str(d, PLAIN, r->xid);
	}
	return line_done(d);
}

static int statement(struct dump *d, const char *indent, const char *cs, struct str sql)
{
	buf_reset(&d->tmp);
	if (charset_to_utf8(cs, sql.p, sql.n, &d->tmp) < 0) {
		buf_reset(&d->tmp);
		buf_add(&d->tmp, sql.p, sql.n);
	}
	show_text(&d->w.b, d->tmp.p, d->tmp.len, 1u << 30, indent);
	return line_done(d);
}

static int on_ddl(struct stream *s, const struct rec_ddl *r)
{
	struct dump *d = s->arg;
	const char *cs = r->has_cs ? charset_of_collation(r->cs) : NULL;

	pretty_say(d, CYAN, "  ddl");
	if (r->db.p && r->db.n) {
		pretty_say(d, PLAIN, " in ");
		show_text(&d->w.b, r->db.p, r->db.n, 1000, NULL);
	}
	pretty_say(d, PLAIN, "\n      ");
	return statement(d, "\n      ", cs ? cs : "utf8mb4", r->sql);
}

static int on_note(struct stream *s, const struct rec_note *r)
{
	struct dump *d = s->arg;
	int rc;

	pretty_style(d, DIM);
	buf_adds(&d->w.b, "  -- ");
	rc = statement(d, "\n  -- ", "utf8mb4", r->sql);
	pretty_style(d, PLAIN);
	return rc;
}

static int on_commit(struct stream *s, const struct rec_commit *r)
{
	struct dump *d = s->arg;

	pretty_say(d, BOLD, "commit");
	place(d, r->file, r->off);
	buf_printf(&d->w.b, "  %llu row%s", (unsigned long long)r->rows, r->rows == 1 ? "" : "s");
	return line_done(d);
}

static int on_prepare(struct stream *s, const struct rec_prepare *r)
{
	struct dump *d = s->arg;

	pretty_say(d, BOLD, "prepare ");
	say_str(d, PLAIN, r->xid);
	place(d, r->file, r->off);
	buf_printf(&d->w.b, "  %llu row%s", (unsigned long long)r->rows, r->rows == 1 ? "" : "s");
	return line_done(d);
}

static int on_decide(struct stream *s, const struct rec_decide *r)
{
	struct dump *d = s->arg;

	pretty_say(d, r->commit ? BOLD : RED, r->commit ? "  commit of " : "  rollback of ");
	say_str(d, PLAIN, r->xid);
	return line_done(d);
}

static int on_mark(struct stream *s, const struct rec_mark *r)
{
	struct dump *d = s->arg;

	pretty_style(d, DIM);
	pretty_say(d, PLAIN, "mark");
	place(d, r->file, r->off);
	pretty_say(d, PLAIN, "  ");
	show_time(&d->w.b, r->time_us);
	if (r->gtid.p && r->gtid.n) {
		pretty_say(d, PLAIN, "  ");
		show_text(&d->w.b, r->gtid.p, r->gtid.n, 10000, NULL);
	}
	pretty_style(d, PLAIN);
	return line_done(d);
}

static int on_end(struct stream *s, const struct rec_end *r)
{
	struct dump *d = s->arg;

	pretty_say(d, BOLD, "\nend");
	if (r->why.p) {
		pretty_say(d, PLAIN, " (");
		show_text(&d->w.b, r->why.p, r->why.n, 100, NULL);
		pretty_say(d, PLAIN, ")");
	}
	place(d, r->file, r->off);
	return line_done(d);
}

static int on_savepoint(struct stream *s, const struct rec_rollback *r)
{
	pretty_say(s->arg, PLAIN, "  savepoint ");
	say_str(s->arg, PLAIN, r->to);
	return line_done(s->arg);
}

static int on_rollback(struct stream *s, const struct rec_rollback *r)
{
	struct dump *d = s->arg;

	if (r->to.p) {
		pretty_say(d, RED, "  rollback");
		pretty_say(d, PLAIN, " to ");
		say_str(d, PLAIN, r->to);
	} else {
		pretty_say(d, RED, "rollback");
		place(d, r->file, r->off);
	}
	return line_done(d);
}

static int on_other(struct stream *s)
{
	struct dump *d = s->arg;

	pretty_style(d, DIM);
	buf_printf(&d->w.b, "  frame of kind %d, %zu bytes", s->frame.kind, s->frame.body_len);
	pretty_style(d, PLAIN);
	return line_done(d);
}

const struct stream_calls pretty_calls = {.on_hello = on_hello,
    .on_table = on_table,
    .on_begin = on_begin,
    .on_rows = pretty_rows,
    .on_ddl = on_ddl,
    .on_commit = on_commit,
    .on_mark = on_mark,
    .on_end = on_end,
    .on_savepoint = on_savepoint,
    .on_rollback = on_rollback,
    .on_note = on_note,
    .on_prepare = on_prepare,
    .on_decide = on_decide,
    .on_other = on_other,
    .on_idle = dump_on_idle};

#include "binlog/binlog.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "binlog/group.h"
#include "binlog/gtid.h"
#include "binlog/unzstd.h"
#include "xid.h"

int binlog_init(struct binlog *b, const struct binlog_calls *calls, void *arg, struct buf *out)
{
	memset(b, 0, sizeof *b);
	b->calls = calls;
	b->arg = arg;
	b->out = out;
	tdefs_init(&b->defs);
	rows_init(&b->rows);
	b->cols = calloc(TABLE_MAX_COLS, sizeof *b->cols);
	return b->cols ? 0 : -1;
}

void binlog_release(struct binlog *b)
{
	tdefs_release(&b->defs);
	rows_release(&b->rows);
	gtid_set_free(b->gtid);
	buf_release(&b->new_gtid);
	buf_release(&b->group_gtid);
	buf_release(&b->group_xid);
	buf_release(&b->why);
	buf_release(&b->hint);
	buf_release(&b->plain);
	unzstd_free(b->unzstd);
	free(b->cols);
	b->cols = NULL;
}

/* ---- failures */

static void add_place(struct binlog *b)
{
	buf_printf(&b->why, " at %s:%llu", b->file, (unsigned long long)b->event_pos);
}

static int failed(struct binlog *b, enum binlog_fail f)
{
	b->fail = f;
	return -1;
}

static void add_text(struct buf *o, const char *fmt, va_list ap)
{
	char text[1024];

	(void)vsnprintf(text, sizeof text, fmt, ap);
	buf_adds(o, text);
}

int fail_damaged(struct binlog *b, const char *fmt, ...)
{
	va_list ap;

	buf_reset(&b->why);
	va_start(ap, fmt);
	add_text(&b->why, fmt, ap);
	va_end(ap);
	add_place(b);
	return failed(b, BINLOG_FAIL_DAMAGED);
}

int fail_refused(struct binlog *b, const char *hint, const char *fmt, ...)
{
	va_list ap;

	buf_reset(&b->why);
	va_start(ap, fmt);
	add_text(&b->why, fmt, ap);
	va_end(ap);
	add_place(b);
	buf_reset(&b->hint);
	if (hint)
		buf_adds(&b->hint, hint);
	return failed(b, BINLOG_FAIL_REFUSED);
}

int fail_memory(struct binlog *b)
{
	return failed(b, BINLOG_FAIL_MEMORY);
}

int fail_call(struct binlog *b)
{
	return failed(b, BINLOG_FAIL_CALL);
}

int fail_why(struct binlog *b, const struct event *e, const char *why)
{
	if (!strcmp(why, "no memory"))
		return fail_memory(b);
	return fail_damaged(b, "%s event: %s", event_type_name(e->type), why);
}

int fail_cur(struct binlog *b, const struct event *e, const struct cur *c)
{
	return fail_why(b, e, c->err ? c->err : "longer than it should be");
}

/* ---- position */

void binlog_seek(struct binlog *b, const char *file, uint64_t off)
{
	(void)snprintf(b->file, sizeof b->file, "%s", file);
	b->pos = b->event_pos = b->next_pos = off;
	b->at_end = 0;
	b->floor = 0;
}

void binlog_floor(struct binlog *b, const char *file, uint64_t off)
{
	(void)snprintf(b->floor_file, sizeof b->floor_file, "%s", file);
	b->floor = off;
}

int binlog_again(struct binlog *b)
{
	b->has_format = 0;
	tdefs_forget_maps(&b->defs);
	if (!b->in_group && !b->is_replay)
		return 0;
	b->in_group = 0;
	b->is_replay = 1;
	b->replay = b->items;
	return 1;
}

static int begins_group(unsigned type)
{
	return type == EV_MARIA_GTID || type == EV_GTID || type == EV_ANONYMOUS_GTID || type == EV_GTID_TAGGED;
}

/* Where the event stands. Events are not asked where they are but measured: since MariaDB 11.4 most do not say. */
static int place(struct binlog *b, const struct event *e, int is_artificial)
{
	uint64_t next = b->pos + e->len;

	b->event_pos = b->next_pos = b->pos;
	if (is_artificial)
		return 0;
	/* MariaDB sends the log's second event again for a start further on */
	if (b->is_live && e->type == EV_START_ENCRYPTION && (uint32_t)next != e->log_pos)
		return 0;
	if (e->log_pos && (uint32_t)next != e->log_pos) {
		if (!b->is_live || b->in_group)
			return fail_damaged(b, "%s event of %u bytes says that it ends at %u",
			    event_type_name(e->type) ? event_type_name(e->type) : "unknown", (unsigned)e->len,
			    (unsigned)e->log_pos);
		next += (uint32_t)(e->log_pos - (uint32_t)next); /* the server left out what was executed before the start */
		b->event_pos = next - e->len;
	}
	if (b->floor && !b->in_group && begins_group(e->type) && !strcmp(b->file, b->floor_file)) {
		if (b->event_pos < b->floor)
			next += (b->floor - b->event_pos + UINT32_MAX) >> 32 << 32;
		b->event_pos = next - e->len;
		b->floor = 0;
	}
	b->next_pos = next;
	return 0;
}

/* ---- events that are not part of a transaction */

static int on_format(struct binlog *b, const struct event *e, const uint8_t *p, size_t n)
{
	struct log_format f;
	struct cur c;
	/* sent again for a start inside the log, it has no place of its own */
	int is_artificial = b->is_live && (!e->log_pos || e->flags & EVENT_ARTIFICIAL);

	if (log_format_read(&f, p, n, b->is_live, &c) < 0) {
		b->event_pos = b->pos;
		return fail_damaged(b, "FORMAT_DESCRIPTION event: %s", c.err);
	}
	if (place(b, e, is_artificial) < 0)
		return -1;
	if (b->has_format && f.is_mariadb != b->format.is_mariadb)
		return fail_refused(b, NULL, "the log changes from one kind of server to another");
	if (!is_artificial && b->in_group && binlog_abandon(b) < 0)
		return -1; /* the server died in the midst of it and did not commit it */
	b->format = f;
	b->has_format = 1;
	b->server_id = e->server_id;
	b->at_end = 0;
	tdefs_forget_maps(&b->defs);
	return 0;
}

static int on_rotate(struct binlog *b, const struct event *e, struct cur *c, int is_artificial)
{
	struct ev_rotate r;

	if (read_rotate(c, &r) < 0)
		return fail_cur(b, e, c);
	if (!is_artificial && b->in_group)
		return fail_damaged(
		    b, "the log ends inside the transaction that begins at %llu", (unsigned long long)b->group_pos);
	if (b->in_group) /* the server goes on elsewhere without having ended it */
		return fail_damaged(b, "the server changes the log inside a transaction");
	memcpy(b->file, r.file, r.nfile);
	b->file[r.nfile] = 0;
	b->next_pos = b->pos = r.off;
	b->at_end = !is_artificial;
	return 0;
}

static void add_gtid(void *arg, uint32_t domain, uint32_t server, uint64_t seq)
{
	struct binlog *b = arg;
	char text[GTID_MARIADB_MAX + 1];
	size_t n = gtid_mariadb_text(text, domain, server, seq);

	if (b->gtid && gtid_set_add(b->gtid, text, n) < 0) {
		gtid_set_free(b->gtid);
		b->gtid = NULL;
	}
}

static void ignore_gtid(void *arg, uint32_t domain, uint32_t server, uint64_t seq)
{
	(void)arg;
	(void)domain;
	(void)server;
	(void)seq;
}

/* Stands at the start of a log: what was executed before it. A domain's last GTID may be there twice, the last one counts. */
static int on_gtid_list(struct binlog *b, const struct event *e, struct cur *c, int is_artificial)
{
	int take = !is_artificial && !b->gtid;

	if (take && !(b->gtid = gtid_set_new()))
		return fail_memory(b);
	if (read_gtid_list(c, take ? add_gtid : ignore_gtid, b) < 0)
		return fail_cur(b, e, c);
	return 0;
}

static int on_heartbeat(struct binlog *b, const struct event *e, struct cur *c)
{
	struct ev_heartbeat h;

	if (read_heartbeat(c, e, &h) < 0)
		return fail_cur(b, e, c);
	/* it is ahead of what came when the server leaves out transactions that were executed before the start */
	if (!b->in_group && strlen(b->file) == h.nfile && !memcmp(b->file, h.file, h.nfile) && h.off > b->pos)
		b->next_pos = h.off;
	return 0;
}

static int on_incident(struct binlog *b, const struct event *e, struct cur *c)
{
	struct ev_incident i;

	if (read_incident(c, &i) < 0)
		return fail_cur(b, e, c);
	return fail_refused(b, "changes may be missing from the log: copy the tables anew and start behind this place",
	    "the source logged an incident (%.*s)", (int)i.ntext, i.ntext ? i.text : "");
}

static int on_maria_gtid(struct binlog *b, const struct event *e, struct cur *c)
{
	struct ev_maria_gtid g;
	struct group_start s = {.e = e, .ts_us = (int64_t)e->ts * 1000000};
	struct buf xid = BUF_INIT;
	char text[GTID_MARIADB_MAX + 1];
	int r;

	if (read_maria_gtid(c, &g) < 0)
		return fail_cur(b, e, c);
	(void)gtid_mariadb_text(text, g.domain, e->server_id, g.seq);
	s.gtid = text;
	s.is_standalone = g.flags & GTID_STANDALONE;
	s.alter = g.extra & (GTID_ALTER_START | GTID_ALTER_COMMIT | GTID_ALTER_ROLLBACK);
	if (g.flags & GTID_PREPARED_XA) {
		xid_print(&xid, g.gtrid, g.ngtrid, g.bqual, g.nbqual, g.xid_format);
		s.xid = buf_str(&xid);
	}
	r = xid.failed ? fail_memory(b) : group_begin(b, &s);
	buf_release(&xid);
	return r;
}

/* Stands at the start of a log: what was executed before it. */
static int on_previous_gtids(struct binlog *b, const struct event *e, struct cur *c)
{
	struct gtid_set *s = gtid_set_unpack(c);

	if (!s)
		return c->err ? fail_cur(b, e, c) : fail_memory(b);
	if (b->gtid || b->gtid_is_unknown || b->groups)
		gtid_set_free(s);
	else
		b->gtid = s;
	return 0;
}

static int on_mysql_gtid(struct binlog *b, const struct event *e, struct cur *c)
{
	struct group_start s = {.e = e};
	struct ev_gtid g;

	if ((e->type == EV_GTID_TAGGED ? read_gtid_tagged(c, &g) : read_gtid(c, &g)) < 0)
		return fail_cur(b, e, c);
	if (e->type == EV_ANONYMOUS_GTID)
		g.number = 0;
	else if (!g.number)
		return fail_why(b, e, "without a number");
	if (!g.number && b->gtid && b->gtid_is_told)
		return fail_refused(b, "start at FILE:OFFSET of this place", "the source no longer gives GTIDs to transactions");
	if (!g.number) { /* a set does not say where this is */
		gtid_set_free(b->gtid);
		b->gtid = NULL;
		b->gtid_is_unknown = 1;
	}
	buf_reset(&b->new_gtid);
	gtid_print(&g, &b->new_gtid);
	s.gtid = buf_str(&b->new_gtid);
	s.ts_us = g.commit_us ? g.commit_us : (int64_t)e->ts * 1000000;
	return b->new_gtid.failed ? fail_memory(b) : group_begin(b, &s);
}

static int take(struct binlog *b, const struct event *e, int is_artificial);

/* One event of those that a TRANSACTION_PAYLOAD holds: without a checksum, and its place means nothing. */
static int inner_event(struct binlog *b, const struct event *outer, const uint8_t *p, size_t n)
{
	struct event e;

	event_head(&e, p);
	e.body = p + EVENT_HEAD;
	e.body_len = n - EVENT_HEAD;
	switch (e.type) {
	case EV_FORMAT:
	case EV_ROTATE:
	case EV_STOP:
	case EV_GTID:
	case EV_ANONYMOUS_GTID:
	case EV_GTID_TAGGED:
	case EV_PREVIOUS_GTIDS:
	case EV_TRANSACTION_PAYLOAD:
	case EV_HEARTBEAT:
	case EV_HEARTBEAT_V2:
		return fail_damaged(b, "%s event in a TRANSACTION_PAYLOAD event", event_type_name(e.type));
	default:
		break;
	}
	if (!b->in_group)
		return fail_why(b, outer, "more events in it behind the transaction's end");
	return take(b, &e, 0);
}

static int on_payload(struct binlog *b, const struct event *e, struct cur *c)
{
	struct ev_payload p;
	const uint8_t *at;
	const char *why;
	size_t n;
	int r;

	if (!b->in_group)
		return group_missing(b, e);
	if (read_payload(c, &p) < 0)
		return fail_cur(b, e, c);
	if (b->group_skip)
		return group_commit(b);
	if (!b->unzstd && !(b->unzstd = unzstd_new()))
		return fail_memory(b);
	if (unzstd_start(b->unzstd, p.p, p.n, p.plain, p.is_zstd) < 0)
		return fail_memory(b);
	while ((r = unzstd_event(b->unzstd, &at, &n, &why)) > 0)
		if (inner_event(b, e, at, n) < 0)
			return -1;
	if (r < 0)
		return fail_why(b, e, why);
	return b->in_group ? fail_why(b, e, "it does not end the transaction") : 0;
}

static int on_unknown(struct binlog *b, const struct event *e)
{
	const char *name = event_type_name(e->type);

	if (e->flags & EVENT_IGNORABLE)
		return 0;
	return fail_refused(b, "a newer version may know it",
	    "event of type %u (%s), which this version cannot read and which must not be passed over", e->type,
	    name ? name : "not known");
}

static int dispatch(struct binlog *b, const struct event *e, int is_artificial)
{
	struct cur c;

	if (b->owes_begin && b->in_group && !is_artificial && e->type != EV_TRANSACTION_PAYLOAD && group_open(b, e) < 0)
		return -1;
	cur_init(&c, e->body, e->body_len);
	switch (e->type) {
	case EV_ROTATE:
		return on_rotate(b, e, &c, is_artificial);
	case EV_STOP:
		b->at_end = 1;
		return 0;
	case EV_MARIA_GTID:
		return on_maria_gtid(b, e, &c);
	case EV_MARIA_GTID_LIST:
		return on_gtid_list(b, e, &c, is_artificial);
	case EV_GTID:
	case EV_ANONYMOUS_GTID:
	case EV_GTID_TAGGED:
		return on_mysql_gtid(b, e, &c);
	case EV_PREVIOUS_GTIDS:
		return on_previous_gtids(b, e, &c);
	case EV_TRANSACTION_PAYLOAD:
		return on_payload(b, e, &c);
	case EV_QUERY:
	case EV_QUERY_COMPRESSED:
		return group_query(b, e, e->type == EV_QUERY_COMPRESSED);
	case EV_XID:
		return b->in_group ? group_commit(b) : group_missing(b, e);
	case EV_XA_PREPARE:
		return b->in_group ? group_prepare(b, e) : group_missing(b, e);
	case EV_TABLE_MAP:
		return rows_map(b, e);
	case EV_WRITE_V1:
	case EV_UPDATE_V1:
	case EV_DELETE_V1:
	case EV_WRITE_V2:
	case EV_UPDATE_V2:
	case EV_DELETE_V2:
	case EV_PARTIAL_UPDATE:
	case EV_WRITE_COMPRESSED_V1:
	case EV_UPDATE_COMPRESSED_V1:
	case EV_DELETE_COMPRESSED_V1:
	case EV_WRITE_COMPRESSED_V2:
	case EV_UPDATE_COMPRESSED_V2:
	case EV_DELETE_COMPRESSED_V2:
		return rows_event(b, e);
	case EV_ANNOTATE_ROWS:
		return group_note(b, e->body, e->body_len);
	case EV_ROWS_QUERY: /* a byte of its length, which is too small for it, stands before the text */
		cur_skip(&c, 1);
		return c.err ? fail_cur(b, e, &c) : group_note(b, c.p, cur_left(&c));
	case EV_HEARTBEAT:
	case EV_HEARTBEAT_V2:
		return on_heartbeat(b, e, &c);
	case EV_INCIDENT:
		return on_incident(b, e, &c);
	case EV_BINLOG_CHECKPOINT:
	case EV_TRANSACTION_CONTEXT: /* the next two are group replication's own */
	case EV_VIEW_CHANGE:
	case EV_IGNORABLE:
	case EV_INTVAR: /* the next three matter to statements only, and those are refused */
	case EV_RAND:
	case EV_USER_VAR:
		return 0;
	case EV_LOAD:
	case EV_CREATE_FILE:
	case EV_APPEND_BLOCK:
	case EV_EXEC_LOAD:
	case EV_DELETE_FILE:
	case EV_NEW_LOAD:
	case EV_BEGIN_LOAD_QUERY:
	case EV_EXECUTE_LOAD_QUERY:
		return fail_refused(b, HINT_ROW_FORMAT, "rows were loaded by a statement (LOAD DATA) and not logged as rows");
	case EV_PARTIAL_ROW_DATA:
		return fail_refused(b,
		    "raise binlog_row_event_fragment_threshold on the source, copy the table anew and start behind this place",
		    "rows are logged in pieces (PARTIAL_ROW_DATA event), which this version does not put together");
	case EV_START_ENCRYPTION:
		if (b->is_live) /* the server decrypts what it sends */
			return 0;
		return fail_refused(b, "read it from its server instead of as a file", "the log is encrypted");
	default:
		return on_unknown(b, e);
	}
}

/* What a transaction brings is handed on in the midst of it, whatever events it comes of. */
static int take(struct binlog *b, const struct event *e, int is_artificial)
{
	int r = dispatch(b, e, is_artificial);

	if (!r && b->out->len >= BINLOG_OUT_FULL && b->calls->on_output(b->arg) < 0)
		return fail_call(b);
	return r;
}

/* What servers make for a connection; nothing of a transaction is among it. */
static int may_be_artificial(unsigned type)
{
	return type == EV_ROTATE || type == EV_MARIA_GTID_LIST || type == EV_PREVIOUS_GTIDS || event_is_heartbeat(type);
}

enum binlog_result binlog_event(struct binlog *b, const uint8_t *p, size_t n)
{
	struct event e;
	size_t crc;
	int is_artificial, r;

	b->event_pos = b->pos;
	if (n < EVENT_HEAD) {
		(void)fail_damaged(b, "event of %zu bytes", n);
		return BINLOG_FAILED;
	}
	event_head(&e, p);
	if (e.len != n) {
		(void)fail_damaged(b, "event of %zu bytes says that it has %u", n, (unsigned)e.len);
		return BINLOG_FAILED;
	}
	if (e.type == EV_FORMAT) {
		if (on_format(b, &e, p, n) < 0)
			return BINLOG_FAILED;
		b->pos = b->next_pos;
		return BINLOG_OK;
	}
	is_artificial = b->is_live && (e.flags & EVENT_ARTIFICIAL || event_is_heartbeat(e.type));
	if (is_artificial && !may_be_artificial(e.type)) {
		(void)fail_damaged(b, "event of type %u that is not from the log", e.type);
		return BINLOG_FAILED;
	}
	if (!b->has_format && !is_artificial) {
		(void)fail_damaged(b, "the log does not begin with a FORMAT_DESCRIPTION event");
		return BINLOG_FAILED;
	}
	/* what the server makes for the connection follows the connection's wish, not the log's way */
	crc = is_artificial ? (event_crc_is_right(p, n) ? EVENT_CRC : 0) : b->format.has_crc ? EVENT_CRC : 0;
	if (crc && !is_artificial && !event_crc_is_right(p, n)) {
		(void)fail_damaged(b, "checksum does not match, of an event");
		return BINLOG_FAILED;
	}
	e.body = p + EVENT_HEAD;
	e.body_len = n - EVENT_HEAD - crc;
	if (place(b, &e, is_artificial) < 0)
		return BINLOG_FAILED;
	r = take(b, &e, is_artificial);
	if (r < 0)
		return BINLOG_FAILED;
	if (r > 0) {
		b->pos = b->event_pos;
		return BINLOG_HALTED;
	}
	b->pos = b->next_pos;
	return BINLOG_OK;
}

int binlog_abandon(struct binlog *b)
{
	struct rec_rollback r = {0};

	if (!b->in_group)
		return 0;
	if (rows_flush(b) < 0)
		return -1;
	b->in_group = 0;
	if (b->owes_begin) /* nothing of it was written */
		return 0;
	r.file = str_of(b->file);
	r.off = b->pos;
	r.has_off = 1;
	if (!b->group_skip && write_rollback(b->out, &r) < 0)
		return fail_memory(b);
	return 0;
}

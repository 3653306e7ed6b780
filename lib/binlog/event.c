#include "binlog/event.h"

#include <isa-l/crc.h>

const char *event_type_name(unsigned type)
{
	static const char *const low[] = {[EV_START_V3] = "START_V3",
	    [EV_QUERY] = "QUERY",
	    [EV_STOP] = "STOP",
	    [EV_ROTATE] = "ROTATE",
	    [EV_INTVAR] = "INTVAR",
	    [EV_LOAD] = "LOAD",
	    [EV_CREATE_FILE] = "CREATE_FILE",
	    [EV_APPEND_BLOCK] = "APPEND_BLOCK",
	    [EV_EXEC_LOAD] = "EXEC_LOAD",
	    [EV_DELETE_FILE] = "DELETE_FILE",
	    [EV_NEW_LOAD] = "NEW_LOAD",
	    [EV_RAND] = "RAND",
	    [EV_USER_VAR] = "USER_VAR",
	    [EV_FORMAT] = "FORMAT_DESCRIPTION",
	    [EV_XID] = "XID",
	    [EV_BEGIN_LOAD_QUERY] = "BEGIN_LOAD_QUERY",
	    [EV_EXECUTE_LOAD_QUERY] = "EXECUTE_LOAD_QUERY",
	    [EV_TABLE_MAP] = "TABLE_MAP",
	    [EV_WRITE_V0] = "WRITE_ROWS_V0",
	    [EV_UPDATE_V0] = "UPDATE_ROWS_V0",
	    [EV_DELETE_V0] = "DELETE_ROWS_V0",
	    [EV_WRITE_V1] = "WRITE_ROWS_V1",
	    [EV_UPDATE_V1] = "UPDATE_ROWS_V1",
	    [EV_DELETE_V1] = "DELETE_ROWS_V1",
	    [EV_INCIDENT] = "INCIDENT",
	    [EV_HEARTBEAT] = "HEARTBEAT",
	    [EV_IGNORABLE] = "IGNORABLE",
	    [EV_ROWS_QUERY] = "ROWS_QUERY",
	    [EV_WRITE_V2] = "WRITE_ROWS",
	    [EV_UPDATE_V2] = "UPDATE_ROWS",
	    [EV_DELETE_V2] = "DELETE_ROWS",
	    [EV_GTID] = "GTID",
	    [EV_ANONYMOUS_GTID] = "ANONYMOUS_GTID",
	    [EV_PREVIOUS_GTIDS] = "PREVIOUS_GTIDS",
	    [EV_TRANSACTION_CONTEXT] = "TRANSACTION_CONTEXT",
	    [EV_VIEW_CHANGE] = "VIEW_CHANGE",
	    [EV_XA_PREPARE] = "XA_PREPARE",
	    [EV_PARTIAL_UPDATE] = "PARTIAL_UPDATE_ROWS",
	    [EV_TRANSACTION_PAYLOAD] = "TRANSACTION_PAYLOAD",
	    [EV_HEARTBEAT_V2] = "HEARTBEAT_V2",
	    [EV_GTID_TAGGED] = "GTID_TAGGED"};
	static const char *const maria[] = {"ANNOTATE_ROWS", "BINLOG_CHECKPOINT", "GTID", "GTID_LIST", "START_ENCRYPTION",
	    "QUERY_COMPRESSED", "WRITE_ROWS_COMPRESSED_V1", "UPDATE_ROWS_COMPRESSED_V1", "DELETE_ROWS_COMPRESSED_V1",
	    "WRITE_ROWS_COMPRESSED", "UPDATE_ROWS_COMPRESSED", "DELETE_ROWS_COMPRESSED", "PARTIAL_ROW_DATA"};

	if (type < sizeof low / sizeof *low)
		return low[type];
	if (type >= EV_ANNOTATE_ROWS && type - EV_ANNOTATE_ROWS < sizeof maria / sizeof *maria)
		return maria[type - EV_ANNOTATE_ROWS];
	return NULL;
}

int event_crc_is_right(const uint8_t *p, size_t n)
{
	return n >= EVENT_HEAD + EVENT_CRC && crc32_gzip_refl(0, p, n - EVENT_CRC) == event_le32(p + n - EVENT_CRC);
}

/* The FORMAT event's checksum was made before the log was marked as in use. */
static int format_crc_is_right(const uint8_t *p, size_t n)
{
	uint8_t head[EVENT_HEAD];
	uint32_t crc;

	memcpy(head, p, sizeof head);
	head[17] &= (uint8_t)~EVENT_IN_USE;
	crc = crc32_gzip_refl(0, head, sizeof head);
	crc = crc32_gzip_refl(crc, p + sizeof head, n - sizeof head - EVENT_CRC);
	return crc == event_le32(p + n - EVENT_CRC);
}

int log_format_read(struct log_format *f, const uint8_t *p, size_t n, int is_live, struct cur *c)
{
	const uint8_t *v;
	size_t types;
	uint8_t alg;

	memset(f, 0, sizeof *f);
	cur_init(c, p, n);
	cur_skip(c, EVENT_HEAD);
	if (cur_le16(c) != 4)
		return cur_fail(c, "not a log of format version 4");
	v = cur_bytes(c, 50);
	f->created = cur_le32(c);
	f->head_len = cur_u8(c);
	if (c->err)
		return -1;
	memcpy(f->server, v, 50);
	f->is_mariadb = strstr(f->server, "MariaDB") != NULL;
	if (f->head_len != EVENT_HEAD)
		return cur_fail(c, "event heads are not of 19 bytes");
	/* the rest: one length a type, then one byte of checksum algorithm and the checksum */
	if (cur_left(c) < EV_DELETE_V1 + 1 + EVENT_CRC)
		return cur_fail(c, "too short");
	types = cur_left(c) - 1 - EVENT_CRC;
	v = cur_bytes(c, types);
	for (size_t i = 0; i < types && i < 255; i++)
		f->post[i + 1] = v[i];
	alg = cur_u8(c);
	/*
	 * Servers before the checksum end the event without it; then what is here is the list's end and the numbers of
	 * newer types are off. No server that this program reads is so old.
	 */
	if (alg > 1)
		return cur_fail(c, "checksum of a kind that is not known");
	f->has_crc = alg == 1;
	/* in a file this event has its checksum even when the others have none; a server that changes it to send it does not keep
	 * that up */
	if ((f->has_crc || !is_live) && !format_crc_is_right(p, n))
		return cur_fail(c, "checksum does not match");
	if (f->post[EV_QUERY] < 13 || (f->post[EV_TABLE_MAP] != 8 && f->post[EV_TABLE_MAP] != 6))
		return cur_fail(c, "lengths of event types that are not known");
	return 0;
}

uint64_t cur_packed(struct cur *c)
{
	uint8_t first = cur_u8(c);

	switch (first) {
	case 252:
		return cur_le(c, 2);
	case 253:
		return cur_le(c, 3);
	case 254:
		return cur_le(c, 8);
	case 251:
	case 255:
		(void)cur_fail(c, "wrong length");
		return 0;
	default:
		return first;
	}
}

int read_rotate(struct cur *c, struct ev_rotate *r)
{
	r->off = cur_le64(c);
	r->nfile = cur_left(c);
	r->file = (const char *)cur_bytes(c, r->nfile);
	if (!c->err && (!r->nfile || r->nfile > 511 || memchr(r->file, 0, r->nfile)))
		return cur_fail(c, "wrong name of a log file");
	return c->err ? -1 : 0;
}

/* Bytes of a string with one byte of length before it. */
static const char *short_string(struct cur *c, size_t *n)
{
	*n = cur_u8(c);
	return (const char *)cur_bytes(c, *n);
}

/* log_event.h of both families, Q_..._CODE. Those behind one that is not known cannot be found; all that is read here is old and
 * comes early. */
static void status_vars(struct cur *c, struct ev_query *q)
{
	size_t n;

	while (cur_left(c)) {
		switch (cur_u8(c)) {
		case 0: /* FLAGS2 */
			q->flags2 = cur_le32(c);
			q->has_flags2 = 1;
			break;
		case 1: /* SQL_MODE */
			q->sql_mode = cur_le64(c);
			q->has_sql_mode = 1;
			break;
		case 2: /* CATALOG, with a zero behind it */
			(void)short_string(c, &n);
			cur_skip(c, 1);
			break;
		case 3: /* AUTO_INCREMENT */
			cur_skip(c, 4);
			break;
		case 4: /* CHARSET */
			q->cs = cur_le16(c);
			q->cl = cur_le16(c);
			q->cserver = cur_le16(c);
			q->has_charset = 1;
			break;
		case 5: /* TIME_ZONE */
			q->tz = short_string(c, &q->ntz);
			break;
		case 6: /* CATALOG_NZ */
			(void)short_string(c, &n);
			break;
		case 7: /* LC_TIME_NAMES */
		case 8: /* CHARSET_DATABASE */
			cur_skip(c, 2);
			break;
		case 9: /* TABLE_MAP_FOR_UPDATE */
			cur_skip(c, 8);
			break;
		case 10: /* MASTER_DATA_WRITTEN */
			cur_skip(c, 4);
			break;
		case 11: /* INVOKER: user, host */
			(void)short_string(c, &n);
			(void)short_string(c, &n);
			break;
		case 12: { /* UPDATED_DB_NAMES; 254: there were too many to name */
			unsigned names = cur_u8(c);

			for (unsigned i = 0; names != 254 && i < names; i++)
				while (cur_u8(c))
					;
			break;
		}
		case 13:  /* MICROSECONDS */
		case 128: /* MariaDB's HRNOW */
			q->usec = (uint32_t)cur_le(c, 3);
			q->has_usec = 1;
			break;
		case 16: /* EXPLICIT_DEFAULTS_FOR_TIMESTAMP */
			q->edt = cur_u8(c) != 0;
			q->has_edt = 1;
			break;
		case 19: /* SQL_REQUIRE_PRIMARY_KEY */
		case 20: /* DEFAULT_TABLE_ENCRYPTION */
			cur_skip(c, 1);
			break;
		case 17:  /* DDL_LOGGED_WITH_XID */
		case 129: /* MariaDB's XID */
			cur_skip(c, 8);
			break;
		case 18: /* DEFAULT_COLLATION_FOR_UTF8MB4 */
			q->utf8mb4 = cur_le16(c);
			break;
		case 130: /* MariaDB's GTID_FLAGS3 */
			q->alter = cur_u8(c);
			if (q->alter & (GTID_ALTER_COMMIT | GTID_ALTER_ROLLBACK))
				cur_skip(c, 8);
			break;
		case 131: /* MariaDB's CHARACTER_SET_COLLATIONS: pairs of numbers */
			q->has_csc = 1;
			q->ncsc = cur_u8(c);
			q->csc = cur_bytes(c, 4u * q->ncsc);
			break;
		default:
			return;
		}
	}
}

int read_query(struct cur *c, const struct log_format *f, int compressed, struct ev_query *q)
{
	unsigned post = compressed ? f->post[EV_QUERY_COMPRESSED] : f->post[EV_QUERY];

	memset(q, 0, sizeof *q);
	cur_skip(c, 8); /* thread, seconds that it took */
	q->ndb = cur_u8(c);
	q->error = cur_le16(c);
	q->nstatus = cur_le16(c);
	if (post > 13)
		cur_skip(c, post - 13);
	q->status = cur_bytes(c, q->nstatus);
	q->db = (const char *)cur_bytes(c, q->ndb);
	if (cur_u8(c) && !c->err)
		return cur_fail(c, "name of the database does not end");
	q->nsql = cur_left(c);
	q->sql = (const char *)cur_bytes(c, q->nsql);
	return c->err ? -1 : 0;
}

int read_query_status(struct cur *c, struct ev_query *q)
{
	struct cur s;

	cur_init(&s, q->status, q->nstatus);
	status_vars(&s, q);
	return s.err ? cur_fail(c, "wrong status variables") : 0;
}

/* The fields follow each other; zeros after the last make at least 19 bytes of it. */
int read_maria_gtid(struct cur *c, struct ev_maria_gtid *g)
{
	memset(g, 0, sizeof *g);
	g->seq = cur_le64(c);
	g->domain = cur_le32(c);
	g->flags = cur_u8(c);
	if (g->flags & GTID_GROUP_COMMIT)
		cur_skip(c, 8);
	if (g->flags & (GTID_PREPARED_XA | GTID_COMPLETED_XA)) {
		g->xid_format = cur_le32(c);
		g->ngtrid = cur_u8(c);
		g->nbqual = cur_u8(c);
		g->gtrid = cur_bytes(c, g->ngtrid);
		g->bqual = cur_bytes(c, g->nbqual);
		if (!c->err && (g->ngtrid > 64 || g->nbqual > 64))
			return cur_fail(c, "wrong name of an XA transaction");
	}
	if (cur_left(c))
		g->extra = cur_u8(c);
	return c->err ? -1 : 0;
}

int read_gtid_list(struct cur *c, void (*f)(void *, uint32_t domain, uint32_t server, uint64_t seq), void *arg)
{
	uint32_t n = cur_le32(c) & 0xfffffff;

	if (n > cur_left(c) / 16)
		return cur_fail(c, "too short");
	for (uint32_t i = 0; i < n; i++) {
		uint32_t domain = cur_le32(c), server = cur_le32(c);
		uint64_t seq = cur_le64(c);

		f(arg, domain, server, seq);
	}
	return c->err ? -1 : 0;
}

/* HEARTBEAT_V2 is type, length, value: 1 the name, 2 the offset; 0 ends it (codecs of control_events.h). */
static void read_heartbeat_v2(struct cur *c, struct ev_heartbeat *h)
{
	struct cur v;

	while (cur_left(c)) {
		uint64_t type = cur_packed(c), n;

		if (!type)
			break;
		n = cur_packed(c);
		if (n > cur_left(c)) {
			(void)cur_fail(c, "too short");
			return;
		}
		cur_init(&v, cur_bytes(c, (size_t)n), (size_t)n);
		if (type == 1) {
			h->nfile = (size_t)n;
			h->file = (const char *)v.p;
		} else if (type == 2) {
			h->off = cur_packed(&v);
			if (v.err)
				(void)cur_fail(c, v.err);
		}
	}
}

int read_heartbeat(struct cur *c, const struct event *e, struct ev_heartbeat *h)
{
	memset(h, 0, sizeof *h);
	if (e->type == EV_HEARTBEAT_V2) {
		read_heartbeat_v2(c, h);
	} else {
		/* past 4 GiB MariaDB has the offset in the body (HB_SUB_HEADER_LEN) */
		h->off = e->log_pos ? e->log_pos : cur_le64(c);
		h->nfile = cur_left(c);
		h->file = (const char *)cur_bytes(c, h->nfile);
	}
	if (!c->err && (!h->nfile || h->nfile > 511 || memchr(h->file, 0, h->nfile)))
		return cur_fail(c, "wrong name of a log file");
	return c->err ? -1 : 0;
}

/* type, length, value: 1 compressed length, 2 method (0 zstd, 255 none), 3 length; 0 ends it, the payload follows */
int read_payload(struct cur *c, struct ev_payload *p)
{
	uint64_t size = UINT64_MAX, method = UINT64_MAX;

	memset(p, 0, sizeof *p);
	p->plain = UINT64_MAX;
	for (;;) {
		uint64_t type = cur_packed(c), n, value;
		struct cur v;

		if (c->err)
			return -1;
		if (!type)
			break;
		n = cur_packed(c);
		if (n > cur_left(c))
			return cur_fail(c, "too short");
		cur_init(&v, cur_bytes(c, (size_t)n), (size_t)n);
		if (type > 3)
			continue;
		value = cur_packed(&v);
		if (v.err)
			return cur_fail(c, v.err);
		if (type == 1)
			size = value;
		else if (type == 2)
			method = value;
		else
			p->plain = value;
	}
	if (method != 0 && method != 255)
		return cur_fail(c, "compressed by a method that is not known");
	if (size != cur_left(c))
		return cur_fail(c, "wrong length");
	/* a block of zstd has 3 bytes at least and becomes 128 KiB at most */
	if (method == 0 && p->plain != UINT64_MAX && p->plain >> 17 > size / 3)
		return cur_fail(c, "wrong length of compressed data");
	p->is_zstd = method == 0;
	p->n = (size_t)size;
	p->p = cur_bytes(c, p->n);
	if (p->plain == UINT64_MAX) {
		if (p->is_zstd)
			return cur_fail(c, "without the length of what is in it");
		p->plain = p->n;
	}
	return 0;
}

int read_xa_prepare(struct cur *c, struct ev_xa_prepare *x)
{
	x->one_phase = cur_u8(c) != 0;
	x->format = cur_le32(c);
	x->ngtrid = cur_le32(c);
	x->nbqual = cur_le32(c);
	if (!c->err && (x->ngtrid > 64 || x->nbqual > 64))
		return cur_fail(c, "wrong name of an XA transaction");
	x->gtrid = cur_bytes(c, x->ngtrid);
	x->bqual = cur_bytes(c, x->nbqual);
	return c->err ? -1 : 0;
}

int read_incident(struct cur *c, struct ev_incident *i)
{
	i->number = cur_le16(c);
	i->text = short_string(c, &i->ntext);
	return c->err ? -1 : 0;
}

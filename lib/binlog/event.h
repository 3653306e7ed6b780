#ifndef BINLOG_EVENT_H
#define BINLOG_EVENT_H
/*
 * The events of a binary log: head, checksum, and the bodies of all kinds that
 * are not rows. Views into the bytes they were read from; nothing is allocated.
 * Layouts are those of MySQL's "Replication Protocol" and MariaDB's "Replication
 * Protocol" pages, format version 4 only. It does not know what a transaction is.
 */
#include <stddef.h>
#include <stdint.h>

#include "cur.h"

#define EVENT_HEAD 19u
#define EVENT_CRC 4u
#define LOG_MAGIC_LEN 4u
#define EVENT_LEN_MAX (UINT32_C(1) << 31) /* no server writes a larger one */

enum event_type {
	EV_START_V3 = 1,
	EV_QUERY = 2,
	EV_STOP = 3,
	EV_ROTATE = 4,
	EV_INTVAR = 5,
	EV_LOAD = 6,
	EV_CREATE_FILE = 8,
	EV_APPEND_BLOCK = 9,
	EV_EXEC_LOAD = 10,
	EV_DELETE_FILE = 11,
	EV_NEW_LOAD = 12,
	EV_RAND = 13,
	EV_USER_VAR = 14,
	EV_FORMAT = 15,
	EV_XID = 16,
	EV_BEGIN_LOAD_QUERY = 17,
	EV_EXECUTE_LOAD_QUERY = 18,
	EV_TABLE_MAP = 19,
	EV_WRITE_V0 = 20,
	EV_UPDATE_V0 = 21,
	EV_DELETE_V0 = 22,
	EV_WRITE_V1 = 23,
	EV_UPDATE_V1 = 24,
	EV_DELETE_V1 = 25,
	EV_INCIDENT = 26,
	EV_HEARTBEAT = 27,
	EV_IGNORABLE = 28,
	EV_ROWS_QUERY = 29,
	EV_WRITE_V2 = 30,
	EV_UPDATE_V2 = 31,
	EV_DELETE_V2 = 32,
	EV_GTID = 33,
	EV_ANONYMOUS_GTID = 34,
	EV_PREVIOUS_GTIDS = 35,
	EV_TRANSACTION_CONTEXT = 36,
	EV_VIEW_CHANGE = 37,
	EV_XA_PREPARE = 38,
	EV_PARTIAL_UPDATE = 39,
	EV_TRANSACTION_PAYLOAD = 40,
	EV_HEARTBEAT_V2 = 41,
	EV_GTID_TAGGED = 42,
	EV_ANNOTATE_ROWS = 160,
	EV_BINLOG_CHECKPOINT = 161,
	EV_MARIA_GTID = 162,
	EV_MARIA_GTID_LIST = 163,
	EV_START_ENCRYPTION = 164,
	EV_QUERY_COMPRESSED = 165,
	EV_WRITE_COMPRESSED_V1 = 166,
	EV_UPDATE_COMPRESSED_V1 = 167,
	EV_DELETE_COMPRESSED_V1 = 168,
	EV_WRITE_COMPRESSED_V2 = 169,
	EV_UPDATE_COMPRESSED_V2 = 170,
	EV_DELETE_COMPRESSED_V2 = 171,
	EV_PARTIAL_ROW_DATA = 172 /* MariaDB 12.3 */
};

#define EVENT_IN_USE 0x0001u	 /* FORMAT only: the log was not closed */
#define EVENT_ARTIFICIAL 0x0020u /* made by the server for the connection, not in the log */
#define EVENT_IGNORABLE 0x0080u	 /* who does not know it may pass over it */

struct event {
	uint32_t ts, server_id, len, log_pos; /* ts: seconds; log_pos: low 32 bits of the end, 0 in some */
	uint16_t flags;
	uint8_t type;	     /* enum event_type, or one that is not known */
	const uint8_t *body; /* behind the head, without the checksum */
	size_t body_len;
};

/* "TABLE_MAP"; "event type N" is not made here: NULL if not known. */
const char *event_type_name(unsigned type);

static inline int event_is_heartbeat(unsigned type)
{
	return type == EV_HEARTBEAT || type == EV_HEARTBEAT_V2;
}

static inline uint32_t event_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Reads the head from EVENT_HEAD bytes. The body is not set. */
static inline void event_head(struct event *e, const uint8_t *p)
{
	e->ts = event_le32(p);
	e->type = p[4];
	e->server_id = event_le32(p + 5);
	e->len = event_le32(p + 9);
	e->log_pos = event_le32(p + 13);
	e->flags = (uint16_t)(p[17] | p[18] << 8);
	e->body = NULL;
	e->body_len = 0;
}

/* What FORMAT_DESCRIPTION says of the log that it opens. */
struct log_format {
	char server[51];   /* version string */
	uint32_t created;  /* seconds; 0: the server did not start with this log */
	uint8_t head_len;  /* of every event; 19 */
	uint8_t post[256]; /* length of the fixed part of the body by type; 0 not known */
	int has_crc;	   /* events end in a CRC32 */
	int is_mariadb;
};
/* p, n: the whole event. 0; -1 with the cursor failed. Checks its checksum too. */
int log_format_read(struct log_format *f, const uint8_t *p, size_t n, int is_live, struct cur *c);

/* 1 if the last 4 of the event's n bytes are the CRC32 of those before. */
int event_crc_is_right(const uint8_t *p, size_t n);

struct ev_rotate {
	uint64_t off;
	const char *file; /* not terminated */
	size_t nfile;
};
int read_rotate(struct cur *c, struct ev_rotate *r);

struct ev_query {
	const char *db, *sql;
	size_t ndb, nsql;
	uint16_t error;
	const uint8_t *status; /* the status variables as they lie */
	size_t nstatus;
	/* what read_query_status reads of them; has_ says which are there */
	int has_flags2, has_sql_mode, has_charset, has_usec;
	uint32_t flags2, usec;
	uint64_t sql_mode;
	uint16_t cs, cl, cserver;
	uint16_t utf8mb4;   /* MySQL: default_collation_for_utf8mb4; 0 not said */
	const uint8_t *csc; /* MariaDB: character_set_collations, ncsc pairs of le16: default, chosen */
	unsigned ncsc;
	int has_csc;
	int has_edt, edt; /* explicit_defaults_for_timestamp */
	const char *tz;
	size_t ntz;
	uint8_t alter; /* MariaDB's two-phase ALTER: GTID_ALTER_ bits */
};
#define QUERY_NO_FK (UINT32_C(1) << 26)	    /* of flags2: foreign_key_checks was off */
#define QUERY_NO_UNIQUE (UINT32_C(1) << 27) /* of flags2: unique_checks was off */
#define QUERY_EDT (UINT32_C(1) << 24)	    /* of MariaDB's flags2, from 10.8.4 on: explicit_defaults_for_timestamp was on */
/* The text of a compressed QUERY is still compressed. */
int read_query(struct cur *c, const struct log_format *f, int compressed, struct ev_query *q);
/* The same cursor, for its failures. Most statements are a BEGIN, of which nobody asks for these. */
int read_query_status(struct cur *c, struct ev_query *q);

struct ev_maria_gtid {
	uint64_t seq;
	uint32_t domain;
	uint8_t flags, extra;
	uint32_t xid_format; /* the name of an XA transaction */
	const uint8_t *gtrid, *bqual;
	uint8_t ngtrid, nbqual;
};
#define GTID_STANDALONE 0x01u /* of flags: no end of its own, it is the one statement */
#define GTID_GROUP_COMMIT 0x02u
#define GTID_DDL 0x20u
#define GTID_PREPARED_XA 0x40u
#define GTID_COMPLETED_XA 0x80u
#define GTID_ALTER_START 0x02u /* of extra: an ALTER begins, its end has a GTID of its own */
#define GTID_ALTER_COMMIT 0x04u
#define GTID_ALTER_ROLLBACK 0x08u
int read_maria_gtid(struct cur *c, struct ev_maria_gtid *g);

/* GTID_LIST: calls f for each; 0 or -1 with the cursor failed. */
int read_gtid_list(struct cur *c, void (*f)(void *, uint32_t domain, uint32_t server, uint64_t seq), void *arg);

struct ev_heartbeat {
	uint64_t off;
	const char *file;
	size_t nfile;
};
/* HEARTBEAT and MySQL's HEARTBEAT_V2. */
int read_heartbeat(struct cur *c, const struct event *e, struct ev_heartbeat *h);

/* XA_PREPARE of both families: the end of an XA transaction. */
struct ev_xa_prepare {
	int one_phase; /* it is committed, not prepared */
	uint32_t format;
	const uint8_t *gtrid, *bqual;
	uint32_t ngtrid, nbqual;
};
int read_xa_prepare(struct cur *c, struct ev_xa_prepare *x);

struct ev_incident {
	uint16_t number;
	const char *text;
	size_t ntext;
};
int read_incident(struct cur *c, struct ev_incident *i);

/* MySQL's TRANSACTION_PAYLOAD: a transaction's events, but the one that holds its GTID, as one compressed piece. */
struct ev_payload {
	const uint8_t *p;
	size_t n;
	uint64_t plain; /* bytes of the events in it */
	int is_zstd;	/* 0: not compressed */
};
int read_payload(struct cur *c, struct ev_payload *p);

/* Length-encoded integer of the protocol. */
uint64_t cur_packed(struct cur *c);

#endif

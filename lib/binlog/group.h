#ifndef BINLOG_GROUP_H
#define BINLOG_GROUP_H
/*
 * The parts of binlog.c: transactions and statements (group.c), rows (rowev.c).
 * All return 0, -1 with b->fail set, or where it is said BINLOG_HALTED as 1.
 */
#include "binlog/binlog.h"

#define BINLOG_OUT_FULL (256u << 10) /* output that is handed on in the midst of a transaction */

struct group_start {
	const char *gtid; /* text; "" none */
	const char *xid;  /* of an XA transaction that will be prepared; NULL: none */
	const struct event *e;
	int64_t ts_us; /* when it was committed */
	int is_standalone;
	uint8_t alter;
};
int group_begin(struct binlog *b, const struct group_start *g); /* 1: halted */
int group_open(struct binlog *b, const struct event *e); /* writes the BEGIN that is owed; e is the first event behind the GTID */
int group_commit(struct binlog *b);
int group_rollback(struct binlog *b);
int group_prepare(struct binlog *b, const struct event *e); /* XA_PREPARE */
int group_query(struct binlog *b, const struct event *e, int compressed);
int group_note(struct binlog *b, const void *sql, size_t n);
/* An event that belongs in a transaction came outside of one. */
int group_missing(struct binlog *b, const struct event *e);

/* 1 if the next item (row or frame) of the transaction is to be written, 0 if it was before the connection was lost. */
static inline int group_item(struct binlog *b)
{
	if (b->replay) {
		b->replay--;
		return 0;
	}
	b->items++;
	return 1;
}

int rows_map(struct binlog *b, const struct event *e);
int rows_event(struct binlog *b, const struct event *e);
int rows_flush(struct binlog *b); /* what gathered becomes a frame */
int rows_statement_end(struct binlog *b);

/* Failures. All return -1. */
int fail_damaged(struct binlog *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int fail_refused(struct binlog *b, const char *hint, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int fail_memory(struct binlog *b);
int fail_call(struct binlog *b);
int fail_cur(struct binlog *b, const struct event *e, const struct cur *c);
int fail_why(struct binlog *b, const struct event *e, const char *why);

#define HINT_ROW_FORMAT \
	"set binlog_format=ROW on the source, globally and for connections that are open, and start after this transaction"

#endif

#ifndef BINLOG_GTID_H
#define BINLOG_GTID_H
/*
 * MySQL's GTIDs as its log has them: the three events that open a transaction,
 * the set at the head of a log, and the set that a replica sends. Bytes only;
 * sets are pos.h's.
 */
#include <stdint.h>

#include "buf.h"
#include "cur.h"
#include "pos.h"

#define GTID_TAG_MAX 32u

struct ev_gtid {
	uint8_t uuid[16];
	char tag[GTID_TAG_MAX + 1]; /* "" none */
	uint64_t number;	    /* 0: anonymous */
	int64_t commit_us;	    /* when this source committed it; 0: the log does not say (before 8.0) */
};

/* GTID and ANONYMOUS_GTID (control_events.h, Gtid_event). 0, or -1 with the cursor failed. */
int read_gtid(struct cur *c, struct ev_gtid *g);
/* GTID_TAGGED, of 8.3 and later, in the servers' serialization format (mysql/serialization). */
int read_gtid_tagged(struct cur *c, struct ev_gtid *g);
/* UUID[:TAG]:N; "" if it is anonymous. */
void gtid_print(const struct ev_gtid *g, struct buf *out);

/*
 * A set in its packed form: PREVIOUS_GTIDS, COM_BINLOG_DUMP_GTID. With tags (8.3 and later) it has another head and each
 * UUID a tag behind it. NULL: the cursor failed, or no memory (the cursor did not).
 */
struct gtid_set *gtid_set_unpack(struct cur *c);
void gtid_set_pack(const struct gtid_set *s, struct buf *out);

#endif

#ifndef BINLOG_BINLOG_H
#define BINLOG_BINLOG_H
/*
 * A binary log's events, one after the other, -> frames of a row stream. A pure
 * function of bytes and of what it is told: it reads no descriptor and asks no
 * server; what it needs from outside (a table's definition, room in the output,
 * whether a transaction is wanted) it gets by the calls below. The order of
 * events, their checksums and the log position are checked here.
 */
#include <stdint.h>

#include "binlog/event.h"
#include "binlog/tdef.h"
#include "buf.h"
#include "pos.h"
#include "rec.h"

enum binlog_group { BINLOG_TAKE, BINLOG_SKIP, BINLOG_HALT };

struct binlog;

struct binlog_calls {
	/*
	 * A transaction begins: take it, pass over it (its GTID still counts as executed), or stop before it.
	 * -1: failed, with its message printed.
	 */
	int (*on_group)(void *arg, const struct rec_begin *b);
	/* Is the table in scope? name "": the database. 1, 0; -1: it cannot be told, with its message printed. */
	int (*wants)(void *arg, const char *db, size_t ndb, const char *name, size_t nname);
	/*
	 * The table's definition from elsewhere, for a map that the log has not fully described; *t is then the caller's,
	 * or NULL when there is none to be had. cols may be completed (is_old_uuid). 0; -1: failed, with its message printed.
	 */
	int (*define)(void *arg, const struct tmap *m, struct tmap_col *cols, struct table **t);
	/* Output was appended. 0, or -1 with its message printed. */
	int (*on_output)(void *arg);
};

enum binlog_result {
	BINLOG_OK,
	BINLOG_HALTED, /* on_group said so; the event was not taken */
	BINLOG_FAILED  /* see binlog->fail */
};

enum binlog_fail {
	BINLOG_FAIL_NONE,
	BINLOG_FAIL_CALL,    /* a call failed and said why */
	BINLOG_FAIL_DAMAGED, /* the log is damaged: why */
	BINLOG_FAIL_REFUSED, /* a person has to act: why, hint */
	BINLOG_FAIL_MEMORY
};

struct binlog {
	const struct binlog_calls *calls;
	void *arg;
	struct buf *out; /* frames are appended here; on_output may empty it */
	int with_notes;	 /* write NOTE */
	int is_live;	 /* events come over the wire: some are artificial, some were left out by the server */

	enum binlog_fail fail;
	struct buf why, hint;

	/* the log */
	struct log_format format;
	int has_format;
	uint32_t server_id;	 /* of the server that wrote the log */
	char file[LOG_NAME_MAX]; /* where the next event is */
	uint64_t pos;
	uint64_t event_pos, next_pos; /* of the event at hand: its start and end */
	int at_end;		      /* the last event was the file's last: ROTATE or STOP */
	uint64_t floor;		      /* live, by GTID: in floor_file no transaction before it comes */
	char floor_file[LOG_NAME_MAX];
	struct gtid_set *gtid; /* executed; NULL: not known */
	int gtid_is_told;      /* the set went into the stream: transactions without a GTID can no longer come */
	int gtid_is_unknown;   /* MySQL's transactions have none here, a set would not say where they are */

	/* the open transaction */
	int in_group, group_skip, is_standalone;
	int has_begun; /* its first statement was read: MySQL's tells whether it is all there is (is_standalone) */
	uint8_t alter; /* MariaDB's two-phase ALTER */
	uint64_t group_pos;
	char group_file[LOG_NAME_MAX];
	struct buf new_gtid; /* of the event at hand */
	struct buf group_gtid, group_xid;
	int owes_begin; /* BEGIN is not written: MySQL tells a name of XA in the next event only */
	int64_t group_ts_us;
	uint32_t group_server_id;
	uint64_t group_rows;	/* in its ROWS frames so far */
	uint64_t items;		/* rows and other frames written for it so far */
	uint64_t replay;	/* of those, how many are to come again and be left out */
	int is_replay;		/* the next transaction is the open one, from its start */
	uint64_t groups;	/* ended so far */
	uint64_t rows_by_op[3]; /* that went out so far, by enum row_op */
	uint64_t statements;	/* on definitions that went out so far */

	struct tdefs defs;
	struct rows_writer rows; /* rows of the same table and operation gather here */
	struct buf plain;	 /* an uncompressed event */
	struct unzstd *unzstd;	 /* made with the first TRANSACTION_PAYLOAD */
	struct tmap_col *cols;	 /* of the TABLE_MAP being read */
};

int binlog_init(struct binlog *b, const struct binlog_calls *calls, void *arg, struct buf *out);
void binlog_release(struct binlog *b);

/* The next event comes from there. It must be the start of a transaction, or of the log (LOG_MAGIC_LEN). */
void binlog_seek(struct binlog *b, const char *file, uint64_t off);
/*
 * Behind binlog_seek, live and by GTID: what comes of that file begins there or later. An event has only 32 bits of its
 * place, and the server leaves out what is before the first one: without this a place behind 4 GiB would not be known.
 */
void binlog_floor(struct binlog *b, const char *file, uint64_t off);

/*
 * The connection was lost: forgets what belonged to it. If a transaction is open its events must come again from its
 * start (group_file, group_pos); what was written of it is left out then. Returns 1 in that case.
 */
int binlog_again(struct binlog *b);

/* Takes one whole event. */
enum binlog_result binlog_event(struct binlog *b, const uint8_t *p, size_t n);

/* Ends an open transaction whose rest will never come: ROLLBACK. 0 or -1. */
int binlog_abandon(struct binlog *b);

#endif

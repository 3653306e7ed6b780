#ifndef TAP_H
#define TAP_H
/*
 * What the parts of binlog-tap share: the options, the decoder, the output, and
 * the position where the stream begins and ends. One struct tap a process.
 */
#include <stdint.h>

#include "binlog/binlog.h"
#include "code.h"
#include "conn.h"
#include "dump_pos.h"
#include "fdio.h"
#include "pattern.h"
#include "pos.h"

struct defs;

struct tap {
	/* options */
	struct conn_opts *conn; /* NULL: none were given */
	struct pos start, stop;
	int has_start, has_stop;
	struct dump_pos
	    dumped; /* of a --start-at that names a dump: which of its places start is, is not known before the source is */
	int is_dumped;
	struct pattern_list list;
	const char **files;
	size_t nfiles;
	uint32_t server_id;
	int server_id_given;
	double heartbeat_s;
	int once, annotate, force, stop_at_ddl;
	int ready_fd;

	struct binlog b;
	struct writer out;
	struct defs *defs; /* NULL: definitions come from the log alone */
	int code;	   /* exit code, set by whoever printed the message */
	int is_lost;	   /* a call failed because a connection was lost: trying again may help */

	char uuid[40]; /* the source's server_uuid; "" not known */

	/* the stream */
	int said_hello, started; /* started: past what --start-at leaves out */
	struct gtid_set *seen;	 /* with --stop-at gtid: what was executed as far as is known */
	uint64_t seen_groups;
	struct gtid_set *ahead;	    /* of --start-at gtid: what the log has not come to yet */
	struct gtid_set *doubt;	    /* left out with a number behind the start's; MariaDB */
	char (*logs)[LOG_NAME_MAX]; /* names in the order of the log, as far as they were asked for */
	size_t nlogs;
	char before_stop[LOG_NAME_MAX]; /* "", or a log that is known to be before the one of --stop-at */
	int64_t marked_us;		/* when the last MARK was written, CLOCK_MONOTONIC */
	int has_clock;
	int64_t ahead_us; /* the source's clock minus CLOCK_MONOTONIC here */
	int64_t done_us;  /* time of the last transaction or MARK, by the source's clock; 0 none yet */
	uint64_t events, read_bytes, marks;
};

int64_t clock_us(void);
/* What the source's clock shows now; where there is no source (files), or it was not asked, ours. */
int64_t tap_source_clock_us(const struct tap *t);

/* show.c: the tap as it is, for who watches (status.h). */
void tap_show(struct tap *t);

/* stream.c: what goes out. All 0, or -1 with the message printed and t->code set. */
int tap_hello(struct tap *t);
int tap_mark(struct tap *t); /* between transactions, when nothing is waiting; at most one a second */
int tap_end(struct tap *t, const char *why);
int tap_flush(struct tap *t);
int tap_reader_gone(struct tap *t); /* says that nobody reads the stream any more; always -1 */
/* The decoder failed: prints why, sets t->code. Returns -1. */
int tap_failed(struct tap *t);

/* plan.c: where the stream begins and ends. */
extern const struct binlog_calls tap_calls;
/* 1: the place of --stop-at is reached. Asked between transactions. */
int tap_is_over(struct tap *t);
/* A transaction may have ended: keeps account of GTIDs. 0 or -1. */
int tap_count(struct tap *t);
/* Orders a place in the log against another: -1, 0, 1; a file that is not among t->logs comes after those. */
int place_cmp(const struct tap *t, const char *file, uint64_t off, const char *file2, uint64_t off2);
/* Can the name be one of the log that t->logs are of? */
int tap_knows_log(const struct tap *t, const char *file);

/* files.c, live.c: the two sources. Return the exit code. */
int tap_files(struct tap *t);
int tap_live(struct tap *t);

#endif

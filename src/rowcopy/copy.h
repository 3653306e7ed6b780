#ifndef COPY_H
#define COPY_H
/*
 * What the parts of rowcopy share: the options, the tables in their order, where
 * the copy is, and what goes out. One struct copy a process.
 *
 * Tables are copied one after the other in the order of their names, each in
 * chunks by its key. Where the copy is can so be said in one line (state.c): the
 * table, and the last key of it that is there.
 */
#include <pthread.h>
#include <stdint.h>

#include "buf.h"
#include "code.h"
#include "conn.h"
#include "pattern.h"
#include "pos.h"
#include "rec.h"
#include "resume.h"
#include "schema.h"
#include "stream.h"
#include "table.h"

#define WORKERS_MAX 32
#define PART_BYTES (1u << 20)	   /* a transaction of the copy has about so much */
#define TABLE_ID_FIRST 0xf0000000u /* ids of our definitions; those of a tap begin at 1 */

struct place { /* of the source's log */
	char file[LOG_NAME_MAX];
	uint64_t off;
	struct buf gtid; /* the executed set */
	int has_gtid;
};

struct ctable { /* a table to copy */
	char *db, *name;
	int is_sequence;
	uint64_t rows, row_bytes; /* as the server guesses */
};

struct opened {	      /* a table that is being copied; what it is made of was read under its metadata lock */
	size_t index; /* in copy.tables */
	unsigned refs;
	struct table *def;
	const struct key *key; /* it is cut by; NULL: it goes in one piece */
	int cascades;	       /* a foreign key of it changes rows when others change */
	uint64_t print;	       /* of the definition */
	uint64_t chunk_rows;
	struct buf database, create, after; /* statements; after: for indexes that come behind the rows, or empty */
};

/* Where a copy is: see state.c. */
struct state {
	enum { STATE_START, STATE_ROWS, STATE_AFTER, STATE_DONE, STATE_OVER } at;
	char *db, *name; /* ROWS, AFTER, DONE: of this table; all before it are done */
	uint64_t print;	 /* ROWS: of its definition */
	struct buf key;	 /* ROWS: rows up to this key are there, as bound_add has it; empty: none are */
};

struct copy {
	/* options */
	struct conn_opts *conn;
	struct pattern_list list;
	const char *where, *resume;
	unsigned workers, lock_timeout_s;
	size_t memory;
	int live, refresh, no_ddl, indexes_after, force, ready_fd;

	struct conn *meta; /* for questions that are not of a snapshot */
	struct schema *schema;
	struct source_id self; /* of the server that meta leads to */
	int is_mariadb, ftwrl;
	struct ctable *tables;
	size_t ntables;
	char id[24];   /* of this copy */
	uint64_t part; /* of the last transaction of it */
	struct state state;
	struct readers *readers;

	struct buf *out; /* the stream's */
	int (*flush)(struct copy *);
	struct stream *s; /* live: what comes in and goes on */
	struct place at;  /* of transactions that we write */
	int64_t ts_us;
	int64_t began_us;
	int64_t locked_us;	      /* the longest that somebody who writes was held up */
	uint64_t rows, bytes, chunks; /* written */
	uint32_t told_id;	      /* of the definition that stands last in the stream, and what it was */
	uint64_t told_print;
	int code;  /* exit code, set by whoever printed the message */
	int again; /* the failure is one that another try can mend */
};

/* Prints "could not WHAT: why", sets c->code and c->again. Returns -1. */
int copy_failed(struct copy *c, const char *what, unsigned no, const char *why);
int copy_conn_failed(struct copy *c, const char *what, const struct conn *conn);
int copy_no_memory(struct copy *c);
/* Says that everything is copied, and what it cost those who write on the source. */
void copy_tell_end(const struct copy *c);

/* self.c: which server it is. */
int self_ask(struct copy *c);			       /* into c->self. 0, or -1 message printed */
int self_is_behind(struct copy *c, struct conn *conn); /* a further connection: 0; -1 it leads to another one, message printed */
int self_wrote(struct copy *c, const struct rec_hello *hello); /* the log that a stream is of: likewise */

/* list.c: which tables there are. */
int list_tables(struct copy *c);
size_t list_after(const struct copy *c, const char *db, const char *name, int with); /* first behind it, or (with) it itself */
int name_cmp(const char *db, const char *name, const char *db2, const char *name2);

/* define.c: what a table is. On conn m; the table is locked against changes by who asks. NULL: message printed. */
struct opened *opened_new(struct copy *c, struct conn *m, size_t index);
void opened_drop(struct opened *o);

/* range.c: keys and the SQL about them. A bound is the key's values as the stream writes them, one after the other. */
int bound_from_row(const struct opened *o, char **row, const unsigned long *lens, struct buf *bound);
int bound_from_vals(const struct opened *o, const struct val *vals, struct buf *bound);
int bound_vals(
    const struct opened *o, const struct buf *bound, struct val *vals); /* one a column of the key; -1: not of this key */
/* The statement that finds the last key of the next chunk behind lo (empty: from the start). */
void range_sql_bound(const struct opened *o, const struct buf *lo, uint64_t rows, struct buf *sql);
/* That reads rows behind lo up to hi (empty: to the end). */
void range_sql_rows(const struct opened *o, const struct buf *lo, const struct buf *hi, const char *where, struct buf *sql);
/* The condition "key > bound" with literals, for values instead of columns. */
void range_sql_is_behind(const struct opened *o, const struct val *key, const struct val *bound, struct buf *sql);

/* state.c */
int state_parse(struct state *st, const char *text, char *id, size_t nid, uint64_t *part); /* 0 or -1 */
void state_print(const struct state *st, const char *id, uint64_t part, struct buf *out);
int state_set(struct state *st, int at, const char *db, const char *name); /* key becomes empty; 0 or -1 */
void state_release(struct state *st);

void copy_is_at(struct copy *c, uint64_t rows_of_chunk); /* for progress.h: so many are out of the open chunk */

/* write.c: frames. 0, or -1 with the message printed. */
int write_copy_hello(struct copy *c);
int part_begin(struct copy *c);
int part_commit(struct copy *c, uint64_t rows); /* with c->state */
int part_rollback(struct copy *c);
int part_ddl(struct copy *c, const char *verb, const char *db, const char *name, const struct buf *sql);
int part_drop(
    struct copy *c, const char *what, const char *db, const char *name); /* what there is of it; "table" or "sequence" */
int part_table(struct copy *c, const struct opened *o);
int write_tables_open(struct copy *c, const struct opened *o);	/* the table is made; c->state says so */
int write_tables_close(struct copy *c, const struct opened *o); /* it is done */
int write_over(struct copy *c);					/* the copy has ended */

/* snap.c: snapshots of the source, on the readers' connections, and where in the log they are. */
int snap_open_same(struct copy *c); /* all of them at one place, c->at. 0, or -1 message printed */
int snap_open_each(struct copy *c, size_t index, struct place *at); /* each at a place of its own, at[workers], in their order */
/* MySQL: without a lock. They are between the set, into low, and the place. 1; 0 the server has no GTIDs; -1 */
int snap_set(struct copy *c, struct buf *set); /* what is executed now. 0 or -1 */
/* Of MariaDB: the set of the place, p->gtid, if the server has that in its log. 0, or -1 message printed */
int snap_ask_gtid(struct copy *c, struct conn *conn, struct place *p);
int snap_open_between(struct copy *c, struct place *at, struct buf *low);
void place_release(struct place *p);

/* alone.c, live.c: the two ways. Return the exit code. */
int copy_alone(struct copy *c);
int copy_live(struct copy *c);

#endif

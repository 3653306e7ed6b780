#ifndef CKPT_H
#define CKPT_H
/*
 * The checkpoint: one row of rowferry.checkpoint on the target says up to where
 * a pipeline's source has been applied. It is written in the transaction of the
 * rows, and only if it is still as it was read (seq) and the lease is still ours
 * (epoch): of two sinks of one pipeline at most one can commit.
 */
#include "link.h"
#include "pos.h"
#include "resume.h"

struct place { /* a position of the source */
	char file[LOG_NAME_MAX];
	uint64_t off;
	int has_gtid;
	struct buf gtid; /* the executed set as text */
	int64_t ts_us;	 /* when the source committed what is before it; 0 not known */
	struct buf copy; /* where a copy of tables is there (copy.h); empty: there is none */
};
void place_release(struct place *p);
int place_copy(struct place *to, const struct place *from); /* 0 or -1 (no memory) */

struct ckpt {
	const char *pipeline; /* borrowed */
	uint64_t epoch, seq;
	struct place at;
	struct source_id source;
	struct buf ddl_at,
	    ddl_print; /* a DDL statement that may have run already: which, and how its objects looked before; len 0 none */
};

enum ckpt_found { CKPT_FOUND, CKPT_NONE, CKPT_FAILED /* the link's err */ };

void ckpt_release(struct ckpt *c);
enum ckpt_found ckpt_load(struct ckpt *c, struct link *l);
/* Makes database and table if need be, and the pipeline's row at the given place, with the epoch that c has. 0 or -1. */
int ckpt_create(struct ckpt *c, struct link *l, const struct place *at, const struct source_id *source);

/* Appends a time as a DATETIME value; 0: NULL. */
void ckpt_put_time(struct buf *sql, int64_t us);

/* A higher epoch, wherever the position is. */
void ckpt_sql_raise(const struct ckpt *c, uint64_t epoch, struct buf *sql);

/* Statements that must find one row (STMT_CKPT). */
void ckpt_sql_hold(const struct ckpt *c, struct buf *sql); /* locks the row for this transaction */
/*
 * Does a pending DDL stay noted when the position moves? Until that is past its transaction, or its part of a copy is there:
 * who starts again may first move to places before it.
 */
int ckpt_keeps_note(const struct ckpt *c, const struct place *to);
/* Moves the position, and forgets a pending DDL that need not stay noted. */
void ckpt_sql_move(const struct ckpt *c, const struct place *to, const struct source_id *source, struct buf *sql);
/* Notes a DDL that is about to run; NULL: that none is. */
void ckpt_sql_ddl(const struct ckpt *c, const char *ddl_at, const char *ddl_print, struct buf *sql);

#endif

#ifndef HELD_H
#define HELD_H
/*
 * XA transactions between their prepare and their commit or rollback: their rows
 * are durable on the source but not visible, so they are kept in a table of the
 * target's, rowferry.prepared, as pieces of a row stream that each tell their own
 * tables. They come and go in the target transactions of the batches, with the
 * checkpoint. Bounded memory: a piece at a time, whatever the transaction's size.
 */
#include "batch.h"
#include "fdio.h"
#include "result.h"
#include "xid.h"

struct exec;

struct held {
	int is_made; /* the table was looked for, and made if need be */
	int missing; /* a dry run, and there is no table: nothing is held */
	int has_old; /* there are transactions of a former run: one of the same name may be left over */
	/* the transaction that is being stored: its BEGIN frame is the start of each piece */
	char xid[XID_TEXT_MAX + 1]; /* "" none */
	struct buf begin, piece, sql;
	int is_open; /* piece has something in it */
	uint32_t part;
	unsigned number; /* of the piece: which tables are in it (source_table.piece) */
	struct str file; /* in begin */
	uint64_t off;
	int64_t ts_us;
	struct rows_writer rows;
	/* a piece that is read back */
	struct reader in;
	struct batch back;
	struct source_table **tables;
	size_t ntables, cap_tables;
};

void held_init(struct held *h);
void held_release(struct held *h);
void held_forget(struct held *h); /* the transaction that is being stored was undone */

/* Sees to it that the table is there. Between batches. 0, or -1 with message and x->code. */
int held_make(struct exec *x);

/* The items of a batch, in the open target transaction. */
enum exec_result held_begin(struct exec *x, const struct item *it);
enum exec_result held_rows(struct exec *x, const struct item *it);
enum exec_result held_flush(struct exec *x); /* what was gathered goes to the table */
enum exec_result held_end(struct exec *x);
enum exec_result held_decide(struct exec *x, const struct item *it, int one_by_one);

#endif

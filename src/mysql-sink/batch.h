#ifndef BATCH_H
#define BATCH_H
/*
 * What was read and is not yet on the target: whole source transactions, and
 * behind them the beginning of the one that is still arriving. Rows are kept as
 * the bytes of their frames. It knows nothing of the target.
 */
#include "buf.h"
#include "policy.h"
#include "pos.h"
#include "rec.h"
#include "table.h"

struct map;

/* A TABLE of the stream, as long as rows of it are kept: the stream forgets its own sooner. */
struct source_table {
	unsigned refs;
	struct table *def; /* a copy, owned */
	struct map *map;   /* how it lands on the target; NULL: not looked up, or out of date */
	unsigned map_age;  /* of the target's definitions when map was made */
	unsigned piece;	   /* held.c: the last piece that has this definition */
	enum policy policy;
	struct source_table *replace; /* the same for rows that take the place of what is there; NULL: none came. One reference */
	unsigned section;	      /* rejects.c: the last section that has this definition, */
	uint32_t section_id;	      /* under this id */
	void (*map_free)(struct map *);
};

struct source_table *source_table_new(const struct table *t);	    /* NULL: no memory */
struct source_table *source_table_replace(struct source_table *st); /* st->replace, made if need be; NULL: no memory */
void source_table_drop(void *st);				    /* one reference less */

enum item_kind {
	ITEM_FILE,
	ITEM_ROWS,
	ITEM_SAVEPOINT,
	ITEM_STORE,  /* the rows that follow are of an XA transaction: they are held and not applied, up to ... */
	ITEM_STORED, /* ... here: it is prepared */
	ITEM_DECIDE, /* one that is held is committed (op 1) or rolled back */
	ITEM_TRX,    /* the source transaction of the rows that follow, for those that are rejected, up to ... */
	ITEM_END,    /* ... here: it ends at this position */
	ITEM_NOTHING
};

struct item {
	uint8_t kind, op, flags;
	uint32_t n; /* rows */
	/* ROWS, DECIDE, END: offset in the log; SAVEPOINT: its number; STORE: of the payload in the frame */
	uint64_t off;
	/* in bytes. ROWS: the images; FILE, END: the log file's name; STORE, TRX: the BEGIN frame; DECIDE: the xid */
	size_t at, len;
	struct source_table *st; /* ROWS: one reference */
};

struct mark { /* a savepoint of the open transaction */
	char *name;
	uint64_t number;
	size_t item; /* place of its item, or IN_TARGET */
};
#define IN_TARGET SIZE_MAX

struct batch {
	struct buf bytes;
	struct item *items;
	size_t nitems, cap_items;
	size_t whole_items, whole_bytes; /* of the transactions that are whole */
	uint64_t whole_rows, open_rows, whole_trx;
	char base_file[LOG_NAME_MAX]; /* log file in force before the first item */
	char file[LOG_NAME_MAX];      /* and behind the last one */
	struct mark *marks;
	size_t nmarks, cap_marks;
	uint64_t mark_number;
	int is_stored; /* the open transaction is an XA transaction that may come to be prepared */
	size_t trx;    /* of the open transaction's ITEM_TRX the place + 1, or IN_TARGET; 0: it has none so far */
};

void batch_release(struct batch *b);
static inline size_t batch_size(const struct batch *b)
{
	return b->bytes.len + b->nitems * sizeof(struct item);
}
static inline size_t batch_whole_size(const struct batch *b)
{
	return b->whole_bytes + b->whole_items * sizeof(struct item);
}

/* All return 0, or -1 (no memory). */
int batch_begin(struct batch *b, const char *file);
int batch_rows(struct batch *b, struct source_table *st, const struct rec_rows *r, const void *images, size_t n);
int batch_savepoint(struct batch *b, struct str name);
int batch_is_open(const struct batch *b);		     /* the open transaction has something for the target, so far */
int batch_store(struct batch *b, const struct frame *begin); /* behind batch_begin: the transaction's name is in it */
int batch_decide(struct batch *b, struct str xid, int commit, uint64_t off);
int batch_trx(struct batch *b, const void *begin, size_t n);	/* its BEGIN frame, before its rows; once is enough */
int batch_end(struct batch *b, const char *file, uint64_t off); /* after that: where it ends */
int batch_prepare(struct batch *b); /* what was stored is whole; batch_commit comes next, or the last feed */
void batch_commit(struct batch *b); /* the open transaction is whole; rows that were to be stored are ordinary ones */
void batch_undo(struct batch *b);   /* the open transaction is dropped */
/*
 * Drops what follows the savepoint. 0: it was all here; 1: the savepoint is in
 * the target, number in *number; -1: there is none of that name.
 */
int batch_rollback_to(struct batch *b, struct str name, uint64_t *number);

/* Moves the transactions that are whole to another batch, which is empty. 0, or -1 (no memory, nothing was moved). */
int batch_take_whole(struct batch *b, struct batch *to);
/* The transactions that are whole are on the target: drops them. */
void batch_drop_whole(struct batch *b);
/* Everything that is here is in the open target transaction: drops it, its savepoints are IN_TARGET from now on. */
void batch_drop_all(struct batch *b);

#endif

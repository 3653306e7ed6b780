#ifndef BULK_H
#define BULK_H
/*
 * Many rows as the parameters of one prepared statement (MariaDB's bulk
 * execution): the server parses nothing, which is a third of what an insert
 * costs it otherwise. Updates go as inserts that find their rows there (ON
 * DUPLICATE KEY UPDATE), where the primary key is the only unique one and the
 * images have all columns: a fifth less than joined. Each such row counts as two
 * changed; if the sum is another, a row was not there or was as it should be
 * already, and the batch is undone and written without them. MySQL has nothing
 * like it, but LOAD DATA of a local file, where that is allowed there
 * (local_infile), with REPLACE for updates, which changes a row in its place where
 * no other unique key is in the way. Each connection keeps its prepared statements, a bounded
 * number of them. A packet is either such rows or text, never both.
 */
#include "link.h"
#include "stmt.h"

#define BULK_ROWS 64	/* neighbours from which on it pays */
#define BULK_KEPT 32	/* prepared statements that a connection keeps; the server keeps 16,382 for all */
#define BULK_COLS 32767 /* parameters of a statement: the protocol counts them in 16 bits */

struct bulk_stmt {
	uint64_t map;	     /* its number; 0: the place is free */
	enum stmt_kind kind; /* STMT_INSERT, STMT_PUT */
	uint32_t id;
	void *handle;
};

struct bulk {
	int is_known, is_there; /* does the server have it? */
	int may_load;		/* or LOAD DATA? */
	unsigned opened;	/* link.opened of the session that the statements belong to */
	struct bulk_stmt kept[BULK_KEPT];
	size_t next; /* which one goes for a new one */
};

/* Before the connection is closed, or after. */
void bulk_forget(struct bulk *b);

/* How rows of this table can go on this connection. It asks the server when it is new: nothing may be waited for then. */
enum bulk_how { BULK_NOT, BULK_PARAMETERS, BULK_LOAD };
int bulk_knows(const struct bulk *b, const struct link *l);
enum bulk_how bulk_how(struct bulk *b, struct link *l, const struct map *m);

/* The table's statement if it is prepared already, or NULL. */
const struct bulk_stmt *bulk_find(struct bulk *b, const struct link *l, const struct map *m, enum stmt_kind kind);

/* Prepares it, on a connection that nothing is waited for on. NULL: failed, see the link's err. */
const struct bulk_stmt *bulk_prepare(
    struct bulk *b, struct link *l, const struct map *m, enum stmt_kind kind, struct buf *scratch);

/* Begins a packet of such rows; it is empty. */
void bulk_open(struct packet *p, const struct bulk_stmt *s, struct source_table *st);

/* The same of lines for LOAD DATA. */
void bulk_open_load(struct packet *p, struct source_table *st, enum stmt_kind kind);

/* One row. LIT_OK, or LIT_NO: this row needs another way; nothing was added. */
enum lit_result bulk_insert(struct packet *p, const struct source_table *st, const struct val *vals, struct row_ref ref);

#endif

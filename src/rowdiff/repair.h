#ifndef REPAIR_H
#define REPAIR_H
/*
 * The rows that make the target what the source is, as a row stream for mysql-sink (rowdiff(1), REPAIR). Positions in it are
 * times, so that a later stream is behind an earlier one, and one that was applied is not applied again.
 */
#include "conn.h"
#include "fdio.h"
#include "rec.h"

struct repair {
	int on, fd;
	struct writer out;
	struct rows_writer w;
	uint32_t open_table; /* of the rows in w */
	int in_trx;
	uint64_t off, trx_rows, written;
	uint32_t ids;
};

/* All: 0, or -1 with the message printed. file "-": standard output. */
int repair_open(struct repair *r, const char *file, const struct conn *source);
/* Writes the definition with a new id, which goes into *id. */
int repair_define(struct repair *r, struct table *t, uint32_t *id);
/* In a transaction, which is opened if there is none. old: before, new: after; NULL where there is none. */
int repair_row(struct repair *r, const struct table *t, uint32_t id, const struct val *old, const struct val *new);
int repair_commit(struct repair *r); /* ends the transaction and writes all out */
int repair_close(struct repair *r, int is_whole);
void repair_release(struct repair *r);

#endif

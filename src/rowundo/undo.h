#ifndef UNDO_H
#define UNDO_H
/*
 * rowundo in two passes. scan.c reads the stream from its beginning, decides
 * what is to be undone, and refuses what cannot be, so that nothing is written
 * before all of it is known to be good. back.c goes back over it and writes the
 * inverse. One struct undo a process.
 */
#include "held.h"
#include "plan.h"
#include "range.h"
#include "spool.h"
#include "stream.h"

struct undo {
	/* options */
	struct range range;
	int skip_ddl;

	struct spool in;
	struct plan plan;
	int code;

	/* the source, by the first HELLO; owned */
	char *flavor, *server, *uuid;
	uint64_t server_id;
	int has_hello, has_server_id;

	/* definitions in the order in which they came: where they stand */
	struct def {
		uint64_t at;
		uint32_t len;
	} * defs;
	uint32_t ndefs, cap_defs;

	/* the open transaction */
	int wanted, repeated, has_rows, has_decided;
	int enough;	   /* all that is asked for was read: the rest of the stream may be missing */
	uint64_t first;	   /* its first step */
	uint64_t begin_at; /* its BEGIN frame */
	uint32_t begin_len;
	char *flaw;		      /* why it cannot be undone: of an XA transaction, which may be rolled back */
	char last_file[LOG_NAME_MAX]; /* behind the last transaction that has ended; "" none yet */
	uint64_t last_off;

	struct held held;

	struct val *old, *new; /* an image each */
	uint32_t cap_vals;

	uint64_t print;		       /* of all that is to be undone; names the stream that does it */
	uint64_t trx, rows, sequences; /* to be undone; rows of sequences that are left out */
	uint64_t twice;		       /* transactions that were there already */

	/* back.c */
	struct writer out;
	struct rows_writer w;
	struct tables tables; /* by number of definition */
	char file[40];	      /* the name of the log that the inverse stands in */
	uint64_t done, trx_rows;
	uint32_t *starts; /* of the rows of a frame */
	size_t cap_starts;
};

/* Makes room for two images. 0 or -1. */
int undo_vals(struct undo *u, uint32_t ncols);

/* scan.c: 0, or the exit code with the message printed. Reads u->in from its beginning. */
int undo_scan(struct undo *u);
/* back.c: writes the inverse of the plan, likewise. */
int undo_write(struct undo *u);

/* rows.c: can a row of this operation be undone? NULL, or why not, with the column at fault (-1 none). */
const char *row_why_not(const struct table *t, enum row_op op, const struct val *old, const struct val *new, int *col);
/*
 * What undoes a row: the operation, or -1: nothing does, and nothing has to. Of an update the old row is made the one to be
 * found and the new one what it becomes, both whole as far as is known. Of a table of MariaDB that keeps versions the rows of
 * its past stay: an update that ends a version was a DELETE, and times of versions are the server's.
 */
int row_inverse(const struct table *t, enum row_op op, struct val *old, struct val *new);
/* A sequence of MariaDB: its numbers are given out, and are not taken back. */
int table_is_sequence(const struct table *t);

#endif

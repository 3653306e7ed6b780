#ifndef COPY_H
#define COPY_H
/*
 * Where a copy of tables (rowcopy(1)) into the pipeline is: a text that the
 * stream brings with the transactions of the copy and that goes into
 * rowferry.copy in the same transaction of the target, beside the checkpoint.
 * "ID.N STATE": part N of the copy ID is there, and STATE, which only rowcopy
 * understands, says what comes next; "ID.N" alone: it has ended.
 */
#include "buf.h"
#include "link.h"
#include "rec.h"

/* The pipeline's, into state; empty: there is none. 0, or -1 with the link's err. */
int copy_load(struct link *l, const char *pipeline, struct buf *state);
/* A pipeline begins: with this state, or, if it is empty, with none. Makes the table if need be. Likewise. */
int copy_create(struct link *l, const char *pipeline, const struct buf *state);
/* Makes the table if need be, for a copy into a pipeline that is there. Likewise. */
int copy_make(struct link *l);
/* The statement that writes it. */
void copy_sql(const char *pipeline, const struct buf *state, struct buf *sql);

int copy_is_open(const struct buf *state); /* it has not ended */
/* Is the part ("ID.N", of BEGIN) among those that the state has? Is its copy the state's at all? */
int copy_has(const struct buf *state, struct str part);
int copy_is_of(const struct buf *state, struct str part);

#endif

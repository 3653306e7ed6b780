#ifndef CANON_H
#define CANON_H
/*
 * The canonical form of a frame: what rowferry's own writers make of the
 * record that is in it. A frame that is not in this form (another writer's
 * order of fields, long integers, fields inside a column that are not known)
 * means the same but has other bytes; rowdump and rowundump compare with this
 * to find out whether the record alone brings the bytes back.
 */
#include "frame.h"
#include "table.h"
#include "rec.h"

/* Appends the canonical form; a ROWS frame (t is its table) may become several. 0; -1: c failed, or no memory. */
int canon_frame(const struct frame *f, const struct table *t, struct cur *c, struct buf *out);

/* The kind (str or bin) that a column's text and bytes travel as. */
void canon_val(const struct column *col, struct val *v);

/* Appends "db.table" as rows show it; bytes that are not UTF-8 as question marks. */
void canon_label(const struct table *t, struct buf *out);

#endif

#ifndef FOUND_H
#define FOUND_H
/*
 * What stands against what, for the message about a row that does not fit: the
 * row as the stream has it, and the row of the target that is in its place.
 */
#include "exec.h"

/* Appends an image: "id=5, name='x'", as far as it is short. Columns that it lacks are left out. */
void found_show_image(struct buf *out, const struct source_table *st, const struct val *vals);

/*
 * The server refused the row of x->new as a duplicate, with these words: looks for the row that it collides with, and appends
 * it likewise. 1; 0: it is not known (the row has gone, the server does not say which key it was). Nothing may be at the
 * server. The link's err is another one afterwards.
 */
int found_collision(struct exec *x, const struct item *it, const char *why, struct buf *out);

/* Likewise the row that the key of x->old leads to, which --compare-rows has found to be another. */
int found_other(struct exec *x, const struct item *it, struct buf *out);

#endif

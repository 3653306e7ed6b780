#ifndef CREATE_H
#define CREATE_H
/* --create-tables: the table of a definition of the stream, made on the target. */
#include "link.h"
#include "table.h"

/* On a connection of its own, since it would commit an open transaction. 0, or -1 with the reason in why. */
int create_table(const struct conn_opts *conn, const struct table *t, struct buf *why);

#endif

#ifndef CREATE_H
#define CREATE_H
/*
 * --create-tables: the table of a definition of the stream, made on the target. A
 * type, character set or collation that this server lacks becomes the one that
 * rowservers(7) names for it.
 */
#include "dialect.h"
#include "link.h"
#include "table.h"
#include "target.h"

/*
 * from is the server that wrote the stream. On a connection of its own, since it would commit an open transaction; there it is
 * also read, since MySQL reads definitions as the transaction sees them that asks. 0, or -1 with the reason in why and the
 * error's number in *no.
 */
int create_table(const struct conn_opts *conn, const struct server_kind *from, const struct table *t, struct target *target,
    struct target_table **found, struct buf *why, unsigned *no);

#endif

#ifndef DEFS_H
#define DEFS_H
/*
 * Table definitions as a server's information_schema has them now, for logs that
 * do not carry their own. Its connection is opened when it is first needed, and
 * again when it was lost.
 */
#include "binlog/tmap.h"
#include "conn.h"

struct tap;
struct defs;

struct defs *defs_new(const struct conn_opts *o); /* NULL: no memory */
void defs_free(struct defs *d);

/* The connection, for questions of other kinds too. NULL: failed, message printed, t->code and t->is_lost set. */
struct conn *defs_conn(struct defs *d, struct tap *t);
/* A question on it failed: prints what could not be done, sets t->code and t->is_lost. Returns -1. */
int defs_failed(struct defs *d, struct tap *t, const char *what);

/* binlog_calls.define */
int defs_find(struct defs *d, struct tap *t, const struct tmap *m, struct tmap_col *cols, struct table **out);

/* Says why a connection or question failed, with what to do; sets t->code, and t->is_lost if trying again may help. Returns -1.
 */
int conn_failed(struct tap *t, const char *what, unsigned no, const char *why);

#endif

#ifndef TABLES_H
#define TABLES_H
/*
 * The tables that a stream has defined so far, by their ids (rowstream(5),
 * TABLE). A later definition of an id takes the place of the earlier one; a
 * single table is never taken out.
 */
#include "table.h"

struct tables {
	struct table **slots; /* open addressing; NULL: free */
	uint32_t cap, n;      /* cap: 0 or a power of two, at least twice n */
};

/* All zero is empty. Consumes t; 0, or -1 (no memory: t is still the caller's). */
int tables_keep(struct tables *ts, struct table *t);
struct table *tables_find(const struct tables *ts, uint32_t id); /* NULL: not defined */
/* Of that name the one whose id is the greatest. NULL: there is none. */
struct table *tables_named(const struct tables *ts, const char *db, size_t ndb, const char *name, size_t nname);
void tables_forget(struct tables *ts); /* frees every table, keeps the room */
void tables_release(struct tables *ts);

#endif

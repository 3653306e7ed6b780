#ifndef SCHEMA_H
#define SCHEMA_H
/*
 * Table definitions as a server's information_schema has them now: names, types,
 * character sets, labels, primary and unique keys, in the form of the stream
 * (table.h). It asks on a connection that is the caller's.
 */
#include "buf.h"
#include "conn.h"
#include "table.h"

struct schema; /* what was asked once and holds for all tables: the numbers of collations */

struct schema *schema_new(void); /* NULL: no memory */
void schema_free(struct schema *s);

struct schema_found {
	uint32_t n; /* columns that the server shows, also those that there was no room for; 0: no such table, or not for us */
	int no_memory;
	struct buf odd;	   /* not empty: a column of a type that is not known, and which; nothing behind it was read */
	uint8_t *old_uuid; /* by column, room for t->ncols; set where a uuid is kept in MariaDB's older order. NULL: not wanted */
};
void schema_found_release(struct schema_found *f);

/*
 * Fills the columns of t, which has its names and room for t->ncols of them (all zero).
 * 0, also if nothing was found or f tells of trouble; -1 a question failed (conn_errno).
 */
int schema_read(struct schema *s, struct conn *c, struct table *t, struct schema_found *f);
/* Then its keys; those over expressions are left out. */
int schema_read_keys(struct schema *s, struct conn *c, struct table *t, struct schema_found *f);

#endif

#ifndef ROWREAD_H
#define ROWREAD_H
/*
 * Rows of a table by SELECT, in the text protocol, as the images that the tap
 * makes of the same rows in the log (rowstream(5), Types and values). Pure: what
 * to ask, and what the answer means; who asks is somebody else.
 *
 * The session must be as rowread_session says: then text comes as the bytes of its
 * column, times in UTC, and numbers in a form that reading gives back to the bit.
 * What SELECT cannot show is the type of a scalar in MySQL's JSON that JSON's own
 * text does not have (decimals, dates, bytes): such a document comes as the text
 * that MySQL prints.
 */
#include "buf.h"
#include "table.h"

/* Statements, one after the other; is_mariadb: of that family. */
const char *rowread_session(int is_mariadb);

/* Appends what to select for a column, and for all of them in their order with commas. */
void rowread_column(const struct column *c, struct buf *sql);
void rowread_columns(const struct table *t, struct buf *sql);

/*
 * A value of the answer (text NULL: NULL), of n bytes. Bytes are borrowed from the text, or from
 * room, which it may append to (at most 32 bytes a value; it must not move while the values are in use: see
 * rowread_image). 0; -1: not a value of the column's type.
 */
int rowread_value(const struct column *c, const char *text, size_t n, struct buf *room, struct val *v);
/* A row: fills vals[ncols]; borrowed from the row and from room, which is emptied first. 0; -1 with *col the column; no memory:
 * room->failed. */
int rowread_image(
    const struct table *t, char **row, const unsigned long *lens, struct buf *room, struct val *vals, uint32_t *col);

/* Appends a value as a literal that an expression on the server takes as the column's own value, of its character set and type.
 */
void rowread_literal(const struct column *c, const struct val *v, struct buf *sql);

#endif

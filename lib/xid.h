#ifndef XID_H
#define XID_H
/*
 * Names of XA transactions, as text in one form: X'gtrid',X'bqual',formatID with
 * hex digits in lower case and an unsigned number, so that two are the same
 * transaction exactly if their bytes are equal, and each can stand in a
 * statement as it is.
 */
#include "buf.h"

#define XID_PART_MAX 64	 /* bytes of gtrid and of bqual */
#define XID_TEXT_MAX 280 /* of the text, more than the longest has */

void xid_print(struct buf *out, const void *gtrid, size_t ngtrid, const void *bqual, size_t nbqual, uint32_t format);
/* 1 if it is such a text. */
int xid_is_canonical(const char *p, size_t n);

enum xid_verb { XID_START, XID_END, XID_PREPARE, XID_COMMIT, XID_ROLLBACK };

/*
 * A statement as the servers write it to their logs: XA verb xid [ONE PHASE].
 * The xid is appended to out. 0; -1: it is not one.
 */
int xid_of_statement(const char *sql, size_t n, enum xid_verb *verb, int *one_phase, struct buf *out);

#endif

#ifndef COLUMN_H
#define COLUMN_H
/* Two columns beside each other: in what form their values are compared, and what else they have in common. */
#include "table.h"

enum canon {		/* the form, of the same bytes on both servers for the same value */
	CANON_INT,	/* digits */
	CANON_PLAIN,	/* the server's text: decimals, dates, times, addresses, JSON of MySQL */
	CANON_TRIMMED,	/* the same without zeros at the end of the fraction: scales differ */
	CANON_DATETIME, /* a date meets a time stamp */
	CANON_DOUBLE,	/* see value.c */
	CANON_BYTES,	/* the bytes as they are */
	CANON_UTF8,	/* text of different character sets, enums, sets */
	CANON_LOWER,	/* the same, without letters' case: a UUID and its text */
	CANON_PACKED,	/* a UUID or an address and its bytes */
	CANON_JSON	/* MySQL's on one side, text on the other: compared by value, here */
};

enum canon column_canon(const struct column *a, const struct column *b);
/* What two columns of the source need beside one of the target, if they need these alone. */
enum canon column_canon_join(enum canon a, enum canon b);
/* Do both servers put values of such columns into one order? A wrong yes costs time and nothing else: see narrow.c. */
int column_same_order(const struct column *a, const struct column *b, enum canon canon);
int column_same_type(const struct column *a, const struct column *b);		 /* values of both travel in one form */
int column_copy(struct column *to, const struct column *from, const char *name); /* 0, or -1 (no memory) */

#endif

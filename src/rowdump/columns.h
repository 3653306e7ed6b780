#ifndef COLUMNS_H
#define COLUMNS_H
/*
 * What the JSON form of a table's rows needs of its definition, made once a
 * table: names as JSON keys, members of enum and set as JSON text.
 */
#include "table.h"

struct columns {
	char *label; /* "db.table" as a JSON string */
	int named;   /* 0: names are not UTF-8 or not unique, rows are arrays */
	struct column_text {
		char *key;     /* "name": with quotes and colon */
		char **labels; /* the inside of a JSON string each; NULL: shown as its number */
	} cols[];
};

/* The table's own, made at the first call and freed with it. NULL: no memory. */
const struct columns *columns_of(struct table *t);

#endif

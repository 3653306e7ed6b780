#include "column.h"

#include <stdlib.h>
#include <string.h>

enum group { G_INT, G_DEC, G_FLOAT, G_DATE, G_TIME, G_DATETIME, G_TEXT, G_BYTES, G_ENUM, G_SET, G_JSON, G_UUID, G_INET };

static enum group group_of(const struct column *c)
{
	switch (c->type) {
	case COL_DECIMAL:
		return G_DEC;
	case COL_FLOAT:
	case COL_DOUBLE:
		return G_FLOAT;
	case COL_DATE:
		return G_DATE;
	case COL_TIME:
		return G_TIME;
	case COL_DATETIME:
	case COL_TIMESTAMP:
		return G_DATETIME;
	case COL_ENUM:
		return G_ENUM;
	case COL_SET:
		return G_SET;
	case COL_JSON:
		return G_JSON;
	case COL_UUID:
		return G_UUID;
	case COL_INET4:
	case COL_INET6:
		return G_INET;
	default:
		break;
	}
	switch (col_type_class(c->type)) {
	case COLC_INT:
		return G_INT;
	case COLC_TEXT:
		return G_TEXT;
	default:
		return G_BYTES;
	}
}

static int same_labels(const struct column *a, const struct column *b)
{
	if (a->nlabels != b->nlabels || !a->charset || !b->charset || strcmp(a->charset, b->charset) != 0)
		return 0;
	for (uint32_t i = 0; i < a->nlabels; i++)
		if (a->labels[i].n != b->labels[i].n || memcmp(a->labels[i].p, b->labels[i].p, a->labels[i].n) != 0)
			return 0;
	return 1;
}

static int same_bytes(const struct column *a, const struct column *b)
{
	const char *x = a->charset ? a->charset : "", *y = b->charset ? b->charset : "";

	return !strcmp(x, y) || (charset_is_utf8(x) && charset_is_utf8(y));
}

enum canon column_canon(const struct column *a, const struct column *b)
{
	enum group x = group_of(a), y = group_of(b);

	if (x == y) {
		switch (x) {
		case G_INT:
			return CANON_INT;
		case G_DEC:
		case G_TIME:
		case G_DATETIME:
			return a->dec == b->dec ? CANON_PLAIN : CANON_TRIMMED;
		case G_FLOAT:
			return CANON_DOUBLE;
		case G_TEXT:
			return same_bytes(a, b) ? CANON_BYTES : CANON_UTF8;
		case G_ENUM:
		case G_SET:
			return same_labels(a, b) ? CANON_INT : CANON_UTF8;
		case G_BYTES:
			return CANON_BYTES;
		default:
			return CANON_PLAIN;
		}
	}
	if (x <= G_FLOAT && y <= G_FLOAT)
		return x == G_FLOAT || y == G_FLOAT ? CANON_DOUBLE : CANON_TRIMMED;
	if ((x == G_DATE && y == G_DATETIME) || (x == G_DATETIME && y == G_DATE))
		return CANON_DATETIME;
	if ((x == G_JSON && y == G_TEXT) || (x == G_TEXT && y == G_JSON))
		return CANON_JSON;
	if ((x == G_UUID && y == G_TEXT) || (x == G_TEXT && y == G_UUID))
		return CANON_LOWER;
	if (((x == G_UUID || x == G_INET) && y == G_BYTES) || ((y == G_UUID || y == G_INET) && x == G_BYTES))
		return CANON_PACKED;
	if ((x == G_TEXT && y == G_BYTES) || (x == G_BYTES && y == G_TEXT))
		return CANON_BYTES;
	return CANON_UTF8;
}

/* The stronger of what two tables of the source need beside one column of the target. */
enum canon column_canon_join(enum canon a, enum canon b)
{
	if (a == b)
		return a;
	if ((a == CANON_PLAIN && b == CANON_TRIMMED) || (a == CANON_TRIMMED && b == CANON_PLAIN))
		return CANON_TRIMMED;
	return CANON_UTF8;
}

/* Do both servers put values of the column into one order? A wrong yes costs time and nothing else: see scan.c. */
int column_same_order(const struct column *a, const struct column *b, enum canon canon)
{
	switch (canon) {
	case CANON_INT:
	case CANON_TRIMMED:
	case CANON_DATETIME:
		return 1;
	case CANON_DOUBLE:
		return 0; /* a FLOAT is not equal to the text that it is printed as */
	case CANON_PLAIN:
		return group_of(a) == group_of(b);
	case CANON_BYTES:
		return a->coll == b->coll && group_of(a) == group_of(b);
	default:
		return 0;
	}
}

/* Values of both travel in one form. */
int column_same_type(const struct column *a, const struct column *b)
{
	return a->type == b->type && a->is_unsigned == b->is_unsigned && a->dec == b->dec && same_bytes(a, b) &&
	       (!a->nlabels || same_labels(a, b));
}

int column_copy(struct column *to, const struct column *from, const char *name)
{
	*to = *from;
	to->name = NULL;
	to->charset = NULL;
	to->labels = NULL;
	to->nlabels = 0;
	if (table_set_str(&to->name, name, strlen(name)) < 0 ||
	    (from->charset && table_set_str(&to->charset, from->charset, strlen(from->charset)) < 0) ||
	    (from->nlabels && column_set_labels(to, from->nlabels) < 0))
		return -1;
	for (uint32_t i = 0; i < from->nlabels; i++) {
		to->labels[i].p = malloc(from->labels[i].n + 1);
		if (!to->labels[i].p)
			return -1;
		memcpy(to->labels[i].p, from->labels[i].p, from->labels[i].n);
		to->labels[i].n = from->labels[i].n;
	}
	return 0;
}

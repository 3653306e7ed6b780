/* Which rows can be undone: what is in their images decides. */
#include <string.h>

#include "undo.h"

int table_is_sequence(const struct table *t)
{
	/* what SHOW CREATE TABLE says of every sequence (sql/sql_sequence.cc of MariaDB) */
	static const char *const names[] = {"next_not_cached_value", "minimum_value", "maximum_value", "start_value", "increment",
	    "cache_size", "cycle_option", "cycle_count"};

	if (t->ncols != sizeof names / sizeof *names || t->nkeys)
		return 0;
	for (uint32_t i = 0; i < t->ncols; i++)
		if (strcmp(t->cols[i].name, names[i]) != 0)
			return 0;
	return 1;
}

static int key_is_there(const struct key *k, const struct val *v)
{
	for (uint32_t i = 0; i < k->ncols; i++)
		if (v[k->cols[i]].kind <= VAL_NULL)
			return 0;
	return !k->parts || k->primary;
}

/* The first column that the image lacks; -1: it is whole. */
static int first_absent(const struct table *t, const struct val *v)
{
	for (uint32_t i = 0; i < t->ncols; i++)
		if (v[i].kind == VAL_ABSENT && !t->cols[i].generated)
			return (int)i;
	return -1;
}

/* Can the row be found by these values? */
static int is_found_by(const struct table *t, const struct val *v)
{
	for (uint32_t i = 0; i < t->nkeys; i++)
		if (key_is_there(&t->keys[i], v))
			return 1;
	return first_absent(t, v) < 0;
}

const char *row_why_not(const struct table *t, enum row_op op, const struct val *old, const struct val *new, int *col)
{
	*col = -1;
	switch (op) {
	case ROW_INSERT:
		return is_found_by(t, new) ? NULL : "the log does not have what it could be found by";
	case ROW_DELETE:
		*col = first_absent(t, old);
		return *col < 0 ? NULL : "the log does not have all of the row";
	case ROW_UPDATE:
		break;
	}
	for (uint32_t i = 0; i < t->ncols; i++)
		if (new[i].kind != VAL_ABSENT && old[i].kind == VAL_ABSENT && !t->cols[i].generated) {
			*col = (int)i;
			return "the log does not have what was there before";
		}
	return NULL; /* by what it could be found for the update it can be found again */
}

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

/* The columns that WITH SYSTEM VERSIONING adds by itself. 0: there are none. */
static int find_versions(const struct table *t, uint32_t *start, uint32_t *end)
{
	int a = table_find_col(t, "row_start", 9), b = table_find_col(t, "row_end", 7);

	if (a < 0 || b < 0 || !t->cols[a].generated || !t->cols[b].generated || !t->cols[a].invisible || !t->cols[b].invisible)
		return 0;
	*start = (uint32_t)a;
	*end = (uint32_t)b;
	return 1;
}

/* Its version has not ended: the end of time is that of TIMESTAMP, from MariaDB 11.5 on that of 32 bits without a sign. */
static int is_current(const struct val *end)
{
	static const char *const never[] = {"2038-01-19 03:14:07.999999", "2106-02-07 06:28:15.999999"};

	if (end->kind != VAL_STR)
		return 1;
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (end->n == strlen(never[i]) && !memcmp(end->p, never[i], end->n))
			return 1;
	return 0;
}

static void forget(struct val *v, uint32_t start, uint32_t end)
{
	v[start].kind = v[end].kind = VAL_ABSENT;
}

int row_inverse(const struct table *t, enum row_op op, struct val *old, struct val *new)
{
	static const enum row_op inverse[] = {ROW_DELETE, ROW_UPDATE, ROW_INSERT};
	uint32_t start = 0, end = 0;
	int has_versions = find_versions(t, &start, &end), was = 1, is = 1;

	if (has_versions && op != ROW_INSERT) {
		was = is_current(&old[end]);
		forget(old, start, end);
	}
	if (has_versions && op != ROW_DELETE) {
		is = is_current(&new[end]);
		forget(new, start, end);
	}
	if (op != ROW_UPDATE)
		return was && is ? (int)inverse[op] : -1;
	if (!was)
		return -1;
	if (!is)
		return ROW_INSERT;
	for (uint32_t i = 0; i < t->ncols; i++)
		if (new[i].kind == VAL_ABSENT)
			new[i] = old[i];
	return ROW_UPDATE;
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

#include "tables.h"

#include <stdlib.h>
#include <string.h>

/* Where the id is, or where it goes. */
static uint32_t slot(const struct tables *ts, uint32_t id)
{
	uint32_t i = id * 2654435761u & (ts->cap - 1);

	while (ts->slots[i] && ts->slots[i]->id != id)
		i = (i + 1) & (ts->cap - 1);
	return i;
}

static int grow(struct tables *ts)
{
	struct tables more = {NULL, ts->cap ? 2 * ts->cap : 64, ts->n};

	more.slots = calloc(more.cap, sizeof *more.slots);
	if (!more.slots)
		return -1;
	for (uint32_t i = 0; i < ts->cap; i++)
		if (ts->slots[i])
			more.slots[slot(&more, ts->slots[i]->id)] = ts->slots[i];
	free(ts->slots);
	*ts = more;
	return 0;
}

int tables_keep(struct tables *ts, struct table *t)
{
	uint32_t i;

	if (2 * (ts->n + 1) > ts->cap && grow(ts) < 0)
		return -1;
	i = slot(ts, t->id);
	if (ts->slots[i])
		table_free(ts->slots[i]);
	else
		ts->n++;
	ts->slots[i] = t;
	return 0;
}

struct table *tables_find(const struct tables *ts, uint32_t id)
{
	return ts->cap ? ts->slots[slot(ts, id)] : NULL;
}

static int is(const char *s, const char *p, size_t n)
{
	return strlen(s) == n && (!n || !memcmp(s, p, n));
}

struct table *tables_named(const struct tables *ts, const char *db, size_t ndb, const char *name, size_t nname)
{
	struct table *found = NULL;

	for (uint32_t i = 0; i < ts->cap; i++) {
		struct table *t = ts->slots[i];

		if (t && (!found || t->id > found->id) && is(t->db, db, ndb) && is(t->name, name, nname))
			found = t;
	}
	return found;
}

void tables_forget(struct tables *ts)
{
	for (uint32_t i = 0; i < ts->cap; i++) {
		table_free(ts->slots[i]);
		ts->slots[i] = NULL;
	}
	ts->n = 0;
}

void tables_release(struct tables *ts)
{
	tables_forget(ts);
	free(ts->slots);
	*ts = (struct tables){0};
}

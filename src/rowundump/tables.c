#include <stdlib.h>

#include "canon.h"
#include "undump.h"

static uint32_t slot(const struct undump *u, uint32_t id)
{
	uint32_t i = id * 2654435761u & (u->cap_tables - 1);

	while (u->tables[i] && u->tables[i]->id != id)
		i = (i + 1) & (u->cap_tables - 1);
	return i;
}

struct table *tables_by_id(struct undump *u, uint32_t id)
{
	return u->cap_tables ? u->tables[slot(u, id)] : NULL;
}

const char *table_label(const struct table *t)
{
	return t->user;
}

struct table *tables_by_label(struct undump *u, const char *label, int *many)
{
	struct table *found = NULL;

	*many = 0;
	if (u->last_table && strcmp(table_label(u->last_table), label) == 0)
		return u->last_table;
	for (uint32_t i = 0; i < u->cap_tables; i++) {
		if (!u->tables[i] || strcmp(table_label(u->tables[i]), label) != 0)
			continue;
		*many = found != NULL;
		found = u->tables[i];
		if (*many)
			return found;
	}
	u->last_table = found;
	return found;
}

static int grow(struct undump *u)
{
	struct table **old = u->tables;
	uint32_t ncap = u->cap_tables;

	u->tables = calloc(ncap ? 2 * ncap : 64, sizeof(struct table *));
	if (!u->tables) {
		u->tables = old;
		return -1;
	}
	u->cap_tables = ncap ? 2 * ncap : 64;
	for (uint32_t i = 0; i < ncap; i++)
		if (old[i])
			u->tables[slot(u, old[i]->id)] = old[i];
	free(old);
	return 0;
}

int tables_keep(struct undump *u, struct table *t)
{
	struct buf b = BUF_INIT;
	uint32_t i;

	canon_label(t, &b);
	t->user = b.failed ? NULL : strdup(buf_str(&b));
	t->user_free = free;
	buf_release(&b);
	if (!t->user || (2 * (u->ntables + 1) > u->cap_tables && grow(u) < 0))
		return -1;
	u->last_table = NULL;
	i = slot(u, t->id);
	if (u->tables[i])
		table_free(u->tables[i]);
	else
		u->ntables++;
	u->tables[i] = t;
	return 0;
}

void tables_forget(struct undump *u)
{
	for (uint32_t i = 0; i < u->cap_tables; i++) {
		table_free(u->tables[i]);
		u->tables[i] = NULL;
	}
	u->ntables = 0;
	u->last_table = NULL;
}

/* The tables of the section as rows name them: by the label that rowdump gave each, "db.table". */
#include <stdlib.h>

#include "canon.h"
#include "undump.h"

const char *label_of(const struct table *t)
{
	return t->user;
}

struct table *labels_find(struct undump *u, const char *label, int *many)
{
	struct table *found = NULL;

	*many = 0;
	if (u->last_table && strcmp(label_of(u->last_table), label) == 0)
		return u->last_table;
	for (uint32_t i = 0; i < u->tables.cap; i++) {
		struct table *t = u->tables.slots[i];

		if (!t || strcmp(label_of(t), label) != 0)
			continue;
		*many = found != NULL;
		found = t;
		if (*many)
			return found;
	}
	u->last_table = found;
	return found;
}

int labels_keep(struct undump *u, struct table *t)
{
	struct buf b = BUF_INIT;

	canon_label(t, &b);
	t->user = b.failed ? NULL : strdup(buf_str(&b));
	t->user_free = free;
	buf_release(&b);
	u->last_table = NULL;
	return t->user ? tables_keep(&u->tables, t) : -1;
}

void labels_forget(struct undump *u)
{
	tables_forget(&u->tables);
	u->last_table = NULL;
}

/* By which columns of a pair its rows are known. */
#include <stdlib.h>
#include <strings.h>

#include "plan.h"

static int is_usable(const struct table *t, const struct key *k)
{
	for (uint32_t i = 0; i < k->ncols; i++)
		if ((k->parts && k->parts[i]) || (!k->primary && t->cols[k->cols[i]].nullable))
			return 0;
	return 1;
}

static int col_of(const struct pair *p, const char *name)
{
	for (uint32_t i = 0; i < p->ncols; i++)
		if (!strcasecmp(p->cols[i].name, name))
			return (int)i;
	return -1;
}

/* The pair's column i is, as it is, this column of the part's table. */
static int is_column(const struct part *part, uint32_t i, uint32_t at)
{
	return part->cols[i].c == &part->t->cols[at] && !part->cols[i].sql;
}

static int take_key(struct pair *p, const struct table *t, const struct key *k)
{
	for (uint32_t i = 0; i < k->ncols; i++) {
		const char *name = t->cols[k->cols[i]].name;
		int c = -1;

		if (t == p->target) {
			c = col_of(p, name);
		} else {
			for (uint32_t j = 0; j < p->ncols; j++)
				if (is_column(&p->parts[0], j, k->cols[i]))
					c = (int)j;
		}
		/* JSON cannot be one, but its text may */
		if (c < 0 || p->cols[c].canon == CANON_JSON)
			return 0;
		p->key[i] = (uint32_t)c;
	}
	p->nkey = k->ncols;
	p->index = k->name;
	return 1;
}

/* A key of the source with the same columns in the same order, in every part. */
static int parts_have_key(struct pair *p)
{
	for (size_t n = 0; n < p->nparts; n++) {
		const struct table *t = p->parts[n].t;
		int found = 0;

		for (uint32_t i = 0; i < t->nkeys && !found; i++) {
			const struct key *k = &t->keys[i];
			uint32_t j = 0;

			if (k->ncols < p->nkey || k->parts)
				continue;
			while (j < p->nkey && is_column(&p->parts[n], p->key[j], k->cols[j]))
				j++;
			found = j == p->nkey;
			if (found)
				p->parts[n].index = k->name;
		}
		if (!found)
			return 0;
	}
	return 1;
}

int pair_choose_key(struct pair *p)
{
	const struct table *t = p->target ? p->target : p->parts[0].t;
	uint32_t most = 1;

	for (uint32_t i = 0; i < t->nkeys; i++)
		if (t->keys[i].ncols > most)
			most = t->keys[i].ncols;
	p->key = calloc(most, sizeof *p->key);
	if (!p->key)
		return -1;
	for (uint32_t i = 0; i < t->nkeys && !p->nkey; i++)
		if (is_usable(t, &t->keys[i]))
			(void)take_key(p, t, &t->keys[i]);
	p->is_ordered = p->nkey && parts_have_key(p);
	for (uint32_t k = 0; k < p->nkey && p->is_ordered; k++)
		for (size_t n = 0; n < p->nparts; n++) {
			const struct pair_col *c = &p->cols[p->key[k]];
			const struct column *from = p->parts[n].cols[p->key[k]].c;

			if (!column_same_order(from, c->to >= 0 ? &p->target->cols[c->to] : from, c->canon))
				p->is_ordered = 0;
		}
	return 0;
}

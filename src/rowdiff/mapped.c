#include "mapped.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "code.h"
#include "defs.h"
#include "msg.h"

static int keeps_some(const struct rule *u)
{
	for (size_t i = 0; u && i < u->ncols; i++)
		if (u->cols[i].verb == RULE_KEEP)
			return 1;
	return 0;
}

/* A column of the rule that is one of the source's. */
static void apply(struct mapped_col *to, const struct rule_col *c)
{
	switch (c->verb) {
	case RULE_DROP:
		to->name = NULL;
		break;
	case RULE_KEEP:
		to->name = c->to ? c->to : to->c->name;
		break;
	case RULE_RENAME:
		to->name = c->to;
		break;
	default: /* RULE_SET */
		to->computed = c;
	}
}

/* The source's columns, in their order; name NULL: it is left out. */
static int take_source(struct mapped *m, const struct rules *rules, const struct table *t, const struct rule *u)
{
	int keeps = keeps_some(u);

	for (uint32_t i = 0; i < t->ncols; i++)
		m->v[i] = (struct mapped_col){keeps ? NULL : t->cols[i].name, &t->cols[i], NULL};
	for (size_t i = 0; u && i < u->ncols; i++) {
		const struct rule_col *c = &u->cols[i];
		int at;

		if (c->verb == RULE_ADD || c->verb == RULE_KEY)
			continue;
		at = table_find_col(t, c->name, strlen(c->name));
		if (at < 0) {
			msg_error(
			    "%s:%u:%u: table %s.%s has no column \"%s\"", rules->file, c->line, c->col, t->db, t->name, c->name);
			return CODE_USAGE;
		}
		apply(&m->v[at], c);
	}
	return CODE_OK;
}

int mapped_make(struct mapped *m, const struct rules *rules, const struct table *t, const struct rule *u)
{
	uint32_t n = 0;
	int code;

	m->n = 0;
	m->v = calloc(t->ncols + (u ? u->ncols : 0) + 1, sizeof *m->v);
	if (!m->v)
		return no_memory();
	code = take_source(m, rules, t, u);
	if (code != CODE_OK)
		return code;
	for (uint32_t i = 0; i < t->ncols; i++) {
		struct mapped_col *c = &m->v[i];

		if (!c->name)
			continue;
		if (c->computed && c->computed->has_type)
			c->c = &c->computed->type;
		m->v[n++] = *c;
	}
	for (size_t i = 0; u && i < u->ncols; i++)
		if (u->cols[i].verb == RULE_ADD)
			m->v[n++] = (struct mapped_col){u->cols[i].name, &u->cols[i].type, &u->cols[i]};
	m->n = n;
	return CODE_OK;
}

void mapped_release(struct mapped *m)
{
	free(m->v);
	*m = (struct mapped){NULL, 0};
}

const struct mapped_col *mapped_find(const struct mapped *m, const char *name)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (!strcasecmp(m->v[i].name, name))
			return &m->v[i];
	return NULL;
}

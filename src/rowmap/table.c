/* Definitions: names, columns and keys of what goes out. */
#include <stdlib.h>
#include <strings.h>

#include "code.h"
#include "map.h"
#include "msg.h"
#include "rulesfile.h"

struct plan { /* what becomes of the source's columns, one of each a column */
	const struct rule_col **rename, **set;
	uint8_t *gone;
};

/* A mistake that shows with this table. */
static int wrong(struct stream *s, const struct rule_col *c, const struct table *t, const char *what, const char *name)
{
	struct rowmap *m = s->arg;

	msg_error("%s:%u:%u: table %s.%s %s \"%s\"", m->rules.file, c->line, c->col, t->db, t->name, what, name);
	return map_fail(s, CODE_USAGE);
}

static void mtable_free(void *p)
{
	struct mtable *mt = p;

	for (uint32_t i = 0; mt->cols && i < mt->to->ncols; i++)
		expr_prog_free(mt->cols[i].prog);
	table_free(mt->to);
	free(mt->cols);
	free(mt->runs);
	free(mt->needs);
	free(mt->matters);
	free(mt);
}

static int find(struct stream *s, const struct rule_col *c, const struct table *t)
{
	int i = table_find_col(t, c->name, strlen(c->name));

	return i < 0 ? wrong(s, c, t, "has no column", c->name) : i;
}

static int plan_columns(struct stream *s, const struct table *t, const struct rule *u, struct plan *p)
{
	int keeps = 0;

	for (size_t i = 0; i < u->ncols; i++)
		keeps |= u->cols[i].verb == RULE_KEEP;
	memset(p->gone, keeps, t->ncols);
	for (size_t i = 0; i < u->ncols; i++) {
		const struct rule_col *c = &u->cols[i];
		int at;

		if (c->verb == RULE_ADD || c->verb == RULE_KEY)
			continue;
		at = find(s, c, t);
		if (at < 0)
			return -1;
		if (c->verb == RULE_DROP || c->verb == RULE_KEEP)
			p->gone[at] = c->verb == RULE_DROP;
		if (c->verb == RULE_SET)
			p->set[at] = c;
		if (c->verb != RULE_RENAME && !c->to)
			continue;
		if (p->rename[at])
			return wrong(s, c, t, "renames twice the column", c->name);
		p->rename[at] = c;
	}
	for (uint32_t i = 0; i < t->ncols; i++) {
		if (p->gone[i] && (p->rename[i] || p->set[i]))
			return wrong(s, p->rename[i] ? p->rename[i] : p->set[i], t, "does not keep the column", t->cols[i].name);
	}
	return 0;
}

static int copy_type(struct column *to, const struct column *from)
{
	char *name = to->name;

	*to = *from;
	to->name = name;
	to->labels = NULL;
	to->nlabels = 0;
	to->charset = from->charset ? strdup(from->charset) : NULL;
	return from->charset && !to->charset ? -1 : 0;
}

static int copy_column(struct column *to, const struct column *from)
{
	if (copy_type(to, from) < 0 || (from->nlabels && column_set_labels(to, from->nlabels) < 0))
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

/* Binds the value of column `at` of what goes out. */
static int compute(struct stream *s, struct mtable *mt, const struct table *t, uint32_t at, const struct rule_col *c)
{
	struct rowmap *m = s->arg;
	struct out_col *o = &mt->cols[at];
	struct expr_err err;
	const uint8_t *needs;

	o->prog = expr_bind_value(c->expr, t, &mt->to->cols[at], &err);
	if (!o->prog) {
		rules_mistake(m->rules.file, &err, "");
		msg_hint("the value is for table \"%s.%s\"", t->db, t->name);
		return map_fail(s, CODE_USAGE);
	}
	o->moving = expr_is_about_change(c->expr) || expr_is_about_trx(c->expr);
	o->line = c->line;
	o->col = c->col;
	needs = expr_prog_needs(o->prog);
	for (uint32_t i = 0; i < t->ncols; i++) {
		mt->needs[i] |= needs[i];
		mt->matters[i] |= needs[i];
	}
	return 0;
}

/* The columns of what goes out: the source's in their order, then what is added. */
static int make_columns(struct stream *s, struct mtable *mt, const struct table *t, const struct rule *u, const struct plan *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->ncols; i++) {
		struct column *c = &mt->to->cols[n];
		const struct rule_col *set = p->set[i];

		if (p->gone[i])
			continue;
		if (table_set_str(&c->name, p->rename[i] ? p->rename[i]->to : t->cols[i].name,
			strlen(p->rename[i] ? p->rename[i]->to : t->cols[i].name)) < 0 ||
		    (set && set->has_type ? copy_type(c, &set->type) : copy_column(c, &t->cols[i])) < 0)
			return map_no_memory(s);
		mt->cols[n].from = i;
		if (!set)
			mt->matters[i] = 1;
		else if (compute(s, mt, t, n, set) < 0)
			return -1;
		n++;
	}
	for (size_t i = 0; u && i < u->ncols; i++) {
		const struct rule_col *add = &u->cols[i];

		if (add->verb != RULE_ADD)
			continue;
		if (table_set_str(&mt->to->cols[n].name, add->name, strlen(add->name)) < 0 ||
		    copy_type(&mt->to->cols[n], &add->type) < 0)
			return map_no_memory(s);
		mt->cols[n].from = NO_COLUMN;
		if (compute(s, mt, t, n, add) < 0)
			return -1;
		n++;
	}
	return 0;
}

static int check_names(struct stream *s, const struct mtable *mt, const struct table *t)
{
	struct rowmap *m = s->arg;

	for (uint32_t i = 0; i < mt->to->ncols; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (strcasecmp(mt->to->cols[i].name, mt->to->cols[j].name) != 0)
				continue;
			msg_error("%s:%u:%u: table %s.%s would have two columns \"%s\"", m->rules.file, mt->rule->line,
			    mt->rule->col, t->db, t->name, mt->to->cols[i].name);
			return map_fail(s, CODE_USAGE);
		}
	}
	if (mt->to->ncols)
		return 0;
	msg_error("%s:%u:%u: table %s.%s would have no column", m->rules.file, mt->rule->line, mt->rule->col, t->db, t->name);
	return map_fail(s, CODE_USAGE);
}

/* ---- keys */

static uint32_t place_of(const struct mtable *mt, uint32_t from)
{
	for (uint32_t i = 0; i < mt->to->ncols; i++)
		if (mt->cols[i].from == from)
			return i;
	return NO_COLUMN;
}

/* `key a, b` of the rule is the only key then: what was unique in one source need not be where several come together. */
static int given_key(struct stream *s, struct mtable *mt, const struct table *t, uint32_t n)
{
	struct key *k = table_add_key(mt->to, "PRIMARY", 1, n);
	uint32_t at = 0;

	if (!k)
		return map_no_memory(s);
	for (size_t i = 0; i < mt->rule->ncols; i++) {
		const struct rule_col *c = &mt->rule->cols[i];
		int col;

		if (c->verb != RULE_KEY)
			continue;
		col = table_find_col(mt->to, c->name, strlen(c->name));
		if (col < 0)
			return wrong(s, c, t, "would have no column", c->name);
		if (mt->cols[col].prog && mt->cols[col].moving)
			return wrong(s, c, t,
			    "cannot have as a key, since it is not the same for the same row each time, the column", c->name);
		k->cols[at++] = (uint32_t)col;
	}
	return 0;
}

static int make_keys(struct stream *s, struct mtable *mt, const struct table *t)
{
	struct rowmap *m = s->arg;
	uint32_t given = 0;

	for (size_t i = 0; mt->rule && i < mt->rule->ncols; i++)
		given += mt->rule->cols[i].verb == RULE_KEY;
	if (given)
		return given_key(s, mt, t, given);
	for (uint32_t i = 0; i < t->nkeys; i++) {
		const struct key *from = &t->keys[i];
		struct key *k;
		uint32_t j = 0;

		while (j < from->ncols && place_of(mt, from->cols[j]) != NO_COLUMN)
			j++;
		if (j < from->ncols && from->primary) {
			msg_error("%s:%u:%u: table %s.%s loses column \"%s\" of its primary key", m->rules.file, mt->rule->line,
			    mt->rule->col, t->db, t->name, t->cols[from->cols[j]].name);
			msg_hint("keep it, or say with \"key\" what the primary key is then");
			return map_fail(s, CODE_USAGE);
		}
		if (j < from->ncols)
			continue; /* a unique key: it is no key any more */
		k = table_add_key(mt->to, from->name, from->primary, from->ncols);
		if (!k)
			return map_no_memory(s);
		for (j = 0; j < from->ncols; j++)
			k->cols[j] = place_of(mt, from->cols[j]);
		if (!from->parts)
			continue;
		k->parts = calloc(from->ncols, sizeof *k->parts);
		if (!k->parts)
			return map_no_memory(s);
		memcpy(k->parts, from->parts, from->ncols * sizeof *k->parts);
	}
	return 0;
}

/* ---- all of it */

static int make_runs(struct mtable *mt)
{
	mt->runs = calloc(mt->to->ncols, sizeof *mt->runs);
	if (!mt->runs)
		return -1;
	for (uint32_t i = 0; i < mt->to->ncols; i++) {
		const struct out_col *c = &mt->cols[i];
		struct run *last = mt->nruns ? &mt->runs[mt->nruns - 1] : NULL;

		if (c->prog)
			mt->runs[mt->nruns++].computed = c;
		else if (last && !last->computed && last->to == c->from)
			last->to++;
		else
			mt->runs[mt->nruns++] = (struct run){c->from, c->from + 1, NULL};
	}
	return 0;
}

static int fill(struct stream *s, struct mtable *mt, const struct table *t, const struct plan *p)
{
	if (make_columns(s, mt, t, mt->rule, p) < 0 || check_names(s, mt, t) < 0 || make_keys(s, mt, t) < 0)
		return -1;
	if (make_runs(mt) < 0)
		return map_no_memory(s);
	mt->rows_same = mt->nruns == 1 && !mt->runs[0].computed && mt->to->ncols == t->ncols;
	for (uint32_t i = 0; i < t->ncols; i++)
		mt->drops |= !mt->matters[i];
	return 0;
}

static int map_columns(struct stream *s, struct mtable *mt, const struct table *t, const char *db, const char *name)
{
	const struct rule *u = mt->rule;
	uint32_t n = 0, added = 0;
	struct plan p;
	int rc = -1;

	p.rename = calloc(t->ncols + 1, sizeof(struct rule_col *));
	p.set = calloc(t->ncols + 1, sizeof(struct rule_col *));
	p.gone = calloc(t->ncols + 1, 1);
	mt->needs = calloc(t->ncols + 1, 1);
	mt->matters = calloc(t->ncols + 1, 1);
	if (!p.rename || !p.set || !p.gone || !mt->needs || !mt->matters) {
		map_no_memory(s);
		goto out;
	}
	if (u && plan_columns(s, t, u, &p) < 0)
		goto out;
	for (uint32_t i = 0; i < t->ncols; i++)
		n += !p.gone[i];
	for (size_t i = 0; u && i < u->ncols; i++)
		added += u->cols[i].verb == RULE_ADD;
	if (n + added > TABLE_MAX_COLS) {
		msg_error("table %s.%s would have more than %d columns", t->db, t->name, TABLE_MAX_COLS);
		map_fail(s, CODE_USAGE);
		goto out;
	}
	mt->to = table_new(db, name, n + added);
	if (mt->to)
		mt->cols = calloc(n + added + 1, sizeof *mt->cols);
	if (!mt->to || !mt->cols) {
		map_no_memory(s);
		goto out;
	}
	mt->to->id = t->id;
	rc = fill(s, mt, t, &p);
out:
	free(p.rename);
	free(p.set);
	free(p.gone);
	return rc;
}

static int write_mapped(struct stream *s, const struct mtable *mt)
{
	struct rowmap *m = s->arg;
	struct rec_extra extra = {0};
	struct table *again;
	struct cur c;
	int rc = 0;

	/* once more, now with the fields that are not known */
	cur_init(&c, s->frame.body, s->frame.body_len);
	again = read_table(&c, &extra);
	if (!again || write_table(&s->out.b, mt->to, &extra) < 0)
		rc = map_no_memory(s);
	table_free(again);
	rec_extra_release(&extra);
	m->tables_mapped++;
	return rc < 0 ? -1 : STREAM_TOOK;
}

static int grow(struct rowmap *m, uint32_t ncols)
{
	struct val *v;
	const uint8_t **at;

	if (ncols <= m->cap_cols)
		return 0;
	v = realloc(m->old, 2 * (size_t)ncols * sizeof *v);
	if (!v)
		return -1;
	m->old = v;
	m->new = v + ncols;
	at = realloc(m->old_at, 2 * ((size_t)ncols + 1) * sizeof *at);
	if (!at)
		return -1;
	m->old_at = at;
	m->new_at = at + ncols + 1;
	m->cap_cols = ncols;
	return 0;
}

int on_table(struct stream *s, struct table *t)
{
	struct rowmap *m = s->arg;
	struct buf db = BUF_INIT, name = BUF_INIT;
	const struct rule *rule = NULL;
	int named = map_names(s, t->db, t->name, &db, &name, &rule), rc = -1;
	struct mtable *mt = calloc(1, sizeof *mt);

	if (mt) {
		t->user = mt;
		t->user_free = mtable_free;
	}
	if (named < 0)
		goto out;
	if (!mt || grow(m, t->ncols) < 0) {
		map_no_memory(s);
		goto out;
	}
	mt->rule = rule && !rule->of_databases ? rule : NULL;
	if (named == 0 && (!mt->rule || mt->rule->ncols == 0)) {
		mt->rows_same = 1;
		rc = STREAM_PASS;
	} else if (map_columns(s, mt, t, buf_str(&db), buf_str(&name)) == 0) {
		rc = write_mapped(s, mt);
		msg_debug("table %s.%s goes to %s.%s", t->db, t->name, mt->to->db, mt->to->name);
	}
out:
	buf_release(&db);
	buf_release(&name);
	return rc;
}

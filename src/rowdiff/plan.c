#include "plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "code.h"
#include "diff.h"
#include "msg.h"
#include "rulesfile.h"

/* ---- names */

static struct pair *pair_find(struct rowdiff *d, const char *db, const char *name)
{
	for (size_t i = 0; i < d->npairs; i++)
		if (!strcmp(d->pairs[i].db, db) && !strcmp(d->pairs[i].name, name))
			return &d->pairs[i];
	return NULL;
}

static struct pair *pair_add(struct rowdiff *d, const char *db, const char *name)
{
	struct pair *p = pair_find(d, db, name);

	if (p)
		return p;
	if (!(d->npairs & (d->npairs - 1))) {
		struct pair *more = realloc(d->pairs, (d->npairs ? 2 * d->npairs : 1) * sizeof *more);

		if (!more)
			return NULL;
		d->pairs = more;
	}
	p = &d->pairs[d->npairs];
	memset(p, 0, sizeof *p);
	p->db = strdup(db);
	p->name = strdup(name);
	if (!p->db || !p->name) {
		free(p->db);
		free(p->name);
		return NULL;
	}
	d->npairs++;
	return p;
}

/* Where a table goes (as rowmap has it). CODE_OK, or the exit code. */
static int names_of(struct rowdiff *d, const struct table *t, struct buf *db, struct buf *name, const struct rule **rule)
{
	int gave_up = 0;
	const struct rule *u = rules_find(&d->o.rules, t->db, t->name, &gave_up);

	buf_reset(db);
	buf_reset(name);
	*rule = u && !u->of_databases ? u : NULL;
	if (u && !u->to && !gave_up)
		u = rules_find(&d->o.rules, t->db, NULL, &gave_up);
	if (gave_up) {
		msg_error("a regular expression gave up on the name %s.%s", t->db, t->name);
		return CODE_USAGE;
	}
	if (!u || !u->to) {
		buf_adds(db, t->db);
		buf_adds(name, t->name);
	} else if (target_names(u->to, u->from, t->db, u->of_databases ? NULL : t->name, db, name) < 0) {
		return no_memory();
	} else if (u->of_databases) {
		buf_adds(name, t->name);
	}
	buf_str(db);
	buf_str(name);
	return db->failed || name->failed ? no_memory() : CODE_OK;
}

static int has_table(void *arg, const char *db, const char *name)
{
	const struct rowdiff *d = arg;
	size_t ndb = strlen(db), n = strlen(name);

	return pattern_list_has(&d->o.names, db, ndb, name, n) == 1 && pattern_list_has(&d->o.rules.names, db, ndb, name, n) == 1;
}

/* ---- columns */

struct mapped { /* of one table of the source: the target's name of each column, or NULL: it does not go there as it is */
	const char **to;
	const char **why; /* of those that are computed */
};

static int map_columns(struct rowdiff *d, const struct table *t, const struct rule *u, struct mapped *m)
{
	int keeps = 0;

	for (size_t i = 0; u && i < u->ncols; i++)
		keeps |= u->cols[i].verb == RULE_KEEP;
	for (uint32_t i = 0; i < t->ncols; i++)
		m->to[i] = keeps ? NULL : t->cols[i].name;
	for (size_t i = 0; u && i < u->ncols; i++) {
		const struct rule_col *c = &u->cols[i];
		int at;

		if (c->verb == RULE_ADD || c->verb == RULE_KEY)
			continue;
		at = table_find_col(t, c->name, strlen(c->name));
		if (at < 0) {
			msg_error("%s:%u:%u: table %s.%s has no column \"%s\"", d->o.rules.file, c->line, c->col, t->db, t->name,
			    c->name);
			return CODE_USAGE;
		}
		if (c->verb == RULE_DROP)
			m->to[at] = NULL;
		else if (c->verb == RULE_KEEP)
			m->to[at] = c->to ? c->to : t->cols[at].name;
		else if (c->verb == RULE_RENAME)
			m->to[at] = c->to;
	}
	for (size_t i = 0; u && i < u->ncols; i++) {
		const struct rule_col *c = &u->cols[i];
		int at = c->verb == RULE_SET ? table_find_col(t, c->name, strlen(c->name)) : -1;

		if (at >= 0) {
			m->why[at] = m->to[at];
			m->to[at] = NULL;
		}
	}
	return CODE_OK;
}

static int mapped_find(const struct mapped *m, const struct table *t, const char *name)
{
	for (uint32_t i = 0; i < t->ncols; i++)
		if (m->to[i] && !strcasecmp(m->to[i], name))
			return (int)i;
	return -1;
}

static void say(struct pair *p, const char *name, const char *why)
{
	buf_printf(&p->said, "%s%s (%s)", p->said.len ? ", " : "", name, why);
}

/* Columns that all parts and the target have. */
static int pair_columns(struct pair *p, const struct mapped *m)
{
	const struct table *first = p->parts[0].t;

	p->cols = calloc(first->ncols, sizeof *p->cols);
	if (!p->cols)
		return no_memory();
	for (size_t n = 0; n < p->nparts; n++) {
		p->parts[n].from = calloc(first->ncols, sizeof(int));
		if (!p->parts[n].from)
			return no_memory();
	}
	for (uint32_t i = 0; i < first->ncols; i++) {
		struct pair_col *c = &p->cols[p->ncols];
		int all = 1;

		if (m[0].why[i])
			say(p, m[0].why[i], "computed");
		if (!m[0].to[i])
			continue;
		c->name = m[0].to[i];
		c->to = p->target ? table_find_col(p->target, c->name, strlen(c->name)) : -1;
		for (size_t n = 0; n < p->nparts; n++) {
			int from = mapped_find(&m[n], p->parts[n].t, c->name);
			enum canon canon;

			all &= from >= 0;
			if (from < 0)
				continue;
			p->parts[n].from[p->ncols] = from;
			canon = column_canon(&p->parts[n].t->cols[from], c->to >= 0 ? &p->target->cols[c->to] : &first->cols[i]);
			c->canon = n ? column_canon_join(c->canon, canon) : canon;
		}
		if (p->target && c->to < 0) {
			say(p, c->name, "the target has no such column");
			if (!first->cols[i].generated)
				p->lost_cols++;
			continue;
		}
		if (!all) {
			say(p, c->name, "not in all tables of the source");
			continue;
		}
		p->ncols++;
	}
	return CODE_OK;
}

/* The whole row is what tells rows apart: text of JSON would tell apart what is one value. */
static void drop_json(struct pair *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->ncols; i++) {
		if (p->cols[i].canon == CANON_JSON) {
			say(p, p->cols[i].name, "JSON of another family, in a table without a key");
			continue;
		}
		p->cols[n] = p->cols[i];
		for (size_t k = 0; k < p->nparts; k++)
			p->parts[k].from[n] = p->parts[k].from[i];
		n++;
	}
	p->ncols = n;
}

/* ---- what a repair's rows are */

static int make_def(struct pair *p)
{
	const struct table *t = p->parts[0].t;

	for (size_t n = 1; n < p->nparts; n++)
		for (uint32_t i = 0; i < p->ncols; i++)
			if (!column_same_type(&t->cols[p->parts[0].from[i]], &p->parts[n].t->cols[p->parts[n].from[i]]))
				p->no_repair = 1;
	p->same = calloc(p->ncols + 1, 1);
	if (!p->same)
		return no_memory();
	for (uint32_t i = 0; i < p->ncols; i++)
		p->same[i] =
		    p->cols[i].to >= 0 && column_same_type(&t->cols[p->parts[0].from[i]], &p->target->cols[p->cols[i].to]);

	p->def = table_new(p->db, p->name, p->ncols);
	if (!p->def)
		return no_memory();
	for (uint32_t i = 0; i < p->ncols; i++)
		if (column_copy(&p->def->cols[i], &t->cols[p->parts[0].from[i]], p->cols[i].name) < 0)
			return no_memory();
	if (p->nkey) {
		struct key *k = table_add_key(p->def, "PRIMARY", 1, p->nkey);

		if (!k)
			return no_memory();
		memcpy(k->cols, p->key, p->nkey * sizeof *k->cols);
	}
	return CODE_OK;
}

static int pair_plan(struct rowdiff *d, struct pair *p)
{
	struct mapped *m = calloc(p->nparts, sizeof *m);
	struct buf db = BUF_INIT, name = BUF_INIT;
	int code = m ? CODE_OK : no_memory();

	for (size_t n = 0; n < p->nparts && code == CODE_OK; n++) {
		const struct rule *u = NULL;

		m[n].to = calloc(p->parts[n].t->ncols, sizeof(char *));
		m[n].why = calloc(p->parts[n].t->ncols, sizeof(char *));
		code = m[n].to && m[n].why ? names_of(d, p->parts[n].t, &db, &name, &u) : no_memory();
		if (code == CODE_OK)
			code = map_columns(d, p->parts[n].t, u, &m[n]);
	}
	if (code == CODE_OK)
		code = pair_columns(p, m);
	if (code == CODE_OK)
		code = pair_choose_key(p) < 0 ? no_memory() : CODE_OK;
	if (code == CODE_OK && !p->nkey)
		drop_json(p);
	for (uint32_t i = 0; i < p->ncols; i++)
		p->has_json |= p->cols[i].canon == CANON_JSON;
	if (code == CODE_OK && !p->ncols) {
		msg_error("cannot compare table \"%s.%s\": no column is on both sides", p->db, p->name);
		code = CODE_USAGE;
	}
	if (code == CODE_OK)
		code = make_def(p);
	for (size_t n = 0; m && n < p->nparts; n++) {
		free(m[n].to);
		free(m[n].why);
	}
	free(m);
	buf_release(&db);
	buf_release(&name);
	return code;
}

/* ---- tables */

static int filters(const struct rules_tests *t)
{
	return t->nwhere || (t->ops && t->ops != RULES_ALL_OPS);
}

static int add_part(struct rowdiff *d, const struct table *t)
{
	struct buf db = BUF_INIT, name = BUF_INIT;
	const struct rule *u = NULL;
	struct pair *p = NULL;
	int code = names_of(d, t, &db, &name, &u);

	if (code == CODE_OK && !d->o.where && (filters(&d->o.rules.tests) || (u && filters(&u->tests)))) {
		msg_error("%s: the rules keep a part of the rows of table \"%s.%s\" only", d->o.rules.file, t->db, t->name);
		msg_hint("say with --where, in SQL, which rows are to be compared, or leave the table out with --exclude");
		code = CODE_USAGE;
	}
	if (code == CODE_OK && !(p = pair_add(d, (const char *)db.p, (const char *)name.p)))
		code = no_memory();
	if (p) {
		struct part *more = realloc(p->parts, (p->nparts + 1) * sizeof *more);

		if (more) {
			p->parts = more;
			p->parts[p->nparts++] = (struct part){t, NULL, NULL};
		} else {
			code = no_memory();
		}
	}
	buf_release(&db);
	buf_release(&name);
	return code;
}

/* A table of a pair, or beside those of the pairs. */
static int is_of_target(void *arg, const char *db, const char *name)
{
	struct rowdiff *d = arg;

	if (pair_find(d, db, name))
		return 1;
	for (size_t i = 0; i < d->npairs; i++)
		if (!strcmp(d->pairs[i].db, db))
			return has_table(d, db, name);
	return 0;
}

int plan_all(struct rowdiff *d, struct link *source, struct link *target)
{
	int code = defs_load(&d->s, source, has_table, d);

	for (size_t i = 0; i < d->s.n && code == CODE_OK; i++)
		code = add_part(d, d->s.t[i]);
	if (code == CODE_OK && !d->npairs) {
		msg_error("the source has no table of these names, or does not show one");
		code = CODE_USAGE;
	}
	if (code == CODE_OK)
		code = defs_load(&d->t, target, is_of_target, d);
	for (size_t i = 0; i < d->t.n && code == CODE_OK; i++) {
		struct pair *p = pair_find(d, d->t.t[i]->db, d->t.t[i]->name);

		if (p)
			p->target = d->t.t[i];
	}
	for (size_t i = 0; i < d->npairs && code == CODE_OK; i++)
		code = pair_plan(d, &d->pairs[i]);
	return code;
}

void plan_release(struct rowdiff *d)
{
	for (size_t i = 0; i < d->npairs; i++) {
		struct pair *p = &d->pairs[i];

		for (size_t n = 0; n < p->nparts; n++)
			free(p->parts[n].from);
		free(p->parts);
		free(p->cols);
		free(p->same);
		free(p->key);
		free(p->db);
		free(p->name);
		table_free(p->def);
		buf_release(&p->said);
		buf_release(&p->low);
	}
	free(d->pairs);
	d->pairs = NULL;
	d->npairs = 0;
	defs_release(&d->s);
	defs_release(&d->t);
}

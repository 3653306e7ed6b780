#include "plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "code.h"
#include "diff.h"
#include "msg.h"
#include "rulesfile.h"

static int no_memory(void)
{
	msg_error("out of memory");
	return CODE_OUTSIDE;
}

/* ---- how a pair of columns is compared */

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

static enum canon canon_of(const struct column *a, const struct column *b)
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
static enum canon canon_join(enum canon a, enum canon b)
{
	if (a == b)
		return a;
	if ((a == CANON_PLAIN && b == CANON_TRIMMED) || (a == CANON_TRIMMED && b == CANON_PLAIN))
		return CANON_TRIMMED;
	return CANON_UTF8;
}

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
			canon = canon_of(&p->parts[n].t->cols[from], c->to >= 0 ? &p->target->cols[c->to] : &first->cols[i]);
			c->canon = n ? canon_join(c->canon, canon) : canon;
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

/* ---- keys */

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

static int take_key(struct pair *p, const struct table *t, const struct key *k)
{
	for (uint32_t i = 0; i < k->ncols; i++) {
		const char *name = t->cols[k->cols[i]].name;
		int c = -1;

		if (t == p->target) {
			c = col_of(p, name);
		} else {
			for (uint32_t j = 0; j < p->ncols; j++)
				if (p->parts[0].from[j] == (int)k->cols[i])
					c = (int)j;
		}
		/* JSON cannot be one, but its text may */
		if (c < 0 || p->cols[c].canon == CANON_JSON)
			return 0;
		p->key[i] = (uint32_t)c;
	}
	p->nkey = k->ncols;
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
			while (j < p->nkey && p->parts[n].from[p->key[j]] == (int)k->cols[j])
				j++;
			found = j == p->nkey;
		}
		if (!found)
			return 0;
	}
	return 1;
}

/* Do both servers put values of the column into one order? A wrong yes costs time and nothing else: see scan.c. */
static int same_order(const struct column *a, const struct column *b, enum canon canon)
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

static int choose_key(struct pair *p)
{
	const struct table *t = p->target ? p->target : p->parts[0].t;
	uint32_t most = 1;

	for (uint32_t i = 0; i < t->nkeys; i++)
		if (t->keys[i].ncols > most)
			most = t->keys[i].ncols;
	p->key = calloc(most, sizeof *p->key);
	if (!p->key)
		return no_memory();
	for (uint32_t i = 0; i < t->nkeys && !p->nkey; i++)
		if (is_usable(t, &t->keys[i]))
			(void)take_key(p, t, &t->keys[i]);
	p->is_ordered = p->nkey && parts_have_key(p);
	for (uint32_t k = 0; k < p->nkey && p->is_ordered; k++)
		for (size_t n = 0; n < p->nparts; n++) {
			const struct pair_col *c = &p->cols[p->key[k]];
			const struct column *from = &p->parts[n].t->cols[p->parts[n].from[p->key[k]]];

			if (!same_order(from, c->to >= 0 ? &p->target->cols[c->to] : from, c->canon))
				p->is_ordered = 0;
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

static int copy_column(struct column *to, const struct column *from, const char *name)
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

/* Values of both travel in one form. */
static int same_type(const struct column *a, const struct column *b)
{
	return a->type == b->type && a->is_unsigned == b->is_unsigned && a->dec == b->dec && same_bytes(a, b) &&
	       (!a->nlabels || same_labels(a, b));
}

static int make_def(struct pair *p)
{
	const struct table *t = p->parts[0].t;

	for (size_t n = 1; n < p->nparts; n++)
		for (uint32_t i = 0; i < p->ncols; i++)
			if (!same_type(&t->cols[p->parts[0].from[i]], &p->parts[n].t->cols[p->parts[n].from[i]]))
				p->no_repair = 1;
	p->same = calloc(p->ncols + 1, 1);
	if (!p->same)
		return no_memory();
	for (uint32_t i = 0; i < p->ncols; i++)
		p->same[i] = p->cols[i].to >= 0 && same_type(&t->cols[p->parts[0].from[i]], &p->target->cols[p->cols[i].to]);

	p->def = table_new(p->db, p->name, p->ncols);
	if (!p->def)
		return no_memory();
	for (uint32_t i = 0; i < p->ncols; i++)
		if (copy_column(&p->def->cols[i], &t->cols[p->parts[0].from[i]], p->cols[i].name) < 0)
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
		code = choose_key(p);
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
			p->parts[p->nparts++] = (struct part){t, NULL};
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

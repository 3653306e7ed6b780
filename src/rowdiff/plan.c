#include "plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "code.h"
#include "diff.h"
#include "expr/as_sql.h"
#include "kept.h"
#include "mapped.h"
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

static void say(struct pair *p, const char *name, const char *why)
{
	buf_printf(&p->said, "%s%s (%s)", p->said.len ? ", " : "", name, why);
}

/* The source's SQL for a computed column. part->cols[at].sql stays NULL if it has none, for the reason in err. */
static int translate(struct rowdiff *d, struct pair *p, struct part *part, uint32_t at, const struct mapped_col *m,
    int is_mariadb, struct expr_err *err)
{
	const struct pair_col *c = &p->cols[at];
	int is_padded = c->to >= 0 && p->target->cols[c->to].type == COL_CHAR && col_type_class(m->c->type) == COLC_TEXT;
	struct column to = *m->c;
	struct expr_prog *prog;
	struct buf sql = BUF_INIT;
	int code = CODE_OK;

	to.name = (char *)(uintptr_t)m->name;
	prog = expr_bind_value(m->computed->expr, part->t, &to, err);
	if (!prog) {
		rules_mistake(d->o.rules.file, err, "");
		return CODE_USAGE;
	}
	/* a CHAR has no blanks at its end */
	buf_adds(&sql, is_padded ? "TRIM(TRAILING ' ' FROM " : "(");
	if (expr_prog_sql_value(prog, is_mariadb, &sql, err) == 0) {
		(void)buf_add8(&sql, ')');
		part->cols[at].sql = strdup(buf_str(&sql));
		code = part->cols[at].sql ? CODE_OK : no_memory();
	}
	if (sql.failed)
		code = no_memory();
	buf_release(&sql);
	expr_prog_free(prog);
	return code;
}

/* The column of p that `name` is, at p->ncols: in each part and on the target. *why: a part has none that can be compared. */
static int find_column(
    struct rowdiff *d, struct pair *p, const struct mapped *m, const char *name, int is_mariadb, struct buf *why)
{
	struct pair_col *c = &p->cols[p->ncols];
	int code = CODE_OK;

	c->name = name;
	c->to = p->target ? table_find_col(p->target, name, strlen(name)) : -1;
	for (size_t n = 0; n < p->nparts && code == CODE_OK; n++) {
		const struct mapped_col *from = mapped_find(&m[n], name);
		struct part_col *pc = &p->parts[n].cols[p->ncols];
		struct expr_err err = {0};
		enum canon canon;

		free(pc->sql);
		*pc = (struct part_col){from ? from->c : NULL, NULL};
		buf_reset(why);
		if (!from) {
			buf_adds(why, "not in all tables of the source");
			break;
		}
		canon = column_canon(from->c, c->to >= 0 ? &p->target->cols[c->to] : p->parts[0].cols[p->ncols].c);
		c->canon = n ? column_canon_join(c->canon, canon) : canon;
		if (from->computed)
			code = translate(d, p, &p->parts[n], p->ncols, from, is_mariadb, &err);
		if (code == CODE_OK && from->computed && !pc->sql) {
			buf_printf(why, "computed: %s", err.text);
			break;
		}
	}
	return code;
}

/* Columns that all parts and the target have. */
static int pair_columns(struct rowdiff *d, struct pair *p, const struct mapped *m, int is_mariadb)
{
	struct buf why = BUF_INIT;
	int code = CODE_OK;

	p->cols = calloc(m[0].n + 1, sizeof *p->cols);
	if (!p->cols)
		return no_memory();
	for (size_t n = 0; n < p->nparts; n++) {
		p->parts[n].cols = calloc(m[0].n + 1, sizeof *p->parts[n].cols);
		if (!p->parts[n].cols)
			return no_memory();
		p->parts[n].ncols = m[0].n + 1;
	}
	for (uint32_t i = 0; i < m[0].n && code == CODE_OK; i++) {
		const char *name = m[0].v[i].name;

		code = find_column(d, p, m, name, is_mariadb, &why);
		if (p->target && p->cols[p->ncols].to < 0) {
			say(p, name, "the target has no such column");
			p->lost_cols += !m[0].v[i].c->generated;
		} else if (why.len) {
			say(p, name, buf_str(&why));
		} else {
			p->ncols++;
		}
	}
	buf_release(&why);
	return code;
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
		for (size_t k = 0; n < i && k < p->nparts; k++) {
			struct part_col *cols = p->parts[k].cols;

			free(cols[n].sql);
			cols[n] = cols[i];
			cols[i].sql = NULL;
		}
		n++;
	}
	p->ncols = n;
}

/* ---- what a repair's rows are */

static int make_def(struct pair *p)
{
	const struct part_col *first = p->parts[0].cols;

	for (size_t n = 1; n < p->nparts; n++)
		for (uint32_t i = 0; i < p->ncols; i++)
			if (!column_same_type(first[i].c, p->parts[n].cols[i].c))
				p->no_repair = 1;
	p->same = calloc(p->ncols + 1, 1);
	if (!p->same)
		return no_memory();
	for (uint32_t i = 0; i < p->ncols; i++)
		p->same[i] = p->cols[i].to >= 0 && column_same_type(first[i].c, &p->target->cols[p->cols[i].to]);

	p->def = table_new(p->db, p->name, p->ncols);
	if (!p->def)
		return no_memory();
	for (uint32_t i = 0; i < p->ncols; i++)
		if (column_copy(&p->def->cols[i], first[i].c, p->cols[i].name) < 0)
			return no_memory();
	if (p->nkey) {
		struct key *k = table_add_key(p->def, "PRIMARY", 1, p->nkey);

		if (!k)
			return no_memory();
		memcpy(k->cols, p->key, p->nkey * sizeof *k->cols);
	}
	return CODE_OK;
}

/* Rows that only the target has are not told. */
static int without_deleted(struct rowdiff *d, struct pair *p)
{
	if (p->nkey) {
		say(p, "rows that only the target has", "the rules leave deletes out");
		return CODE_OK;
	}
	msg_error("%s: the rules leave the deletes of table \"%s.%s\" out, which has no key to tell its rows by", d->o.rules.file,
	    p->db, p->name);
	msg_hint("leave the table out with --exclude");
	return CODE_USAGE;
}

static int pair_plan(struct rowdiff *d, struct pair *p, int is_mariadb)
{
	struct mapped *m = calloc(p->nparts, sizeof *m);
	struct buf db = BUF_INIT, name = BUF_INIT;
	int code = m ? CODE_OK : no_memory();

	for (size_t n = 0; n < p->nparts && code == CODE_OK; n++) {
		const struct rule *u = NULL;

		code = names_of(d, p->parts[n].t, &db, &name, &u);
		if (code == CODE_OK)
			code = mapped_make(&m[n], &d->o.rules, p->parts[n].t, u);
	}
	if (code == CODE_OK)
		code = pair_columns(d, p, m, is_mariadb);
	if (code == CODE_OK)
		code = pair_choose_key(p) < 0 ? no_memory() : CODE_OK;
	if (code == CODE_OK && p->keeps_deleted)
		code = without_deleted(d, p);
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
	for (size_t n = 0; m && n < p->nparts; n++)
		mapped_release(&m[n]);
	free(m);
	buf_release(&db);
	buf_release(&name);
	return code;
}

/* ---- tables */

static struct part *part_add(struct pair *p, const struct table *t)
{
	struct part *more = realloc(p->parts, (p->nparts + 1) * sizeof *more);

	if (!more)
		return NULL;
	p->parts = more;
	more += p->nparts++;
	memset(more, 0, sizeof *more);
	more->t = t;
	return more;
}

static int add_part(struct rowdiff *d, const struct table *t, const struct link *source)
{
	struct buf db = BUF_INIT, name = BUF_INIT;
	const struct rule *u = NULL;
	struct part *part = NULL;
	int code = names_of(d, t, &db, &name, &u);

	if (code == CODE_OK) {
		struct pair *p = pair_add(d, (const char *)db.p, (const char *)name.p);

		part = p ? part_add(p, t) : NULL;
		code = part ? kept_rows(d, u, source->is_mariadb, part) : no_memory();
		if (part)
			p->keeps_deleted |= part->keeps_deleted;
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
		code = add_part(d, d->s.t[i], source);
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
		code = pair_plan(d, &d->pairs[i], source->is_mariadb);
	return code;
}

static void part_release(struct part *part)
{
	for (uint32_t i = 0; i < part->ncols; i++)
		free(part->cols[i].sql);
	free(part->cols);
	buf_release(&part->where);
}

void plan_release(struct rowdiff *d)
{
	for (size_t i = 0; i < d->npairs; i++) {
		struct pair *p = &d->pairs[i];

		for (size_t n = 0; n < p->nparts; n++)
			part_release(&p->parts[n]);
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

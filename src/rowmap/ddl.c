/*
 * Statements: names are mapped in the text, and nothing else is. What cannot be
 * mapped so with certainty stops the program: a statement that is applied to the
 * wrong table is worse than one that waits for a person.
 */
#include <stdlib.h>

#include "charset.h"
#include "code.h"
#include "ddl.h"
#include "map.h"
#include "msg.h"

struct job {
	struct stream *s;
	const struct rec_ddl *r;
	struct ddl d;
	char *db; /* the default database; NULL: none */
	struct buf to_db, to_table;
	struct buf first_db; /* where the first name went */
	unsigned mapped;     /* names and references that get another name */
	unsigned drop, keep; /* names whose rule says drop, and others */
	const char *why;     /* the statement cannot be mapped; NULL: it can */
	int stop, pass;	     /* a rule says so */
	int failed;
};

static int stop(struct job *j, const char *why, const char *hint)
{
	const struct rec_ddl *r = j->r;
	struct stream *s = j->s;

	msg_error("%s at %s:%llu: %.*s%s", why, s->begin_file, (unsigned long long)(r->has_off ? r->off : s->begin_off),
	    (int)(r->sql.n < 300 ? r->sql.n : 300), r->sql.p, r->sql.n < 300 ? "" : " ...");
	msg_hint("%s", hint);
	return map_fail(s, CODE_USAGE);
}

/* Verbs that say nothing of columns. */
static int is_about_whole_tables(const struct job *j)
{
	static const char *const verbs[] = {"drop table", "rename table", "truncate table", "truncate"};

	for (unsigned i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(j->d.verb, verbs[i]) == 0)
			return 1;
	return 0;
}

/* Could a table of this database be mapped by a rule for tables? */
static int has_mapped_tables(const struct rules *r, const char *db, size_t n)
{
	for (size_t i = 0; i < r->nrules; i++) {
		const struct rule *u = &r->rules[i];

		if ((u->to || u->ncols) && pattern_matches(u->from, db, n, NULL, 0) != 0)
			return 1;
	}
	return 0;
}

/* Where a name goes: 1 elsewhere, 0 it stays, -1 failed. */
static int map_one(struct job *j, const char *db, const char *name, const struct rule **rule)
{
	return map_names(j->s, db, *name ? name : NULL, &j->to_db, &j->to_table, rule);
}

static void block(struct job *j, const char *why)
{
	if (!j->why)
		j->why = why;
}

static const char no_database_rule[] =
    "the statement is about a database whose tables are mapped, with no rule for the database itself";

/* What the rules say of an object that the statement is about. */
static int look_at_name(struct job *j, const struct ddl_name *n)
{
	struct rowmap *m = j->s->arg;
	const char *db = n->db ? n->db : j->db;
	const struct rule *u = NULL;
	enum rules_ddl ddl;
	int moved;

	if (!db) {
		j->keep++;
		return 0;
	}
	moved = map_one(j, db, n->name, &u);
	if (moved < 0)
		return -1;
	j->mapped += (unsigned)moved;
	ddl = u ? u->tests.ddl : RULES_DDL_UNSAID;
	j->drop += ddl == RULES_DDL_DROP;
	j->keep += ddl != RULES_DDL_DROP;
	j->stop |= ddl == RULES_DDL_STOP;
	j->pass |= ddl == RULES_DDL_PASS;
	if (j->first_db.len == 0)
		(void)buf_add(&j->first_db, j->to_db.p, j->to_db.len);
	if (!*n->name && !u && has_mapped_tables(&m->rules, db, strlen(db)))
		block(j, no_database_rule);
	if (ddl == RULES_DDL_PASS || !u)
		return 0;
	if (u->to && target_merges(u->to, u->from))
		block(j, "the statement is about one of several tables that are merged into one");
	else if (u->ncols && !is_about_whole_tables(j))
		block(j, "the statement is about a table whose columns are mapped");
	return 0;
}

static int look_at_ref(struct job *j, const struct ddl_name *n)
{
	const char *db = n->db ? n->db : j->db;
	const struct rule *u;
	int moved = db ? map_one(j, db, n->name, &u) : 0;

	j->mapped += moved > 0;
	return moved < 0 ? -1 : 0;
}

/* Names that were not found may be anywhere in the text: does a word of it name a database that is mapped? */
static int may_name_mapped(const struct job *j)
{
	struct rowmap *m = j->s->arg;
	const char *p = j->r->sql.p, *end = p + j->r->sql.n;

	if (j->db && has_mapped_tables(&m->rules, j->db, strlen(j->db)))
		return 1;
	while (p < end) {
		const char *from = p;

		while (p < end && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
				      *p == '_' || *p == '$' || (unsigned char)*p >= 0x80))
			p++;
		if (p > from && has_mapped_tables(&m->rules, from, (size_t)(p - from)))
			return 1;
		if (p == from)
			p++;
	}
	return 0;
}

/* Names are all known: a statement that is not about objects, or one whose names were all found. */
static int names_are_known(const struct job *j)
{
	return !j->d.or_more && j->d.class != DDL_UNKNOWN;
}

static int look(struct job *j)
{
	for (size_t i = 0; i < j->d.nnames; i++)
		if (look_at_name(j, &j->d.names[i]) < 0)
			return -1;
	for (size_t i = 0; i < j->d.nrefs; i++)
		if (look_at_ref(j, &j->d.refs[i]) < 0)
			return -1;
	return j->to_db.failed || j->to_table.failed || j->first_db.failed ? map_no_memory(j->s) : 0;
}

static int new_name(void *arg, const struct ddl_name *n, const char **db, const char **table)
{
	struct job *j = arg;
	const struct rule *u;
	int moved;

	if (!n->db && !j->db)
		return 0;
	moved = map_one(j, n->db ? n->db : j->db, n->name, &u);
	if (moved < 0) {
		j->failed = 1;
		return 0;
	}
	*db = buf_str(&j->to_db);
	*table = *n->name ? buf_str(&j->to_table) : "";
	/* what relied on the default database says it now: the default may change */
	return moved || (!n->db && *n->name);
}

/* The names that the frame carries, mapped into one arena of bytes. */
static int map_rec_names(struct job *j, struct rec_ddl *to, struct buf *bytes)
{
	to->names = calloc(to->nnames ? to->nnames : 1, sizeof *to->names);
	if (!to->names)
		return map_no_memory(j->s);
	/* places in the arena first, addresses when it no longer grows */
	for (uint32_t i = 0; i < to->nnames; i++) {
		const struct rec_name *from = &j->r->names[i];
		char *db = strndup(from->db.p ? from->db.p : "", from->db.n),
		     *name = strndup(from->name.p ? from->name.p : "", from->name.n);
		const struct rule *u;
		int moved = db && name ? map_one(j, db, name, &u) : map_no_memory(j->s);

		to->names[i].db.n = (uint32_t)j->to_db.len;
		to->names[i].name.n = name && *name ? (uint32_t)j->to_table.len : 0;
		(void)buf_add(bytes, j->to_db.p, to->names[i].db.n);
		(void)buf_add(bytes, j->to_table.p, to->names[i].name.n);
		free(db);
		free(name);
		if (moved < 0)
			return -1;
	}
	(void)buf_add8(bytes, 0);
	if (bytes->failed)
		return map_no_memory(j->s);
	for (uint32_t i = 0, at = 0; i < to->nnames; i++) {
		to->names[i].db.p = (const char *)bytes->p + at;
		at += to->names[i].db.n;
		to->names[i].name.p = (const char *)bytes->p + at;
		at += to->names[i].name.n;
	}
	return 0;
}

/* The default database: by its rule, else where the statement's first object went. */
static int map_default(struct job *j, struct rec_ddl *to)
{
	const struct rule *u;
	int moved;

	if (!j->db)
		return 0;
	moved = map_one(j, j->db, "", &u);
	if (moved < 0)
		return -1;
	if (moved == 0 && !u && j->mapped && j->first_db.len) {
		to->db = str_n(j->first_db.p, j->first_db.len);
		return 0;
	}
	if (moved) {
		buf_reset(&j->first_db);
		(void)buf_add(&j->first_db, j->to_db.p, j->to_db.len);
		to->db = str_n(j->first_db.p, j->first_db.len);
	}
	return j->first_db.failed ? map_no_memory(j->s) : 0;
}

/* 0 written, 1 cannot be rewritten, -1 failed. */
static int rewrite(struct job *j)
{
	struct rec_ddl to = *j->r;
	struct buf sql = BUF_INIT, bytes = BUF_INIT;
	int rc = ddl_rewrite(&j->d, j->r->sql.p, j->r->sql.n, j->r->sql_mode, new_name, j, &sql);

	to.names = NULL;
	if (j->failed)
		rc = -1;
	else if (rc < 0)
		map_no_memory(j->s);
	if (rc == 0) {
		to.sql = str_n(sql.p, sql.len);
		rc = map_rec_names(j, &to, &bytes) < 0 || map_default(j, &to) < 0 ? -1 : 0;
	}
	if (rc == 0 && write_ddl(&j->s->out.b, &to) < 0)
		rc = map_no_memory(j->s);
	free(to.names);
	buf_release(&bytes);
	buf_release(&sql);
	return rc;
}

static int drop(struct job *j)
{
	((struct rowmap *)j->s->arg)->ddl_dropped++;
	return STREAM_TOOK;
}

static int default_moves(struct job *j)
{
	const struct rule *u;

	return j->db ? map_one(j, j->db, "", &u) : 0;
}

static int decide(struct job *j)
{
	static const char hint[] = "do on the target by hand what is needed, then say ddl drop in the rule; or ddl pass, to have "
				   "it rewritten all the same";
	static const char database_hint[] =
	    "say where it goes (database NAME -> NEW_NAME), with ddl drop below that line if such "
	    "statements are not for the target";
	struct rowmap *m = j->s->arg;
	enum rules_ddl ddl = m->ddl;
	int unsure, moves, rc;

	if (look(j) < 0)
		return -1;
	if (ddl == RULES_DDL_UNSAID && !j->drop && !j->stop && !j->pass)
		ddl = m->rules.tests.ddl; /* the tables' rules come first */
	if (j->drop && j->keep && ddl == RULES_DDL_UNSAID)
		return stop(j, "the rules drop the statement for some of its tables only", hint);
	unsure = !names_are_known(j) && may_name_mapped(j);
	if (ddl == RULES_DDL_UNSAID && j->drop)
		return drop(j);
	if (ddl == RULES_DDL_UNSAID && j->stop)
		return stop(j, "the rules stop at the statement", hint);
	moves = default_moves(j);
	if (moves < 0)
		return -1;
	if (!j->mapped && !unsure && !j->why && !moves)
		return STREAM_PASS;
	if (ddl == RULES_DDL_DROP || j->d.class == DDL_TEMPORARY || j->d.class == DDL_ADMIN) /* the last two change nothing */
		return drop(j);
	if (ddl == RULES_DDL_STOP)
		return stop(j, "told to stop at a statement about what is mapped", hint);
	if (j->why && ddl != RULES_DDL_PASS)
		return stop(j, j->why, j->why == no_database_rule ? database_hint : hint);
	if (!j->mapped && !unsure && !moves)
		return STREAM_PASS; /* --ddl pass, and no name is another */
	rc = rewrite(j);
	if (rc <= 0) {
		m->ddl_rewritten += rc == 0;
		return rc < 0 ? -1 : STREAM_TOOK;
	}
	if (ddl == RULES_DDL_PASS || j->pass)
		return STREAM_PASS;
	return stop(j, "names in the statement cannot be mapped with certainty", hint);
}

int on_ddl(struct stream *s, const struct rec_ddl *r)
{
	struct rowmap *m = s->arg;
	struct job j = {.s = s, .r = r};
	int rc = -1;

	if (m->rules.nrules == 0)
		return STREAM_PASS;
	j.db = r->db.p && r->db.n ? strndup(r->db.p, r->db.n) : NULL;
	if ((r->db.n && !j.db) || ddl_lex(&j.d, r->sql.p, r->sql.n, r->has_sql_mode ? r->sql_mode : 0,
				      r->has_cs ? charset_of_collation(r->cs) : NULL) < 0)
		map_no_memory(s);
	else
		rc = decide(&j);
	ddl_release(&j.d);
	free(j.db);
	buf_release(&j.to_db);
	buf_release(&j.to_table);
	buf_release(&j.first_db);
	return rc;
}

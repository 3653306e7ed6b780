#include "ddl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddl_parse.h"

static void set_verb(struct parse *p, const char *verb, const char *object)
{
	snprintf(p->d->verb, sizeof(p->d->verb), "%s%s%s", verb, object ? " " : "", object ? object : "");
}

/* ---- objects: each stands behind its word */

static void on_create_table(struct parse *p)
{
	struct sql_lex before;

	eat_if_exists(p);
	if (take_name(p) < 0)
		return;
	before = p->l;
	eat_char(p, '(');
	if (eat(p, "like")) {
		take_ref(p, 0);
		if (is_char(p, ')'))
			next(p);
		return;
	}
	p->l = before;
	table_body(p, 0);
}

static void on_alter_table(struct parse *p)
{
	eat_if_exists(p);
	if (take_name(p) < 0)
		return;
	eat_wait(p);
	table_body(p, 1);
}

static void on_drop_list(struct parse *p)
{
	eat_if_exists(p);
	take_names(p);
	while (eat(p, "restrict") || eat(p, "cascade"))
		;
}

static void on_truncate(struct parse *p)
{
	set_verb(p, "truncate", "table");
	eat(p, "table");
	take_names(p);
}

static void on_rename_tables(struct parse *p)
{
	eat_if_exists(p);
	do {
		if (take_name(p) < 0)
			return;
		eat_wait(p);
		if (!eat(p, "to")) {
			odd(p);
			return;
		}
		if (take_name(p) < 0)
			return;
	} while (eat_char(p, ','));
}

/* CREATE INDEX i .. ON t, DROP INDEX i ON t */
static void on_index(struct parse *p)
{
	eat_if_exists(p);
	next(p);
	if (!skip_to(p, "on") || take_name(p) < 0)
		return;
	skip_rest(p);
}

static void on_name(struct parse *p)
{
	eat_if_exists(p);
	take_name(p);
	skip_rest(p);
}

/* A view or a routine: the body is not read. */
static void on_body(struct parse *p)
{
	p->d->or_more = 1;
	eat_if_exists(p);
	take_name(p);
}

static void on_trigger(struct parse *p)
{
	on_body(p);
	if (!p->odd && skip_to(p, "on"))
		take_ref(p, 0);
}

static void on_package(struct parse *p)
{
	eat(p, "body");
	on_body(p);
}

static void on_drop_package(struct parse *p)
{
	eat(p, "body");
	on_name(p);
}

static int is_database_option(struct parse *p)
{
	struct sql_lex before = p->l;
	int r;

	if (is(p, "default") || is(p, "character") || is(p, "collate"))
		return 1;
	if (!is(p, "comment") && !is(p, "encryption"))
		return 0;
	next(p);
	r = is_char(p, '=') || p->l.kind == SQL_STRING;
	p->l = before;
	return r;
}

static void on_database(struct parse *p)
{
	struct ddl_name n = {0};

	eat_if_exists(p);
	n.at = p->l.at;
	if (!is_database_option(p)) { /* ALTER DATABASE without a name is of the default one */
		n.len = p->l.end - p->l.at;
		n.db = take_ident(p);
		if (!n.db)
			return;
	}
	n.name = strdup("");
	if (!n.name)
		p->nomem = 1;
	keep_name(p, &n);
	skip_rest(p);
}

static void on_or_more(struct parse *p)
{
	p->d->or_more = 1;
}

/* ---- rows logged as statements: the first table is enough to tell what it is about */

static void on_insert(struct parse *p)
{
	while (eat(p, "low_priority") || eat(p, "delayed") || eat(p, "high_priority") || eat(p, "ignore") || eat(p, "into"))
		;
	p->d->or_more = 1;
	take_name(p);
}

static void on_update(struct parse *p)
{
	while (eat(p, "low_priority") || eat(p, "ignore"))
		;
	p->d->or_more = 1;
	take_name(p);
}

static void on_delete(struct parse *p)
{
	while (eat(p, "low_priority") || eat(p, "quick") || eat(p, "ignore"))
		;
	p->d->or_more = 1;
	if (eat(p, "from"))
		take_name(p);
}

static void on_load(struct parse *p)
{
	p->d->or_more = 1;
	if (skip_to(p, "into") && (eat(p, "table") || skip_to(p, "table")))
		take_name(p);
}

/* ---- CREATE, ALTER, DROP */

struct object {
	const char *word;
	enum ddl_class class;
	const char *name; /* for the verb; NULL: as the word */
	void (*create)(struct parse *), (*alter)(struct parse *), (*drop)(struct parse *);
};

static const struct object objects[] = {
    {"table", DDL_TABLE, NULL, on_create_table, on_alter_table, on_drop_list},
    {"tables", DDL_TABLE, "table", on_drop_list, on_drop_list, on_drop_list},
    {"index", DDL_TABLE, NULL, on_index, on_index, on_index}, {"view", DDL_TABLE, NULL, on_body, on_body, on_drop_list},
    {"sequence", DDL_TABLE, NULL, on_name, on_name, on_drop_list},
    {"database", DDL_DATABASE, NULL, on_database, on_database, on_database},
    {"schema", DDL_DATABASE, "database", on_database, on_database, on_database},
    {"trigger", DDL_CODE, NULL, on_trigger, on_body, on_name}, {"procedure", DDL_CODE, NULL, on_body, on_name, on_name},
    {"function", DDL_CODE, NULL, on_body, on_name, on_name}, {"event", DDL_CODE, NULL, on_body, on_body, on_name},
    {"package", DDL_CODE, NULL, on_package, on_package, on_drop_package}, {"library", DDL_CODE, NULL, on_body, on_body, on_name},
    {"user", DDL_ACCOUNT, NULL, on_or_more, on_or_more, on_or_more},
    {"role", DDL_ACCOUNT, NULL, on_or_more, on_or_more, on_or_more}, {"server", DDL_ADMIN, NULL, skip_rest, skip_rest, skip_rest},
    {"tablespace", DDL_ADMIN, NULL, skip_rest, skip_rest, skip_rest},
    {"logfile", DDL_ADMIN, NULL, skip_rest, skip_rest, skip_rest}, {"resource", DDL_ADMIN, NULL, skip_rest, skip_rest, skip_rest},
    {"reference", DDL_ADMIN, "spatial reference", skip_rest, skip_rest, skip_rest},
    {"instance", DDL_ADMIN, NULL, skip_rest, skip_rest, skip_rest},
    {"prepare", DDL_ADMIN, NULL, skip_rest, skip_rest, skip_rest}, /* DROP PREPARE s */
};

static void on_object(struct parse *p, const char *verb, size_t which)
{
	eat_modifiers(p);
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		const struct object *o = &objects[i];
		void (*const f[3])(struct parse *) = {o->create, o->alter, o->drop};

		if (!eat(p, o->word))
			continue;
		set_verb(p, verb, o->name ? o->name : o->word);
		p->d->class = o->class;
		f[which](p);
		if (p->temporary && o->class == DDL_TABLE)
			p->d->class = DDL_TEMPORARY;
		return;
	}
	odd(p);
}

static void on_create(struct parse *p)
{
	on_object(p, "create", 0);
}

static void on_alter(struct parse *p)
{
	on_object(p, "alter", 1);
}

static void on_drop(struct parse *p)
{
	on_object(p, "drop", 2);
}

/* ---- other verbs that need a second word */

static void on_rename(struct parse *p)
{
	if (eat(p, "user")) {
		set_verb(p, "rename", "user");
		p->d->class = DDL_ACCOUNT;
		on_or_more(p);
	} else if (eat(p, "table") || eat(p, "tables")) {
		set_verb(p, "rename", "table");
		on_rename_tables(p);
	} else {
		odd(p);
	}
}

static void on_maintenance(struct parse *p)
{
	eat_modifiers(p);
	if (eat(p, "table") || eat(p, "tables"))
		take_names(p);
	skip_rest(p);
}

static void on_begin(struct parse *p)
{
	eat(p, "work");
	if (!at_end(p)) /* BEGIN NOT ATOMIC: a block of statements */
		odd(p);
}

static void on_start(struct parse *p)
{
	if (eat(p, "transaction")) {
		p->d->class = DDL_BEGIN;
		set_verb(p, "begin", NULL);
	}
	skip_rest(p);
}

static void on_savepoint(struct parse *p)
{
	p->d->savepoint = take_ident(p);
}

static void on_rollback(struct parse *p)
{
	eat(p, "work");
	if (eat(p, "to")) {
		p->d->class = DDL_ROLLBACK_TO;
		set_verb(p, "rollback to", NULL);
		eat(p, "savepoint");
		on_savepoint(p);
	} else {
		skip_rest(p);
	}
}

static void on_release(struct parse *p)
{
	if (eat(p, "savepoint"))
		on_savepoint(p);
	else
		odd(p);
}

static void on_set(struct parse *p)
{
	if (eat(p, "password")) {
		set_verb(p, "set", "password");
		p->d->class = DDL_ACCOUNT;
	} else if (eat(p, "default")) {
		if (is(p, "role")) {
			set_verb(p, "set", "default role");
			p->d->class = DDL_ACCOUNT;
		}
	}
	skip_rest(p);
}

struct verb {
	const char *word;
	enum ddl_class class;
	void (*rest)(struct parse *);
};

static const struct verb verbs[] = {
    {"begin", DDL_BEGIN, on_begin},
    {"start", DDL_ADMIN, on_start},
    {"commit", DDL_COMMIT, skip_rest},
    {"rollback", DDL_ROLLBACK, on_rollback},
    {"savepoint", DDL_SAVEPOINT, on_savepoint},
    {"release", DDL_RELEASE, on_release},
    {"xa", DDL_XA, skip_rest},
    {"insert", DDL_ROWS, on_insert},
    {"replace", DDL_ROWS, on_insert},
    {"update", DDL_ROWS, on_update},
    {"delete", DDL_ROWS, on_delete},
    {"load", DDL_ROWS, on_load},
    {"call", DDL_ROWS, on_or_more},
    {"select", DDL_ROWS, on_or_more},
    {"with", DDL_ROWS, on_or_more},
    {"do", DDL_ROWS, on_or_more},
    {"values", DDL_ROWS, on_or_more},
    {"table", DDL_ROWS, on_or_more},
    {"create", DDL_UNKNOWN, on_create},
    {"alter", DDL_UNKNOWN, on_alter},
    {"drop", DDL_UNKNOWN, on_drop},
    {"rename", DDL_TABLE, on_rename},
    {"truncate", DDL_TABLE, on_truncate},
    {"grant", DDL_ACCOUNT, on_or_more},
    {"revoke", DDL_ACCOUNT, on_or_more},
    {"set", DDL_ADMIN, on_set},
    {"analyze", DDL_ADMIN, on_maintenance},
    {"optimize", DDL_ADMIN, on_maintenance},
    {"repair", DDL_ADMIN, on_maintenance},
    {"check", DDL_ADMIN, on_maintenance},
    {"checksum", DDL_ADMIN, on_maintenance},
    {"flush", DDL_ADMIN, skip_rest},
    {"reset", DDL_ADMIN, skip_rest},
    {"purge", DDL_ADMIN, skip_rest},
    {"change", DDL_ADMIN, skip_rest},
    {"install", DDL_ADMIN, skip_rest},
    {"uninstall", DDL_ADMIN, skip_rest},
    {"cache", DDL_ADMIN, skip_rest},
    {"lock", DDL_ADMIN, skip_rest},
    {"unlock", DDL_ADMIN, skip_rest},
    {"use", DDL_ADMIN, skip_rest},
    {"show", DDL_ADMIN, skip_rest},
    {"stop", DDL_ADMIN, skip_rest},
    {"kill", DDL_ADMIN, skip_rest},
    {"shutdown", DDL_ADMIN, skip_rest},
    {"deallocate", DDL_ADMIN, skip_rest},
};

static void statement(struct parse *p)
{
	while (eat_char(p, '('))
		;
	while (is(p, "set")) { /* SET STATEMENT variable = value, .. FOR statement */
		struct sql_lex before = p->l;

		next(p);
		if (!eat(p, "statement")) {
			p->l = before;
			break;
		}
		if (!skip_to(p, "for"))
			return;
	}
	if (at_end(p)) {
		p->d->class = DDL_ADMIN;
		return;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		const struct verb *v = &verbs[i];

		if (!eat(p, v->word))
			continue;
		p->d->class = v->class;
		set_verb(p, v->word, NULL);
		v->rest(p);
		return;
	}
	odd(p);
}

int ddl_lex(struct ddl *d, const char *sql, size_t n, uint64_t sql_mode, const char *charset)
{
	struct parse p = {.d = d};

	memset(d, 0, sizeof(*d));
	d->class = DDL_UNKNOWN;
	set_verb(&p, "other", NULL);
	if (charset && !(d->charset = strdup(charset)))
		return -1;
	sql_lex_init(&p.l, sql, n, sql_mode, charset);
	statement(&p);
	if (!p.odd && !d->or_more) { /* nothing may follow but a semicolon */
		while (eat_char(&p, ';'))
			;
		if (p.l.kind != SQL_END || p.l.broken)
			d->or_more = 1;
	}
	if (p.odd) { /* the names that were found may not be all */
		d->or_more = 1;
		if (!d->nnames && d->class != DDL_ROWS && d->class != DDL_ACCOUNT && d->class != DDL_ADMIN)
			d->class = DDL_UNKNOWN;
	}
	buf_release(&p.text);
	buf_release(&p.utf8);
	return p.nomem ? -1 : 0;
}

void ddl_release(struct ddl *d)
{
	for (size_t i = 0; i < d->nnames; i++)
		ddl_name_release(&d->names[i]);
	for (size_t i = 0; i < d->nrefs; i++)
		ddl_name_release(&d->refs[i]);
	free(d->names);
	free(d->refs);
	free(d->savepoint);
	free(d->charset);
	memset(d, 0, sizeof(*d));
}

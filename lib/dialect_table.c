/* What a table is made of: types, defaults, keys, checks and options that the target lacks, or has under another name. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dialect_walk.h"

const char *dialect_type(const struct server_kind *to, const char *type)
{
	static const struct {
		const char *type, *instead;
		unsigned mariadb, mysql; /* from which version it is known; 0 never */
	} types[] = {
	    {"uuid", "char(36) CHARACTER SET ascii", 100700, 0},
	    {"inet4", "varchar(15) CHARACTER SET ascii", 101000, 0},
	    {"inet6", "varchar(39) CHARACTER SET ascii", 100500, 0},
	    {"vector", "varbinary", 110700, 90000},
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		unsigned from = to->is_mariadb ? types[i].mariadb : types[i].mysql;

		if (!strcasecmp(type, types[i].type))
			return from && (!to->version || to->version >= from) ? NULL : types[i].instead;
	}
	return NULL;
}

static int is_one_of(const struct walk *w, const char *const *words)
{
	for (; *words; words++)
		if (sql_lex_is(&w->l, *words))
			return 1;
	return 0;
}

static int to_mariadb(const struct walk *w)
{
	return w->to->is_mariadb && !w->from->is_mariadb;
}

static int to_mysql(const struct walk *w)
{
	return !w->to->is_mariadb && w->from->is_mariadb;
}

/* From there up to the present token: it goes. */
static void take_out(struct walk *w, size_t from)
{
	walk_editz(w, from, w->end - from, "");
}

static int replace(struct walk *w, const char *with)
{
	walk_editz(w, w->l.at, w->l.end - w->l.at, with);
	walk_next(w);
	return 1;
}

/* ---- columns */

static int type(struct walk *w)
{
	static const char *const lobs[] = {"tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob",
	    "longblob", "json", "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
	    "geometrycollection", NULL};
	size_t at = w->l.at, len = w->l.end - w->l.at;
	const char *instead = NULL;
	char name[16], text[40];
	unsigned n = 0;

	w->piece.is_lob = is_one_of(w, lobs);
	if (w->l.kind == SQL_WORD && len < sizeof name) {
		memcpy(name, w->sql + at, len);
		name[len] = 0;
		instead = dialect_type(w->to, name);
	}
	if (!instead)
		return 0;
	walk_next(w);
	if (strcmp(instead, "varbinary") != 0) {
		walk_editz(w, at, len, instead);
		return 1;
	}
	if (!sql_lex_is_char(&w->l, '('))
		return 1;
	walk_next(w);
	if (w->l.kind != SQL_NUMBER) /* the list is counted by who looks at this one */
		return 1;
	for (size_t i = w->l.at; i < w->l.end && n < 100000; i++)
		n = 10 * n + (unsigned)(w->sql[i] - '0');
	snprintf(text, sizeof text, "varbinary(%u)", 4 * n);
	walk_next(w);
	walk_next(w);
	walk_editz(w, at, w->end - at, text);
	return 1;
}

/* An expression stands in parentheses there, and so does whatever a column of large values has. */
static int default_value(struct walk *w)
{
	static const char *const times[] = {"current_timestamp", "now", "localtime", "localtimestamp", NULL};
	size_t at;
	int depth = 0;

	walk_next(w);
	at = w->l.at;
	if (w->l.kind == SQL_STRING || w->l.kind == SQL_NUMBER) {
		if (!w->piece.is_lob)
			return 1;
		walk_next(w);
	} else if (w->l.kind == SQL_WORD && !is_one_of(w, times)) {
		walk_next(w);
		if (!sql_lex_is_char(&w->l, '('))
			return 1; /* NULL, or a string with its character set */
		do {
			depth += sql_lex_is_char(&w->l, '(') - sql_lex_is_char(&w->l, ')');
			walk_next(w);
		} while (depth && w->l.kind != SQL_END);
	} else {
		return 1;
	}
	walk_editz(w, at, 0, "(");
	walk_editz(w, w->end, 0, ")");
	return 1;
}

/* At WITH or WITHOUT: SYSTEM VERSIONING goes. 1 */
static int versioning(struct walk *w)
{
	size_t at = w->l.at;

	walk_next(w);
	if (sql_lex_is(&w->l, "system")) {
		walk_next(w);
		walk_next(w);
		take_out(w, at);
	}
	return 1;
}

static int column_to_mysql(struct walk *w)
{
	if (sql_lex_is(&w->l, "default"))
		return default_value(w);
	if (sql_lex_is(&w->l, "compressed"))
		return replace(w, "");
	if (sql_lex_is(&w->l, "persistent"))
		return replace(w, "stored");
	if (sql_lex_is(&w->l, "without") || sql_lex_is(&w->l, "with"))
		return versioning(w);
	return 0;
}

/* NOT NULL of a generated column, NOT ENFORCED of a CHECK, which is then none. */
static int not_something(struct walk *w)
{
	size_t at = w->l.at;

	walk_next(w);
	if (sql_lex_is(&w->l, "null")) {
		walk_next(w);
		if (w->piece.is_generated)
			take_out(w, at);
	} else if (sql_lex_is(&w->l, "enforced")) {
		walk_next(w);
		if (w->piece.is == PIECE_CHECK)
			w->piece.goes = 1;
		else if (w->piece.check)
			take_out(w, w->piece.check);
	}
	return 1;
}

static int column_to_mariadb(struct walk *w)
{
	static const char *const generated[] = {"stored", "virtual", NULL},
				 *const two[] = {"srid", "column_format", "storage", NULL},
				 *const checks[] = {"constraint", "check", NULL};
	size_t at = w->l.at;

	if (is_one_of(w, two)) {
		walk_next(w);
		walk_next(w);
		take_out(w, at);
		return 1;
	}
	if (sql_lex_is(&w->l, "not"))
		return not_something(w);
	if (sql_lex_is(&w->l, "enforced"))
		return replace(w, "");
	if (is_one_of(w, generated))
		w->piece.is_generated = 1;
	else if (is_one_of(w, checks) && !w->piece.check)
		w->piece.check = at;
	return 0;
}

/* ---- keys and checks */

static int key(struct walk *w)
{
	if (to_mysql(w))
		return sql_lex_is(&w->l, "ignored") ? replace(w, "invisible") : 0;
	if (sql_lex_is(&w->l, "invisible"))
		return replace(w, w->to->version && w->to->version < 100600 ? "" : "ignored");
	return sql_lex_is(&w->l, "visible") ? replace(w, "") : 0;
}

/* Within the parentheses of a key: a part that is no column. Rows are the same without an index that is not unique. */
static void key_part(struct walk *w, int is_unique)
{
	if (sql_lex_is_char(&w->l, '(') && (w->sql[w->before] == '(' || w->sql[w->before] == ',') && !is_unique)
		w->piece.goes = 1;
}

/* CONSTRAINT `CONSTRAINT_1` CHECK: MariaDB's own names, one a table, are those of the whole database elsewhere. */
static int constraint(struct walk *w)
{
	static const char own[] = "CONSTRAINT_";
	size_t at = w->l.at;

	walk_next(w);
	if (w->l.kind == SQL_QUOTED && w->l.end - w->l.at > sizeof own &&
	    !strncasecmp(w->sql + w->l.at + 1, own, sizeof own - 1)) {
		walk_next(w);
		if (sql_lex_is(&w->l, "check"))
			walk_editz(w, at, w->l.at - at, "");
	}
	return 1;
}

/* ---- the list, and what stands behind it */

static int begin_piece(struct walk *w)
{
	static const char *const keys[] = {"key", "index", "fulltext", "spatial", NULL},
				 *const checks[] = {"constraint", "check", NULL},
				 *const others[] = {"primary", "unique", "foreign", "period", "like", NULL};

	w->piece.is = is_one_of(w, keys)     ? PIECE_KEY
		      : is_one_of(w, checks) ? PIECE_CHECK
		      : is_one_of(w, others) ? PIECE_OTHER
					     : PIECE_COLUMN;
	return sql_lex_is(&w->l, "constraint") && to_mysql(w) ? constraint(w) : 0;
}

static void end_piece(struct walk *w)
{
	if (w->piece.goes && w->piece.from)
		walk_editz(w, w->piece.from, w->l.at - w->piece.from, "");
	w->piece = (struct piece){.from = w->l.at};
}

static int in_list(struct walk *w)
{
	unsigned n;

	if (w->depth > 1) {
		if (to_mariadb(w) && w->depth == 2)
			key_part(w, w->piece.is != PIECE_KEY);
		return 0;
	}
	if (sql_lex_is_char(&w->l, ',') || sql_lex_is_char(&w->l, ')')) {
		if (sql_lex_is_char(&w->l, ')'))
			w->list = LIST_BEHIND;
		end_piece(w);
		return 0;
	}
	n = w->piece.n++;
	if (n == 0)
		return begin_piece(w);
	switch (w->piece.is) {
	case PIECE_COLUMN:
		return n == 1 ? type(w) : to_mysql(w) ? column_to_mysql(w) : to_mariadb(w) ? column_to_mariadb(w) : 0;
	case PIECE_KEY:
		return to_mysql(w) || to_mariadb(w) ? key(w) : 0;
	case PIECE_CHECK:
		return !to_mariadb(w)		       ? 0
		       : sql_lex_is(&w->l, "not")      ? not_something(w)
		       : sql_lex_is(&w->l, "enforced") ? replace(w, "")
						       : 0;
	case PIECE_OTHER:
		return (to_mysql(w) || to_mariadb(w)) && !sql_lex_is_char(&w->l, '(') ? key(w) : 0;
	}
	return 0;
}

/* NAME=VALUE of how one family keeps a table. */
static int option(struct walk *w)
{
	static const char *const mariadb[] = {"page_checksum", "transactional", "page_compressed", "page_compression_level",
	    "encrypted", "encryption_key_id", NULL};
	static const char *const mysql[] = {
	    "autoextend_size", "secondary_engine", "secondary_engine_attribute", "engine_attribute", "compression", NULL};
	static const char *const others[] = {"select", "as", "partition", "union", "values", "table", NULL};
	const char *const *names = w->from->is_mariadb ? mariadb : mysql;
	size_t at = w->l.at, end;

	w->makes = !is_one_of(w, others);

	if (to_mysql(w) && sql_lex_is(&w->l, "with"))
		return versioning(w);
	if (!sql_lex_is_name(&w->l))
		return 0;
	buf_reset(&w->word);
	sql_lex_unquote(&w->l, &w->word);
	while (*names && strcasecmp(buf_str(&w->word), *names) != 0)
		names++;
	if (!*names)
		return 0;
	walk_next(w);
	if (!sql_lex_is_char(&w->l, '='))
		return 1;
	walk_next(w);
	end = w->l.end;
	walk_next(w);
	if (w->l.kind == SQL_WORD && w->l.at == end) /* 4M */
		walk_next(w);
	take_out(w, at);
	return 1;
}

int walk_table(struct walk *w)
{
	switch (w->list) {
	case LIST_BEFORE:
		if (!w->depth && sql_lex_is_char(&w->l, '(')) {
			w->list = LIST_IN;
			w->piece = (struct piece){0};
		}
		return 0;
	case LIST_IN:
		return in_list(w);
	case LIST_BEHIND:
		return !w->depth && w->from->is_mariadb != w->to->is_mariadb ? option(w) : 0;
	}
	return 0;
}

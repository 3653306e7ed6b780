#ifndef DDL_H
#define DDL_H
/*
 * A lexer, not a parser: finds what a statement of the log does and the names
 * of the objects that it does it to, with their place in the text, so that they
 * can be matched and replaced. Understands comments, executable comments
 * (version comments of both families), quotes in every sql_mode, character sets whose trail bytes
 * look like backslashes or backquotes (gbk, sjis, big5).
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum ddl_class {
	DDL_BEGIN,
	DDL_COMMIT,
	DDL_ROLLBACK,
	DDL_SAVEPOINT,
	DDL_ROLLBACK_TO,
	DDL_RELEASE,
	DDL_XA,
	DDL_ROWS,      /* insert, update, delete, replace, load, call, select ... : rows logged as a statement */
	DDL_TABLE,     /* create, alter, drop, rename, truncate table; create, drop index; also of views and sequences */
	DDL_DATABASE,  /* create, alter, drop database */
	DDL_CODE,      /* triggers, procedures, functions, events */
	DDL_ACCOUNT,   /* grant, revoke, users, roles, set password */
	DDL_TEMPORARY, /* only about temporary tables: nothing to do elsewhere */
	DDL_ADMIN,     /* flush, analyze, optimize, repair, check, set, ... : no change of data or definition */
	DDL_UNKNOWN
};

struct ddl_name {
	const char *db, *name; /* unquoted, UTF-8, owned by the ddl; db NULL: the default database; name "" for databases */
	size_t at, len;	       /* its place in the text with quotes and db; len 0: a database that is not written */
	int beside; /* 1: written without a database, it is in that of names[0] (db is set so), not in the default one */
};

struct ddl {
	enum ddl_class class;
	char verb[40];		/* lower case, "create table" */
	char *savepoint;	/* name, unquoted */
	struct ddl_name *names; /* objects that it creates, changes or drops, in the order of the text */
	size_t nnames;
	struct ddl_name *refs; /* others that it names: LIKE t, REFERENCES t, UNION=(t), a sequence, a trigger's table */
	size_t nrefs;
	int or_more;   /* 1: it may name more tables than were found (AS SELECT, a view's or procedure's body) */
	int if_exists; /* IF [NOT] EXISTS or OR REPLACE was said */
	char *charset; /* of the text, as it was given */
};

#define DDL_ANSI_QUOTES 4u /* sql_mode bits as the log has them */
#define DDL_NO_BACKSLASH_ESCAPES 0x100000u

/*
 * 0, or -1 (no memory); release it in both cases. Never fails for odd text: class DDL_UNKNOWN then. A text of comments
 * alone is DDL_ADMIN. charset: name of the text's, NULL utf8. verb is "other" where nothing better is known.
 */
int ddl_lex(struct ddl *d, const char *sql, size_t n, uint64_t sql_mode, const char *charset);
void ddl_release(struct ddl *d);

/*
 * Writes the statement with names and refs replaced: to(arg, name, &db, &table) gives the new names (both set; in UTF-8)
 * and returns 1, or 0 to leave it. The new text qualifies what was replaced with its database. `name` is one of d->names
 * or d->refs, in the order of the text.
 * 0; -1: no memory; 1: cannot be rewritten safely: or_more, DDL_UNKNOWN, a new name that the text's character set
 * lacks, or a reference left as it is whose database is not known while its table moves (a callback that
 * knows the default database returns 1 for it, with the names that it has).
 */
int ddl_rewrite(const struct ddl *d, const char *sql, size_t n, uint64_t sql_mode,
    int (*to)(void *arg, const struct ddl_name *name, const char **db, const char **table), void *arg, struct buf *out);

#endif

#ifndef DIALECT_H
#define DIALECT_H
/*
 * What one server's statement is for another: names of sql_mode, of collations,
 * the collation that a character set alone means, comments that only one of them
 * executes, what columns and keys of a table are called. It changes tokens and has no
 * grammar: what a server does not know at all it has to refuse by itself.
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct server_kind {
	int is_mariadb;
	unsigned version; /* 101100, 90700; 0 not known */
};

/* "10.11.6-MariaDB-log" of a server of this family. */
struct server_kind server_kind_of(int is_mariadb, const char *version);

/*
 * Names of `to`'s sql_mode, with commas, for the bits that `from` logged. NULL, or the name of a mode that `to` lacks and that
 * changes what the statement means. is_code: a routine, whose rows are changed in that mode later on.
 */
const char *dialect_sql_mode(
    const struct server_kind *from, const struct server_kind *to, uint64_t bits, int is_code, struct buf *names);

/* The nearest collation that `to` has for one of `from`'s, appended. 1 another, 0 the same. */
int dialect_collation(const struct server_kind *from, const struct server_kind *to, const char *name, struct buf *out);

/* The name of a type that holds the values of one that `to` lacks ("varbinary": four times as long); NULL: it has it. */
const char *dialect_type(const struct server_kind *to, const char *type);

/* Collations that were made the default of their character sets in `from`'s session. */
struct dialect_defs {
	const uint16_t *coll;
	uint32_t n;
};

/* The collation that a character set means where nothing else is said; "" not known. */
const char *dialect_default(const struct server_kind *k, const struct dialect_defs *defs, const char *charset);

/* The text that gives `to`'s session the same defaults, as far as it can be told, appended; nothing if it has no such variable.
 */
void dialect_session(
    const struct server_kind *from, const struct server_kind *to, const struct dialect_defs *defs, struct buf *out);

/*
 * The statement for `to`:
 * - collations by their nearest names; a character set that stands alone gets its collation, where `to`'s session cannot be
 *   told that;
 * - of CREATE TABLE: types that `to` lacks; expressions and large constants as defaults in their parentheses; keys that are not
 *   looked at by another name; checks that are not enforced, keys on expressions that are not unique, and how the table is
 *   kept are left out;
 * - comments that `from` executed are written out, those of `to` that `from` did not execute are made plain ones;
 * - how an ALTER TABLE or CREATE INDEX is to be done (ALGORITHM, LOCK), and ENCRYPTION='N', are left to `to`.
 * 1 it was changed and is in out; 0 it is right as it is; -1 no memory.
 */
int dialect_rewrite(const struct server_kind *from, const struct server_kind *to, const struct dialect_defs *defs,
    const char *verb, const char *sql, size_t n, uint64_t sql_mode, const char *charset, struct buf *out);

#endif

#ifndef PATTERN_H
#define PATTERN_H
/*
 * Name patterns, as --include, --exclude and the rules have them (rowrules(5)):
 *   db.table     both parts; a part is
 *     name         exact
 *     na*e na?e    shell wildcards, also [abc]
 *     name[0-15]   Otter's range: name0 to name15; [00-15] is 00 to 15, zero-padded
 *                  when both bounds have the same width and the first begins with 0
 *     /regex/      PCRE2, must match the whole part; the only place of regular expressions
 *   /regex/ alone  matches "db.table" whole
 *   db           alone: every table of it ("db.*")
 * Brackets hold a range if they hold digits-digits, else a class of characters.
 * Parts with odd characters stand in backquotes and are exact. Names are compared
 * without case as the servers on other file systems may; say `case` to compare exactly.
 */
#include <stddef.h>

#include "buf.h"

struct pattern;

/* NULL: wrong; why gets one line (a constant or a buffer that lives till the next call), *at the offset of the mistake. */
struct pattern *pattern_parse(const char *s, size_t n, int with_case, const char **why, size_t *at);
void pattern_free(struct pattern *p);
const char *pattern_text(const struct pattern *p);

/*
 * 1, 0; -1: a regular expression gave up on this name (its work is limited). table NULL or
 * ntable 0: asks about the database itself (can any table of it match?).
 */
int pattern_matches(const struct pattern *p, const char *db, size_t ndb, const char *table, size_t ntable);
/* The number that a range part matched (table's, else db's), or -1: for range to range mapping. */
long pattern_range_index(const struct pattern *p, const char *db, size_t ndb, const char *table, size_t ntable);

/*
 * For targets that are made from patterns; table 0 asks of the database's part, 1 of the table's. pattern_range: 1 and
 * the bounds if the part has a range, else 0. pattern_name: appends the exact part's name, or the range part's with
 * that number; 0, or -1: the part has wildcards or is missing, the number is out of the range, or no memory.
 */
int pattern_range(const struct pattern *p, int table, long *first, long *last);
int pattern_name(const struct pattern *p, int table, long number, struct buf *out);

/* A list of includes and excludes: in when some include matches (or there is none) and no exclude does. */
struct pattern_list {
	struct pattern **in, **out;
	size_t nin, nout;
};
int pattern_list_add(struct pattern_list *l, const char *s, int exclude, const char *option); /* 0; -1 message printed */
/* As pattern_matches. A database itself is out only when an exclude names all its tables (`db`, `db.*`). */
int pattern_list_has(const struct pattern_list *l, const char *db, size_t ndb, const char *table, size_t ntable);
void pattern_list_release(struct pattern_list *l);

#endif

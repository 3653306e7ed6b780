#ifndef PATTERN_H
#define PATTERN_H
/*
 * Name patterns, as --include, --exclude and the rules have them (rowrules(5)):
 *   db.table     both parts; a part is
 *     name         exact
 *     na*e na?e    shell wildcards, also [abc]
 *     name[0-15]   Otter's range: name0 to name15, zero-padded as the bounds are
 *     /regex/      PCRE2, must match the whole part
 *   /regex/ alone  matches "db.table" whole
 *   db           alone: every table of it ("db.*")
 * Parts with odd characters stand in backquotes. Names are compared without
 * case as the servers on other file systems may; say `case` to compare exactly.
 */
#include <stddef.h>

struct pattern;

/* NULL: wrong; why gets one line (a constant or a buffer that lives till the next call), *at the offset of the mistake. */
struct pattern *pattern_parse(const char *s, size_t n, int with_case, const char **why, size_t *at);
void pattern_free(struct pattern *p);
const char *pattern_text(const struct pattern *p);

/* table NULL or n 0: asks about the database itself (does any table of it match?). */
int pattern_matches(const struct pattern *p, const char *db, size_t ndb, const char *table, size_t ntable);
/* The number that a range part matched (table's, else db's), or -1: for range to range mapping. */
long pattern_range_index(const struct pattern *p, const char *db, size_t ndb, const char *table, size_t ntable);

/* A list of includes and excludes: in when some include matches (or there is none) and no exclude does. */
struct pattern_list {
	struct pattern **in, **out;
	size_t nin, nout;
};
int pattern_list_add(struct pattern_list *l, const char *s, int exclude, const char *option); /* 0; -1 message printed */
int pattern_list_has(const struct pattern_list *l, const char *db, size_t ndb, const char *table, size_t ntable);
void pattern_list_release(struct pattern_list *l);

#endif

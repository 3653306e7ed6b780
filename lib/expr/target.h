#ifndef EXPR_TARGET_H
#define EXPR_TARGET_H
/*
 * Where a rule sends what its pattern matches: db.table, each part a name, a name
 * with one * that stands for the source's name, or a range that is met number by
 * number with the source's (rowrules(5), Targets).
 */
#include <stddef.h>

#include "../buf.h"
#include "../pattern.h"

struct target;

/* NULL: a mistake; why is a constant text (or lives until the next call), *at its offset. databases: only a database's name. */
struct target *target_parse(const char *s, size_t n, const struct pattern *from, int databases, const char **why, size_t *at);
void target_free(struct target *t);
/* Appends the names for a source table that `from` matches (table NULL: a database's). 0 or -1 (no memory). */
int target_names(const struct target *t, const struct pattern *from, const char *db, const char *table, struct buf *to_db,
    struct buf *to_table);
/* 1 if tables of several names go to one. */
int target_merges(const struct target *t, const struct pattern *from);

#endif

#include <stdlib.h>

#include "target.h"

struct part {
	char *before, *after;	/* around the source's name; before NULL: there is no star */
	struct pattern *names;	/* a name or a range, as the pattern of a database */
	long first, from_first; /* ranges */
	int has_range;
};

struct target {
	struct part db, table;
};

static int is_exact(const struct pattern *p, int table)
{
	struct buf name = BUF_INIT;
	long first, last;
	int exact = !pattern_range(p, table, &first, &last) && pattern_name(p, table, 0, &name) == 0;

	buf_release(&name);
	return exact;
}

/* Length of one part: to a point outside of backquotes, or to the end. */
static size_t part_length(const char *s, size_t n)
{
	int quoted = 0;
	size_t i;

	for (i = 0; i < n && (quoted || s[i] != '.'); i++)
		if (s[i] == '`')
			quoted = !quoted;
	return i;
}

static int wrong(const char **why, size_t *at, size_t place, const char *text)
{
	*why = text;
	*at = place;
	return -1;
}

static int parse_star(struct part *p, const char *s, size_t n, const char *star, const char **why, size_t *at)
{
	for (size_t i = 0; i < n; i++)
		if (s + i != star && strchr("*?[]/{}()`", s[i]))
			return wrong(why, at, i, "a target has one * and no other wildcard");
	p->before = strndup(s, (size_t)(star - s));
	p->after = strndup(star + 1, n - (size_t)(star - s) - 1);
	return p->before && p->after ? 0 : wrong(why, at, 0, "out of memory");
}

static int parse_part(
    struct part *p, const char *s, size_t n, const struct pattern *from, int table, const char **why, size_t *at)
{
	const char *star = n && *s != '`' ? memchr(s, '*', n) : NULL;
	struct buf name = BUF_INIT;
	long last, from_last;
	int named;

	if (n == 0)
		return wrong(why, at, 0, "the target's name is missing");
	if (*s == '/')
		return wrong(why, at, 0, "a target is a name, not a regular expression: * stands for the source's name");
	if (star)
		return parse_star(p, s, n, star, why, at);
	p->names = pattern_parse(s, n, 1, why, at);
	if (!p->names)
		return -1;
	p->has_range = pattern_range(p->names, 0, &p->first, &last);
	named = pattern_name(p->names, 0, p->has_range ? p->first : 0, &name) == 0;
	buf_release(&name);
	if (!named)
		return wrong(why, at, 0, "a target has no wildcards but *, which stands for the source's name");
	if (!p->has_range)
		return 0;
	if (!pattern_range(from, table, &p->from_first, &from_last))
		return wrong(why, at, 0, "the target has a range where the source has none");
	if (from_last - p->from_first != last - p->first)
		return wrong(why, at, 0, "the ranges of source and target are not of one length");
	return 0;
}

struct target *target_parse(const char *s, size_t n, const struct pattern *from, int databases, const char **why, size_t *at)
{
	struct target *t = calloc(1, sizeof *t);
	size_t db = part_length(s, n);
	int r;

	if (!t) {
		(void)wrong(why, at, 0, "out of memory");
		return NULL;
	}
	if (databases)
		r = db < n ? wrong(why, at, db, "a database goes to a database, without a table") : 0;
	else
		r = db == n ? wrong(why, at, n, "the target is written database.table") : 0;
	if (r == 0)
		r = parse_part(&t->db, s, db, from, 0, why, at);
	if (r == 0 && !databases) {
		r = parse_part(&t->table, s + db + 1, n - db - 1, from, 1, why, at);
		if (r < 0)
			*at += db + 1;
	}
	if (r < 0) {
		target_free(t);
		return NULL;
	}
	return t;
}

static void part_release(struct part *p)
{
	free(p->before);
	free(p->after);
	pattern_free(p->names);
}

void target_free(struct target *t)
{
	if (!t)
		return;
	part_release(&t->db);
	part_release(&t->table);
	free(t);
}

static int part_name(const struct part *p, long number, const char *source, struct buf *out)
{
	if (!p->before && !p->names) /* the table's part of a target for databases */
		buf_adds(out, source);
	else if (p->before)
		buf_printf(out, "%s%s%s", p->before, source, p->after);
	else if (pattern_name(p->names, 0, p->has_range ? number - p->from_first + p->first : 0, out) < 0)
		return -1;
	return out->failed ? -1 : 0;
}

int target_names(const struct target *t, const struct pattern *from, const char *db, const char *table, struct buf *to_db,
    struct buf *to_table)
{
	long number = pattern_range_index(from, db, strlen(db), NULL, 0);

	if (part_name(&t->db, number, db, to_db) < 0)
		return -1;
	if (!table)
		return 0;
	number = pattern_range_index(from, db, strlen(db), table, strlen(table));
	return part_name(&t->table, number, table, to_table);
}

int target_merges(const struct target *t, const struct pattern *from)
{
	int db_to_one = t->db.names && !t->db.has_range, table_to_one = t->table.names && !t->table.has_range;

	return (db_to_one && !is_exact(from, 0)) || (table_to_one && !is_exact(from, 1));
}

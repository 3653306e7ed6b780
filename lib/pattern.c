#include "pattern.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "pattern_part.h"

struct pattern {
	char *text;
	int whole; /* db is a regular expression for "db.table" */
	struct part db, table;
};

static int pattern_walk(struct pattern *p, struct walk *w)
{
	if (!w->n)
		return walk_wrong(w, 0, "the pattern is empty");
	if (part_parse(&p->db, w) < 0)
		return -1;
	if (w->i == w->n) {
		p->whole = p->db.kind == PART_REGEX;
		return 0;
	}
	if (w->s[w->i] != '.')
		return walk_wrong(w, w->i, "a point or the end of the pattern was expected");
	w->i++;
	if (part_parse(&p->table, w) < 0)
		return -1;
	if (w->i < w->n)
		return walk_wrong(w, w->i, "the end of the pattern was expected (names with points stand in backquotes)");
	return 0;
}

struct pattern *pattern_parse(const char *s, size_t n, int with_case, const char **why, size_t *at)
{
	struct pattern *p = calloc(1, sizeof(*p));
	struct walk w = {s, n, 0, "out of memory", 0};

	if (p)
		p->text = strndup(s, n);
	if (!p || !p->text)
		goto err;
	p->db.with_case = p->table.with_case = with_case;
	if (pattern_walk(p, &w) < 0)
		goto err;
	return p;
err:
	*why = w.why;
	*at = w.at;
	pattern_free(p);
	return NULL;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	part_release(&p->table);
	part_release(&p->db);
	free(p->text);
	free(p);
}

const char *pattern_text(const struct pattern *p)
{
	return p->text;
}

/* "db.table" against the one regular expression; without a table: whether it can match something that begins with "db.". */
static int whole_matches(const struct pattern *p, const char *db, size_t ndb, const char *table, size_t ntable)
{
	char room[600], *s = room;
	size_t n = ndb + 1 + ntable;
	long number;
	int r;

	if (n > sizeof(room) && !(s = malloc(n)))
		return -1;
	memcpy(s, db, ndb);
	s[ndb] = '.';
	if (ntable)
		memcpy(s + ndb + 1, table, ntable);
	r = part_regex_matches(&p->db, s, n, ntable ? 0 : PCRE2_PARTIAL_HARD, &number);
	if (s != room)
		free(s);
	return r;
}

static int match(const struct pattern *p, const char *db, size_t ndb, const char *table, size_t ntable, long *number)
{
	long of_db, of_table;
	int r;

	*number = -1;
	if (!table)
		ntable = 0;
	if (p->whole)
		return whole_matches(p, db, ndb, table, ntable);
	r = part_matches(&p->db, db, ndb, &of_db);
	if (r <= 0)
		return r;
	*number = of_db;
	if (!ntable)
		return 1;
	r = part_matches(&p->table, table, ntable, &of_table);
	if (of_table >= 0)
		*number = of_table;
	return r;
}

int pattern_matches(const struct pattern *p, const char *db, size_t ndb, const char *table, size_t ntable)
{
	long number;

	return match(p, db, ndb, table, ntable, &number);
}

long pattern_range_index(const struct pattern *p, const char *db, size_t ndb, const char *table, size_t ntable)
{
	long number;

	return match(p, db, ndb, table, ntable, &number) == 1 ? number : -1;
}

int pattern_range(const struct pattern *p, int table, long *first, long *last)
{
	const struct part *part = table ? &p->table : &p->db;

	if (!part->has_range)
		return 0;
	*first = part->first;
	*last = part->last;
	return 1;
}

int pattern_name(const struct pattern *p, int table, long number, struct buf *out)
{
	const struct part *part = table ? &p->table : &p->db;

	if (part->kind != PART_EXACT && !part->tail)
		return -1;
	if (part->kind == PART_EXACT) {
		buf_adds(out, part->name);
	} else {
		if (number < part->first || number > part->last)
			return -1;
		buf_printf(out, "%s%0*ld%s", part->name, (int)part->width, number, part->tail);
	}
	return out->failed ? -1 : 0;
}

int pattern_list_add(struct pattern_list *l, const char *s, int exclude, const char *option)
{
	struct pattern ***list = exclude ? &l->out : &l->in, **more;
	size_t *n = exclude ? &l->nout : &l->nin, at;
	const char *why;
	struct pattern *p = pattern_parse(s, strlen(s), 0, &why, &at);

	if (!p) {
		msg_error("%s: %s, at character %zu of \"%s\"", option, why, at + 1, s);
		return -1;
	}
	more = realloc(*list, (*n + 1) * sizeof(**list));
	if (!more) {
		msg_no_memory();
		pattern_free(p);
		return -1;
	}
	*list = more;
	more[(*n)++] = p;
	return 0;
}

int pattern_list_has(const struct pattern_list *l, const char *db, size_t ndb, const char *table, size_t ntable)
{
	int in = !l->nin, r;

	for (size_t i = 0; i < l->nin && !in; i++) {
		r = pattern_matches(l->in[i], db, ndb, table, ntable);
		if (r < 0)
			return -1;
		in = r;
	}
	for (size_t i = 0; i < l->nout && in; i++) {
		if ((!table || !ntable) && (l->out[i]->whole || l->out[i]->table.kind != PART_ALL))
			continue;
		r = pattern_matches(l->out[i], db, ndb, table, ntable);
		if (r < 0)
			return -1;
		in = !r;
	}
	return in;
}

void pattern_list_release(struct pattern_list *l)
{
	for (size_t i = 0; i < l->nin; i++)
		pattern_free(l->in[i]);
	for (size_t i = 0; i < l->nout; i++)
		pattern_free(l->out[i]);
	free(l->in);
	free(l->out);
	memset(l, 0, sizeof(*l));
}

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dialect_walk.h"

void walk_edit(struct walk *w, size_t at, size_t len, const char *text, size_t ntext)
{
	struct edit *e;

	if (w->n == w->cap) {
		e = realloc(w->edits, (w->cap ? 2 * w->cap : 8) * sizeof *e);
		if (!e) {
			w->nomem = 1;
			return;
		}
		w->edits = e;
		w->cap = w->cap ? 2 * w->cap : 8;
	}
	w->edits[w->n] = (struct edit){at, len, w->pool.len, ntext, w->n};
	w->n++;
	(void)buf_add(&w->pool, text, ntext);
}

void walk_editz(struct walk *w, size_t at, size_t len, const char *text)
{
	walk_edit(w, at, len, text, strlen(text));
}

/* ---- comments: between tokens */

static size_t past_line(const struct walk *w, size_t i, size_t to)
{
	while (i < to && w->sql[i] != '\n')
		i++;
	return i;
}

static size_t past_comment(const struct walk *w, size_t i, size_t to)
{
	for (i += 2; i + 1 < to; i++)
		if (w->sql[i] == '*' && w->sql[i + 1] == '/')
			return i + 2;
	return to;
}

/* An executable comment that opens at i. */
static size_t opens(struct walk *w, size_t i, size_t to)
{
	int of_mariadb = w->sql[i + 2] == 'M';
	size_t k = i + (of_mariadb ? 4 : 3), digits = 0;

	if (of_mariadb && !w->from->is_mariadb) {
		walk_editz(w, i + 2, 0, " "); /* the target would execute it */
		w->foreign++;
		return k;
	}
	while (digits < 6 && k < to && w->sql[k] >= '0' && w->sql[k] <= '9')
		digits++, k++;
	walk_editz(w, i, k - i, " ");
	w->opened++;
	return k;
}

static void gap(struct walk *w, size_t from, size_t to)
{
	for (size_t i = from; i < to;) {
		const char *p = w->sql + i;
		size_t left = to - i;

		if (*p == '#' || (left > 1 && p[0] == '-' && p[1] == '-'))
			i = past_line(w, i, to);
		else if (left > 3 && (!memcmp(p, "/*!", 3) || !memcmp(p, "/*M!", 4)) &&
			 !memmem(p, left < 10 ? left : 10, "999999", 6))
			i = opens(w, i, to);
		else if (left > 1 && p[0] == '/' && p[1] == '*')
			i = past_comment(w, i, to);
		else if (left > 1 && p[0] == '*' && p[1] == '/') {
			if (w->foreign) {
				w->foreign--;
			} else if (w->opened) {
				w->opened--;
				walk_editz(w, i, 2, " ");
			}
			i += 2;
		} else
			i++;
	}
}

void walk_next(struct walk *w)
{
	w->was_default = sql_lex_is(&w->l, "default");
	w->was_comma = sql_lex_is_char(&w->l, ',');
	w->before = w->l.at;
	w->end = w->l.end;
	sql_lex_next(&w->l);
	if (w->from->is_mariadb != w->to->is_mariadb)
		gap(w, w->end, w->l.kind == SQL_END ? w->l.n : w->l.at);
}

static int eat(struct walk *w, const char *word)
{
	if (!sql_lex_is(&w->l, word))
		return 0;
	walk_next(w);
	return 1;
}

static void eat_equals(struct walk *w)
{
	if (sql_lex_is_char(&w->l, '='))
		walk_next(w);
}

/* The present name or string; NULL: it is something else. */
static const char *word(struct walk *w)
{
	if (!sql_lex_is_name(&w->l) && w->l.kind != SQL_STRING)
		return NULL;
	buf_reset(&w->word);
	sql_lex_unquote(&w->l, &w->word);
	return buf_str(&w->word);
}

/* ---- collations */

static struct segment *segment(struct walk *w)
{
	return &w->seg[w->depth < 2 ? w->depth : 2];
}

static void end_segment(struct walk *w, int depth)
{
	struct segment *s = &w->seg[depth];

	if (s->charset_end && !s->has_collate) {
		struct buf text = BUF_INIT;

		buf_adds(&text, " COLLATE ");
		(void)buf_add(&text, w->pool.p + s->want, s->nwant);
		walk_edit(w, s->charset_end, 0, buf_str(&text), text.len);
		w->nomem |= text.failed;
		buf_release(&text);
	}
	memset(s, 0, sizeof *s);
}

static void collate(struct walk *w)
{
	const char *name;

	segment(w)->has_collate = 1;
	eat_equals(w);
	name = word(w);
	if (!name)
		return;
	if (dialect_collation(w->from, w->to, name, &w->near) && !w->foreign)
		walk_editz(w, w->l.at, w->l.end - w->l.at, buf_str(&w->near));
	walk_next(w);
}

/* Must the text say what a character set means by itself? Then w->near is it. */
static int must_say(struct walk *w, const char *charset)
{
	static const struct server_kind plain_mariadb = {1, 100200}, plain_mysql = {0, 90000};
	const struct server_kind *to = w->to;
	const char *want = dialect_default(w->from, w->defs, charset);

	if (!*want)
		return 0;
	(void)dialect_collation(w->from, to, want, &w->near);
	want = buf_str(&w->near);
	if (to->is_mariadb && to->version >= 110201) /* its session knows */
		return 0;
	if (!to->is_mariadb && !strcasecmp(charset, "utf8mb4") && !strcmp(want, "utf8mb4_general_ci"))
		return 0;
	return strcmp(want, dialect_default(to->is_mariadb ? &plain_mariadb : &plain_mysql, NULL, charset)) != 0;
}

static void charset(struct walk *w)
{
	struct segment *s = segment(w);
	const char *name;

	eat_equals(w);
	name = word(w);
	if (!name || !w->has_sets || w->depth > 1 || w->foreign)
		return;
	if (must_say(w, name)) {
		s->charset_end = w->l.end;
		s->want = w->pool.len;
		s->nwant = w->near.len;
		(void)buf_add(&w->pool, w->near.p, w->near.len);
	}
	walk_next(w);
	if (eat(w, "binary")) /* its collation by bytes */
		s->has_collate = 1;
}

/* ---- what is the target's own affair */

/* CREATE and DROP INDEX can do without the clause at `at`, in ALTER TABLE it stands between commas. */
static void way(struct walk *w, size_t at, const char *const *words)
{
	eat_equals(w);
	for (; *words; words++)
		if (sql_lex_is(&w->l, *words)) {
			if (!w->foreign && w->by_comma)
				walk_editz(w, w->l.at, w->l.end - w->l.at, "DEFAULT");
			else if (!w->foreign)
				walk_editz(w, at, w->l.end - at, "");
			walk_next(w);
			return;
		}
}

static void encryption(struct walk *w, size_t at)
{
	const char *s;

	eat_equals(w);
	if (w->l.kind == SQL_STRING && (s = word(w)) && !strcasecmp(s, "n") && w->to->is_mariadb) {
		if (!w->foreign)
			walk_editz(w, at, w->l.end - at, " ");
		walk_next(w);
	}
}

/* ---- the walk */

static void token(struct walk *w)
{
	static const char *const algorithms[] = {"instant", "inplace", "copy", "nocopy", "default", NULL};
	static const char *const locks[] = {"none", "shared", "exclusive", "default", NULL};
	size_t start = w->l.at;
	size_t at = w->was_default || w->was_comma ? w->before : w->l.at;

	if (w->makes && !w->foreign && walk_table(w))
		return;
	if (eat(w, "collate")) {
		collate(w);
	} else if (sql_lex_is(&w->l, "character") || sql_lex_is(&w->l, "char")) {
		walk_next(w);
		if (eat(w, "set"))
			charset(w);
	} else if (eat(w, "charset")) {
		charset(w);
	} else if (w->has_ways && !w->depth && eat(w, "algorithm")) {
		way(w, start, algorithms);
	} else if (w->has_ways && !w->depth && eat(w, "lock")) {
		way(w, start, locks);
	} else if (w->has_sets && !w->depth && eat(w, "encryption")) {
		encryption(w, at);
	} else {
		if (sql_lex_is_char(&w->l, '(')) {
			w->depth++;
			if (w->depth == 1)
				memset(&w->seg[1], 0, sizeof w->seg[1]);
		} else if (sql_lex_is_char(&w->l, ')') && w->depth) {
			if (w->depth == 1)
				end_segment(w, 1);
			w->depth--;
		} else if (sql_lex_is_char(&w->l, ',') && (w->depth == 1 || (!w->depth && w->by_comma))) {
			end_segment(w, w->depth);
		}
		walk_next(w);
	}
}

static int by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static int put_together(struct walk *w, size_t n, struct buf *out)
{
	size_t done = 0;

	qsort(w->edits, w->n, sizeof *w->edits, by_place);
	for (size_t i = 0; i < w->n; i++) {
		const struct edit *e = &w->edits[i];

		if (e->at < done) /* within one that was taken out */
			continue;
		(void)buf_add(out, w->sql + done, e->at - done);
		if (e->ntext)
			(void)buf_add(out, w->pool.p + e->text, e->ntext);
		done = e->at + e->len;
	}
	(void)buf_add(out, w->sql + done, n - done);
	return out->failed ? -1 : 1;
}

static int verb_is(const char *verb, const char *a, const char *b, const char *c)
{
	return !strcmp(verb, a) || !strcmp(verb, b) || !strcmp(verb, c);
}

int dialect_rewrite(const struct server_kind *from, const struct server_kind *to, const struct dialect_defs *defs,
    const char *verb, const char *sql, size_t n, uint64_t sql_mode, const char *charset_name, struct buf *out)
{
	struct walk w = {.from = from, .to = to, .defs = defs, .sql = sql};
	int rc = 0;

	if (from->is_mariadb == to->is_mariadb && from->version / 100 == to->version / 100)
		return 0;
	w.makes = !strcmp(verb, "create table");
	w.by_comma = !strcmp(verb, "alter table");
	w.has_sets = w.by_comma || verb_is(verb, "create table", "create database", "alter database");
	w.has_ways = from->is_mariadb != to->is_mariadb && verb_is(verb, "alter table", "create index", "drop index");
	sql_lex_init(&w.l, sql, n, sql_mode, charset_name);
	if (from->is_mariadb != to->is_mariadb)
		gap(&w, 0, w.l.at);
	while (w.l.kind != SQL_END && !w.nomem)
		token(&w);
	end_segment(&w, 0);
	if (w.nomem || w.pool.failed || w.word.failed || w.near.failed)
		rc = -1;
	else if (w.n && !w.l.broken)
		rc = put_together(&w, n, out);
	free(w.edits);
	buf_release(&w.pool);
	buf_release(&w.word);
	buf_release(&w.near);
	return rc;
}

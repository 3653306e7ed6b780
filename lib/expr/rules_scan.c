#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node.h"
#include "rules_scan.h"

void scan_step(struct scan *s)
{
	if (*s->p == '\n') {
		s->line++;
		s->col = 1;
	} else if (((unsigned char)*s->p & 0xc0) != 0x80) {
		s->col++;
	}
	s->p++;
}

static int is_line_end(const char *p, const char *end)
{
	return p == end || *p == '\n' || (*p == '\r' && (p + 1 == end || p[1] == '\n'));
}

void scan_skip_line(struct scan *s)
{
	while (s->p < s->end && *s->p != '\n')
		scan_step(s);
	if (s->p < s->end)
		scan_step(s);
}

void scan_blanks(struct scan *s)
{
	while (s->p < s->end) {
		if (*s->p == ' ' || *s->p == '\t') {
			scan_step(s);
		} else if (*s->p == '\\' && s->p + 1 < s->end && is_line_end(s->p + 1, s->end)) {
			scan_skip_line(s); /* which may be the last, without an end */
		} else {
			return;
		}
	}
}

int scan_at_end(struct scan *s)
{
	scan_blanks(s);
	return is_line_end(s->p, s->end) || *s->p == '#';
}

int scan_mistake(struct scan *s, const char *text)
{
	expr_err_at(s->err, s->line, s->col, "%s", text);
	return -1;
}

int scan_mistake_at_word(struct scan *s, const char *text)
{
	expr_err_at(s->err, s->word_line, s->word_col, "%s", text);
	return -1;
}

/*
 * A word ends at a blank, at -> or at one of the signs in `ends`, outside of
 * `names`, /regular expressions/ and [brackets]. 0; -1: there is none.
 */
static int word_to(struct scan *s, const char *ends, const char *wanted)
{
	char inside = 0;

	if (scan_at_end(s)) {
		expr_err_at(s->err, s->line, s->col, "%s is missing", wanted);
		return -1;
	}
	s->word = s->p;
	s->word_line = s->line;
	s->word_col = s->col;
	while (!is_line_end(s->p, s->end)) {
		char c = *s->p;

		if (inside == '/' && c == '\\' && s->p + 1 < s->end && s->p[1] != '\n') {
			scan_step(s);
		} else if (inside) {
			if (c == (inside == '[' ? ']' : inside))
				inside = 0;
		} else if (c == '`' || c == '[' || (c == '/' && (s->p == s->word || s->p[-1] == '.'))) {
			inside = c;
		} else if (c == ' ' || c == '\t' || strchr(ends, c) || (c == '-' && s->p[1] == '>')) { /* a zero ends the text */
			break;
		}
		scan_step(s);
	}
	s->n = (size_t)(s->p - s->word);
	if (s->n == 0) {
		expr_err_at(s->err, s->word_line, s->word_col, "%s is expected before \"%c\"", wanted, *s->p);
		return -1;
	}
	return 0;
}

int scan_word(struct scan *s, const char *wanted)
{
	return word_to(s, ",=()#", wanted);
}

int scan_pattern(struct scan *s, const char *wanted)
{
	return word_to(s, ",#", wanted);
}

int scan_word_is(const struct scan *s, const char *w)
{
	return strlen(w) == s->n && strncasecmp(w, s->word, s->n) == 0;
}

int scan_sign(struct scan *s, const char *text)
{
	size_t n = strlen(text);

	scan_blanks(s);
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0)
		return 0;
	while (n--)
		scan_step(s);
	return 1;
}

int scan_no_more(struct scan *s)
{
	if (scan_at_end(s))
		return 0;
	return scan_mistake(s, "something follows where the line should end");
}

/* The present word as a name: without its backquotes. NULL: a mistake. */
char *scan_name(struct scan *s)
{
	char *name = malloc(s->n + 1);
	size_t to = 0;

	if (!name) {
		scan_mistake_at_word(s, "out of memory");
		return NULL;
	}
	if (*s->word != '`') {
		memcpy(name, s->word, s->n);
		to = s->n;
		if (strcspn(s->word, "`'\"*?[]/.:;<>|&") < s->n) {
			scan_mistake_at_word(s, "not a column's name: a name with such characters stands in backquotes");
			free(name);
			return NULL;
		}
	} else {
		for (size_t i = 1; i + 1 < s->n; i++) {
			if (s->word[i] == '`')
				i++;
			name[to++] = s->word[i];
		}
		if (to == 0 || s->word[s->n - 1] != '`') {
			scan_mistake_at_word(s, "not a name");
			free(name);
			return NULL;
		}
	}
	name[to] = '\0';
	return name;
}

struct pattern *scan_pattern_of(struct scan *s)
{
	const char *why;
	size_t at;
	struct pattern *p = pattern_parse(s->word, s->n, s->r->with_case, &why, &at);

	s->had_pattern = 1;
	if (!p)
		expr_err_at(s->err, s->word_line, s->word_col + (unsigned)at, "%s", why);
	return p;
}

struct expr *scan_expr(struct scan *s)
{
	const char *from;
	unsigned line, col;

	scan_blanks(s);
	from = s->p;
	line = s->line;
	col = s->col;
	while (!is_line_end(s->p, s->end)) {
		if (*s->p == '\\' && s->p + 1 < s->end && is_line_end(s->p + 1, s->end))
			scan_blanks(s);
		else
			scan_step(s);
	}
	return expr_parse(from, (size_t)(s->p - from), line, col, s->err);
}

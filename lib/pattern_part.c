#include "pattern_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"

/* A name has 64 characters: what needs more work than this on one is a mistake in the pattern. */
#define MATCH_LIMIT 1000000
#define HEAP_LIMIT_KIB 16384
#define RANGE_DIGITS 9 /* a bound fits a long */

static char regex_why[160];

int walk_wrong(struct walk *w, size_t at, const char *why)
{
	w->why = why;
	w->at = at;
	return -1;
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_plain(char c) /* means itself in a regular expression */
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static int is_ascii(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] >= 0x80)
			return 0;
	return 1;
}

static void add_literal(struct buf *re, char c)
{
	if (!is_plain(c))
		buf_add8(re, '\\');
	buf_add8(re, (uint8_t)c);
}

static char *keep(struct buf *b) /* a copy, or NULL */
{
	return b->failed ? NULL : strdup(buf_str(b));
}

/* Called where a range's number was matched: goes on with numbers in the bounds, else another way is tried. */
static int on_number(pcre2_callout_block *c, void *arg)
{
	const struct part *p = arg;
	const PCRE2_SIZE *ov = c->offset_vector + 2;
	long v = 0;

	for (PCRE2_SIZE i = ov[0]; i < ov[1]; i++)
		v = v * 10 + (c->subject[i] - '0');
	return v < p->first || v > p->last;
}

#define AS_REGEX (PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C)
#define AS_TEXT (PCRE2_LITERAL | PCRE2_ANCHORED | PCRE2_ENDANCHORED)

static int part_compile(struct part *p, struct walk *w, size_t at, const char *re, size_t n, uint32_t as)
{
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | as;
	pcre2_compile_context *ctx = pcre2_compile_context_create(NULL);
	int no;
	PCRE2_SIZE off;

	if (!ctx)
		return walk_wrong(w, at, "out of memory");
	if (as == AS_REGEX) /* the whole name; not by PCRE2_ENDANCHORED, which excludes partial matches */
		pcre2_set_compile_extra_options(ctx, PCRE2_EXTRA_MATCH_LINE);
	if (!p->with_case)
		options |= PCRE2_CASELESS;
	p->re = pcre2_compile((PCRE2_SPTR)re, n, options, &no, &off, ctx);
	pcre2_compile_context_free(ctx);
	if (!p->re) {
		pcre2_get_error_message(no, (PCRE2_UCHAR *)regex_why, sizeof(regex_why));
		return walk_wrong(w, p->kind == PART_REGEX ? at + off : at, regex_why);
	}
	p->found = pcre2_match_data_create_from_pattern(p->re, NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (!p->found || !p->limits)
		return walk_wrong(w, at, "out of memory");
	pcre2_set_match_limit(p->limits, MATCH_LIMIT);
	pcre2_set_heap_limit(p->limits, HEAP_LIMIT_KIB);
	if (p->has_range)
		pcre2_set_callout(p->limits, on_number, p);
	return 0;
}

/* `name`, with `` for a backquote in it. */
static int parse_quoted(struct part *p, struct walk *w, struct buf *name)
{
	size_t at = w->i++;

	for (; w->i < w->n; w->i++) {
		if (w->s[w->i] == '`') {
			if (w->i + 1 == w->n || w->s[w->i + 1] != '`')
				break;
			w->i++;
		}
		if (!w->s[w->i])
			return walk_wrong(w, w->i, "a name cannot hold a zero byte");
		buf_add8(name, (uint8_t)w->s[w->i]);
	}
	if (w->i == w->n)
		return walk_wrong(w, at, "the backquote is not closed");
	w->i++;
	if (!name->len)
		return walk_wrong(w, at, "the name is empty");
	p->kind = PART_EXACT;
	return 0;
}

static int parse_regex(struct part *p, struct walk *w)
{
	size_t at = w->i++;
	size_t from = w->i;

	while (w->i < w->n && w->s[w->i] != '/')
		w->i += w->s[w->i] == '\\' ? 2 : 1;
	if (w->i >= w->n)
		return walk_wrong(w, at, "the regular expression is not closed by a slash");
	if (w->i == from)
		return walk_wrong(w, at, "the regular expression is empty");
	p->kind = PART_REGEX;
	return part_compile(p, w, from, w->s + from, w->i++ - from, AS_REGEX);
}

/* 1: [digits-digits] is at w->i; *dash and *end are the places of the dash and the bracket. */
static int is_range(const struct walk *w, size_t *dash, size_t *end)
{
	size_t i = w->i + 1;

	while (i < w->n && is_digit(w->s[i]))
		i++;
	if (i == w->i + 1 || i == w->n || w->s[i] != '-')
		return 0;
	*dash = i++;
	while (i < w->n && is_digit(w->s[i]))
		i++;
	*end = i;
	return i > *dash + 1 && i < w->n && w->s[i] == ']';
}

static int parse_range(struct part *p, struct walk *w, size_t dash, size_t end, struct buf *re)
{
	size_t at = w->i, n1 = dash - at - 1, n2 = end - dash - 1;

	if (p->has_range)
		return walk_wrong(w, at, "a name can have one range (a digit of any value is [0123456789])");
	if (n1 > RANGE_DIGITS || n2 > RANGE_DIGITS)
		return walk_wrong(w, at, "the range's bounds are too large");
	p->first = strtol(w->s + at + 1, NULL, 10);
	p->last = strtol(w->s + dash + 1, NULL, 10);
	if (p->first > p->last)
		return walk_wrong(w, at, "the range's first number is larger than its last");
	p->has_range = 1;
	p->width = n1 == n2 && w->s[at + 1] == '0' ? (unsigned)n1 : 0;
	if (p->width)
		buf_printf(re, "([0-9]{%u})(?C1)", p->width);
	else
		buf_printf(re, "(0|[1-9][0-9]{0,%d})(?C1)", RANGE_DIGITS - 1);
	w->i = end + 1;
	return 0;
}

/* [abc], [a-f], [!abc]; a bracket as the first character stands for itself. */
static int parse_class(struct walk *w, struct buf *re)
{
	size_t at = w->i++, from;

	buf_add8(re, '[');
	if (w->i < w->n && (w->s[w->i] == '!' || w->s[w->i] == '^')) {
		buf_add8(re, '^');
		w->i++;
	}
	for (from = w->i; w->i < w->n && (w->s[w->i] != ']' || w->i == from); w->i++) {
		char c = w->s[w->i];
		int between = w->i > from && w->i + 1 < w->n && w->s[w->i + 1] != ']';

		if (c == '\\')
			return walk_wrong(w, w->i, "a backslash has no meaning here; regular expressions stand between slashes");
		if (c == '-' && between)
			buf_add8(re, '-');
		else
			add_literal(re, c);
	}
	if (w->i == w->n)
		return walk_wrong(w, at, "the bracket is not closed");
	w->i++;
	buf_add8(re, ']');
	return 0;
}

/* A name with wildcards, up to a point or the end. */
static int parse_glob(struct part *p, struct walk *w, struct buf *name, struct buf *re)
{
	size_t at = w->i;
	int stars = 0, others = 0, literal = 0;

	while (w->i < w->n && w->s[w->i] != '.') {
		char c = w->s[w->i];
		size_t dash, end;

		if (c == '*') {
			stars++;
			buf_adds(re, ".*");
		} else if (c == '?') {
			others++;
			buf_add8(re, '.');
		} else if (c == '[' && is_range(w, &dash, &end)) {
			if (parse_range(p, w, dash, end, re) < 0)
				return -1;
			p->name = keep(name);
			if (!p->name)
				return walk_wrong(w, at, "out of memory");
			buf_reset(name);
			continue;
		} else if (c == '[') {
			others++;
			if (parse_class(w, re) < 0)
				return -1;
			continue;
		} else if (c == '%') {
			return walk_wrong(w, w->i, "the wildcards are * and ?; a name with % stands in backquotes");
		} else if ((unsigned char)c <= ' ' || strchr("\"'`,;=<>!&/\177", c)) {
			return walk_wrong(w, w->i, "names with such characters stand in backquotes");
		} else if (strchr("()+|{}\\^]", c)) {
			return walk_wrong(
			    w, w->i, "regular expressions stand between slashes, other names with such characters in backquotes");
		} else {
			literal++;
			buf_add8(name, (uint8_t)c);
			add_literal(re, c);
		}
		w->i++;
	}
	if (w->i == at)
		return walk_wrong(w, at, "the name is empty");
	if (stars && !others && !literal && !p->has_range) {
		p->kind = PART_ALL;
		return 0;
	}
	p->kind = stars || others || p->has_range ? PART_GLOB : PART_EXACT;
	if (p->kind == PART_EXACT)
		return 0;
	if (p->has_range && !stars && !others) {
		p->tail = keep(name);
		if (!p->tail)
			return walk_wrong(w, at, "out of memory");
	} else {
		free(p->name);
		p->name = NULL;
	}
	return re->failed ? walk_wrong(w, at, "out of memory") : part_compile(p, w, at, (char *)re->p, re->len, AS_REGEX);
}

int part_parse(struct part *p, struct walk *w)
{
	struct buf name = BUF_INIT, re = BUF_INIT;
	size_t at = w->i;
	int r;

	if (w->i < w->n && w->s[w->i] == '/')
		r = parse_regex(p, w);
	else if (w->i < w->n && w->s[w->i] == '`')
		r = parse_quoted(p, w, &name);
	else
		r = parse_glob(p, w, &name, &re);
	if (!r && p->kind == PART_EXACT) {
		p->name = keep(&name);
		if (!p->name)
			r = walk_wrong(w, at, "out of memory");
		else if (!p->with_case && !is_ascii(p->name, name.len)) /* else no need of it */
			r = part_compile(p, w, at, p->name, name.len, AS_TEXT);
	}
	buf_release(&re);
	buf_release(&name);
	return r;
}

void part_release(struct part *p)
{
	pcre2_match_context_free(p->limits);
	pcre2_match_data_free(p->found);
	pcre2_code_free(p->re);
	free(p->tail);
	free(p->name);
}

int part_regex_matches(const struct part *p, const char *s, size_t n, uint32_t options, long *number)
{
	int r = pcre2_match(p->re, (PCRE2_SPTR)s, n, 0, options, p->found, p->limits);

	*number = -1;
	if (r == PCRE2_ERROR_NOMATCH)
		return 0;
	if (r == PCRE2_ERROR_PARTIAL)
		return 1;
	if (r < 0)
		return -1;
	if (p->has_range) {
		const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(p->found);

		*number = 0;
		for (PCRE2_SIZE i = ov[2]; i < ov[3]; i++)
			*number = *number * 10 + (s[i] - '0');
	}
	return 1;
}

int part_matches(const struct part *p, const char *s, size_t n, long *number)
{
	*number = -1;
	switch (p->kind) {
	case PART_ALL:
		return 1;
	case PART_EXACT:
		if (strlen(p->name) == n && !(p->with_case ? memcmp(p->name, s, n) : strncasecmp(p->name, s, n)))
			return 1;
		return p->re ? part_regex_matches(p, s, n, 0, number) : 0;
	case PART_GLOB:
	case PART_REGEX:
		return part_regex_matches(p, s, n, 0, number);
	}
	return 0;
}

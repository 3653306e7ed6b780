#ifndef PATTERN_PART_H
#define PATTERN_PART_H
/*
 * One part of a name pattern, the database's or the table's: a name, wildcards, a
 * range or a regular expression (pattern.h has the forms). For pattern.c alone.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stddef.h>

enum part_kind {
	PART_ALL,   /* not written, or only stars */
	PART_EXACT, /* name */
	PART_GLOB,  /* wildcards, or a range: made into re */
	PART_REGEX
};

struct part {
	enum part_kind kind;
	int with_case;
	char *name; /* exact: the name; range without wildcards: what is before it; else NULL */
	char *tail; /* range without wildcards: what is behind it */
	int has_range;
	long first, last;
	unsigned width; /* of padded numbers; 0: not padded */
	pcre2_code *re;
	pcre2_match_data *found;
	pcre2_match_context *limits;
};

struct walk { /* over the text of a whole pattern */
	const char *s;
	size_t n, i;
	const char *why; /* the mistake, at `at` */
	size_t at;
};

/* Notes the mistake; -1. */
int walk_wrong(struct walk *w, size_t at, const char *why);

/* Reads the part at w->i into p, which is zero but for with_case. 0, or -1 with the mistake noted; release it also then. */
int part_parse(struct part *p, struct walk *w);
void part_release(struct part *p);

/* 1, 0, -1: the regular expression gave up. *number is what the range matched, or -1. */
int part_matches(const struct part *p, const char *s, size_t n, long *number);
/* The same of a part that is a regular expression, with options of PCRE2; a partial match counts. */
int part_regex_matches(const struct part *p, const char *s, size_t n, uint32_t options, long *number);

#endif

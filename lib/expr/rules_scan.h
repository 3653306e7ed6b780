#ifndef EXPR_RULES_SCAN_H
#define EXPR_RULES_SCAN_H
/* The words and signs of a rules file: where they begin and end, and what they are. It knows no statement. */
#include "rules.h"

struct scan {
	struct rules *r;
	const char *p, *end; /* a zero stands at end */
	unsigned line, col;
	struct expr_err *err;
	/* the present word */
	const char *word;
	size_t n;
	unsigned word_line, word_col;
	int had_pattern;
};

void scan_step(struct scan *s);	  /* over one byte */
void scan_blanks(struct scan *s); /* over blanks, and over a line end behind a backslash */
int scan_at_end(struct scan *s);  /* of the line, or at a comment */
void scan_skip_line(struct scan *s);

/* The mistake's place is here, or at the present word. -1. */
int scan_mistake(struct scan *s, const char *text);
int scan_mistake_at_word(struct scan *s, const char *text);

/* The next word becomes the present one. 0; -1: there is none, and `wanted` is missing. */
int scan_word(struct scan *s, const char *wanted);
int scan_pattern(struct scan *s, const char *wanted); /* = and parentheses may be in it */
int scan_word_is(const struct scan *s, const char *w);
int scan_sign(struct scan *s, const char *text); /* 1 and passes over it if it comes next */
int scan_no_more(struct scan *s);		 /* 0; -1: something follows */

/* What the present word is; NULL: a mistake. Owned by the caller. */
char *scan_name(struct scan *s);
struct pattern *scan_pattern_of(struct scan *s);
struct expr *scan_expr(struct scan *s); /* the rest of the line, with the lines that continue it */

#endif

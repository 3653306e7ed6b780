#ifndef EXPR_LEX_H
#define EXPR_LEX_H
/*
 * Text of an expression -> tokens, with the line and column of each (columns
 * count characters, from 1). White space, line ends and comments (# to the end of
 * the line) stand between tokens. It knows no grammar.
 */
#include <stddef.h>

enum tok {
	TOK_END,
	TOK_WORD,   /* name or keyword */
	TOK_QUOTED, /* `name`; text without the backquotes, doubled ones still doubled */
	TOK_STRING, /* 'text' or "text"; text without the quotes, escapes still in it */
	TOK_NUMBER, /* 12 or 1.5 */
	TOK_DOUBLE, /* 1e3 */
	TOK_HEX,    /* x'00ff' or 0x00ff; text is the digits */
	TOK_SIGN,   /* ( ) , . + - * / % = <> != < <= > >= <=> */
	TOK_BAD	    /* text says why, a constant */
};

struct lex {
	const char *p, *end;
	unsigned line, col;
	/* the present token */
	enum tok tok;
	const char *text;
	size_t n;
	unsigned tok_line, tok_col;
	const char *tok_start; /* where it begins in the source, quotes included */
};

/* Starts before the first token; line and col are those of s[0]. */
void lex_init(struct lex *l, const char *s, size_t n, unsigned line, unsigned col);
enum tok lex_next(struct lex *l);
int lex_is_sign(const struct lex *l, const char *sign);
int lex_is_word(const struct lex *l, const char *word); /* ASCII case ignored */

#endif

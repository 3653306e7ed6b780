#ifndef SQLLEX_H
#define SQLLEX_H
/*
 * Tokens of SQL text as the servers' own lexer cuts them: comments passed over,
 * the inside of executable comments read (the log holds only those that the
 * source executed), quotes in every sql_mode, characters whose second byte looks
 * like a backslash or a backquote kept whole. It knows no grammar.
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum sql_tok {
	SQL_END,
	SQL_WORD,   /* keyword or name without quotes */
	SQL_QUOTED, /* name in quotes */
	SQL_STRING,
	SQL_NUMBER, /* digits */
	SQL_PUNCT   /* any other byte */
};

struct sql_lex {
	const uint8_t *s; /* borrowed */
	size_t n, i;
	int ansi_quotes, brackets, no_backslash;
	int (*char_len)(const uint8_t *p, const uint8_t *end); /* NULL: no byte of a character looks like ASCII */
	int nested;					       /* executable comments that are open */
	int broken;					       /* a quote or comment was not closed */
	/* the present token */
	enum sql_tok kind;
	size_t at, end; /* its bytes, with quotes */
	int at_nested;	/* nested at its start */
};

/* sql_mode: bits as in the log. charset NULL: utf8. Reads the first token. */
void sql_lex_init(struct sql_lex *l, const void *s, size_t n, uint64_t sql_mode, const char *charset);
void sql_lex_next(struct sql_lex *l);

/* Looks at the present token. word in lower case; quoted names are never words. */
int sql_lex_is_word(const struct sql_lex *l, const char *word);
/* Words are compared by the dozen: the first letter decides most. */
static inline int sql_lex_is(const struct sql_lex *l, const char *word)
{
	return l->kind == SQL_WORD && (l->s[l->at] | 0x20) == (word[0] | 0x20) && sql_lex_is_word(l, word);
}
int sql_lex_is_char(const struct sql_lex *l, char c);
static inline int sql_lex_is_name(const struct sql_lex *l)
{
	return l->kind == SQL_WORD || l->kind == SQL_QUOTED;
}

/* Appends the present name (or string) without its quotes, in the text's character set. */
void sql_lex_unquote(const struct sql_lex *l, struct buf *out);

#endif

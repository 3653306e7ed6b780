#include <string.h>
#include <strings.h>

#include "lex.h"

void lex_init(struct lex *l, const char *s, size_t n, unsigned line, unsigned col)
{
	memset(l, 0, sizeof *l);
	l->p = s;
	l->end = s + n;
	l->line = line;
	l->col = col;
}

static void step(struct lex *l)
{
	if (*l->p == '\n') {
		l->line++;
		l->col = 1;
	} else if (((unsigned char)*l->p & 0xc0) != 0x80) { /* not inside a UTF-8 character */
		l->col++;
	}
	l->p++;
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

static int is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static enum tok bad(struct lex *l, const char *why)
{
	l->text = why;
	l->n = strlen(why);
	return l->tok = TOK_BAD;
}

static void skip_space(struct lex *l)
{
	while (l->p < l->end) {
		if (*l->p == '#') {
			while (l->p < l->end && *l->p != '\n')
				step(l);
		} else if (*l->p == ' ' || *l->p == '\t' || *l->p == '\r' || *l->p == '\n') {
			step(l);
		} else if (*l->p == '\\' && l->p + 1 < l->end && (l->p[1] == '\n' || l->p[1] == '\r')) {
			step(l); /* a line of a rules file that goes on */
		} else {
			return;
		}
	}
}

/* Stands behind the opening quote. */
static enum tok quoted(struct lex *l, char quote, int escapes, enum tok tok)
{
	l->text = l->p;
	for (; l->p < l->end; step(l)) {
		if (escapes && *l->p == '\\' && l->p + 1 < l->end) {
			step(l);
		} else if (*l->p == quote) {
			if (l->p + 1 < l->end && l->p[1] == quote) {
				step(l);
				continue;
			}
			l->n = (size_t)(l->p - l->text);
			step(l);
			return l->tok = tok;
		}
	}
	return bad(l, quote == '`' ? "a name in backquotes does not end" : "a string does not end");
}

static enum tok number(struct lex *l)
{
	enum tok tok = TOK_NUMBER;

	l->text = l->p;
	if (*l->p == '0' && l->p + 1 < l->end && (l->p[1] == 'x' || l->p[1] == 'X')) {
		step(l);
		step(l);
		l->text = l->p;
		while (l->p < l->end && is_hex(*l->p))
			step(l);
		tok = TOK_HEX;
	} else {
		while (l->p < l->end && is_digit(*l->p))
			step(l);
		if (l->p < l->end && *l->p == '.') {
			step(l);
			while (l->p < l->end && is_digit(*l->p))
				step(l);
		}
		if (l->p < l->end && (*l->p == 'e' || *l->p == 'E')) {
			const char *q = l->p + 1;

			if (q < l->end && (*q == '+' || *q == '-'))
				q++;
			if (q < l->end && is_digit(*q)) {
				while (l->p < q)
					step(l);
				while (l->p < l->end && is_digit(*l->p))
					step(l);
				tok = TOK_DOUBLE;
			}
		}
	}
	l->n = (size_t)(l->p - l->text);
	if ((l->p < l->end && is_name(*l->p)) || l->n == 0)
		return bad(l, "not a number");
	return l->tok = tok;
}

enum tok lex_next(struct lex *l)
{
	static const char *const signs[] = {"<=>", "<=", ">=", "<>", "!="};
	char c;

	skip_space(l);
	l->tok_line = l->line;
	l->tok_col = l->col;
	l->text = l->tok_start = l->p;
	l->n = 0;
	if (l->p == l->end)
		return l->tok = TOK_END;
	c = *l->p;
	if (c == '\'' || c == '"') {
		step(l);
		return quoted(l, c, 1, TOK_STRING);
	}
	if (c == '`') {
		step(l);
		return quoted(l, c, 0, TOK_QUOTED);
	}
	if ((c == 'x' || c == 'X') && l->p + 1 < l->end && l->p[1] == '\'') {
		step(l);
		step(l);
		if (quoted(l, '\'', 0, TOK_HEX) == TOK_HEX)
			for (size_t i = 0; i < l->n; i++)
				if (!is_hex(l->text[i]))
					return bad(l, "x'...' holds what is not a hexadecimal digit");
		return l->tok;
	}
	if (is_digit(c) || (c == '.' && l->p + 1 < l->end && is_digit(l->p[1])))
		return number(l);
	if (is_name(c)) {
		while (l->p < l->end && is_name(*l->p))
			step(l);
		l->n = (size_t)(l->p - l->text);
		return l->tok = TOK_WORD;
	}
	for (unsigned i = 0; i < sizeof signs / sizeof signs[0]; i++) {
		size_t n = strlen(signs[i]);

		if ((size_t)(l->end - l->p) >= n && memcmp(l->p, signs[i], n) == 0) {
			l->n = n;
			while (n--)
				step(l);
			return l->tok = TOK_SIGN;
		}
	}
	if (strchr("(),.+-*/%=<>", c)) {
		step(l);
		l->n = 1;
		return l->tok = TOK_SIGN;
	}
	if (c == '|')
		return bad(l, "'|' is not known here: write or, or concat(a, b)");
	if (c == '&')
		return bad(l, "'&' is not known here: write and");
	if (c == '!')
		return bad(l, "'!' is not known here: write not");
	return bad(l, "a character that has no meaning here");
}

int lex_is_sign(const struct lex *l, const char *sign)
{
	return l->tok == TOK_SIGN && strlen(sign) == l->n && memcmp(sign, l->text, l->n) == 0;
}

int lex_is_word(const struct lex *l, const char *word)
{
	return l->tok == TOK_WORD && strlen(word) == l->n && strncasecmp(word, l->text, l->n) == 0;
}

#include "sqllex.h"

#include <string.h>
#include <strings.h>

#define MODE_ANSI_QUOTES 4u
#define MODE_MSSQL 0x400u /* MariaDB: [name] */
#define MODE_NO_BACKSLASH_ESCAPES 0x100000u
/* "Never run this": the version number in the first line of MariaDB's dumps. */
#define VERSION_NEVER 999999u

static int in(uint8_t c, uint8_t from, uint8_t to)
{
	return c >= from && c <= to;
}

/* Bytes of the character at p where it has more than one, as the servers' character sets have it; else 1. */
static int gbk_len(const uint8_t *p, const uint8_t *end)
{
	return end - p > 1 && in(p[0], 0x81, 0xfe) && (in(p[1], 0x40, 0x7e) || in(p[1], 0x80, 0xfe)) ? 2 : 1;
}

static int gb18030_len(const uint8_t *p, const uint8_t *end)
{
	if (end - p > 3 && in(p[0], 0x81, 0xfe) && in(p[1], 0x30, 0x39) && in(p[2], 0x81, 0xfe) && in(p[3], 0x30, 0x39))
		return 4;
	return gbk_len(p, end);
}

static int sjis_len(const uint8_t *p, const uint8_t *end)
{
	return end - p > 1 && (in(p[0], 0x81, 0x9f) || in(p[0], 0xe0, 0xfc)) && (in(p[1], 0x40, 0x7e) || in(p[1], 0x80, 0xfc))
		   ? 2
		   : 1;
}

static int big5_len(const uint8_t *p, const uint8_t *end)
{
	return end - p > 1 && in(p[0], 0xa1, 0xf9) && (in(p[1], 0x40, 0x7e) || in(p[1], 0xa1, 0xfe)) ? 2 : 1;
}

static const struct {
	const char *charset;
	int (*char_len)(const uint8_t *p, const uint8_t *end);
} multibyte[] = {{"gbk", gbk_len}, {"gb18030", gb18030_len}, {"sjis", sjis_len}, {"cp932", sjis_len}, {"big5", big5_len}};

static int is_word_byte(uint8_t c)
{
	return in(c, '0', '9') || in(c, 'a', 'z') || in(c, 'A', 'Z') || c == '_' || c == '$' || c >= 0x80;
}

/* Bytes of the character at i, at least 1. */
static size_t step(const struct sql_lex *l, size_t i)
{
	return l->char_len && l->s[i] >= 0x80 ? (size_t)l->char_len(l->s + i, l->s + l->n) : 1;
}

static int at_text(const struct sql_lex *l, const char *s)
{
	size_t n = strlen(s);

	return l->n - l->i >= n && !memcmp(l->s + l->i, s, n);
}

static uint8_t closing(uint8_t quote)
{
	return quote == '[' ? ']' : quote;
}

/* Past the closing quote of the quoted text at i. */
static size_t quote_end(const struct sql_lex *l, size_t i, int backslash, int *closed)
{
	uint8_t q = closing(l->s[i++]);

	while (i < l->n) {
		if (l->s[i] == '\\' && backslash) {
			i++;
			i += i < l->n ? step(l, i) : 0;
		} else if (l->s[i] == q) {
			i++;
			if (i == l->n || l->s[i] != q) {
				*closed = 1;
				return i;
			}
			i++;
		} else {
			i += step(l, i);
		}
	}
	*closed = 0;
	return l->n;
}

/* At the slash of an executable comment: goes in, unless it is never executed. 1: went in. */
static int enter_comment(struct sql_lex *l)
{
	size_t i = l->i + (at_text(l, "/*M!") ? 4 : 3);
	unsigned version = 0;

	for (int digits = 0; digits < 6 && i < l->n && in(l->s[i], '0', '9'); digits++)
		version = version * 10 + (l->s[i++] - '0');
	if (version == VERSION_NEVER)
		return 0;
	l->i = i;
	l->nested++;
	return 1;
}

static void skip_comment(struct sql_lex *l)
{
	for (l->i += 2; l->i < l->n; l->i++)
		if (at_text(l, "*/")) {
			l->i += 2;
			return;
		}
	l->broken = 1;
}

static void skip_line(struct sql_lex *l)
{
	while (l->i < l->n && l->s[l->i] != '\n')
		l->i++;
}

/* Blanks and comments. */
static void skip(struct sql_lex *l)
{
	while (l->i < l->n) {
		if (l->s[l->i] <= ' ') {
			l->i++;
		} else if (l->s[l->i] == '#') {
			skip_line(l);
		} else if (at_text(l, "--") && (l->n - l->i == 2 || l->s[l->i + 2] <= ' ')) {
			skip_line(l);
		} else if (at_text(l, "/*!") || at_text(l, "/*M!")) {
			if (!enter_comment(l))
				skip_comment(l);
		} else if (at_text(l, "/*")) {
			skip_comment(l);
		} else if (l->nested && at_text(l, "*/")) {
			l->nested--;
			l->i += 2;
		} else {
			return;
		}
	}
	if (l->nested)
		l->broken = 1;
}

void sql_lex_init(struct sql_lex *l, const void *s, size_t n, uint64_t sql_mode, const char *charset)
{
	memset(l, 0, sizeof(*l));
	l->s = s;
	l->n = n;
	l->ansi_quotes = (sql_mode & MODE_ANSI_QUOTES) != 0;
	l->brackets = (sql_mode & MODE_MSSQL) != 0;
	l->no_backslash = (sql_mode & MODE_NO_BACKSLASH_ESCAPES) != 0;
	for (size_t i = 0; charset && i < sizeof(multibyte) / sizeof(*multibyte); i++)
		if (!strcasecmp(charset, multibyte[i].charset))
			l->char_len = multibyte[i].char_len;
	sql_lex_next(l);
}

void sql_lex_next(struct sql_lex *l)
{
	uint8_t c;

	skip(l);
	l->at = l->i;
	l->at_nested = l->nested;
	if (l->i == l->n) {
		l->kind = SQL_END;
		l->end = l->n;
		return;
	}
	c = l->s[l->i];
	if (is_word_byte(c)) {
		l->kind = SQL_NUMBER;
		while (l->i < l->n && is_word_byte(l->s[l->i])) {
			if (!in(l->s[l->i], '0', '9'))
				l->kind = SQL_WORD;
			l->i += step(l, l->i);
		}
	} else if (c == '`' || c == '\'' || c == '"' || (c == '[' && l->brackets)) {
		int name = c == '`' || c == '[' || (c == '"' && l->ansi_quotes), closed;

		l->kind = name ? SQL_QUOTED : SQL_STRING;
		l->i = quote_end(l, l->i, !name && !l->no_backslash, &closed);
		l->broken |= !closed;
	} else {
		l->kind = SQL_PUNCT;
		l->i++;
	}
	l->end = l->i;
}

int sql_lex_is_word(const struct sql_lex *l, const char *word)
{
	size_t n = strlen(word);

	return l->end - l->at == n && !strncasecmp((const char *)l->s + l->at, word, n);
}

int sql_lex_is_char(const struct sql_lex *l, char c)
{
	return l->kind == SQL_PUNCT && l->s[l->at] == (uint8_t)c;
}

void sql_lex_unquote(const struct sql_lex *l, struct buf *out)
{
	size_t i = l->at, end = l->end;
	int backslash = l->kind == SQL_STRING && !l->no_backslash;
	uint8_t q;

	if (l->kind != SQL_QUOTED && l->kind != SQL_STRING) {
		(void)buf_add(out, l->s + i, end - i);
		return;
	}
	q = closing(l->s[i]);
	for (i++, end--; i < end;) {
		size_t n;

		if ((l->s[i] == '\\' && backslash) || l->s[i] == q)
			i++; /* it stands before what is meant */
		if (i >= end)
			break;
		n = step(l, i);
		if (n > end - i)
			n = end - i;
		(void)buf_add(out, l->s + i, n);
		i += n;
	}
}

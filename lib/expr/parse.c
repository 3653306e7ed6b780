#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lex.h"
#include "node.h"

#define DEPTH_MAX 200 /* parentheses, calls and signs in each other: the parser and the evaluator recurse */
#define ARGS_MAX 4096
#define NODES_MAX 65536

struct parser {
	struct lex l;
	struct expr *e;
	struct expr_err *err;
	unsigned depth, nodes;
};

static struct node *parse_or(struct parser *p);

void expr_err_at(struct expr_err *err, unsigned line, unsigned col, const char *fmt, ...)
{
	va_list ap;

	err->line = line;
	err->col = col;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
}

static struct node *fail(struct parser *p, const char *wanted)
{
	struct lex *l = &p->l;

	if (l->tok == TOK_BAD)
		expr_err_at(p->err, l->tok_line, l->tok_col, "%s", l->text);
	else if (l->tok == TOK_END)
		expr_err_at(p->err, l->tok_line, l->tok_col, "%s is expected, but the expression ends", wanted);
	else
		expr_err_at(p->err, l->tok_line, l->tok_col, "%s is expected before \"%.*s\"", wanted,
		    (int)(l->p - l->tok_start > 40 ? 40 : l->p - l->tok_start), l->tok_start);
	return NULL;
}

static struct node *no_memory(struct parser *p)
{
	expr_err_at(p->err, p->l.tok_line, p->l.tok_col, "the expression is too large");
	return NULL;
}

/* A node at the present token's place. */
static struct node *new_node(struct parser *p, enum node_kind kind)
{
	struct node *n = p->nodes++ < NODES_MAX ? calloc(1, sizeof *n) : NULL;

	if (!n)
		return no_memory(p);
	n->kind = kind;
	n->line = p->l.tok_line;
	n->col = p->l.tok_col;
	n->next = p->e->all;
	p->e->all = n;
	return n;
}

static struct node *add_arg(struct parser *p, struct node *n, struct node *arg)
{
	if (!arg)
		return NULL;
	if ((n->nargs & (n->nargs - 1)) == 0) {
		struct node **a = n->nargs < ARGS_MAX ? realloc(n->args, (n->nargs ? n->nargs * 2 : 1) * sizeof *a) : NULL;

		if (!a)
			return no_memory(p);
		n->args = a;
	}
	n->args[n->nargs++] = arg;
	return n;
}

/* op with one or two operands, at the place of `at`. */
static struct node *join(struct parser *p, enum node_kind kind, const struct lex *at, struct node *a, struct node *b)
{
	struct node *n = a && b ? new_node(p, kind) : NULL;

	if (!n)
		return NULL;
	n->line = at->tok_line;
	n->col = at->tok_col;
	return add_arg(p, n, a) && add_arg(p, n, b) ? n : NULL;
}

static struct node *set_text(struct parser *p, struct node *n, const char *s, size_t len)
{
	if (!n)
		return NULL;
	n->text = malloc(len + 1);
	if (!n->text)
		return no_memory(p);
	memcpy(n->text, s, len);
	n->text[len] = '\0';
	n->n = len;
	return n;
}

static int hex(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* x'1' is refused; the digits were checked by the lexer. */
static struct node *bytes_node(struct parser *p)
{
	struct node *n = new_node(p, NODE_BYTES);

	if (!n)
		return NULL;
	if (p->l.n % 2) {
		expr_err_at(p->err, n->line, n->col, "an odd number of hexadecimal digits");
		return NULL;
	}
	n->text = malloc(p->l.n / 2 + 1);
	if (!n->text)
		return no_memory(p);
	for (size_t i = 0; i < p->l.n; i += 2)
		n->text[n->n++] = (char)(hex(p->l.text[i]) << 4 | hex(p->l.text[i + 1]));
	n->text[n->n] = '\0';
	return n;
}

/* Takes escapes and doubled quotes out, as the servers do: \% and \_ stay for LIKE. */
static struct node *string_node(struct parser *p)
{
	struct node *n = set_text(p, new_node(p, NODE_STRING), p->l.text, p->l.n);
	char quote = *p->l.tok_start;
	size_t to = 0;

	if (!n)
		return NULL;
	for (size_t i = 0; i < n->n; i++) {
		char c = n->text[i];

		if (c == quote) {
			i++; /* the second of two */
		} else if (c == '\\' && i + 1 < n->n) {
			static const char from[] = "0bnrtZ", into[] = "\0\b\n\r\t\032";
			const char *at;

			c = n->text[++i];
			at = c ? memchr(from, c, sizeof from - 1) : NULL;
			if (c == '%' || c == '_')
				n->text[to++] = '\\';
			else if (at)
				c = into[at - from];
		}
		n->text[to++] = c;
	}
	n->n = to;
	n->text[to] = '\0';
	return n;
}

/* Removes the doubling of backquotes. */
static struct node *set_name(struct parser *p, struct node *n)
{
	size_t to = 0;

	n = set_text(p, n, p->l.text, p->l.n);
	if (!n || p->l.tok != TOK_QUOTED)
		return n;
	for (size_t i = 0; i < n->n; i++) {
		if (n->text[i] == '`')
			i++;
		n->text[to++] = n->text[i];
	}
	n->n = to;
	n->text[to] = '\0';
	return n;
}

static const struct {
	const char *name;
	enum node_fn fn;
	unsigned min, max;
} functions[] = {
    {"coalesce", FN_COALESCE, 1, ARGS_MAX},
    {"ifnull", FN_COALESCE, 2, 2},
    {"if", FN_IF, 3, 3},
    {"lower", FN_LOWER, 1, 1},
    {"upper", FN_UPPER, 1, 1},
    {"length", FN_LENGTH, 1, 1},
    {"char_length", FN_CHAR_LENGTH, 1, 1},
    {"substr", FN_SUBSTR, 2, 3},
    {"substring", FN_SUBSTR, 2, 3},
    {"concat", FN_CONCAT, 1, ARGS_MAX},
    {"mod", FN_MOD, 2, 2},
    {"abs", FN_ABS, 1, 1},
    {"changed", FN_CHANGED, 1, 1},
    {"number", FN_NUMBER, 1, 1},
    {"crc32", FN_CRC32, 1, 1},
    {"find_in_set", FN_FIND_IN_SET, 2, 2},
};

static const char *const words[] = {"op", "db", "table", "ts", "position", "gtid"};

static int find_word(const struct lex *l)
{
	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
		if (lex_is_word(l, words[i]))
			return (int)i;
	return -1;
}

static struct node *word_node(struct parser *p, struct node *n, int word, int bare)
{
	n->kind = NODE_WORD;
	n->word = (enum node_word)word;
	n->bare = bare;
	if (word == WORD_OP)
		p->e->about_change = 1;
	if (word == WORD_TS || word == WORD_POSITION || word == WORD_GTID)
		p->e->about_trx = 1;
	return n;
}

/* A call; the lexer stands at its '('. n has the name. */
static struct node *parse_call(struct parser *p, struct node *n, int word)
{
	struct lex *l = &p->l;
	unsigned i;

	lex_next(l);
	if (word >= 0) {
		if (!lex_is_sign(l, ")"))
			return fail(p, "\")\"");
		lex_next(l);
		return word_node(p, n, word, 0);
	}
	for (i = 0; i < sizeof functions / sizeof functions[0]; i++)
		if (strcasecmp(functions[i].name, n->text) == 0)
			break;
	if (i == sizeof functions / sizeof functions[0]) {
		expr_err_at(p->err, n->line, n->col, "there is no function \"%s\"", n->text);
		return NULL;
	}
	n->kind = NODE_CALL;
	n->fn = functions[i].fn;
	if (!lex_is_sign(l, ")")) {
		for (;;) {
			if (!add_arg(p, n, parse_or(p)))
				return NULL;
			if (!lex_is_sign(l, ","))
				break;
			lex_next(l);
		}
	}
	if (!lex_is_sign(l, ")"))
		return fail(p, "\",\" or \")\"");
	lex_next(l);
	if (n->nargs < functions[i].min || n->nargs > functions[i].max) {
		expr_err_at(p->err, n->line, n->col, "%s takes %u%s argument%s, not %u", functions[i].name, functions[i].min,
		    functions[i].max == functions[i].min ? ""
		    : functions[i].max == ARGS_MAX	 ? " or more"
							 : " to 3",
		    functions[i].max == 1 ? "" : "s", n->nargs);
		return NULL;
	}
	if (n->fn == FN_CHANGED) {
		if (n->args[0]->kind != NODE_COLUMN || n->args[0]->image == IMAGE_OLD) {
			expr_err_at(p->err, n->args[0]->line, n->args[0]->col, "changed() takes the name of a column");
			return NULL;
		}
		p->e->about_change = 1;
	}
	return n;
}

/* column, new.column, old.column, a word of the stream, or a call. */
static struct node *parse_name(struct parser *p)
{
	struct lex *l = &p->l;
	struct node *n = set_name(p, new_node(p, NODE_COLUMN));
	int word = find_word(l), is_new = lex_is_word(l, "new"), is_old = lex_is_word(l, "old"), is_word = l->tok == TOK_WORD;

	if (!n)
		return NULL;
	lex_next(l);
	if (lex_is_sign(l, "(") && is_word)
		return parse_call(p, n, word);
	if (lex_is_sign(l, ".")) {
		if (!is_new && !is_old) {
			expr_err_at(p->err, n->line, n->col, "only new and old may stand before a point, not \"%s\"", n->text);
			return NULL;
		}
		lex_next(l);
		if (l->tok != TOK_WORD && l->tok != TOK_QUOTED)
			return fail(p, "a column's name");
		free(n->text);
		n->text = NULL;
		n = set_name(p, n);
		if (!n)
			return NULL;
		n->image = is_new ? IMAGE_NEW : IMAGE_OLD;
		if (is_old)
			p->e->about_change = 1;
		lex_next(l);
		return n;
	}
	return word >= 0 ? word_node(p, n, word, 1) : n;
}

/* Words that cannot be a column without backquotes, as they are parts of the grammar. */
static int is_reserved(const struct lex *l)
{
	static const char *const reserved[] = {
	    "and", "or", "xor", "not", "in", "like", "escape", "between", "is", "div", "mod", "null", "true", "false", "unknown"};

	for (unsigned i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (lex_is_word(l, reserved[i]))
			return 1;
	return 0;
}

static struct node *parse_primary(struct parser *p)
{
	struct lex *l = &p->l;
	struct node *n;

	switch (l->tok) {
	case TOK_NUMBER:
		n = set_text(p, new_node(p, NODE_NUMBER), l->text, l->n);
		break;
	case TOK_DOUBLE:
		n = set_text(p, new_node(p, NODE_DOUBLE), l->text, l->n);
		break;
	case TOK_STRING:
		n = string_node(p);
		break;
	case TOK_HEX:
		n = bytes_node(p);
		break;
	case TOK_QUOTED:
		return parse_name(p);
	case TOK_WORD:
		if (lex_is_word(l, "null"))
			n = new_node(p, NODE_NULL);
		else if (lex_is_word(l, "true"))
			n = new_node(p, NODE_TRUE);
		else if (lex_is_word(l, "false"))
			n = new_node(p, NODE_FALSE);
		else if (lex_is_word(l, "mod")) /* the only operator that is a function too */
			return parse_name(p);
		else
			return is_reserved(l) ? fail(p, "a value") : parse_name(p);
		break;
	case TOK_SIGN:
		if (!lex_is_sign(l, "("))
			return fail(p, "a value");
		lex_next(l);
		n = parse_or(p);
		if (!n)
			return NULL;
		if (!lex_is_sign(l, ")"))
			return fail(p, "\")\"");
		n->in_parens = 1;
		break;
	default:
		return fail(p, "a value");
	}
	if (n)
		lex_next(l);
	return n;
}

static struct node *parse_unary(struct parser *p)
{
	struct lex at = p->l;
	struct node *n, *arg;

	if (++p->depth > DEPTH_MAX)
		return no_memory(p);
	if (lex_is_sign(&p->l, "-") || lex_is_sign(&p->l, "+")) {
		lex_next(&p->l);
		arg = parse_unary(p);
		if (!arg || lex_is_sign(&at, "+")) {
			n = arg;
		} else {
			n = new_node(p, NODE_NEG);
			if (n) {
				n->line = at.tok_line;
				n->col = at.tok_col;
				n = add_arg(p, n, arg);
			}
		}
	} else {
		n = parse_primary(p);
	}
	p->depth--;
	return n;
}

static struct node *parse_product(struct parser *p)
{
	struct node *n = parse_unary(p);

	while (n) {
		struct lex at = p->l;
		enum node_kind kind;

		if (lex_is_sign(&at, "*"))
			kind = NODE_MUL;
		else if (lex_is_sign(&at, "/"))
			kind = NODE_DIV;
		else if (lex_is_sign(&at, "%") || lex_is_word(&at, "mod"))
			kind = NODE_MOD;
		else if (lex_is_word(&at, "div"))
			kind = NODE_IDIV;
		else
			break;
		lex_next(&p->l);
		n = join(p, kind, &at, n, parse_unary(p));
	}
	return n;
}

static struct node *parse_sum(struct parser *p)
{
	struct node *n = parse_product(p);

	while (n && (lex_is_sign(&p->l, "+") || lex_is_sign(&p->l, "-"))) {
		struct lex at = p->l;

		lex_next(&p->l);
		n = join(p, lex_is_sign(&at, "+") ? NODE_ADD : NODE_SUB, &at, n, parse_product(p));
	}
	return n;
}

static struct node *parse_is(struct parser *p, struct node *left, const struct lex *at)
{
	struct node *n = new_node(p, NODE_IS);
	struct lex *l = &p->l;

	if (!n)
		return NULL;
	n->line = at->tok_line;
	n->col = at->tok_col;
	lex_next(l);
	if (lex_is_word(l, "not")) {
		n->negated = 1;
		lex_next(l);
	}
	if (lex_is_word(l, "null"))
		n->is = IS_NULL;
	else if (lex_is_word(l, "true"))
		n->is = IS_TRUE;
	else if (lex_is_word(l, "false"))
		n->is = IS_FALSE;
	else if (lex_is_word(l, "unknown"))
		n->is = IS_UNKNOWN;
	else
		return fail(p, "null, true, false or unknown");
	lex_next(l);
	return add_arg(p, n, left);
}

static struct node *parse_in(struct parser *p, struct node *left, const struct lex *at)
{
	struct node *n = new_node(p, NODE_IN);
	struct lex *l = &p->l;

	if (!n || !add_arg(p, n, left))
		return NULL;
	n->line = at->tok_line;
	n->col = at->tok_col;
	lex_next(l);
	if (!lex_is_sign(l, "("))
		return fail(p, "\"(\"");
	do {
		lex_next(l);
		if (!add_arg(p, n, parse_or(p)))
			return NULL;
	} while (lex_is_sign(l, ","));
	if (!lex_is_sign(l, ")"))
		return fail(p, "\",\" or \")\"");
	lex_next(l);
	return n;
}

static struct node *parse_like(struct parser *p, struct node *left, const struct lex *at)
{
	struct node *n;

	lex_next(&p->l);
	n = join(p, NODE_LIKE, at, left, parse_sum(p));
	if (n && lex_is_word(&p->l, "escape")) {
		lex_next(&p->l);
		if (p->l.tok != TOK_STRING)
			return fail(p, "a string of one character");
		n = add_arg(p, n, parse_primary(p));
	}
	return n;
}

static struct node *parse_between(struct parser *p, struct node *left, const struct lex *at)
{
	struct node *n;

	lex_next(&p->l);
	n = join(p, NODE_BETWEEN, at, left, parse_sum(p));
	if (!n)
		return NULL;
	if (!lex_is_word(&p->l, "and"))
		return fail(p, "and");
	lex_next(&p->l);
	return add_arg(p, n, parse_sum(p));
}

static int comparison(const struct lex *l)
{
	static const struct {
		const char *sign;
		enum node_kind kind;
	} signs[] = {{"=", NODE_EQ}, {"<>", NODE_NE}, {"!=", NODE_NE}, {"<", NODE_LT}, {"<=", NODE_LE}, {">", NODE_GT},
	    {">=", NODE_GE}, {"<=>", NODE_SAME}};

	for (unsigned i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (lex_is_sign(l, signs[i].sign))
			return (int)signs[i].kind;
	return -1;
}

static struct node *parse_comparison(struct parser *p)
{
	struct node *n = parse_sum(p);

	while (n) {
		struct lex at = p->l;
		int kind = comparison(&at), negated = 0;

		if (kind >= 0) {
			if (n->kind >= NODE_EQ && n->kind <= NODE_SAME && !n->in_parens) {
				expr_err_at(p->err, at.tok_line, at.tok_col,
				    "comparisons do not chain: write a < b and b < c, or use parentheses");
				return NULL;
			}
			lex_next(&p->l);
			n = join(p, (enum node_kind)kind, &at, n, parse_sum(p));
			continue;
		}
		if (lex_is_word(&at, "is")) {
			n = parse_is(p, n, &at);
			continue;
		}
		if (lex_is_word(&at, "not")) {
			negated = 1;
			lex_next(&p->l);
		}
		if (lex_is_word(&p->l, "in"))
			n = parse_in(p, n, &at);
		else if (lex_is_word(&p->l, "like"))
			n = parse_like(p, n, &at);
		else if (lex_is_word(&p->l, "between"))
			n = parse_between(p, n, &at);
		else if (negated)
			return fail(p, "in, like or between");
		else
			break;
		if (n)
			n->negated = negated;
	}
	return n;
}

static struct node *parse_not(struct parser *p)
{
	struct node *n, *arg;

	if (!lex_is_word(&p->l, "not"))
		return parse_comparison(p);
	if (++p->depth > DEPTH_MAX)
		return no_memory(p);
	n = new_node(p, NODE_NOT);
	if (!n)
		return NULL;
	lex_next(&p->l);
	arg = parse_not(p);
	p->depth--;
	return add_arg(p, n, arg);
}

/* a and b and c is one node with three arguments, so that long lists do not nest. */
static struct node *parse_chain(struct parser *p, const char *word, enum node_kind kind, struct node *(*part)(struct parser *))
{
	struct node *first = part(p), *n = NULL;

	while (first && lex_is_word(&p->l, word)) {
		if (!n) {
			n = new_node(p, kind);
			if (!n || !add_arg(p, n, first))
				return NULL;
		}
		lex_next(&p->l);
		if (!add_arg(p, n, part(p)))
			return NULL;
	}
	return n ? n : first;
}

static struct node *parse_and(struct parser *p)
{
	return parse_chain(p, "and", NODE_AND, parse_not);
}

static struct node *parse_xor(struct parser *p)
{
	return parse_chain(p, "xor", NODE_XOR, parse_and);
}

static struct node *parse_or(struct parser *p)
{
	struct node *n;

	if (++p->depth > DEPTH_MAX)
		return no_memory(p);
	n = parse_chain(p, "or", NODE_OR, parse_xor);
	p->depth--;
	return n;
}

struct expr *expr_parse(const char *s, size_t n, unsigned line, unsigned col, struct expr_err *err)
{
	struct parser p = {.err = err};

	p.e = calloc(1, sizeof *p.e);
	if (!p.e) {
		expr_err_at(err, line, col, "out of memory");
		return NULL;
	}
	lex_init(&p.l, s, n, line, col);
	lex_next(&p.l);
	p.e->root = parse_or(&p);
	if (p.e->root && p.l.tok != TOK_END) {
		fail(&p, "an operator or the end");
		p.e->root = NULL;
	}
	if (!p.e->root) {
		expr_free(p.e);
		return NULL;
	}
	return p.e;
}

void expr_free(struct expr *e)
{
	struct node *n, *next;

	if (!e)
		return;
	for (n = e->all; n; n = next) {
		next = n->next;
		free(n->text);
		free(n->args);
		free(n);
	}
	free(e);
}

int expr_is_about_change(const struct expr *e)
{
	return e->about_change;
}

int expr_is_about_trx(const struct expr *e)
{
	return e->about_trx;
}

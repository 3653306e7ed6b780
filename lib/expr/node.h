#ifndef EXPR_NODE_H
#define EXPR_NODE_H
/* The tree of a parsed expression: what parse.c makes and bind.c reads. */
#include "expr.h"

enum node_kind {
	NODE_NULL,
	NODE_NUMBER,
	NODE_DOUBLE,
	NODE_STRING,
	NODE_BYTES,
	NODE_TRUE,
	NODE_FALSE,
	NODE_COLUMN,
	NODE_WORD,
	NODE_NEG,
	NODE_ADD,
	NODE_SUB,
	NODE_MUL,
	NODE_DIV,
	NODE_IDIV,
	NODE_MOD,
	NODE_EQ,
	NODE_NE,
	NODE_LT,
	NODE_LE,
	NODE_GT,
	NODE_GE,
	NODE_SAME, /* <=> */
	NODE_AND,
	NODE_OR,
	NODE_XOR,
	NODE_NOT,
	NODE_IN,
	NODE_LIKE,
	NODE_BETWEEN,
	NODE_IS,
	NODE_CALL
};

enum node_image { IMAGE_ROW, IMAGE_NEW, IMAGE_OLD };

/* Words of the stream. */
enum node_word { WORD_OP, WORD_DB, WORD_TABLE, WORD_TS, WORD_POSITION, WORD_GTID };

enum node_is { IS_NULL, IS_TRUE, IS_FALSE, IS_UNKNOWN };

enum node_fn {
	FN_COALESCE,
	FN_IF,
	FN_LOWER,
	FN_UPPER,
	FN_LENGTH,
	FN_CHAR_LENGTH,
	FN_SUBSTR,
	FN_CONCAT,
	FN_MOD,
	FN_ABS,
	FN_CHANGED,
	FN_NUMBER,
	FN_CRC32,
	FN_FIND_IN_SET
};

struct node {
	enum node_kind kind;
	unsigned line, col;
	unsigned nargs;
	struct node **args;
	char *text; /* NUMBER, DOUBLE: as written; STRING, BYTES: the bytes; COLUMN, WORD, CALL: the name */
	size_t n;
	enum node_image image; /* COLUMN */
	enum node_word word;   /* WORD */
	enum node_is is;
	enum node_fn fn;
	int negated; /* IN, LIKE, BETWEEN, IS: with not */
	int bare;    /* WORD: without parentheses, so it may be mistaken for a column */
	int in_parens;
	struct node *next; /* all nodes of the expression */
};

struct expr {
	struct node *root, *all;
	int about_change, about_trx;
};

void expr_err_at(struct expr_err *err, unsigned line, unsigned col, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif

#ifndef EXPR_PROG_H
#define EXPR_PROG_H
/*
 * A bound expression: what bind.c makes of the tree for one table and what
 * eval.c runs. Every step owns the room for its own result, so that running
 * allocates nothing once the room has grown.
 */
#include <locale.h>

#include "node.h"
#include "num.h"

enum step_type { /* of a result, known before any row is seen */
	TYPE_NULL,
	TYPE_NUM,    /* exact: RES_INT or RES_DEC */
	TYPE_DOUBLE, /* may also be exact at run time */
	TYPE_TEXT,   /* UTF-8, or a column's own bytes if `raw` */
	TYPE_LIT,    /* a string as written: becomes what it meets */
	TYPE_BYTES,
	TYPE_DATE, /* date, datetime, timestamp */
	TYPE_TIME,
	TYPE_ENUM, /* the number; its label by STEP_TEXT */
	TYPE_SET,
	TYPE_UUID,
	TYPE_INET4,
	TYPE_INET6,
	TYPE_OP
};

enum step_kind {
	STEP_CONST,
	STEP_COLUMN,
	STEP_WORD,
	STEP_TEXT, /* the argument as text */
	STEP_NEG,
	STEP_ADD,
	STEP_SUB,
	STEP_MUL,
	STEP_DIV,
	STEP_IDIV,
	STEP_MOD,
	STEP_EQ,
	STEP_NE,
	STEP_LT,
	STEP_LE,
	STEP_GT,
	STEP_GE,
	STEP_SAME,
	STEP_AND,
	STEP_OR,
	STEP_XOR,
	STEP_NOT,
	STEP_IN,
	STEP_LIKE,
	STEP_BETWEEN,
	STEP_IS,
	STEP_CALL
};

enum step_cmp { CMP_NULL, CMP_NUM, CMP_DOUBLE, CMP_BYTES, CMP_DATE, CMP_TIME };

enum res_kind { RES_NULL, RES_ABSENT, RES_INT, RES_DEC, RES_DOUBLE, RES_STR };

struct res {
	enum res_kind kind;
	uint32_t n;
	union {
		num_int i;
		double d;
		const uint8_t *p;
		const struct num *dec;
	};
};

struct step {
	enum step_kind kind;
	enum step_type type;
	enum step_cmp cmp;
	uint8_t negated;
	uint8_t raw;  /* COLUMN of text: the bytes as they are */
	uint8_t utf8; /* COLUMN of text: bytes below 0x80 are ASCII in its character set. LIKE, SUBSTR: by characters */
	enum node_image image;
	enum node_word word;
	enum node_is is;
	enum node_fn fn;
	uint32_t col;
	const struct column *column;
	struct label *labels; /* enum, set: the column's labels in UTF-8, owned */
	struct step **args;
	unsigned nargs;
	struct res k;  /* CONST */
	int64_t ts_us; /* WORD_TS: what buf holds the text of */
	uint64_t off;  /* WORD_POSITION likewise, behind file_n bytes of the file's name */
	size_t file_n;
	struct num num;
	struct buf buf;
	const struct node *src;
	struct step *next; /* all steps of the program */
};

struct expr_prog {
	struct step *root, *all;
	uint8_t *needs;
	const struct column *to; /* expr_bind_value */
	struct label *to_labels; /* of enum and set, in UTF-8 */
	struct buf buf, buf2;	 /* the value for `to` */
	locale_t locale;	 /* 0 until lower or upper is used */
	const struct table *t;
};

static inline struct res res_null(void)
{
	struct res r = {RES_NULL, 0, {0}};

	return r;
}

static inline struct res res_absent(void)
{
	struct res r = {RES_ABSENT, 0, {0}};

	return r;
}

static inline struct res res_of_int(num_int i)
{
	struct res r = {RES_INT, 0, {.i = i}};

	return r;
}

static inline struct res res_of_str(const void *p, size_t n)
{
	struct res r = {RES_STR, (uint32_t)n, {0}};

	r.p = p;
	return r;
}

/* Three-valued truth of a result; EXPR_ABSENT passes through. */
static inline enum expr_result res_truth(const struct res *r)
{
	switch (r->kind) {
	case RES_NULL:
	case RES_STR:
		return EXPR_UNKNOWN;
	case RES_ABSENT:
		return EXPR_ABSENT;
	case RES_INT:
		return r->i != 0;
	case RES_DEC:
		return !num_is_zero(r->dec);
	case RES_DOUBLE:
		return r->d != 0;
	}
	return EXPR_UNKNOWN;
}

/* eval.c */
struct res step_run(struct expr_prog *p, struct step *s, struct expr_row *row);
struct res step_fail(struct expr_row *row, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct res res_of_buf(struct expr_row *row, const struct buf *b);
/* arith.c */
struct res step_arithmetic(struct expr_prog *p, struct step *s, struct expr_row *row);
struct res step_sign(struct step *s, struct expr_row *row, struct res a, int only_if_negative); /* -a, or |a| */
const struct num *res_num(const struct res *r, struct num *room); /* of RES_INT, RES_DEC, RES_DOUBLE; NULL: has none */
double res_double(const struct res *r);
int res_cmp(enum step_cmp cmp, const struct res *a, const struct res *b, int *order); /* 0; -1: a date or time is not one */
/* call.c */
struct res step_call(struct expr_prog *p, struct step *s, struct expr_row *row);
/* as_text.c: appends. -1: no memory, or a label that is not there */
int res_text(const struct step *of, const struct res *r, struct buf *out);

#endif

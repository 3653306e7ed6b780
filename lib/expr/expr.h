#ifndef EXPR_H
#define EXPR_H
/*
 * Predicates and values over the columns of a row, with SQL's three-valued logic
 * and exact numbers (rowrules(5), Expressions). Three steps: a text is parsed
 * once; what was parsed is bound to each table that it is used for, which checks
 * names and types; what was bound is evaluated for each row without allocation
 * in steady state. No I/O. A bound expression belongs to one thread.
 */
#include <stddef.h>
#include <stdint.h>

#include "../rec.h"
#include "../table.h"
#include "../val.h"

struct expr;	  /* parsed */
struct expr_prog; /* bound to a table */

struct expr_err {
	unsigned line, col; /* 0: not about a place in the text */
	char text[300];
};

/* NULL: a mistake, err says where and what. line and col are those of s[0]. The text is copied. */
struct expr *expr_parse(const char *s, size_t n, unsigned line, unsigned col, struct expr_err *err);
void expr_free(struct expr *e);
/*
 * 1 if it is about the change and not about the row: it mentions old.column,
 * op or changed(). Others hold for any row, and mean the same for its image
 * before and after an update.
 */
int expr_is_about_change(const struct expr *e);
int expr_is_about_trx(const struct expr *e); /* 1 if it mentions ts, position or gtid */

/* A condition for rows of t. NULL: a mistake. The table must outlive the program; so must e. */
struct expr_prog *expr_bind(const struct expr *e, const struct table *t, struct expr_err *err);
/* A value for the column `to` (type, length, character set), which must outlive the program too. */
struct expr_prog *expr_bind_value(const struct expr *e, const struct table *t, const struct column *to, struct expr_err *err);
void expr_prog_free(struct expr_prog *p);
/* One byte a column of the table: 1 if the program reads it. Borrowed. */
const uint8_t *expr_prog_needs(const struct expr_prog *p);

struct expr_row {
	enum row_op op;
	/* Values by column position; only needed columns are read. NULL: there is no such image, its columns are NULL. */
	const struct val *row; /* what a bare column is */
	const struct val *old, *new;
	int64_t ts_us;	  /* commit time, 0 not known */
	const char *file; /* position */
	uint64_t off;
	const char *gtid; /* "" or NULL: none */
	/* after EXPR_ABSENT: the column that the image does not hold; after EXPR_FAILED: why */
	const char *absent;
	char why[200];
};

enum expr_result {
	EXPR_FALSE,
	EXPR_TRUE,
	EXPR_UNKNOWN, /* NULL */
	EXPR_ABSENT,  /* depends on a column that the row image does not hold */
	EXPR_FAILED   /* cannot be computed: a number too large, a text that is not of its character set */
};

enum expr_result expr_test(struct expr_prog *p, struct expr_row *row);
/*
 * The value in the form that the stream has for the column. Bytes are borrowed
 * from the row or the program until the next call. EXPR_TRUE: *v is set (perhaps
 * VAL_NULL); EXPR_ABSENT; EXPR_FAILED also when it does not fit the column.
 */
enum expr_result expr_value(struct expr_prog *p, struct expr_row *row, struct val *v);

#endif

#ifndef EXPR_AS_SQL_PARTS_H
#define EXPR_AS_SQL_PARTS_H
/* What the files of as_sql.h share. All int functions: 0, or -1 with the reason in q->err. */
#include "prog.h"

#define SQL_MOST (256u * 1024) /* bytes of an expression */

struct to_sql {
	struct expr_prog *p;
	struct buf *out;
	struct expr_err *err;
	int is_mariadb;
};

/* The most digits that an exact result may have before and behind the point. */
struct sql_digits {
	unsigned whole, part;
};

int sql_refuse(struct to_sql *q, const struct step *s, const char *why); /* -1 */
void sql_column(struct to_sql *q, const struct column *c);		 /* its name */
void sql_hex(struct to_sql *q, const char *charset, const void *p, size_t n);
int sql_is_condition(const struct step *s);
/*
 * 1: the step has no column, *r is its value, borrowed until it is run again; 0: it has one; -1: it cannot be computed. MySQL
 * 9.7 loses a constant text that is converted, SUBSTRING(CONVERT('x' USING utf8mb4), column), behind a row with an empty result.
 */
int sql_constant(struct to_sql *q, const struct step *s, struct res *r);
/* IF() and COALESCE(): the same of each argument by `put`. */
int sql_choice(struct to_sql *q, const struct step *s, int (*put)(struct to_sql *q, const struct step *s));

int sql_truth(struct to_sql *q, const struct step *s);
int sql_any(struct to_sql *q, const struct step *s);			     /* by its type */
int sql_exact(struct to_sql *q, const struct step *s, struct sql_digits *d); /* DECIMAL */
/* is_whole: also what is only sometimes a double (IF, COALESCE) must be one always, for arithmetic goes on with it. */
int sql_double(struct to_sql *q, const struct step *s, int is_whole);
int sql_bytes(struct to_sql *q, const struct step *s); /* a binary string; text in UTF-8 */
int sql_utf8(struct to_sql *q, const struct step *s);  /* the same as text of utf8mb4 */
int sql_date(struct to_sql *q, const struct step *s);  /* YYYY-MM-DD HH:MM:SS.ffffff, a binary string */
int sql_time(struct to_sql *q, const struct step *s);  /* HHMMSS.ffffff, a DECIMAL */

#endif

#ifndef EXPR_BIND_H
#define EXPR_BIND_H
/* What bind.c and coerce.c share: making the steps of a program, one for each node, and giving them types. */
#include "prog.h"

struct binder {
	struct expr_prog *p;
	const struct expr *e;
	const struct table *t;
	struct expr_err *err;
};

/* A mistake at a node: says so and is NULL. */
#define MISTAKE(b, n, ...) (expr_err_at((b)->err, (n)->line, (n)->col, __VA_ARGS__), NULL)

/* All return NULL when they failed, with the mistake in b->err. */
struct step *bind_no_memory(struct binder *b, const struct node *n);
struct step *bind_step(struct binder *b, const struct node *n, enum step_kind kind, enum step_type type, unsigned nargs);
struct step *bind_num(struct binder *b, const struct node *n, const char *s, size_t len);
struct step *bind_double(struct binder *b, const struct node *n, const char *s);
struct step *bind_bytes(struct binder *b, const struct node *n, enum step_type type, const void *p, size_t len);

/* The step in another type, perhaps by one that converts it. They pass a NULL on. */
struct step *bind_as_number(struct binder *b, struct step *s);
struct step *bind_as_condition(struct binder *b, struct step *s);
struct step *bind_as_text(struct binder *b, struct step *s);
struct step *bind_as_string(struct binder *b, struct step *s); /* text or bytes */
struct step *bind_as_column(struct binder *b, struct step *s, const struct column *to);
/* Finds the one type that n results can be compared in and brings them there. The type, or -1: they do not go together. */
int bind_unify(struct binder *b, const struct node *at, struct step **v, unsigned n);

enum step_type bind_type_of(const struct column *c);

#endif

#ifndef FIELDS_H
#define FIELDS_H
/*
 * One JSON object and its fields, with the line that it stands on. Every
 * getter returns 0 or -1 with one message printed; a field that is missing is
 * 0 and leaves "not there" behind unless it must be there.
 */
#include <jansson.h>

#include "arena.h"
#include "rec.h"

struct fields {
	json_t *o;
	unsigned long line;
	const char *what;    /* "begin", for messages */
	struct arena *arena; /* where bytes that JSON does not hold are kept */
};

/* Prints "line N: ..."; returns -1. */
int fields_wrong(const struct fields *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Each key must be one of the names (a list that ends with NULL). */
int fields_check(const struct fields *f, const char *const *names);

int get_text(const struct fields *f, const char *key, int must, struct str *s);		/* a string, or {"b64":...} */
int get_uint(const struct fields *f, const char *key, int must, int *has, uint64_t *v); /* a number, or one in a string */
int get_u32(const struct fields *f, const char *key, int must, int *has, uint32_t *v);
int get_int(const struct fields *f, const char *key, int must, int *has, int64_t *v);
int get_bool(const struct fields *f, const char *key, int *has, int *v);
int get_base64(const struct fields *f, const char *key, struct str *s); /* a string in base64 */
int get_extra(const struct fields *f, struct rec_extra *e);		/* "extra"; borrows from the arena */

/* The same of a value that was found already; key is for messages. */
int text_of(const struct fields *f, const char *key, json_t *j, struct str *s);
int uint_of(const struct fields *f, const char *key, json_t *j, uint64_t *v);
/* Digits with a sign: 0 into *u (not negative) or *i (negative, *negative 1), or -1 without a message. */
int parse_integer(const char *s, size_t n, uint64_t *u, int64_t *i, int *negative);
json_t *json_only(json_t *o, const char *key); /* the value if o is an object with this key alone; NULL */

#endif

#ifndef MYJSON_H
#define MYJSON_H
/*
 * MySQL's binary JSON (sql-common/json_binary.h), as its log and rowstream(5)
 * have it: values are looked at where they stand, and the whole is written as the
 * text that MySQL prints. Every offset and length is checked; nothing is
 * allocated but the text.
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define MYJSON_DEPTH 100u /* arrays and objects in each other, as the server has it */

enum myjson_type {
	MYJSON_NULL,
	MYJSON_TRUE,
	MYJSON_FALSE,
	MYJSON_INT,
	MYJSON_UINT,
	MYJSON_DOUBLE,
	MYJSON_STRING,
	MYJSON_OPAQUE, /* a value of a column type: decimal, date, bits, ... */
	MYJSON_ARRAY,
	MYJSON_OBJECT
};

struct myjson {
	enum myjson_type type;
	uint8_t field_type; /* OPAQUE: enum_field_types */
	uint8_t is_large;   /* ARRAY, OBJECT: offsets have 4 bytes */
	union {
		int64_t i;
		uint64_t u;
		double d;
		uint32_t count; /* ARRAY, OBJECT */
	};
	const uint8_t *p; /* STRING, OPAQUE: content; ARRAY, OBJECT: all of it */
	size_t n;
	uint8_t code;	    /* type of the binary form */
	const uint8_t *raw; /* what is no array or object: its bytes behind the type */
	size_t nraw;
	size_t own; /* bytes that belong to this value alone, for a check that no two share bytes */
};

/* The value of a column; no bytes at all are null, as the server reads them. 0, or -1 with the reason in why. */
int myjson_root(struct myjson *v, const uint8_t *p, size_t n, const char **why);
/* Element or member i (< count); key is set for members. 0 or -1. */
int myjson_at(const struct myjson *v, uint32_t i, struct myjson *child, const uint8_t **key, size_t *nkey, const char **why);

/*
 * Appends the document's text as MySQL prints it. 1: MySQL reads it again as the identical value; 0: a type would be lost
 * (what is opaque, integers of another sign than their text has); -1: damaged, or no memory, with the reason in why.
 */
int myjson_text(const uint8_t *p, size_t n, struct buf *out, const char **why);

/* Does MySQL read the text of v, which is no array or object, as the identical value? 1 of arrays and objects. */
int myjson_is_plain(const struct myjson *v);

/* The same of a value inside. left: the bytes that it and what is in it may have. */
int myjson_value_text(const struct myjson *v, size_t left, struct buf *out, const char **why);

/*
 * Appends an SQL expression that has the identical value in MySQL, in a session whose time_zone is '+00:00'. A decimal is
 * identical as MySQL writes it anew: without room for digits in front that are zero. 0; 1: there is none, with the
 * reason in why; -1: damaged, or no memory, with the reason in why.
 */
int myjson_sql(const uint8_t *p, size_t n, struct buf *out, const char **why);

/*
 * A condition that holds if the column `ident` has a document, identical in every type, and not only equal as MySQL
 * compares (1 = 1.0). Between the two calls an expression of the document is appended; n is the document's size.
 */
struct myjson_same {
	size_t at; /* of the expression, if it is to be written twice */
	int is_twice;
};
void myjson_same_before(struct myjson_same *s, struct buf *out, const char *ident, size_t n);
void myjson_same_after(const struct myjson_same *s, struct buf *out, const char *ident);

/* Content of an OPAQUE as text without quotes, "" where it has none but base64. 0 or -1 (wrong bytes). */
int myjson_opaque_text(const struct myjson *v, char *to, size_t size);
void myjson_double_text(double d, struct buf *out); /* shortest that gives the same bits, with a point or an exponent */

#endif

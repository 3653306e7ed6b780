#ifndef TABLE_H
#define TABLE_H
/*
 * A table definition as the stream carries it: names, types, keys (rowstream(5),
 * TABLE). A table owns all its memory. What a server knows beyond that
 * (defaults, engines, indexes that are not unique) is not here.
 */
#include <stddef.h>
#include <stdint.h>

#include "val.h"

/* clang-format off */
enum col_type {
	COL_TINYINT, COL_SMALLINT, COL_MEDIUMINT, COL_INT, COL_BIGINT,
	COL_DECIMAL, COL_FLOAT, COL_DOUBLE, COL_BIT, COL_YEAR,
	COL_DATE, COL_TIME, COL_DATETIME, COL_TIMESTAMP,
	COL_CHAR, COL_VARCHAR, COL_TINYTEXT, COL_TEXT, COL_MEDIUMTEXT, COL_LONGTEXT,
	COL_BINARY, COL_VARBINARY, COL_TINYBLOB, COL_BLOB, COL_MEDIUMBLOB, COL_LONGBLOB,
	COL_ENUM, COL_SET, COL_JSON, COL_GEOMETRY, COL_UUID, COL_INET4, COL_INET6, COL_VECTOR,
	COL_TYPES /* how many there are */
};
/* clang-format on */

enum col_class {  /* how a value of the type is written in the stream */
	COLC_INT, /* integers, year, bit, enum, set: VAL_UINT, VAL_INT */
	COLC_FLOAT,
	COLC_DOUBLE,
	COLC_ASCII, /* decimal, dates and times: VAL_STR */
	COLC_TEXT,  /* char, varchar, text, json: VAL_STR or VAL_BIN by the character set */
	COLC_BYTES  /* VAL_BIN */
};

struct label { /* a member of an enum or set, in the column's character set */
	uint8_t *p;
	uint32_t n;
};

struct column {
	char *name;
	enum col_type type;
	uint8_t is_unsigned;
	uint8_t dec;	 /* digits after the point */
	int8_t nullable; /* -1 not known, 0, 1 */
	uint8_t generated, invisible;
	uint32_t len;  /* chars, bytes, bits or digits; 0 not known or none */
	uint32_t coll; /* number of the collation; 0 not known or none */
	char *charset; /* name; NULL if the type has none */
	struct label *labels;
	uint32_t nlabels;
};

struct key {
	char *name; /* NULL: not known */
	int primary;
	uint32_t ncols;
	uint32_t *cols;	 /* positions of columns */
	uint32_t *parts; /* prefix lengths, 0 = whole; NULL = all whole */
};

struct table {
	uint32_t id;
	char *db, *name;
	uint32_t ncols, nkeys;
	struct column *cols;
	struct key *keys; /* the primary key first, if there is one */
	void *user;	  /* whoever holds the table: its own; freed by user_free if both are set */
	void (*user_free)(void *);
};

#define TABLE_MAX_COLS 4096 /* the servers' own limit */

struct table *table_new(const char *db, const char *name, uint32_t ncols); /* NULL: no memory. Columns are zero. */
void table_free(struct table *t);
struct table *table_copy(const struct table *t);	      /* without user; NULL: no memory */
int table_same(const struct table *a, const struct table *b); /* all but id and user */

/* Sets one string field: frees the old, copies n bytes. 0 or -1. */
int table_set_str(char **field, const char *s, size_t n);
int column_set_labels(struct column *c, uint32_t n);					   /* n empty labels; 0 or -1 */
struct key *table_add_key(struct table *t, const char *name, int primary, uint32_t ncols); /* parts is NULL */

int table_find_col(const struct table *t, const char *name, size_t n); /* -1; case-insensitive for ASCII */
const struct key *table_primary(const struct table *t);		       /* NULL if there is none or it is not known */

const char *col_type_name(enum col_type t);  /* "int", "varchar", ... */
int col_type_parse(const char *s, size_t n); /* enum col_type or -1 */
enum col_class col_type_class(enum col_type t);
int col_type_has_charset(enum col_type t); /* char, varchar, text kinds, enum, set */

/* 1 if text of this character set travels as str (utf8mb4, utf8mb3, utf8, ascii). */
int charset_is_utf8(const char *cs);

#endif

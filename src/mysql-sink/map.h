#ifndef MAP_H
#define MAP_H
/*
 * How a source table lands in its target table: which column goes where, how
 * its values are written as SQL so that they land exactly, and by which key a
 * row is found again. Made once for a definition; the rows only use it.
 */
#include "rec.h"
#include "table.h"
#include "target.h"
#include "val.h"

struct tie;

enum lit { /* how values of a column are written */
	LIT_INT,
	LIT_DECIMAL,
	LIT_FLOAT,
	LIT_DOUBLE,
	LIT_ASCII,    /* dates and times */
	LIT_TEXT,     /* 'utf8' */
	LIT_CHARSET,  /* _gbk'bytes' */
	LIT_VIA_UTF8, /* the target does not know the character set */
	LIT_BYTES,    /* _binary'bytes' */
	LIT_JSON,     /* a document in a JSON column of MySQL */
	LIT_MEMBER,   /* enum: number of the target's member */
	LIT_MEMBERS,  /* set: bits of the target's members */
	LIT_LABEL,    /* enum into text */
	LIT_LABELS,   /* set into text */
	LIT_ADDRESS   /* uuid, inet4, inet6: 'text' */
};

struct map_col {
	int to; /* the target's column, -1: not there and not needed */
	enum lit lit;
	int writable;	 /* 0: the target makes the value itself */
	char *ident;	 /* `name` */
	char *intro;	 /* LIT_CHARSET: "_gbk" */
	char *using;	 /* the target's character set if bytes must be compared after conversion */
	int frac;	 /* fractional seconds that the target holds, -1: no limit */
	int bits;	 /* numbers must be exact in a float of so many bits: 24, 53; 0 no */
	int is_json;	 /* a binary JSON column: compared as documents */
	int bytewise;	 /* compared as bytes, not by a collation */
	int indexed;	 /* an index begins with it: the plain comparison is written too */
	int in_unique;	 /* in a unique key of the target */
	int joins;	 /* its values keep their type and bytes in a table of values, see join.h */
	char *collate;	 /* as a key: " USING latin1) COLLATE latin1_swedish_ci", what a value is compared by; NULL: by itself */
	int auto_update; /* the target sets it when an update does not name it */
	uint32_t *members; /* LIT_MEMBER(S): the target's number of each source member, 0 none; NULL: the same */
	uint32_t nmembers;
};

struct map_key {
	char *ident; /* `name` of the index */
	uint32_t ncols;
	uint32_t *cols; /* columns of the source table */
};

static inline int map_key_has(const struct map_key *k, uint32_t col)
{
	for (uint32_t i = 0; i < k->ncols; i++)
		if (k->cols[i] == col)
			return 1;
	return 0;
}

struct map {
	char *ident; /* `db`.`table` */
	uint32_t ncols, nkeys;
	struct map_col *cols;
	struct map_key *keys;	  /* best first; usable if the row image has all their columns */
	int row_end;		  /* source column that says when a version ended, if the target keeps versions itself; -1 none */
	int single_rows;	  /* a sequence: one row a statement */
	const void *table;	  /* which table of the target it is; the same for all maps of one */
	int folds;		  /* the order of its rows inside a transaction does not matter, see fold.h */
	int joins;		  /* updates of many rows can be one statement, where all columns that they change join */
	int all_join;		  /* all columns do */
	int beside;		  /* batches with its rows can be under way side by side */
	_Atomic int puts;	  /* updates can be inserts that find their rows, see bulk.h */
	_Atomic int loads;	  /* rows can be lines of LOAD DATA, likewise */
	int binds;		  /* rows can be the parameters of a prepared insert, see bulk.h */
	struct tie *ties;	  /* see tie.h */
	uint32_t nties, nuniques; /* nuniques: of them unique keys */
	uint64_t number;	  /* no other map of this process has it, not even one that was freed */
	_Atomic int chatty;	  /* its statements gave harmless warnings: they go one by one, to be looked at */
};

struct map_options {
	int allow_triggers;
	int hides_ties;					    /* foreign keys are not known */
	int (*has_charset)(void *arg, const char *charset); /* does the target know it? */
	void *arg;
};

/* NULL: it does not fit, with one reason in why (also "out of memory"). */
struct map *map_new(const struct table *src, const struct target_table *dst, const struct map_options *o, struct buf *why);
void map_free(struct map *m);

/*
 * What a row's operation is for the target: the same but for system-versioned
 * tables, where history stays at home (*is_history 1: nothing to do) and a
 * row's end is its deletion. old and new as the operation has them.
 */
enum row_op map_op(const struct map *m, enum row_op op, const struct val *old, const struct val *new, int *is_history);

static inline int map_col_is_written(const struct map_col *c)
{
	return c->to >= 0 && c->writable;
}

enum lit_result {
	LIT_OK,
	LIT_LAX, /* written, but strict mode refuses it although it is what the source has (an enum's error value) */
	LIT_NO	 /* cannot be written: *why */
};
/* Appends the value (not absent) as SQL. */
enum lit_result lit_write(
    struct buf *out, const struct map_col *m, const struct column *c, const struct val *v, const char **why);
/*
 * The same as a value of a prepared statement in an array of them (MariaDB's COM_STMT_BULK_EXECUTE: an indicator byte, then
 * the value as in COM_STMT_EXECUTE), for columns whose bind type is not 0. A value that is not for it is LIT_NO, whatever
 * lit_write says of it.
 */
enum lit_result lit_bind(struct buf *out, const struct map_col *m, const struct column *c, const struct val *v, const char **why);
/*
 * The same as a field of LOAD DATA, without what ends it. lit_loads: whether values of the column arrive so as they do as
 * literals; the target's type decides too.
 */
enum lit_result lit_load(struct buf *out, const struct map_col *m, const struct column *c, const struct val *v, const char **why);
int lit_loads(const struct map_col *m, const char *target_type);
/* The parameter's type (enum_field_types) and the flag of an unsigned one, 0x8000; 0: it cannot be one. */
unsigned lit_bind_type(const struct map_col *m, const struct column *c);
/* Appends a condition that holds for exactly this value. */
enum lit_result lit_compare(
    struct buf *out, const struct map_col *m, const struct column *c, const struct val *v, const char **why);
/* Appends the value for people: short, without an introducer. */
void lit_show(struct buf *out, const struct column *c, const struct val *v);

#endif

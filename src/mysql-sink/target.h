#ifndef TARGET_H
#define TARGET_H
/*
 * The target's own definitions: columns, keys and what else decides how rows
 * land there. Each table is asked for once; a bounded number is kept. It knows
 * nothing of the stream.
 */
#include <stddef.h>
#include <stdint.h>

#include "link.h"

struct target_col {
	char *name;
	char *type;			      /* data_type, lower case: "varchar" */
	char *column_type;		      /* "enum('a','b')" */
	char *charset, *collation;	      /* NULL: none */
	int dec;			      /* fractional seconds that it holds; -1 none */
	int generated, nullable, auto_update; /* auto_update: ON UPDATE CURRENT_TIMESTAMP */
	int in_index;			      /* first column of an index */
	int in_unique;			      /* in a unique key */
	int is_row_end;			      /* of a system-versioned table: when the row's version ended */
};

struct target_key { /* unique, all columns whole and NOT NULL */
	char *name;
	int primary;
	uint32_t ncols;
	uint32_t *cols;
};

struct target_unique { /* any unique key */
	char *name;
	uint32_t ncols;
	int *cols;	 /* -1: an expression */
	uint32_t *parts; /* how many characters of it, 0 all */
};

struct target_fk {		 /* a foreign key that begins or ends at the table */
	int is_child, is_parent; /* both: the table refers to itself */
	int acts;		 /* a row that goes or changes takes others along */
	char *parent;		 /* "db/name" in the engine's spelling, lower case */
	uint32_t ncols;
	char **child_cols, **parent_cols;
};

struct target_table {
	char *db, *name;
	uint32_t ncols, nkeys;
	struct target_col *cols;
	struct target_key *keys; /* the primary key first */
	uint32_t nuniques, nfks;
	struct target_unique *uniques; /* all of them, the primary key first */
	struct target_fk *fks;
	int has_triggers, is_sequence, is_view, is_versioned;
	int is_tied;	  /* by a foreign key, or it is not known: then fks are none */
	int odd_unique;	  /* a unique key on an expression or a generated column */
	int has_overlaps; /* a unique key WITHOUT OVERLAPS: rows are in each other's way that are not equal in it */
	int is_alias;	  /* the server knows it by another spelling of the name */
	char *engine;
	size_t bytes; /* of memory */
	struct target_table *next;
};

struct target {
	struct target_table *tables;
	int hides_ties; /* the account may not see all foreign keys: every table counts as tied */
	size_t bytes;
	unsigned age; /* grows when definitions were forgotten */
};

enum target_found { TARGET_FOUND, TARGET_NONE, TARGET_FAILED /* the link's err */ };

/* Looks the table up. It is borrowed until target_forget or target_trim. */
enum target_found target_find(struct target *t, struct link *l, const char *db, const char *name, struct target_table **found);
void target_forget(struct target *t);				     /* all of it: definitions have changed */
int target_is_full(const struct target *t);			     /* target_trim will forget */
void target_trim(struct target *t);				     /* forgets when too much is kept */
int target_find_col(const struct target_table *t, const char *name); /* -1 */

/* Of a column's type, target_col.type. The list ends with NULL. */
int target_type_in(const char *type, const char *const *list);
int target_type_is_text(const char *type);
int target_type_is_bytes(const char *type);

/* Members of an enum or set out of its column_type: calls back with each, in UTF-8. 0; -1 not understood. */
int target_members(const char *column_type, int (*on_member)(void *arg, uint32_t i, const char *p, size_t n), void *arg);

#endif

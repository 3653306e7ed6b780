#ifndef PACKET_H
#define PACKET_H
/*
 * A packet: one text of statements that the target runs one after the other,
 * with a record of which rows each of them stands for and how many rows it has
 * to find. The last statement may be open: it takes more rows. What is in the
 * statements is stmt.h's and join.h's.
 */
#include "map.h"

struct source_table;

enum stmt_kind {
	STMT_CONTROL, /* SET, BEGIN, SAVEPOINT */
	STMT_GUARD,   /* see packet_guard */
	STMT_COMMIT,
	STMT_CKPT,  /* must find one row */
	STMT_COPY,  /* the row of rowferry.copy */
	STMT_STORE, /* a row of rowferry.prepared comes or goes */
	STMT_INSERT,
	STMT_UPSERT,  /* insert, or overwrite what is there */
	STMT_REPLACE, /* the same, and all rows in its way go */
	STMT_PUT,     /* inserts rows that are there: changes each of them, which counts as two */
	STMT_UPDATE,  /* must find each row */
	STMT_DELETE   /* must find each row */
};

struct row_ref { /* where a row's images are */
	size_t item, at;
};

struct stmt {
	enum stmt_kind kind;
	uint32_t nrows;
	size_t first; /* in packet.rows */
	struct map *map;
};

struct packet {
	struct buf sql;
	struct stmt *stmts;
	size_t nstmts, cap_stmts;
	struct row_ref *rows;
	size_t nrows, cap_rows;
	const struct source_table *bulk; /* it is no text but rows of this table, see bulk.h; NULL: text */
	struct buf load;		 /* of which this is the LOAD DATA statement; len 0: parameters */
	/* the statement that can still take rows */
	const struct source_table *open; /* NULL: none */
	size_t open_key;
	unsigned char *present; /* columns that its rows have */
	uint32_t cap_present, max_rows;
	int nomem;
	/* why a row was refused */
	const char *why;
	uint32_t why_col;
};

void packet_release(struct packet *p);
void packet_reset(struct packet *p);
/* A statement that stands for no row. */
void packet_control(struct packet *p, enum stmt_kind kind, const char *sql);

/*
 * Behind the last statement, if it stands for rows or the checkpoint: one that fails unless that found as many rows as it
 * has to and gave no warning. So a COMMIT can stand in the same packet: the server stops at the first error.
 */
void packet_guard(struct packet *p);

/* ---- for those that make statements; what fails for want of memory shows in nomem */

/* Begins a statement; NULL: no memory. */
struct stmt *packet_stmt(struct packet *p, enum stmt_kind kind, struct map *map);
/* The last statement stands for this row too. */
void packet_ref(struct packet *p, struct row_ref ref);
/* Which of n columns the open statement's rows have, and whether others have the same. packet_present makes room to say so. */
int packet_present(struct packet *p, uint32_t n);
void packet_remember(struct packet *p, const struct val *vals, uint32_t n);
int packet_has_same(const struct packet *p, const struct val *vals, uint32_t n);
/* Does the open statement take a row of this table? */
int packet_takes(const struct packet *p, const struct source_table *st, enum stmt_kind kind);
/* Takes back what was added since the text was `len` long and had `nstmts` statements; returns r, for column col. */
enum lit_result packet_refuse(struct packet *p, size_t len, size_t nstmts, enum lit_result r, uint32_t col);

#endif

#ifndef STMT_H
#define STMT_H
/*
 * Rows into SQL: a packet is one text of statements that the target runs one
 * after the other, with a record of which rows each of them stands for and how
 * many rows it has to find. Neighbouring rows of one table and operation become
 * one statement where the outcome is the same. It sends nothing.
 */
#include "batch.h"
#include "map.h"

enum stmt_kind {
	STMT_CONTROL, /* SET, BEGIN, SAVEPOINT */
	STMT_CKPT,    /* must find one row */
	STMT_STORE,   /* a row of rowferry.prepared comes or goes */
	STMT_INSERT,
	STMT_UPSERT,  /* insert, or overwrite what is there */
	STMT_REPLACE, /* the same, and all rows in its way go */
	STMT_UPDATE,  /* must find one row */
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

struct stmt_style {
	int is_mariadb;
	int mysql_alias; /* MySQL 8.0.19 and later: VALUES(col) is deprecated there, VALUES ROW() is a table */
};

void packet_release(struct packet *p);
void packet_reset(struct packet *p);
/* A statement that stands for no row. */
void packet_control(struct packet *p, enum stmt_kind kind, const char *sql);
/* Ends the open statement; needed before the text is sent. */
void packet_close(struct packet *p, const struct stmt_style *style);

/*
 * One row. LIT_OK; LIT_LAX (only when lax is 0): strict mode would refuse it,
 * nothing was added; LIT_NO: it cannot be written, nothing was added, see why
 * and why_col. kind: STMT_INSERT, STMT_UPSERT or STMT_REPLACE.
 */
enum lit_result packet_insert(struct packet *p, struct source_table *st, enum stmt_kind kind, const struct val *vals,
    struct row_ref ref, int lax, const struct stmt_style *style);
enum lit_result packet_update(struct packet *p, struct source_table *st, const struct val *old, const struct val *new,
    struct row_ref ref, int lax, const struct stmt_style *style);
/* The same as packet_update, by map.joins together with others: found by keys[0], whose columns stay as they are. */
enum lit_result packet_update_many(struct packet *p, struct source_table *st, const struct val *old, const struct val *new,
    struct row_ref ref, const struct stmt_style *style);
enum lit_result packet_delete(
    struct packet *p, struct source_table *st, const struct val *old, struct row_ref ref, const struct stmt_style *style);

/* The row's key, or its first columns, for a message: "id=5". */
void stmt_show_row(struct buf *out, const struct source_table *st, const struct val *vals);

#endif

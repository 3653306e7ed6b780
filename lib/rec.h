#ifndef REC_H
#define REC_H
/*
 * frames' payloads <-> records (rowstream(5), one part a kind). write_X beside
 * read_X. Strings that were read are borrowed from the payload and are not
 * terminated; n is their length. Fields that are not there: p NULL, or the
 * has_ flag 0. Fields that are not known are passed over here; a program that
 * writes a changed record gives `extra` back to the writer, which holds them.
 */
#include <stdint.h>

#include "buf.h"
#include "cur.h"
#include "frame.h"
#include "table.h"
#include "val.h"

struct str {
	const char *p; /* NULL: the field is missing */
	uint32_t n;
};

static inline struct str str_of(const char *z)
{
	struct str s = {z, z ? (uint32_t)strlen(z) : 0};
	return s;
}

static inline struct str str_n(const void *p, size_t n)
{
	struct str s = {p, (uint32_t)n};
	return s;
}

/* Pairs of a map that are not known, as they were and in their order. */
struct rec_extra {
	uint32_t pairs;
	struct buf bytes; /* owned by the record; release with rec_extra_release */
};
void rec_extra_release(struct rec_extra *e);

struct rec_hello {
	uint64_t version;
	struct str by, flavor, server, uuid, file, gtid;
	uint64_t off, server_id, seq;
	int64_t time_us;
	int has_server_id, has_time, has_off, has_seq;
	struct str pipeline; /* of rejects: whose, and seq of the checkpoint that went with them */
	struct str copy;     /* state of a copy of tables that begins or goes on here */
	struct rec_extra extra;
};

struct rec_begin {
	struct str gtid, file, xid; /* xid: the name of an XA transaction, in the form of xid.h */
	struct str copy;	    /* it is not in the log but a part of a copy of tables: which */
	uint64_t off, server_id;
	int64_t ts_us;
	int has_ts, has_server_id;
	struct rec_extra extra;
};

enum row_op { ROW_INSERT, ROW_UPDATE, ROW_DELETE };
#define ROWS_NO_FK 1u
#define ROWS_NO_UNIQUE 2u
#define ROWS_NO_CHECK 4u
#define ROWS_GUARDED 16u /* updates and deletes are for rows that are as the old image says in every column that it holds */
#define ROWS_FK_DONE 8u	 /* what foreign keys changed for these rows in other tables is in the stream */

struct rec_rows { /* the map of ROWS; the images follow in the same payload */
	uint32_t table_id;
	enum row_op op;
	int replace; /* with ROW_INSERT: the row as it stands, whatever is there in its place */
	uint64_t n, off;
	uint32_t flags;
	int has_off;
	struct str reason; /* of rejects: why they were not applied */
	struct rec_extra extra;
};

#define DDL_NAMES_MAX 4096
struct rec_name {
	struct str db, name;
};
#define DDL_DEFS_MAX 64
struct rec_ddl {
	struct str sql, db, verb;
	uint64_t off;
	int has_off;
	uint32_t nnames;
	struct rec_name *names; /* owned by the record; rec_ddl_release */
	/* env; has_ says which are there */
	int has_sql_mode, has_fk, has_uniq, has_cs, has_cl, has_cserver;
	uint64_t sql_mode;
	int fk, uniq;
	int edt_off; /* explicit_defaults_for_timestamp was off */
	uint32_t cs, cl, cserver;
	uint32_t ndefs;
	uint16_t defs[DDL_DEFS_MAX]; /* collations that were the default of their character sets, other than the version's own */
	struct str tz;
	struct rec_extra env_extra, extra;
};
void rec_ddl_release(struct rec_ddl *r);

struct rec_commit {
	struct str file;
	struct str copy; /* state of a copy of tables, to be remembered with the position */
	uint64_t off, rows;
	struct rec_extra extra;
};

struct rec_prepare {
	struct str file, xid;
	uint64_t off, rows;
	struct rec_extra extra;
};

struct rec_decide {
	struct str xid;
	int commit; /* else rolled back */
	struct rec_extra extra;
};

struct rec_mark {
	struct str file, gtid;
	uint64_t off;
	int64_t time_us;
	struct rec_extra extra;
};

struct rec_end {
	struct str file, why;
	uint64_t off;
	int has_off;
	struct rec_extra extra;
};

struct rec_rollback { /* and SAVEPOINT: `to` is its name */
	struct str to, file;
	uint64_t off;
	int has_off;
	struct rec_extra extra;
};

struct rec_note {
	struct str sql;
	struct rec_extra extra;
};

/*
 * Readers: 0, or -1 with the cursor failed (a damaged stream). `c` stands at
 * the start of the payload and, but for ROWS, must end behind the map. The
 * record need not be initialised; release its extra when done (also after -1).
 */
int read_hello(struct cur *c, struct rec_hello *r);
struct table *read_table(struct cur *c, struct rec_extra *extra); /* owned by the caller; NULL */
int read_begin(struct cur *c, struct rec_begin *r);
int read_rows(struct cur *c, struct rec_rows *r); /* leaves c at the first image */
int read_ddl(struct cur *c, struct rec_ddl *r);
int read_commit(struct cur *c, struct rec_commit *r);
int read_mark(struct cur *c, struct rec_mark *r);
int read_end(struct cur *c, struct rec_end *r);
int read_rollback(struct cur *c, struct rec_rollback *r);
int read_savepoint(struct cur *c, struct rec_rollback *r);
int read_note(struct cur *c, struct rec_note *r);
int read_prepare(struct cur *c, struct rec_prepare *r);
int read_decide(struct cur *c, struct rec_decide *r);
/* One value of an image, which must be of its column's class. */
int read_value(struct cur *c, const struct column *col, struct val *v);
int skip_value(struct cur *c, const struct column *col); /* passes over it, as strictly */
/* One image: fills vals[ncols]. The array must have exactly ncols, and each value be of its column's class. */
int read_image(struct cur *c, const struct table *t, struct val *vals);
/* Passes over an image without looking at the values. */
int skip_image(struct cur *c, const struct table *t);

/* Writers: append one whole frame. 0, or -1 (too large, or no memory). extra may be empty (zero). */
int write_hello(struct buf *b, const struct rec_hello *r);
int write_table(struct buf *b, const struct table *t, const struct rec_extra *extra);
int write_begin(struct buf *b, const struct rec_begin *r);
int write_ddl(struct buf *b, const struct rec_ddl *r);
int write_commit(struct buf *b, const struct rec_commit *r);
int write_mark(struct buf *b, const struct rec_mark *r);
int write_end(struct buf *b, const struct rec_end *r);
int write_rollback(struct buf *b, const struct rec_rollback *r);
int write_savepoint(struct buf *b, const struct rec_rollback *r);
int write_note(struct buf *b, const struct rec_note *r);
int write_prepare(struct buf *b, const struct rec_prepare *r);
int write_decide(struct buf *b, const struct rec_decide *r);

/*
 * ROWS are written row by row. rows_open remembers the head; images are
 * appended to `rows` (rows_image, or mp_array + val_write by hand, or bytes
 * copied from another frame); rows_close puts head and images together as one
 * frame. n counts rows, an update (two images) being one.
 */
struct rows_writer {
	struct rec_rows head;
	struct buf rows;
	int open;
};
void rows_init(struct rows_writer *w);
void rows_release(struct rows_writer *w);
void rows_open(struct rows_writer *w, const struct rec_rows *head); /* n becomes 0; borrows nothing but extra and reason */
static inline void rows_image(struct rows_writer *w, const struct val *vals, uint32_t ncols)
{
	mp_array(&w->rows, ncols);
	for (uint32_t i = 0; i < ncols; i++)
		val_write(&w->rows, &vals[i]);
}
static inline int rows_is_full(const struct rows_writer *w)
{
	return w->rows.len > FRAME_ROWS_FULL;
}
/* Appends the frame to out if it has rows, and closes. 0 or -1. */
int rows_close(struct rows_writer *w, struct buf *out);

#endif

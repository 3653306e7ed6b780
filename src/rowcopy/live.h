#ifndef LIVE_H
#define LIVE_H
/*
 * A copy inside of a pipeline. Rows that stand in a table now are put into the
 * stream at the very place of the log that their snapshot is of, and changes of
 * rows that are not copied yet are taken out of it. So the target has at any time
 * what the source had at the stream's place, of the tables and keys that are
 * copied, and never an older value than before.
 *
 * It works in rounds: between two transactions snapshots are opened, each at a
 * known place that is not passed yet; the stream goes on up to that; then a chunk
 * for each snapshot goes out.
 */
#include "copy.h"
#include "readers.h"

#define KEPT_BUCKETS 4096
struct kept {		     /* a row that the log changed while snapshots were opened */
	size_t at, nkey;     /* in live.kept: its key */
	size_t row, nrow;    /* the image behind the last change */
	int has_row, is_out; /* has_row 0: it was deleted */
	uint32_t next;	     /* of its bucket, + 1 */
};

enum reach { REACH_ALL, REACH_PART, REACH_NONE, REACH_OUTSIDE };

struct live {
	struct copy *c;
	struct stream s;
	struct conn *ask;   /* for questions while the readers plan; NULL: not connected */
	struct opened *cur; /* the table whose keys are compared; NULL: none */
	int in_round, part_open;
	int is_listed;	      /* the list of tables is as good as new: no statement has passed, and no round failed since */
	struct place last;    /* end of the last transaction of the log that has passed; file "": none has */
	struct gtid_set *set; /* of the snapshots, if it did not change while they were opened; NULL: not known */
	unsigned turn;	      /* chunks of the round that went out */
	struct place at[WORKERS_MAX];
	int64_t began_us, first_us; /* the round, its first chunk */
	int64_t rest_us;	    /* when the next may begin though there is input */
	unsigned times;		    /* a chunk has so many times the usual rows */
	uint64_t chunk_rows;	    /* of the chunk that went out */
	int has_dropped;	    /* of the open transaction rows were taken out */
	int has_reset;		    /* by the open transaction a table's copy begins anew, which its COMMIT says */
	uint64_t part_rows;	    /* of the chunk that went out before the open part */
	size_t part_bytes;
	unsigned failures; /* rounds, one after the other */
	uint64_t rounds;
	/* rows.c */
	struct rows_writer w;
	struct val *old, *new;
	uint32_t cap_vals;
	struct buf sql;
	/* behind.c */
	int is_past_start, said_behind;
	/* window.c */
	struct gtid_set *low; /* what was executed before the snapshots; NULL: their places are known */
	int in_window;	      /* the stream is past that */
	int too_much, locks;  /* it was too much to keep; so the next round locks */
	struct buf kept, key;
	struct kept *kept_rows;
	size_t nkept;
	uint32_t kept_at[KEPT_BUCKETS];
	uint64_t window_rows;
	uint8_t *behind; /* of each image of a frame */
	size_t cap_behind;
};

int live_connect(struct live *l);					       /* l->ask. 0, or -1 message printed */
int live_stop(struct live *l);						       /* c->code is set: hands it to the stream. -1 */
enum reach live_reach(const struct live *l, const char *db, const char *name); /* is the table copied? */

/* round.c: called between two transactions; more: behind it there is input, or the stream ends here. 0 or -1 */
#define END_OF_STREAM (-1)
int round_step(struct live *l, int more);
void round_abandon(struct live *l);
int round_is_due(const struct live *l, const char *file, uint64_t off); /* is the place past one that rows wait for? */

/* behind.c: of MariaDB, may the snapshots not have something that was before the stream's start? 1, 0, -1 message printed */
int behind_start(struct live *l);

/* window.c */
void window_begin(struct live *l, const char *gtid);	       /* a transaction begins */
int window_is_of(const struct live *l, const struct table *t); /* are changes of the table to be kept? */
void window_keep(struct live *l, const struct table *t, const struct val *old, const struct val *new); /* NULL: there is none */
void window_keep_all(struct live *l, const struct rec_rows *r, const struct table *t, struct cur c);
int window_filter(struct live *l, const struct table *d, const struct buf *rows, struct buf *out, uint64_t *n);
int window_put(struct live *l, const struct table *d, const struct buf *hi, uint64_t *n);
void window_forget(struct live *l);
void window_release(struct live *l);

int live_room(struct live *l, uint32_t ncols, size_t images);						 /* 0 or -1 */
int live_read_row(const struct live *l, const struct rec_rows *r, const struct table *t, struct cur *c); /* l->old, l->new */
int live_is_behind(struct live *l, const struct buf *key, const struct buf *bound);			 /* 1, 0, -1 */

/* rows.c, ddl.c: what the stream brings while a copy is under way. Results as stream.h's. */
int live_rows(struct live *l, const struct rec_rows *r, struct table *t, struct cur *c);
int live_ddl(struct live *l, const struct rec_ddl *r);

#endif

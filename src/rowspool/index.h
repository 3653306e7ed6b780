#ifndef INDEX_H
#define INDEX_H
/*
 * The index of a segment: where in it one can begin to read, and what one must
 * know there. It is the segment as a row stream without its rows:
 *
 *   HELLO   the same as the segment's
 *   TABLE   each of the segment's
 *   MARK    about each INDEX_EVERY bytes, and at the segment's end: file, off and gtid are the position there, time is
 *           that of the newest transaction before it (0: none), and, besides what rowstream(5) knows,
 *           at    offset in the segment; there one can begin
 *           prev  offset of the frame before it, which says file and off too
 *           n     transactions of the segment before it
 *           first time of the segment's first transaction (0: none)
 *   END     the segment is closed: nothing follows in it
 *
 * Who begins to read at a MARK first reads the index up to it. It depends on the segment alone, so that it can be made
 * again, byte for byte, at any time. A reader believes a MARK only when the segment has that frame at prev.
 */
#include "fdio.h"
#include "rec.h"
#include "stream.h"

#define INDEX_EVERY (1u << 20)

struct index_writer {
	struct buf b; /* what is not in the file yet; who writes it takes it out */
	uint64_t last_at;
	uint64_t n;
	int64_t first_us, newest_us;
};

void index_reset(struct index_writer *x); /* for a new segment */
void index_release(struct index_writer *x);
/* HELLO or TABLE, as it is in the segment. */
void index_frame(struct index_writer *x, const void *raw, size_t n);
/* A transaction that was committed at ts_us (0: not known) has ended. */
void index_trx(struct index_writer *x, int64_t ts_us);
/*
 * A transaction or MARK that has ended at `at`, its last frame beginning at prev: writes an entry if it is time, or if it must
 * be. gtid is asked for only then. 0 or -1 (no memory).
 */
int index_here(
    struct index_writer *x, uint64_t prev, uint64_t at, const char *file, uint64_t off, const struct gtid_set *gtid, int must);
/* The segment is closed behind the last entry. */
int index_end(struct index_writer *x, const char *file, uint64_t off);

struct index_entry {
	size_t len; /* bytes of the index up to behind the MARK */
	uint64_t at, prev, n, off;
	int64_t first_us, newest_us;
	struct str file, gtid; /* borrowed from the index's bytes; gtid.p NULL: not known */
};

struct index {
	struct buf b; /* the file, as far as it is good */
	size_t hello; /* bytes of its HELLO */
	struct index_entry *e;
	size_t n;
	int is_closed;
};

/* What of the file is good; an index that is not there, or is damaged from its beginning, has no entries. 0 or -1 (no memory). */
int index_load(struct index *x, const char *path);
void index_free(struct index *x);
/* Does the segment have what the entry says? 1, 0. */
int index_fits(const struct index *x, const struct index_entry *e, int segment_fd);

#endif

#ifndef OUT_H
#define OUT_H
/*
 * The segment that is written: gathers, writes, forces to the disk, and says up to
 * where readers may read. A full disk is waited for. It knows frames as bytes.
 */
#include "index.h"
#include "spool.h"

enum out_sync { OUT_SYNC_TRX, OUT_SYNC_SOME, OUT_SYNC_OFF };

struct out {
	struct spool *sp;
	enum out_sync how;
	int64_t sync_us;	   /* OUT_SYNC_SOME: how often */
	int (*on_full)(void *arg); /* the disk is full: make room, if that may be */
	void *arg;

	int fd, index_fd; /* -1: no segment is open */
	uint64_t seg;
	uint64_t size; /* bytes in the file; b follows them */
	struct buf b;
	uint64_t prev, here; /* the last frame that ended something: where it begins and ends */
	struct index_writer index;
	size_t index_whole;   /* bytes of index.b that are about what has ended */
	struct spool_end end; /* as readers know it */
	int64_t opened_us;

	uint64_t written; /* since the start */
	int unsynced;	  /* transactions are in the file that may not be on the disk */
	uint64_t unsynced_bytes;
	int64_t synced_us;
	int said_full;
	int code; /* of the last failure; CODE_OK: told to stop while the disk was full */
};

void out_init(struct out *o, struct spool *sp);
void out_release(struct out *o); /* closes as it is: who writes next looks after it */

/* All: 0, or -1 with code set and the message printed. */

int out_open(struct out *o, uint64_t seg, const struct buf *hello); /* a new segment that begins with this frame */
/* Appends a frame. */
int out_add(struct out *o, const void *raw, size_t n);
/*
 * The frame that was added last, of n bytes, ended a transaction or is a MARK: all up to here may be read, once it is written.
 * The place is the stream's, with this set.
 */
int out_ends(struct out *o, size_t n, int is_trx, const struct stream *s, const struct gtid_set *gtid);
/* Writes, and shows to readers what is whole; idle: nothing more is waiting. */
int out_flush(struct out *o, int idle);
/* Forces to the disk what has not been for as long as it may. */
int out_sync_due(struct out *o);
/* The last that was ended is the end of the segment; what follows it is dropped. */
int out_close(struct out *o, const char *file, uint64_t off, const struct gtid_set *gtid);

/* Writes at the end of a descriptor, and waits while the disk is full. */
int out_write(struct out *o, int fd, const char *path, const void *p, size_t n);

#endif

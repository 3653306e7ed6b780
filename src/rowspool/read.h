#ifndef READ_H
#define READ_H
/*
 * rowspool read: a spool as one row stream on standard output, from a position
 * on. source.c brings the bytes of the segments, read.c decides what of them
 * goes out.
 */
#include "feed.h"
#include "pos.h"
#include "resume.h"
#include "spool.h"
#include "stream.h"
#include "walk.h"

struct read_options {
	const char *dir, *reader; /* reader NULL: it has no name */
	struct pos start, stop;
	int has_start, has_stop, follow, force, ready_fd;
};

struct spool_reader {
	struct read_options *o;
	struct spool sp;
	struct feed feed;
	struct spool_end end; /* as it was last read */
	uint64_t first;	      /* the segment that was begun with */
	uint64_t lead;	      /* bytes of the index that the stream read before its first segment */
	uint64_t opened;      /* segments */
	uint64_t hellos;      /* of them: each has one */
	/* source.c: the wait for more */
	int notify_fd, watches_end;
	struct wait *wait;

	struct buf hello; /* payload of the present section's HELLO */
	struct source_id source;
	struct walk_place last;	 /* where the segment before ended */
	struct gtid_set *ahead;	 /* of a start at a set: what of it may still come */
	int started, said_hello; /* the position was come to; and said */
	int skipping, over;
	char over_file[LOG_NAME_MAX]; /* where it was over */
	uint64_t over_off;
	int has_evidence; /* of a start at a time: something before it was seen */
	int said_wait;
};

int read_run(struct read_options *o); /* run.c: the exit code */

extern const struct stream_calls read_calls;
/* Has the stream come to the start? */
int read_has_come(const struct spool_reader *r, const struct stream *s);
/* Says HELLO at the stream's place, if that is not done. 0, or -1 with the code set. */
int read_say_hello(struct stream *s);

/* source.c: a struct reader's pull; arg is the stream. */
enum fdio source_pull(void *arg, struct buf *b);
void source_release(struct spool_reader *r);

#endif

#ifndef WRITING_H
#define WRITING_H
/*
 * What the parts of rowspool write share: write.c is the run, fit.c says what of
 * the stream the spool has already, segment.c begins and ends segments, put.c takes the frames.
 */
#include "out.h"
#include "retain.h"
#include "resume.h"
#include "stream.h"
#include "walk.h"
#include "write.h"

#define RETAIN_US 10000000 /* between two looks at what need not stay */

struct write {
	const struct write_options *o;
	struct spool sp;
	struct out out;
	struct retain retain;
	struct buf hello; /* payload of the section's HELLO */
	/* up to where the spool has the source's log */
	struct walk_place end;
	struct source_id source;
	uint64_t last; /* the last segment */
	int same_source;
	/* the stream began before that: transactions of the set, or before the place, are in the spool already */
	struct gtid_set *skip;
	int skip_by_file;
	struct walk_place skip_place;
	int skipping;
	uint64_t passed, kept;
	struct buf marked; /* the set of the last MARK, if no transaction followed it */
	int timer_fd;
	int64_t retained_us;
	int code;
};

extern const struct stream_calls write_calls;

/* All: 0, or -1 with the message printed and the stream's code set. */

int write_out_failed(struct stream *s); /* the message is printed already; the code is out's */

/* fit.c: does the stream, which begins and is of that source, fit behind what is there? */
int write_fit(struct stream *s, const struct source_id *id);
void write_forget_skip(struct write *w);
/* Is the transaction that begins in the spool already? 1, 0. */
int write_has(const struct write *w, const struct stream *s);
/* Is the stream's position still before the spool's end? 1, 0; forgets what to pass over as soon as it is not. */
int write_is_behind(struct write *w, const struct stream *s);

/* segment.c */
int write_open_segment(struct stream *s); /* if none is open */
int write_close_segment(struct stream *s);
int write_segment_is_enough(const struct write *w); /* large or old; 1, 0 */

#endif

#ifndef DUMP_H
#define DUMP_H
/*
 * One run of rowdump: the stream that is read and the text that is written.
 * json.c, pretty.c (with pretty_rows.c) and sql.c are the three forms of the text; each is a set of
 * the stream's callbacks and appends to w.b.
 */
#include "stream.h"

struct pretty;
struct sql;

struct dump {
	struct stream s;
	struct writer w;	/* the text */
	int flush_each;		/* a person watches: after every frame */
	int out_broken;		/* writing failed and was said */
	int check;		/* sql.c: rows that are changed or deleted are checked */
	int color, live;	/* pretty.c: colours; the input is not a file, so lag means something */
	struct val *vals, *old; /* one image each, as wide as the widest table */
	uint32_t cap_vals;
	uint64_t nrows_frames; /* ROWS frames so far */
	struct buf tmp, canon, tail;
	struct pretty *pretty; /* pretty_rows.c: what it keeps */
	struct sql *sql;       /* sql.c: what it keeps */
};

extern const struct stream_calls json_calls, pretty_calls, sql_calls;

/*
 * All of these: 0, or -1 with the message printed and the stream's code set.
 * dump_done comes after each line or frame and writes when it is time to.
 */
int dump_done(struct dump *d);
int dump_flush(struct dump *d);
int dump_on_idle(struct stream *s); /* the stream's on_idle, of all forms */
int dump_no_memory(struct dump *d); /* -1 */
/* Makes room for the images of a table, in vals and old. */
int dump_vals(struct dump *d, const struct table *t);
/* Reads one image. */
int dump_image(struct dump *d, struct cur *c, const struct table *t, struct val *vals);

void sql_free(struct sql *q);
void pretty_free(struct pretty *p);

#endif

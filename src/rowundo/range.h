#ifndef RANGE_H
#define RANGE_H
/*
 * Which transactions are to be undone: those from --start-at to --stop-at, as
 * binlog-tap(1) has them, or those that --transaction names. It is asked at each
 * transaction's beginning, in the order of the stream.
 */
#include "stream.h"

struct range {
	struct pos start, stop;
	int has_start, has_stop;
	struct named { /* --transaction */
		const char *text;
		int found;
	} * named;
	size_t nnamed;

	int over;	       /* --stop-at was reached */
	struct gtid_set *seen; /* of --stop-at gtid: executed so far */
};

/* One value of the option: 0, or -1 with the message printed. */
int range_start(struct range *r, const char *value);
int range_stop(struct range *r, const char *value);
int range_name(struct range *r, const char *value);
void range_release(struct range *r);

/* At HELLO, and behind a transaction. 0, or -1 (no memory, or a GTID that does not fit). */
int range_hello(struct range *r, const struct stream *s);
int range_passed(struct range *r, const struct stream *s);
/* Of the transaction that has begun: 1 it is to be undone, 0 not, -1 that cannot be told, with the reason in *why. */
int range_has(struct range *r, const struct stream *s, const char **why);
/* Nothing behind this place is asked for. */
int range_is_done(const struct range *r);
/* The stream has ended: 0, or -1 with the message printed: something that was asked for was not there. */
int range_check(const struct range *r, const struct stream *s);

#endif

#ifndef RESUME_H
#define RESUME_H
/*
 * A stream meets what is there of it already (a checkpoint, a spool): whose it
 * is, and whether it begins at that place, before it, or leaves a gap. Pure:
 * what is said and done about it is the program's.
 */
#include "gtid_set.h"
#include "rec.h"

struct source_id { /* who wrote the log, as HELLO says it; "" not known */
	char flavor[16], uuid[64], version[128];
	uint64_t server_id;
	int has_server_id;
};

void source_read(struct source_id *id, const struct rec_hello *h);
/* Are they servers of one family, the same server? As far as both say who they are. */
int source_is_family(const struct source_id *a, const struct source_id *b);
int source_is_same(const struct source_id *a, const struct source_id *b);

struct resume_place {
	const char *file; /* "" not known */
	uint64_t off;
	const struct gtid_set *gtid; /* the executed set; NULL: not known */
};

enum resume {
	RESUME_HERE,	     /* the very place */
	RESUME_BY_GTID,	     /* it begins before: transactions of the set are there already */
	RESUME_BY_FILE,	     /* it begins before: those that begin before the place are */
	RESUME_GAP,	     /* it begins behind: what is between would be lost */
	RESUME_OTHER_SERVER, /* and without GTIDs its files say nothing here */
	RESUME_NO_GTID,	     /* the place is a GTID set alone, and the stream has none */
	RESUME_OTHER_FILES,  /* log files of other names */
	RESUME_OTHER_GTIDS   /* GTIDs of the other family */
};

/*
 * How a stream that starts at `start` fits what has come to `have`; same_source: file names mean the same. An empty set fits
 * either family: whether the sources are of one is asked before.
 */
enum resume resume_compare(const struct resume_place *start, const struct resume_place *have, int same_source);

#endif

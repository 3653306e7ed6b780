#ifndef WALK_H
#define WALK_H
/*
 * Reads one segment for what it is: where it begins and ends, and its index.
 */
#include "feed.h"
#include "index.h"
#include "resume.h"
#include "spool.h"

struct walk_place {
	char file[LOG_NAME_MAX];
	uint64_t off;
	struct gtid_set *gtid; /* owned; NULL: not known */
};
void walk_place_release(struct walk_place *p);
/* As --start-at takes it: the set if there is one with something in it, else the file. */
void walk_place_print(const struct walk_place *p, struct buf *out);
/* Are they one? By the sets, where both have one. */
int walk_place_is(const struct walk_place *a, const struct walk_place *b);
int walk_place_set(struct walk_place *p, const char *file, uint64_t off, const struct gtid_set *gtid); /* 0 or -1 (no memory) */

struct walk {
	struct walk_place from, to;
	struct source_id source;
	uint64_t n; /* transactions */
	int64_t first_us, newest_us;
	int is_closed;
	struct index_writer index; /* of all that was read, unless the walk was quick */
	/* the walk's own */
	struct feed feed;
	const struct spool *sp;
	int has_hello;
	uint64_t last_prev, last_end; /* the last frame that ended something */
};

/*
 * Up to limit, which is where something ended. quick: by the index as far as it goes. CODE_OK, or the exit code with the
 * message printed. The walk is to be released in either case.
 */
int walk_segment(struct walk *w, const struct spool *sp, uint64_t seg, uint64_t limit, int quick);
/* What stands in the index at the end of a closed segment; of a walk that was not quick. 0 or -1 (no memory). */
int walk_finish_index(struct walk *w);
void walk_release(struct walk *w);

#endif

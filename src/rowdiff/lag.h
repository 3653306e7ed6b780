#ifndef LAG_H
#define LAG_H
/*
 * Where the source's log is, and whether what is before that place is on the target.
 */
#include "defs.h"
#include "gtid_set.h"
#include "pos.h"

struct place {
	struct gtid_set *gtid; /* NULL: none */
	char file[LOG_NAME_MAX];
	uint64_t off;
	struct buf text; /* all of it: compared as a whole */
};
void place_release(struct place *p);

/* The end of the source's log. CODE_OK, or the exit code with the message printed. */
int place_of_source(struct place *p, struct link *source);
/* Nothing was written to the source's log in between. */
static inline int place_same(const struct place *a, const struct place *b)
{
	return a->text.len && a->text.len == b->text.len && !memcmp(a->text.p, b->text.p, a->text.len);
}

/*
 * Do commits on the source wait for a replica to acknowledge them (semi-synchronous replication, AFTER_SYNC)? They are in the
 * log then, and the source does not show them yet. CODE_OK, or the exit code with the message printed.
 */
int source_holds_commits(struct link *source, int *holds);

/*
 * Is what was before p on the target: by the checkpoint of the pipeline; NULL: by the server's own replication. *there is
 * set. CODE_OK, or the exit code with the message printed.
 */
int place_is_there(const struct place *p, struct link *target, const char *pipeline, int *there);

#endif

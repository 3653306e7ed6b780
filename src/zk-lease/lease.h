#ifndef LEASE_H
#define LEASE_H
/*
 * The lease: a node of ours among the children of its path, the first in the
 * line. line.h is how it becomes that; here it is held and given back.
 *
 * It is held for certain until a time that our own clock says: from the moment
 * at which a request was sent that the server has answered. A request for this
 * is two: one that only the leader can answer (sync), for a member that is cut
 * off from its ensemble still answers what it can by itself; and one that looks
 * whether our node is there.
 */
#include <stdint.h>

#include "buf.h"
#include "zk.h"

#define LEASE_BEATS 32 /* on their way; more than are sent in the time of a lease */

struct lease {
	struct zk *zk;
	const char *path;
	const char *holder;  /* for people: host:pid */
	const char *command; /* and this */
	char mark[48];	     /* "_c_GUID-lease-": by this we know our own node, also if the answer to its creation was lost */
	struct buf node;     /* its path, once it is known */
	int64_t epoch;	     /* once held: the transaction that made the node */
	int64_t heard;	     /* when the newest request was sent that was answered */
	int timeout_ms;	     /* of the session */
	struct {
		struct zk_op *sync, *exists;
	} beat[LEASE_BEATS];
	int64_t next_beat;
	int connected;	 /* as it was seen last */
	int connections; /* the same */
	int stuck;	 /* the command could not be ended: the lease is left to time out */
};

/* 0, or -1 without memory or randomness. The path and the others are borrowed. */
int lease_init(struct lease *l, struct zk *z, const char *path);
void lease_release(struct lease *l);
/* What the node says about us, with the time of now. */
void lease_text(const struct lease *l, struct buf *b);

/*
 * When a holder from whom nothing is heard ends its command, in parts of the session's time-out: SIGTERM, and SIGKILL. The
 * server waits for the whole of it, counted from later. The library goes to another member of the ensemble after 2/3.
 */
int64_t lease_term_at(const struct lease *l);
int64_t lease_kill_at(const struct lease *l);
/* How late SIGTERM may be before somebody else sees to it. */
int64_t lease_slack(const struct lease *l);

enum lease_news { LEASE_NOTHING, LEASE_HEARD, LEASE_NODE_GONE, LEASE_SESSION_GONE };

/* Sends what is due (next_beat says when that is) and looks at what was answered. */
enum lease_news lease_beat(struct lease *l);
/* Deletes the node, so that the next one's turn comes, and waits for that until then at most. */
void lease_give_back(struct lease *l, int64_t until_ms);

#endif

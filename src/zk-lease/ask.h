#ifndef ASK_H
#define ASK_H
/*
 * Asking ZooKeeper while no lease is held: when no answer comes one waits and
 * asks again, until the user's time is over, somebody ends us, or only a person
 * can help. Sessions that expire are begun anew.
 */
#include <stdint.h>

#include "guard.h"
#include "wake.h"
#include "zk.h"

enum ask {
	ASK_ON,	   /* it is there */
	ASK_AGAIN, /* what was known may be wrong: from the beginning */
	ASK_END	   /* the message is printed, the exit code in the struct */
};

struct asker {
	struct zk *zk;
	struct wake *wake;
	struct guard *guard;   /* NULL: none */
	const char *servers;   /* for messages */
	const char *what;      /* "obtain the lease /x", for messages */
	int64_t began, until;  /* BOOTTIME_NEVER: no limit */
	int64_t line_until;    /* the same for waiting behind somebody, not later than that */
	int with_auth;	       /* for messages too */
	int late_code;	       /* when ZooKeeper was not reached until then */
	int64_t retry, warn;   /* when to begin a session anew, when to say that nothing is reached */
	int connected, warned; /* as it was said last */
	int code;
};

void asker_init(struct asker *a, int64_t now_ms);
/* Until there is a connection. */
enum ask ask_connection(struct asker *a);
/* Until the op has its answer: ASK_ON if it is more than that the connection was lost. Does not free it. */
enum ask ask_answer(struct asker *a, struct zk_op *op);
/* Until something happens or that time has come. ASK_ON or ASK_END. */
enum ask ask_pause(struct asker *a, int64_t at_ms);
/* The user's time is over: prints it. ASK_END. */
enum ask ask_late(struct asker *a);
/* Nothing else can be done: prints it, "cannot WHAT: why". ASK_END. */
enum ask ask_refused(struct asker *a, const struct zk_op *op, const char *what, const char *path);

#endif

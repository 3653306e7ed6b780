#ifndef LISTENING_H
#define LISTENING_H
/*
 * What the parts of a listener share: listen.c takes connections and starts a process for each, show.c says to who looks from
 * outside what they do.
 */
#include <event2/event.h>
#include <sys/types.h>

#include "link.h"
#include "rowlink.h"

struct served {
	struct served *next; /* the newest first */
	struct listener *l;
	pid_t pid;
	int control;
	int has_stream;
	struct buf host;
	struct buf peer;	 /* who it is, once it has asked for a stream; plain ASCII */
	struct carried *carried; /* of its process too; NULL: nobody looks */
	struct event *event;
};

struct listener {
	struct rowlink *r;
	struct event_base *base;
	int fd, is_ours; /* ours: made here, not given */
	struct event *taker, *stop, *status, *pause, *show;
	struct served *all;
	unsigned starting, streams;
	int is_ending;
	uint64_t refused; /* all that got no stream */
	uint64_t untold;  /* of those */
	int64_t told_us;
	/* of streams that have ended */
	uint64_t ended, failed;		   /* failed: not with 0 */
	uint64_t stream_bytes, link_bytes; /* as of struct carried */
};

#endif

#ifndef LINK_H
#define LINK_H
/*
 * One end of a link: blocks (block.h) over a connected socket, bare or under TLS,
 * with a heartbeat each way and a watch on the other's. It knows neither where the
 * stream comes from nor where it goes; near.c and far.c do. One event base a
 * process, no threads.
 */
#include <event2/event.h>
#include <stdint.h>

#include "block.h"

struct bufferevent;
struct evbuffer;
struct tls;

#define LINK_OUT_BYTES (512 * 1024) /* of what is to be sent: when more waits here, no more is taken */

/*
 * What a link has carried. Another thread may look at it, or another process: of a listener's connections it lies in memory
 * that both have.
 */
struct carried {
	_Atomic uint64_t stream_bytes; /* of the stream, before and after it travelled; who has the stream counts */
	_Atomic uint64_t link_bytes;   /* of DATA, as it travelled */
	_Atomic int64_t heard_us;      /* when a byte last came from the other, by status_clock_us(); 0: there is no link yet */
	_Atomic int64_t rtt_us;	       /* the round trip of late, microseconds; -1: not known */
};

struct link_calls {
	void (*on_open)(void *arg); /* the socket, and TLS where there is one, is ready */
	/* A block other than DATA and BEAT; p is borrowed until it returns. */
	void (*on_block)(void *arg, enum block_kind kind, const uint8_t *p, size_t n);
	void (*on_data)(void *arg, struct evbuffer *in, size_t n); /* takes n bytes off in; NULL: none may come */
	void (*on_room)(void *arg);				   /* less than LINK_OUT_BYTES / 2 wait to be sent */
	/* The link cannot go on; code is what to end with, why one line. The bufferevent still is. */
	void (*on_lost)(void *arg, int code, const char *why);
};

struct link {
	struct event_base *base; /* owned */
	struct bufferevent *b;	 /* owned, with the socket */
	const struct link_calls *calls;
	void *arg;
	enum block_from other;
	int is_tls, is_lost, is_over;
	struct event *tick, *beat;
	unsigned silent; /* ticks without a byte from the other */
	uint32_t patience_ms;
	struct carried *carried; /* borrowed, or its own */
	struct carried own;
};

/* Ticks in a patience: the other is taken for dead between one patience and one and a sixth. */
#define LINK_TICKS 6

/*
 * Consumes fd. tls NULL: bare. name: tls_on_socket's. patience_ms: after so long without a byte the other is dead; it is not
 * asked before link_watch. 0, or -1: errno; what there is then is to be released.
 */
int link_init(struct link *l, int fd, struct tls *tls, const char *name, const struct link_calls *calls, void *arg);
/* From now on it counts there; borrowed. */
void link_count_in(struct link *l, struct carried *c);
void link_release(struct link *l); /* the last of what is on its base: other events are freed before */
/* Says that nothing more will come, and waits for the other to have read what did: a second at the most. */
void link_part(struct link *l);
/* Closes the connection at once, what waits to be sent is thrown away. */
void link_cut(struct link *l);
/* Runs until link_end. */
void link_run(struct link *l);
void link_end(struct link *l); /* nothing is read from then on */
int link_fd(const struct link *l);

/* From now on the other is expected to be heard of, and hears of us so that it is content with it. 0, or -1: errno. */
int link_watch(struct link *l, uint32_t ours_ms, uint32_t theirs_ms);

void link_send(struct link *l, enum block_kind kind, const void *p, size_t n);
size_t link_unsent(const struct link *l);

/* The round trip's time as the kernel has measured it, in ms; -1: not known. */
double link_rtt_ms(const struct link *l);

#endif

#ifndef FAR_H
#define FAR_H
/*
 * The end that listens, for one connection, in three parts: who it is and what it
 * asks for (greet.c), the command and its output (serve.c), and what ties them to
 * the link, the signals and the process that takes connections (far.c).
 */
#include <event2/event.h>

#include "command.h"
#include "link.h"
#include "rowlink.h"

struct squeeze;

enum far_state { GREETING, ASKING, RUNNING, ENDED, REFUSED, ABORTING };

struct far {
	const struct rowlink *r;
	struct link link;
	enum far_state state;
	int code;
	int control;	 /* -1: none */
	struct buf peer; /* who it is, as text */
	struct block_open open;

	struct command command;
	int is_told;	/* the command was told to end */
	int has_output; /* it may have more */
	int64_t credit; /* bytes of DATA that may be sent */
	struct squeeze *squeeze;
	struct buf squeezed;
	uint8_t *chunk;
	unsigned looks;

	struct event *out, *err, *ended, *rest, *late, *control_event, *stop, *status;
};

/* ---- far.c */
void far_end(struct far *f, int code);
/* The last block: the exit code and a line of text. */
void far_send_end(struct far *f, int code, const char *text);
struct event *far_watch(struct far *f, int fd, short what, event_callback_fn on_it); /* added; NULL: no memory */
/* Ends it: the command is told as when its parent dies. */
void far_no_memory(struct far *f);
void far_set_ms(struct far *f, struct event *e, int ms);
void far_forget(struct event **e); /* frees it; NULL does nothing */

/* ---- greet.c */
/* The connection is there, and TLS where there is one: is it one who may have a stream? */
void greet_open(struct far *f);
/* It says what it wants. */
void greet_take(struct far *f, const uint8_t *p, size_t n);
void greet_refuse(struct far *f, int code, const char *why);
/* Tells of one that gets no stream. Strangers are many: who takes connections prints it, not oftener than people can read. */
void greet_tell(struct far *f, const char *why);

/* ---- serve.c */
/* All is allowed: starts the command and grants the stream. */
void serve_start(struct far *f);
/* Sends what it has written, as far as there is room. */
void serve_pump(struct far *f);
/* Its stream is to end well: a tap writes END, at the end of a transaction. */
void serve_stop(struct far *f);
/* Nobody is there for its output any more: ends it, and then us. */
void serve_abort(struct far *f, int code);

/* What is left of a command that has ended, or is to end: looked at now and then. */
void serve_rest(evutil_socket_t fd, short what, void *arg);

#endif

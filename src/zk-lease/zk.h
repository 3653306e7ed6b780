#ifndef ZK_H
#define ZK_H
/*
 * ZooKeeper, by its C client; the only module that knows that library.
 *
 * Everything is asked asynchronously. The library answers on a thread of its
 * own; the answer is put into the op and zk_fd becomes readable. Nothing here
 * waits for an answer: who waits has a deadline of his own, and frees an op that
 * was not answered in time. Opening and closing, where the library resolves
 * names and waits for threads, are done on a thread too.
 *
 * All functions are for one thread, the main one.
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct zk; /* opaque: who is asked, and the session if there is one */

struct zk_options {
	const char *servers; /* HOST:PORT,...[/CHROOT], borrowed as the next is */
	const char *auth;    /* "user:password" for digest authentication, NULL: none */
	const char *certs;   /* "CA,CERTIFICATE,KEY", files for TLS; NULL: none. Only where zk_has_tls() */
	int timeout_ms;	     /* of the session, as we would have it */
};

/* Is the library one that can speak TLS? */
int zk_has_tls(void);

enum zk_state {
	ZK_CONNECTING, /* or names are being looked up */
	ZK_CONNECTED,
	ZK_EXPIRED,	/* the session is over, its ephemeral nodes are gone */
	ZK_AUTH_FAILED, /* the server does not take our user and password */
	ZK_NO_HOST	/* no name of the servers could be resolved, or no memory: the session did not begin */
};

enum zk_result {
	ZK_PENDING,
	ZK_OK,
	ZK_NONE,   /* there is no such node */
	ZK_EXISTS, /* there is already one */
	ZK_LOST,   /* no answer from the server: it may have been done or not; zk_state knows more */
	ZK_DENIED, /* by the node's access list */
	ZK_REFUSED /* anything else, see zk_text */
};

/* One request. All but result may be read once zk_result is not ZK_PENDING. */
struct zk_op {
	enum zk_result result; /* by zk_result alone: another thread writes it */
	int code;	       /* the library's own */
	int64_t sent_ms;       /* boottime at which it was handed over, so not later than it was sent */
	int64_t czxid;	       /* zk_exists, zk_get: the transaction that made the node */
	struct buf text;       /* zk_create: the node's whole path; zk_get: what is in it */
	char **names;	       /* zk_list: the children, in no order; owned */
	size_t count;
	struct zk *zk; /* zk.c's own, as the rest */
	struct zk_session *session;
	struct zk_op *prev, *next;
	int given_up;
};

/* NULL: no memory, or no descriptor. */
struct zk *zk_new(const struct zk_options *o);
void zk_free(struct zk *z); /* after zk_leave */
/* Readable when something has changed; zk_clear makes it unreadable, and what changed is looked at after that. */
int zk_fd(const struct zk *z);
void zk_clear(struct zk *z);

/* Begins a session. 0, or -1: there cannot be a thread. */
int zk_enter(struct zk *z);
/*
 * Ends the session, which gives back its ephemeral nodes, and waits for that until then. A library that hangs is left
 * behind. 0, or -1: it still hangs.
 */
int zk_leave(struct zk *z, int64_t until_ms);
enum zk_state zk_state(struct zk *z);
/* How many connections the session has had: one that was lost and is there again may not show in the state. */
int zk_connections(struct zk *z);
/* As the server has decided; what was asked for before it has. */
int zk_timeout_ms(struct zk *z);
/* 1 if a watch has fired since the last call. Which one is not said. */
int zk_watch_fired(struct zk *z);
/* "127.0.0.1:2181": where we are connected. "" if we are not. Until the next call. */
const char *zk_where(struct zk *z);

enum zk_kind { ZK_PERSISTENT, ZK_LINE /* ephemeral, with the next number behind its name */ };

/* NULL: no memory. A request that could not even be sent is an op with its result. zk_op_free may come at any time. */
struct zk_op *zk_create(struct zk *z, const char *path, const struct buf *data, enum zk_kind kind);
struct zk_op *zk_delete(struct zk *z, const char *path);
struct zk_op *zk_exists(struct zk *z, const char *path, int watch);
struct zk_op *zk_get(struct zk *z, const char *path);
struct zk_op *zk_set(struct zk *z, const char *path, const struct buf *data);
struct zk_op *zk_list(struct zk *z, const char *path);
/* Answered by way of the leader: what is asked after it sees all that was done before it. */
struct zk_op *zk_sync(struct zk *z, const char *path);

enum zk_result zk_result(const struct zk_op *op); /* of NULL: ZK_REFUSED */
const char *zk_text(const struct zk_op *op);	  /* the library's words for it */
void zk_op_free(struct zk_op *op);

#endif

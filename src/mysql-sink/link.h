#ifndef LINK_H
#define LINK_H
/*
 * The connection to the target and what must be true of its session: how values
 * land, which pipeline's lock it holds. Sends texts of several statements and
 * reads their results one by one. It does not know what the statements mean.
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "code.h"
#include "conn.h"

struct link {
	const struct conn_opts *opts;	 /* borrowed */
	struct conn *c;			 /* NULL: not connected */
	char lock[80];			 /* name of the slot's lock; "" takes none */
	const char *pipeline;		 /* borrowed */
	int beside;			 /* others of ours write at the same time: lock no more than the rows */
	_Atomic unsigned long thread_id; /* of the last session on the server; others look at it */
	unsigned opened;		 /* how often it was: the servers' own numbers come again after a restart */
	int is_mariadb;
	unsigned version;
	size_t max_packet;
	int fk_off, uniq_off, chk_off; /* checks as they are set in the session; -1 not known */
	struct buf err;		       /* why the last call failed */
	unsigned err_no;
};

enum link_result {
	LINK_OK,
	LINK_OUTSIDE, /* may be right the next time: err, err_no */
	LINK_WRONG,   /* will not be: access denied, a setting */
	LINK_BUSY     /* another session holds the pipeline's lock; the connection is there, and for questions only */
};

/* pipeline NULL: take no lock. slot: 0 for the pipeline's own, from 1 to LINK_SLOTS - 1 for other connections of it. */
void link_init(struct link *l, const struct conn_opts *opts, const char *pipeline, unsigned slot);
#define LINK_SLOTS 65
void link_release(struct link *l);

/* Connects, sets the session, takes the lock if it is free. A session of our own that still lingers is ended. */
enum link_result link_open(struct link *l);
/* Waits for the lock. 1 taken, 0 somebody else has it, -1 failed. */
int link_lock(struct link *l, unsigned wait_s);
void link_close(struct link *l);
/*
 * Ends what is left of other sessions of a pipeline whose own lock we hold (of a sink that was killed: its transactions may
 * not be over), and waits until it is. 0, or -1.
 */
int link_end_others(struct link *l, unsigned wait_s);
/* The same of any pipeline, from a slot on, without having its lock. wait_s 0: it is told to end, and not waited for. */
int link_end_sessions(struct link *l, const char *pipeline, unsigned from, unsigned wait_s);
/* Sets every variable of the session as rows need it (again, after a DDL statement). 0 or -1. */
int link_set_session(struct link *l);

/* Says that the last call failed ("could not" or "cannot" DOING, from WHERE if not NULL), with a hint; returns the exit code. */
enum code link_failed(struct link *l, const char *doing, const char *where);
void link_hint(const struct link *l); /* the hint alone, if there is one */

/* One text of one or more statements, results not needed. 0 or -1 (err, err_no). */
int link_query(struct link *l, const char *sql, size_t n);
int link_queryz(struct link *l, const char *sql);
/* Did the last call fail since a table, or its database, is not there? */
int link_lacks_table(const struct link *l);
/* Rows of one query, see conn_query. */
int link_rows(struct link *l, const char *sql, size_t n,
    int (*on_row)(void *arg, unsigned ncols, char **vals, const unsigned long *lens), void *arg);
int link_value(struct link *l, const char *sql, struct buf *out); /* see conn_value */

/* Sends a text; the server works on it while the caller goes on. 0 or -1. */
int link_send(struct link *l, const char *sql, size_t n);
/*
 * MariaDB's way for many rows (COM_STMT_BULK_EXECUTE, since 10.2; the connector's own library only): a statement is prepared
 * once, and then gets an array of rows. link_prepare returns its number, 0: failed (err, err_no). The payload is what
 * follows the number in the command: flags, types, rows. Its one result is read by link_result.
 */
int link_has_bulk(const struct link *l);
uint32_t link_prepare(struct link *l, const char *sql, size_t n, void **handle);
void link_unprepare(void *handle);
int link_send_bulk(struct link *l, const void *payload, size_t n);

/*
 * The other way for many rows, LOAD DATA LOCAL INFILE: link_may_load asks whether the server takes it, link_send_load sends
 * the statement and, when link_result is called, the bytes (borrowed until then).
 */
int link_may_load(struct link *l); /* 1, 0; -1 failed */
int link_send_load(struct link *l, const char *sql, size_t nsql, const void *data, size_t n);

/* The next statement's result, in order. 0; -1: it failed, nothing follows. */
int link_result(struct link *l, int first, uint64_t *affected, unsigned *warnings);

#define SQL_MODE_STRICT "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION"
#define SQL_MODE_LAX "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION"

#endif

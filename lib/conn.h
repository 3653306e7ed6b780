#ifndef CONN_H
#define CONN_H
/*
 * One connection to a server: the mysql clients' connection options, letter for
 * letter, and simple queries. The only place that logs in. Passwords given in
 * argv are overwritten there at once and never printed.
 */
#include <stdint.h>

#include "buf.h"
#include "opt.h"

/* Ids 1000 to 1099 are conn's. */
extern const struct opt conn_options[];

struct conn_opts;
struct conn_opts *conn_opts_new(const char *group); /* also reads [group] of the option files; NULL: no memory */
void conn_opts_free(struct conn_opts *o);
/* Takes option id with its value. 0; -1: wrong, message printed. `value` in argv is overwritten if it is a password. */
int conn_opts_take(struct conn_opts *o, int id, const char *value);
/* After the last option: environment, password prompt. 0 or -1 with message. */
int conn_opts_done(struct conn_opts *o);
/* -p stood alone: what follows it as an argument may be the password and is not shown. */
int conn_opts_asks(const struct conn_opts *o);
/* The endpoint for messages: "socket /x/y" or "host:port". Borrowed. */
const char *conn_opts_where(const struct conn_opts *o);

struct conn; /* a live connection */

enum conn_use {
	CONN_QUERY, /* queries; CLIENT_FOUND_ROWS, multiple statements */
	CONN_APPLY, /* the same, and the server may be sent bytes of ours as a local file: see conn_serve */
	CONN_DUMP   /* replication dump: packets up to 1 GiB, a read time-out of read_timeout_s */
};

/* NULL: failed, with the reason in err and its number in *no (the server's or client library's). */
struct conn *conn_open(const struct conn_opts *o, enum conn_use use, unsigned read_timeout_s, struct buf *err, unsigned *no);
void conn_close(struct conn *c);
void *conn_mysql(struct conn *c); /* the MYSQL *, for the seams that include mysql.h */

/*
 * What the server gets for the file of the next LOAD DATA LOCAL, whatever file it asks for; borrowed until its result is
 * read. A server that asks for one unbidden gets nothing.
 */
void conn_serve(struct conn *c, const void *p, size_t n);

int conn_is_mariadb(const struct conn *c);
unsigned conn_version(const struct conn *c); /* 101119 */
const char *conn_version_text(const struct conn *c);

/* Around what another thread than main's does with connections of its own. */
void conn_thread_begin(void);
void conn_thread_end(void);
/* The last of all: what the client library keeps goes. */
void conn_library_end(void);

/* 1 if error `no` is of the connection or temporary (server gone, cannot connect, too many connections): start again can help. */
int conn_error_is_outside(unsigned no);
/* What a person can do about error `no` of a log-in, for msg_hint; NULL: nothing to say. */
const char *conn_error_hint(unsigned no);

/*
 * Runs one statement. Its rows, if any, go to on_row (values NULL for NULL,
 * lengths beside them); on_row returns 0 to go on. 0; -1: failed, see
 * conn_error. on_row may be NULL.
 */
int conn_query(struct conn *c, const char *sql, size_t n,
    int (*on_row)(void *arg, unsigned ncols, char **vals, const unsigned long *lens), void *arg);
int conn_queryz(struct conn *c, const char *sql);
/* The first column of the first row as a string in out. 1 there is one, 0 no row or NULL, -1 failed. */
int conn_value(struct conn *c, const char *sql, struct buf *out);
uint64_t conn_affected(const struct conn *c); /* of the last statement */
const char *conn_error(const struct conn *c); /* text of the last failure, borrowed */
unsigned conn_errno(const struct conn *c);

/* SQL text: 'quoted' and `quoted`, appended. Strings are escaped for a connection whose character set is binary or utf8mb4. */
void sql_string(struct buf *out, const void *p, size_t n);
void sql_ident(struct buf *out, const char *p, size_t n);

#endif

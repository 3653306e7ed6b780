#ifndef CONN_LOGIN_H
#define CONN_LOGIN_H
/*
 * What conn.c tells the client library before it logs in, and what the library's
 * errors mean: the one place that knows how the two libraries differ in it. Not
 * for programs; they use conn.h.
 *
 * Whatever the library is: where TLS is required nothing is sent without it;
 * over TCP without TLS a password is never given away, neither in clear text nor
 * to a key that the other side sent unasked.
 */
#include "conn_opts.h"

/* Error numbers of our own, beside the server's and the library's. A person has to act. */
enum {
	CONN_LOGIN_NO_KEY = 9002, /* no RSA key to encrypt the password with */
	CONN_LOGIN_NO_TLS,	  /* the server does not offer what is required */
	CONN_LOGIN_CLEAR	  /* the password would go in clear text */
};

/*
 * Options of the MYSQL * before it connects; max_packet 0: as much as there is. ssl is not
 * SSL_PREFERRED: the libraries' own way from there to clear text is not to be trusted. MariaDB's believes that it has TLS,
 * and sends passwords as they are.
 */
void conn_login_prepare(
    void *mysql, const struct conn_opts *o, enum conn_ssl ssl, unsigned long max_packet, unsigned read_timeout_s);
/* The failure of mysql_real_connect: its reason in err, its number as the result. */
unsigned conn_login_error(void *mysql, struct buf *err);
/* The same for a connection that is there, without the TLS that is required. */
unsigned conn_login_no_tls(struct buf *err);

#endif

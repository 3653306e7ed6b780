#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mysql.h>

#include "conn.h"
#include "conn_login.h"
#include "conn_opts.h"

#define NO_MEMORY 2008	/* CR_OUT_OF_MEMORY */
#define LOST 2013	/* CR_SERVER_LOST */
#define MALFORMED 2027	/* CR_MALFORMED_PACKET */
#define TLS_FAILED 2026 /* CR_SSL_CONNECTION_ERROR */

struct conn {
	MYSQL *mysql;
	int is_mariadb;
	unsigned version;
	char *version_text;
	uint64_t affected;
	const uint8_t *serve; /* NULL: nothing */
	size_t nserve;
};

static unsigned parse_version(const char *s)
{
	unsigned a = 0, b = 0, c = 0;

	/* what MariaDB puts in front for the replicas of old */
	if (!strncmp(s, "5.5.5-", 6))
		s += 6;
	if (sscanf(s, "%u.%u.%u", &a, &b, &c) < 2)
		return 0;
	return a * 10000 + b * 100 + c;
}

/* ---- a local file that is none */

static int serve_init(void **state, const char *name, void *arg)
{
	struct conn *c = arg;

	(void)name;
	*state = c;
	return c->serve ? 0 : 1;
}

static int serve_read(void *state, char *to, unsigned n)
{
	struct conn *c = state;

	if (n > c->nserve)
		n = (unsigned)c->nserve;
	memcpy(to, c->serve, n);
	c->serve += n;
	c->nserve -= n;
	return (int)n;
}

static void serve_end(void *state)
{
	struct conn *c = state;

	if (c)
		c->serve = NULL;
}

static int serve_error(void *state, char *text, unsigned n)
{
	(void)state;
	snprintf(text, n, "the server asked for a file");
	return MALFORMED;
}

void conn_serve(struct conn *c, const void *p, size_t n)
{
	c->serve = p;
	c->nserve = n;
}

/* Makes c->mysql, connected. 0, or the error's number with its text in err. */
static unsigned dial(
    struct conn *c, const struct conn_opts *o, enum conn_ssl ssl, enum conn_use use, unsigned read_timeout_s, struct buf *err)
{
	unsigned long flags = use == CONN_DUMP ? 0 : CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS;
	unsigned long packet = use == CONN_DUMP ? 1ul << 30 : (unsigned long)o->max_packet;
	const char *host = conn_opts_get(o, CONN_HOST);

	buf_reset(err);
	if (c->mysql)
		mysql_close(c->mysql);
	c->mysql = mysql_init(NULL);
	if (!c->mysql) {
		buf_adds(err, "out of memory");
		return NO_MEMORY;
	}
	conn_login_prepare(c->mysql, o, ssl, packet, read_timeout_s);
	if (use == CONN_APPLY) {
		unsigned on = 1;

		mysql_options(c->mysql, MYSQL_OPT_LOCAL_INFILE, &on);
		mysql_set_local_infile_handler(c->mysql, serve_init, serve_read, serve_end, serve_error, c);
	}
	if (!host || !*host || o->use_socket)
		host = "localhost";
	if (!mysql_real_connect(c->mysql, host, conn_opts_get(o, CONN_USER), conn_opts_get(o, CONN_PASSWORD), NULL, o->port,
		o->use_socket ? conn_opts_get(o, CONN_SOCKET) : NULL, flags))
		return conn_login_error(c->mysql, err);
	/* no library goes on without; that is looked at once more */
	if (ssl >= SSL_REQUIRED && !mysql_get_ssl_cipher(c->mysql))
		return conn_login_no_tls(err);
	return 0;
}

/* "Preferred" is two tries: with TLS, and without where the server offers none. Over a socket it is the second alone. */
static unsigned dial_as_told(
    struct conn *c, const struct conn_opts *o, enum conn_use use, unsigned read_timeout_s, struct buf *err)
{
	unsigned no;

	if (o->ssl != SSL_PREFERRED)
		return dial(c, o, o->ssl, use, read_timeout_s, err);
	no = o->use_socket ? CONN_LOGIN_NO_TLS : dial(c, o, SSL_REQUIRED, use, read_timeout_s, err);
	return no == CONN_LOGIN_NO_TLS ? dial(c, o, SSL_DISABLED, use, read_timeout_s, err) : no;
}

struct conn *conn_open(const struct conn_opts *o, enum conn_use use, unsigned read_timeout_s, struct buf *err, unsigned *no)
{
	struct conn *c = calloc(1, sizeof *c);
	const char *text;

	buf_reset(err);
	if (!c) {
		*no = NO_MEMORY;
		buf_adds(err, "out of memory");
		return NULL;
	}
	*no = dial_as_told(c, o, use, read_timeout_s, err);
	if (*no)
		goto fail;
	text = mysql_get_server_info(c->mysql);
	c->version_text = strdup(text ? text : "");
	if (!c->version_text) {
		*no = NO_MEMORY;
		buf_adds(err, "out of memory");
		goto fail;
	}
	c->is_mariadb = strstr(c->version_text, "MariaDB") || strstr(c->version_text, "-mariadb");
	c->version = parse_version(c->version_text);
	/* Oracle's library asks for a collation that MariaDB does not know, and gets latin1 */
	if (c->is_mariadb && mysql_set_character_set(c->mysql, "utf8mb4")) {
		*no = mysql_errno(c->mysql);
		buf_adds(err, mysql_error(c->mysql));
		goto fail;
	}
	return c;
fail:
	conn_close(c);
	return NULL;
}

void conn_close(struct conn *c)
{
	if (!c)
		return;
	mysql_close(c->mysql);
	free(c->version_text);
	free(c);
}

void *conn_mysql(struct conn *c)
{
	return c->mysql;
}

void conn_thread_begin(void)
{
	mysql_thread_init();
}

void conn_thread_end(void)
{
	mysql_thread_end();
}

void conn_library_end(void)
{
	mysql_library_end();
}

int conn_is_mariadb(const struct conn *c)
{
	return c->is_mariadb;
}

unsigned conn_version(const struct conn *c)
{
	return c->version;
}

const char *conn_version_text(const struct conn *c)
{
	return c->version_text;
}

int conn_error_is_outside(unsigned no)
{
	switch (no) {
	case 1021: /* disk full */
	case 1026: /* error writing a file */
	case 1037: /* out of memory, server */
	case 1040: /* too many connections */
	case 1041: /* out of resources */
	case 1043: /* bad handshake: the connection was cut in it */
	case 1047: /* a node of Galera that is not in its cluster */
	case 1053: /* shutdown in progress */
	case 1077: /* normal shutdown */
	case 1079: /* shutdown complete */
	case 1080: /* forcing close of thread */
	case 1114: /* table is full: so InnoDB says that the disk is */
	case 1152: /* aborted connection */
	case 1158: /* error reading communication packets */
	case 1159:
	case 1160:
	case 1161:
	case 1184: /* aborted connection */
	case 1203: /* max_user_connections */
	case 1205: /* lock wait timeout */
	case 1213: /* deadlock */
	case 1226: /* a user's resource limit */
	case 1290: /* read-only server, as after a failover */
	case 1317: /* query interrupted */
	case 1836: /* read-only mode */
	case 1927: /* connection was killed (MariaDB) */
	case 2001: /* cannot create socket */
	case 2002: /* cannot connect, socket */
	case 2003: /* cannot connect, TCP */
	case 2004:
	case 2005: /* unknown host: name servers fail too */
	case 2006: /* server has gone away */
	case 2008: /* out of memory, client */
	case 2011:
	case 2012: /* error in server handshake */
	case 2013: /* lost connection */
	case 2027: /* malformed packet */
	case 2048:
	case 2055: /* lost connection, with system error */
	case 3032: /* offline mode (MySQL) */
	case 3100: /* group replication does not take the transaction now */
	case 3101: /* group replication rolled the transaction back */
	case 3169: /* session was killed (MySQL) */
	case 4031: /* disconnected for inactivity (MySQL) */
		return 1;
	default:
		return 0;
	}
}

/* Reads one result's rows. 0; -1 failed; 1 on_row said stop (the rest is thrown away). */
static int read_rows(struct conn *c, MYSQL_RES *r, int (*on_row)(void *, unsigned, char **, const unsigned long *), void *arg)
{
	unsigned n = mysql_num_fields(r);
	int stop = 0;

	for (MYSQL_ROW row; (row = mysql_fetch_row(r));)
		if (on_row && !stop)
			stop = on_row(arg, n, row, mysql_fetch_lengths(r)) != 0;
	return mysql_errno(c->mysql) ? -1 : stop;
}

int conn_query(struct conn *c, const char *sql, size_t n,
    int (*on_row)(void *arg, unsigned ncols, char **vals, const unsigned long *lens), void *arg)
{
	int more = 0, stopped = 0;

	if (mysql_real_query(c->mysql, sql, n) != 0)
		return -1;
	do {
		MYSQL_RES *r = mysql_use_result(c->mysql);

		if (r) {
			int rc = read_rows(c, r, stopped ? NULL : on_row, arg);

			mysql_free_result(r);
			if (rc < 0)
				return -1;
			stopped |= rc;
			c->affected = 0;
		} else if (mysql_field_count(c->mysql) || mysql_errno(c->mysql)) {
			return -1;
		} else {
			c->affected = mysql_affected_rows(c->mysql);
		}
		more = mysql_next_result(c->mysql);
	} while (more == 0);
	return more > 0 ? -1 : 0;
}

int conn_queryz(struct conn *c, const char *sql)
{
	return conn_query(c, sql, strlen(sql), NULL, NULL);
}

struct value_arg {
	struct buf *out;
	int found;
};

static int on_value(void *arg, unsigned ncols, char **vals, const unsigned long *lens)
{
	struct value_arg *a = arg;

	if (ncols && vals[0]) {
		buf_add(a->out, vals[0], lens[0]);
		a->found = 1;
	}
	return 1;
}

int conn_value(struct conn *c, const char *sql, struct buf *out)
{
	struct value_arg a = {out, 0};

	if (conn_query(c, sql, strlen(sql), on_value, &a) < 0)
		return -1;
	buf_str(out);
	return a.found;
}

uint64_t conn_affected(const struct conn *c)
{
	return c->affected;
}

const char *conn_error(const struct conn *c)
{
	return mysql_error(c->mysql);
}

/* Behind the log-in TLS has nothing left to refuse: what MariaDB's library calls an error of TLS is a connection that was cut. */
unsigned conn_errno(const struct conn *c)
{
	unsigned no = mysql_errno(c->mysql);

	return no == TLS_FAILED ? LOST : no;
}

void sql_string(struct buf *out, const void *p, size_t n)
{
	const uint8_t *s = p, *end = s + n;
	uint8_t *to;

	if (buf_room(out, 2 * n + 2) < 0)
		return;
	to = out->p + out->len;
	*to++ = '\'';
	for (; s < end; s++)
		switch (*s) {
		case 0:
			*to++ = '\\';
			*to++ = '0';
			break;
		case '\'':
		case '\\':
			*to++ = '\\';
			*to++ = *s;
			break;
		default:
			*to++ = *s;
		}
	*to++ = '\'';
	out->len = (size_t)(to - out->p);
}

void sql_ident(struct buf *out, const char *p, size_t n)
{
	buf_add8(out, '`');
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '`')
			buf_add8(out, '`');
		buf_add8(out, (uint8_t)p[i]);
	}
	buf_add8(out, '`');
}

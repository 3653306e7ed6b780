#ifndef CONN_OPTS_H
#define CONN_OPTS_H
/*
 * What conn_opts.c has gathered for conn.c: one text a connection option, from
 * environment, option files and command line, the later ones winning. Not for
 * programs; they use conn.h.
 */
#include "conn.h"

enum conn_option {
	CONN_DEFAULTS_FILE = 1000,
	CONN_DEFAULTS_EXTRA_FILE,
	CONN_NO_DEFAULTS,
	CONN_DEFAULTS_GROUP_SUFFIX,
	CONN_HOST,
	CONN_PORT,
	CONN_SOCKET,
	CONN_USER,
	CONN_PASSWORD,
	CONN_PROTOCOL,
	CONN_SSL_MODE,
	CONN_SSL,
	CONN_SSL_CA,
	CONN_SSL_CAPATH,
	CONN_SSL_CERT,
	CONN_SSL_KEY,
	CONN_SSL_CIPHER,
	CONN_SSL_CRL,
	CONN_SSL_CRLPATH,
	CONN_SSL_VERIFY,
	CONN_TLS_VERSION,
	CONN_COMPRESS,
	CONN_CONNECT_TIMEOUT,
	CONN_MAX_PACKET,
	CONN_PLUGIN_DIR,
	CONN_DEFAULT_AUTH,
	CONN_GET_KEY,
	CONN_KEY_PATH,
	CONN_OPTION_LAST,
	/* --skip- and --disable- spellings */
	CONN_SKIP_SSL,
	CONN_SKIP_SSL_VERIFY,
	CONN_SKIP_COMPRESS
};
#define CONN_OPTIONS (CONN_OPTION_LAST - CONN_DEFAULTS_FILE)

enum conn_ssl { SSL_DISABLED, SSL_PREFERRED, SSL_REQUIRED, SSL_VERIFY_CA, SSL_VERIFY_IDENTITY };

struct conn_opts {
	const char *group;
	char *val[CONN_OPTIONS]; /* owned; NULL: not given */
	char from[CONN_OPTIONS]; /* enum: who gave it */
	int ask_password;	 /* -p alone */
	/* made by conn_opts_done */
	enum conn_ssl ssl;
	int use_socket;
	unsigned port, connect_timeout_s;
	unsigned long long max_packet; /* 0: not given */
	int compress, get_key;
	struct buf where;
};

static inline const char *conn_opts_get(const struct conn_opts *o, enum conn_option id)
{
	return o->val[id - CONN_DEFAULTS_FILE];
}

#endif

#include "conn_login.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mysql.h>

#ifdef MARIADB_PACKAGE_VERSION
typedef my_bool flag; /* of mysql_options */
#else
#include <stdbool.h>
typedef bool flag;
#endif

#define DENIED 1045	   /* ER_ACCESS_DENIED_ERROR */
#define UNKNOWN 2000	   /* CR_UNKNOWN_ERROR */
#define CUT_OFF 2013	   /* CR_SERVER_LOST */
#define NO_TLS 2026	   /* CR_SSL_CONNECTION_ERROR */
#define NO_PLUGIN 2059	   /* CR_AUTH_PLUGIN_CANNOT_LOAD */
#define PLUGIN_FAILED 2061 /* CR_AUTH_PLUGIN_ERR */
#define PLUGIN_BARRED 5010 /* CR_CONNECTION... of MariaDB's: not in the list of MARIADB_OPT_RESTRICTED_AUTH */

static void set_string(MYSQL *m, enum mysql_option what, const char *value)
{
	if (value)
		mysql_options(m, what, value);
}

#ifdef MARIADB_PACKAGE_VERSION

/* 3.4 checks authority and name together or not at all. It may be of a server's version, which it came with. */
static int checks_all_or_nothing(void)
{
	unsigned long v = mysql_get_client_version();

	return v >= 110400 || (v >= 30400 && v < 100000);
}

static int set_tls_mode(MYSQL *m, enum conn_ssl ssl)
{
	flag on = 1, off = 0, verify = ssl == SSL_VERIFY_IDENTITY || (ssl == SSL_VERIFY_CA && checks_all_or_nothing());

	if (ssl == SSL_DISABLED) {
		mysql_options(m, MYSQL_OPT_SSL_ENFORCE, &off);
		mysql_options(m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &off);
		return 0;
	}
	/* which is a wish: where the server offers no TLS the library goes on in clear text */
	mysql_options(m, MYSQL_OPT_SSL_ENFORCE, &on);
	mysql_options(m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
	/* that a fingerprint is wanted, be it none at all, makes it give up before it has sent anything */
	if (ssl >= SSL_REQUIRED)
		mysql_options(m, MARIADB_OPT_TLS_PEER_FP, "");
	return 1;
}

#define TLS_VERSION MARIADB_OPT_TLS_VERSION

/*
 * For a password that the server has not cached the library asks the server
 * for its RSA key, unless it was given a file, and trusts whatever comes. A
 * file without a key makes it fail instead.
 */
static int set_no_key(MYSQL *m, struct buf *err)
{
	static int fd = -1;
	char path[32];

	if (fd < 0) {
		fd = memfd_create("no key", MFD_CLOEXEC);
		if (fd < 0 || write(fd, "no key\n", 7) != 7) {
			buf_printf(err, "could not make a file in memory: %s", strerror(errno));
			return -1;
		}
	}
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	mysql_options(m, MYSQL_SERVER_PUBLIC_KEY, path);
	return 0;
}

/* Passwords in clear text, as PAM takes them, are for a socket and for TLS that is certain. */
static int set_auth(MYSQL *m, const struct conn_opts *o, int may_be_clear, struct buf *err)
{
	if (may_be_clear)
		return 0;
	mysql_options(m, MARIADB_OPT_RESTRICTED_AUTH,
	    "mysql_native_password,mysql_old_password,client_ed25519,parsec,caching_sha2_password,sha256_password,auth_gssapi_"
	    "client");
	return o->get_key || conn_opts_get(o, CONN_KEY_PATH) ? 0 : set_no_key(m, err);
}

#else

static int set_tls_mode(MYSQL *m, enum conn_ssl ssl)
{
	static const unsigned modes[] = {
	    SSL_MODE_DISABLED, SSL_MODE_PREFERRED, SSL_MODE_REQUIRED, SSL_MODE_VERIFY_CA, SSL_MODE_VERIFY_IDENTITY};
	unsigned mode = modes[ssl];

	mysql_options(m, MYSQL_OPT_SSL_MODE, &mode);
	return ssl != SSL_DISABLED;
}

#define TLS_VERSION MYSQL_OPT_TLS_VERSION

static int set_auth(MYSQL *m, const struct conn_opts *o, int may_be_clear, struct buf *err)
{
	flag on = 1;

	(void)err;
	if (may_be_clear)
		mysql_options(m, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &on);
	if (o->get_key)
		mysql_options(m, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &on);
	return 0;
}

#endif

static void set_tls(MYSQL *m, const struct conn_opts *o, enum conn_ssl ssl)
{
	if (!set_tls_mode(m, ssl))
		return;
	set_string(m, MYSQL_OPT_SSL_CA, conn_opts_get(o, CONN_SSL_CA));
	set_string(m, MYSQL_OPT_SSL_CAPATH, conn_opts_get(o, CONN_SSL_CAPATH));
	set_string(m, MYSQL_OPT_SSL_CERT, conn_opts_get(o, CONN_SSL_CERT));
	set_string(m, MYSQL_OPT_SSL_KEY, conn_opts_get(o, CONN_SSL_KEY));
	set_string(m, MYSQL_OPT_SSL_CIPHER, conn_opts_get(o, CONN_SSL_CIPHER));
	set_string(m, MYSQL_OPT_SSL_CRL, conn_opts_get(o, CONN_SSL_CRL));
	set_string(m, MYSQL_OPT_SSL_CRLPATH, conn_opts_get(o, CONN_SSL_CRLPATH));
	set_string(m, TLS_VERSION, conn_opts_get(o, CONN_TLS_VERSION));
}

int conn_login_prepare(
    void *mysql, const struct conn_opts *o, enum conn_ssl ssl, unsigned long max_packet, unsigned read_timeout_s, struct buf *err)
{
	MYSQL *m = mysql;
	unsigned protocol = o->use_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP, no = 0, connect = o->connect_timeout_s;

	mysql_options(m, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_options(m, MYSQL_OPT_LOCAL_INFILE, &no); /* a server must not be able to ask for our files */
	mysql_options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (connect)
		mysql_options(m, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
	if (read_timeout_s)
		mysql_options(m, MYSQL_OPT_READ_TIMEOUT, &read_timeout_s);
	if (!max_packet)
		max_packet = 1ul << 30; /* the server's own limit is what counts */
	mysql_options(m, MYSQL_OPT_MAX_ALLOWED_PACKET, &max_packet);
	if (o->compress)
		mysql_options(m, MYSQL_OPT_COMPRESS, NULL);
	set_string(m, MYSQL_PLUGIN_DIR, conn_opts_get(o, CONN_PLUGIN_DIR));
	set_string(m, MYSQL_DEFAULT_AUTH, conn_opts_get(o, CONN_DEFAULT_AUTH));
	set_string(m, MYSQL_SERVER_PUBLIC_KEY, conn_opts_get(o, CONN_KEY_PATH));
	set_tls(m, o, ssl);
	return set_auth(m, o, o->use_socket || o->ssl >= SSL_REQUIRED /* not ssl: TLS that was there by chance is none */, err);
}

unsigned conn_login_no_tls(struct buf *err)
{
	buf_reset(err);
	buf_adds(err, "TLS is required, but the server does not offer it");
	return CONN_LOGIN_NO_TLS;
}

static int is_in(const char *text, const char *const *parts)
{
	for (; *parts; parts++)
		if (strstr(text, *parts))
			return 1;
	return 0;
}

static unsigned say(struct buf *err, const char *text, unsigned no)
{
	buf_adds(err, text);
	return no;
}

unsigned conn_login_error(void *mysql, struct buf *err)
{
	static const char *const cut[] = {
	    "reset by peer", "Broken pipe", "unexpected eof", "(104)", "(32)", "(110)", "(11)", NULL};
	static const char *const unable[] = {"could not be loaded", "couldn't be loaded", NULL};
	MYSQL *m = mysql;
	unsigned no = mysql_errno(m);
	const char *text = mysql_error(m);

	buf_reset(err);
	switch (no) {
	case UNKNOWN: /* what is left of a plug-in of MariaDB's library that gave up: it had no key */
		return say(
		    err, "the server wants the password encrypted with its RSA key, which is not known here", CONN_LOGIN_NO_KEY);
	case PLUGIN_FAILED:
		if (strstr(text, "requires secure connection"))
			return say(err, "the server wants the password encrypted with its RSA key, which is not known here",
			    CONN_LOGIN_NO_KEY);
		break;
	case PLUGIN_BARRED: /* its text may name the wrong plug-in */
		return say(
		    err, "the server asks for a way to log in that would give the password away without TLS", CONN_LOGIN_CLEAR);
	case NO_PLUGIN:
		if (strstr(text, "plugin not enabled"))
			return say(err, "the server asks for a way to log in that would give the password away without TLS",
			    CONN_LOGIN_CLEAR);
		break;
	case NO_TLS:
		if (strstr(text, "SSL is required"))
			return conn_login_no_tls(err);
		if (is_in(text, cut))
			return say(err, text, CUT_OFF);
		break;
	case DENIED:
		if (is_in(text, unable))
			no = NO_PLUGIN;
		break;
	default:
		break;
	}
	return say(err, text, no);
}

const char *conn_error_hint(unsigned no)
{
	switch (no) {
	case 1044: /* access denied, to a database */
	case DENIED:
	case 1698: /* access denied, by a plug-in without passwords */
		return "check --user and --password, and that the user may log in from this host";
	case NO_PLUGIN:
		return "--plugin-dir names the folder of the client library's plug-ins; rowservers(7) says which library has "
		       "which";
	case CONN_LOGIN_NO_KEY:
		return "use TLS (--ssl-mode=REQUIRED), or give the key: --server-public-key-path, or --get-server-public-key to "
		       "ask the "
		       "server for it";
	case CONN_LOGIN_CLEAR:
		return "use --ssl-mode=REQUIRED, or better VERIFY_IDENTITY";
	default:
		return NULL;
	}
}

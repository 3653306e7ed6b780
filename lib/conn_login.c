#include "conn_login.h"

#include <string.h>

#include <mysql.h>
#ifdef MARIADB_PACKAGE_VERSION
#include <mysql/plugin_auth.h>
#endif

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
 * For a password that the server has not cached the library's plug-ins ask it
 * for its RSA key, and trust whatever comes; some versions do so though they
 * were given a file. So they are called with a way to the server that lets no
 * such request through, and no password as it is.
 */

#define PLUGINS 2
#define TYPE_AUTH 2 /* MYSQL_CLIENT_AUTHENTICATION_PLUGIN */

/* of mysql/client_plugin.h, which cannot be included: Debian's package lacks a header that it needs */
struct auth_plugin {
	MYSQL_CLIENT_PLUGIN_HEADER
	int (*authenticate_user)(MYSQL_PLUGIN_VIO *vio, struct st_mysql *mysql);
};

#define IS_KEY_REQUEST(n, p) ((n) == 1 && (*(p) == 1 || *(p) == 2)) /* sha256_password, caching_sha2_password */

/* an int in the elder headers, a size_t in the younger ones */
typedef __typeof__(_Generic(((MYSQL_PLUGIN_VIO *)0)->write_packet, int (*)(MYSQL_PLUGIN_VIO *, const unsigned char *, int)
			    : (int)0, default
			    : (size_t)0)) packet_len;

struct way {
	MYSQL_PLUGIN_VIO vio; /* first: what the plug-in knows */
	MYSQL_PLUGIN_VIO *server;
	MYSQL *mysql;
};

static struct guarded {
	const char *name;
	int (*log_in)(MYSQL_PLUGIN_VIO *, MYSQL *);
} guarded[PLUGINS] = {{"caching_sha2_password", NULL}, {"sha256_password", NULL}};
/* As it was last prepared on this thread, which connects next: a program has one set of options, but several threads may log in.
 */
static _Thread_local int may_ask_for_key, has_key_file, may_send_clear;

static int guard_read(MYSQL_PLUGIN_VIO *vio, unsigned char **p)
{
	const struct way *w = (struct way *)vio;

	return w->server->read_packet(w->server, p);
}

static int guard_write(MYSQL_PLUGIN_VIO *vio, const unsigned char *p, packet_len n)
{
	const struct way *w = (struct way *)vio;
	const char *password = w->mysql->passwd;
	int is_clear =
	    !may_send_clear && password && *password && (size_t)n == strlen(password) + 1 && !memcmp(p, password, (size_t)n);

	/* without TLS; 1: not sent, the plug-in gives up */
	if (!mysql_get_ssl_cipher(w->mysql) && (is_clear || (!may_ask_for_key && IS_KEY_REQUEST(n, p))))
		return 1;
	return w->server->write_packet(w->server, p, n);
}

static void guard_info(MYSQL_PLUGIN_VIO *vio, struct st_plugin_vio_info *info)
{
	const struct way *w = (struct way *)vio;

	w->server->info(w->server, info);
}

static int guard(int i, MYSQL_PLUGIN_VIO *server, MYSQL *m)
{
	struct way w = {{guard_read, guard_write, guard_info}, server, m};

	return guarded[i].log_in(&w.vio, m);
}

static int guard_caching_sha2(MYSQL_PLUGIN_VIO *vio, MYSQL *m)
{
	return guard(0, vio, m);
}

static int guard_sha256(MYSQL_PLUGIN_VIO *vio, MYSQL *m)
{
	return guard(1, vio, m);
}

static void guard_plugins(MYSQL *m)
{
	static int (*const guards[PLUGINS])(MYSQL_PLUGIN_VIO *, MYSQL *) = {guard_caching_sha2, guard_sha256};

	for (int i = 0; i < PLUGINS; i++) {
		struct auth_plugin *p = (struct auth_plugin *)mysql_client_find_plugin(m, guarded[i].name, TYPE_AUTH);

		if (!p || p->authenticate_user == guards[i])
			continue;
		guarded[i].log_in = p->authenticate_user;
		p->authenticate_user = guards[i];
	}
}

/* Passwords in clear text, as PAM takes them, are for a socket and for TLS that is certain. */
static void set_auth(MYSQL *m, const struct conn_opts *o, int may_be_clear)
{
	may_ask_for_key = o->get_key;
	has_key_file = conn_opts_get(o, CONN_KEY_PATH) != NULL;
	may_send_clear = may_be_clear;
	if (may_be_clear)
		return;
	mysql_options(m, MARIADB_OPT_RESTRICTED_AUTH,
	    "mysql_native_password,mysql_old_password,client_ed25519,parsec,caching_sha2_password,sha256_password,auth_gssapi_"
	    "client");
	guard_plugins(m);
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

static void set_auth(MYSQL *m, const struct conn_opts *o, int may_be_clear)
{
	flag on = 1;

	if (may_be_clear)
		mysql_options(m, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &on);
	if (o->get_key)
		mysql_options(m, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &on);
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

void conn_login_prepare(
    void *mysql, const struct conn_opts *o, enum conn_ssl ssl, unsigned long max_packet, unsigned read_timeout_s)
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
	set_auth(m, o, o->use_socket || o->ssl >= SSL_REQUIRED /* not ssl: TLS that was there by chance is none */);
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

static unsigned no_key(struct buf *err)
{
#ifdef MARIADB_PACKAGE_VERSION
	if (has_key_file)
		return say(err, "this version of MariaDB's connector does not use the RSA key of --server-public-key-path",
		    CONN_LOGIN_NO_KEY);
#endif
	return say(err, "the server wants the password encrypted with its RSA key, which is not known here", CONN_LOGIN_NO_KEY);
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
	case UNKNOWN: /* what is left of a plug-in of MariaDB's library that gave up */
		return no_key(err);
	case PLUGIN_FAILED:
		if (strstr(text, "requires secure connection") || strstr(text, "read RSA public key"))
			return no_key(err);
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

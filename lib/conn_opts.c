#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "cnf.h"
#include "conn_opts.h"
#include "msg.h"

enum from { FROM_NOBODY, FROM_ENV, FROM_FILE, FROM_ARGV };

/* clang-format off */
const struct opt conn_options[] = {
	{CONN_HOST, 'h', "host", "HOST", "server's name or address; localhost means its socket"},
	{CONN_PORT, 'P', "port", "N", "TCP port"},
	{CONN_SOCKET, 'S', "socket", "FILE", "Unix socket"},
	{CONN_USER, 'u', "user", "NAME", "user to log in as"},
	{CONN_PASSWORD, 'p', "password", "[PASSWORD]", "password; asked for on the terminal when left out"},
	{CONN_PROTOCOL, 0, "protocol", "NAME", "tcp or socket"},
	{CONN_DEFAULTS_FILE, 0, "defaults-file", "FILE", "read this option file alone"},
	{CONN_DEFAULTS_EXTRA_FILE, 0, "defaults-extra-file", "FILE", "read this option file after the global ones"},
	{CONN_NO_DEFAULTS, 0, "no-defaults", NULL, "read no option file"},
	{CONN_DEFAULTS_GROUP_SUFFIX, 0, "defaults-group-suffix", "TEXT", "also read option groups with this suffix"},
	{CONN_SSL_MODE, 0, "ssl-mode", "MODE", "DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY"},
	{CONN_SSL, 0, "ssl", "[0|1]", "the same as --ssl-mode=REQUIRED"},
	{CONN_SSL_CA, 0, "ssl-ca", "FILE", "certificate authorities, PEM"},
	{CONN_SSL_CAPATH, 0, "ssl-capath", "DIR", "folder of certificate authorities"},
	{CONN_SSL_CERT, 0, "ssl-cert", "FILE", "own certificate, PEM"},
	{CONN_SSL_KEY, 0, "ssl-key", "FILE", "own key, PEM"},
	{CONN_SSL_CIPHER, 0, "ssl-cipher", "LIST", "ciphers to take"},
	{CONN_SSL_CRL, 0, "ssl-crl", "FILE", "certificate revocation list, PEM"},
	{CONN_SSL_CRLPATH, 0, "ssl-crlpath", "DIR", "folder of certificate revocation lists"},
	{CONN_SSL_VERIFY, 0, "ssl-verify-server-cert", "[0|1]", "the same as --ssl-mode=VERIFY_IDENTITY"},
	{CONN_TLS_VERSION, 0, "tls-version", "LIST", "TLS versions to take"},
	{CONN_COMPRESS, 'C', "compress", "[0|1]", "compress the connection"},
	{CONN_CONNECT_TIMEOUT, 0, "connect-timeout", "SECONDS", "give up connecting after this time (default 10)"},
	{CONN_MAX_PACKET, 0, "max-allowed-packet", "SIZE", "largest packet to send or take"},
	{CONN_PLUGIN_DIR, 0, "plugin-dir", "DIR", "folder of the client library's plugins"},
	{CONN_DEFAULT_AUTH, 0, "default-auth", "NAME", "authentication plugin to begin with"},
	{CONN_GET_KEY, 0, "get-server-public-key", "[0|1]", "ask the server for its RSA key"},
	{CONN_KEY_PATH, 0, "server-public-key-path", "FILE", "file of the server's RSA key"},
	{CONN_SKIP_SSL, 0, "skip-ssl", NULL, NULL},
	{CONN_SKIP_SSL, 0, "disable-ssl", NULL, NULL},
	{CONN_SKIP_SSL_VERIFY, 0, "skip-ssl-verify-server-cert", NULL, NULL},
	{CONN_SKIP_SSL_VERIFY, 0, "disable-ssl-verify-server-cert", NULL, NULL},
	{CONN_SKIP_COMPRESS, 0, "skip-compress", NULL, NULL},
	{0},
};
/* clang-format on */

struct conn_opts *conn_opts_new(const char *group)
{
	struct conn_opts *o = calloc(1, sizeof *o);

	if (o)
		o->group = group;
	return o;
}

void conn_opts_free(struct conn_opts *o)
{
	if (!o)
		return;
	for (int i = 0; i < CONN_OPTIONS; i++) {
		if (o->val[i])
			explicit_bzero(o->val[i], strlen(o->val[i]));
		free(o->val[i]);
	}
	buf_release(&o->where);
	free(o);
}

static int put(struct conn_opts *o, int id, const char *value, enum from from)
{
	int i = id - CONN_DEFAULTS_FILE;
	char *copy;

	if ((int)o->from[i] > (int)from)
		return 0;
	copy = strdup(value);
	if (!copy) {
		msg_no_memory();
		return -1;
	}
	if (o->val[i])
		explicit_bzero(o->val[i], strlen(o->val[i]));
	free(o->val[i]);
	o->val[i] = copy;
	o->from[i] = (char)from;
	return 0;
}

static const struct opt *find_option(const char *name)
{
	for (const struct opt *t = conn_options; t->id; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

static int take(struct conn_opts *o, int id, const char *value, enum from from)
{
	switch (id) {
	case CONN_SKIP_SSL:
		return put(o, CONN_SSL, "0", from);
	case CONN_SKIP_SSL_VERIFY:
		return put(o, CONN_SSL_VERIFY, "0", from);
	case CONN_SKIP_COMPRESS:
		return put(o, CONN_COMPRESS, "0", from);
	case CONN_PASSWORD:
		if (from == FROM_ARGV)
			o->ask_password = !value;
		/* a password that is left out in a file is an empty one there, as the clients have it */
		return value || from != FROM_ARGV ? put(o, id, value ? value : "", from) : 0;
	default:
		return put(o, id, value ? value : "1", from);
	}
}

int conn_opts_take(struct conn_opts *o, int id, const char *value)
{
	int rc = take(o, id, value, FROM_ARGV);

	if (id == CONN_PASSWORD && value) {
		/* what ps shows from now on */
		char *p = (char *)(uintptr_t)value;

		memset(p, 'x', strlen(p));
		if (*p)
			p[1] = 0;
	}
	return rc;
}

static int on_file_option(void *arg, const char *group, const char *name, const char *value, const char *file, unsigned line)
{
	struct conn_opts *o = arg;
	const struct opt *t = find_option(name);

	if (!t) {
		/* the shared groups hold other clients' options too */
		if (!o->group || strcmp(group, o->group) != 0)
			return 0;
		/* what does not look like a name may be a password that lost its option */
		if (value && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz-")])
			msg_error("%s:%u: \"%s\" is not an option of the connection", file, line, name);
		else
			msg_error("%s:%u: that is not an option of the connection", file, line);
		return -1;
	}
	if (t->arg && *t->arg != '[' && !value) {
		msg_error("%s:%u: \"%s\" needs a value", file, line, name);
		return -1;
	}
	if (t->id <= CONN_DEFAULTS_GROUP_SUFFIX)
		return 0;
	return take(o, t->id, value, FROM_FILE);
}

static int read_files(struct conn_opts *o)
{
	const char *groups[] = {"client", "client-server", "client-mariadb", o->group, NULL};
	struct cnf_where w = {conn_opts_get(o, CONN_DEFAULTS_FILE), conn_opts_get(o, CONN_DEFAULTS_EXTRA_FILE),
	    conn_opts_get(o, CONN_DEFAULTS_GROUP_SUFFIX)};

	if (conn_opts_get(o, CONN_NO_DEFAULTS))
		return 0;
	if (!w.suffix)
		w.suffix = getenv("MARIADB_GROUP_SUFFIX");
	if (!w.suffix)
		w.suffix = getenv("MYSQL_GROUP_SUFFIX");
	return cnf_read(&w, groups, on_file_option, o);
}

static int read_env(struct conn_opts *o)
{
	static const struct {
		const char *name;
		int id;
	} env[] = {{"MYSQL_HOST", CONN_HOST}, {"MYSQL_TCP_PORT", CONN_PORT}, {"MYSQL_UNIX_PORT", CONN_SOCKET},
	    {"MYSQL_PWD", CONN_PASSWORD}};

	for (size_t i = 0; i < sizeof env / sizeof *env; i++) {
		const char *v = getenv(env[i].name);

		if (v && *v && put(o, env[i].id, v, FROM_ENV) < 0)
			return -1;
	}
	return 0;
}

int conn_opts_asks(const struct conn_opts *o)
{
	return o->ask_password;
}

/* Asks on /dev/tty, without echo. */
static int ask_password(struct conn_opts *o)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC), rc = -1;
	struct termios was, quiet;
	char line[1024];
	size_t n = 0;
	sigset_t block, old;

	if (fd < 0 || tcgetattr(fd, &was) < 0) {
		msg_error("cannot ask for the password: no terminal");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON | ISIG | ECHONL;
	/* a signal while the echo is off would leave the terminal so: it waits until the echo is back */
	sigemptyset(&block);
	sigaddset(&block, SIGTSTP);
	sigprocmask(SIG_BLOCK, &block, &old);
	tcsetattr(fd, TCSAFLUSH, &quiet);
	if (write(fd, "Enter password: ", 16) == 16)
		for (;;) {
			char c;
			ssize_t got = read(fd, &c, 1);

			if (got <= 0) {
				msg_error("cannot read the password: %s", got < 0 ? strerror(errno) : "end of file");
				break;
			}
			if (c == '\n' || c == '\r') {
				line[n] = 0;
				rc = put(o, CONN_PASSWORD, line, FROM_ARGV);
				break;
			}
			if (n == sizeof line - 1) {
				msg_error("the password is too long");
				break;
			}
			line[n++] = c;
		}
	tcsetattr(fd, TCSAFLUSH, &was);
	sigprocmask(SIG_SETMASK, &old, NULL);
	explicit_bzero(line, sizeof line);
	close(fd);
	return rc;
}

/* 1, 0 as the servers' options have it; -1 with message. */
static int read_flag(const struct conn_opts *o, enum conn_option id, const char *name, int unset)
{
	const char *v = conn_opts_get(o, id);

	if (!v)
		return unset;
	if (!*v || !strcmp(v, "1") || !strcasecmp(v, "on") || !strcasecmp(v, "true") || !strcasecmp(v, "yes"))
		return 1;
	if (!strcmp(v, "0") || !strcasecmp(v, "off") || !strcasecmp(v, "false") || !strcasecmp(v, "no"))
		return 0;
	msg_error("--%s: \"%s\" is not 0 or 1", name, v);
	return -1;
}

static int decide_ssl(struct conn_opts *o)
{
	static const char *const modes[] = {"DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"};
	const char *mode = conn_opts_get(o, CONN_SSL_MODE);
	int ssl = read_flag(o, CONN_SSL, "ssl", 2), verify = read_flag(o, CONN_SSL_VERIFY, "ssl-verify-server-cert", 2);
	int has_ca = conn_opts_get(o, CONN_SSL_CA) || conn_opts_get(o, CONN_SSL_CAPATH);

	if (ssl < 0 || verify < 0)
		return -1;
	if (mode) {
		size_t i;

		for (i = 0; i < 5 && strcasecmp(mode, modes[i]) != 0; i++)
			;
		if (i == 5) {
			msg_error("--ssl-mode: \"%s\" is not DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY", mode);
			return -1;
		}
		o->ssl = (enum conn_ssl)i;
		/* as the clients have it: an authority that is named is asked */
		if (o->ssl == SSL_REQUIRED && has_ca)
			o->ssl = SSL_VERIFY_CA;
	} else if (ssl == 0) {
		o->ssl = SSL_DISABLED;
	} else if (verify == 1) {
		o->ssl = SSL_VERIFY_IDENTITY;
	} else if (has_ca && verify != 0) {
		o->ssl = SSL_VERIFY_CA;
	} else if (ssl == 1 || has_ca || conn_opts_get(o, CONN_SSL_CERT) || conn_opts_get(o, CONN_SSL_KEY)) {
		o->ssl = SSL_REQUIRED;
	} else {
		o->ssl = SSL_PREFERRED;
	}
	if (o->ssl == SSL_VERIFY_CA && !has_ca) {
		msg_error("--ssl-mode=VERIFY_CA needs --ssl-ca or --ssl-capath");
		return -1;
	}
	return 0;
}

static int decide_place(struct conn_opts *o)
{
	const char *host = conn_opts_get(o, CONN_HOST), *sock = conn_opts_get(o, CONN_SOCKET);
	const char *port = conn_opts_get(o, CONN_PORT), *protocol = conn_opts_get(o, CONN_PROTOCOL);
	int port_said = o->from[CONN_PORT - CONN_DEFAULTS_FILE] == FROM_ARGV;
	int socket_said = o->from[CONN_SOCKET - CONN_DEFAULTS_FILE] == FROM_ARGV;
	int local = !host || !*host || !strcasecmp(host, "localhost");
	unsigned long long n = 3306;

	if (port && opt_uint("--port", port, 0, 65535, &n) < 0)
		return -1;
	o->port = n ? (unsigned)n : 3306;
	if (!protocol)
		/* a port on the command line means TCP also to localhost (mariadb's clients since 10.6) */
		o->use_socket = local && (socket_said || !port_said);
	else if (!strcasecmp(protocol, "tcp"))
		o->use_socket = 0;
	else if (!strcasecmp(protocol, "socket"))
		o->use_socket = 1;
	else {
		msg_error("--protocol: \"%s\" is not tcp or socket", protocol);
		return -1;
	}
	buf_reset(&o->where);
	if (o->use_socket)
		buf_printf(&o->where, "socket %s", sock ? sock : "/run/mysqld/mysqld.sock");
	else if (host && strchr(host, ':'))
		buf_printf(&o->where, "[%s]:%u", host, o->port);
	else
		buf_printf(&o->where, "%s:%u", local ? "localhost" : host, o->port);
	return 0;
}

/* The libraries pass over a file that they cannot read; then they ask the server, or fail for another reason. */
static int check_key_file(const char *file)
{
	static const char head[] = "-----BEGIN ";
	char line[256];
	int is_key = 0;
	FILE *f = fopen(file, "re");

	if (!f) {
		msg_error("cannot read --server-public-key-path \"%s\": %s", file, strerror(errno));
		return -1;
	}
	while (!is_key && fgets(line, sizeof line, f))
		is_key = !strncmp(line, head, sizeof head - 1) && strstr(line, "PUBLIC KEY-----");
	(void)fclose(f);
	if (!is_key)
		msg_error("--server-public-key-path \"%s\" holds no public key (PEM)", file);
	return is_key ? 0 : -1;
}

/* What is named and is not there is said before anything is connected, by its name. */
static int check_files(const struct conn_opts *o)
{
	static const struct {
		enum conn_option id;
		const char *name;
	} files[] = {{CONN_SSL_CA, "ssl-ca"}, {CONN_SSL_CAPATH, "ssl-capath"}, {CONN_SSL_CERT, "ssl-cert"},
	    {CONN_SSL_KEY, "ssl-key"}, {CONN_SSL_CRL, "ssl-crl"}, {CONN_SSL_CRLPATH, "ssl-crlpath"}};
	const char *key = conn_opts_get(o, CONN_KEY_PATH);

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const char *file = conn_opts_get(o, files[i].id);

		if (file && o->ssl != SSL_DISABLED && access(file, R_OK) < 0) {
			msg_error("cannot read --%s \"%s\": %s", files[i].name, file, strerror(errno));
			return -1;
		}
	}
	return key ? check_key_file(key) : 0;
}

int conn_opts_done(struct conn_opts *o)
{
	const char *packet, *timeout;
	unsigned long long n = 10;

	if (read_env(o) < 0 || read_files(o) < 0)
		return -1;
	if (decide_place(o) < 0 || decide_ssl(o) < 0 || check_files(o) < 0)
		return -1;
	if ((o->compress = read_flag(o, CONN_COMPRESS, "compress", 0)) < 0)
		return -1;
	if ((o->get_key = read_flag(o, CONN_GET_KEY, "get-server-public-key", 0)) < 0)
		return -1;
	timeout = conn_opts_get(o, CONN_CONNECT_TIMEOUT);
	if (timeout && opt_uint("--connect-timeout", timeout, 0, 31536000, &n) < 0)
		return -1;
	o->connect_timeout_s = (unsigned)n;
	packet = conn_opts_get(o, CONN_MAX_PACKET);
	if (packet && opt_size("--max-allowed-packet", packet, 4096, 1ull << 30, &o->max_packet) < 0)
		return -1;
	return o->ask_password ? ask_password(o) : 0;
}

const char *conn_opts_where(const struct conn_opts *o)
{
	return o->where.p && o->where.len ? (const char *)o->where.p : "server";
}

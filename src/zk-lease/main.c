/* zk-lease: holds a lease in ZooKeeper and runs a command while it holds it (zk-lease(1)). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth.h"
#include "boottime.h"
#include "child.h"
#include "code.h"
#include "hold.h"
#include "line.h"
#include "msg.h"
#include "opt.h"
#include "place.h"
#include "ready.h"
#include "show.h"
#include "tls.h"

#define DEFAULT_PARENT "/rowferry/leases"
#define GIVE_BACK_MS 1000 /* for the server to delete our node */
#define LEAVE_MS 3000	  /* for the library to close the session */

enum {
	OPT_ZK = 1,
	OPT_PATH,
	OPT_SESSION_TIMEOUT,
	OPT_WAIT,
	OPT_HOLDER,
	OPT_AUTH_FILE,
	OPT_LIST,
	OPT_STATUS,
	OPT_READY_FD,
	OPT_SSL_CA,
	OPT_SSL_CERT,
	OPT_SSL_KEY
};

static const struct opt options[] = {
    {OPT_ZK, 0, "zk", "SERVERS", "HOST:PORT[,HOST:PORT...][/CHROOT] of ZooKeeper"},
    {OPT_PATH, 0, "path", "PATH", "the lease: a node, made when it is not there"},
    {OPT_SESSION_TIMEOUT, 0, "session-timeout", "SECONDS",
	"after so long without a sign of us the lease is another's (default 10)"},
    {OPT_WAIT, 0, "wait", "SECONDS", "wait in line for so long at most, then exit 1 (default: for ever)"},
    {OPT_HOLDER, 0, "holder", "NAME", "who we are, for --status (default: host:pid)"},
    {OPT_AUTH_FILE, 0, "auth-file", "FILE", "log in with the user:password in this file; others cannot touch the lease"},
    {OPT_SSL_CA, 0, "ssl-ca", "FILE", "TLS: who signed the servers' certificates, in PEM"},
    {OPT_SSL_CERT, 0, "ssl-cert", "FILE", "TLS: our certificate"},
    {OPT_SSL_KEY, 0, "ssl-key", "FILE", "TLS: its key"},
    {OPT_LIST, 0, "list", NULL, "print all leases under --path (default " DEFAULT_PARENT "), and end"},
    {OPT_STATUS, 0, "status", NULL, "print who holds the lease and who waits; exit 1 if nobody holds it"},
    {OPT_READY_FD, 0, "ready-fd", "N", "write a newline to this descriptor when the lease is held and the command runs"},
    {0},
};

struct args {
	struct zk_options zk;
	const char *path, *holder;
	char *auth;
	struct tls_files tls;
	double timeout_s, wait_s; /* wait_s < 0: for ever */
	enum { RUN, LIST, STATUS } what;
	char **command;
	int ready_fd;
};

static int take_holder(struct args *a, const char *value)
{
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			msg_error("--holder: there are control characters in it");
			return -1;
		}
	if (!*value || strlen(value) > 255) {
		msg_error("--holder: a name has 1 to 255 bytes");
		return -1;
	}
	a->holder = value;
	return 0;
}

static int take_what(struct args *a, int what, const char *value)
{
	(void)value;
	if (a->what != RUN && (int)a->what != what) {
		msg_error("--list and --status: one of them");
		return -1;
	}
	a->what = what == LIST ? LIST : STATUS;
	return 0;
}

/* The command does not get it: whoever waits for the newline would wait for the end of the command, too. */
static int take_ready_fd(struct args *a, const char *value)
{
	if (ready_take(&a->ready_fd, value) < 0)
		return -1;
	(void)fcntl(a->ready_fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

static int take_one(struct args *a, int id, const char *value)
{
	switch (id) {
	case OPT_ZK:
		a->zk.servers = value;
		return place_check_servers(value);
	case OPT_PATH:
		a->path = value;
		return strcmp(value, "/") ? place_check_path("--path", value) : 0;
	case OPT_SESSION_TIMEOUT:
		return opt_seconds("--session-timeout", value, 0.2, 86400, &a->timeout_s);
	case OPT_WAIT:
		return opt_seconds("--wait", value, 0, 1e9, &a->wait_s);
	case OPT_HOLDER:
		return take_holder(a, value);
	case OPT_AUTH_FILE:
		auth_free(a->auth);
		a->auth = auth_read(value);
		return a->auth ? 0 : -1;
	case OPT_SSL_CA:
		return tls_take(&a->tls.ca, "--ssl-ca", value);
	case OPT_SSL_CERT:
		return tls_take(&a->tls.cert, "--ssl-cert", value);
	case OPT_SSL_KEY:
		return tls_take(&a->tls.key, "--ssl-key", value);
	case OPT_LIST:
		return take_what(a, LIST, value);
	case OPT_STATUS:
		return take_what(a, STATUS, value);
	case OPT_READY_FD:
		return take_ready_fd(a, value);
	default:
		return -1;
	}
}

static int take(void *arg, int id, const char *value)
{
	return take_one(arg, id, value) < 0 ? CODE_USAGE : CODE_OK;
}

static const struct opts opts = {
    .usage = "zk-lease --zk SERVERS --path PATH [option...] -- COMMAND [ARG...]\n"
	     "zk-lease --zk SERVERS --path PATH --status\n"
	     "zk-lease --zk SERVERS [--path PARENT] --list",
    .tables = {options},
};

static int mistake(const char *what)
{
	msg_error("%s", what);
	return CODE_USAGE;
}

/* -1 to go on, else the exit code to end with */
static int read_args(struct args *a, int argc, char **argv)
{
	int code = opts_take(&opts, argc, argv, take, a);

	if (code >= 0)
		return code;
	a->command = argv + optind;
	if (!a->zk.servers)
		return mistake("--zk is missing: which servers are asked");
	if (!a->path && a->what != LIST)
		return mistake("--path is missing: which lease");
	if (!a->path)
		a->path = DEFAULT_PARENT;
	if (!strcmp(a->path, "/") && a->what != LIST)
		return mistake("--path: / cannot be a lease");
	if (a->what == RUN && !*a->command)
		return mistake("there is no command; it stands behind \"--\"");
	if (a->what != RUN && *a->command)
		return mistake("--list and --status run no command");
	if (tls_certs(&a->tls, &a->zk.certs) < 0)
		return CODE_USAGE;
	a->zk.auth = a->auth;
	a->zk.timeout_ms = (int)(a->timeout_s * 1000 + 0.5);
	return -1;
}

/* A command line's word as one line of text. */
static void add_line(struct buf *b, const char *text)
{
	for (; *text && b->len < 255; text++)
		buf_add8(b, (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : (uint8_t)*text);
}

static void add_holder(struct buf *b, const struct args *a)
{
	char host[256] = "?";

	if (a->holder) {
		buf_adds(b, a->holder);
		return;
	}
	gethostname(host, sizeof host - 1);
	add_line(b, host);
	buf_printf(b, ":%d", (int)getpid());
}

static void set_limit(struct asker *k, const struct args *a)
{
	if (a->wait_s >= 0)
		k->until = k->line_until = k->began + (int64_t)(a->wait_s * 1000);
	/* not to wait in line still takes a connection */
	if (a->wait_s == 0 || (a->wait_s < 0 && a->what != RUN))
		k->until = k->began + a->zk.timeout_ms;
	if (a->what != RUN) {
		k->line_until = k->until;
		k->late_code = CODE_OUTSIDE;
	}
}

static int run_command(struct args *a, struct asker *k)
{
	struct buf holder = BUF_INIT, command = BUF_INIT, what = BUF_INIT;
	struct lease l;
	int code = CODE_OUTSIDE;

	if (lease_init(&l, k->zk, a->path) < 0) {
		msg_error("could not get random bytes: %s", strerror(errno));
		return CODE_OUTSIDE;
	}
	add_holder(&holder, a);
	add_line(&command, *a->command);
	buf_printf(&what, "obtain the lease %s", a->path);
	l.holder = buf_str(&holder);
	l.command = buf_str(&command);
	k->what = buf_str(&what);
	if (line_up(&l, k) == ASK_ON) {
		msg_info("holding %s, epoch %lld", a->path, (long long)l.epoch);
		code = hold_run(&l, k->guard, k->wake, a->command, &a->ready_fd);
	} else {
		code = k->code;
	}
	if (!l.stuck) { /* else it is not to be the next one's before it must be */
		lease_give_back(&l, boottime_now() + GIVE_BACK_MS);
		(void)zk_leave(k->zk, boottime_now() + LEAVE_MS);
	}
	lease_release(&l);
	buf_release(&holder);
	buf_release(&command);
	buf_release(&what);
	return code;
}

static int run(struct args *a)
{
	struct guard guard = {0, -1};
	struct wake wake;
	struct asker k = {.wake = &wake, .servers = a->zk.servers, .with_auth = a->auth != NULL};
	int code = CODE_OUTSIDE;

	asker_init(&k, boottime_now());
	set_limit(&k, a);
	if (wake_init(&wake) < 0 || (a->what == RUN && guard_start(&guard) < 0)) {
		msg_error("could not start: %s", strerror(errno));
		goto out;
	}
	if (a->what == RUN)
		k.guard = &guard;
	k.zk = zk_new(&a->zk);
	if (!k.zk) {
		msg_error("could not start: %s", strerror(errno));
		goto out;
	}
	k.what = "ask ZooKeeper";
	code = a->what == RUN ? run_command(a, &k) : a->what == STATUS ? show_status(&k, a->path) : show_list(&k, a->path);
	if (a->what != RUN)
		(void)zk_leave(k.zk, boottime_now() + LEAVE_MS);
	zk_free(k.zk);
out:
	guard_release(&guard);
	wake_release(&wake);
	return code;
}

int main(int argc, char **argv)
{
	struct args a = {.timeout_s = 10, .wait_s = -1, .ready_fd = -1};
	int code;

	child_note_descriptors();
	msg_init("zk-lease");
	code = read_args(&a, argc, argv);
	if (code < 0)
		code = run(&a);
	auth_free(a.auth);
	tls_release(&a.tls);
	return stdout_close(code);
}

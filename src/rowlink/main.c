/* rowlink: carries a stream between hosts (rowlink(1)). */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block.h"
#include "code.h"
#include "msg.h"
#include "opt.h"
#include "pos.h"
#include "ready.h"
#include "rowlink.h"
#include "watch.h"

enum {
	OPT_LISTEN = 1,
	OPT_CONNECT,
	OPT_START_AT,
	OPT_COMPRESS,
	OPT_CERT,
	OPT_KEY,
	OPT_CA,
	OPT_ALLOW,
	OPT_SERVER_NAME,
	OPT_PEER_TIMEOUT,
	OPT_HANDSHAKE_TIMEOUT,
	OPT_MAX_CONNECTIONS,
	OPT_WINDOW,
	OPT_READY_FD,
	OPT_FORCE
};

static const struct opt options[] = {
    {OPT_LISTEN, 0, "listen", "ADDR", "run the command for each connection to unix:PATH, tcp:HOST:PORT or tls:HOST:PORT"},
    {OPT_CONNECT, 0, "connect", "ADDR", "get a stream from there, onto standard output"},
    {OPT_START_AT, 0, "start-at", "POSITION", "the position that is asked for"},
    {OPT_COMPRESS, 0, "compress", "[LEVEL]", "ask for the stream compressed with zstd; 1 to 9 (default 3)"},
    {OPT_CERT, 0, "cert", "FILE", "our certificate, and those between it and its authority (PEM)"},
    {OPT_KEY, 0, "key", "FILE", "its key, without a password (PEM)"},
    {OPT_CA, 0, "ca", "FILE", "whose certificates are accepted (PEM)"},
    {OPT_ALLOW, 0, "allow", "NAME", "who connects may have a certificate for this name; may be repeated"},
    {OPT_SERVER_NAME, 0, "server-name", "NAME", "the listener's certificate is for this name (default: HOST)"},
    {OPT_PEER_TIMEOUT, 0, "peer-timeout", "SECONDS",
	"the other side is dead when nothing is heard of it for so long (default 10)"},
    {OPT_HANDSHAKE_TIMEOUT, 0, "handshake-timeout", "SECONDS", "until the stream is granted (default 10)"},
    {OPT_MAX_CONNECTIONS, 0, "max-connections", "N", "streams at a time (default 16)"},
    {OPT_WINDOW, 0, "window", "SIZE", "bytes on the way, or waiting for our reader, at the most (default 32M)"},
    {OPT_READY_FD, 0, "ready-fd", "FD", "write a newline to this descriptor when it listens, or has a stream"},
    {OPT_FORCE, 0, "force", NULL, "write to a terminal too"},
    {0},
};

static const struct opts opts = {
    .usage = "rowlink --listen ADDR [option...] -- COMMAND [ARG...]\n"
	     "rowlink --connect ADDR [--start-at POSITION] [option...]",
    .tables = {options, watch_options},
};

struct args {
	struct rowlink r;
	const char *listen, *connect;
	const char **allow; /* owned */
	size_t allowed;
	unsigned given;	  /* by the bits of ids */
	unsigned watched; /* and of those of watch.h */
};

static int take_position(struct args *a, const char *value)
{
	struct buf text = BUF_INIT;
	const char *why;
	struct pos p;
	int done = pos_parse(&p, value, &why);

	if (done < 0) {
		msg_error("--start-at: \"%s\": %s", value, why);
	} else {
		pos_print(&p, &text);
		free(a->r.start_at);
		a->r.start_at = strdup(buf_str(&text));
		if (text.failed || !a->r.start_at || text.len > BLOCK_START_AT_MAX) {
			msg_error("--start-at: the position is too long for a link");
			done = -1;
		}
	}
	pos_release(&p);
	buf_release(&text);
	return done;
}

static int take_allow(struct args *a, const char *value)
{
	const char **more;

	if (!*value) {
		msg_error("--allow: the name is empty");
		return -1;
	}
	more = realloc(a->allow, (a->allowed + 1) * sizeof *more);
	if (!more) {
		msg_error("--allow: there is no memory");
		return -1;
	}
	a->allow = more;
	a->allow[a->allowed++] = value;
	return 0;
}

static int take_ms(const char *option, const char *value, uint32_t *ms)
{
	double s;

	if (opt_seconds(option, value, 0.1, 86400, &s) < 0)
		return -1;
	*ms = (uint32_t)(s * 1000 + 0.5);
	return 0;
}

static int take_number(struct args *a, int id, const char *value)
{
	unsigned long long n;

	if (id == OPT_COMPRESS) {
		if (opt_uint("--compress", value ? value : "3", 1, 9, &n) < 0)
			return -1;
		a->r.level = (unsigned)n;
	} else if (id == OPT_WINDOW) {
		if (opt_size("--window", value, BLOCK_WINDOW_MIN, BLOCK_WINDOW_MAX, &n) < 0)
			return -1;
		a->r.window = (uint32_t)n;
	} else {
		if (opt_uint("--max-connections", value, 1, 10000, &n) < 0)
			return -1;
		a->r.max_connections = (unsigned)n;
	}
	return 0;
}

static int take_one(struct args *a, int id, const char *value)
{
	switch (id) {
	case OPT_LISTEN:
		a->listen = value;
		return 0;
	case OPT_CONNECT:
		a->connect = value;
		return 0;
	case OPT_START_AT:
		return take_position(a, value);
	case OPT_CERT:
		a->r.files.cert = value;
		return 0;
	case OPT_KEY:
		a->r.files.key = value;
		return 0;
	case OPT_CA:
		a->r.files.ca = value;
		return 0;
	case OPT_ALLOW:
		return take_allow(a, value);
	case OPT_SERVER_NAME:
		a->r.server_name = value;
		return 0;
	case OPT_PEER_TIMEOUT:
		return take_ms("--peer-timeout", value, &a->r.patience_ms);
	case OPT_HANDSHAKE_TIMEOUT:
		return take_ms("--handshake-timeout", value, &a->r.handshake_ms);
	case OPT_READY_FD:
		return ready_take(&a->r.ready_fd, value);
	case OPT_FORCE:
		a->r.force = 1;
		return 0;
	default:
		return take_number(a, id, value);
	}
}

static int take(void *arg, int id, const char *value)
{
	struct args *a = arg;

	if (watch_has(id)) {
		a->watched |= 1u << (id - WATCH_STATUS_FILE);
		a->r.is_watched = 1;
		return watch_take(id, value) < 0 ? CODE_USAGE : CODE_OK;
	}
	a->given |= 1u << id;
	return take_one(a, id, value) < 0 ? CODE_USAGE : CODE_OK;
}

static int was_given(const struct args *a, int id)
{
	return watch_has(id) ? a->watched >> (id - WATCH_STATUS_FILE) & 1 : a->given >> id & 1;
}

/*
 * The options that only one of the two has. A listener that ended because one stream does not move would end all: its commands
 * have a --stall-timeout of their own. 0, or -1 with the message printed.
 */
static int check_side(const struct args *a)
{
	static const int near[] = {
	    OPT_START_AT, OPT_COMPRESS, OPT_SERVER_NAME, OPT_WINDOW, OPT_FORCE, WATCH_STALL_TIMEOUT, WATCH_PROGRESS, 0};
	static const int far[] = {OPT_ALLOW, OPT_MAX_CONNECTIONS, 0};

	for (const int *i = a->listen ? near : far; *i; i++) {
		const struct opt *o = watch_has(*i) ? watch_options : options;

		if (!was_given(a, *i))
			continue;
		while (o->id != *i)
			o++;
		msg_error("--%s is for %s", o->name, a->listen ? "--connect" : "--listen");
		return -1;
	}
	return 0;
}

static int check_tls(const struct args *a)
{
	int is_tls = a->r.at.kind == ADDR_TLS, has_all = a->r.files.cert && a->r.files.key && a->r.files.ca;

	if (is_tls && !has_all)
		msg_error("tls: needs --cert, --key and --ca: both sides show who they are");
	else if (is_tls && a->listen && !a->allowed)
		msg_error("--allow is missing: which names get a stream");
	else if (!is_tls && (a->r.files.cert || a->r.files.key || a->r.files.ca || a->allowed || a->r.server_name))
		msg_error("--cert, --key, --ca, --allow and --server-name are for tls:");
	else
		return 0;
	return -1;
}

/* 0, or -1 with the message printed */
static int check(struct args *a, int argc, char **argv)
{
	if (!a->listen == !a->connect) {
		msg_error("--listen or --connect: one of them");
		return -1;
	}
	a->r.is_listener = a->listen != NULL;
	if (addr_parse(&a->r.at, a->listen ? "--listen" : "--connect", a->listen ? a->listen : a->connect) < 0 ||
	    check_side(a) < 0 || check_tls(a) < 0)
		return -1;
	a->r.allow = a->allow;
	a->r.allowed = a->allowed;
	a->r.command = argv + optind;
	if (a->connect)
		return opt_no_arguments(argc, argv);
	if (*a->r.command)
		return 0;
	msg_error("there is no command; it stands behind \"--\"");
	return -1;
}

int main(int argc, char **argv)
{
	struct args a = {
	    .r = {.patience_ms = 10000, .handshake_ms = 10000, .window = 32 << 20, .max_connections = 16, .ready_fd = -1}};
	int code;

	msg_init("rowlink");
	code = opts_take(&opts, argc, argv, take, &a);
	if (code < 0) {
		if (check(&a, argc, argv) < 0)
			code = CODE_USAGE;
		else if (a.listen)
			code = listen_run(&a.r);
		else if (!a.r.force && isatty(STDOUT_FILENO)) {
			msg_error("a stream is not for a terminal; pipe it, or --force");
			code = CODE_USAGE;
		} else
			code = near_run(&a.r);
	}
	free(a.r.start_at);
	free(a.allow);
	return watch_end(stdout_close(code));
}

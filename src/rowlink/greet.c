/* The greeting of one connection: who it is, and what it asks for. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "code.h"
#include "far.h"
#include "listen.h"
#include "msg.h"
#include "peer.h"
#include "pos.h"

#define REFUSED_S 2 /* for one who is refused to hear why */

void greet_tell(struct far *f, const char *why)
{
	char text[LISTEN_TEXT_MAX + 1];
	int n = snprintf(text, sizeof text, "%c%s: %s", LISTEN_NOT_IT, buf_str(&f->peer), why);

	if (f->control >= 0)
		(void)!send(f->control, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	else
		msg_warn("no stream for %s", text + 1);
}

void greet_refuse(struct far *f, int code, const char *why)
{
	greet_tell(f, why);
	far_send_end(f, code, why);
	f->state = REFUSED;
	far_set_ms(f, f->late, REFUSED_S * 1000);
}

/* 0, or -1: refused */
static int check_position(struct far *f)
{
	const char *why;
	struct pos p;
	int good;

	if (!f->open.start_at) {
		if (!command_wants_position(f->r->command))
			return 0;
		greet_refuse(f, CODE_USAGE, "its command needs a position: --start-at");
		return -1;
	}
	good = pos_parse(&p, f->open.start_at, &why) == 0 && block_start_at_is_plain(f->open.start_at);
	pos_release(&p);
	if (!good)
		greet_refuse(f, CODE_USAGE, "that is no position, or has characters that a position does not need");
	return good ? 0 : -1;
}

/* Asks who takes connections for a place. 0, or -1: it is no more. */
static int ask(const struct far *f)
{
	char text[LISTEN_TEXT_MAX + 1];
	size_t n = f->peer.len < LISTEN_TEXT_MAX ? f->peer.len : LISTEN_TEXT_MAX;

	text[0] = LISTEN_ASK;
	memcpy(text + 1, f->peer.p, n);
	return send(f->control, text, n + 1, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

void greet_take(struct far *f, const uint8_t *p, size_t n)
{
	unsigned version;
	const char *why;

	if (block_open_read(&f->open, p, n, &version, &why) < 0) {
		greet_refuse(f, CODE_DAMAGED, why);
		return;
	}
	if (!f->open.window || !f->open.patience_ms) {
		greet_refuse(f, CODE_DAMAGED, "it does not say its window and its patience");
		return;
	}
	if (check_position(f) < 0)
		return;
	f->state = ASKING;
	if (f->control < 0)
		serve_start(f);
	else if (ask(f) < 0)
		far_end(f, CODE_OUTSIDE);
}

/* 0; -1: it is not who may have a stream, and why */
static int check_peer(struct far *f, char *why, size_t size)
{
	struct bufferevent *b = f->link.b;
	struct buf names = BUF_INIT;
	uid_t uid;
	int good;

	if (f->link.is_tls) {
		tls_peer(b, &names);
		good = tls_allowed(b, f->r->allow, f->r->allowed) != NULL;
		snprintf(why, size, "no --allow of the listener is for this certificate (%s)", buf_str(&names));
		buf_printf(&f->peer, " (%s)", buf_str(&names));
		buf_release(&names);
		return good ? 0 : -1;
	}
	if (peer_user(link_fd(&f->link), f->r->at.kind, &uid) < 0) {
		snprintf(why, size, "the listener cannot see which user this is: %s", strerror(errno));
		return -1;
	}
	buf_printf(&f->peer, " (user %u)", (unsigned)uid);
	if (uid == geteuid())
		return 0;
	snprintf(why, size, "user %u is not the user of the listener", (unsigned)uid);
	return -1;
}

void greet_open(struct far *f)
{
	char why[BLOCK_TEXT_MAX];

	if (check_peer(f, why, sizeof why) < 0)
		greet_refuse(f, CODE_USAGE, why);
}

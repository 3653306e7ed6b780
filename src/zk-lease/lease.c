#include "lease.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "boottime.h"
#include "msg.h"

#define BEAT_MIN_MS 50

int lease_init(struct lease *l, struct zk *z, const char *path)
{
	unsigned char random[16];
	char *at = l->mark;

	memset(l, 0, sizeof *l);
	l->zk = z;
	l->path = path;
	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return -1;
	at += snprintf(at, 4, "_c_");
	for (size_t i = 0; i < sizeof random; i++)
		at += snprintf(at, 3, "%02x", random[i]);
	snprintf(at, sizeof l->mark - (size_t)(at - l->mark), "-lease-");
	return 0;
}

static void forget_beat(struct lease *l, size_t i)
{
	zk_op_free(l->beat[i].sync);
	zk_op_free(l->beat[i].exists);
	l->beat[i].sync = l->beat[i].exists = NULL;
}

void lease_release(struct lease *l)
{
	for (size_t i = 0; i < LEASE_BEATS; i++)
		forget_beat(l, i);
	buf_release(&l->node);
}

void lease_text(const struct lease *l, struct buf *b)
{
	time_t now = time(NULL);
	struct tm tm;
	char iso[32];

	gmtime_r(&now, &tm);
	strftime(iso, sizeof iso, "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_printf(b, "holder=%s\ncommand=%s\nsince=%s\n", l->holder, l->command, iso);
}

int64_t lease_term_at(const struct lease *l)
{
	return l->heard + (int64_t)l->timeout_ms * 3 / 4;
}

int64_t lease_kill_at(const struct lease *l)
{
	return l->heard + (int64_t)l->timeout_ms * 9 / 10;
}

int64_t lease_slack(const struct lease *l)
{
	return l->timeout_ms / 40;
}

static void send_beat(struct lease *l)
{
	size_t i = 0;

	while (i < LEASE_BEATS && l->beat[i].exists)
		i++;
	if (i == LEASE_BEATS)
		return;
	l->beat[i].sync = zk_sync(l->zk, buf_str(&l->node));
	l->beat[i].exists = zk_exists(l->zk, buf_str(&l->node), 1);
	if (!l->beat[i].sync || !l->beat[i].exists)
		forget_beat(l, i);
}

static enum lease_news hear_beat(struct lease *l, size_t i)
{
	const enum zk_result seen = zk_result(l->beat[i].exists), sync = zk_result(l->beat[i].sync);
	const int64_t sent = l->beat[i].sync->sent_ms;

	if (seen == ZK_PENDING)
		return LEASE_NOTHING;
	forget_beat(l, i);
	if (seen == ZK_NONE)
		return LEASE_NODE_GONE;
	if (seen != ZK_OK || sync != ZK_OK || sent <= l->heard)
		return LEASE_NOTHING;
	l->heard = sent;
	l->timeout_ms = zk_timeout_ms(l->zk);
	return LEASE_HEARD;
}

/* Anew: time is short then, since the library needs most of it to see that a member hangs. */
static void look_at_connection(struct lease *l, enum zk_state state, int64_t now)
{
	const int connections = zk_connections(l->zk);

	if (state != ZK_CONNECTED) {
		if (l->connected)
			msg_info("the connection to ZooKeeper is lost");
		l->connected = 0;
	} else if (!l->connected || connections != l->connections) {
		l->connected = 1;
		l->connections = connections;
		l->next_beat = now;
		msg_info(
		    "connected to ZooKeeper at %s again, session time-out %g s", zk_where(l->zk), zk_timeout_ms(l->zk) / 1000.0);
	}
}

enum lease_news lease_beat(struct lease *l)
{
	const int64_t now = boottime_now();
	const enum zk_state state = zk_state(l->zk);
	enum lease_news news = LEASE_NOTHING, one;

	if (state == ZK_EXPIRED || state == ZK_AUTH_FAILED)
		return LEASE_SESSION_GONE;
	for (size_t i = 0; i < LEASE_BEATS; i++)
		if (l->beat[i].exists && (one = hear_beat(l, i)) > news)
			news = one;
	look_at_connection(l, state, now);
	if (zk_watch_fired(l->zk)) /* something was done with our node */
		l->next_beat = now;
	if (now < l->next_beat)
		return news;
	l->next_beat = now + (l->timeout_ms / 20 > BEAT_MIN_MS ? l->timeout_ms / 20 : BEAT_MIN_MS);
	if (l->connected)
		send_beat(l);
	return news;
}

void lease_give_back(struct lease *l, int64_t until_ms)
{
	struct pollfd p = {zk_fd(l->zk), POLLIN, 0};
	struct zk_op *op;

	if (!l->node.len || zk_state(l->zk) != ZK_CONNECTED)
		return;
	op = zk_delete(l->zk, buf_str(&l->node));
	for (int64_t left; zk_result(op) == ZK_PENDING && (left = until_ms - boottime_now()) > 0;) {
		poll(&p, 1, (int)left + 1);
		zk_clear(l->zk);
	}
	if (zk_result(op) == ZK_OK)
		msg_debug("deleted %s", buf_str(&l->node));
	zk_op_free(op);
}

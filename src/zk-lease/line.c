#include "line.h"

#include <stdlib.h>
#include <string.h>

#include "boottime.h"
#include "msg.h"

#define DIGITS 10 /* the server's number behind a name */

int64_t line_number(const char *name)
{
	const size_t len = strlen(name);

	if (strncmp(name, "_c_", 3) || !strstr(name, "-lease-") || len < DIGITS ||
	    strspn(name + len - DIGITS, "0123456789") != DIGITS)
		return -1;
	return strtoll(name + len - DIGITS, NULL, 10);
}

static int is_ours(const struct lease *l, const char *name)
{
	return !strncmp(name, l->mark, strlen(l->mark)) && line_number(name) >= 0;
}

static void set_path(struct buf *b, const char *path, const char *name)
{
	buf_reset(b);
	buf_printf(b, "%s/%s", path, name);
}

/* ---- making our node */

static enum ask make_parent(struct lease *l, struct asker *a, const char *path)
{
	struct zk_op *op = zk_exists(l->zk, path, 0);
	enum ask r = ask_answer(a, op);
	enum zk_result got = zk_result(op);

	if (r == ASK_ON && got == ZK_NONE) {
		zk_op_free(op);
		op = zk_create(l->zk, path, NULL, ZK_PERSISTENT);
		r = ask_answer(a, op);
		got = zk_result(op);
	}
	if (r == ASK_ON && got != ZK_OK && got != ZK_EXISTS) {
		r = ask_refused(a, op, "create", path);
		if (got == ZK_NONE)
			msg_hint("what stands behind the servers in --zk must be there already");
	}
	zk_op_free(op);
	return r;
}

/* The path itself and what is above it: nodes that stay. */
static enum ask make_parents(struct lease *l, struct asker *a)
{
	char *path = strdup(l->path);
	enum ask r = ASK_ON;

	for (char *end = path; path && end && r == ASK_ON;) {
		end = strchr(end + 1, '/');
		if (end)
			*end = 0;
		r = make_parent(l, a, path);
		if (end)
			*end = '/';
	}
	free(path);
	return r == ASK_ON ? ASK_AGAIN : r;
}

static enum ask make_node(struct lease *l, struct asker *a)
{
	struct buf text = BUF_INIT;
	struct zk_op *op;
	enum ask r;

	set_path(&l->node, l->path, l->mark);
	lease_text(l, &text);
	op = zk_create(l->zk, buf_str(&l->node), &text, ZK_LINE);
	buf_reset(&l->node);
	r = ask_answer(a, op);
	/* if the answer was lost our mark tells whether it was done */
	if (r == ASK_ON && zk_result(op) == ZK_NONE)
		r = make_parents(l, a);
	else if (r == ASK_ON && zk_result(op) != ZK_OK)
		r = ask_refused(a, op, "create a node in", l->path);
	else if (r == ASK_ON)
		r = ASK_AGAIN;
	zk_op_free(op);
	buf_release(&text);
	return r;
}

/* ---- in the line */

/* First: looks whether the server sees it so too, and takes from it what we need. */
static enum ask claim(struct lease *l, struct asker *a)
{
	struct buf text = BUF_INIT;
	struct zk_op *sync = zk_sync(l->zk, buf_str(&l->node)), *op = zk_exists(l->zk, buf_str(&l->node), 1);
	enum ask r = ask_answer(a, op);

	if (r == ASK_ON && zk_result(op) != ZK_OK && zk_result(op) != ZK_NONE)
		r = ask_refused(a, op, "look at", buf_str(&l->node));
	else if (r == ASK_ON && (zk_result(op) == ZK_NONE || zk_result(sync) != ZK_OK))
		r = ASK_AGAIN;
	if (r == ASK_ON) {
		l->epoch = op->czxid;
		l->heard = sync->sent_ms;
		l->timeout_ms = zk_timeout_ms(l->zk);
		l->connected = 1;
		l->connections = zk_connections(l->zk);
		l->next_beat = 0;
		/* since when it is held; nobody waits for that */
		lease_text(l, &text);
		zk_op_free(zk_set(l->zk, buf_str(&l->node), &text));
	}
	zk_op_free(sync);
	zk_op_free(op);
	buf_release(&text);
	return r;
}

/* Until the one before us is gone, or might be. */
static enum ask watch(struct lease *l, struct asker *a, const char *name)
{
	int64_t again = boottime_now() + zk_timeout_ms(l->zk) / 2; /* should the watch be lost */
	struct buf path = BUF_INIT;
	struct zk_op *op;
	enum ask r;

	if (boottime_now() >= a->line_until)
		return ask_late(a);
	if (again > a->line_until)
		again = a->line_until;
	zk_watch_fired(l->zk);
	set_path(&path, l->path, name);
	op = zk_exists(l->zk, buf_str(&path), 1);
	r = ask_answer(a, op);
	if (r == ASK_ON && zk_result(op) == ZK_OK)
		while (r == ASK_ON && !zk_watch_fired(l->zk) && zk_state(l->zk) == ZK_CONNECTED && boottime_now() < again)
			r = ask_pause(a, again);
	else if (r == ASK_ON && zk_result(op) != ZK_NONE)
		r = ask_refused(a, op, "look at", buf_str(&path));
	zk_op_free(op);
	buf_release(&path);
	return r == ASK_ON ? ASK_AGAIN : r;
}

/* Where we stand among the names. */
struct place {
	const char *own, *before; /* NULL: none */
	size_t ahead;
};

static struct place find_place(const struct lease *l, const struct zk_op *list)
{
	struct place p = {NULL, NULL, 0};

	for (size_t i = 0; i < list->count; i++)
		if (is_ours(l, list->names[i]) && (!p.own || line_number(list->names[i]) < line_number(p.own)))
			p.own = list->names[i];
	for (size_t i = 0; p.own && i < list->count; i++) {
		const int64_t n = line_number(list->names[i]);

		if (n < 0 || n >= line_number(p.own))
			continue;
		p.ahead++;
		if (!p.before || n > line_number(p.before))
			p.before = list->names[i];
	}
	return p;
}

static enum ask look(struct lease *l, struct asker *a)
{
	/* what another member has done for us before the connection was lost is to be seen */
	struct zk_op *sync = zk_sync(l->zk, l->path), *list = zk_list(l->zk, l->path);
	enum ask r = ask_answer(a, list);
	struct place p = {NULL, NULL, 0};

	if (r == ASK_ON && zk_result(list) == ZK_OK)
		p = find_place(l, list);
	else if (r == ASK_ON && zk_result(list) != ZK_NONE)
		r = ask_refused(a, list, "list", l->path);
	if (r == ASK_ON && !p.own) {
		r = make_node(l, a);
	} else if (r == ASK_ON) {
		set_path(&l->node, l->path, p.own);
		msg_debug("%s: %zu ahead", buf_str(&l->node), p.ahead);
		r = p.before ? watch(l, a, p.before) : claim(l, a);
	}
	zk_op_free(sync);
	zk_op_free(list);
	return r;
}

enum ask line_up(struct lease *l, struct asker *a)
{
	enum ask r;

	do {
		r = ask_connection(a);
		if (r == ASK_ON)
			r = look(l, a);
	} while (r == ASK_AGAIN);
	return r;
}

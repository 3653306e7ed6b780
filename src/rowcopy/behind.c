/*
 * Is the stream's start behind a transaction that a snapshot does not have? MariaDB sends a transaction before its storage
 * engine has committed it, by as much as a replica's answer takes with semi-sync. What the target, or `now`, has of it
 * already does not come again: a snapshot without it would take the target back to the older values for good.
 */
#include <string.h>

#include "live.h"
#include "msg.h"

struct lag {
	const struct gtid_set *has; /* the snapshot's */
	uint32_t domain, server;
	uint64_t seq;
	int is_behind;
};

static void on_has(void *arg, uint32_t domain, uint32_t server, uint64_t seq)
{
	struct lag *g = arg;

	g->is_behind |= domain == g->domain && server == g->server && seq < g->seq;
}

/* Numbers of one server in one domain alone are compared: the target may know of others, which this server never had. */
static void on_start(void *arg, uint32_t domain, uint32_t server, uint64_t seq)
{
	struct lag *g = arg;

	g->domain = domain;
	g->server = server;
	g->seq = seq;
	gtid_set_each_mariadb(g->has, on_has, g);
}

/* 1, 0, -1 */
static int is_behind(struct live *l, const struct place *at)
{
	struct place p = {.off = at->off};
	struct lag g = {NULL};
	struct gtid_set *has = NULL;
	int r;

	memcpy(p.file, at->file, sizeof p.file);
	r = snap_ask_gtid(l->c, l->ask, &p);
	if (r == 0 && p.has_gtid)
		has = gtid_set_parse(buf_str(&p.gtid), p.gtid.len);
	if (has) {
		g.has = has;
		gtid_set_each_mariadb(l->s.gtid, on_start, &g);
	}
	gtid_set_free(has);
	place_release(&p);
	return r < 0 ? -1 : g.is_behind;
}

int behind_start(struct live *l)
{
	int r = 0;

	/* once is enough: later snapshots have more; and what has passed is looked at otherwise */
	if (!l->c->is_mariadb || l->is_past_start || *l->last.file || !l->s.gtid)
		return 0;
	if (live_connect(l) < 0)
		return -1;
	for (unsigned i = 0; r == 0 && i < l->c->workers; i++)
		r = is_behind(l, &l->at[i]);
	l->is_past_start = r == 0;
	if (r > 0 && !l->said_behind++)
		msg_warn("the source has sent a transaction that it has not committed: waits until it has");
	return r;
}

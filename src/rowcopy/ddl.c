/* Statements that change definitions while tables are copied. */
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "msg.h"

static int has_word(struct str verb, const char *word)
{
	return memmem(verb.p, verb.n, word, strlen(word)) != NULL;
}

/* Of a whole database: the tables of it are all done, or none is, or it is the one that is being copied. */
static enum reach reach_database(const struct live *l, const char *db)
{
	const struct state *st = &l->c->state;
	int r;

	if (pattern_list_has(&l->c->list, db, strlen(db), NULL, 0) != 1)
		return REACH_OUTSIDE;
	if (st->at == STATE_START)
		return REACH_NONE;
	r = strcmp(db, st->db);
	return r <= 0 ? REACH_ALL : REACH_NONE;
}

static enum reach reach_of(const struct live *l, const struct rec_name *n)
{
	char db[1025], name[1025];

	if (n->db.n >= sizeof db || n->name.n >= sizeof name)
		return REACH_OUTSIDE;
	memcpy(db, n->db.p ? n->db.p : "", n->db.n);
	db[n->db.n] = 0;
	memcpy(name, n->name.p ? n->name.p : "", n->name.n);
	name[n->name.n] = 0;
	return *name ? live_reach(l, db, name) : reach_database(l, db);
}

static int is_current(const struct live *l, const struct rec_name *n)
{
	const struct state *st = &l->c->state;

	return st->at == STATE_ROWS && n->db.n == strlen(st->db) && !memcmp(n->db.p, st->db, n->db.n) &&
	       n->name.n == strlen(st->name) && !memcmp(n->name.p, st->name, n->name.n);
}

static int leave_out(struct live *l, const struct rec_ddl *r)
{
	msg_info("left out, as its table is not copied yet: %.*s", r->sql.n < 200 ? (int)r->sql.n : 200, r->sql.p);
	stream_rows_out(&l->s, 0);
	return STREAM_TOOK;
}

/* The table that is being copied goes, or bears another name: it is copied under that, and what the target has goes. */
static int drop_instead(struct live *l, const struct rec_ddl *r)
{
	struct copy *c = l->c;

	if (c->no_ddl) {
		msg_error("cannot go on with the copy: with --no-ddl the rows of table \"%s.%s\" stay on the target behind: %.*s",
		    c->state.db, c->state.name, r->sql.n < 200 ? (int)r->sql.n : 200, r->sql.p);
		c->code = CODE_USAGE;
		return live_stop(l);
	}
	if (part_drop(c, "table", c->state.db, c->state.name) < 0)
		return live_stop(l);
	return leave_out(l, r);
}

int live_ddl(struct live *l, const struct rec_ddl *r)
{
	unsigned seen[4] = {0};
	int n = r->sql.n < 200 ? (int)r->sql.n : 200, current = 0;

	if (has_word(r->verb, "view")) {
		msg_warn("left out, as tables are still copied: %.*s", n, r->sql.p);
		return STREAM_TOOK;
	}
	if (!has_word(r->verb, "table") && !has_word(r->verb, "database") && !has_word(r->verb, "schema") &&
	    !has_word(r->verb, "index") && !has_word(r->verb, "sequence"))
		return STREAM_PASS;
	for (uint32_t i = 0; i < r->nnames; i++) {
		seen[reach_of(l, &r->names[i])]++;
		current |= is_current(l, &r->names[i]);
	}
	if (!seen[REACH_PART] && !seen[REACH_NONE])
		return STREAM_PASS;
	if (seen[REACH_ALL]) {
		msg_error(
		    "cannot go on with the copy: a statement is about a table that is copied and about one that is not yet: %.*s",
		    n, r->sql.p);
		msg_hint("copy again from the beginning, with another name of the pipeline");
		l->c->code = CODE_USAGE;
		return live_stop(l);
	}
	if (current) { /* what there is of it is of the old definition */
		round_abandon(l);
		opened_drop(l->cur);
		l->cur = NULL;
		buf_reset(&l->c->state.key);
		l->c->state.print = 0;
		l->has_reset = 1;
		msg_warn("table \"%s.%s\" is changed while it is copied: it is copied from its start", l->c->state.db,
		    l->c->state.name);
		if (r->nnames == 1 && has_word(r->verb, "drop table")) /* the target has it */
			return STREAM_PASS;
		if (r->nnames > 1)
			return drop_instead(l, r);
	}
	return leave_out(l, r);
}

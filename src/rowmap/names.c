/* Where a name goes: the first table rule that matches, else the first database rule. */
#include "code.h"
#include "map.h"
#include "msg.h"

int map_fail(struct stream *s, int code)
{
	s->code = code;
	return -1;
}

int map_no_memory(struct stream *s)
{
	msg_no_memory();
	return map_fail(s, CODE_OUTSIDE);
}

static int apply(
    struct stream *s, const struct rule *u, const char *db, const char *table, struct buf *to_db, struct buf *to_table)
{
	buf_reset(to_db);
	buf_reset(to_table);
	if (target_names(u->to, u->from, db, table, to_db, to_table) < 0)
		return map_no_memory(s);
	return strcmp(buf_str(to_db), db) != 0 || (table && strcmp(buf_str(to_table), table) != 0);
}

int map_names(
    struct stream *s, const char *db, const char *table, struct buf *to_db, struct buf *to_table, const struct rule **rule)
{
	struct rowmap *m = s->arg;
	int gave_up = 0;
	const struct rule *u = rules_find(&m->rules, db, table, &gave_up);

	*rule = u;
	if (u && !u->to && !gave_up) /* what is said of the columns stands, the name follows its database */
		u = rules_find(&m->rules, db, NULL, &gave_up);
	if (gave_up) {
		msg_error("a regular expression gave up on the name %s%s%s", db, table ? "." : "", table ? table : "");
		msg_hint("make it simpler: its work on one name is limited");
		return map_fail(s, CODE_USAGE);
	}
	if (!u || !u->to) {
		buf_reset(to_db);
		buf_reset(to_table);
		buf_adds(to_db, db);
		buf_adds(to_table, table ? table : "");
		return to_db->failed || to_table->failed ? map_no_memory(s) : 0;
	}
	if (!u->of_databases)
		return apply(s, u, db, table, to_db, to_table);
	if (apply(s, u, db, NULL, to_db, to_table) < 0)
		return -1;
	buf_adds(to_table, table ? table : "");
	return to_table->failed ? map_no_memory(s) : strcmp(buf_str(to_db), db) != 0;
}

/* Which tables there are to copy, in the order of their names. */
#include <stdlib.h>
#include <string.h>

#include "copy.h"
#include "msg.h"

int name_cmp(const char *db, const char *name, const char *db2, const char *name2)
{
	int r = strcmp(db, db2);

	return r ? r : strcmp(name, name2);
}

static int by_name(const void *a, const void *b)
{
	const struct ctable *x = a, *y = b;

	return name_cmp(x->db, x->name, y->db, y->name);
}

struct listing {
	struct copy *c;
	size_t cap;
	int failed; /* -1 no memory, 1 a pattern gave up */
};

static int is_system(const char *db)
{
	static const char *const names[] = {"mysql", "sys", "performance_schema", "information_schema", "rowferry"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcasecmp(names[i], db))
			return 1;
	return 0;
}

static int on_table(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct listing *l = arg;
	struct copy *c = l->c;
	struct ctable *t;
	int has;

	if (ncols != 5 || !v[0] || !v[1] || is_system(v[0]))
		return 0;
	has = pattern_list_has(&c->list, v[0], lens[0], v[1], lens[1]);
	if (has <= 0) {
		l->failed = has < 0;
		return has < 0;
	}
	if (c->ntables == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		t = realloc(c->tables, l->cap * sizeof *t);
		if (!t)
			goto no_memory;
		c->tables = t;
	}
	t = &c->tables[c->ntables];
	memset(t, 0, sizeof *t);
	t->db = strdup(v[0]);
	t->name = strdup(v[1]);
	c->ntables++;
	if (!t->db || !t->name)
		goto no_memory;
	t->is_sequence = v[2] && !strcmp(v[2], "SEQUENCE");
	t->rows = v[3] ? strtoull(v[3], NULL, 10) : 0;
	t->row_bytes = v[4] ? strtoull(v[4], NULL, 10) : 0;
	return 0;
no_memory:
	l->failed = -1;
	return 1;
}

static void forget(struct copy *c)
{
	for (size_t i = 0; i < c->ntables; i++) {
		free(c->tables[i].db);
		free(c->tables[i].name);
	}
	free(c->tables);
	c->tables = NULL;
	c->ntables = 0;
}

/* Tables that it has no right to are not shown to an account: one without any right would copy nothing, and say that it is done.
 */
static int may_read(struct copy *c)
{
	static const char sql[] = "SELECT 1 FROM (SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES UNION ALL"
				  " SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES UNION ALL"
				  " SELECT PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES UNION ALL"
				  " SELECT PRIVILEGE_TYPE FROM information_schema.COLUMN_PRIVILEGES) AS all_of_them"
				  " WHERE PRIVILEGE_TYPE='SELECT' OR IFNULL(CURRENT_ROLE(), 'NONE') <> 'NONE' LIMIT 1";
	struct buf v = BUF_INIT;
	int r = conn_value(c->meta, sql, &v);

	buf_release(&v);
	if (r < 0)
		return copy_conn_failed(c, "ask what the user may read", c->meta);
	if (r > 0)
		return 0;
	msg_error("cannot copy: the user may read no table: it needs SELECT on those that are to be copied");
	c->code = CODE_USAGE;
	c->again = 0;
	return -1;
}

int list_tables(struct copy *c)
{
	static const char sql[] = "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_ROWS, AVG_ROW_LENGTH FROM"
				  " information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')";
	struct listing l = {.c = c};

	forget(c);
	if (!c->meta) /* only to forget */
		return 0;
	if (conn_query(c->meta, sql, sizeof sql - 1, on_table, &l) < 0)
		return copy_conn_failed(c, "list the tables", c->meta);
	if (l.failed < 0)
		return copy_no_memory(c);
	if (l.failed) {
		msg_error("a regular expression gave up on a table's name");
		c->code = CODE_USAGE;
		return -1;
	}
	if (!c->ntables)
		return may_read(c);
	qsort(c->tables, c->ntables, sizeof *c->tables, by_name);
	return 0;
}

size_t list_after(const struct copy *c, const char *db, const char *name, int with)
{
	size_t i = 0;

	for (; i < c->ntables; i++) {
		int r = name_cmp(c->tables[i].db, c->tables[i].name, db, name);

		if (r > 0 || (with && r == 0))
			break;
	}
	return i;
}

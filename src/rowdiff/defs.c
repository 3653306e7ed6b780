#include "defs.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "msg.h"
#include "rowread.h"

#define READ_TIMEOUT_S 86400

int no_memory(void)
{
	msg_no_memory();
	return CODE_OUTSIDE;
}

static int say_failed(struct link *l, const char *what, int outside, const char *why)
{
	l->is_down = outside;
	if (!outside || !l->is_lost)
		msg_error("%s %s the %s, %s: %s", outside ? "could not" : "cannot", what, l->side, conn_opts_where(l->opts), why);
	else if (!atomic_exchange(l->is_lost, 1))
		msg_warn("could not %s the %s, %s: %s; goes on when it can", what, l->side, conn_opts_where(l->opts), why);
	return outside ? CODE_OUTSIDE : CODE_USAGE;
}

int link_failed(struct link *l, const char *what)
{
	struct buf doing = BUF_INIT;
	int code;

	buf_printf(&doing, "%s on", what);
	code = say_failed(l, buf_str(&doing), conn_error_is_outside(conn_errno(l->c)), conn_error(l->c));
	buf_release(&doing);
	return code;
}

int link_open(struct link *l, const char *side, const struct conn_opts *o)
{
	struct buf err = BUF_INIT;
	unsigned no = 0;
	int code = CODE_OK;

	l->side = side;
	l->opts = o;
	l->is_down = 0;
	l->c = conn_open(o, CONN_QUERY, READ_TIMEOUT_S, &err, &no);
	if (!l->c) {
		code = say_failed(l, "connect to", conn_error_is_outside(no), buf_str(&err));
		if (conn_error_hint(no) && !(l->is_lost && code == CODE_OUTSIDE))
			msg_hint("%s", conn_error_hint(no));
	} else {
		l->is_mariadb = conn_is_mariadb(l->c);
		if (conn_queryz(l->c, rowread_session(l->is_mariadb)) < 0 ||
		    conn_queryz(l->c, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED") < 0)
			code = link_failed(l, "prepare the session");
		else if (!l->is_mariadb && conn_version(l->c) >= 80030)
			(void)conn_queryz(l->c, "SET show_gipk_in_create_table_and_information_schema = ON");
	}
	buf_release(&err);
	return code;
}

void link_close(struct link *l)
{
	conn_close(l->c);
	l->c = NULL;
}

/* ---- definitions */

int defs_read(struct link *l, struct schema *s, const char *db, const char *name, struct table **out)
{
	struct schema_found f = {0};
	struct table *t = table_new(db, name, TABLE_MAX_COLS);
	struct column *cols;
	int code = CODE_OK;

	*out = NULL;
	if (!t)
		goto no_memory;
	if (schema_read(s, l->c, t, &f) < 0) {
		code = link_failed(l, "read a table's definition");
		goto out;
	}
	if (f.no_memory)
		goto no_memory;
	if (f.odd.len) {
		msg_error("cannot compare table \"%s.%s\" of the %s: %s is not known to this version", db, name, l->side,
		    buf_str(&f.odd));
		msg_hint("leave it out with --exclude");
		code = CODE_USAGE;
		goto out;
	}
	if (!f.n)
		goto out;
	t->ncols = f.n;
	cols = realloc(t->cols, f.n * sizeof *cols);
	if (cols)
		t->cols = cols;
	if (schema_read_keys(s, l->c, t, &f) < 0) {
		code = link_failed(l, "read a table's keys");
		goto out;
	}
	if (f.no_memory)
		goto no_memory;
	*out = t;
	t = NULL;
	goto out;
no_memory:
	code = no_memory();
out:
	table_free(t);
	schema_found_release(&f);
	return code;
}

struct listing {
	struct buf names; /* db, zero, table, zero */
	int (*wanted)(void *arg, const char *db, const char *name);
	void *arg;
};

static int on_name(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct listing *l = arg;

	if (ncols != 2 || !v[0] || !v[1] || !l->wanted(l->arg, v[0], v[1]))
		return 0;
	(void)buf_add(&l->names, v[0], lens[0] + 1);
	return buf_add(&l->names, v[1], lens[1] + 1) < 0;
}

static int add(struct defs *d, struct table *t)
{
	if (d->n == d->cap) {
		size_t cap = d->cap ? 2 * d->cap : 64;
		struct table **p = realloc(d->t, cap * sizeof(struct table *));

		if (!p)
			return -1;
		d->t = p;
		d->cap = cap;
	}
	d->t[d->n++] = t;
	return 0;
}

int defs_load(struct defs *d, struct link *l, int (*wanted)(void *arg, const char *db, const char *name), void *arg)
{
	static const char sql[] =
	    "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM "
	    "VERSIONED')"
	    " AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema', 'rowferry')"
	    " ORDER BY TABLE_SCHEMA, TABLE_NAME";
	struct listing list = {.wanted = wanted, .arg = arg};
	struct schema *s = schema_new();
	int code = CODE_OK;

	if (!s || conn_query(l->c, sql, sizeof sql - 1, on_name, &list) < 0)
		code = s ? link_failed(l, "list tables") : no_memory();
	for (const char *p = (const char *)list.names.p, *end = p + list.names.len; code == CODE_OK && p < end;) {
		const char *name = p + strlen(p) + 1;
		struct table *t;

		code = defs_read(l, s, p, name, &t);
		if (t && add(d, t) < 0) {
			table_free(t);
			code = no_memory();
		}
		p = name + strlen(name) + 1;
	}
	buf_release(&list.names);
	schema_free(s);
	return code;
}

void defs_release(struct defs *d)
{
	for (size_t i = 0; i < d->n; i++)
		table_free(d->t[i]);
	free(d->t);
	*d = (struct defs){NULL, 0, 0};
}

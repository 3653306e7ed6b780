/* What rowcopy itself writes to the stream: its HELLO, and the parts of a copy, each a transaction. */
#include <stdio.h>
#include <string.h>

#include "copy.h"
#include "msg.h"
#include "opt.h"
#include "status.h"

int copy_no_memory(struct copy *c)
{
	msg_no_memory();
	c->code = CODE_OUTSIDE;
	return -1;
}

void copy_tell_end(const struct copy *c)
{
	char lock[80] = "no lock was taken on the source";

	if (c->locked_us)
		snprintf(lock, sizeof lock, "the longest lock on the source was %.1f ms", (double)c->locked_us / 1e3);
	msg_tell("everything is copied: %llu rows in %.1f s; %s", (unsigned long long)c->rows,
	    (double)(status_clock_us() - c->began_us) / 1e6, lock);
}

int copy_failed(struct copy *c, const char *what, unsigned no, const char *why)
{
	/* a snapshot that is too old for a definition that is new: another one can read it */
	c->again = conn_error_is_outside(no) || no == 1412 || no == 1146;
	c->code = c->again ? CODE_OUTSIDE : CODE_USAGE;
	msg_error("%s %s: %s", c->again ? "could not" : "cannot", what, why);
	if (no == 1044) /* the server does not say which */
		msg_hint("grant the user LOCK TABLES on the database; all that it needs is in rowcopy(1) under Privileges");
	else if (no == 1142 || no == 1143 || no == 1227)
		msg_hint("all that the user needs is in rowcopy(1) under Privileges");
	else if (conn_error_hint(no))
		msg_hint("%s", conn_error_hint(no));
	return -1;
}

int copy_conn_failed(struct copy *c, const char *what, const struct conn *conn)
{
	return copy_failed(c, what, conn_errno(conn), conn_error(conn));
}

void copy_is_at(struct copy *c, uint64_t rows_of_chunk)
{
	uint64_t all = 0, have = c->rows + rows_of_chunk;

	for (size_t i = 0; i < c->ntables; i++)
		all += c->tables[i].rows;
	status_now.copied_rows = have;
	status_now.copy_rows = all > have ? all : have;
}

static int wrote(struct copy *c, int r)
{
	return r < 0 || c->out->failed ? copy_no_memory(c) : 0;
}

int write_copy_hello(struct copy *c)
{
	struct rec_hello h = {.version = 1, .by = str_of("rowcopy " ROWFERRY_VERSION)};
	struct buf state = BUF_INIT;
	int r;

	h.flavor = str_of(c->self.flavor);
	h.server = str_of(conn_version_text(c->meta));
	h.server_id = c->self.server_id;
	h.has_server_id = c->self.has_server_id;
	if (*c->self.uuid)
		h.uuid = str_of(c->self.uuid);
	h.file = str_of(c->at.file);
	h.off = c->at.off;
	h.has_off = 1;
	if (c->at.has_gtid)
		h.gtid = str_n(c->at.gtid.p ? (char *)c->at.gtid.p : "", c->at.gtid.len);
	h.time_us = c->ts_us;
	h.has_time = c->ts_us > 0;
	state_print(&c->state, c->id, c->part, &state);
	h.copy = str_of(buf_str(&state));
	r = write_hello(c->out, &h);
	buf_release(&state);
	return wrote(c, r);
}

int part_begin(struct copy *c)
{
	struct rec_begin b = {.file = str_of(c->at.file), .off = c->at.off, .ts_us = c->ts_us, .has_ts = c->ts_us > 0};
	char part[64];

	snprintf(part, sizeof part, "%s.%llu", c->id, (unsigned long long)++c->part);
	b.copy = str_of(part);
	return wrote(c, write_begin(c->out, &b));
}

int part_commit(struct copy *c, uint64_t rows)
{
	struct rec_commit r = {.file = str_of(c->at.file), .off = c->at.off, .rows = rows};
	struct buf state = BUF_INIT;
	int rc;

	state_print(&c->state, c->id, c->part, &state);
	r.copy = str_of(buf_str(&state));
	rc = write_commit(c->out, &r);
	buf_release(&state);
	c->rows += rows;
	status_now.written_rows += rows;
	return wrote(c, rc) < 0 ? -1 : c->flush(c);
}

int part_rollback(struct copy *c)
{
	struct rec_rollback r = {.file = str_of(c->at.file), .off = c->at.off, .has_off = 1};

	return wrote(c, write_rollback(c->out, &r));
}

int part_ddl(struct copy *c, const char *verb, const char *db, const char *name, const struct buf *sql)
{
	struct rec_name names[1] = {{str_of(db), str_of(name)}};
	struct rec_ddl r = {.sql = str_n(sql->p, sql->len), .verb = str_of(verb), .nnames = 1, .names = names};

	r.db = str_of(*name ? db : "");
	r.has_sql_mode = r.has_fk = r.has_uniq = r.has_cs = r.has_cl = 1;
	r.sql_mode = 0; /* what the server shows is taken as it is */
	r.fk = 0;	/* tables come in the order of their names, not of their references */
	r.uniq = 1;
	r.cs = r.cl = 45; /* utf8mb4 */
	return wrote(c, write_ddl(c->out, &r));
}

int part_table(struct copy *c, const struct opened *o)
{
	if (c->told_id == o->def->id && c->told_print == o->print)
		return 0;
	c->told_id = o->def->id;
	c->told_print = o->print;
	return wrote(c, write_table(c->out, o->def, NULL));
}

static int is_begun(const struct copy *c, const char *db, const char *name)
{
	return c->state.at == STATE_ROWS && name_cmp(c->state.db, c->state.name, db, name) == 0;
}

int part_drop(struct copy *c, const char *what, const char *db, const char *name)
{
	struct buf sql = BUF_INIT, verb = BUF_INIT;
	int r;

	buf_printf(&sql, "DROP %s IF EXISTS ", what);
	sql_ident(&sql, name, strlen(name));
	buf_printf(&verb, "drop %s", what);
	r = part_ddl(c, buf_str(&verb), db, name, &sql);
	buf_release(&sql);
	buf_release(&verb);
	return r;
}

int write_tables_open(struct copy *c, const struct opened *o)
{
	const char *db = o->def->db, *name = o->def->name;
	const char *what = c->tables[o->index].is_sequence ? "sequence" : "table";
	int makes = !c->no_ddl && !c->refresh, is_there = is_begun(c, db, name), has_db;

	if (is_there && (c->state.print == o->print || c->refresh)) {
		c->state.print = o->print; /* we are at its first chunk */
		return 0;
	}
	if (is_there && !makes && !c->refresh) {
		msg_error(
		    "cannot copy table \"%s.%s\" from its start once more: with --no-ddl its rows stay on the target", db, name);
		c->code = CODE_USAGE;
		c->again = 0;
		return -1;
	}
	has_db = c->state.db && !strcmp(c->state.db, db);
	if (makes) {
		/* one part: whoever goes on from the state before it makes the same of it, so that what has run is recognised */
		if (part_begin(c) < 0 || (!has_db && part_ddl(c, "create database", db, "", &o->database) < 0) ||
		    (is_there && part_drop(c, what, db, name) < 0) || /* it was changed since */
		    part_table(c, o) < 0 ||			      /* whoever cannot run the statement makes a table of that */
		    part_ddl(c, *what == 's' ? "create sequence" : "create table", db, name, &o->create) < 0)
			return -1;
	}
	if (state_set(&c->state, STATE_ROWS, db, name) < 0)
		return copy_no_memory(c);
	c->state.print = o->print;
	return makes ? part_commit(c, 0) : 0;
}

int write_tables_close(struct copy *c, const struct opened *o)
{
	int has_after = o->after.len && !c->no_ddl && !c->refresh;

	if (!has_after && c->state.at != STATE_AFTER)
		return 0;
	if (state_set(&c->state, STATE_DONE, o->def->db, o->def->name) < 0)
		return copy_no_memory(c);
	if (part_begin(c) < 0 || (has_after && part_ddl(c, "alter table", o->def->db, o->def->name, &o->after) < 0))
		return -1;
	return part_commit(c, 0);
}

int write_over(struct copy *c)
{
	status_now.copied_rows = c->rows;
	status_now.copy_rows = 0;
	if (part_begin(c) < 0 || state_set(&c->state, STATE_OVER, NULL, NULL) < 0)
		return -1;
	return part_commit(c, 0);
}

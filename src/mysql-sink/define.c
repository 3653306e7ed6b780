#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "charset.h"
#include "code.h"
#include "create.h"
#include "ddl.h"
#include "define.h"
#include "dialect.h"
#include "msg.h"
#include "note.h"
#include "row.h"

#define SHOW_SQL 200 /* bytes of a statement in a message */

static int is_of_copy(const char *at)
{
	return !strncmp(at, "copy ", 5);
}

enum define_what define_look(const struct rec_ddl *r)
{
	struct ddl d;
	enum define_what what = DEFINE_UNKNOWN;

	if (ddl_lex(&d, r->sql.p, r->sql.n, r->has_sql_mode ? r->sql_mode : 0, r->has_cs ? charset_of_collation(r->cs) : NULL) <
	    0)
		return DEFINE_UNKNOWN;
	switch (d.class) {
	case DDL_TABLE:
	case DDL_DATABASE:
		what = DEFINE_RUN;
		break;
	case DDL_CODE:
		/* rows that triggers and events write come in the stream */
		what = note_verb_is(r, "trigger") || note_verb_is(r, "event") ? DEFINE_SKIP : DEFINE_RUN;
		break;
	case DDL_ACCOUNT:
	case DDL_TEMPORARY:
	case DDL_ADMIN:
		what = DEFINE_SKIP;
		break;
	default:
		break;
	}
	ddl_release(&d);
	return what;
}

/* ---- the session that the statement ran in */

/* The two servers, and what the statement is in the target's terms. */
struct terms {
	struct server_kind from, to;
	struct dialect_defs defs;
	struct buf text; /* of the statement, if it had to be changed */
	struct buf why;	 /* it cannot be said */
	int edt_is_set;
};

static int set(struct exec *x, struct buf *sql)
{
	return sql->failed ? -1 : link_query(&x->link, buf_str(sql), sql->len);
}

/* A collation by number: its nearest name, or the number as it is if it is of the target's family. */
static void put_collation(struct buf *sql, const struct terms *t, const char *variable, uint32_t coll)
{
	const char *name = collation_name(coll);
	struct buf near = BUF_INIT;

	if (name)
		(void)dialect_collation(&t->from, &t->to, name, &near);
	if (name && t->from.is_mariadb != t->to.is_mariadb)
		buf_printf(sql, "%s=%s", variable, buf_str(&near));
	else
		buf_printf(sql, "%s=%u", variable, coll);
	buf_release(&near);
}

/* As the source's session had it, if the target's is otherwise. */
static int set_edt(struct exec *x, const struct rec_ddl *r, struct terms *t)
{
	struct buf is = BUF_INIT;
	int rc = link_value(&x->link, "SELECT @@explicit_defaults_for_timestamp", &is);

	t->edt_is_set = rc > 0 && strcmp(buf_str(&is), r->edt_off ? "0" : "1") != 0;
	if (t->edt_is_set)
		rc = link_queryz(&x->link, r->edt_off ? "SET SESSION explicit_defaults_for_timestamp=0"
						      : "SET SESSION explicit_defaults_for_timestamp=1");
	buf_release(&is);
	return rc < 0 ? -1 : 0;
}

/* Modes, checks, time zone. 0; -1 with the link's err; 1: it cannot be said, t->why. */
static int set_modes(struct exec *x, const struct rec_ddl *r, struct terms *t, struct buf *sql)
{
	struct buf modes = BUF_INIT;
	const char *lost = dialect_sql_mode(&t->from, &t->to, r->has_sql_mode ? r->sql_mode : 0,
	    note_verb_is(r, "procedure") || note_verb_is(r, "function") || note_verb_is(r, "package"), &modes);
	int rc;

	if (lost) {
		buf_printf(&t->why, "the target has no sql_mode %s, in which the statement means something else", lost);
		buf_release(&modes);
		return 1;
	}
	buf_printf(sql, "SET SESSION foreign_key_checks=%d, unique_checks=%d, sql_mode='%s'", r->has_fk ? r->fk : 1,
	    r->has_uniq ? r->uniq : 1, buf_str(&modes));
	buf_release(&modes);
	if (r->tz.p) {
		buf_adds(sql, ", time_zone=");
		sql_string(sql, r->tz.p, r->tz.n);
	}
	rc = set(x, sql);
	if (rc < 0 && x->link.err_no == 1298) {
		msg_warn("the target does not know time zone '%.*s' of a DDL statement: UTC is taken", (int)r->tz.n, r->tz.p);
		sql->len = (size_t)(strstr(buf_str(sql), ", time_zone=") - (char *)sql->p);
		rc = set(x, sql);
	}
	return rc;
}

static int set_collations(struct exec *x, const struct rec_ddl *r, struct terms *t, struct buf *sql)
{
	const char *cs = charset_of_collation(r->cserver);
	int rc = 0;

	buf_reset(sql);
	dialect_session(&t->from, &t->to, &t->defs, sql);
	if (sql->len) {
		struct buf all = BUF_INIT;

		buf_printf(&all, "SET SESSION %s", buf_str(sql));
		rc = set(x, &all);
		buf_release(&all);
	}
	if (rc == 0 && r->has_cserver) {
		buf_reset(sql);
		put_collation(sql, t, "SET SESSION collation_server", r->cserver);
		rc = set(x, sql);
		if (rc < 0 && x->link.err_no == 1273 && cs) { /* one of the other family */
			buf_reset(sql);
			buf_printf(sql, "SET SESSION character_set_server=%s", cs);
			rc = set(x, sql);
		}
	}
	/* the last, as it says how this very text is read */
	if (rc == 0 && r->has_cs) {
		cs = charset_of_collation(r->cs);
		buf_reset(sql);
		if (cs)
			buf_printf(sql, "SET SESSION character_set_client=%s", cs);
		else
			buf_printf(sql, "SET SESSION character_set_client=%u", r->cs);
		if (r->has_cl)
			put_collation(sql, t, ", collation_connection", r->cl);
		rc = set(x, sql);
		if (rc < 0 && x->link.err_no == 1273 && cs) {
			buf_reset(sql);
			buf_printf(sql, "SET SESSION character_set_client=%s, character_set_connection=%s", cs, cs);
			rc = set(x, sql);
		}
	}
	return rc;
}

/* The statement's text and session. 0; -1 with the link's err; 1: it cannot be said, t->why. */
static int set_env(struct exec *x, const struct rec_ddl *r, struct terms *t, size_t n)
{
	struct buf sql = BUF_INIT, verb = BUF_INIT;
	int rc;

	(void)buf_add(&verb, r->verb.p, r->verb.n);
	t->from = server_kind_of(!strcmp(x->source.flavor, "mariadb"), x->source.version);
	t->to.is_mariadb = x->link.is_mariadb;
	t->to.version = (unsigned)x->link.version;
	t->defs.coll = r->defs;
	t->defs.n = r->ndefs;
	buf_reset(&t->text);
	buf_reset(&t->why);
	rc = set_modes(x, r, t, &sql);
	if (rc == 0)
		rc = set_edt(x, r, t);
	/* whether a foreign key may refer to it the source has decided */
	if (rc == 0 && !t->to.is_mariadb && t->to.version >= 80400)
		rc = link_queryz(&x->link, "SET SESSION restrict_fk_on_non_standard_key=0");
	if (rc == 0 && dialect_rewrite(&t->from, &t->to, &t->defs, buf_str(&verb), r->sql.p, n, r->has_sql_mode ? r->sql_mode : 0,
			   r->has_cs ? charset_of_collation(r->cs) : NULL, &t->text) < 0) {
		buf_adds(&t->why, "out of memory");
		rc = 1;
	}
	if (rc == 0)
		rc = set_collations(x, r, t, &sql);
	buf_release(&sql);
	buf_release(&verb);
	return rc;
}

/* The session as rows need it. */
static int reset_env(struct exec *x, const struct terms *t)
{
	if (link_set_session(&x->link) < 0 ||
	    (t->edt_is_set && link_queryz(&x->link, "SET SESSION explicit_defaults_for_timestamp=DEFAULT") < 0))
		return -1;
	if (x->link.is_mariadb) {
		if (x->link.version >= 100601 && link_queryz(&x->link, "SET SESSION old_mode=DEFAULT") < 0)
			return -1;
		return x->link.version < 110201 ? 0 : link_queryz(&x->link, "SET SESSION character_set_collations=DEFAULT");
	}
	if (x->link.version >= 80400 && link_queryz(&x->link, "SET SESSION restrict_fk_on_non_standard_key=DEFAULT") < 0)
		return -1;
	return x->link.version < 80011 ? 0 : link_queryz(&x->link, "SET SESSION default_collation_for_utf8mb4=DEFAULT");
}

/* 0; 1: there is no such database, which matters only to names without one; -1 */
static int use_db(struct exec *x, const struct rec_ddl *r)
{
	struct buf sql = BUF_INIT;
	int rc;

	if (!r->db.p || !r->db.n)
		return 0;
	buf_adds(&sql, "USE ");
	sql_ident(&sql, r->db.p, r->db.n);
	rc = link_query(&x->link, buf_str(&sql), sql.len);
	buf_release(&sql);
	return rc < 0 && x->link.err_no == 1049 ? 1 : rc;
}

/* ---- running */

/* What MySQL adds to the table of a CREATE TABLE ... SELECT in its log, and takes from replicas alone. */
static size_t without_start_transaction(const struct rec_ddl *r)
{
	static const char tail[] = "START TRANSACTION";
	size_t n = r->sql.n;

	while (n && (r->sql.p[n - 1] == ' ' || r->sql.p[n - 1] == ';'))
		n--;
	if (note_verb_is(r, "create") && n > sizeof tail && !strncasecmp(r->sql.p + n - (sizeof tail - 1), tail, sizeof tail - 1))
		return n - (sizeof tail - 1);
	return r->sql.n;
}

static int stop_at(struct exec *x, const struct rec_ddl *r, const char *where, const char *why, int code)
{
	int n = r->sql.n < SHOW_SQL ? (int)r->sql.n : SHOW_SQL;

	msg_error("%s run \"%.*s%s\" at %s: %s", code == CODE_OUTSIDE ? "could not" : "cannot", n, r->sql.p,
	    n < (int)r->sql.n ? "..." : "", where, why);
	if (code == CODE_USAGE)
		msg_hint("mend the target and start again, or do there by hand what the statement is for and start again with "
			 "--skip-ddl %s",
		    where);
	x->code = code;
	return -1;
}

/* --create-tables: the table of a copy, which this server does not make of the source's statement. STOP: it is not to be had. */
static enum exec_result make_instead(
    struct exec *x, const struct rec_ddl *r, const struct table *def, const char *where, const char *why)
{
	const struct server_kind from = server_kind_of(!strcmp(x->source.flavor, "mariadb"), x->source.version);
	struct target_table *t = NULL;
	struct buf sql = BUF_INIT, failed = BUF_INIT;
	enum exec_result result = EXEC_OK;
	unsigned no = 0;
	int is_there;

	buf_adds(&sql, "SELECT 1 FROM ");
	note_put_name(&sql, &r->names[0]);
	buf_adds(&sql, " LIMIT 0");
	is_there = link_query(&x->link, buf_str(&sql), sql.len) == 0 || !link_lacks_table(&x->link);
	if (is_there) { /* it is not ours */
		result = EXEC_STOP;
	} else if (create_table(x->link.opts, &from, def, x->target, &t, &failed, &no) < 0) {
		result = row_error_is_again(no) ? EXEC_AGAIN : EXEC_STOP;
		msg_info("nor can table \"%s.%s\" be made of its columns and keys: %s", def->db, def->name, buf_str(&failed));
	} else {
		msg_warn("table \"%s.%s\" has no more than its columns and its primary and unique keys: the target refuses the "
			 "source's statement at %s: %s",
		    def->db, def->name, where, why);
	}
	buf_release(&sql);
	buf_release(&failed);
	return result;
}

static enum exec_result run(struct exec *x, const struct rec_ddl *r, const struct table *def, const char *where)
{
	enum exec_result result = EXEC_OK;
	struct terms t = {.text = BUF_INIT, .why = BUF_INIT};
	size_t n = without_start_transaction(r);
	int rc;

	rc = use_db(x, r);
	if (rc >= 0)
		rc = set_env(x, r, &t, n);
	if (rc == 0 && t.text.len)
		msg_info("for this target the statement at %s is: %.*s", where, (int)t.text.len, (const char *)t.text.p);
	if (rc == 0)
		rc = t.text.len ? link_query(&x->link, buf_str(&t.text), t.text.len) : link_query(&x->link, r->sql.p, n);
	if (rc > 0) {
		result = EXEC_STOP;
	} else if (rc < 0) {
		buf_adds(&t.why, buf_str(&x->link.err));
		result = row_error_is_again(x->link.err_no) ? EXEC_AGAIN : EXEC_STOP;
	}
	if (result != EXEC_AGAIN && reset_env(x, &t) < 0)
		link_close(&x->link); /* the next one is set when it is opened */
	if (result == EXEC_STOP && def && x->link.c)
		result = make_instead(x, r, def, where, buf_str(&t.why));
	if (result == EXEC_STOP)
		(void)stop_at(x, r, where, buf_str(&t.why), CODE_USAGE);
	buf_release(&t.text);
	buf_release(&t.why);
	return result;
}

/* A statement on the checkpoint that must find it as ours. Releases the text. */
static enum exec_result write_checkpoint(struct exec *x, struct buf *sql)
{
	enum exec_result result = EXEC_OK;

	if (link_query(&x->link, buf_str(sql), sql->len) < 0)
		result = exec_link_failed(x, "write the checkpoint");
	else if (conn_affected(x->link.c) != 1)
		result = exec_moved(x);
	buf_release(sql);
	return result;
}

/* Notes in the checkpoint what is about to run. */
static enum exec_result note(struct exec *x, const char *at, const char *print)
{
	struct buf sql = BUF_INIT;
	enum exec_result result;

	ckpt_sql_ddl(x->ckpt, at, print, &sql);
	result = write_checkpoint(x, &sql);
	if (result != EXEC_OK)
		return result;
	x->ckpt->seq++;
	buf_reset(&x->ckpt->ddl_at);
	buf_reset(&x->ckpt->ddl_print);
	buf_adds(&x->ckpt->ddl_at, at);
	buf_adds(&x->ckpt->ddl_print, print);
	return EXEC_OK;
}

/* The statement was refused and has changed nothing: however the target is mended, it did not run. */
static void withdraw(struct exec *x, const struct rec_ddl *r, const char *print)
{
	struct buf sql = BUF_INIT;
	char now[17];

	if (!x->link.c || note_look(x, r, now) < 0 || strcmp(now, print) != 0)
		return;
	ckpt_sql_ddl(x->ckpt, NULL, NULL, &sql);
	if (link_query(&x->link, buf_str(&sql), sql.len) == 0 && conn_affected(x->link.c) == 1) {
		x->ckpt->seq++;
		buf_reset(&x->ckpt->ddl_at);
		buf_reset(&x->ckpt->ddl_print);
	}
	buf_release(&sql);
}

static enum exec_result still_ours(struct exec *x)
{
	struct buf sql = BUF_INIT;

	ckpt_sql_hold(x->ckpt, &sql);
	return write_checkpoint(x, &sql);
}

/*
 * A table of a copy that was made, but not noted as done, and whose definition on the source was changed since: it is made
 * once more. That of a copy has no rows then; one that has some is not it.
 */
static enum exec_result unmake(struct exec *x, const struct rec_ddl *r)
{
	struct buf sql = BUF_INIT, v = BUF_INIT;
	int rc;

	buf_adds(&sql, "SELECT 1 FROM ");
	note_put_name(&sql, &r->names[0]);
	buf_adds(&sql, " LIMIT 1");
	rc = link_value(&x->link, buf_str(&sql), &v);
	if (rc == 0) {
		buf_reset(&sql);
		buf_adds(&sql, "DROP TABLE ");
		note_put_name(&sql, &r->names[0]);
		rc = link_query(&x->link, buf_str(&sql), sql.len);
		if (rc == 0)
			msg_info("table \"%.*s.%.*s\" is made once more: its definition was changed since", (int)r->names[0].db.n,
			    r->names[0].db.p, (int)r->names[0].name.n, r->names[0].name.p);
	}
	buf_release(&sql);
	buf_release(&v);
	return rc < 0 && row_error_is_again(x->link.err_no) ? EXEC_AGAIN
							    : EXEC_OK; /* else the statement itself says what is wrong */
}

/*
 * One attempt. The note survives everything; whether the statement ran is seen
 * from the objects alone.
 */
static enum exec_result attempt(
    struct exec *x, const struct rec_ddl *r, const struct table *def, const char *at, const char *where)
{
	enum exec_result result;
	char print[17];

	if (note_look(x, r, print) < 0)
		return EXEC_AGAIN;
	if (is_of_copy(at) && note_is_of(x->ckpt, at, NOTE_NAMES) && !note_is_of(x->ckpt, at, NOTE_TEXT) &&
	    note_verb_is(r, "create") && note_verb_is(r, "table") && r->nnames == 1 &&
	    strcmp(buf_str(&x->ckpt->ddl_print), print) != 0) {
		result = still_ours(x);
		if (result == EXEC_OK)
			result = unmake(x, r);
		if (result != EXEC_OK)
			return result;
		if (note_look(x, r, print) < 0)
			return EXEC_AGAIN;
	}
	if (note_is_of(x->ckpt, at, NOTE_TEXT)) {
		/* a session that a later holder ends: from here on it is ours, or it is over */
		result = still_ours(x);
		if (result != EXEC_OK)
			return result;
		if (strcmp(buf_str(&x->ckpt->ddl_print), print) != 0) {
			msg_info("the statement at %s had run before", where);
			return EXEC_OK;
		}
	} else {
		result = note(x, at, print);
		if (result != EXEC_OK)
			return result;
	}
	result = run(x, r, def, where);
	if (result == EXEC_STOP)
		withdraw(x, r, print);
	return result;
}

/* After a lost connection: whether the note was written is not known. */
static enum exec_result reread(struct exec *x, const char *at)
{
	struct ckpt now = {.pipeline = x->ckpt->pipeline};
	enum exec_result result = EXEC_OK;

	switch (ckpt_load(&now, &x->link)) {
	case CKPT_FAILED:
		result = exec_link_failed(x, "read the checkpoint");
		break;
	case CKPT_NONE:
		result = exec_moved(x);
		break;
	case CKPT_FOUND:
		if (now.epoch == x->ckpt->epoch && now.seq == x->ckpt->seq + 1 && !strcmp(buf_str(&now.ddl_at), at)) {
			x->ckpt->seq++;
			buf_reset(&x->ckpt->ddl_at);
			buf_reset(&x->ckpt->ddl_print);
			buf_adds(&x->ckpt->ddl_at, buf_str(&now.ddl_at));
			buf_adds(&x->ckpt->ddl_print, buf_str(&now.ddl_print));
		} else if (now.epoch != x->ckpt->epoch || now.seq != x->ckpt->seq) {
			result = exec_moved(x);
		}
	}
	ckpt_release(&now);
	return result;
}

int define_run(
    struct exec *x, const struct rec_ddl *r, const struct table *def, const char *trx, unsigned number, const char *where)
{
	int64_t deadline = 0;
	unsigned wait = 20;
	char at[700];
	int ran;

	note_put(at, sizeof at, r, trx, number);
	if (!x->o->create_tables || !is_of_copy(at) || !note_verb_is(r, "create") || !note_verb_is(r, "table"))
		def = NULL;
	ran = note_is_past(x->ckpt, trx, number);
	/* a copy may have gone on with another database meanwhile; that it is there is all that its statement wants */
	if (ran && !(is_of_copy(at) && note_verb_is(r, "database"))) {
		msg_info("the statement at %s had run before", where);
		return 0;
	}
	for (;;) {
		enum exec_result result = EXEC_OK;

		if (!x->link.c) {
			result = exec_reconnect(x, deadline ? deadline : exec_now_ms() + x->o->retry_s * 1000ll);
			if (result == EXEC_OK)
				result = reread(x, at);
		}
		if (result == EXEC_OK)
			result = ran ? run(x, r, NULL, where) : attempt(x, r, def, at, where);
		if (result == EXEC_OK)
			break;
		if (result != EXEC_AGAIN)
			return -1;
		if (!deadline)
			deadline = exec_now_ms() + x->o->retry_s * 1000ll;
		x->n.retries++;
		/* a new session waits until the old one, and with it the statement, is over */
		link_close(&x->link);
		if (exec_now_ms() + wait > deadline)
			return stop_at(x, r, where, buf_str(&x->link.err), CODE_OUTSIDE);
		(void)exec_wait_ms(wait);
		wait = wait < 2000 ? 2 * wait : 3000;
	}
	target_forget(x->target);
	return 0;
}

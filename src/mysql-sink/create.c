#include <string.h>
#include <strings.h>

#include "charset.h"
#include "create.h"

#define WAIT_S "20" /* for a lock of somebody else */

static int is_number(enum col_type t)
{
	return t <= COL_DOUBLE;
}

static void put_labels(struct buf *sql, const struct column *c)
{
	struct buf text = BUF_INIT;

	(void)buf_add8(sql, '(');
	for (uint32_t i = 0; i < c->nlabels; i++) {
		buf_reset(&text);
		if (!c->charset || charset_is_utf8(c->charset) ||
		    charset_to_utf8(c->charset, c->labels[i].p, c->labels[i].n, &text) < 0) {
			buf_reset(&text);
			(void)buf_add(&text, c->labels[i].p, c->labels[i].n);
		}
		if (i)
			(void)buf_add8(sql, ',');
		sql_string(sql, text.p, text.len);
	}
	(void)buf_add8(sql, ')');
	buf_release(&text);
}

/* The type's name on this server, and its length. */
static void put_type(struct buf *sql, const struct column *c, int mariadb)
{
	switch (c->type) {
	case COL_UUID:
		buf_adds(sql, mariadb ? "uuid" : "char(36)");
		return;
	case COL_INET4:
		buf_adds(sql, mariadb ? "inet4" : "varchar(15)");
		return;
	case COL_INET6:
		buf_adds(sql, mariadb ? "inet6" : "varchar(39)");
		return;
	default:
		buf_adds(sql, col_type_name(c->type));
	}
	switch (c->type) {
	case COL_DECIMAL:
		if (c->len)
			buf_printf(sql, "(%u,%u)", c->len, c->dec);
		break;
	case COL_BIT:
	case COL_CHAR:
	case COL_VARCHAR:
	case COL_BINARY:
	case COL_VARBINARY:
		buf_printf(sql, "(%u)", c->len);
		break;
	case COL_VECTOR:
		buf_printf(sql, "(%u)", c->len / 4);
		break;
	case COL_TIME:
	case COL_DATETIME:
	case COL_TIMESTAMP:
		buf_printf(sql, "(%u)", c->dec);
		break;
	case COL_ENUM:
	case COL_SET:
		put_labels(sql, c);
		break;
	default:
		break;
	}
	if (c->is_unsigned && is_number(c->type) && c->type != COL_BIT && c->type != COL_YEAR)
		buf_adds(sql, " unsigned");
	if (c->charset && col_type_has_charset(c->type)) {
		const char *coll = c->coll ? collation_name(c->coll) : NULL;

		buf_printf(sql, " CHARACTER SET %s", c->charset);
		if (coll)
			buf_printf(sql, " COLLATE %s", coll);
	}
}

static void put_key(struct buf *sql, const struct table *t, const struct key *k)
{
	buf_adds(sql, k->primary ? ", PRIMARY KEY (" : ", UNIQUE KEY ");
	if (!k->primary) {
		if (k->name)
			sql_ident(sql, k->name, strlen(k->name));
		buf_adds(sql, " (");
	}
	for (uint32_t i = 0; i < k->ncols; i++) {
		const struct column *c = &t->cols[k->cols[i]];

		if (i)
			(void)buf_add8(sql, ',');
		sql_ident(sql, c->name, strlen(c->name));
		if (k->parts && k->parts[i])
			buf_printf(sql, "(%u)", k->parts[i]);
	}
	(void)buf_add8(sql, ')');
}

static void put_table(struct buf *sql, const struct table *t, int mariadb)
{
	buf_adds(sql, "CREATE TABLE IF NOT EXISTS ");
	sql_ident(sql, t->db, strlen(t->db));
	(void)buf_add8(sql, '.');
	sql_ident(sql, t->name, strlen(t->name));
	(void)buf_add(sql, " (", 2);
	for (uint32_t i = 0; i < t->ncols; i++) {
		const struct column *c = &t->cols[i];

		if (i)
			buf_adds(sql, ", ");
		sql_ident(sql, c->name, strlen(c->name));
		(void)buf_add8(sql, ' ');
		put_type(sql, c, mariadb);
		buf_adds(sql, c->nullable == 0 ? " NOT NULL" : " NULL");
		/* else the server gives the first timestamp a default of its own */
		if (c->type == COL_TIMESTAMP && c->nullable == 0)
			buf_adds(sql, " DEFAULT '1970-01-01 00:00:01'");
	}
	for (uint32_t i = 0; i < t->nkeys; i++)
		put_key(sql, t, &t->keys[i]);
	(void)buf_add8(sql, ')');
}

/*
 * The caller's transaction is open and may hold locks. What would wait for them, as CREATE DATABASE does on MySQL for
 * whoever has touched one of its tables, would wait for ever, so a database that is there is left alone.
 */
static int create_database(struct link *l, const char *db)
{
	struct buf sql = BUF_INIT, v = BUF_INIT;
	int rc;

	buf_adds(&sql, "SELECT 1 FROM information_schema.schemata WHERE schema_name=");
	sql_string(&sql, db, strlen(db));
	rc = link_value(l, buf_str(&sql), &v);
	if (rc == 0) {
		buf_reset(&sql);
		buf_adds(&sql, "CREATE DATABASE IF NOT EXISTS ");
		sql_ident(&sql, db, strlen(db));
		rc = link_query(l, buf_str(&sql), sql.len);
	}
	buf_release(&v);
	buf_release(&sql);
	return rc < 0 ? -1 : 0;
}

int create_table(const struct conn_opts *conn, const struct table *t, struct target *target, struct target_table **found,
    struct buf *why, unsigned *no)
{
	struct buf sql = BUF_INIT;
	struct link l;
	int rc = -1;

	link_init(&l, conn, NULL);
	buf_reset(why);
	if (link_open(&l, 0) != LINK_OK)
		goto out;
	if (link_queryz(&l, "SET SESSION lock_wait_timeout=" WAIT_S) < 0 || create_database(&l, t->db) < 0)
		goto out;
	put_table(&sql, t, l.is_mariadb);
	if (link_query(&l, buf_str(&sql), sql.len) < 0)
		goto out;
	switch (target_find(target, &l, t->db, t->name, found)) {
	case TARGET_FOUND:
		rc = 0;
		break;
	case TARGET_NONE:
		buf_adds(why, "it is not there afterwards");
		break;
	case TARGET_FAILED:
		break;
	}
out:
	if (rc < 0 && !why->len)
		buf_adds(why, buf_str(&l.err));
	buf_str(why);
	*no = l.err_no;
	link_release(&l);
	buf_release(&sql);
	return rc;
}

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

/* MariaDB does not know gb18030: such text becomes utf8mb4, which takes up to half as much room again. */
static int becomes_utf8mb4(const struct column *c, const struct server_kind *to)
{
	return c->charset && to->is_mariadb && !strcasecmp(c->charset, "gb18030");
}

/* A type that only MariaDB has, or a younger one: what holds its values elsewhere is a line of rowservers(7). */
static int put_replaced(struct buf *sql, const struct column *c, const struct server_kind *to)
{
	const char *instead = dialect_type(to, col_type_name(c->type));

	if (!instead)
		return 0;
	buf_adds(sql, instead);
	if (c->type == COL_VECTOR)
		buf_printf(sql, "(%u)", c->len);
	return 1;
}

static void put_charset(struct buf *sql, const struct column *c, const struct server_kind *from, const struct server_kind *to)
{
	const char *coll = c->coll ? collation_name(c->coll) : NULL;
	struct buf near = BUF_INIT;

	if (!c->charset)
		return;
	if (becomes_utf8mb4(c, to)) {
		buf_adds(sql, " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
		return;
	}
	buf_printf(sql, " CHARACTER SET %s", c->charset);
	if (coll) {
		(void)dialect_collation(from, to, coll, &near);
		buf_printf(sql, " COLLATE %s", buf_str(&near));
	}
	buf_release(&near);
}

/* The type's name on this server, and its length. */
static void put_type(struct buf *sql, const struct column *c, const struct server_kind *from, const struct server_kind *to)
{
	if (put_replaced(sql, c, to))
		return;
	if (becomes_utf8mb4(c, to) && c->type == COL_TINYTEXT)
		buf_adds(sql, "text");
	else if (becomes_utf8mb4(c, to) && c->type == COL_TEXT)
		buf_adds(sql, "mediumtext");
	else if (becomes_utf8mb4(c, to) && c->type == COL_MEDIUMTEXT)
		buf_adds(sql, "longtext");
	else
		buf_adds(sql, col_type_name(c->type));
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
	if (col_type_has_charset(c->type))
		put_charset(sql, c, from, to);
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

static void put_table(struct buf *sql, const struct table *t, const struct server_kind *from, const struct server_kind *to)
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
		put_type(sql, c, from, to);
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

int create_table(const struct conn_opts *conn, const struct server_kind *from, const struct table *t, struct target *target,
    struct target_table **found, struct buf *why, unsigned *no)
{
	struct buf sql = BUF_INIT;
	struct server_kind to;
	struct link l;
	int rc = -1;

	link_init(&l, conn, NULL, 0);
	buf_reset(why);
	if (link_open(&l) != LINK_OK)
		goto out;
	if (link_queryz(&l, "SET SESSION lock_wait_timeout=" WAIT_S) < 0 || create_database(&l, t->db) < 0)
		goto out;
	to = (struct server_kind){l.is_mariadb, (unsigned)l.version};
	put_table(&sql, t, from, &to);
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

/*
 * Which server it is. The places of snapshots mean something in the log of one server alone: rows of another one, as a
 * replica, or the target by mistake, would be wrong at every place of the stream.
 */
#include <stdlib.h>
#include <string.h>

#include "copy.h"
#include "msg.h"

static int ask(struct copy *c, struct conn *conn, struct source_id *id)
{
	struct buf v = BUF_INIT;
	struct rec_hello h = {.flavor = str_of(conn_is_mariadb(conn) ? "mariadb" : "mysql"), .has_server_id = 1};
	int r = conn_value(conn, "SELECT @@server_id", &v);

	h.server_id = r > 0 ? strtoull(buf_str(&v), NULL, 10) : 0;
	buf_reset(&v);
	if (r >= 0 && !conn_is_mariadb(conn))
		r = conn_value(conn, "SELECT @@server_uuid", &v);
	h.uuid = str_n((char *)v.p, v.len);
	source_read(id, &h);
	buf_release(&v);
	return r < 0 ? copy_conn_failed(c, "ask which server it is", conn) : 0;
}

static void put_id(const struct source_id *id, struct buf *out)
{
	if (*id->uuid)
		buf_printf(out, "server_uuid %s", id->uuid);
	else if (id->has_server_id)
		buf_printf(out, "server_id %llu", (unsigned long long)id->server_id);
	else
		buf_adds(out, *id->flavor ? id->flavor : "a server that is not known");
}

/* Of two ids that differ, what tells them apart. 0; -1 the message is printed. */
static int are_same(struct copy *c, const char *what, const char *hint, const struct source_id *id)
{
	struct source_id a = *id, b = c->self;
	struct buf theirs = BUF_INIT, ours = BUF_INIT;

	if (source_is_same(&a, &b))
		return 0;
	if (strcmp(a.flavor, b.flavor) != 0)
		*a.uuid = *b.uuid = a.has_server_id = b.has_server_id = 0;
	else if (!*a.uuid || !*b.uuid)
		*a.uuid = *b.uuid = 0;
	put_id(&a, &theirs);
	put_id(&b, &ours);
	msg_error("%s: %s, and %s is %s", what, buf_str(&theirs), conn_opts_where(c->conn), buf_str(&ours));
	msg_hint("%s", hint);
	buf_release(&theirs);
	buf_release(&ours);
	c->code = CODE_USAGE;
	c->again = 0;
	return -1;
}

int self_ask(struct copy *c)
{
	return ask(c, c->meta, &c->self);
}

int self_is_behind(struct copy *c, struct conn *conn)
{
	struct source_id id;

	if (ask(c, conn, &id) < 0)
		return -1;
	return are_same(
	    c, "a further connection leads to another server", "connect to one server, not to a name for several", &id);
}

int self_wrote(struct copy *c, const struct rec_hello *hello)
{
	struct source_id id;

	source_read(&id, hello);
	return are_same(c, "the stream is of another server than the tables",
	    *c->self.uuid
		? "copy from the server whose log the tap reads, also where a spool or a link is between"
		: "copy from the server whose log the tap reads, also where a spool or a link is between; if its server_id "
		  "was changed, see rowcopy(1)",
	    &id);
}

#include "dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mysql.h>
#ifdef MARIADB_PACKAGE_VERSION
#include <ma_pvio.h>
#endif

#include "binlog/gtid.h"
#include "fdio.h"
#include "packets.h"

#define DUMP_NON_BLOCK 1u
/* MariaDB: without it the server leaves events out and positions cannot be counted */
#define DUMP_ANNOTATE 2u
/* MySQL: heartbeats that can say an offset behind 4 GiB; the same bit */
#define DUMP_HEARTBEAT_V2 2u

struct dump {
	struct conn *conn;
	MYSQL *mysql; /* conn's */
	int is_sure;
	int is_plain; /* the events come by k, and not by the library */
	struct packets k;
#ifndef MARIADB_PACKAGE_VERSION
	MYSQL_RPL rpl;
	char file[LOG_NAME_MAX];
#endif
	struct buf set; /* packed */
};

/* Session variables that the dump thread looks at. */
static int set_session(struct conn *c, const struct dump_from *from)
{
	struct buf sql = BUF_INIT, set = BUF_INIT;
	int r;

	buf_printf(&sql, "SET @master_binlog_checksum = 'CRC32', @source_binlog_checksum = 'CRC32'");
	buf_printf(&sql, ", @master_heartbeat_period = %llu, @source_heartbeat_period = %llu",
	    (unsigned long long)(from->heartbeat_s * 1e9), (unsigned long long)(from->heartbeat_s * 1e9));
	if (conn_is_mariadb(c)) {
		buf_adds(&sql, ", @mariadb_slave_capability = 4");
		if (from->gtid) {
			gtid_set_print(from->gtid, &set);
			buf_adds(&sql, ", @slave_connect_state = ");
			sql_string(&sql, buf_str(&set), set.len);
			buf_adds(&sql, ", @slave_gtid_strict_mode = 1, @slave_gtid_ignore_duplicates = 0");
		}
	} else if (from->uuid) {
		buf_printf(&sql, ", @replica_uuid = '%s', @slave_uuid = '%s'", from->uuid, from->uuid);
	}
	buf_release(&set);
	r = conn_query(c, buf_str(&sql), sql.len, NULL, NULL);
	buf_release(&sql);
	return r;
}

/* No more than a sign on the door: one that cannot be put up, since another hangs there, is no failure. */
static int lock_server_id(struct conn *c, uint32_t server_id)
{
	char sql[80];

	(void)snprintf(sql, sizeof sql, "SELECT GET_LOCK(" DUMP_LOCK ", 0)", (unsigned)server_id);
	return conn_queryz(c, sql);
}

#ifdef MARIADB_PACKAGE_VERSION

static uint8_t *put_le(uint8_t *p, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		*p++ = (uint8_t)(v >> 8 * i);
	return p;
}

/* What the library has read ahead is seen, what TLS holds back is not. */
static int can_see_ahead(MYSQL *m)
{
	return !mysql_get_ssl_cipher(m);
}

/* COM_BINLOG_DUMP_GTID: flags, server_id, name of a log (none), offset, the set. The library knows no name for it. */
#define COM_DUMP_GTID 30

static int send_dump_gtid(struct dump *d, const struct dump_from *from)
{
	uint8_t head[2 + 4 + 4 + 8 + 4], *p = head;
	struct buf cmd = BUF_INIT;
	int r;

	p = put_le(p, DUMP_HEARTBEAT_V2 | (from->stop_at_end ? DUMP_NON_BLOCK : 0), 2);
	p = put_le(p, from->server_id, 4);
	p = put_le(p, 0, 4);
	p = put_le(p, 4, 8);
	p = put_le(p, d->set.len, 4);
	(void)buf_add(&cmd, head, sizeof head);
	(void)buf_add(&cmd, d->set.p, d->set.len);
	r = cmd.failed || d->mysql->methods->db_command(
			      d->mysql, (enum enum_server_command)COM_DUMP_GTID, (const char *)cmd.p, cmd.len, 1, NULL);
	buf_release(&cmd);
	return r ? -1 : 0;
}

static int send_dump(struct dump *d, const struct dump_from *from)
{
	uint8_t cmd[10 + LOG_NAME_MAX], *p = cmd;
	unsigned flags = DUMP_ANNOTATE | (from->stop_at_end ? DUMP_NON_BLOCK : 0);
	size_t n = strlen(from->file);

	if (d->set.len)
		return send_dump_gtid(d, from);
	p = put_le(p, from->off, 4);
	p = put_le(p, flags, 2);
	p = put_le(p, from->server_id, 4);
	memcpy(p, from->file, n);
	p += n;
	return d->mysql->methods->db_command(d->mysql, COM_BINLOG_DUMP, (const char *)cmd, (size_t)(p - cmd), 1, NULL) ? -1 : 0;
}

static enum dump_result library_next(struct dump *d, const uint8_t **p, size_t *n)
{
	unsigned long len = mysql_net_read_packet(d->mysql);
	const uint8_t *at = d->mysql->net.read_pos;

	if (len == packet_error) /* 32 bits of ones */
		return DUMP_ERROR;
	if (len < 9 && len > 0 && *at == 0xfe)
		return DUMP_END;
	/* one byte of zero stands before the event */
	*p = at + 1;
	*n = len ? len - 1 : 0;
	return DUMP_EVENT;
}

/* The library has read something ahead. */
static int library_has_more(MYSQL *m)
{
	const MARIADB_PVIO *v = m->net.pvio;

	return v && v->cache && v->cache_pos < v->cache + v->cache_size;
}

int dump_register(struct conn *c, uint32_t server_id, const char *name)
{
	MYSQL *m = conn_mysql(c);
	uint8_t cmd[96], *p = cmd;
	size_t n = strlen(name) < 60 ? strlen(name) : 60;

	if (lock_server_id(c, server_id) < 0)
		return -1;
	p = put_le(p, server_id, 4);
	*p++ = (uint8_t)n;
	memcpy(p, name, n);
	p += n;
	*p++ = 0;		 /* user */
	*p++ = 0;		 /* password */
	memset(p, 0, 2 + 4 + 4); /* port, rank, and its source's number: not said */
	p += 2 + 4 + 4;
	return m->methods->db_command(m, COM_REGISTER_SLAVE, (const char *)cmd, (size_t)(p - cmd), 0, NULL) ? -1 : 0;
}

#else

static void copy_set(MYSQL_RPL *rpl, unsigned char *to)
{
	const struct buf *set = rpl->gtid_set_arg;

	memcpy(to, set->p, set->len);
}

static int send_dump(struct dump *d, const struct dump_from *from)
{
	(void)snprintf(d->file, sizeof d->file, "%s", from->file);
	d->rpl.file_name = d->file;
	d->rpl.file_name_length = strlen(d->file);
	d->rpl.start_position = from->off;
	d->rpl.server_id = from->server_id;
	d->rpl.flags = DUMP_ANNOTATE | (from->stop_at_end ? DUMP_NON_BLOCK : 0);
	if (d->set.len) {
		d->rpl.flags |= MYSQL_RPL_GTID;
		d->rpl.file_name_length = 0;
		d->rpl.start_position = 4;
		d->rpl.gtid_set_encoded_size = d->set.len;
		d->rpl.fix_gtid_set = copy_set;
		d->rpl.gtid_set_arg = &d->set;
	}
	return mysql_binlog_open(d->mysql, &d->rpl) ? -1 : 0;
}

static enum dump_result library_next(struct dump *d, const uint8_t **p, size_t *n)
{
	if (mysql_binlog_fetch(d->mysql, &d->rpl))
		return DUMP_ERROR;
	if (!d->rpl.size)
		return DUMP_END;
	*p = d->rpl.buffer + 1;
	*n = d->rpl.size - 1;
	return DUMP_EVENT;
}

/* It does not say; before the answer to a command there is nothing. */
static int library_has_more(MYSQL *m)
{
	(void)m;
	return 0;
}

/* It reads ahead and does not show what it has. */
static int can_see_ahead(MYSQL *m)
{
	(void)m;
	return 0;
}

/* That library has no public way to send the command: the lock has to do. */
int dump_register(struct conn *c, uint32_t server_id, const char *name)
{
	(void)name;
	return lock_server_id(c, server_id);
}

#endif

struct dump *dump_open(struct conn *c, const struct dump_from *from, struct buf *err, unsigned *no)
{
	struct dump *d = calloc(1, sizeof *d);

	buf_reset(err);
	*no = 0;
	if (!d) {
		buf_adds(err, "out of memory");
		return NULL;
	}
	d->conn = c;
	d->mysql = conn_mysql(c);
	d->is_sure = can_see_ahead(d->mysql);
	if (from->gtid && !conn_is_mariadb(c))
		gtid_set_pack(from->gtid, &d->set);
	if (d->set.failed) {
		buf_adds(err, "out of memory");
		buf_release(&d->set);
		free(d);
		return NULL;
	}
	if (set_session(c, from) < 0 || send_dump(d, from) < 0) {
		*no = conn_errno(c);
		buf_adds(err, conn_error(c));
		buf_release(&d->set);
		free(d);
		return NULL;
	}
	d->is_plain =
	    dump_fd(d) >= 0 && !mysql_get_ssl_cipher(d->mysql) && !d->mysql->net.compress && !library_has_more(d->mysql);
	if (d->is_plain) {
		d->is_sure = 1;
		packets_init(&d->k, dump_fd(d), (int)from->read_timeout_s * 1000);
	}
	return d;
}

void dump_close(struct dump *d)
{
	if (!d)
		return;
#ifndef MARIADB_PACKAGE_VERSION
	mysql_binlog_close(d->mysql, &d->rpl);
#endif
	packets_release(&d->k);
	buf_release(&d->set);
	free(d);
}

enum dump_result dump_next(struct dump *d, const uint8_t **p, size_t *n)
{
	return d->is_plain ? packets_next(&d->k, p, n) : library_next(d, p, n);
}

int dump_is_ready(struct dump *d)
{
	if (d->is_plain)
		return packets_are_ready(&d->k);
	return library_has_more(d->mysql) || fd_ready(dump_fd(d));
}

int dump_is_sure(const struct dump *d)
{
	return d->is_sure;
}

int dump_fd(struct dump *d)
{
#ifdef MARIADB_PACKAGE_VERSION
	return (int)mysql_get_socket(d->mysql);
#else
	return (int)d->mysql->net.fd;
#endif
}

const char *dump_error(struct dump *d)
{
	return d->is_plain ? d->k.err : mysql_error(d->mysql);
}

unsigned dump_errno(struct dump *d)
{
	return d->is_plain ? d->k.err_no : conn_errno(d->conn);
}

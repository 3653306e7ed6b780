#include <stdlib.h>
#include <string.h>

#include "ckpt.h"
#include "copy.h"

#define SLOT 0

void place_release(struct place *p)
{
	buf_release(&p->gtid);
	buf_release(&p->copy);
}

int place_copy(struct place *to, const struct place *from)
{
	memcpy(to->file, from->file, sizeof to->file);
	to->off = from->off;
	to->has_gtid = from->has_gtid;
	to->ts_us = from->ts_us;
	buf_reset(&to->gtid);
	buf_reset(&to->copy);
	(void)buf_add(&to->copy, from->copy.p, from->copy.len);
	return buf_add(&to->gtid, from->gtid.p, from->gtid.len) < 0 || to->copy.failed ? -1 : 0;
}

void ckpt_release(struct ckpt *c)
{
	place_release(&c->at);
	buf_release(&c->ddl_at);
	buf_release(&c->ddl_print);
}

static void put_text(char *to, size_t size, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (n >= size)
		n = size - 1;
	memcpy(to, s ? s : "", n);
	to[n] = 0;
}

struct load {
	struct ckpt *c;
	int found;
};

static int on_row(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct load *ld = arg;
	struct ckpt *c = ld->c;

	if (ncols != 11 || !v[0] || !v[1] || !v[3])
		return 1;
	ld->found = 1;
	c->epoch = strtoull(v[0], NULL, 10);
	c->seq = strtoull(v[1], NULL, 10);
	put_text(c->at.file, sizeof c->at.file, v[2]);
	c->at.off = strtoull(v[3], NULL, 10);
	c->at.has_gtid = v[4] != NULL;
	buf_reset(&c->at.gtid);
	(void)buf_add(&c->at.gtid, v[4], v[4] ? lens[4] : 0);
	memset(&c->source, 0, sizeof c->source); /* compared as bytes */
	put_text(c->source.flavor, sizeof c->source.flavor, v[5]);
	c->source.has_server_id = v[6] != NULL;
	c->source.server_id = v[6] ? strtoull(v[6], NULL, 10) : 0;
	put_text(c->source.uuid, sizeof c->source.uuid, v[7]);
	put_text(c->source.version, sizeof c->source.version, v[8]);
	buf_reset(&c->ddl_at);
	buf_reset(&c->ddl_print);
	(void)buf_add(&c->ddl_at, v[9], v[9] ? lens[9] : 0);
	(void)buf_add(&c->ddl_print, v[10], v[10] ? lens[10] : 0);
	return 0;
}

static void put_where(const struct ckpt *c, struct buf *sql)
{
	buf_adds(sql, " WHERE pipeline=");
	sql_string(sql, c->pipeline, strlen(c->pipeline));
	buf_printf(sql, " AND slot=%d", SLOT);
}

static void put_unmoved(const struct ckpt *c, struct buf *sql)
{
	put_where(c, sql);
	buf_printf(sql, " AND epoch=%llu AND seq=%llu", (unsigned long long)c->epoch, (unsigned long long)c->seq);
}

enum ckpt_found ckpt_load(struct ckpt *c, struct link *l)
{
	struct load ld = {c, 0};
	struct buf sql = BUF_INIT;
	int rc;

	buf_adds(&sql,
	    "SELECT epoch, seq, file, off, gtid, flavor, server_id, uuid, version, ddl_at, ddl_print FROM rowferry.checkpoint");
	put_where(c, &sql);
	rc = link_rows(l, buf_str(&sql), sql.len, on_row, &ld);
	buf_release(&sql);
	if (rc < 0)
		return link_lacks_table(l) ? CKPT_NONE : CKPT_FAILED;
	if (ld.found && copy_load(l, c->pipeline, &c->at.copy) < 0)
		return CKPT_FAILED;
	return ld.found ? CKPT_FOUND : CKPT_NONE;
}

static void put_opt(struct buf *sql, const char *s)
{
	if (*s)
		sql_string(sql, s, strlen(s));
	else
		buf_adds(sql, "NULL");
}

void ckpt_put_time(struct buf *sql, int64_t us)
{
	if (us > 0)
		buf_printf(sql, "FROM_UNIXTIME(%lld.%06lld)", (long long)(us / 1000000), (long long)(us % 1000000));
	else
		buf_adds(sql, "NULL");
}

static void put_source(struct buf *sql, const struct source_id *s)
{
	buf_adds(sql, ", flavor=");
	put_opt(sql, s->flavor);
	if (s->has_server_id)
		buf_printf(sql, ", server_id=%llu", (unsigned long long)s->server_id);
	else
		buf_adds(sql, ", server_id=NULL");
	buf_adds(sql, ", uuid=");
	put_opt(sql, s->uuid);
	buf_adds(sql, ", version=");
	put_opt(sql, s->version);
}

static void put_place(struct buf *sql, const struct place *at)
{
	buf_adds(sql, "file=");
	sql_string(sql, at->file, strlen(at->file));
	buf_printf(sql, ", off=%llu, gtid=", (unsigned long long)at->off);
	if (at->has_gtid)
		sql_string(sql, at->gtid.p, at->gtid.len);
	else
		buf_adds(sql, "NULL");
	buf_adds(sql, ", source_time=");
	ckpt_put_time(sql, at->ts_us);
	buf_adds(sql, ", updated=UTC_TIMESTAMP(6)");
}

int ckpt_create(struct ckpt *c, struct link *l, const struct place *at, const struct source_id *source)
{
	struct buf sql = BUF_INIT;
	int rc;

	/* asked for first: whoever may only write rows there can do without the right to create */
	if (link_queryz(l, "DO (SELECT 1 FROM rowferry.checkpoint LIMIT 0)") < 0) {
		if (!link_lacks_table(l))
			return -1;
		if (link_queryz(l, "CREATE DATABASE IF NOT EXISTS rowferry") < 0)
			return -1;
		if (link_queryz(l, "CREATE TABLE IF NOT EXISTS rowferry.checkpoint ("
				   "pipeline VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
				   " slot INT UNSIGNED NOT NULL,"
				   " epoch BIGINT UNSIGNED NOT NULL DEFAULT 0,"
				   " seq BIGINT UNSIGNED NOT NULL DEFAULT 0,"
				   " file VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
				   " off BIGINT UNSIGNED NOT NULL,"
				   " gtid LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,"
				   " source_time DATETIME(6) NULL,"
				   " updated DATETIME(6) NOT NULL,"
				   " flavor VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,"
				   " server_id BIGINT UNSIGNED NULL,"
				   " uuid VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,"
				   " version VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,"
				   " ddl_at VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,"
				   " ddl_print VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,"
				   " PRIMARY KEY (pipeline, slot)) ENGINE=InnoDB COMMENT='positions of rowferry pipelines'") < 0)
			return -1;
	}
	if (copy_create(l, c->pipeline, &at->copy) < 0)
		return -1;
	buf_adds(&sql, "INSERT INTO rowferry.checkpoint SET pipeline=");
	sql_string(&sql, c->pipeline, strlen(c->pipeline));
	buf_printf(&sql, ", slot=%d, epoch=%llu, ", SLOT, (unsigned long long)c->epoch);
	put_place(&sql, at);
	put_source(&sql, source);
	rc = link_query(l, buf_str(&sql), sql.len);
	buf_release(&sql);
	if (rc < 0)
		return -1;
	c->seq = 0;
	c->source = *source;
	buf_reset(&c->ddl_at);
	return place_copy(&c->at, at);
}

void ckpt_sql_raise(const struct ckpt *c, uint64_t epoch, struct buf *sql)
{
	buf_printf(sql, "UPDATE rowferry.checkpoint SET epoch=%llu, updated=UTC_TIMESTAMP(6)", (unsigned long long)epoch);
	put_where(c, sql);
	buf_printf(sql, " AND epoch<%llu", (unsigned long long)epoch);
}

void ckpt_sql_hold(const struct ckpt *c, struct buf *sql)
{
	buf_adds(sql, "UPDATE rowferry.checkpoint SET updated=UTC_TIMESTAMP(6)");
	put_unmoved(c, sql);
}

/* Is the transaction before the place? trx: its GTID, or FILE:OFFSET where it begins. */
static int is_past(const struct place *to, const char *trx, size_t n)
{
	struct gtid_set *set = to->has_gtid ? gtid_set_parse((const char *)to->gtid.p, to->gtid.len) : NULL;
	int has = set ? gtid_set_has(set, trx, n) : -1, comparable = 1, c;
	const char *colon = memrchr(trx, ':', n);
	char file[LOG_NAME_MAX];

	gtid_set_free(set);
	if (has >= 0)
		return has;
	if (!colon || (size_t)(colon - trx) >= sizeof file)
		return 1;
	memcpy(file, trx, (size_t)(colon - trx));
	file[colon - trx] = 0;
	c = log_name_cmp(to->file, file, &comparable);
	return !comparable || c > 0 || (c == 0 && to->off > strtoull(colon + 1, NULL, 10));
}

int ckpt_keeps_note(const struct ckpt *c, const struct place *to)
{
	static const char copy[] = "copy ";
	const char *at = (const char *)c->ddl_at.p, *slash = c->ddl_at.len ? memrchr(at, '/', c->ddl_at.len) : NULL;
	size_t n = slash ? (size_t)(slash - at) : 0, skip = sizeof copy - 1;

	if (!n)
		return 0;
	if (n > skip && !memcmp(at, copy, skip))
		return !copy_has(&to->copy, str_n(at + skip, n - skip));
	return !is_past(to, at, n);
}

void ckpt_sql_move(const struct ckpt *c, const struct place *to, const struct source_id *source, struct buf *sql)
{
	buf_adds(sql, "UPDATE rowferry.checkpoint SET seq=seq+1, ");
	put_place(sql, to);
	if (memcmp(source, &c->source, sizeof *source) != 0)
		put_source(sql, source);
	if (c->ddl_at.len && !ckpt_keeps_note(c, to))
		buf_adds(sql, ", ddl_at=NULL, ddl_print=NULL");
	put_unmoved(c, sql);
}

void ckpt_sql_ddl(const struct ckpt *c, const char *ddl_at, const char *ddl_print, struct buf *sql)
{
	buf_adds(sql, "UPDATE rowferry.checkpoint SET seq=seq+1, updated=UTC_TIMESTAMP(6), ddl_at=");
	if (ddl_at) {
		sql_string(sql, ddl_at, strlen(ddl_at));
		buf_adds(sql, ", ddl_print=");
		sql_string(sql, ddl_print, strlen(ddl_print));
	} else {
		buf_adds(sql, "NULL, ddl_print=NULL");
	}
	put_unmoved(c, sql);
}

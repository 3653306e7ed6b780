#include <stdlib.h>
#include <string.h>

#include "copy.h"

static int on_row(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct buf *state = arg;

	if (ncols && v[0])
		(void)buf_add(state, v[0], lens[0]);
	return 0;
}

int copy_load(struct link *l, const char *pipeline, struct buf *state)
{
	struct buf sql = BUF_INIT;
	int rc;

	buf_reset(state);
	buf_adds(&sql, "SELECT state FROM rowferry.copy WHERE pipeline=");
	sql_string(&sql, pipeline, strlen(pipeline));
	rc = link_rows(l, buf_str(&sql), sql.len, on_row, state);
	buf_release(&sql);
	return rc < 0 && !link_lacks_table(l) ? -1 : 0;
}

int copy_make(struct link *l)
{
	if (link_queryz(l, "DO (SELECT 1 FROM rowferry.copy LIMIT 0)") == 0)
		return 0;
	if (!link_lacks_table(l))
		return -1;
	if (link_queryz(l, "CREATE DATABASE IF NOT EXISTS rowferry") < 0)
		return -1;
	return link_queryz(l, "CREATE TABLE IF NOT EXISTS rowferry.copy ("
			      "pipeline VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,"
			      " state LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
			      " updated DATETIME(6) NOT NULL) ENGINE=InnoDB COMMENT='copies of tables by rowferry pipelines'");
}

int copy_create(struct link *l, const char *pipeline, const struct buf *state)
{
	struct buf sql = BUF_INIT;
	int rc;

	if (state->len) {
		if (copy_make(l) < 0)
			return -1;
		copy_sql(pipeline, state, &sql);
	} else { /* what an earlier pipeline of the name left */
		buf_adds(&sql, "UPDATE rowferry.copy SET state='' WHERE pipeline=");
		sql_string(&sql, pipeline, strlen(pipeline));
	}
	rc = link_query(l, buf_str(&sql), sql.len);
	buf_release(&sql);
	return rc < 0 && !state->len && link_lacks_table(l) ? 0 : rc;
}

void copy_sql(const char *pipeline, const struct buf *state, struct buf *sql)
{
	buf_adds(sql, "INSERT INTO rowferry.copy SET pipeline=");
	sql_string(sql, pipeline, strlen(pipeline));
	buf_adds(sql, ", state=");
	sql_string(sql, state->p, state->len);
	buf_adds(sql, ", updated=UTC_TIMESTAMP(6) ON DUPLICATE KEY UPDATE state=");
	sql_string(sql, state->p, state->len);
	buf_adds(sql, ", updated=UTC_TIMESTAMP(6)");
}

int copy_is_open(const struct buf *state)
{
	return state->len && memchr(state->p, ' ', state->len);
}

/* Bytes of ID in "ID.N...". */
static size_t id_of(const char *p, size_t n)
{
	const char *dot = n ? memchr(p, '.', n) : NULL;

	return dot ? (size_t)(dot - p) : 0;
}

static uint64_t number_of(const char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = id_of(p, n) + 1; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		v = v * 10 + (uint64_t)(p[i] - '0');
	return v;
}

int copy_is_of(const struct buf *state, struct str part)
{
	size_t n = part.p ? id_of(part.p, part.n) : 0;

	return n && n == id_of((const char *)state->p, state->len) && !memcmp(state->p, part.p, n);
}

int copy_has(const struct buf *state, struct str part)
{
	return copy_is_of(state, part) && number_of(part.p, part.n) <= number_of((const char *)state->p, state->len);
}

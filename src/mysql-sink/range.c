#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "range.h"

void range_release(struct range *r)
{
	buf_release(&r->gtids);
}

void range_reset(struct range *r)
{
	buf_reset(&r->gtids);
	r->trx = r->run = 0;
}

/* Length of what comes before a GTID's number: "0-1-" of "0-1-17", "UUID:TAG:" of "UUID:TAG:17". */
static size_t prefix_of(const char *gtid, size_t n)
{
	while (n && gtid[n - 1] >= '0' && gtid[n - 1] <= '9')
		n--;
	return n;
}

static void put_run(struct range *r)
{
	buf_printf(&r->gtids, " %llu-%llu\n", (unsigned long long)r->from, (unsigned long long)r->to);
}

int range_add(struct range *r, const char *file, uint64_t off, const char *gtid)
{
	size_t n = prefix_of(gtid, strlen(gtid)), had;
	uint64_t number = strtoull(gtid + n, NULL, 10);

	if (!r->trx++) {
		memcpy(r->file, file, strlen(file) + 1);
		r->off = off;
	}
	if (!*gtid)
		return 0;
	/* the last run has no numbers yet: they stand behind it when it is over */
	had = r->gtids.len - r->run;
	if (r->gtids.len && had == n && !memcmp(r->gtids.p + r->run, gtid, n) && number == r->to + 1) {
		r->to = number;
		return 0;
	}
	if (r->gtids.len)
		put_run(r);
	r->run = r->gtids.len;
	(void)buf_add(&r->gtids, gtid, n);
	r->from = r->to = number;
	return r->gtids.failed ? -1 : 0;
}

/* ---- those of an earlier sink */

void ranges_release(struct ranges *a)
{
	for (size_t i = 0; i < a->n; i++)
		range_release(&a->r[i]);
	free(a->r);
	free(a->seen);
	free(a->seen_by);
	memset(a, 0, sizeof *a);
}

static void put_where(const struct ckpt *c, struct buf *sql)
{
	buf_adds(sql, " WHERE pipeline=");
	sql_string(sql, c->pipeline, strlen(c->pipeline));
}

static int on_row(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct ranges *a = arg;
	struct range *r;
	uint64_t *seen, *by;

	a->failed = 1;
	for (unsigned i = 0; i < 7; i++)
		if (ncols != 7 || !v[i])
			return 1;
	if (lens[2] >= LOG_NAME_MAX || lens[4] >= LOG_NAME_MAX)
		return 1;
	r = realloc(a->r, (a->n + 1) * sizeof *r);
	if (r)
		a->r = r;
	seen = realloc(a->seen, (a->n + 1) * sizeof *seen);
	if (seen)
		a->seen = seen;
	by = realloc(a->seen_by, (a->n + 1) * sizeof *by);
	if (by)
		a->seen_by = by;
	if (!r || !seen || !by)
		return 1;
	a->seen[a->n] = a->seen_by[a->n] = 0;
	r += a->n++;
	memset(r, 0, sizeof *r);
	r->number = strtoull(v[0], NULL, 10);
	r->trx = strtoull(v[1], NULL, 10);
	memcpy(r->file, v[2], lens[2] + 1);
	r->off = strtoull(v[3], NULL, 10);
	range_end(r, v[4], strtoull(v[5], NULL, 10));
	if (r->number > a->highest)
		a->highest = r->number;
	if (buf_add(&r->gtids, v[6], lens[6]) < 0)
		return 1;
	a->failed = 0;
	return 0;
}

static int make(struct link *l)
{
	static const char sql[] = "CREATE TABLE IF NOT EXISTS rowferry.ahead ("
				  "pipeline VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
				  " number BIGINT UNSIGNED NOT NULL,"
				  " holder BIGINT UNSIGNED NOT NULL,"
				  " trx BIGINT UNSIGNED NOT NULL,"
				  " file VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
				  " off BIGINT UNSIGNED NOT NULL,"
				  " end_file VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
				  " end_off BIGINT UNSIGNED NOT NULL,"
				  " gtids LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,"
				  " updated DATETIME(6) NOT NULL,"
				  " PRIMARY KEY (pipeline, number))"
				  " ENGINE=InnoDB COMMENT='transactions beyond the checkpoints of rowferry pipelines'";

	if (link_queryz(l, sql) == 0)
		return 0;
	return l->err_no == 1049 && link_queryz(l, "CREATE DATABASE IF NOT EXISTS rowferry") == 0 ? link_queryz(l, sql) : -1;
}

static int claim(struct ranges *a, const struct ckpt *c, struct link *l)
{
	struct buf sql = BUF_INIT;
	int rc;

	if (getrandom(&a->holder, sizeof a->holder, 0) != sizeof a->holder)
		a->holder = (uint64_t)l->thread_id;
	buf_adds(&sql, "INSERT INTO rowferry.ahead SET pipeline=");
	sql_string(&sql, c->pipeline, strlen(c->pipeline));
	buf_printf(&sql,
	    ", number=0, holder=%llu, trx=0, file='', off=0, end_file='', end_off=0, gtids='', updated=UTC_TIMESTAMP(6)"
	    " ON DUPLICATE KEY UPDATE holder=%llu, updated=UTC_TIMESTAMP(6)",
	    (unsigned long long)a->holder, (unsigned long long)a->holder);
	rc = link_query(l, buf_str(&sql), sql.len);
	buf_release(&sql);
	return rc;
}

int ranges_disown(const struct ckpt *c, struct link *l)
{
	struct buf sql = BUF_INIT;
	int rc;

	buf_adds(&sql, "UPDATE rowferry.ahead SET holder=holder^1");
	put_where(c, &sql);
	buf_adds(&sql, " AND number=0");
	rc = link_query(l, buf_str(&sql), sql.len);
	buf_release(&sql);
	return rc < 0 && !link_lacks_table(l) ? -1 : 0;
}

int ranges_open(struct ranges *a, const struct ckpt *c, struct link *l, int may_make)
{
	struct buf sql = BUF_INIT;
	int rc;

	ranges_release(a);
	if (link_queryz(l, "DO (SELECT 1 FROM rowferry.ahead LIMIT 0)") < 0) {
		if (!link_lacks_table(l))
			return -1;
		if (!may_make)
			return 0;
		if (make(l) < 0)
			return -1;
	}
	a->is_there = 1;
	/* first: what is read behind it is all that there will be */
	if (claim(a, c, l) < 0)
		return -1;
	buf_adds(&sql, "SELECT number, trx, file, off, end_file, end_off, gtids FROM rowferry.ahead");
	put_where(c, &sql);
	buf_adds(&sql, " AND number>0 ORDER BY number");
	rc = link_rows(l, buf_str(&sql), sql.len, on_row, a);
	buf_release(&sql);
	a->open = a->n;
	if (rc == 0 && a->failed) {
		l->err_no = 2008;
		buf_reset(&l->err);
		buf_adds(&l->err, "out of memory, or a row is not as it was written");
		buf_str(&l->err);
		return -1;
	}
	return rc;
}

static int has_gtid(const struct range *r, const char *gtid)
{
	size_t n = prefix_of(gtid, strlen(gtid));
	uint64_t number = strtoull(gtid + n, NULL, 10);
	const char *p = (const char *)r->gtids.p, *end = p + r->gtids.len;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p)), *sp = eol ? memchr(p, ' ', (size_t)(eol - p)) : NULL;
		char *dash;

		if (!sp)
			return 0;
		if ((size_t)(sp - p) == n && !memcmp(p, gtid, n)) {
			uint64_t from = strtoull(sp + 1, &dash, 10);

			if (number >= from && *dash == '-' && number <= strtoull(dash + 1, NULL, 10))
				return 1;
		}
		p = eol + 1;
	}
	return 0;
}

static int has_place(const struct range *r, const char *file, uint64_t off)
{
	int ok = 1, a = log_name_cmp(file, r->file, &ok), b = ok ? log_name_cmp(file, r->end_file, &ok) : 0;

	return ok && (a > 0 || (!a && off >= r->off)) && (b < 0 || (!b && off < r->end_off));
}

int ranges_take(struct ranges *a, const char *file, uint64_t off, const char *gtid, int same_files)
{
	if (!a->open)
		return 0;
	for (size_t i = 0; i < a->n; i++) {
		const struct range *r = &a->r[i];

		if (*gtid && r->gtids.len ? !has_gtid(r, gtid) : !same_files || !has_place(r, file, off))
			continue;
		if (++a->seen[i] == r->trx)
			a->open--;
		return 1;
	}
	return 0;
}

void ranges_batch(struct ranges *a, uint64_t number)
{
	for (size_t i = 0; i < a->n; i++)
		if (!a->seen_by[i] && a->seen[i] >= a->r[i].trx)
			a->seen_by[i] = number;
}

/* ---- statements */

void ranges_sql_add(const struct ranges *a, const struct ckpt *c, const struct range *r, struct buf *sql)
{
	buf_printf(sql,
	    "INSERT INTO rowferry.ahead (pipeline, number, holder, trx, file, off, end_file, end_off, gtids, updated)"
	    " SELECT pipeline, %llu, holder, %llu, ",
	    (unsigned long long)r->number, (unsigned long long)r->trx);
	sql_string(sql, r->file, strlen(r->file));
	buf_printf(sql, ", %llu, ", (unsigned long long)r->off);
	sql_string(sql, r->end_file, strlen(r->end_file));
	buf_printf(sql, ", %llu, ", (unsigned long long)r->end_off);
	if (r->gtids.len) { /* with the last run's numbers */
		struct buf text = BUF_INIT;

		(void)buf_add(&text, r->gtids.p, r->gtids.len);
		buf_printf(&text, " %llu-%llu\n", (unsigned long long)r->from, (unsigned long long)r->to);
		sql_string(sql, buf_str(&text), text.len);
		sql->failed |= text.failed;
		buf_release(&text);
	} else {
		buf_adds(sql, "''");
	}
	buf_adds(sql, ", UTC_TIMESTAMP(6) FROM rowferry.ahead");
	put_where(c, sql);
	buf_printf(sql, " AND number=0 AND holder=%llu LOCK IN SHARE MODE", (unsigned long long)a->holder);
}

void ranges_sql_drop(const struct ranges *a, const struct ckpt *c, uint64_t number, struct buf *sql)
{
	buf_adds(sql, "DELETE FROM rowferry.ahead");
	put_where(c, sql);
	buf_printf(sql, " AND ((holder=%llu AND number>%llu AND number<=%llu)", (unsigned long long)a->holder,
	    (unsigned long long)a->highest, (unsigned long long)number);
	for (size_t i = 0; i < a->n; i++)
		if (a->seen_by[i] && a->seen_by[i] <= number)
			buf_printf(sql, " OR number=%llu", (unsigned long long)a->r[i].number);
	(void)buf_add8(sql, ')');
}

void ranges_sql_all(const struct ckpt *c, struct buf *sql)
{
	buf_reset(sql);
	buf_adds(sql, "DELETE FROM rowferry.ahead");
	put_where(c, sql);
	buf_adds(sql, " AND number>0");
	buf_str(sql);
}

static int on_any(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	(void)ncols;
	(void)v;
	(void)lens;
	*(int *)arg = 1;
	return 0;
}

int ranges_has(const struct ranges *a, const struct ckpt *c, struct link *l, uint64_t number)
{
	struct buf sql = BUF_INIT;
	int found = 0, rc;

	buf_adds(&sql, "SELECT 1 FROM rowferry.ahead");
	put_where(c, &sql);
	buf_printf(&sql, " AND number=%llu AND holder=%llu", (unsigned long long)number, (unsigned long long)a->holder);
	rc = link_rows(l, buf_str(&sql), sql.len, on_any, &found);
	buf_release(&sql);
	return rc < 0 ? -1 : found;
}

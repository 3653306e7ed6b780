#include "sql.h"

#include <stdio.h>
#include <string.h>

#include "rowread.h"
#include "side.h"
#include "value.h"

/* ---- keys */

void key_add(struct buf *key, const void *p, size_t n)
{
	uint64_t len = n;

	(void)buf_add(key, &len, sizeof len);
	(void)buf_add(key, p, n);
}

const uint8_t *key_next(const struct buf *key, size_t *at, size_t *n)
{
	const uint8_t *p = key->p + *at;
	uint64_t len;

	if (key->len - *at < sizeof len)
		return NULL;
	memcpy(&len, p, sizeof len);
	*n = (size_t)len;
	*at += sizeof len + *n;
	return p + sizeof len;
}

/* ---- statements */

/*
 * The hashes as a table of their own. The LIMIT keeps the servers from merging it into the query around it, which would
 * compute each hash once for every time that it is named there.
 */
static void put_hashes(struct buf *out, const struct side *s, const struct range *r)
{
	size_t n = side_parts(s);

	buf_adds(out, " FROM (");
	for (size_t i = 0; i < n; i++) {
		buf_adds(out, i ? " UNION ALL (SELECT " : n > 1 ? "(SELECT " : "SELECT ");
		side_hash(out, s, i, 1);
		buf_adds(out, " AS h");
		(void)side_from(out, s, i, r);
		buf_adds(out, n > 1 ? ")" : " LIMIT 18446744073709551615");
	}
	buf_adds(out, ") d");
}

#define SUMS                                                                        \
	"COUNT(*),COUNT(h),SUM(CAST(CONV(LEFT(h,16),16,10) AS UNSIGNED)),SUM(CAST(" \
	"CONV(RIGHT(h,16),16,10) AS UNSIGNED))"

void sql_checksum(struct buf *out, const struct side *s, const struct range *r)
{
	buf_reset(out);
	buf_adds(out, "SELECT " SUMS);
	put_hashes(out, s, r);
}

void sql_buckets(struct buf *out, const struct side *s, unsigned digits)
{
	buf_reset(out);
	buf_printf(out, "SELECT LEFT(h,%u) AS b," SUMS, digits);
	put_hashes(out, s, NULL);
	buf_adds(out, " GROUP BY b");
}

static void put_keys(struct buf *out, const struct side *s, size_t part)
{
	for (uint32_t k = 0; k < s->p->nkey; k++) {
		if (k)
			(void)buf_add8(out, ',');
		side_value(out, s, part, s->p->key[k]);
		buf_printf(out, " AS k%u", k);
	}
}

static void put_order(struct buf *out, const struct side *s, size_t part)
{
	buf_adds(out, " ORDER BY ");
	for (uint32_t k = 0; k < s->p->nkey; k++) {
		if (k)
			(void)buf_add8(out, ',');
		value_name(out, side_column(s, part, s->p->key[k]));
	}
}

void sql_bound(struct buf *out, const struct side *s, const struct range *r, uint64_t n)
{
	size_t parts = side_parts(s);

	buf_reset(out);
	for (size_t i = 0; i < parts; i++) {
		buf_adds(out, i ? " UNION ALL (SELECT " : parts > 1 ? "(SELECT " : "SELECT ");
		put_keys(out, s, i);
		for (uint32_t k = 0; parts > 1 && k < s->p->nkey; k++) {
			(void)buf_add8(out, ',');
			value_name(out, side_column(s, i, s->p->key[k]));
			buf_printf(out, " AS r%u", k);
		}
		(void)side_from(out, s, i, r);
		put_order(out, s, i);
		if (parts > 1)
			buf_printf(out, " LIMIT %llu)", (unsigned long long)n);
	}
	for (uint32_t k = 0; parts > 1 && k < s->p->nkey; k++)
		buf_printf(out, "%sr%u", k ? "," : " ORDER BY ", k);
	buf_printf(out, " LIMIT 1 OFFSET %llu", (unsigned long long)n - 1);
}

static void put_counted(
    struct buf *out, const struct side *s, const struct range *r, const char *condition, const struct buf *list)
{
	buf_adds(out, "SELECT h,COUNT(*)");
	put_hashes(out, s, r);
	if (list && list->len) {
		buf_adds(out, condition);
		(void)buf_add(out, list->p, list->len);
		(void)buf_add8(out, ')');
	}
	buf_adds(out, " GROUP BY h");
}

void sql_rows(struct buf *out, const struct side *s, const struct range *r)
{
	buf_reset(out);
	if (!s->p->nkey) {
		put_counted(out, s, r, "", NULL);
		return;
	}
	for (size_t i = 0; i < side_parts(s); i++) {
		buf_adds(out, i ? " UNION ALL SELECT " : "SELECT ");
		put_keys(out, s, i);
		(void)buf_add8(out, ',');
		side_hash(out, s, i, 1);
		buf_adds(out, " AS h");
		(void)side_from(out, s, i, r);
	}
}

void sql_bucket_rows(struct buf *out, const struct side *s, unsigned digits, const struct buf *list)
{
	char condition[64];

	buf_reset(out);
	snprintf(condition, sizeof condition, " WHERE LEFT(h,%u) IN (", digits);
	if (!s->p->nkey) {
		put_counted(out, s, NULL, condition, list);
		return;
	}
	buf_adds(out, "SELECT * FROM (");
	for (size_t i = 0; i < side_parts(s); i++) {
		buf_adds(out, i ? " UNION ALL SELECT " : "SELECT ");
		put_keys(out, s, i);
		(void)buf_add8(out, ',');
		side_hash(out, s, i, 1);
		buf_adds(out, " AS h");
		(void)side_from(out, s, i, NULL);
	}
	buf_adds(out, ") d");
	if (list->len) {
		buf_adds(out, condition);
		(void)buf_add(out, list->p, list->len);
		(void)buf_add8(out, ')');
	}
}

/* ---- rows by their keys */

/* As rowread.h wants to have it, of the source. */
static void put_raw(struct buf *out, const struct side *s, size_t part, uint32_t i)
{
	if (s->p->parts[part].cols[i].sql)
		side_source(out, s, part, i);
	else
		rowread_column(side_column(s, part, i), out);
}

static void put_all(struct buf *out, const struct side *s, size_t part, int with_raw)
{
	const struct table *t = side_table(s, part);

	for (uint32_t i = 0; i < s->p->ncols; i++) {
		if (s->p->cols[i].canon == CANON_JSON)
			continue; /* it is there, whole */
		buf_adds(out, ",SHA2(");
		side_value(out, s, part, i);
		buf_adds(out, ",256),LEFT(");
		if (s->p->cols[i].canon == CANON_DOUBLE)
			side_source(out, s, part, i);
		else
			side_value(out, s, part, i);
		buf_printf(out, ",%d)", SQL_SHOWN);
	}
	if (!with_raw)
		return;
	for (uint32_t i = 0; i < (s->is_target ? t->ncols : s->p->ncols); i++) {
		(void)buf_add8(out, ',');
		if (s->is_target)
			rowread_column(&t->cols[i], out);
		else
			put_raw(out, s, part, i);
	}
}

/* OR of the keys; without a key IN of the hashes. */
static void put_wanted(struct buf *out, const struct side *s, size_t part, const struct buf *keys, const size_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf key = {keys->p + at[i], keys->len - at[i], 0, 0};

		if (s->p->nkey) {
			buf_adds(out, i ? " OR (" : "(");
			side_prefix(out, s, part, &key, s->p->nkey, NULL);
			(void)buf_add8(out, ')');
		} else {
			size_t pos = 0, len = 0;
			const uint8_t *p = key_next(&key, &pos, &len);

			buf_adds(out, i ? ",'" : "'");
			(void)buf_add(out, p, len);
			(void)buf_add8(out, '\'');
		}
	}
}

void sql_lookup(
    struct buf *out, const struct side *s, enum sql_what what, int with_raw, const struct buf *keys, const size_t *at, size_t n)
{
	struct buf list = BUF_INIT;

	buf_reset(out);
	if (!s->p->nkey && what == SQL_DIGEST) {
		put_wanted(&list, s, 0, keys, at, n);
		put_counted(out, s, NULL, " WHERE h IN (", &list);
		out->failed |= list.failed;
		buf_release(&list);
		return;
	}
	for (size_t i = 0; i < side_parts(s); i++) {
		buf_adds(out, i ? " UNION ALL SELECT " : "SELECT ");
		if (s->p->nkey) {
			put_keys(out, s, i);
			(void)buf_add8(out, ',');
		}
		side_hash(out, s, i, !s->p->nkey);
		for (uint32_t c = 0; c < s->p->ncols; c++)
			if (s->p->cols[c].canon == CANON_JSON) {
				(void)buf_add8(out, ',');
				side_value(out, s, i, c);
			}
		if (what == SQL_ALL)
			put_all(out, s, i, with_raw);
		buf_adds(out, side_from(out, s, i, NULL));
		if (!s->p->nkey) {
			side_hash(out, s, i, 1);
			buf_adds(out, " IN (");
		}
		put_wanted(out, s, i, keys, at, n);
		buf_adds(out, s->p->nkey ? ")" : "))");
	}
}

void sql_raw_rows(struct buf *out, const struct side *s, const struct range *r)
{
	buf_reset(out);
	for (size_t n = 0; n < side_parts(s); n++) {
		buf_adds(out, n ? " UNION ALL SELECT " : "SELECT ");
		for (uint32_t i = 0; i < s->p->ncols; i++) {
			if (i)
				(void)buf_add8(out, ',');
			put_raw(out, s, n, i);
		}
		(void)side_from(out, s, n, r);
	}
}

#include "side.h"

#include <string.h>

#include "value.h"

/* ---- values */

const struct table *side_table(const struct side *s, size_t part)
{
	return s->is_target ? s->p->target : s->p->parts[part].t;
}

const struct column *side_column(const struct side *s, size_t part, uint32_t i)
{
	return s->is_target ? &s->p->target->cols[s->p->cols[i].to] : s->p->parts[part].cols[i].c;
}

/* The column's name, or what computes it. */
void side_source(struct buf *out, const struct side *s, size_t part, uint32_t i)
{
	if (!s->is_target && s->p->parts[part].cols[i].sql)
		buf_adds(out, s->p->parts[part].cols[i].sql);
	else
		value_name(out, side_column(s, part, i));
}

void side_value(struct buf *out, const struct side *s, size_t part, uint32_t i)
{
	struct buf x = BUF_INIT;

	side_source(&x, s, part, i);
	value_put(out, buf_str(&x), side_column(s, part, i), s->p->cols[i].canon);
	out->failed |= x.failed;
	buf_release(&x);
}

/* A part of what is hashed: no two rows that differ have the same text. */
static void put_piece(struct buf *out, const struct side *s, size_t part, uint32_t i)
{
	enum canon canon = s->p->cols[i].canon;
	int either = value_is_long(side_column(s, part, i));

	/* in one way on both sides, and for every part */
	for (size_t n = 0; n < s->p->nparts; n++)
		either |= value_is_long(s->p->parts[n].cols[i].c);
	if (s->p->target)
		either |= value_is_long(&s->p->target->cols[s->p->cols[i].to]);
	if (either) {
		buf_adds(out, "IFNULL(SHA2(");
		side_value(out, s, part, i);
		buf_adds(out, ",256),'N')");
	} else if (canon <= CANON_DOUBLE) {
		buf_adds(out, "IFNULL(");
		side_value(out, s, part, i);
		buf_adds(out, ",'N')");
	} else {
		buf_adds(out, "IFNULL(CONCAT(LENGTH(");
		side_value(out, s, part, i);
		buf_adds(out, "),':',");
		side_value(out, s, part, i);
		buf_adds(out, "),'N')");
	}
}

void side_hash(struct buf *out, const struct side *s, size_t part, int with_json)
{
	buf_adds(out, "LEFT(SHA2(CONCAT('r'");
	for (uint32_t i = 0; i < s->p->ncols; i++) {
		if (s->p->cols[i].canon == CANON_JSON && !with_json)
			continue;
		buf_adds(out, ",'#',");
		put_piece(out, s, part, i);
	}
	buf_adds(out, "),256),32)");
}

/* ---- conditions */

static void put_compare(
    struct buf *out, const struct side *s, size_t part, uint32_t k, const char *op, const uint8_t *p, size_t n)
{
	uint32_t i = s->p->key[k];
	const struct column *c = side_column(s, part, i);

	side_source(out, s, part, i);
	buf_adds(out, op);
	value_literal(out, c, s->p->cols[i].canon, p, n);
}

/* (a,b,c) = key, or its first `n` columns and the next one by op. */
void side_prefix(struct buf *out, const struct side *s, size_t part, const struct buf *key, uint32_t n, const char *op)
{
	size_t at = 0, len = 0;

	for (uint32_t k = 0; k < n + (op != NULL); k++) {
		const uint8_t *p = key_next(key, &at, &len);

		if (k)
			buf_adds(out, " AND ");
		put_compare(out, s, part, k, k == n ? op : "=", p, len);
	}
}

/* (a,b,c) op key, written out so that an index is used. last: op of the last column, less: of those before. */
static void put_bound(
    struct buf *out, const struct side *s, size_t part, const struct buf *key, const char *less, const char *last)
{
	uint32_t nkey = s->p->nkey;
	size_t at = 0, len = 0;

	if (nkey == 1) {
		const uint8_t *p = key_next(key, &at, &len);

		put_compare(out, s, part, 0, last, p, len);
		return;
	}
	side_prefix(out, s, part, key, 0, *less == '<' ? "<=" : ">=");
	buf_adds(out, " AND (");
	for (uint32_t n = 0; n < nkey; n++) {
		buf_adds(out, n ? " OR (" : "(");
		side_prefix(out, s, part, key, n, n + 1 == nkey ? last : less);
		(void)buf_add8(out, ')');
	}
	(void)buf_add8(out, ')');
}

static void put_where(struct buf *out, const char **word, const char *condition)
{
	buf_printf(out, "%s%s)", *word, condition);
	*word = " AND (";
}

/* Returns what stands before a further condition. */
const char *side_from(struct buf *out, const struct side *s, size_t part, const struct range *r)
{
	const struct table *t = side_table(s, part);
	const char *word = " WHERE (", *index;

	buf_adds(out, " FROM ");
	sql_ident(out, t->db, strlen(t->db));
	(void)buf_add8(out, '.');
	sql_ident(out, t->name, strlen(t->name));
	/* also where the optimizer thinks that a range is large: what is before it would be read for each chunk */
	index = s->is_target ? s->p->index : s->p->parts[part].index;
	if (s->p->is_ordered && index) {
		buf_adds(out, " FORCE INDEX (");
		sql_ident(out, index, strlen(index));
		(void)buf_add8(out, ')');
	}
	if (s->where)
		put_where(out, &word, s->where);
	if (!s->is_target && s->p->parts[part].where.len)
		put_where(out, &word, (const char *)s->p->parts[part].where.p);
	if (r && r->low) {
		buf_adds(out, word);
		put_bound(out, s, part, r->low, ">", ">");
		(void)buf_add8(out, ')');
		word = " AND (";
	}
	if (r && r->high) {
		buf_adds(out, word);
		put_bound(out, s, part, r->high, "<", "<=");
		(void)buf_add8(out, ')');
		word = " AND (";
	}
	return word;
}

size_t side_parts(const struct side *s)
{
	return s->is_target ? 1 : s->p->nparts;
}

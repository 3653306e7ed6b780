#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <xxhash.h>

#include "tie.h"

/* ---- what a tie is called */

static uint64_t hash_name(uint64_t seed, const char *s)
{
	char lower[512]; /* a name has 64 characters, "db/name" in the engine's spelling at most five bytes for each */
	size_t n = 0;

	for (; s[n] && n < sizeof lower - 1; n++)
		lower[n] = (char)tolower((unsigned char)s[n]);
	return XXH3_64bits_withSeed(lower, n, seed + n);
}

static uint64_t table_id(const char *what, const struct target_table *dst)
{
	return hash_name(hash_name(hash_name(1, what), dst->db), dst->name);
}

/* ---- how values are made one */

/*
 * Collations under which texts of printable ASCII are equal only if they differ
 * in case and in spaces at the end. Others have rules of a language: letters
 * that are written as two, two that are one.
 */
static int folds_ascii(const char *collation)
{
	static const char *const tails[] = {"_general_ci", "_general_nopad_ci", "_general_mysql500_ci", "_unicode_ci",
	    "_unicode_nopad_ci", "_unicode_520_ci", "_unicode_520_nopad_ci", "_0900_ai_ci", "_0900_as_ci", "_0900_as_cs",
	    "_uca1400_ai_ci", "_uca1400_ai_cs", "_uca1400_as_ci", "_uca1400_as_cs", "_uca1400_nopad_ai_ci",
	    "_uca1400_nopad_ai_cs", "_uca1400_nopad_as_ci", "_uca1400_nopad_as_cs", NULL};
	const char *tail = strchr(collation, '_');

	if (!strcmp(collation, "latin1_swedish_ci") || !strcmp(collation, "latin1_swedish_nopad_ci"))
		return 1;
	return tail && target_type_in(tail, tails);
}

static int is_binary(const char *collation)
{
	size_t n = strlen(collation);

	return !strcmp(collation, "binary") || (n > 4 && !strcmp(collation + n - 4, "_bin"));
}

static enum tie_norm text_norm(const struct map_col *m, const struct target_col *dst)
{
	if (m->using || !dst->collation)
		return NORM_ODD;
	return is_binary(dst->collation) ? NORM_BYTES : folds_ascii(dst->collation) ? NORM_ASCII : NORM_ODD;
}

static enum tie_norm norm_of(const struct column *src, const struct map_col *m, const struct target_col *dst)
{
	static const char *const ints[] = {"tinyint", "smallint", "mediumint", "int", "bigint", "bit", "year", NULL},
				 *const addresses[] = {"uuid", "inet4", "inet6", NULL},
				 *const moments[] = {"datetime", "timestamp", NULL};
	const char *t = dst->type;

	if (dst->generated || !map_col_is_written(m))
		return NORM_ODD;
	switch (m->lit) {
	case LIT_INT:
		return target_type_in(t, ints) ? NORM_INT : NORM_ODD;
	case LIT_MEMBER:
	case LIT_MEMBERS:
		return !strcmp(t, src->type == COL_ENUM ? "enum" : "set") ? NORM_MEMBER : NORM_ODD;
	case LIT_DECIMAL:
		return !strcmp(t, "decimal") ? NORM_NUMBER : NORM_ODD;
	case LIT_ASCII:
		if (src->type == COL_DATE || src->type == COL_TIME)
			return !strcmp(t, src->type == COL_DATE ? "date" : "time") ? NORM_NUMBER : NORM_ODD;
		return target_type_in(t, moments) ? NORM_NUMBER : NORM_ODD;
	case LIT_TEXT:
	case LIT_CHARSET:
		return src->type == COL_JSON	 ? NORM_ODD
		       : target_type_is_bytes(t) ? NORM_BYTES
		       : target_type_is_text(t)	 ? text_norm(m, dst)
						 : NORM_ODD;
	case LIT_BYTES:
		return target_type_is_bytes(t) ? NORM_BYTES : NORM_ODD;
	case LIT_ADDRESS:
		return target_type_in(t, addresses) ? NORM_BYTES : NORM_ODD;
	default:
		return NORM_ODD;
	}
}

/* ---- ties of a table */

static struct tie *add_tie(struct map *m, enum tie_kind kind, uint64_t id, uint32_t ncols)
{
	struct tie *more = realloc(m->ties, (m->nties + 1) * sizeof *more), *t;

	if (!more)
		return NULL;
	m->ties = more;
	t = &m->ties[m->nties];
	*t = (struct tie){.kind = kind, .id = id, .ncols = ncols};
	t->cols = calloc(ncols ? ncols : 1, sizeof *t->cols);
	if (!t->cols)
		return NULL;
	m->nties++;
	return t;
}

/* The tie's next column is the target's `to`, -1 an expression. One that cannot be compared makes all rows odd. */
static void set_col(struct tie *t, uint32_t at, const struct map *m, const struct table *src, const struct target_table *dst,
    int to, uint32_t part)
{
	struct tie_col *c = &t->cols[at];

	for (uint32_t i = 0; to >= 0 && i < m->ncols; i++)
		if (m->cols[i].to == to) {
			*c = (struct tie_col){i, norm_of(&src->cols[i], &m->cols[i], &dst->cols[to]), part};
			if (c->norm == NORM_ODD)
				t->kind = TIE_ALL;
			return;
		}
	t->kind = TIE_ALL;
}

static int add_fk(
    struct map *m, const struct table *src, const struct target_table *dst, const struct target_fk *f, int as_parent)
{
	uint64_t id = hash_name(hash_name(1, "foreign"), f->parent);
	struct tie *t;

	for (uint32_t i = 0; i < f->ncols; i++)
		id = hash_name(id, f->parent_cols[i]);
	t = add_tie(m, as_parent ? TIE_PARENT : TIE_CHILD, id, f->ncols);
	if (!t)
		return -1;
	for (uint32_t i = 0; i < f->ncols; i++)
		set_col(t, i, m, src, dst, target_find_col(dst, as_parent ? f->parent_cols[i] : f->child_cols[i]), 0);
	return 0;
}

int tie_make(struct map *m, const struct table *src, const struct target_table *dst, int hides_ties)
{
	int acts = 0;

	for (uint32_t i = 0; i < dst->nuniques; i++) {
		const struct target_unique *u = &dst->uniques[i];
		struct tie *t =
		    add_tie(m, dst->has_overlaps ? TIE_ALL : TIE_KEY, hash_name(table_id("key", dst), u->name), u->ncols);

		if (!t)
			return -1;
		for (uint32_t k = 0; k < u->ncols; k++)
			set_col(t, k, m, src, dst, u->cols[k], u->parts[k]);
		m->nuniques++;
	}
	/* rows that are found by all of their values, in a table that is looked through and locked as a whole */
	if (!m->nkeys && !add_tie(m, TIE_ALL, table_id("all", dst), 0))
		return -1;
	if (dst->is_tied && hides_ties)
		return add_tie(m, TIE_ALL, hash_name(1, "tied"), 0) ? 0 : -1;
	for (uint32_t i = 0; i < dst->nfks; i++) {
		const struct target_fk *f = &dst->fks[i];

		acts |= f->acts;
		if ((f->is_child && add_fk(m, src, dst, f, 0) < 0) || (f->is_parent && add_fk(m, src, dst, f, 1) < 0))
			return -1;
	}
	/* what goes along with a row of such a table is in no log */
	return !acts || add_tie(m, TIE_ALL, hash_name(1, "acts"), 0) ? 0 : -1;
}

void tie_release(struct map *m)
{
	for (uint32_t i = 0; i < m->nties; i++)
		free(m->ties[i].cols);
	free(m->ties);
}

/* ---- rows */

enum found { FOUND_NONE, FOUND_HASH, FOUND_ODD };

static void put_tail(struct buf *out, uint32_t start)
{
	uint32_t n = (uint32_t)out->len - start - (uint32_t)sizeof n;

	if (!out->failed)
		memcpy(out->p + start, &n, sizeof n);
}

static int has_high(const struct val *v)
{
	for (uint32_t i = 0; i < v->n; i++)
		if (v->p[i] & 0x80)
			return 1;
	return 0;
}

/* 0, or -1: it is not known what the value is equal to. */
static int put_value(struct buf *out, const struct tie_col *c, const struct map_col *m, const struct val *v)
{
	uint32_t start = (uint32_t)out->len, n = v->n;
	uint64_t u;

	switch (c->norm) {
	case NORM_INT:
		if (v->kind != VAL_UINT && v->kind != VAL_INT)
			return -1;
		return buf_add(out, &v->u, sizeof v->u);
	case NORM_MEMBER:
		u = v->u;
		if (m->members && m->lit == LIT_MEMBER && u && u <= m->nmembers)
			u = m->members[u - 1];
		else if (m->members && m->lit == LIT_MEMBERS)
			return -1;
		return buf_add(out, &u, sizeof u);
	default:
		break;
	}
	if (v->kind != VAL_STR && v->kind != VAL_BIN)
		return -1;
	(void)buf_add(out, &n, sizeof n);
	if (c->part && c->norm != NORM_NUMBER) {
		if (m->bytewise && has_high(v)) /* the part is of characters */
			return -1;
		n = c->part < n ? c->part : n;
	}
	switch (c->norm) {
	case NORM_NUMBER:
		if (memchr(v->p, '.', n)) {
			while (n && v->p[n - 1] == '0')
				n--;
			n -= n && v->p[n - 1] == '.';
		}
		break;
	case NORM_ASCII:
	case NORM_BYTES:
		while (n && (v->p[n - 1] == ' ' || (c->norm == NORM_BYTES && !v->p[n - 1])))
			n--;
		break;
	default:
		return -1;
	}
	(void)buf_add(out, v->p, n);
	for (uint32_t i = 0; c->norm == NORM_ASCII && i < n && !out->failed; i++) {
		uint8_t *p = &out->p[start + sizeof n + i];

		if (*p < 0x20 || *p > 0x7e)
			return -1;
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20;
	}
	put_tail(out, start);
	return 0;
}

/* The tie's value in an image, with what that lacks from another one. */
static enum found find(const struct map *m, const struct tie *t, const struct val *image, const struct val *other,
    struct buf *scratch, uint64_t *hash)
{
	enum found f = FOUND_HASH;

	buf_reset(scratch);
	for (uint32_t i = 0; i < t->ncols; i++) {
		const struct tie_col *c = &t->cols[i];
		const struct val *v = &image[c->col];

		if (v->kind == VAL_ABSENT && other)
			v = &other[c->col];
		if (v->kind == VAL_NULL)
			return FOUND_NONE;
		if (v->kind == VAL_ABSENT || put_value(scratch, c, &m->cols[c->col], v) < 0)
			f = FOUND_ODD;
	}
	*hash = XXH3_64bits_withSeed(scratch->p, scratch->len, t->id);
	return f;
}

static int lacks(const struct tie *t, const struct val *image)
{
	for (uint32_t i = 0; i < t->ncols; i++)
		if (image[t->cols[i].col].kind != VAL_ABSENT)
			return 0;
	return 1;
}

static int mark(const struct tie_calls *calls, const struct tie *t, enum found f, uint64_t hash)
{
	if (f == FOUND_NONE)
		return 0;
	return calls->on_mark(calls->arg, t,
	    f == FOUND_ODD	   ? TIE_ODD
	    : t->kind == TIE_CHILD ? TIE_SHARED
				   : TIE_VALUE,
	    f == FOUND_ODD ? t->id : hash);
}

int tie_row(const struct map *m, enum row_op op, const struct val *old, const struct val *new, struct buf *scratch,
    const struct tie_calls *calls)
{
	for (uint32_t i = 0; i < m->nties; i++) {
		const struct tie *t = &m->ties[i];
		uint64_t before = 0, after = 0;
		enum found b = FOUND_NONE, a = FOUND_NONE;
		int rc;

		if (t->kind == TIE_ALL) {
			b = FOUND_ODD;
		} else if (op == ROW_UPDATE && lacks(t, new)) {
			/* it stays as it is; where nothing says what that is another tie has the row */
			if (i && lacks(t, old))
				continue;
			b = find(m, t, old, NULL, scratch, &before);
		} else {
			if (op != ROW_INSERT)
				b = find(m, t, old, NULL, scratch, &before);
			if (op != ROW_DELETE)
				a = find(m, t, new, op == ROW_UPDATE ? old : NULL, scratch, &after);
		}
		if (scratch->failed)
			return -1;
		rc = mark(calls, t, b, before);
		if (rc == 0 && (a != b || after != before))
			rc = mark(calls, t, a, after);
		if (rc)
			return rc;
	}
	return 0;
}

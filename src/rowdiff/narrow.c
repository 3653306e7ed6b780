/* Ranges of the key, down to few rows. */
#include <string.h>

#include "code.h"
#include "compare.h"
#include "msg.h"
#include "sig.h"

#define FEW_ROWS 1000 /* are read one by one */
#define FANOUT 16
#define DEEP 14

/* ---- keys behind a number of rows */

struct key_row {
	uint32_t nkey;
	struct buf *key;
	int found;
};

static int on_key(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct key_row *k = arg;

	if (ncols < k->nkey)
		return 1;
	buf_reset(k->key);
	for (uint32_t i = 0; i < k->nkey; i++)
		key_add(k->key, v[i], v[i] ? lens[i] : 0);
	k->found = 1;
	return 0;
}

/* *found 0: there are fewer rows. */
int narrow_bound(struct worker *w, int is_target, const struct range *r, uint64_t n, struct buf *key, int *found)
{
	struct side s = worker_side(w, is_target);
	struct key_row k = {s.p->nkey, key, 0};
	int code;

	sql_bound(&w->sql, &s, r, n);
	code = compare_ask(w, &s, on_key, &k);
	*found = k.found;
	return code == CODE_OK && key->failed ? no_memory() : code;
}

/* ---- ranges */

/*
 * The ends of a chunk are compared by each server as it orders the key. If they order it differently a row may be in one chunk
 * here and in another there, or in two, but never in none; so it is a suspect, and found to be the same when it is looked up.
 */
static int narrow(struct worker *w, const struct range *r, uint64_t s_rows, uint64_t t_rows, int depth)
{
	uint64_t most = s_rows > t_rows ? s_rows : t_rows;
	struct buf low = BUF_INIT, high = BUF_INIT;
	int code = CODE_OK, found = 1, is_full = 0;

	if (most <= FEW_ROWS || depth > DEEP) {
		code = compare_rows(w, r, &is_full);
		if (code != CODE_OK || !is_full)
			return code;
		if (depth > DEEP) {
			msg_error("cannot compare table \"%s.%s\": too many rows with the same key", w->pair->db, w->pair->name);
			return CODE_USAGE;
		}
		most = most > FEW_ROWS ? most : FEW_ROWS;
	}
	if (r->low)
		(void)buf_add(&low, r->low->p, r->low->len);
	for (int first = !r->low; code == CODE_OK && found && !sig_stop; first = 0) {
		struct range part = {first ? NULL : &low, r->high};
		struct sums a, b;

		code = narrow_bound(w, t_rows > s_rows, &part, most / FANOUT + 1, &high, &found);
		if (code != CODE_OK)
			break;
		if (found && !first && high.len == low.len && !memcmp(high.p, low.p, low.len))
			found = 0;
		part.high = found ? &high : r->high;
		code = compare_sums(w, 0, &part, &a);
		if (code == CODE_OK)
			code = compare_sums(w, 1, &part, &b);
		if (code == CODE_OK && !sums_same(&a, &b))
			code = narrow(w, &part, a.rows, b.rows, depth + 1);
		buf_reset(&low);
		if (buf_add(&low, high.p, high.len) < 0)
			code = no_memory();
	}
	buf_release(&low);
	buf_release(&high);
	return code;
}

int narrow_range(struct worker *w, const struct range *r, uint64_t s_rows, uint64_t t_rows)
{
	return narrow(w, r, s_rows, t_rows, 0);
}

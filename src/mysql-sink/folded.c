#include "exec.h"
#include "row.h"

#define FOLD_BYTES (4u << 20) /* of memory; what is folded is written when it has passed this */

static int may_fold(const struct exec *x, const struct source_table *st)
{
	/* other policies say what is to be done with each row, each is to be compared, and triggers see the order */
	return st->policy == POLICY_STOP && !x->o->allow_triggers && !x->o->compare_rows;
}

enum exec_result exec_fold(struct exec *x, size_t index)
{
	const struct item *it = &x->b->items[index];
	struct source_table *st = it->st;
	enum exec_result r;
	struct cur c;
	int fits, late;

	/* a definition has to be read, or the session's checks change: what was folded belongs to what is now */
	if (x->fold.nrows && (!exec_has_map(x, st) || x->fold_flags != it->flags) && (r = exec_unfold(x)) != EXEC_OK)
		return r;
	if (!may_fold(x, st))
		return exec_rows(x, index, 0);
	r = exec_map(x, st, &fits);
	if (r != EXEC_OK)
		return r;
	if (!fits || !st->map->folds)
		return exec_rows(x, index, 0);
	if (exec_room_for_vals(x, st->def->ncols) < 0)
		return exec_no_memory(x);
	x->fold_flags = it->flags;
	cur_init(&c, x->b->bytes.p + it->at, it->len);
	for (uint32_t i = 0; i < it->n; i++) {
		struct row_ref ref = {index, cur_at(&c)};

		if (exec_read_row(x, it, &c) < 0)
			return exec_damaged(x, it, &c);
		late = exec_must_wait(x, st, (enum row_op)it->op, x->old, x->new);
		if (late < 0)
			return exec_no_memory(x);
		switch (fold_add(&x->fold, st, (enum row_op)it->op, x->old, x->new, ref, late)) {
		case FOLD_TOOK:
			if (fold_size(&x->fold) > FOLD_BYTES && (r = exec_unfold(x)) != EXEC_OK)
				return r;
			break;
		case FOLD_CANNOT:
			r = exec_unfold(x);
			if (r == EXEC_OK && late)
				r = exec_wait_tied(x);
			if (r != EXEC_OK)
				return r;
			cur_init(&c, x->b->bytes.p + it->at, it->len);
			cur_skip(&c, ref.at);
			(void)exec_read_row(x, it, &c); /* others were read meanwhile */
			exec_set_checks(x, it->flags);
			r = exec_put_row(x, it, ref, cur_at(&c) - ref.at, 0, 1);
			if (r != EXEC_OK)
				return r;
			break;
		case FOLD_WRONG:
			return EXEC_TROUBLE;
		case FOLD_NOMEM:
			return exec_no_memory(x);
		}
	}
	return c.p == c.end ? EXEC_OK : exec_damaged(x, it, &c);
}

/* One row that was folded, as what it came to. */
static enum exec_result put(struct exec *x, const struct fold_out *o, uint32_t run)
{
	static const uint8_t ops[] = {[FOLD_DELETE] = ROW_DELETE, [FOLD_UPDATE] = ROW_UPDATE, [FOLD_INSERT] = ROW_INSERT};
	struct row_ref ref = fold_ref(&x->fold, o);
	struct item it = x->b->items[ref.item];
	enum exec_result r;
	struct cur c;

	cur_init(&c, x->b->bytes.p + it.at, it.len);
	cur_skip(&c, ref.at);
	if (exec_room_for_vals(x, it.st->def->ncols) < 0)
		return exec_no_memory(x);
	if (exec_read_row(x, &it, &c) < 0)
		return exec_damaged(x, &it, &c);
	it.op = ops[o->step];
	x->is_merged = it.op == ROW_UPDATE && !fold_is_one(&x->fold, o);
	r = exec_put_row(x, &it, ref, cur_at(&c) - ref.at, 0, run);
	x->is_merged = 0;
	return r;
}

static int is_one_run(const struct fold *f, const struct fold_out *a, const struct fold_out *b)
{
	return a->step == b->step && a->late == b->late && fold_table(f, a) == fold_table(f, b);
}

enum exec_result exec_unfold(struct exec *x)
{
	const struct fold_out *o;
	enum exec_result r = EXEC_OK;
	uint32_t n, run;

	if (!x->fold.nrows)
		return EXEC_OK;
	o = fold_list(&x->fold, &n);
	if (!o)
		return exec_no_memory(x);
	exec_set_checks(x, x->fold_flags);
	for (uint32_t i = 0; i < n && r == EXEC_OK; i += run) {
		for (run = 1; i + run < n && is_one_run(&x->fold, &o[i], &o[i + run]);)
			run++;
		if (o[i].late && (r = exec_wait_tied(x)) != EXEC_OK)
			break;
		for (uint32_t k = 0; k < run && r == EXEC_OK; k++)
			r = put(x, &o[i + k], run);
	}
	fold_reset(&x->fold);
	return r == EXEC_OK ? exec_end_run(x) : r;
}

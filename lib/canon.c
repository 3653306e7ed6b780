#include "canon.h"

#include <stdlib.h>

#include "charset.h"

void canon_val(const struct column *col, struct val *v)
{
	if (v->kind != VAL_STR && v->kind != VAL_BIN)
		return;
	switch (col_type_class(col->type)) {
	case COLC_TEXT:
		if (col->type == COL_JSON) /* both: text, or MySQL's binary form */
			break;
		v->kind = charset_is_utf8(col->charset) ? VAL_STR : VAL_BIN;
		break;
	case COLC_BYTES:
		v->kind = VAL_BIN;
		break;
	default:
		v->kind = VAL_STR;
	}
}

void canon_label(const struct table *t, struct buf *out)
{
	size_t at = out->len;

	buf_adds(out, t->db);
	buf_add8(out, '.');
	buf_adds(out, t->name);
	if (out->failed || utf8_is_valid(out->p + at, out->len - at))
		return;
	for (; at < out->len; at++)
		if (out->p[at] >= 0x80)
			out->p[at] = '?';
}

static int canon_rows(const struct table *t, struct cur *c, struct buf *out)
{
	struct val *vals = malloc((t->ncols ? t->ncols : 1) * sizeof *vals);
	struct rows_writer w;
	struct rec_rows r;
	int rc = -1;

	rows_init(&w);
	if (read_rows(c, &r) < 0)
		goto out;
	if (!vals) {
		cur_fail(c, "out of memory");
		goto out;
	}
	for (uint64_t i = 0; i < r.n; i++) {
		if (!w.open)
			rows_open(&w, &r);
		for (int image = 0; image < (r.op == ROW_UPDATE ? 2 : 1); image++) {
			if (read_image(c, t, vals) < 0)
				goto out;
			for (uint32_t k = 0; k < t->ncols; k++)
				canon_val(&t->cols[k], &vals[k]);
			rows_image(&w, vals, t->ncols);
		}
		w.head.n++;
		if (rows_is_full(&w) && rows_close(&w, out) < 0)
			goto out;
	}
	if (cur_left(c))
		cur_fail(c, "something follows the rows");
	else
		rc = rows_close(&w, out);
out:
	rows_release(&w);
	rec_extra_release(&r.extra);
	free(vals);
	return rc;
}

static int canon_table(struct cur *c, struct buf *out)
{
	struct rec_extra extra = {0};
	struct table *t = read_table(c, &extra);
	int rc = t ? write_table(out, t, &extra) : -1;

	table_free(t);
	rec_extra_release(&extra);
	return rc;
}

static int canon_ddl(struct cur *c, struct buf *out)
{
	struct rec_ddl r;
	int rc = read_ddl(c, &r) < 0 ? -1 : write_ddl(out, &r);

	rec_ddl_release(&r);
	return rc;
}

#define CANON(name, type)                                                     \
	static int canon_##name(struct cur *c, struct buf *out)               \
	{                                                                     \
		struct type r;                                                \
		int rc = read_##name(c, &r) < 0 ? -1 : write_##name(out, &r); \
                                                                              \
		rec_extra_release(&r.extra);                                  \
		return rc;                                                    \
	}

CANON(hello, rec_hello)
CANON(begin, rec_begin)
CANON(commit, rec_commit)
CANON(mark, rec_mark)
CANON(end, rec_end)
CANON(savepoint, rec_rollback)
CANON(rollback, rec_rollback)
CANON(note, rec_note)
CANON(prepare, rec_prepare)
CANON(decide, rec_decide)

static int canon_other(const struct frame *f, struct buf *out)
{
	size_t start = frame_begin(out, f->kind);

	(void)buf_add(out, f->body, f->body_len);
	return frame_end(out, start);
}

int canon_frame(const struct frame *f, const struct table *t, struct cur *c, struct buf *out)
{
	static int (*const kinds[FRAME_KINDS])(struct cur *, struct buf *) = {[FRAME_HELLO] = canon_hello,
	    [FRAME_TABLE] = canon_table,
	    [FRAME_BEGIN] = canon_begin,
	    [FRAME_DDL] = canon_ddl,
	    [FRAME_COMMIT] = canon_commit,
	    [FRAME_MARK] = canon_mark,
	    [FRAME_END] = canon_end,
	    [FRAME_SAVEPOINT] = canon_savepoint,
	    [FRAME_ROLLBACK] = canon_rollback,
	    [FRAME_NOTE] = canon_note,
	    [FRAME_PREPARE] = canon_prepare,
	    [FRAME_DECIDE] = canon_decide};

	cur_init(c, f->body, f->body_len);
	if (f->kind == FRAME_ROWS)
		return canon_rows(t, c, out);
	if (f->kind > 0 && f->kind < FRAME_KINDS)
		return kinds[f->kind](c, out);
	return canon_other(f, out);
}

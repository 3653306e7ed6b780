#include <string.h>
#include <strings.h>

#include "charset.h"
#include "ddl.h"
#include "table.h"

enum { DONE = 0, UNSAFE = 1 };

/* `name` in the text's character set. A backquote quotes in every sql_mode. */
static int put_ident(const struct ddl *d, const char *name, struct buf *out)
{
	struct buf quoted = BUF_INIT;
	int r = DONE;

	buf_add8(&quoted, '`');
	for (const char *c = name; *c; c++) {
		if (*c == '`')
			buf_add8(&quoted, '`');
		buf_add8(&quoted, (uint8_t)*c);
	}
	buf_add8(&quoted, '`');
	if (quoted.failed)
		r = -1;
	else if (!d->charset || charset_is_utf8(d->charset) || !strcasecmp(d->charset, "binary"))
		(void)buf_add(out, quoted.p, quoted.len);
	else if (charset_from_utf8(d->charset, quoted.p, quoted.len, out) < 0)
		r = out->failed ? -1 : UNSAFE;
	buf_release(&quoted);
	return r;
}

static int put_name(const struct ddl *d, const struct ddl_name *at, const char *db, const char *table, struct buf *out)
{
	int r;

	if (out->len && out->p[out->len - 1] == '`') /* two would be one within quotes */
		buf_add8(out, ' ');
	r = put_ident(d, db, out);
	if (!r && *at->name) {
		buf_add8(out, '.');
		r = put_ident(d, table, out);
	}
	if (!at->len)
		buf_add8(out, ' ');
	return r;
}

/* Does it read as the statement did? Of one that no server has taken another name may turn up. */
static int is_like(const struct ddl *d, const uint8_t *p, size_t n, uint64_t sql_mode)
{
	struct ddl now = {0};
	int r = ddl_lex(&now, (const char *)p, n, sql_mode, d->charset);

	if (r == 0)
		r = now.class == d->class && !strcmp(now.verb, d->verb) && now.nnames == d->nnames && now.nrefs == d->nrefs;
	ddl_release(&now);
	return r;
}

int ddl_rewrite(const struct ddl *d, const char *sql, size_t n, uint64_t sql_mode,
    int (*to)(void *arg, const struct ddl_name *name, const char **db, const char **table), void *arg, struct buf *out)
{
	size_t in = 0, ir = 0, done = 0, start = out->len;
	int moved = 0; /* names[0], whose database others lie beside, has another name */
	int r = DONE;

	if (d->or_more || d->class == DDL_UNKNOWN)
		return UNSAFE;
	while (in < d->nnames || ir < d->nrefs) {
		int first = ir == d->nrefs || (in < d->nnames && d->names[in].at < d->refs[ir].at);
		const struct ddl_name *name = first ? &d->names[in] : &d->refs[ir];
		const char *db = NULL, *table = NULL;

		if (name->at < done || name->at + name->len > n)
			return UNSAFE;
		(void)buf_add(out, sql + done, name->at - done);
		done = name->at;
		if (to(arg, name, &db, &table)) {
			moved |= first && !in;
			r = put_name(d, name, db, table, out);
			done += name->len;
		} else if (name->beside && moved) {
			if (!name->db)
				return UNSAFE;
			r = put_name(d, name, name->db, name->name, out);
			done += name->len;
		}
		if (r)
			return r;
		if (done < n && sql[done] == '`' && done > name->at)
			buf_add8(out, ' ');
		in += (size_t)first;
		ir += (size_t)!first;
	}
	(void)buf_add(out, sql + done, n - done);
	if (out->failed)
		return -1;
	r = out->len > start ? is_like(d, out->p + start, out->len - start, sql_mode) : 1;
	return r < 0 ? -1 : r ? DONE : UNSAFE;
}

#include "note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <xxhash.h>

#include "row.h"

int note_verb_is(const struct rec_ddl *r, const char *word)
{
	size_t n = strlen(word);

	for (uint32_t i = 0; r->verb.p && i + n <= r->verb.n; i++)
		if ((!i || r->verb.p[i - 1] == ' ') && !strncasecmp(r->verb.p + i, word, n) &&
		    (i + n == r->verb.n || r->verb.p[i + n] == ' '))
			return 1;
	return 0;
}

/* ---- how the objects look */

struct look {
	struct buf text;
};

static int on_show(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct look *k = arg;

	/* name, then the statement; of views and routines more, which does not hurt */
	for (unsigned i = 0; i < ncols; i++)
		if (v[i]) {
			const char *p = v[i], *cut = strstr(p, " AUTO_INCREMENT=");

			/* rows change the counter, a table option; a column's own AUTO_INCREMENT has no "=" */
			if (cut) {
				(void)buf_add(&k->text, p, (size_t)(cut - p));
				for (cut += 16; *cut >= '0' && *cut <= '9'; cut++)
					;
				buf_adds(&k->text, cut);
			} else {
				(void)buf_add(&k->text, p, lens[i]);
			}
			(void)buf_add8(&k->text, 0);
		}
	return 0;
}

void note_put_name(struct buf *sql, const struct rec_name *n)
{
	if (n->db.n) {
		sql_ident(sql, n->db.p, n->db.n);
		if (n->name.n)
			(void)buf_add8(sql, '.');
	}
	if (n->name.n)
		sql_ident(sql, n->name.p, n->name.n);
}

/* Appends how one object looks; nothing if it is not there. */
static int look_at(struct exec *x, const struct rec_ddl *r, const struct rec_name *n, struct look *k)
{
	struct buf sql = BUF_INIT;
	int rc;

	buf_adds(&sql, !n->name.n		      ? "SHOW CREATE DATABASE "
		       : note_verb_is(r, "procedure") ? "SHOW CREATE PROCEDURE "
		       : note_verb_is(r, "function")  ? "SHOW CREATE FUNCTION "
		       : note_verb_is(r, "library")   ? "SHOW CREATE LIBRARY "
						      : "SHOW CREATE TABLE ");
	note_put_name(&sql, n);
	rc = link_rows(&x->link, buf_str(&sql), sql.len, on_show, k);
	if (rc < 0 && !row_error_is_again(x->link.err_no))
		rc = 0; /* it is not there, or may not be seen: both are the same before and after */
	(void)buf_add8(&k->text, 1);
	if (rc == 0 && n->name.n) {
		/* a swap of two tables of one definition shows only here; without the right to look it stays unseen */
		struct buf id = BUF_INIT;
		struct buf full = BUF_INIT;

		buf_reset(&sql);
		buf_adds(&sql, x->link.is_mariadb ? "SELECT MAX(table_id) FROM information_schema.innodb_sys_tables WHERE name="
						  : "SELECT MAX(table_id) FROM information_schema.innodb_tables WHERE name=");
		(void)buf_add(&full, n->db.p, n->db.n);
		(void)buf_add8(&full, '/');
		(void)buf_add(&full, n->name.p, n->name.n);
		sql_string(&sql, full.p, full.len);
		if (link_value(&x->link, buf_str(&sql), &id) < 0)
			rc = row_error_is_again(x->link.err_no) ? -1 : 0;
		(void)buf_add(&k->text, id.p, id.len);
		(void)buf_add8(&k->text, 2);
		buf_release(&id);
		buf_release(&full);
	}
	buf_release(&sql);
	return rc;
}

int note_look(struct exec *x, const struct rec_ddl *r, char print[17])
{
	struct look k = {BUF_INIT};
	int rc = 0;

	for (uint32_t i = 0; i < r->nnames && rc == 0; i++)
		rc = look_at(x, r, &r->names[i], &k);
	snprintf(print, 17, "%016llx", (unsigned long long)XXH3_64bits(k.text.p ? (const void *)k.text.p : "", k.text.len));
	buf_release(&k.text);
	return rc;
}

/* ---- what is noted */

void note_put(char *at, size_t size, const struct rec_ddl *r, const char *trx, unsigned number)
{
	uint32_t names = 0;

	for (uint32_t i = 0; i < r->nnames; i++) {
		names = XXH32(r->names[i].db.p, r->names[i].db.n, names + 1);
		names = XXH32(r->names[i].name.p, r->names[i].name.n, names + 1);
	}
	snprintf(at, size, "%s/%u %08x%08x", trx, number, names, XXH32(r->sql.p, r->sql.n, 0));
}

int note_is_of(struct ckpt *c, const char *at, enum note_part part)
{
	const char *noted = buf_str(&c->ddl_at), *space = strrchr(at, ' ');
	size_t n = (size_t)(space - at);

	if (strncmp(noted, at, n) != 0 || (noted[n] && noted[n] != ' '))
		return 0;
	return !noted[n] ||
	       !strncmp(noted + n, space, 1 + (size_t)part); /* one of an earlier version has no more than the place */
}

int note_is_past(struct ckpt *c, const char *trx, unsigned number)
{
	const char *noted = buf_str(&c->ddl_at);
	size_t n = strlen(trx);

	return !strncmp(noted, trx, n) && noted[n] == '/' && strtoul(noted + n + 1, NULL, 10) > number;
}

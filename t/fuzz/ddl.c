/*
 * Statements of the log: lexer, names, rewriting, the terms of another server. The
 * input: bits of sql_mode and two servers, a character set, text.
 *
 * Held: names stand where they are said to; a statement whose names were
 * replaced names those that they were replaced by, and nothing else of it changed.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ddl.h"
#include "dialect.h"
#include "xid.h"

static const char *const charsets[] = {NULL, "utf8mb4", "latin1", "gbk", "sjis", "big5", "binary", "cp932"};

static const struct server_kind kinds[] = {{0, 90700}, {0, 80000}, {1, 101100}, {1, 110800}, {1, 100500}};

static void check_places(const struct ddl_name *names, size_t count, size_t n)
{
	for (size_t i = 0; i < count; i++)
		CHECK(names[i].name && names[i].at <= n && names[i].len <= n - names[i].at);
}

static int to(void *arg, const struct ddl_name *name, const char **db, const char **table)
{
	size_t *calls = arg;

	(void)name;
	*db = "new`db";
	*table = "t\xc3\xa4g";
	++*calls;
	return 1;
}

static int to_ascii(void *arg, const struct ddl_name *name, const char **db, const char **table)
{
	(void)to(arg, name, db, table);
	*table = "new t";
	return 1;
}

static void check_rewritten(const struct ddl *d, const struct buf *sql, uint64_t mode, const char *charset, const char *table)
{
	struct ddl now = {0};

	CHECK(ddl_lex(&now, (const char *)sql->p, sql->len, mode, charset) == 0);
	CHECK(now.class == d->class && !strcmp(now.verb, d->verb));
	CHECK(now.nnames == d->nnames && now.nrefs == d->nrefs);
	for (size_t i = 0; i < now.nnames; i++)
		CHECK(now.names[i].db && !strcmp(now.names[i].db, "new`db") &&
		      (!*d->names[i].name || !strcmp(now.names[i].name, table)));
	for (size_t i = 0; i < now.nrefs; i++)
		CHECK(now.refs[i].db && !strcmp(now.refs[i].db, "new`db") && !strcmp(now.refs[i].name, table));
	ddl_release(&now);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf out = BUF_INIT;
	struct ddl d = {0};
	const char *charset;
	uint64_t mode;
	size_t calls = 0;
	char *sql;

	if (n < 2)
		return 0;
	mode = (p[0] & 1 ? DDL_ANSI_QUOTES : 0) | (p[0] & 2 ? DDL_NO_BACKSLASH_ESCAPES : 0) | (p[0] & 4 ? 0x400u : 0);
	charset = charsets[p[1] % (sizeof charsets / sizeof *charsets)];
	n -= 2;
	sql = malloc(n ? n : 1);
	if (!sql)
		abort();
	memcpy(sql, p + 2, n);
	CHECK(ddl_lex(&d, sql, n, mode, charset) == 0);
	check_places(d.names, d.nnames, n);
	check_places(d.refs, d.nrefs, n);
	if (ddl_rewrite(&d, sql, n, mode, to, &calls, &out) == 0) {
		CHECK(calls == d.nnames + d.nrefs);
		check_rewritten(&d, &out, mode, charset, "t\xc3\xa4g");
	}
	calls = 0;
	buf_reset(&out);
	if (ddl_rewrite(&d, sql, n, mode, to_ascii, &calls, &out) == 0)
		check_rewritten(&d, &out, mode, charset, "new t");
	buf_reset(&out);
	CHECK(dialect_rewrite(&kinds[(p[0] >> 3) % 5], &kinds[(p[0] >> 3) / 5 % 5], NULL, d.verb, sql, n, mode, charset, &out) >=
	      0);
	ddl_release(&d);
	buf_release(&out);
	free(sql);
	return 0;
}

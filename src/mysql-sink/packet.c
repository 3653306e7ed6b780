#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "packet.h"

void packet_release(struct packet *p)
{
	buf_release(&p->sql);
	buf_release(&p->load);
	free(p->stmts);
	free(p->rows);
	free(p->present);
	memset(p, 0, sizeof *p);
}

void packet_reset(struct packet *p)
{
	buf_reset(&p->sql);
	/* one giant row must not stay in memory for good */
	if (p->sql.cap > (8u << 20))
		buf_release(&p->sql);
	p->nstmts = p->nrows = 0;
	p->open = NULL;
	p->bulk = NULL;
	buf_reset(&p->load);
	p->nomem = 0;
}

struct stmt *packet_stmt(struct packet *p, enum stmt_kind kind, struct map *map)
{
	struct stmt *s;

	if (p->nstmts == p->cap_stmts) {
		size_t cap = p->cap_stmts ? 2 * p->cap_stmts : 64;

		s = realloc(p->stmts, cap * sizeof *s);
		if (!s) {
			p->nomem = 1;
			return NULL;
		}
		p->stmts = s;
		p->cap_stmts = cap;
	}
	if (p->sql.len)
		(void)buf_add8(&p->sql, ';');
	s = &p->stmts[p->nstmts++];
	*s = (struct stmt){.kind = kind, .first = p->nrows, .map = map};
	return s;
}

void packet_ref(struct packet *p, struct row_ref ref)
{
	if (p->nrows == p->cap_rows) {
		size_t cap = p->cap_rows ? 2 * p->cap_rows : 256;
		struct row_ref *more = realloc(p->rows, cap * sizeof *more);

		if (!more) {
			p->nomem = 1;
			return;
		}
		p->rows = more;
		p->cap_rows = cap;
	}
	p->rows[p->nrows++] = ref;
	p->stmts[p->nstmts - 1].nrows++;
}

void packet_control(struct packet *p, enum stmt_kind kind, const char *sql)
{
	if (packet_stmt(p, kind, NULL))
		buf_adds(&p->sql, sql);
}

void packet_guard(struct packet *p)
{
	const struct stmt *s = p->nstmts ? &p->stmts[p->nstmts - 1] : NULL;
	char sql[120];

	if (!s || (!s->map && s->kind != STMT_CKPT))
		return;
	/* beyond what the type holds is an error in SET, in any sql_mode; in DO it is none on MariaDB */
	snprintf(sql, sizeof sql, "SET @rowferry=18446744073709551615+(ROW_COUNT()<>%u OR @@warning_count<>0)",
	    s->kind == STMT_CKPT ? 1 : s->nrows);
	packet_control(p, STMT_GUARD, sql);
}

/* ---- what the open statement is */

int packet_present(struct packet *p, uint32_t n)
{
	if (n > p->cap_present) {
		unsigned char *more = realloc(p->present, n);

		if (!more) {
			p->nomem = 1;
			return -1;
		}
		p->present = more;
		p->cap_present = n;
	}
	return 0;
}

void packet_remember(struct packet *p, const struct val *vals, uint32_t n)
{
	for (uint32_t i = 0; packet_present(p, n) == 0 && i < n; i++)
		p->present[i] = vals[i].kind != VAL_ABSENT;
}

int packet_has_same(const struct packet *p, const struct val *vals, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p->present[i] != (vals[i].kind != VAL_ABSENT))
			return 0;
	return 1;
}

int packet_takes(const struct packet *p, const struct source_table *st, enum stmt_kind kind)
{
	const struct stmt *s;

	if (p->open != st)
		return 0;
	s = &p->stmts[p->nstmts - 1];
	return s->kind == kind && s->nrows < p->max_rows;
}

enum lit_result packet_refuse(struct packet *p, size_t len, size_t nstmts, enum lit_result r, uint32_t col)
{
	p->sql.len = len;
	if (p->nstmts > nstmts)
		p->open = NULL;
	p->nstmts = nstmts;
	p->why_col = col;
	return r;
}

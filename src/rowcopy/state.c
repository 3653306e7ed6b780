/*
 * Where a copy is, in one line that goes with its transactions to the target and
 * comes back by --resume:
 *
 *   ID.N                            it has ended with part N
 *   ID.N start                      nothing is copied
 *   ID.N rows DB/NAME PRINT KEY     up to that key of the table; KEY is - or hex digits
 *   ID.N after DB/NAME              all rows of the table, but not what comes behind them
 *   ID.N done DB/NAME               that table and all before it
 *
 * Names are written with % and two hex digits for all but letters, digits, _ and $.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copy.h"

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void put_name(struct buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$')
			(void)buf_add8(b, c);
		else
			buf_printf(b, "%%%02x", c);
	}
}

static char *get_name(const char **p, char end)
{
	struct buf b = BUF_INIT;
	char *s;

	for (; **p && **p != end && **p != ' '; (*p)++) {
		int c = (unsigned char)**p;

		if (c == '%') {
			if (hex((*p)[1]) < 0 || hex((*p)[2]) < 0)
				break;
			c = hex((*p)[1]) << 4 | hex((*p)[2]);
			*p += 2;
		}
		(void)buf_add8(&b, (uint8_t)c);
	}
	s = b.len && !b.failed ? strdup(buf_str(&b)) : NULL;
	buf_release(&b);
	return s;
}

void state_release(struct state *st)
{
	free(st->db);
	free(st->name);
	st->db = st->name = NULL;
	buf_release(&st->key);
}

int state_set(struct state *st, int at, const char *db, const char *name)
{
	char *d = db ? strdup(db) : NULL, *n = name ? strdup(name) : NULL;

	free(st->db);
	free(st->name);
	st->db = d;
	st->name = n;
	st->at = at;
	buf_reset(&st->key);
	return (db && !d) || (name && !n) ? -1 : 0;
}

void state_print(const struct state *st, const char *id, uint64_t part, struct buf *out)
{
	buf_printf(out, "%s.%llu", id, (unsigned long long)part);
	switch (st->at) {
	case STATE_OVER:
		return;
	case STATE_START:
		buf_adds(out, " start");
		break;
	case STATE_ROWS:
	case STATE_AFTER:
	case STATE_DONE:
		buf_adds(out, st->at == STATE_ROWS ? " rows " : st->at == STATE_AFTER ? " after " : " done ");
		put_name(out, st->db);
		(void)buf_add8(out, '/');
		put_name(out, st->name);
		break;
	}
	if (st->at == STATE_ROWS) {
		buf_printf(out, " %016llx ", (unsigned long long)st->print);
		buf_hex(out, st->key.p, st->key.len);
		if (!st->key.len)
			(void)buf_add8(out, '-');
	}
}

static int parse_rows(struct state *st, const char **p)
{
	int n = 0;
	unsigned long long print;

	if (sscanf(*p, " %16llx %n", &print, &n) != 1 || !n)
		return -1;
	st->print = print;
	*p += n;
	if (**p == '-') {
		(*p)++;
		return 0;
	}
	for (; hex((*p)[0]) >= 0 && hex((*p)[1]) >= 0; *p += 2)
		(void)buf_add8(&st->key, (uint8_t)(hex((*p)[0]) << 4 | hex((*p)[1])));
	return st->key.failed || !st->key.len ? -1 : 0;
}

int state_parse(struct state *st, const char *text, char *id, size_t nid, uint64_t *part)
{
	const char *dot = strchr(text, '.'), *p;
	char *end;

	if (!dot || (size_t)(dot - text) >= nid || dot == text)
		return -1;
	memcpy(id, text, (size_t)(dot - text));
	id[dot - text] = 0;
	*part = strtoull(dot + 1, &end, 10);
	p = end;
	st->at = STATE_OVER;
	if (!*p)
		return 0;
	if (!strncmp(p, " start", 6)) {
		st->at = STATE_START;
		p += 6;
	} else if (!strncmp(p, " rows ", 6) || !strncmp(p, " done ", 6) || !strncmp(p, " after ", 7)) {
		st->at = p[1] == 'r' ? STATE_ROWS : p[1] == 'a' ? STATE_AFTER : STATE_DONE;
		p += st->at == STATE_AFTER ? 7 : 6;
		st->db = get_name(&p, '/');
		if (*p == '/')
			p++;
		st->name = get_name(&p, ' ');
		if (!st->db || !st->name || (st->at == STATE_ROWS && parse_rows(st, &p) < 0))
			return -1;
	} else {
		return -1;
	}
	return *p ? -1 : 0;
}

/* What a table is: columns and keys for the stream, and the statements that make it on a target. */
#include <stdlib.h>
#include <string.h>

#include "copy.h"
#include "msg.h"

#define LEAST_ROWS 16
#define LEAST_BYTES 64 /* of a row; what the server guesses may be old */
#define MOST_ROWS 200000

void opened_drop(struct opened *o)
{
	if (!o || --o->refs)
		return;
	table_free(o->def);
	buf_release(&o->database);
	buf_release(&o->create);
	buf_release(&o->after);
	free(o);
}

/* ---- columns and keys */

static int can_cut_by(const struct table *t, const struct key *k)
{
	if (!k->name || !k->ncols || k->ncols > 32)
		return 0;
	for (uint32_t i = 0; i < k->ncols; i++) {
		const struct column *c = &t->cols[k->cols[i]];

		if ((k->parts && k->parts[i]) || c->nullable != 0 || c->type == COL_FLOAT || c->type == COL_DOUBLE)
			return 0;
	}
	return 1;
}

static const struct key *choose_key(const struct table *t)
{
	for (uint32_t i = 0; i < t->nkeys; i++)
		if (can_cut_by(t, &t->keys[i]))
			return &t->keys[i];
	return NULL;
}

static int read_def(struct copy *c, struct conn *m, struct opened *o)
{
	const struct ctable *ct = &c->tables[o->index];
	struct schema_found f = {0};
	struct table *room = table_new(ct->db, ct->name, TABLE_MAX_COLS);
	int r = -1;

	if (!room)
		return copy_no_memory(c);
	if (schema_read(c->schema, m, room, &f) < 0 || (f.n && schema_read_keys(c->schema, m, room, &f) < 0)) {
		(void)copy_conn_failed(c, "read a table's definition", m);
	} else if (f.odd.len) {
		msg_error("cannot copy table \"%s.%s\": %s is not known to this version", ct->db, ct->name, buf_str(&f.odd));
		msg_hint("leave it out with --exclude");
		c->code = CODE_USAGE;
	} else if (!f.n) {
		(void)copy_failed(c, "read a table's definition", 2013, "it was dropped meanwhile, or is not shown to us");
	} else if (f.no_memory) {
		(void)copy_no_memory(c);
	} else {
		room->ncols = f.n; /* the rest of the room is empty */
		o->def = table_copy(room);
		r = o->def ? 0 : copy_no_memory(c);
	}
	schema_found_release(&f);
	table_free(room);
	if (r == 0) {
		o->def->id = TABLE_ID_FIRST + (uint32_t)o->index;
		o->key = choose_key(o->def);
	}
	return r;
}

/* ---- statements */

struct shown {
	struct buf *out;
	unsigned col;
};

static int on_shown(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct shown *s = arg;

	if (ncols > s->col && v[s->col])
		(void)buf_add(s->out, v[s->col], lens[s->col]);
	return 1;
}

static int show(struct conn *m, const char *what, const char *db, const char *name, struct buf *out)
{
	struct shown s = {out, 1};
	struct buf sql = BUF_INIT;
	int r;

	buf_printf(&sql, "SHOW CREATE %s ", what);
	sql_ident(&sql, db, strlen(db));
	(void)buf_add8(&sql, '.');
	sql_ident(&sql, name, strlen(name));
	r = conn_query(m, buf_str(&sql), sql.len, on_shown, &s);
	buf_release(&sql);
	return r;
}

static int on_schema(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct buf *out = arg;

	(void)lens;
	if (ncols == 2 && v[0] && v[1])
		buf_printf(out, " CHARACTER SET %s COLLATE %s", v[0], v[1]);
	return 1;
}

static int show_database(struct conn *m, const char *db, struct buf *out)
{
	struct buf sql = BUF_INIT;
	int r;

	buf_adds(out, "CREATE DATABASE IF NOT EXISTS ");
	sql_ident(out, db, strlen(db));
	buf_adds(&sql, "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE"
		       " SCHEMA_NAME=");
	sql_string(&sql, db, strlen(db));
	r = conn_query(m, buf_str(&sql), sql.len, on_schema, out);
	buf_release(&sql);
	return r;
}

static int begins(const char *line, const char *word)
{
	return !strncmp(line, word, strlen(word));
}

static int line_has(const char *line, size_t n, const char *word)
{
	return memmem(line, n, word, strlen(word)) != NULL;
}

/* The column of AUTO_INCREMENT in its backquotes; NULL: there is none. */
static const char *counter_of(const char *sql, size_t *n)
{
	for (const char *p = strchr(sql, '\n'); p; p = strchr(p, '\n')) {
		size_t len = strcspn(++p, "\n");
		const char *end;

		if (!begins(p, "  `") || !line_has(p, len, " AUTO_INCREMENT"))
			continue;
		end = strchr(p + 3, '`');
		if (!end)
			return NULL;
		*n = (size_t)(end - p - 1);
		return p + 2;
	}
	return NULL;
}

static int has_foreign_key(const char *sql)
{
	for (const char *p = strchr(sql, '\n'); p; p = strchr(p, '\n'))
		if (begins(++p, "  CONSTRAINT ") && line_has(p, strcspn(p, "\n"), " FOREIGN KEY ("))
			return 1;
	return 0;
}

static int is_index_line(const char *p)
{
	return begins(p, "  KEY ") || begins(p, "  FULLTEXT KEY ") || begins(p, "  SPATIAL KEY ");
}

/* Without what one family alone knows, of which CREATE TABLE may be put into another's terms, but not ALTER TABLE. */
static int is_plain(const char *p, size_t n)
{
	return !line_has(p, n, "((") && !line_has(p, n, ",(") && !line_has(p, n, "/*!") && !line_has(p, n, " IGNORED");
}

/*
 * Takes lines of indexes that are not unique out of the statement and puts them into one that adds them. One that the
 * counter needs stays, and so do all where foreign keys need some.
 */
static void hold_indexes_back(struct opened *o)
{
	const char *sql = buf_str(&o->create), *counter;
	struct buf kept = BUF_INIT;
	size_t ncounter = 0;

	if (has_foreign_key(sql))
		return;
	counter = counter_of(sql, &ncounter);
	for (const char *p = sql; *p;) {
		size_t n = strcspn(p, "\n"), text = n && p[n - 1] == ',' ? n - 1 : n;
		const char *open = memchr(p, '(', n);

		if (is_index_line(p) && is_plain(p, text) && open && !(counter && !strncmp(open + 1, counter, ncounter))) {
			buf_adds(&o->after, o->after.len ? ", ADD " : " ADD ");
			(void)buf_add(&o->after, p + 2, text - 2);
		} else {
			/* the comma at the end of the line before is right only if a line of the list follows */
			if (*p == ')' && kept.len > 1 && kept.p[kept.len - 2] == ',') {
				kept.len -= 2;
				(void)buf_add8(&kept, '\n');
			}
			(void)buf_add(&kept, p, n);
			(void)buf_add8(&kept, '\n');
		}
		p += n + (p[n] == '\n');
	}
	if (kept.len && o->after.len) {
		struct buf after = BUF_INIT;

		kept.len--;
		buf_reset(&o->create);
		(void)buf_add(&o->create, kept.p, kept.len);
		buf_adds(&after, "ALTER TABLE ");
		sql_ident(&after, o->def->name, strlen(o->def->name));
		(void)buf_add(&after, o->after.p, o->after.len);
		buf_release(&o->after);
		o->after = after;
	}
	buf_release(&kept);
}

/* Of the statement without the counter's value, which changes with the rows. */
static uint64_t print_of(const char *db, const char *sql)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (; *db; db++)
		h = (h ^ (unsigned char)*db) * 1099511628211u;

	for (; *sql; sql++) {
		if (begins(sql, " AUTO_INCREMENT="))
			sql += strlen(" AUTO_INCREMENT=") + strspn(sql + strlen(" AUTO_INCREMENT="), "0123456789");
		if (!*sql)
			break;
		h = (h ^ (unsigned char)*sql) * 1099511628211u;
	}
	return h;
}

static void look_at(struct opened *o)
{
	static const char *const known[] = {"ENGINE=InnoDB", "ENGINE=ROCKSDB", "ENGINE=TokuDB"};
	const char *sql = buf_str(&o->create);
	int is_known = 0;

	for (const char *p = strchr(sql, '\n'); p; p = strchr(p, '\n')) {
		size_t n = strcspn(++p, "\n");

		if (begins(p, "  CONSTRAINT ") && line_has(p, n, " FOREIGN KEY (") &&
		    (line_has(p, n, " CASCADE") || line_has(p, n, " SET NULL") || line_has(p, n, " SET DEFAULT")))
			o->cascades = 1;
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		is_known |= strstr(sql, known[i]) != NULL;
	if (!is_known && begins(sql, "CREATE TABLE"))
		msg_warn("table \"%s.%s\" is not of InnoDB: a change of it while it is copied may come twice or not at all",
		    o->def->db, o->def->name);
}

struct opened *opened_new(struct copy *c, struct conn *m, size_t index)
{
	const struct ctable *ct = &c->tables[index];
	struct opened *o = calloc(1, sizeof *o);
	uint64_t bytes = ct->row_bytes > LEAST_BYTES ? ct->row_bytes : LEAST_BYTES;

	if (!o) {
		(void)copy_no_memory(c);
		return NULL;
	}
	o->index = index;
	o->refs = 1;
	if (read_def(c, m, o) < 0)
		goto fail;
	if (show_database(m, ct->db, &o->database) < 0 ||
	    show(m, ct->is_sequence ? "SEQUENCE" : "TABLE", ct->db, ct->name, &o->create) < 0) {
		(void)copy_conn_failed(c, "read a table's definition", m);
		goto fail;
	}
	if (!o->create.len || o->create.failed) {
		(void)copy_no_memory(c);
		goto fail;
	}
	look_at(o);
	o->print = print_of(ct->db, buf_str(&o->create));
	if (c->indexes_after && !ct->is_sequence)
		hold_indexes_back(o);
	if (o->after.len) /* what is made without them is another table */
		o->print ^= 1;
	o->chunk_rows = c->memory / (4 * c->workers) / bytes;
	if (o->chunk_rows < LEAST_ROWS)
		o->chunk_rows = LEAST_ROWS;
	if (o->chunk_rows > MOST_ROWS)
		o->chunk_rows = MOST_ROWS;
	return o;
fail:
	opened_drop(o);
	return NULL;
}

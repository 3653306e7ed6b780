/* Lines of every kind but rows: JSON fields to a record, the record to a frame, in the order that a stream must have. */
#include <stdlib.h>

#include "canon.h"
#include "charset.h"
#include "pos.h"
#include "undump.h"
#include "values.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, "extra", NULL})

static int no_memory(const struct fields *f)
{
	return fields_wrong(f, "out of memory");
}

/* ---- from JSON to a record */

static int make_hello(struct undump *u, const struct fields *f)
{
	struct rec_hello r = {.version = 1};

	if (fields_check(f, NAMES("version", "by", "flavor", "server", "server_id", "uuid", "file", "off", "gtid", "time",
				"pipeline", "seq", "copy")) < 0)
		return -1;
	if (get_uint(f, "version", 1, NULL, &r.version) < 0 || get_text(f, "by", 0, &r.by) < 0 ||
	    get_text(f, "flavor", 1, &r.flavor) < 0 || get_text(f, "server", 0, &r.server) < 0 ||
	    get_uint(f, "server_id", 0, &r.has_server_id, &r.server_id) < 0 || get_text(f, "uuid", 0, &r.uuid) < 0 ||
	    get_text(f, "file", 0, &r.file) < 0 || get_uint(f, "off", 0, &r.has_off, &r.off) < 0 ||
	    get_text(f, "gtid", 0, &r.gtid) < 0 || get_int(f, "time", 0, &r.has_time, &r.time_us) < 0 ||
	    get_text(f, "pipeline", 0, &r.pipeline) < 0 || get_uint(f, "seq", 0, &r.has_seq, &r.seq) < 0 ||
	    get_text(f, "copy", 0, &r.copy) < 0 || get_extra(f, &r.extra) < 0)
		return -1;
	if (r.version != 1)
		return fields_wrong(f, "version %llu of the stream is not known", (unsigned long long)r.version);
	return write_hello(&u->made, &r) < 0 ? no_memory(f) : 0;
}

static int make_begin(struct undump *u, const struct fields *f)
{
	struct rec_begin r;

	if (fields_check(f, NAMES("gtid", "file", "off", "ts", "server_id", "xid", "copy")) < 0 ||
	    get_text(f, "gtid", 0, &r.gtid) < 0 || get_text(f, "file", 1, &r.file) < 0 ||
	    get_uint(f, "off", 1, NULL, &r.off) < 0 || get_int(f, "ts", 0, &r.has_ts, &r.ts_us) < 0 ||
	    get_uint(f, "server_id", 0, &r.has_server_id, &r.server_id) < 0 || get_text(f, "xid", 0, &r.xid) < 0 ||
	    get_text(f, "copy", 0, &r.copy) < 0 || get_extra(f, &r.extra) < 0)
		return -1;
	return write_begin(&u->made, &r) < 0 ? no_memory(f) : 0;
}

static int make_commit(struct undump *u, const struct fields *f)
{
	struct rec_commit r;

	/* "rows" is what there was; what there is now is counted */
	if (fields_check(f, NAMES("file", "off", "rows", "copy")) < 0 || get_text(f, "file", 1, &r.file) < 0 ||
	    get_uint(f, "off", 1, NULL, &r.off) < 0 || get_text(f, "copy", 0, &r.copy) < 0 || get_extra(f, &r.extra) < 0)
		return -1;
	r.rows = u->trx_rows;
	return write_commit(&u->made, &r) < 0 ? no_memory(f) : 0;
}

static int make_prepare(struct undump *u, const struct fields *f)
{
	struct rec_prepare r;

	if (fields_check(f, NAMES("file", "off", "rows", "xid")) < 0 || get_text(f, "file", 1, &r.file) < 0 ||
	    get_uint(f, "off", 1, NULL, &r.off) < 0 || get_text(f, "xid", 1, &r.xid) < 0 || get_extra(f, &r.extra) < 0)
		return -1;
	if (strlen(u->xid) != r.xid.n || memcmp(u->xid, r.xid.p, r.xid.n) != 0)
		return fields_wrong(f, "\"prepare\" has not the \"xid\" of its \"begin\"");
	r.rows = u->trx_rows;
	return write_prepare(&u->made, &r) < 0 ? no_memory(f) : 0;
}

static int make_decide(struct undump *u, const struct fields *f)
{
	struct rec_decide r;
	int has;

	if (fields_check(f, NAMES("xid", "commit")) < 0 || get_text(f, "xid", 1, &r.xid) < 0 ||
	    get_bool(f, "commit", &has, &r.commit) < 0 || get_extra(f, &r.extra) < 0)
		return -1;
	if (!has)
		return fields_wrong(f, "\"decide\" needs a field \"commit\"");
	return write_decide(&u->made, &r) < 0 ? no_memory(f) : 0;
}

static int make_mark(struct undump *u, const struct fields *f)
{
	struct rec_mark r;

	if (fields_check(f, NAMES("file", "off", "gtid", "time")) < 0 || get_text(f, "file", 1, &r.file) < 0 ||
	    get_uint(f, "off", 1, NULL, &r.off) < 0 || get_text(f, "gtid", 0, &r.gtid) < 0 ||
	    get_int(f, "time", 1, NULL, &r.time_us) < 0 || get_extra(f, &r.extra) < 0)
		return -1;
	return write_mark(&u->made, &r) < 0 ? no_memory(f) : 0;
}

static int make_end(struct undump *u, const struct fields *f)
{
	struct rec_end r;

	if (fields_check(f, NAMES("file", "off", "why")) < 0 || get_text(f, "file", 0, &r.file) < 0 ||
	    get_uint(f, "off", 0, &r.has_off, &r.off) < 0 || get_text(f, "why", 0, &r.why) < 0 || get_extra(f, &r.extra) < 0)
		return -1;
	return write_end(&u->made, &r) < 0 ? no_memory(f) : 0;
}

static int make_savepoint(struct undump *u, const struct fields *f)
{
	struct rec_rollback r;

	if (fields_check(f, NAMES("name", "file", "off")) < 0 || get_text(f, "name", 1, &r.to) < 0 ||
	    get_text(f, "file", 0, &r.file) < 0 || get_uint(f, "off", 0, &r.has_off, &r.off) < 0 || get_extra(f, &r.extra) < 0)
		return -1;
	return write_savepoint(&u->made, &r) < 0 ? no_memory(f) : 0;
}

static int make_rollback(struct undump *u, const struct fields *f)
{
	struct rec_rollback r;
	int whole = !json_object_get(f->o, "to");

	if (fields_check(f, NAMES("to", "file", "off")) < 0 || get_text(f, "to", 0, &r.to) < 0 ||
	    get_text(f, "file", whole, &r.file) < 0 || get_uint(f, "off", whole, &r.has_off, &r.off) < 0 ||
	    get_extra(f, &r.extra) < 0)
		return -1;
	return write_rollback(&u->made, &r) < 0 ? no_memory(f) : 0;
}

static int make_note(struct undump *u, const struct fields *f)
{
	struct rec_note r;

	if (fields_check(f, NAMES("sql")) < 0 || get_text(f, "sql", 1, &r.sql) < 0 || get_extra(f, &r.extra) < 0)
		return -1;
	return write_note(&u->made, &r) < 0 ? no_memory(f) : 0;
}

static int ddl_names(const struct fields *f, struct rec_ddl *r)
{
	json_t *names = json_object_get(f->o, "names"), *pair;
	size_t i;

	if (!json_is_array(names) || json_array_size(names) > DDL_NAMES_MAX)
		return fields_wrong(f, "\"names\" is not an array of pairs");
	r->names = arena_take(f->arena, (json_array_size(names) + 1) * sizeof(*r->names));
	if (!r->names)
		return no_memory(f);
	json_array_foreach(names, i, pair)
	{
		if (!json_is_array(pair) || json_array_size(pair) != 2)
			return fields_wrong(f, "\"names\" is not an array of pairs");
		if (text_of(f, "names", json_array_get(pair, 0), &r->names[i].db) < 0 ||
		    text_of(f, "names", json_array_get(pair, 1), &r->names[i].name) < 0)
			return -1;
	}
	r->nnames = (uint32_t)i;
	return 0;
}

static int ddl_defs(const struct fields *f, struct rec_ddl *r)
{
	const json_t *list = json_object_get(f->o, "defs");

	if (!list)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > DDL_DEFS_MAX)
		return fields_wrong(f, "\"defs\" is not a short array");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *n = json_array_get(list, i);

		if (!json_is_integer(n) || json_integer_value(n) < 0 || json_integer_value(n) > UINT16_MAX)
			return fields_wrong(f, "\"defs\" has what is no number of a collation");
		r->defs[r->ndefs++] = (uint16_t)json_integer_value(n);
	}
	return 0;
}

static int ddl_env(const struct fields *f, struct rec_ddl *r)
{
	struct fields e = *f;
	int has_edt, edt = 1;

	e.o = json_object_get(f->o, "env");
	e.what = "env";
	if (!e.o)
		return 0;
	if (!json_is_object(e.o))
		return fields_wrong(f, "\"env\" is not an object");
	if (fields_check(&e, NAMES("sql_mode", "fk", "uniq", "cs", "cl", "cserver", "defs", "edt", "tz")) < 0 ||
	    get_uint(&e, "sql_mode", 0, &r->has_sql_mode, &r->sql_mode) < 0 || get_bool(&e, "fk", &r->has_fk, &r->fk) < 0 ||
	    get_bool(&e, "uniq", &r->has_uniq, &r->uniq) < 0 || get_u32(&e, "cs", 0, &r->has_cs, &r->cs) < 0 ||
	    get_u32(&e, "cl", 0, &r->has_cl, &r->cl) < 0 || get_u32(&e, "cserver", 0, &r->has_cserver, &r->cserver) < 0 ||
	    get_bool(&e, "edt", &has_edt, &edt) < 0 || get_text(&e, "tz", 0, &r->tz) < 0 || get_extra(&e, &r->env_extra) < 0)
		return -1;
	r->edt_off = has_edt && !edt;
	return ddl_defs(&e, r);
}

static int make_ddl(struct undump *u, const struct fields *f)
{
	struct rec_ddl r = {.nnames = 0};
	json_t *sql = json_object_get(f->o, "sql");
	const char *cs;

	if (fields_check(f, NAMES("sql", "db", "verb", "names", "off", "env")) < 0 || get_text(f, "db", 0, &r.db) < 0 ||
	    get_text(f, "verb", 1, &r.verb) < 0 || ddl_names(f, &r) < 0 || get_uint(f, "off", 0, &r.has_off, &r.off) < 0 ||
	    ddl_env(f, &r) < 0 || get_extra(f, &r.extra) < 0)
		return -1;
	if (!sql)
		return fields_wrong(f, "\"ddl\" needs a field \"sql\"");
	cs = r.has_cs ? charset_of_collation(r.cs) : NULL;
	if (charset_text_of(f, "sql", cs ? cs : "utf8mb4", sql, &r.sql) < 0)
		return -1;
	return write_ddl(&u->made, &r) < 0 ? no_memory(f) : 0;
}

/* ---- tables */

static int set_name(const struct fields *f, const char *key, int must, char **field)
{
	struct str s;

	if (get_text(f, key, must, &s) < 0)
		return -1;
	if (!s.p)
		return 0;
	if (memchr(s.p, 0, s.n))
		return fields_wrong(f, "\"%s\" is not a name", key);
	return table_set_str(field, s.p, s.n) < 0 ? no_memory(f) : 0;
}

static int column_labels(const struct fields *f, struct column *c)
{
	json_t *labels = json_object_get(f->o, "labels"), *j;
	size_t i;

	if (!labels)
		return 0;
	if (!json_is_array(labels) || json_array_size(labels) > 65535)
		return fields_wrong(f, "\"labels\" is not an array of members");
	if (column_set_labels(c, (uint32_t)json_array_size(labels)) < 0)
		return no_memory(f);
	json_array_foreach(labels, i, j)
	{
		struct str s;

		if (charset_text_of(f, "labels", c->charset, j, &s) < 0)
			return -1;
		c->labels[i].p = malloc(s.n ? s.n : 1);
		if (!c->labels[i].p)
			return no_memory(f);
		memcpy(c->labels[i].p, s.p, s.n);
		c->labels[i].n = s.n;
	}
	return 0;
}

static int column_of(const struct fields *f, struct column *c)
{
	struct str type;
	uint32_t dec;
	int has, t, is_unsigned, null, gen, inv;

	if (fields_check(f, (const char *const[]){"name", "type", "unsigned", "len", "dec", "coll", "cs", "labels", "null", "gen",
				"inv", NULL}) < 0 ||
	    set_name(f, "name", 1, &c->name) < 0 || get_text(f, "type", 1, &type) < 0 ||
	    get_bool(f, "unsigned", &has, &is_unsigned) < 0 || get_u32(f, "len", 0, NULL, &c->len) < 0 ||
	    get_u32(f, "dec", 0, NULL, &dec) < 0 || get_u32(f, "coll", 0, NULL, &c->coll) < 0 ||
	    set_name(f, "cs", 0, &c->charset) < 0 || get_bool(f, "gen", &has, &gen) < 0 || get_bool(f, "inv", &has, &inv) < 0 ||
	    get_bool(f, "null", &has, &null) < 0 || column_labels(f, c) < 0)
		return -1;
	t = col_type_parse(type.p, type.n);
	if (t < 0)
		return fields_wrong(f, "the type \"%.*s\" of column \"%s\" is not known", (int)type.n, type.p, c->name);
	if (dec > 255)
		return fields_wrong(f, "\"dec\" of column \"%s\" is too large", c->name);
	c->type = (enum col_type)t;
	c->is_unsigned = (uint8_t)is_unsigned;
	c->dec = (uint8_t)dec;
	c->nullable = has ? (int8_t)null : -1;
	c->generated = (uint8_t)gen;
	c->invisible = (uint8_t)inv;
	return 0;
}

static int numbers_of(const struct fields *f, const char *key, json_t *a, uint32_t n, uint32_t *v)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t u;

		if (uint_of(f, key, json_array_get(a, i), &u) < 0)
			return -1;
		if (u > UINT32_MAX)
			return fields_wrong(f, "\"%s\" holds a number that is too large", key);
		v[i] = (uint32_t)u;
	}
	return 0;
}

static int key_of(const struct fields *f, struct table *t)
{
	json_t *cols = json_object_get(f->o, "cols"), *parts = json_object_get(f->o, "parts");
	struct key *k;
	int has, primary;

	if (fields_check(f, (const char *const[]){"name", "primary", "cols", "parts", NULL}) < 0 ||
	    get_bool(f, "primary", &has, &primary) < 0)
		return -1;
	if (!json_is_array(cols) || json_array_size(cols) > TABLE_MAX_COLS)
		return fields_wrong(f, "\"cols\" of a key is not an array");
	if (parts && (!json_is_array(parts) || json_array_size(parts) != json_array_size(cols)))
		return fields_wrong(f, "\"parts\" of a key has not one number a column");
	k = table_add_key(t, NULL, primary, (uint32_t)json_array_size(cols));
	if (!k || set_name(f, "name", 0, &k->name) < 0)
		return k ? -1 : no_memory(f);
	if (numbers_of(f, "cols", cols, k->ncols, k->cols) < 0)
		return -1;
	if (!parts)
		return 0;
	k->parts = calloc(k->ncols + 1, sizeof(*k->parts));
	return k->parts ? numbers_of(f, "parts", parts, k->ncols, k->parts) : no_memory(f);
}

static int table_of(const struct fields *f, struct table *t, json_t *cols, json_t *keys)
{
	struct fields part = *f;
	size_t i;

	if (get_u32(f, "id", 1, NULL, &t->id) < 0 || set_name(f, "db", 1, &t->db) < 0 || set_name(f, "name", 1, &t->name) < 0)
		return -1;
	part.what = "cols";
	json_array_foreach(cols, i, part.o) if (!json_is_object(part.o) ? fields_wrong(f, "a column is not an object")
									: column_of(&part, &t->cols[i])) return -1;
	part.what = "keys";
	json_array_foreach(keys, i,
	    part.o) if (!json_is_object(part.o) ? fields_wrong(f, "a key is not an object") : key_of(&part, t)) return -1;
	return 0;
}

static int make_table(struct undump *u, const struct fields *f)
{
	json_t *cols = json_object_get(f->o, "cols"), *keys = json_object_get(f->o, "keys");
	struct rec_extra extra;
	struct table *t;

	if (fields_check(f, NAMES("id", "db", "name", "cols", "keys")) < 0 || get_extra(f, &extra) < 0)
		return -1;
	if (!json_is_array(cols) || json_array_size(cols) > TABLE_MAX_COLS || (keys && !json_is_array(keys)))
		return fields_wrong(f, "\"cols\" and \"keys\" of a table are arrays");
	t = table_new("", "", (uint32_t)json_array_size(cols));
	if (!t)
		return no_memory(f);
	if (table_of(f, t, cols, keys) < 0 || write_table(&u->made, t, &extra) < 0) {
		table_free(t);
		return -1;
	}
	table_free(t);
	return 0;
}

/* ---- the order of a stream */

enum where { IN_SECTION = 1, IN_TRX = 2, NOT_IN_TRX = 4, NOT_IN_SECTION = 8 };

static const struct kind {
	const char *name;
	enum frame_kind kind;
	int (*make)(struct undump *, const struct fields *);
	int where;
} kinds[] = {
    {"hello", FRAME_HELLO, make_hello, NOT_IN_SECTION},
    {"table", FRAME_TABLE, make_table, IN_SECTION},
    {"begin", FRAME_BEGIN, make_begin, IN_SECTION | NOT_IN_TRX},
    {"ddl", FRAME_DDL, make_ddl, IN_TRX},
    {"commit", FRAME_COMMIT, make_commit, IN_TRX},
    {"mark", FRAME_MARK, make_mark, IN_SECTION | NOT_IN_TRX},
    {"end", FRAME_END, make_end, IN_SECTION | NOT_IN_TRX},
    {"savepoint", FRAME_SAVEPOINT, make_savepoint, IN_TRX},
    {"rollback", FRAME_ROLLBACK, make_rollback, IN_TRX},
    {"note", FRAME_NOTE, make_note, IN_TRX},
    {"prepare", FRAME_PREPARE, make_prepare, IN_TRX},
    {"decide", FRAME_DECIDE, make_decide, IN_TRX},
};

static int check_order(const struct undump *u, const struct fields *f, int where)
{
	if (!u->in_section && where != NOT_IN_SECTION)
		return fields_wrong(f, "\"%s\" before \"hello\"", f->what);
	if (u->in_section && where == NOT_IN_SECTION)
		return fields_wrong(f, "\"hello\" inside a stream that has not ended");
	if ((where & IN_TRX) && !u->in_trx)
		return fields_wrong(f, "\"%s\" outside of a transaction", f->what);
	if ((where & NOT_IN_TRX) && u->in_trx)
		return fields_wrong(f, "\"%s\" inside a transaction", f->what);
	return 0;
}

/* The executed set, as a reader keeps it: a transaction's GTID must fit it. 0 or -1 with message. */
static int follow_gtid(struct undump *u, const struct fields *f, enum frame_kind kind)
{
	struct str gtid;

	switch (kind) {
	case FRAME_HELLO:
	case FRAME_MARK:
		if (get_text(f, "gtid", 0, &gtid) < 0)
			return -1;
		if (!gtid.p && kind == FRAME_MARK)
			return 0;
		gtid_set_free(u->gtid);
		u->gtid = gtid.p ? gtid_set_parse(gtid.p, gtid.n) : NULL;
		return gtid.p && !u->gtid ? fields_wrong(f, "\"gtid\" is not a set of GTIDs") : 0;
	case FRAME_BEGIN:
		if (get_text(f, "gtid", 0, &gtid) < 0)
			return -1;
		buf_reset(&u->begin_gtid);
		return buf_add(&u->begin_gtid, gtid.p, gtid.n) < 0 ? no_memory(f) : 0;
	case FRAME_ROLLBACK:
		if (json_object_get(f->o, "to"))
			return 0;
		/* fall through */
	case FRAME_COMMIT:
	case FRAME_PREPARE:
		if (u->gtid && u->begin_gtid.len && gtid_set_add(u->gtid, buf_str(&u->begin_gtid), u->begin_gtid.len) < 0)
			return fields_wrong(f, "the transaction's \"gtid\" does not fit those of the stream");
		return 0;
	default:
		return 0;
	}
}

static void set_place(struct undump *u, struct str file, uint64_t off)
{
	if (!file.p || file.n >= sizeof(u->file))
		return;
	memcpy(u->file, file.p, file.n);
	u->file[file.n] = 0;
	u->off = off;
}

/* After a frame was made: the state follows it. 0 or -1 with message. */
static int follow(struct undump *u, const struct fields *f, enum frame_kind kind)
{
	struct str file, xid;
	uint64_t off;
	struct table *t;
	struct cur c;

	switch (kind) {
	case FRAME_HELLO:
		labels_forget(u);
		u->in_section = u->any = 1;
		break;
	case FRAME_TABLE:
		/* as a reader will see it */
		cur_init(&c, u->made.p + FRAME_HEAD, u->made.len - FRAME_HEAD);
		t = read_table(&c, NULL);
		if (!t || labels_keep(u, t) < 0) {
			table_free(t);
			return no_memory(f);
		}
		return 0;
	case FRAME_BEGIN:
		u->in_trx = u->in.r.no_stop = 1;
		u->trx_rows = 0;
		if (get_text(f, "xid", 0, &xid) < 0)
			return -1;
		/* its form, and so its length, is that of a name: the frame was made of it */
		memcpy(u->xid, xid.p ? xid.p : "", xid.n);
		u->xid[xid.n] = 0;
		return 0;
	case FRAME_ROLLBACK:
		if (json_object_get(f->o, "to"))
			return 0;
		/* fall through */
	case FRAME_COMMIT:
	case FRAME_PREPARE:
		u->in_trx = u->in.r.no_stop = 0;
		break;
	case FRAME_END:
		u->in_section = 0;
		return 0;
	case FRAME_MARK:
		break;
	default:
		return 0;
	}
	if (get_text(f, "file", 0, &file) < 0 || get_uint(f, "off", 0, NULL, &off) < 0)
		return -1;
	set_place(u, file, off);
	return 0;
}

/* {"frame":KIND,"body":...}: a kind that has no fields of its own here. */
static int take_other(struct undump *u, json_t *o, unsigned long line)
{
	struct fields f = {.o = o, .line = line, .what = "frame", .arena = &u->arena};
	struct str body;
	uint64_t kind;
	size_t start;

	if (fields_check(&f, (const char *const[]){"frame", "body", "raw", NULL}) < 0 ||
	    get_uint(&f, "frame", 1, NULL, &kind) < 0 || get_base64(&f, "body", &body) < 0)
		return -1;
	if (kind < FRAME_KINDS || kind > 127)
		return fields_wrong(
		    &f, "a frame of kind %llu cannot be given as bytes: %d to 127 can", (unsigned long long)kind, FRAME_KINDS);
	if (!u->in_section)
		return fields_wrong(&f, "\"frame\" before \"hello\"");
	if (!body.p)
		return fields_wrong(&f, "\"frame\" needs a field \"body\"");
	start = frame_begin(&u->made, (int)kind);
	(void)buf_add(&u->made, body.p, body.n);
	if (frame_end(&u->made, start) < 0)
		return fields_wrong(&f, "the frame is too large");
	return undump_put(u, &f, (int)kind);
}

int record_take(struct undump *u, json_t *o, const char *name, unsigned long line)
{
	struct fields outer = {.o = o, .line = line, .what = name, .arena = &u->arena}, f = outer;
	const struct kind *k = kinds;
	struct frame frame = {0};
	struct cur c;

	buf_reset(&u->made);
	if (strcmp(name, "frame") == 0)
		return take_other(u, o, line);
	while (strcmp(k->name, name) != 0)
		k++;
	f.o = json_object_get(o, name);
	if (!json_is_object(f.o))
		return fields_wrong(&f, "\"%s\" is not an object", name);
	if (fields_check(&outer, (const char *const[]){name, "raw", NULL}) < 0 || check_order(u, &f, k->where) < 0 ||
	    k->make(u, &f) < 0)
		return -1;
	/* what no reader would take is a mistake here already */
	frame.kind = k->kind;
	frame.body = u->made.p + FRAME_HEAD;
	frame.body_len = u->made.len - FRAME_HEAD;
	buf_reset(&u->canon);
	if (canon_frame(&frame, NULL, &c, &u->canon) < 0)
		return fields_wrong(&f, "\"%s\": %s", name, c.err ? c.err : "out of memory");
	if (follow_gtid(u, &f, k->kind) < 0 || undump_put(u, &outer, k->kind) < 0)
		return -1;
	return follow(u, &f, k->kind);
}

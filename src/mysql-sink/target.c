#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "msg.h"
#include "target.h"

#define KEEP_BYTES (6u << 20)

static void free_table(struct target_table *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < t->ncols; i++) {
		free(t->cols[i].name);
		free(t->cols[i].type);
		free(t->cols[i].column_type);
		free(t->cols[i].charset);
		free(t->cols[i].collation);
	}
	for (uint32_t i = 0; i < t->nkeys; i++) {
		free(t->keys[i].cols);
		free(t->keys[i].name);
	}
	for (uint32_t i = 0; i < t->nuniques; i++) {
		free(t->uniques[i].name);
		free(t->uniques[i].cols);
		free(t->uniques[i].parts);
	}
	for (uint32_t i = 0; i < t->nfks; i++) {
		struct target_fk *f = &t->fks[i];

		for (uint32_t k = 0; k < f->ncols; k++) {
			free(f->child_cols[k]);
			free(f->parent_cols[k]);
		}
		free(f->child_cols);
		free(f->parent_cols);
		free(f->parent);
	}
	free(t->uniques);
	free(t->fks);
	free(t->cols);
	free(t->keys);
	free(t->db);
	free(t->name);
	free(t->engine);
	free(t);
}

void target_forget(struct target *t)
{
	while (t->tables) {
		struct target_table *x = t->tables;

		t->tables = x->next;
		free_table(x);
	}
	t->bytes = 0;
	t->age++;
}

int target_is_full(const struct target *t)
{
	return t->bytes > KEEP_BYTES;
}

void target_trim(struct target *t)
{
	if (target_is_full(t))
		target_forget(t);
}

int target_find_col(const struct target_table *t, const char *name)
{
	for (uint32_t i = 0; i < t->ncols; i++)
		if (!strcasecmp(t->cols[i].name, name))
			return (int)i;
	return -1;
}

struct load { /* one table while it is read */
	struct target_table *t;
	struct target *target;
	int nomem, found;
	/* the index whose rows come */
	char *index;
	int usable, unique;
	char *fk; /* and the foreign key */
};

static char *copy(struct load *ld, const char *s)
{
	char *c = s ? strdup(s) : NULL;

	if (s && !c)
		ld->nomem = 1;
	if (c)
		ld->t->bytes += strlen(c) + 17;
	return c;
}

/* engine, table_type, triggers, name, foreign keys */
static int on_table(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct load *ld = arg;

	(void)lens;
	if (ncols != 5)
		return 1;
	ld->found = 1;
	ld->t->is_alias = !v[3] || strcmp(v[3], ld->t->name) != 0;
	ld->t->is_tied = !v[4] || strcmp(v[4], "0") != 0;
	ld->t->engine = copy(ld, v[0]);
	ld->t->is_view = v[1] && strstr(v[1], "VIEW") != NULL;
	ld->t->is_sequence = v[1] && !strcmp(v[1], "SEQUENCE");
	ld->t->is_versioned = v[1] && strstr(v[1], "VERSIONED") != NULL;
	ld->t->has_triggers = v[2] && strcmp(v[2], "0") != 0;
	return 0;
}

/* name, data_type, column_type, character_set_name, datetime_precision, extra, is_nullable, generation_expression,
   collation_name */
static int on_column(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct load *ld = arg;
	struct target_table *t = ld->t;
	struct target_col *c;

	(void)lens;
	if (ncols != 9 || !v[0] || !v[1])
		return 1;
	if ((t->ncols & (t->ncols - 1)) == 0) {
		c = realloc(t->cols, (t->ncols ? 2 * t->ncols : 1) * sizeof *c);
		if (!c) {
			ld->nomem = 1;
			return 1;
		}
		t->cols = c;
	}
	c = &t->cols[t->ncols];
	memset(c, 0, sizeof *c);
	c->name = copy(ld, v[0]);
	c->type = copy(ld, v[1]);
	c->column_type = copy(ld, v[2] ? v[2] : "");
	c->charset = copy(ld, v[3]);
	c->collation = copy(ld, v[8]);
	c->dec = v[4] ? atoi(v[4]) : -1;
	/* MariaDB: "VIRTUAL GENERATED", "STORED GENERATED"; MySQL's "DEFAULT_GENERATED" is an ordinary column with a default */
	c->generated =
	    v[5] && (strstr(v[5], "VIRTUAL GENERATED") || strstr(v[5], "STORED GENERATED") || strstr(v[5], "PERSISTENT"));
	c->auto_update = v[5] && strcasestr(v[5], "on update") != NULL;
	c->nullable = v[6] && !strcmp(v[6], "YES");
	c->is_row_end = v[7] && !strcasecmp(v[7], "ROW END");
	t->bytes += sizeof *c;
	t->ncols++;
	return ld->nomem;
}

/* A key that is not usable is taken back, at the end of its rows. */
static void end_index(struct load *ld)
{
	if (ld->index && (!ld->usable || !ld->unique)) {
		struct target_key *k = &ld->t->keys[--ld->t->nkeys];

		free(k->cols);
		free(k->name);
	}
	free(ld->index);
	ld->index = NULL;
}

/* One more column of a unique key. */
static int add_unique(struct load *ld, const char *name, int col, const char *part)
{
	struct target_table *t = ld->t;
	struct target_unique *u = t->nuniques ? &t->uniques[t->nuniques - 1] : NULL;
	int *cols;
	uint32_t *parts;

	if (!u || strcmp(u->name, name) != 0) {
		u = realloc(t->uniques, (t->nuniques + 1) * sizeof *u);
		if (!u)
			return -1;
		t->uniques = u;
		u += t->nuniques++;
		memset(u, 0, sizeof *u);
		u->name = copy(ld, name);
		t->bytes += sizeof *u;
	}
	cols = realloc(u->cols, (u->ncols + 1) * sizeof *cols);
	if (cols)
		u->cols = cols;
	parts = realloc(u->parts, (u->ncols + 1) * sizeof *parts);
	if (parts)
		u->parts = parts;
	if (!cols || !parts || !u->name)
		return -1;
	u->cols[u->ncols] = col;
	u->parts[u->ncols++] = part ? (uint32_t)strtoul(part, NULL, 10) : 0;
	return 0;
}

/* index_name, non_unique, column_name, sub_part; ordered: the primary key first, columns in order */
static int on_index(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct load *ld = arg;
	struct target_table *t = ld->t;
	struct target_key *k;
	uint32_t *cols;
	int i;

	(void)lens;
	if (ncols != 4 || !v[0] || !v[1])
		return 1;
	if (!ld->index || strcmp(ld->index, v[0]) != 0) {
		end_index(ld);
		k = realloc(t->keys, (t->nkeys + 1) * sizeof *k);
		ld->index = strdup(v[0]);
		if (k)
			t->keys = k;
		if (!k || !ld->index) {
			free(ld->index);
			ld->index = NULL;
			ld->nomem = 1;
			return 1;
		}
		t->keys[t->nkeys++] = (struct target_key){.primary = !strcmp(v[0], "PRIMARY"), .name = copy(ld, v[0])};
		ld->unique = !strcmp(v[1], "0");
		ld->usable = 1;
		if (v[2] && (i = target_find_col(t, v[2])) >= 0)
			t->cols[i].in_index = 1;
	}
	k = &t->keys[t->nkeys - 1];
	i = v[2] ? target_find_col(t, v[2]) : -1; /* MySQL's keys on expressions have no column */
	if (ld->unique && i >= 0)
		t->cols[i].in_unique = 1;
	if (ld->unique && (i < 0 || t->cols[i].generated))
		t->odd_unique = 1;
	if (ld->unique && add_unique(ld, v[0], i, v[3]) < 0) {
		ld->nomem = 1;
		return 1;
	}
	if (i < 0 || v[3] || t->cols[i].nullable) {
		ld->usable = 0;
		return 0;
	}
	cols = realloc(k->cols, (k->ncols + 1) * sizeof *cols);
	if (!cols) {
		ld->nomem = 1;
		return 1;
	}
	cols[k->ncols++] = (uint32_t)i;
	k->cols = cols;
	t->bytes += sizeof *cols;
	return 0;
}

static int ask(struct load *ld, struct link *l, const char *before, const char *between, const char *after,
    int (*on_row)(void *, unsigned, char **, const unsigned long *))
{
	struct buf sql = BUF_INIT;
	int rc;

	buf_adds(&sql, before);
	sql_string(&sql, ld->t->db, strlen(ld->t->db));
	buf_adds(&sql, between);
	sql_string(&sql, ld->t->name, strlen(ld->t->name));
	buf_adds(&sql, after);
	rc = link_rows(l, buf_str(&sql), sql.len, on_row, ld);
	buf_release(&sql);
	return rc;
}

/* The table's name as the engine has it, in lower case. */
static void put_engine_name(struct buf *sql, const struct target_table *t, const struct link *l)
{
	const char *parts[] = {t->db, t->name};

	buf_adds(sql, "LOWER(CONCAT(");
	for (size_t i = 0; i < 2; i++) {
		buf_adds(sql, i ? ",'/'," : "");
		buf_adds(sql, l->is_mariadb ? "CONVERT(CAST(CONVERT(" : "");
		sql_string(sql, parts[i], strlen(parts[i]));
		buf_adds(sql, l->is_mariadb ? " USING filename) AS BINARY) USING utf8mb4)" : "");
	}
	buf_adds(sql, "))");
}

/*
 * Whether a foreign key begins or ends at the table, as a column of a SELECT.
 * Only the engine's own list has all of them: other parts of information_schema
 * leave out tables on which the account has no right. MariaDB writes the names
 * in it as those of files.
 */
static void put_ties(struct buf *sql, const struct target_table *t, const struct link *l)
{
	buf_adds(sql, "(SELECT COUNT(*) FROM information_schema.");
	buf_adds(sql, l->is_mariadb ? "innodb_sys_foreign" : "innodb_foreign");
	buf_adds(sql, " WHERE ");
	put_engine_name(sql, t, l);
	buf_adds(sql, " IN (LOWER(for_name),LOWER(ref_name)))");
}

/* for_name, ref_name, whether each is the table, type, columns; ordered by key and place */
static int on_foreign(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct load *ld = arg;
	struct target_table *t = ld->t;
	struct target_fk *f;
	char **more;

	(void)lens;
	for (unsigned i = 0; i < 7; i++)
		if (ncols != 7 || !v[i])
			return 1;
	if (!ld->fk || strcmp(ld->fk, v[0]) != 0) {
		free(ld->fk);
		ld->fk = strdup(v[0]);
		f = realloc(t->fks, (t->nfks + 1) * sizeof *f);
		if (f)
			t->fks = f;
		if (!f || !ld->fk)
			goto nomem;
		f += t->nfks++;
		/* the type's lower four bits: ON DELETE, ON UPDATE with CASCADE, SET NULL */
		*f = (struct target_fk){.is_child = v[2][0] == '1', .is_parent = v[3][0] == '1', .acts = (atoi(v[4]) & 15) != 0};
		f->parent = copy(ld, v[1]);
		t->bytes += sizeof *f;
	}
	f = &t->fks[t->nfks - 1];
	more = realloc(f->child_cols, (f->ncols + 1) * sizeof *more);
	if (more)
		f->child_cols = more;
	if (!more)
		goto nomem;
	more = realloc(f->parent_cols, (f->ncols + 1) * sizeof *more);
	if (more)
		f->parent_cols = more;
	if (!more)
		goto nomem;
	f->child_cols[f->ncols] = copy(ld, v[5]);
	f->parent_cols[f->ncols++] = copy(ld, v[6]);
	return ld->nomem;
nomem:
	ld->nomem = 1;
	return 1;
}

static int load_foreign(struct load *ld, struct link *l)
{
	struct buf sql = BUF_INIT;
	int rc;

	buf_adds(&sql, "SELECT f.id, LOWER(f.ref_name), ");
	put_engine_name(&sql, ld->t, l);
	buf_adds(&sql, "=LOWER(f.for_name), ");
	put_engine_name(&sql, ld->t, l);
	buf_adds(&sql, "=LOWER(f.ref_name), f.type, c.for_col_name, c.ref_col_name FROM information_schema.");
	buf_adds(&sql, l->is_mariadb ? "innodb_sys_foreign f JOIN information_schema.innodb_sys_foreign_cols"
				     : "innodb_foreign f JOIN information_schema.innodb_foreign_cols");
	buf_adds(&sql, " c ON c.id=f.id WHERE ");
	put_engine_name(&sql, ld->t, l);
	buf_adds(&sql, " IN (LOWER(f.for_name),LOWER(f.ref_name)) ORDER BY f.id, c.pos");
	rc = link_rows(l, buf_str(&sql), sql.len, on_foreign, ld);
	free(ld->fk);
	ld->fk = NULL;
	buf_release(&sql);
	return rc;
}

/* The table as a whole. */
static int load_head(struct load *ld, struct link *l)
{
	struct buf before = BUF_INIT;
	int rc;

	buf_adds(
	    &before, "SELECT engine, table_type, (SELECT COUNT(*) FROM information_schema.triggers WHERE event_object_schema=");
	sql_string(&before, ld->t->db, strlen(ld->t->db));
	buf_adds(&before, " AND event_object_table=");
	sql_string(&before, ld->t->name, strlen(ld->t->name));
	buf_adds(&before, "), table_name, ");
	if (ld->target->hides_ties)
		(void)buf_add8(&before, '1');
	else
		put_ties(&before, ld->t, l);
	buf_adds(&before, " FROM information_schema.tables WHERE table_schema=");
	rc = ask(ld, l, buf_str(&before), " AND table_name=", "", on_table);
	buf_release(&before);
	if (rc < 0 && !ld->target->hides_ties && !conn_error_is_outside(l->err_no)) {
		ld->target->hides_ties = 1; /* the account lacks PROCESS */
		msg_warn("the account may not see all foreign keys on the target: rows are written one by one, and batches one "
			 "after the other");
		msg_hint("GRANT PROCESS ON *.* lets it see them");
		return load_head(ld, l);
	}
	return rc;
}

/* A period is two columns of one type; only MariaDB has them in keys, and before 11.4 only SHOW CREATE TABLE tells. */
static int may_overlap(const struct target_table *t, const struct link *l)
{
	for (uint32_t i = 0; i < t->nuniques && l->is_mariadb; i++) {
		const struct target_unique *u = &t->uniques[i];
		int a = u->ncols > 1 ? u->cols[u->ncols - 2] : -1, b = u->ncols > 1 ? u->cols[u->ncols - 1] : -1;

		if (a >= 0 && b >= 0 && !strcmp(t->cols[a].type, t->cols[b].type) &&
		    (!strcmp(t->cols[a].type, "date") || !strcmp(t->cols[a].type, "datetime") ||
			!strcmp(t->cols[a].type, "timestamp")))
			return 1;
	}
	return 0;
}

static int on_create(void *arg, unsigned ncols, char **v, const unsigned long *lens)
{
	struct load *ld = arg;

	(void)lens;
	ld->t->has_overlaps |= ncols > 1 && v[1] && strstr(v[1], " WITHOUT OVERLAPS") != NULL;
	return 0;
}

static int load_overlaps(struct load *ld, struct link *l)
{
	struct buf sql = BUF_INIT;
	int rc;

	buf_adds(&sql, "SHOW CREATE TABLE ");
	sql_ident(&sql, ld->t->db, strlen(ld->t->db));
	(void)buf_add8(&sql, '.');
	sql_ident(&sql, ld->t->name, strlen(ld->t->name));
	rc = link_rows(l, buf_str(&sql), sql.len, on_create, ld);
	buf_release(&sql);
	return rc;
}

static int load_table(struct load *ld, struct link *l)
{
	int rc = load_head(ld, l);

	if (rc < 0 || !ld->found)
		return rc;
	if (ask(ld, l,
		"SELECT column_name, data_type, column_type, character_set_name, datetime_precision, extra, is_nullable, "
		"generation_expression, collation_name"
		" FROM information_schema.columns WHERE table_schema=",
		" AND table_name=", " ORDER BY ordinal_position", on_column) < 0)
		return -1;
	rc = ask(ld, l,
	    "SELECT index_name, non_unique, column_name, sub_part FROM information_schema.statistics WHERE table_schema=",
	    " AND table_name=", " ORDER BY index_name<>'PRIMARY', non_unique, index_name, seq_in_index", on_index);
	end_index(ld);
	if (rc == 0 && may_overlap(ld->t, l))
		rc = load_overlaps(ld, l);
	if (rc == 0 && ld->t->is_tied && !ld->target->hides_ties)
		rc = load_foreign(ld, l);
	return rc;
}

static struct target_table *find_kept(struct target *t, const char *db, const char *name)
{
	for (struct target_table *x = t->tables, *prev = NULL; x; prev = x, x = x->next)
		if (!strcmp(x->name, name) && !strcmp(x->db, db)) {
			if (prev) { /* to the front */
				prev->next = x->next;
				x->next = t->tables;
				t->tables = x;
			}
			return x;
		}
	return NULL;
}

enum target_found target_find(struct target *t, struct link *l, const char *db, const char *name, struct target_table **found)
{
	struct load ld = {.target = t};

	*found = find_kept(t, db, name);
	if (*found)
		return TARGET_FOUND;
	ld.t = calloc(1, sizeof *ld.t);
	if (!ld.t)
		goto nomem;
	ld.t->bytes = sizeof *ld.t;
	ld.t->db = copy(&ld, db);
	ld.t->name = copy(&ld, name);
	if (ld.nomem)
		goto nomem;
	if (load_table(&ld, l) < 0) {
		free_table(ld.t);
		return TARGET_FAILED;
	}
	if (ld.nomem)
		goto nomem;
	if (!ld.found || !ld.t->ncols) {
		free_table(ld.t);
		return TARGET_NONE;
	}
	ld.t->next = t->tables;
	t->tables = ld.t;
	t->bytes += ld.t->bytes;
	*found = ld.t;
	return TARGET_FOUND;
nomem:
	free_table(ld.t);
	l->err_no = 2008;
	buf_reset(&l->err);
	buf_adds(&l->err, "out of memory");
	buf_str(&l->err);
	return TARGET_FAILED;
}

int target_type_in(const char *type, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(type, *list))
			return 1;
	return 0;
}

int target_type_is_text(const char *type)
{
	static const char *const list[] = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", NULL};

	return target_type_in(type, list);
}

int target_type_is_bytes(const char *type)
{
	static const char *const list[] = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", NULL};

	return target_type_in(type, list);
}

int target_members(const char *s, int (*on_member)(void *arg, uint32_t i, const char *p, size_t n), void *arg)
{
	struct buf m = BUF_INIT;
	uint32_t i = 0;
	int rc = -1;

	s = strchr(s, '(');
	if (!s)
		return -1;
	do {
		if (*++s != '\'')
			goto out;
		buf_reset(&m);
		for (s++; *s; s++) {
			if (*s == '\'' && s[1] != '\'')
				break;
			if (*s == '\'')
				s++;
			else if (*s == '\\' && s[1] && strchr("\\'0nr", s[1])) {
				s++;
				buf_add8(&m, *s == '0' ? 0 : *s == 'n' ? '\n' : *s == 'r' ? '\r' : (uint8_t)*s);
				continue;
			}
			buf_add8(&m, (uint8_t)*s);
		}
		if (*s != '\'' || m.failed || on_member(arg, i++, buf_str(&m), m.len) != 0)
			goto out;
		s++;
	} while (*s == ',');
	rc = *s == ')' ? 0 : -1;
out:
	buf_release(&m);
	return rc;
}

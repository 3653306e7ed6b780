#include "dump_pos.h"

#include <string.h>
#include <strings.h>

struct piece { /* of the dump, borrowed */
	const char *p;
	size_t n;
};

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct piece trim(struct piece s)
{
	while (s.n && is_blank(*s.p))
		s.p++, s.n--;
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The next line, without its end. 0: there is none. */
static int next_line(struct piece *rest, struct piece *line)
{
	const char *end;

	if (!rest->n)
		return 0;
	end = memchr(rest->p, '\n', rest->n);
	line->p = rest->p;
	line->n = end ? (size_t)(end - rest->p) : rest->n;
	rest->n -= line->n + (end != NULL);
	rest->p += line->n + (end != NULL);
	return 1;
}

static int begins(struct piece s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && !strncasecmp(s.p, with, n);
}

static int is(struct piece s, const char *z)
{
	return s.n == strlen(z) && begins(s, z);
}

static struct piece skip(struct piece s, size_t n)
{
	return (struct piece){s.p + n, s.n - n};
}

/* What stands behind the first `what`; p NULL: it is not there. */
static struct piece behind(struct piece s, const char *what)
{
	for (; s.n; s = skip(s, 1))
		if (begins(s, what))
			return skip(s, strlen(what));
	return (struct piece){NULL, 0};
}

/* ---- the three values */

static int put_file(struct dump_pos *d, struct piece v, const char **why)
{
	if (!v.n)
		return 0;
	if (v.n >= sizeof d->file || memchr(v.p, 0, v.n)) {
		*why = "the name of the log in it is not one";
		return -1;
	}
	if (*d->file && (strlen(d->file) != v.n || memcmp(d->file, v.p, v.n) != 0)) {
		*why = "it has positions in several logs (a dump of a replica of several sources?)";
		return -1;
	}
	memcpy(d->file, v.p, v.n);
	d->file[v.n] = 0;
	return 0;
}

static int put_off(struct dump_pos *d, struct piece v, const char **why)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		unsigned digit = (unsigned)(v.p[i] - '0');

		if (digit > 9 || n > (UINT64_MAX - digit) / 10) {
			*why = "the offset in it is not a number";
			return -1;
		}
		n = n * 10 + digit;
	}
	if (v.n && d->off && d->off != n) {
		*why = "it has several positions (a dump of a replica of several sources?)";
		return -1;
	}
	if (v.n)
		d->off = n;
	return 0;
}

/* An empty set says that the server had none. */
static int put_gtid(struct dump_pos *d, struct piece v, const char **why)
{
	if (v.n && *v.p == '+') /* GTID_PURGED: these in addition */
		v = skip(v, 1);
	v = trim(v);
	if (!v.n || d->gtid)
		return 0;
	d->gtid = gtid_set_parse(v.p, v.n);
	if (d->gtid && !gtid_set_is_empty(d->gtid))
		return 0;
	dump_pos_release(d);
	*why = "its GTID set is not understood";
	return -1;
}

static int done(const struct dump_pos *d, const char *none, const char **why)
{
	if (!*d->file != !d->off) {
		*why = "its position in the log is not whole: a file and an offset belong together";
		return -1;
	}
	if (*d->file || d->gtid)
		return 0;
	*why = none;
	return -1;
}

void dump_pos_release(struct dump_pos *d)
{
	gtid_set_free(d->gtid);
	d->gtid = NULL;
}

/* ---- mydumper */

enum section { SECTION_OTHER, SECTION_SHOWN, SECTION_INI };

/* A line that begins a part. 0: it does not. */
static int section_of(struct piece line, enum section *to)
{
	struct piece s = trim(line);

	if (begins(s, "[")) {
		*to = begins(s, "[master]") || begins(s, "[source]") ? SECTION_INI : SECTION_OTHER;
		return 1;
	}
	if (!begins(s, "SHOW "))
		return 0;
	*to = begins(s, "SHOW MASTER STATUS") || begins(s, "SHOW BINARY LOG STATUS") ? SECTION_SHOWN : SECTION_OTHER;
	return 1;
}

/* A set goes on in the next line as long as one ends with a comma. */
static struct piece whole_set(struct piece v, struct piece *rest)
{
	struct piece line;

	while (v.n && v.p[v.n - 1] == ',' && next_line(rest, &line)) {
		line = trim(line);
		v.n = (size_t)(line.p + line.n - v.p);
	}
	return v;
}

static struct piece unquote(struct piece v)
{
	if (v.n && (*v.p == '"' || *v.p == '\'')) {
		char quote = *v.p;

		v = skip(v, 1);
		if (v.n && v.p[v.n - 1] == quote)
			v.n--;
	}
	return trim(v);
}

static int take_pair(struct dump_pos *d, struct piece line, char between, struct piece *rest, const char **why)
{
	const char *at = memchr(line.p, between, line.n);
	struct piece key, v;

	if (!at)
		return 0;
	key = (struct piece){line.p, (size_t)(at - line.p)};
	v = trim(skip(line, key.n + 1));
	while (key.n && (*key.p == '#' || is_blank(*key.p)))
		key = skip(key, 1);
	key = trim(key);
	if (is(key, "GTID") || is(key, "Executed_Gtid_Set"))
		return put_gtid(d, unquote(whole_set(v, rest)), why);
	if (is(key, "Log") || is(key, "File") || is(key, "SOURCE_LOG_FILE") || is(key, "MASTER_LOG_FILE"))
		return put_file(d, unquote(v), why);
	if (is(key, "Pos") || is(key, "Position") || is(key, "SOURCE_LOG_POS") || is(key, "MASTER_LOG_POS"))
		return put_off(d, unquote(v), why);
	return 0;
}

int dump_pos_mydumper(struct dump_pos *d, const char *p, size_t n, const char **why)
{
	enum section in = SECTION_OTHER;
	struct piece rest = {p, n}, line;

	memset(d, 0, sizeof *d);
	while (next_line(&rest, &line)) {
		if (section_of(line, &in) || in == SECTION_OTHER)
			continue;
		if (take_pair(d, line, in == SECTION_INI ? '=' : ':', &rest, why) < 0)
			return -1;
	}
	return done(d, "it does not say where in the log it was made: the server had none, or this mydumper cannot ask it", why);
}

/* ---- mysqldump, mariadb-dump */

int dump_head_is_over(const char *line, size_t n)
{
	static const char *const begin[] = {"-- Table structure for", "-- Current Database", "-- Temporary", "CREATE ", "DROP ",
	    "USE ", "LOCK TABLES", "INSERT ", "REPLACE "};
	struct piece s = {line, n};

	for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
		if (begins(s, begin[i]))
			return 1;
	return 0;
}

/* A statement in a comment is as good: --master-data=2. */
static struct piece statement(struct piece line)
{
	struct piece s = trim(line);

	if (begins(s, "--"))
		s = trim(skip(s, 2));
	else if (begins(s, "/*") && !begins(s, "/*!"))
		s = trim(skip(s, 2));
	return s;
}

/* 'text' at the start of s, which may go over lines. p NULL: it is not that. */
static struct piece quoted(struct piece s)
{
	const char *end;

	if (!s.n || *s.p != '\'')
		return (struct piece){NULL, 0};
	s = skip(s, 1);
	end = memchr(s.p, '\'', s.n);
	if (!end)
		return (struct piece){NULL, 0};
	s.n = (size_t)(end - s.p);
	return s;
}

static int take_change(struct dump_pos *d, struct piece s, const char **why)
{
	struct piece file = behind(s, "_LOG_FILE="), off = behind(s, "_LOG_POS=");
	size_t n = 0;

	if (!file.p && !off.p)
		return 0; /* MASTER_USE_GTID */
	while (off.p && n < off.n && off.p[n] >= '0' && off.p[n] <= '9')
		n++;
	off.n = n;
	if (file.p)
		file = quoted(file);
	if (!file.p || !file.n || !n || memchr(file.p, '\\', file.n)) {
		*why = "the position in it is not understood";
		return -1;
	}
	return put_file(d, file, why) < 0 || put_off(d, off, why) < 0 ? -1 : 0;
}

/* s begins with SET ... and goes on to the end of what is known of the dump. */
static int take_set(struct dump_pos *d, struct piece s, const char **why)
{
	s = behind(s, "=");
	s = trim(s);
	if (begins(s, "/*")) /* of MySQL 8.0: in addition to what the server has */
		s = trim(behind(s, "*/"));
	s = quoted(s);
	if (s.p)
		return put_gtid(d, s, why);
	*why = "its GTID set is not understood";
	return -1;
}

static int take_line(struct dump_pos *d, struct piece line, struct piece rest, const char **why)
{
	struct piece s = statement(line);

	if (begins(s, "CHANGE MASTER ") || begins(s, "CHANGE REPLICATION SOURCE "))
		return take_change(d, s, why);
	if (begins(s, "SET @@GLOBAL.GTID_PURGED") || begins(s, "SET GLOBAL gtid_slave_pos"))
		return take_set(d, (struct piece){s.p, (size_t)(rest.p + rest.n - s.p)}, why);
	return 0;
}

/*
 * MariaDB's deferred SET stands behind everything, so nothing but comments may follow it: the same text in the body of a
 * procedure is not believed.
 */
static int take_tail(struct dump_pos *d, struct piece rest, const char **why)
{
	struct piece line, set = {NULL, 0}, at = {NULL, 0};
	int marked = 0;

	while (next_line(&rest, &line)) {
		struct piece s = statement(line);

		if (begins(line, "-- The deferred gtid setting for slave"))
			marked = 1;
		else if (marked && begins(s, "SET GLOBAL gtid_slave_pos"))
			set = line, at = rest;
		else if (trim(line).n && !begins(line, "--") && !begins(line, "/*!"))
			marked = 0, set.p = NULL;
	}
	return set.p ? take_line(d, set, at, why) : 0;
}

/* "-- MySQL dump 10.13  Distrib 8.0.28, for Linux (x86_64)" */
static int is_old_mysqldump(const char *head, size_t n)
{
	struct piece line, rest = {head, n}, s;
	unsigned v[3] = {0, 0, 0};

	if (!next_line(&rest, &line) || !begins(line, "-- MySQL dump "))
		return 0;
	s = behind(line, "Distrib ");
	for (int i = 0; s.n && i < 3; s = skip(s, 1)) {
		if (*s.p == '.')
			i++;
		else if (*s.p < '0' || *s.p > '9')
			break;
		else if (i < 3 && v[i] < 1000)
			v[i] = 10 * v[i] + (unsigned)(*s.p - '0');
	}
	return v[0] < 8 || (v[0] == 8 && !v[1] && v[2] < 32);
}

int dump_pos_sql(struct dump_pos *d, const char *head, size_t nhead, const char *tail, size_t ntail, const char **why)
{
	struct piece rest = {head, nhead}, line;

	memset(d, 0, sizeof *d);
	while (next_line(&rest, &line) && !dump_head_is_over(line.p, line.n))
		if (take_line(d, line, rest, why) < 0)
			return -1;
	if (ntail && take_tail(d, (struct piece){tail, ntail}, why) < 0)
		return -1;
	d->gtid_is_loose = d->gtid && !*d->file && gtid_set_flavor(d->gtid) == GTID_MYSQL && is_old_mysqldump(head, nhead);
	return done(d, "it does not say where in the log it was made: make it with --master-data or --source-data", why);
}

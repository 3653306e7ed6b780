#include "dialect.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "charset.h"

struct server_kind server_kind_of(int is_mariadb, const char *version)
{
	struct server_kind k = {is_mariadb, 0};
	unsigned a = 0, b = 0, c = 0;

	if (is_mariadb && !strncmp(version, "5.5.5-", 6)) /* for clients that know no version of two digits */
		version += 6;
	if (sscanf(version, "%u.%u.%u", &a, &b, &c) >= 2 && a < 1000 && b < 100 && c < 100)
		k.version = a * 10000 + b * 100 + c;
	return k;
}

/* ---- sql_mode */

enum matter {
	NEVER, /* of how definitions are shown, of accounts, of rows */
	IN_CODE,
	ALWAYS
};

struct mode {
	unsigned bit;
	enum matter matter; /* where the other family lacks it */
	const char *name;
};

static const struct mode common[] = {{0, ALWAYS, "REAL_AS_FLOAT"}, {1, ALWAYS, "PIPES_AS_CONCAT"}, {2, ALWAYS, "ANSI_QUOTES"},
    {3, ALWAYS, "IGNORE_SPACE"}, {5, ALWAYS, "ONLY_FULL_GROUP_BY"}, {6, ALWAYS, "NO_UNSIGNED_SUBTRACTION"},
    {7, ALWAYS, "NO_DIR_IN_CREATE"}, {18, ALWAYS, "ANSI"}, {19, ALWAYS, "NO_AUTO_VALUE_ON_ZERO"},
    {20, ALWAYS, "NO_BACKSLASH_ESCAPES"}, {21, ALWAYS, "STRICT_TRANS_TABLES"}, {22, ALWAYS, "STRICT_ALL_TABLES"},
    {23, ALWAYS, "NO_ZERO_IN_DATE"}, {24, ALWAYS, "NO_ZERO_DATE"}, {25, ALWAYS, "ALLOW_INVALID_DATES"},
    {26, ALWAYS, "ERROR_FOR_DIVISION_BY_ZERO"}, {27, ALWAYS, "TRADITIONAL"}, {29, ALWAYS, "HIGH_NOT_PRECEDENCE"},
    {30, ALWAYS, "NO_ENGINE_SUBSTITUTION"}, {31, ALWAYS, "PAD_CHAR_TO_FULL_LENGTH"}, {0, NEVER, NULL}};

/* MariaDB's own, and those that MySQL had before 8.0. What ORACLE and the like stand for besides has bits of its own. */
static const struct mode own[] = {{4, NEVER, "IGNORE_BAD_TABLE_OPTIONS"}, {8, NEVER, "POSTGRESQL"}, {9, ALWAYS, "ORACLE"},
    {10, ALWAYS, "MSSQL"}, {11, NEVER, "DB2"}, {12, ALWAYS, "MAXDB"}, {13, NEVER, "NO_KEY_OPTIONS"},
    {14, NEVER, "NO_TABLE_OPTIONS"}, {15, NEVER, "NO_FIELD_OPTIONS"}, {16, NEVER, "MYSQL323"}, {17, NEVER, "MYSQL40"},
    {28, NEVER, "NO_AUTO_CREATE_USER"}, {32, ALWAYS, "EMPTY_STRING_IS_NULL"}, {33, IN_CODE, "SIMULTANEOUS_ASSIGNMENT"},
    {0, NEVER, NULL}};

#define MARIADB_ROUNDS (UINT64_C(1) << 34)  /* TIME_ROUND_FRACTIONAL */
#define MYSQL_TRUNCATES (UINT64_C(1) << 32) /* TIME_TRUNCATE_FRACTIONAL */

static void add_name(struct buf *names, const char *name)
{
	if (names->len)
		buf_add8(names, ',');
	buf_adds(names, name);
}

const char *dialect_sql_mode(
    const struct server_kind *from, const struct server_kind *to, uint64_t bits, int is_code, struct buf *names)
{
	int truncates = from->is_mariadb ? !(bits & MARIADB_ROUNDS) : (bits & MYSQL_TRUNCATES) != 0;

	for (const struct mode *m = common; m->name; m++)
		if (bits >> m->bit & 1)
			add_name(names, m->name);
	for (const struct mode *m = own; m->name; m++) {
		if (!(bits >> m->bit & 1) || (!from->is_mariadb && (m->bit == 4 || m->bit > 31)))
			continue;
		if (from->is_mariadb && to->is_mariadb)
			add_name(names, m->name);
		else if (m->matter == ALWAYS || (m->matter == IN_CODE && is_code))
			return m->name;
	}
	if (to->is_mariadb ? !truncates && to->version >= 100401 : truncates)
		add_name(names, to->is_mariadb ? "TIME_ROUND_FRACTIONAL" : "TIME_TRUNCATE_FRACTIONAL");
	buf_str(names);
	return NULL;
}

/* ---- collations */

/* Languages of MySQL's collations of UCA 9.0.0 and what MariaDB's of UCA 14.0.0 call them; "": as the root. */
static const struct {
	const char *mysql, *mariadb;
} langs[] = {{"de_pb", "german2"}, {"is", "icelandic"}, {"lv", "latvian"}, {"ro", "romanian"}, {"sl", "slovenian"},
    {"pl", "polish"}, {"et", "estonian"}, {"es", "spanish"}, {"sv", "swedish"}, {"tr", "turkish"}, {"cs", "czech"},
    {"da", "danish"}, {"lt", "lithuanian"}, {"sk", "slovak"}, {"es_trad", "spanish2"}, {"la", "roman"}, {"eo", "esperanto"},
    {"hu", "hungarian"}, {"hr", "croatian"}, {"vi", "vietnamese"}, {"ja", ""}, {"ru", ""}, {"zh", ""}, {"nb", ""}, {"nn", ""},
    {"sr_latn", ""}, {"bs", ""}, {"bg", ""}, {"gl", ""}, {"mn_cyrl", ""}, {NULL, NULL}};

static int starts(const char *s, const char *with)
{
	return !strncasecmp(s, with, strlen(with));
}

static int ends(const char *s, const char *with)
{
	size_t n = strlen(s), k = strlen(with);

	return n >= k && !strcasecmp(s + n - k, with);
}

static int put(struct buf *out, const char *a, const char *b, const char *c, const char *d)
{
	buf_adds(out, a);
	buf_adds(out, b);
	buf_adds(out, c);
	buf_adds(out, d);
	buf_str(out);
	return 1;
}

static int same(struct buf *out, const char *name)
{
	(void)put(out, name, "", "", "");
	return 0;
}

/* utf8mb4_sv_0900_ai_ci: the collations without padding that MySQL has since 8.0 */
static int from_0900(const struct server_kind *to, const char *name, struct buf *out)
{
	const char *rest = name + 8, *suffix = NULL, *lang = "";

	if (!starts(name, "utf8mb4_"))
		return 0;
	if (starts(rest, "0900_")) {
		suffix = rest + 5;
	} else {
		for (size_t i = 0; langs[i].mysql && !suffix; i++) {
			size_t n = strlen(langs[i].mysql);

			if (starts(rest, langs[i].mysql) && starts(rest + n, "_0900_")) {
				suffix = rest + n + 6;
				lang = langs[i].mariadb;
			}
		}
	}
	if (!suffix)
		return 0;
	if (!strcasecmp(suffix, "bin"))
		return put(out, "utf8mb4_nopad_bin", "", "", "");
	if (!strcasecmp(suffix, "as_cs_ks")) /* tells kinds of kana apart */
		suffix = "as_cs";
	if (to->version && to->version < 101001)
		return put(out, ends(suffix, "cs") ? "utf8mb4_nopad_bin" : "utf8mb4_unicode_520_nopad_ci", "", "", "");
	return put(out, "utf8mb4_uca1400_", lang, *lang ? "_nopad_" : "nopad_", suffix);
}

/* utf8mb4_uca1400_swedish_nopad_as_cs, also without its character set. MySQL's have no padding, so two values are never more
 * alike. */
static int from_uca1400(const char *name, struct buf *out)
{
	const char *rest = strcasestr(name, "uca1400_"), *lang = NULL;
	int is_utf8mb4 = rest == name || starts(name, "utf8mb4_");
	int accents = ends(name, "_as_ci") || ends(name, "_as_cs"), cs = ends(name, "_cs");

	if (!rest)
		return 0;
	rest += 8;
	if (!is_utf8mb4) { /* utf8mb3, ucs2, utf16, utf32: MySQL has nothing newer than UCA 5.2.0 for them */
		buf_printf(out, "%.*s", (int)(strchr(name, '_') - name), name);
		return put(out, cs || accents ? "_bin" : "_unicode_520_ci", "", "", "");
	}
	for (size_t i = 0; langs[i].mysql && !lang; i++) {
		size_t n = strlen(langs[i].mariadb);

		if (n && starts(rest, langs[i].mariadb) && rest[n] == '_')
			lang = langs[i].mysql;
	}
	if (accents && !cs && !lang)
		return put(out, "utf8mb4_0900_as_ci", "", "", "");
	return put(out, "utf8mb4_", lang ? lang : "", lang ? "_0900_" : "0900_", accents || cs ? "as_cs" : "ai_ci");
}

/* Others that only one family has. */
static const struct {
	int of_mariadb;
	const char *name, *nearest;
} others[] = {{1, "utf8mb4_nopad_bin", "utf8mb4_0900_bin"}, {1, "utf8mb4_unicode_nopad_ci", "utf8mb4_0900_ai_ci"},
    {1, "utf8mb4_unicode_520_nopad_ci", "utf8mb4_0900_ai_ci"}, {1, "utf8mb4_general_nopad_ci", "utf8mb4_general_ci"},
    {1, "utf8mb4_myanmar_ci", "utf8mb4_unicode_520_ci"}, {1, "utf8mb4_thai_520_w2", "utf8mb4_unicode_520_ci"},
    {1, "utf8mb4_croatian_mysql561_ci", "utf8mb4_croatian_ci"}, {1, "utf8mb4_general1400_as_ci", "utf8mb4_0900_as_ci"},
    {0, "utf8mb3_tolower_ci", "utf8mb3_general_ci"}, {0, NULL, NULL}};

int dialect_collation(const struct server_kind *from, const struct server_kind *to, const char *name, struct buf *out)
{
	const char *nopad;

	buf_reset(out);
	/* a MariaDB knows these as other names of its own, from 11.4.5 on */
	if (to->is_mariadb && (!from->is_mariadb || to->version < 110405) && from_0900(to, name, out))
		return 1;
	if (from->is_mariadb == to->is_mariadb)
		return same(out, name);
	if (from->is_mariadb && from_uca1400(name, out))
		return 1;
	for (size_t i = 0; others[i].name; i++)
		if (others[i].of_mariadb == from->is_mariadb && !strcasecmp(name, others[i].name))
			return put(out, others[i].nearest, "", "", "");
	if (from->is_mariadb && (nopad = strcasestr(name, "_nopad_"))) {
		buf_printf(out, "%.*s", (int)(nopad - name), name);
		return put(out, nopad + 6, "", "", "");
	}
	return same(out, name);
}

/* ---- character sets that stand alone */

static int is_unicode(const char *cs)
{
	return !strcasecmp(cs, "utf8mb4") || !strcasecmp(cs, "utf8mb3") || !strcasecmp(cs, "ucs2") || !strcasecmp(cs, "utf16") ||
	       !strcasecmp(cs, "utf32");
}

const char *dialect_default(const struct server_kind *k, const struct dialect_defs *defs, const char *charset)
{
	const char *name = NULL, *cs = !strcasecmp(charset, "utf8") ? "utf8mb3" : charset;

	for (uint32_t i = 0; defs && i < defs->n; i++) {
		const char *of = charset_of_collation(defs->coll[i]);

		if (of && !strcasecmp(of, cs))
			return collation_name(defs->coll[i]);
	}
	if (!k->is_mariadb && (!k->version || k->version >= 80001) && !strcasecmp(cs, "utf8mb4"))
		return "utf8mb4_0900_ai_ci";
	if (k->is_mariadb && k->version >= 110501 && is_unicode(cs))
		name = collation_name(!strcasecmp(cs, "utf8mb3")   ? 2048u
				      : !strcasecmp(cs, "utf8mb4") ? 2048u + 256
				      : !strcasecmp(cs, "ucs2")	   ? 2048u + 512
				      : !strcasecmp(cs, "utf16")   ? 2048u + 768
								   : 2048u + 1024);
	if (!name)
		name = collation_name(charset_default_collation(cs));
	return name ? name : "";
}

/* The version from which on a session of MariaDB can be told its defaults. */
#define HAS_CHARSET_COLLATIONS 110201u
#define HAS_OLD_MODE 100601u

static void to_mariadb_session(
    const struct server_kind *from, const struct server_kind *to, const struct dialect_defs *defs, struct buf *out)
{
	static const char *const sets[] = {"utf8mb3", "ucs2", "utf8mb4", "utf16", "utf32"};
	struct buf near = BUF_INIT;
	const char *sep = "character_set_collations='";

	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		(void)dialect_collation(from, to, dialect_default(from, defs, sets[i]), &near);
		buf_printf(out, "%s%s=%s", sep, sets[i], buf_str(&near));
		sep = ",";
	}
	for (uint32_t i = 0; defs && i < defs->n; i++) {
		const char *cs = charset_of_collation(defs->coll[i]), *name = collation_name(defs->coll[i]);

		if (cs && name && !is_unicode(cs))
			buf_printf(out, ",%s=%s", cs, name);
	}
	buf_add8(out, '\'');
	buf_release(&near);
}

void dialect_session(
    const struct server_kind *from, const struct server_kind *to, const struct dialect_defs *defs, struct buf *out)
{
	struct buf near = BUF_INIT;

	if (to->is_mariadb) {
		if (to->version >= HAS_CHARSET_COLLATIONS)
			to_mariadb_session(from, to, defs, out);
		if (to->version >= HAS_OLD_MODE && !from->is_mariadb) /* "utf8" is that of three bytes on MySQL */
			buf_printf(out, "%sold_mode='UTF8_IS_UTF8MB3'", out->len ? ", " : "");
		return;
	}
	if (to->version && to->version < 80011)
		return;
	/* it takes two values, for others the text has to say it */
	(void)dialect_collation(from, to, dialect_default(from, defs, "utf8mb4"), &near);
	buf_printf(out, "default_collation_for_utf8mb4=%s",
	    near.p && !strcmp(buf_str(&near), "utf8mb4_general_ci") ? "utf8mb4_general_ci" : "utf8mb4_0900_ai_ci");
	buf_release(&near);
}

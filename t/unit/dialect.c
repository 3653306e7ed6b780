/* One server's statement for another: modes, collations, character sets that stand alone, comments. */
#include <stdio.h>
#include <string.h>

#include "dialect.h"

static int n, bad;

static void is(const char *got, const char *want, const char *name)
{
	int ok = !strcmp(got, want);

	printf("%sok %d - %s\n", ok ? "" : "not ", ++n, name);
	if (!ok) {
		printf("#  got: %s\n# want: %s\n", got, want);
		bad = 1;
	}
}

static const struct server_kind my = {0, 90700}, ma10 = {1, 101100}, ma11 = {1, 110800}, ma105 = {1, 100500};

static void mode(const struct server_kind *from, const struct server_kind *to, uint64_t bits, int code, const char *want)
{
	struct buf b = BUF_INIT;
	char name[80];
	const char *lost = dialect_sql_mode(from, to, bits, code, &b);

	snprintf(name, sizeof name, "sql_mode %llx%s", (unsigned long long)bits, code ? " of code" : "");
	is(lost ? lost : buf_str(&b), want, name);
	buf_release(&b);
}

static void coll(const struct server_kind *from, const struct server_kind *to, const char *name, const char *want)
{
	struct buf b = BUF_INIT;

	dialect_collation(from, to, name, &b);
	is(buf_str(&b), want, name);
	buf_release(&b);
}

static void text(
    const struct server_kind *from, const struct server_kind *to, const char *verb, const char *sql, const char *want)
{
	struct buf b = BUF_INIT;
	int rc = dialect_rewrite(from, to, NULL, verb, sql, strlen(sql), 0, NULL, &b);

	is(rc == 1 ? buf_str(&b) : rc == 0 ? "(same)" : "(no memory)", want, sql);
	buf_release(&b);
}

static void modes(void)
{
	mode(&my, &my, 1168113696, 0,
	    "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_"
	    "SUBSTITUTION");
	mode(&my, &my, 1ull << 32, 0, "TIME_TRUNCATE_FRACTIONAL");
	mode(&my, &ma10, 1ull << 32 | 4, 0, "ANSI_QUOTES");
	mode(&my, &ma10, 4, 0, "ANSI_QUOTES,TIME_ROUND_FRACTIONAL");
	mode(&ma10, &my, 1411383296, 0,
	    "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,TIME_TRUNCATE_FRACTIONAL");
	mode(&ma10, &my, 1ull << 34 | 1 << 4, 0, "");
	mode(&ma10, &my, 1ull << 32, 0, "EMPTY_STRING_IS_NULL");
	mode(&ma10, &my, 1ull << 33, 1, "SIMULTANEOUS_ASSIGNMENT");
	mode(&ma10, &my, 1ull << 33 | 1ull << 34, 0, "");
	mode(&ma10, &my, 1u << 9 | 7, 0, "ORACLE");
	mode(&ma10, &ma11, 1u << 9 | 1ull << 32 | 1ull << 34 | 1u << 28 | 4, 0,
	    "ANSI_QUOTES,ORACLE,NO_AUTO_CREATE_USER,EMPTY_STRING_IS_NULL,TIME_ROUND_FRACTIONAL");
}

static void collations(void)
{
	coll(&my, &ma10, "utf8mb4_0900_ai_ci", "utf8mb4_uca1400_nopad_ai_ci");
	coll(&my, &ma105, "utf8mb4_0900_ai_ci", "utf8mb4_unicode_520_nopad_ci");
	coll(&my, &ma105, "utf8mb4_sv_0900_as_cs", "utf8mb4_nopad_bin");
	coll(&my, &ma11, "utf8mb4_es_trad_0900_as_cs", "utf8mb4_uca1400_spanish2_nopad_as_cs");
	coll(&my, &ma11, "utf8mb4_es_0900_ai_ci", "utf8mb4_uca1400_spanish_nopad_ai_ci");
	coll(&my, &ma11, "utf8mb4_0900_as_ci", "utf8mb4_uca1400_nopad_as_ci");
	coll(&my, &ma11, "utf8mb4_0900_bin", "utf8mb4_nopad_bin");
	coll(&my, &ma11, "utf8mb4_ja_0900_as_cs_ks", "utf8mb4_uca1400_nopad_as_cs");
	coll(&my, &ma11, "latin1_swedish_ci", "latin1_swedish_ci");
	coll(&my, &my, "utf8mb4_0900_ai_ci", "utf8mb4_0900_ai_ci");
	coll(&ma11, &ma10, "utf8mb4_0900_ai_ci", "utf8mb4_uca1400_nopad_ai_ci");
	coll(&ma11, &my, "utf8mb4_uca1400_ai_ci", "utf8mb4_0900_ai_ci");
	coll(&ma11, &my, "UCA1400_ai_ci", "utf8mb4_0900_ai_ci");
	coll(&ma11, &my, "utf8mb4_uca1400_roman_nopad_ai_cs", "utf8mb4_la_0900_as_cs");
	coll(&ma11, &my, "utf8mb4_uca1400_persian_as_ci", "utf8mb4_0900_as_ci");
	coll(&ma11, &my, "utf8mb3_uca1400_ai_ci", "utf8mb3_unicode_520_ci");
	coll(&ma11, &my, "utf16_uca1400_swedish_as_cs", "utf16_bin");
	coll(&ma11, &my, "latin1_swedish_nopad_ci", "latin1_swedish_ci");
	coll(&ma11, &my, "utf8mb4_nopad_bin", "utf8mb4_0900_bin");
}

/* As SHOW CREATE TABLE has them. */
static void tables(void)
{
	static const struct {
		const struct server_kind *from, *to;
		const char *of, *want;
	} cases[] = {
	    {&ma10, &my, "`u` uuid NOT NULL DEFAULT uuid(), `i` inet6 DEFAULT '::1', `j` inet4",
		"`u` char(36) CHARACTER SET ascii NOT NULL DEFAULT (uuid()), `i` varchar(39) CHARACTER SET ascii DEFAULT "
		"'::1', "
		"`j` varchar(15) CHARACTER SET ascii"},
	    {&ma10, &my, "`uuid` int(11) DEFAULT NULL, KEY `uuid` (`uuid`), UNIQUE KEY `inet6` (`uuid`)", NULL},
	    {&ma10, &my, "`t` text DEFAULT 'it''s', `b` blob DEFAULT NULL, `v` varchar(5) DEFAULT 'x', `m` mediumtext DEFAULT 7",
		"`t` text DEFAULT ('it''s'), `b` blob DEFAULT NULL, `v` varchar(5) DEFAULT 'x', `m` mediumtext DEFAULT (7)"},
	    {&ma10, &my, "`d` datetime(6) DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6), `e` int DEFAULT (1 + 2)",
		NULL},
	    {&ma10, &my, "`c` varchar(9) DEFAULT concat('(',left(`d`,1),')') COMMENT 'default uuid()', `n` int DEFAULT -1",
		"`c` varchar(9) DEFAULT (concat('(',left(`d`,1),')')) COMMENT 'default uuid()', `n` int DEFAULT -1"},
	    {&ma10, &my, "`c` text /*M!100301 COMPRESSED*/ DEFAULT NULL", "`c` text     DEFAULT NULL"},
	    {&ma10, &my, "`a` int, CONSTRAINT `CONSTRAINT_1` CHECK (`a` > 0), CONSTRAINT `mine` CHECK (`a` < 9)",
		"`a` int, CHECK (`a` > 0), CONSTRAINT `mine` CHECK (`a` < 9)"},
	    {&ma10, &my, "`a` int, KEY `k` (`a`) IGNORED, UNIQUE KEY `u` (`a`) IGNORED",
		"`a` int, KEY `k` (`a`) invisible, UNIQUE KEY `u` (`a`) invisible"},
	    {&my, &ma10, "`p` point NOT NULL /*!80003 SRID 4326 */, SPATIAL KEY `p` (`p`)",
		"`p` point NOT NULL     , SPATIAL KEY `p` (`p`)"},
	    {&my, &ma10, "`a` int, `b` int GENERATED ALWAYS AS ((`a` + 1)) STORED NOT NULL, `c` int NOT NULL",
		"`a` int, `b` int GENERATED ALWAYS AS ((`a` + 1)) STORED , `c` int NOT NULL"},
	    {&my, &ma10, "`a` int, KEY `f` ((lower(`a`))), KEY `g` (`a`,(`a` + 1) DESC), KEY `h` (`a`(3))",
		"`a` int, KEY `h` (`a`(3))"},
	    {&my, &ma10, "`a` int, UNIQUE KEY `f` ((lower(`a`)))", NULL},
	    {&my, &ma10, "`a` int, KEY `k` (`a`) /*!80000 INVISIBLE */, KEY `l` (`a`) /*!80000 INVISIBLE */",
		"`a` int, KEY `k` (`a`)   ignored  , KEY `l` (`a`)   ignored  "},
	    {&my, &ma10, "`a` int, CONSTRAINT `c` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */, CONSTRAINT `d` CHECK ((`a` > 1))",
		"`a` int, CONSTRAINT `d` CHECK ((`a` > 1))"},
	    {&my, &ma10, "`a` int, CONSTRAINT `d` CHECK ((`a` > 1)), CONSTRAINT `c` CHECK ((`a` > 0)) NOT ENFORCED",
		"`a` int, CONSTRAINT `d` CHECK ((`a` > 1))"},
	    {&my, &ma10, "`v` vector(3) DEFAULT NULL", "`v` varbinary(12) DEFAULT NULL"},
	    {&my, &ma11, "`v` vector(3) DEFAULT NULL", NULL},
	    {&ma11, &ma10, "`v` vector(3) NOT NULL, `u` uuid", "`v` varbinary(12) NOT NULL, `u` uuid"},
	    {&ma11, &ma105, "`u` uuid NOT NULL DEFAULT uuid()", "`u` char(36) CHARACTER SET ascii NOT NULL DEFAULT uuid()"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char sql[600], want[600];

		snprintf(sql, sizeof sql, "CREATE TABLE `t` (%s)", cases[i].of);
		snprintf(want, sizeof want, "CREATE TABLE `t` (%s)", cases[i].want ? cases[i].want : "");
		text(cases[i].from, cases[i].to, "create table", sql, cases[i].want ? want : "(same)");
	}
	text(&ma10, &my, "create table",
	    "CREATE TABLE `t` (`a` int) ENGINE=InnoDB PAGE_CHECKSUM=1 `PAGE_COMPRESSED`='ON' WITH SYSTEM VERSIONING COMMENT='x'",
	    "CREATE TABLE `t` (`a` int) ENGINE=InnoDB    COMMENT='x'");
	text(&my, &ma11, "create table", "CREATE TABLE `t` (`a` int) AUTOEXTEND_SIZE=4M ENGINE=InnoDB COMPRESSION='zlib'",
	    "CREATE TABLE `t` (`a` int)  ENGINE=InnoDB ");
	text(&my, &ma11, "create table", "CREATE TABLE t (a INT) SELECT compression = 1 FROM x", "(same)");
	text(&my, &ma11, "create table", "CREATE TABLE t (a INT, KEY (", "(same)");
	text(&ma10, &my, "create table", "CREATE TABLE t (a uuid DEFAULT uuid(",
	    "CREATE TABLE t (a char(36) CHARACTER SET ascii DEFAULT (uuid()");
}

static void texts(void)
{
	text(&my, &ma10, "create table", "CREATE TABLE t (a CHAR(3)) DEFAULT CHARSET=utf8mb4",
	    "CREATE TABLE t (a CHAR(3)) DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci");
	text(&my, &ma11, "create table", "CREATE TABLE t (a CHAR(3)) DEFAULT CHARSET=utf8mb4", "(same)");
	text(&my, &ma10, "create table", "CREATE TABLE t (a CHAR(3)) COLLATE='utf8mb4_0900_ai_ci' CHARSET utf8mb4",
	    "CREATE TABLE t (a CHAR(3)) COLLATE=utf8mb4_uca1400_nopad_ai_ci CHARSET utf8mb4");
	text(&my, &ma10, "create table",
	    "CREATE TABLE t (a CHAR(3) CHARACTER SET utf8mb4 COMMENT 'collate, x', b CHAR COLLATE latin1_bin)",
	    "CREATE TABLE t (a CHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci COMMENT 'collate, x', b CHAR "
	    "COLLATE latin1_bin)");
	text(&my, &ma10, "create table",
	    "CREATE TABLE t (a CHAR(3) CHARACTER SET utf8mb4 NOT NULL COLLATE utf8mb4_bin, charset INT)", "(same)");
	text(&my, &ma10, "create table", "CREATE TABLE t (a CHAR(3) AS (CAST(b AS CHAR CHARACTER SET utf8mb4)))", "(same)");
	text(&my, &ma10, "create table", "CREATE TABLE t (a CHAR(3) CHARACTER SET utf8mb4 BINARY)", "(same)");
	text(&my, &ma10, "create table", "CREATE TABLE t (a CHAR(3) CHARACTER SET latin1)", "(same)");
	text(&my, &ma10, "create table", "CREATE TABLE t (a INT /*!80023 INVISIBLE */) /* x */ -- /*!1 y\n",
	    "CREATE TABLE t (a INT   INVISIBLE  ) /* x */ -- /*!1 y\n");
	text(&my, &ma10, "create table", "CREATE TABLE t (a INT COMMENT '/*!80023 x */') /*M!100100 ENGINE=Aria */",
	    "CREATE TABLE t (a INT COMMENT '/*!80023 x */') /* M!100100 ENGINE=Aria */");
	text(&ma10, &my, "create table", "CREATE TABLE t (a INT /*M!100303 INVISIBLE */) /*!100000 CHECKSUM=1 */",
	    "CREATE TABLE t (a INT   INVISIBLE  )   CHECKSUM=1  ");
	text(&ma10, &my, "create table", "CREATE TABLE t (a CHAR(3) CHARACTER SET utf8mb4)", "(same)");
	text(&ma11, &ma10, "create table", "CREATE TABLE t (a CHAR(3) CHARACTER SET utf8mb4)",
	    "CREATE TABLE t (a CHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci)");
	text(&ma11, &my, "create table", "CREATE TABLE t (a CHAR(3) CHARACTER SET utf8, b CHAR CHARSET utf8mb4)",
	    "CREATE TABLE t (a CHAR(3) CHARACTER SET utf8 COLLATE utf8mb3_unicode_520_ci, b CHAR CHARSET utf8mb4)");
	text(&my, &ma10, "create database",
	    "CREATE DATABASE d /*!40100 DEFAULT CHARACTER SET utf8mb4 */ /*!80016 DEFAULT ENCRYPTION='N' */",
	    "CREATE DATABASE d   DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci        ");
	text(&my, &ma10, "alter table", "ALTER TABLE t ADD algorithm INT, ADD b INT, ALGORITHM=INSTANT, LOCK NONE",
	    "ALTER TABLE t ADD algorithm INT, ADD b INT, ALGORITHM=DEFAULT, LOCK DEFAULT");
	text(&my, &ma10, "alter table",
	    "ALTER TABLE t MODIFY a CHAR CHARSET utf8mb4, MODIFY b CHAR COLLATE latin1_bin, CONVERT TO CHARACTER SET utf8mb4",
	    "ALTER TABLE t MODIFY a CHAR CHARSET utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci, MODIFY b CHAR COLLATE latin1_bin, "
	    "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_nopad_ai_ci");
	text(&my, &ma10, "drop index", "DROP INDEX i ON t ALGORITHM=COPY LOCK DEFAULT", "DROP INDEX i ON t  ");
	text(&my, &ma10, "create view", "CREATE VIEW v AS SELECT a COLLATE utf8mb4_0900_ai_ci FROM t",
	    "CREATE VIEW v AS SELECT a COLLATE utf8mb4_uca1400_nopad_ai_ci FROM t");
	tables();
	text(&my, &my, "create table", "CREATE TABLE t (a CHAR COLLATE utf8mb4_0900_ai_ci /*!80023 INVISIBLE */)", "(same)");
	text(&my, &ma10, "create table", "CREATE TABLE t (a CHAR COLLATE", "(same)");
	text(&my, &ma10, "create table", "CREATE TABLE t (a CHAR CHARACTER SET /*!", "(same)");
	text(&my, &ma10, "alter table", "/*!80000 ALTER */ TABLE t ADD a INT", "  ALTER   TABLE t ADD a INT");
}

int main(void)
{
	modes();
	collations();
	texts();
	printf("1..%d\n", n);
	return bad;
}

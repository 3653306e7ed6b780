#!/bin/bash
# Statements between MySQL and MariaDB: they mean on the target what they meant on the source, in modes, collations and
# character sets that bear other names there; those that the target does not know stop in one line, and one of them can be
# passed over by a person.
. t/lib.sh
need_server mysql-9.7

server_start my @mysql-9.7 --gtid-mode=ON --enforce-gtid-consistency --binlog-row-metadata=FULL
server_start old --binlog-row-metadata=FULL --character-set-server=latin1
servers='my old'
if scripts/getserver mariadb-11.8 >"$T/out" 2>"$T/err"; then
	server_start new @mariadb-11.8 --binlog-row-metadata=FULL
	servers+=' new'
fi

declare -A at
# from here on: what comes into a server's log later is carried by pipelines that are new
mark()
{
	local s
	for s; do at[$s]=gtid:$(end_of_log "$s" | tail -n 1); done
}

# carry SOURCE TARGET [sink option...]: what is new in the source's log; sets CODE, the lines in $T/err
carry()
{
	local source=SOCK_$1 target=SOCK_$2 pos
	pos=$(position "$2" "$1-$2") || pos=${at[$1]}
	binlog-tap --no-defaults --socket "${!source}" --user root --start-at "$pos" --stop-at now --exclude 'rowferry.*' >"$T/carry.rs" 2>"$T/tap.err" || diag "$(<"$T/tap.err")"
	run mysql-sink --no-defaults --socket "${!target}" --user root --pipeline "$1-$2" "${@:3}" <"$T/carry.rs"
}
ends() # CODE NAME
{
	is "$CODE" "$1" "$2" || diag "$(<"$T/err")"
}
collations() # SERVER DB
{
	q "$1" "SELECT CONCAT(table_name, '.', column_name, ' ', collation_name) FROM information_schema.columns WHERE table_schema = '$2' AND collation_name IS NOT NULL ORDER BY 1;
		SELECT CONCAT(table_name, ' ', table_collation) FROM information_schema.tables WHERE table_schema = '$2' ORDER BY 1;
		SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = '$2'" | sed 's/\bzz_//'
}

# ---- MySQL onto MariaDB
for target in ${servers#my }; do
	d=m_$target
	mark my
	q "$target" "SET GLOBAL old_mode = ''" # "utf8" has four bytes then
	q my "CREATE DATABASE $d; USE $d;
		CREATE TABLE plain (s VARCHAR(20) UNIQUE); INSERT INTO plain VALUES ('a'), ('a '), ('b');
		CREATE TABLE sets (s VARCHAR(20), l VARCHAR(20) CHARACTER SET latin1, u VARCHAR(20) CHARACTER SET utf8mb4 NOT NULL, b VARCHAR(20) CHARACTER SET utf8mb4 BINARY, u3 VARCHAR(20) CHARACTER SET utf8, sv VARCHAR(20) COLLATE utf8mb4_sv_0900_as_cs) CHARSET utf8mb4;
		CREATE TABLE binary_ (s VARCHAR(20)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin;
		SET default_collation_for_utf8mb4 = utf8mb4_general_ci; CREATE TABLE general (s VARCHAR(20)) CHARSET=utf8mb4; SET default_collation_for_utf8mb4 = DEFAULT;
		ALTER TABLE plain ADD c CHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_ci, ADD algorithm INT, ALGORITHM=INPLACE, LOCK=NONE;
		CREATE INDEX k ON plain (c) ALGORITHM=INPLACE LOCK=NONE; DROP INDEX k ON plain ALGORITHM=INPLACE LOCK=NONE;
		CREATE TABLE hidden (a INT, b INT DEFAULT 1 /*!80023 INVISIBLE */) /*!50100 PARTITION BY HASH (a) PARTITIONS 2 */; INSERT INTO hidden VALUES (1);
		CREATE TABLE round_ (t DATETIME(3)); INSERT INTO round_ VALUES ('2026-01-01 00:00:00.999'); ALTER TABLE round_ MODIFY t DATETIME;
		SET sql_mode = 'TIME_TRUNCATE_FRACTIONAL,ANSI_QUOTES,PIPES_AS_CONCAT'; CREATE TABLE \"cut\" (t DATETIME(3), v VARCHAR(9) DEFAULT ('x' || 'y')); INSERT INTO \"cut\" (t) VALUES ('2026-01-01 00:00:00.999'); ALTER TABLE \"cut\" MODIFY t DATETIME;
		SET sql_mode = DEFAULT, explicit_defaults_for_timestamp = OFF; CREATE TABLE stamps (a TIMESTAMP, b INT);
		CREATE DATABASE ${d}_dump /*!40100 DEFAULT CHARACTER SET utf8mb4 */ /*!80016 DEFAULT ENCRYPTION='N' */; CREATE TABLE ${d}_dump.t (s TEXT);
		CREATE FUNCTION f() RETURNS VARCHAR(9) CHARSET utf8mb4 DETERMINISTIC RETURN 'x';
		CREATE VIEW v AS SELECT s COLLATE utf8mb4_0900_ai_ci AS s FROM plain WHERE s = 'A'"
	carry my "$target"
	ends 0 "MySQL onto $target: definitions in its own terms"
	near='s/_sv_0900_as_cs/_uca1400_swedish_nopad_as_cs/; s/_0900_bin/_nopad_bin/; s/_0900_/_uca1400_nopad_/'
	is "$(collations "$target" "$d")" "$(collations my "$d" | sed "$near")" "$target: the nearest collations"
	is "$(collations "$target" "${d}_dump")" "$(collations my "${d}_dump" | sed "$near")" "$target: of a database too"
	is "$(q "$target" "SELECT COUNT(*) FROM $d.plain; SELECT * FROM $d.hidden; SELECT t FROM $d.round_; SELECT * FROM $d.cut; SELECT s FROM $d.v")" \
		$'3\n1\n2026-01-01 00:00:01\n2026-01-01 00:00:00\txy\na' "$target: blanks count, what is hidden is hidden, fractions of seconds are rounded or cut, views compare"
	is "$(q "$target" "SELECT collation_name FROM information_schema.routines WHERE routine_schema = '$d'")" \
		"$([ "$target" = old ] && echo utf8mb4_general_ci || echo utf8mb4_uca1400_nopad_ai_ci)" "$target: what a routine returns, where its session can be told"
	is "$(q "$target" "SELECT COUNT(DISTINCT u) FROM (SELECT CONVERT(_utf8mb4 X'E1B290' USING utf8mb4) COLLATE utf8mb4_uca1400_nopad_ai_ci AS u UNION ALL SELECT _utf8mb4 X'E18390') AS g")$(
		q my "SELECT COUNT(DISTINCT u) FROM (SELECT _utf8mb4 X'E1B290' COLLATE utf8mb4_0900_ai_ci AS u UNION ALL SELECT _utf8mb4 X'E18390') AS g")" 12 "$target: a letter of Unicode 11 has a small one there, on MySQL it is another"
	like "$(q "$target" "SHOW CREATE TABLE $d.stamps")" 'a. timestamp NOT NULL DEFAULT current_timestamp' "$target: timestamps of a session of old"
	is "$(q "$target" "SELECT DISTINCT partition_name FROM information_schema.partitions WHERE table_schema = '$d' AND table_name = 'hidden' ORDER BY 1")" $'p0\np1' "$target: partitions out of a comment"

	# what it does not know: one line, nothing lost, passed by a person
	q my "USE $d; CREATE TABLE f (id INT PRIMARY KEY, b VARCHAR(20), UNIQUE KEY e ((LOWER(b)))); INSERT INTO f VALUES (1, 'One');
		CREATE TABLE loose (a INT, UNIQUE KEY ((a + 1))); INSERT INTO plain (s) VALUES ('after')"
	carry my "$target"
	ends 100 "$target: a unique key on an expression stops the sink"
	like "$(<"$T/err")" 'error: (could not|cannot) run "CREATE TABLE f .*" at [^ ]*:[0-9]*: You have an error' "$target: it says which statement"
	is "$(grep -c error: "$T/err")" 1 "$target: in one line"
	place=$(sed -nE 's/.*--skip-ddl ([^ ]+:[0-9]+)$/\1/p' "$T/err")
	like "$(grep hint: "$T/err")" 'hint: .* by hand .* --skip-ddl [^ ]+:[0-9]+$' "$target: and what to do"
	carry my "$target"
	ends 100 "$target: it stops there again"
	q "$target" "CREATE TABLE $d.f (id INT PRIMARY KEY, b VARCHAR(20))"
	carry my "$target" --skip-ddl "$place"
	ends 100 "$target: made by hand and passed, the next one stops it"
	is "$(grep -c warning: "$T/err")" 1 "$target: one was left out"
	like "$(grep warning: "$T/err")" "left out by --skip-ddl $place: CREATE TABLE f " "$target: with a warning"
	place=$(sed -nE 's/.*--skip-ddl ([^ ]+:[0-9]+)$/\1/p' "$T/err")
	is "$(q "$target" "SELECT * FROM $d.f")" $'1\tOne' "$target: rows between are there"
	q "$target" "CREATE TABLE $d.loose (a INT)"
	carry my "$target" --skip-ddl "$place"
	ends 0 "$target: to the end"
	q "$target" 'SET GLOBAL old_mode = DEFAULT'
	is "$(q "$target" "SELECT COUNT(*) FROM $d.plain WHERE s = 'after'")" 1 "$target: once"
done
exits 100 'a place that is none' mysql-sink --no-defaults --socket "$SOCK_old" --user root --pipeline x --skip-ddl here
like "$(err)" 'error: --skip-ddl: "here" is not FILE:OFFSET' 'is refused'

# ---- MariaDB onto MySQL
for source in ${servers#my }; do
	d=f_$source
	mark "$source"
	q "$source" "CREATE DATABASE $d; USE $d;
		CREATE TABLE plain (s VARCHAR(20)); CREATE TABLE sets (s VARCHAR(20), l VARCHAR(20) CHARACTER SET latin1, u VARCHAR(20) COLLATE utf8mb4_uca1400_swedish_as_cs) CHARSET utf8mb4;
		CREATE TABLE nopad (s VARCHAR(20), t VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin) CHARSET=latin1 COLLATE=latin1_swedish_nopad_ci;
		CREATE TABLE old_name (s VARCHAR(20)) CHARSET utf8 COLLATE utf8_general_ci;
		CREATE TABLE hidden (a INT, b INT DEFAULT 1 /*M!100303 INVISIBLE */) /*!100000 COMMENT 'x' */; INSERT INTO hidden VALUES (1);
		CREATE TABLE cut (t DATETIME(3)); INSERT INTO cut VALUES ('2026-01-01 00:00:00.999'); ALTER TABLE cut MODIFY t DATETIME, ALGORITHM=COPY;
		SET sql_mode = 'TIME_ROUND_FRACTIONAL,NO_AUTO_CREATE_USER,POSTGRESQL'; CREATE TABLE \"round_\" (t DATETIME(3)); INSERT INTO \"round_\" VALUES ('2026-01-01 00:00:00.999'); ALTER TABLE \"round_\" MODIFY t DATETIME;
		SET sql_mode = DEFAULT, explicit_defaults_for_timestamp = OFF; CREATE TABLE stamps (a TIMESTAMP, b INT); SET explicit_defaults_for_timestamp = ON;
		CREATE TABLE p (a INT, KEY (a)); CREATE TABLE c (a INT, FOREIGN KEY (a) REFERENCES p (a)); CREATE DATABASE ${d}_u CHARACTER SET utf8mb4; CREATE TABLE ${d}_u.t (s TEXT)"
	carry "$source" my
	ends 0 "$source onto MySQL: definitions in its own terms"
	is "$(collations my "$d")" "$(collations "$source" "$d" | sed 's/_uca1400_swedish_as_cs/_sv_0900_as_cs/; s/mb4_nopad_bin/mb4_0900_bin/; s/_nopad//; s/_uca1400_/_0900_/')" "$source: the nearest collations"
	is "$(collations my "${d}_u")" "$(collations "$source" "${d}_u" | sed 's/_uca1400_/_0900_/')" "$source: of a database too"
	is "$(q my "SELECT * FROM $d.hidden; SELECT * FROM $d.cut; SELECT * FROM $d.round_")" $'1\n2026-01-01 00:00:00\n2026-01-01 00:00:01' "$source: comments of MariaDB are read, fractions of seconds are cut or rounded"
	like "$(q my "SHOW CREATE TABLE $d.stamps")" 'a. timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP' "$source: timestamps of a session of old"
	q "$source" "SET old_mode = ''; CREATE TABLE $d.utf8 (s TEXT CHARSET utf8)"
	carry "$source" my
	is "$(for s in "$source" my; do q "$s" "SELECT character_set_name FROM information_schema.columns WHERE table_schema = '$d' AND table_name = 'utf8'"; done | tr '\n' ' ')" 'utf8mb4 utf8mb3 ' "$source: what old_mode said is not in the log"
	for mode in ORACLE EMPTY_STRING_IS_NULL; do
		q "$source" "SET sql_mode = '$mode'; CREATE TABLE $d.m_$mode (a VARCHAR(10) DEFAULT '')"
		carry "$source" my
		ends 100 "$source: a mode that MySQL lacks and that matters"
		like "$(<"$T/err")" "(could not|cannot) run .*: the target has no sql_mode $mode, in which the statement means something else" 'is named'
		carry "$source" my --skip-ddl "$(sed -nE 's/.*--skip-ddl ([^ ]+:[0-9]+)$/\1/p' "$T/err")"
		ends 0 'passed'
	done
done

# ---- MariaDB of two versions: what a character set means is another thing in each
if [[ $servers == *new* ]]; then
	mark new old
	q new "CREATE DATABASE w; CREATE TABLE w.a (s TEXT CHARSET utf8mb4); SET character_set_collations = 'utf8mb4=utf8mb4_bin'; CREATE TABLE w.b (s TEXT CHARSET utf8mb4, l TEXT CHARSET latin1);
		SET character_set_collations = ''; CREATE TABLE w.c (s TEXT CHARSET utf8mb4) CHARSET utf8mb3"
	carry new old
	ends 0 'MariaDB 11.8 onto 10.11'
	is "$(collations old w)" "$(collations new w)" 'the same collations'
	mark old
	q old "CREATE DATABASE x CHARSET utf8mb4; CREATE TABLE x.a (s TEXT) CHARSET utf8mb4; CREATE TABLE x.b (s TEXT CHARSET utf8mb3)"
	carry old new
	ends 0 'MariaDB 10.11 onto 11.8'
	is "$(collations new x)" "$(collations old x)" 'the same collations'
	is "$(rowdump "$T/carry.rs" | grep -c '"defs"')" 0 'the stream says nothing of what a version has by itself'
fi
done_testing

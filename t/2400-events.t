#!/bin/bash
# What else is in a log beside rows: definitions, savepoints, rolled back work, temporary tables, statements' texts;
# which tables are in scope; and logs that the server compresses.
# shellcheck disable=SC2016,SC2034,SC2086 # $tap is a command with options; conditions are for eval
. t/lib.sh

server_start src
tap="binlog-tap --no-defaults --socket $SOCK_src --user root"

position()
{
	q src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' :
}
# a stream without what differs from run to run
gist()
{
	rowdump "$T/out" | jq -c 'if .begin then "begin" elif .commit then "commit \(.commit.rows)" elif .ddl then [.ddl.verb, .ddl.names]
		elif .insert then [.insert, .new] elif .update then [.update, .old, .new] elif .delete then [.delete, .old]
		elif .savepoint then .savepoint elif .rollback then .rollback elif .note then .note else empty end'
}
# shows POSITION OPTION... : the gist of what comes after it
shows()
{
	local at=$1
	shift
	run $tap --start-at "$at" --stop-at now "$@"
	[ "$CODE" = 0 ] || diag "$(err)"
	gist
}

q src 'CREATE DATABASE d; CREATE DATABASE e; CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(20)); CREATE TABLE d.m (id INT) ENGINE=MyISAM'
at=$(position)
q src "USE d; BEGIN; INSERT INTO t VALUES (1, 'a'); SAVEPOINT s1; INSERT INTO t VALUES (2, 'b'); ROLLBACK TO s1; SAVEPOINT \`s 2\`; INSERT INTO t VALUES (3, 'c'); RELEASE SAVEPOINT \`s 2\`; COMMIT"
is "$(shows "$at")" '"begin"
["d.t",{"id":1,"v":"a"}]
{"name":"s1"}
{"name":"s 2"}
["d.t",{"id":3,"v":"c"}]
"commit 2"' 'savepoints; what was undone is not there'
at=$(position)
q src "USE d; BEGIN; INSERT INTO t VALUES (4, 'd'); INSERT INTO m VALUES (1); ROLLBACK"
is "$(shows "$at")" '"begin"
["d.m",{"id":1}]
"commit 1"' 'of work that was rolled back only what could not be'
at=$(position)
q src "USE d; CREATE TABLE c AS SELECT * FROM t"
is "$(shows "$at")" '"begin"
["create table",[["d","c"]]]
["d.c",{"id":1,"v":"a"}]
["d.c",{"id":3,"v":"c"}]
"commit 2"' 'CREATE TABLE ... SELECT is one transaction'
at=$(position)
q src "USE d; CREATE TEMPORARY TABLE tt (a INT); INSERT INTO tt VALUES (1); INSERT INTO t SELECT a + 10, 'tmp' FROM tt; DROP TEMPORARY TABLE tt; ANALYZE TABLE t; FLUSH TABLES" >/dev/null
is "$(shows "$at" | grep -v 'begin\|commit')" '["d.t",{"id":11,"v":"tmp"}]' 'of temporary tables nothing, of what is no change nothing'
at=$(position)
q src "USE d; SET SESSION binlog_alter_two_phase = 1; ALTER TABLE t ADD w INT DEFAULT 5; CREATE TABLE twice (a INT); INSERT INTO twice VALUES (1), (1)"
q_may src "SET SESSION binlog_alter_two_phase = 1; ALTER TABLE d.twice ADD UNIQUE (a)" 2>/dev/null
q src "INSERT INTO d.t VALUES (12, 'x', 6)"
is "$(shows "$at" | grep -v 'begin\|commit')" '["alter table",[["d","t"]]]
["create table",[["d","twice"]]]
["d.twice",{"a":1}]
["d.twice",{"a":1}]
["d.t",{"id":12,"v":"x","w":6}]' 'a two-phase ALTER comes once when it was done, and never when it failed'
at=$(position)
q src "CREATE USER u@localhost IDENTIFIED BY 'hush'; GRANT SELECT ON d.* TO u@localhost; USE d; CREATE VIEW vv AS SELECT 1 AS x; CREATE SEQUENCE sq; SELECT NEXTVAL(sq); RENAME TABLE twice TO thrice; TRUNCATE TABLE thrice; DROP TABLE thrice, c; DROP DATABASE e" >/dev/null
is "$(shows "$at" | grep -v 'begin\|commit' | cut -c 1-60)" '["create view",[["d","vv"]]]
["create sequence",[["d","sq"]]]
["d.sq",{"next_not_cached_value":1001,"minimum_value":1,"max
["rename table",[["d","twice"],["d","thrice"]]]
["truncate table",[["d","thrice"]]]
["drop table",[["d","thrice"],["d","c"]]]
["drop database",[["e",""]]]' 'definitions with what they do and to what'
at=$(position)
q src "USE d; SET foreign_key_checks = 0; INSERT INTO t VALUES (20, 'f', 0); SET unique_checks = 0; UPDATE t SET v = 'g' WHERE id = 20"
run $tap --start-at "$at" --stop-at now --annotate
is "$(rowdump "$T/out" | jq -c 'if .insert or .update then .fl elif .note then .note.sql else empty end')" '"INSERT INTO t VALUES (20, '"'f'"', 0)"
1
"UPDATE t SET v = '"'g'"' WHERE id = 20"
3' '--annotate has the texts, and rows have the checks of their session'

# scope
q src 'CREATE DATABASE rowferry; CREATE TABLE rowferry.x (a INT); CREATE TABLE d.a1 (a INT); CREATE TABLE d.a2 (a INT); CREATE TABLE mysql.own (a INT)'
at=$(position)
q src 'INSERT INTO d.a1 VALUES (1); INSERT INTO d.a2 VALUES (2); INSERT INTO rowferry.x VALUES (3); INSERT INTO mysql.own VALUES (4); ALTER TABLE d.a1 COMMENT "x"; ALTER TABLE d.a2 COMMENT "x"; ALTER TABLE mysql.own COMMENT "x"'
is "$(shows "$at" | grep -v 'begin\|commit' | paste -sd ' ')" '["d.a1",{"a":1}] ["d.a2",{"a":2}] ["alter table",[["d","a1"]]] ["alter table",[["d","a2"]]]' 'system tables and checkpoints are left out'
at=$(position)
q src 'INSERT INTO d.a1 VALUES (1); INSERT INTO d.a2 VALUES (2); INSERT INTO rowferry.x VALUES (3); INSERT INTO mysql.own VALUES (4); BEGIN; INSERT INTO d.a1 VALUES (5); INSERT INTO d.a2 VALUES (6); COMMIT; DROP TABLE d.a2'
is "$(shows "$at" --include 'd.a*' --exclude d.a2 | paste -sd ' ')" '"begin" ["d.a1",{"a":1}] "commit 1" "begin" "commit 0" "begin" "commit 0" "begin" "commit 0" "begin" ["d.a1",{"a":5}] "commit 1" "begin" "commit 0"' '--include and --exclude; transactions without rows in scope are there, empty'
is "$(shows "$at" --include mysql.own --include rowferry.x | grep -c '"mysql.own"\|"rowferry.x"')" 2 'system tables come when they are named'

# compressed by the server, and of every row image: the same rows
for image in FULL MINIMAL NOBLOB; do
	for compress in 0 1; do
		q src "SET GLOBAL log_bin_compress = $compress; SET GLOBAL log_bin_compress_min_len = 10; CREATE OR REPLACE TABLE d.z (id INT PRIMARY KEY, a INT, b BLOB, t TEXT)"
		at=$(position)
		q src "SET SESSION binlog_row_image = $image; USE d; INSERT INTO z SELECT seq, seq, REPEAT('b', seq), REPEAT('t', 2 * seq) FROM seq_1_to_200; UPDATE z SET a = a + 1 WHERE id > 100; UPDATE z SET t = 'new' WHERE id = 5; DELETE FROM z WHERE id < 50"
		shows "$at" >"$T/z.$compress"
	done
	ok "row image $image: compressed events are the same rows" cmp "$T/z.0" "$T/z.1"
	is "$(grep -c '"d.z"' "$T/z.1")" 350 "row image $image: all of them"
	case $image in
	FULL) is "$(jq -c 'select(type == "array" and length == 3) | [.[1], .[2]] | map(keys | length)' "$T/z.1" | sort -u)" '[4,4]' 'FULL has all columns' ;;
	MINIMAL) is "$(grep '"t":"new"' "$T/z.1")" '["d.z",{"id":5},{"t":"new"}]' 'MINIMAL has the key and what was changed' ;;
	NOBLOB) is "$(grep '"id":150,"a":151' "$T/z.1")" '["d.z",{"id":150,"a":150},{"id":150,"a":151}]' 'NOBLOB leaves blobs out that did not change' ;;
	esac
done
done_testing

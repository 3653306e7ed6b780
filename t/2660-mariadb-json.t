#!/bin/bash
# MariaDB's JSON is text: in a JSON column of MySQL it becomes MySQL's document of the same value, and its rows are found
# again; a text that MySQL does not take stops the sink. MySQL's documents are in MariaDB the text that MySQL prints.
# shellcheck disable=SC2016
. t/lib.sh

need_server mysql-9.7
server_start ma
server_start my @mysql-9.7
q ma "CREATE DATABASE d; CREATE TABLE d.j (id INT PRIMARY KEY, j JSON, l LONGTEXT CHARACTER SET latin1); CREATE TABLE d.nk (a INT, j JSON);
	INSERT INTO d.j VALUES (1, '{\"b\" : 1,\"a\":2, \"a\":[]}', '[\"é\"]'), (2, '[0.1, 1e2, -0.0, 1.0, 100, 1E300]', NULL), (3, '\"\\\\u00e9\\\\u0000😀\"', '{}'), (4, NULL, NULL), (5, '[9223372036854775807, -9223372036854775808, 18446744073709551615, 18446744073709551616, 4294967296, 0.1000000000000000055511151231257827, 12345678901234567890.123456789]', NULL), (6, ' null ', ' 5 ');
	UPDATE d.j SET j = '[0.1, 1e2, -0.0, 1.0]' WHERE id = 2; INSERT INTO d.nk VALUES (1, '[1,  2]'), (1, '[1.0, 2]'), (1, '{\"b\":1,\"a\":1}'), (1, '{\"a\":1,\"b\":1}'), (2, NULL), (2, 'null');
	DELETE FROM d.nk WHERE j = '[1.0, 2]'; UPDATE d.nk SET a = 5 WHERE j = '{\"b\":1,\"a\":1}'; DELETE FROM d.nk WHERE j = 'null'; UPDATE d.nk SET j = '[3]' WHERE j = '[1,  2]'"
tap() # SERVER [option...]
{
	local sock=SOCK_$1
	shift
	binlog-tap --no-defaults --socket "${!sock}" --user root --stop-at now "$@" >"$T/log"
}
sink() # SERVER [option...]
{
	local sock=SOCK_$1
	shift
	mysql-sink --no-defaults --socket "${!sock}" --user root --pipeline x "$@" <"$T/log"
}
exits 0 "MariaDB's log" tap ma --start-at earliest --include 'd.*'
q my 'CREATE DATABASE d; CREATE TABLE d.j (id INT PRIMARY KEY, j JSON, l JSON); CREATE TABLE d.nk (a INT, j JSON)'
exits 0 'into columns of MySQL' sink my --ddl skip
is "$(q my 'SELECT * FROM d.j' -r)" "$(printf '%b' '1\t{"a": [], "b": 1}\t["é"]\n2\t[0.1, 100.0, -0.0, 1.0]\tNULL\n3\t"é\\u0000😀"\t{}\n4\tNULL\tNULL\n5\t[9223372036854775807, -9223372036854775808, 18446744073709551615, 1.8446744073709552e19, 4294967296, 0.1, 1.2345678901234567e19]\tNULL\n6\tnull\t5')" 'the same values, as MySQL has them: numbers of 64 bits or doubles, the last of members of one name'
is "$(q my 'SELECT * FROM d.nk ORDER BY a DESC, CAST(j AS CHAR)')" $'5\t{"a": 1, "b": 1}\n2\tNULL\n1\t[3]\n1\t{"a": 1, "b": 1}' 'rows without a key were found by their documents'
for text in '[1, 1e400]' '["\\ud800"]' "$(printf '[%.0s' {1..120})1$(printf ']%.0s' {1..120})"; do
	q ma 'TRUNCATE d.j'
	run mysql-sink --no-defaults --socket "$SOCK_my" --user root --pipeline x --print-position
	at=$(out)
	q ma "SET check_constraint_checks = 0; INSERT INTO d.j VALUES (7, $(sql_text "$text"), NULL)"
	t_quiet exits 0 "the log behind $at" tap ma --start-at "$at" --include 'd.*'
	exits 100 "a text that MySQL does not take: ${text:0:20}" sink my
	like "$(err)" 'insert of row \(id=7\) into table "d.j" at .*: Invalid JSON text' 'stops, and says which'
	q ma 'DELETE FROM d.j WHERE id = 7'
	t_quiet exits 0 "the log behind $at" tap ma --start-at now --include 'd.*'
	t_quiet exits 0 'a person passes over it' sink my --accept-gap
done

# the other way
q my "CREATE TABLE d.back (a INT, j JSON); INSERT INTO d.back VALUES (1, JSON_ARRAY(1.50, X'00ff', CAST('2024-01-01' AS DATE), CAST(1 AS UNSIGNED), 1e300)), (2, '{\"b\": \"é\\\\u0000\", \"a\": [0.1]}'), (3, '[1]'), (3, '[1]'), (4, JSON_ARRAY(1.5)), (4, '[2]');
	UPDATE d.back SET a = 5 WHERE a = 1; UPDATE d.back SET j = '[\"new\"]' WHERE a = 2; DELETE FROM d.back WHERE a = 3 LIMIT 1; DELETE FROM d.back WHERE a = 4 AND j = JSON_ARRAY(1.5)"
exits 0 "MySQL's log" tap my --start-at earliest --include 'd.back'
q ma 'CREATE TABLE d.back (a INT, j JSON)'
exits 0 'into MariaDB' sink ma --ddl skip
is "$(q ma 'SELECT a, j FROM d.back ORDER BY a')" "$(q my 'SELECT a, CAST(j AS CHAR) FROM d.back ORDER BY a')" 'the text that MySQL prints, and rows are found by it'
done_testing

#!/bin/bash
# MySQL's partial updates of JSON (binlog_row_value_options=PARTIAL_JSON): with the old row in the log the new document
# is whole and what the server holds; without it the stream stops and says why.
# shellcheck disable=SC2016
. t/lib.sh

need_server mysql-9.7
server_start src @mysql-9.7 --binlog-row-value-options=PARTIAL_JSON
q src 'CREATE DATABASE d; CREATE TABLE d.p (id INT PRIMARY KEY, a JSON, x INT, b JSON, c JSON)'
cat >"$T/p.sql" <<'SQL'
INSERT INTO p (id, a, b, c) SELECT n, JSON_OBJECT('k', n, 'arr', JSON_ARRAY(1, 2, JSON_OBJECT('q', 'old')), 'na me"\n', REPEAT('s', 200), 'é', CAST(1.5 AS DECIMAL(5,2)), 'o', JSON_OBJECT()), JSON_ARRAY(1, 'two', n), NULL
	FROM (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6) AS r;
UPDATE p SET a = JSON_SET(a, '$.k', 'new', '$.arr[2].q', JSON_ARRAY(1, 2), '$."na me\\"\\n"', 'short') WHERE id = 1;
UPDATE p SET a = JSON_REMOVE(a, '$.arr[0]', '$."é"'), b = JSON_SET(b, '$[1]', 2), x = 5 WHERE id = 2;
UPDATE p SET a = JSON_SET(a, '$.fresh', 1, '$.arr[99]', 'end', '$.o."a.b[1]"', TRUE, '$."\\u00e9x"', CAST('2024-01-01' AS DATE)) WHERE id = 3;
UPDATE p SET b = JSON_REPLACE(b, '$[0]', NULL), c = JSON_OBJECT('whole', 1) WHERE id = 4;
UPDATE p SET b = JSON_ARRAY_INSERT(JSON_SET(b, '$[0]', 'x'), '$[1]', 'in'), c = NULL WHERE id = 4;
UPDATE p SET a = JSON_SET(a, '$.k', id * 1000), b = JSON_SET(b, '$[2]', JSON_OBJECT('deep', JSON_ARRAY(id))) WHERE id >= 4;
UPDATE p SET x = 7 WHERE id = 5;
UPDATE p SET a = JSON_SET(a, '$.k', REPEAT('large ', 20000)) WHERE id = 6;
UPDATE p SET a = JSON_SET(a, '$.k', 1, '$.arr[1]', -5, '$.o.new', 4294967295) WHERE id = 6;
UPDATE p SET c = '[1, [2, [3, [4, "four"]]]]';
UPDATE p SET c = JSON_SET(c, '$[1][1][1][1]', 'vier');
UPDATE p SET c = JSON_REMOVE(c, '$[1][1][0]'), a = NULL WHERE id = 1;
SQL
q_file src "$T/p.sql" d || fail 'it is written'
tap="binlog-tap --no-defaults --socket $SOCK_src --user root"
# shellcheck disable=SC2086
exits 0 'the log is read' $tap --start-at earliest --stop-at now --include 'd.*'
cp "$T/out" "$T/log"
# shellcheck disable=SC2086
like "$(q src 'SHOW BINLOG EVENTS' | cut -f 3 | grep -c Update_rows_partial)" '^[1-9][0-9]$' 'the log has partial updates'
q src 'CREATE DATABASE e; CREATE TABLE e.p LIKE d.p'
rowdump --sql "$T/log" | sed -nE '/^(INSERT INTO|UPDATE) `d`.`p`/s//\1 `e`.`p`/p' >"$T/sql"
ok 'as SQL it goes into a server' q_file src "$T/sql" e --binary-mode
is "$(q src 'SELECT id FROM d.p JOIN e.p AS o USING (id) WHERE NOT (p.a <=> o.a AND p.b <=> o.b AND p.c <=> o.c AND p.x <=> o.x AND CAST(p.a AS CHAR) <=> CAST(o.a AS CHAR) AND CAST(p.b AS CHAR) <=> CAST(o.b AS CHAR))')" '' 'and each document is the same'
is "$(q src 'SELECT COUNT(*) FROM e.p')" 6 'every one'
rowdump "$T/log" | grep '^{"update"' | tail -n 1 >"$T/last"
like "$(<"$T/last")" '"c":"\[1, \[2, \[\[4, \\"vier\\"\]\]\]\]"' 'a path into arrays'

q src "SET GLOBAL binlog_row_image = MINIMAL; FLUSH BINARY LOGS"
log=$(q src 'SHOW BINARY LOG STATUS' | cut -f 1)
q src "UPDATE d.p SET x = 8 WHERE id = 2; UPDATE d.p SET b = JSON_ARRAY('whole') WHERE id = 2"
# shellcheck disable=SC2086
exits 0 'row image MINIMAL: whole documents' $tap --start-at "$log:4" --stop-at now --include 'd.*'
like "$(rowdump "$T/out" | grep '^{"update"' | tail -n 1)" '"new":\{"b":"\[\\"whole\\"\]"\}' 'are read'
q src "UPDATE d.p SET a = JSON_SET(a, '\$.k', 9) WHERE id = 2"
# shellcheck disable=SC2086
exits 100 'changes of one' $tap --start-at "$log:4" --stop-at now --include 'd.*'
like "$(err)" 'JSON document of table "d.p" the log has only what was changed' 'stop the stream'
like "$(err)" 'unset binlog_row_value_options' 'with what to do'
done_testing

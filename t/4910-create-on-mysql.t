#!/bin/bash
# --create-tables on MySQL, whose definitions are read as the open transaction sees them, and where a database is locked
# for who would create it by a transaction that has touched one of its tables: two new tables in one batch, and databases.
. t/lib.sh
need_server mysql-9.7
server_start dst @mysql-9.7
server_start src @mysql-9.7 --gtid-mode=ON --enforce-gtid-consistency=ON
q src "CREATE DATABASE d; CREATE DATABASE e; CREATE TABLE d.old (id INT PRIMARY KEY); CREATE TABLE d.a (id INT PRIMARY KEY, j JSON);
	CREATE TABLE d.b (id INT, e ENUM('x', 'y')); CREATE TABLE e.c (id BIGINT PRIMARY KEY, s VARCHAR(20) CHARACTER SET latin1)"
q dst 'CREATE DATABASE d; CREATE TABLE d.old (id INT PRIMARY KEY)'
at=$(q src 'SELECT @@gtid_executed')
q src "BEGIN; INSERT INTO d.old VALUES (1); INSERT INTO d.a VALUES (1, '[1]'), (2, NULL); INSERT INTO d.old VALUES (2);
	INSERT INTO d.b VALUES (1, 'x'), (1, 'x'); INSERT INTO e.c VALUES (7, 'ü'); INSERT INTO d.old VALUES (3); COMMIT;
	UPDATE d.a SET j = '{}' WHERE id = 2; DELETE FROM d.b LIMIT 1"
binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "gtid:$at" --stop-at now >"$T/stream" 2>"$T/tap.err"
is "$?" 0 'the changes are in a stream' || diag "$(cat "$T/tap.err")"

RUN_LIMIT=60
exits 0 'they arrive where most of the tables are not' mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline p \
	--create-tables -v <"$T/stream"
is "$(grep -o 'created table .*' "$T/err")" $'created table "d.a"\ncreated table "d.b"\ncreated table "e.c"' 'these are made, each once'
for table in d.old d.a d.b e.c; do
	is "$(q dst "SELECT * FROM $table")" "$(q src "SELECT * FROM $table")" "$table is the same"
done

done_testing

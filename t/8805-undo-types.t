#!/bin/bash
# rowundo: rows of every type, with their limits and what servers dislike, deleted, moved and added, are there again to
# the byte: as SQL that compares each column, and through mysql-sink.
# (one client library will do)
. t/lib.sh

server_start src --default-time-zone=+05:45 --binlog-row-metadata=FULL
q src 'CREATE DATABASE d; CREATE DATABASE h'
sed 's/%TZ%/-03:00/' t/data/types.sql >"$T/types.sql"
q_file src "$T/types.sql" d || fail 'the types are written'
state()
{
	local table
	while IFS=$'\t' read -r _ table; do
		echo "$table $(table_hex src d "$table" | sha1sum)"
	done < <(tables src d)
}
keyed=$(q src "SELECT table_name FROM information_schema.columns WHERE table_schema = 'd' AND column_name = 'id' AND column_key = 'PRI'")
work()
{
	local table
	echo "SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0;"
	for table in $keyed; do
		echo "BEGIN; DELETE FROM d.$table WHERE id IN (0, 1); UPDATE d.$table SET id = id + 1000 WHERE id > 2; COMMIT;"
	done
	while IFS=$'\t' read -r _ table; do
		table=$(sql_name "$table")
		echo "CREATE TEMPORARY TABLE h.x AS SELECT * FROM d.$table; DELETE FROM d.$table; INSERT INTO d.$table SELECT * FROM h.x; DELETE FROM d.$table LIMIT 2; DROP TEMPORARY TABLE h.x;"
	done < <(tables src d)
}
base=$(state)
at=gtid:$(q src 'SELECT @@gtid_binlog_pos')
work >"$T/work.sql"
q_file src "$T/work.sql" --force >"$T/work.out" 2>&1
isnt "$(state)" "$base" 'they are changed'
worked=$(state)
exits 0 'the tap' binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$at" --stop-at now --include 'd.*'
mv "$T/out" "$T/work.rows"
exits 0 'undone' rowundo --ddl skip "$T/work.rows"
mv "$T/out" "$T/undo.rows"
rowdump --sql --check "$T/undo.rows" >"$T/undo.sql"
exits 0 'by SQL' mariadb --no-defaults --socket="$SOCK_src" --user=root --binary-mode --comments <"$T/undo.sql" || diag "$(err)"
is "$(state)" "$base" 'each table is as it was, to the byte'
rowundo "$T/undo.rows" >"$T/redo.rows"
exits 0 'the work again by mysql-sink' mysql-sink --no-defaults --socket "$SOCK_src" --user root --pipeline redo --compare-rows <"$T/redo.rows"
is "$(state)" "$worked" 'is the same'
exits 0 'and undone by it' mysql-sink --no-defaults --socket "$SOCK_src" --user root --pipeline undo --compare-rows <"$T/undo.rows"
is "$(state)" "$base" 'it is as it was'

# a table that keeps versions: its rows of now are undone, its past stays and grows
q src "CREATE TABLE d.v (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING; INSERT INTO d.v VALUES (1, 1), (2, 2)"
at=gtid:$(q src 'SELECT @@gtid_binlog_pos')
q src "INSERT INTO d.v VALUES (3, 3); UPDATE d.v SET x = 20 WHERE id = 2; DELETE FROM d.v WHERE id = 1; UPDATE d.v SET id = 5 WHERE id = 3"
worked=$(q src 'SELECT * FROM d.v ORDER BY id')
exits 0 'the tap' binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$at" --stop-at now
mv "$T/out" "$T/v.rows"
rowundo "$T/v.rows" >"$T/v.undo"
rowdump --sql --check "$T/v.undo" >"$T/undo.sql"
exits 0 'versions: undone by SQL' mariadb --no-defaults --socket="$SOCK_src" --user=root --binary-mode --comments <"$T/undo.sql"
is "$(q src 'SELECT * FROM d.v ORDER BY id')" $'1\t1\n2\t2' 'the rows of now are as they were'
is "$(q src 'SELECT COUNT(*) FROM d.v FOR SYSTEM_TIME ALL WHERE id = 5')" 1 'what was undone is in the past'
rowundo "$T/v.undo" >"$T/v.redo"
exits 0 'versions: the work again by mysql-sink' mysql-sink --no-defaults --socket "$SOCK_src" --user root --pipeline vr --compare-rows <"$T/v.redo"
is "$(q src 'SELECT * FROM d.v ORDER BY id')" "$worked" 'is the same'
exits 0 'and undone by it' mysql-sink --no-defaults --socket "$SOCK_src" --user root --pipeline vu --compare-rows <"$T/v.undo"
is "$(q src 'SELECT * FROM d.v ORDER BY id')" $'1\t1\n2\t2' 'is so'
done_testing

#!/bin/bash
# Rows that go to and fro, come and go, and are written without a pause, on a pipeline that is behind and stands still at
# times: none is called different, between MySQL and MariaDB either. One that is different is found among them.
# (one client library will do)
. t/lib.sh
. t/diff.sh
need_server mysql-9.7

# MySQL's has no GTIDs: positions are files and offsets
servers_start 'src @mysql-9.7 --gtid-mode=OFF --enforce-gtid-consistency=OFF' dst
q src "CREATE DATABASE shop; USE shop; SET cte_max_recursion_depth = 10000;
	CREATE TABLE flags (id INT PRIMARY KEY, flag INT, note VARCHAR(20)); INSERT INTO flags WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 3000) SELECT n, 0, 'x' FROM s;
	CREATE TABLE docs (id INT PRIMARY KEY, j JSON); INSERT INTO docs SELECT id, JSON_OBJECT('b', id, 'a', id / 4) FROM flags WHERE id <= 500;
	CREATE TABLE pile (a INT, b INT); INSERT INTO pile SELECT id % 10, 0 FROM flags"
pipeline_start p -- "binlog-tap --no-defaults -S $SOCK_src -u root --start-at earliest" "mysql-sink --no-defaults -S $SOCK_dst -u root --pipeline shop --create-tables"
there() { [ "$(q_may dst 'SELECT COUNT(*) FROM shop.pile' 2>/dev/null)" = 3000 ]; }
ok 'a pipeline from MySQL to MariaDB' wait_for 60 there || { diag "$(pipeline_err p 2)"; bail 'no rows'; }
writer() # ids are its own: side by side
{
	while :; do
		echo "UPDATE flags SET flag = 1 WHERE id = 1; UPDATE flags SET flag = 0 WHERE id = 1; UPDATE flags SET flag = 1 - flag WHERE id BETWEEN 2 AND 40;
			UPDATE docs SET j = JSON_SET(j, '\$.a', RAND()) WHERE id % 50 = 3; DELETE FROM flags WHERE id = 2999; INSERT INTO flags VALUES (2999, 1, 'back');
			UPDATE pile SET b = 1 - b WHERE a = 3 LIMIT 1; DELETE FROM pile WHERE a = 77; INSERT INTO pile VALUES (77, 1);"
	done | mariadb --no-defaults -S "$SOCK_src" -u root shop >"$T/writer.out" 2>&1
}
writer &
t_own $!
sink_pid=$(pipeline_pid p mysql-sink)
stutter()
{
	while kill -STOP "$sink_pid" 2>/dev/null; do
		sleep 0.3
		kill -CONT "$sink_pid" 2>/dev/null
		sleep 0.7
	done
}
stutter &
stutter=$!
t_own $stutter

for run in 1 2 3; do
	exits 0 "run $run: nothing is found that is not there" diff_run --include shop --pipeline shop --settle 60
done
like "$(out)" 'same: 3 of 3 tables.*differences outlived the lag' 'all tables are the same'
q dst "UPDATE shop.flags SET note = 'y' WHERE id = 500; UPDATE shop.docs SET j = '{\"a\": 1}' WHERE id = 7"
exits 1 'what differs is found among them' diff_run --include shop --pipeline shop --json
is "$(jq -r 'select(.difference) | .difference + " " + .table + " " + .key.id' "$T/out" | sort | xargs)" 'different shop.docs 7 different shop.flags 500' 'and nothing else'
kill $stutter 2>/dev/null
kill -CONT "$sink_pid" 2>/dev/null
ROUNDS=3 run examples/repair.sh shop "$T/src.cnf" "$T/dst.cnf" --include shop
is "$CODE" 0 'it is mended meanwhile'
done_testing

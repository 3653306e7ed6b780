#!/bin/bash
# Regression: a connection to MySQL was lost inside of a transaction; on the way to it again the server said with a
# heartbeat what it passes over, and a MARK was written into the open transaction: a stream that nothing can read.
# shellcheck disable=SC2086 # $live is a command with options
. t/lib.sh

need_server mysql-9.7
server_start src @mysql-9.7 --binlog-row-metadata=FULL
live="binlog-tap --no-defaults --socket $SOCK_src --user root -v"
q src 'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(200)); INSERT INTO d.t VALUES (1, 1); INSERT INTO d.t VALUES (2, 2)'
q src "SET SESSION cte_max_recursion_depth = 100000; INSERT INTO d.t WITH RECURSIVE n AS (SELECT 10 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 60009) SELECT x, REPEAT('x', 190) FROM n; INSERT INTO d.t VALUES (3, 3)"
threads()
{
	q src "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"
}
is_dumped()
{
	[ -n "$(threads)" ]
}
mkfifo "$T/slow"
$live --start-at earliest --stop-at now >"$T/slow" 2>"$T/slow.err" &
pid=$!
t_own $pid
{
	head -c 2000000
	wait_for 20 is_dumped
	q src "KILL $(threads | head -n 1)"
	cat
} <"$T/slow" >"$T/cut"
wait $pid
is $? 0 'a tap that is cut off inside of a transaction goes on'
ok 'it was' grep -q 'lost the connection' "$T/slow.err"
exits 0 'the stream can be read' rowdump "$T/cut"
is "$(grep -c '^{"insert"' "$T/out")" 60003 'all rows are in it, once'
is "$(grep -c '^{"mark"' "$T/out")" 0 'and nothing else'
done_testing

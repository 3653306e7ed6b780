#!/bin/bash
# Following MySQL: every form of --start-at and --stop-at, lost connections, what is refused, and a transaction that is much
# larger than the memory that it may cost.
# shellcheck disable=SC2016,SC2034,SC2086 # $tap is a command with options; conditions are for eval
. t/lib.sh

need_server mysql-9.7
server_start src @mysql-9.7
q src "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT); CREATE TABLE d.big (id INT PRIMARY KEY AUTO_INCREMENT, s LONGTEXT)"
q src 'INSERT INTO d.t VALUES (1, 1); INSERT INTO d.t VALUES (2, 1); FLUSH BINARY LOGS'
q src 'BEGIN; INSERT INTO d.t VALUES (3, 1); INSERT INTO d.t VALUES (4, 1); COMMIT; INSERT INTO d.t VALUES (5, 1); FLUSH BINARY LOGS'
now=$(date +%s)
wait_for 5 eval '[ "$(date +%s)" -gt $((now + 1)) ]'
middle=$(date -u +%Y-%m-%dT%H:%M:%SZ)
q src "INSERT INTO d.t VALUES (6, 1); SET gtid_next = 'automatic:x'; INSERT INTO d.t VALUES (7, 1); SET gtid_next = automatic; INSERT INTO d.t VALUES (8, 1)"
log1=$(q src 'SHOW BINARY LOGS' | head -n 1 | cut -f 1)

live="binlog-tap --no-defaults --socket $SOCK_src --user root --heartbeat 0.2"
files="binlog-tap --no-defaults --socket $SOCK_src --user root --file $(q src 'SHOW BINARY LOGS' | cut -f 1 | sed "s,^,$T/src/data/," | paste -sd ' ')"
ids()
{
	rowdump "$T/out" | sed -nE 's/.*"new":\{"id":([0-9]+).*/\1/p' | paste -sd ' '
}
# of the transaction that inserts an ID
begin_of()
{
	rowdump "$T/all" | awk -v id="$1" '/^{"begin"/ {b = $0} index($0, "\"new\":{\"id\":" id ",") {print b}'
}
place_of()
{
	begin_of "$1" | sed -E 's/.*"file":"([^"]*)","off":([0-9]+).*/\1:\2/'
}
# what was executed when the transaction of ID had been
set_at()
{
	rowdump "$T/all" | sed -nE "/^\{\"begin\"/s/.*\"gtid\":\"([^\"]*)\".*/\1/p" | sed "/$(begin_of "$1" | sed -E 's/.*"gtid":"([^"]*)".*/\1/')\$/q" | paste -sd ,
}
hello()
{
	rowdump "$T/out" | sed -nE "1s/.*\"$1\":\"([^\"]*)\".*/\1/p"
}

exits 0 'live: from earliest to now' $live --start-at earliest --stop-at now
is "$(ids)" '1 2 3 4 5 6 7 8' 'is all there is'
cp "$T/out" "$T/all"
is "$(hello gtid)|$(hello file)" "|$log1" 'HELLO says that nothing was executed before'
is "$(hello uuid)" "$(q src 'SELECT @@server_uuid')" 'and whose log it is'

for how in live files; do
	tap=${!how}
	for id in 1 2 3 5 6 7 8; do
		t_quiet exits 0 x $tap --start-at "$(place_of $id)" --stop-at now || break
		[ "$(ids)" = "$(seq -s ' ' "$id" 8)" ] || break
	done
	is "$id $(ids)" '8 8' "$how: FILE:OFFSET starts right there, for every transaction"
	q src "SELECT GTID_SUBSET('$(hello gtid)', '$(set_at 7)'), GTID_SUBSET('$(set_at 7)', '$(hello gtid)')" >"$T/subset"
	is "$(<"$T/subset")" $'1\t1' "$how: and what was executed before is known"
	exits 0 "$how: --stop-at FILE:OFFSET" $tap --start-at earliest --stop-at "$(place_of 5)"
	is "$(ids)" '1 2 3 4' "$how: ends before it"
	for id in 1 2 4 5 6 7; do
		t_quiet exits 0 x $tap --start-at "gtid:$(set_at $id)" --stop-at now || break
		[ "$(ids)" = "$(seq -s ' ' $((id + 1)) 8)" ] || break
	done
	is "$id $(ids)" '7 8' "$how: gtid:SET starts behind it, for every transaction"
	exits 0 "$how: an empty set" $tap --start-at gtid: --stop-at now
	is "$(ids)" '1 2 3 4 5 6 7 8' "$how: is the beginning"
	exits 0 "$how: --stop-at gtid:SET" $tap --start-at earliest --stop-at "gtid:$(set_at 6)"
	is "$(ids)" '1 2 3 4 5 6' "$how: ends when all of it was seen"
	exits 0 "$how: --start-at time" $tap --start-at "time:$middle" --stop-at now
	is "$(ids)" '6 7 8' "$how: what was committed since"
	exits 0 "$how: --stop-at time" $tap --start-at earliest --stop-at "time:$middle"
	is "$(ids)" '1 2 3 4 5' "$how: what was committed before"
	exits 0 "$how: --start-at now" $tap --start-at now --stop-at now
	is "$(ids)" '' "$how: is nothing yet"
done

# following: the dump thread is killed again and again while transactions are written
q src 'SET GLOBAL binlog_transaction_compression = ON'
mkfifo "$T/ready"
exec {ready}<>"$T/ready"
$live --start-at now --ready-fd "$ready" >"$T/follow" 2>"$T/follow.err" &
pid=$!
t_own "$pid"
read -r -t 20 -u "$ready" && pass '--ready-fd is written when streaming has begun'
kill_dump()
{
	local id
	id=$(q src "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%' LIMIT 1")
	[ -z "$id" ] || q_may src "KILL $id" 2>/dev/null
}
for ((i = 0; i < 8; i++)); do
	q src "SET SESSION cte_max_recursion_depth = 100000; BEGIN; INSERT INTO d.t WITH RECURSIVE n AS (SELECT 1000 + $i * 3000 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 3999 + $i * 3000) SELECT x, $i FROM n; COMMIT;
		INSERT INTO d.t VALUES ($((100 + i)), 0)"
	kill_dump
done
q src 'FLUSH BINARY LOGS'
q src 'INSERT INTO d.t VALUES (200, 0)'
wait_for 20 eval 'rowdump "$T/follow" 2>/dev/null | grep -q "\"id\":200,"' && pass 'commits come out, through lost connections'
wait_for 20 eval 'rowdump "$T/follow" 2>/dev/null | tail -n 1 | grep -q "^{\"mark\""' && pass 'then MARK while idle'
kill -TERM "$pid"
wait "$pid"
is $? 0 'SIGTERM ends with 0'
like "$(grep -c 'lost the connection' "$T/follow.err")" '^[1-9]' 'connections were lost'
rowdump "$T/follow" | sed -nE 's/.*"new":\{"id":([0-9]+).*/\1/p' >"$T/got"
{
	for ((i = 0; i < 8; i++)); do
		seq $((1000 + i * 3000)) $((3999 + i * 3000))
		echo $((100 + i))
	done
	echo 200
} >"$T/want"
ok 'no row was lost, none came twice, all in order' cmp "$T/got" "$T/want"
like "$(rowdump "$T/follow" | tail -n 1)" '"why":"signal"' 'END says signal'

# a transaction of 200 MB, compressed to little, in bounded memory
q src "SET SESSION cte_max_recursion_depth = 100000; SET @s = REPEAT('rowferry ', 12000); INSERT INTO d.big (s) WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 2000) SELECT CONCAT(x, @s) FROM n"
read -r file off _ <<<"$(q src 'SHOW BINARY LOG STATUS')"
ok 'it is small in the log' test "$off" -lt 20000000
$live --start-at "$file:4" --stop-at now --include d.big >"$T/fifo.out" 2>"$T/fifo.err" &
pid=$!
t_own "$pid"
peak=0
while kill -0 "$pid" 2>/dev/null; do
	rss=$(awk '/^VmHWM/ {print $2}' "/proc/$pid/status" 2>/dev/null)
	[ "${rss:-0}" -le "$peak" ] || peak=$rss
done
wait "$pid"
is $? 0 'it is read'
is "$(rowdump "$T/fifo.out" | grep -c '^{"insert":"d.big"')" 2000 'whole'
[ -n "$(ldd "$(command -v binlog-tap)" | grep asan)" ] || ok "in less than 64 MiB ($peak KiB)" test "$peak" -gt 0 -a "$peak" -lt 65536

# refusals
exits 100 'a set of MariaDB' $live --start-at gtid:0-1-5 --stop-at now
like "$(err)" 'is of MariaDB, but the server is MySQL' 'is refused'
exits 100 'a position inside a transaction' $live --start-at "$(place_of 3 | awk -F: '{print $1 ":" $2 + 79}')" --stop-at now
like "$(err)" 'middle of a transaction' 'is refused'
exits 100 'a log that is not there' $live --start-at nolog.000001:4 --stop-at now
like "$(err)" 'does not have that log file' 'is refused'
q src "CREATE USER poor IDENTIFIED BY 'x'; CREATE USER half IDENTIFIED BY 'x'; GRANT REPLICATION CLIENT ON *.* TO half"
exits 100 'a user who may not' binlog-tap --no-defaults --socket "$SOCK_src" --user half --password=x --start-at earliest --stop-at now
like "$(err)" 'grant replication slave' 'is told what is missing'
exits 100 'nor ask' binlog-tap --no-defaults --socket "$SOCK_src" --user poor --password=x --start-at earliest --stop-at now
like "$(err)" 'replication client' 'is told too'
q src "PURGE BINARY LOGS TO '$file'"
exits 100 'a purged set' $live --start-at "gtid:$(set_at 3)" --stop-at now
like "$(err)" 'the server has deleted that part of its log' 'is refused'
exits 100 'a purged file' $live --start-at "$log1:4" --stop-at now
like "$(err)" 'does not have that log file' 'is refused'
exits 100 'a purged time' $live --start-at "time:2020-01-01T00:00:00Z" --stop-at now
like "$(err)" 'the part before it was deleted' 'is refused'
exits 0 'earliest is what there is' $live --start-at earliest --stop-at now --exclude d.big
is "$(q src "SELECT GTID_SUBSET(@@GLOBAL.gtid_purged, '$(hello gtid)'), GTID_SUBSET('$(hello gtid)', @@GLOBAL.gtid_purged)")" $'1\t1' 'and HELLO has what was purged'
$live --start-at now --server-id 77 >"$T/first" 2>&1 &
pid=$!
t_own "$pid"
wait_for 20 test -s "$T/first"
exits 100 'a server_id that another uses' $live --start-at now --server-id 77
like "$(err)" 'server_id 77 is in use by another replica \((binlog-tap-|connection [0-9]+)' 'is refused'
kill "$pid"
done_testing

#!/bin/bash
# The target fails: lost connections, locks, a restart, answers that do not come, another holder. Each row is there once.
. t/lib.sh
. t/sink.sh

server_start dst
fresh()
{
	q dst 'DROP DATABASE IF EXISTS rowferry; DROP DATABASE IF EXISTS shop; CREATE DATABASE shop;
		CREATE TABLE shop.orders (id INT, name VARCHAR(20), price DECIMAL(8,2)) CHARACTER SET utf8mb4'
}
count() { q dst 'SELECT COUNT(*), COUNT(DISTINCT id) FROM shop.orders'; }
# a table without a key: a row that is applied twice is there twice
rows() # FIRST LAST GTID_FROM: one transaction a row
{
	local i
	for ((i = $1; i <= $2; i++)); do begin $((i * 10)) 0-1-$((i + 1)); insert $i "name $i" 1.00; commit $((i * 10 + 10)) 1; done
}
{ hello gtid=0-1-1 off=10; orders; rows 1 300; end 3010; } | rowundump >"$T/a.rs"
# one transaction
{
	hello gtid=0-1-1 off=10
	orders
	begin 10 0-1-2
	for ((i = 1; i <= 300; i++)); do insert $i "name $i" 1.00; done
	commit 3010 300
	end 3010
} | rowundump >"$T/large.rs"

start_sink() # [option...]: reads the pipe $T/pipe, which stays open on $pipe
{
	rm -f "$T/pipe"
	mkfifo "$T/pipe"
	mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one -v "$@" <"$T/pipe" 2>"$T/sink.err" &
	pid=$!
	t_own $pid
	exec {pipe}>"$T/pipe"
}
# what is started meanwhile must not hold the pipe open
restart() { eval "server_start dst $pipe>&-"; }
end_sink() { exec {pipe}>&-; wait $pid 2>/dev/null; CODE=$?; }
session() { q dst 'SELECT id FROM information_schema.processlist WHERE id = IS_USED_LOCK("rowferry/one")'; }
count_is() { [ "$(count)" = "$1" ]; }
waiting() { [ -n "$(q dst "SELECT id FROM information_schema.processlist WHERE id = IS_USED_LOCK('rowferry/one') AND $1")" ]; }
half=$(/usr/bin/python3 t/rowstream.py frames "$T/a.rs" | awk '/BEGIN/ { print $1 }' | sed -n 151p)
first() { head -c "$half" "$T/a.rs"; }
second() { tail -c +$((half + 1)) "$T/a.rs"; }

# ---- the session is lost
fresh
start_sink
first >&"$pipe"
ok 'half of the rows are there' wait_for 10 count_is $'150\t150'
q dst "KILL $(session)"
second >&"$pipe"
end_sink
is "$CODE" 0 'a session that was ended while idle does not matter' || diag "$(cat "$T/sink.err")"
is "$(count)" $'300\t300' 'all rows are there, once'

fresh
start_sink
first >&"$pipe"
wait_for 10 count_is $'150\t150'
mariadb --no-defaults --socket "$SOCK_dst" --user root --unbuffered -N -e 'LOCK TABLES shop.orders READ; SELECT "locked"; SELECT SLEEP(60)' >"$T/locker" 2>&1 {pipe}>&- &
locker=$!
t_own $locker
wait_for 5 grep -q locked "$T/locker"
second >&"$pipe"
ok 'a batch waits for a lock' wait_for 10 waiting 'info LIKE "%INSERT%"'
q dst "KILL $(session)"
kill $locker
q dst "KILL $(q dst 'SELECT id FROM information_schema.processlist WHERE info LIKE "SELECT SLEEP(60)%"')"
end_sink
is "$CODE" 0 'a session that was ended in the middle of a batch does not matter' || diag "$(cat "$T/sink.err")"
is "$(count)" $'300\t300' 'all rows are there, once'
like "$(cat "$T/sink.err")" 'the batch is tried again' 'it was tried again'

# ---- locks of others
fresh
q dst 'SET GLOBAL innodb_lock_wait_timeout = 1; ALTER TABLE shop.orders ADD PRIMARY KEY (id)'
mariadb --no-defaults --socket "$SOCK_dst" --user root --unbuffered -N -e 'BEGIN; INSERT INTO shop.orders VALUES (200, "x", 1); SELECT "locked"; SELECT SLEEP(2.5); ROLLBACK' >"$T/locker" 2>&1 &
t_own $!
wait_for 5 grep -q locked "$T/locker"
exits 0 'a row that somebody else has locked for longer than a lock wait' sink -v <"$T/a.rs"
like "$(err)" 'Lock wait timeout exceeded.* the batch is tried again' 'is tried again'
is "$(count)" $'300\t300' 'until it is free'
q dst 'SET GLOBAL innodb_lock_wait_timeout = 50'

# ---- the server is killed and comes back
fresh
start_sink
first >&"$pipe"
wait_for 10 count_is $'150\t150'
server_kill dst
restart
second >&"$pipe"
end_sink
is "$CODE" 0 'a server that was killed and came back' || diag "$(cat "$T/sink.err")"
is "$(count)" $'300\t300' 'has all rows, once'
fresh
start_sink --retry-timeout 1
first >&"$pipe"
wait_for 10 count_is $'150\t150'
server_kill dst
second >&"$pipe"
end_sink
is "$CODE" 111 'one that does not come back'
like "$(cat "$T/sink.err")" "could not connect to socket $SOCK_dst again" 'is named'
restart
exits 0 'started again when it is back' sink <"$T/a.rs"
is "$(count)" $'300\t300' 'all rows are there, once'

# ---- a target that takes no rows: read-only as after a failover, or full
fresh
q dst "CREATE OR REPLACE USER plain@localhost; GRANT ALL ON shop.* TO plain@localhost; GRANT ALL ON rowferry.* TO plain@localhost; GRANT PROCESS ON *.* TO plain@localhost"
start_sink --user plain
first >&"$pipe"
wait_for 10 count_is $'150\t150'
q dst 'SET GLOBAL read_only = 1'
second >&"$pipe"
ok 'a target that is read-only is said once it lasts' wait_for 20 grep -q '^mysql-sink: warning: the target: .*read-only.*; tried again for 60 s at most' "$T/sink.err"
[ -z "${ROWFERRY_LONG-}" ] || sleep 20 # longer than a number of tries would last
q dst 'SET GLOBAL read_only = 0'
end_sink
is "$CODE" 0 'and it is waited for' || diag "$(cat "$T/sink.err")"
is "$(count)" $'300\t300' 'has all rows, once'
is "$(grep -c ': warning: ' "$T/sink.err")" 1 'with one warning'
fresh
q dst 'SET max_heap_table_size = 16384; ALTER TABLE shop.orders MODIFY name CHAR(250), ENGINE=MEMORY'
exits 111 'a target that is full' sink --retry-timeout 1 <"$T/a.rs"
like "$(err)" 'could not apply rows, tried [0-9]+ times: The table .orders. is full' 'is something outside, for which starting again can help'

# ---- the answer to COMMIT is lost, although it was done
fresh
q dst "CREATE OR REPLACE USER ferry@'%' IDENTIFIED BY 'ferry'; GRANT ALL ON *.* TO ferry@'%'"
port=$((PORT_dst + 1))
/usr/bin/python3 t/dropper.py "$port" "$PORT_dst" COMMIT 2 >"$T/dropper" 2>&1 &
dropper=$!
t_own $dropper
if wait_for 10 grep -q ready "$T/dropper"; then
	exits 0 'answers to COMMIT that are lost' mysql-sink --no-defaults -h 127.0.0.1 -P "$port" -uferry -pferry --skip-ssl --pipeline one -v --batch-bytes 2000 <"$T/a.rs"
	is "$(grep -c dropped "$T/dropper")" 2 'two were lost'
	is "$(count)" $'300\t300' 'each row is there once'
else
	skip 'answers to COMMIT that are lost' 'the proxy does not start'
fi
kill $dropper
wait $dropper 2>/dev/null

# the same of a transaction that is applied while it arrives: it cannot be tried again here, but it is known what became of it
for lost in answer request; do
	fresh
	/usr/bin/python3 t/dropper.py "$port" "$PORT_dst" COMMIT 1 $lost >"$T/dropper" 2>&1 &
	dropper=$!
	t_own $dropper
	wait_for 10 grep -q ready "$T/dropper" || bail 'the proxy does not start'
	run mysql-sink --no-defaults -h 127.0.0.1 -P "$port" -uferry -pferry --skip-ssl --pipeline one --memory 4096 <"$T/large.rs"
	is "$(grep -c dropped "$T/dropper")" 1 "the COMMIT of a large transaction is lost, its $lost: once" || diag "$(err)" "$(cat "$T/dropper")"
	if [ $lost = answer ]; then
		is "$CODE $(count)" $'0 300\t300' 'it was carried out'
	else
		is "$CODE $(count)" $'111 0\t0' 'it was not'
		like "$(err)" '^mysql-sink: error: could not apply a transaction that is larger than --memory: COMMIT was lost: .*[Ll]ost connection.*[^ ]$' 'and the reason is said'
		exits 0 'started again it is' sink <"$T/large.rs"
		is "$(count)" $'300\t300' 'each row is there once'
	fi
	kill $dropper
	wait $dropper 2>/dev/null
done

# ---- another holder
fresh
start_sink
first >&"$pipe"
wait_for 10 count_is $'150\t150'
exits 111 'a second sink of the pipeline' sink <"$T/a.rs"
is "$(err)" "mysql-sink: error: another mysql-sink of pipeline \"one\" is connected to socket $SOCK_dst" 'does not begin'
exits 0 'but another pipeline may, and the position can be read' sink --print-position
q dst 'UPDATE rowferry.checkpoint SET epoch = epoch + 1'
second >&"$pipe"
end_sink
is "$CODE" 99 'a new holder has raised the epoch'
like "$(cat "$T/sink.err")" 'pipeline "one" has a new holder: its epoch is 1, ours was 0' 'is said'
is "$(count)" $'150\t150' 'and nothing more was applied'
fresh
start_sink
first >&"$pipe"
wait_for 10 count_is $'150\t150'
q dst 'UPDATE rowferry.checkpoint SET seq = seq + 5'
second >&"$pipe"
end_sink
is "$CODE" 99 'a checkpoint that somebody else has moved'
is "$(count)" $'150\t150' 'is not overwritten, and nothing more was applied'

# ---- killed at random instants, and started again with the same stream
fresh
{ hello gtid=0-1-1 off=10; orders; rows 1 6000; end 60010; } | rowundump >"$T/long.rs"
RANDOM=${ROWFERRY_SEED:-7}
for ((i = 0; i < 12; i++)); do
	mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one --batch-bytes $((RANDOM % 300 + 1)) --memory 4K <"$T/long.rs" 2>"$T/killed.err" &
	pid=$!
	t_own $pid
	sleep "0.$(printf %03d $((RANDOM % 150)))"
	kill -9 $pid 2>/dev/null
	wait $pid
done 2>/dev/null
killed_at=$(q dst 'SELECT COUNT(*) FROM shop.orders')
diag "after 12 kills $killed_at of 6000 rows are there"
exits 0 'after twelve kills' sink <"$T/long.rs"
is "$(count)" $'6000\t6000' 'each row of a table without a key is there once'
done_testing

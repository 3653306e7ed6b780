#!/bin/bash
# A lost connection loses no row and repeats none: the server restarts, is killed, hangs; its dump thread is killed
# in the midst of a large transaction.
# shellcheck disable=SC2016,SC2034,SC2086 # $tap is a command with options; conditions are for eval
. t/lib.sh

server_start src --max-binlog-size=1G
q src "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(200)); CREATE TABLE d.u (id INT PRIMARY KEY)"
tap="binlog-tap --no-defaults --socket $SOCK_src --user root --heartbeat 0.3"

inserted()
{
	rowdump "$1" 2>/dev/null | sed -nE 's/.*"new":\{"id":([0-9]+).*/\1/p'
}
has_id()
{
	inserted "$1" | grep -qx "$2"
}
says()
{
	grep -q "$2" "$1"
}
dump_threads()
{
	q src "SELECT id FROM information_schema.processlist WHERE command = 'Binlog Dump'"
}

$tap -v --start-at earliest >"$T/follow" 2>"$T/follow.err" &
pid=$!
t_own "$pid"
q src 'INSERT INTO d.t VALUES (1, 1)'
wait_for 20 has_id "$T/follow" 1 && pass 'it follows'
server_stop src
wait_for 20 says "$T/follow.err" 'lost the connection' && pass 'it says that the connection is lost'
server_start src
q src 'INSERT INTO d.t VALUES (2, 1)'
wait_for 30 has_id "$T/follow" 2 && pass 'and goes on after a restart'
q src 'INSERT INTO d.t VALUES (3, 1)'
server_kill src
server_start src
q src 'INSERT INTO d.t VALUES (4, 1)'
wait_for 30 has_id "$T/follow" 4 && pass 'and after the server was killed'
q src "KILL $(dump_threads)"
q src 'INSERT INTO d.t VALUES (5, 1)'
wait_for 30 has_id "$T/follow" 5 && pass 'and after its dump thread was killed'
lost=$(grep -c 'lost the connection' "$T/follow.err")
kill -STOP "$SERVER_PID_src"
wait_for 30 eval '[ "$(grep -c "lost the connection" "$T/follow.err")" -gt "$lost" ]' && pass 'a server that hangs is noticed'
kill -CONT "$SERVER_PID_src"
q src 'INSERT INTO d.t VALUES (6, 1)'
wait_for 30 has_id "$T/follow" 6 && pass 'and it goes on when the server does'
kill -TERM "$pid"
wait "$pid"
is $? 0 'SIGTERM ends it with 0'
is "$(inserted "$T/follow" | paste -sd ' ')" '1 2 3 4 5 6' 'no row is lost or repeated'
is "$(rowdump "$T/follow" | grep -c '^{"begin"')" "$(rowdump "$T/follow" | grep -c '^{"commit"')" 'and each transaction ends once'

# in the midst of a transaction: the reader does not read, so the server stands still inside of it
q src "USE d; BEGIN; INSERT INTO d.t SELECT seq + 1000, REPEAT('x', 150) FROM seq_1_to_60000; INSERT INTO d.u SELECT seq FROM seq_1_to_20000;
	UPDATE d.t SET v = 'y' WHERE id > 30000; DELETE FROM d.u WHERE id > 10000; INSERT INTO d.u VALUES (1000000); COMMIT; INSERT INTO d.u VALUES (1000001)"
exits 0 'a large transaction, undisturbed' $tap --start-at earliest --stop-at now
cp "$T/out" "$T/whole"
mkfifo "$T/slow"
exec {hold}<>"$T/slow"
$tap -v --start-at earliest --stop-at now >"$T/slow" 2>"$T/slow.err" &
pid=$!
t_own "$pid"
exec {read}<"$T/slow" {hold}>&-
for cut in 1 2 3; do
	# a part of it, then a cut; it connects again only when it is read from
	head -c $((cut * 1500000)) <&"$read" >>"$T/slowly"
	wait_for 20 eval '[ -n "$(dump_threads)" ]'
	q src "KILL $(dump_threads)"
done
cat <&"$read" >>"$T/slowly"
wait "$pid"
is $? 0 'cut three times inside of it, it ends well'
like "$(grep -c 'lost the connection' "$T/slow.err")" '^[123]$' 'after losing the connection' || diag "$(cat "$T/slow.err")"
like "$(grep -o 'from bin.*' "$T/slow.err" | sort | uniq -d)" '^from bin.00000.:[0-9]+$' 'and going back to where the transaction begins' || diag "$(cat "$T/slow.err")"
events()
{
	rowdump "$1" | grep -v '^{"\(hello\|end\)"' | sed -E 's/"f":[0-9]+,//; s/"off":[0-9]+,//' | sha256sum
}
is "$(events "$T/slowly")" "$(events "$T/whole")" 'row for row what it is undisturbed'

# --once
$tap --once --start-at now >"$T/once" 2>"$T/once.err" &
pid=$!
t_own "$pid"
wait_for 20 eval '[ -n "$(dump_threads)" ]'
q src "KILL $(dump_threads)"
wait "$pid"
is $? 111 '--once ends with 111'
like "$(cat "$T/once.err")" 'error: lost the connection to .*: ' 'and one line that says so'
is "$(rowdump "$T/once" 2>/dev/null | grep -c '^{"end"')" 0 'and no END: the stream is cut'
done_testing

#!/bin/bash
# --stall-timeout: a program that cannot get on ends and says what it waited for, and one that has nothing to do does not.
# shellcheck disable=SC2016
# (one client library will do)
. t/lib.sh
. t/seen.sh
. t/sink.sh

# the reader of the output takes nothing
big_stream >"$T/big.rs"
mkfifo "$T/out.fifo"
exec {hold}<>"$T/out.fifo"
exits 111 'a filter whose reader takes nothing' sh -c "rowfilter --stall-timeout 1.5 --status-file $T/f.json <$T/big.rs >$T/out.fifo"
is "$(err)" 'rowfilter: error: nothing has moved for 1.5 s (--stall-timeout): it waits for the program that reads the stream' 'says so'
is "$(jq -r '"\(.exit_code) \(.state)"' "$T/f.json") $(jq -r .last_error.text "$T/f.json")" '111 reader nothing has moved for 1.5 s (--stall-timeout): it waits for the program that reads the stream' 'and its status file'
exec {hold}>&-

# one that has nothing to do
mkfifo "$T/in.fifo"
exec {in}<>"$T/in.fifo"
rowmap --stall-timeout 1 --metrics "unix:$T/m.sock" <"$T/in.fifo" >"$T/m.rs" 2>"$T/m.err" {in}>&- &
pid=$!
t_own $pid
{ hello off=4; orders; begin 4; insert 1 a 1.00; commit 9 1; end 9; } | rowundump >"$T/small.rs"
head -c -20 "$T/small.rs" >&"$in"
ok 'nothing comes for long' wait_for 30 metric_over "unix:$T/m.sock" still_seconds 3
ok 'a map that waits for input has not stalled' kill -0 $pid
tail -c 20 "$T/small.rs" >&"$in"
exec {in}>&-
wait $pid
is $? 0 'and goes on when some comes'
is "$(<"$T/m.err")" '' 'without a word'

server_start src --binlog-row-metadata=FULL
server_start dst
q src 'CREATE DATABASE s; CREATE TABLE s.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)'
start()
{
	pipeline_start p -- \
		"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at $(position dst one || echo earliest) --heartbeat 0.5 --stall-timeout 20" \
		"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline one --stall-timeout 3 --metrics unix:$T/sink.sock $*"
	ok "it starts ${*:+with $*}" wait_caught_up src dst one || pipeline_diag p
}

# the target does not take a batch, while MARKs go on coming
for workers in 1 3; do
	start --workers $workers
	ok 'an idle sink has not stalled' wait_for 30 metric_over "unix:$T/sink.sock" marks_total 3
	coproc LOCKER { exec mariadb --no-defaults --socket "$SOCK_dst" --user root --unbuffered -N -B; }
	locker=$LOCKER_PID
	t_own "$locker"
	echo "LOCK TABLES s.t WRITE; SELECT 'held';" >&"${LOCKER[1]}"
	read -r -t 20 -u "${LOCKER[0]}" _
	# enough for a batch that goes to a worker
	q src 'USE s; INSERT INTO t (v) SELECT seq FROM seq_1_to_20000'
	q src 'INSERT INTO s.t (v) VALUES (1)'
	pipeline_wait p 40
	is "$CODES" '111 111' "a table of the target is locked: the sink with $workers workers ends, and the tap with it"
	is "$(pipeline_err p 2)" 'mysql-sink: error: nothing has moved for 3 s (--stall-timeout): it waits for the target' 'says what it waited for'
	eval "exec ${LOCKER[1]}>&-"
	wait "$locker" 2>/dev/null
	start --workers $workers
	same_data src dst 'started again it goes on, with each row once' s
	pipeline_stop p
	is "$CODES" '0 0' 'and ends as it is told'
done

# the source is silent
tap()
{
	binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at now --heartbeat 0.5 --stall-timeout 2 "$@"
}
tap --metrics "unix:$T/tap.sock" >"$T/tap.rs" 2>"$T/tap.err" &
pid=$!
t_own $pid
ok 'the tap of an idle source has heartbeats' wait_for 30 metric_over "unix:$T/tap.sock" marks_total 2
tap_pid=$(jq -r .pid < <(get "unix:$T/tap.sock" /status))
kill -STOP "$tap_pid"
sleep 3 # nothing can be waited for: it is the time that must not count
kill -CONT "$tap_pid"
marks=$(metric "unix:$T/tap.sock" marks_total)
ok 'time in which it did not run itself is no stall' wait_for 30 metric_over "unix:$T/tap.sock" marks_total "$marks"
kill -STOP "$SERVER_PID_src"
wait $pid
is $? 111 'a source that is silent: the tap ends'
kill -CONT "$SERVER_PID_src"
is "$(grep error: "$T/tap.err")" 'binlog-tap: error: nothing has moved for 2 s (--stall-timeout): it waits for the source' 'and says so'
done_testing

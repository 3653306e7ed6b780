#!/bin/bash
# Lag: by the source's own clock whatever ours shows, 0 when idle and when all rows are filtered out, growing while nothing gets on.
# shellcheck disable=SC2016
# (one client library will do)
. t/lib.sh
. t/seen.sh

near() # ADDR SECONDS: the lag is that, or little more
{
	metric "$1" lag_seconds | awk -v want="$2" '$1 >= want && $1 < want + 20 { found = 1 } END { exit !found }'
}

# a source whose clock is in the year 2030, as a stream made by hand
mkfifo "$T/in"
exec {in}<>"$T/in"
rowfilter --metrics "unix:$T/f.sock" <"$T/in" >"$T/out.rs" 2>"$T/f.err" {in}>&- &
pid=$!
t_own $pid
f=unix:$T/f.sock
wait_for 20 test -S "$T/f.sock"
frames() # LINE...: of a stream, the first time with its HELLO
{
	printf '%s\n' "$hello" "$@" | rowundump 2>/dev/null >"$T/frames"
	tail -c +$((at + 1)) "$T/frames" >&"$in"
}
hello='{"hello":{"version":1,"flavor":"mariadb","file":"b.1","off":4,"time":1900000000000000}}'
at=0
frames
at=$(stat -c %s "$T/frames")
ok 'it reads' wait_for 20 metric_is "$f" frames_total 1
is "$(metric "$f" lag_seconds)$(shown "$f" .lag_seconds)" null 'before the first transaction there is no lag to know'
frames '{"begin":{"file":"b.1","off":4,"ts":1899999900000000}}' '{"commit":{"file":"b.1","off":50,"rows":0}}'
ok 'a transaction that is 100 s old by the clock of the source' wait_for 20 near "$f" 100 || diag "$(get "$f" /status)"
is "$(shown "$f" .source_time)" 2030-03-17T17:45:00.000000Z 'its time is shown'
frames '{"mark":{"file":"b.1","off":50,"time":1900000100000000}}'
ok 'MARK: nothing is waiting there' wait_for 20 metric_is "$f" lag_seconds 0.000 || diag "$(get "$f" /status)"
ok 'then nothing comes any more, and nobody knows' wait_for 30 metric_over "$f" lag_seconds 4 || diag "$(get "$f" /status)"
frames '{"mark":{"file":"b.1","off":50,"time":1899996000000000}}'
ok 'the clock of the source was set back: MARK behind which nothing waits is believed' wait_for 20 metric_is "$f" lag_seconds 0.000 || diag "$(get "$f" /status)"
exec {in}>&-
kill $pid
wait $pid

server_start src --binlog-row-metadata=FULL
server_start dst
q src 'CREATE DATABASE s; CREATE TABLE s.t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(1000)); CREATE DATABASE d; CREATE TABLE d.t LIKE s.t'
start()
{
	pipeline_start p -- \
		"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at $(position dst one || echo earliest) --metrics unix:$T/tap.sock" \
		"rowfilter --exclude 'd.*' --metrics unix:$T/filter.sock" \
		"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline one --metrics unix:$T/sink.sock"
	ok 'the pipeline catches up' wait_caught_up src dst one || pipeline_diag p
}
tap=unix:$T/tap.sock
filter=unix:$T/filter.sock
sink=unix:$T/sink.sock

# all rows are dropped
start
written=$(metric "$filter" written_rows_total)
worst=0
for ((i = 0; i < 20; i++)); do
	q src "INSERT INTO d.t (v) VALUES ('x'), ('y')"
	# times of MariaDB's transactions are in whole seconds
	for a in "$filter" "$sink"; do
		worst=$(metric "$a" lag_seconds | awk -v w="$worst" '{ print ($1 > w ? $1 : w) }')
	done
done
ok "with all rows dropped there is no lag worth the name while they come ($worst s at the worst)" awk -v w="$worst" 'BEGIN { exit !(w < 3) }'
is "$(metric "$filter" written_rows_total) $(metric "$sink" applied_rows_total)" "$written 0" 'nothing of them went out'
for p in tap filter sink; do
	ok "$p: none when they have stopped" wait_for 20 metric_is "${!p}" lag_seconds 0.000
done
pipeline_stop p

# the sink stands still: what is before it fills, and the tap, which cannot write, answers all the same
start
kill -STOP "$(pipeline_pid p 3)"
q src 'USE s; INSERT INTO t (v) SELECT REPEAT("x", 900) FROM seq_1_to_20000'
ok 'the sink is stopped, and a lot comes: the tap is held up' wait_for 30 shown_is "$tap" .state reader || diag "$(get "$tap" /status)"
ok 'its lag grows' wait_for 30 metric_over "$tap" lag_seconds 4 || diag "$(get "$tap" /status)"
ok 'that of the filter too' wait_for 30 metric_over "$filter" lag_seconds 4 || diag "$(get "$filter" /status)"
ok 'in front of which something waits' metric_over "$filter" waiting_bytes 1000
kill -CONT "$(pipeline_pid p 3)"
ok 'it goes on' wait_caught_up src dst one || pipeline_diag p
for p in tap filter sink; do
	ok "$p: no lag" wait_for 20 metric_is "${!p}" lag_seconds 0.000
done

# the target stands still: the sink answers
q dst 'SELECT COUNT(*) FROM s.t' >/dev/null
coproc LOCKER { exec mariadb --no-defaults --socket "$SOCK_dst" --user root --unbuffered -N -B; }
locker=$LOCKER_PID
t_own "$locker"
echo "LOCK TABLES s.t WRITE; SELECT 'held';" >&"${LOCKER[1]}"
read -r -t 20 -u "${LOCKER[0]}" _
q src "INSERT INTO s.t (v) VALUES ('z')"
ok 'a locked table: the sink waits for the target' wait_for 30 shown_is "$sink" .state target || diag "$(get "$sink" /status)"
ok 'and its lag grows' wait_for 30 metric_over "$sink" lag_seconds 4 || diag "$(get "$sink" /status)"
ok 'though the tap has none' wait_for 20 metric_is "$tap" lag_seconds 0.000
ok 'it has something that is not on the target' metric_over "$sink" kept_bytes 0
echo 'UNLOCK TABLES;' >&"${LOCKER[1]}"
ok 'no lag when it goes on' wait_for 30 metric_is "$sink" lag_seconds 0.000 || diag "$(get "$sink" /status)"
eval "exec ${LOCKER[1]}>&-"
wait "$locker" 2>/dev/null
pipeline_stop p
is "$CODES" '0 0 0' 'it ends' || pipeline_diag p
same_data src dst 'and all is there' s

# a source whose clock is in the year 2030, as far as a session of this user can see
q src "CREATE USER far; GRANT REPLICATION SLAVE, BINLOG MONITOR, SELECT ON *.* TO far; SET GLOBAL init_connect = 'SET timestamp = 1900000000'"
binlog-tap --no-defaults --socket "$SOCK_src" --user far --start-at now --metrics "unix:$T/far.sock" >"$T/far.rs" 2>"$T/far.err" &
pid=$!
t_own $pid
ok 'the tap shows the times of the source' wait_for 30 eval '[[ $(shown "unix:$T/far.sock" .source_time) == 2030-03-17T17:4* ]]' || diag "$(get "unix:$T/far.sock" /status)"
ok 'and no lag' metric_is "unix:$T/far.sock" lag_seconds 0.000
q src 'SET timestamp = 1900000003; INSERT INTO s.t (v) VALUES (1)'
ok 'nor after a transaction' wait_for 20 metric_is "unix:$T/far.sock" transactions_total 1
ok 'of its time' wait_for 20 metric_is "unix:$T/far.sock" lag_seconds 0.000
kill $pid
wait $pid
is $? 0 'it ends'
is "$(rowdump "$T/far.rs" | jq -r 'select(.mark or .hello) | (.mark // .hello).time / 1000000 | floor | . >= 1900000000 and . < 1900000100' | sort -u)" true 'HELLO and MARK have them too'
done_testing

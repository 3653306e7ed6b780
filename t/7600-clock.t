#!/bin/bash
# The time of day jumps, by a day, to and fro, under every program: nothing waits for it, nothing ends of it, no lag comes of it.
# shellcheck disable=SC2317 # functions are called by name
# (one client library will do)
. t/lib.sh
. t/zk.sh
. t/seen.sh
zk_start one
server_start src --binlog-row-metadata=FULL
server_start dst
for s in src dst; do
	q $s 'CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY)'
done
start=gtid:$(q src 'SELECT @@gtid_binlog_pos')

jump() # SECONDS: between the time of day and the true one
{
	echo "$1" >"$T/clock.new"
	mv "$T/clock.new" "$T/clock"
}
clock="env LD_PRELOAD=$(realpath -- "${B:-build}")/drive/clock.so CLOCK_OFFSET=$T/clock ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0"
jump 70000000
isnt "$($clock date +%Y)" "$(date +%Y)" 'the clock can be set'
jump 0

cat >"$T/pipeline" <<EOT
#!/bin/bash
trap : TERM
binlog-tap --no-defaults --socket $SOCK_src --user root --start-at "\$1" --stall-timeout 20 --metrics unix:$T/tap.sock -v 2>$T/tap.err |
	rowfilter --stall-timeout 20 --metrics unix:$T/filter.sock | rowmap --stall-timeout 20 --metrics unix:$T/map.sock |
	mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline one --stall-timeout 90 --metrics unix:$T/sink.sock
for code in "\${PIPESTATUS[@]}"; do [ \$code = 0 ] || exit \$code; done
EOT
chmod +x "$T/pipeline"
# shellcheck disable=SC2086 # words
$clock zk-lease --zk "$ZK" --path /clock --session-timeout 6 -v -- "$T/pipeline" "$start" >"$T/lease.out" 2>"$T/lease.err" &
lease=$!
t_own $lease
id=0
arrives() # TESTNAME
{
	q src "INSERT INTO s.t VALUES ($((++id)))"
	ok "$1" wait_caught_up src dst one 30 || diag "$(cat "$T/lease.err" "$T/tap.err")"
}
arrives 'the pipeline works'
connected() { q src "SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'" | grep -qx 1; }
for to in 86400 -86400 300000000 -3600 0; do
	jump $to
	arrives "the clock is $to s off: rows arrive"
	marks=$(metric "unix:$T/sink.sock" marks_total)
	ok 'and MARKs' wait_for 20 metric_over "unix:$T/sink.sock" marks_total "$((marks + 2))"
	for p in tap filter map sink; do
		is "$(metric "unix:$T/$p.sock" lag_seconds)" 0.000 "$p: no lag comes of it"
	done
	ok 'the lease is held' t_not "t_gone $lease"
done

# while something is waited for
server_stop src
ok 'the source is away: the tap waits' wait_for 30 grep -q 'connecting again in' "$T/tap.err"
jump -172800
server_start src
arrives 'the clock is set back meanwhile: the tap connects again all the same'
jump 0
server_stop dst
q src "INSERT INTO s.t VALUES ($((++id)))"
ok 'the target is away: the sink tries again' wait_for 30 grep -q 'could not connect to .* again' "$T/lease.err" || diag "$(cat "$T/lease.err")"
jump 259200
wait_for 2 false
ok 'the clock is set forward meanwhile: its time is not over' t_not "t_gone $lease"
server_start dst
arrives 'and it goes on'

# who waits in line for so long
jump 0
$clock zk-lease --zk "$ZK" --path /clock --session-timeout 6 --wait 6 --holder other -- true >/dev/null 2>"$T/other.err" &
other=$!
t_own $other
ok 'another waits in line' wait_for 20 is_waiting /clock other
began=$SECONDS
jump -86400
wait_for 40 t_gone $other
wait $other
is $? 1 'for its time and no longer, also when the clock is set back' || diag "$(cat "$T/other.err")"
ok 'which is some seconds' test $((SECONDS - began)) -lt 30
kill $lease
wait $lease
is $? 0 'told to stop it ends' || diag "$(cat "$T/lease.err" "$T/tap.err")"
same_data src dst 'both sides are equal' s
done_testing

#!/bin/bash
# A spool's writer and readers seen from outside: ready, status, metrics, lag; a reader wakes at once, waits without work, and
# ends with whoever reads it.
# shellcheck disable=SC2016
# (one client library will do)
. t/lib.sh
. t/sink.sh
. t/seen.sh

server_start src --binlog-row-metadata=FULL
q src 'CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY)'
mkdir "$T/sp"
# a reader before there is a spool
mkfifo "$T/ready.r" "$T/ready.w"
pipeline_start out -- "rowspool read $T/sp --start-at earliest --follow --reader seen --metrics unix:$T/r.sock --status-file $T/r.json --ready-fd 9 9>$T/ready.r" 'rowdump'
read -r -t 20 line <"$T/ready.r"
is $? 0 'the reader says that it is ready'
ok 'a reader of an empty spool waits' wait_for 20 grep -q 'the spool is empty: waits for its writer' "$T/out.1.err"
pipeline_start in -- "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at earliest" \
	"rowspool write $T/sp --metrics unix:$T/w.sock --ready-fd 9 9>$T/ready.w"
read -r -t 20 line <"$T/ready.w"
is $? 0 'the writer says that it is ready'
q src 'INSERT INTO s.t VALUES (1)'
ok 'a row comes through' wait_for 20 grep -q '"id":1' "$T/out.out"
w=unix:$T/w.sock r=unix:$T/r.sock
off=$(q src 'SHOW MASTER STATUS' | cut -f 2)
for p in w r; do
	ok "$p: shows its position" wait_for 20 shown_is "${!p}" .position.offset "$off" || diag "$(get "${!p}" /status)"
	is "$(shown "${!p}" .position.gtid)" "$(q src 'SELECT @@gtid_binlog_pos')" "$p: and the set"
	ok "$p: is idle" wait_for 20 shown_is "${!p}" .state idle
	ok "$p: has no lag" wait_for 20 metric_is "${!p}" lag_seconds 0.000 || diag "$(get "${!p}" /status)"
	ok "$p: has written" metric_over "${!p}" written_bytes_total 300
	is "$(metric "${!p}" transactions_total)" "$(metric "$w" transactions_total)" "$p: counts transactions"
done
is "$(shown "$r" .pipeline)" seen 'the reader has its name'
ok 'the status file is there' wait_for 20 test -s "$T/r.json"
exits 111 'a second writer' rowspool write "$T/sp" </dev/null
is "$(err)" "rowspool: error: the spool \"$T/sp\" has a writer already, process $(pipeline_pid in 2)" 'is refused, with the name of the first'

# the reader wakes at once: 200 commits, each waited for
wake()
{
	/usr/bin/python3 - "$T/out.out" "$SOCK_src" <<'EOT'
import os, subprocess, sys, time
out, sock = sys.argv[1:]
client = subprocess.Popen(["mariadb", "--no-defaults", "-S", sock, "-u", "root", "-N", "-B", "-n"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
f = open(out, "rb")
f.seek(0, 2)
took = []
buf = b""
for i in range(1000, 1200):
    client.stdin.write(f"INSERT INTO s.t VALUES ({i}); SELECT 1;\n".encode())
    client.stdin.flush()
    client.stdout.readline()
    t = time.monotonic()
    while f'"id":{i}}}'.encode() not in buf:
        buf = buf[-200:] + f.read()
        if time.monotonic() - t > 20:
            sys.exit(f"row {i} does not come")
    took.append(time.monotonic() - t)
client.stdin.close()
took.sort()
print(f"{took[100] * 1000:.2f} {took[180] * 1000:.2f} {took[199] * 1000:.2f}")
EOT
}
run wake
is "$CODE" 0 'each commit is seen' || diag "$(err)"
read -r p50 p90 max < <(out)
diag "from the commit's answer to rowdump behind the spool, --fsync trx: p50 $p50 ms, p90 $p90 ms, max $max ms"
ok 'at once: half of them within 100 ms' awk -v p="$p50" 'BEGIN { exit !(p < 100) }'

# waiting costs nothing
ticks()
{
	awk '{ print $14 + $15 }' "/proc/$(pipeline_pid out 1)/stat"
}
switches()
{
	awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$(pipeline_pid out 1)/task/$(pipeline_pid out 1)/status"
}
before=$(switches) marks=$(metric "$r" marks_total)
ok 'two MARKs pass' wait_for 20 metric_over "$r" marks_total $((marks + 1))
n=$(($(switches) - before)) m=$(($(metric "$r" marks_total) - marks))
ok "a reader that waits is woken only when there is something: $n switches in $m MARKs" test "$n" -lt $((20 * m))

# what the writer has is safe to look at while it writes
exits 0 'verify beside the writer' rowspool verify "$T/sp"
exits 0 'list beside the writer' rowspool list "$T/sp"
like "$(out)" $'segment\t1\topen\t' 'the segment is open'

# the writer ends, the reader stays; its reader ends, it ends
pipeline_stop in
is "$CODES" '0 0' 'the writer ends' || pipeline_diag in
ok 'the reader does not' pipeline_running out
pipeline_kill out 2 KILL
pipeline_wait out 20
is "$CODES" '111 137' 'until nobody reads it' || pipeline_diag out
is "$(jq .exit_code "$T/r.json")" 111 'which its status file says'

# told to stop: a stream with its end
pipeline_start out -- "rowspool read $T/sp --start-at now --follow --status-file $T/r2.json" 'rowdump'
ok 'a reader waits at the end' wait_for 20 grep -q '"hello"' "$T/out.out"
pipeline_stop out
is "$CODES" '0 0' 'SIGTERM ends it cleanly' || pipeline_diag out
like "$(tail -n 1 "$T/out.out")" '"why":"signal"' 'with END'
# ahead of the spool: it waits for that
pipeline_start out -- "rowspool read $T/sp --start-at gtid:0-$(q src 'SELECT @@server_id')-999999 --follow" 'rowdump'
ok 'a start that is not there yet' wait_for 20 grep -q 'before gtid:.*: waits for that' "$T/out.1.err"
pipeline_stop out
is "$CODES" '0 0' 'ends cleanly too' || pipeline_diag out
like "$(head -n 1 "$T/out.out")" '"gtid":"[^"]*-999999"' 'and says no other place'
# a terminal
if command -v script >/dev/null; then
	run script -qec "rowspool read $T/sp --start-at earliest" /dev/null
	like "$(out)" 'standard output is a terminal' 'not onto a terminal'
else
	skip 'not onto a terminal' 'no script(1)'
fi
# stalled: nobody takes what it reads
mkfifo "$T/nobody"
exec {hold}<>"$T/nobody"
big_stream >"$T/big.rs"
rowspool write "$T/big" <"$T/big.rs"
exits 111 'a reader whose reader takes nothing, with --stall-timeout' sh -c "exec rowspool read $T/big --start-at earliest --stall-timeout 1 >$T/nobody"
exec {hold}>&-
done_testing

#!/bin/bash
# What each program of a pipeline shows of itself, over TCP, over a Unix socket and in a file, is what happened.
# shellcheck disable=SC2016
# (one client library will do)
. t/lib.sh
. t/seen.sh

server_start src --binlog-row-metadata=FULL
server_start dst
q src 'CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v INT); CREATE TABLE s.x (id INT PRIMARY KEY)'

start()
{
	pipeline_start p -- \
		"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at $1 --metrics 127.0.0.1:0 --status-file $T/tap.json" \
		"rowfilter --exclude s.x --metrics unix:$T/filter.sock --status-file $T/filter.json" \
		"rowmap --metrics unix:$T/map.sock" \
		"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline one --metrics localhost:0 --status-file $T/sink.json"
	tap=$(metrics_at p 1)
	sink=$(metrics_at p 4)
}
filter=unix:$T/filter.sock
map=unix:$T/map.sock

start earliest
like "$tap" '^127\.0\.0\.1:[1-9][0-9]*$' 'of port 0 a free one is taken, and said'
q src 'USE s; INSERT INTO t SELECT seq, 0 FROM seq_1_to_100; UPDATE t SET v = 1 WHERE id <= 30; DELETE FROM t WHERE id <= 7;
	INSERT INTO x SELECT seq FROM seq_1_to_50; ALTER TABLE t ADD COLUMN w INT'
ok 'the pipeline catches up' wait_caught_up src dst one || pipeline_diag p
gtid=$(q src 'SELECT @@gtid_binlog_pos')
for p in tap filter map sink; do
	ok "$p: comes to the end of the log" wait_for 20 shown_is "${!p}" .position.gtid "$gtid" || diag "$(get "${!p}" /status)"
	ok "$p: is idle then" wait_for 20 shown_is "${!p}" .state idle
	ok "$p: without lag" wait_for 20 metric_is "${!p}" lag_seconds 0.000 || diag "$(get "${!p}" /metrics | grep -v '^#')"
	ok "$p: and nothing waits" metric_is "${!p}" waiting_bytes 0.000
done
is "$(shown "$sink" '"\(.position.file):\(.position.offset)"')" "$(mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one --print-position=file)" 'the sink shows the position that the target has'
for op in 'insert 150 100' 'update 30 30' 'delete 7 7'; do
	read -r op all kept <<<"$op"
	is "$(metric "$tap" "rows_total{op=\"$op\"}") $(metric "$filter" "rows_total{op=\"$op\"}") $(metric "$map" "rows_total{op=\"$op\"}") $(metric "$sink" "rows_total{op=\"$op\"}")" \
		"$all $all $kept $kept" "rows: $op, in every program"
done
is "$(metric "$filter" written_rows_total) $(metric "$map" written_rows_total) $(metric "$sink" applied_rows_total)" '137 137 137' 'rows that the filter let through, and that are on the target'
trx=$(metric "$tap" transactions_total)
is "$(metric "$filter" transactions_total) $(metric "$map" transactions_total) $(metric "$sink" transactions_total)" "$trx $trx $trx" 'all count as many transactions'
like "$(metric "$sink" batches_total)" '^[1-9]' 'the sink counts its batches'
is "$(shown "$sink" .pipeline) $(shown "$sink" .program)" 'one mysql-sink' 'it says whose it is'
is "$(metric "$sink" 'state{state="idle"}') $(metric "$sink" 'state{state="target"}')" '1 0' 'the state is a label'
like "$(metric "$sink" "info{program=\"mysql-sink\",version=\"$(mysql-sink --version | sed 's/.* //')\",pipeline=\"one\"}")" '^1$' 'so is the version'

# the format
get "$sink" /metrics >"$T/metrics"
is "$(grep -vE '^# (HELP|TYPE) rowferry_[a-z_]+ |^rowferry_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.]+$' "$T/metrics")" '' 'each line is one that Prometheus knows'
is "$(awk '/^# TYPE/ { if (seen[$3]++) print "twice", $3; type[$3] = $4 } !/^#/ { name = $1; sub(/\{.*/, "", name); if (!(name in type)) print "no type", name; if ((type[name] == "counter") != (name ~ /_total$/)) print "named wrongly", name }' "$T/metrics")" '' 'each has one type, and counters end in _total'

# HTTP
is "$(get "$sink" /)" 404 'another page is not there'
is "$(get "$sink" /metrics POST)" 405 'nothing can be written'
is "$(get "$sink" /metrics HEAD)" '' 'HEAD gets no body'
is "$(get "$filter" '/status?x=1' | jq -r .program)" rowfilter 'a query is passed over'
cat >"$T/bad.py" <<'EOT'
import socket, sys, time
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    for i in range(1000):
        try:
            s.connect(sys.argv[1])
            break
        except BlockingIOError: # more wait there than may
            time.sleep(0.01)
    return s
s = connect()
try:
    s.sendall(b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 100000)
except OSError:
    pass # it had enough
try:
    print(s.recv(100).split(b"\r\n")[0].decode() or "closed")
except OSError:
    print("closed")
s = connect()
s.sendall(b"\r\n\r\n")
print(s.recv(100).split(b"\r\n")[0].decode())
held = [connect() for i in range(20)]
s = connect()
s.sendall(b"GET /status HTTP/1.0\r\n\r\n")
print(s.recv(100).split(b"\r\n")[0].decode())
print(all(h.recv(1) == b"" for h in held[:16]))
EOT
/usr/bin/python3 "$T/bad.py" "$T/filter.sock" >"$T/bad" 2>&1
like "$(sed -n 1p "$T/bad")" '^(HTTP/1.1 4[0-9][0-9] .*|closed)$' 'a request that does not end is ended'
like "$(sed -n 2p "$T/bad")" '^HTTP/1.1 400 ' 'an empty one is wrong'
is "$(sed -n '3,$p' "$T/bad")" $'HTTP/1.0 200 OK\nTrue' 'who connects and says nothing is thrown out, and others are answered'

# the file: never half of it, under load
(
	trap - EXIT
	for ((i = 0; i < 400; i++)); do
		echo "USE s; REPLACE INTO t SELECT seq, $i, 0 FROM seq_1_to_500;"
	done | q_file src /dev/stdin
) &
load=$!
cat >"$T/read.py" <<'EOT'
import json, sys, time
end, seen, n = time.time() + 60, set(), 0
while len(seen) < 4 and time.time() < end:
    for name in sys.argv[1:]:
        with open(name) as f:
            o = json.load(f)
        seen.add((name, o["time"]))
        n += 1
    time.sleep(0.0005)
print("ok" if len(seen) >= 4 else f"{len(seen)} versions in {n} reads")
EOT
is "$(/usr/bin/python3 "$T/read.py" "$T/tap.json" 2>&1)" ok 'the file is whole whenever it is read, while it is replaced'
wait $load
ok 'the pipeline catches up' wait_caught_up src dst one || pipeline_diag p
ok 'the file shows the end' wait_for 20 eval '[ "$(jq -r .position.gtid "$T/sink.json")" = "$(q src "SELECT @@gtid_binlog_pos")" ]'

pipeline_stop p
is "$CODES" '0 0 0 0' 'it ends' || pipeline_diag p
is "$(jq -r '"\(.state) \(.exit_code)"' "$T/tap.json" "$T/filter.json" "$T/sink.json" | sort -u)" 'ended 0' 'the files say how'
is "$(jq -r .applied_rows "$T/sink.json")" "$(jq -r '.rows | add' "$T/sink.json")" 'and all that was read is applied'
is "$(find "$T" -maxdepth 1 -name '*.sock' -o -maxdepth 1 -name '*.new')" '' 'nothing is left behind'

# how it ends when it ends badly
exits 102 'text in place of a stream' sh -c "echo this is not a stream at all | rowfilter --status-file $T/bad.json"
is "$(jq -r '"\(.exit_code) \(.state) \(.errors)"' "$T/bad.json")" '102 ended 1' 'the file has the code'
is "rowfilter: error: $(jq -r .last_error.text "$T/bad.json")" "$(err)" 'and the error'

# a socket that is in use, and one that was left behind
start "$(position dst one)"
exits 111 'a socket that another listens on' rowmap --metrics "$map" </dev/null
like "$(err)" 'could not listen on unix:.*: Address already in use' 'is said'
exits 100 'a socket in a folder that is not there' rowmap --metrics unix:/no/such/folder/socket </dev/null
pipeline_kill p 3 KILL
pipeline_wait p >/dev/null
ok 'one that was killed leaves its socket' test -S "$T/map.sock"
start "$(position dst one)"
ok 'which the next one replaces' wait_for 20 metric_is "$map" 'info{program="rowmap",version="'"$(rowmap --version | sed 's/.* //')"'",pipeline=""}' 1
pipeline_stop p

# wrong use
for p in 'binlog-tap --no-defaults --start-at now' 'mysql-sink --no-defaults --pipeline x' rowfilter rowmap; do
	exits 100 "${p%% *}: an address that is not of the loopback" $p --metrics 0.0.0.0:9100
	is "$(err)" "${p%% *}: error: --metrics: \"0.0.0.0:9100\": only addresses of the loopback are listened on" 'is refused'
done
for a in 192.0.2.1:80 '[::]:80' '[2001:db8::1]:80' example.com:80; do
	exits 100 "$a" rowfilter --metrics "$a"
	like "$(err)" 'only addresses of the loopback' 'is refused'
done
for a in nonsense '' : :80 127.0.0.1 127.0.0.1: 127.0.0.1:x 127.0.0.1:65536 127.0.0.1:-1 unix: "unix:$(printf '%0200d' 0)"; do
	exits 100 "no address: ${a:0:20}" rowfilter --metrics "$a"
	like "$(err)" '^rowfilter: error: --metrics: ' 'is said'
done
exits 100 'a status file that cannot be' rowfilter --status-file "$T/nothing/x" </dev/null
is "$(err)" "rowfilter: error: could not write the status file \"$T/nothing/x\": No such file or directory" 'is said'
for s in 0 0.5 x 100000; do
	exits 100 "--stall-timeout $s" rowfilter --stall-timeout "$s"
done
exits 100 'a tap that would take its heartbeats for silence' binlog-tap --no-defaults --start-at now --heartbeat 5 --stall-timeout 14
like "$(err)" 'less than three times the --heartbeat' 'is told'
done_testing

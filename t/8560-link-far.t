#!/bin/bash
# Source and target at two sites, 200 ms of round trip between them: the lag is that of a pipeline on one host and half a round
# trip, and a backlog comes over as fast. ROWFERRY_LONG=1: 5,000 transactions a second for two minutes, with the link cut five
# times, and both sites equal at the end (ROWFERRY_TPS, ROWFERRY_SECONDS, ROWFERRY_CUTS).
# (one client library will do)
. t/lib.sh
. t/link.sh

tps=${ROWFERRY_TPS:-${ROWFERRY_LONG:+5000}}
tps=${tps:-1000}
seconds=${ROWFERRY_SECONDS:-${ROWFERRY_LONG:+120}}
seconds=${seconds:-5}
cuts=${ROWFERRY_CUTS:-${ROWFERRY_LONG:+5}}
cuts=${cuts:-1}
backlog=${ROWFERRY_LONG:+1000000} # rows, in transactions of 1,000
backlog=${backlog:-60000}
slack=${ROWFERRY_SLACK_MS:-150} # for a machine with other work, over what one host and the wire need
grep -q __asan_init "$BIN/rowlink" && slack=1500

# ---- two sites
here=rf$$
ip netns add "$here.s" 2>"$T/why" || skip_all "no network namespaces here: $(tail -n 1 "$T/why")"
sites_end()
{
	local n
	for n in s t m; do
		ip netns pids "$here.$n" 2>/dev/null | xargs -r kill -9 2>/dev/null
		ip netns del "$here.$n" 2>/dev/null
	done
}
trap 'sites_end; t_exit' EXIT
ip netns add "$here.t"
if ip netns exec "$here.s" tc qdisc add dev lo root netem delay 1ms 2>"$T/why"; then
	diag 'the delay is of tc netem'
	ip netns exec "$here.s" tc qdisc del dev lo root
	ip link add s0 netns "$here.s" type veth peer name t0 netns "$here.t"
	ip netns exec "$here.s" tc qdisc add dev s0 root netem delay 100ms limit 200000
	ip netns exec "$here.t" tc qdisc add dev t0 root netem delay 100ms limit 200000
else
	diag "tc: $(tail -n 1 "$T/why"): the kernel has no netem, so the delay is of t/wire.py"
	ip netns add "$here.m"
	ip link add s0 netns "$here.s" type veth peer name s1 netns "$here.m"
	ip link add t0 netns "$here.t" type veth peer name t1 netns "$here.m"
	ip -n "$here.m" link set dev s1 up
	ip -n "$here.m" link set dev t1 up
	ip netns exec "$here.m" /usr/bin/python3 t/wire.py s1 t1 100 >"$T/wire" 2>&1 &
	t_own $!
	disown # its end is not to be told
	ok 'the wire is there' wait_for 10 grep -q ready "$T/wire" || diag "$(cat "$T/wire")"
fi
ip -n "$here.s" addr add 10.213.9.1/30 dev s0
ip -n "$here.t" addr add 10.213.9.2/30 dev t0
ip -n "$here.s" link set dev s0 up
ip -n "$here.t" link set dev t0 up

make_ca our
make_cert our src 10.213.9.1
make_cert our dst dst.example
pipeline_start src -- "ip netns exec $here.s rowlink --listen tls:10.213.9.1:7000 -v $(tls src) --allow dst.example --peer-timeout 2 -- \
	binlog-tap --no-defaults --socket $T/src/s --user root --start-at {}"
near="ip netns exec $here.t rowlink --connect tls:10.213.9.1:7000 -v $(tls dst) --compress --peer-timeout 2"

# ---- servers, and a load with a clock
server_start src --binlog-row-metadata=FULL --sync-binlog=0 --innodb-flush-log-at-trx-commit=2
server_start dst --sync-binlog=0 --innodb-flush-log-at-trx-commit=2
q src 'CREATE DATABASE far; CREATE TABLE far.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, run INT, at TIMESTAMP(6), what VARCHAR(100))'
# a hundredth of a second's transactions, then the rest of it is slept through
printf '%s\n' 'DELIMITER //' 'CREATE PROCEDURE far.load_it(run INT, tps DOUBLE, seconds INT)
BEGIN
	DECLARE began DATETIME(6) DEFAULT SYSDATE(6);
	DECLARE done, due BIGINT DEFAULT 0;
	DECLARE gone DOUBLE DEFAULT 0;
	WHILE gone < seconds DO
		SET gone = TIMESTAMPDIFF(MICROSECOND, began, SYSDATE(6)) / 1e6;
		SET due = LEAST(gone, seconds) * tps;
		WHILE done < due DO
			INSERT INTO far.t (run, at, what) VALUES (run, SYSDATE(6), REPEAT(CHAR(97 + done % 26), 20 + done % 80));
			SET done = done + 1;
		END WHILE;
		DO SLEEP(0.005);
	END WHILE;
END //' >"$T/load.sql"
q_file src "$T/load.sql"

# seen.py SOCKET RUN: the newest id of the run that the target shows, each time with the time after which it was seen
cat >"$T/seen.py" <<'EOP'
import pymysql, sys, time
c = pymysql.connect(unix_socket=sys.argv[1], user="root", autocommit=True).cursor()
while True:
    try:
        c.execute("SELECT MAX(id) FROM far.t WHERE id > %s", (0,))
        print("%.6f %d" % (time.time(), c.fetchone()[0] or 0), flush=True)
    except pymysql.err.ProgrammingError:  # the table is not there yet
        pass
    time.sleep(0.01)
EOP
# lags.py SEEN TIMES [UNTIL]: for each row of TIMES (id, when it was written) how long until it was seen; those written until UNTIL.
# p50, p99, most, how many, and p99 of those from the third second on: at first TCP finds out what the wire can carry
cat >"$T/lags.py" <<'EOP'
import sys
seen = [(float(a), int(b)) for a, b in (line.split() for line in open(sys.argv[1]) if line.count(" ") == 1 and line.endswith("\n"))]
until = float(sys.argv[3]) if len(sys.argv) > 3 else float("inf")
lags, late, i, began = [], [0], 0, None
for line in open(sys.argv[2]):
    n, at = line.split()
    n, at = int(n), float(at)
    if at > until:
        break
    while i < len(seen) and seen[i][1] < n:
        i += 1
    if i == len(seen):
        sys.exit("row %d was never seen" % n)
    began = began or at
    lags.append((seen[i][0] - at) * 1000)
    if at > began + 2:
        late.append(lags[-1])
lags.sort()
late.sort()
pick = lambda v, p: v[min(len(v) - 1, int(len(v) * p))]
print("%d %d %d %d %d" % (pick(lags, 0.5), pick(lags, 0.99), lags[-1], len(lags), pick(late, 0.99)))
EOP

run_load() # RUN TPS SECONDS: sets rate
{
	local us=${EPOCHREALTIME/./} n
	q src "CALL far.load_it($1, $2, $3)"
	us=$((${EPOCHREALTIME/./} - us))
	n=$(q src "SELECT COUNT(*) FROM far.t WHERE run = $1")
	rate=$((n * 1000000 / us))
}

watch_target() # RUN
{
	/usr/bin/python3 "$T/seen.py" "$SOCK_dst" >"$T/seen.$1" 2>"$T/seen.err" &
	watcher=$!
	t_own $watcher
}

has_seen() # RUN ID
{
	[ "$(tail -n 2 "$T/seen.$1" | head -n 1 | cut -d ' ' -f 2)" -ge "$2" ]
}

lags() # RUN [UNTIL]: sets p50, p99, most, rows, late
{
	# who watches looks a hundred times a second, and sees the last one too
	wait_for 20 has_seen "$1" "$(q src "SELECT MAX(id) FROM far.t WHERE run = $1")"
	kill $watcher 2>/dev/null
	wait $watcher 2>/dev/null
	q src "SELECT id, UNIX_TIMESTAMP(at) FROM far.t WHERE run = $1 ORDER BY id" --quick >"$T/times.$1"
	lags_of "$@"
}

lags_of()
{
	local run=$1
	shift
	read -r p50 p99 most rows late < <(/usr/bin/python3 "$T/lags.py" "$T/seen.$run" "$T/times.$run" "$@")
	: "${p50:=-1}" "${p99:=-1}" "${most:=-1}" "${rows:=0}" "${late:=-1}"
}

start() # FIRST PROGRAM
{
	pipeline_start p -- "$1 --start-at $(position dst far || echo earliest)" \
		"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline far"
	flows || pipeline_diag p
}

flows() # the stream is there when a row has come by it
{
	q src "INSERT INTO far.t (run, at, what) VALUES (0, SYSDATE(6), 'flows')"
	wait_caught_up src dst far 60
}

# ---- one host, then two sites, without a cut
steady=$((seconds < 20 ? seconds : 20))
tap="binlog-tap --no-defaults --socket $SOCK_src --user root"
start "$tap"
watch_target 1
run_load 1 "$tps" "$steady"
wait_caught_up src dst far 60
lags 1
diag "one host, $rate transactions a second for $steady s: lag p50 $p50 ms, p99 $p99 ms ($late ms from the third second on), most $most ms"
base50=$p50 base99=$p99
pipeline_stop p
is "$CODES" '0 0' 'a pipeline on one host ends well'

start "$near"
watch_target 2
run_load 2 "$tps" "$steady"
wait_caught_up src dst far 60
lags 2
diag "200 ms apart, $rate transactions a second for $steady s: lag p50 $p50 ms, p99 $p99 ms ($late ms from the third second on), most $most ms"
ok "the lag grows by the wire's 100 ms, and less than a round trip: p50 from $base50 to $p50 ms" test "$p50" -ge $((base50 + 60)) -a "$p50" -le $((base50 + 200 + slack))
ok "p99 from $base99 to $p99 ms" test "$p99" -ge 0 -a "$p99" -le $((base99 + 200 + slack * 4))
pipeline_stop p
is "$CODES" '0 0' 'a pipeline of two sites ends well'

# ---- a backlog
catch_up() # FIRST PROGRAM: sets ms, the time that the backlog takes
{
	local us
	q src "FOR i IN 1..$((backlog / 1000)) DO
		INSERT INTO far.t (run, at, what) SELECT 0, SYSDATE(6), REPEAT(CHAR(97 + seq % 26), 60) FROM far.seq_1_to_1000;
		END FOR; CALL far.load_it(0, 100000, 1)" --delimiter=//
	us=${EPOCHREALTIME/./}
	start "$1"
	ms=$(((${EPOCHREALTIME/./} - us) / 1000))
	pipeline_stop p
}
catch_up "$tap"
base=$ms
catch_up "$near"
diag "a backlog of $backlog rows, and a second of single ones: $base ms on one host, $ms ms from the other site"
# greetings take four round trips: TCP, TLS, the link, the first row; the window of TCP opens in some more
ok 'a backlog comes over as fast, but for the greetings' test "$ms" -le $((base * 5 / 4 + 3000 + slack * 4))

# ---- cuts
cat >"$T/again" <<EOS
# what forever.sh does, without its pauses
while [ ! -e $T/stop ]; do
	at=\$(mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline far --print-position) || at=earliest
	$near --start-at "\$at" | mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline far
	echo "\${PIPESTATUS[@]}" >>$T/codes
	sleep 0.2
done
EOS
: >"$T/codes"
pipeline_start again -- "bash $T/again"
flows || pipeline_diag again
watch_target 3
run_load 3 "$tps" "$seconds" &
loader=$!
t_own $loader
cut_seen()
{
	[ "$(wc -l <"$T/codes")" -gt "$1" ] && [ "$(grep -c 'the link was lost: nothing was heard' "$T/src.1.err")" -gt "$1" ]
}
first=
pause=$(awk "BEGIN { print $seconds / ($cuts + 1.5) }")
for ((i = 0; i < cuts; i++)); do
	sleep "$pause" # the load goes on for so long between the cuts
	: "${first:=$EPOCHREALTIME}"
	ip -n "$here.s" link set dev s0 down
	ok "cut $((i + 1)): both ends notice it" wait_for 20 cut_seen "$i"
	ip -n "$here.s" link set dev s0 up
done
is "$(sort -u "$T/codes")" '111 111' "$cuts cuts: both ends have ended with 111, and the sink with them"
wait $loader
ok 'the target catches up' wait_caught_up src dst far 120 || diag "$(tail -n 20 "$T/again.1.err")"
lags 3
diag "with $cuts cuts, $tps transactions a second wanted, $rows in $seconds s: lag p50 $p50 ms, p99 $p99 ms ($late ms from the third second on), most $most ms"
ok "p99 is under the 10 s that Otter says of 5,000 a second" test "$p99" -ge 0 -a "$p99" -lt 10000
all=$rows
lags_of 3 "$first"
diag "until the first cut: lag p50 $p50 ms, p99 $p99 ms ($late ms from the third second on), most $most ms, $rows of $all transactions"
touch "$T/stop"
pkill -TERM -f "rowlink --connect tls:10.213.9.1:7000.*$T" 2>/dev/null
pipeline_wait again 20
same_data src dst 'both sites are equal' far
pipeline_stop src
is "$CODES" 0 'the listener has served them all'
done_testing

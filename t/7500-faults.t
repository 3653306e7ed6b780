#!/bin/bash
# A pipeline that two machines would run, under zk-lease, from one server to another over lines that fail: programs, servers and
# ZooKeeper are killed or stopped, connections cut, held, slowed, the answer to a COMMIT lost. Four writers work all
# the while. After each fault what is committed on the source comes to the target again; at the end both are equal and each
# transaction is there once. Prints how long it took after each kind.
# ROWFERRY_FAULTS=N: so many faults (default 26; ROWFERRY_LONG=1: 234). ROWFERRY_SEED repeats a run. ROWFERRY_KIND: of server.
# shellcheck disable=SC2086 # lists of options and of processes
. t/lib.sh
. t/zk.sh

faults=${ROWFERRY_FAULTS:-${ROWFERRY_LONG:+234}}
faults=${faults:-26}
seed=${ROWFERRY_SEED:-$RANDOM}
kind=${ROWFERRY_KIND:-mariadb}
diag "$faults faults, seed $seed"

durable='--sync-binlog=1 --innodb-flush-log-at-trx-commit=1'
servers_start "src @$kind --binlog-row-metadata=FULL $durable" "dst @$kind $durable"
zk_start one
for s in src dst; do
	q $s "CREATE USER ferry@'%' IDENTIFIED BY 'ferry'; GRANT ALL ON *.* TO ferry@'%'"
done

# the lines; what is said to them comes over pipes that stay open
for s in src dst; do
	port=PORT_$s
	mkfifo "$T/line.$s"
	python3 t/faulty.py "${!port}" <"$T/line.$s" >"$T/line.$s.out" &
	t_own $!
	exec {fd}>"$T/line.$s"
	declare "LINE_$s=$fd"
	ok "the line to $s is there" wait_for 10 test -s "$T/line.$s.out"
	declare "LINE_PORT_$s=$(head -n 1 "$T/line.$s.out")"
done

export ROWFERRY_CONF=$T/conf
mkdir -p "$ROWFERRY_CONF/f"
for s in src:source dst:target; do
	port=LINE_PORT_${s%:*}
	printf '[client]\nhost=127.0.0.1\nport=%s\nuser=ferry\npassword=ferry\nskip-ssl\n' "${!port}" >"$ROWFERRY_CONF/f/${s#*:}.cnf"
done
printf 'include f.*\n' >"$ROWFERRY_CONF/f/filter.rules"
printf -- '--heartbeat=1\n' >"$ROWFERRY_CONF/f/tap.args"
printf -- '--memory=64K\n--batch-bytes=8K\n--workers=3\n--verbose\n' >"$ROWFERRY_CONF/f/sink.args"

start=$(end_of_log src | head -n 2 | paste -sd :)
q src 'CREATE DATABASE f; USE f;
	CREATE TABLE journal (w INT, n INT, what VARCHAR(200));
	CREATE TABLE total (id INT PRIMARY KEY, n INT NOT NULL);
	CREATE TABLE own (w INT, id INT, n INT, s VARCHAR(100), PRIMARY KEY (w, id), UNIQUE (s));
	CREATE TABLE marker (n INT PRIMARY KEY)'
q src "INSERT INTO f.total SELECT d.n * 10 + e.n, 10 FROM (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) AS d,
	(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) AS e"
: >"$T/go"

# One writer: transactions of some rows, for ever; each has a row in a table without a key. The client ends with an error, as
# when the source is away, and the transaction with it; then comes another one, with other numbers.
writer()
{
	local w=$1 n=0
	while [ -e "$T/go" ]; do
		n=$((n + 1000000))
		awk -v dir="$T" -v w="$w" -v from="$n" -v seed="$((seed + w + n))" 'BEGIN {
			srand(seed)
			for (n = from; n % 50 || system("test -e " dir "/go") == 0; n++) {
				k = int(rand() * 50)
				s = "BEGIN;"
				for (i = int(rand() * 5); i >= 0; i--) {
					r = rand(); id = int(rand() * 100)
					if (r < .4) s = s "REPLACE INTO own VALUES (" w "," id "," n ",CONCAT(\"s" w " \"," id "," n "));"
					else if (r < .5) s = s "DELETE FROM own WHERE w = " w " AND id = " id ";"
					else if (r < .6) s = s "UPDATE own SET n = n + 1 WHERE w = " w " AND id BETWEEN " id " AND " id + 10 ";"
					else s = s "UPDATE total SET n = n - 1 WHERE id = " k "; UPDATE total SET n = n + 1 WHERE id = " (k + 7 * w) % 50 ";"
				}
				if (rand() < .02) s = s "INSERT INTO journal SELECT " w ", -" n ", REPEAT(\"x\", 150) FROM total, total AS t LIMIT 800;"
				print s "INSERT INTO journal VALUES (" w "," n ",\"once\"); COMMIT; DO SLEEP(0.01);"
				fflush()
			}
		}' </dev/null 2>/dev/null | mariadb --no-defaults --socket "$SOCK_src" --user root f >>"$T/writer.$w" 2>&1
	done
}

# A machine that may run the pipeline. What only a person can mend ends it.
machine()
{
	local code
	while [ -e "$T/go" ]; do
		zk-lease --zk "$ZK" --path /rowferry/leases/f --session-timeout 4 --holder "m$1" -- examples/pipeline.sh f "$start" >>"$T/m$1.log" 2>&1
		code=$?
		echo "m$1 $code" >>"$T/ends"
		case $code in
		100 | 101 | 102) break ;;
		esac
		sleep 0.1
	done
}

parent() # PID
{
	sed 's/.*) . \([0-9]*\).*/\1/' "/proc/$1/stat" 2>/dev/null
}

# The zk-lease whose command runs.
holder()
{
	local pid
	for pid in $(find_program pipeline.sh); do
		pid=$(parent "$pid")
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = zk-lease ] && echo "$pid" && return
	done
	return 1
}

everything() # what the machine that holds the lease runs: zk-lease, its guard, the pipeline
{
	local lease=$1 pid name
	echo "$lease"
	for name in zk-lease pipeline.sh binlog-tap rowfilter rowmap mysql-sink; do
		for pid in $(find_program $name); do
			[ $name != zk-lease ] || [ "$(parent "$pid")" = "$lease" ] || continue
			echo "$pid"
		done
	done
}

say() # LINE COMMAND
{
	local fd=LINE_$1
	echo "$2" >&"${!fd}"
}

restart() # SERVER
{
	server_kill "$1"
	if [ "$1" = src ]; then
		server_start src @"$kind" --binlog-row-metadata=FULL $durable
	else
		server_start dst @"$kind" $durable
	fi
}

signal() # SIGNAL PROGRAM: of the pipeline
{
	local pids
	pids=$(find_program "$2")
	[ -n "$pids" ] && kill -"$1" $pids 2>/dev/null
}

inject() # FAULT
{
	local lease pids ms
	ms=$((RANDOM % 700 + 100))
	case $1 in
	kill-zk-lease)
		lease=$(holder) && kill -KILL "$lease"
		;;
	kill-guard)
		lease=$(holder) && pids=$(pgrep -P "$lease" zk-lease) && kill -KILL $pids
		;;
	kill-zookeeper)
		zk kill 1
		zk_start 1
		;;
	kill-source) restart src ;;
	kill-target) restart dst ;;
	kill-*) signal KILL "${1#kill-}" ;;
	stop-machine) # for longer than its lease lasts
		lease=$(holder) || return
		pids=$(everything "$lease")
		kill -STOP $pids 2>/dev/null
		wait_for 20 taken_over "$lease"
		kill -CONT $pids 2>/dev/null
		;;
	stop-zookeeper)
		zk pause 1
		sleep "0.$(printf %03d $ms)"
		zk resume 1
		;;
	stop-source | stop-target)
		pids=$(<"$T/${LINES_OF[${1#stop-}]}/server.pid")
		kill -STOP "$pids"
		sleep "0.$(printf %03d $ms)"
		kill -CONT "$pids"
		;;
	stop-*)
		pids=$(find_program "${1#stop-}")
		[ -n "$pids" ] || return
		kill -STOP $pids 2>/dev/null
		sleep "0.$(printf %03d $ms)"
		kill -CONT $pids 2>/dev/null
		;;
	source-cut) say src cut ;;
	target-cut) say dst cut ;;
	source-hold | target-hold)
		say "${LINES_OF[${1%-*}]}" hold
		sleep "0.$(printf %03d $ms)"
		say "${LINES_OF[${1%-*}]}" free
		;;
	source-dead | target-dead) # half-open until it is noticed, and then by the one who waits
		say "${LINES_OF[${1%-*}]}" hold
		sleep "1.$(printf %03d $ms)"
		say "${LINES_OF[${1%-*}]}" cut
		say "${LINES_OF[${1%-*}]}" free
		;;
	source-slow | target-slow)
		say "${LINES_OF[${1%-*}]}" 'slow 20'
		sleep "0.$(printf %03d $ms)"
		say "${LINES_OF[${1%-*}]}" free
		;;
	target-drop) say dst drop ;;
	esac
}

# shellcheck disable=SC2317 # called by wait_for
taken_over() # LEASE
{
	local now
	now=$(for pid in $(find_program pipeline.sh); do parent "$pid"; done | grep -vx "$1")
	[ -n "$now" ]
}

# shellcheck disable=SC2317 # called by wait_for
marked() # N
{
	[ "$(q_may dst "SELECT n FROM f.marker WHERE n = $1" 2>/dev/null)" = "$1" ]
}

# shellcheck disable=SC2317 # called by wait_for
mark() # N
{
	q_may src "INSERT IGNORE INTO f.marker VALUES ($1)" >/dev/null 2>&1
}

# shellcheck disable=SC2317 # called by wait_for
writers_gone()
{
	[ "$(q src "SELECT COUNT(*) FROM information_schema.processlist WHERE db = 'f'")" = 0 ]
}

declare -A LINES_OF=([source]=src [target]=dst)
kinds=(kill-binlog-tap kill-rowfilter kill-rowmap kill-mysql-sink kill-zk-lease kill-guard kill-source kill-target kill-zookeeper
	stop-binlog-tap stop-rowfilter stop-rowmap stop-mysql-sink stop-machine stop-source stop-target stop-zookeeper
	source-cut source-hold source-dead source-slow target-cut target-hold target-dead target-slow target-drop)

for w in 1 2 3 4; do
	writer $w &
	t_own $!
	writers+=($!)
done
for m in 1 2; do
	machine $m 2>/dev/null &
	t_own $!
	machines+=($!)
done
ok 'the pipeline gets on' wait_for 30 mark 0
ok 'and rows arrive' wait_for 60 marked 0 || diag "$(tail -n 20 "$T"/m?.log)"

RANDOM=$seed
lost=0
for ((i = 1; i <= faults; i++)); do
	fault=${kinds[(i - 1) % ${#kinds[@]}]}
	sleep "0.$(printf %03d $((RANDOM % 400)))"
	began=${EPOCHREALTIME/./}
	inject "$fault"
	wait_for 60 mark $i
	if wait_for 60 marked $i; then
		echo "$fault $(((${EPOCHREALTIME/./} - began) / 1000))" >>"$T/times"
	else
		lost=$((lost + 1))
		diag "after $fault ($i) nothing arrives" "$(tail -n 30 "$T"/m?.log "$T/ends")"
		break
	fi
done
is $lost 0 "after each of $faults faults rows arrive again"
diag "$(sort -k 1,1 -k 2n "$T/times" | awk '
	function out() { if (n) printf "%-18s %3d times, recovered after %6d ms, at most %6d\n", was, n, t[int((n + 1) / 2)], t[n]; n = 0 }
	$1 != was { out(); was = $1 } { t[++n] = $2 } END { out() }')"
diag "ends of the command: $(sort "$T/ends" | uniq -c | awk '{ printf "%s%s %s: %s", s, $2, $3, $1; s = ", " }')"
is "$(grep -cE ' (100|101|102)$' "$T/ends")" 0 'no end was one that only a person can mend' || diag "$(grep -h 'error' "$T"/m?.log | tail -n 10)"

rm "$T/go"
ok 'the writers end' wait_for 30 writers_gone
mark $((faults + 1))
# who waits must not begin
for pid in $(find_program zk-lease); do
	[ "$(cat "/proc/$(parent "$pid")/comm" 2>/dev/null)" = zk-lease ] || kill -TERM "$pid"
done
wait "${machines[@]}" 2>/dev/null
pos=$(position dst f)
pipeline_start p -- \
	"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at '$pos' --stop-at now" \
	"rowfilter --include 'f.*'" \
	"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline f"
pipeline_wait p 60
is "$CODES" '0 0 0' 'a last run comes to the end of the log' || pipeline_diag p
same_data src dst 'source and target are equal' f
counts='SELECT w, n, COUNT(*) FROM f.journal GROUP BY w, n ORDER BY w, n'
is "$(q dst "$counts" | md5sum)" "$(q src "$counts" | md5sum)" 'each row without a key is there as often as on the source'
is "$(q dst 'SELECT SUM(n) FROM f.total')" 500 'nothing was there in part'
n=$(q src 'SELECT COUNT(*) FROM f.journal WHERE n > 0')
ok 'the writers were at work all the while' test "$n" -gt $((faults * 20))
diag "$n transactions, $(q src 'SELECT COUNT(*) FROM f.journal') rows without a key"
zk stop
done_testing

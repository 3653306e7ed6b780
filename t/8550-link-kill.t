#!/bin/bash
# A pipeline whose tap is at the other end of a link: each part of it is killed with -9 at random instants under load and started
# again from what the target remembers. No row is lost, none comes twice.
# ROWFERRY_KILLS=N: each part N times (default 2; ROWFERRY_LONG=1: 25). ROWFERRY_SEED repeats a run.
# (one client library will do)
. t/lib.sh
. t/link.sh

kills=${ROWFERRY_KILLS:-${ROWFERRY_LONG:+25}}
kills=${kills:-2}
seed=${ROWFERRY_SEED:-$RANDOM}
diag "each part $kills times, seed $seed"

server_start src
server_start dst
q src 'CREATE DATABASE k; USE k;
	CREATE TABLE acc (id INT PRIMARY KEY, n INT NOT NULL);
	CREATE TABLE log (writer INT, seq INT, what VARCHAR(200));
	INSERT INTO acc SELECT seq, 0 FROM seq_1_to_200'
make_ca our
make_cert our src localhost
make_cert our dst dst.example

writer() # N: transactions, for ever, until the test has ended
{
	awk -v dir="$T" -v w="$1" -v seed="$((seed + $1))" 'BEGIN {
		srand(seed)
		for (n = 1; n % 100 || system("test -d " dir) == 0; n++) {
			k = int(rand() * 200) + 1
			print "BEGIN; UPDATE acc SET n = n + 1 WHERE id = " k "; INSERT INTO log VALUES (" w "," n ",REPEAT(\"x\"," k ")); COMMIT; SELECT SLEEP(0.001);"
			fflush()
		}
	}' 2>/dev/null | mariadb --no-defaults --socket "$SOCK_src" --user root --force k >"$T/writer.$1" 2>&1
}

listen()
{
	link_listen far "tls:localhost:${1:-0}" "$(tls src) --allow dst.example" -- \
		"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at {}"
	at=tls:localhost:${LINK_far##*:}
}

run_pipeline()
{
	pipeline_start p -- \
		"rowlink --connect $at $(tls dst) --compress --start-at '$(position dst kill || echo earliest)'" \
		'rowfilter --include "k.*"' \
		"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline kill"
}

RANDOM=$seed
listen
for w in 1 2; do
	writer $w &
	t_own $!
	writers+=($!)
done

served() # the process that serves the connection
{
	pgrep -P "$(pipeline_pid far 1)" | head -n 1
}

bad=0 moved=0 last=
for ((round = 0; round < kills; round++)); do
	for victim in connector server listener command sink; do
		run_pipeline
		sleep "0.$((RANDOM % 600 + 100))" # a random instant: connecting, catching up, streaming
		case $victim in
		connector) pid=$(pipeline_pid p 1) ;;
		server) pid=$(served) ;;
		listener) pid=$(pipeline_pid far 1) ;;
		command) pid=$(pgrep -P "$(served)" 2>/dev/null) ;;
		sink) pid=$(pipeline_pid p 3) ;;
		esac
		[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
		[ -n "$pid" ] || pipeline_kill p sink KILL # it had not come so far
		pipeline_wait p 20 || bad=$((bad + 1))
		if grep -qvE '^(0|1|111|137)$' <(tr ' ' '\n' <<<"$CODES"); then
			bad=$((bad + 1))
			diag "killed $victim: exit codes $CODES"
			pipeline_diag p
		fi
		if [ $victim = listener ]; then
			pipeline_wait far
			listen "${at##*:}"
		fi
		pos=$(position dst kill)
		[ "$pos" = "$last" ] || moved=$((moved + 1))
		last=$pos
	done
done
is $bad 0 "$((kills * 5)) kills: every chain ended by itself, with codes that say start again"
ok "the pipeline got on between the kills: in $moved of $((kills * 5))" test $moved -ge "$kills"
ok 'what served them has ended' wait_for 20 link_serves far 0

for w in "${writers[@]}"; do
	pkill -P "$w" 2>/dev/null
	kill "$w" 2>/dev/null
done
wait "${writers[@]}" 2>/dev/null
# shellcheck disable=SC2317 # called by wait_for
writers_gone()
{
	[ "$(q src "SELECT COUNT(*) FROM information_schema.processlist WHERE db = 'k'")" = 0 ]
}
wait_for 20 writers_gone
run_pipeline
ok 'the last run comes to the end of the log' wait_caught_up src dst kill 60 || pipeline_diag p
pipeline_stop p
is "$CODES" '0 0 0' 'and ends as a pipeline of one host does'
same_data src dst 'source and target are equal' k
diag "rows: $(q dst 'SELECT COUNT(*) FROM k.log')"

# ---- what the tap says is heard at the other site
# shellcheck disable=SC2046 # options without spaces
{
	exits 100 'a position that is not there' rowlink --connect "$at" $(tls dst) --start-at bin.000999:4
	like "$(err)" 'the command at tls:localhost:[0-9]+ ended with 100: binlog-tap: error: ' 'the code of the tap, and what it said'
	server_kill src
	exits 111 'a source that is not there' timeout 60 rowlink --connect "$at" $(tls dst) --start-at earliest
	like "$(err)" 'ended with 111: binlog-tap: error: could not connect' 'is told too'
}
done_testing

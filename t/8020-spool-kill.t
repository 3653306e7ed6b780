#!/bin/bash
# A spool's writer, its readers and what is around them are killed with -9 at random instants under load, and started again from
# where the spool and the target are: no row is lost, none comes twice, and the spool stays whole. Torn and damaged tails likewise.
# ROWFERRY_KILLS=N: each program N times (default 4; ROWFERRY_LONG=1: 50). ROWFERRY_SEED repeats a run.
# (one client library will do)
. t/lib.sh

kills=${ROWFERRY_KILLS:-${ROWFERRY_LONG:+50}}
kills=${kills:-4}
seed=${ROWFERRY_SEED:-$RANDOM}
diag "each program $kills times, seed $seed"
RANDOM=$seed

server_start src --binlog-row-metadata=FULL
server_start dst
q src 'CREATE DATABASE k; USE k; CREATE TABLE acc (id INT PRIMARY KEY, n INT NOT NULL); CREATE TABLE log (writer INT, seq INT, what VARCHAR(200));
	INSERT INTO acc SELECT seq, 0 FROM seq_1_to_100'
writer() # NUMBER: transactions for ever, now and then a large one
{
	awk -v dir="$T" -v w="$1" -v seed="$((seed + $1))" 'BEGIN {
		srand(seed)
		for (n = 1; n % 50 || system("test -e " dir "/go") == 0; n++) {
			s = "BEGIN;"
			for (i = int(rand() * 5); i >= 0; i--)
				s = s (rand() < .5 ? "UPDATE acc SET n = n + 1 WHERE id = " int(rand() * 100) + 1 ";" : "INSERT INTO log VALUES (" w "," n ",REPEAT(\"x\"," int(rand() * 200) "));")
			if (n % 150 == 0) s = s "INSERT INTO log SELECT " w "," n ",REPEAT(\"y\",150) FROM seq_1_to_5000;"
			print s (rand() < .05 ? "ROLLBACK;" : "COMMIT;") "SELECT SLEEP(0.004);"
			if (n % 300 == 0) print "ALTER TABLE log COMMENT = \"" w "-" n "\";"
			fflush()
		}
	}' 2>/dev/null | mariadb --no-defaults --socket "$SOCK_src" --user root --force k >"$T/writer.$1" 2>&1
}
start_in()
{
	local at
	at=$(rowspool write "$T/sp" --print-position 2>"$T/pos.err") || at=earliest
	pipeline_start in -- "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at '$at'" \
		"rowspool write $T/sp --segment-size 300K --fsync ${fsync:-trx}"
}
start_out()
{
	local at
	at=$(position dst kill) || at=earliest
	pipeline_start out -- "rowspool read $T/sp --start-at '$at' ${1---follow}" "mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline kill"
}

mkdir "$T/sp"
: >"$T/go"
for w in 1 2 3; do
	writer $w &
	writers+=($!)
	t_own $!
done
start_in
start_out
bad=0
for ((round = 0; round < kills; round++)); do
	for victim in in:1 in:2 out:1 out:2; do
		case $((RANDOM % 3)) in 0) fsync=trx ;; 1) fsync=0.1 ;; *) fsync=off ;; esac
		# a random instant, of starting and of streaming
		sleep "0.$(printf %03d $((RANDOM % 700)))"
		p=${victim%:*} i=${victim#*:}
		if [ "$victim" = in:2 ] && [ $((RANDOM % 2)) = 0 ]; then
			# in the midst of a transaction, for sure: what it wrote last is torn
			pipeline_kill in 2 STOP
		fi
		pipeline_kill "$p" "$i" KILL
		pipeline_wait "$p" 20 || bad=$((bad + 1))
		read -ra codes <<<"$CODES"
		if [ "${codes[i - 1]}" != 137 ] || grep -qvE '^(0|1|111|137)$' <(printf '%s\n' "${codes[@]}"); then
			bad=$((bad + 1))
			diag "killed $victim: exit codes $CODES"
			pipeline_diag "$p"
		fi
		if [ "$victim" = in:2 ]; then
			last=$(find "$T/sp" -name '*.rows' | sort | tail -n 1)
			case $((RANDOM % 3)) in
			0) head -c $((RANDOM % 3000)) /dev/urandom >>"$last" ;;       # garbage behind the end
			1) printf '\311\0\1\0\0\4' >>"$last" ;;                       # a frame that was only begun
			esac
			pipeline_running out || bad=$((bad + 1))
		fi
		"start_$p"
		[ "$victim" != in:2 ] || { wait_for 20 test -s "$T/sp/end" && rowspool list "$T/sp" >/dev/null || bad=$((bad + 1)); }
	done
done
is $bad 0 "$((kills * 4)) kills: the chains end by themselves, with codes that say start again; readers do not notice that of a writer"

rm "$T/go"
wait "${writers[@]}"
ok 'the target comes to the end of the log' wait_caught_up src dst kill 60 || { pipeline_diag in; pipeline_diag out; }
pipeline_stop in
is "$CODES" '0 0' 'the writing end stops' || pipeline_diag in
pipeline_stop out
is "$CODES" '0 0' 'the reading end stops' || pipeline_diag out
exits 0 'the spool is whole' rowspool verify "$T/sp"
diag "$(out)"
same_data src dst 'source and target are equal' k
is "$(q dst 'SELECT COUNT(*), SUM(LENGTH(what)) FROM k.log')" "$(q src 'SELECT COUNT(*), SUM(LENGTH(what)) FROM k.log')" 'a table without a key has each row once'
is "$(q dst 'SELECT SUM(n) FROM k.acc')" "$(q src 'SELECT SUM(n) FROM k.acc')" 'each update was done once'

# the whole spool at once, into an empty server's table, is the same once more
q dst 'DROP DATABASE k; DROP DATABASE rowferry'
start_out ''
pipeline_wait out 120
is "$CODES" '0 0' 'the spool from its beginning' || pipeline_diag out
same_data src dst 'makes the same once more' k
done_testing

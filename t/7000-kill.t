#!/bin/bash
# Each program of the pipeline is killed with -9 at random instants under load, and started again from what the
# target remembers: no row is lost, none comes twice, tables without a key included.
# ROWFERRY_KILLS=N: each program N times (default 5; ROWFERRY_LONG=1: 50). ROWFERRY_SEED repeats a run.
. t/lib.sh

kills=${ROWFERRY_KILLS:-${ROWFERRY_LONG:+50}}
kills=${kills:-5}
seed=${ROWFERRY_SEED:-$RANDOM}
diag "each program $kills times, seed $seed"

server_start src
server_start dst
q src 'CREATE DATABASE k; USE k;
	CREATE TABLE acc (id INT PRIMARY KEY, n INT NOT NULL, note VARCHAR(60), UNIQUE (note));
	CREATE TABLE log (writer INT, seq INT, what VARCHAR(200));
	CREATE TABLE twins (a INT, b VARCHAR(10));
	CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, acc INT NOT NULL, v DECIMAL(10,2), FOREIGN KEY (acc) REFERENCES acc (id) ON DELETE CASCADE);
	INSERT INTO acc SELECT seq, 0, CONCAT("n", seq) FROM seq_1_to_200'
start=earliest

# One writer: transactions of one to ten statements, for ever, about 300 a second.
writer()
{
	awk -v dir="$T" -v w="$1" -v seed="$((seed + $1))" 'BEGIN {
		srand(seed)
		# it ends with the test, however that ends
		for (n = 1; n % 100 || system("test -d " dir) == 0; n++) {
			s = "BEGIN;"
			for (i = int(rand() * 8); i >= 0; i--) {
				k = int(rand() * 200) + 1; r = rand()
				if (r < .25) s = s "UPDATE acc SET n = n + 1 WHERE id = " k ";"
				else if (r < .45) s = s "INSERT INTO log VALUES (" w "," n ",REPEAT(CHAR(97+" k "%26)," k "));"
				else if (r < .60) s = s "INSERT INTO twins VALUES (" k % 5 ",\"same\"),(" k % 5 ",\"same\");"
				else if (r < .70) s = s "DELETE FROM twins WHERE a = " k % 5 " LIMIT 2;"
				else if (r < .75) s = s "UPDATE twins SET b = \"x" k % 3 "\" WHERE a = " k % 5 " LIMIT 3;"
				else if (r < .85) s = s "INSERT INTO child (acc, v) SELECT id, " k ".25 FROM acc WHERE id = " k ";"
				else if (r < .90) s = s "DELETE FROM acc WHERE id = " k ";"
				else if (r < .97) s = s "INSERT IGNORE INTO acc VALUES (" k "," n ",\"n" k "\");"
				else s = s "UPDATE acc SET note = CONCAT(\"m\", id, \"-" n "\") WHERE id = " k ";"
			}
			s = s (rand() < .05 ? "ROLLBACK;" : "COMMIT;")
			if (n % 400 == 0) s = s "ALTER TABLE log COMMENT = \"" w "-" n "\";"
			print s "SELECT SLEEP(0.003);"
			fflush()
		}
	}' 2>/dev/null | mariadb --no-defaults --socket "$SOCK_src" --user root --force k >"$T/writer.$1" 2>&1
}

run_pipeline() # [tap option...]
{
	local pos
	pos=$(position dst kill) || pos=$start
	pipeline_start p -- \
		"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at '$pos' $*" \
		'rowfilter --include "k.*"' \
		'rowmap' \
		"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline kill"
}

for w in 1 2 3 4; do
	writer $w &
	t_own $!
	writers+=($!)
done

RANDOM=$seed
bad=0 moved=0 longest=0 window=700 last=
for ((round = 0; round < kills; round++)); do
	for victim in binlog-tap rowfilter rowmap mysql-sink; do
		run_pipeline
		# a random instant of the first 0.7 seconds (more where that is not enough): connecting, catching up, streaming
		instant=$((RANDOM % window))
		sleep "$((instant / 1000)).$(printf %03d $((instant % 1000)))"
		pipeline_kill p $victim KILL 2>/dev/null
		t0=${EPOCHREALTIME/./}
		pipeline_wait p 20 || bad=$((bad + 1))
		t1=$((${EPOCHREALTIME/./} - t0))
		[ $t1 -le $longest ] || longest=$t1
		i=$(t_index p $victim)
		read -ra codes <<<"$CODES"
		if [ "${codes[i - 1]}" != 137 ] || grep -qvE '^(0|1|111|137)$' <(printf '%s\n' "${codes[@]}"); then
			bad=$((bad + 1))
			diag "killed $victim: exit codes $CODES"
			pipeline_diag p
		fi
		pos=$(position dst kill)
		if [ "$pos" = "$last" ]; then
			window=$((window < 5000 ? window * 3 / 2 : window))
		else
			moved=$((moved + 1))
		fi
		last=$pos
	done
done
is $bad 0 "$((kills * 4)) kills: every chain ended by itself, with codes that say start again"
diag "the longest time from a kill to the chain's end: $((longest / 1000)) ms; the checkpoint moved in $moved of $((kills * 4)) runs"
ok 'the pipeline got on between the kills' test $moved -gt "$kills"

for w in "${writers[@]}"; do
	pkill -P "$w" 2>/dev/null
	kill "$w" 2>/dev/null
done
wait "${writers[@]}" 2>/dev/null
# what is open on the server is finished or undone before its log is final
# shellcheck disable=SC2317 # called by wait_for
writers_gone()
{
	[ "$(q src "SELECT COUNT(*) FROM information_schema.processlist WHERE db = 'k'")" = 0 ]
}
wait_for 20 writers_gone
run_pipeline --stop-at now
pipeline_wait p 120
is "$CODES" '0 0 0 0' 'the last run comes to the end of the log' || pipeline_diag p
same_data src dst 'source and target are equal' k
is "$(q dst 'SELECT COUNT(*), COUNT(DISTINCT writer, seq, what) FROM k.log')" "$(q src 'SELECT COUNT(*), COUNT(DISTINCT writer, seq, what) FROM k.log')" 'a table without a key has each row once'
is "$(q dst 'SELECT a, b, COUNT(*) FROM k.twins GROUP BY a, b ORDER BY a, b')" "$(q src 'SELECT a, b, COUNT(*) FROM k.twins GROUP BY a, b ORDER BY a, b')" 'rows that are twins are as many as on the source'
diag "rows at the end: $(q src 'SELECT (SELECT COUNT(*) FROM k.log), (SELECT COUNT(*) FROM k.twins), (SELECT COUNT(*) FROM k.acc), (SELECT COUNT(*) FROM k.child)')"
diag "transactions on the source: $(q src 'SELECT @@gtid_binlog_pos')"
done_testing

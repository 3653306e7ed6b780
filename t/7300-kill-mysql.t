#!/bin/bash
# From MySQL 9.7 to MySQL 9.7: each program, and each of the two servers, is killed with -9 at random instants under
# load: rows, tables that are made with their rows, definitions that change, XA, what foreign keys change. Nothing is lost,
# nothing comes twice, tables without a key included.
# ROWFERRY_KILLS=N: each program N times (default 2; ROWFERRY_LONG=1: 40). ROWFERRY_SEED repeats a run.
. t/lib.sh
need_server mysql-9.7

kills=${ROWFERRY_KILLS:-${ROWFERRY_LONG:+40}}
kills=${kills:-2}
seed=${ROWFERRY_SEED:-$RANDOM}
diag "each program $kills times, seed $seed"

server_start src @mysql-9.7 --gtid-mode=ON --enforce-gtid-consistency --sync-binlog=1 --innodb-flush-log-at-trx-commit=1 --binlog-row-metadata=FULL
server_start dst @mysql-9.7
q src 'CREATE DATABASE k; USE k;
	CREATE TABLE acc (id INT PRIMARY KEY, n INT NOT NULL, note VARCHAR(60), UNIQUE KEY (note), KEY ((n + 1)));
	CREATE TABLE log (writer INT, seq INT, what VARCHAR(200), KEY e ((seq * 2)));
	CREATE TABLE twins (a INT, b VARCHAR(10), c INT INVISIBLE DEFAULT 1);
	CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, acc INT, v DECIMAL(10,2), FOREIGN KEY (acc) REFERENCES acc (id) ON DELETE CASCADE ON UPDATE CASCADE);
	CREATE TABLE grand (id INT AUTO_INCREMENT PRIMARY KEY, child INT, FOREIGN KEY (child) REFERENCES child (id) ON DELETE SET NULL);
	INSERT INTO acc WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 200) SELECT n, 0, CONCAT("n", n) FROM s'

# One writer: transactions of one to six statements, for ever; a session that is lost is opened again.
statements()
{
	awk -v dir="$T" -v w="$1" -v seed="$((seed + $1))" 'BEGIN {
		srand(seed)
		# it ends with the test, however that ends
		for (n = 1; n % 50 || system("test -e " dir "/go") == 0; n++) {
			xa = rand() < .1
			if (n % 5 == 0) print "SET binlog_transaction_compression = " (rand() < .5 ? "ON;" : "OFF;")
			s = xa ? "XA START \"" w "-" n "\";" : "BEGIN;"
			for (i = int(rand() * 6); i >= 0; i--) {
				k = int(rand() * 200) + 1; r = rand()
				if (r < .25) s = s "UPDATE acc SET n = n + 1 WHERE id = " k ";"
				else if (r < .40) s = s "INSERT INTO log VALUES (" w "," n ",REPEAT(CHAR(97+" k "%26)," k "));"
				else if (r < .55) s = s "INSERT INTO twins VALUES (" k % 5 ",\"same\"),(" k % 5 ",\"same\");"
				else if (r < .60) s = s "DELETE FROM twins WHERE a = " k % 5 " LIMIT 2;"
				else if (r < .65) s = s "UPDATE twins SET b = \"x" k % 3 "\" WHERE a = " k % 5 " LIMIT 3;"
				else if (r < .75) s = s "INSERT INTO child (acc, v) SELECT id, " k ".25 FROM acc WHERE id = " k "; INSERT INTO grand (child) SELECT MAX(id) FROM child;"
				else if (r < .85) s = s "DELETE FROM acc WHERE id BETWEEN " k " AND " k + 2 ";"
				else if (r < .95) s = s "INSERT IGNORE INTO acc VALUES (" k "," n ",\"n" k "\");"
				else s = s "UPDATE IGNORE acc SET id = id + 1000 WHERE id = " k ";"
			}
			if (xa) s = s "XA END \"" w "-" n "\"; XA PREPARE \"" w "-" n "\"; XA " (rand() < .7 ? "COMMIT" : "ROLLBACK") " \"" w "-" n "\";"
			else s = s (rand() < .05 ? "ROLLBACK;" : "COMMIT;")
			if (n % 40 == 0) s = s "CREATE TABLE c" w "_" n " AS SELECT id, n FROM acc WHERE id < 50; ALTER TABLE c" w "_" n " ADD INDEX (n); DROP TABLE IF EXISTS c" w "_" n - 120 ";"
			if (n % 70 == 0) s = s "ALTER TABLE log ADD COLUMN x" w " INT DEFAULT " n ", ALGORITHM=INSTANT; ALTER TABLE log DROP COLUMN x" w ", ALGORITHM=INSTANT;"
			print s "DO SLEEP(0.01);"
			fflush()
		}
	}' </dev/null
}
writer()
{
	statements "$1" | while read -r line; do
		[ -e "$T/go" ] || break
		echo "$line"
	done | while [ -e "$T/go" ]; do
		mariadb --no-defaults --socket "$SOCK_src" --user root --force --reconnect k
		sleep 0.1
	done >"$T/writer.$1" 2>&1
}

run_pipeline() # [tap option...]
{
	local pos
	pos=$(position dst kill) || pos=earliest
	pipeline_start p -- \
		"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at '$pos' $*" \
		'rowfilter --include "k.*"' \
		"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline kill"
}

: >"$T/go"
writers=()
for w in 1 2 3; do
	writer $w &
	t_own $!
	writers+=($!)
done

RANDOM=$seed
bad=0 moved=0 turn=0 last=
# shellcheck disable=SC2317 # called by wait_for
moved_on()
{
	[ "$(position dst kill)" != "$last" ]
}
try() # WHO COMMAND...: the pipeline runs, the command kills at a random instant
{
	local who=$1 codes i=0
	shift
	run_pipeline
	# at any instant from the start on, or after it has got on
	! ((turn++ % 2)) || wait_for 10 moved_on
	sleep "0.$(printf %03d $((RANDOM % 900)))"
	"$@"
	pipeline_wait p 40 || bad=$((bad + 1))
	read -ra codes <<<"$CODES"
	[ "$who" = server ] || i=$(t_index p "$who")
	if { [ "$i" != 0 ] && [ "${codes[i - 1]}" != 137 ]; } || grep -qvE '^(0|1|111|137)$' <(printf '%s\n' "${codes[@]}"); then
		bad=$((bad + 1))
		diag "killed $who: exit codes $CODES"
		pipeline_diag p
	fi
	! moved_on || moved=$((moved + 1))
	last=$(position dst kill)
}
# shellcheck disable=SC2317 # called by try
kill_server()
{
	server_kill "$1"
	# they come back while the programs still try, or later; these end by themselves or are asked to
	server_start "$1"
	pipeline_stop p 40 || bad=$((bad + 1))
}
for ((round = 0; round < kills; round++)); do
	for victim in binlog-tap rowfilter mysql-sink mysql-sink; do
		try $victim pipeline_kill p $victim KILL 2>/dev/null
	done
	try server kill_server dst
	[ $((round % 3)) != 0 ] || try server kill_server src
done
is $bad 0 "$((kills * 4)) kills of programs, $((kills + (kills + 2) / 3)) of servers: every chain ended with codes that say start again"
ok 'the pipeline got on between the kills' test $moved -gt "$kills"
diag "the checkpoint moved in $moved runs"

rm "$T/go"
# shellcheck disable=SC2317 # called by wait_for
writers_gone()
{
	[ "$(q src "SELECT COUNT(*) FROM information_schema.processlist WHERE db = 'k'")" = 0 ]
}
wait_for 10 writers_gone || for w in "${writers[@]}"; do pkill -P "$w" 2>/dev/null; done
wait_for 20 writers_gone
# what a killed server left prepared is decided
q src 'XA RECOVER' | while read -r _ n _ name; do q src "XA ROLLBACK '${name:0:n}'" </dev/null; done
run_pipeline --stop-at now
pipeline_wait p 120
is "$CODES" '0 0 0' 'the last run comes to the end of the log' || pipeline_diag p
same_data src dst 'source and target are equal' k
for table in 'writer, seq, what FROM k.log' 'a, b, c FROM k.twins'; do
	counts="SELECT ${table% FROM*}, COUNT(*) FROM ${table#* FROM } GROUP BY ${table% FROM*} ORDER BY ${table% FROM*}"
	is "$(q dst "$counts" | md5sum)" "$(q src "$counts" | md5sum)" "each row is there as often as on the source: ${table#* FROM }"
done
is "$(q dst 'SELECT COUNT(*) FROM rowferry.prepared' 2>&1 | tail -n 1)" 0 'no XA transaction is left'
isnt "$(q src "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'k' AND table_name LIKE 'c%\_%'")" 0 'tables that were made with their rows are among them'
diag "on the source: $(q src 'SELECT (SELECT COUNT(*) FROM k.log), (SELECT COUNT(*) FROM k.twins), (SELECT COUNT(*) FROM k.child), (SELECT COUNT(*) FROM k.grand), @@gtid_executed')"
done_testing

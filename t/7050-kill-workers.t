#!/bin/bash
# A sink with four workers is killed with -9 at random instants under load, and its server too: whatever was under way on
# whichever connection, each source transaction is on the target once, with both orders of commits.
# ROWFERRY_KILLS=N: the sink N times an order (default 4; ROWFERRY_LONG=1: 100), the server a sixth of that. ROWFERRY_SEED
# repeats a run.
# (one client library will do)
. t/lib.sh

kills=${ROWFERRY_KILLS:-${ROWFERRY_LONG:+100}}
kills=${kills:-4}
seed=${ROWFERRY_SEED:-$RANDOM}
diag "the sink $kills times, seed $seed"

# each writer has tables of its own, too: what they do need not wait for one another
schema()
{
	local w
	echo "CREATE DATABASE $1; USE $1;
		CREATE TABLE journal (writer INT, seq INT, what VARCHAR(100));
		CREATE TABLE acc (id INT PRIMARY KEY, n INT NOT NULL, note VARCHAR(60), UNIQUE (note));
		CREATE TABLE twins (a INT, b VARCHAR(10));
		CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, acc INT NOT NULL, v DECIMAL(10,2), FOREIGN KEY (acc) REFERENCES acc (id) ON DELETE CASCADE);
		CREATE TABLE total (id INT PRIMARY KEY, n INT NOT NULL);"
	for w in 1 2 3 4; do
		echo "CREATE TABLE own$w (id INT PRIMARY KEY, n INT, s VARCHAR(200), u INT, UNIQUE (u));
			CREATE TABLE steps$w (seq INT PRIMARY KEY, what VARCHAR(100));
			CREATE TABLE p$w (id INT PRIMARY KEY, n INT);
			CREATE TABLE c$w (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p$w (id));"
	done
	awk 'BEGIN { for (i = 1; i <= 200; i++) print "INSERT INTO acc VALUES (" i ",0,\"n" i "\"); INSERT INTO total VALUES (" i ",10);" }' </dev/null
}

# One writer: transactions of one to ten statements, for ever. Each has its number in steps, and some in journal, which has
# no key: what comes twice is there twice.
writer()
{
	awk -v dir="$T" -v w="$1" -v seed="$((seed + $1))" 'BEGIN {
		srand(seed)
		# it ends with the test, however that ends
		for (n = 1; n % 50 || system("test -e " dir "/go") == 0; n++) {
			# when the server has undone it all for a deadlock, what comes behind that must not keep a part
			there = " AND EXISTS (SELECT 1 FROM steps" w " WHERE seq = " n ")"
			s = "BEGIN; INSERT INTO steps" w " VALUES (" n ",\"x\");"
			for (i = int(rand() * 8); i >= 0; i--) {
				k = int(rand() * 200) + 1; r = rand()
				if (r < .25) s = s "INSERT INTO own" w " VALUES (" k "," n ",REPEAT(CHAR(97+" k "%26)," k ")," 200 - k ") ON DUPLICATE KEY UPDATE n = " n ";"
				else if (r < .35) s = s "UPDATE own" w " SET n = n + 1 WHERE id BETWEEN " k " AND " k + 5 ";"
				else if (r < .40) s = s "UPDATE own" w " SET u = -1 WHERE u = " k "; UPDATE own" w " SET u = " k " WHERE u = " 201 - k "; UPDATE own" w " SET u = " 201 - k " WHERE u = -1;"
				else if (r < .45) s = s "DELETE FROM own" w " WHERE id = " k ";"
				else if (r < .55) s = s "INSERT IGNORE INTO p" w " VALUES (" k % 50 "," n "); INSERT IGNORE INTO c" w " VALUES (" k "," k % 50 ");"
				else if (r < .60) s = s "DELETE FROM c" w " WHERE p = " k % 50 "; DELETE FROM p" w " WHERE id = " k % 50 ";"
				else if (r < .70) s = s "UPDATE acc SET n = n + 1 WHERE id = " k ";"
				else if (r < .75) s = s "INSERT INTO twins VALUES (" k % 5 ",\"same\"),(" k % 5 ",\"same\");"
				else if (r < .78) s = s "DELETE FROM twins WHERE a = " k % 5 " LIMIT 2;"
				else if (r < .80) s = s "INSERT INTO child (acc, v) SELECT id, " k ".25 FROM acc WHERE id = " k ";"
				else if (r < .82) s = s "DELETE FROM acc WHERE id = " k ";"
				else if (r < .85) s = s "INSERT IGNORE INTO acc VALUES (" k "," n ",\"n" k "\");"
				else s = s "UPDATE total SET n = n - 1 WHERE id = " k there "; UPDATE total SET n = n + 1 WHERE id = " (k * 7) % 200 + 1 there ";"
			}
			if (n % 8 == 0) s = s "INSERT INTO journal VALUES (" w "," n ",\"once\");"
			s = s (rand() < .05 ? "ROLLBACK;" : "COMMIT;")
			if (n % 600 == 0) s = s "ALTER TABLE own" w " COMMENT = \"" n "\";"
			print s "DO SLEEP(0.008);"
			fflush()
		}
	}' </dev/null 2>/dev/null | mariadb --no-defaults --socket "$SOCK_src" --user root --force "$2" >"$T/writer.$1" 2>&1
}

run_pipeline() # [tap option...]
{
	pipeline_start p -- \
		"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at '$pos' $*" \
		"rowfilter --include '$db.*'" \
		"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline $db -v --workers 4 --batch-bytes 1K --commit-order $order"
}

# shellcheck disable=SC2317 # called by wait_for
moved_on()
{
	[ "$(position dst "$db")" != "$last" ]
}

# shellcheck disable=SC2317 # called by wait_for
writers_gone()
{
	[ "$(q src "SELECT COUNT(*) FROM information_schema.processlist WHERE db = '$db'")" = 0 ]
}

try() # WHO
{
	local codes i there
	# a chain that has something to do; without a position yet it begins at the beginning
	pos=$(position dst "$db") || pos=$start
	run_pipeline
	# at any instant from the start on, or after it has got on
	! ((turn++ % 2)) || wait_for 10 moved_on
	sleep "0.$(printf %03d $((RANDOM % 700)))"
	if [ "$1" = server ]; then
		server_kill dst
		server_start dst
		pipeline_stop p 40 || bad=$((bad + 1))
	else
		pipeline_kill p "$1" KILL 2>/dev/null
		pipeline_wait p 40 || bad=$((bad + 1))
	fi
	read -ra codes <<<"$CODES"
	if { [ "$1" != server ] && [ "${codes[2]}" != 137 ]; } || grep -qvE '^(0|1|111|137)$' <(printf '%s\n' "${codes[@]}"); then
		bad=$((bad + 1))
		diag "killed $1: started at $pos, exit codes $CODES"
		pipeline_diag p
	fi
	if [ "$1" = server ]; then
		i=$(grep -oE '[0-9]+ attempts were repeated' "$T/p.3.err" | cut -d ' ' -f 1)
		repeats=$((repeats + ${i:-0}))
	fi
	# nobody has seen a transaction in part
	i=$(q dst "SELECT COALESCE(SUM(n), 0) FROM $db.total")
	[ "$i" = 2000 ] || { torn=$((torn + 1)); diag "after $1 was killed, turn $turn: the sum is $i"; }
	# what --print-position says is where the next chain starts
	! moved_on || moved=$((moved + 1))
	last=$(position dst "$db")
	local like_a_position='^(gtid:[0-9a-f:,-]+|[^:]+:[0-9]+)$'
	[[ $last =~ $like_a_position ]] || bad_positions+="'$last' "
	if [ "$order" = source ]; then
		# as on the source, each writer's transactions are there without a gap up to the last
		for i in 1 2 3 4; do
			there=$(q dst "SELECT COUNT(*), MAX(seq) FROM $db.steps$i")
			[ "$there" = "$(q src "SELECT COUNT(*), MAX(seq) FROM $db.steps$i WHERE seq <= ${there#*$'\t'}")" ] || gaps=$((gaps + 1))
		done
	else
		ahead=$((ahead + $(q_may dst "SELECT COUNT(*) FROM rowferry.ahead" 2>/dev/null || echo 0)))
	fi
}

kinds_with_mysql
RANDOM=$seed
for kind in ${ROWFERRY_KIND:-"${kinds[@]}"}; do
	durable='--sync-binlog=1 --innodb-flush-log-at-trx-commit=1'
	servers_start "src @$kind --binlog-row-metadata=FULL" "dst @$kind $durable"
	for order in source any; do
		db=k_$order
		start=$(end_of_log src | head -n 2 | paste -sd :)
		schema "$db" >"$T/schema.sql"
		q_file src "$T/schema.sql"
		: >"$T/go"
		writers=()
		for w in 1 2 3 4; do
			writer $w "$db" &
			t_own $!
			writers+=($!)
		done
		bad=0 moved=0 turn=0 last='' torn=0 gaps=0 ahead=0 repeats=0 bad_positions=
		# the tables first: what is looked at is there
		pos=$start
		run_pipeline
		ok "$kind $order: the chain gets on" wait_for 30 moved_on || pipeline_diag p
		pipeline_stop p 40
		for ((round = 1; round <= kills; round++)); do
			try mysql-sink
			[ $((round % 6)) != 3 ] || try server
		done
		is $bad 0 "$kind $order: $kills kills of the sink, $(((kills + 3) / 6)) of the server: every chain ended with codes that say start again"
		is "$torn, $gaps" '0, 0' "$kind $order: no transaction was there in part, or before one that it had to follow"
		is "$bad_positions" '' "$kind $order: each time a position is known"
		ok "$kind $order: the chain got on between the kills" test $moved -gt $((kills / 2))
		is "$(q src "SELECT SUM(n) FROM $db.total")" 2000 "$kind $order: nor was one on the source"
		diag "$kind $order: the position moved in $moved runs; $ahead batches were committed ahead of it, $repeats attempts were repeated"
		rm "$T/go"
		wait_for 10 writers_gone || for w in "${writers[@]}"; do pkill -P "$w" 2>/dev/null; done
		wait_for 20 writers_gone || fail "$kind $order: the writers end"
		pos=$(position dst "$db")
		run_pipeline --stop-at now
		pipeline_wait p 120
		is "$CODES" '0 0 0' "$kind $order: the last run comes to the end of the log" || pipeline_diag p
		same_data src dst "$kind $order: source and target are equal" "$db"
		for table in journal twins; do
			columns=$([ $table = journal ] && echo 'writer, seq' || echo 'a, b')
			counts="SELECT $columns, COUNT(*) FROM $db.$table GROUP BY $columns ORDER BY $columns"
			is "$(q dst "$counts" | md5sum)" "$(q src "$counts" | md5sum)" "$kind $order: each row without a key is there as often as on the source: $table"
		done
		is "$(q dst "SELECT COUNT(*) FROM $db.journal")" "$(q src "SELECT COUNT(DISTINCT writer, seq) FROM $db.journal")" "$kind $order: each transaction once"
		isnt "$(q src "SELECT COUNT(*) FROM $db.journal")" 0 "$kind $order: there were some"
		diag "$kind $order: $(q src "SELECT CONCAT((SELECT COUNT(*) FROM $db.steps1) + (SELECT COUNT(*) FROM $db.steps2) + (SELECT COUNT(*) FROM $db.steps3) + (SELECT COUNT(*) FROM $db.steps4), ' transactions')"); $(grep -oE '[0-9]+ (rows of|batches were|attempts were) .*' "$T/p.3.err" | tr '\n' ';')"
	done
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
done_testing

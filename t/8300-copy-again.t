#!/bin/bash
# Tables of a running pipeline are written once more while the same rows are updated: what was wrong on the target
# is right again, and whoever reads the target never sees an older value than before.
. t/lib.sh

rows=${ROWFERRY_LONG:+50000}
rows=${rows:-3000}
kinds_with_mysql

source="--no-defaults --socket \$SOCK_src --user root"
sink="mysql-sink --no-defaults --socket \$SOCK_dst --user root --pipeline again"

start()
{
	pipeline_start p -- "binlog-tap $source --start-at ${at:-$(position dst again)}" \
		"rowcopy $source --live --refresh --include shop.t --memory 1M" "$sink"
}

# a version of each row, which only grows; of a few rows all the time
writer()
{
	while [ ! -e "$T/stop" ]; do
		i=$((RANDOM % rows))
		echo "UPDATE shop.t SET version = version + 1 WHERE id BETWEEN $i AND $((i + 20));
			UPDATE shop.t SET version = version + 1 WHERE id <= 5; UPDATE shop.t SET name = 'n$i' WHERE id = $i;"
		sleep 0.002 # a load, not a race
	done | mariadb --no-defaults --socket="$SOCK_src" --user=root
}

# reads all versions over and over, and prints each that went back
watcher()
{
	while [ ! -e "$T/stop" ]; do
		echo 'SELECT id, version FROM shop.t; SELECT -1, 0;'
		sleep 0.01 # between two looks
	done | mariadb --no-defaults --socket="$SOCK_dst" --user=root -N -B -n |
		awk '$1 == -1 { looks++; next } $2 < seen[$1] { print "row " $1 ": " seen[$1] " and then " $2 } { seen[$1] = $2 }
			END { print "looks " looks > "/dev/stderr" }' >"$T/older" 2>"$T/looks"
}

# the stream is behind the source all the time, so that a snapshot is of a place that is still to come
hold_up()
{
	local pid
	pid=$(pipeline_pid p binlog-tap)
	while [ ! -e "$T/stop" ] && kill -STOP "$pid"; do
		sleep 0.1
		kill -CONT "$pid"
		sleep 0.02
	done
}

has_written()
{
	[ "$(q src 'SELECT MAX(version) FROM shop.t')" -gt 100 ]
}

over()
{
	[ "$(q_may dst "SELECT COUNT(*) FROM rowferry.copy WHERE pipeline = 'again' AND state REGEXP '^[0-9a-f]+[.][0-9]+$'" 2>/dev/null)" = 1 ]
}

for kind in "${kinds[@]}"; do
	if [ "$kind" = mariadb ]; then
		servers_start "src --binlog-row-metadata=FULL" dst
	else
		servers_start "src @$kind --binlog-row-metadata=FULL" "dst @$kind"
	fi
	pipeline_start p -- "binlog-tap $source --start-at earliest" "$sink"
	q src "CREATE DATABASE shop; USE shop; CREATE TABLE t (id INT PRIMARY KEY, version INT NOT NULL DEFAULT 0, name VARCHAR(50), UNIQUE KEY (name, id));
		CREATE TABLE digits (d INT); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
		INSERT INTO t (id, name) SELECT v.d * 10000 + w.d * 1000 + x.d * 100 + y.d * 10 + z.d AS n, 'name' FROM digits v, digits w, digits x, digits y, digits z HAVING n < $rows"
	ok "$kind: a pipeline runs" wait_caught_up src dst again || pipeline_diag p
	pipeline_stop p
	at=

	# rows that were lost, and rows that are wrong; none that the writer's updates would fail on
	q dst "UPDATE shop.t SET name = 'wrong' WHERE id % 50 = 17; DELETE FROM shop.t WHERE id IN (2000, 2001)"
	q src "DELETE FROM shop.t WHERE id = 2001"
	sink="$sink --on-conflict 'shop.t=overwrite' --batch-bytes 1" # every state of the source is to be seen
	rm -f "$T/stop"
	writer >"$T/writer.out" 2>&1 &
	writer=$!
	wait_for 20 has_written # the stream has something to bring before the first snapshot
	start
	hold_up &
	holder=$!
	watcher &
	watcher=$!
	ok "$kind: the table is written once more" wait_for 60 over || pipeline_diag p
	touch "$T/stop"
	wait $writer $holder
	ok "$kind: the pipeline goes on" wait_caught_up src dst again || pipeline_diag p
	wait $watcher
	is "$(<"$T/older")" '' "$kind: no value was older than one that was seen before ($(<"$T/looks"))"
	same_data src dst "$kind: equal, with what was wrong before" shop
	pipeline_stop p
	is "$CODES" '0 0 0' "$kind: every program ends well" || pipeline_diag p
	sink="mysql-sink --no-defaults --socket \$SOCK_dst --user root --pipeline again"

	q src 'CREATE TABLE shop.nokey (x INT); INSERT INTO shop.nokey VALUES (1)'
	pipeline_start p -- "binlog-tap $source --start-at $(position dst again) --stop-at now" "$sink"
	pipeline_wait p
	pipeline_start p -- "binlog-tap $source --start-at $(position dst again)" \
		"rowcopy $source --live --refresh --include shop.nokey" "$sink"
	pipeline_wait p
	like "$(pipeline_err p rowcopy)" 'cannot write table "shop.nokey" once more: it has no key' "$kind: a table without a key is refused"
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
done_testing

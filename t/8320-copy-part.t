#!/bin/bash
# --where with --refresh: a part of a table is written once more into a running pipeline while rows of it and of the rest are
# changed. Rows of the part are right again, those outside of it stay as they are, and rows that the target alone has stay.
# (one client library will do)
. t/lib.sh

rows=3000
kinds_with_mysql
source="--no-defaults --socket \$SOCK_src --user root"
sink="mysql-sink --no-defaults --socket \$SOCK_dst --user root --pipeline part"

writer()
{
	local i
	while [ ! -e "$T/stop" ]; do
		i=$((RANDOM % rows))
		echo "UPDATE shop.t SET version = version + 1 WHERE id BETWEEN $i AND $i + 20 AND id % 50 <> 17; UPDATE shop.t SET version = version + 1 WHERE id IN (3, 4, 1003, 1004);
			INSERT INTO shop.t (id, region) VALUES ($((rows + RANDOM)), $((i % 3))) ON DUPLICATE KEY UPDATE region = (region + 1) % 3;"
		sleep 0.002 # a load, not a race
	done | mariadb --no-defaults --socket="$SOCK_src" --user=root
}

over()
{
	[ "$(q_may dst "SELECT COUNT(*) FROM rowferry.copy WHERE pipeline = 'part' AND state REGEXP '^[0-9a-f]+[.][0-9]+$'" 2>/dev/null)" = 1 ]
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

rows_of() # SERVER CONDITION
{
	q "$1" "SELECT id, region, version, name FROM shop.t WHERE $2 ORDER BY id"
}

for kind in "${kinds[@]}"; do
	if [ "$kind" = mariadb ]; then
		servers_start "src --binlog-row-metadata=FULL" dst
	else
		servers_start "src @$kind --binlog-row-metadata=FULL" "dst @$kind"
	fi
	pipeline_start p -- "binlog-tap $source --start-at earliest" "$sink"
	q src "CREATE DATABASE shop; USE shop; CREATE TABLE t (id INT PRIMARY KEY, region INT NOT NULL, version INT NOT NULL DEFAULT 0, name VARCHAR(50) NOT NULL DEFAULT 'right');
		CREATE TABLE digits (d INT); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
		INSERT INTO t (id, region) SELECT v.d * 1000 + w.d * 100 + x.d * 10 + y.d AS n, 0 FROM digits v, digits w, digits x, digits y HAVING n < $rows; UPDATE t SET region = (id DIV 2) % 3"
	ok "$kind: a pipeline runs" wait_caught_up src dst part || pipeline_diag p
	pipeline_stop p

	# what nobody writes to (id % 50 = 17) is wrong in and outside of the part, rows lack in it, and some are too many
	q dst "UPDATE shop.t SET name = 'wrong' WHERE id % 50 = 17; DELETE FROM shop.t WHERE id % 50 = 17 AND id % 100 = 67; INSERT INTO shop.t VALUES (-1, 1, 0, 'alone'), (-2, 0, 0, 'alone')"
	outside=$(rows_of dst "id < $rows AND id % 50 = 17 AND region <> 1")
	rm -f "$T/stop"
	writer >"$T/writer.out" 2>&1 &
	writer=$!
	wait_for 20 t_not '[ "$(q src "SELECT MAX(version) FROM shop.t")" -lt 20 ]'
	pipeline_start p -- "binlog-tap $source --start-at $(position dst part)" \
		"rowcopy $source --live --refresh --include shop.t --where 'region = 1' --memory 1M --workers 2 -v" "tee $T/stream" "$sink"
	hold_up &
	holder=$!
	ok "$kind: the part is written once more" wait_for 60 over || pipeline_diag p
	touch "$T/stop"
	wait $writer $holder
	ok "$kind: the pipeline goes on" wait_caught_up src dst part || pipeline_diag p
	pipeline_stop p
	is "$CODES" '0 0 0 0' "$kind: every program ends well" || pipeline_diag p
	is "$(<"$T/writer.out")" '' "$kind: rows were changed meanwhile"

	ok "$kind: rows were replaced" test "$(rowdump "$T/stream" | grep -c '^{"replace"')" -gt 500
	is "$(rowdump "$T/stream" | grep '^{"replace"' | grep -cv '"region":1[,}]')" 0 "$kind: none outside of the part"
	is "$(rows_of dst 'id >= 0 AND region = 1')" "$(rows_of src 'region = 1')" "$kind: the part is right"
	is "$(rows_of dst "id < $rows AND id % 50 = 17 AND region <> 1")" "$outside" "$kind: what is outside stays as it is"
	is "$(rows_of dst 'id >= 0 AND id % 50 <> 17')" "$(rows_of src 'id % 50 <> 17')" "$kind: changes outside have arrived"
	is "$(rows_of dst 'id < 0')" $'-2\t0\t0\talone\n-1\t1\t0\talone' "$kind: rows that the target alone has stay"
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
done_testing

#!/bin/bash
# MySQL without GTIDs that once had them: the executed set is there, and says nothing of what is committed now. A copy begins
# and goes on by file and offset there, alone and live, and is equal while the source is written to.
# (one client library will do)
. t/lib.sh
need_server mysql-9.7

servers_start "src @mysql-9.7 --binlog-row-metadata=FULL" "dst @mysql-9.7"
q src "CREATE DATABASE shop; USE shop; CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
	CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL DEFAULT 0, s VARCHAR(50)); INSERT INTO t (s) SELECT REPEAT('s', 40) FROM digits v, digits w, digits x, digits y"
for mode in ON_PERMISSIVE OFF_PERMISSIVE; do
	q src "SET GLOBAL gtid_mode = $mode"
done
q src "SET GLOBAL enforce_gtid_consistency = OFF; SET GLOBAL gtid_mode = OFF; UPDATE shop.t SET n = 1 WHERE id < 10"
like "$(q src 'SELECT @@gtid_executed')" '[0-9a-f]:1' 'a set is there'
source="--no-defaults --socket $SOCK_src --user root"
sink="mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline"

writer()
{
	local i
	while [ ! -e "$T/stop" ]; do
		i=$((RANDOM % 10000))
		echo "UPDATE shop.t SET n = n + 1 WHERE id BETWEEN $i AND $i + 5 OR id > 9990; DELETE FROM shop.t WHERE id = $((i + 7)); INSERT INTO shop.t (s) VALUES ('new');"
		sleep 0.002 # a load, not a race
	done | mariadb --no-defaults --socket="$SOCK_src" --user=root
}

has_no_copy() # PIPELINE
{
	[ -n "$(position dst "$1")" ] && ! $sink "$1" --print-position=copy >"$T/state" 2>/dev/null
}

for how in alone live; do
	rm -f "$T/stop"
	writer >"$T/writer.out" 2>&1 &
	writer=$!
	if [ $how = alone ]; then
		rowcopy --no-defaults --socket "$SOCK_src" --user root --include shop --memory 1M >"$T/copy.rs" 2>"$T/copy.err"
		is "$?" 0 "$how: a copy"
		exits 0 "$how: is applied" $sink $how <"$T/copy.rs"
		like "$(position dst $how)" '^bin\.[0-9]+:[0-9]+$' "$how: its place is a file and an offset"
		pipeline_start p -- "binlog-tap $source --start-at $(position dst $how)" "$sink $how"
	else
		pipeline_start p -- "binlog-tap $source --start-at now" "rowcopy $source --live --include shop --memory 1M --workers 2" "$sink $how"
	fi
	ok "$how: the copy ends" wait_for 60 has_no_copy $how || pipeline_diag p
	touch "$T/stop"
	wait $writer
	mapfile -t log < <(end_of_log src)
	ok "$how: and the pipeline goes on" wait_for 30 t_position_reached dst $how '' "${log[0]}" "${log[1]}" || pipeline_diag p
	same_data src dst "$how: equal" shop
	pipeline_stop p
	q dst 'DROP DATABASE shop'
done
done_testing

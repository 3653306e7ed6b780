#!/bin/bash
# The table that is being copied into a running pipeline gets another name, or is dropped with others: what the target has of it
# goes, nothing is left behind under the old name, and it is copied under the new one.
# (one client library will do)
. t/lib.sh

kinds_with_mysql
source="--no-defaults --socket \$SOCK_src --user root"

state_is() # PIPELINE PATTERN
{
	# shellcheck disable=SC2053 # a pattern it is
	[[ $(q_may dst "SELECT state FROM rowferry.copy WHERE pipeline = '$1'" 2>/dev/null) == $2 ]]
}

for kind in "${kinds[@]}"; do
	if [ "$kind" = mariadb ]; then
		servers_start "src --binlog-row-metadata=FULL" dst
	else
		servers_start "src @$kind --binlog-row-metadata=FULL" "dst @$kind"
	fi
	for statement in 'RENAME TABLE m TO n' 'ALTER TABLE m RENAME TO n, ADD x INT DEFAULT 1' 'DROP TABLE m, o'; do
		p=${statement%% *}
		q src "CREATE DATABASE shop; USE shop; CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
			CREATE TABLE m (id INT AUTO_INCREMENT PRIMARY KEY, s VARCHAR(200)); INSERT INTO m (s) SELECT REPEAT('m', 180) FROM digits u, digits v, digits w, digits x, digits y;
			CREATE TABLE o (id INT PRIMARY KEY); INSERT INTO o SELECT d FROM digits; CREATE TABLE z (id INT PRIMARY KEY); INSERT INTO z SELECT d FROM digits"
		pipeline_start p -- "binlog-tap $source --start-at now" "rowcopy $source --live --include shop --memory 1M --workers 1 -v" \
			"mysql-sink --no-defaults --socket \$SOCK_dst --user root --pipeline $p"
		ok "$kind: $statement: the table is half copied" wait_for 30 state_is "$p" '* rows shop/m * [0-9a-f]*' || pipeline_diag p
		pipeline_kill p mysql-sink STOP
		# it waits for the readers, and they for the sink: it runs before their next round
		q src "USE shop; $statement" &
		job=$!
		wait_for 10 eval '! kill -0 $job 2>/dev/null || [ "$(q src "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE '"'Waiting for table metadata%'"'")" -gt 0 ]'
		pipeline_kill p mysql-sink CONT
		wait $job
		q src "USE shop; UPDATE z SET id = id + 100; $([ "$p" = DROP ] || echo "UPDATE n SET s = 'early' WHERE id < 10; DELETE FROM n WHERE id > 99000")"
		ok "$kind: $statement: the copy comes to its end" wait_for 60 t_not "state_is $p '* *' || state_is $p ''" || pipeline_diag p
		ok "$kind: $statement: and what follows" wait_caught_up src dst "$p" || pipeline_diag p
		same_data src dst "$kind: $statement: equal, and nothing is left of the old name" shop
		pipeline_stop p
		is "$CODES" '0 0 0' "$kind: $statement: every program ends well" || pipeline_diag p
		like "$(pipeline_err p rowcopy)" 'table "shop.m" is changed while it is copied' "$kind: $statement: it came while the table was copied"
		q src 'DROP DATABASE shop'
		q dst 'DROP DATABASE shop'
	done
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
done_testing

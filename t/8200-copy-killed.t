#!/bin/bash
# A copy that is killed at any moment goes on where its target is, while the source is written to, and the
# target is equal in the end: one that began in a pipeline, and one that began as a stream of its own.
. t/lib.sh

kills=${ROWFERRY_LONG:+20}
kills=${kills:-4}
kinds_with_mysql

# tables with keys of all sorts, one without any
make_source()
{
	q src "CREATE DATABASE shop; USE shop;
		CREATE TABLE digits (d INT); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
		CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100), n INT DEFAULT 0, UNIQUE KEY (id, n));
		INSERT INTO a (name) SELECT CONCAT('row ', x.d, y.d, z.d, w.d) FROM digits x, digits y, digits z, digits w;
		CREATE TABLE txt (a VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, b DATETIME(3), c DECIMAL(10,3), v TEXT, PRIMARY KEY (a, b, c));
		INSERT INTO txt SELECT CONCAT('k', id DIV 100), '2020-01-01' + INTERVAL id SECOND, id / 7, REPEAT('x', id % 300) FROM a;
		CREATE TABLE bin (k VARBINARY(20) PRIMARY KEY, v BIGINT UNSIGNED) SELECT UNHEX(LEFT(SHA2(id, 256), 40)) AS k, id AS v FROM a;
		CREATE TABLE mix (tenant INT, code VARCHAR(20), n INT DEFAULT 0, v VARCHAR(300), PRIMARY KEY (tenant, code));
		INSERT INTO mix SELECT id DIV 1000, CONCAT('c', id % 1000), 0, REPEAT('m', id % 250) FROM a;
		CREATE TABLE nokey (x INT, s VARCHAR(50)) SELECT id AS x, name AS s FROM a LIMIT 500;
		CREATE TABLE z_last (id BIGINT PRIMARY KEY) SELECT id FROM a"
}

writer_start()
{
	rm -f "$T/stop"
	(
		while [ ! -e "$T/stop" ]; do
			i=$((RANDOM % 12000))
			echo "BEGIN; UPDATE shop.a SET n = n + 1, name = 'u$i' WHERE id BETWEEN $i AND $((i + 5));
				INSERT INTO shop.a (name) VALUES ('new'), ('newer'); DELETE FROM shop.a WHERE id = $((i + 7)); COMMIT;
				UPDATE IGNORE shop.a SET id = id + $((RANDOM % 5000)) WHERE id = $((i + 9));
				UPDATE shop.txt SET v = CONCAT(v, 'y') WHERE a = 'k$((i % 100))' LIMIT 7;
				UPDATE IGNORE shop.txt SET a = 'K$((RANDOM % 100))' WHERE a = 'k$((i % 100))' LIMIT 3;
				UPDATE shop.mix SET n = n + 1 WHERE code IN ('c$((i % 1000))', 'C$((i % 990 + 3))'); DELETE FROM shop.mix WHERE tenant = $((i % 10)) AND code = 'c$((i % 997))';
				UPDATE IGNORE shop.mix SET tenant = tenant + 1, code = CONCAT(code, 'x') WHERE tenant < 11 AND code LIKE 'c$((i % 100))%' LIMIT 5;
				UPDATE IGNORE shop.bin SET k = UNHEX(LEFT(SHA2('$i', 256), 40)) WHERE v = $i; DELETE FROM shop.z_last WHERE id = $i;
				INSERT INTO shop.nokey VALUES ($i, 'n'); DELETE FROM shop.nokey WHERE x = $((i % 700)) LIMIT 1;"
			sleep 0.01 # a load, not a race
		done | mariadb --no-defaults --socket="$SOCK_src" --user=root --force
	) >"$T/writer.out" 2>&1 &
	writer=$!
}

writer_stop()
{
	touch "$T/stop"
	wait "$writer"
}

source="--no-defaults --socket \$SOCK_src --user root"
sink="mysql-sink --no-defaults --socket \$SOCK_dst --user root --pipeline"

has_no_copy() # PIPELINE
{
	[ -n "$(position dst "$1")" ] && ! eval "$sink $1 --print-position=copy" >"$T/state" 2>/dev/null
}

# starts what has to run now, as a script would: PIPELINE alone|live
start()
{
	local at state=()
	if at=$(position dst "$1"); then
		state=(--resume "$(eval "$sink $1 --print-position=copy" 2>/dev/null)")
		[ -z "${state[1]}" ] || resumed=$((resumed + 1))
	elif [ "$2" = alone ]; then
		pipeline_start p -- "rowcopy $source --include shop --memory 1M --workers 2" "$sink $1"
		return
	else
		at=now
	fi
	pipeline_start p -- "binlog-tap $source --start-at '$at'" \
		"rowcopy $source --live --include shop --memory 1M --workers 2 ${state[*]:+--resume '${state[1]}'}" "$sink $1"
}

resumed=0
for kind in "${kinds[@]}"; do
	if [ "$kind" = mariadb ]; then
		servers_start "src --binlog-row-metadata=FULL" dst
	else
		servers_start "src @$kind --binlog-row-metadata=FULL" "dst @$kind"
	fi
	make_source
	for mode in live alone; do
		writer_start
		killed=0
		while [ $killed -lt "$kills" ] && start "$mode" $mode; do
			# somewhere between the start and the end of it
			after=$((killed * 40 + RANDOM % 200))
			sleep "0.$(printf %03d $((after % 1000)))" # any moment is right
			who=$((RANDOM % $((PIPELINE_N_p)) + 1))
			pipeline_kill p $who KILL 2>/dev/null
			pipeline_wait p 30 || pipeline_diag p
			[[ $CODES =~ (100|101|102) ]] && { diag "stopped after $CODES"; pipeline_diag p; break; }
			killed=$((killed + 1))
		done
		start "$mode" $mode
		[ "$PIPELINE_N_p" = 3 ] || { pipeline_wait p 60; start "$mode" $mode; }
		is "$killed" "$kills" "$kind, $mode: no end is one that only a person could mend"
		ok "$kind, $mode: the copy comes to its end after $killed kills" wait_for 60 has_no_copy "$mode" || pipeline_diag p
		writer_stop
		ok "$kind, $mode: and the changes behind it" wait_caught_up src dst "$mode" || pipeline_diag p
		same_data src dst "$kind, $mode: equal" shop
		pipeline_stop p
		is "$CODES" '0 0 0' "$kind, $mode: every program ends well" || pipeline_diag p
		q dst 'DROP DATABASE shop'
	done
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
ok "copies went on from where they were ($resumed times)" test $resumed -gt 0
done_testing

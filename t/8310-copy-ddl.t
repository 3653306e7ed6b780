#!/bin/bash
# Definitions change while tables are copied into a running pipeline: of tables that are copied, of the one that is
# being copied, of those that are still to come; tables come and go. In the end both sides are equal.
# (one client library will do)
. t/lib.sh

kinds_with_mysql
source="--no-defaults --socket \$SOCK_src --user root"
sink="mysql-sink --no-defaults --socket \$SOCK_dst --user root --pipeline one"

state_is() # PATTERN
{
	# shellcheck disable=SC2053 # a pattern it is
	[[ $(q_may dst "SELECT state FROM rowferry.copy" 2>/dev/null) == $1 ]]
}

for kind in "${kinds[@]}"; do
	if [ "$kind" = mariadb ]; then
		servers_start "src --binlog-row-metadata=FULL" dst
	else
		servers_start "src @$kind --binlog-row-metadata=FULL" "dst @$kind"
	fi
	q src "CREATE DATABASE shop; USE shop; CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
		CREATE TABLE a (id INT PRIMARY KEY, s VARCHAR(50)); INSERT INTO a VALUES (1, 'a'), (2, 'b');
		CREATE TABLE m (id INT AUTO_INCREMENT PRIMARY KEY, s VARCHAR(200), KEY by_s (s(20)));
		INSERT INTO m (s) SELECT REPEAT('m', 180) FROM digits u, digits v, digits w, digits x, digits y;
		CREATE TABLE x LIKE a; INSERT INTO x SELECT * FROM a; CREATE TABLE y LIKE a; CREATE TABLE z LIKE a; INSERT INTO z SELECT * FROM a"
	pipeline_start p -- "binlog-tap $source --start-at now" "rowcopy $source --live --include shop --memory 1M --workers 1 --indexes after -v" "$sink"
	ok "$kind: a table is half copied" wait_for 30 state_is '* rows shop/m *' || pipeline_diag p
	q src "USE shop; ALTER TABLE a ADD COLUMN n INT DEFAULT 7; INSERT INTO a VALUES (3, 'c', 8); CREATE TABLE b LIKE a; INSERT INTO b SELECT * FROM a;
		RENAME TABLE b TO c; ALTER TABLE x ADD COLUMN n INT; UPDATE x SET n = id; DROP TABLE y; CREATE TABLE y (other INT PRIMARY KEY); INSERT INTO y VALUES (5);
		CREATE TABLE zz (x INT); INSERT INTO zz VALUES (1), (1); RENAME TABLE z TO w; TRUNCATE TABLE x; INSERT INTO x VALUES (9, 'nine', 9);
		UPDATE m SET s = 'early' WHERE id < 10"
	state_is '* rows shop/m *' || diag "the table was copied before the definitions changed"
	q src "USE shop; ALTER TABLE m ADD COLUMN n INT NOT NULL DEFAULT 3, ADD KEY (n); UPDATE m SET n = id WHERE id % 100 = 1; INSERT INTO m (s) VALUES ('new')"
	ok "$kind: the copy comes to its end" wait_for 60 t_not "state_is '* *' || state_is ''" || pipeline_diag p
	ok "$kind: and what follows" wait_caught_up src dst one || pipeline_diag p
	same_data src dst "$kind: equal" shop
	is "$(q dst 'SHOW CREATE TABLE shop.m' | sed 's/ AUTO_INCREMENT=[0-9]*//')" "$(q src 'SHOW CREATE TABLE shop.m' | sed 's/ AUTO_INCREMENT=[0-9]*//')" "$kind: with the same definition"
	pipeline_stop p
	is "$CODES" '0 0 0' "$kind: every program ends well" || pipeline_diag p
	diag "$(pipeline_err p rowcopy | grep -c 'left out') statements left out; $(pipeline_err p rowcopy | grep 'from its start')"
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
done_testing

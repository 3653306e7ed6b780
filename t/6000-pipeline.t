#!/bin/bash
# Rows flow from one real server to another through all four programs, in order, once each, and a
# pipeline goes on where its target is.
. t/lib.sh

# full metadata: the log says what tables were like, also those that were altered or dropped since
server_start src --binlog-row-metadata=FULL
server_start dst
q src 'CREATE DATABASE zz; CREATE TABLE zz.t_user (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255))'

sink="mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline one"
start()
{
	pipeline_start p -- \
		"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at $1" \
		"rowfilter --include 'zz.*'" \
		"rowmap" \
		"$sink"
}

exits 1 'there is no position yet' $sink --print-position
is "$(out)" '' 'and nothing is printed'

start earliest
q src "USE zz;
	INSERT INTO t_user (name) VALUES ('Ada'), ('Grace'), (NULL), ('');
	UPDATE t_user SET name = 'Grace Hopper' WHERE id = 2;
	DELETE FROM t_user WHERE id = 1"
ok 'insert, update and delete arrive' wait_caught_up src dst one || pipeline_diag p
same_data src dst 'equal after insert, update, delete, and the tables that the log created' zz
is "$(q dst 'SELECT id, IFNULL(name, "NULL") FROM zz.t_user ORDER BY id')" $'2\tGrace Hopper\n3\tNULL\n4\t' 'the very rows'
exits 0 'the target has a position' $sink --print-position
is "$(out)" "gtid:$(q src 'SELECT @@gtid_binlog_pos')" 'and it is the end of the log'

q src "USE zz;
	ALTER TABLE t_user ADD COLUMN mail VARCHAR(100) AFTER id;
	INSERT INTO t_user (mail, name) VALUES ('a@b', 'Ann');
	CREATE TABLE other (a INT, b INT, PRIMARY KEY (a, b));
	INSERT INTO other VALUES (1, 1), (1, 2);
	RENAME TABLE other TO others;
	UPDATE others SET b = 3 WHERE b = 2;
	CREATE TABLE gone (x INT); DROP TABLE gone"
ok 'DDL is in order with the rows' wait_caught_up src dst one || pipeline_diag p
same_data src dst 'equal after DDL' zz
is "$(q dst 'SHOW CREATE TABLE zz.t_user' | sed 's/ AUTO_INCREMENT=[0-9]*//')" "$(q src 'SHOW CREATE TABLE zz.t_user' | sed 's/ AUTO_INCREMENT=[0-9]*//')" 'the tables are defined alike'

q src 'CREATE DATABASE elsewhere; CREATE TABLE elsewhere.t (id INT PRIMARY KEY); INSERT INTO elsewhere.t VALUES (1)'
ok 'the position moves over what is filtered out' wait_caught_up src dst one || pipeline_diag p
is "$(q dst "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'elsewhere'")" 0 'and nothing of it arrives'

pipeline_stop p
is "$CODES" '0 0 0 0' 'every program ends cleanly on SIGTERM to the first' || pipeline_diag p
at=$(position dst one)

# While the pipeline is down 300 transactions come; they are applied as few.
{
	for ((i = 0; i < 300; i++)); do
		echo "INSERT INTO zz.t_user (name) VALUES ('row $i');"
		[ $((i % 3)) != 0 ] || echo "START TRANSACTION; UPDATE zz.t_user SET name = CONCAT(name, '+') WHERE name = 'row $i'; INSERT INTO zz.others VALUES ($i, 100); COMMIT;"
	done
} >"$T/many.sql"
q_file src "$T/many.sql"
is "$(position dst one)" "$at" 'a target whose pipeline is down stays where it is'
before=$(q dst "SHOW GLOBAL STATUS LIKE 'Com_commit'" | cut -f2)
binlog_before=$(q dst 'SELECT @@gtid_binlog_pos')
start "$(position dst one)"
ok 'it catches up' wait_caught_up src dst one || pipeline_diag p
same_data src dst 'equal after catching up' zz
commits=$(($(q dst "SHOW GLOBAL STATUS LIKE 'Com_commit'" | cut -f2) - before))
trx=$(($(q dst 'SELECT @@gtid_binlog_pos' | sed 's/.*-//') - ${binlog_before##*-}))
ok "400 transactions of the source are grouped into fewer of the target ($trx, $commits commits)" test "$trx" -lt 100
pipeline_stop p
is "$CODES" '0 0 0 0' 'ends cleanly again' || pipeline_diag p

# a start that lies before the target's position repeats nothing
q src "INSERT INTO zz.others VALUES (-1, -1); CREATE TABLE zz.nokey (x INT); INSERT INTO zz.nokey VALUES (1), (1)"
start earliest
ok 'started at the beginning of the log' wait_caught_up src dst one || pipeline_diag p
same_data src dst 'what was applied is not applied again' zz
pipeline_stop p
is "$CODES" '0 0 0 0' 'ends cleanly again' || pipeline_diag p

# the end of the log as a place to stop
q src "INSERT INTO zz.nokey VALUES (2)"
pipeline_start p -- "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at $(position dst one) --stop-at now" "$sink"
pipeline_wait p
is "$CODES" '0 0' '--stop-at now ends by itself' || pipeline_diag p
same_data src dst 'with all that there was' zz

# without it, as long as the tables stay as they are, the same
server_start plain
q plain "CREATE DATABASE pp; CREATE TABLE pp.t (id INT UNSIGNED PRIMARY KEY, s ENUM('a', 'b'), v VARCHAR(10) CHARACTER SET latin1);
	INSERT INTO pp.t VALUES (4294967295, 'b', 'é'), (1, NULL, NULL); UPDATE pp.t SET v = 'ÿ' WHERE id = 1"
pipeline_start p -- "binlog-tap --no-defaults --socket $SOCK_plain --user root --start-at earliest --stop-at now" "rowfilter --include 'pp.*'" 'rowmap' "${sink/one/two}"
pipeline_wait p
is "$CODES" '0 0 0 0' 'a source with default settings' || pipeline_diag p
same_data plain dst 'equal' pp
isnt "$(position dst one)" "$(position dst two)" 'two pipelines into one target have a position each'
done_testing

#!/bin/bash
# A table is written once more by a pipeline that starts behind a transaction which the source has sent and not committed yet
# (semi-sync, which waits for a replica): its snapshot waits for that, or the target would go back to the older value for ever.
# (one client library will do)
. t/lib.sh

server_start src --binlog-row-metadata=FULL
server_start dst
source="--no-defaults --socket $SOCK_src --user root"
sink="mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline late"
pipeline_start p -- "binlog-tap $source --start-at earliest" "$sink"
q src 'CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, version INT); INSERT INTO shop.t VALUES (1, 1), (2, 1)'
ok 'a pipeline runs' wait_caught_up src dst late || pipeline_diag p
q src "SET GLOBAL rpl_semi_sync_master_wait_point = 'AFTER_SYNC', GLOBAL rpl_semi_sync_master_timeout = 600000, GLOBAL rpl_semi_sync_master_wait_no_slave = ON,
	GLOBAL rpl_semi_sync_master_enabled = ON"
q src 'UPDATE shop.t SET version = 2 WHERE id = 1' >"$T/update" 2>&1 &
update=$!
arrived() # VERSION
{
	[ "$(q dst 'SELECT version FROM shop.t WHERE id = 1')" = "$1" ]
}
ok 'a change is on the target' wait_for 20 arrived 2 || pipeline_diag p
is "$(q src 'SELECT version FROM shop.t WHERE id = 1')" 1 'which the source has not committed'
at=$(position dst late)
pipeline_stop p
over()
{
	[ "$(q_may dst "SELECT COUNT(*) FROM rowferry.copy WHERE pipeline = 'late' AND state REGEXP '^[0-9a-f]+[.][0-9]+$'" 2>/dev/null)" = 1 ]
}
pipeline_start p -- "binlog-tap $source --start-at $at" "rowcopy $source --live --refresh --include shop.t" "$sink"
ok 'rowcopy waits for it' wait_for 20 grep -q 'the source has sent a transaction that it has not committed: waits until it has' "$T/p.2.err" || pipeline_diag p
ok 'and writes nothing' t_not over
q src 'SET GLOBAL rpl_semi_sync_master_enabled = OFF'
wait $update
is $? 0 'it is committed'
ok 'then the table is written' wait_for 20 over || pipeline_diag p
same_data src dst 'and the target has not gone back' shop
pipeline_stop p
is "$CODES" '0 0 0' 'all end well' || pipeline_diag p
done_testing

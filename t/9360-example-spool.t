#!/bin/bash
# examples/spool.sh: a source into a spool, and a pipeline from it, which tells it what the target has.
# (one client library will do)
. t/lib.sh

servers_start 'src --binlog-row-metadata=FULL' dst
for s in src dst; do
	q $s 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, item VARCHAR(20)); CREATE TABLE shop.tmp_x (id INT PRIMARY KEY)'
done
export ROWFERRY_CONF=$T/conf ROWFERRY_SPOOL=$T/sp ROWFERRY_ACK=0.2
mkdir -p "$ROWFERRY_CONF/shop" "$ROWFERRY_CONF/db1"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_src" >"$ROWFERRY_CONF/db1/source.cnf"
printf '# small ones\n--segment-size=64K\n' >"$ROWFERRY_CONF/db1/spool.args"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_dst" >"$ROWFERRY_CONF/shop/target.cnf"
printf 'exclude shop.tmp_*\n' >"$ROWFERRY_CONF/shop/filter.rules"
start=gtid:$(q src 'SELECT @@gtid_binlog_pos')
exits 100 'a pipeline that is not configured' examples/spool.sh read nothing
pipeline_start in -- "examples/spool.sh write db1 $start"
q src "INSERT INTO shop.orders VALUES (1, 'apple'), (2, 'pear'); INSERT INTO shop.tmp_x VALUES (1)"
ok 'the spool is there' wait_for 20 test -s "$ROWFERRY_SPOOL/end"
pipeline_start run -- 'examples/spool.sh read shop'
ok 'rows arrive' wait_caught_up src dst shop || pipeline_diag run
is "$(q dst 'SELECT GROUP_CONCAT(item ORDER BY id) FROM shop.orders')" apple,pear 'the target has them'
is "$(q dst 'SELECT COUNT(*) FROM shop.tmp_x')" 0 'filter.rules are used'
q src "UPDATE shop.orders SET item = 'plum' WHERE id = 2"
ok 'and what follows' wait_caught_up src dst shop || pipeline_diag run
acked()
{
	[ "gtid:$(q src 'SELECT @@gtid_binlog_pos')" = "$(cat "$ROWFERRY_SPOOL/readers/shop")" ]
}
ok 'the spool is told what the target has' wait_for 20 acked
pipeline_stop run
is "$CODES" 0 'SIGTERM ends it cleanly' || pipeline_diag run
q src "INSERT INTO shop.orders VALUES (3, 'fig')"
pipeline_start run -- 'examples/spool.sh read shop now'
ok 'it goes on where the target is, whatever START says' wait_caught_up src dst shop || pipeline_diag run
is "$(q dst 'SELECT item FROM shop.orders WHERE id = 3')" fig 'nothing is missing'
kill -9 "$(find_program mysql-sink)"
pipeline_wait run
is "$CODES" 137 'a program that is killed: start again' || pipeline_diag run
pipeline_stop in
is "$CODES" 0 'the writing end stops' || pipeline_diag in
q src "INSERT INTO shop.orders VALUES (4, 'quince')"
pipeline_start in -- 'examples/spool.sh write db1 now'
pipeline_start run -- 'examples/spool.sh read shop'
ok 'both go on' wait_caught_up src dst shop || { pipeline_diag in; pipeline_diag run; }
is "$(q dst 'SELECT item FROM shop.orders WHERE id = 4')" quince 'from where they were'
kill -9 "$(find_program binlog-tap)"
pipeline_wait in
is "$CODES" 111 'the tap is killed: start again' || pipeline_diag in
pipeline_stop run
is "$CODES" 0 'the pipeline does not notice' || pipeline_diag run
exits 0 'the spool is whole' rowspool verify "$ROWFERRY_SPOOL"
done_testing

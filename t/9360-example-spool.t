#!/bin/bash
# examples/spool.sh: a pipeline from a spool, which is told what the target has.
. t/lib.sh

servers_start 'src --binlog-row-metadata=FULL' dst
for s in src dst; do
	q $s 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, item VARCHAR(20)); CREATE TABLE shop.tmp_x (id INT PRIMARY KEY)'
done
export ROWFERRY_CONF=$T/conf ROWFERRY_SPOOL=$T/sp ROWFERRY_ACK=0.2
mkdir -p "$ROWFERRY_CONF/shop"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_dst" >"$ROWFERRY_CONF/shop/target.cnf"
printf 'exclude shop.tmp_*\n' >"$ROWFERRY_CONF/shop/filter.rules"
start=gtid:$(q src 'SELECT @@gtid_binlog_pos')
pipeline_start in -- "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at $start" "rowspool write $ROWFERRY_SPOOL"
q src "INSERT INTO shop.orders VALUES (1, 'apple'), (2, 'pear'); INSERT INTO shop.tmp_x VALUES (1)"
ok 'the spool is there' wait_for 20 test -s "$ROWFERRY_SPOOL/end"
pipeline_start run -- 'examples/spool.sh shop'
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
pipeline_start run -- 'examples/spool.sh shop now'
ok 'it goes on where the target is, whatever START says' wait_caught_up src dst shop || pipeline_diag run
is "$(q dst 'SELECT item FROM shop.orders WHERE id = 3')" fig 'nothing is missing'
kill -9 "$(find_program mysql-sink)"
pipeline_wait run
is "$CODES" 137 'a program that is killed: start again' || pipeline_diag run
pipeline_stop in
is "$CODES" '0 0' 'the writing end stops' || pipeline_diag in
done_testing

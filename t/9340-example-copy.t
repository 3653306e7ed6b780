#!/bin/bash
# examples/pipeline.sh with a copy.args makes a target from nothing, goes on, and goes on again after its end.
# (one client library will do)
. t/lib.sh

servers_start 'src --binlog-row-metadata=FULL' dst
q src "CREATE DATABASE shop; USE shop; CREATE TABLE shop.orders (id INT AUTO_INCREMENT PRIMARY KEY, item VARCHAR(20));
	INSERT INTO shop.orders (item) SELECT CONCAT('item ', seq) FROM seq_1_to_20000; CREATE TABLE shop.nokey (x INT); INSERT INTO shop.nokey VALUES (1), (1);
	CREATE DATABASE other; CREATE TABLE other.t (x INT)"
export ROWFERRY_CONF=$T/conf
mkdir -p "$ROWFERRY_CONF/shop"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_src" >"$ROWFERRY_CONF/shop/source.cnf"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_dst" >"$ROWFERRY_CONF/shop/target.cnf"
printf 'include shop.*\n' >"$ROWFERRY_CONF/shop/filter.rules"
printf '# what is copied\n--include=shop\n' >"$ROWFERRY_CONF/shop/copy.args"

is_copied()
{
	[ "$(q_may dst "SELECT state NOT LIKE '% %' FROM rowferry.copy" 2>/dev/null)" = 1 ]
}

pipeline_start run -- 'examples/pipeline.sh shop'
ok 'everything is copied' wait_for 30 is_copied || pipeline_diag run
q src "INSERT INTO shop.orders (item) VALUES ('more'); UPDATE shop.orders SET item = 'changed' WHERE id % 1000 = 1; DELETE FROM shop.nokey LIMIT 1"
ok 'and changes follow' wait_caught_up src dst shop || pipeline_diag run
same_data src dst 'equal' shop
is "$(q dst "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'other'")" 0 'nothing else came'
pipeline_stop run
is "$CODES" 0 'SIGTERM ends it cleanly' || pipeline_diag run
q src "INSERT INTO shop.orders (item) VALUES ('later')"
pipeline_start run -- 'examples/pipeline.sh shop'
ok 'started again it goes on' wait_caught_up src dst shop || pipeline_diag run
same_data src dst 'equal again' shop
pipeline_stop run
is "$CODES" 0 'and ends cleanly again' || pipeline_diag run
done_testing

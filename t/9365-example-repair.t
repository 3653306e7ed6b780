#!/bin/bash
# examples/repair.sh: a target that has become another one is mended while its pipeline runs, and a target that is the same
# is left alone.
# (one client library will do)
. t/lib.sh
. t/diff.sh

server_start src --binlog-row-metadata=FULL
server_start dst
diff_cnf src
diff_cnf dst
q src 'CREATE DATABASE shop; USE shop; CREATE TABLE orders (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO orders SELECT seq, seq FROM seq_1_to_1000'
pipeline_start p -- "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at earliest" "mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline shop"
there() { [ "$(q_may dst 'SELECT COUNT(*) FROM shop.orders' 2>/dev/null)" = 1000 ]; }
ok 'a pipeline runs' wait_for 30 there
exits 0 'it is the same' examples/repair.sh shop "$T/src.cnf" "$T/dst.cnf" --include shop
like "$(err)" 'same: 1 of 1 tables' 'and that is said'
q dst 'DELETE FROM shop.orders WHERE id % 10 = 3; UPDATE shop.orders SET name = "?" WHERE id % 10 = 4; INSERT INTO shop.orders VALUES (5000, "!")'
q src 'UPDATE shop.orders SET name = CONCAT(name, "x") WHERE id % 10 = 5'
exits 0 'it is made the same' examples/repair.sh shop "$T/src.cnf" "$T/dst.cnf" --include shop
like "$(err)" 'different: 0 of 1 tables.* 201 differences.*same: 1 of 1 tables' 'in one round'
same_data src dst 'every byte of it' shop
q dst 'DROP TABLE shop.orders'
exits 0 'a table that was lost' examples/repair.sh shop "$T/src.cnf" "$T/dst.cnf" --include shop
same_data src dst 'is there again' shop
pipeline_stop p
is "$CODES" '0 0' 'the pipeline ran through'
exits 100 'a pipeline that is not there' examples/repair.sh none "$T/src.cnf" "$T/dst.cnf"
done_testing

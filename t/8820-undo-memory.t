#!/bin/bash
# rowundo's memory does not grow with what it undoes: one transaction of a million rows, and as many transactions as its
# plan does not hold in memory, each from a file and from a pipe.
# (one client library will do)
. t/lib.sh
. t/sink.sh

limit=12288
! grep -q __asan_init "$BIN/rowundo" || limit=400000
rss() # COMMAND...: its standard output goes to $T/undo.rows
{
	/usr/bin/env time -f %M "$@" 2>&1 >"$T/undo.rows" | tail -n 1
}

server_start src --binlog-row-metadata=FULL --innodb-buffer-pool-size=256M
q src "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(60)) ENGINE=InnoDB"
at=gtid:$(q src 'SELECT @@gtid_binlog_pos')
q src "USE d; BEGIN; INSERT INTO d.t SELECT seq, REPEAT('x', 40) FROM seq_1_to_400000; UPDATE d.t SET v = CONCAT('y', id) WHERE id > 100000; DELETE FROM d.t WHERE id > 100000; COMMIT"
exits 0 'the tap' binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$at" --stop-at now
mv "$T/out" "$T/big.rows"
for how in file pipe; do
	if [ $how = file ]; then
		kb=$(rss rowundo "$T/big.rows")
	else
		kb=$(rss rowundo < <(cat "$T/big.rows"))
	fi
	ok "a million rows from a $how: $kb KiB" test "$kb" -lt $limit
	is "$(rowdump "$T/undo.rows" | grep -cE '^\{"(insert|update|delete)"')" 1000000 'all are there'
done
exits 0 'mysql-sink takes them' mysql-sink --no-defaults --socket "$SOCK_src" --user root --pipeline undo <"$T/undo.rows"
is "$(q src 'SELECT COUNT(*) FROM d.t')" 0 'and the table is as it was'

{
	hello gtid=0-1-99
	orders
	awk 'BEGIN { for (i = 1; i <= 50000; i++) {
		printf "{\"begin\":{\"file\":\"bin.000001\",\"off\":%d}}\n{\"insert\":\"shop.orders\",\"t\":1,\"f\":%d,\"new\":{\"id\":%d,\"name\":null,\"price\":null}}\n", 3 * i + 1, i, i
		printf "{\"commit\":{\"file\":\"bin.000001\",\"off\":%d,\"rows\":1}}\n", 3 * i + 4 } }'
	end 150004
} | rowundump >"$T/many.rows"
for how in file pipe; do
	if [ $how = file ]; then
		kb=$(rss rowundo "$T/many.rows")
	else
		kb=$(rss rowundo < <(cat "$T/many.rows"))
	fi
	ok "50000 transactions from a $how: $kb KiB" test "$kb" -lt $limit
	rowdump "$T/undo.rows" | jq -r 'select(.delete) | .old.id' | cmp -s - <(seq 50000 -1 1)
	is $? 0 'each is there, last first'
done
done_testing

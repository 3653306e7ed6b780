#!/bin/bash
# MySQL's YEAR has a bit among the signs of a table's numbers. It was not counted, so that every number behind a YEAR took the
# sign of the one before it: -1 became 4294967295. And with a ninth number the log was called damaged.
. t/lib.sh

need_server mysql-9.7
server_start src @mysql-9.7 --binlog-row-metadata=FULL
q src 'CREATE DATABASE d; CREATE TABLE d.t (y YEAR, i INT, b BIT(3), j INT UNSIGNED, y2 YEAR, k BIGINT UNSIGNED, l BIGINT); CREATE TABLE d.nine (a INT, b INT, c INT, d INT, e INT, f INT, g INT, h INT, y YEAR)
	; INSERT INTO d.t VALUES (2000, -1, 1, 4294967295, 2001, 18446744073709551615, -2); INSERT INTO d.nine VALUES (1, 2, 3, 4, 5, 6, 7, -8, 2024)'
for metadata in FULL MINIMAL; do
	q src "SET GLOBAL binlog_row_metadata = $metadata; FLUSH BINARY LOGS"
	log=$(q src 'SHOW BINARY LOG STATUS' | cut -f 1)
	q src 'UPDATE d.t SET b = b + 1; UPDATE d.nine SET a = a + 1'
	exits 0 "metadata $metadata" binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$log:4" --stop-at now
	is "$(rowdump "$T/out" | sed -nE 's/^\{"update":"d.t".*"old":\{"y":2000,(.*)\},"new.*/\1/p' | sed -E 's/"b":[0-9],//')" '"i":-1,"j":4294967295,"y2":2001,"k":"18446744073709551615","l":-2' 'each number has its own sign'
	is "$(rowdump "$T/out" | sed -nE 's/^\{"update":"d.nine".*"h":(-?[0-9]+),"y":([0-9]+)\}\}/\1 \2/p')" '-8 2024' 'nine of them'
done
done_testing

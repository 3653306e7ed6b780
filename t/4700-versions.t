#!/bin/bash
# Regression: system-versioned tables. The log has their history as rows: a deletion came as an update that did
# nothing, and an update's old version stopped the sink as a duplicate. The target keeps its own history.
# And CHECK constraints that the source did not check are not checked on the target.
. t/lib.sh

server_start src
server_start dst
for meta in FULL MINIMAL NO_LOG; do
	q src "SET GLOBAL binlog_row_metadata = $meta"
	q src "CREATE DATABASE v_$meta; USE v_$meta;
		CREATE TABLE hidden (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING;
		CREATE TABLE open (id INT PRIMARY KEY, v INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e TIMESTAMP(6) GENERATED ALWAYS AS ROW END,
			PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING;
		CREATE TABLE keyless (v INT, w VARCHAR(10)) WITH SYSTEM VERSIONING;
		CREATE TABLE chk (a INT CHECK (a > 5), b INT)"
	for t in hidden open; do
		q src "USE v_$meta;
			INSERT INTO $t (id, v) VALUES (1, 1), (2, 2), (3, 3), (4, 4);
			DELETE FROM $t WHERE id = 1;
			UPDATE $t SET v = 20 WHERE id = 2;
			UPDATE $t SET v = 21 WHERE id = 2;
			REPLACE INTO $t (id, v) VALUES (3, 30);
			INSERT INTO $t (id, v) VALUES (4, 9) ON DUPLICATE KEY UPDATE v = 40;
			UPDATE $t SET id = 50 WHERE id = 4;
			INSERT INTO $t (id, v) VALUES (1, 100);
			DELETE HISTORY FROM $t"
	done
	q src "USE v_$meta; INSERT INTO keyless VALUES (1, 'a'), (1, 'a'), (2, 'b'); DELETE FROM keyless WHERE v = 1 LIMIT 1; UPDATE keyless SET w = 'c' WHERE v = 2;
		SET check_constraint_checks = 0; INSERT INTO chk VALUES (1, 1); SET check_constraint_checks = 1; INSERT INTO chk VALUES (9, 9)"
	exits 0 "$meta: the pipeline comes to the end" bash -c "set -o pipefail
		binlog-tap --no-defaults --socket $SOCK_src --user root --start-at \$(mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline v --print-position 2>/dev/null || echo earliest) --stop-at now |
		mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline v" || diag "$(err)"
	for t in hidden open keyless chk; do
		case $t in
		hidden | open) what='id, v' ;;
		*) what='*' ;;
		esac
		is "$(q dst "SELECT $what FROM v_$meta.$t ORDER BY 1, 2")" "$(q src "SELECT $what FROM v_$meta.$t ORDER BY 1, 2")" "$meta: $t has the same current rows"
	done
	ok "$meta: the target keeps history of its own" test "$(q dst "SELECT COUNT(*) FROM v_$meta.hidden FOR SYSTEM_TIME ALL")" -gt "$(q dst "SELECT COUNT(*) FROM v_$meta.hidden")"
done
done_testing

#!/bin/bash
# A large schema (5 GB; DIFF_GB says another size) is copied, a pipeline follows it under constant writes, and rowdiff finds
# it equal, in bounded memory. Then it finds the one row that is not.
. t/lib.sh
. t/diff.sh
long_only 'a large schema takes minutes to make'

gb=${DIFF_GB:-5}
rows=$(awk "BEGIN { print int($gb * 1e9 / 650) }") # of a pair of rows in the two large tables
servers_start 'src --innodb-buffer-pool-size=512M --innodb-log-file-size=512M --innodb-flush-log-at-trx-commit=0' \
	'dst --innodb-buffer-pool-size=512M --innodb-log-file-size=512M --innodb-flush-log-at-trx-commit=0 --skip-log-bin'
q src "SET sql_log_bin = 0; CREATE DATABASE shop; USE shop;
	CREATE TABLE orders (id BIGINT PRIMARY KEY, customer INT, price DECIMAL(10,2), at DATETIME(3), note VARCHAR(200), body TEXT);
	CREATE TABLE parts (name VARCHAR(40), day DATE, n INT, data VARBINARY(200), PRIMARY KEY (name, day, n)); CREATE TABLE log (a INT, b VARCHAR(40))"
for ((from = 1; from <= rows; from += 500000)); do
	to=$((from + 499999 < rows ? from + 499999 : rows))
	q src "SET sql_log_bin = 0; USE shop; INSERT INTO orders SELECT seq, seq % 1000, seq / 7, '2020-01-01' + INTERVAL seq SECOND, SHA2(seq, 512), REPEAT(MD5(seq), 6) FROM seq_${from}_to_$to;
		INSERT INTO parts SELECT MD5(seq DIV 100), '2024-01-01' + INTERVAL seq % 10 DAY, seq, RPAD(UNHEX(SHA2(seq, 512)), 150, 'x') FROM seq_${from}_to_$to"
done
q src 'SET sql_log_bin = 0; USE shop; INSERT INTO log SELECT seq % 5000, MD5(seq % 5000) FROM seq_1_to_100000'
diag "$(q src "SELECT CONCAT(SUM(data_length) DIV 1000000, ' MB') FROM information_schema.tables WHERE table_schema = 'shop'"), $SECONDS s"

writer()
{
	while :; do
		echo "UPDATE orders SET price = price + 1 WHERE id = FLOOR(1 + RAND() * $rows); UPDATE parts SET data = RAND() WHERE name = MD5(FLOOR(RAND() * $rows / 100)) LIMIT 2;
			DELETE FROM log WHERE a = FLOOR(RAND() * 5000) LIMIT 1; INSERT INTO log VALUES (FLOOR(RAND() * 5000), 'new');
			DELETE FROM orders WHERE id = $rows + 1; INSERT INTO orders (id) VALUES ($rows + 1); SELECT SLEEP(0.002);"
	done | mariadb --no-defaults -S "$SOCK_src" -u root shop >"$T/writer.out" 2>&1
}
writer &
t_own $!
mariadb-dump --no-defaults -S "$SOCK_src" -u root --single-transaction --master-data=2 --databases shop 2>"$T/dump.err" |
	tee >(head -n 40 | grep -m 1 -o "MASTER_LOG_FILE='[^']*', MASTER_LOG_POS=[0-9]*" >"$T/at"; cat >/dev/null) |
	mariadb --no-defaults -S "$SOCK_dst" -u root >"$T/copy.out" 2>&1
diag "copied, $SECONDS s"
at=$(sed -E "s/MASTER_LOG_FILE='([^']*)', MASTER_LOG_POS=([0-9]*)/\1:\2/" "$T/at")
pipeline_start p -- "binlog-tap --no-defaults -S $SOCK_src -u root --start-at $at" "mysql-sink --no-defaults -S $SOCK_dst -u root --pipeline shop"
checkpoint() { [ "$(q_may dst 'SELECT COUNT(*) FROM rowferry.checkpoint' 2>/dev/null)" = 1 ]; }
ok 'the pipeline goes on where the copy was made' wait_for 60 checkpoint
diff_cnf src
diff_cnf dst
RUN_LIMIT=7200 exits 0 'a large schema under constant writes is the same' /usr/bin/time -f '%M %e' rowdiff --source-defaults-file="$T/src.cnf" \
	--target-defaults-file="$T/dst.cnf" --include shop --pipeline shop
diag "$(out)"
read -r kib seconds < <(tail -n 1 "$T/err")
diag "$kib KiB, $seconds s"
grep -q __asan_init "$BIN/rowdiff" || ok 'in less than 64 MiB' test "$kib" -lt 65536
q dst "UPDATE shop.orders SET note = CONCAT(note, ' ') WHERE id = $rows DIV 2"
RUN_LIMIT=7200 exits 1 'one blank more in one row' diff_run --include shop.orders --pipeline shop --json
is "$(jq -r 'select(.difference) | .key.id' "$T/out")" $((rows / 2)) 'is found'
done_testing

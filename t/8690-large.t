#!/bin/bash
# From nothing to in sync, and proof of it: a large schema of mixed tables (5 GB; LARGE_GB says another size) is copied under
# constant writes by examples/pipeline.sh alone, which goes on with the changes; rowdiff finds both equal, and then the one
# row that is not. The longest lock, the most memory of each program, and what mydumper with myloader and mariadb-dump with
# mariadb take for the same source on the same machine (without catching up) are printed.
. t/lib.sh
. t/diff.sh
long_only 'a large schema takes minutes to make'

gb=${LARGE_GB:-5}
rows=$(awk "BEGIN { print int($gb * 1e9 / 1050) }") # of one in each of the three large tables
target=(--innodb-buffer-pool-size=1G --innodb-log-file-size=1G --innodb-flush-log-at-trx-commit=0 --skip-log-bin --max-allowed-packet=64M)
server_start src --innodb-buffer-pool-size=1G --innodb-log-file-size=1G --innodb-flush-log-at-trx-commit=0 --binlog-row-metadata=FULL --max-allowed-packet=64M
q src "SET sql_log_bin = 0; CREATE DATABASE shop; USE shop;
	CREATE TABLE orders (id BIGINT PRIMARY KEY, customer INT, price DECIMAL(10,2), at DATETIME(3), note VARCHAR(200), body TEXT, KEY (customer));
	CREATE TABLE parts (name VARCHAR(40), day DATE, n INT, data VARBINARY(200), PRIMARY KEY (name, day, n));
	CREATE TABLE docs (id INT AUTO_INCREMENT PRIMARY KEY, code BINARY(16), doc JSON, big BLOB, kind ENUM('a','b','c'), flags SET('x','y'), f DOUBLE, UNIQUE (code));
	CREATE TABLE log (a INT, b VARCHAR(40))"
# two sessions, each with its half of the tables
for ((from = 1; from <= rows; from += 250000)); do
	to=$((from + 249999 < rows ? from + 249999 : rows))
	echo "INSERT INTO orders SELECT seq, seq % 1000, seq / 7, '2020-01-01' + INTERVAL seq SECOND, SHA2(seq, 512), REPEAT(MD5(seq), 6) FROM seq_${from}_to_$to;"
	echo "INSERT INTO docs SELECT seq, UNHEX(MD5(seq)), JSON_OBJECT('n', seq, 'list', JSON_ARRAY(1, MD5(seq))), REPEAT(UNHEX(SHA2(seq, 256)), 4), 1 + seq % 3, seq % 4, seq / 3 FROM seq_${from}_to_$to;" >&3
	echo "INSERT INTO parts SELECT MD5(seq DIV 100), '2024-01-01' + INTERVAL seq % 10 DAY, seq, RPAD(UNHEX(SHA2(seq, 512)), 150, 'x') FROM seq_${from}_to_$to;" >&3
done 3>"$T/second.sql" >"$T/first.sql"
echo 'INSERT INTO log SELECT seq % 5000, MD5(seq % 5000) FROM seq_1_to_100000;' >>"$T/first.sql"
fill() { mariadb --no-defaults -S "$SOCK_src" -u root --init-command='SET sql_log_bin = 0' shop <"$T/$1.sql"; }
fill second &
t_own $!
filling=$!
ok 'the source is made' fill first
ok 'all of it' wait $filling
of_source() { q src "SELECT CONCAT(SUM($1) DIV 1000000) FROM information_schema.tables WHERE table_schema = 'shop'"; }
q src 'USE shop; ANALYZE NO_WRITE_TO_BINLOG TABLE orders, parts, docs, log' >/dev/null
diag "$(of_source data_length) MB in rows, $(of_source index_length) MB in other indexes, $((3 * rows + 100000)) rows, made in $SECONDS s, load $(cut -d ' ' -f 1 /proc/loadavg)"

# rows by their keys, in all tables, for ever: some hundred transactions a second beside a copy
writer()
{
	awk -v rows="$rows" -v seed="$RANDOM" 'BEGIN {
		srand(seed)
		for (;;) {
			id = int(rand() * rows) + 1
			print "UPDATE orders SET price = price + 1 WHERE id = " id ";"
			print "UPDATE parts SET data = RAND() WHERE name = MD5(" int(id / 100) ") LIMIT 2;"
			print "BEGIN; UPDATE docs SET doc = JSON_SET(doc, \"$.n\", RAND()), f = RAND() WHERE id = " id "; UPDATE orders SET note = \"seen\" WHERE id = " id "; COMMIT;"
			print "DELETE FROM log WHERE a = " int(rand() * 5000) " LIMIT 1; INSERT INTO log VALUES (" int(rand() * 5000) ",\"new\");"
			print "DELETE FROM orders WHERE id = " rows + 1 "; INSERT INTO orders (id) VALUES (" rows + 1 "); SELECT SLEEP(0.01);"
		}
	}' </dev/null | mariadb --no-defaults -S "$SOCK_src" -u root shop >"$T/writer.out" 2>&1
}
writer &
t_own $!

# ---- ours

server_start dst "${target[@]}"
diff_cnf src
diff_cnf dst
export ROWFERRY_CONF=$T/conf
mkdir -p "$ROWFERRY_CONF/shop"
cp "$T/src.cnf" "$ROWFERRY_CONF/shop/source.cnf"
cp "$T/dst.cnf" "$ROWFERRY_CONF/shop/target.cnf"
echo 'include shop.*' >"$ROWFERRY_CONF/shop/filter.rules"
echo '--include=shop' >"$ROWFERRY_CONF/shop/copy.args"
is_copied()
{
	[ "$(q_may dst "SELECT state NOT LIKE '% %' FROM rowferry.copy" 2>/dev/null)" = 1 ]
}
began=$SECONDS
pipeline_start run -- 'examples/pipeline.sh shop'
ok 'one script copies everything' wait_for 7200 is_copied || pipeline_diag run
copied=$SECONDS
ok 'and is in sync' wait_caught_up src dst shop 600 || pipeline_diag run
diag "pipeline.sh: copied in $((copied - began)) s, in sync after $((SECONDS - began)) s, load $(cut -d ' ' -f 1 /proc/loadavg)"
like "$(grep -h 'everything is copied' "$T/run.1.err")" 'rows in .* s; .* lock' 'it says how long who writes was held up'
diag "$(grep -h 'everything is copied' "$T/run.1.err")"
for program in binlog-tap rowcopy rowfilter rowmap mysql-sink; do
	kib=$(awk '/^VmHWM/ { print $2 }' "/proc/$(find_program $program)/status")
	ok "$program took $kib KiB" test "$kib" -lt 65536
done

# ---- the proof

RUN_LIMIT=7200 exits 0 'source and target are the same, under writes' /usr/bin/time -f '%M %e' rowdiff --source-defaults-file="$T/src.cnf" \
	--target-defaults-file="$T/dst.cnf" --include shop --pipeline shop
diag "$(out)"
read -r kib seconds < <(tail -n 1 "$T/err")
ok "rowdiff took $kib KiB, $seconds s" test "$kib" -lt 65536
q dst "UPDATE shop.orders SET note = CONCAT(note, ' ') WHERE id = $rows DIV 2"
RUN_LIMIT=7200 exits 1 'one blank more in one row' diff_run --include shop.orders --pipeline shop --json
is "$(jq -r 'select(.difference) | .key.id' "$T/out")" $((rows / 2)) 'is found'
pipeline_stop run
is "$CODES" 0 'the script ends cleanly' || pipeline_diag run
server_stop dst
rm -rf "$T/dst"

# ---- what one would use instead

# took NAME SERVER START COMMAND...: onto a server of its own, and from there to where the source is by our programs
took()
{
	local name=$1 server=$2 start=$3 began=$SECONDS loaded sock=SOCK_$2
	shift 3
	ok "$name" "$@"
	loaded=$((SECONDS - began))
	pipeline_start "after_$server" -- "binlog-tap --no-defaults -S $SOCK_src -u root --start-at $start" "mysql-sink --no-defaults -S ${!sock} -u root --pipeline shop"
	ok "$name: in sync" wait_caught_up src "$server" shop 600 || pipeline_diag "after_$server"
	diag "$name: copied in $loaded s, in sync after $((SECONDS - began)) s, load $(cut -d ' ' -f 1 /proc/loadavg)"
	pipeline_stop "after_$server"
}
by_mydumper()
{
	mydumper --socket "$SOCK_src" --user root --database shop --trx-consistency-only --rows 250000 --outputdir "$T/dump" 2>"$T/err" &&
		myloader --socket "$SOCK_two" --user root --directory "$T/dump" 2>"$T/err"
}
by_dump()
{
	mariadb-dump --no-defaults -S "$SOCK_src" -u root --single-transaction --master-data=2 --databases shop 2>"$T/err" |
		tee >(head -n 100 >"$T/head.sql"; cat >/dev/null) | mariadb --no-defaults -S "$SOCK_three" -u root >"$T/out" 2>&1
	[ "${PIPESTATUS[*]}" = '0 0 0' ]
}
server_start two "${target[@]}"
took 'mydumper and myloader' two "mydumper:$T/dump" by_mydumper
server_stop two
rm -rf "$T/two" "$T/dump"
server_start three "${target[@]}"
took 'mariadb-dump and mariadb' three "dump:$T/head.sql" by_dump
done_testing

#!/bin/bash
# --start-at with a dump: which of its two places is taken, on servers with and without GTIDs and of log files; and dumps
# that are missing, unfinished, damaged or no dumps end with 100 and a line that says what is wrong.
# (one client library will do)
. t/lib.sh

tap()
{
	binlog-tap --no-defaults --socket "$SOCK_src" --user root --stop-at now -v "$@"
}
wrong() # WANT POSITION
{
	exits 100 "exit 100: $1" binlog-tap --no-defaults --socket "$T/none" --user root --start-at "$2"
	like "$(err)" "^binlog-tap: error: --start-at: $1" 'and the line says it'
}
wrong "\"$T/none\": No such file or directory" "dump:$T/none"
wrong "\"$T/none\": No such file or directory" "mydumper:$T/none"
mkdir "$T/d" "$T/partial"
wrong "\"$T/d/metadata\": No such file or directory" "mydumper:$T/d"
wrong "\"$T/d\": not a file" "dump:$T/d"
echo 'Started dump at: x' >"$T/partial/metadata.partial"
wrong "\"$T/partial\": the dump was not finished: its metadata is metadata.partial" "mydumper:$T/partial"
mkfifo "$T/fifo"
wrong "\"$T/fifo\": not a file" "dump:$T/fifo"
: >"$T/empty.sql"
wrong "\"$T/empty.sql\": it does not say where in the log it was made: make it with --master-data or --source-data" "dump:$T/empty.sql"
head -c 100000 /dev/urandom >"$T/random"
wrong "\"$T/random\": it does not say where" "dump:$T/random"
wrong "\"$T/random\": it does not say where" "mydumper:$T/random"
# the head is over after this much: what is behind it is not read
{
	printf -- '-- a line\n%.0s' $(seq 500000)
	echo "CHANGE MASTER TO MASTER_LOG_FILE='bin.000001', MASTER_LOG_POS=4;"
} >"$T/long.sql"
wrong "\"$T/long.sql\": it does not say where" "dump:$T/long.sql"

kb()
{
	/usr/bin/env time -f %M binlog-tap --no-defaults --socket "$T/none" --user root --start-at "dump:$1" 2>&1 >/dev/null | tail -n 1
}
{
	head -c 3000 /dev/urandom | base64 -w 0
	echo
	echo "CHANGE MASTER TO MASTER_LOG_FILE='bin.000001', MASTER_LOG_POS=4;"
	seq 10000 | sha1sum | cut -c 1-40
} | gzip >"$T/cut.gz"
head -c 1500 "$T/cut.gz" >"$T/cut2.gz"
wrong "\"$T/cut2.gz\": " "dump:$T/cut2.gz"
cp "$T/cut.gz" "$T/bad.gz"
printf 'XXXX' | dd of="$T/bad.gz" bs=1 seek=900 conv=notrunc 2>/dev/null
wrong "\"$T/bad.gz\": it is not gzip to its end, or could not be read" "dump:$T/bad.gz"
if command -v zstd >/dev/null; then
	gzip -dc "$T/cut.gz" | zstd -q >"$T/bad.zst"
	printf 'XXXX' | dd of="$T/bad.zst" bs=1 seek=3 conv=notrunc 2>/dev/null
	wrong "\"$T/bad.zst\": " "dump:$T/bad.zst"
	head -c 200000000 /dev/zero | zstd -q >"$T/zeros.zst"
	! grep -q __asan_init "$BIN/binlog-tap" && ok 'a bomb takes little memory' test "$(kb "$T/zeros.zst")" -lt 40000
fi
head -c 200000000 /dev/zero | gzip -1 >"$T/zeros.gz"
! grep -q __asan_init "$BIN/binlog-tap" && ok 'one of gzip too' test "$(kb "$T/zeros.gz")" -lt 40000

# ---- which place
server_start src --binlog-row-metadata=FULL
q src 'CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY); INSERT INTO d.t VALUES (1)'
mapfile -t here < <(end_of_log src)
q src 'INSERT INTO d.t VALUES (2)'
both() # FILE OFFSET GTID
{
	printf '[source]\nFile = %s\nPosition = %s\nExecuted_Gtid_Set = "%s"\n' "$@" >"$T/both"
}
both "${here[@]}"
exits 0 'with both, MariaDB' tap --start-at "mydumper:$T/both"
like "$(err)" "from gtid:${here[2]}" 'the GTID set'
is "$(rowdump "$T/out" | jq -c 'select(.insert) | .new.a')" 2 'is where it was'
both "${here[0]}" "${here[1]}" ''
exits 0 'without GTIDs' tap --start-at "mydumper:$T/both"
like "$(err)" "from ${here[0]}:${here[1]}" 'the place in the log'
is "$(rowdump "$T/out" | jq -c 'select(.insert) | .new.a')" 2 'is where it was'
both "${here[@]}"
q src 'FLUSH BINARY LOGS'
exits 0 'of files' binlog-tap --file "$T/src/data/${here[0]}" --start-at "mydumper:$T/both"
is "$(rowdump "$T/out" | jq -c 'select(.insert) | .new.a')" 2 'the place in the log'
exits 0 'the last --start-at counts' tap --start-at "mydumper:$T/both" --start-at now
is "$(rowdump "$T/out" | jq -c 'select(.insert) | .new.a')" '' 'which is now'
exits 100 'not for --stop-at' binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at earliest --stop-at "mydumper:$T/both"
both "${here[0]}" "${here[1]}" 7b166a41-65a2-11ed-9de3-0800275ff74d:1-5
exits 100 'a set of another kind of server is not passed over' tap --start-at "mydumper:$T/both"
like "$(err)" 'the GTID set to start at is of MySQL, but the server is MariaDB' 'but refused'
both nothing.000001 4711 ''
exits 100 'a log that the server does not have' tap --start-at "mydumper:$T/both"

q src 'CREATE TABLE d.f (f FLOAT); INSERT INTO d.f VALUES (0.123456789)'
like "$(mariadb-dump --no-defaults --socket="$SOCK_src" --user=root d f)" '\(0\.123457\)' 'dumps round a FLOAT, see rowservers(7)'

scripts/getserver mysql-9.7 >/dev/null 2>&1 || {
	skip 'MySQL without GTIDs' 'it cannot be had here'
	done_testing
}
server_start my @mysql-9.7 --gtid-mode=OFF --binlog-row-metadata=FULL
SOCK_src=$SOCK_my
q my 'CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY); INSERT INTO d.t VALUES (1)'
mapfile -t here < <(end_of_log my)
q my 'INSERT INTO d.t VALUES (2)'
both "${here[0]}" "${here[1]}" 7b166a41-65a2-11ed-9de3-0800275ff74d:1-5
exits 0 'with both, MySQL without GTIDs' tap --start-at "mydumper:$T/both"
like "$(err)" "from ${here[0]}:${here[1]}" 'the place in the log'
is "$(rowdump "$T/out" | jq -c 'select(.insert) | .new.a')" 2 'is where it was'
done_testing

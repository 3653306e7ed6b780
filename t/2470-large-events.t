#!/bin/bash
# Events at and over the 16 MiB that a packet of the protocol holds, live and as files, of every server: one byte less,
# just as much, one more, twice that, 40 MiB; in memory that one row needs.
# shellcheck disable=SC2016,SC2034,SC2086 # $live is a command with options
# (one client library will do)
. t/lib.sh

kinds=(mariadb)
for kind in mariadb-11.8 mysql-9.7; do
	if scripts/getserver $kind >/dev/null 2>&1; then
		kinds+=("$kind")
	else
		skip "events of $kind" "$kind cannot be had"
	fi
done
M=$((16 * 1024 * 1024))
n=0
for kind in "${kinds[@]}"; do
	n=$((n + 1))
	s=s$n
	server_start $s @$kind --binlog-row-metadata=FULL --max-allowed-packet=1G --max-binlog-size=1G
	sock=SOCK_$s
	live="binlog-tap --no-defaults --socket ${!sock} --user root"
	# where it can be had no copy of the rows is kept, only the log has them (mariadb-server-core has no such engine)
	engine=BLACKHOLE
	is_mysql $s || q_may $s 'INSTALL SONAME "ha_blackhole"' >/dev/null 2>&1 || engine=MyISAM
	q $s "CREATE DATABASE d; CREATE TABLE d.b (id INT, b LONGBLOB) ENGINE = $engine; FLUSH BINARY LOGS"
	log=$(end_of_log $s | head -n 1)
	# what an event is longer than its blob
	q $s "INSERT INTO d.b VALUES (0, 'x'); FLUSH BINARY LOGS"
	more=$(($(/usr/bin/python3 t/logs.py list "$T/$s/data/$log" | awk '$2 == 23 || $2 == 30 {print $3}') - 1))
	log=$(end_of_log $s | head -n 1)
	# a packet holds one byte of its own before the event
	sizes=()
	lengths=($((M - 2)) $((M - 1)) "$M" $((2 * M - 2)) $((2 * M - 1)))
	more_sizes=($((M - 1)) "$M" $((M + 1)) $((40 * 1024 * 1024)))
	# one kind of MariaDB is enough for all of them
	[ "$kind" != mariadb-11.8 ] || lengths=($((M - 2)) $((M - 1))) more_sizes=($((40 * 1024 * 1024)))
	for len in "${lengths[@]}"; do
		sizes+=($((len - more)))
	done
	sizes+=("${more_sizes[@]}")
	for size in "${sizes[@]}"; do
		echo "INSERT INTO d.b VALUES ($size, REPEAT(CHAR(97 + $size % 23), $size));"
	done >"$T/sql"
	q_file $s "$T/sql" --max-allowed-packet=1G
	q $s "BEGIN; INSERT INTO d.b VALUES (1, 'sssss'); INSERT INTO d.b VALUES ($M, REPEAT('u', $M)); INSERT INTO d.b VALUES (2, 'sssss'); COMMIT; FLUSH BINARY LOGS" --max-allowed-packet=1G
	is "$(/usr/bin/python3 t/logs.py list "$T/$s/data/$log" | awk '($2 == 23 || $2 == 30) && $3 > 1000 {print $3}' | head -n "${#lengths[@]}" | paste -sd ' ')" \
		"${lengths[*]}" "$kind: events around the length of a packet"
	rows()
	{
		rowdump "$1" | /usr/bin/python3 -c '
import sys
for line in sys.stdin.buffer:
    if line.startswith(b"{\"insert\":\"d.b\""):
        at = line.index(b"\"b64\":\"") + 7
        end = line.index(b"\"", at)
        same = line.count(line[at:at + 4], at, end) * 4 >= end - at - 4
        print(int(line[line.index(b"\"id\":") + 5:at].split(b",")[0]), (end - at) // 4 * 3 - line.count(b"=", end - 2, end), same)'
	}
	for size in "${sizes[@]}"; do
		echo "$size $size True"
	done >"$T/want"
	printf '%s\n' '1 5 True' "$M $M True" '2 5 True' >>"$T/want"
	exits 0 "$kind: live" $live --start-at "$log:4" --stop-at now
	rows "$T/out" >"$T/got"
	ok "$kind: each row is whole" cmp "$T/want" "$T/got" || diag "$(diff "$T/want" "$T/got")"
	exits 0 "$kind: the file" binlog-tap --file "$T/$s/data/$log"
	rows "$T/out" >"$T/got"
	ok "$kind: says the same" cmp "$T/want" "$T/got"
	# what a client is told to take at most is not about the log; and the largest row stands in the packet and in the output
	if command -v time >/dev/null && ! grep -aq __asan_init "$BIN/binlog-tap"; then
		kb=$(/usr/bin/env time -f %M $live --max-allowed-packet=1M --start-at "$log:4" --stop-at now 2>&1 >/dev/null | tail -n 1)
		ok "$kind: in $kb KiB, with --max-allowed-packet=1M" test "$kb" -lt 200000
	fi
	server_kill $s
	rm -rf "${T:?}/$s/data" "$T/out"
done
done_testing

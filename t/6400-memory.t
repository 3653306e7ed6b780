#!/bin/bash
# Transactions of a million rows pass in bounded memory: each program stays under 64 MiB.
. t/lib.sh

! grep -q __asan_init "$BIN/mysql-sink" || skip_all 'the sanitizers need memory of their own'
rows=${ROWFERRY_ROWS:-1000000}

server_start src --max-binlog-size=1G
server_start dst
q src "CREATE DATABASE m; USE m; CREATE TABLE big (id INT PRIMARY KEY, v VARCHAR(40), n BIGINT)"
pipeline_start p -- \
	"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at earliest" \
	'rowfilter --include "m.*" --where "new.n >= 0"' \
	'rowmap' \
	"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline m"
q src "USE m; INSERT INTO big SELECT seq, CONCAT('row number ', seq), seq * 3 FROM seq_1_to_$rows"
wait_caught_up src dst m 200 || pipeline_diag p
q src "USE m; UPDATE big SET n = n + 1 WHERE id % 5 = 0; DELETE FROM big WHERE id % 2 = 0"
wait_caught_up src dst m 200 || pipeline_diag p
for program in binlog-tap rowfilter rowmap mysql-sink; do
	peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$(pipeline_pid p $program)/status")
	diag "$program: ${peak:-?} KiB at most"
	ok "$program stays under 64 MiB" test "${peak:-999999}" -lt 65536
done
is "$(q dst 'SELECT COUNT(*), SUM(id), SUM(n), SUM(CRC32(v)) FROM m.big')" "$(q src 'SELECT COUNT(*), SUM(id), SUM(n), SUM(CRC32(v)) FROM m.big')" 'and the rows are there'
pipeline_stop p
is "$CODES" '0 0 0 0' 'every program ended well' || pipeline_diag p
done_testing

#!/bin/bash
# An undo that is applied by mysql-sink is killed again and again, and started anew each time: each transaction is undone
# once, tables without a key included.
# (one client library will do)
. t/lib.sh

server_start src --binlog-row-metadata=FULL
/usr/bin/python3 t/data/undo_load.py "$SOCK_src" 11 30 schema || fail 'the tables are made'
state()
{
	local db table
	while IFS=$'\t' read -r db table; do
		echo "$table: $(table_hex src "$db" "$table" | sha1sum)"
	done < <(tables src u)
}
base=$(state)
at=gtid:$(q src 'SELECT @@gtid_binlog_pos')
/usr/bin/python3 t/data/undo_load.py "$SOCK_src" 12 700 work || fail 'the work is done'
isnt "$(state)" "$base" 'there is something to undo'
binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$at" --stop-at now --include 'u.*' | rowundo >"$T/undo.rows"
trx=$(rowdump "$T/undo.rows" | grep -c '^{"commit"')
sink="mysql-sink --no-defaults --socket $SOCK_src --user root --pipeline undo --compare-rows --batch-bytes 1"
done_trx() # transactions that are undone: the offset of the checkpoint counts them from 4 on
{
	q src "SELECT off - 4 FROM rowferry.checkpoint WHERE pipeline = 'undo'" 2>/dev/null
}
reached() # N
{
	local n
	n=$(q_may src "SELECT off - 4 FROM rowferry.checkpoint WHERE pipeline = 'undo'" 2>/dev/null) && [ "${n:-0}" -ge "$1" ]
}
kills=0
for part in 1 2 3 5 8 13; do
	PIPELINE_IN=$T/undo.rows pipeline_start undo -- "$sink"
	wait_for 30 reached $((trx * part / 40)) || fail "it goes on after $kills kills"
	pipeline_kill undo 1 KILL
	pipeline_wait undo
	[ "$CODES" != 137 ] || kills=$((kills + 1))
done
ok "killed in its midst, $kills times, at $(done_trx) of $trx" test "$kills" -ge 2
exits 0 'and once to its end' $sink <"$T/undo.rows"
is "$(done_trx)" "$trx" 'all are undone'
is "$(state)" "$base" 'every table is as it was'
done_testing

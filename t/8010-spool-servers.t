#!/bin/bash
# A spool between servers, MariaDB's and MySQL's: two pipelines from one dump connection, a source whose log was purged, a tap
# that is killed, reading back in time.
. t/lib.sh

tap_to() # NAME SERVER [option...]: a tap from where the spool NAME ends into it, as the pipeline in_NAME
{
	local name=$1 sock=SOCK_$2 at
	shift 2
	at=$(rowspool write "$T/spool.$name" --print-position 2>/dev/null) || at=earliest
	pipeline_start "in_$name" -- \
		"binlog-tap --no-defaults --socket ${!sock} --user root --start-at '$at'" \
		"rowspool write $T/spool.$name $*"
}
out_to() # NAME SERVER PIPELINE [filter option...]: a pipeline from the spool to a server, from where that is
{
	local name=$1 server=$2 sock=SOCK_$2 p=$3 at
	shift 3
	at=$(position "$server" "$p") || at=earliest
	pipeline_start "$p" -- \
		"rowspool read $T/spool.$name --start-at '$at' --follow --reader $p" \
		"rowfilter --exclude 'rowferry.*' $*" \
		"mysql-sink --no-defaults --socket ${!sock} --user root --pipeline $p"
}

servers=("src --binlog-row-metadata=FULL" dst dst2)
families=(mariadb)
if "$TOP/scripts/getserver" mysql-9.7 >/dev/null 2>&1; then
	servers+=("src_my @mysql-9.7 --gtid-mode=ON --enforce-gtid-consistency --binlog-row-metadata=FULL" "dst_my @mysql-9.7")
	families+=(mysql)
else
	skip 'MySQL' 'scripts/getserver has no mysql-9.7'
fi
servers_start "${servers[@]}"

for family in "${families[@]}"; do
	s=src d=dst n=$family
	[ "$family" = mariadb ] || { s=src_my d=dst_my; }
	q $s 'CREATE DATABASE sp; CREATE TABLE sp.t (id INT PRIMARY KEY, v VARCHAR(50)); CREATE TABLE sp.u (id INT PRIMARY KEY, v INT)'
	q $s 'INSERT INTO sp.t VALUES (1, "one"), (2, "two"); INSERT INTO sp.u VALUES (1, 10)'
	# --follow before there is anything
	mkdir "$T/spool.$n"
	out_to "$n" $d "all_$n"
	tap_to "$n" $s --segment-size 32K
	ok "$family: rows arrive through the spool" wait_caught_up $s $d "all_$n" || pipeline_diag "all_$n"
	same_data $s $d "$family: the same" sp
	q $s 'XA START "x1"; INSERT INTO sp.t VALUES (7, "seven"); XA END "x1"; XA PREPARE "x1"; XA COMMIT "x1";
		XA START "x2"; INSERT INTO sp.t VALUES (8, "eight"); XA END "x2"; XA PREPARE "x2"; XA ROLLBACK "x2"'
	q $s 'UPDATE sp.t SET v = "eins" WHERE id = 1; DELETE FROM sp.t WHERE id = 2; ALTER TABLE sp.u ADD w INT; INSERT INTO sp.u VALUES (2, 20, 200)'
	ok "$family: and as they come" wait_caught_up $s $d "all_$n" || pipeline_diag "all_$n"
	same_data $s $d "$family: the same again" sp
	# segments
	for i in 1 2 3 4 5 6; do
		q $s "INSERT INTO sp.t SELECT $i * 1000 + n, REPEAT('x', 40) FROM (WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n FROM s) AS s"
	done
	ok "$family: over many segments" wait_caught_up $s $d "all_$n" || pipeline_diag "all_$n"
	ok "$family: they are many" test "$(find "$T/spool.$n" -name '*.rows' | wc -l)" -gt 3
	same_data $s $d "$family: the same over segments" sp
	exits 0 "$family: verify, while it is written" rowspool verify "$T/spool.$n"

	# the spool goes on without the source's log
	pipeline_stop "all_$n"
	is "$CODES" '0 0 0' "$family: the reading end stops cleanly" || pipeline_diag "all_$n"
	if [ "$family" = mysql ]; then
		q $s 'FLUSH BINARY LOGS; INSERT INTO sp.u VALUES (3, 30, 300)'
		last=$(q $s 'SHOW BINARY LOG STATUS' | cut -f 1)
	else
		q $s 'FLUSH BINARY LOGS; INSERT INTO sp.u VALUES (3, 30, 300)'
		last=$(q $s 'SHOW MASTER STATUS' | cut -f 1)
	fi
	mapfile -t log < <(end_of_log $s)
	spooled()
	{
		local p
		p=$(rowspool write "$T/spool.$n" --print-position) || return 1
		if [ "$family" = mysql ]; then
			[ "$(q $s "SELECT GTID_SUBSET('${log[2]}', '${p#gtid:}')")" = 1 ]
		else
			gtid_reached "${p#gtid:}" "${log[2]}"
		fi
	}
	ok "$family: the spool has all" wait_for 20 spooled
	purged()
	{
		q_may $s "PURGE BINARY LOGS TO '$last'" 2>/dev/null
		[ "$(q $s 'SHOW BINARY LOGS' | head -n 1 | cut -f 1)" = "$last" ]
	}
	ok "$family: the source's log is purged" wait_for 20 purged
	out_to "$n" $d "all_$n"
	ok "$family: the pipeline goes on all the same" wait_caught_up $s $d "all_$n" || pipeline_diag "all_$n"
	same_data $s $d "$family: the same, from the spool alone" sp

	# a second pipeline, from the beginning, into another server
	if [ "$family" = mariadb ]; then
		out_to "$n" dst2 second_$n '--include sp.t'
		ok "$family: a second pipeline, from the spool's beginning" wait_caught_up $s dst2 second_$n || pipeline_diag second_$n
		is "$(table_hex dst2 sp t)" "$(table_hex $s sp t)" "$family: it has its table"
		is "$(rowspool list "$T/spool.$n" | awk '$1 == "reader" { print $2, ($4 > 0) }')" $'all_mariadb 1\nsecond_mariadb 1' "$family: both are listed"
		is "$(q $s "SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'")" 1 "$family: over one dump connection"
	fi

	# the tap dies; the writer closes, the readers wait, all go on
	pipeline_kill "in_$n" binlog-tap KILL
	pipeline_wait "in_$n"
	is "$CODES" '137 111' "$family: a tap that is killed" || pipeline_diag "in_$n"
	q $s 'INSERT INTO sp.u VALUES (4, 40, 400)'
	ok "$family: readers go on" pipeline_running "all_$n"
	tap_to "$n" $s
	ok "$family: the next writer goes on" wait_caught_up $s $d "all_$n" || pipeline_diag "in_$n"
	same_data $s $d "$family: the same behind it" sp

	# back in time
	now=$(q $s 'SELECT DATE_FORMAT(UTC_TIMESTAMP(), "%Y-%m-%dT%H:%i:%sZ")')
	later()
	{
		[ "$(q $s 'SELECT DATE_FORMAT(UTC_TIMESTAMP(), "%Y-%m-%dT%H:%i:%sZ")')" != "$now" ]
	}
	wait_for 5 later
	now=$(q $s 'SELECT DATE_FORMAT(UTC_TIMESTAMP(), "%Y-%m-%dT%H:%i:%sZ")')
	q $s 'INSERT INTO sp.u VALUES (5, 50, 500)'
	ok "$family: rows at a time" wait_caught_up $s $d "all_$n"
	is "$(rowspool read "$T/spool.$n" --start-at "time:$now" | rowdump | jq -c 'select(.insert) | .new')" '{"id":5,"v":50,"w":500}' "$family: are found by it"
	[ "$family" != mariadb ] || pipeline_stop second_$n
	pipeline_stop "all_$n"
	is "$CODES" '0 0 0' "$family: the end" || pipeline_diag "all_$n"
	pipeline_stop "in_$n"
	is "$CODES" '0 0' "$family: of both" || pipeline_diag "in_$n"
	exits 0 "$family: all is whole" rowspool verify "$T/spool.$n"
	same_data $s $d "$family: and the same" sp
done
done_testing

#!/bin/bash
# Names of log files: past .999999, with another base name after a restart, missing between two others; offsets before
# the first event. Regressions: a --stop-at in a log of another base name ended the stream at once, and without a word
# a file that was left out between two others was not missed after a restart.
# shellcheck disable=SC2016,SC2046,SC2034,SC2086,SC2119,SC2120 # $tap is a command with options; conditions are for eval
# (one client library will do)
. t/lib.sh

kinds=(mariadb)
if ROWFERRY_SERVERS=${ROWFERRY_SERVERS:-} scripts/getserver mysql-9.7 >/dev/null 2>&1; then
	kinds+=(mysql-9.7)
else
	skip 'MySQL too' 'mysql-9.7 cannot be had'
fi

ids() # [FILE]
{
	rowdump "${1:-$T/out}" 2>/dev/null | sed -nE 's/.*"new":\{"id":([0-9]+).*/\1/p' | paste -sd ' '
}
end_place()
{
	rowdump "$T/out" | sed -nE 's/^\{"end":\{"file":"([^"]*)","off":([0-9]+),.*/\1:\2/p'
}
files() # NAME...: as paths
{
	local f
	for f; do
		printf '%s\n' "$T/$s/data/$f"
	done
}

for kind in "${kinds[@]}"; do
	s=${kind%%-*}
	server_start $s @$kind --binlog-row-metadata=FULL
	sock=SOCK_$s
	tap="binlog-tap --no-defaults --socket ${!sock} --user root --heartbeat 0.2"
	q $s 'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); INSERT INTO d.t VALUES (1)'
	server_stop $s
	# the number of the next log follows that of the last in the index
	last=$(tail -n 1 "$T/$s/data/bin.index")
	mv "$T/$s/data/$last" "$T/$s/data/bin.999999"
	grep -vF "${last#./}" "$T/$s/data/bin.index" >"$T/index"
	(cd "$T/$s/data" && grep -oE 'bin\.[0-9]+' "$T/index" | xargs -r rm --)
	echo ./bin.999999 >"$T/$s/data/bin.index"
	server_start $s
	q $s 'INSERT INTO d.t VALUES (2); FLUSH BINARY LOGS; INSERT INTO d.t VALUES (3)'
	is "$(q $s 'SHOW BINARY LOGS' | cut -f 1 | paste -sd ' ')" 'bin.999999 bin.1000000 bin.1000001' "$kind: logs past .999999"
	exits 0 "$kind: are followed" $tap --start-at earliest --stop-at now
	is "$(ids)" '1 2 3' "$kind: in their order"
	exits 0 "$kind: --stop-at between them" $tap --start-at bin.999999:4 --stop-at bin.1000001:4
	is "$(ids)" '1 2' "$kind: is where it says"
	exits 0 "$kind: --start-at too" $tap --start-at bin.1000000:4 --stop-at bin.1000001:4
	is "$(ids)" '2' "$kind: and nothing before"
	exits 0 "$kind: their files" binlog-tap --file $(files bin.999999 bin.1000000 bin.1000001)
	is "$(ids)" '1 2 3' "$kind: are read in that order"
	exits 0 "$kind: --stop-at in files" binlog-tap --file $(files bin.999999 bin.1000000 bin.1000001) --stop-at bin.1000000:4
	is "$(ids)" '1' "$kind: too"
	exits 100 "$kind: in the order in which a shell's pattern names them" binlog-tap --file "$T/$s/data"/bin.*[0-9]
	like "$(err)" 'error: "[^"]*/bin.999999" was given after "[^"]*/bin.1000001": its transactions come before those' "$kind: they are refused"
	exits 0 "$kind: as ls -v names them" binlog-tap --file $(ls -v "$T/$s/data"/bin.*[0-9])
	is "$(ids)" '1 2 3' "$kind: they are right"
	exits 100 "$kind: without the one in the middle" binlog-tap --file $(files bin.999999 bin.1000001)
	is "$(err)" "binlog-tap: error: \"$T/$s/data/bin.1000001\" was given after \"$T/$s/data/bin.999999\": the log between them is missing
binlog-tap: hint: give all files, in their order, by their own names" "$kind: it is missed"
	is "$(out)" '' "$kind: before anything is written"

	# offsets before the first event mean the first event, as to the servers
	for off in 0 1 2 3; do
		t_quiet exits 0 x $tap --start-at bin.1000000:$off --stop-at bin.1000001:$off || break
		[ "$(ids) $(end_place)" = "2 bin.1000001:4" ] || break
		t_quiet exits 0 x binlog-tap --start-at bin.1000000:$off --stop-at bin.1000001:$off --file $(files bin.999999 bin.1000000 bin.1000001)
		[ "$(ids) $(end_place)" = "2 bin.1000001:4" ] || break
	done
	is "$off $(ids)" '3 2' "$kind: offsets 0 to 3 are that of the first event, live and in files" || diag "$(err)"

	# another base name, while it is followed; the index goes on
	$tap --start-at earliest >"$T/follow.$s" 2>"$T/follow.$s.err" &
	pid=$!
	t_own $pid
	wait_for 20 eval '[ "$(ids "$T/follow.$s")" = "1 2 3" ]' && pass "$kind: a stream follows"
	server_stop $s
	server_start $s --binlog-row-metadata=FULL --log-bin=other --log-bin-index=bin.index
	q $s 'INSERT INTO d.t VALUES (4); FLUSH BINARY LOGS; INSERT INTO d.t VALUES (5)'
	is "$(q $s 'SHOW BINARY LOGS' | cut -f 1 | tail -n 3 | paste -sd ' ')" 'bin.1000001 other.000001 other.000002' "$kind: the server has another --log-bin"
	wait_for 30 eval '[ "$(ids "$T/follow.$s")" = "1 2 3 4 5" ]' && pass "$kind: the stream goes on, by file and offset" || diag "$(cat "$T/follow.$s.err")"
	kill $pid
	wait $pid
	is $? 0 "$kind: and ends well"
	exits 0 "$kind: from before it to now" $tap --start-at earliest --stop-at now
	is "$(ids)" '1 2 3 4 5' "$kind: is all of it"
	exits 0 "$kind: --stop-at in a log of the new name" $tap --start-at bin.1000000:4 --stop-at other.000002:4
	is "$(ids)" '2 3 4' "$kind: is where it says"
	exits 0 "$kind: --stop-at in one of the old name" $tap --start-at earliest --stop-at bin.1000001:4
	is "$(ids)" '1 2' "$kind: too"
	exits 0 "$kind: and behind it, when it is passed already" $tap --start-at other.000001:4 --stop-at bin.1000001:4
	is "$(ids)" '' "$kind: is nothing"
	exits 100 "$kind: --stop-at in a log that never was" $tap --start-at earliest --stop-at nothing.000001:4
	like "$(err)" 'error: cannot stop at nothing.000001:4: the server has no log of that name' "$kind: is refused"
	exits 0 "$kind: files of both names" binlog-tap --file $(files bin.999999 bin.1000000 bin.1000001 other.000001 other.000002) --start-at bin.1000001:4 --stop-at other.000002:4
	is "$(ids)" '3 4' "$kind: are read in the order given"
	exits 100 "$kind: a file that does not follow the last one's word" binlog-tap --file $(files bin.999999 bin.1000000 other.000001)
	is "$(head -n 1 "$T/err")" 'binlog-tap: error: the log that comes next is "bin.1000001", but "other.000001" was given' "$kind: is refused"
	exits 100 "$kind: --stop-at in a file that was not given" binlog-tap --file $(files bin.1000001 other.000001) --stop-at third.000001:4
	like "$(err)" 'cannot stop at third.000001:4: that file is not among those given' "$kind: is refused"

	# with an index of its own the server knows the logs of the old name no more
	old=$(q $s 'SHOW BINARY LOGS' | tail -n 1 | cut -f 1)
	[ $s = mariadb ] || set_before=$(q $s 'SELECT REPLACE(@@GLOBAL.gtid_executed, "\n", "")' --raw | tr -d '\n')
	server_stop $s
	server_start $s --binlog-row-metadata=FULL --log-bin=third
	q $s 'INSERT INTO d.t VALUES (6)'
	is "$(q $s 'SHOW BINARY LOGS' | cut -f 1)" 'third.000001' "$kind: another --log-bin with an index of its own"
	exits 100 "$kind: a position in the old ones" $tap --start-at "$old:4" --stop-at now
	like "$(err)" 'cannot start there, the server does not have that log file' "$kind: is refused, not jumped over"
	if [ $s = mysql ]; then
		exits 0 "$kind: a GTID set" $tap --start-at "gtid:$set_before" --stop-at now
		is "$(ids)" '6' "$kind: goes on"
	fi
done
done_testing

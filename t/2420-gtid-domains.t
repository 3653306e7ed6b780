#!/bin/bash
# MariaDB's GTID domains: several at once, several servers in a domain, numbers that go back; resumed anywhere, live, from
# files and onto a target. Regression: from a start at a set, transactions with a lower number that came later in the log
# were left out without a word.
# shellcheck disable=SC2016,SC2034,SC2086 # $live and $files are commands with options; conditions are for eval
# (one client library will do)
. t/lib.sh

server_start src --binlog-row-metadata=FULL --gtid-strict-mode=OFF
server_start dst
id=$(q src 'SELECT @@server_id')
live="binlog-tap --no-defaults --socket $SOCK_src --user root"
ids()
{
	rowdump "$T/out" | sed -nE 's/.*"insert":"d.t".*"new":\{"id":([0-9]+).*/\1/p' | paste -sd ' '
}
q src "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)"
q src "SET gtid_domain_id = 1; INSERT INTO d.t VALUES (1); SET gtid_domain_id = 4294967295, server_id = 4294967295; INSERT INTO d.t VALUES (2);
	SET gtid_domain_id = 1, server_id = 77; INSERT INTO d.t VALUES (3), (4); SET gtid_domain_id = 0, server_id = $id; INSERT INTO d.t VALUES (5);
	FLUSH BINARY LOGS; SET gtid_domain_id = 4294967295, gtid_seq_no = 9000000000000000000; INSERT INTO d.t VALUES (6);
	SET gtid_domain_id = 2, server_id = 78; INSERT INTO d.t VALUES (7); SET gtid_domain_id = 1; INSERT INTO d.t VALUES (8);
	FLUSH BINARY LOGS; SET server_id = $id, gtid_domain_id = 0; INSERT INTO d.t VALUES (9); SET gtid_domain_id = 2; INSERT INTO d.t VALUES (10)"
q src 'FLUSH BINARY LOGS'
files="binlog-tap --file $T/src/data/bin.000001 $T/src/data/bin.000002 $T/src/data/bin.000003"
exits 0 'six domains and servers' $live --start-at earliest --stop-at now
cp "$T/out" "$T/all"
is "$(ids)" '1 2 3 4 5 6 7 8 9 10' 'in the order of the log'
is "$(rowdump "$T/all" | jq -r 'select(.begin) | [.begin.gtid, .begin.server_id] | join(" ")' | tail -n +3)" "1-$id-1 $id
4294967295-4294967295-1 4294967295
1-77-2 77
0-$id-3 $id
4294967295-$id-9000000000000000000 $id
2-78-1 78
1-78-3 78
0-$id-4 $id
2-$id-2 $id" 'each with its domain, server and number'

# the set after each transaction, and what comes behind it
mapfile -t gtids < <(rowdump "$T/all" | jq -r 'select(.begin) | .begin.gtid')
mapfile -t last < <(rowdump "$T/all" | jq -r 'if .begin then "begin" elif .insert then .new.id else empty end' | awk '$1 == "begin" {if (NR > 1) print n; next} {n = $1} END {print n}')
set_of() # NUMBER: after that many transactions
{
	printf '%s\n' "${gtids[@]:0:$1}" | awk -F- '{s[$1] = $0} END {for (d in s) print s[d]}' | sort -t- -k1n | paste -sd ,
}
for how in live files; do
	for ((n = 1; n < ${#gtids[@]}; n++)); do
		t_quiet exits 0 x ${!how} --start-at "gtid:$(set_of $n)" --stop-at now || break
		[ "$(ids)" = "$(seq -s ' ' $((${last[n - 1]:-0} + 1)) 10)" ] || break
		is_hello=$(rowdump "$T/out" | head -n 1 | jq -r .hello.gtid)
		[ "$is_hello" = "$(set_of $n)" ] || break
	done
	is "$n $(set_of "$n")" "11 $(set_of 11)" "$how: resumed from the set after each transaction, with what follows it and nothing else" || diag "$(ids) $is_hello $(err)"
	exits 0 "$how: a domain that is ahead of the others" ${!how} --start-at "gtid:${gtids[3]},0-$id-4" --stop-at now
	is "$(ids)" '1 3 4 6 7 8 10' "$how: has its own place"
	exits 0 "$how: domains that are not in the set" ${!how} --start-at "gtid:0-$id-4" --stop-at now
	is "$(ids)" '1 2 3 4 6 7 8 10' "$how: come from their beginning"
	exits 0 "$how: --stop-at a set" ${!how} --start-at earliest --stop-at "gtid:1-77-2,4294967295-4294967295-1"
	is "$(ids)" '1 2 3 4' "$how: ends when all of it was seen"
done

# onto a target in pieces, cut at any transaction: the checkpoint is right in each domain
sink="mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline p"
at=earliest
for ((n = 1; n <= ${#gtids[@]}; n += 2)); do
	t_quiet exits 0 x bash -c "set -o pipefail; $live --start-at '$at' --stop-at 'gtid:$(set_of "$n")' | $sink" || break
	at=$(position dst p)
	[ "$at" = "gtid:$(set_of "$n")" ] || break
done
is "$n $at" "13 gtid:$(set_of 11)" 'a target that is fed piece by piece knows each domain' || diag "$(err)"
same_data src dst 'and has every row once' d
pipeline_start p -- "$live --start-at $at" "$sink"
for ((i = 0; i < 30; i++)); do
	echo "SET gtid_domain_id = $((i % 4)), server_id = $((100 + i % 3)); INSERT INTO d.t VALUES ($((100 + i)));"
done >"$T/more.sql"
q_file src "$T/more.sql"
ok 'follows' wait_caught_up src dst p || pipeline_diag p
pipeline_stop p
is "$CODES" '0 0' 'and ends well'
is "$(position dst p)" "gtid:$(q src 'SELECT @@gtid_binlog_pos')" 'at the place where the source is, in every domain'
same_data src dst 'with the same rows' d

# numbers that go back: servers that do not know of each other write one domain
q src "RESET MASTER; TRUNCATE d.t"
q src "SET gtid_seq_no = 100; INSERT INTO d.t VALUES (1); SET server_id = 77, gtid_seq_no = 50; INSERT INTO d.t VALUES (2); INSERT INTO d.t VALUES (3); SET gtid_domain_id = 5; INSERT INTO d.t VALUES (4);
	SET gtid_domain_id = 0, server_id = 78, gtid_seq_no = 40; INSERT INTO d.t VALUES (5); INSERT INTO d.t VALUES (6)"
exits 0 'numbers that go back' $live --start-at earliest --stop-at now
mapfile -t gtids < <(rowdump "$T/out" | jq -r 'select(.begin) | .begin.gtid')
is "${gtids[*]}" "0-$id-1 0-$id-100 0-77-50 0-77-101 5-77-1 0-78-40 0-78-102" 'are those of the log'
q src 'FLUSH BINARY LOGS'
files="binlog-tap --file $T/src/data/bin.000001"
for how in live files; do
	for ((n = 1; n < 7; n++)); do
		t_quiet exits 0 x ${!how} --start-at "gtid:$(set_of $n)" --stop-at now || break
		[ "$(ids)" = "$(seq -s ' ' "$n" 6)" ] || break
	done
	is "$n $(ids)" '7 6' "$how: resumed from the set after each transaction, nothing is left out" || diag "$(err)"
done
exits 100 'files: a GTID that is not in them, among such numbers' $files --start-at "gtid:0-9-60"
like "$(err)" "error: cannot start at gtid:0-9-60: it is not in the files, so what is behind it cannot be told \(0-78-102\?\)" 'is refused, not guessed'
exits 100 'live: too' $live --start-at gtid:0-9-60 --stop-at now
like "$(err)" "cannot start there, the server's log does not have that GTID" 'by the server'
# a connection that is lost while one domain is still ahead
threads()
{
	q src "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%' LIMIT 1"
}
mkfifo "$T/slow"
q src "SET gtid_domain_id = 5; INSERT INTO d.t SELECT seq FROM d.seq_1001_to_801000; INSERT INTO d.t VALUES (7); SET gtid_domain_id = 0; INSERT INTO d.t VALUES (8)"
$live --start-at "gtid:0-$id-100" --stop-at now >"$T/slow" 2>"$T/slow.err" &
pid=$!
t_own $pid
{
	head -c 150000
	wait_for 20 eval '[ -n "$(threads)" ]'
	q src "KILL $(threads)"
	cat
} <"$T/slow" >"$T/out"
wait $pid
is $? 0 'a connection that is lost'
ok 'in the midst of a transaction' grep -q 'lost the connection' "$T/slow.err"
is "$(ids | tr ' ' '\n' | grep -vE '^[0-9]{4,}$' | paste -sd ' ') $(ids | wc -w)" '2 3 4 5 6 7 8 800007' 'goes on with every domain where it was'
done_testing

#!/bin/bash
# Logs of MySQL 5.6, 5.7, 8.0 and 8.4, made of the documented bytes (t/logs.py): what differs between versions is read, what may
# be passed over is, what must not be stops the stream. MySQL's own mysqlbinlog reads the same rows in them; and what
# servers write beside rows: a session that compresses in a log that is not compressed, a replica's log.
# shellcheck disable=SC2016,SC2034,SC2086 # $tap is a command with options
. t/lib.sh

need_server mysql-9.7
server_start my @mysql-9.7 --binlog-row-metadata=FULL --binlog-rows-query-log-events=ON
mysqlbinlog=$(scripts/getserver mysql-9.7)/cmd/mysqlbinlog
tap="binlog-tap --no-defaults --socket $SOCK_my --user root --annotate"
columns="id INT UNSIGNED PRIMARY KEY, n BIGINT, v VARCHAR(20) CHARACTER SET utf8mb4, c CHAR(5) CHARACTER SET latin1, e ENUM('x','yy') CHARACTER SET latin1, s SET('p','q') CHARACTER SET latin1,
	dt DATETIME(3), ts TIMESTAMP NULL, tm TIME(6), de DECIMAL(10,2), f FLOAT, db DOUBLE, bi BIT(9), bl BLOB, y YEAR"
gist()
{
	rowdump "$T/out" | jq -c 'if .insert then ["i", .new] elif .update then ["u", .old, .new] elif .delete then ["d", .old] elif .ddl then ["ddl", .ddl.sql, .ddl.env] elif .note then ["n", .note.sql] elif .commit then ["c", .commit.rows] else empty end'
}
one='"id":4294967295,"n":-2,"v":"é😀","c":"café","e":"yy","s":"p,q","dt":"2024-02-29 12:34:56.789","ts":"2023-11-14 22:13:20","tm":"-00:00:00.000001","de":"1234.45","f":1.5,"db":-2.5,"bi":257,"bl":{"b64":"AAE="},"y":2024'
none='"id":1,"n":null,"v":null,"c":null,"e":null,"s":null,"dt":null,"ts":null,"tm":null,"de":null,"f":null,"db":null,"bi":null,"bl":null,"y":null'
want()
{
	local j=',"j":"{\"a\": 1}"' j2=',"j":"{\"a\": \"x\"}"' jn=',"j":null'
	[ "$1" != 5.6 ] || j='' j2='' jn=''
	cat <<-JSON
		["ddl","CREATE TABLE t (id INT)",{"sql_mode":1073741824,"fk":true,"uniq":true,"cs":45,"cl":45,"cserver":8,"tz":"SYSTEM"}]
		["c",0]
		["n","INSERT INTO t ..."]
		["i",{$one$j}]
		["i",{$none$jn}]
		["u",{$one$j},{${one/é😀/changed}$j2}]
		["d",{$none$jn}]
		["c",4]
	JSON
}
first() # of the events of a type: its GTID, times, numbers
{
	rowdump "$T/out" | jq -r 'select(.begin).begin | "\(.gtid) \(.ts) \(.server_id)"' | tail -n 1
}

log=$T/next.000001
for how in 5.6 5.7 8.0 8.4 '5.6 v1' '5.7 v1 nocrc' '8.0 v1' '8.0 nocrc' '8.0 replica' '8.4 replica' '8.0 extra' '8.4 extra' '8.0 odd' '8.4 odd nocrc' '8.0 partial' '8.4 partial nocrc'; do
	read -r version options <<<"$how"
	/usr/bin/python3 t/logs.py mysql $version "$log" $options
	with=()
	case $version in
	5.6) # no metadata at all: a server that has the table is asked
		q my "DROP DATABASE IF EXISTS d; CREATE DATABASE d; CREATE TABLE d.t ($columns)"
		read -ra with <<<"$tap"
		;;
	5.7)
		q my "DROP DATABASE IF EXISTS d; CREATE DATABASE d; CREATE TABLE d.t ($columns, j JSON)"
		read -ra with <<<"$tap"
		;;
	*) with=(binlog-tap --annotate) ;;
	esac
	exits 0 "$how" "${with[@]}" --file "$log"
	is "$(gist | sed -E 's/,"(edt|defs)":[^]}]*\]?//g')" "$(want $version)" "$how: says what is in it"
	case $how in
	5.*) is "$(first)" '3e11fa47-71ca-11e1-9e33-c80aa9429562:6 1700000001000000 1' "$how: GTID and time" ;;
	*replica) is "$(first)" '3e11fa47-71ca-11e1-9e33-c80aa9429562:6 1700000001000006 42' "$how: GTID, time of the commit here, the server it was first committed on" ;;
	*) is "$(first)" '3e11fa47-71ca-11e1-9e33-c80aa9429562:6 1700000001000006 1' "$how: GTID and time" ;;
	esac
	like "$(rowdump "$T/out" | head -n 1)" "\"server\":\"$version\.[0-9]+.*\"gtid\":\"3e11fa47-71ca-11e1-9e33-c80aa9429562:1-4\"" "$how: whose log it is, and what was executed before"
	# a peer that knows the format
	case $how in
	*odd* | *v1*) ;; # it looks into events that are made up; and its version knows no events of version 1 any more
	*)
		"$mysqlbinlog" --no-defaults --verify-binlog-checksum --force-if-open -v "$log" >"$T/peer" 2>"$T/peer.err"
		is "$?" 0 "$how: mysqlbinlog reads it too" || diag "$(head -n 5 "$T/peer.err")"
		is "$(grep -ac '^### \(INSERT\|UPDATE\|DELETE\)' "$T/peer")$(grep -ac "^###   @3='changed'" "$T/peer")$(grep -ac "^###   @7='2024-02-29 12:34:56.789'" "$T/peer")" 413 "$how: and finds those rows"
		;;
	esac
done
/usr/bin/python3 t/logs.py mysql 8.0 "$log" incident
exits 100 'an incident' binlog-tap --file "$log"
like "$(err)" 'error: the source logged an incident \(LOST\) at next.000001:[0-9]+'$'\n''.*hint: changes may be missing' 'stops the stream'
/usr/bin/python3 t/logs.py mysql 8.0 "$log" unknown
exits 100 'an event that is not known and not marked to be passed over' binlog-tap --file "$log"
like "$(err)" 'error: event of type 60 \(not known\), which this version cannot read and which must not be passed over at next.000001:[0-9]+' 'too'
# MariaDB 12.3 cuts rows of more than 1 GiB into pieces, which no server here does
/usr/bin/python3 t/logs.py maria "$log" 172
exits 100 'rows in pieces, of MariaDB 12.3' binlog-tap --file "$log"
like "$(err)" 'error: rows are logged in pieces \(PARTIAL_ROW_DATA event\), which this version does not put together at next.000001:[0-9]+' 'stop it'
/usr/bin/python3 t/logs.py maria "$log" 173
exits 100 'an event of a newer MariaDB' binlog-tap --file "$log"
like "$(err)" 'error: event of type 173 \(not known\), which this version cannot read' 'too'

# a session that compresses, in a log that does not; and rows of it without their texts
at=$(end_of_log my | sed -n '1h;2{H;x;s/\n/:/;p}')
q my "CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v TEXT); INSERT INTO s.t VALUES (1, 'plain');
	SET SESSION binlog_transaction_compression = ON; INSERT INTO s.t VALUES (2, REPEAT('x', 1000)); BEGIN; INSERT INTO s.t VALUES (3, 'y'); UPDATE s.t SET v = REPEAT('z', 2000) WHERE id < 3; COMMIT;
	SET SESSION binlog_rows_query_log_events = OFF; DELETE FROM s.t WHERE id = 1; CREATE TABLE s.u (id INT); SET SESSION binlog_transaction_compression = OFF; INSERT INTO s.t VALUES (4, 'plain')"
exits 0 'a session that compresses' $tap --start-at "$at" --stop-at now
is "$(rowdump "$T/out" | jq -r 'if .insert or .update or .delete then "\(.insert // .update // .delete) \((.new // .old) | .id)" elif .note then "note" elif .ddl then .ddl.verb else empty end' | paste -sd,)" \
	'create database,create table,note,s.t 1,note,s.t 2,note,s.t 3,note,s.t 1,s.t 2,s.t 1,create table,s.t 4' 'is read as the others are'
is "$(q my "SHOW BINLOG EVENTS IN '${at%:*}'" | cut -f 3 | grep -c Transaction_payload)" 3 'and did compress'

# a transaction that is compressed to little, and one that is more than 16 MiB compressed
q my 'SET GLOBAL max_allowed_packet = 1073741824; FLUSH BINARY LOGS'
q my "SET SESSION binlog_transaction_compression = ON, cte_max_recursion_depth = 100000, binlog_rows_query_log_events = OFF; BEGIN; INSERT INTO s.t WITH RECURSIVE n AS (SELECT 10 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 1009) SELECT x, REPEAT('a', 60000) FROM n;
	INSERT INTO s.t WITH RECURSIVE n AS (SELECT 2000 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 3299) SELECT x, HEX(CONCAT($(for i in {1..15}; do printf 'RANDOM_BYTES(1000),'; done) RANDOM_BYTES(1000))) FROM n; COMMIT" --max-allowed-packet=1G ||
	q my "SELECT 1"
read -r file size _ <<<"$(end_of_log my | paste -sd ' ')"
exits 0 'a compressed transaction' $tap --start-at "$file:4" --stop-at now
is "$(rowdump "$T/out" | grep -c '^{"insert":"s.t"')" 2300 "of $size bytes is read whole"
sums()
{
	jq -r 'select(.insert == "s.t") | "\(.new.id) \(.new.v)"' | sha256sum
}
is "$(rowdump "$T/out" | sums)" "$(q my "SELECT CONCAT(id, ' ', v) FROM s.t WHERE id BETWEEN 10 AND 3299 ORDER BY id" --quick | sha256sum)" 'and right'
largest=$(/usr/bin/python3 t/logs.py list "$T/my/data/$file" | awk '$2 == 40 {print $3}')
ok "its event has $largest bytes" test "$largest" -gt 16777216
exits 0 'its file' binlog-tap --file "$T/my/data/$file"
is "$(rowdump "$T/out" | grep -c '^{"insert":"s.t"')" 2300 'says the same'

# a replica's log: the transactions of another server, with its number, GTIDs and times
server_start rep @mysql-9.7 --binlog-row-metadata=FULL --log-replica-updates=ON
q my "CREATE USER repl IDENTIFIED BY 'x'; GRANT REPLICATION SLAVE ON *.* TO repl"
q my 'FLUSH BINARY LOGS; CREATE DATABASE r; CREATE TABLE r.t (id INT PRIMARY KEY)'
set_before=$(end_of_log my | sed -n 3p)
q rep "RESET BINARY LOGS AND GTIDS; SET GLOBAL gtid_purged = '$set_before'; CREATE DATABASE r; CREATE TABLE r.t (id INT PRIMARY KEY);
	CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = $PORT_my, SOURCE_USER = 'repl', SOURCE_PASSWORD = 'x', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; START REPLICA"
q my 'INSERT INTO r.t VALUES (1)'
q my 'BEGIN; INSERT INTO r.t VALUES (2); INSERT INTO r.t VALUES (3); COMMIT'
has3() { [ "$(q rep 'SELECT COUNT(*) FROM r.t')" = 3 ]; }
ok 'a replica replicates' wait_for 30 has3 || diag "$(q rep 'SHOW REPLICA STATUS\G' | grep -i error)"
q rep 'INSERT INTO r.t VALUES (4)'
exits 0 "the replica's log" binlog-tap --no-defaults --socket "$SOCK_rep" --user root --start-at earliest --stop-at now --include r.t
rowdump "$T/out" | jq -c 'if .begin then [.begin.gtid, .begin.server_id] elif .insert then .new.id else empty end' >"$T/rep.txt"
like "$(paste -sd ' ' <"$T/rep.txt")" "\[\"$(q my 'SELECT @@server_uuid'):[0-9]+\",$PORT_my\] 1 \[\"$(q my 'SELECT @@server_uuid'):[0-9]+\",$PORT_my\] 2 3 \[\"$(q rep 'SELECT @@server_uuid'):[0-9]+\",$PORT_rep\] 4" 'has whose each transaction was'
done_testing

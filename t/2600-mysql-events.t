#!/bin/bash
# MySQL's log: each event that it writes is read, plain and compressed, live and from the file, with and without
# checksums, and says what the server holds.
# shellcheck disable=SC2016,SC2034,SC2086 # $tap is a command with options
. t/lib.sh

need_server mysql-9.7
server_start src @mysql-9.7 --binlog-rows-query-log-events=ON
tap="binlog-tap --no-defaults --socket $SOCK_src --user root"
uuid=$(q src 'SELECT @@server_uuid')

rows_only() # FILE: what is the same however the log was read
{
	rowdump "$1" | grep -v '^{"\(hello\|end\|mark\)"'
}
# what is the same however the log was written: no positions, GTIDs, clocks
plain()
{
	rowdump "$1" | grep -E '^\{"(insert|update|delete|table|ddl|savepoint|rollback|note)"' |
		sed -E 's/"(t|f|off|id)":[0-9]+,//g; s/"env":\{.*//; s/`d_[a-z]+`/d/g; s/d_[a-z]+/d/g'
}

cat >"$T/work.sql" <<'SQL'
CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a BIGINT UNSIGNED, b VARCHAR(20) CHARACTER SET latin1, e ENUM('x','yy'), s SET('p','q') CHARACTER SET latin1,
	v VECTOR(3), g GEOMETRY, y YEAR, d DECIMAL(20,5), f FLOAT UNSIGNED, ts TIMESTAMP(6) NULL, bi BIT(12), bl BLOB, UNIQUE KEY (b));
INSERT INTO t VALUES (1, 18446744073709551615, 'é', 'yy', 'p,q', TO_VECTOR('[1,2,3]'), ST_GEOMFROMTEXT('POINT(1 2)', 4326), 2155, -1.5, 1.5, '2024-01-01 00:00:00.123456', 2049, 'x');
BEGIN; INSERT INTO t (a, b) VALUES (2, 'two'), (3, 'three'); UPDATE t SET a = a - 1; SAVEPOINT s1; INSERT INTO t (a) VALUES (77); ROLLBACK TO s1;
DELETE FROM t WHERE id = 3; COMMIT;
CREATE TABLE c SELECT id, a, b FROM t;
SET sql_generate_invisible_primary_key = ON;
CREATE TABLE gipk (x INT);
INSERT INTO gipk VALUES (7), (8);
SET sql_generate_invisible_primary_key = OFF;
CREATE TABLE hidden (a INT INVISIBLE DEFAULT 3, b INT, v INT AS (b + 1) VIRTUAL, st INT AS (b + 2) STORED, KEY f ((b + 3)), j JSON, KEY m ((CAST(j AS UNSIGNED ARRAY))));
INSERT INTO hidden (b) VALUES (1);
ALTER TABLE t ADD COLUMN n1 INT DEFAULT 5 AFTER a, ALGORITHM = INSTANT;
INSERT INTO t (a) VALUES (10);
ALTER TABLE t DROP COLUMN y, ADD COLUMN z INT FIRST, ALGORITHM = INSTANT;
INSERT INTO t (z) VALUES (11);
UPDATE t SET z = 12 WHERE id = 1;
CREATE TABLE my (id INT PRIMARY KEY) ENGINE = MyISAM;
INSERT INTO my VALUES (1);
CREATE TABLE parent (id INT PRIMARY KEY); CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE);
INSERT INTO parent VALUES (1); INSERT INTO child VALUES (10, 1); DELETE FROM parent;
CREATE TEMPORARY TABLE tmp (a INT); INSERT INTO tmp VALUES (1); DROP TEMPORARY TABLE tmp;
SET SESSION binlog_row_image = MINIMAL; UPDATE t SET a = 99 WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t (z) VALUES (13);
SET SESSION binlog_row_image = NOBLOB; UPDATE t SET a = 98 WHERE id = 1;
SET SESSION binlog_row_image = FULL;
SQL

# each way of writing the log, in a database and a file of its own
write_log() # NAME SQL...
{
	local name=$1
	q src "$2; FLUSH BINARY LOGS"
	q src "CREATE DATABASE d_$name"
	q_file src "$T/work.sql" "d_$name" || fail "$name is written"
	q src 'SHOW BINARY LOG STATUS' | cut -f 1 >"$T/$name.log"
	q src 'SET GLOBAL binlog_row_metadata = MINIMAL, GLOBAL binlog_checksum = CRC32, GLOBAL binlog_transaction_compression = OFF; FLUSH BINARY LOGS'
}
write_log minimal 'DO 1'
write_log full 'SET GLOBAL binlog_row_metadata = FULL'
write_log zstd 'SET GLOBAL binlog_row_metadata = FULL, GLOBAL binlog_transaction_compression = ON'
write_log nocrc 'SET GLOBAL binlog_row_metadata = FULL, GLOBAL binlog_checksum = NONE'
write_log nocrczstd 'SET GLOBAL binlog_row_metadata = FULL, GLOBAL binlog_checksum = NONE, GLOBAL binlog_transaction_compression = ON'

exits 0 'the whole log, with definitions from the log' $tap --annotate --start-at earliest --stop-at now --exclude d_minimal.*
cp "$T/out" "$T/live"
for name in full zstd nocrc nocrczstd; do
	exits 0 "$name: its log as a file" binlog-tap --annotate --file "$T/src/data/$(<"$T/$name.log")"
	cp "$T/out" "$T/$name"
	rows_only "$T/out" | grep -v '^{"table"' | sed -E 's/"[tf]":[0-9]+,//g' >"$T/as_file"
	rows_only "$T/live" | sed -n "/\"CREATE DATABASE d_$name\"/,\$p" | grep -v '^{"table"' | sed -E 's/"[tf]":[0-9]+,//g' |
		head -n "$(($(wc -l <"$T/as_file") - 1))" >"$T/as_stream"
	sed -n '2,$p' "$T/as_file" >"$T/as_file2"
	ok "$name: is the same through the stream and as a file" cmp "$T/as_file2" "$T/as_stream"
	plain "$T/$name" >"$T/$name.plain"
	[ "$name" = full ] || ok "$name: says what the plain log says" cmp "$T/full.plain" "$T/$name.plain"
done
ok 'there is something to compare' test "$(wc -l <"$T/full.plain")" -gt 50
isnt "$(grep -c . "$T/zstd.plain")" 0 'and the compressed log has it'
ok 'the compressed log is compressed' grep -q TRANSACTION_PAYLOAD <(q src "SHOW BINLOG EVENTS IN '$(<"$T/zstd.log")'" | tr '[:lower:]' '[:upper:]')

like "$(rowdump "$T/full" | grep '^{"insert":"d_full.t"' | head -n 1)" '"new":\{"id":1,"a":"18446744073709551615","b":"é","e":"yy","s":"p,q","v":\{"b64":"AACAPwAAAEAAAEBA"\},"g":\{"b64":"5hAAAAEBAAAAAAAAAAAAAEAAAAAAAADwPw=="\},"y":2155,"d":"-1.50000","f":1.5,"ts":"2024-01-01 00:00:00.123456","bi":2049,"bl":\{"b64":"eA=="\}' 'values'
like "$(rowdump "$T/full" | grep '^{"table"' | grep '"name":"hidden"')" '\{"name":"a","type":"int","null":true,"inv":true\},\{"name":"b","type":"int","null":true\},\{"name":"v","type":"int","null":true\},\{"name":"st","type":"int","null":true\},\{"name":"j","type":"json","null":true\}\]' 'invisible columns are there, those of functional keys are not'
like "$(rowdump "$T/full" | grep '^{"insert":"d_full.gipk"' | tail -n 1)" '"new":\{"my_row_id":2,"x":8\}' 'and the invisible primary key'
like "$(rowdump "$T/full" | grep '^{"update":"d_full.t"' | tail -n 2 | head -n 1)" '"old":\{"id":1\},"new":\{"a":99\}' 'row image MINIMAL'
unlike "$(rowdump "$T/full" | grep '^{"update":"d_full.t"' | tail -n 1)" '"bl"' 'row image NOBLOB'
is "$(rowdump "$T/full" | grep -A 4 'CREATE TABLE `c`' | cut -c 1-9 | paste -sd ' ')" '{"ddl":{" {"note":{ {"table": {"insert" {"insert"' 'CREATE TABLE ... SELECT: definition and rows in one transaction'
unlike "$(rowdump "$T/full")" 'START TRANSACTION' 'and no words that open one'
like "$(rowdump "$T/full" | grep '^{"note"' | head -n 1)" 'INSERT INTO t VALUES \(1,' 'the text of statements'
like "$(rowdump "$T/full" | grep -c '^{"delete":"d_full.child"')" '^1$' 'rows that a foreign key deleted are in the log'

# definitions from the server where the log has no names; the tables are as the last statement left them
exits 100 'MINIMAL metadata of a table that was changed since' $tap --start-at "$(<"$T/minimal.log"):4" --stop-at now --include 'd_minimal.*'
like "$(err)" 'd_minimal.t" is not as it was when the log was written' 'is refused'
exits 0 'of others it is' $tap --annotate --start-at "$(<"$T/minimal.log"):4" --stop-at "$(<"$T/full.log"):4" --include 'd_minimal.*' --exclude 'd_minimal.t'
rows_only "$T/out" | grep -v d_minimal.t\" | grep -E '^\{"(insert|update|delete)"' | sed -E 's/d_minimal/d_full/; s/"(t|f|off)":[0-9]+,//g' >"$T/min.rows"
rows_only "$T/full" | grep -v 'd_full.t"' | grep -E '^\{"(insert|update|delete)"' | sed -E 's/"(t|f|off)":[0-9]+,//g' >"$T/full.rows"
ok 'read right' cmp "$T/min.rows" "$T/full.rows"
like "$(rowdump "$T/out" | grep '^{"table"' | grep '"name":"hidden"')" '\{"name":"v","type":"int","null":true,"gen":true\},\{"name":"st","type":"int","null":true,"gen":true\}' 'with what is generated'
exits 100 'a file without names and without a server' binlog-tap --file "$T/src/data/$(<"$T/minimal.log")"
like "$(err)" 'does not say what the columns of table "d_minimal.t" are' 'is refused'

# GTIDs: plain, tagged, none
q src "FLUSH BINARY LOGS; CREATE DATABASE g; CREATE TABLE g.t (id INT PRIMARY KEY); SET gtid_next = 'automatic:some_tag9'; INSERT INTO g.t VALUES (1); SET gtid_next = 'automatic:b'; INSERT INTO g.t VALUES (2);
	SET gtid_next = '$uuid:some_tag9:7'; INSERT INTO g.t VALUES (3); SET gtid_next = 'fedcba98-7654-3210-ff7f-80817fff00fe:tag:4611686018427387904'; INSERT INTO g.t VALUES (4);
	SET gtid_next = 'fedcba98-7654-3210-ff7f-80817fff00fe:1000000'; INSERT INTO g.t VALUES (5); SET gtid_next = automatic; INSERT INTO g.t VALUES (6)"
log=$(q src 'SHOW BINARY LOG STATUS' | cut -f 1)
gtids()
{
	rowdump "$T/out" | awk '/^{"begin"/ {b = $0} /^{"insert":"g.t"/ {print b}' | sed -E 's/.*"gtid":"([^"]*)".*/\1/'
}
exits 0 'tagged GTIDs' $tap --start-at "$log:4" --stop-at now
is "$(gtids | head -n 5 | paste -sd ' ')" "$uuid:some_tag9:1 $uuid:b:1 $uuid:some_tag9:7 fedcba98-7654-3210-ff7f-80817fff00fe:tag:4611686018427387904 fedcba98-7654-3210-ff7f-80817fff00fe:1000000" 'are named'
ts=$(rowdump "$T/out" | sed -nE 's/^\{"begin":.*"ts":([0-9]+).*/\1/p' | tail -n 1)
ok 'and have the microseconds of their commit' test $((ts % 1000000)) -gt 0 -a $((ts / 1000000 - $(date +%s))) -gt -100
q src 'FLUSH BINARY LOGS'
want=$(q src 'SELECT @@GLOBAL.gtid_executed' -r | tr -d '\n ' | sed 's/\\n//g')
exits 0 'a set with tags at the head of a log' $tap --start-at "$(q src 'SHOW BINARY LOG STATUS' | cut -f 1):4" --stop-at now
is "$(rowdump "$T/out" | sed -nE 's/^\{"hello":.*"gtid":"([^"]*)".*/\1/p')" "$want" 'is what the server has executed'
exits 0 'and a start at such a set' $tap --start-at "gtid:$uuid:1-$(q src "SELECT @@GLOBAL.gtid_executed" -r | sed -nE "s,.*$uuid:1-([0-9]+).*,\1,p"):some_tag9:1:b:1,fedcba98-7654-3210-ff7f-80817fff00fe:1000000" --stop-at now --include 'g.*'
is "$(rowdump "$T/out" | sed -nE 's/.*"new":\{"id":([0-9]+).*/\1/p' | paste -sd ' ')" '3 4' 'gives the rest'

q src "SET GLOBAL gtid_mode = ON_PERMISSIVE; SET GLOBAL gtid_mode = OFF_PERMISSIVE; SET GLOBAL gtid_mode = OFF; INSERT INTO g.t VALUES (7)"
log=$(q src 'SHOW BINARY LOG STATUS' | cut -f 1)
exits 0 'transactions without a GTID' $tap --start-at "$log:4" --stop-at now
is "$(rowdump "$T/out" | sed -nE 's/.*"new":\{"id":([0-9]+).*/\1/p' | paste -sd ' ')" '7' 'are read'
unlike "$(rowdump "$T/out" | head -n 1)" '"gtid"' 'and no set is claimed to say where they are'
exits 100 'a start at a set there' $tap --start-at "gtid:$uuid:1-3" --stop-at now
like "$(err)" "gtid_mode is not ON" 'is refused'

# XA
q src 'FLUSH BINARY LOGS'
log=$(q src 'SHOW BINARY LOG STATUS' | cut -f 1)
q src "XA START 'x','b',9; INSERT INTO g.t VALUES (8); SAVEPOINT s; INSERT INTO g.t VALUES (9); XA END 'x','b',9; XA PREPARE 'x','b',9"
q src "INSERT INTO g.t VALUES (10)"
q src "XA COMMIT 'x','b',9; XA START 'r'; INSERT INTO g.t VALUES (11); XA END 'r'; XA PREPARE 'r'; XA ROLLBACK 'r'; XA START 'o'; INSERT INTO g.t VALUES (12); XA END 'o'; XA COMMIT 'o' ONE PHASE;
	XA START 'u'; INSERT INTO g.t VALUES (13); XA END 'u'; XA ROLLBACK 'u'; SET binlog_transaction_compression = ON; XA START 'z'; INSERT INTO g.t SELECT 100; XA END 'z'; XA PREPARE 'z'; XA COMMIT 'z'; INSERT INTO g.t VALUES (14)"
exits 0 'XA transactions' $tap --start-at "$log:4" --stop-at now --exclude mysql.*
is "$(rowdump "$T/out" | jq -r 'if .begin then "begin \(.begin.xid // "-")" elif .prepare then "prepare \(.prepare.rows) \(.prepare.xid)" elif .decide then "decide \(.decide.commit) \(.decide.xid)"
	elif .commit then "commit \(.commit.rows)" elif .insert then .new.id elif .savepoint then .savepoint.name elif .rollback then "rollback" else empty end')" "begin X'78',X'62',9
8
s
9
prepare 2 X'78',X'62',9
begin -
10
commit 1
begin -
decide true X'78',X'62',9
commit 0
begin X'72',X'',1
11
prepare 1 X'72',X'',1
begin -
decide false X'72',X'',1
commit 0
begin X'6f',X'',1
12
commit 1
begin X'7a',X'',1
100
prepare 1 X'7a',X'',1
begin -
decide true X'7a',X'',1
commit 0
begin -
14
commit 1" 'are prepared and decided'
done_testing

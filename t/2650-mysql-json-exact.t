#!/bin/bash
# Documents of every type that MySQL can put into one go from MySQL into MySQL without a change: the bytes in both
# servers' logs are equal, read without rowferry. So they are as SQL of rowdump, in rows that are found by their
# documents, and after partial updates.
# shellcheck disable=SC2016
. t/lib.sh

need_server mysql-9.7
server_start src @mysql-9.7 --max-allowed-packet=256M
server_start dst @mysql-9.7 --max-allowed-packet=256M
q src 'CREATE DATABASE d; CREATE TABLE d.j (id INT PRIMARY KEY AUTO_INCREMENT, j JSON)'
q_file src t/data/mysql-json.sql d --max-allowed-packet=256M --binary-mode || fail 'the documents are made'
# a decimal of every precision and scale, with few digits and with many
/usr/bin/python3 - >"$T/decimals.sql" <<'PY'
import random
random.seed(7)
types = [(p, s) for p in range(1, 66) for s in range(0, min(p, 30) + 1)]
for part in range(0, len(types), 250):
    for full in (1, 0.3, 0.1):
        some, values = types[part:part + 250], []
        for p, s in some:
            n = random.randint(0, max(1, int((p - s) * full))) if full < 1 else p - s
            digits = ''.join(random.choice('0123456789') for _ in range(min(n, p - s))).lstrip('0') or '0'
            values.append(random.choice(('', '-')) + digits + ('.' + ''.join(random.choice('059') for _ in range(s)) if s else ''))
        print("INSERT INTO j (j) SELECT JSON_ARRAY(%s) FROM JSON_TABLE('[%s]', '$' COLUMNS (%s)) AS t;" % (
            ','.join('c%d' % i for i in range(len(some))), ','.join('"%s"' % v for v in values),
            ','.join("c%d DECIMAL(%d,%d) PATH '$[%d]'" % (i, p, s, i) for i, (p, s) in enumerate(some))))
PY
q_file src "$T/decimals.sql" d || fail 'the decimals are made'
n=$(q src 'SELECT COUNT(*) FROM d.j')
like "$n" '^2[0-9][0-9]$' 'there are many documents'

tap()
{
	binlog-tap --no-defaults --socket "$SOCK_src" --user root --stop-at now "$@"
}
apply() # FILE [option...]
{
	local file=$1
	shift
	mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline x "$@" <"$file"
}
docs() # NAME TABLE: what the server's log has
{
	/usr/bin/python3 t/jsondocs.py "$2" "$T/$1"/data/bin.0* >"$T/$1.docs"
}
same_docs() # NAME TABLE [TABLE]: the documents of both servers' logs are the same, byte for byte
{
	docs src "$2" && docs dst "${3:-$2}" && [ -s "$T/src.docs" ] && cmp "$T/src.docs" "$T/dst.docs" && pass "$1" && return
	fail "$1"
	diag "$(diff "$T/src.docs" "$T/dst.docs" | cut -c 1-300 | head -n 40)"
}

exits 0 'the log is read' tap --start-at earliest --include d.j
cp "$T/out" "$T/log"
exits 0 'and applied' apply "$T/log"
same_docs 'each document has the same bytes in the log of the target' d.j
is "$(q dst 'CHECKSUM TABLE d.j')" "$(q src 'CHECKSUM TABLE d.j')" 'the checksums of the tables are equal'
sizes='SELECT COUNT(*), SUM(JSON_STORAGE_SIZE(j)), SUM(JSON_DEPTH(j)), SUM(JSON_LENGTH(j)) FROM d.j'
is "$(q dst "$sizes")" "$(q src "$sizes")" 'so are sizes and depths'
exits 0 'applied again, over the rows' mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline again --ddl skip --on-conflict overwrite <"$T/log"

exits 0 'rowdump' rowdump "$T/log"
cp "$T/out" "$T/lines"
exits 0 'rowundump' rowundump "$T/lines"
ok 'is the identity' cmp "$T/log" "$T/out"
rowdump --sql "$T/log" | sed -n '/^INSERT INTO `d`.`j`/s//INSERT INTO `e`.`j`/p; /^SET SESSION/p' >"$T/sql"
q dst 'CREATE DATABASE e; CREATE TABLE e.j LIKE d.j'
ok 'as SQL it goes into a server' q_file dst "$T/sql" e --max-allowed-packet=256M --binary-mode
same_docs 'and is the same there' d.j e.j
exits 0 'for people' rowdump --pretty "$T/log"
like "$(out)" '"deep": \[1, ' 'it is text'

# rows without a key: twins as MySQL compares them, each of which is another document
q src "CREATE TABLE d.twins (a INT, j JSON)"
q src "INSERT INTO d.twins VALUES (1, '[1, 1.5]'), (1, '[1.0, 1.5]'), (1, JSON_ARRAY(1, 1.5)), (1, JSON_ARRAY(CAST(1 AS UNSIGNED), 1.5e0)), (1, JSON_ARRAY(1, 1.50)), (1, JSON_ARRAY(1e0, 1.5)), (1, JSON_ARRAY(CAST(1 AS DECIMAL(5,0)), 1.5e0)),
	(2, JSON_ARRAY(X'61')), (2, JSON_ARRAY((SELECT tb FROM d.cols WHERE id = 1))), (2, JSON_ARRAY((SELECT ts6 FROM d.cols WHERE id = 2))), (2, JSON_ARRAY((SELECT CAST(ts6 AS DATETIME(6)) FROM d.cols WHERE id = 2))), (2, CAST(1 AS JSON)), (2, CAST(CAST(1 AS UNSIGNED) AS JSON)), (2, '{}'), (2, NULL), (2, 'null'), (3, '[1]'), (3, '[1]')"
where="JSON_TYPE(j->'\$[0]')"
q src "DELETE FROM d.twins WHERE a = 1 AND $where = 'UNSIGNED INTEGER'; DELETE FROM d.twins WHERE a = 1 AND $where = 'INTEGER' AND JSON_TYPE(j->'\$[1]') = 'DECIMAL' AND CAST(j AS CHAR) LIKE '%1.50%';
	UPDATE d.twins SET a = 9, j = JSON_ARRAY_APPEND(j, '\$', 'new') WHERE a = 1 AND $where = 'DECIMAL'; UPDATE d.twins SET j = JSON_ARRAY(2.5) WHERE a = 2 AND $where IN ('TIMESTAMP', 'BLOB');
	UPDATE d.twins SET a = 8 WHERE a = 2 AND JSON_TYPE(j) = 'UNSIGNED INTEGER'; DELETE FROM d.twins WHERE a = 2 AND JSON_TYPE(j) = 'NULL'; DELETE FROM d.twins WHERE a = 3 LIMIT 1"
# partial updates: the log has the changes, the target the documents; in place, and where there was no room
q src "SET binlog_row_value_options = PARTIAL_JSON; CREATE TABLE d.p (id INT PRIMARY KEY, j JSON);
	INSERT INTO d.p SELECT id, JSON_OBJECT('d', 1.5, 'l', JSON_ARRAY(1, 2.25, REPEAT('x', 200)), 't', CAST('10:11:12' AS TIME), 'n', id, 'f', 2.5e0) FROM d.cols;
	UPDATE d.p SET j = JSON_SET(j, '\$.l[2]', 'short', '\$.d', CAST(7 AS UNSIGNED)) WHERE id = 1; UPDATE d.p SET j = JSON_REMOVE(j, '\$.t', '\$.l[0]') WHERE id = 2;
	UPDATE d.p SET j = JSON_SET(j, '\$.n', 12345678901.25, '\$.new', X'00ff', '\$.l[0]', REPEAT('y', 300)), id = id + 10"
like "$(q src 'SHOW BINLOG EVENTS' | cut -f 3)" Update_rows_partial 'the log has partial updates'
exits 0 'read' tap --start-at "$(position dst x)" --include 'd.p' --include 'd.twins'
cp "$T/out" "$T/log"
exits 0 'and applied' apply "$T/log"
# what is stored now, as whole rows in the log
for s in src dst; do
	q $s "CREATE TABLE d.now (id INT, j JSON); INSERT INTO d.now SELECT a, j FROM d.twins ORDER BY a, CAST(j AS CHAR), JSON_TYPE(j), $where, JSON_TYPE(j->'\$[1]'); INSERT INTO d.now SELECT id, JSON_ARRAY(j) FROM d.p ORDER BY id"
done
same_docs 'the same rows are left, and the same documents' d.now

# what no statement can make stops the sink, in one line: a VAR_STRING of one byte, a BINARY of 300, text that is not UTF-8
rowdump "$T/log" | grep -v '^{"\(update\|delete\)"' >"$T/lines"
line='{"insert":"d.odd","off":1,"new":{"id":1,"j":{"b64":"%s"}}}\n'
odd() # HEX: a stream with the document
{
	{
		grep '^{"hello"' "$T/lines"
		echo '{"table":{"id":1,"db":"d","name":"odd","cols":[{"name":"id","type":"int"},{"name":"j","type":"json"}],"keys":[{"primary":true,"cols":[0]}]}}'
		echo "{\"begin\":{\"file\":\"x.000001\",\"off\":4}}"
		# shellcheck disable=SC2059
		printf "$line" "$(printf %s "${1^^}" | basenc --base16 -d | base64 -w 0)"
		echo '{"commit":{"file":"x.000001","off":99,"rows":1}}'
		echo '{"end":{}}'
	} | rowundump
}
stops() # HEX WANT NAME
{
	odd "$1" >"$T/odd"
	exits 100 "$3" mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline odd <"$T/odd"
	like "$(err)" "$2" 'and says what it is'
	is "$(wc -l <"$T/err")" 1 'in a line'
}
q dst 'CREATE TABLE d.odd (id INT PRIMARY KEY, j JSON)'
stops 0ffd0161 'a VAR_STRING of an odd length' 'bytes of an old server'
stops "0ffeac02$(printf '%0600d' 0)" 'a BINARY that is longer than columns of that type' 'a long BINARY'
stops 0ff70162 'a value of a column type that no statement can write' 'an ENUM'
stops 0c01ff 'text that is not UTF-8' 'text that is none'
stops 0f07080000008783e6df19 '2038-01-19 08:14:07' 'a TIMESTAMP that was none in UTC'
# room for a group of digits that are zero is not kept, as MySQL does not keep it either
odd 0ff60b1402800000000000000132 >"$T/odd"
exits 0 'a decimal with more room than it has digits' mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline odd <"$T/odd"
is "$(q dst 'SELECT j, JSON_TYPE(j), JSON_STORAGE_SIZE(j) FROM d.odd')" $'1.50\tDECIMAL\t10' 'is of the type, the value and the scale'
done_testing

#!/bin/bash
# MySQL's binary JSON: as the text that the server prints where the server reads the identical value again, else
# unchanged; through text and SQL and back into a server without a change.
# shellcheck disable=SC2016
. t/lib.sh

need_server mysql-9.7
/usr/bin/python3 -c 'import msgpack' 2>/dev/null || skip_all 'python3-msgpack is missing'
server_start src @mysql-9.7 --max-allowed-packet=64M

q src 'CREATE DATABASE d; CREATE DATABASE e; CREATE TABLE d.nums (id INT PRIMARY KEY AUTO_INCREMENT, x DOUBLE); CREATE TABLE e.j (id INT PRIMARY KEY, j JSON); CREATE TABLE d.j (id INT PRIMARY KEY AUTO_INCREMENT, j JSON)'
# doubles: any bits, any size
/usr/bin/python3 - >"$T/nums.sql" <<'PY'
import random, struct
random.seed(5)
values = [5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1.7976931348623157e308, 0.1, 1e15, 1e16, 123456789012345.0, 1e-14, 1e-15, -0.0, 9007199254740993.0]
while len(values) < 6000:
    x = struct.unpack('<d', struct.pack('<Q', random.getrandbits(64)))[0]
    if x == x and abs(x) != float('inf'):
        values.append(x)
values += [random.uniform(-1000, 1000) for _ in range(3000)] + [random.random() * 10 ** random.randint(-30, 30) for _ in range(3000)]
for i in range(0, len(values), 1000):
    print('INSERT INTO nums (x) VALUES %s;' % ','.join('(%r)' % v for v in values[i:i + 1000]))
PY
q_file src "$T/nums.sql" d
cat >"$T/j.sql" <<'SQL'
INSERT INTO j (j) VALUES ('null'), ('true'), ('false'), ('[]'), ('{}'), ('""'), ('0'), ('-0.0'), ('1.5'), ('"text"'), (NULL),
	('"a\\u0000b\\n\\"\\\\/ \\u001f\\u007f é 😀"'), ('{"a": 1, "bb": [1, 2, {"c": null}], "": "empty", "k\\u0000\\"": 1, "é": 2}'),
	('[1,-1,32767,32768,-32768,-32769,65535,65536,2147483647,-2147483648,-2147483649,2147483648,4294967295,4294967296,9223372036854775807,-9223372036854775808,18446744073709551615,0]'),
	('[0.0,-0.0,1e20,1e15,1e16,123456789012345.0,1e-5,1e-14,1e-15,5e-324,0.1,100.0,1.5e300,1234567890123456.0,0.30000000000000004]');
INSERT INTO j (j) SELECT JSON_ARRAYAGG(x) FROM nums;
INSERT INTO j (j) SELECT JSON_OBJECTAGG(id, REPEAT('xyz"', id % 300)) FROM nums;
INSERT INTO j (j) SELECT JSON_OBJECTAGG(CONCAT(REPEAT('k', id % 70), id), JSON_ARRAY(id, JSON_OBJECT('n', id * 100000))) FROM nums;
INSERT INTO j (j) VALUES (CONCAT(REPEAT('[', 100), REPEAT(']', 100))), (CONCAT(REPEAT('{"a":', 99), '{}', REPEAT('}', 99))),
	(JSON_ARRAY(REPEAT('s', 127), REPEAT('s', 128), REPEAT('s', 16383), REPEAT('s', 16384), REPEAT('s', 70000)));
-- what text would lose
INSERT INTO j (j) VALUES (JSON_ARRAY(1.5, CAST('1.50' AS DECIMAL(10,2)), CAST(-12345678901234567890.123456789 AS DECIMAL(65,30)))),
	(JSON_ARRAY(CAST('2024-01-01' AS DATE), CAST('-10:11:12.5' AS TIME(1)), CAST('838:59:59' AS TIME), CAST('2024-02-03 04:05:06.789' AS DATETIME(3)), CAST('9999-12-31 23:59:59.999999' AS DATETIME(6)))),
	(JSON_ARRAY(b'101', X'ff00', CAST('a' AS BINARY), CAST('' AS BINARY))), (JSON_ARRAY(CAST(5 AS UNSIGNED), CAST(9999999999 AS SIGNED), CAST(4294967295 AS UNSIGNED), CAST(4294967296 AS SIGNED))),
	(CAST(CAST(7 AS UNSIGNED) AS JSON)), (CAST(CAST('2024-01-01' AS DATE) AS JSON)), (CAST(1.25 AS JSON)), (JSON_OBJECT('text', 'x', 'd', 1.5, 'deep', JSON_ARRAY(1, JSON_OBJECT('t', CAST('00:00:01' AS TIME), 'é\0"', TRUE)), 'null', NULL)),
	(JSON_ARRAY(ST_GEOMFROMTEXT('POINT(1 2)'), 1.5)), (JSON_OBJECT('big', (SELECT JSON_ARRAYAGG(id * 1.0) FROM nums WHERE id <= 3000)));
SQL
q_file src "$T/j.sql" d
like "$(q src 'SELECT COUNT(*) FROM d.j')" '^31$' 'there are documents of every kind'
tap="binlog-tap --no-defaults --socket $SOCK_src --user root"
exits 0 'the log is read' $tap --start-at earliest --stop-at now --include 'd.*'
cp "$T/out" "$T/log"

q src "SELECT id, REPLACE(TO_BASE64(CAST(j AS CHAR CHARACTER SET utf8mb4)), '\\n', '') FROM d.j WHERE id <= 21" --max-allowed-packet=64M -r >"$T/server"
/usr/bin/python3 - "$T/log" >"$T/stream" 2>"$T/py.err" <<'PY'
import base64, msgpack, sys
names, out = {}, {}
for f in msgpack.Unpacker(open(sys.argv[1], 'rb'), max_buffer_size=0):
    body = msgpack.Unpacker(max_buffer_size=0)
    body.feed(f.data[12:])
    r = list(body)
    if f.code == 2:
        names[r[0]['id']] = r[0]['name']
    if f.code == 4 and names[r[0]['t']] == 'j':
        for row in r[1:]:
            out[row[0]] = row[1]
for i in sorted(out):
    v = out[i]
    if i <= 21:
        print(i, 'NULL' if v is None else base64.b64encode(v.encode()).decode() if isinstance(v, str) else 'bin', sep='\t')
    elif not isinstance(v, bytes):
        print(i, 'is text', v[:200])
PY
is "$(cat "$T/py.err")" '' 'an independent reader reads it'
ok 'documents that text can hold: the text that the server prints; others are not text' cmp "$T/server" "$T/stream"

exits 0 'rowdump' rowdump "$T/log"
cp "$T/out" "$T/json"
exits 0 'rowundump' rowundump "$T/json"
ok 'is the identity' cmp "$T/log" "$T/out"
exits 0 'for people it is text' rowdump --pretty "$T/log"
like "$(out)" '"d": 1\.5,? ?"' 'also of what is binary'

# as SQL, into another table of the same server; equal in value and in every type inside
types="SELECT id, j <=> (SELECT j FROM d.j AS o WHERE o.id = e.j.id), SHA2(CAST(j AS CHAR), 256) <=> SHA2((SELECT CAST(j AS CHAR) FROM d.j AS o WHERE o.id = e.j.id), 256),
	JSON_TYPE(j) <=> JSON_TYPE((SELECT j FROM d.j AS o WHERE o.id = e.j.id)), JSON_STORAGE_SIZE(j) <=> JSON_STORAGE_SIZE((SELECT j FROM d.j AS o WHERE o.id = e.j.id)) FROM e.j"
rowdump --sql "$T/log" | sed -n '/^INSERT INTO `d`.`j`/s//INSERT INTO `e`.`j`/p' >"$T/sql"
ok 'as SQL it goes into a server' q_file src "$T/sql" e --max-allowed-packet=64M --binary-mode
is "$(q src "$types" | awk '{n[$2 $3 $4 $5]++} END {for (i in n) print i, n[i]}')" '1111 31' 'and is the same there, value, text, type and size'
is "$(q src 'SELECT COUNT(*) FROM e.j')" 31 'every one'
done_testing

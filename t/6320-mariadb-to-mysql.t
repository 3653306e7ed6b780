#!/bin/bash
# From MariaDB to MySQL 9.7: all types that both have are the same to the byte, in tables that the pipeline makes; what
# MySQL lacks (UUID, INET4, INET6, compressed columns) arrives in columns of types that can hold it; what it cannot
# hold stops the pipeline in a clear line.
. t/lib.sh
need_server mysql-9.7 mariadb-11.8

server_start src --default-time-zone=+05:45 --log-bin-compress
server_start new @mariadb-11.8
server_start my @mysql-9.7 --default-time-zone=-08:00 --character-set-server=latin1 --sql-mode=ANSI_QUOTES,TRADITIONAL

flow() # NAME SOURCE
{
	local source=SOCK_$2 log
	mapfile -t log < <(end_of_log "$2")
	pipeline_start "$1" -- "binlog-tap --no-defaults --socket ${!source} --user root --start-at gtid:${log[2]}" \
		"mysql-sink --no-defaults --socket $SOCK_my --user root --pipeline $1"
}

# made by hand on both sides, before the pipeline
q src "CREATE DATABASE h; CREATE TABLE h.t (id INT PRIMARY KEY, u UUID, ub UUID, i4 INET4, i4b INET4, i6 INET6, i6b INET6,
	v VARCHAR(500) COMPRESSED CHARACTER SET latin1, t TEXT COMPRESSED, b BLOB COMPRESSED, j JSON, e ENUM('a','é'), UNIQUE KEY (u));
	CREATE TABLE h.keyless (u UUID, ub UUID, i6 INET6, v VARCHAR(50) COMPRESSED);
	CREATE TABLE h.late (id INT PRIMARY KEY, t TIME(6))"
q my "CREATE DATABASE h; CREATE TABLE h.t (id INT PRIMARY KEY, u CHAR(36), ub BINARY(16), i4 VARCHAR(15), i4b BINARY(4), i6 VARCHAR(39), i6b VARBINARY(16),
	v VARCHAR(500) CHARACTER SET utf8mb4, t TEXT CHARACTER SET utf8mb4, b BLOB, j JSON, e VARCHAR(9) CHARACTER SET utf8mb4, UNIQUE KEY (u));
	CREATE TABLE h.keyless (u CHAR(36), ub BINARY(16), i6 VARCHAR(39), v VARCHAR(50));
	CREATE TABLE h.late (id INT PRIMARY KEY, t TIME(6))"
q new "CREATE DATABASE v; CREATE TABLE v.t (id INT PRIMARY KEY, v VECTOR(3), k VARCHAR(20) COLLATE utf8mb4_uca1400_ai_ci)"
q my "CREATE DATABASE v; CREATE TABLE v.t (id INT PRIMARY KEY, v VECTOR(3), k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci)"
flow hand src
flow vec new

q src "SET NAMES utf8mb4; INSERT INTO h.t VALUES
	(1, 'ffffffff-ffff-4fff-bfff-ffffffffffff', 'ffffffff-ffff-4fff-bfff-ffffffffffff', '255.255.255.255', '10.1.2.3', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8::1',
		REPEAT('éß', 50), REPEAT('é', 30000), REPEAT(X'00FF', 200), '{\"a\": [1, 2.5, \"xy\", null, true], \"e\": \"é😀\", \"big\": 18446744073709551615}', 'é'),
	(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(3, '01890a5d-ac96-774b-bcce-b302099a8057', '12345678-9abc-1def-8123-456789abcdef', '1.2.3.4', '1.2.3.4', '::ffff:1.2.3.4', '::1', 'x', 'y', 'z', '[]', 'a'),
	(4, '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', '0.0.0.0', '0.0.0.0', '::', '::', '', '', '', '{}', 'a')"
q src "UPDATE h.t SET u = '00112233-4455-6677-8899-aabbccddeeff', ub = u, i6 = 'fe80::1', j = '{\"changed\": 1.5}' WHERE id IN (3);
	DELETE FROM h.t WHERE id = 4;
	INSERT INTO h.keyless VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', '01890a5d-ac96-774b-bcce-b302099a8057', '::', 'a'), (NULL, NULL, NULL, NULL), ('01890a5d-ac96-774b-bcce-b302099a8057', '01890a5d-ac96-774b-bcce-b302099a8057', '::', 'A');
	UPDATE h.keyless SET v = 'changed' WHERE BINARY v = 'A'; DELETE FROM h.keyless WHERE u IS NULL"
q new "INSERT INTO v.t VALUES (1, VEC_FromText('[1,-0.5,1e-3]'), 'ä'), (2, NULL, NULL), (3, VEC_FromText('[0,0,0]'), 'x'); UPDATE v.t SET v = VEC_FromText('[9,9,9]'), k = 'Ä' WHERE id = 3; DELETE FROM v.t WHERE id = 2"

# by the pipeline: the types of both (times behind the last second are MariaDB's alone)
q src 'CREATE DATABASE d CHARACTER SET utf8mb4'
sed -e 's/%TZ%/+05:45/; s/838:59:59[.]9*/838:59:59/g; s/ COMPRESSED//g; s/u UUID, i4 INET4, i6 INET6/u CHAR(36), i4 VARCHAR(15), i6 VARCHAR(39)/; s/ j JSON/ j LONGTEXT/; s/PERSISTENT/STORED/' t/data/types.sql >"$T/types.sql"
q_file src "$T/types.sql" d || fail 'tables are written'
ok 'the target catches up' wait_caught_up src my hand 25 || pipeline_diag hand
same_data src my 'types that both have: equal to the byte' d
ok 'the second source too' wait_caught_up new my vec || pipeline_diag vec
same_data new my 'vectors: equal to the byte' v

h='SELECT id, u, REPLACE(u, "-", "") = LOWER(HEX(ub)), ub IS NULL, i4, i6, v, t, HEX(b), e FROM h.t ORDER BY id'
is "$(q my "$h" --init-command="SET sql_mode=''")" "$(q src "${h/REPLACE(u, \"-\", \"\") = LOWER(HEX(ub))/REPLACE(u, \"-\", \"\") = REPLACE(ub, \"-\", \"\")}")" 'UUID, INET and compressed columns in other types'
is "$(q my 'SELECT id, HEX(i4b), HEX(i6b) FROM h.t ORDER BY id')" \
	$'1\t0A010203\t20010DB8000000000000000000000001\n2\tNULL\tNULL\n3\t01020304\t00000000000000000000000000000001' 'addresses as bytes'
is "$(q my 'SELECT id, j = CAST('"'"'{"a": [1, 2.5, "xy", null, true], "e": "é😀", "big": 18446744073709551615}'"'"' AS JSON), JSON_EXTRACT(j, "$.changed"), JSON_TYPE(JSON_EXTRACT(j, "$.big")) FROM h.t ORDER BY id' --init-command="SET sql_mode=''")" \
	$'1\t1\tNULL\tUNSIGNED INTEGER\n2\tNULL\tNULL\tNULL\n3\t0\t1.5\tNULL' 'JSON text in a JSON column'
is "$(q my 'SELECT u, LOWER(HEX(ub)), i6, v FROM h.keyless ORDER BY v' --init-command="SET sql_mode=''")" \
	$'01890a5d-ac96-774b-bcce-b302099a8057\t01890a5dac96774bbcceb302099a8057\t::\ta\n01890a5d-ac96-774b-bcce-b302099a8057\t01890a5dac96774bbcceb302099a8057\t::\tchanged' 'rows without a key are found by them'

pipeline_stop vec
is "$CODES" '0 0' 'every program ended well' || pipeline_diag vec
q src "INSERT INTO h.late VALUES (1, '838:59:59'), (2, '-838:59:59.999999')"
ok 'what MySQL cannot hold stops the pipeline' pipeline_wait hand 30
is "$CODES" '111 100' 'for a person to see' || pipeline_diag hand
like "$(pipeline_err hand 2)" 'cannot apply .* into table "h\.late" at .*Incorrect time value: .-838:59:59\.999999' 'and says which row'
is "$(q my 'SELECT COUNT(*) FROM h.late')" 0 'no part of its transaction is there'
done_testing

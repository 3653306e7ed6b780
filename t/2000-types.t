#!/bin/bash
# Every column type of MariaDB with its boundary values comes out of the log as the exact value that the server holds,
# with each kind of row metadata. Read by an independent reader, python's msgpack.
# shellcheck disable=SC2016,SC2034,SC2086 # $tap is a command with options; conditions are for eval
. t/lib.sh

/usr/bin/python3 -c 'import msgpack' 2>/dev/null || skip_all 'python3-msgpack is missing'

server_start src

# dump_table DB TABLE FILE: the server's rows as t/data/rows_of.py wants them
dump_table()
{
	local cols names
	cols=$(q src "SELECT GROUP_CONCAT(CONCAT('IFNULL(', CASE
			WHEN data_type IN ('float', 'double') THEN CONCAT('CONCAT(', c, '*1e0)')
			WHEN data_type IN ('enum', 'set', 'bit') THEN CONCAT('CAST(', c, ' AS UNSIGNED)')
			WHEN data_type = 'uuid' THEN CONCAT('UPPER(REPLACE(CAST(', c, ' AS CHAR), \'-\', \'\'))')
			WHEN data_type IN ('inet4', 'inet6') THEN CONCAT('HEX(INET6_ATON(CAST(', c, ' AS CHAR)))')
			WHEN data_type LIKE '%char' OR data_type LIKE '%text' OR data_type LIKE '%blob' OR data_type LIKE '%binary' THEN CONCAT('HEX(', c, ')')
			WHEN data_type IN ('geometry', 'point', 'linestring', 'polygon', 'multipoint', 'geometrycollection') THEN CONCAT('HEX(', c, ')')
			WHEN data_type IN ('int', 'year') THEN CONCAT(c, '+0')
			ELSE CONCAT('CONCAT(', c, ')') END, ', \'NULL\')') ORDER BY ordinal_position SEPARATOR ',')
		FROM (SELECT data_type, ordinal_position, CONCAT('\`', REPLACE(column_name, '\`', '\`\`'), '\`') AS c
			FROM information_schema.columns WHERE table_schema = '$1' AND table_name = '$2') AS columns" --init-command='SET group_concat_max_len=1000000')
	names=$(q src "SELECT column_name FROM information_schema.columns WHERE table_schema = '$1' AND table_name = '$2' ORDER BY ordinal_position" | paste -sd '\t')
	printf '%s\n' "$names" >"$3"
	q src "SET time_zone = '+00:00'; SELECT $cols FROM \`$1\`.\`${2//\`/\`\`}\`" --raw >>"$3"
}

# tables whose name cannot be a file's name are left to t/6300
dump_db()
{
	local t
	mkdir -p "$T/rows.$1"
	for t in $(q src "SELECT table_name FROM information_schema.tables WHERE table_schema = '$1' AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND table_name NOT LIKE '% %'"); do
		dump_table "$1" "$t" "$T/rows.$1/$t"
	done
}

cat >"$T/more.sql" <<'SQL'
SET sql_mode = '';
CREATE TABLE uuids (id INT PRIMARY KEY, u UUID, k UUID NOT NULL, UNIQUE (k));
INSERT INTO uuids SELECT seq, CONCAT(LEFT(x, 8), '-', SUBSTR(x, 9, 4), '-', SUBSTR(x, 13, 4), '-', SUBSTR(x, 17, 4), '-', RIGHT(x, 12)), UUID()
	FROM (SELECT seq, MD5(seq) AS x FROM seq_1_to_600) AS r WHERE 1 = 1;
INSERT INTO uuids VALUES (1001, '00000000-0000-0000-8000-000000000000', UUID()), (1002, 'ffffffff-ffff-ffff-bfff-ffffffffffff', UUID()),
	(1003, '00000000-0000-1000-8000-000000000000', UUID()), (1004, '00000000-0000-6000-8000-000000000000', UUID()), (1005, '00000000-0000-5fff-bfff-ffffffff0000', UUID()),
	(1006, '01890a5d-ac96-774b-bcce-b302099a8000', UUID()), (1007, NULL, UUID());
CREATE TABLE hashed (a BLOB, b INT, t TEXT, UNIQUE (a), UNIQUE (t, b));
INSERT INTO hashed VALUES ('x', 1, 'one'), ('y', 2, NULL), (NULL, 3, 'three');
CREATE TABLE versioned (a INT PRIMARY KEY, b VARCHAR(10), UNIQUE (b)) WITH SYSTEM VERSIONING;
INSERT INTO versioned VALUES (1, 'x'), (2, 'y');
CREATE TABLE many_labels (id INT PRIMARY KEY, s1 SET('a'), s8 SET('1','2','3','4','5','6','7','8'), s9 SET('1','2','3','4','5','6','7','8','9'),
	s17 SET('1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16','17'), s25 SET('1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16','17','18','19','20','21','22','23','24','25'),
	e ENUM(%LABELS%) CHARACTER SET latin1);
INSERT INTO many_labels VALUES (1, 1, 255, 511, 131071, 33554431, 300), (2, 0, 128, 256, 65536, 16777216, 255), (3, 'a', '8', '9', '17', '25', 256), (4, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE wide_char (id INT PRIMARY KEY, c CHAR(255) CHARACTER SET utf8mb4, b BINARY(255), w CHAR(100) CHARACTER SET utf32, u CHAR(20) CHARACTER SET ucs2, x CHAR(30) CHARACTER SET utf16le, v VARCHAR(256) CHARACTER SET latin1, v2 VARCHAR(255) CHARACTER SET latin1);
INSERT INTO wide_char VALUES (1, REPEAT('😀', 255), REPEAT(X'01', 255), REPEAT('é', 100), REPEAT('Ж', 20), REPEAT('é', 30), REPEAT('x', 256), REPEAT('y', 255)), (2, 'a ', X'0100', 'b  ', 'c  ', 'd  ', 'e  ', 'f ');
CREATE TABLE wrapped (id INT PRIMARY KEY, v VARCHAR(500) COMPRESSED, b BLOB COMPRESSED, m MEDIUMBLOB COMPRESSED, l LONGTEXT COMPRESSED);
SET column_compression_zlib_wrap = 1;
INSERT INTO wrapped VALUES (1, REPEAT('wrap ', 90), REPEAT('b', 60000), REPEAT('m', 70000), REPEAT('l', 300000));
SET column_compression_zlib_wrap = 0, column_compression_threshold = 0;
INSERT INTO wrapped VALUES (2, 'aaaaaaaa', '', NULL, 'l');
CREATE TABLE gaps (id INT PRIMARY KEY, a INT, b INT, c INT, d INT, e INT, f INT, g INT, h INT, i INT, j INT);
INSERT INTO gaps (id, a, c, e, g, i) VALUES (1, 1, 3, 5, 7, 9);
INSERT INTO gaps (id, b, d, f, h, j) VALUES (2, 2, 4, 6, 8, 10);
SET SESSION binlog_row_image = MINIMAL;
CREATE TABLE defaults_only (a INT DEFAULT 5, b INT DEFAULT 6);
INSERT INTO defaults_only VALUES ();
SQL
sed -i "s/%LABELS%/$(seq -s, 300 | sed "s/[0-9]*/'l&'/g")/" "$T/more.sql"

# the older forms of times, with MariaDB's own digits
cat >"$T/old.sql" <<'SQL'
SET GLOBAL mysql56_temporal_format = OFF;
SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';
CREATE TABLE old_times (id INT PRIMARY KEY,
	t0 TIME, t1 TIME(1), t2 TIME(2), t3 TIME(3), t4 TIME(4), t5 TIME(5), t6 TIME(6),
	dt0 DATETIME, dt1 DATETIME(1), dt2 DATETIME(2), dt3 DATETIME(3), dt4 DATETIME(4), dt5 DATETIME(5), dt6 DATETIME(6),
	ts0 TIMESTAMP NULL, ts1 TIMESTAMP(1) NULL, ts2 TIMESTAMP(2) NULL, ts3 TIMESTAMP(3) NULL, ts4 TIMESTAMP(4) NULL, ts5 TIMESTAMP(5) NULL, ts6 TIMESTAMP(6) NULL);
SET GLOBAL mysql56_temporal_format = ON;
INSERT INTO old_times VALUES (0, 0,0,0,0,0,0,0, 0,0,0,0,0,0,0, 0,0,0,0,0,0,0),
 (1, '838:59:59','838:59:59.9','838:59:59.99','838:59:59.999','838:59:59.9999','838:59:59.99999','838:59:59.999999',
  '9999-12-31 23:59:59','9999-12-31 23:59:59.9','9999-12-31 23:59:59.99','9999-12-31 23:59:59.999','9999-12-31 23:59:59.9999','9999-12-31 23:59:59.99999','9999-12-31 23:59:59.999999',
  '2038-01-19 03:14:07','2038-01-19 03:14:07.9','2038-01-19 03:14:07.99','2038-01-19 03:14:07.999','2038-01-19 03:14:07.9999','2038-01-19 03:14:07.99999','2038-01-19 03:14:07.999999'),
 (2, '-838:59:59','-838:59:59.9','-838:59:59.99','-838:59:59.999','-838:59:59.9999','-838:59:59.99999','-838:59:59.999999',
  '1000-01-01','1000-01-01 00:00:00.1','1000-01-01 00:00:00.01','1000-01-01 00:00:00.001','1000-01-01 00:00:00.0001','1000-01-01 00:00:00.00001','1000-01-01 00:00:00.000001',
  '1970-01-01 00:00:01','1970-01-01 00:00:01.1','1970-01-01 00:00:01.01','1970-01-01 00:00:01.001','1970-01-01 00:00:01.0001','1970-01-01 00:00:01.00001','1970-01-01 00:00:01.000001'),
 (3, NULL,NULL,NULL,NULL,NULL,NULL,NULL, NULL,NULL,NULL,NULL,NULL,NULL,NULL, NULL,NULL,NULL,NULL,NULL,NULL,NULL),
 (4, '-00:00:01','-00:00:00.1','-00:00:00.01','-00:00:00.001','-00:00:00.0001','-00:00:00.00001','-00:00:00.000001',
  '2024-00-00','2024-01-00 01:00:00','0000-01-01 10:00:00.5','2024-02-31 00:00:00.001','2024-02-29 12:34:56.7891','0001-01-01','2024-06-15 12:00:00.123456',
  '2024-03-31 02:30:00','2024-10-27 02:30:00.5','2024-02-29 23:59:59.99','2000-01-01','2001-09-09 01:46:40','2024-03-10 02:30:00','2024-11-03 01:30:00.000001');
SQL

for meta in NO_LOG MINIMAL FULL; do
	q src "SET GLOBAL binlog_row_metadata = $meta"
	db=types_${meta,,}
	q src "CREATE DATABASE $db CHARACTER SET utf8mb4"
	sed 's/%TZ%/+05:45/' t/data/types.sql >"$T/types.sql"
	q_file src "$T/types.sql" "$db" || fail "$db is written"
	q_file src "$T/more.sql" "$db" || fail "$db has more"
	q_file src "$T/old.sql" "$db" || fail "$db has old times"
done
tap="binlog-tap --no-defaults --socket $SOCK_src --user root"
exits 0 'the log is read from its beginning to its end' $tap --start-at earliest --stop-at now
cp "$T/out" "$T/live"
for meta in no_log minimal full; do
	dump_db "types_$meta"
	ok "row metadata ${meta^^}: every value is what the server holds" /usr/bin/python3 t/data/rows_of.py "$T/live" "types_$meta" "$T/rows.types_$meta"
done

# definitions: with FULL from the log, else from the server; they say the same
tables_of()
{
	rowdump "$1" | grep '^{"table"' | grep "\"db\":\"types_$2\"" | sed -E 's/"id":[0-9]+,//; s/"db":"[a-z_]*",//; s/,"keys":.*//; s/,"gen":true//g; s/,"inv":true//g; s/,"coll":[0-9]+//g; s/}}$//' | sort
}
is "$(tables_of "$T/live" minimal)" "$(tables_of "$T/live" no_log)" 'a definition is the same with MINIMAL and NO_LOG'
is "$(tables_of "$T/live" full)" "$(tables_of "$T/live" no_log)" 'and with FULL: names, types, signedness, lengths, character sets, labels, NULL'
like "$(rowdump "$T/live" | grep '^{"table"' | grep '"db":"types_no_log","name":"uuids"')" '"keys":\[\{"name":"PRIMARY","primary":true,"cols":\[0\]\},\{"name":"k","cols":\[2\]\}\]' 'primary and unique keys are in it'

# the same from the files
q src 'FLUSH BINARY LOGS'
files=$(ls "$T"/src/data/bin.[0-9][0-9][0-9][0-9][0-9][0-9])
# shellcheck disable=SC2086
exits 0 'the files say it too' binlog-tap --no-defaults --socket "$SOCK_src" --user root --file $files
cp "$T/out" "$T/files"
# shellcheck disable=SC2086
exits 100 'older times without a server' binlog-tap --file $files --include types_full.old_times
like "$(err)" 'column "t0" of table "types_full.old_times" is of an older format' 'are not guessed'
cp "$T/files" "$T/out"
rows_only()
{
	rowdump "$1" | grep -v '^{"\(hello\|end\|mark\)"'
}
rows_only "$T/live" >"$T/live.json"
rows_only "$T/out" >"$T/files.json"
ok 'frame for frame' cmp "$T/live.json" "$T/files.json"
done_testing

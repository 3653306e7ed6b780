#!/bin/bash
# Values that two servers cannot hold alike: from MySQL to MariaDB, what 6320 leaves of the way back, and keys under other
# collations. Each line of the table in rowservers(7), VALUES, is shown here, in 6310 or in 6320: it arrives without loss,
# or a clear line says why not.
. t/lib.sh
need_server mysql-9.7 mariadb-11.8

servers_start 'my @mysql-9.7 --default-time-zone=+05:45' 'old --default-time-zone=-08:00 --character-set-server=latin1' 'new @mariadb-11.8 --default-time-zone=-08:00 --character-set-server=latin1' \
	'dst @mysql-9.7 --default-time-zone=-08:00 --character-set-server=latin1'
for s in my old new; do
	q $s 'SET GLOBAL binlog_row_metadata = FULL'
done

here() # SERVER: the position that a stream begins at
{
	end_of_log "$1" | sed -n 3p
}

# carry SOURCE FROM TARGET [sink option...]: what SOURCE has written since FROM is applied; exit codes in CODES
carry()
{
	local source=SOCK_$1 target=SOCK_$3 from=$2 name=$1_$3
	shift 3
	binlog-tap --no-defaults --socket "${!source}" --user root --start-at "gtid:$from" --stop-at now 2>"$T/tap.err" >"$T/s.rs"
	CODES=$?
	mysql-sink --no-defaults --socket "${!target}" --user root --pipeline "$name" --accept-gap "$@" <"$T/s.rs" 2>"$T/err"
	CODES+=" $?"
}

arrives() # NAME SOURCE FROM TARGET [sink option...]
{
	local name=$1
	shift
	carry "$@"
	is "$CODES" '0 0' "$name" || diag "$(cat "$T/tap.err" "$T/err")"
}

# stops NAME SOURCE TARGET SQL REGEX: what the statement writes stops the sink with that line, and nothing of it is there
stops()
{
	local from
	from=$(here "$2")
	q "$2" "$4"
	carry "$2" "$from" "$3"
	is "$CODES" '0 100' "$1: stops"
	like "$(err)" "$5" 'and says why'
	# the next one begins behind it
	q "$3" 'DROP DATABASE rowferry'
}

columns() # SERVER DATABASE TABLE
{
	q "$1" "SELECT GROUP_CONCAT(CONCAT_WS(' ', column_name, column_type, collation_name) ORDER BY ordinal_position SEPARATOR ', ') FROM information_schema.columns WHERE table_schema = '$2' AND table_name = '$3'" \
		--init-command="SET group_concat_max_len = 10000, sql_mode = ''"
}

# ---- tables from definitions
q my "SET NAMES utf8mb4; CREATE DATABASE c CHARACTER SET utf8mb4;
	CREATE TABLE c.t (id INT PRIMARY KEY, j JSON, g VARCHAR(10) CHARACTER SET gb18030, gt TEXT CHARACTER SET gb18030 COLLATE gb18030_unicode_520_ci, ge ENUM('中','€') CHARACTER SET gb18030, p POINT SRID 4326, x GEOMETRY,
		v VECTOR(2), a VARCHAR(10) COLLATE utf8mb4_0900_ai_ci, b CHAR(10) COLLATE utf8mb4_0900_as_cs, d TEXT COLLATE utf8mb4_ja_0900_as_cs_ks, u VARCHAR(10) CHARACTER SET utf8mb3, h INT INVISIBLE, bi BIT(3), y YEAR, UNIQUE KEY (a));
	CREATE TABLE c.k (k VARCHAR(10) CHARACTER SET gb18030 PRIMARY KEY, n INT); CREATE TABLE c.keyless (g VARCHAR(10) CHARACTER SET gb18030, v VECTOR(2), p POINT SRID 4326, j JSON)"
from=$(here my)
q my "SET NAMES utf8mb4;
	INSERT INTO c.t VALUES (1, '{\"a\": [1, 2.5, null], \"é\": \"x\"}', '中€', '縗𠀀😀é', '中', ST_GeomFromText('POINT(10 20)', 4326), ST_GeomFromText('POINT(1 2)', 3857), TO_VECTOR('[1,-0.5]'), 'é', 'É', 'か', 'é', b'101', 2155),
		(2, JSON_ARRAY(CAST(1.50 AS DECIMAL(5,2)), CAST('2024-01-01 10:00:00.5' AS DATETIME(6)), CAST(X'00FF' AS BINARY)), '', '', '€', NULL, ST_GeomFromText('LINESTRING(0 0,1 1)'), NULL, 'b ', 'b ', '', '', b'0', 0), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	INSERT INTO c.k VALUES ('中', 1), ('縗', 2), ('😀', 3); UPDATE c.k SET n = 10 WHERE k = '縗'; UPDATE c.k SET k = '文' WHERE k = '中'; DELETE FROM c.k WHERE n = 3;
	INSERT INTO c.keyless VALUES ('中', TO_VECTOR('[1,2]'), ST_GeomFromText('POINT(1 2)', 4326), '{\"a\": 1}'), ('中', TO_VECTOR('[1,2]'), ST_GeomFromText('POINT(2 1)', 4326), '{\"a\": 1}'), ('文', TO_VECTOR('[1,3]'), NULL, '[1]');
	UPDATE c.keyless SET g = '縗' WHERE ST_Latitude(p) = 2; DELETE FROM c.keyless WHERE g = '文'; UPDATE c.t SET h = 7, g = '文' WHERE id = 3"
for t in old new dst; do
	arrives "MySQL to $t: tables and rows" my "$from" $t --create-tables
	for table in "t ORDER BY id" "k ORDER BY k" "keyless ORDER BY v"; do
		what=$([ "${table%% *}" = k ] && echo 'HEX(CONVERT(k USING utf8mb4)), n' || echo "HEX(CONVERT(g USING utf8mb4)), HEX(p), HEX(v), HEX(CONVERT(j USING utf8mb4))")
		[ "${table%% *}" != t ] || what+=", HEX(CONVERT(gt USING utf8mb4)), HEX(CONVERT(ge USING utf8mb4)), HEX(x), HEX(a), HEX(b), HEX(d), HEX(u), h, bi + 0, y"
		table=${table/BY k/BY n}
		is "$(q $t "SELECT $what FROM c.$table")" "$(q my "SELECT $what FROM c.$table")" "c.${table%% *} is the same"
	done
done
is "$(columns old c t)" "id int(11), j longtext utf8mb4_bin, g varchar(10) utf8mb4_bin, gt mediumtext utf8mb4_bin, ge enum('中','€') utf8mb4_bin, p geometry, x geometry, v varbinary(8), a varchar(10) utf8mb4_uca1400_nopad_ai_ci, b char(10) utf8mb4_uca1400_nopad_as_cs, d text utf8mb4_uca1400_nopad_as_cs, u varchar(10) utf8mb3_general_ci, h int(11), bi bit(3), y year(4)" 'columns that MariaDB 10.11 gets'
like "$(columns new c t)" ' v vector\(2\)' 'MariaDB 11.8 has vectors'

# from MariaDB to MySQL
q new "SET NAMES utf8mb4; CREATE DATABASE b CHARACTER SET utf8mb4; CREATE TABLE b.t (u UUID PRIMARY KEY, i4 INET4, i6 INET6, v VECTOR(2), c VARCHAR(50) COMPRESSED, j JSON, k VARCHAR(10) COLLATE utf8mb4_uca1400_as_ci, n VARCHAR(10) COLLATE utf8mb4_nopad_bin)"
from=$(here new)
q new "SET NAMES utf8mb4; INSERT INTO b.t VALUES ('12345678-9abc-1def-8123-456789abcdef', '10.0.0.1', 'fe80::1', VEC_FromText('[1,2]'), REPEAT('é', 40), '{\"b\": 1,  \"a\": 2}', 'é', 'x '), ('01890a5d-ac96-774b-bcce-b302099a8057', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	UPDATE b.t SET i4 = '10.0.0.2' WHERE i4 = '10.0.0.1'; UPDATE b.t SET u = '22345678-9abc-1def-8123-456789abcdef' WHERE i4 IS NULL"
for t in dst old; do
	arrives "MariaDB 11.8 to $t: tables and rows" new "$from" $t --create-tables
	what='SELECT u, i4, i6, HEX(v), HEX(c), j, HEX(k), HEX(n) FROM b.t ORDER BY n'
	is "$(q $t "$what")" "$(q new "$what")" "$t has the same"
done
is "$(columns dst b t)" 'u char(36) ascii_general_ci, i4 varchar(15) ascii_general_ci, i6 varchar(39) ascii_general_ci, v vector(2), c varchar(50) utf8mb4_0900_ai_ci, j longtext utf8mb4_bin, k varchar(10) utf8mb4_0900_as_ci, n varchar(10) utf8mb4_0900_bin' 'columns that MySQL gets'
is "$(columns old b t)" 'u uuid, i4 inet4, i6 inet6, v varbinary(8), c varchar(50) utf8mb4_uca1400_ai_ci, j longtext utf8mb4_bin, k varchar(10) utf8mb4_uca1400_as_ci, n varchar(10) utf8mb4_nopad_bin' 'columns that MariaDB 10.11 gets'
for t in old new dst; do
	q $t 'DROP DATABASE rowferry'
done

# the history of a system-versioned table stays at home; what happens to current rows arrives
for meta in FULL NO_LOG; do
	q old "SET GLOBAL binlog_row_metadata = $meta; CREATE DATABASE v_$meta; CREATE TABLE v_$meta.hidden (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING; CREATE TABLE v_$meta.keyless (id INT, v INT) WITH SYSTEM VERSIONING;
		CREATE TABLE v_$meta.open (id INT PRIMARY KEY, v INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING"
	q dst "CREATE DATABASE v_$meta; CREATE TABLE v_$meta.hidden (id INT PRIMARY KEY, v INT); CREATE TABLE v_$meta.keyless (id INT, v INT); CREATE TABLE v_$meta.open (id INT PRIMARY KEY, v INT)"
	tables='hidden keyless'
	[ $meta = FULL ] || tables+=' open'
	from=$(here old)
	for x in $tables; do
		q old "USE v_$meta; INSERT INTO $x (id, v) VALUES (1, 1), (2, 2), (3, 3), (4, 4); DELETE FROM $x WHERE id = 2; UPDATE $x SET v = 10 WHERE id = 1; UPDATE $x SET v = 11 WHERE id = 1; UPDATE $x SET id = 5 WHERE id = 4; INSERT INTO $x (id, v) VALUES (2, 22)"
	done
	arrives "versioned tables with metadata $meta, onto MySQL" old "$from" dst
	for x in $tables; do
		is "$(q dst "SELECT id, v FROM v_$meta.$x ORDER BY id")" $'1\t11\n2\t22\n3\t3\n5\t4' "v_$meta.$x has the current rows"
	done
	q dst 'DROP DATABASE rowferry'
done
q old 'SET GLOBAL binlog_row_metadata = FULL'
stops 'versions in columns that FULL metadata does not tell from others' old dst 'INSERT INTO v_FULL.open (id, v) VALUES (1, 1)' 'the target.s table has no column "s"'

# ---- what cannot be held
for s in my old new dst; do
	q $s "CREATE DATABASE s CHARACTER SET utf8mb4; CREATE TABLE s.times (id INT PRIMARY KEY, ts TIMESTAMP(6) NULL, t TIME(6)); CREATE TABLE s.texts (id INT PRIMARY KEY, e VARCHAR(10) CHARACTER SET eucjpms, j VARCHAR(10) CHARACTER SET ujis, l VARCHAR(10) CHARACTER SET $([ $s = my ] && echo utf8mb4 || echo latin1));
		CREATE TABLE s.k (k VARCHAR(10) COLLATE $([ $s = my ] || [ $s = dst ] && echo utf8mb4_0900_ai_ci || echo utf8mb4_uca1400_ai_ci) PRIMARY KEY, n INT);
		CREATE TABLE s.bin (k VARCHAR(10) COLLATE $([ $s = my ] && echo utf8mb4_bin || echo utf8mb4_unicode_ci) PRIMARY KEY);
		CREATE TABLE s.g (id INT PRIMARY KEY, p POINT $([ $s = dst ] && echo SRID 4326)); CREATE TABLE s.u (id INT PRIMARY KEY, u $([ $s = my ] || [ $s = dst ] && echo 'CHAR(36)' || echo UUID))"
	[ $s = old ] || q $s "CREATE TABLE s.v (id INT PRIMARY KEY, v VECTOR(2))"
done
utc="SET time_zone = '+00:00'"
stops 'a time stamp behind 2038, onto MariaDB 10.11' new old "$utc; INSERT INTO s.times (id, ts) VALUES (1, '2040-01-01 00:00:00')" 'column "ts"|Incorrect datetime value: .2040-01-01 00:00:00'
stops 'onto MySQL' new dst "$utc; INSERT INTO s.times (id, ts) VALUES (2, '2040-01-01 00:00:00')" 'Incorrect datetime value: .2040-01-01 00:00:00'
stops 'a time stamp in the first second of 1970, onto MySQL' old dst "$utc; INSERT INTO s.times (id, ts) VALUES (3, '1970-01-01 00:00:00.5')" 'Incorrect datetime value: .1970-01-01 00:00:00.5'
stops 'a time between the last seconds, onto MySQL' new dst "INSERT INTO s.times (id, t) VALUES (4, '-838:59:59.000001')" 'Incorrect time value: .-838:59:59.000001'
stops 'a code of eucjpms that MariaDB takes for none' my old "INSERT INTO s.texts (id, e) VALUES (1, X'8EA0')" "Incorrect string value: .*8E.*A0"
stops 'a code of ujis that MariaDB takes for none' my old "INSERT INTO s.texts (id, j) VALUES (4, X'8EA0')" "Incorrect string value: .*8E.*A0"
stops 'text that the character set of the column lacks' my old "SET NAMES utf8mb4; INSERT INTO s.texts (id, l) VALUES (2, '縗')" 'Incorrect string value|no exact form'
stops 'a vector whose length is beyond a float, onto MariaDB' my new "INSERT INTO s.v VALUES (1, X'FFFF7F7FFFFF7F7F')" 'Incorrect vector value'
stops 'a geometry of another SRID than the column of MySQL has' old dst "INSERT INTO s.g VALUES (1, ST_GeomFromText('POINT(1 2)', 3857))" 'SRID of the geometry (is 3857|does not match)'
stops 'keys that differ in blanks at the end, where they do not count' my old "INSERT INTO s.k VALUES ('a', 1), ('a ', 2)" "Duplicate entry 'a *' for key"
stops 'keys that differ in case, where it does not count' my new "INSERT INTO s.bin VALUES ('a'), ('A')" "Duplicate entry 'A' for key"

# MariaDB's log has UUIDs as binary strings; without a server to ask they do not become text
q new "FLUSH BINARY LOGS; INSERT INTO s.u VALUES (1, '12345678-9abc-1def-8123-ff6789abcdef'); FLUSH BINARY LOGS"
log=$(find "$T/new/data" -name 'bin.*[0-9]' | sort | tail -n 2 | head -n 1)
binlog-tap --file "$log" >"$T/s.rs" 2>"$T/tap.err"
exits 100 'a UUID from a file alone into text' mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline file <"$T/s.rs"
like "$(err)" 'into table "s\.u" at .*Incorrect string value' 'stops'
binlog-tap --no-defaults --socket "$SOCK_new" --user root --file "$log" >"$T/s.rs" 2>"$T/tap.err"
exits 0 'with a server to ask' mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline file <"$T/s.rs"
is "$(q dst 'SELECT u FROM s.u')" '12345678-9abc-1def-8123-ff6789abcdef' 'it arrives'
q dst 'DROP DATABASE rowferry'

# ---- keys under other collations: rows are found whatever the target's columns compare like
n=0
# collations of source and target; the values differ under both
while read -r from_coll s to_coll t; do
	n=$((n + 1))
	for x in $s:$from_coll $t:$to_coll; do
		how=${x#*:} how=${how/_COLLATE_/ COLLATE }
		q "${x%%:*}" "CREATE DATABASE IF NOT EXISTS k; CREATE TABLE k.p$n (k VARCHAR(20) CHARACTER SET $how PRIMARY KEY, n INT);
			CREATE TABLE k.u$n (k CHAR(20) CHARACTER SET $how NOT NULL, n INT, UNIQUE KEY (k)); CREATE TABLE k.n$n (k VARCHAR(20) CHARACTER SET $how, n INT, KEY (k))"
	done
	pos=$(here "$s")
	for x in p u n; do
		q "$s" "SET NAMES utf8mb4; USE k; INSERT INTO $x$n VALUES ('straße', 1), ('É', 2), ('', 3), ('x  y', 4), ('z', 5), ('Øre', 6);
			UPDATE $x$n SET n = n + 10 WHERE n IN (1, 2, 6); UPDATE $x$n SET k = 'é' WHERE n = 12; UPDATE $x$n SET k = 'z ' WHERE n = 5; UPDATE $x$n SET n = 50 WHERE n = 5; DELETE FROM $x$n WHERE n IN (3, 4)"
		[ $x != n ] || q "$s" "SET NAMES utf8mb4; USE k; INSERT INTO n$n VALUES ('a', 1), ('A', 1), ('a ', 1), ('á', 1), ('a', 1); UPDATE n$n SET n = 2 WHERE BINARY k = 'A'; DELETE FROM n$n WHERE BINARY k = 'á'"
	done
	arrives "$from_coll of $s, $to_coll of $t" "$s" "$pos" "$t"
	for x in p u n; do
		rows=$(q "$s" "SELECT HEX(CONVERT(k USING utf8mb4)) AS h, n FROM k.$x$n ORDER BY h, n")
		is "$(q "$t" "SELECT HEX(CONVERT(k USING utf8mb4)) AS h, n FROM k.$x$n ORDER BY h, n")" "${rows:-none}" "$x$n: the same rows"
	done
	q "$t" 'DROP DATABASE rowferry'
done <<-'END'
	utf8mb4_COLLATE_utf8mb4_0900_ai_ci my utf8mb4_COLLATE_utf8mb4_uca1400_ai_ci old
	utf8mb4_COLLATE_utf8mb4_0900_ai_ci my utf8mb4_COLLATE_utf8mb4_uca1400_nopad_ai_ci new
	utf8mb4_COLLATE_utf8mb4_0900_as_cs my utf8mb4_COLLATE_utf8mb4_bin old
	utf8mb4_COLLATE_utf8mb4_uca1400_ai_ci old utf8mb4_COLLATE_utf8mb4_0900_ai_ci dst
	utf8mb4_COLLATE_utf8mb4_uca1400_nopad_as_cs new utf8mb4_COLLATE_utf8mb4_general_ci dst
	latin1_COLLATE_latin1_german2_ci my utf8mb4_COLLATE_utf8mb4_uca1400_ai_ci new
	utf8mb4_COLLATE_utf8mb4_0900_ai_ci my latin1_COLLATE_latin1_german1_ci old
	utf16_COLLATE_utf16_unicode_ci my utf8mb4_COLLATE_utf8mb4_0900_ai_ci dst
END
done_testing

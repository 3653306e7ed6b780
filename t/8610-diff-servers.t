#!/bin/bash
# Between MariaDB and MySQL values are compared and not the types that they are kept in: JSON however it was written, UUIDs
# and addresses as text or bytes, numbers of other scales, text of other character sets and collations. What differs is found
# and repaired across the families too.
. t/lib.sh
. t/diff.sh
need_server mysql-9.7

servers_start 'maria --default-time-zone=+05:45' 'my @mysql-9.7 --default-time-zone=-08:00 --character-set-server=latin1 --sql-mode=ANSI_QUOTES,TRADITIONAL'
diff_cnf maria
diff_cnf my
q maria "CREATE DATABASE h; USE h; SET NAMES utf8mb4; SET time_zone = '+00:00';
	CREATE TABLE t (id INT UNSIGNED PRIMARY KEY, u UUID, ub UUID, i4 INET4, i4b INET4, i6 INET6, i6b INET6, v VARCHAR(50) CHARACTER SET latin1, l LONGTEXT CHARACTER SET utf8mb4,
		j JSON, e ENUM('a','é','b') CHARACTER SET latin1, s SET('x','y'), de DECIMAL(10,2), f FLOAT, n INT, dt DATETIME(3), da DATE, ts TIMESTAMP(6) NULL, t TIME(1), b BIT(7), g GEOMETRY, y YEAR);
	INSERT INTO t VALUES
	(1, 'ffffffff-ffff-4fff-bfff-ffffffffffff', 'ffffffff-ffff-4fff-bfff-ffffffffffff', '255.255.255.255', '10.1.2.3', 'ffff::ffff', '2001:db8::1', 'éß', REPEAT('é', 30000),
		'{\"b\":1.50, \"a\": [1,2.5,\"x\\\\u00e9\",null,true], \"big\": 18446744073709551615}', 'é', 'x,y', 12.30, 0.1, 7, '2020-02-29 01:02:03.500', '2020-02-29', '2020-02-29 01:02:03.5', '-12:00:00.5', 5, ST_GeomFromText('POINT(1 2)'), 2024),
	(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(3, '01890a5d-ac96-774b-bcce-b302099a8057', '12345678-9abc-1def-8123-456789abcdef', '1.2.3.4', '1.2.3.4', '::ffff:1.2.3.4', '::1', 'x ', '', '[ ]', 'a', '', -0.01, -1e20, -1, '2020-02-29 01:02:03', '0000-00-00', NULL, '838:59:59', 0, NULL, 0),
	(4, '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', '0.0.0.0', '0.0.0.0', '::', '::', '', 'A', '{\"k\": {\"z\": 1e2, \"y\": \"\\\\/\"}}', 'b', 'y', 0, 0, 0, '1000-01-01 00:00:00', '9999-12-31', '1970-01-01 00:00:01', '0', 127, NULL, 2155);
	CREATE TABLE names (name VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_swedish_ci PRIMARY KEY, n INT);
	INSERT INTO names SELECT CONCAT(CHAR(97 + seq % 26), 'ö', seq), seq FROM seq_1_to_3000;
	CREATE TABLE uuids (u UUID PRIMARY KEY, n INT);
	INSERT INTO uuids SELECT CONCAT(LPAD(HEX(seq * 7919 % 65536), 8, '0'), '-0000-1000-8000-', LPAD(seq, 12, '0')), seq FROM seq_1_to_2000;
	CREATE TABLE keyless (u UUID, i6 INET6, v VARCHAR(50), d DECIMAL(8,3));
	INSERT INTO keyless VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', '::', 'a', 1.5), ('01890a5d-ac96-774b-bcce-b302099a8057', '::', 'a', 1.5), (NULL, NULL, NULL, NULL), (NULL, NULL, '', 0)"
q my "CREATE DATABASE h; USE h; SET sql_mode = '';
	CREATE TABLE t (id BIGINT PRIMARY KEY, u CHAR(36), ub BINARY(16), i4 VARCHAR(15), i4b BINARY(4), i6 VARCHAR(39), i6b VARBINARY(16), v VARCHAR(50) CHARACTER SET utf8mb4, l LONGTEXT CHARACTER SET utf8mb4,
		j JSON, e ENUM('b','a','é') CHARACTER SET utf8mb4, s SET('x','y'), de DECIMAL(20,5), f FLOAT, n DECIMAL(6,1), dt DATETIME(6), da DATETIME, ts TIMESTAMP NULL, t TIME(3), b BIT(9), g GEOMETRY, y YEAR);
	CREATE TABLE names (name VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_cs PRIMARY KEY, n INT);
	CREATE TABLE uuids (u CHAR(36) PRIMARY KEY, n INT);
	CREATE TABLE keyless (u CHAR(36), i6 VARCHAR(39), v VARCHAR(50), d DECIMAL(12,6))"

compare() # SOURCE TARGET [option...]
{
	local s=$1 t=$2
	shift 2
	rowdiff --source-defaults-file="$T/$s.cnf" --target-defaults-file="$T/$t.cnf" --window 0 "$@"
}

# what rowdiff writes of an empty target fills it
repair() # SOURCE TARGET NAME
{
	local sock=SOCK_$2
	compare "$1" "$2" --repair "$T/$3.rs" >"$T/$3.out" 2>"$T/$3.err"
	echo $? >"$T/$3.code"
	mysql-sink --no-defaults -S "${!sock}" -u root --pipeline "$3" --on-conflict skip <"$T/$3.rs" 2>>"$T/$3.err" && [ "$(<"$T/$3.code")" = 1 ]
}
q maria "UPDATE h.t SET ts = '2020-02-29 01:02:03' WHERE id = 1"
ok 'from MariaDB to MySQL: all rows are missing, and are written' repair maria my fill || diag "$(tail -n 5 "$T/fill.err")"
exits 0 'now the values are the same' compare maria my
like "$(out)" 'same: 4 of 4 tables' 'of all tables'
exits 0 'and the other way round' compare my maria

q my "UPDATE h.t SET j = JSON_SET(j, '\$.a[1]', 2.6) WHERE id = 1; UPDATE h.t SET u = NULL WHERE id = 3; UPDATE h.t SET v = 'x' WHERE id = 3; UPDATE h.t SET de = de + 0.00001 WHERE id = 4;
	UPDATE h.names SET name = UPPER(name) WHERE n = 77; UPDATE h.names SET n = -1 WHERE n = 78; DELETE FROM h.uuids WHERE n = 1000; INSERT INTO h.uuids VALUES ('x', 0);
	UPDATE h.keyless SET d = 1.6 WHERE v = 'a' LIMIT 1"
exits 1 'differences across the families' compare maria my --json
is "$(jq -r 'select(.difference) | [.table, .difference, (.key // .row | to_entries | .[0].value), (.columns // [] | .[] | .name)] | join(" ")' "$T/out" | sort)" \
	"$(sort <<-'EOT'
		h.keyless extra 01890a5d-ac96-774b-bcce-b302099a8057
		h.keyless missing 01890a5d-ac96-774b-bcce-b302099a8057
		h.names different aö78 n
		h.names extra ZÖ77
		h.names missing zö77
		h.t different 1 j
		h.t different 3 u v
		h.t different 4 de
		h.uuids extra x
		h.uuids missing 0000d598-0000-1000-8000-000000001000
	EOT
	)" 'are found, and no others'
ok 'they are repaired' repair maria my mend || diag "$(tail -n 5 "$T/mend.err")"
exits 0 'and the same again' compare maria my
q maria "UPDATE h.t SET j = '{}', v = 'other' WHERE id = 1; DELETE FROM h.names WHERE n > 2990"
ok 'from MySQL to MariaDB' repair my maria back || diag "$(tail -n 5 "$T/back.err")"
exits 0 'they are the same, too' compare my maria

# keys that the other side's character set cannot even name
q maria "CREATE DATABASE k; CREATE TABLE k.k (k VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY); INSERT INTO k.k VALUES ('a'), ('é'), ('😀')"
q my "CREATE DATABASE k; CREATE TABLE k.k (k VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY); INSERT INTO k.k VALUES ('a')"
exits 1 'keys beyond the character set of the target' compare maria my --include k
is "$(grep '^missing' "$T/out" | sort)" $'missing    k.k (k=\'é\')\nmissing    k.k (k=\'😀\')' 'are missing there'
done_testing

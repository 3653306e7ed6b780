#!/bin/bash
# Tables are copied live between the families of servers, and between versions, while they are written to: what one server
# calls by another name, or has not, becomes what the target has instead (rowservers(7)), the rows are the same by rowdiff, and
# the pipeline goes on behind the copy.
# (one client library will do)
. t/lib.sh
. t/diff.sh
need_server mysql-9.7 mariadb-11.8

servers_start 'maria --binlog-row-metadata=FULL' 'my @mysql-9.7 --binlog-row-metadata=FULL --default-time-zone=+05:45' \
	'my2 @mysql-9.7 --default-time-zone=-08:00 --character-set-server=latin1 --sql-mode=ANSI_QUOTES,TRADITIONAL' \
	'new @mariadb-11.8 --binlog-row-metadata=FULL'
for s in maria my my2 new; do
	diff_cnf $s
done
pairs=('maria my' 'my maria' 'my my2' 'new maria')
[ -z "${ROWFERRY_LONG:-}" ] || pairs+=('new my2' 'my new' 'maria my2' 'maria new')

# what servers of both families take; the order of the names is not that of the foreign keys
tables_of_all()
{
	cat <<-'EOT'
		CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
		CREATE TABLE numbers (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, t TINYINT, s SMALLINT UNSIGNED, m MEDIUMINT, i INT UNSIGNED, de DECIMAL(30,10), f FLOAT, d DOUBLE, b BIT(17), y YEAR, bo BOOLEAN DEFAULT TRUE, KEY (de, i), KEY by_d (d DESC));
		INSERT INTO numbers (t, s, m, i, de, f, d, b, y) SELECT x.d - 5, 6553 * x.d, -8388608 + y.d, 4294967290 + y.d DIV 2, (x.d - y.d) / 7, z.d / 3, z.d * 1e100, x.d * 1000, 1901 + y.d FROM digits x, digits y, digits z;
		CREATE TABLE times (da DATE, ti TIME(3), dt DATETIME(6), ts TIMESTAMP(2) NOT NULL DEFAULT CURRENT_TIMESTAMP(2) ON UPDATE CURRENT_TIMESTAMP(2), n INT, PRIMARY KEY (dt, da));
		INSERT INTO times SELECT '2020-02-29' - INTERVAL z.d DAY, SEC_TO_TIME(x.d * 1000.125), '2000-01-01' + INTERVAL y.d * 1000 + x.d MICROSECOND, '2030-01-01' + INTERVAL x.d HOUR, x.d FROM digits x, digits y, digits z;
		CREATE TABLE texts (code VARCHAR(30) CHARACTER SET utf8mb4 PRIMARY KEY, l CHAR(10) CHARACTER SET latin1, t TEXT CHARACTER SET utf8mb4, m MEDIUMTEXT, e ENUM('a','é','c') CHARACTER SET utf8mb4, s SET('x','y','z'), a VARCHAR(20) CHARACTER SET ascii NOT NULL, UNIQUE KEY (a, code(5)), KEY (t(20)), FULLTEXT KEY (m));
		INSERT INTO texts SELECT CONCAT('schlüssel', x.d, y.d, z.d), 'äöü', REPEAT('😀é', x.d * 10), CONCAT('words of ', y.d), 1 + x.d MOD 3, y.d MOD 8, CONCAT('a', x.d, y.d, z.d) FROM digits x, digits y, digits z;
		CREATE TABLE bytes (k VARBINARY(20) PRIMARY KEY, b BINARY(4), bl BLOB, g GEOMETRY NOT NULL, SPATIAL KEY (g));
		INSERT INTO bytes SELECT UNHEX(LEFT(SHA2(x.d * 10 + y.d, 256), 40)), UNHEX('00FF'), UNHEX(REPEAT('00FF80', x.d)), ST_GeomFromText('POINT(1 2)') FROM digits x, digits y;
		CREATE TABLE made (a INT, b INT AS (a * 2) STORED, c VARCHAR(20) AS (CONCAT('c', a)) VIRTUAL, d INT DEFAULT 3, id INT, PRIMARY KEY (id), KEY (b), KEY (c)); INSERT INTO made (a, id) SELECT d, d FROM digits;
		CREATE TABLE checked (id INT PRIMARY KEY, n INT, v VARCHAR(20) DEFAULT 'x', CHECK (n > 0), CONSTRAINT not_many CHECK (n < 1000000)); INSERT INTO checked SELECT d, d + 1, d FROM digits;
		CREATE TABLE counted (tenant INT, code VARCHAR(20), n INT AUTO_INCREMENT, v VARCHAR(100), PRIMARY KEY (tenant, code), KEY (n));
		INSERT INTO counted (tenant, code, v) SELECT x.d, CONCAT('c', y.d, z.d), REPEAT('v', z.d) FROM digits x, digits y, digits z;
		CREATE TABLE keyless (i INT, s VARCHAR(20), d DECIMAL(8,3), j DATE); INSERT INTO keyless SELECT d MOD 3, 'same', NULL, NULL FROM digits;
		CREATE TABLE only_unique (a INT NOT NULL, b VARCHAR(10), UNIQUE KEY (b), UNIQUE KEY (a)); INSERT INTO only_unique SELECT d, IF(d > 5, NULL, d) FROM digits;
		CREATE TABLE parent (id INT PRIMARY KEY); INSERT INTO parent SELECT d FROM digits;
		CREATE TABLE child (id INT PRIMARY KEY, p INT, CONSTRAINT of_parent FOREIGN KEY (p) REFERENCES parent (id)); INSERT INTO child SELECT d, d FROM digits;
		CREATE TABLE parted (id INT, at DATE, PRIMARY KEY (id, at)) PARTITION BY RANGE (YEAR(at)) (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE); INSERT INTO parted SELECT d, '2016-01-01' + INTERVAL d YEAR FROM digits;
		CREATE TABLE nothing (id INT PRIMARY KEY, t TEXT);
		CREATE TABLE shown (id INT PRIMARY KEY, hidden INT DEFAULT 5 INVISIBLE, v INT); INSERT INTO shown (id, v) SELECT d, d FROM digits;
	EOT
}

# what its family alone has
tables_of()
{
	case $1 in
	my)
		cat <<-'EOT'
			CREATE TABLE own_collations (k VARCHAR(20) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, c VARCHAR(20) COLLATE utf8mb4_sv_0900_as_cs, b VARCHAR(20) COLLATE utf8mb4_0900_bin, UNIQUE KEY (c)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_as_ci;
			INSERT INTO own_collations SELECT CONCAT(CHAR(97 + d), 'ß'), CONCAT('å', d), CONCAT(d, ' ') FROM digits;
			CREATE TABLE own_json (id INT PRIMARY KEY, j JSON NOT NULL, d JSON DEFAULT (JSON_ARRAY(1, 2.5, 'x')), v VARCHAR(20) AS (j->>'$.a') STORED NOT NULL, KEY (v)); INSERT INTO own_json (id, j) SELECT d, JSON_OBJECT('a', d, 'b', '😀') FROM digits;
			CREATE TABLE own_keys (id INT PRIMARY KEY, v VARCHAR(20), n INT, KEY lowered ((LOWER(v))), KEY unseen (n) INVISIBLE, KEY both_ (n, (id + n)), CONSTRAINT unforced CHECK (n < 0) NOT ENFORCED); INSERT INTO own_keys SELECT d, CONCAT('V', d), d FROM digits;
			CREATE TABLE own_points (id INT PRIMARY KEY, p POINT NOT NULL SRID 4326, SPATIAL KEY (p)); INSERT INTO own_points SELECT d, ST_GeomFromText(CONCAT('POINT(', d, ' 20)'), 4326) FROM digits;
			CREATE TABLE own_chinese (id INT AUTO_INCREMENT PRIMARY KEY, g VARCHAR(10) CHARACTER SET gb18030, t TEXT CHARACTER SET gb18030, KEY (g)); INSERT INTO own_chinese (g, t) VALUES ('中€', REPEAT('縗', 20000)), (NULL, '');
			CREATE TABLE own_lower (id INT PRIMARY KEY, v VARCHAR(20), UNIQUE KEY lowered ((LOWER(v)))); INSERT INTO own_lower SELECT d, d FROM digits;
			CREATE TABLE own_vector (id INT PRIMARY KEY, v VECTOR(3)); INSERT INTO own_vector SELECT d, TO_VECTOR(CONCAT('[', d, ',-0.5,2]')) FROM digits;
			CREATE TABLE own_uuid (u BINARY(16) DEFAULT (UNHEX(REPLACE(UUID(), '-', ''))) PRIMARY KEY, t TEXT DEFAULT ('text'), d DATETIME DEFAULT (NOW() + INTERVAL 1 DAY)); INSERT INTO own_uuid (u) SELECT UNHEX(LEFT(SHA2(d, 256), 32)) FROM digits;
			SET sql_generate_invisible_primary_key = ON; CREATE TABLE own_gipk (v INT); INSERT INTO own_gipk SELECT d FROM digits; SET sql_generate_invisible_primary_key = OFF;
		EOT
		;;
	*)
		cat <<-'EOT'
			CREATE TABLE own_types (u UUID DEFAULT UUID() PRIMARY KEY, i4 INET4, i6 INET6 NOT NULL DEFAULT '::1', c TEXT COMPRESSED, j JSON, n INT, KEY (i6), KEY unseen (n) IGNORED);
			INSERT INTO own_types SELECT CONCAT(LPAD(d * 7919, 8, '0'), '-0000-1000-8000-', LPAD(d, 12, '0')), '10.0.0.1', CONCAT('fe80::', d), REPEAT('é', 100), CONCAT('{\"a\": ', d, '}'), d FROM digits;
			CREATE TABLE own_defaults (id INT PRIMARY KEY, t TEXT DEFAULT 'it''s', v VARCHAR(20) DEFAULT CONCAT('a', 'b'), s BIGINT UNSIGNED DEFAULT UUID_SHORT(), d DATETIME DEFAULT NOW(), e DATE DEFAULT CURDATE(), x INT DEFAULT (1 + 2), bl BLOB DEFAULT 'x'); INSERT INTO own_defaults (id) SELECT d FROM digits;
			CREATE TABLE own_checks1 (id INT PRIMARY KEY, CHECK (id >= 0)); INSERT INTO own_checks1 SELECT d FROM digits; CREATE TABLE own_checks2 LIKE own_checks1; INSERT INTO own_checks2 SELECT d FROM digits;
			CREATE TABLE own_collations (k VARCHAR(20) COLLATE utf8mb4_uca1400_ai_ci PRIMARY KEY, c VARCHAR(20) COLLATE utf8mb4_uca1400_swedish_nopad_as_cs, b VARCHAR(20) COLLATE utf8mb4_nopad_bin, UNIQUE KEY (c)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_as_ci;
			INSERT INTO own_collations SELECT CONCAT(CHAR(97 + d), 'ß'), CONCAT('å', d), CONCAT(d, ' ') FROM digits;
			CREATE TABLE own_kept (id INT PRIMARY KEY, v INT) ENGINE=InnoDB PAGE_COMPRESSED=1; INSERT INTO own_kept SELECT d, d FROM digits;
			CREATE TABLE own_versions (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING; INSERT INTO own_versions SELECT d, d FROM digits; UPDATE own_versions SET v = v + 1;
			CREATE TABLE own_function (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20), n BIGINT AS (CRC32C(v)) STORED, KEY (v)); INSERT INTO own_function (v) SELECT d FROM digits;
		EOT
		[ "$1" = maria ] || echo "CREATE TABLE own_vector (id INT PRIMARY KEY, v VECTOR(3) NOT NULL, VECTOR KEY (v)); INSERT INTO own_vector SELECT d, VEC_FromText(CONCAT('[', d, ',-0.5,2]')) FROM digits;"
		;;
	esac
}

# made_alone SOURCE TARGET: the tables that the target does not make of the source's statement
made_alone()
{
	case "$1 $2" in
	'my maria' | 'my new') echo own_chinese own_lower ;;
	'maria my'*) echo own_function ;;
	'new my'*) echo own_function own_vector ;;
	'new maria') echo own_vector ;;
	esac
}

writer() # SOURCE
{
	local i sock=SOCK_$1
	while [ ! -e "$T/stop" ]; do
		i=$((RANDOM % 1000))
		echo "UPDATE numbers SET d = d / 2, de = de + 1 WHERE id BETWEEN $i AND $i + 5; DELETE FROM numbers WHERE id = $i; INSERT INTO numbers (t, b) VALUES (1, 2);
			UPDATE IGNORE texts SET code = CONCAT('x', RIGHT(code, 4)), m = 'other' WHERE a = 'a$i'; UPDATE IGNORE times SET dt = dt + INTERVAL 1 SECOND, n = -n WHERE n = $((i % 10)) LIMIT 3;
			UPDATE counted SET v = 'w' WHERE tenant = $((i % 10)) AND code LIKE 'c$((i % 9))%'; INSERT IGNORE INTO counted (tenant, code, v) VALUES ($i, 'new', 'z'); DELETE FROM keyless LIMIT 1; INSERT INTO keyless VALUES ($i, NULL, 1.5, '2020-01-01');
			INSERT IGNORE INTO parent VALUES ($i); INSERT IGNORE INTO child VALUES ($i, $i); UPDATE made SET a = $i WHERE id = $((i % 10)); UPDATE own_collations SET b = '$i' LIMIT 1;"
		sleep 0.01 # a load, not a race
	done | mariadb --no-defaults --socket="${!sock}" --user=root --default-character-set=utf8mb4 "c_$1" >"$T/writer.out" 2>&1
}

has_no_copy() # TARGET PIPELINE
{
	local sock=SOCK_$1
	[ -n "$(position "$1" "$2")" ] && ! mysql-sink --no-defaults --socket "${!sock}" --user root --pipeline "$2" --print-position=copy >"$T/state" 2>/dev/null
}

# what is cut by one column, or by the same ones; keys on expressions are the affair of one family
indexes() # SERVER DB
{
	local out
	# shellcheck disable=SC2086 # words
	printf -v out "'%s'," ${alone:-none}
	q "$1" "SELECT CONCAT_WS(' ', table_name, index_name, non_unique, GROUP_CONCAT(column_name ORDER BY seq_in_index)) FROM information_schema.statistics
		WHERE table_schema = '$2' AND table_name NOT IN (${out%,}) AND index_name NOT IN ('lowered', 'both_') GROUP BY table_name, index_name, non_unique ORDER BY BINARY table_name, BINARY index_name"
}

compare() # SOURCE TARGET
{
	rowdiff --source-defaults-file="$T/$1.cnf" --target-defaults-file="$T/$2.cnf" --window 0.5 --include "c_$1"
}

for s in maria my new; do
	q $s "CREATE DATABASE c_$s CHARACTER SET utf8mb4"
	{ tables_of_all; tables_of $s; } >"$T/tables.sql"
	q_file $s "$T/tables.sql" c_$s >"$T/tables.out" 2>&1 || bail "$s does not take its own tables: $(<"$T/tables.out")"
done

for pair in "${pairs[@]}"; do
	read -r s t <<<"$pair"
	what="$s to $t"
	# what one family alone knows of keys is nothing for an ALTER TABLE on the other
	[ "$pair" = 'my maria' ] && indexes=after || indexes=before
	alone=$(made_alone "$s" "$t")
	source="--no-defaults --socket \$SOCK_$s --user root"
	rm -f "$T/stop"
	writer "$s" &
	writer=$!
	pipeline_start p -- "binlog-tap $source --start-at now --include c_$s" "rowcopy $source --live --include c_$s --memory 1M --workers 2 --indexes $indexes" \
		"mysql-sink --no-defaults --socket \$SOCK_$t --user root --pipeline ${s}_$t --create-tables -v"
	ok "$what: everything is copied" wait_for 60 has_no_copy "$t" "${s}_$t" || pipeline_diag p
	touch "$T/stop"
	wait $writer
	is "$(<"$T/writer.out")" '' "$what: and written to meanwhile"
	ok "$what: what came meanwhile is there" wait_caught_up "$s" "$t" "${s}_$t" || pipeline_diag p
	is "$(pipeline_err p mysql-sink | sed -n 's/.*warning: table "c_[a-z]*\.\([a-z_]*\)" has no more than.*/\1/p' | sort | xargs)" "$alone" \
		"$what: tables that the target cannot make as they are have their columns and keys"
	exits 0 "$what: the same by rowdiff" compare "$s" "$t" || diag "$(tail -n 15 "$T/out")"
	is "$(tables "$t" "c_$s")" "$(tables "$s" "c_$s")" "$what: no table is left out"
	is "$(indexes "$t" "c_$s")" "$(indexes "$s" "c_$s")" "$what: with the same indexes"
	q "$s" "USE c_$s; REPLACE INTO nothing VALUES (1, 'x'); UPDATE numbers SET i = 7; DELETE FROM texts WHERE a LIKE 'a1%'; ALTER TABLE made ADD z INT DEFAULT 9; REPLACE INTO made (a, id) VALUES (1, 100); CREATE TABLE later (id INT PRIMARY KEY); INSERT INTO later VALUES (1)"
	ok "$what: the pipeline goes on" wait_caught_up "$s" "$t" "${s}_$t" || pipeline_diag p
	exits 0 "$what: and it is the same again" compare "$s" "$t" || diag "$(tail -n 15 "$T/out")"
	pipeline_stop p
	is "$CODES" '0 0 0' "$what: every program ends well" || pipeline_diag p
	q "$s" "DROP TABLE c_$s.later; ALTER TABLE c_$s.made DROP z"
done

# what the definitions are there
is "$(q my "SELECT CONCAT_WS(' ', column_name, column_type, character_set_name, IFNULL(column_default, '-')) FROM information_schema.columns WHERE table_schema = 'c_maria' AND table_name IN ('own_types', 'own_defaults') AND column_name IN ('u', 'i6', 't', 'v', 'x') ORDER BY column_name")" \
	"$(printf '%s\n' "i6 varchar(39) ascii ::1" 't text utf8mb4 _utf8mb4\\'\''it\\\\\\'\''s\\'\' 'u char(36) ascii uuid()' "v varchar(20) utf8mb4 concat(_utf8mb4\\\\'a\\\\',_utf8mb4\\\\'b\\\\')" 'x int (1 + 2)')" 'defaults of MariaDB on MySQL'
is "$(q maria "SELECT CONCAT_WS(' ', column_name, column_type, generation_expression) FROM information_schema.columns WHERE table_schema = 'c_my' AND table_name IN ('own_json', 'own_points', 'own_vector', 'own_chinese') AND column_name IN ('v', 'p', 'g', 't') ORDER BY table_name, column_name")" \
	"$(printf '%s\n' 'g varchar(10)' 't mediumtext' "v varchar(20) json_unquote(json_extract(\`j\`,_utf8mb4'\$.a'))" 'p point' 'v varbinary(12)')" 'columns of MySQL on MariaDB'

# ---- what there is nothing for
q maria 'CREATE DATABASE seqs; CREATE SEQUENCE seqs.s'
rowcopy --no-defaults --socket "$SOCK_maria" --user root --include seqs >"$T/seqs.rs"
exits 100 'a sequence on MySQL' mysql-sink --no-defaults --socket "$SOCK_my" --user root --pipeline seqs --create-tables <"$T/seqs.rs"
like "$(err)" 'cannot run "CREATE SEQUENCE .* at copy-[0-9a-f]+\.[0-9]+:1: ' 'stops'
place=$(sed -nE 's/.*--skip-ddl ([^ ]+:[0-9]+)$/\1/p' "$T/err")
q maria 'CREATE TABLE seqs.t (id INT PRIMARY KEY); INSERT INTO seqs.t VALUES (1)'
rowcopy --no-defaults --socket "$SOCK_maria" --user root --include seqs --exclude seqs.s >"$T/seqs.rs"
exits 0 'with --exclude' mysql-sink --no-defaults --socket "$SOCK_my" --user root --pipeline seqs2 <"$T/seqs.rs"
is "$(q my 'SELECT * FROM seqs.t')" 1 'the rest is copied'
like "$place" '^copy-[0-9a-f]+\.[0-9]+:1$' 'the statement has a place of its own, which --skip-ddl takes'
done_testing

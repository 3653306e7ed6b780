#!/bin/bash
# The matrix: three servers as source and as target, each kind of row metadata, row image and compression, live and
# from saved log files. In every cell the same torture of tables (t/data/matrix-*.sql, and every character set that all
# servers have) is on the target what it is on the source, byte for byte.
. t/lib.sh
need_server mysql-9.7 mariadb-11.8

sources='m10 m11 my'
targets='to_m10 to_m11 to_my'
declare -A called=([m10]='MariaDB 10.11' [m11]='MariaDB 11.8' [my]='MySQL 9.7')
servers_start 'm10' 'm11 @mariadb-11.8' 'my @mysql-9.7' 'to_m10 --skip-log-bin --default-time-zone=-08:00 --character-set-server=latin1 --sql-mode=ANSI_QUOTES,TRADITIONAL' \
	'to_m11 @mariadb-11.8 --skip-log-bin --default-time-zone=-08:00 --character-set-server=latin1 --sql-mode=ANSI_QUOTES,TRADITIONAL' \
	'to_my @mysql-9.7 --skip-log-bin --default-time-zone=-08:00 --character-set-server=latin1 --sql-mode=ANSI_QUOTES,TRADITIONAL'

wrong() # TEXT: what is done side by side says so here
{
	printf '%s\n' "$1" >>"$T/wrong"
}
: >"$T/wrong"

metadata() # SOURCE
{
	[ "$1" = my ] && echo MINIMAL FULL || echo NO_LOG MINIMAL FULL
}

images() # SOURCE: row images; PARTIAL_JSON is a full one in which changes of documents take the place of documents
{
	case $1 in
	m10) echo FULL MINIMAL NOBLOB ;;
	m11) echo FULL MINIMAL NOBLOB FULL_NODUP ;;
	my) echo FULL MINIMAL NOBLOB PARTIAL_JSON ;;
	esac
}

# cells SOURCE: of every cell of a database the number, the row image and whether the log is compressed
cells()
{
	local n=0 image compression
	for image in $(images "$1"); do
		for compression in off on; do
			n=$((n + 1))
			echo $n "$image" $compression
		done
	done
}

# ---- the schema

common_charsets=$(for s in $sources; do q "$s" "SELECT character_set_name FROM information_schema.character_sets WHERE character_set_name <> 'binary'"; done |
	sort | uniq -c | awk '$1 == 3 {print $2}')
ok 'the servers share character sets' test "$(wc -w <<<"$common_charsets")" -ge 39

by_tens() # the common character sets, some to a line
{
	xargs -n 10 <<<"$common_charsets"
}

numbers() # FIRST LAST FORMAT
{
	local i
	for ((i = $1; i <= $2; i++)); do
		# shellcheck disable=SC2059
		printf "$3" "$i"
	done | sed 's/, *$//'
}

maria()
{
	[[ $1 != *my ]]
}

# A column per character set: as a part of the key, CHAR, VARCHAR and TEXT; the same without a key; and one that has
# every character there is.
charset_tables()
{
	local n=0 cs set keys cols
	while read -r set; do
		n=$((n + 1)) keys='' cols=''
		for cs in $set; do
			keys+=", k_$cs"
			cols+=", c_$cs CHAR(10) CHARACTER SET $cs, v_$cs VARCHAR(40) CHARACTER SET $cs"
		done
		echo "CREATE TABLE cs_keyless$n (cell INT, id INT$cols);"
		for cs in $set; do
			cols+=", k_$cs VARCHAR(6) CHARACTER SET $cs NOT NULL, t_$cs TEXT CHARACTER SET $cs"
		done
		echo "CREATE TABLE cs_$n (cell INT, id INT$cols, PRIMARY KEY (cell$keys));"
	done < <(by_tens)
	cols=
	for cs in $common_charsets; do
		cols+=", c_$cs MEDIUMTEXT CHARACTER SET $cs"
	done
	echo "CREATE TABLE characters (cell INT, id INT$cols, PRIMARY KEY (cell, id));"
}

# 11.8.6 keeps a zero below zero, 11.8.9 does not any more
zero_m11=$(q to_m11 'CREATE DATABASE z; CREATE TABLE z.z (d DOUBLE); INSERT INTO z.z VALUES (-0e0); SELECT d FROM z.z; DROP DATABASE z')

# What only some pairs of servers can hold; see left_out.
own_tables() # SOURCE
{
	[ "$1" = m10 ] || echo "CREATE TABLE own_zero (cell INT, id INT, f FLOAT, d DOUBLE, PRIMARY KEY (cell, id));"
	! maria "$1" || echo "CREATE TABLE own_time (cell INT, id INT, t1 TIME(1), t6 TIME(6), ts TIMESTAMP(6) NULL, PRIMARY KEY (cell, id));"
	[ "$1" != m11 ] || echo "CREATE TABLE own_late (cell INT, id INT, ts TIMESTAMP NULL, ts6 TIMESTAMP(6) NULL, PRIMARY KEY (cell, id, ts6));"
	[ "$1" != my ] || echo "CREATE TABLE own_text (cell INT, id INT, k VARCHAR(10) CHARACTER SET gb18030, t TEXT CHARACTER SET gb18030, j JSON, PRIMARY KEY (cell, id, k));"
	[ "$1" != my ] || echo "CREATE TABLE own_vector (cell INT, id INT, v VECTOR(2), e VARCHAR(10) CHARACTER SET eucjpms, PRIMARY KEY (cell, id));"
}

own_rows() # SOURCE
{
	[ "$1" = m10 ] || echo "INSERT INTO own_zero VALUES (0, 0, -0e0, -0e0), (0, 1, 0, 0), (0, 2, 1, -1), (0, 3, NULL, -0e0);"
	! maria "$1" || echo "INSERT INTO own_time VALUES (0, 0, '838:59:59.9', '838:59:59.999999', '2038-01-19 03:14:07.999999'), (0, 1, '-838:59:59.9', '-838:59:59.999999', '1970-01-01 00:00:00.000001'), (0, 2, 0, 0, 0), (0, 3, NULL, NULL, NULL);"
	[ "$1" != m11 ] || echo "INSERT INTO own_late VALUES (0, 0, '2106-02-07 06:28:15', '2106-02-07 06:28:15.999999'), (0, 1, '2038-01-19 03:14:08', '2038-01-19 03:14:08'), (0, 2, NULL, '2100-02-28 23:59:59.5'), (0, 3, 0, 0);"
	[ "$1" != my ] || echo "INSERT INTO own_text VALUES (0, 0, '中文', '縗𠀀😀', '1'), (0, 1, 'é', '', JSON_ARRAY(CAST(1.50 AS DECIMAL(5,2)), CAST('2024-01-01' AS DATE), CAST(X'00FF' AS BINARY), CAST('-12:00:00.5' AS TIME(6)))), (0, 2, '', NULL, NULL), (0, 3, '€', X'8130843995308130', '{}');"
	[ "$1" != my ] || echo "INSERT INTO own_vector VALUES (0, 0, X'FFFF7F7FFFFF7F7F', X'8EA0FF'), (0, 1, X'FFFF7FFF00000080', X'8080'), (0, 2, NULL, NULL), (0, 3, X'0000803F00000040', '');"
}

# left_out SOURCE TARGET: tables that the target cannot hold, as a pattern; what comes of their values is shown by t/6310,
# t/6320 and t/6340
left_out()
{
	local out=none
	case $2 in
	to_m10) out+='|own_zero' ;;
	to_m11) [ "$zero_m11" = -0 ] || out+='|own_zero' ;;
	esac
	{ maria "$1" && maria "$2"; } || out+='|own_time'
	[ "$2" = to_m11 ] || out+='|own_late'
	[ "$2" = to_my ] || out+='|own_text|own_vector'
	echo "$out"
}

# tables_for SOURCE TARGET: the schema of the source as it is on the target
tables_for()
{
	local both_maria='' both_vectors=''
	maria "$1" && maria "$2" && both_maria=1
	[[ $1 != *m10 && $2 != *m10 ]] && both_vectors=1
	sed -e "${both_maria:+s/@\(UUID\|INET[46]\)@/\1/g}" -e 's/@UUID@/CHAR(36) CHARACTER SET ascii/g; s/@INET4@/VARCHAR(15)/g; s/@INET6@/VARCHAR(39)/g' \
		-e "s/@PACKED@/${both_maria:+COMPRESSED}/g; s/@AI@/COLLATE $(maria "$2" && echo utf8mb4_uca1400_ai_ci || echo utf8mb4_0900_ai_ci)/g" \
		-e "s/@SRID@/$(maria "$2" || echo SRID 4326)/; s/@MEMBERS@/$(numbers 1 300 "'m%d', ")/; s/@BITS@/$(numbers 0 63 "'%d', ")/" \
		-e "${both_vectors:+s/@VECTOR(\([0-9]*\))@/VECTOR(\1)/g}" -e 's/@VECTOR(1)@/VARBINARY(4)/g; s/@VECTOR(2)@/VARBINARY(8)/g; s/@VECTOR(4)@/VARBINARY(16)/g; s/@VECTOR(2000)@/VARBINARY(8000)/g' \
		t/data/matrix-tables.sql
	cat "$T/charsets.sql"
	own_tables "$1"
}

texts=('' 'plain ascii' 'é€ß Ä ÿ œ' '中文縗功許蓋' '表示ソ能ポ，①' 'привет Ёжик' 'ğışÖ Łódź' 'ภาษาไทย' 'αβγΩ ΐ' 'שלום' '한국어 똠' 'ქართული' 'հայ' '😀é😀' '\\ \'' " ` % _' '\n\0\Z\t' 'trail  ')

# every character that the server has in a character set of its own
every_character() # CHARSET
{
	local cs=$1 bytes from where
	case $cs in
	utf8* | utf16* | utf32 | ucs2)
		bytes="CONVERT(CONVERT(UNHEX(LPAD(HEX(n), 8, '0')) USING utf32) USING $cs)" where='n NOT BETWEEN 55296 AND 57343'
		;;
	big5 | cp932 | eucjpms | euckr | gb2312 | gbk | sjis | ujis)
		bytes="IF(n < 256, CHAR(n), CONCAT(CHAR(n DIV 256), CHAR(n MOD 256)))"
		# not lead bytes alone, which MySQL converts and no column takes, nor a code that MariaDB refuses (t/6340)
		where="(n < 128 OR n >= 32768 OR ('$cs' <> 'eucjpms' AND n < 256)) AND (n <> 36512 OR '$cs' NOT IN ('eucjpms', 'ujis')) AND HEX(CONVERT($bytes USING $cs)) = HEX($bytes)"
		;;
	*)
		bytes='CHAR(n)' where="n < $([ "$cs" = ascii ] && echo 128 || echo 256) AND HEX(CONVERT($bytes USING $cs)) = HEX($bytes)"
		;;
	esac
	add_characters 0 "$bytes" "$where"
	case $cs in
	eucjpms | ujis)
		bytes="CONCAT(X'8F', CHAR(n DIV 256), CHAR(n MOD 256))"
		add_characters 16 "$bytes" "n >= 41120 AND HEX(CONVERT($bytes USING $cs)) = HEX($bytes)"
		;;
	esac
}

add_characters() # FIRST_ID BYTES WHERE
{
	echo "INSERT INTO characters (cell, id, c_$cs) SELECT 0, $1 + n DIV 8192, GROUP_CONCAT($2 ORDER BY n SEPARATOR '') FROM nums WHERE $3 GROUP BY n DIV 8192
		ON DUPLICATE KEY UPDATE c_$cs = VALUES(c_$cs);"
}

charset_rows()
{
	local n=0 set cs i text cols row
	while read -r set; do
		n=$((n + 1)) cols=
		for cs in $set; do
			cols+=", c_$cs, v_$cs, k_$cs, t_$cs"
		done
		for i in "${!texts[@]}"; do
			text=${texts[i]//\'/\'\'} row=
			for cs in $set; do
				row+=", LEFT('$text', 10), CONCAT('$text', 'x'), CONCAT('$(printf %x "$i")', LEFT('$text', 3)), REPEAT('$text', 5)"
			done
			echo "INSERT INTO cs_$n (cell, id$cols) VALUES (0, $i$row);"
		done
		echo "INSERT INTO cs_keyless$n SELECT cell, id$(for cs in $set; do echo ", c_$cs, v_$cs"; done) FROM cs_$n WHERE id < 9;"
	done < <(by_tens)
	echo 'CREATE TABLE nums (n INT PRIMARY KEY) AS WITH d AS (SELECT 0 AS n'
	numbers 1 15 ' UNION ALL SELECT %d'
	echo ') SELECT a.n * 4096 + b.n * 256 + c.n * 16 + d.n AS n FROM d AS a, d AS b, d AS c, d;'
	echo 'SET SESSION group_concat_max_len = 1000000;'
	for cs in $common_charsets; do
		every_character "$cs"
	done
	echo 'DROP TABLE nums;'
}

charset_tables >"$T/charsets.sql"
{
	echo "SET NAMES utf8mb4; SET sql_mode = '';"
	charset_rows
} >"$T/charset_rows.sql"

# seed SOURCE: database seed with cell 0, and the empty databases; not logged, the pipelines come after it
seed()
{
	local s=$1 db
	{
		echo "SET sql_log_bin = 0; SET NAMES utf8mb4; SET time_zone = '+00:00';"
		for db in seed $(for m in $(metadata "$s"); do echo "${s}_${m,,}"; done); do
			echo "CREATE DATABASE $db; USE $db;"
			tables_for "$s" "$s"
		done
		echo 'USE seed;'
		cat t/data/matrix-rows.sql
		own_rows "$s"
		cat "$T/charset_rows.sql"
	} >"$T/$s.seed"
	q_file "$s" "$T/$s.seed" >"$T/$s.out" 2>&1 || wrong "$s: $(head -c 1000 "$T/$s.out")"
	cell_script "$s" >"$T/$s.cell"
}

# cell_script SOURCE: what is done in each cell @C@. In every table: the rows of seed come; each column that is not in a
# key is changed by itself to another row's value; a key is changed; copies come and go.
cell_script()
{
	local s=$1 my=0 n=0
	maria "$s" || my=1
	q "$s" "SELECT c.table_name, c.column_name, c.column_key, c.column_name IN ('cell', 'id') OR c.extra LIKE '%auto_increment%' OR EXISTS (SELECT 1 FROM information_schema.statistics AS s
			WHERE s.table_schema = 'seed' AND s.table_name = c.table_name AND s.column_name = c.column_name),
			(SELECT COUNT(*) FROM information_schema.statistics AS s WHERE s.table_schema = 'seed' AND s.table_name = c.table_name AND s.index_name = 'PRIMARY') AS parts
		FROM information_schema.columns AS c WHERE c.table_schema = 'seed' AND c.table_name NOT LIKE 'k\\_auto' AND c.table_name <> 'zones' AND c.extra NOT LIKE '% GENERATED%'
		ORDER BY c.table_name, c.ordinal_position" -r >"$T/$s.columns"
	awk -F '\t' -v quote="'" '
		function flush_table(   i, k, list, copies, set) {
			if (table == "") return
			if (table == "characters") print "@EVERY@"
			list = ""
			for (i = 1; i <= n; i++) if (name[i] != "cell") list = list ", " name[i]
			print "INSERT INTO " table " (cell" list ") SELECT @C@" list " FROM seed." table " WHERE cell = 0;"
			if (table == "characters") print "@/EVERY@"
			else if (has_id && table !~ /^cs_keyless/) {
				print "BEGIN;"
				k = 0; set = ""
				for (i = 1; i <= n; i++) {
					if (keyed[i]) continue
					k++
					if (table ~ /^cs_/) { # a third of the columns at a time
						set = set (set == "" ? "" : ", ") "a." name[i] " = b." name[i]
						if (k % 10 && i < n) continue
					} else
						set = "a." name[i] " = b." name[i]
					print "UPDATE " table " AS a JOIN seed." table " AS b ON b.id = " (k + 1 + int(k / 4) % 3) % 4 " SET " set " WHERE a.cell = @C@ AND a.id = " k % 4 ";"
					set = ""
				}
				print "COMMIT;"
				if (parts == 2 && table != "made") {
					print "UPDATE " table " SET id = id + 1000 WHERE cell = @C@ AND id = 1;"
					copies = list
					sub(/, id/, ", id + 2000", copies)
					print "INSERT INTO " table " (cell" list ") SELECT @C@" copies " FROM seed." table " WHERE cell = 0;"
					print "DELETE FROM " table " WHERE cell = @C@ AND id >= 2000;"
					print "DELETE FROM " table " WHERE cell = @C@ AND id = 1001 AND @C@ % 2;"
				}
			}
			if (table ~ /^cs_[0-9]/) {
				set = ""
				for (i = 1; i <= n; i++) if (name[i] ~ /^k_/) set = set (set == "" ? "" : ", ") name[i] " = CONCAT(" name[i] ", " quote "z" quote ")"
				print "UPDATE " table " SET " set " WHERE cell = @C@ AND id IN (3, 5, 13);"
				print "DELETE FROM " table " WHERE cell = @C@ AND id IN (4, 6, 14);"
			}
			if (table ~ /^cs_keyless/) {
				set = ""
				for (i = 3; i <= n; i += 2) set = set (set == "" ? "" : ", ") name[i] " = NULL"
				print "INSERT INTO " table " (cell" list ") SELECT @C@" list " FROM seed." table " WHERE cell = 0 AND id IN (2, 3);"
				print "UPDATE " table " SET id = 50 WHERE cell = @C@ AND id = 2 LIMIT 1;"
				print "UPDATE " table " SET " set " WHERE cell = @C@ AND id IN (5, 7);"
				print "DELETE FROM " table " WHERE cell = @C@ AND id IN (3, 4);"
			}
		}
		$1 != table { flush_table(); table = $1; n = 0; has_id = 0; parts = $5 }
		{ name[++n] = $2; keyed[n] = $4; if ($2 == "id") has_id = 1 }
		END { flush_table() }' "$T/$s.columns"
	sed "s/@MYSQL@/$my/g" t/data/matrix-work.sql
}

# write SOURCE: the cells, one after the other, each database's in log files of its own
write()
{
	local s=$1 meta n image compression zones=(+00:00 -08:00 +05:45) db settings
	for meta in $(metadata "$s"); do
		db=${s}_${meta,,}
		q "$s" "SET GLOBAL binlog_row_metadata = $meta; FLUSH BINARY LOGS"
		log_name "$s" >"$T/$db.first"
		while read -r n image compression; do
			settings="SET SESSION binlog_row_image = ${image/PARTIAL_JSON/FULL}"
			if maria "$s"; then
				settings+="; SET GLOBAL log_bin_compress = $compression, GLOBAL log_bin_compress_min_len = 10"
			else
				settings+=", SESSION binlog_transaction_compression = $compression"
				[ "$image" != PARTIAL_JSON ] || settings+=", SESSION binlog_row_value_options = PARTIAL_JSON"
			fi
			{
				echo "SET NAMES utf8mb4; SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'; SET time_zone = '${zones[n % 3]}'; $settings;"
				# every character: in two cells of each source, compressed and not
				if [[ $n$meta == [12]FULL ]]; then
					sed "s/@C@/$n/g; /^@.*EVERY@$/d" "$T/$s.cell"
				else
					sed "s/@C@/$n/g; /^@EVERY@$/,/^@.EVERY@$/d" "$T/$s.cell"
				fi
				echo "SELECT CONCAT_WS(' ', @@GLOBAL.binlog_row_metadata, @@binlog_row_image, $(maria "$s" && echo @@log_bin_compress || echo @@binlog_transaction_compression, @@binlog_row_value_options));"
			} >"$T/$s.write"
			q_file "$s" "$T/$s.write" "$db" >"$T/$s.out" 2>&1 || wrong "$s, cell $n of $db: $(head -c 1000 "$T/$s.out")"
			settings="$meta ${image/PARTIAL_JSON/FULL} ${compression^^}"
			if ! maria "$s"; then
				settings=${settings/ OFF/ 0}
				settings="${settings/ ON/ 1} $([ "$image" != PARTIAL_JSON ] || echo PARTIAL_JSON)"
			fi
			[ "$(<"$T/$s.out")" = "$settings" ] || wrong "$s, cell $n of $db was written with $(<"$T/$s.out")"
		done < <(cells "$s")
	done
	q "$s" "SHOW BINLOG EVENTS IN '$(log_name "$s")'" | cut -f 3 | sort -u >"$T/$s.events"
	q "$s" 'FLUSH BINARY LOGS'
	log_name "$s" >"$T/$s.behind"
	mkdir "$T/$s.logs"
	cp "$T/$s/data/"bin.0*[0-9] "$T/$s.logs"
}

log_name() # SERVER: the log file that is written now
{
	end_of_log "$1" | head -n 1
}

# ---- the targets

prepare() # TARGET
{
	local t=$1 s meta path
	{
		echo "SET NAMES utf8mb4; SET time_zone = '+00:00';"
		for s in $sources; do
			tables_for "$s" "$t" | grep -vE "^CREATE TABLE ($(left_out "$s" "$t")) " >"$T/$s.$t.sql"
			for meta in $(metadata "$s"); do
				for path in '' file_; do
					echo "CREATE DATABASE $path${s}_${meta,,}; USE $path${s}_${meta,,};"
					cat "$T/$s.$t.sql"
				done
			done
		done
	} >"$T/$t.sql"
	q_file "$t" "$T/$t.sql" --init-command="SET sql_mode = ''" >"$T/$t.out" 2>&1 || wrong "$t: $(head -c 1000 "$T/$t.out")"
}

live() # SOURCE TARGET
{
	local source=SOCK_$1 target=SOCK_$2
	pipeline_start "$1_$2" -- "binlog-tap --no-defaults --socket ${!source} --user root --start-at gtid:$(sed -n 3p "$T/$1.begin") --exclude '*./$(left_out "$1" "$2")/'" \
		"mysql-sink --no-defaults --socket ${!target} --user root --pipeline $1"
}

arrived() # SOURCE TARGET: everything is applied, or will never be
{
	t_not_running "$1_$2" || ! kill -0 "$(pipeline_pid "$1_$2" mysql-sink)" 2>/dev/null || wait_caught_up "$1" "$2" "$1" 0 >/dev/null
}

# files_alone SOURCE TARGET METADATA: the log itself says all. MariaDB's has UUIDs and addresses as binary strings: for MySQL,
# where they become text, the server is asked what they are.
files_alone()
{
	[ "$3" = FULL ] && { maria "$2" || ! maria "$1"; }
}

printf 'database * -> file_*\n' >"$T/file.rules"
# from_files SOURCE TARGET METADATA: the log files of one database, without a server where the log has all that is needed
from_files()
{
	local s=$1 t=$2 meta=$3 source=SOCK_$1 target=SOCK_$2 first next f files=() who=() base=$T/$1_$2_$3
	first=$(<"$T/${s}_${meta,,}.first")
	next=$(metadata "$s" | tr ' ' '\n' | sed -n "/^$meta\$/{n;p;}")
	[ -z "$next" ] && next=$(<"$T/$s.behind") || next=$(<"$T/${s}_${next,,}.first")
	for f in "$T/$s.logs/"bin.0*[0-9]; do
		[[ ${f##*/} < $first || ! ${f##*/} < $next ]] || files+=("$f")
	done
	files_alone "$s" "$t" "$meta" || who=(--no-defaults --socket "${!source}" --user root)
	binlog-tap "${who[@]}" --exclude "*./$(left_out "$s" "$t")/" --file "${files[@]}" 2>"$base.1.err" |
		rowmap --rules "$T/file.rules" 2>"$base.2.err" |
		mysql-sink --no-defaults --socket "${!target}" --user root --pipeline "file_${s}_$meta" 2>"$base.3.err"
	echo "${PIPESTATUS[*]}" >"$base.codes"
}

# ---- what is compared

# digests SERVER DATABASE...: of each row the database, table, cell and a digest of the exact values
digests()
{
	local server=$1 dbs
	shift
	dbs=$(printf "'%s'," "$@")
	q "$server" "SELECT CONCAT('SELECT ''', table_schema, ' ', table_name, ''', cell, SHA2(CONCAT_WS('',''', GROUP_CONCAT(',IFNULL(HEX(',
			CASE WHEN data_type = 'float' THEN CONCAT('CONCAT(', c, ','':'',', c, '+0e0)')
			WHEN data_type = 'double' AND numeric_scale IS NOT NULL THEN CONCAT('CONCAT(', c, ','':'',', c, '*1e10)')
			WHEN data_type = 'vector' THEN c
			WHEN data_type IN ('enum', 'set') THEN CONCAT('CONCAT(CAST(', c, ' AS UNSIGNED),'':'',', c, ')')
			ELSE CONCAT('CONCAT(', c, ')') END, '),''N'')' ORDER BY BINARY column_name SEPARATOR ''), '), 256) FROM ', table_schema, '.', table_name, ';')
		FROM (SELECT table_schema, table_name, column_name, data_type, numeric_scale, CONCAT('\`', column_name, '\`') AS c FROM information_schema.columns
			WHERE table_schema IN (${dbs%,})) AS columns GROUP BY table_schema, table_name" --init-command="SET group_concat_max_len=1000000, sql_mode=''" -r >"$T/digests.$server" &&
		q_file "$server" "$T/digests.$server" --quick --init-command="SET time_zone = '+00:00', sql_mode = ''" | tr '\t' ' ' | sort
}

databases() # SOURCE PREFIX
{
	local m
	for m in $(metadata "$1"); do
		echo "$2${1}_${m,,}"
	done
}

# shellcheck disable=SC2046 # many words
digests_of_source()
{
	digests "$1" $(databases "$1" '') >"$T/$1.want"
}

# shellcheck disable=SC2046
digests_of_target()
{
	digests "$1" $(for s in $sources; do databases "$s" ''; databases "$s" file_; done) >"$T/$1.got"
}

# ---- all of it

step() # where the time goes is seen with prove -v
{
	diag "$SECONDS s: $1"
}

all() # COMMAND WORD...: side by side
{
	local command=$1 word jobs=()
	shift
	for word; do
		$command "$word" &
		jobs+=($!)
	done
	wait "${jobs[@]}"
}

step 'servers run'
# shellcheck disable=SC2086 # many words
all seed $sources
# shellcheck disable=SC2086
all prepare $targets
is "$(<"$T/wrong")" '' 'tables are made'
step 'tables are made'
for s in $sources; do
	end_of_log "$s" >"$T/$s.begin"
	for t in $targets; do
		live "$s" "$t"
	done
done
# shellcheck disable=SC2086
all write $sources
is "$(<"$T/wrong")" '' 'all cells are written'
for s in $sources; do
	ok "${called[$s]}: the log has events that are compressed" grep -Eqi 'compressed|payload' "$T/$s.events"
	ok 'and some that are not' grep -qx -e Update_rows_v1 -e Update_rows "$T/$s.events"
done
step 'all cells are written'
for s in $sources; do
	for t in $targets; do
		wait_for 60 arrived "$s" "$t" || diag "${called[$s]} to ${called[${t#to_}]}: not at the end in time"
		pipeline_stop "${s}_$t"
		is "$CODES" '0 0' "live from ${called[$s]} to ${called[${t#to_}]}" || pipeline_diag "${s}_$t"
	done
done
step 'live pipelines are done'
# and the same question to rowdiff, which asks it in its own way
option_file() # SERVER
{
	local sock=SOCK_$1
	printf '[client]\nsocket=%s\nuser=root\n' "${!sock}" >"$T/$1.cnf"
}
for s in $sources; do
	for t in $targets; do
		option_file "$s"
		option_file "$t"
		exits 0 "rowdiff finds ${called[$s]} and ${called[${t#to_}]} the same" rowdiff --source-defaults-file="$T/$s.cnf" --target-defaults-file="$T/$t.cnf" \
			--include "${s}_*" --exclude "*./$(left_out "$s" "$t")/" --window 0
	done
done
step 'rowdiff is done'
for s in $sources; do
	digests_of_source "$s"
	for meta in $(metadata "$s"); do
		jobs=()
		for t in $targets; do
			from_files "$s" "$t" "$meta" &
			jobs+=($!)
		done
		wait "${jobs[@]}"
		for t in $targets; do
			is "$(<"$T/${s}_${t}_$meta.codes")" '0 0 0' "files of ${called[$s]} with metadata $meta to ${called[${t#to_}]}" || diag "$(cat "$T/${s}_${t}_$meta".*.err)"
		done
	done
done
step 'files are done'
# shellcheck disable=SC2086
all digests_of_target $targets
step 'digests are there'

declare -A differs=() rows=()
for s in $sources; do
	while read -r count db cell; do
		rows[$db.$cell]=$count
	done < <(awk '{print $1, $3}' "$T/$s.want" | sort | uniq -c)
	for t in $targets; do
		grep -vE "^[a-z0-9_]+ ($(left_out "$s" "$t")) " "$T/$s.want" >"$T/want"
		for path in live file; do
			if [ $path = live ]; then
				grep "^${s}_" "$T/$t.got" >"$T/got"
			else
				sed -n "s/^file_\(${s}_\)/\1/p" "$T/$t.got" | sort >"$T/got"
			fi
			comm -3 "$T/want" "$T/got" | tr -d '\t' | cut -d ' ' -f 1-3 | uniq >"$T/differ"
			while read -r db table cell; do
				differs[$t.$path.$db.$cell]+=" $table"
			done <"$T/differ"
		done
	done
done

{
	printf '%-14s%-9s%-13s%-9s%6s' source metadata image compr. rows
	for t in $targets; do
		printf ' | %-13s' "${called[${t#to_}]}"
	done
	printf '\n%-51s' ''
	for t in $targets; do
		printf ' | %-6s %-6s' live files
	done
	for s in $sources; do
		for meta in $(metadata "$s"); do
			db=${s}_${meta,,}
			while read -r n image compression; do
				printf '\n%-14s%-9s%-13s%-9s%6s' "${called[$s]}" "$meta" "$image" "$compression" "${rows[$db.$n]:-none}"
				for t in $targets; do
					printf ' |'
					for path in live file; do
						word=same
						[ $path = live ] || files_alone "$s" "$t" "$meta" || word=same+
						[ -z "${differs[$t.$path.$db.$n]:-}" ] && [ "${rows[$db.$n]:-0}" -gt 150 ] || word=DIFFER
						printf ' %-6s' $word
					done
				done
			done < <(cells "$s")
		done
	done
	echo
} >"$T/table"
diag "$(<"$T/table")"
diag 'same+: read from files with a server to ask what the columns are'
for s in $sources; do
	for meta in $(metadata "$s"); do
		while read -r n image compression; do
			bad=
			for t in $targets; do
				for path in live file; do
					key=$t.$path.${s}_${meta,,}.$n
					[ -z "${differs[$key]:-}" ] || bad+="$path to ${called[${t#to_}]}:${differs[$key]}"$'\n'
				done
			done
			[ "${rows[${s}_${meta,,}.$n]:-0}" -gt 150 ] || bad+='too few rows'
			is "$bad" '' "${called[$s]}, metadata $meta, image $image, compression $compression: equal to the byte everywhere"
		done < <(cells "$s")
	done
done
done_testing

#!/bin/bash
# How MariaDB 10.11 and 11.8 write the same work: compressed events of every kind, checksums that are switched on and off
# within the log, events that do not say where they end (11.4), row images with each value once (11.5): live and as
# files the rows are the same, and every place can be started from.
# shellcheck disable=SC2016,SC2034,SC2086 # $live is a command with options
# (one client library will do)
. t/lib.sh

kinds=(mariadb)
if scripts/getserver mariadb-11.8 >/dev/null 2>&1; then
	kinds+=(mariadb-11.8)
else
	skip 'logs of mariadb-11.8' 'mariadb-11.8 cannot be had'
fi
server_start dst
server_start dst2 # a target of its own for each
cat >"$T/work.sql" <<'SQL'
CREATE TABLE plain (id INT PRIMARY KEY, a INT, t TEXT, b BLOB, u UUID, i4 INET4, i6 INET6, c VARCHAR(500) COMPRESSED, z MEDIUMBLOB COMPRESSED, d DECIMAL(20,5), ts TIMESTAMP(6) NULL) COMMENT 'a definition that is long enough to be compressed as any other statement is';
INSERT INTO plain SELECT seq, seq * 10, REPEAT('text ', seq), REPEAT(X'00FF', seq), CONCAT(LPAD(HEX(seq), 8, '0'), '-0000-4000-8000-000000000000'), CONCAT('10.0.0.', seq), CONCAT('2001:db8::', HEX(seq)), REPEAT('c', seq * 4), REPEAT('z', seq * 100), seq / 3, '2024-01-01' FROM seq_1_to_100;
UPDATE plain SET t = REPEAT('changed ', 50) WHERE id > 60;
UPDATE plain SET a = a + 1, c = NULL WHERE id <= 10;
DELETE FROM plain WHERE id BETWEEN 20 AND 50;
CREATE TABLE keyless (a INT, t TEXT);
INSERT INTO keyless VALUES (1, REPEAT('k', 400)), (1, REPEAT('k', 400)), (2, NULL);
UPDATE keyless SET t = REPEAT('l', 400) WHERE a = 2;
DELETE FROM keyless WHERE a = 1 LIMIT 1;
BEGIN; INSERT INTO plain (id, t) VALUES (1000, REPEAT('x', 3000)); SAVEPOINT s; UPDATE plain SET t = REPEAT('y', 3000) WHERE id = 1000; ROLLBACK TO s; DELETE FROM plain WHERE id = 1; COMMIT;
CREATE TABLE my (id INT PRIMARY KEY, t TEXT) ENGINE = MyISAM; INSERT INTO my VALUES (1, REPEAT('m', 500)); UPDATE my SET t = REPEAT('n', 500); DELETE FROM my;
CREATE TABLE versioned (id INT PRIMARY KEY, v VARCHAR(300)) WITH SYSTEM VERSIONING;
INSERT INTO versioned VALUES (1, REPEAT('v', 300)), (2, 'two'), (3, 'three'); UPDATE versioned SET v = 'changed' WHERE id = 1; UPDATE versioned SET v = REPEAT('w', 300) WHERE id = 1; DELETE FROM versioned WHERE id = 2;
CREATE TABLE chosen SELECT id, a, t FROM plain WHERE id > 95;
ALTER TABLE plain ADD COLUMN more VARCHAR(50) DEFAULT 'a default', COMMENT 'another statement that is long enough to be compressed as any other';
INSERT INTO plain (id, more) VALUES (2000, 'm');
SQL
# rows as they are however they were written: without places, names of databases and clocks
gist() # FILE DB
{
	rowdump "$1" | jq -c --arg db "$2." 'if .insert or .update or .delete then select((.insert // .update // .delete) | startswith($db)) |
			[keys[0], ((.insert // .update // .delete) | ltrimstr($db)), .old, .new]
		elif .ddl then select(.ddl.db + "." == $db and .ddl.verb != "create database") | [.ddl.verb, .ddl.sql] elif .savepoint then .savepoint elif .rollback then .rollback else empty end' |
		sed -E 's/"row_(start|end)":"[^"]*",?//g'
}
types() # FILE: which types of rows and statements are in it
{
	/usr/bin/python3 t/logs.py list "$1" | awk '{print $2}' | sort -nu | grep -xE '2|2[345]|16[5-8]' | paste -sd ' '
}

for kind in "${kinds[@]}"; do
	s=s${#kind}
	server_start $s @$kind --binlog-row-metadata=FULL
	sock=SOCK_$s
	live="binlog-tap --no-defaults --socket ${!sock} --user root"
	n=0
	for way in 'plain' 'compress SET GLOBAL log_bin_compress = 1, GLOBAL log_bin_compress_min_len = 10' 'nocrc SET GLOBAL binlog_checksum = NONE' \
		'nocrccompress SET GLOBAL binlog_checksum = NONE, GLOBAL log_bin_compress = 1, GLOBAL log_bin_compress_min_len = 10'; do
		db=${way%% *}
		q $s "FLUSH BINARY LOGS; ${way#"$db"}; SET @@sql_mode = ''; CREATE DATABASE $db"
		log=$(end_of_log $s | head -n 1)
		q_file $s "$T/work.sql" $db || fail "$kind: $db is written"
		q $s 'SET GLOBAL log_bin_compress = 0, GLOBAL log_bin_compress_min_len = 256, GLOBAL binlog_checksum = CRC32; FLUSH BINARY LOGS'
		file=$T/$s/data/$log
		case $db in
		*compress) like "$(types "$file")" ' 165 166 167 168$' "$kind, $db: the log has compressed events of every kind" ;;
		*) is "$(types "$file")" '2 23 24 25' "$kind, $db: the log has no compressed ones" ;;
		esac
		exits 0 "$kind, $db: live" $live --start-at "$log:4" --stop-at now --include "$db.*"
		gist "$T/out" $db >"$T/$db.live"
		exits 0 "$kind, $db: the file" binlog-tap --no-defaults --socket ${!sock} --user root --file "$file" --include "$db.*"
		gist "$T/out" $db >"$T/$db.file"
		ok "$kind, $db: says the same" cmp "$T/$db.live" "$T/$db.file"
		ok "$kind, $db: as the plain log" cmp "$T/plain.live" "$T/$db.live" || diag "$(diff "$T/plain.live" "$T/$db.live" | cut -c 1-300 | head)"
	done
	ok "$kind: that is something" test "$(wc -l <"$T/plain.live")" -gt 200

	# which events say where they end
	log=$(q $s 'SHOW BINARY LOGS' | cut -f 1 | sed -n 2p)
	/usr/bin/python3 t/logs.py list "$T/$s/data/$log" | awk '$4 == 0 {print $2}' | sort -nu | paste -sd ' ' >"$T/zero"
	case $kind in
	mariadb) is "$(<"$T/zero")" '' "$kind: every event says where it ends" ;;
	*) is "$(<"$T/zero")" '2 19 23 24 25 160' "$kind: of a transaction the statements and rows do not say where they end" ;;
	esac

	# every transaction's place, over all these logs
	exits 0 "$kind: all of it, the checksums switched on the way" $live --start-at earliest --stop-at now
	cp "$T/out" "$T/all"
	rowdump "$T/all" | jq -c 'if .begin then .begin elif .commit then .commit else empty end' >"$T/places"
	total=$(grep -c gtid "$T/places") bad='' tried=0
	for ((i = 1; i <= total; i += 4 + (i % 7))); do
		at=$(grep gtid "$T/places" | sed -n "${i}p" | jq -r '"\(.file):\(.off)"')
		tried=$((tried + 1))
		t_quiet exits 0 x $live --start-at "$at" --stop-at now || bad+=" $at"
		rowdump "$T/out" | jq -c 'if .begin then .begin elif .commit then .commit else empty end' >"$T/got"
		tail -n "$(wc -l <"$T/got")" "$T/places" | cmp -s - "$T/got" && [ "$(wc -l <"$T/got")" = $((2 * (total - i + 1))) ] || bad+=" differs:$at"
	done
	is "$bad" '' "$kind: from $tried of the $total transactions' places, the same places follow"
	rowdump "$T/all" | jq -r 'if .insert or .update or .delete then .off else empty end' | sort -u >"$T/offs"
	for log in $(q $s 'SHOW BINARY LOGS' | cut -f 1); do
		/usr/bin/python3 t/logs.py list "$T/$s/data/$log" | awk '$2 >= 23 && $2 <= 25 || $2 >= 166 && $2 <= 168 {print $1}'
	done | sort -u >"$T/real"
	is "$(comm -23 "$T/offs" "$T/real")" '' "$kind: rows have the offsets of their events"

	# onto a target
	d=dst
	[ "$kind" = mariadb ] || d=dst2
	dsock=SOCK_$d
	sink="mysql-sink --no-defaults --socket ${!dsock} --user root --pipeline p"
	exits 0 "$kind: onto a target" bash -c "$sink <'$T/all'"
	for t in plain keyless my chosen; do
		is "$(table_hex $d nocrccompress $t | sha256sum)" "$(table_hex $s nocrccompress $t | sha256sum)" "$kind: $t is the same there"
	done
	for how in live file; do
		is "$(q $d 'SELECT id, v FROM compress.versioned ORDER BY id')" "$(q $s 'SELECT id, v FROM compress.versioned ORDER BY id')" "$kind: a system-versioned table has the same current rows"
		[ $how = file ] && break
		q $d 'DROP DATABASE compress; DROP DATABASE rowferry'
		log=$(rowdump "$T/all" | jq -r 'select(.ddl.sql == "CREATE DATABASE compress") | .ddl.off' | head -n 1)
		log=$(grep -l 'CREATE DATABASE compress' "$T/$s/data"/bin.0*[0-9] | head -n 1)
		exits 0 "$kind: its file" bash -c "set -o pipefail; binlog-tap --file $log | $sink"
	done

	# each value once
	if [ "$kind" != mariadb ]; then
		at=$(end_of_log $s | sed -n '1h;2{H;x;s/\n/:/;p}')
		q $s "CREATE DATABASE nodup; USE nodup; SET SESSION binlog_row_image = FULL_NODUP; CREATE TABLE t (id INT PRIMARY KEY, a INT, b TEXT, c TEXT); INSERT INTO t VALUES (1, 1, 'b', 'c'), (2, 2, 'b2', NULL);
			UPDATE t SET a = a + 1; UPDATE t SET b = 'zz', c = NULL WHERE id = 1; UPDATE t SET id = 7 WHERE id = 2; CREATE TABLE k (a INT, b INT); INSERT INTO k VALUES (1, 1), (1, 1), (2, 2); UPDATE k SET b = 5 WHERE a = 1 LIMIT 1; DELETE FROM k WHERE a = 2"
		exits 0 "$kind: row image FULL_NODUP" $live --start-at "$at" --stop-at now
		is "$(rowdump "$T/out" | jq -c 'select(.update == "nodup.t") | [.old, .new]' | tail -n 2 | paste -sd ' ')" \
			'[{"id":1,"a":2,"b":"b","c":"c"},{"b":"zz","c":null}] [{"id":2,"a":3,"b":"b2","c":null},{"id":7}]' "$kind: the old row is whole, the new one what was changed"
		cp "$T/out" "$T/nodup"
		exits 0 "$kind: onto a target" bash -c "mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline nodup <'$T/nodup'"
		same_data $s dst "$kind: it is the same there" nodup
	fi
done
done_testing

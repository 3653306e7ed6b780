#!/bin/bash
# A pipeline runs and the source is written to all the time. A thousand differences of every kind are made on the target:
# rowdiff names each of them and none that is not there, and what it writes for the repair makes both sides the same.
. t/lib.sh
. t/diff.sh

servers_start src dst
q src "CREATE DATABASE shop; USE shop;
	CREATE TABLE k (id INT PRIMARY KEY, i BIGINT, u BIGINT UNSIGNED, de DECIMAL(20,5), f FLOAT, d DOUBLE, b BIT(9), y YEAR, da DATE,
		t TIME(3), dt DATETIME(6), ts TIMESTAMP(6) NULL, c CHAR(10), v VARCHAR(40) CHARACTER SET utf8mb4, l VARCHAR(40) CHARACTER SET latin1,
		tx TEXT CHARACTER SET utf8mb4, ml MEDIUMTEXT CHARACTER SET utf8mb4, bi BINARY(6), vb VARBINARY(30), bl BLOB, e ENUM('a','b','c'), s SET('x','y','z'), j JSON,
		g POINT, uu UUID, i6 INET6, UNIQUE KEY (v, id));
	CREATE TABLE nokey (a INT, b VARCHAR(20), c DOUBLE);
	CREATE TABLE wide (a VARCHAR(20) CHARACTER SET latin1, b DATETIME(3), c BINARY(2), n INT, PRIMARY KEY (a, b, c));
	CREATE TABLE lost (id INT PRIMARY KEY, name VARCHAR(20));
	CREATE TABLE busy (id INT PRIMARY KEY, n INT, flag INT);
	INSERT INTO k SELECT seq, CAST(seq AS SIGNED) * 7 - 3000, seq, seq / 7, seq / 3, seq / 3, seq % 512, 1970 + seq % 100, '2020-02-29' + INTERVAL seq DAY,
		SEC_TO_TIME(seq / 8), '2020-02-29 13:14:15.5' + INTERVAL seq SECOND, '2020-02-29 13:14:15.5' + INTERVAL seq SECOND, CONCAT('c', seq), CONCAT('naïve ', seq), CONCAT('é', seq),
		REPEAT(seq, 50), REPEAT(CONCAT(seq, '€'), 100), RIGHT(CONCAT('000000', seq), 6), UNHEX(SHA1(seq)), UNHEX(SHA2(seq, 512)), ELT(1 + seq % 3, 'a', 'b', 'c'), seq % 8,
		CONCAT('{\"n\": ', seq, '}'), POINT(seq, -CAST(seq AS SIGNED)), CONCAT('00000000-0000-0000-0000-', LPAD(seq, 12, 0)), CONCAT('2001:db8::', seq) FROM seq_1_to_6000;
	INSERT INTO nokey SELECT seq % 500, CONCAT('r', seq % 500), seq % 500 / 3 FROM seq_1_to_3000;
	INSERT INTO wide SELECT CONCAT('ü', seq DIV 100), '2024-01-01' + INTERVAL seq DIV 10 SECOND, CHAR(seq % 10), seq FROM seq_1_to_5000;
	INSERT INTO lost SELECT seq, CONCAT('n', seq) FROM seq_1_to_20;
	INSERT INTO busy SELECT seq, 0, 0 FROM seq_1_to_300"
q dst 'SET GLOBAL innodb_flush_log_at_trx_commit = 2'

pipeline_start p -- "binlog-tap --no-defaults -S $SOCK_src -u root --start-at earliest" \
	"mysql-sink --no-defaults -S $SOCK_dst -u root --pipeline shop"
# Rows that change all the time: counted up, moved to and fro, gone and there again, in the tables that are compared too.
writer()
{
	while :; do
		echo "UPDATE busy SET n = n + 1 WHERE id % 7 = FLOOR(RAND() * 7); UPDATE busy SET flag = 1 - flag WHERE id <= 20;
			UPDATE k SET i = i + 1 WHERE id > 5990; UPDATE k SET tx = UUID() WHERE id = 5980; DELETE FROM k WHERE id = 7000;
			INSERT INTO k (id, v) VALUES (7000, RAND()); INSERT INTO nokey VALUES (-1, 'new', RAND()); DELETE FROM nokey WHERE a = -1 LIMIT 1;
			UPDATE wide SET n = n + 1 WHERE a = 'ü49' AND c = x'0000';"
	done | mariadb --no-defaults -S "$SOCK_src" -u root shop >"$T/writer.out" 2>&1
}
same() { [ "$(q_may dst 'SELECT COUNT(*) FROM shop.busy' 2>/dev/null)" = 300 ]; }
ok 'the pipeline has brought the rows' wait_for 30 same || { diag "$(pipeline_err p 1; pipeline_err p 2)"; bail 'no rows'; }
writer &
t_own $!

exits 0 'while rows change nothing is found that is not there' diff_run --include 'shop.*' --pipeline shop
like "$(out)" 'same: 5 of 5 tables are the same' 'and it says so'

# ---- differences on the target
n=0
: >"$T/want"
change() # SET...: each for 25 rows
{
	local set from
	for set; do
		from=$((n * 25 + 1))
		n=$((n + 1))
		[ "$(q dst "UPDATE shop.k SET $set WHERE id BETWEEN $from AND $((from + 24)); SELECT ROW_COUNT()" | tail -n 1)" = 25 ] || diag "not changed: $set"
		seq -f "different k %.0f" $from $((from + 24)) >>"$T/want"
	done
}
change 'i = i + 1' 'u = 18446744073709551615 - u' 'de = de + 0.00001' 'f = f * (1 + POW(2, -23))' 'd = d * (1 + POW(2, -52))' 'b = b ^ 256' 'y = y + 1' \
	'da = da + INTERVAL 1 DAY' 't = t + INTERVAL 0.001 SECOND' 'dt = dt + INTERVAL 0.000001 SECOND' 'ts = ts - INTERVAL 0.000001 SECOND' "c = UPPER(c)" \
	"v = CONCAT(v, ' ')" 'v = UPPER(v)' "l = REPLACE(l, 'é', 'e')" "tx = CONCAT(tx, '\n')" "ml = CONCAT(ml, ' ')" "bi = CONCAT(LEFT(bi, 5), '\0')" "vb = CONCAT(vb, ' ')" \
	"bl = CONCAT(bl, '\0')" "e = IF(e = 'a', 'b', 'a')" 's = s ^ 1' "j = REPLACE(j, ' ', '')" 'g = POINT(0, 0)' "uu = REPLACE(uu, '00000000-', 'f0000000-')" "i6 = '::1'" \
	'c = NULL' "v = ''" 'd = NULL' "e = NULL"
q dst 'DELETE FROM shop.k WHERE id BETWEEN 1001 AND 1100'
seq -f 'missing k %.0f' 1001 1100 >>"$T/want"
q dst "USE shop; INSERT INTO k (id, v) SELECT seq, 'extra' FROM seq_8001_to_8100"
seq -f 'extra k %.0f' 8001 8100 >>"$T/want"
q dst "UPDATE shop.wide SET n = n + 1 WHERE n % 100 = 50 AND a <> 'ü49'; DELETE FROM shop.wide WHERE n % 100 = 3 AND a <> 'ü49'"
q src "SELECT CONCAT(IF(n % 100 = 3, 'missing', 'different'), ' wide ', n) FROM shop.wide WHERE n % 100 IN (3, 50) AND a <> 'ü49'" >>"$T/want"
# of a table without a key: one copy less, two more, another value in one of six; the pipeline may hold its rows at the time
for change in 'DELETE FROM shop.nokey WHERE a = 7 LIMIT 1' "INSERT INTO shop.nokey VALUES (8, 'r8', 8 / 3), (8, 'r8', 8 / 3)" \
	"UPDATE shop.nokey SET b = 'R9' WHERE a = 9 LIMIT 1" "UPDATE shop.nokey SET b = '' WHERE a BETWEEN 100 AND 119" \
	'UPDATE shop.nokey SET c = NULL WHERE a BETWEEN 200 AND 209'; do
	for ((i = 0; i < 50; i++)); do
		q_may dst "$change" 2>"$T/change.err" && break
		grep -q 'ERROR 1213' "$T/change.err" || break
	done
	is "$(cat "$T/change.err")" '' "injected: $change"
done
q dst 'DROP TABLE shop.lost; CREATE TABLE shop.left_over (a INT)'

exits 1 'differences are found' diff_run --include 'shop.*' --pipeline shop --json
found() # TABLE FILTER: what was found, as in $T/want
{
	jq -r "select(.difference and .table == \"shop.$1\") | .difference + \" $1 \" + $2" "$T/out" | sort
}
is "$(found k .key.id)" "$(grep ' k ' "$T/want" | sort)" "$(grep -c ' k ' "$T/want") differences in every type are named, and no other"
is "$(found wide '.key.b + .key.c' | cut -d ' ' -f 1 | uniq -c | xargs)" '49 different 49 missing' 'and those of a key of three columns'
is "$(jq -r 'select(.difference and .table == "shop.nokey") | "\(.difference) \(.row.a) \(.row.b) \(.copies // 1)"' "$T/out" | sort |
	grep -v '^\S* 1[0-1][0-9] ' | grep -v '^\S* 20[0-9] ')" $'extra 8 r8 2\nextra 9 R9 1\nmissing 7 r7 1\nmissing 9 r9 1' 'and those of a table without a key, with their number'
is "$(jq -r 'select(.difference and .table == "shop.nokey") | .difference' "$T/out" | sort | uniq -c | xargs)" '32 extra 32 missing' 'all of them'
is "$(jq -r 'select(.difference == "different" and .table == "shop.k") | "\(.columns | length) \(.columns[0].name)"' "$T/out" | sort | uniq -c | awk '{ print $1, $2, $3 }' | sort | xargs)" \
	"$(printf '25 1 %s\n' b bi bl da de dt f g i i6 j l ml s t ts tx u uu vb y | cat - <(printf '50 1 %s\n' c d e) <(echo '75 1 v') | sort | xargs)" 'each with the column at fault'
is "$(jq -r 'select(.result) | .table + " " + .result' "$T/out" | sort | xargs)" \
	'shop.busy same shop.k different shop.left_over extra shop.lost missing shop.nokey different shop.wide different' 'each table has its verdict'
ok 'the window is stated' jq -e 'select(.round) | .window > 0 and .differences >= 1000' "$T/out"

# ---- the repair, while all goes on
q dst 'DROP TABLE shop.left_over'
repaired()
{
	diff_run --include 'shop.*' --pipeline shop --repair - >"$T/repair.rs" 2>"$T/repair.err"
	[ $? = 1 ] && mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline shop.repair --on-conflict skip --create-tables <"$T/repair.rs" >"$T/repair.sink" 2>&1
}
ok 'a repair is written and applied' repaired || diag "$(tail -n 5 "$T/repair.err" "$T/repair.sink")"
exits 0 'after which all is the same' diff_run --include 'shop.*' --pipeline shop
exits 0 'the same stream once more changes nothing' mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline shop.repair --on-conflict skip <"$T/repair.rs"
exits 0 'and all is the same' diff_run --include 'shop.*' --pipeline shop

pipeline_running p
is $? 0 'the pipeline has not minded'
kill "$(jobs -p %writer 2>/dev/null)" 2>/dev/null
pipeline_stop p
is "$CODES" '0 0' 'and ends as ever'
done_testing

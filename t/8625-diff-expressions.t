#!/bin/bash
# The source's server is asked for the rows and values that the rules' expressions mean: for expressions written down and made
# at random a pipeline under rules is the same by rowdiff under these rules, and what is changed behind it is found. What a
# server reads in another way is refused, or left out, and said.
# (one client library will do)
. t/lib.sh
. t/diff.sh

N=${ROWFERRY_LONG:+600}
N=${N:-120}
seed=${SEED:-20261129}
kinds_with_mysql
servers_start src dst
maria=$SOCK_src
for kind in "${kinds[@]}"; do
	[ "$kind" = mariadb ] || {
		server_start my "@$kind"
		SOCK_src=$SOCK_my
	}
	diff_cnf src
	q dst 'DROP DATABASE IF EXISTS e; DROP DATABASE IF EXISTS rowferry'
	/usr/bin/python3 t/exprs.py rules "$seed" "$N" >"$T/e.rules"
	{
		/usr/bin/python3 t/exprs.py rows "$seed"
		for ((i = 1; i <= N; i++)); do
			echo "CREATE TABLE t$i LIKE t0; INSERT INTO t$i SELECT * FROM t0;"
			# rows that come into the filter and go out of it
			echo "UPDATE t$i SET a = b, s = IFNULL(s, 'abc'), d = IFNULL(d, 0) / 2 WHERE id % 5 = 0; DELETE FROM t$i WHERE id % 11 = 0;"
		done
	} >"$T/rows.sql"
	ok "$kind: rows of $N tables" q_file src "$T/rows.sql" || diag "seed $seed"
	binlog-tap --no-defaults -S "$SOCK_src" -u root --start-at earliest --stop-at now | rowfilter --rules "$T/e.rules" --include 'e.*' --ddl drop |
		rowmap --rules "$T/e.rules" | mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline e --create-tables
	is "${PIPESTATUS[*]}" '0 0 0 0' 'go through the rules' || bail "seed $seed"
	# a table of which nothing is kept is not made; with computed columns it is left out
	left_out=()
	sql=
	made=" $(q dst "SELECT table_name FROM information_schema.tables WHERE table_schema = 'e'" | xargs) "
	for ((i = 1; i <= N; i++)); do
		[[ $made == *" t$i "* ]] || { ((i % 3)) && sql+="CREATE TABLE e.t$i LIKE e.t0;"; } || left_out+=(--exclude "e.t$i")
	done
	q dst "$sql"
	exits 0 'and are the same under them' diff_run --rules "$T/e.rules" --include 'e.*' "${left_out[@]}" --pipeline e || {
		diag "seed $seed" "$(grep -v '^same' "$T/out" | head -n 20)"
		grep '^different' "$T/out" | grep -oE 'e\.t[0-9]+' | sort -u | head -n 10 | while read -r t; do diag "$(grep -A12 "^table $t\$" "$T/e.rules" | sed '2,${ /^table/Q }')"; done
	}
	unlike "$(out)" 'not compared' 'with all columns'
	kept=$(q dst "$(q dst "SELECT GROUP_CONCAT('SELECT \\'', table_name, '\\', COUNT(*), MIN(id) FROM e.', table_name SEPARATOR ' UNION ALL ') FROM information_schema.tables WHERE table_schema = 'e'" --init-command='SET group_concat_max_len = 1000000')")
	ok 'many of the conditions keep a part of the rows' [ "$(awk '$2 > 0 && $2 < 54' <<<"$kept" | wc -l)" -gt $((N / 3)) ]
	# one row of each table is another one now, and one is there that is in none of the filters
	q dst "USE e; $(awk '$2 { printf "UPDATE %s SET b = IF(b = 5, 6, 5) WHERE id = %s; INSERT INTO %s (id) VALUES (1000);\n", $1, $3, $1 }' <<<"$kept")"
	exits 1 'a row that is changed in each of them' diff_run --rules "$T/e.rules" --include 'e.*' "${left_out[@]}" --pipeline e --workers 8 --json --repair "$T/r.rs"
	is "$(jq -r 'select(.difference) | .table + " " + .difference + " " + .key.id + " " + (.columns // [] | map(.name) | join(","))' "$T/out" | sort)" \
		"$(awk '$2 { printf "e.%s different %s b\ne.%s extra 1000 \n", $1, $3, $1 }' <<<"$kept" | sort)" 'is found, with what is there in addition, and nothing else'
	exits 0 'the repair' mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline repair --on-conflict skip <"$T/r.rs"
	exits 0 'makes them the same' diff_run --rules "$T/e.rules" --include 'e.*' "${left_out[@]}" --pipeline e
done

# ---- what MariaDB alone has, and columns that the server generates
SOCK_src=$maria
diff_cnf src
q src "CREATE DATABASE a; USE a; CREATE TABLE t0 (id INT PRIMARY KEY, u UUID, i4 INET4, i6 INET6, j JSON, b INT, v INT AS (b * 2) VIRTUAL, w VARCHAR(20) AS (CONCAT(b, '!')) STORED);
	INSERT INTO t0 (id, u, i4, i6, j, b) VALUES (1, 'ffffffff-ffff-4fff-bfff-ffffffffffff', '255.1.0.0', 'ffff::1', '{}', 1), (2, '01890a5d-ac96-774b-bcce-b302099a8057', '10.1.2.3', '::ffff:1.2.3.4', '[ ]', 2),
		(3, NULL, NULL, NULL, NULL, NULL), (4, '12345678-9abc-1def-8123-456789abcdef', '9.255.255.255', '::', '\"a\"', 4)"
i=0
while read -r condition; do
	q src "USE a; CREATE TABLE t$((++i)) LIKE t0; INSERT INTO t$i (id, u, i4, i6, j, b) SELECT id, u, i4, i6, j, b FROM t0"
	printf 'table a.t%d\n\twhere %s\n' $i "$condition"
done >"$T/a.rules" <<'EOT'
u = '01890A5DAC96774BBCCEB302099A8057'
u > '12345678-9abc-1def-8123-456789abcdef' or u is null
u <> x'0102'
i4 in ('10.1.2.3', '9.255.255.255')
i4 < '10.0.0.0'
i6 <=> '::ffff:1.2.3.4' or i6 = '::'
i6 > '::ffff:1.2.3.3'
v > 2 and w <> '2!'
v is null
j = '[ ]' or j like '"_"'
EOT
binlog-tap --no-defaults -S "$SOCK_src" -u root --start-at earliest --stop-at now | rowfilter --rules "$T/a.rules" --include a --ddl drop | mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline a --create-tables
is "${PIPESTATUS[*]}" '0 0 0' 'UUIDs, addresses, generated columns'
exits 0 'are the same under conditions' diff_run --rules "$T/a.rules" --include a --pipeline a
is "$(for ((n = 1; n <= i; n++)); do q dst "SELECT GROUP_CONCAT(id ORDER BY id SEPARATOR '') FROM a.t$n"; done | xargs)" '2 13 124 24 4 24 12 4 3 24' 'that each keep some rows'

# ---- what is not the server's
q src "SET NAMES utf8mb4; CREATE DATABASE n; USE n; CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(20), d DECIMAL(40,20), f DOUBLE, g GEOMETRY, big LONGTEXT); INSERT INTO t VALUES (1, 'A', 1, 1, NULL, ''), (2, 'b', 2, 2, NULL, '')"
q dst "CREATE DATABASE n; USE n; CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(20), v VARCHAR(20)); INSERT INTO t VALUES (1, 'A', 'a')"
while IFS='|' read -r condition why; do
	printf 'table n.t\n\twhere id > 0 and\t%s\n' "$condition" >"$T/n.rules"
	exits 100 "not: $condition" diff_run --rules "$T/n.rules" --include n.t
	like "$(err)" "n\.rules(:2:[0-9]+)?: the rules keep a part of the rows of table \"n\.t\" only, and its server cannot tell which: .*$why.*hint: say with --where" "says why: $why"
done <<'EOT'
lower(s) = 'a'|other letters
id / 3 > 1|quotient
d * d * d > 1|digits
concat(f) = '1'|text
number(s) > 1|number
s like concat(s, '%')|pattern
concat(big, s) = ''|max_allowed_packet
f div 2 = 1|div of doubles
substr(s, 1.5) = 'A'|fraction
op <> 'delete'|about changes
changed(s)|about changes
ts > '2020-01-01'|about changes
EOT
exits 1 'with --where in SQL it is compared all the same' diff_run --rules "$T/n.rules" --include n.t --where 'id < 2'
like "$(out)" 'different +n\.t: 1 rows' 'those rows alone'
printf 'table n.t\n\twhere id < 2\n\tkeep id, s\n\tadd v varchar(20) = lower(s)\n' >"$T/n.rules"
exits 0 'a value that the server computes in another way' diff_run --rules "$T/n.rules" --include n.t
like "$(out)" 'not compared: v \(computed: lower\(\) and upper\(\) know other letters there\)' 'is left out, and that is said'
printf 'table n.t\n\twhere nothing = 1\n' >"$T/n.rules"
exits 100 'a column that is not there' diff_run --rules "$T/n.rules" --include n.t
like "$(err)" 'n\.rules:2:8: table n\.t has no column "nothing"' 'is named at its place'
done_testing

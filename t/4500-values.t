#!/bin/bash
# Values land exactly also where the target's table is defined otherwise; tables are made from the stream; dry runs.
. t/lib.sh
. t/sink.sh

server_start dst
q dst 'CREATE DATABASE v'
stream() { rowundump >"$T/s.rs"; }

case_() # STATUS NAME COLUMN VALUE TARGET_TYPE
{
	q dst "DROP TABLE IF EXISTS v.t; CREATE TABLE v.t (id INT PRIMARY KEY, c $5)"
	{
		hello gtid=0-1-1
		printf '{"table":{"id":1,"db":"v","name":"t","cols":[{"name":"id","type":"int"},{"name":"c",%s}],"keys":[{"primary":true,"cols":[0]}]}}\n' "$3"
		begin 10 0-1-2
		printf '{"insert":"v.t","t":1,"f":1,"off":11,"new":{"id":1,"c":%s}}\n' "$4"
		commit 20 1; end 20
	} | stream || fail "$2: the stream is written"
	q dst 'DROP DATABASE IF EXISTS rowferry'
	exits "$1" "$2" sink <"$T/s.rs"
}
lands() # NAME COLUMN VALUE TARGET_TYPE WANT
{
	case_ 0 "$1" "$2" "$3" "$4"
	is "$(q dst 'SELECT c FROM v.t')" "$5" 'lands as it is'
}
refused() # NAME COLUMN VALUE TARGET_TYPE REGEX
{
	case_ 100 "$1" "$2" "$3" "$4"
	like "$(err)" "$5" 'is refused'
	is "$(q dst 'SELECT COUNT(*) FROM v.t')" 0 'and nothing is there'
}

text='"type":"varchar","len":20,"coll":45,"cs":"utf8mb4"'
lands 'utf8mb4 into latin1' "$text" '"Zoë €"' 'VARCHAR(20) CHARACTER SET latin1' 'Zoë €'
lands 'utf8mb4 into utf16' "$text" '"Zoë 😀"' 'VARCHAR(20) CHARACTER SET utf16' 'Zoë 😀'
lands 'utf8mb4 into a blob' "$text" '"Zoë"' 'VARBINARY(20)' 'Zoë'
refused 'an emoji into utf8mb3' "$text" '"😀"' 'VARCHAR(20) CHARACTER SET utf8mb3' 'Incorrect string value'
lands 'backslashes, quotes and a zero byte' "$text" '"a\\b'"'"'c\"\u0000d"' 'VARCHAR(20) CHARACTER SET utf8mb4' $'a\\\\b\'c"\\0d'

enum='"type":"enum","coll":45,"cs":"utf8mb4","labels":["red","green","blue"]'
lands 'an enum whose members have other numbers' "$enum" 3 "ENUM('blue','green','red','black')" blue
lands 'an enum into text' "$enum" 2 'VARCHAR(10)' green
lands "an enum's error value" "$enum" 0 "ENUM('red','green','blue')" ''
is "$(q dst 'SELECT c + 0 FROM v.t')" 0 'with its number'
is "$(q dst 'SELECT @@sql_mode' | grep -c STRICT)" 1 '(strict mode is usual here)'
refused 'a member that the target lacks' "$enum" 3 "ENUM('red','green')" "column \"c\": the target's column has no such member"
set='"type":"set","coll":45,"cs":"utf8mb4","labels":["r","w","x"]'
lands 'a set whose members have other bits' "$set" 5 "SET('x','w','r')" x,r
lands 'a set into text' "$set" 5 'VARCHAR(10)' r,x
refused 'a set member that the target lacks' "$set" 5 "SET('r','w')" 'no such member'

lands 'the largest unsigned number' '"type":"bigint","unsigned":true' '"18446744073709551615"' 'DECIMAL(20)' 18446744073709551615
refused 'a number that a smaller type cannot hold' '"type":"int"' 300 'TINYINT UNSIGNED' 'Out of range'
refused 'a number that a float would round' '"type":"int"' 16777217 'FLOAT' 'more digits than the target'
lands 'one that it would not' '"type":"int"' 16777218 'DOUBLE' 16777218
refused 'a double into a float' '"type":"double"' 0.1 'FLOAT' 'more digits than the target'
lands 'one that fits' '"type":"double"' 0.5 'FLOAT' 0.5
lands 'decimal into a wider one' '"type":"decimal","len":10,"dec":2' '"-1.50"' 'DECIMAL(20,5)' -1.50000

lands 'microseconds that are zero into seconds' '"type":"datetime","dec":6' '"2026-01-02 03:04:05.000000"' 'DATETIME' '2026-01-02 03:04:05'
refused 'microseconds that are not' '"type":"datetime","dec":6' '"2026-01-02 03:04:05.000001"' 'DATETIME(3)' 'column "c": the time has more digits'
lands 'zero dates' '"type":"datetime","dec":0' '"0000-00-00 00:00:00"' 'DATETIME' '0000-00-00 00:00:00'
lands 'dates that are not in the calendar' '"type":"date"' '"2026-02-31"' 'DATE' 2026-02-31
lands 'a timestamp is UTC' '"type":"timestamp","dec":0' '"2026-01-02 03:04:05"' 'DATETIME' '2026-01-02 03:04:05'
lands 'year zero' '"type":"year"' 0 'YEAR' 0000

# ---- absent columns (MINIMAL images), and columns that the target sets by itself
q dst "DROP DATABASE rowferry; DROP TABLE v.t; CREATE TABLE v.t (id INT PRIMARY KEY, a INT DEFAULT 7, b INT, ts TIMESTAMP NULL ON UPDATE CURRENT_TIMESTAMP);
	INSERT INTO v.t VALUES (1, 1, 1, '2020-01-01 00:00:00')"
{
	hello gtid=0-1-1
	echo '{"table":{"id":1,"db":"v","name":"t","cols":[{"name":"id","type":"int"},{"name":"a","type":"int"},{"name":"b","type":"int"},{"name":"ts","type":"timestamp","dec":0}],"keys":[{"primary":true,"cols":[0]}]}}'
	begin 10 0-1-2
	echo '{"update":"v.t","t":1,"f":1,"off":11,"old":{"id":1},"new":{"b":2}}'
	echo '{"insert":"v.t","t":1,"f":2,"off":12,"new":{"id":2,"b":5}}'
	echo '{"insert":"v.t","t":1,"f":2,"off":12,"new":{"id":3,"a":null,"b":6}}'
	commit 20 3; end 20
} | stream
exits 0 'columns that the log does not say' sink <"$T/s.rs"
is "$(q dst 'SELECT id, a, b, ts FROM v.t ORDER BY id')" $'1\t1\t2\t2020-01-01 00:00:00\n2\t7\t5\tNULL\n3\tNULL\t6\tNULL' 'keep what they hold, or get the default'

# ---- rows without a key
q dst "DROP DATABASE rowferry; DROP TABLE v.t; CREATE TABLE v.t (a VARCHAR(10), n FLOAT, KEY (a)) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
	INSERT INTO v.t VALUES ('x', 1), ('X', 1), ('x', 1), ('x ', 1), (NULL, NULL), (NULL, NULL), ('x', 0.1)"
{
	hello gtid=0-1-1
	echo '{"table":{"id":1,"db":"v","name":"t","cols":[{"name":"a","type":"varchar","len":10,"coll":45,"cs":"utf8mb4"},{"name":"n","type":"float"}]}}'
	begin 10 0-1-2
	d() { echo "{\"delete\":\"v.t\",\"t\":1,\"f\":$1,\"off\":11,\"old\":{\"a\":$2,\"n\":$3}}"; }
	d 1 '"X"' 1; d 1 '"x"' 1; d 1 null null
	echo '{"update":"v.t","t":1,"f":2,"off":12,"old":{"a":"x","n":0.1},"new":{"a":"y","n":0.2}}'
	echo '{"update":"v.t","t":1,"f":3,"off":12,"old":{"a":"x ","n":1},"new":{"a":"z","n":1}}'
	commit 20 5; end 20
} | stream
exits 0 'rows of a table without a key' sink <"$T/s.rs"
is "$(q dst 'SELECT CONCAT("[", IFNULL(a, "-"), "]", IFNULL(n, "-")) FROM v.t ORDER BY a, n' | xargs)" '[-]- [x]1 [y]0.2 [z]1' 'are told apart by their bytes, one at a time'
rowdump <"$T/s.rs" | sed -n '1,2s/0-1-1/0-1-2/; 1,2p' >"$T/head"
{ cat "$T/head"; frame=0; begin 20 0-1-3; echo '{"delete":"v.t","t":1,"f":1,"off":11,"old":{"a":"Y","n":0.2}}'; commit 30 1; end 30; } | stream
exits 100 'one that differs in a letter' sink <"$T/s.rs"
like "$(err)" "cannot apply delete of row \(a='Y', n=0.2[0-9]*\) from table \"v.t\" at bin.000001:11: the target has no such row" 'is not found'

# ---- tables from definitions
q dst 'DROP DATABASE rowferry; DROP DATABASE v'
{
	hello gtid=0-1-1
	cat <<-'JSON'
	{"table":{"id":1,"db":"new`db","name":"all types","cols":[{"name":"id","type":"bigint","unsigned":true,"null":false},{"name":"c","type":"char","len":5,"coll":8,"cs":"latin1"},{"name":"v","type":"varchar","len":20,"coll":46,"cs":"utf8mb4","null":false},{"name":"d","type":"decimal","len":12,"dec":3},{"name":"e","type":"enum","coll":45,"cs":"utf8mb4","labels":["a","it's"]},{"name":"s","type":"set","coll":45,"cs":"utf8mb4","labels":["x","y"]},{"name":"t","type":"datetime","dec":3},{"name":"ts","type":"timestamp","dec":0,"null":false},{"name":"b","type":"bit","len":9},{"name":"y","type":"year"},{"name":"f","type":"float"},{"name":"bin","type":"binary","len":4},{"name":"bl","type":"mediumblob"},{"name":"tx","type":"longtext","coll":33,"cs":"utf8mb3"}],"keys":[{"primary":true,"cols":[0]},{"name":"uk","cols":[2,3]}]}}
	JSON
	begin 10 0-1-2
	echo '{"insert":"new`db.all types","t":1,"f":1,"off":11,"new":{"id":1,"c":"é","v":"v","d":"1.000","e":2,"s":3,"t":"2026-01-01 00:00:00.500","ts":"2026-01-01 00:00:00","b":257,"y":2026,"f":0.1,"bin":{"b64":"AQIDBA=="},"bl":{"b64":"AA=="},"tx":"t"}}'
	commit 20 1; end 20
} >"$T/lines"
rowundump <"$T/lines" >"$T/s.rs" || rowundump <"$T/lines"
exits 100 'a table that is not there' sink <"$T/s.rs"
exits 0 '--create-tables' sink --create-tables -v <"$T/s.rs"
is "$(q dst 'SELECT id, c, v, d, e, s, t, ts, b + 0, y, f, HEX(bin), HEX(bl), tx FROM `new``db`.`all types`')" \
	$'1\té\tv\t1.000\tit\'s\tx,y\t2026-01-01 00:00:00.500\t2026-01-01 00:00:00\t257\t2026\t0.1\t01020304\t00\tt' 'makes it, and the row is there'
is "$(q dst "SELECT GROUP_CONCAT(CONCAT(column_name, ' ', column_type, ' ', IFNULL(collation_name, '-'), ' ', is_nullable) ORDER BY ordinal_position SEPARATOR ', ') FROM information_schema.columns WHERE table_name = 'all types'")" \
	"id bigint(20) unsigned - NO, c char(5) latin1_swedish_ci YES, v varchar(20) utf8mb4_bin NO, d decimal(12,3) - YES, e enum('a','it''s') utf8mb4_general_ci YES, s set('x','y') utf8mb4_general_ci YES, t datetime(3) - YES, ts timestamp - NO, b bit(9) - YES, y year(4) - YES, f float - YES, bin binary(4) - YES, bl mediumblob - YES, tx longtext utf8mb3_general_ci YES" 'as it was defined'
is "$(q dst "SELECT GROUP_CONCAT(index_name, ':', column_name ORDER BY index_name, seq_in_index) FROM information_schema.statistics WHERE table_name = 'all types'")" 'PRIMARY:id,uk:v,uk:d' 'with its keys'

# ---- dry run
q dst 'DROP DATABASE IF EXISTS rowferry; CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2)); INSERT INTO shop.orders VALUES (9, "x", 1)'
many() { hello gtid=0-1-1; orders; for ((i = 1; i <= 3; i++)); do begin $((i * 10)) 0-1-$((i + 1)); insert $((i * 2 - 1)) a 1.00; insert $((i * 2)) a 1.00; update $((i * 2)) b 1.00 a 1.00; commit $((i * 10 + 10)) 3; done; end 50; }
many | stream
for memory in 16M 4K; do
	exits 0 "--dry-run --memory $memory" sink --dry-run --memory $memory -v <"$T/s.rs"
	like "$(err)" 'would apply 9 rows of 3 transactions .*all undone' 'says what it would do'
	is "$(q dst 'SELECT * FROM shop.orders; SHOW DATABASES LIKE "rowferry"')" $'9\tx\t1.00' 'and changes nothing'
done
q dst 'INSERT INTO shop.orders VALUES (5, "x", 1)'
exits 100 'a conflict is found' sink --dry-run <"$T/s.rs"
like "$(err)" 'insert of row \(id=5\)' 'and named'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders; SHOW DATABASES LIKE "rowferry"')" 2 'nothing has changed'
done_testing

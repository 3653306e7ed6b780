#!/bin/bash
# --rejects: rows that do not fit go to a file, with the reason and their transaction; after a repair the file is applied
# as any stream, once. What is undone is cut off it; a full disk stops the sink; --max-rejects bounds it.
# shellcheck disable=SC2317 # functions are called by name
. t/lib.sh
. t/sink.sh

kinds_with_mysql
F=$T/rejects
frame=0
stream() { rowundump >"$T/s.rs"; }
rows() { q dst "SELECT CONCAT_WS(':', id, name, price) FROM shop.orders ORDER BY id" | xargs; }
fresh()
{
	rm -f "$F"
	q dst 'DROP DATABASE IF EXISTS rowferry; DROP DATABASE IF EXISTS shop; CREATE DATABASE shop;
		CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2)) CHARACTER SET utf8mb4'
}
skip_() { sink --on-conflict skip --rejects "$F" "$@"; }
# what is in the file: begin, rows and commit of each transaction, without what all have
lines()
{
	rowdump "$F" >"$T/lines" 2>&1 || diag "rowdump: $(<"$T/lines")"
	sed -E 's/,"(t|f|server_id|ts)":[0-9]+//g; s/"shop\.orders"/1/; s/orders\.PRIMARY/PRIMARY/' "$T/lines" | grep -vE '^\{"(hello|table|end)"'
}

mixed()
{
	hello gtid=0-1-1; orders
	begin 10 0-1-2; insert 1 new 1.00; insert 2 two 2.00; commit 20 2
	begin 20 0-1-3; insert 3 three 3.00; commit 30 1
	begin 30 0-1-4; update 7 new 1.00 old 1.00; delete 8 old 1.00; insert 4 four 4.00; commit 40 3
	begin 40 0-1-5; insert 5 'a text that is too long for it' 1.00; insert 6 six 6.00; commit 50 2
	end 50
}

for kind in "${kinds[@]}"; do
	rm -rf "$T/dst"
	server_start dst "@$kind"

	# ---- what is left out is in the file
	mixed | stream
	fresh; q dst 'INSERT INTO shop.orders VALUES (1, "old", 9)'
	exits 0 "$kind: rows that do not fit" skip_ --status-file "$T/status" <"$T/s.rs"
	is "$(jq -c '[.skipped_rows, .rejected_rows, .applied_rows]' "$T/status")" '[4,4,4]' 'are counted for who looks from outside'
	is "$(rows)" '1:old:9.00 2:two:2.00 3:three:3.00 4:four:4.00 6:six:6.00' 'all others are there'
	is "$(lines)" '{"begin":{"gtid":"0-1-2","file":"bin.000001","off":10}}
{"insert":1,"off":1002,"reason":"Duplicate entry '"'1' for key 'PRIMARY'"'","new":{"id":1,"name":"new","price":"1.00"}}
{"commit":{"file":"bin.000001","off":20,"rows":1}}
{"begin":{"gtid":"0-1-4","file":"bin.000001","off":30}}
{"update":1,"off":1007,"reason":"the target has no such row","old":{"id":7,"name":"old","price":"1.00"},"new":{"id":7,"name":"new","price":"1.00"}}
{"delete":1,"off":1008,"reason":"the target has no such row","old":{"id":8,"name":"old","price":"1.00"}}
{"commit":{"file":"bin.000001","off":40,"rows":2}}
{"begin":{"gtid":"0-1-5","file":"bin.000001","off":40}}
{"insert":1,"off":1011,"reason":"Data too long for column '"'name' at row 1"'","new":{"id":5,"name":"a text that is too long for it","price":"1.00"}}
{"commit":{"file":"bin.000001","off":50,"rows":1}}' 'the file has them, each in its transaction, with the reason'
	like "$(head -n 1 "$T/lines")" '"flavor":"mariadb".*"server_id":1,"pipeline":"one","seq":1\}' 'it says whose they are'
	exits 0 'for people' rowdump --pretty "$F"
	like "$(out)" "update shop.orders  not applied: the target has no such row" 'likewise'
	cp "$F" "$T/first"
	exits 0 'the same stream once more' skip_ <"$T/s.rs"
	ok 'adds nothing' cmp "$F" "$T/first"

	# ---- mended, and applied again
	exits 100 'as the same pipeline' sink <"$F"
	like "$(err)" 'hint: apply them under another name, as --pipeline one-rejects' 'they are refused'
	exits 100 'before the repair' sink2 one-rejects <"$F"
	like "$(err)" 'insert of row \(id=1\)' 'they do not fit now either'
	q dst 'DELETE FROM shop.orders WHERE id = 1; ALTER TABLE shop.orders MODIFY name VARCHAR(40); INSERT INTO shop.orders VALUES (7, "old", 1), (8, "old", 1)'
	exits 0 'after it' sink2 one-rejects <"$F"
	all='1:new:1.00 2:two:2.00 3:three:3.00 4:four:4.00 5:a text that is too long for it:1.00 6:six:6.00 7:new:1.00'
	is "$(rows)" "$all" 'the target has what the source has'
	exits 0 'once more' sink2 one-rejects <"$F"
	is "$(rows) $(err)" "$all " 'they are there already'

	# ---- the file goes on
	{ hello gtid=0-1-5 off=50; orders; begin 50 0-1-6; insert 3 again 3.00; insert 10 ten 10.00; commit 60 2; end 60; } | stream
	exits 0 'more of the log' skip_ <"$T/s.rs"
	is "$(lines | grep -c reason)" 5 'adds to the file'
	ok 'behind what was there' cmp -n "$(stat -c %s "$T/first")" "$F" "$T/first"
	q dst 'DELETE FROM shop.orders WHERE id = 3'
	exits 0 'which is applied again' sink2 one-rejects <"$F"
	is "$(rows)" "${all/three/again} 10:ten:10.00" 'as far as it was not yet'
	exits 0 'by way of a filter' sh -c "rowfilter --include 'shop.*' <'$F' | rowmap | rowdump | rowundump | cmp - '$F'"

	# ---- an end that the checkpoint does not have
	cp "$F" "$T/whole"
	head -c 300 "$T/first" >>"$F"
	exits 0 'half a section at the end' skip_ -v <"$T/s.rs"
	like "$(err)" "300 bytes at the end of .* are of rows that come again" 'is seen'
	ok 'and cut off' cmp "$F" "$T/whole"
	seq=$(q dst 'SELECT seq FROM rowferry.checkpoint WHERE pipeline = "one"')
	# section SEQ OFFSET NUMBER: with one row, as one that was written before a COMMIT
	section()
	{
		{ hello | sed "s/,\"file.*/,\"pipeline\":\"one\",\"seq\":$1}}/"; orders; begin "$2" "0-1-$3"; insert 11 x 1.00; commit $(($2 + 5)) 1; end $(($2 + 5)); } |
			rowundump >>"$F"
	}
	section $((seq + 1)) 60 7
	exits 0 'a section whose transaction was not committed' skip_ <"$T/s.rs"
	ok 'is cut off' cmp "$F" "$T/whole"
	section "$seq" 55 6
	cp "$F" "$T/more"
	exits 0 'one whose transaction was' skip_ <"$T/s.rs"
	ok 'stays' cmp "$F" "$T/more"
	cp "$T/whole" "$F"
	section $((seq + 1)) 20 3
	cp "$F" "$T/more"
	exits 0 'one from before the pipeline was started anew' skip_ <"$T/s.rs"
	ok 'stays' cmp "$F" "$T/more"
	cp "$T/whole" "$F"
	exits 100 'a file of another pipeline' sink2 other --on-conflict skip --rejects "$F" <"$T/s.rs"
	like "$(err)" 'has something else in it than the rejects of pipeline "other"' 'is not written to'
	printf 'hello' >"$T/text"
	exits 102 'a file of something else' sink --on-conflict skip --rejects "$T/text" <"$T/s.rs"
	is "$(<"$T/text")" hello 'neither'
	exits 100 'no file' sink --on-conflict skip --rejects /dev/null <"$T/s.rs"
	like "$(err)" 'not an ordinary file' 'is said'
	exits 100 'a folder that is not there' sink --on-conflict skip --rejects "$T/no/file" <"$T/s.rs"
	like "$(err)" 'could not open .*: No such file' 'is said'
	exits 100 'without skip' sink --rejects "$F" <"$T/s.rs"
	like "$(err)" '--rejects is for rows that --on-conflict skip leaves out' 'it is for nothing'
	ok 'nothing of all this' cmp "$F" "$T/whole"

	# ---- values that land as others, tables and columns that are not there
	fresh; q dst 'ALTER TABLE shop.orders MODIFY price DECIMAL(8,1), ADD CONSTRAINT c CHECK (id <> 3)'
	{ hello gtid=0-1-1; orders; begin 10 0-1-2; insert 1 ok 1.00; insert 2 x 1.25; insert 3 x 1.00; insert 4 ok 1.50; commit 20 4; end 20; } | stream
	exits 100 'without a file' sink --on-conflict skip <"$T/s.rs"
	is "$(rows)" '' 'they stop'
	exits 0 "$kind: digits that would be rounded away, a constraint" skip_ <"$T/s.rs"
	is "$(rows)" '1:ok:1.0 4:ok:1.5' 'the row that was rounded is not there'
	like "$(lines)" 'off":1003,"reason":"Data truncated for column .price.*off":1004,"reason":".*(CONSTRAINT|constraint)' 'both are in the file'
	fresh; q dst 'ALTER TABLE shop.orders DROP price'
	exits 0 'a column that is not there' skip_ <"$T/s.rs"
	is "$(lines | grep -c "\"reason\":\"the target's table has no column \\\\\"price\\\\\"\"")" 4 'all rows of the table are in the file'
	fresh; q dst 'DROP TABLE shop.orders'
	exits 0 'a table that is not there' skip_ <"$T/s.rs"
	is "$(lines | grep -c '"reason":"there is no such table on the target"')" 4 'likewise'
	q dst 'CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2)) CHARACTER SET utf8mb4'
	exits 0 'when it is there' sink2 one-rejects <"$F"
	is "$(rows)" '1:ok:1.00 2:x:1.25 3:x:1.00 4:ok:1.50' 'they are applied'

	# ---- --max-rejects
	mixed | stream
	fresh; q dst 'INSERT INTO shop.orders VALUES (1, "old", 9)'
	exits 100 "$kind: more than --max-rejects" skip_ --max-rejects 3 <"$T/s.rs"
	like "$(err)" 'error: more than 3 rows do not fit \(--max-rejects\): insert of row \(id=5\) .*Data too long' 'says which was too many'
	is "$(rows) $(sink --print-position=file) $(stat -c %s "$F")" '1:old:9.00 bin.000001:4 0' 'nothing is left of the batch'
	exits 0 'just as many' skip_ --max-rejects 4 <"$T/s.rs"
	is "$(lines | grep -c reason)" 4 'pass'
	fresh; q dst 'INSERT INTO shop.orders VALUES (1, "old", 9)'
	exits 100 'without a file' sink --on-conflict skip --max-rejects 2 --batch-bytes 1 <"$T/s.rs"
	is "$(rows) $(sink --print-position=file)" '1:old:9.00 2:two:2.00 3:three:3.00 bin.000001:30' 'batches before stay'

	# ---- a transaction that is applied while it arrives, with savepoints; the disk is full
	savepoint() { printf '{"savepoint":{"name":"%s"}}\n' "$1"; }
	back() { printf '{"rollback":{"to":"%s"}}\n' "$1"; }
	pad=$(printf 'x%.0s' {1..4000})
	many() { for ((i = $1; i <= $2; i++)); do insert "$i" "$pad" 1.00; done; }
	{ hello gtid=0-1-1; orders; begin 10 0-1-2; many 1 400; savepoint a; many 401 1100; back a; many 1101 1200; commit 20 1200; begin 20 0-1-3; insert 2 b 1.00; commit 30 1; end 30; } | stream
	fresh; q dst 'INSERT INTO shop.orders VALUES (1, "old", 9), (2, "old", 9), (399, "old", 9), (500, "old", 9), (1150, "old", 9); ALTER TABLE shop.orders MODIFY name LONGTEXT'
	exits 0 "$kind: a large transaction" skip_ --memory 4K <"$T/s.rs"
	is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 501 'all others are there'
	is "$(rowdump "$F" | grep reason | grep -o '"new":{"id":[0-9]*' | cut -d : -f 3 | xargs)" '1 2 399 1150 2' 'those that the source has undone are not in the file'
	q dst 'DELETE FROM shop.orders WHERE name = "old"'
	exits 100 'applied' sink2 one-rejects <"$F"
	q dst 'DELETE FROM shop.orders WHERE id = 2'
	exits 0 'applied, and one of them overwritten' sink2 one-rejects --on-conflict overwrite <"$F"
	is "$(q dst 'SELECT COUNT(*), SUM(name = "b") FROM shop.orders')" $'500\t1' 'is right too'

	fresh; q dst 'ALTER TABLE shop.orders MODIFY name LONGTEXT; INSERT INTO shop.orders SELECT seq, "old", 1 FROM (WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 400) SELECT seq FROM s) s'
	for memory in 16M 4K; do
		(
			ulimit -f 16
			mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one --on-conflict skip --rejects "$F" --memory $memory <"$T/s.rs" 2> >(tail -n 1 >"$T/err")
		)
		is "$?" 111 "--memory $memory: no room for the file"
		wait_for 5 test -s "$T/err"
		is "$(err)" "mysql-sink: error: could not write $F: File too large" 'is said'
		is "$(q dst 'SELECT COUNT(*) FROM shop.orders') $(sink --print-position=file)" '400 bin.000001:4' 'nothing is lost'
		is "$(stat -c %s "$F")" 0 'and nothing left in the file'
	done
	exits 0 'with room' skip_ <"$T/s.rs"
	is "$(rowdump "$F" | grep reason | grep -o '"new":{"id":[0-9]*' | cut -d : -f 3 | xargs)" "$(echo {1..400} 2)" 'each is there once'

	# ---- rows of an XA transaction are rejected when they become visible
	fresh; q dst 'INSERT INTO shop.orders VALUES (1, "old", 9), (3, "old", 9)'
	{
		hello gtid=0-1-1; orders
		printf '{"begin":{"file":"bin.000001","off":10,"gtid":"0-1-2","xid":"%s"}}\n' "X'61',X'',1"
		insert 1 xa 1.00; insert 2 xa 1.00
		printf '{"prepare":{"file":"bin.000001","off":20,"rows":2,"xid":"%s"}}\n' "X'61',X'',1"
		begin 20 0-1-3; printf '{"decide":{"xid":"%s","commit":true}}\n' "X'61',X'',1"; commit 30 0
		printf '{"begin":{"file":"bin.000001","off":30,"gtid":"0-1-4","xid":"%s"}}\n' "X'62',X'',1"
		insert 3 xb 1.00; commit 40 1
		end 40
	} | stream
	exits 0 "$kind: XA transactions" skip_ <"$T/s.rs"
	is "$(rows)" '1:old:9.00 2:xa:1.00 3:old:9.00' 'all others are there'
	is "$(lines | sed -E 's/,"(off|reason)":("[^"]*"|[0-9]+)//g')" '{"begin":{"gtid":"0-1-3","file":"bin.000001"}}
{"insert":1,"new":{"id":1,"name":"xa","price":"1.00"}}
{"commit":{"file":"bin.000001","rows":1}}
{"begin":{"gtid":"0-1-4","file":"bin.000001"}}
{"insert":1,"new":{"id":3,"name":"xb","price":"1.00"}}
{"commit":{"file":"bin.000001","rows":1}}' 'those are in the transactions that made them visible'

	# ---- a dry run says what it would be
	fresh; q dst 'INSERT INTO shop.orders VALUES (1, "old", 9)'
	mixed | stream
	exits 0 "$kind: a dry run" skip_ --dry-run --status-file "$T/status" <"$T/s.rs"
	is "$(jq -c '[.skipped_rows, .rejected_rows]' "$T/status")" '[4,0]' 'none of the rows is in a file'
	like "$(err)" '4 rows skipped' 'counts them'
	ok 'and makes no file' test ! -e "$F"
	server_stop dst
done
done_testing

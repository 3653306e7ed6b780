#!/bin/bash
# An update or delete that finds no row is a conflict on every way on which rows go to the target: alone, in large
# statements, folded, beside others, while a transaction arrives, without a key. The message about a conflict shows the row
# that was expected and the one that was found.
. t/lib.sh
. t/sink.sh

kinds_with_mysql
stream() { rowundump >"$T/s.rs"; }
fresh() # TABLE...
{
	local t
	q dst 'DROP DATABASE IF EXISTS rowferry; DROP DATABASE IF EXISTS shop; CREATE DATABASE shop'
	for t; do
		q dst "CREATE TABLE shop.$t (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2)) CHARACTER SET utf8mb4"
	done
}
rows() { q dst "SELECT CONCAT_WS(':', id, name, price) FROM shop.$1 ORDER BY id" | xargs; }
for kind in "${kinds[@]}"; do
	rm -rf "$T/dst"
	server_start dst "@$kind"

	# ---- rows that are not there
	# missing NAME ID [option...]: the row of this key is not there
	missing()
	{
		local name=$1 id=$2
		shift 2
		exits 100 "$kind: $name" sink "$@" <"$T/s.rs"
		like "$(err)" "of row \(id=$id\).*: the target has no such row; expected: \(id=${id}[,)].*; found: none" 'names the row'
		is "$(rows orders)" "$was" 'and nothing is changed'
	}
	# changes N MISSING line...: N changes, of which the row of one is not on the target
	changes()
	{
		local n=$1 missing=$2
		shift 2
		fresh orders
		{ hello gtid=0-1-1; orders; begin 10 0-1-2; for ((i = 1; i <= n; i++)); do "$@" $i; done; commit 20 "$n"; end 20; } | stream
		q dst "INSERT INTO shop.orders SELECT seq, 'old', 1 FROM (WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < $n) SELECT seq FROM s) s WHERE seq <> $missing"
		was=$(rows orders)
	}
	up() { update "$1" new 2.00 old 1.00; }
	part() { update - new - - - "$1"; } # MINIMAL images
	del() { delete "$1" old 1.00; }
	for n in 1 6 100; do
		m=$((n / 2 + 1))
		changes $n $m up; missing "$n updates" $m
		changes $n $m up; missing "$n updates, read while they arrive" $m --memory 4K
		changes $n $m up; missing "$n updates on workers" $m --workers 3 --batch-bytes 1K
		changes $n $m del; missing "$n deletes" $m
		changes $n $m part; missing "$n updates of one column" $m
	done
	# an update that comes after others of its row in the batch, and the row of a key that changes
	twice() { update "$1" new 2.00 old 1.00; update "$1" newer 3.00 new 2.00; }
	fresh orders
	{ hello gtid=0-1-1; orders; begin 10 0-1-2; for i in 1 2 3; do twice $i; done; commit 20 6; end 20; } | stream
	q dst 'INSERT INTO shop.orders VALUES (1, "old", 1), (3, "old", 1)'; was=$(rows orders)
	missing 'updates that are folded' 2
	{ hello gtid=0-1-1; orders; begin 10 0-1-2; update 12 old 1.00 old 1.00 2; commit 20 1; end 20; } | stream
	missing 'an update of the key' 2
	{ hello gtid=0-1-1; orders; begin 10 0-1-2; update 2 b 1.00 a 1.00; delete 2 b 1.00; commit 20 2; end 20; } | stream
	missing 'an update and a delete, folded' 2
	q dst 'ALTER TABLE shop.orders DROP price, ADD price DECIMAL(8,2) AS (id)'
	was=$(rows orders)
	for id in 3 2; do
		{ hello gtid=0-1-1; orders; begin 10 0-1-2; update - - 2.00 - - $id; commit 20 1; end 20; } | stream
		[ $id = 2 ] || exits 0 "$kind: an update that the target makes by itself" sink <"$T/s.rs"
		q dst 'DROP DATABASE IF EXISTS rowferry'
	done
	missing 'the same of a row that is not there' 2
	q dst 'ALTER TABLE shop.orders DROP price, ADD price DECIMAL(8,2) DEFAULT 1, DROP PRIMARY KEY'
	was=$(rows orders)
	{ hello gtid=0-1-1; orders >"$T/definition"; sed 's/,"keys".*/}}/' "$T/definition"; begin 10 0-1-2; update 1 new 1.00 old 1.00; delete 3 odl 1.00; commit 20 2; end 20; } | stream
	exits 100 "$kind: without a key" sink <"$T/s.rs"
	like "$(err)" "delete of row \(id=3, name='odl', price='1.00'\) .*no such row" 'likewise'
	is "$(rows orders)" "$was" 'and nothing is changed'

	# ---- the row that is there
	fresh orders; q dst 'ALTER TABLE shop.orders ADD UNIQUE u (name(3)); INSERT INTO shop.orders VALUES (1, "abcdef", 1), (2, "xyz", 2)'
	{ hello gtid=0-1-1; orders; begin 10 0-1-2; update 1 xyz 1.00 abcdef 1.00; commit 20 1; end 20; } | stream
	exits 100 'an update into the place of another row' sink <"$T/s.rs"
	like "$(err)" "expected: \(id=1, name='abcdef', price='1.00'\); to become: \(id=1, name='xyz', price='1.00'\); found: \(id=2, name='xyz', price='2.00'\)" 'that one is shown'
	{ hello gtid=0-1-1; orders; begin 10 0-1-2; insert 9 "abc$(printf 'x%.0s' {1..9})" 1.00; commit 20 1; end 20; } | stream
	exits 100 'an insert whose key has the same first characters' sink <"$T/s.rs"
	like "$(err)" "to insert: \(id=9, .*; found: \(id=1, name='abcdef', price='1.00'\)" 'as well'
	long=$(printf '%0300d' 0)
	fresh; q dst "CREATE TABLE shop.wide (id INT PRIMARY KEY, t LONGTEXT, b VARBINARY(400), e ENUM('a','b'), bits BIT(4), n INT); INSERT INTO shop.wide VALUES (1, '$long', X'00FF00', 'b', 5, NULL)"
	{
		hello gtid=0-1-1
		echo '{"table":{"id":1,"db":"shop","name":"wide","cols":[{"name":"id","type":"int"},{"name":"t","type":"longtext","coll":45,"cs":"utf8mb4"},{"name":"b","type":"varbinary","len":400},{"name":"e","type":"enum","coll":45,"cs":"utf8mb4","labels":["a","b"]},{"name":"bits","type":"bit","len":4},{"name":"n","type":"int"}],"keys":[{"primary":true,"cols":[0]}]}}'
		begin 10 0-1-2
		echo '{"insert":"shop.wide","t":1,"f":1,"off":11,"new":{"id":1,"t":"'"$long"'","b":{"b64":"AP8A"},"e":"b","bits":5,"n":null}}'
		commit 20 1; end 20
	} | stream
	exits 100 'long values' sink <"$T/s.rs"
	same="\(id=1, t='0{64}'\.\.\., b=X'00FF00', e=2, bits=5, n=NULL\)"
	like "$(err)" "to insert: $same; found: $same" 'are cut in the message'
	server_stop dst
done
done_testing

#!/bin/bash
# --on-conflict, table by table: the first pattern that matches decides, and what it is not about goes on as it does without.
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
use() # NUMBER NAME: of the definitions in the stream
{
	orders "$2" >"$T/definition"
	sed "s/\"id\":1,/\"id\":$1,/" "$T/definition"
}
into() # NUMBER NAME line...: the same of another table
{
	local n=$1 name=$2
	shift 2
	"$@" | sed "s/\"shop\.[a-z]*\",\"t\":1/\"shop.$name\",\"t\":$n/"
}

for kind in "${kinds[@]}"; do
	rm -rf "$T/dst"
	server_start dst "@$kind"

	# ---- policies
	{
		hello gtid=0-1-1; use 1 orders; use 2 logs; use 3 logold
		begin 10 0-1-2; into 1 orders insert 1 new 1.00; into 2 logs insert 1 new 1.00; into 3 logold insert 1 new 1.00
		into 2 logs update 7 new 1.00 old 1.00; into 3 logold delete 8 old 1.00; into 1 orders insert 2 new 1.00; commit 20 6
		end 20
	} | stream
	old='INSERT INTO shop.logs VALUES (1, "old", 9); INSERT INTO shop.logold VALUES (1, "old", 9)'
	fresh orders logs logold; q dst "$old"
	exits 100 "$kind: a policy of one table leaves the others alone" sink --on-conflict shop.logs=skip <"$T/s.rs"
	like "$(err)" 'cannot apply insert of row \(id=1\) into table "shop.logold"' 'the other one stops'
	is "$(rows orders)" '' 'nothing of the batch is there'
	exits 0 'a pattern' sink --on-conflict 'shop.log*=skip' <"$T/s.rs"
	is "$(rows orders) $(rows logs) $(rows logold)" '1:new:1.00 2:new:1.00 1:old:9.00 1:old:9.00' 'is for all that match'
	like "$(err)" '4 rows skipped, 0 rows overwritten' 'and their rows alone are left out'
	fresh orders logs logold; q dst "$old"
	exits 0 'several' sink --on-conflict shop.logold=overwrite --on-conflict '/shop\.log.*/=skip' --on-conflict 'shop.*=stop' <"$T/s.rs"
	is "$(rows logs) $(rows logold)" '1:old:9.00 1:new:1.00' 'the first that matches decides'
	fresh orders logs logold; q dst "$old; INSERT INTO shop.orders VALUES (2, 'old', 9)"
	exits 0 'the plain one' sink --on-conflict overwrite --on-conflict 'shop.log*=skip' <"$T/s.rs"
	is "$(rows orders) $(rows logs)" '1:new:1.00 2:new:1.00 1:old:9.00' 'is for the rest'

	# rows of the others go in large statements all the same
	fresh orders logs
	q dst 'INSERT INTO shop.logs VALUES (1, "old", 1); INSERT INTO shop.orders SELECT seq, "old", 1 FROM (WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 300) SELECT seq FROM s) s'
	{
		hello gtid=0-1-1; use 2 logs; use 1 orders; begin 10 0-1-2
		for ((i = 1; i <= 300; i++)); do update $i new 2.00 old 1.00; done; into 2 logs delete 1 old 1.00; commit 20 301; end 20
	} | stream
	before=$(q dst "SHOW GLOBAL STATUS LIKE 'Com_update'" | cut -f 2)
	exits 0 'many rows beside those of a table that may be skipped' sink --on-conflict shop.logs=skip <"$T/s.rs"
	is "$(q dst 'SELECT COUNT(*) FROM shop.orders WHERE name = "new"') $(rows logs)" '300 ' 'are there'
	after=$(q dst "SHOW GLOBAL STATUS LIKE 'Com_update'" | cut -f 2)
	ok 'in few statements' test $((after - before)) -lt 20

	# and on workers, with those of the one table between them
	fresh orders logs
	q dst 'INSERT INTO shop.logs VALUES (10, "old", 1), (35, "old", 1)'
	{
		hello gtid=0-1-1; use 2 logs; use 1 orders
		for ((i = 1; i <= 120; i++)); do
			begin $((i * 10)) 0-1-$((i + 1)); insert $i new 2.00
			[ $((i % 5)) != 0 ] || into 2 logs insert $i new 1.00
			commit $((i * 10 + 10)) $((i % 5 ? 1 : 2))
		done
		end 1210
	} | stream
	for order in source any; do
		exits 0 "$kind: --commit-order $order" sink2 $order --on-conflict 'shop.l*=skip' --workers 4 --batch-bytes 1K --commit-order $order <"$T/s.rs"
		like "$(err)" ' 2 rows skipped' 'two rows are left out'
		is "$(q dst 'SELECT COUNT(*), SUM(name = "new") FROM shop.orders; SELECT COUNT(*), SUM(name = "new") FROM shop.logs')" $'120\t120\n24\t22' 'all others are there'
		q dst 'DELETE FROM shop.orders; DELETE FROM shop.logs WHERE name = "new"'
	done

	server_stop dst
done

for bad in 'a.b=nonsense' '=skip' 'a.b[=skip' 'skip='; do
	exits 100 "--on-conflict $bad" sink --on-conflict "$bad" </dev/null
	like "$(err)" '^mysql-sink: error: --on-conflict: ' 'is refused'
done
done_testing

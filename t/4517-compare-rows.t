#!/bin/bash
# mysql-sink --compare-rows: a row to be changed or deleted that somebody has changed since is a conflict, whatever its key
# says: it stops, is overwritten or left out. Rows that are as the source had them are applied, of every kind of table.
. t/lib.sh
. t/sink.sh

kinds_with_mysql
for kind in "${kinds[@]}"; do
	server_start dst "@$kind"
	q dst 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2))'
	fill()
	{
		q dst "TRUNCATE shop.orders; INSERT INTO shop.orders VALUES (1, 'apple', 1), (2, 'pear', 2), (3, 'fig', 3), (4, 'plum', NULL), (5, 'Kiwi', 5);
			DELETE FROM rowferry.checkpoint"
	}
	rows()
	{
		q dst 'SELECT CONCAT_WS(" ", id, name, IFNULL(price, "-")) FROM shop.orders ORDER BY id' | paste -sd,
	}
	{
		hello id=1
		end 4
	} | rowundump | sink
	fill
	# ID 3 is a fig of 3 on the target; the stream has another
	{
		hello id=1
		orders
		begin 100
		update 1 apple 10 apple 1
		update 2 peach 20 pear 2 # and its name
		delete 4 plum null
		commit 200 3
		end 200
	} | rowundump >"$T/good.rs"
	{
		hello id=1
		orders
		begin 100
		update 1 apple 10 apple 1
		update 3 fig 30 fig 4
		delete 5 kiwi 5 # another case
		commit 200 3
		end 200
	} | rowundump >"$T/other.rs"
	exits 0 "$kind: rows that are as they were" sink --compare-rows <"$T/good.rs"
	is "$(rows)" '1 apple 10.00,2 peach 20.00,3 fig 3.00,5 Kiwi 5.00' 'are changed'
	fill
	exits 100 "$kind: one that is not stops" sink --compare-rows <"$T/other.rs"
	like "$(err)" "cannot apply update of row \(id=3\) in table \"shop.orders\" at bin.000001:[0-9]*: the target's row is another; expected: \(id=3, name='fig', price='4'\); to become: \(id=3, name='fig', price='30'\); found: \(id=3, name='fig', price='3.00'\)" \
		'the line says what was expected and what was found'
	is "$(rows)" '1 apple 1.00,2 pear 2.00,3 fig 3.00,4 plum -,5 Kiwi 5.00' 'and nothing was changed'
	exits 0 "$kind: without the option the key decides" sink <"$T/other.rs"
	is "$(rows)" '1 apple 10.00,2 pear 2.00,3 fig 30.00,4 plum -' 'it was so and is so'
	fill
	exits 0 "$kind: skip" sink --compare-rows --on-conflict skip --rejects "$T/$kind.rejects" <"$T/other.rs"
	is "$(rows)" '1 apple 10.00,2 pear 2.00,3 fig 3.00,4 plum -,5 Kiwi 5.00' 'leaves those out'
	is "$(rowdump "$T/$kind.rejects" | grep -c '"reason":"the target'"'"'s row is another"')" 2 'and keeps them, with the reason'
	fill
	exits 0 "$kind: overwrite" sink --compare-rows --on-conflict overwrite <"$T/other.rs"
	is "$(rows)" '1 apple 10.00,2 pear 2.00,3 fig 30.00,4 plum -' 'does what the source did'
	fill
	{
		hello id=1
		orders
		begin 100
		delete 7 none 1
		commit 200 1
		end 200
	} | rowundump >"$T/none.rs"
	exits 100 "$kind: a row that is not there" sink --compare-rows <"$T/none.rs"
	like "$(err)" 'the target has no such row; .*found: none' 'is said to be that'
	{
		hello id=1
		orders
		begin 100
		delete 3 fig 4
		insert 3 melon 3
		commit 200 2
		end 200
	} | rowundump >"$T/moved.rs"
	exits 100 "$kind: a row that comes again behind its delete" sink --compare-rows <"$T/moved.rs"
	like "$(err)" "delete of row \(id=3\)" 'was compared all the same'
	fill
	exits 0 'and may be overwritten' sink --compare-rows --on-conflict overwrite <"$T/moved.rs"
	is "$(rows)" '1 apple 1.00,2 pear 2.00,3 melon 3.00,4 plum -,5 Kiwi 5.00' 'it is'
	server_stop dst
	rm -rf "$T/dst"
done
done_testing

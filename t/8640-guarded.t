#!/bin/bash
# Rows that are marked so (rowstream(5), ROWS, fl 16) are applied only where the target's row is still what the old image
# says in every column that it holds: whoever has changed it meanwhile is not overwritten.
. t/lib.sh
. t/sink.sh

kinds_with_mysql
guarded() { sed -E '/^\{"(update|delete)"/s/,"off":/,"fl":16,"off":/'; }
rows() { q dst 'SELECT CONCAT_WS(":", id, name, price) FROM shop.orders ORDER BY id' | xargs; }

for kind in "${kinds[@]}"; do
	server_start "on_${kind%%-*}" "@$kind"
	sock=SOCK_on_${kind%%-*}
	SOCK_dst=${!sock}
	q dst 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2)) CHARACTER SET utf8mb4;
		INSERT INTO shop.orders VALUES (1, "a", 1), (2, "B", 2), (3, "c", 3), (4, "d", 4), (5, "e", NULL), (6, "f", 6), (7, "g", 7)'
	{
		hello off=4; orders; begin 10
		update 1 x 1.00 a 1.00
		update 2 x 2.00 b 2.00
		update 3 x 3.00 c 9.00
		update 5 x 5.00 e null
		update 6 x 6.00 f -
		delete 4 d 4.00; delete 7 g 8.00
		insert 8 h 8.00; commit 20 8; end 20
	} | guarded | rowundump >"$T/s.rs"
	exits 0 "$kind: rows that are as they were" sink --on-conflict skip <"$T/s.rs"
	is "$(rows)" '1:x:1.00 2:B:2.00 3:c:3.00 5:x:5.00 6:x:6.00 7:g:7.00 8:h:8.00' 'are changed, the others are left'
	is "$(grep -c 'warning: skipped' "$T/err")" 3 'and said: letters'"'"' case, another value, one to delete'
	is "$(rowdump --sql "$T/s.rs" | grep -c '^DELETE.*name')" 2 'rowdump writes them so, too'
	q dst 'DROP DATABASE rowferry; UPDATE shop.orders SET name = "other" WHERE id = 1'
	{ hello off=4; orders; begin 10; update 1 y 1.00 x 1.00; commit 20 1; end 20; } | guarded | rowundump >"$T/s.rs"
	exits 100 'the policy stop' sink <"$T/s.rs"
	like "$(err)" 'cannot apply update of row \(id=1\).*the target.s row is another; expected: \(id=1, name=.x.' 'names the row and what was expected'
	server_stop "on_${kind%%-*}"
done
done_testing

#!/bin/bash
# Rows that are there already, are not there, or do not fit: stop, overwrite, skip. Nothing is lost without a word.
. t/lib.sh
. t/sink.sh

server_start dst
q dst 'CREATE DATABASE shop'

fresh()
{
	q dst 'DROP DATABASE IF EXISTS rowferry; DROP TABLE IF EXISTS shop.orders;
		CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2)) CHARACTER SET utf8mb4'
}
rows() { q dst 'SELECT CONCAT_WS(":", id, name, price) FROM shop.orders ORDER BY id' | xargs; }
stream() { rowundump >"$T/s.rs"; }

# ---- an insert whose key is there, in the middle of a statement of many rows
inserts()
{
	hello gtid=0-1-1; orders
	begin 10 0-1-2; for i in 1 2 3; do insert $i "n$i" 1.00; done; commit 20 3
	begin 20 0-1-3; for i in 4 5 6 7; do insert $i "n$i" 1.00; done; commit 30 4
	begin 30 0-1-4; insert 8 n8 1.00; commit 40 1; end 40
}
hint='mysql-sink: hint: mend the row on the target and start again, or let --on-conflict say what is done with such rows'
fresh; q dst 'INSERT INTO shop.orders VALUES (5, "old", 9)'; inserts | stream
exits 100 'stop: an insert whose key is there' sink <"$T/s.rs"
is "$(err)" "mysql-sink: error: cannot apply insert of row (id=5) into table \"shop.orders\" at bin.000001:1007: Duplicate entry '5' for key 'PRIMARY'; to insert: (id=5, name='n5', price='1.00'); found: (id=5, name='old', price='9.00')
$hint" \
	'names table, key and position, and shows both rows'
is "$(rows)" 5:old:9.00 'nothing of the batch is left'
is "$(sink --print-position=file)" bin.000001:4 'and the position has not moved'
q dst 'DELETE FROM shop.orders'
exits 0 'after a repair' sink <"$T/s.rs"
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 8 'it goes on where it stopped'

fresh; q dst 'INSERT INTO shop.orders VALUES (5, "old", 9)'
exits 0 'overwrite' sink --on-conflict overwrite <"$T/s.rs"
is "$(q dst 'SELECT name, price FROM shop.orders WHERE id = 5')" $'n5\t1.00' 'the new row is there'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 8 'and all others'

fresh; q dst 'INSERT INTO shop.orders VALUES (5, "old", 9)'
exits 0 'skip' sink --on-conflict skip <"$T/s.rs"
is "$(q dst 'SELECT name, price FROM shop.orders WHERE id = 5')" $'old\t9.00' 'the old row stays'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 8 'and all others are there'
is "$(err)" "mysql-sink: warning: skipped insert of row (id=5) into table \"shop.orders\" at bin.000001:1007: Duplicate entry '5' for key 'PRIMARY'; to insert: (id=5, name='n5', price='1.00'); found: (id=5, name='old', price='9.00')
mysql-sink: warning: 1 rows skipped, 0 rows overwritten" 'with a line about it'

# ---- updates and deletes of rows that are not there
updates() { hello gtid=0-1-1; orders; begin 10 0-1-2; update 1 neu 2.00 n1 1.00; update 2 neu 2.00 n2 1.00; update 3 neu 2.00 n3 1.00; commit 20 3; end 20; }
updates | stream
fresh; q dst 'INSERT INTO shop.orders VALUES (1, "n1", 1), (3, "n3", 1)'
exits 100 'stop: an update of a row that is not there' sink <"$T/s.rs"
is "$(err)" "mysql-sink: error: cannot apply update of row (id=2) in table \"shop.orders\" at bin.000001:1003: the target has no such row; expected: (id=2, name='n2', price='1.00'); found: none
$hint" 'says which'
is "$(rows)" '1:n1:1.00 3:n3:1.00' 'nothing is left of it'
exits 0 'overwrite' sink --on-conflict overwrite <"$T/s.rs"
is "$(rows)" '1:neu:2.00 2:neu:2.00 3:neu:2.00' 'the row is made'
fresh; q dst 'INSERT INTO shop.orders VALUES (1, "n1", 1), (3, "n3", 1)'
exits 0 'skip' sink --on-conflict skip <"$T/s.rs"
is "$(rows)" '1:neu:2.00 3:neu:2.00' 'the others are updated'
like "$(err)" 'skipped update of row \(id=2\)' 'the one is named'

deletes() { hello gtid=0-1-1; orders; begin 10 0-1-2; for i in 1 2 3; do delete $i "n$i" 1.00; done; commit 20 3; end 20; }
deletes | stream
fresh; q dst 'INSERT INTO shop.orders VALUES (1, "n1", 1), (3, "n3", 1), (4, "n4", 1)'
exits 100 'stop: a delete of a row that is not there' sink <"$T/s.rs"
is "$(err)" "mysql-sink: error: cannot apply delete of row (id=2) from table \"shop.orders\" at bin.000001:1003: the target has no such row; expected: (id=2, name='n2', price='1.00'); found: none
$hint" 'says which'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 3 'nothing is left of it'
exits 0 'overwrite' sink --on-conflict overwrite <"$T/s.rs"
is "$(rows)" 4:n4:1.00 'it is gone anyway'

# ---- other unique keys
fresh; q dst 'ALTER TABLE shop.orders ADD UNIQUE (name); INSERT INTO shop.orders VALUES (1, "a", 1), (2, "b", 1), (3, "c", 1)'
{ hello gtid=0-1-1; orders; begin 10 0-1-2; insert 4 b 4.00; update 1 c 1.50 a 1.00; commit 20 2; end 20; } | stream
exits 100 'stop: a value of another unique key is there' sink <"$T/s.rs"
like "$(err)" "cannot apply insert of row \(id=4\) .*Duplicate entry 'b' for key 'name'" 'says which'
exits 0 'overwrite' sink --on-conflict overwrite <"$T/s.rs"
is "$(rows)" '1:c:1.50 4:b:4.00' 'rows that stand in the way go'
fresh; q dst 'ALTER TABLE shop.orders ADD UNIQUE (name); INSERT INTO shop.orders VALUES (1, "a", 1), (2, "b", 1), (3, "c", 1), (4, "d", 1)'
{ hello gtid=0-1-1; orders; begin 10 0-1-2; insert 4 b 4.00; commit 20 1; end 20; } | stream
exits 0 'overwrite, two rows in the way of one' sink --on-conflict overwrite <"$T/s.rs"
is "$(rows)" '1:a:1.00 3:c:1.00 4:b:4.00' 'both go'

# ---- swaps and chains of keys are no conflicts
fresh; q dst 'ALTER TABLE shop.orders ADD UNIQUE (name); INSERT INTO shop.orders VALUES (1, "a", 1), (2, "b", 2)'
{ hello gtid=0-1-1; orders; begin 10 0-1-2
	update 9 a 1.00 a 1.00 1; update 1 b 2.00 b 2.00 2; update 2 a 1.00 a 1.00 9
	update 2 tmp 1.00 a 1.00; update 1 a 2.00 b 2.00; update 2 b 1.00 tmp 1.00; commit 20 6; end 20; } | stream
exits 0 'rows change places' sink <"$T/s.rs"
is "$(rows)" '1:a:2.00 2:b:1.00' 'in the order of the log'

# ---- what does not fit
one() { { hello gtid=0-1-1; orders; begin 10 0-1-2; insert 1 ok 1.00; insert "$@"; commit 20 2; end 20; } | stream; }
fresh; q dst 'ALTER TABLE shop.orders MODIFY name VARCHAR(3)'; one 2 toolong 1.00
exits 100 'a text that is too long' sink <"$T/s.rs"
is "$(err)" "mysql-sink: error: cannot apply insert of row (id=2) into table \"shop.orders\" at bin.000001:1003: Data too long for column 'name' at row 1" 'is refused'
one 2 'abc  ' 1.00
exits 100 'blanks that would be cut off the end' sink <"$T/s.rs"
like "$(err)" "\(id=2\).*Data truncated for column 'name'" 'are not lost without a word'
fresh; q dst 'ALTER TABLE shop.orders MODIFY name VARCHAR(20) CHARACTER SET latin1'; one 2 'жук' 1.00
exits 100 "a text that the target's character set does not have" sink <"$T/s.rs"
like "$(err)" "\(id=2\).*Incorrect string value" 'is refused'
fresh; q dst 'ALTER TABLE shop.orders MODIFY price DECIMAL(8,1)'; one 2 x 1.25
exits 100 'a digit that would be rounded away' sink <"$T/s.rs"
like "$(err)" "\(id=2\).*Data truncated for column 'price'" 'is not'
fresh; q dst 'ALTER TABLE shop.orders MODIFY price DECIMAL(4,2)'; one 2 x 123.00
exits 100 'a number out of range' sink --on-conflict skip <"$T/s.rs"
like "$(err)" "\(id=2\).*Out of range value" 'is no conflict to skip'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 0 'and nothing is left'

# ---- what is not there
fresh; q dst 'ALTER TABLE shop.orders DROP price'; one 2 x 1.00
exits 100 'a column that the target lacks' sink <"$T/s.rs"
is "$(err)" 'mysql-sink: error: cannot apply insert of row (id=1) into table "shop.orders" at bin.000001:1002: the target'"'"'s table has no column "price"' 'is named'
q dst 'DROP TABLE shop.orders'
exits 100 'a table that the target lacks' sink <"$T/s.rs"
is "$(err)" 'mysql-sink: error: cannot apply insert of row (id=1) into table "shop.orders" at bin.000001:1002: there is no such table on the target' 'is named'
fresh; q dst 'ALTER TABLE shop.orders ADD more INT NOT NULL'
exits 100 'a column of the target that has no default' sink <"$T/s.rs"
like "$(err)" "Field 'more' doesn't have a default value" 'is named'
q dst 'ALTER TABLE shop.orders MODIFY more INT NOT NULL DEFAULT 7, ADD sum DECIMAL(9,2) AS (price + more)'
exits 0 'further columns with a default, and generated ones' sink <"$T/s.rs"
is "$(q dst 'SELECT id, more, sum FROM shop.orders')" $'1\t7\t8.00\n2\t7\t8.00' 'are left to the target'

# ---- triggers of the target
fresh; q dst 'CREATE TABLE IF NOT EXISTS shop.log (id INT); CREATE TRIGGER shop.t AFTER INSERT ON shop.orders FOR EACH ROW INSERT INTO shop.log VALUES (NEW.id)'
exits 100 'a table with triggers of its own' sink <"$T/s.rs"
like "$(err)" "has triggers, which would fire on rows that the source's triggers have already seen" 'is refused'
exits 0 '--allow-triggers' sink --allow-triggers <"$T/s.rs"
is "$(q dst 'SELECT COUNT(*) FROM shop.log')" 2 'lets them'

# ---- foreign keys, with the checks that the source had
fresh; q dst 'CREATE TABLE shop.items (id INT PRIMARY KEY, o INT, FOREIGN KEY (o) REFERENCES shop.orders (id))'
items='{"table":{"id":1,"db":"shop","name":"items","cols":[{"name":"id","type":"int","null":false},{"name":"o","type":"int"}],"keys":[{"primary":true,"cols":[0]}]}}'
item() { printf '{"insert":"shop.items","t":1,"f":1,"off":77,"fl":%s,"new":{"id":1,"o":5}}\n' "$1"; }
{ hello gtid=0-1-1; echo "$items"; begin 10 0-1-2; item 0; commit 20 1; end 20; } | stream
exits 100 'a row whose parent is not there' sink <"$T/s.rs"
like "$(err)" 'insert of row \(id=1\) into table "shop.items" at bin.000001:77: .*foreign key constraint fails' 'is refused'
exits 0 'and skipped when told so' sink2 skipper --on-conflict skip <"$T/s.rs"
{ hello gtid=0-1-1; echo "$items"; begin 10 0-1-2; item 1; commit 20 1; end 20; } | stream
exits 0 'the source did not check it' sink <"$T/s.rs"
is "$(q dst 'SELECT * FROM shop.items')" $'1\t5' 'so the target does not'
done_testing

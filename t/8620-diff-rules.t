#!/bin/bash
# rowdiff under rowmap's rules: tables with other names, shards that come together in one table, columns that are renamed,
# dropped and computed, conditions and operations. What the rules hide is not compared, and that is said.
# (one client library will do)
. t/lib.sh
. t/diff.sh

servers_start src dst
cat >"$T/map.rules" <<'EOT'
exclude shop_0.secret
table shop_[0-2].order_[0-2] -> all.orders
	rename uid -> user_id
	drop note
	add src varchar(130) = concat(db, '.', table)
	key id, user_id
table shop_0.item -> all.goods
	keep id, price -> cost
database shop_0 -> all
EOT
for n in 0 1 2; do
	q src "CREATE DATABASE shop_$n; CREATE TABLE shop_$n.order_$n (id INT, uid INT, price DECIMAL(8,2) ZEROFILL, note TEXT, PRIMARY KEY (id, uid));
		USE shop_$n; INSERT INTO order_$n SELECT seq, $n, seq / 3, 'x' FROM seq_1_to_2500"
done
q src "USE shop_0; CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(10), price INT); INSERT INTO item VALUES (1, 'a', 1), (2, 'b', 2); CREATE TABLE secret (a INT);
	CREATE TABLE log (a INT, b VARCHAR(10)); INSERT INTO log VALUES (1, 'x'), (1, 'x'), (2, 'y')"
q dst 'CREATE DATABASE `all`; USE `all`; CREATE TABLE orders (id INT, user_id INT, price DECIMAL(8,2), src VARCHAR(130), PRIMARY KEY (id, user_id));
	CREATE TABLE goods (id INT PRIMARY KEY, cost INT, added INT); CREATE TABLE log (a INT, b VARCHAR(10))'
flow() # copies all through the rules
{
	binlog-tap --no-defaults -S "$SOCK_src" -u root --start-at earliest --stop-at now | rowfilter --rules "$T/map.rules" |
		rowmap --rules "$T/map.rules" --ddl drop | mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline shop
}
ok 'a pipeline with rules' flow
exits 0 'is the same under its rules' diff_run --rules "$T/map.rules" --pipeline shop
like "$(out)" 'same +all\.orders: 7500 rows' 'shards are compared together'
like "$(out)" 'same +all\.goods: 2 rows' 'renamed columns are'
exits 1 'without the rules it is not' diff_run --include 'shop_0'
like "$(out)" 'missing +shop_0\.item' 'since there are no such tables'

q dst "USE \`all\`; UPDATE orders SET price = 0 WHERE id = 7 AND user_id = 1; DELETE FROM orders WHERE id = 2500; INSERT INTO orders VALUES (1, 9, 1, 'x'); UPDATE goods SET cost = 3 WHERE id = 2;
	UPDATE goods SET added = 1; DELETE FROM log WHERE a = 1 LIMIT 1"
exits 1 'differences under rules' diff_run --rules "$T/map.rules" --pipeline shop --json
is "$(jq -r 'select(.difference) | [.table, .difference, ((.key // .row) | to_entries | map(.key + "=" + .value) | join(",")), (.columns // [] | .[] | .name)] | join(" ")' "$T/out" | sort)" \
	"$(printf '%s\n' 'all.goods different id=2 cost' 'all.log missing a=1,b=x' 'all.orders different id=7,user_id=1 price' 'all.orders extra id=1,user_id=9' \
		'all.orders missing id=2500,user_id=0' 'all.orders missing id=2500,user_id=1' 'all.orders missing id=2500,user_id=2' | sort)" 'have the names of the target'
diff_run --rules "$T/map.rules" --pipeline shop --repair "$T/r.rs" >/dev/null
exits 0 'the repair is in the terms of the target' mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline shop.repair --on-conflict skip <"$T/r.rs"
exits 0 'and makes it the same' diff_run --rules "$T/map.rules" --pipeline shop
is "$(q dst 'SELECT added FROM `all`.goods WHERE id = 2')" 1 "the target's own columns are left"

printf 'table shop_0.item -> all.goods\n\tset price int = price + 1\n\trename price -> cost\n\tdrop name\n' >"$T/set.rules"
exits 1 'a computed column' diff_run --rules "$T/set.rules" --include shop_0.item
like "$(out)" 'different +all\.goods \(id=1\): cost: 2 on the source, 1 on the target' 'is computed there too'
q dst 'UPDATE `all`.goods SET cost = cost + 1'
exits 0 'and compared' diff_run --rules "$T/set.rules" --include shop_0.item
q dst 'UPDATE `all`.goods SET cost = cost - 1'
printf 'table shop_0.item -> all.goods\n\twhere id < 2\n\trename price -> cost\n\tdrop name\n' >"$T/where.rules"
exits 1 'rules that keep some rows' diff_run --rules "$T/where.rules" --include shop_0.item
like "$(out)" 'extra +all\.goods \(id=2\)' 'say what the target should have, and no more'
q dst 'DELETE FROM `all`.goods WHERE id = 2'
exits 0 'it has that' diff_run --rules "$T/where.rules" --include shop_0.item
like "$(out)" 'all\.goods: 1 rows' 'and they alone are compared'
printf 'table shop_0.item -> all.goods\n\twhere lower(name) = "a"\n\trename price -> cost\n\tdrop name\n' >"$T/where.rules"
exits 100 'a condition that is not for the server' diff_run --rules "$T/where.rules" --include shop_0.item
like "$(err)" 'keep a part of the rows.*hint: say with --where' 'needs --where'
exits 0 'which says which' diff_run --rules "$T/where.rules" --include shop_0.item --where 'id < 2'

# ---- shards come together, each with a condition of its own, under a key of which a part is computed
cat >"$T/key.rules" <<'EOT'
where id <> 5
table shop_0.order_0 -> one.orders
	where id % 2 = 0
	add shard int = 0
	key shard, id
	drop uid, note
table shop_1.order_1 -> one.orders
	where price > 10 or price is null
	add shard int = if(table = 'order_1', 1, id)
	key shard, id
	drop uid, note
EOT
q dst 'CREATE DATABASE one; USE one; CREATE TABLE orders (id INT, price DECIMAL(8,2), shard INT, PRIMARY KEY (shard, id))'
sharded()
{
	binlog-tap --no-defaults -S "$SOCK_src" -u root --start-at earliest --stop-at now | rowfilter --rules "$T/key.rules" --include shop_0.order_0 --include shop_1.order_1 |
		rowmap --rules "$T/key.rules" --ddl drop | mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline one
}
ok 'shards under conditions' sharded
exits 0 'are the same' diff_run --rules "$T/key.rules" --include shop_0.order_0 --include shop_1.order_1 --pipeline one
like "$(out)" 'same +one\.orders: 3720 rows' 'together'
q dst 'UPDATE one.orders SET price = price + 1 WHERE shard = 1 AND id = 100; DELETE FROM one.orders WHERE shard = 0 AND id = 100; INSERT INTO one.orders VALUES (5, 1, 0)'
exits 1 'what is changed' diff_run --rules "$T/key.rules" --include shop_0.order_0 --include shop_1.order_1 --pipeline one --json
is "$(jq -r 'select(.difference) | [.difference, .key.shard, .key.id] | join(" ")' "$T/out" | sort | paste -sd,)" 'different 1 100,extra 0 5,missing 0 100' 'is found by that key'
diff_run --rules "$T/key.rules" --include shop_0.order_0 --include shop_1.order_1 --pipeline one --repair "$T/one.rs" >/dev/null
exits 0 'a repair' mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline one.repair --on-conflict skip <"$T/one.rs"
exits 0 'mends it' diff_run --rules "$T/key.rules" --include shop_0.order_0 --include shop_1.order_1 --pipeline one

# ---- a target that keeps what the source deletes
printf 'op insert, update\ntable shop_2.order_2 -> kept.orders\n\twhere id > 10\n' >"$T/op.rules"
q dst 'CREATE DATABASE kept; CREATE TABLE kept.orders (id INT, uid INT, price DECIMAL(8,2), note TEXT, PRIMARY KEY (id, uid))'
q src 'USE shop_2; DELETE FROM order_2 WHERE id % 100 = 0; UPDATE order_2 SET note = "y" WHERE id < 50'
keeping()
{
	binlog-tap --no-defaults -S "$SOCK_src" -u root --start-at earliest --stop-at now | rowfilter --rules "$T/op.rules" --include shop_2.order_2 --ddl drop |
		rowmap --rules "$T/op.rules" | mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline kept
}
ok 'a pipeline without deletes' keeping
is "$(q dst 'SELECT COUNT(*) FROM kept.orders')" 2490 'keeps them all'
exits 0 'is the same in what the source still has' diff_run --rules "$T/op.rules" --include shop_2.order_2 --pipeline kept
like "$(out)" 'same +kept\.orders: 2465 rows.*not compared: rows that only the target has \(the rules leave deletes out\)' 'and that is said'
q dst 'UPDATE kept.orders SET note = "z" WHERE id IN (20, 100); DELETE FROM kept.orders WHERE id = 30'
exits 1 'what differs' diff_run --rules "$T/op.rules" --include shop_2.order_2 --pipeline kept --json
is "$(jq -r 'select(.difference) | [.difference, .key.id] | join(" ")' "$T/out" | sort | paste -sd,)" 'different 20,missing 30' 'of these is found, and nothing else'
printf 'op insert, update\n' >"$T/op.rules"
exits 100 'a table without a key' diff_run --rules "$T/op.rules" --include shop_0.log
like "$(err)" 'op\.rules: the rules leave the deletes of table "shop_0\.log" out, which has no key' 'cannot be compared so'
printf 'op insert\n' >"$T/op.rules"
exits 100 'inserts alone' diff_run --rules "$T/op.rules" --include shop_0.item
like "$(err)" 'cannot tell which: inserts or updates are left out' 'say nothing of the rows'
printf 'table shop_0.item\n\trename no -> x\n' >"$T/wrong.rules"
exits 100 'a column that is not there' diff_run --rules "$T/wrong.rules" --include shop_0.item
like "$(err)" 'wrong.rules:2:9: table shop_0.item has no column "no"' 'is named at its place'
done_testing

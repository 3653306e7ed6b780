#!/bin/bash
# Between real servers: shards in several databases become one table with columns of its own, rows that leave a filter
# leave the target, statements arrive under other names, with rules that one file holds for both programs.
. t/lib.sh

# the log says itself what tables were like that are gone
server_start src --binlog-row-metadata=FULL
server_start dst
q src 'CREATE DATABASE plain'
q dst "CREATE DATABASE shop; CREATE TABLE shop.orders (id INT, user_id INT, price DECIMAL(10,2), cents BIGINT, state ENUM('draft','open','paid'),
	src VARCHAR(130), shard INT, loaded TIMESTAMP(6) NULL, PRIMARY KEY (shard, id)); CREATE TABLE shop.nokey (n INT, t VARCHAR(20), src VARCHAR(64))"

names=()
for db in 0 1 2 3; do
	q src "CREATE DATABASE IF NOT EXISTS shop_$db"
	for k in 0 1 2 3; do
		n=$(printf %02d $((db * 4 + k)))
		names+=("shop_$db.order_$n")
		q src "USE shop_$db; CREATE TABLE order_$n (id INT PRIMARY KEY, uid INT, price DECIMAL(10,2), secret VARCHAR(20), state ENUM('draft','open','paid'));
			INSERT INTO order_$n SELECT seq, seq * 10 + $k, seq + 0.25, 'hidden', 1 + seq % 3 FROM seq_1_to_20;
			UPDATE order_$n SET state = 'open' WHERE id % 4 = 0; UPDATE order_$n SET state = 'draft' WHERE id % 5 = 0;
			UPDATE order_$n SET secret = 'changed'; UPDATE order_$n SET id = id + 100, price = price * 2 WHERE id > 15; DELETE FROM order_$n WHERE id < 3"
	done
	q src "USE shop_$db; CREATE TABLE nokey (n INT, t VARCHAR(20)); INSERT INTO nokey VALUES (1, 'a'), (1, 'a'), (2, NULL);
		UPDATE nokey SET t = 'b' WHERE n = 1 LIMIT 1; DELETE FROM nokey WHERE n = 2"
done
q src "USE plain; CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO a VALUES (1, 'x'); RENAME TABLE a TO b; ALTER TABLE b ADD w INT DEFAULT 5;
	INSERT INTO b VALUES (2, 'y', 6); CREATE TABLE c LIKE b; INSERT INTO c SELECT * FROM b; CREATE INDEX i ON plain.c (w); DROP TABLE b"

cat >"$T/rules" <<'EOF'
include shop_[0-3].*, plain
table shop_[0-3].order_[00-15] -> shop.orders
	where	state <> 'draft'
	rename	uid -> user_id
	drop	secret
	add	cents bigint = price * 100
	add	src varchar(130) = concat(db, '.', table)
	add	shard int = number(substr(table, -2))
	add	loaded timestamp(6) = ts
	key	shard, id
	ddl	drop
table shop_[0-3].nokey -> shop.nokey
	add	src varchar(64) = db
	ddl	drop
database shop_[0-3] -> shop
	ddl	drop
database plain -> moved
EOF
RUN_LIMIT=120
exits 0 'the log is read' binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at earliest --stop-at now
cp "$T/out" "$T/all"
exits 0 'filtered' rowfilter --rules "$T/rules" <"$T/all"
cp "$T/out" "$T/filtered"
exits 0 'mapped' rowmap -v --rules "$T/rules" <"$T/filtered"
cp "$T/out" "$T/mapped"
like "$(err)" 'tables mapped [1-9]' 'and says so'
unlike "$(rowdump "$T/mapped")" 'hidden|changed|secret' 'what is dropped is nowhere in the stream'
exits 0 'and applied' mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline shards <"$T/mapped"
is "$(err)" '' 'in silence'

want=$(for t in "${names[@]}"; do
	q src "SELECT id, uid, price, CAST(price * 100 AS INT), state, '$t', CAST(RIGHT('$t', 2) AS INT) FROM $t WHERE state <> 'draft'"
done | sort)
is "$(q dst 'SELECT id, user_id, price, cents, state, src, shard FROM shop.orders' | sort)" "$want" "$(wc -l <<<"$want") rows of 16 tables are in one"
is "$(q dst 'SELECT COUNT(*) FROM shop.orders WHERE loaded IS NULL OR loaded < NOW() - INTERVAL 1 HOUR')" 0 'each with the time of its last change'
is "$(q dst 'SELECT n, t, src FROM shop.nokey' | sort)" "$(for db in 0 1 2 3; do printf '1\ta\tshop_%s\n1\tb\tshop_%s\n' $db $db; done | sort)" 'rows without a key are found by what was added too'
is "$(q dst 'SHOW TABLES IN moved')" c 'statements arrived under another name'
is "$(q dst 'SELECT * FROM moved.c; SHOW INDEX FROM moved.c' | cut -f1-4)" "$(printf '1\tx\t5\n2\ty\t6\nc\t0\tPRIMARY\t1\nc\t1\ti\t1')" 'and rows behind them'
is "$(q dst "SHOW DATABASES" | grep -cE '^(plain|shop_.)$')" 0 'and under no other'
done_testing

#!/bin/bash
# rowcopy makes a target from nothing, with every column type, equal to the bit and with the images that the tap
# makes of the same rows in the log; filters and maps work on it, and it ends with the place where a tap goes on.
. t/lib.sh

server_start src --default-time-zone=+05:45 --binlog-row-metadata=FULL
server_start dst --default-time-zone=-08:00 --character-set-server=latin1 --sql-mode=ANSI_QUOTES,TRADITIONAL --binlog-row-metadata=FULL
export TZ=Pacific/Chatham LANG=de_DE.UTF-8
copy="rowcopy --no-defaults --socket $SOCK_src --user root"
sink="mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline"

q src 'CREATE DATABASE types CHARACTER SET utf8mb4; CREATE DATABASE shop'
sed 's/%TZ%/+00:00/' t/data/types.sql >"$T/types.sql"
q_file src "$T/types.sql" types
exits 0 'a schema with every type is copied' $copy --include types --memory 1M
cp "$T/out" "$T/types.stream"
exits 0 'and applied to an empty server' $sink types <"$T/types.stream"
same_data src dst 'equal to the byte' types
floats='SELECT id, CONCAT(f), CONCAT(d), CONCAT(du), f + 0e0 FROM types.numbers ORDER BY id'
is "$(q dst "$floats")" "$(q src "$floats")" 'floats have the same digits'
is "$(q dst 'SET sql_mode=""; SHOW CREATE TABLE types.numbers')" "$(q src 'SHOW CREATE TABLE types.numbers')" 'the definition is the same'
is "$(position dst types)" "gtid:$(q src 'SELECT @@gtid_binlog_pos')" 'the position is that of the snapshot'

# the target's own log has these rows too, so the tap says what their images are
images()
{
	rowdump | grep -v '"rowferry' | sed -nE 's/^\{"insert":"([^"]*)",.*"new":/\1 /p' | sort
}
images <"$T/types.stream" >"$T/images.copy"
binlog-tap --no-defaults --socket "$SOCK_dst" --user root --start-at earliest --stop-at now --include types | images >"$T/images.tap"
ok "there are rows to compare ($(wc -l <"$T/images.copy"))" test "$(wc -l <"$T/images.copy")" -gt 40
is "$(diff "$T/images.copy" "$T/images.tap" | cut -c 1-300 | head -n 20)" '' 'the images are those that the tap makes'

rowdump "$T/types.stream" | rowundump >"$T/again.stream"
ok 'rowdump and rowundump keep every byte of it' cmp "$T/types.stream" "$T/again.stream"
sed '/^{"begin"/,$!d; s/{"insert"/{"replace"/' <(rowdump "$T/types.stream") >"$T/replace.body"
{ rowdump "$T/types.stream" | sed -n 1p; cat "$T/replace.body"; } | rowundump | rowfilter --exclude types.keyless >"$T/replace.stream"
exits 0 'rows that replace are applied to rows that are there' $sink replace --ddl skip <"$T/replace.stream"
same_data src dst 'which are the same then, and not there twice' types
ok 'as text they are REPLACE' test "$(rowdump --sql "$T/replace.stream" | grep -c '^REPLACE INTO')" -gt 40

# ---- parts of tables, maps, definitions

q src "USE shop; CREATE TABLE orders_1 (id INT AUTO_INCREMENT, name VARCHAR(50), price DECIMAL(8,2), PRIMARY KEY (id), KEY by_name (name), UNIQUE KEY (price, id), KEY by_price (price DESC));
	INSERT INTO orders_1 (name, price) SELECT CONCAT('order ', seq), seq / 7 FROM seq_1_to_5000;
	CREATE TABLE orders_2 LIKE orders_1; INSERT INTO orders_2 SELECT id + 10000, name, price FROM orders_1 LIMIT 100;
	CREATE TABLE parent (id INT PRIMARY KEY); INSERT INTO parent VALUES (1), (2);
	CREATE TABLE child (id INT PRIMARY KEY, of INT, KEY (of), FOREIGN KEY (of) REFERENCES parent (id) ON DELETE CASCADE);
	INSERT INTO child VALUES (1, 1), (2, 1), (3, 2);
	CREATE SEQUENCE numbers START WITH 5; SELECT NEXTVAL(numbers);
	CREATE TABLE only_keys (b VARCHAR(10), a INT, UNIQUE KEY (a), UNIQUE KEY (b)); INSERT INTO only_keys VALUES ('x', NULL), ('y', NULL), ('z', 1);
	CREATE VIEW v AS SELECT 1" >"$T/next"
exits 0 'with indexes after the rows' $copy --include shop --indexes after
cp "$T/out" "$T/shop.stream"
like "$(rowdump "$T/shop.stream" | grep '"ddl"' | grep -c 'ADD KEY')" '^2$' 'they are statements of their own, behind the rows'
exits 0 'applied' $sink shop <"$T/shop.stream"
same_data src dst 'tables, foreign keys, a sequence and tables whose keys have NULL are equal' shop
is "$(q dst 'SET sql_mode=""; SHOW CREATE TABLE shop.orders_1' | sed 's/,\\n/\\n/g; s/\\n/\n/g' | sort)" "$(q src 'SHOW CREATE TABLE shop.orders_1' | sed 's/,\\n/\\n/g; s/\\n/\n/g' | sort)" 'with the same indexes'
exits 100 'a second copy into the same tables' $sink again <"$T/shop.stream"
like "$(err)" "already exists" 'is refused, as they are there'

printf 'table shop.orders_[1-2] -> whole.orders\n' >"$T/rules"
$copy --include 'shop.orders_*' --no-ddl --where 'id % 2 = 0' | rowfilter --where 'price > 10' | rowmap --rules "$T/rules" >"$T/whole.stream"
exits 0 'two tables become one that is made of the stream' $sink whole --create-tables <"$T/whole.stream"
is "$(q dst 'SELECT COUNT(*), MIN(price), SUM(id) FROM whole.orders')" \
	"$(q src 'SELECT COUNT(*), MIN(price), SUM(id) FROM (SELECT * FROM shop.orders_1 UNION ALL SELECT * FROM shop.orders_2) o WHERE price > 10 AND id % 2 = 0')" 'with the rows that were wanted'
q dst 'CREATE DATABASE ddl; DROP DATABASE shop'
printf 'table shop.* -> renamed.*\ndatabase shop -> renamed\n' >"$T/rules"
$copy --include 'shop.orders_1' | rowmap --rules "$T/rules" >"$T/renamed.stream"
exits 0 'a map renames what the definitions make, too' $sink renamed <"$T/renamed.stream"
is "$(q dst 'SELECT COUNT(*) FROM renamed.orders_1')" 5000 'the rows are there'

# ---- a reader that is slow: chunks that are larger than a transaction wait for it (the statistics know nothing of these rows)

q src "CREATE DATABASE slow; USE slow; CREATE TABLE slow.t (id INT PRIMARY KEY, pad VARCHAR(600)) STATS_AUTO_RECALC=0; INSERT INTO slow.t SELECT seq, REPEAT('x', 600) FROM seq_1_to_60000"
server_waits() { [ "$(q src "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'Writing to net'")" -ge 2 ]; }
mkfifo "$T/go"
pipeline_start slow -- "$copy --include slow" "bash -c 'read -r _ <$T/go; exec cat'"
ok 'rows wait for the reader' wait_for 20 server_waits
echo >"$T/go"
pipeline_wait slow 60
is "$CODES" '0 0' 'the copy comes through' || pipeline_diag slow
exits 0 'and is applied' $sink slow <"$T/slow.out"
same_data src dst 'whole' slow

# ---- a copy that has not ended is no place to start a tap

head -c 60000 "$T/shop.stream" >"$T/cut.stream"
exits 111 'a stream that is cut' $sink cut <"$T/cut.stream"
exits 0 'leaves where it is' $sink cut --print-position=copy
like "$(out)" '^[0-9a-f]+[.][0-9]+ rows shop/orders_1 ' 'in words of rowcopy'
binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$(position dst cut)" --stop-at now >"$T/tap.stream"
exits 100 'a tap alone cannot go on behind it' $sink cut <"$T/tap.stream"
like "$(err)" 'a copy of tables into pipeline "cut" has not ended' 'and it is said'
exits 1 'of one that has ended there is nothing to say' $sink types --print-position=copy

# ---- mistakes

exits 100 'a state without a pipeline' $copy --resume x
like "$(err)" '--resume is for --live' 'is refused'
exits 100 'a part of the rows in a pipeline' $copy --live --where 1
exits 100 'a condition that is none' $copy --include shop --where 'no_such_column = 1'
like "$(err)" 'cannot read table "shop..*no_such_column' 'is said'
exits 111 'no server' rowcopy --no-defaults --socket "$T/nothing" --user root
exits 0 'no table' $copy --include nothing
is "$(rowdump "$T/out" | grep -c '"ddl"\|"table"')" 0 'is an empty copy'
done_testing

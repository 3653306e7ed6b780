#!/bin/bash
# rowmap and statements: names are mapped in the text and in the frame, the default database too; what cannot be mapped
# with certainty stops with the statement and its position.
# shellcheck disable=SC2016 # backquotes are names
. t/lib.sh

# ddl RULES "OPTIONS" DB VERB SQL [NAME...]: what becomes of the statement: "DB: SQL -> names", as it was, dropped, or the mistake
ddl()
{
	local rules=$1 options=$2 db=$3 verb=$4 sql=$5
	shift 5
	printf '%b\n' "$rules" >"$T/rules"
	jq -cn --arg db "$db" --arg verb "$verb" --arg sql "$sql" \
		'{hello:{version:1,flavor:"mariadb"}}, {begin:{file:"bin.1",off:100}}, ({ddl: {sql: $sql, db: $db, verb: $verb, names: [$ARGS.positional[] | split(".") | [.[0], .[1] // ""]], off: 120, env: {sql_mode: 0, cs: 45}, extra: "oXgB"}} | if $db == "" then del(.ddl.db) else . end), {commit:{file:"bin.1",off:200}}, {end:{}}' \
		--args "$@" >"$T/json"
	run rowundump "$T/json"
	[ "$CODE" = 0 ] || diag "rowundump: $(err)"
	cp "$T/out" "$T/in"
	# shellcheck disable=SC2086 # several words
	run rowmap --rules "$T/rules" $options <"$T/in"
	if [ "$CODE" != 0 ]; then
		echo "exit $CODE: $(head -n 1 "$T/err" | sed 's/^rowmap: error: //')"
	elif cmp -s "$T/in" "$T/out"; then
		echo 'as it was'
	else
		rowdump "$T/out" >"$T/text"
		grep -q '"ddl"' "$T/text" || echo dropped
		jq -r 'select(.ddl) | .ddl | "\(.db): \(.sql) -> \([.names[] | join(".")] | join(" "))\(if .extra == "oXgB" and .off == 120 and .env.cs == 45 then "" else " WITH OTHER FIELDS" end)"' "$T/text"
	fi
}

r='table shop.orders -> crm.sales'
is "$(ddl "$r" '' shop 'alter table' 'ALTER TABLE orders ADD x INT' shop.orders)" 'crm: ALTER TABLE `crm`.`sales` ADD x INT -> crm.sales' 'a name without a database'
is "$(ddl "$r" '' other 'alter table' 'ALTER TABLE /* c */ `shop` . `orders` ADD x INT' shop.orders)" 'crm: ALTER TABLE /* c */ `crm`.`sales` ADD x INT -> crm.sales' 'a name with one'
is "$(ddl "$r" '' '' 'drop table' 'DROP TABLE shop.orders' shop.orders)" 'null: DROP TABLE `crm`.`sales` -> crm.sales' 'no default database'
is "$(ddl "$r" '' shop 'drop table' 'DROP TABLE orders, users' shop.orders shop.users)" 'crm: DROP TABLE `crm`.`sales`, `shop`.`users` -> crm.sales shop.users' 'one of two: the other says now where it is'
is "$(ddl "$r" '' shop 'rename table' 'RENAME TABLE orders TO orders_old, x.new TO orders' shop.orders shop.orders_old x.new shop.orders)" 'crm: RENAME TABLE `crm`.`sales` TO `shop`.`orders_old`, x.new TO `crm`.`sales` -> crm.sales shop.orders_old x.new crm.sales' 'RENAME'
is "$(ddl "$r" '' shop 'create table' 'CREATE TABLE orders LIKE users' shop.orders)" 'crm: CREATE TABLE `crm`.`sales` LIKE `shop`.`users` -> crm.sales' 'a table that is referred to is still the same'
is "$(ddl "$r" '' shop 'create table' 'CREATE TABLE u (x INT REFERENCES orders (id))' shop.u)" 'shop: CREATE TABLE `shop`.`u` (x INT REFERENCES `crm`.`sales` (id)) -> shop.u' 'and one that is mapped is followed'
is "$(ddl "$r" '' shop 'alter table' 'ALTER TABLE users ADD orders INT' shop.users)" 'as it was' 'a column of that name is no table'
is "$(ddl "$r" '' crm 'alter table' 'ALTER TABLE orders ADD x INT' crm.orders)" 'as it was' 'another database'
is "$(ddl '# none' '' shop 'alter table' 'ALTER TABLE orders ADD x INT' shop.orders)" 'as it was' 'no rules'

r='database a -> b'
is "$(ddl "$r" '' a 'create table' 'CREATE TABLE t (x INT)' a.t)" 'b: CREATE TABLE `b`.`t` (x INT) -> b.t' 'a database rule maps tables'
is "$(ddl "$r" '' '' 'create database' 'CREATE DATABASE a CHARACTER SET utf8mb4' a.)" 'null: CREATE DATABASE `b` CHARACTER SET utf8mb4 -> b.' 'and the database'
is "$(ddl "$r" '' a 'drop database' 'DROP DATABASE IF EXISTS `a`' a.)" 'b: DROP DATABASE IF EXISTS `b` -> b.' 'and the default database'
is "$(ddl "$r" '' a 'drop database' 'DROP DATABASE c' c.)" 'b: DROP DATABASE c -> c.' 'the default database alone'
is "$(ddl "$r" '' c 'create view' 'CREATE VIEW v AS SELECT * FROM t' c.v)" 'as it was' 'a view where nothing is mapped'
like "$(ddl "$r" '' c 'create view' 'CREATE VIEW v AS SELECT * FROM `a`.t' c.v)" '^exit 100: names in the statement cannot be mapped with certainty at bin.1:120: CREATE VIEW v' 'a view that names the database'
like "$(ddl "$r" '' a 'create view' 'CREATE VIEW v AS SELECT * FROM t' a.v)" '^exit 100: names in the statement cannot' 'a view in the database'
is "$(ddl "$r" '--ddl pass' a 'create view' 'CREATE VIEW v AS SELECT * FROM t' a.v)" 'as it was' 'which --ddl pass lets through as it is'
is "$(ddl "$r" '--ddl drop' a 'create view' 'CREATE VIEW v AS SELECT * FROM t' a.v)" 'dropped' 'and --ddl drop drops'
is "$(ddl "$r" '--ddl drop' c 'create table' 'CREATE TABLE t (x INT)' c.t)" 'as it was' '--ddl drop is about what is mapped only'
is "$(ddl "$r" '--ddl stop' c 'create table' 'CREATE TABLE t (x INT)' c.t)" 'as it was' '--ddl stop too'
like "$(ddl "$r" '--ddl stop' a 'create table' 'CREATE TABLE t (x INT)' a.t)" '^exit 100: told to stop at a statement about what is mapped at bin.1:120: CREATE' 'and then it stops'
is "$(ddl "$r\n ddl drop" '' a 'create table' 'CREATE TABLE t (x INT)' a.t)" 'dropped' 'a rule may say so'

r='table shop.* -> crm.*'
like "$(ddl "$r" '' shop 'drop database' 'DROP DATABASE shop' shop.)" '^exit 100: the statement is about a database whose tables are mapped, with no rule for the database itself at bin.1:120: DROP DATABASE shop' 'a database with rules for its tables only'
is "$(err | sed -n 2p)" 'rowmap: hint: say where it goes (database NAME -> NEW_NAME), with ddl drop below that line if such statements are not for the target' 'and says what to do'
is "$(ddl "$r\ndatabase shop -> crm\n ddl drop" '' shop 'drop database' 'DROP DATABASE shop' shop.)" dropped 'which does it'
is "$(ddl "$r\ndatabase shop -> crm" '' shop 'drop database' 'DROP DATABASE shop' shop.)" 'crm: DROP DATABASE `crm` -> crm.' 'has a rule of its own then'
is "$(ddl "$r\ndatabase shop -> shop" '' shop 'drop database' 'DROP DATABASE shop' shop.)" 'as it was' 'perhaps to stay'

r='table shop_[0-3].order_[00-15] -> shop.orders'
for sql in 'ALTER TABLE order_07 ADD x INT' 'TRUNCATE TABLE order_07' 'DROP TABLE order_07'; do
	like "$(ddl "$r" '' shop_1 "${sql%% TABLE*} table" "$sql" shop_1.order_07)" "^exit 100: the statement is about one of several tables that are merged into one at bin.1:120: $sql" "merged: $sql"
done
is "$(err | sed -n 2p)" 'rowmap: hint: do on the target by hand what is needed, then say ddl drop in the rule; or ddl pass, to have it rewritten all the same' 'and says what to do'
is "$(ddl "$r\n ddl drop" '' shop_1 'alter table' 'ALTER TABLE order_07 ADD x INT' shop_1.order_07)" dropped 'merged: ddl drop'
is "$(ddl "$r\n ddl pass" '' shop_1 'alter table' 'ALTER TABLE order_07 ADD x INT' shop_1.order_07)" 'shop: ALTER TABLE `shop`.`orders` ADD x INT -> shop.orders' 'merged: ddl pass'
like "$(ddl "$r\n ddl drop" '' shop_1 'drop table' 'DROP TABLE order_07, t' shop_1.order_07 shop_1.t)" '^exit 100: the rules drop the statement for some of its tables only' 'drop, but not of all its tables'

r='table shop.orders\n rename a -> b'
like "$(ddl "$r" '' shop 'alter table' 'ALTER TABLE orders DROP a' shop.orders)" '^exit 100: the statement is about a table whose columns are mapped at bin.1:120: ALTER' 'columns are mapped: ALTER'
like "$(ddl "$r" '' shop 'create index' 'CREATE INDEX i ON orders (a)' shop.orders)" '^exit 100: the statement is about a table whose columns' 'columns are mapped: CREATE INDEX'
is "$(ddl "$r" '' shop 'truncate table' 'TRUNCATE TABLE orders' shop.orders)" 'as it was' 'columns are mapped: TRUNCATE'
is "$(ddl "$r" '--ddl pass' shop 'alter table' 'ALTER TABLE orders DROP a' shop.orders)" 'as it was' 'columns are mapped: --ddl pass'
r='table shop.orders -> x.y\n rename a -> b'
is "$(ddl "$r" '' shop 'drop table' 'DROP TABLE orders' shop.orders)" 'x: DROP TABLE `x`.`y` -> x.y' 'columns and names are mapped: DROP'

r='ddl drop\ntable shop.a -> x.a\ntable shop.b -> x.b\n ddl pass'
is "$(ddl "$r" '' shop 'drop table' 'DROP TABLE a' shop.a)" dropped 'what is said of all tables'
is "$(ddl "$r" '' shop 'drop table' 'DROP TABLE b' shop.b)" 'x: DROP TABLE `x`.`b` -> x.b' 'comes behind what is said of one'
is "$(ddl "$r" '' shop 'drop table' 'DROP TABLE c' shop.c)" 'as it was' 'and is about what is mapped'

exits 100 'a word that --ddl does not have' rowmap --ddl apply
done_testing

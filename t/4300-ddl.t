#!/bin/bash
# DDL of the stream runs in order with the rows, in the session that it ran in, and once, also after a crash.
. t/lib.sh
. t/sink.sh

server_start dst
q dst 'CREATE DATABASE shop'
stream() { rowundump >"$T/s.rs"; }
fresh() { q dst 'DROP DATABASE IF EXISTS rowferry; DROP DATABASE IF EXISTS shop; CREATE DATABASE shop'; }

ddl() # VERB SQL NAME... (db.name)
{
	local verb=$1 sql=$2 names='' n
	shift 2
	for n; do names+=",[\"${n%%.*}\",\"${n#*.}\"]"; done
	printf '{"ddl":{"sql":"%s","db":"shop","verb":"%s","names":[%s],"env":{"sql_mode":%s,"fk":true,"uniq":true,"cs":45,"cl":45,"cserver":%s}}}\n' \
		"$sql" "$verb" "${names#,}" "${sql_mode:-1411383296}" "${cserver:-45}"
}
alone() # OFFSET GTID VERB SQL NAME...: a transaction of its own
{
	local off=$1 gtid=$2
	shift 2
	begin "$off" "$gtid"; ddl "$@"; commit $((off + 10)) 0
}
create='CREATE TABLE orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2))'

{ hello gtid=0-1-1; orders
	alone 10 0-1-2 'create table' "$create" shop.orders
	begin 20 0-1-3; insert 1 a 1.00; commit 30 1
	alone 30 0-1-4 'alter table' 'ALTER TABLE orders ADD n INT DEFAULT 5, MODIFY name VARCHAR(3)' shop.orders
	begin 40 0-1-5; insert 2 b 1.00; commit 50 1
	alone 50 0-1-6 'rename table' 'RENAME TABLE orders TO bills' shop.orders shop.bills
	orders bills
	begin 60 0-1-7; insert 3 c 1.00; commit 70 1; end 70; } | stream
exits 0 'tables are made, changed and renamed' sink -v <"$T/s.rs"
is "$(q dst 'SELECT * FROM shop.bills')" $'1\ta\t1.00\t5\n2\tb\t1.00\t5\n3\tc\t1.00\t5' 'between the rows, in their order'
like "$(err)" 'info: ran at bin.000001:30: ALTER TABLE orders' '-v says so'
is "$(sink --print-position)" gtid:0-1-7 'the position is behind it all'
exits 0 'again' sink <"$T/s.rs"
is "$(q dst 'SELECT COUNT(*) FROM shop.bills')" 3 'nothing runs twice'

# ---- the session
fresh
cserver=8 sql_mode=4
{ hello gtid=0-1-1; alone 10 0-1-2 'create table' 'CREATE TABLE \"odd name\" (t TEXT)' 'shop.odd name'; end 20; } | stream
cserver='' sql_mode=''
exits 0 'a statement in the sql_mode and character sets that it had' sink <"$T/s.rs"
like "$(q dst 'SHOW CREATE TABLE shop.`odd name`')" 'CREATE TABLE .odd name.' 'was understood as it was'
cserver=8
{ hello gtid=0-1-2 off=20; alone 20 0-1-3 'create database' 'CREATE DATABASE latin' latin.; end 30; } | stream
cserver=''
exits 0 'a database gets the default that the source had' sink <"$T/s.rs"
is "$(q dst 'SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = "latin"')" latin1_swedish_ci 'not that of the target'

# ---- what is not for a target
fresh
{ hello gtid=0-1-1; orders
	alone 10 0-1-2 'create table' "$create" shop.orders
	alone 20 0-1-3 'create trigger' 'CREATE TRIGGER tr BEFORE INSERT ON orders FOR EACH ROW SET NEW.price = 0' shop.tr
	alone 30 0-1-4 'create event' 'CREATE EVENT ev ON SCHEDULE EVERY 1 SECOND DO DELETE FROM orders' shop.ev
	alone 40 0-1-5 'create user' 'CREATE USER somebody' shop.x
	alone 50 0-1-6 'grant' 'GRANT ALL ON *.* TO somebody' shop.x
	alone 60 0-1-7 'create procedure' 'CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END' shop.p
	alone 70 0-1-8 'create view' 'CREATE VIEW v AS SELECT id FROM orders' shop.v
	alone 80 0-1-9 'create function' 'CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 5' shop.f
	begin 90 0-1-10; insert 1 a 1.00; commit 100 1
	alone 100 0-1-11 'truncate table' 'TRUNCATE TABLE orders' shop.orders
	begin 110 0-1-12; insert 2 b 1.00; commit 120 1; end 120; } | stream
exits 0 'triggers, events and accounts are left out' sink <"$T/s.rs"
is "$(q dst 'SHOW TRIGGERS FROM shop; SHOW EVENTS FROM shop; SELECT user FROM mysql.user WHERE user = "somebody"')" '' 'none is there'
is "$(q dst 'USE shop; CALL p(); SELECT f(); SELECT * FROM v')" $'1\n2\n5\n2' 'procedures, functions and views are'

# ---- refused and failing statements
fresh
{ hello gtid=0-1-1; orders; alone 10 0-1-2 'create table' "$create" shop.orders; begin 20 0-1-3; insert 1 a 1.00; commit 30 1; alone 30 0-1-4 'drop table' 'DROP TABLE orders' shop.orders; end 40; } | stream
exits 100 '--ddl stop' sink --ddl stop <"$T/s.rs"
like "$(err)" 'changes definitions .--ddl stop., at bin.000001:10: "CREATE TABLE orders' 'names the statement'
q dst "USE shop; $create"
exits 0 '--ddl skip' sink --ddl skip <"$T/s.rs"
is "$(q dst 'SELECT id FROM shop.orders')" 1 'passes them over'
fresh
{ hello gtid=0-1-1; orders; alone 10 0-1-2 'create table' "$create" shop.orders; begin 20 0-1-3; insert 1 a 1.00; commit 30 1; alone 30 0-1-4 'alter table' 'ALTER TABLE orders DROP nothing' shop.orders; end 40; } | stream
exits 100 'a statement that fails' sink <"$T/s.rs"
like "$(err)" 'cannot run "ALTER TABLE orders DROP nothing" at bin.000001:30: Can.t DROP' 'is named with its position'
is "$(sink --print-position)" gtid:0-1-3 'what was before it is applied'
q dst 'ALTER TABLE shop.orders ADD nothing INT'
exits 0 'after a repair' sink <"$T/s.rs"
is "$(sink --print-position)" gtid:0-1-4 'it goes on'
{ hello gtid=0-1-4 off=40; alone 40 0-1-5 other 'FROBNICATE orders' shop.orders; end 50; } | stream
exits 100 'a statement that nobody knows' sink <"$T/s.rs"
like "$(err)" 'cannot tell what a statement does .--skip-ddl passes it over., at bin.000001:40: "FROBNICATE' 'is not run blindly'
exits 0 '--ddl skip' sink --ddl skip <"$T/s.rs"

# ---- once, after a crash at any place: the note that is left in the checkpoint, and the state of the objects
note=$(
	cat <<-'SQL'
		SELECT CONCAT_WS("|", IFNULL(ddl_at, "-"), ddl_print IS NULL) FROM rowferry.checkpoint
	SQL
)
for crash in before after; do
	fresh
	{ hello gtid=0-1-1; orders; alone 10 0-1-2 'create table' "$create" shop.orders; begin 20 0-1-3; insert 1 a 1.00; commit 30 1; end 30; } | stream
	exits 0 "a crash $crash the statement ran: what comes first" sink <"$T/s.rs"
	is "$(q dst "$note")" '-|1' 'no statement is noted'
	# the target stops the statement by a lock; the sink is killed while it waits
	{ hello gtid=0-1-3 off=30; orders; alone 30 0-1-4 'alter table' 'ALTER TABLE orders ADD x INT DEFAULT 1' shop.orders
		begin 40 0-1-5; insert 2 b 1.00; commit 50 1; end 50; } | stream
	: >"$T/locker"
	mariadb --no-defaults --socket "$SOCK_dst" --user root --unbuffered -N -e 'LOCK TABLES shop.orders READ; SELECT "locked"; SELECT SLEEP(60)' >"$T/locker" 2>&1 &
	locker=$!
	t_own $locker
	wait_for 5 grep -q locked "$T/locker"
	mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one <"$T/s.rs" 2>"$T/killed.err" &
	pid=$!
	t_own $pid
	waits() { [ "$(q dst 'SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE "ALTER TABLE orders%" AND state LIKE "Waiting%"')" = 1 ]; }
	ok 'the statement waits' wait_for 10 waits
	like "$(q dst "$note")" '^0-1-4/0 [0-9a-f]{16}.0$' 'it is noted'
	kill -9 $pid
	wait $pid 2>/dev/null
	if [ $crash = before ]; then
		# it never runs: its session is ended
		q dst "KILL $(q dst 'SELECT id FROM information_schema.processlist WHERE info LIKE "ALTER TABLE orders%"')"
	fi
	kill $locker
	q dst "KILL $(q dst 'SELECT id FROM information_schema.processlist WHERE info LIKE "SELECT SLEEP(60)%"')"
	exits 0 "started again" sink -v <"$T/s.rs"
	[ $crash = before ] || like "$(err)" 'the statement at bin.000001:30 had run before' 'it knows that the statement has run'
	is "$(q dst 'SELECT * FROM shop.orders')" $'1\ta\t1.00\t1\n2\tb\t1.00\t1' 'the statement ran once'
	is "$(q dst "$note")" '-|1' 'and is not noted any more'
done

# ---- rows and definition in one transaction (CREATE TABLE ... SELECT)
fresh
{ hello gtid=0-1-1; orders
	begin 10 0-1-2; ddl 'create table' "$create" shop.orders; insert 1 a 1.00; insert 2 b 1.00; commit 20 2; end 20; } | stream
exits 0 'CREATE TABLE ... SELECT' sink <"$T/s.rs"
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 2 'table and rows'
fresh
q dst 'CREATE DATABASE IF NOT EXISTS rowferry'
{ hello gtid=0-1-1; end 10; } | rowundump >"$T/0.rs"
exits 0 'the same, killed between the definition and the rows' sink <"$T/0.rs"
lines=$( hello gtid=0-1-1; orders; begin 10 0-1-2; ddl 'create table' "$create" shop.orders)
mkfifo "$T/pipe"
mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one <"$T/pipe" 2>"$T/killed.err" &
pid=$!
t_own $pid
exec {pipe}>"$T/pipe"
rowundump <<<"$lines" 1>&"$pipe" 2>/dev/null
made() { [ "$(q dst 'SHOW TABLES FROM shop')" = orders ]; }
ok 'the table is there' wait_for 5 made
kill -9 $pid
wait $pid 2>/dev/null
exec {pipe}>&-
exits 0 'started again' sink <"$T/s.rs"
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 2 'the rows are there, once'

# ---- two tables of one definition that change places
fresh
q dst 'CREATE TABLE shop.a (id INT PRIMARY KEY); CREATE TABLE shop.b LIKE shop.a; INSERT INTO shop.a VALUES (1)'
{ hello gtid=0-1-1; alone 10 0-1-2 'rename table' 'RENAME TABLE a TO c, b TO a, c TO b' shop.a shop.c shop.b shop.a shop.c shop.b; end 20; } | stream
{ hello gtid=0-1-1; end 10; } | rowundump >"$T/0.rs"
exits 0 'a swap of tables' sink <"$T/0.rs"
exits 0 'runs' sink <"$T/s.rs"
is "$(q dst 'SELECT (SELECT COUNT(*) FROM shop.a), (SELECT COUNT(*) FROM shop.b)')" $'0\t1' 'they have changed places'

# ---- a statement and more rows than --memory in one transaction: all of them are there at once, or none
fresh
q dst 'FLUSH BINARY LOGS'
mkfifo "$T/large"
(sink --memory 4096 <"$T/large" 2>"$T/large.err"; echo $? >"$T/large.code") &
t_own $!
exec {large}>"$T/large"
{ hello gtid=0-1-1; orders; begin 10 0-1-2; ddl 'create table' "$create" shop.orders
	for ((i = 1; i <= 600; i++)); do insert $i "row $i" 1.00; done; commit 30 600; end 30; } | rowundump >"$T/large.rs"
size=$(stat -c %s "$T/large.rs")
head -c $((size - 60)) "$T/large.rs" >&"$large"
# shellcheck disable=SC2317 # called by wait_for
rows_are_written() # by the transaction that is open
{
	# the server keeps what it shows here for as long as somebody asks within 0.1 s
	[ "$(q dst "SELECT COALESCE(SUM(trx_rows_modified), 0) FROM information_schema.innodb_trx")" -gt 10 ] || { sleep 0.15 && false; }
}
ok 'a large transaction with a statement before it arrives' wait_for 20 rows_are_written
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 0 'none of its rows can be seen'
tail -c 60 "$T/large.rs" >&"$large"
exec {large}>&-
wait_for 20 test -s "$T/large.code"
is "$(cat "$T/large.code") $(q dst 'SELECT COUNT(*) FROM shop.orders')" '0 600' 'then all of them' || diag "$(cat "$T/large.err")"
is "$(mariadb-binlog --no-defaults "$T/dst/data/$(q dst 'SHOW MASTER STATUS' | cut -f 1)" | awk '/GTID [0-9]+-/ { gtid = $0 } /Table_map: `shop`.`orders`/ && !had[gtid]++ { n++ } END { print n }')" 1 \
	'in one transaction'
done_testing

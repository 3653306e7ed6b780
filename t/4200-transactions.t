#!/bin/bash
# Source transactions are never torn: rollbacks, savepoints, transactions larger than memory, cut and damaged streams.
. t/lib.sh
. t/sink.sh

server_start dst
q dst 'CREATE DATABASE shop'
fresh()
{
	q dst 'DROP DATABASE IF EXISTS rowferry; DROP TABLE IF EXISTS shop.orders;
		CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2)) CHARACTER SET utf8mb4'
}
ids() { q dst 'SELECT id FROM shop.orders ORDER BY id' | xargs; }
ids_are() { [ "$(ids)" = "$1" ]; }
stream() { rowundump >"$T/s.rs"; }
rollback() # OFFSET, or SAVEPOINT
{
	case $1 in
	*[!0-9]*) printf '{"rollback":{"to":"%s"}}\n' "$1" ;;
	*) printf '{"rollback":{"file":"bin.000001","off":%s}}\n' "$1" ;;
	esac
}
savepoint() { printf '{"savepoint":{"name":"%s"}}\n' "$1"; }

# large_or_small NAME WANT_IDS WANT_POSITION: the stream in memory, and as one that is larger than that
large_or_small()
{
	local how
	for how in 16M 4K; do
		fresh
		exits 0 "$1 (--memory $how)" sink --memory $how <"$T/s.rs"
		is "$(ids)" "$2" 'the rows that remain'
		is "$(sink --print-position)" "$3" 'the position'
	done
}

# rows that fill more than 4 KiB
bulk() { local i; for ((i = $1; i <= $2; i++)); do insert "$i" "name of row $i" 1.00; done; }

{ hello gtid=0-1-1; orders; begin 10 0-1-2; bulk 1 5; commit 20 5; begin 20 0-1-3; bulk 101 400; rollback 30; begin 30 0-1-4; insert 6 x 1.00; commit 40 1; end 40; } | stream
large_or_small 'a transaction that is undone' '1 2 3 4 5 6' gtid:0-1-4
{ hello gtid=0-1-1; orders; begin 10 0-1-2; bulk 101 400; rollback 30; end 30; } | stream
large_or_small 'nothing but that' '' gtid:0-1-2

{ hello gtid=0-1-1; orders; begin 10 0-1-2; insert 1 a 1.00; savepoint one; bulk 101 400; savepoint two; bulk 401 700; rollback two; insert 2 b 1.00
	rollback ONE; bulk 1001 1300; rollback one; insert 3 c 1.00; commit 20 $((1 + 300 + 300 + 1 + 300 + 1)); begin 20 0-1-3; insert 4 d 1.00; commit 30 1; end 30; } | stream
large_or_small 'savepoints' '1 3 4' gtid:0-1-3
{ hello gtid=0-1-1; orders; begin 10 0-1-2; savepoint a; insert 1 a 1.00; savepoint a; bulk 101 400; savepoint b; bulk 401 700; rollback a; insert 2 b 1.00; commit 20 602; end 20; } | stream
large_or_small 'a savepoint of the same name takes the place of the older' '1 2' gtid:0-1-2
{ hello gtid=0-1-1; orders; begin 10 0-1-2; bulk 1 200; savepoint a; commit 20 200; begin 20 0-1-3; rollback a; commit 30 0; end 30; } | stream
exits 102 'a savepoint ends with its transaction' sink2 sp <"$T/s.rs"

# ---- larger than memory, with conflicts
fresh
{ hello gtid=0-1-1; orders; begin 10 0-1-2; insert 1 a 1.00; commit 20 1; begin 20 0-1-3; bulk 101 1000; commit 30 900; end 30; } | stream
q dst 'INSERT INTO shop.orders VALUES (800, "old", 9)'
exits 100 'a conflict late in a large transaction' sink --memory 4K <"$T/s.rs"
like "$(err)" 'insert of row \(id=800\)' 'is named'
is "$(ids)" '1 800' 'what was before it is there, of itself nothing'
is "$(sink --print-position)" gtid:0-1-2 'and so is the position'
exits 0 'skip' sink --memory 4K --on-conflict skip <"$T/s.rs"
is "$(q dst 'SELECT COUNT(*), MAX(price) FROM shop.orders')" $'901\t9.00' 'all the others arrive'
fresh; q dst 'INSERT INTO shop.orders VALUES (800, "old", 9)'
exits 0 'overwrite' sink --memory 4K --on-conflict overwrite <"$T/s.rs"
is "$(q dst 'SELECT COUNT(*), MAX(price) FROM shop.orders')" $'901\t1.00' 'all'

# ---- cut and damaged
{ hello gtid=0-1-1; orders; begin 10 0-1-2; bulk 1 3; commit 20 3; begin 20 0-1-3; bulk 11 600; commit 30 590; begin 30 0-1-4; insert 9 x 1.00; commit 40 1; end 40; } >"$T/lines"
for memory in 16M 4K; do
	fresh
	head -n 300 "$T/lines" | rowundump >"$T/s.rs" 2>/dev/null
	exits 111 "upstream died in the middle of a transaction (--memory $memory)" sink --memory $memory <"$T/s.rs"
	is "$(ids)" '1 2 3' 'what was whole is there, the rest is not'
	like "$(err)" 'the stream is cut at byte [0-9]+' 'and it is said'
	rowundump <"$T/lines" >"$T/s.rs"
	exits 0 'started again with the whole' sink --memory $memory <"$T/s.rs"
	is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 594 'everything is there, once'
	fresh
	size=$(stat -c %s "$T/s.rs")
	printf '\377' | dd of="$T/s.rs" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
	exits 102 "a damaged stream (--memory $memory)" sink --memory $memory <"$T/s.rs"
	is "$(ids)" '1 2 3' 'what was whole before is there'
	is "$(sink --print-position)" gtid:0-1-2 'with its position'
done

# ---- batches
{ hello gtid=0-1-1; orders; for ((i = 1; i <= 500; i++)); do begin $((i * 10)) 0-1-$((i + 1)); insert $i x 1.00; commit $((i * 10 + 10)) 1; done; end 5010; } | stream
fresh
before=$(q dst 'SELECT variable_value FROM information_schema.global_status WHERE variable_name = "COM_COMMIT"')
exits 0 'five hundred transactions that are waiting' sink -v <"$T/s.rs"
ok 'are few at the target' test $(($(q dst 'SELECT variable_value FROM information_schema.global_status WHERE variable_name = "COM_COMMIT"') - before)) -lt 10
like "$(err)" 'applied 500 rows of 500 transactions in [1-9] batches' 'as it says itself'
fresh
exits 0 '--batch-bytes bounds that' sink -v --batch-bytes 1 <"$T/s.rs"
like "$(err)" 'applied 500 rows of 500 transactions in 50[0-9] batches' 'one by one'

# ---- no latency: what is whole is there while the stream is still open
fresh
mkfifo "$T/pipe"
mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one <"$T/pipe" 2>"$T/sink.err" &
pid=$!
t_own $pid
exec {pipe}>"$T/pipe"
{ hello gtid=0-1-1; orders; begin 10 0-1-2; insert 1 a 1.00; commit 20 1; begin 20 0-1-3; insert 2 b 1.00; commit 30 1; begin 30 0-1-4; insert 3 c 1.00; commit 40 1; end 40; } | rowundump >"$T/s.rs"
# the first transaction, then half of the second
a=$(/usr/bin/python3 t/rowstream.py frames "$T/s.rs" 2>/dev/null | awk '$3 == "BEGIN" || $2 == "BEGIN" { print $1 }' | sed -n 2p)
if [ -n "$a" ]; then
	dd if="$T/s.rs" bs=1 count=$((a + 60)) 2>/dev/null 1>&"$pipe"
	ok 'a transaction is visible while the next one is on its way' wait_for 5 ids_are '1'
fi
exec {pipe}>&-
wait $pid
is $? 111 'the cut is seen'
is "$(ids)" "${a:+1}" 'the open one is not there'

# ---- SIGTERM
fresh
mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one <"$T/pipe" 2>"$T/sink.err" &
pid=$!
t_own $pid
exec {pipe}>"$T/pipe"
head -c "${a:-100}" "$T/s.rs" >&"$pipe"
wait_for 5 ids_are '1'
kill $pid
wait $pid
is $? 0 'SIGTERM between transactions ends it well'
exec {pipe}>&-
is "$(ids) $(sink --print-position)" '1 gtid:0-1-2' 'with the position'
done_testing

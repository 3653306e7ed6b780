#!/bin/bash
# XA transactions at the target: rows that are prepared are held in rowferry.prepared, with the checkpoint, and are
# applied or dropped by what is decided later; in memory and larger than that.
. t/lib.sh
. t/sink.sh

server_start dst
q dst 'CREATE DATABASE shop'
fresh()
{
	q dst 'DROP DATABASE IF EXISTS rowferry; DROP TABLE IF EXISTS shop.orders; DROP TABLE IF EXISTS shop.nokey;
		CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2)) CHARACTER SET utf8mb4'
}
ids() { q dst 'SELECT id FROM shop.orders ORDER BY id' | xargs; }
held() { q dst 'SELECT xid, COUNT(*) > 0 FROM rowferry.prepared GROUP BY xid ORDER BY xid' | tr '\t' ' ' | paste -sd ' '; }
stream() { rowundump >"$T/s.rs"; }
xbegin() # OFFSET GTID XID
{
	printf '{"begin":{"file":"bin.000001","off":%s,"ts":1795502401000000,"gtid":"%s","xid":"%s"}}\n' "$1" "$2" "$3"
	frame=$((frame + 1))
}
prepare() { printf '{"prepare":{"file":"bin.000001","off":%s,"rows":0,"xid":"%s"}}\n' "$1" "$2"; } # OFFSET XID
decide() { printf '{"decide":{"xid":"%s","commit":%s}}\n' "$1" "$2"; }                            # XID BOOL
rollback()
{
	case $1 in
	*[!0-9]*) printf '{"rollback":{"to":"%s"}}\n' "$1" ;;
	*) printf '{"rollback":{"file":"bin.000001","off":%s}}\n' "$1" ;;
	esac
}
savepoint() { printf '{"savepoint":{"name":"%s"}}\n' "$1"; }
bulk() { local i; for ((i = $1; i <= $2; i++)); do insert "$i" "name of row $i" 1.00; done; }
a="X'61',X'',1" b="X'62',X'00ff',4294967295"

# both NAME WANT_IDS: the stream in memory and as transactions that are larger than that
both()
{
	local how
	for how in 16M 4K; do
		fresh
		exits 0 "$1 (--memory $how)" sink --memory $how <"$T/s.rs"
		is "$(ids)" "$2" 'the rows'
		is "$(held)" "${3-}" "what is held: ${3-nothing}"
	done
}

{ hello gtid=0-1-1; orders; xbegin 10 0-1-2 "$a"; bulk 1 3; prepare 20 "$a"; begin 20 0-1-3; insert 9 x 1.00; commit 30 1; end 30; } | stream
both 'a transaction that is prepared is not visible' 9 "$a 1"
is "$(sink --print-position)" gtid:0-1-3 'the position is behind it'
{ hello gtid=0-1-3 off=30; orders; begin 30 0-1-4; decide "$a" true; commit 40 0; end 40; } | stream
exits 0 'its commit comes to another mysql-sink' sink <"$T/s.rs"
is "$(ids)" '1 2 3 9' 'its rows are there'
is "$(held)" '' 'and are held no longer'
exits 0 'the same once more' sink <"$T/s.rs"
is "$(ids)" '1 2 3 9' 'is passed over'

{ hello gtid=0-1-1; orders; xbegin 10 0-1-2 "$a"; bulk 101 400; prepare 20 "$a"; begin 20 0-1-3; insert 9 x 1.00; commit 30 1; begin 30 0-1-4; decide "$a" false; commit 40 0
	xbegin 40 0-1-5 "$a"; insert 5 y 1.00; prepare 50 "$a"; begin 50 0-1-6; decide "$a" true; commit 60 0; end 60; } | stream
both 'rolled back; the name is used again' '5 9'
{ hello gtid=0-1-1; orders; xbegin 10 0-1-2 "$a"; bulk 101 300; prepare 20 "$a"; xbegin 20 0-1-3 "$b"; insert 1 b 1.00; insert 2 b 1.00; prepare 30 "$b"
	begin 30 0-1-4; decide "$b" true; commit 40 0; begin 40 0-1-5; update 1 c 2.00 b 1.00; commit 50 1; begin 50 0-1-6; decide "$a" false; commit 60 0; end 60; } | stream
both 'two at once on one table' '1 2'
is "$(q dst 'SELECT name FROM shop.orders WHERE id = 1')" c 'what came after it found its rows'
{ hello gtid=0-1-1; orders; xbegin 10 0-1-2 "$a"; insert 1 a 1.00; savepoint one; bulk 101 400; savepoint two; bulk 401 700; rollback two; insert 2 b 1.00
	rollback one; bulk 1001 1300; rollback one; insert 3 c 1.00; prepare 20 "$a"; begin 20 0-1-3; insert 4 d 1.00; commit 30 1; begin 30 0-1-4; decide "$a" true; commit 40 0; end 40; } | stream
both 'savepoints in it' '1 3 4'
{ hello gtid=0-1-1; orders; xbegin 10 0-1-2 "$a"; savepoint one; bulk 101 400; rollback one; prepare 20 "$a"; begin 30 0-1-4; decide "$a" true; commit 40 0; end 40; } | stream
both 'nothing is left of it' ''
{ hello gtid=0-1-1; orders; xbegin 10 0-1-2 "$a"; bulk 101 104; commit 20 4; xbegin 20 0-1-3 "$b"; bulk 105 106; rollback 30; end 30; } | stream
both 'one that is committed at once, one that is undone' '101 102 103 104'
{ hello gtid=0-1-1; orders; xbegin 10 0-1-2 "$a"; bulk 101 400; commit 20 300; xbegin 20 0-1-3 "$b"; bulk 501 800; rollback 30; end 30; } | stream
both 'the same, larger' "$(seq -s ' ' 101 400)"

# ---- larger than a piece, and than a packet
fresh
q dst 'CREATE TABLE shop.nokey (id INT, name LONGTEXT, price DECIMAL(8,2)) CHARACTER SET utf8mb4'
{ hello gtid=0-1-1; orders nokey; xbegin 10 0-1-2 "$a"; name=$(printf '%0200000d' 7); for i in 1 2 3 4 5 6 7 8 9 10 11 12; do insert 7 "$name" 1.00; done
	name=$(printf '%06000000d' 7); printf '{"insert":"shop.nokey","t":1,"f":99,"new":{"id":8,"name":"%s","price":"1.00"}}\n' "$name"
	prepare 20 "$a"; end 20; } | stream
exits 0 'rows of a table without a key, one of 6 MB' sink --memory 1M <"$T/s.rs"
is "$(q dst 'SELECT COUNT(*) > 8, MAX(LENGTH(body)) <= 1048576, SUM(LENGTH(body)) > 8400000 FROM rowferry.prepared')" $'1\t1\t1' 'in many parts of at most 1 MiB'
{ hello gtid=0-1-2 off=20; orders nokey; begin 20 0-1-3; decide "$a" true; commit 30 0; end 30; } | stream
exits 0 'committed' sink <"$T/s.rs"
is "$(q dst 'SELECT id, COUNT(*), MIN(LENGTH(name)) FROM shop.nokey GROUP BY id')" $'7\t12\t200000\n8\t1\t6000000' 'each row is there, once'

# ---- conflicts are those of the rows when they become visible
fresh
{ hello gtid=0-1-1; orders; xbegin 10 0-1-2 "$a"; bulk 1 5; prepare 20 "$a"; begin 20 0-1-3; decide "$a" true; commit 30 0; end 30; } | stream
q dst 'INSERT INTO shop.orders VALUES (3, "old", 9)'
exits 100 'a conflict in a prepared transaction' sink <"$T/s.rs"
like "$(err)" 'insert of row \(id=3\) into table "shop.orders" at bin.000001:1' 'is named with the place where it was written'
is "$(ids)" 3 'nothing of it is there'
exits 0 'skip' sink --on-conflict skip <"$T/s.rs"
is "$(ids)" '1 2 3 4 5' 'all the others'
is "$(held)" '' 'nothing is held'

# ---- prepared before the start
{ hello gtid=0-1-9 off=90; orders; begin 90 0-1-10; insert 10 x 1.00; commit 100 1; begin 100 0-1-11; decide "$b" true; commit 110 0; begin 110 0-1-12; insert 12 x 1.00; commit 120 1; end 120; } | stream
fresh
exits 100 'a transaction that was prepared before the start' sink <"$T/s.rs"
like "$(err)" "XA transaction $b is committed at bin.000001:100, but its rows are not held" 'is named'
like "$(err)" '--on-conflict skip' 'with what to do'
is "$(ids)" '' 'its batch is undone'
exits 0 'skip' sink --on-conflict skip <"$T/s.rs"
like "$(err)" 'warning: XA transaction' 'passes over it with a warning'
is "$(ids)" '10 12' 'all else is there'
fresh
sed 's/"commit":true/"commit":false/' < <(rowdump "$T/s.rs") | rowundump >"$T/r.rs"
exits 0 'its rollback' sink <"$T/r.rs"
like "$(err)" 'warning: XA transaction' 'says so too'
is "$(ids)" '10 12' 'and is right'

# ---- what is left of a former pipeline of the name
fresh
{ hello gtid=0-1-1; orders; xbegin 10 0-1-2 "$a"; bulk 1 3; prepare 20 "$a"; end 20; } | stream
exits 0 'prepared' sink <"$T/s.rs"
q dst 'DELETE FROM rowferry.checkpoint'
{ hello gtid=0-1-1; orders; xbegin 10 0-1-7 "$a"; insert 7 n 1.00; prepare 20 "$a"; begin 20 0-1-8; decide "$a" true; commit 30 0; end 30; } | stream
exits 0 'prepared once more in a new start' sink <"$T/s.rs"
is "$(ids)" 7 'what is left over is not taken for it'

# ---- dry runs
fresh
{ hello gtid=0-1-1; orders; xbegin 10 0-1-2 "$a"; bulk 1 3; prepare 20 "$a"; begin 20 0-1-3; decide "$a" true; commit 30 0; end 30; } | stream
exits 0 'a dry run before there is a table' sink --dry-run <"$T/s.rs"
like "$(err)" 'rows of prepared XA transactions are not tried' 'says what it leaves out'
exits 0 'the run' sink <"$T/s.rs"
q dst 'UPDATE rowferry.checkpoint SET gtid = "0-1-1", off = 4; DELETE FROM shop.orders WHERE id > 1'
exits 100 'a dry run with it' sink --dry-run <"$T/s.rs"
like "$(err)" 'row \(id=1\)' 'finds the conflict'
q dst 'DELETE FROM shop.orders'
exits 0 'a dry run without one' sink --dry-run -v <"$T/s.rs"
is "$(ids) $(held)" ' ' 'leaves nothing behind'

# ---- the lines of it
rowdump "$T/s.rs" >"$T/lines"
is "$(rowundump <"$T/lines" | cmp - "$T/s.rs" && echo same)" same 'rowdump | rowundump is the identity'
is "$(rowdump --sql "$T/s.rs" | grep -v '^--\|^SET')" "XA START $a;
INSERT INTO \`shop\`.\`orders\` (\`id\`, \`name\`, \`price\`) VALUES (1, 'name of row 1', 1.00);
INSERT INTO \`shop\`.\`orders\` (\`id\`, \`name\`, \`price\`) VALUES (2, 'name of row 2', 1.00);
INSERT INTO \`shop\`.\`orders\` (\`id\`, \`name\`, \`price\`) VALUES (3, 'name of row 3', 1.00);
XA END $a;
XA PREPARE $a;
XA COMMIT $a;" 'rowdump --sql'
like "$(rowdump --pretty "$T/s.rs")" "prepare X'61',X'',1 .*3 rows" 'rowdump --pretty'
exits 100 'a name that is no name' rowundump < <(sed "s/X'61'/X'6'/" "$T/lines")
like "$(err)" 'not the name of an XA transaction' 'is refused'
exits 100 'another name than it began with' rowundump < <(sed "/prepare/s/X'61'/X'63'/" "$T/lines")
is "$(rowfilter --where 'id <> 2' <"$T/s.rs" | rowdump | jq -c 'select(.prepare) | .prepare.rows')" 2 'rowfilter: PREPARE says how many rows are left'
rowfilter --exclude 'shop.*' <"$T/s.rs" >"$T/none.rs"
fresh
exits 0 'all rows filtered' sink <"$T/none.rs"
is "$(ids) $(held)" ' ' 'the position moves, nothing is held'
is "$(sink --print-position)" gtid:0-1-3 'to the end'
done_testing

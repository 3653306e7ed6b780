#!/bin/bash
# rowundo: what it undoes of a range, and what it refuses before it writes anything: statements, rows that are not whole,
# streams of rejects and of two servers, a commit of an XA transaction whose rows are not there.
# (one client library will do)
. t/lib.sh
. t/sink.sh

t_table=shop.orders frame=0
undo()
{
	rowundo "$@" "$T/in.rows"
}
# ops: the rows of an undo, one a line: i:ID d:ID u:OLD>NEW, transactions with | between
ops()
{
	rowdump "$1" | jq -r 'if .insert then "i:\(.new.id)\(.new.name // "")" elif .delete then "d:\(.old.id)\(.old.name // "")"
		elif .update then "u:\(.old.id)\(.old.name // "")>\(.new.id)\(.new.name // "")" elif .commit then "|" else empty end' | paste -sd' '
}
input() # writes $T/in.rows of the lines on stdin
{
	rowundump >"$T/in.rows"
}
refused() # NAME WANT [option...]: of $T/in.rows
{
	local name=$1 want=$2
	shift 2
	exits 100 "$name: refused" undo "$@"
	like "$(err)" "^rowundo: error: $want" "$name: the line says why"
	is "$(out | wc -c)" 0 "$name: nothing was written"
}

# ---- a stream of four transactions
four()
{
	hello gtid=0-1-99
	orders
	begin 100 0-1-100
	insert 1 a 1
	insert 2 b 2
	commit 200 2
	begin 200 0-1-101
	update 1 aa 1 a 1
	commit 300 1
	begin 300 0-1-102
	delete 2 b 2
	insert 2 c 3
	commit 400 2
	begin 400 0-1-103
	commit 500 0
	end 500
}
four | input
try() # WANT NAME [option...]
{
	local want=$1 name=$2
	shift 2
	exits 0 "$name" undo "$@"
	is "$(ops "$T/out")" "$want" 'as it should be'
}
try 'd:2c i:2b | u:1aa>1a | d:2b d:1a |' 'all of it, last first'
mv "$T/out" "$T/undo.rows"
exits 0 'a stream of rows comes out' rowdump --pretty "$T/undo.rows"
like "$(out)" 'undo of the transaction 0-1-102 at bin.000001:300, committed 2026-11-24 ..:..:.. UTC' 'that says what it undoes'
try 'd:2c i:2b | u:1aa>1a |' 'from a GTID set' --start-at gtid:0-1-100
try 'u:1aa>1a | d:2b d:1a |' 'to a GTID set' --stop-at gtid:0-1-101
try 'u:1aa>1a |' 'between two places' --start-at bin.000001:200 --stop-at bin.000001:300
try 'd:2b d:1a |' 'one transaction by its place' --transaction bin.000001:100
try 'd:2c i:2b | d:2b d:1a |' 'two by their GTIDs' --transaction 0-1-100 --transaction 0-1-102
try 'd:2c i:2b | u:1aa>1a | d:2b d:1a |' 'since a time' --start-at time:2026-01-01T00:00:00Z
try '' 'before a time' --stop-at time:2026-01-01T00:00:00Z
exits 0 'with nothing in it' undo --stop-at earliest
like "$(err)" '^rowundo: warning: there is nothing to undo' 'it is said'
mv "$T/out" "$T/undo.rows"
exits 0 'and the stream is a whole one' rowdump "$T/undo.rows"
exits 100 'a transaction that is not there' undo --transaction 0-1-999
like "$(err)" '^rowundo: error: the transaction 0-1-999 is not in the stream' 'is named'
exits 100 'an end that is not reached' undo --stop-at gtid:0-1-200
like "$(err)" 'the stream ends at bin.000001:500, before all of --stop-at was executed' 'is said'
exits 100 'a log of another name' undo --start-at other.000001:4
exits 100 'now' undo --start-at now
exits 100 '--check without --sql' rowdump --check "$T/in.rows"

# ---- savepoints, XA, rollbacks
{
	hello gtid=0-1-99
	orders
	begin 100 0-1-100
	insert 1 a 1
	echo '{"savepoint":{"name":"s"}}'
	insert 2 b 2
	echo '{"savepoint":{"name":"t"}}'
	insert 3 c 2
	echo '{"rollback":{"to":"S"}}'
	insert 4 d 2
	commit 200 4
	begin 200 0-1-101
	insert 5 e 2
	echo '{"rollback":{"file":"bin.000001","off":300}}'
	begin 300 0-1-102
	echo '{"savepoint":{"name":"s"}}'
	insert 6 f 2
	echo '{"rollback":{"to":"s"}}'
	commit 400 1
	end 400
} | input
try '| d:4d d:1a |' 'what was rolled back is left out'

xa() # N OFFSET GTID: a transaction that is prepared, with the rows on stdin
{
	printf '{"begin":{"file":"bin.000001","off":%s,"gtid":"%s","xid":"X'"'0%s'"',X'"''"',1"}}\n' "$2" "$3" "$1"
	cat
	printf '{"prepare":{"file":"bin.000001","off":%s,"rows":1,"xid":"X'"'0%s'"',X'"''"',1"}}\n' $(($2 + 50)) "$1"
}
decide() # N COMMIT OFFSET GTID
{
	begin "$3" "$4"
	printf '{"decide":{"xid":"X'"'0%s'"',X'"''"',1","commit":%s}}\n' "$1" "$2"
	commit $(($3 + 50)) 0
}
xa_stream()
{
	hello gtid=0-1-99
	orders
	insert 1 a 1 | xa 1 100 0-1-100
	insert 2 b 1 | xa 2 150 0-1-101
	insert 3 c 1 | xa 3 200 0-1-102
	begin 250 0-1-103
	insert 4 d 1
	commit 300 1
	decide 1 true 300 0-1-104
	decide 2 false 350 0-1-105
	end 400
}
xa_stream | input
try 'd:1a | d:4d |' 'an XA transaction is undone where it was committed'
like "$(err)" "warning: the XA transaction X'03',X'',1 is prepared but not decided" 'of one that waits it is said'
try 'd:1a |' 'its rows may be before the range' --start-at bin.000001:300
try 'd:4d |' 'and its commit behind it' --stop-at bin.000001:300
{
	hello gtid=0-1-99
	decide 1 true 300 0-1-104
	end 400
} | input
refused 'XA rows that are not there' "cannot undo the commit of the XA transaction X'01',X'',1 at bin.000001:300: its rows are not in the stream"

# ---- statements
ddl()
{
	printf '{"ddl":{"sql":"TRUNCATE shop.orders","db":"shop","verb":"truncate table","names":[["shop","orders"]],"off":%s}}\n' "$1"
}
with_ddl()
{
	hello gtid=0-1-99
	orders
	begin 100 0-1-100
	insert 1 a 1
	commit 200 1
	begin 200 0-1-101
	ddl 210
	commit 300 0
	begin 300 0-1-102
	insert 2 b 2
	commit 400 1
	end 400
}
with_ddl | input
refused 'a TRUNCATE' 'cannot undo a statement that is not rows: truncate table of "shop.orders" at bin.000001:200'
try 'd:2b |' 'behind it' --start-at bin.000001:300
try 'd:1a |' 'before it' --stop-at bin.000001:200
try 'd:2b | d:1a |' 'and around it' --ddl skip
like "$(err)" 'warning: the truncate table of "shop.orders" at bin.000001:200 stays as it is' 'with a warning'

# ---- rows that are not whole
short() # a transaction of what is on stdin
{
	hello gtid=0-1-99
	orders
	begin 100 0-1-100
	cat
	commit 200 1
	end 200
}
{
	delete 1 - 5
} | short | input
refused 'half a deleted row' 'cannot undo the delete of a row of table "shop.orders" at bin.000001:[0-9]*: the log does not have all of the row, in column "name"'
{
	update 1 b - - -
} | short | input
refused 'an update without the old value' 'cannot undo the update of a row of table "shop.orders" at bin.000001:[0-9]*: the log does not have what was there before, in column "name"'
{
	insert - b 2
} | short | input
refused 'an insert that cannot be found' 'cannot undo the insert of a row .*: the log does not have what it could be found by'
{
	insert 1 - 2
} | short | input
try 'd:1 |' 'an insert with its key will do'
{
	update 2 - - - - 1
} | short | input
try 'u:2>1 |' 'and an update of the key alone'
{
	update 1 b - a 7
} | short | input
exits 0 'an update whose new row is short' undo
is "$(rowdump "$T/out" | jq -c 'select(.update) | [.old, .new]')" '[{"id":1,"name":"b","price":"7"},{"id":1,"name":"a","price":"7"}]' 'is looked for by all that is known of it'

{
	update 1 a 7 a 7
} | short | input
exits 0 'an update that changes nothing, as rowmap may leave it' rowdump --sql --check "$T/in.rows"
is "$(grep -cE '^(UPDATE|SET @)' "$T/out")" 0 'is no statement, of which the server would count no row'

# ---- streams
{
	hello gtid=0-1-99 | sed 's/"version":1/"version":1,"pipeline":"shop","seq":3/'
	end 4
} | input
refused 'rejects' 'the stream is one of rejects'
{
	four
	hello id=7
	end 4
} | input
refused 'two servers' 'the stream has changes of two servers'
# what a pipeline leaves that was started again: the second part begins before the first ended
{
	four
	hello gtid=0-1-100
	orders
	begin 200 0-1-101
	update 1 aa 1 a 1
	commit 300 1
	begin 300 0-1-102
	delete 2 b 2
	insert 2 c 3
	commit 400 2
	begin 400 0-1-103
	commit 500 0
	begin 500 0-1-104
	insert 9 z 1
	commit 600 1
	end 600
} | input
try 'd:9z | d:2c i:2b | u:1aa>1a | d:2b d:1a |' 'parts that overlap are undone once'
like "$(err)" '^rowundo: warning: 3 transactions come before what was read already, and are taken for repeated' 'which is said'
{
	four
	hello gtid=0-1-109 off=800
	orders
	begin 800 0-1-110
	insert 9 z 1
	commit 900 1
	end 900
	hello gtid=0-1-110 file=bin.000002
	end 4 bin.000002
} | input
try 'd:9z | d:2c i:2b | u:1aa>1a | d:2b d:1a |' 'of a gap between parts'
is "$(err)" 'rowundo: warning: the stream has a gap: nothing is known of what is between bin.000001:500 and bin.000001:800' 'there is a warning'
head -c 300 "$T/in.rows" >"$T/cut.rows"
exits 111 'a cut stream' rowundo "$T/cut.rows"
is "$(out | wc -c)" 0 'nothing was written'
cp "$T/in.rows" "$T/bad.rows"
printf 'X' | dd of="$T/bad.rows" bs=1 seek=900 conv=notrunc 2>/dev/null
exits 111 'one transaction, before the whole of it is there' rowundo --transaction bin.000001:300 "$T/cut.rows"
four | input
size=$(stat -c %s "$T/in.rows")
head -c $((size - 10)) "$T/in.rows" >"$T/live.rows"
exits 111 'a file that is still written: all of it' rowundo "$T/live.rows"
for range in '--transaction 0-1-101' '--stop-at bin.000001:300 --start-at bin.000001:200'; do
	exits 0 "what is whole in it: $range" rowundo $range "$T/live.rows"
	is "$(ops "$T/out")" 'u:1aa>1a |' 'can be undone'
done
exits 102 'a damaged one' rowundo "$T/bad.rows"
is "$(out | wc -c)" 0 'nothing was written'
exits 111 'no place for temporary files' bash -c 'TMPDIR=/nowhere rowundo < <(cat "$1")' - "$T/in.rows"
like "$(err)" 'could not make a temporary file for the stream in "/nowhere"' 'is said'
done_testing

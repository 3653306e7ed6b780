#!/bin/bash
# rowspool without servers: what goes in comes out, from any position; a stream that comes again is passed over, one that
# would leave a gap is refused; torn tails are cut; wrong use is said.
# (one client library will do)
. t/lib.sh
. t/sink.sh

# trx N: one whole transaction of one row, at N * 100
trx()
{
	begin $(($1 * 100)) "${2:-}" "${3:-}"
	insert "$1" "name $1" "$1.00"
	commit $(($1 * 100 + 50)) 1 "${3:-}"
}
# stream FROM TO [gtid]: transactions FROM to TO, GTIDs 0-1-N if asked for
stream()
{
	local i
	if [ "${3:-}" ]; then
		hello off=$((($1 - 1) * 100 + 50)) gtid=0-1-$(($1 - 1))
	else
		hello off=$((($1 - 1) * 100 + 50))
	fi
	orders
	for ((i = $1; i <= $2; i++)); do
		trx $i "${3:+0-1-$i}"
	done
	end $(($2 * 100 + 50))
}
# ids FILE: of the rows in it
ids()
{
	rowdump "$1" | jq -r 'select(.insert) | .new.id' | tr '\n' ' '
}
# taken DIR START [option...]: ids of the rows that are read
taken()
{
	local dir=$1 start=$2
	shift 2
	rowspool read "$dir" --start-at "$start" "$@" >"$T/taken" 2>"$T/taken.err" && ids "$T/taken"
}
segments()
{
	ls "$1"/*.rows | wc -l
}

# ---- in and out
stream 1 5 gtid | rowundump >"$T/a.rs"
exits 0 'a stream goes in' rowspool write "$T/a" <"$T/a.rs"
is "$(err)" '' 'without a word'
exits 0 'and comes out' rowspool read "$T/a" --start-at earliest
rows()
{
	rowdump "$1" | grep -vE '^\{"(hello|table)"' | sed 's/"why":"[a-z-]*"//'
}
is "$(rows "$T/out")" "$(rows "$T/a.rs")" 'as it was'
is "$(rowspool write "$T/a" --print-position)" gtid:0-1-5 'the writer says where it goes on'
exits 0 'every segment is a stream of its own' rowdump "$T"/a/0000000000000001.rows
exits 0 'and so is its index' rowdump "$T"/a/0000000000000001.idx
exits 0 'all is whole' rowspool verify "$T/a"
like "$(out)" '^1 segments, [0-9]+ bytes, 5 transactions: whole$' 'which is said'
is "$(stat -c %a "$T/a" "$T"/a/*.rows)" $'750\n640' 'others cannot look into it'

# ---- onto the disk
mkdir "$T/fresh"
exits 0 'a spool where there was none' env LD_PRELOAD="$(realpath -- "${B:-build}")/drive/synced.so" SYNC_LOG="$T/synced" \
	ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" rowspool write "$T/fresh/sp" <"$T/a.rs"
is "$(sed "s,^$T/,," "$T/synced" | awk '!seen[$0]++' | paste -sd ' ')" 'fresh fresh/sp fresh/sp/0000000000000001.rows fresh/sp/0000000000000001.idx' \
	'the folder that its folder is in, its own, what it has written'

# ---- positions
is "$(taken "$T/a" earliest)" '1 2 3 4 5 ' 'earliest'
is "$(taken "$T/a" now)" '' 'now'
is "$(taken "$T/a" bin.000001:250)" '3 4 5 ' 'behind a transaction'
is "$(taken "$T/a" bin.000001:300)" '3 4 5 ' 'before the next'
is "$(taken "$T/a" bin.000001:550)" '' 'the very end'
is "$(taken "$T/a" gtid:0-1-2)" '3 4 5 ' 'a GTID'
is "$(rowdump "$T/taken" | jq -c 'select(.hello) | .hello | [.gtid, .off]')" '["0-1-2",250]' 'HELLO says from where'
is "$(taken "$T/a" earliest --stop-at bin.000001:300)" '1 2 ' 'up to a place'
is "$(rowdump "$T/taken" | jq -c 'select(.end)')" '{"end":{"file":"bin.000001","off":250,"why":"stop-at"}}' 'END says up to where'
is "$(taken "$T/a" gtid:0-1-1 --stop-at gtid:0-1-3)" '2 3 ' 'up to a GTID'
is "$(taken "$T/a" earliest --stop-at now)" '1 2 3 4 5 ' 'up to now'
exits 100 'the middle of a transaction' rowspool read "$T/a" --start-at bin.000001:320
is "$(err)" 'rowspool: error: cannot start at bin.000001:320: it is in the middle of the transaction that begins at 300' 'is refused'
exits 111 'a place that is not there yet' rowspool read "$T/a" --start-at bin.000001:700
like "$(err)" 'the spool ends at bin.000001:550, before the start' 'is said'
exits 100 'a log of another name' rowspool read "$T/a" --start-at mysql-bin.000001:4
like "$(err)" 'log files have other names' 'is refused'
stream 6 8 | rowundump >"$T/nogtid.rs"
exits 0 'a spool without GTIDs' rowspool write "$T/n" <"$T/nogtid.rs"
exits 100 'a GTID set' rowspool read "$T/n" --start-at gtid:0-1-6
like "$(err)" 'has not said its own' 'is refused'
exits 100 'a place before it' rowspool read "$T/n" --start-at bin.000001:100
is "$(err)" 'rowspool: error: cannot start at bin.000001:100: the spool begins at bin.000001:550, behind it' 'is refused'
exits 100 'a time before it' rowspool read "$T/n" --start-at time:2020-01-01T00:00:00Z
like "$(err)" 'the spool begins later' 'is refused'

# ---- times
{
	hello off=4
	orders
	for i in 1 2 3; do
		begin $((i * 100)) | sed "s/\"ts\":[0-9]*/\"ts\":${i}000000000/"
		insert "$i" x 1.00
		commit $((i * 100 + 50)) 1
	done
	end 350
} | rowundump >"$T/time.rs"
exits 0 'transactions of three times' rowspool write "$T/time" <"$T/time.rs"
is "$(taken "$T/time" time:1970-01-01T00:25:00Z)" '2 3 ' 'the first of that time or later'
is "$(taken "$T/time" time:1970-01-01T00:33:20Z)" '2 3 ' 'of exactly that time'
is "$(taken "$T/time" time:1970-01-01T00:33:20.000001Z)" '3 ' 'of one behind it'
is "$(taken "$T/time" time:1970-01-01T00:25:00Z --stop-at time:1970-01-01T00:50:00Z)" '2 ' 'up to a time'

# MARKs are evidence of a time too
{
	hello off=4
	orders
	mark 90 '' | sed 's/,"gtid":""//; s/"time":[0-9]*/"time":500000000/'
	begin 100 | sed 's/"ts":[0-9]*/"ts":1000000000/'
	insert 1 x 1.00
	commit 150 1
	end 150
} | rowundump >"$T/mark.rs"
exits 0 'a spool that begins with MARK' rowspool write "$T/mark" <"$T/mark.rs"
is "$(taken "$T/mark" time:1970-01-01T00:10:00Z)" '1 ' 'a time behind it'
exits 100 'a time before it' rowspool read "$T/mark" --start-at time:1970-01-01T00:05:00Z

# ---- sets of GTIDs with holes, several domains
# gtids GTID...: a transaction each, from 1 on, beginning with no GTID executed
gtids()
{
	local g i=0 frame=0
	hello off=4 "flavor=$flavor" | sed 's/"off":4/"off":4,"gtid":""/'
	orders
	for g; do
		i=$((i + 1))
		trx $i "$g"
	done
	end $((i * 100 + 50))
}
u=3e11fa47-71ca-11e1-9e33-c80aa9429562
v=4e11fa47-71ca-11e1-9e33-c80aa9429562
flavor=mysql gtids $u:1 $v:1 $u:2 $u:3 $v:2 $u:4 $u:5 | rowundump >"$T/my.rs"
exits 0 "MySQL's GTIDs" rowspool write "$T/my" <"$T/my.rs"
is "$(rowspool write "$T/my" --print-position)" "gtid:$u:1-5,$v:1-2" 'its end'
is "$(taken "$T/my" "gtid:$u:1-2:4,$v:2")" '2 4 7 ' 'a set with holes: what is not in it'
is "$(rowdump "$T/taken" | jq -r 'select(.hello) | .hello.gtid')" "$u:1-2:4,$v:2" 'HELLO has the set'
is "$(taken "$T/my" "gtid:$u:1-5,$v:1-2")" '' 'all'
is "$(taken "$T/my" gtid:)" '1 2 3 4 5 6 7 ' 'none'
exits 111 'one that is ahead of the spool' rowspool read "$T/my" --start-at "gtid:$u:1-6,$v:1-2"
is "$(taken "$T/my" "gtid:$u:1-2" --stop-at "gtid:$u:1-3")" '2 4 ' 'up to a set'
flavor=mariadb gtids 0-1-1 1-2-1 0-1-2 1-2-2 0-1-3 | rowundump >"$T/ma.rs"
exits 0 "MariaDB's domains" rowspool write "$T/ma" <"$T/ma.rs"
is "$(taken "$T/ma" gtid:0-1-2,1-2-1)" '4 5 ' 'each from where it is'
is "$(taken "$T/ma" gtid:0-1-3,1-2-1)" '4 ' 'also where one is ahead'
is "$(taken "$T/ma" gtid:1-2-1)" '1 3 4 5 ' 'or has not begun'
exits 100 'a server of the other family' rowspool write "$T/ma" <"$T/my.rs"
like "$(err)" 'of a server of another kind' 'is refused'

# ---- frames that nobody knows, within transactions and between them
if /usr/bin/python3 -c 'import msgpack, xxhash' 2>/dev/null; then
	/usr/bin/python3 - "$T/a.rs" >"$T/private.rs" <<'EOT'
import sys, struct, xxhash
data = open(sys.argv[1], "rb").read()
body = b"\x81\xa1x\x01"
mine = b"\xc9" + struct.pack(">IB", len(body) + 12, 77) + struct.pack(">I", xxhash.xxh32_intdigest(struct.pack(">BI", 77, len(body) + 12))) + struct.pack(">Q", xxhash.xxh3_64_intdigest(body)) + body
at, out = 0, b""
while at < len(data):
    n = 6 + int.from_bytes(data[at + 1:at + 5], "big")
    out += data[at:at + n]
    if data[at + 5] != 8:
        out += mine
    at += n
sys.stdout.buffer.write(out)
EOT
	exits 0 'frames of a private kind go in' rowspool write "$T/private" <"$T/private.rs"
	exits 0 'and out' rowspool read "$T/private" --start-at bin.000001:150
	is "$(ids "$T/out")" '2 3 4 5 ' 'with what is around them'
	exits 0 'the index knows its places all the same' rowspool verify "$T/private"
else
	skip 'frames of a private kind' 'no python3-xxhash'
fi

# ---- a torn tail: a reader stops before it, and goes on when a writer has cut it
mkfifo "$T/in"
rowspool write "$T/torn" <"$T/in" 2>"$T/w.err" &
writer=$!
t_own $writer
exec {in}>"$T/in"
stream 1 3 gtid | grep -v '"end"' | rowundump 2>/dev/null >"$T/open.rs"
cat "$T/open.rs" >&"$in"
shown()
{
	[ "$(rowspool read "$T/torn" --start-at earliest 2>/dev/null | rowdump 2>/dev/null | grep -c '"insert"')" = 3 ]
}
ok 'three transactions can be read while the segment is open' wait_for 20 shown
like "$(rowspool list "$T/torn")" $'segment\t1\topen\t[0-9]*\t3\t' 'list says that it is'
kill -9 $writer
wait $writer 2>/dev/null
exec {in}>&-
rm "$T/torn/end"
head -c 777 /dev/urandom >>"$T/torn/0000000000000001.rows"
rowspool read "$T/torn" --start-at earliest --follow >"$T/torn.rs" 2>"$T/r.err" &
reader=$!
t_own $reader
has() # N
{
	[ "$(rowdump "$T/torn.rs" 2>/dev/null | grep -c '"insert"')" = "$1" ]
}
ok 'behind a crash of the machine, with a torn tail, a reader has what is whole' wait_for 20 has 3
stream 4 6 gtid | rowundump >"$T/next.rs"
exits 0 'the next writer' rowspool write "$T/torn" -v <"$T/next.rs"
like "$(err)" 'cut ".*0001.rows" to its last whole transaction' 'cuts it'
ok 'the reader goes on' wait_for 20 has 6
kill $reader
wait $reader
is $? 0 'to its end'
is "$(ids "$T/torn.rs") $(<"$T/r.err")" '1 2 3 4 5 6  ' 'without a word'
exits 0 'all is whole' rowspool verify "$T/torn"

# ---- going on
exits 0 'the same stream again' rowspool write "$T/a" -v <"$T/a.rs"
like "$(err)" '0 transactions were written, 5 were there already' 'is passed over'
is "$(segments "$T/a")" 1 'without a new segment'
stream 3 8 gtid | rowundump >"$T/b.rs"
exits 0 'one that begins before the end' rowspool write "$T/a" <"$T/b.rs"
is "$(taken "$T/a" earliest)" '1 2 3 4 5 6 7 8 ' 'gives each transaction once'
is "$(rowdump "$T/taken" | grep -c hello)" 1 'in one section'
is "$(taken "$T/a" gtid:0-1-6)" '7 8 ' 'from a place in the second segment'
exits 0 'the chain of segments is whole' rowspool verify "$T/a"
stream 10 11 gtid | rowundump >"$T/gap.rs"
exits 100 'one that begins behind the end' rowspool write "$T/a" <"$T/gap.rs"
is "$(err)" "rowspool: error: the stream starts at gtid:0-1-9, behind the spool's end at gtid:0-1-8: what is between would be lost
rowspool: hint: start the tap at gtid:0-1-8, where the spool ends, or use another folder" 'is refused'
stream 9 10 | rowundump >"$T/c.rs"
exits 0 'the same by file and offset' rowspool write "$T/n" <"$T/c.rs"
is "$(taken "$T/n" earliest)" '6 7 8 9 10 ' 'goes on'
exits 0 'and again' rowspool write "$T/n" <"$T/c.rs"
is "$(taken "$T/n" earliest)" '6 7 8 9 10 ' 'gives each once'
stream 12 13 | rowundump >"$T/gap.rs"
exits 100 'a gap' rowspool write "$T/n" <"$T/gap.rs"
like "$(err)" 'bin.000001:1150, behind the spool.s end at bin.000001:1050' 'is refused'
{
	hello off=1050 id=7
	end 1050
} | rowundump >"$T/other.rs"
exits 100 'another server, without GTIDs' rowspool write "$T/n" <"$T/other.rs"
like "$(err)" 'of another server' 'is refused'

# a stream that ends without END, in a transaction
stream 9 12 gtid | rowundump >"$T/d.rs"
head -c $(($(stat -c %s "$T/d.rs") - 60)) "$T/d.rs" >"$T/cut.rs"
exits 111 'a stream that is cut' rowspool write "$T/a" <"$T/cut.rs"
like "$(err)" '^rowspool: error: the stream is cut at byte' 'is said'
is "$(taken "$T/a" earliest)" '1 2 3 4 5 6 7 8 9 10 11 ' 'what is whole of it is there'
exits 0 'the rest' rowspool write "$T/a" <"$T/d.rs"
is "$(taken "$T/a" earliest)" '1 2 3 4 5 6 7 8 9 10 11 12 ' 'comes with the next'
exits 102 'a stream that is damaged' rowspool write "$T/a" < <(head -c 300 "$T/d.rs" | tr 'n' 'm')
exits 0 'leaves the spool whole' rowspool verify "$T/a"
sed 's/"flavor"/"pipeline":"x","flavor"/' <(stream 13 14 gtid) | rowundump >"$T/rejects.rs"
exits 100 'rejects' rowspool write "$T/a" <"$T/rejects.rs"

# ---- another source, by GTIDs: a new section
{
	hello file=other.000004 off=77 id=2 gtid=0-1-12
	orders
	trx 13 0-1-13 other.000004
	end 1350 other.000004
} | rowundump >"$T/other.rs"
exits 0 'another server that goes on with the GTIDs' rowspool write "$T/a" <"$T/other.rs"
is "$(taken "$T/a" gtid:0-1-11)" '12 13 ' 'is read behind the first'
is "$(rowdump "$T/taken" | jq -c 'select(.hello) | .hello | [.server_id, .file, .off, .gtid]')" \
	$'[1,"bin.000001",1150,"0-1-11"]\n[2,"other.000004",77,"0-1-12"]' 'as a section of its own'
exits 0 'the chain is whole' rowspool verify "$T/a"
is "$(taken "$T/a" bin.000001:1250)" '13 ' 'from where the first server ended, by its own file'
is "$(taken "$T/a" bin.000001:1150)" '12 13 ' 'and before'
is "$(taken "$T/a" other.000004:1300)" '13 ' 'by the file of the second'

# ---- a transaction larger than the memory
{
	hello off=4
	orders
	begin 100
	awk 'BEGIN { while (length(x) < 4000) x = x "0123456789"
		for (i = 1; i <= 20000; i++) printf "{\"insert\":\"shop.orders\",\"t\":1,\"f\":%d,\"off\":%d,\"new\":{\"id\":%d,\"name\":\"%s\",\"price\":\"1.00\"}}\n", i / 10 + 1, i + 100, i, x }'
	commit 50000 20000
	end 50000
} | rowundump >"$T/huge.rs"
ok 'a transaction of 80 MB' test "$(stat -c %s "$T/huge.rs")" -gt 80000000
# sanitized programs have an address space of their own size
grep -q __asan_init "$BIN/rowspool" || limit=50000
(
	ulimit -v "${limit:-unlimited}"
	exec rowspool write "$T/huge" <"$T/huge.rs"
)
is $? 0 'is written with 50 MB of address space'
(
	ulimit -v "${limit:-unlimited}"
	rowspool read "$T/huge" --start-at earliest >"$T/huge.out"
)
is $? 0 'and read'
is "$(tail -c 79000000 "$T/huge.out" | head -c 78000000 | md5sum)" "$(tail -c $((79000000 + 4)) "$T/huge.rs" | head -c 78000000 | md5sum)" 'the same (END is 4 bytes shorter)'
rm "$T/huge.rs" "$T/huge.out"

# ---- segments
big()
{
	hello off=4 | sed 's/"off":4/"off":4,"gtid":""/'
	orders
	# shellcheck disable=SC2016
	awk 'BEGIN { for (i = 1; i <= 30000; i++) printf "{\"begin\":{\"file\":\"bin.000001\",\"off\":%d,\"gtid\":\"0-1-%d\",\"ts\":%d000000}}\n{\"insert\":\"shop.orders\",\"t\":1,\"f\":%d,\"off\":%d,\"new\":{\"id\":%d,\"name\":\"%020d\",\"price\":\"1.00\"}}\n{\"commit\":{\"file\":\"bin.000001\",\"off\":%d,\"rows\":1}}\n", i * 100, i, 1000 + i, i, i * 100 + 10, i, i, i * 100 + 50 }'
	end 3000050
}
big | rowundump >"$T/big.rs"
exits 0 'a stream of many segments' rowspool write "$T/s" --segment-size 300K <"$T/big.rs"
ok 'there are many' test "$(segments "$T/s")" -gt 10
exits 0 'all are whole' rowspool verify "$T/s"
like "$(out)" ' 30000 transactions: whole' 'and complete'
exits 0 'they are read' rowspool read "$T/s" --start-at earliest
is "$(rows "$T/out" | md5sum)" "$(rows "$T/big.rs" | md5sum)" 'as one stream, the same as went in'
for n in 1 2 1500 14999 29999 30000; do
	is "$(rowspool read "$T/s" --start-at "gtid:0-1-$((n - 1))" | rowdump | jq -r 'select(.insert) | .new.id' | sed -n 1p)" "$n" "from GTID $n on"
	is "$(rowspool read "$T/s" --start-at "bin.000001:$((n * 100))" | rowdump | jq -r 'select(.insert) | .new.id' | sed -n '1p;$p' | tr '\n' ' ')" "$n 30000 " "from transaction $n on"
done
is "$(taken "$T/s" time:1970-01-01T05:00:00Z --stop-at time:1970-01-01T05:00:03Z)" '17000 17001 17002 ' 'from a time on'
exits 0 'list' rowspool list "$T/s"
is "$(awk -F '\t' '$1 == "segment" { n += $5; if (last && $6 != last) bad++; last = $7 } END { print n, bad + 0 }' "$T/out")" '30000 0' 'has all transactions, one segment behind the other'

# ---- wrong use
for args in '' 'write' 'read x' 'list' 'ack x y' 'forget x' 'sing x' 'write x y'; do
	# shellcheck disable=SC2086
	exits 100 "rowspool $args" rowspool $args
	like "$(err)" '^rowspool: error: ' 'is one line that says so'
done
exits 100 'an option of another command' rowspool list "$T/a" --follow
is "$(err)" 'rowspool: error: --follow is not for rowspool list' 'is wrong'
for v in 0 abc 7x 7dd -1; do
	exits 100 "--keep-time $v" rowspool write "$T/w" --keep-time "$v"
done
exits 100 '--fsync never' rowspool write "$T/w" --fsync never
exits 111 'a folder that is not there yet' rowspool read "$T/none" --start-at earliest
is "$(err)" "rowspool: error: there is no spool \"$T/none\"" 'is said'
exits 100 'a file in the place of the folder' rowspool read "$T/a.rs" --start-at earliest
exits 1 'a spool that is not there yet has no position' rowspool write "$T/empty" --print-position
exits 111 'an empty stream' rowspool write "$T/empty" </dev/null
exits 1 'an empty spool has no position' rowspool write "$T/empty" --print-position
exits 1 'and nothing to read' rowspool read "$T/empty" --start-at earliest
done_testing

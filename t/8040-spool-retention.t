#!/bin/bash
# What a spool keeps: by bytes, by age, and never past a reader that has a name.
# (one client library will do)
. t/lib.sh
. t/sink.sh

stream() # FROM TO
{
	hello off=$((($1 - 1) * 1000 + 904)) gtid=0-1-$(($1 - 1))
	orders
	awk -v from="$1" -v to="$2" 'BEGIN { while (length(x) < 900) x = x "0123456789"
		for (i = from; i <= to; i++) printf "{\"begin\":{\"file\":\"bin.000001\",\"off\":%d,\"gtid\":\"0-1-%d\",\"ts\":1795502401000000}}\n{\"insert\":\"shop.orders\",\"t\":1,\"f\":%d,\"off\":%d,\"new\":{\"id\":%d,\"name\":\"%s\",\"price\":\"1.00\"}}\n{\"commit\":{\"file\":\"bin.000001\",\"off\":%d,\"rows\":1}}\n", i * 1000, i, i, i * 1000 + 9, i, x, i * 1000 + 904 }'
	end $(($2 * 1000 + 904))
}
put() # FROM TO [option...]
{
	local from=$1 to=$2
	shift 2
	stream "$from" "$to" | rowundump | rowspool write "$T/sp" --segment-size 20K "$@" 2>"$T/put.err"
}
first() # the first transaction that the spool has
{
	rowspool read "$T/sp" --start-at earliest 2>/dev/null | rowdump | jq -r 'select(.insert) | .new.id' | head -n 1
}
bytes()
{
	cat "$T"/sp/*.rows | wc -c
}

# ---- all, if nothing is said
put 1 300
is "$(first)" 1 'nothing goes by itself'
ok 'it is a lot' test "$(bytes)" -gt 280000

# ---- bytes
put 301 310 --keep-bytes 100K
ok 'by bytes' test "$(bytes)" -le $((100 * 1024 + 20480))
ok 'only as much goes as must' test "$(bytes)" -gt $((100 * 1024 - 2 * 20480))
n=$(first)
ok "from $n on all is there" test "$(rowspool read "$T/sp" --start-at earliest | rowdump | grep -c '"insert"')" = $((311 - n))
is "$(find "$T/sp" -name '*.idx' | wc -l)" "$(find "$T/sp" -name '*.rows' | wc -l)" 'indexes go with their segments'
exits 0 'what is left is whole' rowspool verify "$T/sp"
exits 100 'a start before it' rowspool read "$T/sp" --start-at gtid:0-1-20
like "$(err)" "^rowspool: error: cannot start at gtid:0-1-20: the spool begins at gtid:0-1-$((n - 1)), behind it\$" 'is refused, never passed over'
put 311 312 --keep-bytes 4K
ok 'the last segment stays' test -n "$(first)"
is "$(find "$T/sp" -name '*.rows' | wc -l)" 1 'and no other'

# ---- readers
put 313 400
exits 0 'a reader with a name' rowspool read "$T/sp" --reader shop --start-at gtid:0-1-340
is "$(cat "$T/sp/readers/shop")" gtid:0-1-340 'is where it began'
put 401 500 --keep-bytes 20K
is "$(cat "$T/put.err")" "$(grep '^rowspool: warning: the reader "shop" holds [0-9]* bytes that need not be kept otherwise$' "$T/put.err" | head -n 1)" 'it holds, which is said once'
n=$(first)
ok "what it has not passed is kept (from $n)" test "$n" -le 341 -a "$n" -gt 313
exits 0 'it begins where it is, without being told' rowspool read "$T/sp" --reader shop
is "$(rowdump "$T/out" | jq -r 'select(.insert) | .new.id' | sed -n '1p;$p' | tr '\n' ' ')" '341 500 ' 'with all that follows'
exits 0 'it has come to a place' rowspool ack "$T/sp" shop bin.000001:450904
rowspool ack "$T/sp" other gtid:0-1-470
put 501 502 --keep-bytes 20K
n=$(first)
ok "the slower of two counts (from $n)" test "$n" -le 451 -a "$n" -gt 430
is "$(rowspool list "$T/sp" | awk -F '\t' '$1 == "reader" { print $2, $3, ($4 > 0) }')" $'other gtid:0-1-470 1\nshop bin.000001:450904 1' 'list shows them, and what is kept for them'
exits 0 'one that is not there any more is forgotten' rowspool forget "$T/sp" shop
exits 1 'once' rowspool forget "$T/sp" shop
put 503 504 --keep-bytes 20K
n=$(first)
ok "and holds nothing (from $n)" test "$n" -gt 455 -a "$n" -le 471
echo 'nonsense' >"$T/sp/readers/other"
put 505 530 --keep-bytes 20K
is "$(first)" "$n" 'a reader whose file says nothing holds all there is'
like "$(cat "$T/put.err")" 'readers/other" does not say a position' 'and that is said'
rowspool forget "$T/sp" other
for p in now earliest time:2020-01-01T00:00:00Z nonsense; do
	exits 100 "ack $p" rowspool ack "$T/sp" x "$p"
done
for name in '' . ../x 'a b' x/y; do
	exits 100 "a reader \"$name\"" rowspool ack "$T/sp" "$name" bin.000001:4
done

# ---- a reader without a name that is too slow: what it had is whole, and the rest is refused
rm -rf "$T/sp"
put 1 1200
mkfifo "$T/slow"
exec {hold}<>"$T/slow"
rowspool read "$T/sp" --start-at earliest >"$T/slow" 2>"$T/slow.err" {hold}>&- &
reader=$!
t_own $reader
full()
{
	[[ $(ps -o stat= -p $reader) == S* ]] || [ "$(cat /proc/$reader/wchan 2>/dev/null)" = pipe_write ]
}
ok 'its reader takes nothing' wait_for 20 full
put 1201 1201 --keep-bytes 20K
cat <"$T/slow" >"$T/slow.rs" {hold}>&- &
cat=$!
exec {hold}>&-
wait $reader
is $? 100 'it cannot go on'
wait $cat
like "$(<"$T/slow.err")" 'rows" is gone: the spool does not go back so far any more' 'which is said'
rowdump "$T/slow.rs" 2>"$T/err" | jq -r 'select(.insert) | .new.id' >"$T/ids"
n=$(wc -l <"$T/ids")
ok "it has passed on $n transactions" test "$n" -gt 10 -a "$n" -lt 1200
is "$(md5sum <"$T/ids")" "$(seq 1 "$n" | md5sum)" 'the first, each once'
like "$(err)" 'ended without END' 'and did not say that this was all'

# ---- age, by when a segment was written last
rm -rf "$T/sp"
put 1 100
touch -d '2 hours ago' "$T"/sp/*.rows
touch -d '10 minutes ago' "$(find "$T/sp" -name '*.rows' | sort | tail -n 1)"
put 101 102 --keep-time 3h
is "$(first)" 1 'not old enough'
put 103 104 --keep-time 1h
n=$(first)
ok "by age (from $n)" test "$n" -gt 80 -a "$n" -le 100
touch -d '2 hours ago' "$T"/sp/*.rows
rowspool ack "$T/sp" shop gtid:0-1-101
put 105 106 --keep-time 60s
n=$(first)
ok "never past a reader (from $n)" test "$n" -le 102 -a "$n" -gt 80

# ---- an idle stream: what is old goes, and a segment that is not full comes to an end
rm -rf "$T/sp"
mkfifo "$T/in"
rowspool write "$T/sp" --keep-time 1s <"$T/in" 2>"$T/w.err" &
writer=$!
t_own $writer
exec {in}>"$T/in"
stream 1 5 | rowundump | head -c -50 >"$T/part"
full=$(stream 1 5 | rowundump | wc -c)
endless=$(rowdump "$T/part" 2>/dev/null | wc -l)
ok 'a stream without its end' test "$full" -gt 50 -a "$endless" -gt 5
cat "$T/part" >&"$in"
ok 'it is there' wait_for 20 test -s "$T/sp/0000000000000001.rows"
kill $writer
exec {in}>&-
wait $writer 2>/dev/null
rm -rf "$T/sp"
# MARKs keep coming, as from a tap
mkfifo "$T/in2"
rowspool write "$T/sp" --keep-time 1s <"$T/in2" 2>"$T/w.err" &
writer=$!
t_own $writer
exec {in}>"$T/in2"
marks()
{
	stream 1 5 | grep -v '"end"'
	for i in $(seq 1 60); do
		mark $((5904 + i)) 0-1-5
	done
}
marks | rowundump 2>/dev/null >"$T/marks.rs"
at=0
# one MARK after the other, until the first segment has gone
feed()
{
	local n
	n=$(stat -c %s "$T/marks.rs")
	[ $at -lt "$n" ] || return 1
	tail -c +$((at + 1)) "$T/marks.rs" | head -c $((n / 40)) >&"$in"
	at=$((at + n / 40))
	[ ! -e "$T/sp/0000000000000001.rows" ] && [ -e "$T/sp/end" ] && [ $at -gt $((n / 40)) ]
}
gone()
{
	feed && return
	sleep 0.2
	return 1
}
ok 'an old segment of an idle stream goes' wait_for 30 gone || diag "$(ls -la "$T/sp"; cat "$T/w.err")"
kill $writer
exec {in}>&-
wait $writer
exits 0 'what is left is whole' rowspool verify "$T/sp"
done_testing

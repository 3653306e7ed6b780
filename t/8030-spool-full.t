#!/bin/bash
# The disk of a spool is full: its writer waits, says so once with the path and what is missing, and goes on by itself; it can be
# stopped meanwhile, and nothing is lost.
# A file system of its own, mounted where nobody else sees it.
# (one client library will do)
if [ -z "${SPOOL_NS:-}" ]; then
	if unshare -m true 2>/dev/null; then
		SPOOL_NS=1 exec unshare -m "$BASH" "$0"
	elif unshare -Urm true 2>/dev/null; then
		SPOOL_NS=1 exec unshare -Urm "$BASH" "$0"
	fi
fi
. t/lib.sh
. t/sink.sh
. t/seen.sh
[ -n "${SPOOL_NS:-}" ] || skip_all 'no file system can be mounted here (unshare -m, -Urm)'
mkdir "$T/full"
mount -t tmpfs -o size=1m none "$T/full" || skip_all 'tmpfs cannot be mounted here'

stream() # FROM TO BYTES
{
	hello off=$((($1 - 1) * 1000 + 4))
	orders
	awk -v from="$1" -v to="$2" -v n="$3" 'BEGIN { while (length(x) < n) x = x "0123456789"
		for (i = from; i <= to; i++) printf "{\"begin\":{\"file\":\"bin.000001\",\"off\":%d,\"ts\":1795502401000000}}\n{\"insert\":\"shop.orders\",\"t\":1,\"f\":%d,\"off\":%d,\"new\":{\"id\":%d,\"name\":\"%s\",\"price\":\"1.00\"}}\n{\"commit\":{\"file\":\"bin.000001\",\"off\":%d,\"rows\":1}}\n", i * 1000, i, i * 1000 + 9, i, x, (i + 1) * 1000 + 4 - 1000 + 900 }'
	end $(($2 * 1000 + 904))
}
ids()
{
	rowdump | jq -r 'select(.insert) | .new.id' | awk 'NR == 1 { first = $1 } $1 != last + 1 && NR > 1 { print "gap before " $1 } { last = $1 } END { print first "-" last }'
}
stream 1 40 5000 | rowundump >"$T/a.rs"

# ---- something else fills the disk, and goes away
head -c 900K /dev/zero >"$T/full/hog"
rowspool write "$T/full/sp" --metrics "unix:$T/w.sock" <"$T/a.rs" 2>"$T/w.err" &
writer=$!
t_own $writer
ok 'the disk is full' wait_for 20 grep -q 'waits for room' "$T/w.err"
like "$(<"$T/w.err")" "^rowspool: warning: could not write \"$T/full/sp/[0-9]+\.(rows|idx)\": No space left on device: [0-9]+ bytes are to be written, [0-9]+ are free; waits for room\$" 'it says where, how much and how much there is'
is "$(shown "unix:$T/w.sock" .state)" target 'it waits, which can be seen'
exits 1 'nothing of it can be read yet' rowspool read "$T/full/sp" --start-at earliest
is "$(err)" 'rowspool: error: the spool is empty' 'which is said'
retries=$(metric "unix:$T/w.sock" retries_total)
ok 'it looks again and again' wait_for 20 metric_over "unix:$T/w.sock" retries_total "$retries"
is "$(wc -l <"$T/w.err")" 1 'and has said so once'
rm "$T/full/hog"
wait $writer
is $? 0 'when there is room it goes on to its end'
is "$(tail -n +2 "$T/w.err")" "rowspool: warning: there is room again in \"$T/full/sp\": goes on" 'and says so'
is "$(rowspool read "$T/full/sp" --start-at earliest | ids)" 1-40 'all is there'
exits 0 'and whole' rowspool verify "$T/full/sp"

# ---- it is stopped while it waits; what it had comes again
stream 41 80 5000 | rowundump >"$T/b.rs"
head -c 2M /dev/zero >"$T/full/hog" 2>/dev/null
rowspool write "$T/full/sp" <"$T/b.rs" 2>"$T/w.err" &
writer=$!
t_own $writer
ok 'the disk is full again' wait_for 20 grep -q 'waits for room' "$T/w.err"
kill $writer
wait $writer
is $? 0 'SIGTERM ends it all the same'
like "$(tail -n 1 "$T/w.err")" 'told to stop while the disk is full: what is not written comes again from the source' 'with a word'
rm "$T/full/hog"
exits 0 'the next one goes on' rowspool write "$T/full/sp" <"$T/b.rs"
is "$(rowspool read "$T/full/sp" --start-at earliest | ids)" 1-80 'all is there'
exits 0 'and whole' rowspool verify "$T/full/sp"

# ---- it is killed while it waits, in the midst of a frame
stream 81 120 5000 | rowundump >"$T/c.rs"
head -c $(($(df --output=avail -k "$T/full" | tail -n 1) * 1024 - 40000)) /dev/zero >"$T/full/hog"
rowspool write "$T/full/sp" <"$T/c.rs" 2>"$T/w.err" &
writer=$!
t_own $writer
ok 'the disk is full within what is written' wait_for 20 grep -q 'waits for room' "$T/w.err"
kill -9 $writer
wait $writer 2>/dev/null
rm "$T/full/hog"
exits 0 'the next one goes on behind kill -9' rowspool write "$T/full/sp" <"$T/c.rs"
is "$(rowspool read "$T/full/sp" --start-at earliest | ids)" 1-120 'all is there'
exits 0 'and whole' rowspool verify "$T/full/sp"

# ---- a reader that has passed makes room; keep-bytes is more than the disk has, so it is the reader that holds
rm -r "$T/full/sp"
stream 1 200 5000 | rowundump >"$T/d.rs"
rowspool write "$T/full/sp" </dev/null 2>/dev/null
rowspool ack "$T/full/sp" slow bin.000001:4
rowspool write "$T/full/sp" --segment-size 100K --keep-bytes 200K <"$T/d.rs" 2>"$T/w.err" &
writer=$!
t_own $writer
ok 'a reader holds all' wait_for 20 grep -q 'waits for room' "$T/w.err"
like "$(<"$T/w.err")" 'the reader "slow" holds [0-9]* bytes that need not be kept otherwise' 'which is said'
rowspool ack "$T/full/sp" slow bin.000001:60904
ok 'when it has passed them they are removed' wait_for 20 test ! -e "$T/full/sp/0000000000000001.rows" 
rowspool ack "$T/full/sp" slow bin.000001:150904
ended()
{
	! kill -0 $writer 2>/dev/null
}
wait_for 20 ended || kill -9 $writer
wait $writer
is $? 0 'and the writer goes on'
ids=$(rowspool read "$T/full/sp" --start-at bin.000001:150904 | ids)
is "$ids" 151-200 'from where the reader is all is there'
umount "$T/full"
done_testing

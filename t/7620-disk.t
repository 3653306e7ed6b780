#!/bin/bash
# A full disk under tee, or under a program's own output: it is said, the exit code is not 0, the target loses nothing, and what
# is on the disk is a stream that was cut, of which every whole transaction can be used.
# (one client library will do)
. t/lib.sh

servers_start src dst other
for s in src dst other; do
	q $s 'CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY, v VARCHAR(200))'
done
start=gtid:$(q src 'SELECT @@gtid_binlog_pos')
for ((i = 0; i < 20; i++)); do
	echo "INSERT INTO s.t SELECT seq, REPEAT('x', 150) FROM seq_$((i * 500 + 1))_to_$((i * 500 + 500));"
done >"$T/rows.sql"
q src "USE s; $(cat "$T/rows.sql")"
tap="binlog-tap --no-defaults --socket $SOCK_src --user root --stop-at now"
sink="mysql-sink --no-defaults --user root --pipeline p --batch-bytes 64K"
mkdir "$T/disk"
if unshare -m mount -t tmpfs -o size=600k none "$T/disk" 2>/dev/null; then
	pass 'a small file system'
	# small CMD: with a disk of 600 KB on $T/disk, whose file copy is kept
	small() { unshare -m bash -c "mount -t tmpfs -o size=600k none $T/disk || exit 9; $1; code=\$?; cp $T/disk/copy $T/copy; exit \$code"; }
else
	diag 'no file system can be mounted: files have a limit instead'
	pass 'a small limit'
	small() { bash -c "trap '' XFSZ; ulimit -f 600; cd $T/disk; $1; code=\$?; cp copy $T/copy; exit \$code"; }
fi
full='(No space left on device|File too large)'
export -f small
export T
count() { q "$1" 'SELECT COUNT(*), COUNT(DISTINCT id) FROM s.t' | tr '\t' ' '; }

# ---- tee goes on: only the copy is cut
pipeline_start p -- "$tap --start-at $start" "bash -c 'small \"tee $T/disk/copy\"'" "$sink --socket $SOCK_dst"
pipeline_wait p 60
is "$CODES" '0 1 0' 'tee says that the copy failed, by its exit code' || pipeline_diag p
like "$(pipeline_err p 2)" "tee: .*$full" 'and in words'
same_data src dst 'the target has all of it' s
exits 111 'the copy was cut' rowdump "$T/copy"
like "$(tail -n 1 "$T/err")" 'rowdump: error: the stream is cut at byte [0-9]+: ' 'as it says'
exits 111 'it can be applied as far as it goes' $sink --socket "$SOCK_other" <"$T/copy"
whole=$(count other)
is "${whole% *}" "${whole#* }" "rows of whole transactions ($whole)"
is "$((${whole% *} % 500)) $((${whole% *} > 0)) $((${whole% *} < 10000))" '0 1 1' 'are there, and no others'

# ---- tee ends: so does the chain, at once, and it goes on from the target
q dst 'DROP DATABASE rowferry; TRUNCATE s.t'
tap=${tap% --stop-at now}
pipeline_start p -- "$tap --start-at $start" "bash -c 'small \"tee --output-error=exit $T/disk/copy\"'" "$sink --socket $SOCK_dst"
pipeline_wait p 60
is "$CODES" '111 1 111' 'tee that ends with it: both neighbours end' || pipeline_diag p
like "$(pipeline_err p 1)" '^binlog-tap: error: could not write the stream: the program that reads it has ended' 'the tap has nobody who reads'
like "$(pipeline_err p 3)" 'mysql-sink: error: the stream is cut at byte' 'the sink has nobody who writes'
some=$(count dst)
is "$((${some% *} % 500))" 0 'on the target are whole transactions'
at=$(position dst p)
pipeline_start p -- "$tap --start-at ${at:-$start}" "$sink --socket $SOCK_dst"
ok 'with room again it goes on' wait_caught_up src dst p || pipeline_diag p
pipeline_stop p
same_data src dst 'nothing is missing, nothing there twice' s

# ---- a program's own output
for to in /dev/full "$T/disk/copy"; do
	run small "binlog-tap --no-defaults --socket $SOCK_src --user root --stop-at now --start-at $start >$to"
	sed -i '/^cp: /d' "$T/err"
	is "$CODE $(grep -c . "$T/err")" '111 1' "binlog-tap to $to: one line"
	like "$(err)" "^binlog-tap: error: could not write the stream: $full" 'which says so'
done
$tap --stop-at now --start-at "$start" >"$T/all.rs"
for p in rowfilter rowmap; do
	run bash -c "$p <$T/all.rs >/dev/full"
	is "$CODE $(err)" "111 $p: error: could not write the stream: No space left on device" "$p"
done
for p in rowdump 'rowdump --sql' 'rowdump --pretty'; do
	run bash -c "$p <$T/all.rs >/dev/full"
	is "$CODE $(err)" "111 ${p%% *}: error: could not write to standard output: No space left on device" "$p"
done
rowdump "$T/all.rs" >"$T/all.json"
run bash -c "rowundump <$T/all.json >/dev/full"
is "$CODE $(err)" '111 rowundump: error: could not write the stream: No space left on device' rowundump
for p in "$sink --socket $SOCK_dst --print-position" 'zk-lease --help' 'mysql-sink --version'; do
	run bash -c "$p >/dev/full"
	is "$CODE $(err)" "111 ${p%% *}: error: could not write to standard output: No space left on device" "$p"
done

done_testing

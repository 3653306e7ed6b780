#!/bin/bash
# Logs as files: one that is being written or was not closed is read to its last whole transaction, one that was
# closed and lost its end is damaged; huge rows and huge transactions pass in little memory.
# shellcheck disable=SC2016,SC2034,SC2086 # $tap is a command with options; conditions are for eval
. t/lib.sh

server_start src --binlog-row-metadata=FULL --max-allowed-packet=64M --max-binlog-size=1G
q src 'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(100)); FLUSH BINARY LOGS'
for i in 1 2 3; do
	q src "USE d; INSERT INTO t (v) VALUES ('$i a'), ('$i b'); BEGIN; UPDATE t SET v = CONCAT(v, '!') WHERE id < 3; DELETE FROM t WHERE v = '$i b'; COMMIT"
done
log=$T/src/data/bin.000002
cp "$log" "$T/open.000001"
exits 0 'a log that is in use' binlog-tap --file "$T/open.000001"
cp "$T/out" "$T/whole"
tail_of()
{
	rowdump "$1" | grep -v '^{"\(hello\|end\)"'
}
tail_of "$T/whole" >"$T/whole.json"
mkdir "$T/part"
size=$(stat -c %s "$T/open.000001")
ended=0
bad=''
for ((n = 400; n < size; n += 23)); do
	head -c "$n" "$T/open.000001" >"$T/part/open.000001"
	timeout 20 binlog-tap --file "$T/part/open.000001" >"$T/cut" 2>"$T/cut.err" || bad+=" $n:$?"
	tail_of "$T/cut" >"$T/cut.json"
	lines=$(wc -l <"$T/cut.json")
	cmp -s -n "$(stat -c %s "$T/cut.json")" "$T/cut.json" "$T/whole.json" || bad+=" $n:differs"
	[ "$lines" = 0 ] || tail -n 1 "$T/cut.json" | grep -q '^{"commit"' || bad+=" $n:$(tail -n 1 "$T/cut.json")"
	ended=$((ended + 1))
done
is "$bad" '' "cut at $ended places it is read to its last whole transaction"
q src 'FLUSH BINARY LOGS'
bad=''
for ((n = 300; n < size; n += 61)); do
	head -c "$n" "$log" >"$T/cut.000001"
	timeout 20 binlog-tap --file "$T/cut.000001" >"$T/cut" 2>"$T/cut.err"
	code=$?
	# between two events only the missing end tells; inside one it is damage
	[ $code = 102 ] || { [ $code = 0 ] && [ "$(rowdump "$T/cut" | tail -n 1 | grep -o "\"off\":$n,")" ]; } || bad+=" $n:$code"
	[ "$(wc -l <"$T/cut.err")" -le 2 ] || bad+=" $n:$(cat "$T/cut.err")"
done
is "$bad" '' 'one that was closed and lost its end is damaged'
cp "$log" "$T/bent.000001"
printf '\xff' | dd of="$T/bent.000001" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
exits 102 'one with a byte changed is damaged' binlog-tap --file "$T/bent.000001"
like "$(err)" 'error: the log is damaged: .* at bent.000001:[0-9]+|bent.000001: .* at byte [0-9]+' 'it says where'
is "$(wc -l <"$T/err")" 1 'in one line'

# read while it is written
(for i in {1..300}; do echo "INSERT INTO d.t (v) VALUES ('$i'), ('x'), ('y');"; done) | mariadb --no-defaults -S "$SOCK_src" -u root &
writer=$!
t_own $writer
bad=''
while kill -0 $writer 2>/dev/null; do
	timeout 20 binlog-tap --file "$T/src/data/bin.000003" >"$T/live" 2>"$T/live.err" || bad+=" $?:$(cat "$T/live.err")"
	rowdump "$T/live" | tail -n 2 | grep -q '^{"\(commit\|hello\)"' || bad+=" $(rowdump "$T/live" | tail -n 2)"
done
is "$bad" '' 'read while it is written, it ends behind a whole transaction each time'

# huge
q src "FLUSH BINARY LOGS; CREATE TABLE d.big (id INT PRIMARY KEY, b LONGBLOB); INSERT INTO d.big VALUES (1, REPEAT('0123456789abcdef', 2097152)); INSERT INTO d.big VALUES (2, 'small')"
q src "USE d; CREATE TABLE d.many (id INT PRIMARY KEY, v CHAR(60)); INSERT INTO d.many SELECT seq, MD5(seq) FROM seq_1_to_400000"
tap="binlog-tap --no-defaults --socket $SOCK_src --user root"
is "$($tap --start-at bin.000004:4 --stop-at now --include d.big | rowdump | jq -c 'select(.insert) | [.new.id, (.new.b.b64 | @base64d | length)]' | paste -sd ' ')" '[1,33554432] [2,5]' 'a row of 32 MiB passes'
peak()
{
	/usr/bin/env time -f %M "$@" 2>&1 >/dev/null | tail -n 1
}
if command -v time >/dev/null && ! grep -aq __asan_init "$BIN/binlog-tap"; then
	kb=$(peak $tap --start-at bin.000004:4 --stop-at now --include d.many)
	[ "$kb" -lt 100000 ] && pass "a transaction of 400,000 rows passes in $kb KiB" || fail "a transaction of 400,000 rows takes $kb KiB"
fi
done_testing

#!/bin/bash
# The service manager is told: READY=1, STATUS= with the position and the lag, WATCHDOG=1 as long as something moves or there is
# nothing to do, STOPPING=1.
# shellcheck disable=SC2016
. t/lib.sh
. t/seen.sh
. t/sink.sh

cat >"$T/manager.py" <<'EOT'
# manager.py ADDRESS FILE: writes what is said to a file, a datagram a line
import socket, sys
name, file = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0" + name[1:] if name[0] == "@" else name)
with open(file, "w") as f:
    f.write("listening\n")
    f.flush()
    while True:
        f.write(s.recv(65536).decode().replace("\n", " ") + "\n")
        f.flush()
EOT
manager() # ADDRESS FILE
{
	/usr/bin/python3 "$T/manager.py" "$1" "$2" &
	t_own $!
	wait_for 20 grep -qs listening "$2"
}
said() # FILE REGEX [TIMES]
{
	[ "$(grep -cE "$2" "$1")" -ge "${3:-1}" ]
}

server_start src --binlog-row-metadata=FULL
server_start dst
q src 'CREATE DATABASE s; CREATE TABLE s.t (id INT PRIMARY KEY)'
for p in tap filter map; do
	manager "$T/$p.notify" "$T/$p.said"
done
abstract=@rowferry-$$-${T##*.}
manager "$abstract" "$T/sink.said"
told() # ADDRESS: a command's environment
{
	echo "env NOTIFY_SOCKET=$1 WATCHDOG_USEC=1000000"
}
pipeline_start p -- \
	"$(told "$T/tap.notify") binlog-tap --no-defaults --socket $SOCK_src --user root --start-at earliest" \
	"$(told "$T/filter.notify") rowfilter" \
	"$(told "$T/map.notify") rowmap" \
	"$(told "$abstract") mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline one"
q src 'INSERT INTO s.t VALUES (1)'
ok 'the pipeline works' wait_caught_up src dst one || pipeline_diag p
off=$(q src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' ':')
for p in tap filter map sink; do
	ok "$p: is ready" wait_for 20 said "$T/$p.said" '^READY=1$'
	ok "$p: says where it is, and that it has no lag" wait_for 20 said "$T/$p.said" "^STATUS=[a-z]+ at $off, lag 0.0 s\$" || diag "$(cat "$T/$p.said")"
	ok "$p: the watchdog hears of it while it is idle" wait_for 20 said "$T/$p.said" '^WATCHDOG=1$' 6
done
pipeline_stop p
is "$CODES" '0 0 0 0' 'it ends' || pipeline_diag p
for p in tap filter map sink; do
	ok "$p: said that it stops" wait_for 20 said "$T/$p.said" '^STOPPING=1$'
	is "$(grep -c READY=1 "$T/$p.said")" 1 "$p: was ready once"
done

# the watchdog hears nothing of one that is held up
big_stream >"$T/big.rs"
mkfifo "$T/out.fifo"
exec {hold}<>"$T/out.fifo"
manager "$T/stuck.notify" "$T/stuck.said"
NOTIFY_SOCKET=$T/stuck.notify WATCHDOG_USEC=400000 rowfilter --metrics "unix:$T/f.sock" <"$T/big.rs" >"$T/out.fifo" 2>"$T/stuck.err" {hold}>&- &
pid=$!
t_own $pid
wait_for 20 metric_over "unix:$T/f.sock" still_seconds 1 && pass 'a filter whose reader takes nothing stands still'
before=$(grep -c WATCHDOG=1 "$T/stuck.said")
wait_for 20 metric_over "unix:$T/f.sock" still_seconds 3
is "$(grep -c WATCHDOG=1 "$T/stuck.said")" "$before" 'and the watchdog hears nothing of it'
cat <&"$hold" >/dev/null &
reader=$!
t_own $reader
wait $pid
is $? 0 'when its reader reads it comes to its end'
kill $reader
exec {hold}>&-

# who is not meant, or cannot say it
manager "$T/other.notify" "$T/other.said"
exits 0 'a watchdog of another process' env NOTIFY_SOCKET="$T/other.notify" WATCHDOG_USEC=2000 WATCHDOG_PID=1 sh -c "rowfilter <$T/big.rs >/dev/null"
is "$(grep -c WATCHDOG "$T/other.said") $(grep -c READY "$T/other.said")" '0 1' 'is not for us'
exits 0 'a socket on which nobody is' env NOTIFY_SOCKET="$T/nobody" rowfilter <"$T/big.rs"
is "$(err)" "rowfilter: warning: could not write to the socket \"$T/nobody\" of NOTIFY_SOCKET: No such file or directory" 'is a warning'

# the same by a descriptor, when reading begins
is_closed()
{
	[ -d "/proc/$pid" ] && [[ $(readlink "/proc/$pid/fd/$ready") != *ready ]]
}
mkfifo "$T/in"
exec {in}<>"$T/in"
for p in rowfilter rowmap; do
	mkfifo "$T/$p.ready"
	exec {ready}<>"$T/$p.ready"
	$p --ready-fd "$ready" <"$T/in" >"$T/$p.rs" {in}>&- &
	pid=$!
	t_own $pid
	line=none
	read -r -t 20 line <&"$ready"
	is "$line" '' "$p: --ready-fd gets a line"
	ok 'and is closed' wait_for 20 is_closed
	kill $pid
	wait $pid
	is $? 0 'it ends'
	$p --rules "$T/none" --ready-fd "$ready" </dev/null 2>/dev/null
	is "$(timeout 0.2 cat <&"$ready" | wc -c)" 0 "$p: one that cannot work says nothing"
	exec {ready}>&-
done
done_testing

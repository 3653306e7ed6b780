#!/bin/bash
# Both ends of a link seen from outside: bytes of the stream and as they travelled, streams given, ended and refused, for how long
# the other side was silent; and a connector whose reader takes nothing ends, if it is told to, while a silent link is no stall.
# (one client library will do)
. t/lib.sh
. t/seen.sh
. t/link.sh

near=unix:$T/near.sock far=unix:$T/far.sock
yes 'a line that says the same again and again' | head -c 3000000 >"$T/same"
# a command that writes it and goes on until it may end, and with which code
cat >"$T/command" <<EOF2
#!/bin/sh
trap 'exit 0' TERM
cat $T/same
until test -e $T/go; do sleep 0.02; done
exit \${ROWLINK_START_AT##*:}
EOF2
chmod +x "$T/command"

# ---- a stream
link_listen far "unix:$T/s" "--metrics $far --status-file $T/far.json --peer-timeout 12 --max-connections 2" -- "$T/command"
is "$(shown $far '[.program, .state, .streams, .starting_connections, .ended_streams, .stream_bytes, .heard_seconds, .position] | @csv')" \
	'"rowlink","idle",0,0,0,0,,' 'a listener without a stream'
is "$(shown $far 'has("rows")')$(get $far /metrics | grep -c rows)" false0 'rows it does not know, and does not show'
# who looks has come before the stream
cat >"$T/early.py" <<'EOP'
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.settimeout(20)
s.connect(sys.argv[1])
s.sendall(b"GET /status HTTP/1.1\r\n")
print("connected", flush=True)
while not os.path.exists(sys.argv[2]):
    time.sleep(0.02)
s.sendall(b"\r\n")
data = b""
while d := s.recv(65536):
    data += d
print(data.split(b"\r\n")[0].decode(), flush=True)
EOP
/usr/bin/python3 "$T/early.py" "${far#unix:}" "$T/ask" >"$T/early" 2>&1 &
t_own $!
wait_for 10 grep -q connected "$T/early"
mkfifo "$T/ready"
pipeline_start near -- "rowlink --connect unix:$T/s --start-at bin.000001:10 --compress --metrics $near --status-file $T/near.json --stall-timeout 1 --ready-fd 9 9>$T/ready"
read -r -t 20 _ <"$T/ready"
is $? 0 'who connects says when the stream is granted'
for end in near far; do
	ok "$end: has carried all" wait_for 20 metric_is "${!end}" stream_bytes_total 3000000 || diag "$(get "${!end}" /status)"
	ok "$end: is idle" wait_for 20 shown_is "${!end}" .state idle
	ok "$end: compressed" test "$(metric "${!end}" link_bytes_total)" -lt 100000
	like "$(metric "${!end}" heard_seconds)" '^[0-5]\.[0-9]+$' "$end: has heard of the other lately"
done
is "$(metric $near link_bytes_total)" "$(metric $far link_bytes_total)" 'both have the same bytes of the link'
sockets() # PID
{
	find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' | sort
}
serving=$(pgrep -P "$(pipeline_pid far 1)")
is "$(comm -12 <(sockets "$(pipeline_pid far 1)") <(sockets "$serving"))" '' 'the process that serves it has none of the sockets of the listener, nor of who looks'
ok 'but its own' test "$(sockets "$serving" | wc -l)" = 2
touch "$T/ask"
ok 'who had come before the stream is answered, and his connection closed' wait_for 10 grep -q ' 200 OK' "$T/early" || diag "$(cat "$T/early")"
is "$(shown $far '[.streams, .ended_streams, (.links | length), .links[0].stream_bytes, .links[0].rtt_seconds] | @csv')" '1,0,1,3000000,' 'one stream is given'
like "$(shown $far '.links[0].peer')" '^unix \(user [0-9]+\)$' 'and who has it is named'
is "$(shown $far '.links[0].pid')" "$serving" 'with the process that serves it'

# nothing comes: that is no stall
ok 'nothing comes for longer than the time of --stall-timeout' wait_for 20 metric_over $near still_seconds 2
ok 'which is not a stall' pipeline_running near

# ---- the other side is silent
pipeline_kill near 1 STOP
ok 'a silent peer is seen' wait_for 30 metric_over $far heard_seconds 5.5
pipeline_kill near 1 CONT
heard() # ADDR: of late
{
	metric "$1" heard_seconds | awk '$1 < 5 { found = 1 } END { exit !found }'
}
ok 'and heard again' wait_for 30 heard $far

# ---- ends
pipeline_start two -- "rowlink --connect unix:$T/s --start-at bin.000001:3"
ok 'a second stream' wait_for 20 metric_is $far streams 2
exits 111 'a third is one too many' rowlink --connect "unix:$T/s" --start-at bin.000001:1
exits 100 'one that asks for nonsense' rowlink --connect "unix:$T/s" --start-at "bin.000001; id:4"
ok 'both are counted' wait_for 20 metric_is $far refused_connections_total 2
touch "$T/go"
pipeline_wait near 20
pipeline_wait two 20
ok 'streams that have ended are counted' wait_for 20 metric_is $far ended_streams_total 2
is "$(metric $far failed_streams_total) $(metric $far streams) $(metric $far stream_bytes_total)" '2 0 6000000' 'as are those that failed, and what they have carried stays'
is "$(jq -r '[.state, .exit_code, .stream_bytes] | @csv' "$T/near.json")" '"ended",10,3000000' 'the last that the status file says' || pipeline_diag near
ok 'the socket of the metrics goes with its program' test ! -e "${near#unix:}"
exits 0 'one that ends well' rowlink --connect "unix:$T/s" --start-at bin.000001:0
ok 'has not failed' wait_for 20 metric_is $far ended_streams_total 3
is "$(metric $far failed_streams_total)" 2 'and is not counted so'

# a process that serves is killed
rm "$T/go"
pipeline_start near -- "rowlink --connect unix:$T/s --start-at bin.000001:0"
ok 'a stream goes on' wait_for 20 metric_is $far stream_bytes_total 12000000
kill -9 "$(shown $far '.links[0].pid')"
pipeline_wait near 20
ok 'the process that serves it is killed: it has failed' wait_for 20 metric_is $far failed_streams_total 3
is "$(metric $far stream_bytes_total)" 12000000 'and what it has carried stays'
pipeline_stop far
is "$CODES $(jq -r '[.state, .exit_code, .ended_streams, .stream_bytes] | @csv' "$T/far.json")" '0 "ended",0,4,12000000' 'the last that the status file of the listener says'
ok 'the socket of its metrics goes too' test ! -e "${far#unix:}"

# ---- who reads takes nothing
link_listen far "unix:$T/s" -- 'cat /dev/zero'
mkfifo "$T/nobody"
exec {hold}<>"$T/nobody"
pipeline_start near -- "rowlink --connect unix:$T/s --window 1M --metrics $near >$T/nobody"
ok 'a reader that does not read is seen' wait_for 20 shown_is $near .state reader
ok 'and what waits for it' wait_for 20 metric_over $near waiting_bytes 700000
pipeline_kill near 1 KILL
pipeline_wait near
exits 111 '--stall-timeout ends such a one' sh -c "exec rowlink --connect unix:$T/s --stall-timeout 1 >$T/nobody"
like "$(err)" '^rowlink: error: nothing has moved for 1 s \(--stall-timeout\): it waits for the program that reads the stream$' 'which says so'
exec {hold}>&-
pipeline_stop far

# ---- progress, in bytes
link_listen far "unix:$T/s" -- "$T/command"
pipeline_start near -- "rowlink --connect unix:$T/s --start-at bin.000001:0 --progress"
drawn()
{
	tr '\r' '\n' <"$T/near.1.err" | grep -q '^rowlink: 3\.0 MB, [0-9.]* MB/s'
}
ok '--progress' wait_for 20 drawn || pipeline_diag near
touch "$T/go"
pipeline_wait near 20
like "$(tr '\r' '\n' <"$T/near.1.err")" 'rowlink: info: 3\.0 MB in [0-9.]+ s, [0-9.]+ MB/s' 'and how much it was'
pipeline_stop far

# ---- the service manager
cat >"$T/manager.py" <<'EOP'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(s.recv(4096).decode(), flush=True)
EOP
for end in near far; do
	/usr/bin/python3 "$T/manager.py" "$T/$end.notify" >"$T/$end.said" &
	t_own $!
	wait_for 10 grep -q listening "$T/$end.said"
done
rm "$T/go"
pipeline_start far -- "env NOTIFY_SOCKET=$T/far.notify WATCHDOG_USEC=400000 rowlink --listen unix:$T/s -v -- $T/command"
wait_for 10 link_said far 'listening on'
pipeline_start near -- "env NOTIFY_SOCKET=$T/near.notify WATCHDOG_USEC=400000 rowlink --connect unix:$T/s --start-at bin.000001:0"
watched() # END: the watchdog has heard of it so often
{
	[ "$(grep -c '^WATCHDOG=1' "$T/$1.said")" -ge 6 ]
}
for end in near far; do
	ok "$end: READY=1" wait_for 20 grep -q '^READY=1' "$T/$end.said"
	ok "$end: STATUS=idle" wait_for 20 grep -q '^STATUS=idle$' "$T/$end.said"
	ok "$end: WATCHDOG=1" wait_for 20 watched $end
done
touch "$T/go"
pipeline_wait near 20
pipeline_stop far
is "$CODES" 0 'it ends'
for end in near far; do
	ok "$end: STOPPING=1, once" wait_for 10 grep -q '^STOPPING=1' "$T/$end.said"
	is "$(grep -c '^STOPPING=1' "$T/$end.said")" 1 "$end: and no more"
done

# ---- what does not fit
for option in --stall-timeout=5 --progress; do
	exits 100 "a listener with $option" rowlink --listen "unix:$T/s" $option -- true
	like "$(err)" "^rowlink: error: ${option%=*} is for --connect$" 'is told'
done
exits 100 'metrics for strangers' rowlink --connect "unix:$T/s" --metrics 0.0.0.0:9000
link_listen far "unix:$T/s" "--metrics $far" -- true
exits 111 'an address that is taken' rowlink --listen "unix:$T/s2" --metrics "$far" -- true
like "$(err)" 'could not listen on unix:.*: Address already in use' 'is told'
pipeline_stop far
done_testing

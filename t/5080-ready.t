#!/bin/bash
# zk-lease says when the lease is held and the command runs: by --ready-fd, which the command does not get, and to the service
# manager. Who waits in line says nothing.
. t/lib.sh
. t/zk.sh

zk_start one
for n in a b; do
	mkfifo "$T/ready.$n"
done
exec {ready_a}<>"$T/ready.a" {ready_b}<>"$T/ready.b"
manager() # FILE: what is said to the service manager goes there
{
	exec /usr/bin/python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1] + ".sock")
while True:
    open(sys.argv[1], "ab").write(s.recv(65536) + b"\n")' "$1"
}
manager "$T/said" &
t_own $!
wait_for 20 test -S "$T/said.sock"

export NOTIFY_SOCKET=$T/said.sock
lease_start a /r/one --holder a --ready-fd "$ready_a" -- "$T/worker"
unset NOTIFY_SOCKET
line=none
read -r -t 30 line <&"$ready_a"
is "$line" '' 'the holder says that it is ready'
ok 'its command runs' wait_for 20 works a
pid=$(worker a)
unlike "$(readlink "/proc/$pid/fd/$ready_a")" ready 'the command has not got the descriptor'
is_closed()
{
	[ -d "/proc/$PID_a" ] && [[ $(readlink "/proc/$PID_a/fd/$ready_a") != *ready* ]]
}
ok 'and it is closed' wait_for 20 is_closed
ok 'the service manager is told' wait_for 20 grep -qx 'READY=1' "$T/said"

lease_start b /r/one --holder b --ready-fd "$ready_b" -- "$T/worker"
ok 'another waits in line' wait_for 30 is_waiting /r/one b
is "$(timeout 0.3 cat <&"$ready_b" | wc -c)" 0 'and does not say that it is ready'
kill "$PID_a"
lease_ends 0 a 'the holder is told to end'
line=none
read -r -t 30 line <&"$ready_b"
is "$line" '' 'the next one says that it is ready'
ok 'when its command runs' wait_for 20 works b
kill "$PID_b"
lease_ends 0 b 'it ends'
done_testing

#!/bin/bash
# rowlink takes its socket from the service manager, a listening one or a connection, tells it when it is ready and when it
# stops, and refuses sockets of another kind.
# (one client library will do)
. t/lib.sh
. t/link.sh

# given.py ADDR LISTEN|CONNECTION|TWO COMMAND...: runs it with a socket as sd_listen_fds(3) says; of a connection it is the
# other end, and prints what comes
cat >"$T/given.py" <<'EOP'
import os, socket, sys
addr, how, command = sys.argv[1], sys.argv[2], sys.argv[3:]
if addr.startswith("unix:"):
    l = socket.socket(socket.AF_UNIX)
    l.bind(addr[5:])
else:
    l = socket.socket()
    l.bind((addr, 0))
l.listen(10)
given = l
if how == "CONNECTION":
    print("%s %d" % l.getsockname() if l.family == socket.AF_INET else addr, flush=True)
    given, _ = l.accept()
fds = [os.dup2(given.fileno(), 20)] + ([os.dup2(given.fileno(), 21)] if how == "TWO" else [])
for i, fd in enumerate(fds):
    os.dup2(fd, 3 + i, inheritable=True)
os.environ.update(LISTEN_FDS=str(len(fds)), LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="x")
os.execvp(command[0], command)
EOP
py=/usr/bin/python3
make_ca our
make_cert our src localhost
make_cert our dst dst.example

# ---- a listening socket, and a manager that wants to know
cat >"$T/manager.py" <<'EOP'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(s.recv(4096).decode(), flush=True)
EOP
$py "$T/manager.py" "$T/notify" >"$T/said" &
t_own $!
wait_for 10 grep -q listening "$T/said"
pipeline_start far -- "env NOTIFY_SOCKET=$T/notify $py $T/given.py unix:$T/s LISTEN rowlink --listen unix:/not/looked/at -v -- sh -c 'echo row \$LISTEN_FDS \$NOTIFY_SOCKET'"
ok 'a socket that was given is listened on' wait_for 10 link_said far 'listening on'
ok 'READY=1 is told' wait_for 10 grep -q READY=1 "$T/said"
for i in 1 2; do
	exits 0 "a stream, $i" rowlink --connect "unix:$T/s"
	is "$(out)" 'row' 'with its bytes, and nothing of the manager'
done
pipeline_stop far
is "$CODES" 0 'SIGTERM ends it'
ok 'STOPPING=1 is told' wait_for 10 grep -q STOPPING=1 "$T/said"
ok 'the file of the socket stays: it is the manager'\''s' test -S "$T/s"
rm "$T/s"

# ---- a connection
pipeline_start far -- "$py $T/given.py unix:$T/s CONNECTION rowlink --listen unix:/not/looked/at -- sh -c 'echo row; exit 99'"
wait_for 10 grep -q unix: "$T/far.out"
exits 99 'a connection that was given is served' rowlink --connect "unix:$T/s"
is "$(out)" row 'with its bytes'
pipeline_wait far 10
is "$CODES" 99 'and the process ends with it, and with its code'
rm "$T/s"
pipeline_start far -- "$py $T/given.py 127.0.0.1 CONNECTION rowlink --listen tls:localhost:1 $(tls src) --allow dst.example -- echo row"
ok 'a connection of TCP' wait_for 10 grep -q 127.0.0.1 "$T/far.out"
# shellcheck disable=SC2046
exits 0 'is served with TLS' rowlink --connect "tls:localhost:$(cut -d ' ' -f 2 "$T/far.out")" $(tls dst)
pipeline_wait far 10
is "$CODES" 0 'and then it ends'
pipeline_start far -- "$py $T/given.py unix:$T/s CONNECTION rowlink --listen unix:x --peer-timeout 1 -- sleep 1000"
wait_for 10 grep -q unix: "$T/far.out"
pipeline_start near -- "rowlink --connect unix:$T/s -v"
wait_for 10 grep -q 'gives the stream' "$T/near.1.err"
pipeline_kill near 1 STOP
pipeline_wait far 10
is "$CODES" 111 'a dead peer ends it with 111'
pipeline_kill near 1 KILL
pipeline_wait near 10
rm "$T/s"
pipeline_start far -- "$py $T/given.py unix:$T/s CONNECTION rowlink --listen unix:x -- true"
wait_for 10 grep -q unix: "$T/far.out"
$py -c "import socket; s = socket.socket(socket.AF_UNIX); s.connect('$T/s'); s.sendall(b'GET /\r\n\r\n'); s.recv(100)"
pipeline_wait far 10
is "$CODES" 102 'and so does a stranger, with 102'
like "$(pipeline_err far 1)" '^rowlink: warning: no stream for unix.*: what came is not of a rowlink' 'which is said'
rm "$T/s"
pipeline_start far -- "$py $T/given.py unix:$T/s CONNECTION rowlink --listen unix:x --metrics unix:$T/m -- true"
wait_for 10 grep -q unix: "$T/far.out"
$py -c "import socket; s = socket.socket(socket.AF_UNIX); s.connect('$T/s'); s.recv(100)"
pipeline_wait far 10
is "$CODES" 100 'metrics of one connection'
like "$(pipeline_err far 1)" 'are for a socket that is listened on' 'would be in the way of the next'
rm "$T/s"

# ---- what does not fit
exits 100 'a Unix socket where TCP was said' $py "$T/given.py" "unix:$T/s" LISTEN rowlink --listen tcp:localhost:1 -- true
like "$(err)" 'not a stream socket of the kind that tcp:localhost:1 says' 'is told'
exits 100 'a port for all without TLS' $py "$T/given.py" 0.0.0.0 LISTEN rowlink --listen tcp:localhost:1 -- true
like "$(err)" 'only the loopback' 'is told'
rm "$T/s"
exits 100 'two sockets' $py "$T/given.py" "unix:$T/s" TWO rowlink --listen unix:x -- true
like "$(err)" 'gave 2 sockets; it is to be one' 'are one too many'
rm "$T/s"
link_listen far "unix:$T/s" -- true
exits 0 'LISTEN_PID of another process: none was given' env LISTEN_FDS=1 LISTEN_PID=1 rowlink --connect "unix:$T/s"
pipeline_stop far

# ---- systemd's own
if command -v systemd-socket-activate >/dev/null; then
	pipeline_start far -- "systemd-socket-activate -l $T/s -E PATH=$PATH -E T=$T rowlink --listen unix:x -- echo row"
	ok 'systemd-socket-activate: it listens' wait_for 10 test -S "$T/s"
	exits 0 'systemd-socket-activate: a stream' rowlink --connect "unix:$T/s"
	is "$(out)" row 'systemd-socket-activate: with its bytes'
	exits 0 'systemd-socket-activate: another' rowlink --connect "unix:$T/s"
	pipeline_stop far
	is "$CODES" 0 'systemd-socket-activate: SIGTERM ends it'
	rm -f "$T/s"
	pipeline_start far -- "systemd-socket-activate --accept -l $T/s -E PATH=$PATH -E T=$T rowlink --listen unix:x -- echo row"
	wait_for 10 test -S "$T/s"
	exits 0 'systemd-socket-activate --accept: a stream' rowlink --connect "unix:$T/s"
	is "$(out)" row 'systemd-socket-activate --accept: with its bytes'
	pipeline_kill far 1
	pipeline_wait far
else
	skip 'systemd-socket-activate' 'there is none (package systemd)'
fi
done_testing

#!/bin/bash
# What a stranger sends to a rowlink, and what a false listener answers, does not crash, hang or fill it: random bytes,
# slow ones, huge lengths, blocks out of turn, thousands of connections. Meanwhile who may have a stream gets it.
# (one client library will do)
. t/lib.sh
. t/link.sh

cat >"$T/stranger.py" <<'EOP'
# stranger.py ADDR WHAT [N]: ADDR is unix:PATH or HOST:PORT
import os, random, resource, socket, struct, sys, time

addr, what = sys.argv[1:3]
count = int(sys.argv[3]) if len(sys.argv) > 3 else 1
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
random.seed(7)


def dial():
    if addr.startswith("unix:"):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(20)
        s.connect(addr[5:])
        return s
    host, port = addr.rsplit(":", 1)
    return socket.create_connection((host, int(port)), 20)


def block(kind, payload=b"", length=None):
    return kind + struct.pack(">I", len(payload) if length is None else length) + payload


def rest(s):
    """All that comes until the end, 64 MiB at the most."""
    data = b""
    try:
        while len(data) < 1 << 26:
            d = s.recv(65536)
            if not d:
                break
            data += d
    except ConnectionResetError:
        pass
    return data


OPEN = b"rowlink 1\npatience-ms 60000\nwindow 1048576\nstart-at now\n"
if what == "random":
    for i in range(count):
        s = dial()
        # half of them begin well
        head = random.choice([b"", block(b"O", OPEN), block(b"O", b"rowlink 1\n", 60000), b"\x16\x03\x01\x02\x00\x01"])
        try:
            s.sendall(head + random.randbytes(random.randint(1, 5000)))
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        rest(s)
        s.close()
elif what == "huge":
    for kind in b"OGDWHSE\0\xff":
        s = dial()
        s.sendall(block(bytes([kind]), b"x" * 100, 0xFFFFFFFF))
        print(rest(s)[:1])
elif what == "turn":
    for name, data in {
        "window first": block(b"W", b"\0\0\0\1"),
        "two opens": block(b"O", OPEN) * 2,
        "data": block(b"D", b"x" * 1000),
        "grant": block(b"G", OPEN),
        "no window": block(b"O", b"rowlink 1\npatience-ms 1000\n"),
        "another version": block(b"O", b"rowlink 2\npatience-ms 1000\n"),
        "a zero": block(b"O", b"rowlink 1\npatience-ms 1000\nwindow 1048576\nstart-at a\0b:4\n"),
        "nothing": block(b"O", b"xxxxxxxxxxxx"),
        "impatient": block(b"O", b"rowlink 1\npatience-ms 1\nwindow 1048576\n"),
    }.items():
        s = dial()
        s.sendall(data)
        got = rest(s)
        print(f"{name}: {got[0:1].decode() or 'closed'} {got[5] if got[:1] == b'E' else ''}".strip())
elif what == "slow":
    # one byte, and then nothing: it is the listener who ends it
    s = dial()
    began = time.monotonic()
    s.sendall(b"O")
    rest(s)
    print("closed after", time.monotonic() - began)
elif what == "hold":
    # many at a time that say nothing, until standard input ends
    held = []
    for i in range(count):
        held.append(dial())
    print("held", flush=True)
    sys.stdin.read()
elif what == "deaf":
    # gets a stream and does not read it
    s = dial()
    s.sendall(block(b"O", OPEN))
    print("open", flush=True)
    sys.stdin.read()
elif what == "answer":
    # listens, and answers each of count connections with something else
    l = socket.socket(socket.AF_UNIX)
    l.bind(addr[5:])
    l.listen(10)
    print("there", flush=True)
    GRANT = block(b"G", b"rowlink 1\npatience-ms 60000\n")
    ZSTD = block(b"G", b"rowlink 1\npatience-ms 60000\nzstd 3\n")
    answers = [
        b"HTTP/1.0 200 OK\r\n\r\n",
        block(b"D", b"rows"),
        GRANT + GRANT,
        GRANT + block(b"D", b"x", 0xFFFFFFFF),
        GRANT + block(b"D", b"x" * 262144) * 100,
        ZSTD + block(b"D", b"this is no zstd"),
        # a frame that says that it needs a window of 2 GiB
        ZSTD + block(b"D", b"\x28\xb5\x2f\xfd\x00\xa8" + b"\0" * 100),
        block(b"G", b"rowlink 9\n"),
        block(b"E", b"\x64no"),
        GRANT + block(b"E", b"\x05all\x1b[31m") + block(b"D", b"more"),
        block(b"O", OPEN),
    ]
    if count == 1:
        answers = [GRANT + block(b"D", b"x" * 262144) * 100]
    for i in range(count):
        s, _ = l.accept()
        try:
            s.sendall(answers[i] if i < len(answers) else random.choice([b"", GRANT, ZSTD]) + random.randbytes(random.randint(1, 3000)))
        except OSError:
            pass
        # a connector that does not like it closes; to one that waits we say no more
        try:
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        rest(s)
        s.close()
EOP
py=/usr/bin/python3
make_ca our
make_cert our src localhost
make_cert our dst dst.example

ours() # NAME: who may have a stream gets it
{
	# shellcheck disable=SC2046
	exits 0 "$1" rowlink --connect "$at" --start-at now --handshake-timeout 60 $options
	is "$(out)" row 'with its bytes'
}

memory() # PID: KiB that are its own
{
	awk '/^RssAnon/ { print $2 }' "/proc/$1/status"
}

head_of() # PID: descriptors that it has open
{
	ls "/proc/$1/fd" | wc -l
}

has_descriptors() # N: the listener has as many
{
	[ "$(head_of "$pid")" = "$1" ]
}

for where in "unix:$T/s" tls:localhost:0; do
	kind=${where%%:*}
	tls=
	options=
	if [ "$kind" = tls ]; then
		tls="$(tls src) --allow dst.example"
		options=$(tls dst)
	fi
	link_listen far "$where" --handshake-timeout=4 "$tls" -- 'echo row'
	raw=${LINK_far#tls:}
	at=${LINK_far/127.0.0.1/localhost}
	pid=$(pipeline_pid far 1)
	fds=$(head_of "$pid")
	ours "$kind: before"
	n=300
	[ -z "${ROWFERRY_LONG:-}" ] || n=3000
	exits 0 "$kind: random bytes, $n times" $py "$T/stranger.py" "$raw" random $n
	ok "$kind: the listener is there" kill -0 "$pid"
	ours "$kind: behind random bytes"
	if [ "$kind" = unix ]; then
		exits 0 'huge lengths' $py "$T/stranger.py" "$raw" huge
		is "$(out | sort -u | paste -sd ' ')" "b''" 'get nothing'
		exits 0 'blocks out of turn' $py "$T/stranger.py" "$raw" turn
		is "$(out)" "$(printf '%s\n' 'window first: closed' 'two opens: closed' 'data: closed' 'grant: closed' 'no window: E 102' 'another version: E 102' 'a zero: E 102' 'nothing: E 102' 'impatient: E 102')" \
			'are refused, with a word to those who speak the language'
	fi
	exits 0 "$kind: one that says nothing more" $py "$T/stranger.py" "$raw" slow
	ok "$kind: is closed after the time-out: $(out)" awk "BEGIN { s = $(out | grep -o '[0-9.]*$'); exit !(s > 3.5 && s < 15) }"

	# ---- thousands that say nothing
	n=1000
	! grep -q __asan_init "$BIN/rowlink" || n=150 # each takes a process, and those are slow then
	mkfifo "$T/hold.$kind"
	$py "$T/stranger.py" "$raw" hold $n <"$T/hold.$kind" >"$T/held" 2>"$T/held.err" &
	t_own $!
	exec {hold}>"$T/hold.$kind"
	ok "$kind: $n connections that say nothing" wait_for 60 grep -q held "$T/held" || diag "$(cat "$T/held.err")"
	ok "$kind: take no more than 64 processes: $(link_processes far)" test "$(link_processes far)" -le 65
	ours "$kind: and meanwhile"
	ok "$kind: the listener keeps no more than it needs: $(head_of "$pid") descriptors" test "$(head_of "$pid")" -lt 90
	exec {hold}>&-
	ok "$kind: all of them are gone in the end" wait_for 60 link_serves far 0
	ok "$kind: no descriptor is left" wait_for 60 has_descriptors "$fds"
	ok "$kind: the listener has said it in few lines: $(wc -l <"$T/far.1.err")" test "$(grep -c 'no stream for' "$T/far.1.err")" -lt 12
	pipeline_stop far
	is "$CODES" 0 "$kind: the listener ends cleanly"
done

# ---- one that may have a stream, and does not read it; and more than may
link_listen far "unix:$T/s" --max-connections=2 --peer-timeout=1 -- 'cat /dev/zero'
mkfifo "$T/deaf.1" "$T/deaf.2"
for i in 1 2; do
	$py "$T/stranger.py" "unix:$T/s" deaf <"$T/deaf.$i" >"$T/deaf.$i.out" &
	t_own $!
done
exec {deaf1}>"$T/deaf.1" {deaf2}>"$T/deaf.2"
two()
{
	link_serves far 2 && [ "$(pgrep -c -P "$(pgrep -d, -P "$(pipeline_pid far 1)")")" = 2 ]
}
ok 'two that do not read their streams' wait_for 10 two
for pid in $(pgrep -P "$(pipeline_pid far 1)"); do
	grep -q __asan_init "$BIN/rowlink" && most=200000 || most=6000
	ok "cost little: $(memory "$pid") KiB" test "$(memory "$pid")" -lt $most
done
exits 111 'a third one is one too many' rowlink --connect "unix:$T/s"
like "$(err)" 'it serves as many as it may \(--max-connections\)' 'which is told'
ok 'they say nothing of themselves either, and are ended in time' wait_for 10 link_serves far 0
exec {deaf1}>&- {deaf2}>&-
pipeline_start near -- "rowlink --connect unix:$T/s" 'head -c 1000'
pipeline_wait near 10
is "$CODES" '111 0' 'then there is room again'
pipeline_stop far

# ---- another user
if [ "$UID" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$T" "${T%/*}"
	for where in "unix:$T/s" tcp:127.0.0.1:0; do
		link_listen far "$where" -- 'echo row'
		[ ! -e "$T/s" ] || chmod 777 "$T/s"
		exits 100 "${where%%:*}: another user" setpriv --reuid=65534 --regid=65534 --clear-groups "$BIN/rowlink" --connect "$LINK_far"
		like "$(err)" 'gives no stream: user 65534 is not the user of the listener' 'gets none'
		is "$(out)" '' 'and no byte'
		pipeline_stop far
		pipeline_start far -- "setpriv --reuid=65534 --regid=65534 --clear-groups $BIN/rowlink --listen ${where/$T\/s//tmp/rowferry-$$.s} -v -- echo row"
		wait_for 10 grep -q 'listening on' "$T/far.1.err" || pipeline_diag far
		to=${where%%:*}:$(sed -n 's/.*listening on //p' "$T/far.1.err")
		exits 100 "${where%%:*}: another user who listens" rowlink --connect "$to"
		is "$(out)" '' 'gives us nothing'
		pipeline_stop far
	done
else
	skip 'another user' 'only root can be another user here'
fi

# ---- what a false listener answers
n=60
[ -z "${ROWFERRY_LONG:-}" ] || n=600
$py "$T/stranger.py" "unix:$T/false" answer $n >"$T/false.out" &
t_own $!
wait_for 10 test -s "$T/false.out"
codes=
bad=
for ((i = 0; i < n; i++)); do
	run rowlink --connect "unix:$T/false" --window 1M --handshake-timeout 5
	[ "$i" -ge 11 ] || codes+="$CODE "
	case $CODE in
	5 | 100 | 102 | 111) ;;
	*) bad+="$i: $CODE $(err); " ;;
	esac
	[ "$(grep -c . "$T/err")" -le 2 ] && ! grep -q $'\x1b' "$T/err" || bad+="$i: $(err); "
done
is "$codes" '102 102 102 102 111 102 102 102 100 5 102 ' 'each wrong answer has its code'
is "$bad" '' "$n wrong answers: one line each, and the end"
rm -f "$T/false"
$py "$T/stranger.py" "unix:$T/false" answer 1 >"$T/false.out" &
t_own $!
wait_for 10 test -S "$T/false"
pipeline_start near -- "rowlink --connect unix:$T/false --window 1M" 'sleep 1000'
ok 'more than the window holds is not taken' wait_for 10 grep -q 'more than was asked for' "$T/near.1.err"
pipeline_kill near 2 KILL
pipeline_wait near
is "${CODES% *}" 102 'whoever sends it is wrong'
done_testing

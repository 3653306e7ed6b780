#!/bin/bash
# rowlink carries the output of a command, byte for byte, from who listens to who connects, with its exit code, and each
# end ends as the other does.
# (one client library will do)
. t/lib.sh
. t/link.sh

# ---- bytes
head -c 30000000 /dev/urandom >"$T/random"
yes 'a line that says the same again and again' | head -c 30000000 >"$T/same"
for where in "unix:$T/s" tcp:127.0.0.1:0 'tcp:[::1]:0'; do
	kind=${where%%:*}
	[[ $where != *::* ]] || kind=tcp6
	link_listen "$kind" "$where" -- "sh -c 'cat \"\$1\"' x $T/random"
	to=LINK_$kind
	for how in '' --compress --compress=9 --window=512K; do
		exits 0 "$kind $how: a stream" rowlink --connect "${!to}" $how
		ok "$kind $how: has every byte" cmp "$T/out" "$T/random"
	done
	pipeline_stop "$kind"
	is "$CODES" 0 "$kind: SIGTERM ends the listener cleanly"
	unlike "$(pipeline_err "$kind" 1)" 'error|warning' "$kind: which has nothing to complain of"
done
ok 'the file of a Unix socket goes with its listener' test ! -e "$T/s"
link_listen same "unix:$T/s" -- "cat $T/same"
exits 0 'what can be compressed' rowlink --connect "unix:$T/s" --compress
ok 'has every byte too' cmp "$T/out" "$T/same"
exits 0 'and without' rowlink --connect "unix:$T/s"
ok 'the same bytes' cmp "$T/out" "$T/same"
sizes=$(sed -nE 's/.*after ([0-9]+) bytes, ([0-9]+) on the way.*/\1 \2/p' "$T/same.1.err" | paste -sd ' ')
read -r stream compressed _ plain <<<"$sizes"
is "$stream $plain" '30000000 30000000' 'without it as many bytes travel as the stream has'
ok "with it far fewer: $compressed" test "$compressed" -gt 0 -a "$compressed" -lt 300000
pipeline_stop same

# ---- a burst is not held back
mkfifo "$T/in"
for how in '' --compress; do
	link_listen burst "unix:$T/s" -- "cat $T/in"
	exec {fd}<>"$T/in"
	pipeline_start near -- "rowlink --connect unix:$T/s $how"
	for i in 1 2 3; do
		echo "line $i" >&"$fd"
		ok "a line of a stream that goes on is there at once $how" wait_for 5 grep -q "line $i" "$T/near.out"
	done
	pipeline_kill near 1
	pipeline_wait near 10
	is "$CODES" 111 "a command that SIGTERM ends has not ended its stream well $how"
	like "$(pipeline_err near 1)" 'the command at unix:.* ended with 111' 'and that is said'
	exec {fd}>&-
	pipeline_stop burst
done

# ---- positions and codes
link_listen say "unix:$T/s" -- "sh -c 'echo \"\$ROWLINK_START_AT \$1 \$2\"; echo one >&2; echo x: error: two >&2; echo three >&2; exit \${ROWLINK_START_AT##*:}' x {} a{}b{}"
for at in bin.000001:100 bin.000001:102 bin.000001:1 bin.000001:99 bin.000001:111; do
	exits "${at##*:}" "the command's code ${at##*:} is ours" rowlink --connect "unix:$T/s" --start-at $at
	is "$(out)" "$at $at a${at}b$at" 'the position stands in its environment and for {}'
	is "$(err)" "rowlink: error: the command at unix:$T/s ended with ${at##*:}: x: error: two" 'its error is told'
done
ok "the listener has all that it said" test "$(grep -cE '^rowlink: unix \(user [0-9]+\): (one|x: error: two|three)$' "$T/say.1.err")" = 15
exits 100 'a command that has {} needs a position' rowlink --connect "unix:$T/s"
like "$(err)" 'gives no stream: its command needs a position: --start-at' 'which is said'
exits 100 'a wrong position is seen before' rowlink --connect "unix:$T/s" --start-at here
for at in "bin.000001; id:4" "\$(id).000001:4" 'bin`id`.000001:4' "b'in.000001:4" '-bin.000001:4'; do
	exits 100 "a position that a shell could take for more is refused: $at" rowlink --connect "unix:$T/s" --start-at="$at"
	like "$(err)" 'no position, or has characters' 'with the reason'
done
ok 'and ran no command' test "$(grep -c 'error: two' "$T/say.1.err")" = 5
pipeline_stop say

link_listen none "unix:$T/s" -- /nowhere/at-all
exits 100 'a command that is not there is for a person' rowlink --connect "unix:$T/s"
like "$(err)" 'ended with 100: the listener cannot run its command' 'and the reason is told'
pipeline_stop none
link_listen killed "unix:$T/s" -- "sh -c 'kill -9 \$\$'"
exits 111 'one that a signal has ended is to be started again' rowlink --connect "unix:$T/s"
pipeline_stop killed
link_listen env "unix:$T/s" -- "sh -c 'env | grep -c \"^LISTEN_\|^NOTIFY_\"; ls -l /proc/self/fd | grep -c socket; readlink /proc/self/fd/0'"
exits 0 'what the command has' env NOTIFY_SOCKET="$T/none" LISTEN_FDS=0 rowlink --connect "unix:$T/s"
is "$(out | paste -sd ' ')" '0 0 /dev/null' 'it has nothing of the service manager, no socket, no input'
pipeline_stop env

# ---- stop
link_listen tap "unix:$T/s" -- "sh -c 'trap \"echo END; exit 0\" TERM; echo BEGIN; while :; do sleep 0.02; done'"
pipeline_start near -- "rowlink --connect unix:$T/s"
ok 'a command that goes on' wait_for 10 grep -q BEGIN "$T/near.out"
pipeline_stop near 10
is "$CODES $(paste -sd ' ' "$T/near.out")" '0 BEGIN END' 'SIGTERM of who connects ends it well, with all that it says at its end'
pipeline_start near -- "rowlink --connect unix:$T/s"
wait_for 10 grep -q BEGIN "$T/near.out"
pipeline_kill tap 1
pipeline_wait near 10
is "$CODES $(paste -sd ' ' "$T/near.out")" '0 BEGIN END' 'and so does SIGTERM of the listener'
pipeline_wait tap 10
is "$CODES" 0 'which ends behind it'

# ---- a reader that leaves, one that is slow
link_listen zeros "unix:$T/s" -- 'cat /dev/zero'
pipeline_start near -- "rowlink --connect unix:$T/s" 'head -c 100000'
pipeline_wait near 10
is "$CODES" '111 0' 'a reader that leaves ends it'
ok 'and the command' wait_for 10 link_serves zeros 0
link_listen idle "unix:$T/s2" -- 'sleep 1000'
pipeline_start near -- "rowlink --connect unix:$T/s2 -v" 'sleep 1000'
ok 'a stream where nothing comes' wait_for 10 grep -q 'gives the stream' "$T/near.1.err"
pipeline_kill near 2
pipeline_wait near 10
is "${CODES% *}" 111 'its reader leaves: that is seen though there is nothing to write'
ok 'and the command ends' wait_for 10 link_serves idle 0
pipeline_stop idle

pipeline_start near -- "rowlink --connect unix:$T/s --window=8M" 'sleep 1000'
memory() # PID: KiB that are its own
{
	awk '/^RssAnon/ { print $2 }' "/proc/$1/status"
}
near=$(pipeline_pid near 1)
filled()
{
	[ "$(memory "$near")" -gt 7000 ]
}
grep -q __asan_init "$BIN/rowlink" && slack=200000 || slack=6000
ok 'a reader that does not read: the window fills' wait_for 10 filled
was=$(memory "$near")
far=$(pgrep -P "$(pipeline_pid zeros 1)")
far_was=$(memory "$far")
# two heartbeats more would be enough for much more to come
ok 'the link lives: SIGUSR1 answers' kill -USR1 "$near"
wait_for 10 grep -q 'wait to be' "$T/near.1.err"
ok "and who connects holds the window and not much more: $was KiB" test "$(memory "$near")" -lt $((8192 + slack))
ok "and who serves it hardly anything: $far_was KiB" test "$(memory "$far")" -lt "$slack"
pipeline_kill near all KILL
pipeline_wait near 10
ok 'the command ends with it' wait_for 10 link_serves zeros 0
pipeline_stop zeros

# ---- wrong use
wrong() # TEXT ARG...
{
	local text=$1
	shift
	exits 100 "wrong use: $*" rowlink "$@"
	like "$(err)" "$text" "it says: $text"
}
wrong 'one of them'
wrong 'one of them' --listen "unix:$T/s" --connect "unix:$T/s"
wrong 'no command' --listen "unix:$T/s"
wrong 'none of unix:PATH' --connect "$T/s"
wrong 'is not HOST:PORT' --connect tcp:localhost
wrong 'is not HOST:PORT' --connect tcp:localhost:99999
wrong 'in brackets' --connect tcp:::1:7000
wrong 'only the loopback' --listen tcp:0.0.0.0:7000 -- true
wrong 'only the loopback' --connect tcp:192.0.2.1:7000
wrong 'needs --cert, --key and --ca' --connect tls:localhost:7000
wrong 'are for tls:' --connect "unix:$T/s" --ca=x
wrong 'start-at is for --connect' --listen "unix:$T/s" --start-at now -- true
wrong 'allow is for --listen' --connect "unix:$T/s" --allow x
wrong 'not a number from 1 to 9' --connect "unix:$T/s" --compress=10
wrong 'path of a Unix socket' --connect "unix:/$(printf 'x%.0s' {1..120})"
exits 111 'nobody listens' rowlink --connect "unix:$T/s"
like "$(err)" "could not connect to unix:$T/s: " 'which is said'
exits 111 'nobody listens on a port' rowlink --connect tcp:127.0.0.1:1
echo kept >"$T/file"
exits 111 'a file that is no socket is in the way' rowlink --listen "unix:$T/file" -- true
is "$(<"$T/file")" kept 'and stays'
python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.bind('$T/s')"
link_listen over "unix:$T/s" -- true
ok 'a socket that nobody listens on is replaced, for its owner alone' test "$(stat -c %a "$T/s")" = 600
exits 111 'one that somebody listens on is not' rowlink --listen "unix:$T/s" -- true
exits 0 'who goes on' rowlink --connect "unix:$T/s"
pipeline_stop over
done_testing

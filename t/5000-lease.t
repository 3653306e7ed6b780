#!/bin/bash
# zk-lease runs a command while it holds a lease: what the command gets, what becomes of its end, how the next one follows.
. t/lib.sh
. t/zk.sh

zk_start one
P=/rowferry/leases
lease() # PATH [option...] -- COMMAND...
{
	local path=$1
	shift
	zk-lease --zk "$ZK" --path "$P/$path" "$@"
}

# ---- the command
# shellcheck disable=SC2016
exits 0 'a command is run' lease env --holder me -- sh -c 'echo "$ROWFERRY_LEASE $ROWFERRY_HOLDER $ROWFERRY_EPOCH"'
like "$(out)" "^$P/env me [1-9][0-9]*$" 'with the lease, the holder and the epoch in its environment'
is "$(err)" '' 'and nothing is said'
first=$(cut -d' ' -f 3 "$T/out")
export ROWFERRY_HOLDER=old OTHER=kept
# shellcheck disable=SC2016
exits 0 'names that are there already are replaced, others kept' lease env -- sh -c 'echo "$OTHER $ROWFERRY_HOLDER"; env | grep -cE "^ROWFERRY_(EPOCH|LEASE|HOLDER)="'
like "$(out)" "^kept $(hostname):[0-9]+"$'\n'3$ 'and the holder is host:pid where it has no name'
unset ROWFERRY_HOLDER OTHER

for code in 0 1 7 99 255; do
	exits $code "the command's exit code is passed on: $code" lease code -- sh -c "exit $code"
	is "$(err)" '' 'without a word'
done
exits 143 'a command that a signal ends: 128 and its number' lease code -- sh -c 'kill -TERM $$'
exits 137 'also by SIGKILL' lease code -- sh -c 'kill -KILL $$'
for s in HUP:129 INT:130 QUIT:131 PIPE:141 CHLD:0; do
	# shellcheck disable=SC2016
	(trap '' PIPE INT QUIT CHLD; lease code -- sh -c 'kill -'${s%:*}' $$') >"$T/out" 2>"$T/err"
	is "$?" "${s#*:}" "SIG${s%:*} does by default what it should, whoever ignored it"
done
# shellcheck disable=SC2016
is "$(trap '' HUP; lease code -- sh -c 'kill -HUP $$; echo goes on')" 'goes on' 'but for SIGHUP, as nohup means it'
exits 127 'a command that there is not' lease code -- no-such-command
like "$(err)" '^zk-lease: error: cannot run "no-such-command": No such file' 'is named'
echo x >"$T/plain"
exits 126 'a file that cannot be executed' lease code -- "$T/plain"
like "$(err)" 'cannot run .*Permission denied' 'is named too'
ok 'and the lease is given back' free "$P/code"

printf 'in\n' >"$T/in"
lease pipe -- sh -c 'cat; echo err >&2; cat <&7' <"$T/in" >"$T/out" 2>"$T/err" 7<"$T/in"
is "$? $(out) $(err)" $'0 in\nin err' 'its descriptors are ours'
ls /proc/self/fd 7<"$T/in" >"$T/want"
lease fds -- ls /proc/self/fd 7<"$T/in" >"$T/out"
is "$(out)" "$(<"$T/want")" 'and only those'

lease_start sig "$P/sig" -- bash -c 'for s in TERM INT QUIT HUP USR1 USR2 CONT; do trap "echo $s" $s; done
	echo ready; while :; do read -rt 100 _ <&9; done' 9<><(:)
ok 'a command that waits for signals' wait_for 30 grep -qs ready "$T/sig.out"
for s in TERM INT QUIT HUP USR1 USR2 CONT; do
	kill -$s "$PID_sig"
	ok "SIG$s is passed on" wait_for 10 grep -qx $s "$T/sig.out"
done
kill -KILL "$(pgrep -P "$PID_sig" bash)"
lease_ends 137 sig 'and it went on until it was killed'

# ---- the group
# shellcheck disable=SC2016
lease_start rest "$P/rest" -- sh -c '(trap "" TERM; : >$T/deaf; exec sleep 1000) & sh -c "exec sleep 1001" & until [ -e $T/deaf ]; do :; done; exit 5'
began=$(ms)
lease_ends 5 rest 'the rest of its group is ended with the command' 20
took=$(($(ms) - began))
ok "a second for what does not listen to SIGTERM ($took ms)" test $took -ge 900 -a $took -lt 8000
is "$(pgrep -f '^sleep 100[01]$' | while read -r p; do grep -qzxF "T=$T" "/proc/$p/environ" && echo "$p"; done)" '' 'nothing is left of it'
# shellcheck disable=SC2016
exits 0 'it is the leader of a group' lease group -- bash -c '[ "$(ps -o pgid= -p $$ | tr -d " ")" = $$ ]'

# ---- the next one
mkfifo "$T/go"
lease_start one "$P/next" -- bash -c 'echo begins; read -r _ <'"$T/go"'; echo ${EPOCHREALTIME/./}'
ok 'one holds the lease' wait_for 30 grep -qs begins "$T/one.out"
lease_start two "$P/next" --holder two -- bash -c 'echo ${EPOCHREALTIME/./} $ROWFERRY_EPOCH; exit 4'
ok 'a second waits' wait_for 30 is_waiting "$P/next" two
is "$(cat "$T/two.out")" '' 'its command does not run'
echo >"$T/go"
lease_ends 0 one 'the first ends'
lease_ends 4 two 'and the second runs'
hand_over=$(($(cut -d' ' -f 1 "$T/two.out") - $(tail -n 1 "$T/one.out")))
diag "from the end of the first command to the beginning of the second: $((hand_over / 1000)) ms"
ok 'the lease is handed over at once, not when a session times out' test $hand_over -gt 0 -a $hand_over -lt 3000000

# ---- not to wait
lease_start held "$P/held" -- sleep 1000
ok 'a lease that is held' wait_for 30 t_not "free $P/held"
began=$(ms)
exits 1 '--wait: it is not obtained' lease held --wait 1.5 -- echo runs
took=$(($(ms) - began))
is "$(out)$(err)" "zk-lease: error: could not obtain the lease $P/held within 1.5 s" 'which is said, and no command runs'
ok "after that time ($took ms)" test $took -ge 1500 -a $took -lt 10000
exits 1 '--wait 0' lease held --wait 0 -- echo runs
exits 0 '--wait 0 where it is free' lease free --wait 0 -- echo runs
is "$(out)" runs 'runs the command'
for s in TERM INT HUP QUIT; do
	lease_start waiter "$P/held" --holder waiter -- echo runs
	ok "one waits" wait_for 30 is_waiting "$P/held" waiter
	# a shell gives its background jobs SIGINT ignored, which is not looked at
	kill -$s "$PID_waiter"
	lease_ends 0 waiter "SIG$s ends it while it waits" 20
	is "$(cat "$T/waiter.out" "$T/waiter.err")" '' 'without a word'
	is "$(status "$P/held" | wc -l)" 1 'and its place is free'
done
kill "$PID_held"
lease_ends 143 held 'SIGTERM ends the command of the holder'

# ---- epochs
last=$first
for i in 1 2 3; do
	# shellcheck disable=SC2016
	run lease epoch -- sh -c 'echo $ROWFERRY_EPOCH'
	ok "epoch $(out) is higher than that before" test "$(out)" -gt "$last"
	last=$(out)
done
zk_cli "deleteall /rowferry"
exits 1 'the nodes are deleted' zk-lease --zk "$ZK" --list
# shellcheck disable=SC2016
run lease epoch -- sh -c 'echo $ROWFERRY_EPOCH'
ok "also then ($(out))" test "$(out)" -gt "$last"

# ---- where the servers' root is elsewhere
exits 100 'a root that is not there' zk-lease --zk "$ZK/none" --path /a/b -- true
like "$(err)" 'cannot create /a: no node'$'\n''.*hint: ' 'is said to be that'
zk_cli 'create /some x'
# shellcheck disable=SC2016
exits 0 'one that is' zk-lease --zk "$ZK/some" --path /a/b -- sh -c 'echo $ROWFERRY_LEASE'
is "$(out)" /a/b 'its paths are seen from there'
exits 0 'the nodes are below it' zk-lease --zk "$ZK" --path /some/a --list
is "$(cut -f 1,2 "$T/out")" $'/some/a/b\t-' 'with all above them'
done_testing

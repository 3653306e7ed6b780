#!/bin/bash
# A holder that is stopped, killed or robbed of its node never runs its command beside that of the next one.
. t/lib.sh
. t/zk.sh

zk_start one
P=/rowferry/leases/stopped
# T_S: the session's time-out
T_S=4
in_line() { status $P | grep -q "	$1\$"; }
next_up() # NAME: a worker that holds or waits
{
	lease_start "$1" $P --session-timeout $T_S --holder "$1" -- "$T/worker"
	wait_for 30 in_line "$1"
}
gone() { ! kill -0 "$1" 2>/dev/null || [[ $(ps -o stat= -p "$1") = Z* ]]; }

next_up a
ok 'the first works' wait_for 30 works a
next_up b
ok 'the second waits' is_waiting $P b

# ---- SIGSTOP
command=$(worker a)
began=$(ms)
kill -STOP "$PID_a"
ok 'zk-lease is stopped: its guard ends the command' wait_for 30 gone "$command"
took=$(($(ms) - began))
ok "before the session can time out ($took ms of ${T_S}000)" test $took -lt $((T_S * 1000))
ok 'the next one works' wait_for 30 works b
diag "stopped: the command ended after $took ms, the next began after $(($(ms) - began)) ms"
kill -CONT "$PID_a"
lease_ends 99 a 'continued, it says that it has lost the lease' 30
like "$(cat "$T/a.err")" '^zk-lease: error: lost the lease /rowferry/leases/stopped: nothing was heard from ZooKeeper for [0-9.]+ s; the command is stopped$' \
	'in one line'
no_overlap 'no two ran at a time'

# one that does not listen to SIGTERM
next_up c
kill "$PID_b"
lease_ends 0 b 'the second ends in order' 20
kill "$PID_c"
lease_ends 0 c 'and the third' 20
lease_start deaf $P --session-timeout $T_S --holder deaf -- "$T/worker" deaf
ok 'a command that ignores SIGTERM' wait_for 30 works deaf
next_up d
command=$(worker deaf)
began=$(ms)
kill -STOP "$PID_deaf"
ok 'is killed when zk-lease is stopped' wait_for 30 gone "$command"
took=$(($(ms) - began))
ok "before the session can time out ($took ms of ${T_S}000)" test $took -lt $((T_S * 1000))
ok 'the next one works' wait_for 30 works d
kill -CONT "$PID_deaf"
lease_ends 99 deaf 'it has lost the lease' 30
no_overlap 'no two ran at a time'

# ---- kill -9 of zk-lease
next_up e
command=$(worker d)
began=$(ms)
kill -KILL "$PID_d"
wait "$PID_d" 2>/dev/null
ok 'zk-lease is killed: its guard ends the command' wait_for 30 gone "$command"
took=$(($(ms) - began))
ok "at once ($took ms)" test $took -lt 1500
is "$(cat "$T/d.err")" 'zk-lease: error: zk-lease itself was ended; its command is stopped' 'and says so'
ok 'the next one works' wait_for 30 works e
diag "killed: the command ended after $took ms, the next began after $(($(ms) - began)) ms"
no_overlap 'no two ran at a time'

# ---- kill -9 of the guard
next_up f
command=$(worker e)
guard=$(guard_of "$PID_e")
like "$guard" '^[0-9]+$' 'there is a guard'
is "$(for fd in 0 1; do readlink "/proc/$guard/fd/$fd"; done | tr '\n' ' ')" '/dev/null /dev/null ' 'which holds no descriptor of ours'
is "$(ps -o sid= -p "$guard" | tr -d ' ')" "$guard" 'and has a session of its own'
for s in TERM INT HUP QUIT TSTP; do
	kill -$s "$guard"
done
works_since
ok 'signals do not end it' wait_for 10 works e
kill -KILL "$guard"
lease_ends 111 e 'the guard is killed: zk-lease ends' 30
like "$(cat "$T/e.err")" "^zk-lease: error: the process that watches over us \($guard\) has ended; the command is stopped$" 'and says why'
ok 'its command is ended' gone "$command"
ok 'the next one works' wait_for 30 works f
no_overlap 'no two ran at a time'
next_up g
kill -KILL "$(guard_of "$PID_g")"
lease_ends 111 g 'also in the line' 30

# ---- the node is deleted
next_up h
command=$(worker f)
node=$(zk ask 1 wchp | grep -o "^$P/.*" | sort -t- -k 3 | head -n 1)
began=$(ms)
zk_cli "delete $node"
ok 'the node is deleted by hand: the command is killed' wait_for 30 gone "$command"
lease_ends 99 f 'and zk-lease ends' 30
is "$(cat "$T/f.err")" "zk-lease: error: lost the lease $P: somebody has deleted its node; the command is killed" 'and says why'
ok 'the next one works' wait_for 30 works h
# what is deleted by hand is not waited for: for a moment there may be two
: >"$T/log"
WORKS_SINCE=0
# a place in the line
next_up i
node=$(zk_cli "ls $P" && grep -o '_c_[0-9a-f]*-lease-[0-9]*' "$T/cli" | sort -t- -k 3 | tail -n 1)
zk_cli "delete $P/$node"
sees_two() { [ "$(status $P | wc -l)" = 2 ]; }
ok 'who has lost a place in the line lines up again' wait_for 30 sees_two
kill "$PID_h"
lease_ends 0 h 'the holder ends' 20
ok 'and has its turn' wait_for 30 works i

# ---- both at once, again and again: waiters behind a holder that is stopped at some moment
kill "$PID_i"
lease_ends 0 i 'the next ends' 20
rounds=${ROWFERRY_LONG:+20}
for ((n = 0; n < ${rounds:-2}; n++)); do
	next_up "x$n"
	next_up "y$n"
	ok "round $n: one works" wait_for 30 works "x$n"
	pid=PID_x$n
	kill -STOP "${!pid}"
	ok 'stopped, the other works' wait_for 30 works "y$n"
	kill -CONT "${!pid}"
	lease_ends 99 "x$n" 'and it ends' 30
	pid=PID_y$n
	kill "${!pid}"
	lease_ends 0 "y$n" 'the other too' 20
done
no_overlap 'no two ran at a time'
ok 'nobody is left' free $P
done_testing

#!/bin/bash
# The only server goes away: back in time the lease is kept, else the command has ended before the lease can be another's.
. t/lib.sh
. t/zk.sh

zk_start one
P=/rowferry/leases/away
gone() { ! kill -0 "$1" 2>/dev/null || [[ $(ps -o stat= -p "$1") = Z* ]]; }
work() # NAME SECONDS
{
	lease_start "$1" $P -v --session-timeout "$2" --holder "$1" -- "$T/worker"
	ok "$1 works" wait_for 30 works "$1"
}

# ---- back in time
work a 20
epoch=$(tail -n 1 "$T/log" | cut -d' ' -f 1)
began=$(ms)
zk kill
zk_start
away=$(($(ms) - began))
diag "the server was away for $away ms of 20000"
if [ $away -lt 14000 ]; then
	ok 'it is connected again' wait_for 20 grep -q 'info: connected .* again' "$T/a.err"
	diag "connected again after $(($(ms) - began)) ms"
	is "$(tail -n 1 "$T/log" | cut -d' ' -f 1,2)" "$epoch a" 'the command has gone on'
	works_since
	ok 'and goes on' wait_for 10 works a
	is "$(status $P)" $'holds\ta' 'the server knows the holder still'
	is "$(zk-lease --zk "$ZK" --path $P --status | cut -f 4)" "$epoch" 'and its epoch'
else
	skip 'the lease is kept' 'the server took too long to start'
fi
kill "$PID_a"
lease_ends 0 a 'it ends with its command' 20
ok 'the lease is given back' wait_for 10 free $P

# ---- not back: killed, and hanging
for how in kill pause; do
	work $how 4
	command=$(worker $how)
	began=$(ms)
	zk $how 1
	ok "$how: the command is ended" wait_for 30 gone "$command"
	took=$(($(ms) - began))
	lease_ends 99 $how "$how: and zk-lease" 30
	# heard may be as old as a twentieth when it begins
	ok "$how: after 3/4 of the time-out and before 9/10 ($took ms of 4000)" test $took -ge 2700 -a $took -le 3900
	like "$(cat "$T/$how.err")" "zk-lease: error: lost the lease $P: nothing was heard from ZooKeeper for 3\.[0-9] s; the command is stopped" "$how: with that reason"
	if [ $how = kill ]; then
		zk_start
	else
		zk resume 1
	fi
	ok "$how: the lease is free when the session has timed out" wait_for 30 free $P
done

# one that does not listen is killed in time
lease_start deaf $P --session-timeout 4 --holder deaf -- "$T/worker" deaf
ok 'a command that ignores SIGTERM works' wait_for 30 works deaf
command=$(worker deaf)
began=$(ms)
zk pause 1
ok 'it is killed' wait_for 30 gone "$command"
took=$(($(ms) - began))
ok "at 9/10 of the time-out ($took ms of 4000)" test $took -ge 3300 -a $took -le 4000
lease_ends 99 deaf 'the lease is lost' 30
zk resume 1

# a session that the server has ended: nobody was stopped, only the answers were late
ok 'the lease is free' wait_for 30 free $P
no_overlap 'no two ran at a time'

# ---- not there from the beginning
zk stop
began=$(ms)
exits 1 '--wait: no server' zk-lease --zk "$ZK" --path $P --wait 1.2 -- echo runs
took=$(($(ms) - began))
is "$(out)$(err)" "zk-lease: error: could not reach ZooKeeper at $ZK within 1.2 s" 'is said'
ok "in that time ($took ms)" test $took -ge 1200 -a $took -lt 8000
exits 111 '--status: no server' zk-lease --zk "$ZK" --path $P --status --wait 0.5
exits 111 '--list: no server' zk-lease --zk "$ZK" --list --session-timeout 0.5
like "$(err)" 'could not reach ZooKeeper at .* within 0\.5 s' 'for as long as a session'
exits 1 'a name that there is not' zk-lease --zk nowhere.invalid:2181 --path $P --wait 1 -- echo runs
like "$(err)" 'could not reach ZooKeeper at nowhere\.invalid:2181' 'is no server'
lease_start late $P --holder late -- echo runs
ok 'without --wait there is a warning' wait_for 30 grep -qs "warning: could not reach ZooKeeper at $ZK yet; still trying" "$T/late.err"
zk_start
lease_ends 0 late 'and when the server comes the command runs' 60
is "$(cat "$T/late.out")" runs 'it does'
is "$(tail -n 1 "$T/late.err")" 'zk-lease: warning: ZooKeeper is reached again' 'which is said too'

# ---- a waiter outlives the server, and its session
work holder 3
lease_start waiter $P --session-timeout 3 --holder waiter -- "$T/worker"
ok 'one waits' wait_for 30 is_waiting $P waiter
zk pause 1
lease_ends 99 holder 'the holder ends' 30
zk resume 1
ok 'the waiter works' wait_for 30 works waiter
kill "$PID_waiter"
lease_ends 0 waiter 'and ends' 20
no_overlap 'no two ran at a time'

# ---- the command was told to end and has its time; then the lease is known to be gone, and it has none
if [ -n "${ROWFERRY_LONG:-}" ]; then
	lease_start told $P -v --session-timeout 60 --holder told -- "$T/worker" deaf
	ok 'told: a command that ignores SIGTERM works' wait_for 30 works told
	command=$(worker told)
	zk pause 1
	began=$(ms)
	ok 'it is told to end' wait_for 60 grep -q 'the command is stopped' "$T/told.err"
	zk resume 1
	zk_cli "deleteall $P"
	ok 'its node is deleted: it is killed' wait_for 30 gone "$command"
	took=$(($(ms) - began))
	ok "before 9/10 of the time-out ($took ms of 60000)" test $took -lt 53000
	lease_ends 99 told 'the lease is lost' 30
	like "$(cat "$T/told.err")" "lost the lease $P: somebody has deleted its node; the command is killed" 'which is said'
fi
done_testing

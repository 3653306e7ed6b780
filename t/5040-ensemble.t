#!/bin/bash
# An ensemble of three: a member that dies or hangs does not cost the lease; a quorum that is lost does.
. t/lib.sh
. t/zk.sh

zk_start three
P=/rowferry/leases/three
gone() { ! kill -0 "$1" 2>/dev/null || [[ $(ps -o stat= -p "$1") = Z* ]]; }
IFS=, read -ra servers <<<"$ZK"

# member NAME: the number of the member that its zk-lease is connected to
member()
{
	local where n
	where=$(sed -n 's/.*info: connected to ZooKeeper at \([^ ,]*\).*/\1/p' "$T/$1.err" | tail -n 1)
	for n in 0 1 2; do
		[ "${servers[n]}" != "$where" ] || echo $((n + 1))
	done
}

times_connected() # NAME COUNT
{
	[ "$(grep -c 'info: connected' "$T/$1.err")" -ge "$2" ]
}

T_S=10
lease_start a $P -v --session-timeout $T_S --holder a -- "$T/worker"
ok 'it works' wait_for 30 works a
lease_start b $P -v --session-timeout $T_S --holder b -- "$T/worker"
ok 'another waits' wait_for 30 is_waiting $P b
times=1
for how in kill pause; do
	n=$(member a)
	like "$n" '^[123]$' "it is connected to a member ($n)"
	began=$(ms)
	zk $how "$n"
	times=$((times + 1))
	ok "$how: it goes to another" wait_for 30 times_connected a $times
	diag "$how of the member: connected to another after $(($(ms) - began)) ms of ${T_S}000"
	isnt "$(member a)" "$n" "$how: to another one"
	works_since
	ok "$how: its command works on" wait_for 10 works a
	if [ $how = kill ]; then
		zk_start "$n"
	else
		zk resume "$n"
	fi
	serves() { zk ask "$n" srvr 2>/dev/null | grep -q '^Mode: '; }
	ok "$how: the member is back" wait_for 30 serves
done
unlike "$(cat "$T/a.err")" 'error|warning' 'nothing was lost'

# the leader: the others choose another
leader=
for n in 1 2 3; do
	! zk ask $n srvr | grep -q '^Mode: leader' || leader=$n
done
like "$leader" '^[123]$' 'there is a leader'
began=$(ms)
zk kill "$leader"
quorum() { for n in 1 2 3; do [ $n = "$leader" ] || zk ask $n srvr 2>/dev/null | grep -q '^Mode: leader' && return; done; return 1; }
ok 'the leader is killed, there is another' wait_for 30 quorum
diag "another leader after $(($(ms) - began)) ms"
works_since
ok 'the command works on' wait_for 10 works a
holds() { is_held $P a; }
ok 'and the lease is held' wait_for 20 holds
unlike "$(cat "$T/a.err")" 'error' 'nothing was lost'
zk_start "$leader"

# ---- no quorum: the member that is left still serves for a while what it knows, and that must not be enough
kill "$PID_a"
lease_ends 0 a 'it ends' 20
ok 'the next one works' wait_for 30 works b
kill "$PID_b"
lease_ends 0 b 'it ends' 20
# the leader, as long as it believes to be one, also ends sessions: with it there is no danger
followers() { for n in 1 2 3; do ! zk ask $n srvr 2>/dev/null | grep -q '^Mode: follower' || echo $n; done; }
two_follow() { [ "$(followers | wc -l)" = 2 ]; }
ok 'there are two followers' wait_for 30 two_follow
stay=$(followers | head -n 1)
ZK=${servers[stay - 1]} lease_start c $P -v --session-timeout 4 --holder c -- "$T/worker"
ok 'one more works, by way of a follower alone' wait_for 30 works c
command=$(worker c)
began=$(ms)
for n in 1 2 3; do
	[ "$n" = "$stay" ] || zk pause "$n"
done
ok 'the other members hang: the command is ended' wait_for 30 gone "$command"
took=$(($(ms) - began))
ok "in time ($took ms of 4000)" test $took -le 3900
lease_ends 99 c 'and the lease is lost' 30
for n in 1 2 3; do
	[ "$n" = "$stay" ] || zk resume "$n"
done
ok 'with a quorum again it is free' wait_for 60 free $P
no_overlap 'no two ran at a time'
done_testing

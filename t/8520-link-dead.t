#!/bin/bash
# An end of a link that is stopped, killed or cut off is noticed by the other in the time that was said, and both end with 111
# (the process that serves a connection; the listener goes on). An end that was stopped alone does not take the other for dead.
# (one client library will do)
. t/lib.sh
. t/link.sh

# seconds since the time $1 of EPOCHREALTIME
since()
{
	local us=$((${EPOCHREALTIME/./} - ${1/./}))
	printf '%d.%03d' $((us / 1000000)) $((us % 1000000 / 1000))
}

# near_start idle|full: a stream where nothing comes, or one whose reader does not read
near_start()
{
	local reader=()
	[ "$1" = idle ] || reader=('sleep 1000')
	pipeline_start near -- "rowlink --connect unix:$T/s -v --peer-timeout 1.2" "${reader[@]}"
	wait_for 10 grep -q 'gives the stream' "$T/near.1.err" || pipeline_diag near
	far=$(pgrep -P "$(pipeline_pid far 1)")
	wait_for 5 pgrep -P "$far" >/dev/null
	command=$(pgrep -P "$far")
}

# near_ended: waits for it, and not for the reader
near_ended()
{
	[ "$PIPELINE_N_near" = 1 ] || pipeline_kill near 2 KILL
	pipeline_wait near 10
	CODES=${CODES%% *}
}

command_gone()
{
	! kill -0 "$command" 2>/dev/null
}

# in_time FROM NAME: between the time-out and a sixth more, with something for a machine that is busy
in_time()
{
	local s
	s=$(since "$1")
	ok "$2: after $s s" awk "BEGIN { exit !($s >= 1.0 && $s < ${IN_TIME:-2.5}) }"
}
grep -q __asan_init "$BIN/rowlink" && IN_TIME=5

for what in idle full; do
	say='sleep 1000'
	[ $what = idle ] || say='cat /dev/zero'
	link_listen far "unix:$T/s" --peer-timeout=1.2 -- "$say"

	# ---- who connects is stopped
	near_start $what
	pipeline_kill near 1 STOP
	at=$EPOCHREALTIME
	ok "$what: who connects is stopped, the other notices it" wait_for 10 t_gone "$far"
	in_time "$at" "$what: in time"
	ok "$what: and has ended the command" command_gone
	like "$(pipeline_err far 1)" 'the link was lost: nothing was heard of the other side for 1.2 s' "$what: with the reason"
	pipeline_kill near 1 CONT
	near_ended
	is "$CODES" 111 "$what: who was stopped finds it lost"

	# ---- who listens is stopped: the process that serves this connection
	near_start $what
	kill -STOP "$far"
	at=$EPOCHREALTIME
	ok "$what: who serves it is stopped, who connects notices it" wait_for 10 t_gone "$(pipeline_pid near 1)"
	in_time "$at" "$what: in time"
	near_ended
	is "$CODES" 111 "$what: and ends with 111"
	like "$(pipeline_err near 1)" "the link to unix:$T/s was lost: nothing was heard of the other side for 1.2 s" "$what: with the reason"
	kill -CONT "$far"
	ok "$what: who was stopped ends behind it" wait_for 10 link_serves far 0

	# ---- kill -9
	if [ $what = idle ]; then
		near_start idle
		kill -9 "$far"
		pipeline_wait near 5
		is "$CODES" 111 'who serves it is killed: that is noticed at once'
		like "$(pipeline_err near 1)" 'was lost: (the other side closed it without an end|Connection reset)' 'with the reason'
		ok 'and the command ends' wait_for 10 command_gone
		like "$(pipeline_err far 1)" 'listening' 'the listener goes on'
		near_start idle
		pipeline_kill near 1 KILL
		ok 'who connects is killed: that is noticed at once' wait_for 5 t_gone "$far"
		ok 'and the command ends' command_gone
		pipeline_wait near 5
		near_start idle
		pipeline_kill far 1 KILL
		pipeline_wait near 10
		is "$CODES" 111 'the listener itself is killed: streams end with it'
		ok 'and the command ends' wait_for 10 command_gone
		pipeline_wait far 5
		rm -f "$T/s"
	else
		pipeline_stop far
	fi
done

# ---- an end that was stopped for longer than the time-out, while the other is content with more
link_listen far "unix:$T/s" --peer-timeout=30 -- "sh -c 'while :; do echo line; sleep 0.01; done'"
pipeline_start near -- "rowlink --connect unix:$T/s -v --peer-timeout 1"
wait_for 10 grep -q line "$T/near.out"
pipeline_kill near 1 STOP
n=$(wc -l <"$T/near.out")
sleep 2 # longer than its time-out: this is what is shown
pipeline_kill near 1 CONT
more()
{
	[ "$(wc -l <"$T/near.out")" -gt $((n + 200)) ]
}
ok 'time in which an end was stopped itself is not the silence of the other' wait_for 10 more
pipeline_stop near
pipeline_stop far

# ---- all has come, and the listener is killed before it is written
link_listen far "unix:$T/s" -- 'head -c 3000000 /dev/zero'
pipeline_start near -- "rowlink --connect unix:$T/s" "sh -c 'until [ -e $T/go ]; do sleep 0.02; done; cat'"
ok 'a command ends, its stream waits for a slow reader' wait_for 10 link_said far 'the command ended with 0'
kill -9 "$(pgrep -P "$(pipeline_pid far 1)")"
wait_for 10 link_serves far 0
touch "$T/go"
pipeline_wait near 10
is "$CODES $(stat -c %s "$T/near.out")" '0 0 3000000' 'the listener is killed then: nothing of the stream is lost'
pipeline_stop far

# ---- a command that does not want to end
link_listen far "unix:$T/s" -- "sh -c 'trap \"\" TERM; echo there; while :; do sleep 0.1; done'"
pipeline_start near -- "rowlink --connect unix:$T/s"
wait_for 10 grep -q there "$T/near.out"
far=$(pgrep -P "$(pipeline_pid far 1)")
command=$(pgrep -P "$far")
pipeline_kill near 1 KILL
pipeline_wait near
ok 'a command that ignores SIGTERM is killed in the end' wait_for 10 t_gone "$far"
ok 'and is gone' command_gone
link_listen left "unix:$T/s2" -- "sh -c 'sleep 1000 & echo done'"
exits 0 'a command that leaves another behind, which holds its output' timeout 20 rowlink --connect "unix:$T/s2"
is "$(out)" 'done' 'has ended when it has ended'
ok 'and what it left is ended' link_serves left 0
pipeline_stop left
pipeline_stop far

# ---- a cable that is pulled
if ! ip netns add "rowferry-$$" 2>"$T/why"; then
	skip 'a network that is cut' "no network namespaces here: $(tail -n 1 "$T/why")"
	done_testing
fi
cable_end()
{
	ip netns pids "rowferry-$$" | xargs -r kill -9 2>/dev/null
	ip netns del "rowferry-$$"
}
trap 'cable_end 2>/dev/null; t_exit' EXIT
make_ca our
make_cert our src 10.213.7.1
make_cert our dst dst.example
ip link add "rf$$a" type veth peer name "rf$$b" netns "rowferry-$$"
ip addr add 10.213.7.1/30 dev "rf$$a"
ip link set "rf$$a" up
ip -n "rowferry-$$" addr add 10.213.7.2/30 dev "rf$$b"
ip -n "rowferry-$$" link set "rf$$b" up
link_listen src tls:10.213.7.1:0 "$(tls src) --allow dst.example --peer-timeout=1.2" -- 'cat /dev/zero'
pipeline_start near -- "ip netns exec rowferry-$$ rowlink --connect $LINK_src -v --peer-timeout 1.2 $(tls dst) --compress >/dev/null"
ok 'a stream between two networks' wait_for 10 grep -q 'gives the stream' "$T/near.1.err" || pipeline_diag near
far=$(pgrep -P "$(pipeline_pid src 1)")
ip link set "rf$$a" down
at=$EPOCHREALTIME
ok 'the cable is pulled: who connects notices it' wait_for 10 t_gone "$(pipeline_pid near 1)"
in_time "$at" 'in time'
ok 'who serves it too' wait_for 10 t_gone "$far"
in_time "$at" 'in time'
pipeline_wait near
is "$CODES" 111 'and it ends with 111'
ip link set "rf$$a" up
pipeline_start near -- "ip netns exec rowferry-$$ rowlink --connect $LINK_src -v $(tls dst) >/dev/null"
ok 'the listener serves the next one' wait_for 20 grep -q 'gives the stream' "$T/near.1.err" || pipeline_diag near
pipeline_stop near
pipeline_stop src
is "$CODES" 0 'and ends when it is told'
done_testing

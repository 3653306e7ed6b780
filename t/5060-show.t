#!/bin/bash
# zk-lease --list and --status: who holds what since when, and who waits.
. t/lib.sh
. t/zk.sh

zk_start one
P=/rowferry/leases
exits 1 '--list where there is nothing' zk-lease --zk "$ZK" --list
is "$(out)$(err)" 'zk-lease: error: there are no leases under /rowferry/leases' 'says so'
exits 1 '--status of a lease that was never held' zk-lease --zk "$ZK" --path $P/one --status
is "$(out)$(err)" "zk-lease: error: nobody holds $P/one" 'says so'

exits 0 'a lease that was held' zk-lease --zk "$ZK" --path $P/was -- true
before=$(date -u +%s)
# shellcheck disable=SC2016
lease_start a $P/one --holder 'host-1:7' -- sh -c 'echo $ROWFERRY_EPOCH; exec sleep 1000'
ok 'one holds' wait_for 30 is_held $P/one host-1:7
for w in b c; do
	lease_start $w $P/one --holder "waiter $w" -- /bin/cat secret-argument
	ok "$w waits" wait_for 30 is_waiting $P/one "waiter $w"
done
exits 0 '--status' zk-lease --zk "$ZK" --path $P/one --status
is "$(cut -f 1,2,4,5 "$T/out")" "holds	host-1:7	$(cat "$T/a.out")	sh
waits	waiter b	-	/bin/cat
waits	waiter c	-	/bin/cat" 'the holder with its epoch, then who waits'
is "$(err)" '' 'and no more'
while read -r since; do
	at=$(date -u -d "$since" +%s)
	ok "since $since" test "$at" -ge "$before" -a "$at" -le "$(date +%s)"
done < <(cut -f 3 "$T/out")
unlike "$(out)" secret 'arguments are not shown'

# since when it is held, not since when it has waited
held_later=$(cut -f 3 "$T/out" | tail -n 1)
wait_for 5 eval '[ "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \> "$held_later" ]'
lease_start d $P/two --holder d -- sleep 1000
ok 'another lease is held' wait_for 30 is_held $P/two d
zk_cli "create $P/two/not-ours text" "create $P/two/_c_x-lease- text"
exits 0 '--list' zk-lease --zk "$ZK" --list
is "$(cut -f 1,2,4,5,6 "$T/out")" "$P/one	host-1:7	$(cat "$T/a.out")	2	sh
$P/two	d	$(zk-lease --zk "$ZK" --path $P/two --status | cut -f 4)	0	sleep
$P/was	-	-	0	-" 'all leases, also one that nobody holds; nodes of others do not count'
exits 0 '--list of another parent' zk-lease --zk "$ZK" --list --path /rowferry
is "$(out)" "$P	-	-	-	0	-" 'is what is below that'
exits 0 '--list of the root' zk-lease --zk "$ZK" --list --path /
like "$(out)" $'(^|\n)/rowferry\t-\t-\t-\t0\t-' 'too'
if command -v script >/dev/null; then
	script -qec "zk-lease --zk $ZK --list" /dev/null >"$T/tty" </dev/null
	like "$(head -n 1 "$T/tty")" $'^lease\tholder\tsince\tepoch\twaiting\tcommand' 'on a terminal with a heading'
else
	skip 'on a terminal with a heading' 'no script(1)'
fi
kill "$PID_a"
lease_ends 143 a 'the holder ends' 20
lease_ends 1 b 'the next one runs' 20
lease_wait c
exits 1 'nobody holds it any more' zk-lease --zk "$ZK" --path $P/one --status

# ---- text of others
lease_start e $P/three --holder e -- sleep 1000
ok 'one holds' wait_for 30 is_held $P/three e
zk_cli "create -s $P/three/_c_0-lease- holder=mallory"
exits 0 'a node whose text is of somebody else' zk-lease --zk "$ZK" --path $P/three --status
like "$(out)" $'\nwaits\tmallory\t-\t-\t-' 'shows what there is'
done_testing

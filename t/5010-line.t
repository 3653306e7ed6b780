#!/bin/bash
# The line is kept, and the end of a lease wakes one who waits, not all.
. t/lib.sh
. t/zk.sh

zk_start one
P=/rowferry/leases/line
# long sessions: what is looked at again by the clock does not come into this
for i in 0 1 2 3 4 5; do
	mkfifo "$T/go$i"
	# shellcheck disable=SC2016
	lease_start "w$i" $P -vv --session-timeout 100 --holder "w$i" -- sh -c 'echo $ROWFERRY_HOLDER $ROWFERRY_EPOCH >>$T/order; read -r _ <'"$T/go$i"
	if [ $i = 0 ]; then
		ok 'the first holds the lease' wait_for 30 is_held $P w0
	else
		ok "w$i waits" wait_for 30 is_waiting $P "w$i"
	fi
done
is "$(status $P)" $'holds\tw0\nwaits\tw1\nwaits\tw2\nwaits\tw3\nwaits\tw4\nwaits\tw5' 'they stand in the order in which they came'

# each node is watched by its own (if it is the holder's) and by the next alone
zk ask 1 wchp >"$T/watches"
is "$(grep -c "^$P/" "$T/watches")" 5 'five nodes are watched, the last by nobody' || diag "$(cat "$T/watches")"
is "$(awk -v p=$P '/^\// { if (n) print n; n = 0; next } /0x/ { n++ } END { print n }' "$T/watches" | sort | tr '\n' ' ')" '1 1 1 1 2 ' \
	'each by one, and that of the holder by itself too'

looks() # NAME: how often it looked at the line
{
	grep -c ': [0-9]* ahead' "$T/$1.err"
}
is "$(for i in 0 1 2 3 4 5; do looks w$i; done | tr '\n' ' ')" '1 1 1 1 1 1 ' 'each has looked once'

# one leaves the line: the one behind it looks, and waits on
kill "$PID_w3"
lease_ends 0 w3 'one in the midst leaves' 20
looked_again() { [ "$(looks w4)" = 2 ]; }
ok 'the one behind it looks again' wait_for 20 looked_again
like "$(grep ahead "$T/w4.err" | tail -n 1)" ': 3 ahead' 'and has three before it'

for i in 0 1 2 4 5; do
	ok "w$i has its turn" wait_for 30 is_held $P "w$i"
	is "$(tail -n 1 "$T/order" | cut -d' ' -f 1)" "w$i" 'and its command runs'
	echo >"$T/go$i"
	lease_ends 0 "w$i" "w$i ends" 20
done
# the one before: its turn comes (it then writes since when it holds), it ends; w1 came when w0 had already written
is "$(for i in 0 1 2 4 5; do looks w$i; done | tr '\n' ' ')" '1 2 3 4 3 ' 'each was woken only by the one before it'
is "$(sort -n -k 2 -u "$T/order" | cut -d' ' -f 1 | tr '\n' ' ')" 'w0 w1 w2 w4 w5 ' 'the epochs grow in that order'
ok 'nobody is left' free $P
done_testing

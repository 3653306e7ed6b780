#!/bin/bash
# rowdiff --follow outlives its servers: when one is stopped, killed or away it waits, says so once, and goes on with the proofs
# that it had. What a person has to mend still ends it.
# (one client library will do)
. t/lib.sh
. t/diff.sh
. t/seen.sh

servers_start src dst
for s in src dst; do
	q $s "CREATE DATABASE shop; USE shop; CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t SELECT seq, seq FROM seq_1_to_2000; CREATE TABLE u LIKE t; CREATE USER diff IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO diff"
done
diff_cnf src
printf '[client]\nsocket=%s\nuser=diff\npassword=pw\n' "$SOCK_dst" >"$T/dst.cnf"
: >"$T/f.out"
diff_run --include shop --follow --pause 0.05 --json --status-file "$T/s.json" >"$T/f.out" 2>"$T/f.err" &
follow=$!
t_own $follow
rounds() { grep -c '"round"' "$T/f.out"; }
more() { [ "$(rounds)" -gt "$1" ]; }
said() { [ "$(grep -c "$1" "$T/f.err")" -ge "$2" ]; }
ok 'round after round' wait_for 30 more 2
q dst 'DELETE FROM shop.u; INSERT INTO shop.u VALUES (7, 7)'
differs() { tail -n 1 "$T/f.out" | grep -q '"differences":1,'; }
ok 'a table that differs from now on' wait_for 30 differs
proven=$(grep '"table":"shop.u","result":"different"' "$T/f.out" | tail -n 1 | jq -r .proven)
like "$proven" '^20' 'was the same at a time'

server_kill dst
ok 'the target is killed: that is said' wait_for 20 said 'warning: could not .* the target, socket .*goes on when it can$' 1
waits() { jq -e --arg side "$1" '.state == $side' "$T/s.json" >"$T/seen" 2>&1; }
ok 'and seen from outside' wait_for 10 waits target
n=$(rounds)
server_start dst
ok 'it goes on' wait_for 30 more "$n"
is "$(grep -c 'could not' "$T/f.err")" 1 'it was said once'
ok 'that it is back, too' said 'warning: connected to both servers again' 1
is "$(grep '"table":"shop.u","result":"different"' "$T/f.out" | tail -n 1 | jq -r .proven)" "$proven" 'the proof is as old as it was'
n=$(rounds)
server_stop src
ok 'the source is stopped in order' wait_for 20 said 'could not .* the source' 1
ok 'and seen' wait_for 10 waits source
server_start src
ok 'it goes on' wait_for 30 more "$n"
is "$(grep -c 'could not' "$T/f.err")" 2 'said once again'
q src 'SELECT COUNT(*) FROM shop.t' >/dev/null

n=$(rounds)
server_stop dst
ok 'the target is stopped' wait_for 20 said 'could not .* the target' 2
kill -TERM "$(find_program rowdiff)"
wait $follow
is $? 1 'a signal ends it also while it waits, with what the last round found'
unlike "$(<"$T/f.err")" 'error:' 'nothing of that was an error'
exits 111 'a server that was never there is not waited for' diff_run --include shop --follow

# what waiting does not mend
server_start dst
: >"$T/f.out"
diff_run --include shop --follow --pause 0.05 --json >"$T/f.out" 2>"$T/f.err" &
follow=$!
t_own $follow
ok 'once more' wait_for 30 more 0
q dst "SET PASSWORD FOR diff = PASSWORD('other')"
server_stop dst
server_start dst
wait $follow
is $? 100 'a password that is another one now ends it'
like "$(<"$T/f.err")" 'error: cannot connect to the target' 'with an error'
done_testing

#!/bin/bash
# How rowdiff is run: what it waits for, round after round at a bounded load, when servers and rights fail, how it ends.
# (one client library will do)
. t/lib.sh
. t/diff.sh
. t/seen.sh

servers_start src 'dst --skip-log-bin'
for s in src dst; do
	q $s "CREATE DATABASE shop; USE shop; CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t SELECT seq, seq FROM seq_1_to_20000; CREATE TABLE f (f FLOAT, d DOUBLE, PRIMARY KEY (f, d)); CREATE TABLE empty (id INT PRIMARY KEY); CREATE TABLE none (a INT);
		INSERT INTO f SELECT seq / 7, -1e-9 / seq FROM seq_1_to_50; INSERT INTO f VALUES (-1.17549435e-38, 4.9406564584124654e-324), (3.4028234e38, -1.7976931348623157e308), (0, 0)"
done

# ---- without anything to wait for, a difference must last
q dst 'UPDATE shop.t SET n = 0 WHERE id = 5000'
(
	sleep 1.2
	q dst 'UPDATE shop.t SET n = 5000 WHERE id = 5000'
) &
later=$!
exits 0 'a difference that does not last for the window is none' diff_run --include shop --window 3
wait $later
q dst 'UPDATE shop.t SET n = 0 WHERE id = 5000; UPDATE shop.f SET d = -1.7976931348623155e308 WHERE d < -1e300'
exits 1 'one that does is' diff_run --include shop --window 1 --json
is "$(jq -r 'select(.difference) | "\(.difference) \(.key | to_entries | map(.value) | .[-1]) \(.window >= 1)"' "$T/out" | sort | xargs)" \
	'different 5000 true extra -1.7976931348623155e308 true missing -1.7976931348623157e308 true' 'with the time for which it was watched'
exits 0 'tables that are left out are not looked at' diff_run --include shop --exclude shop.t --exclude shop.f
exits 0 'nor are rows' diff_run --include shop.t --where 'id <> 5000'

# ---- replicas of the servers' own
q src "CREATE USER repl IDENTIFIED BY 'pw'; GRANT REPLICATION SLAVE ON *.* TO repl"
q dst "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$PORT_src, MASTER_USER='repl', MASTER_PASSWORD='pw', MASTER_USE_GTID=slave_pos; SET GLOBAL gtid_slave_pos='$(q src 'SELECT @@gtid_binlog_pos')'; START SLAVE"
exits 1 'beside a replica' diff_run --include shop.t --replica
q src 'UPDATE shop.t SET n = n + 1 WHERE id = 1'
q dst 'UPDATE shop.t SET n = 5000 WHERE id = 5000; STOP SLAVE SQL_THREAD'
q src 'UPDATE shop.t SET n = n + 1 WHERE id BETWEEN 2 AND 4'
exits 111 'what a stopped replica lacks cannot be told' diff_run --include shop.t --replica --settle 1
is "$(grep -c '^unproven .*(id=' "$T/out")" 3 'and is called unproven'
q dst 'START SLAVE SQL_THREAD'
exits 0 'and when it goes on all is the same' diff_run --include shop.t --replica

# ---- for ever
: >"$T/follow.out"
diff_run --include shop.t --replica --follow --share 0.5 --pause 0.05 --json --status-file "$T/status.json" --metrics "unix:$T/metrics" >"$T/follow.out" 2>"$T/follow.err" &
follow=$!
t_own $follow
rounds() { [ "$(grep -c '"round"' "$T/follow.out")" -ge "$1" ]; }
ok 'round after round' wait_for 30 rounds 3
q dst 'UPDATE shop.t SET n = -1 WHERE id = 777'
found() { grep -q '"difference":"different".*"777"' "$T/follow.out"; }
ok 'finds what becomes different' wait_for 30 found
q dst 'UPDATE shop.t SET n = 777 WHERE id = 777'
healed() { tail -n 1 "$T/follow.out" | grep -q '"differences":0,'; }
ok 'and what is the same again' wait_for 30 healed
like "$(tail -n 1 "$T/follow.out")" '"oldest":"20[0-9-]*T[0-9:]*Z"' 'says how old the oldest proof is'
status_has() { jq -e '.tables["shop.t"] | .result == "same" and .proof_age_seconds >= 0' "$T/status.json" >"$T/seen" 2>&1; }
ok 'the status file has it' wait_for 10 status_has
like "$(get "unix:$T/metrics" /metrics)" 'rowferry_proof_age_seconds\{table="shop.t"\} [0-9.]+' 'and so have the metrics'
kill -USR1 "$(find_program rowdiff)"
aged() { grep -qE 'shop\.t was the same [0-9.]+ s ago' "$T/follow.err"; }
ok 'SIGUSR1 asks for it table by table' wait_for 10 aged
is "$(grep '"table"' "$T/follow.out" | jq -r 'select(.result == "different") | .proven != null' | sort -u)" true 'a table that differs has its last proof'
kill -TERM "$(find_program rowdiff)"
wait $follow
is $? 0 'SIGTERM ends it'

# ---- failures
exits 100 'a pipeline that is not there' diff_run --include shop --pipeline none
is "$(err)" 'rowdiff: error: the target has no checkpoint of a pipeline "none"' 'is named'
exits 100 'no such table' diff_run --include shop.nothing
exits 100 'no servers are named' rowdiff --include shop
exits 100 'two ways to know the lag' diff_run --pipeline a --replica
exits 100 'a repair of an endless run' diff_run --follow --repair "$T/x"
q src "CREATE USER small IDENTIFIED BY 'se<cret'; GRANT SELECT ON shop.none TO small"
printf '[rowdiff-source]\nsocket=%s\nuser=small\npassword=se<cret\n[rowdiff-target]\nsocket=%s\nuser=root\n' "$SOCK_src" "$SOCK_dst" >"$T/both.cnf"
exits 0 'one option file for both, an account that sees one table' rowdiff --source-defaults-file="$T/both.cnf" --target-defaults-file="$T/both.cnf" --window 0 --exclude '*.t' --include shop.none
sed -i 's/se<cret/wr<ong/' "$T/both.cnf"
exits 100 'a wrong password' rowdiff --source-defaults-file="$T/both.cnf" --target-defaults-file="$T/both.cnf" --include shop.none
unlike "$(err)" 'wr<ong' 'is not shown'
server_kill dst
exits 111 'a target that is away' diff_run --include shop
like "$(err)" 'could not connect to the target, socket' 'is the outside'
done_testing

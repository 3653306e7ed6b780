#!/bin/bash
# examples/leased.sh: the same pipeline is started twice, as on two machines, and runs once; the other takes over.
. t/lib.sh
. t/zk.sh

zk_start one
server_start src
server_start dst
for s in src dst; do
	q $s 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, item VARCHAR(20))'
done
export ROWFERRY_CONF=$T/conf
mkdir -p "$ROWFERRY_CONF/shop"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_src" >"$ROWFERRY_CONF/shop/source.cnf"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_dst" >"$ROWFERRY_CONF/shop/target.cnf"
exits 100 'leased.sh: without servers' examples/leased.sh shop
printf '# our ensemble\n\n--zk=%s\n--session-timeout=4\n' "$ZK" >"$ROWFERRY_CONF/shop/lease.args"
start=gtid:$(q src 'SELECT @@gtid_binlog_pos')

programs() # NAME: pids of the pipeline's programs that this test started
{
	local dir name
	for dir in /proc/[0-9]*; do
		{ read -r name <"$dir/comm"; } 2>/dev/null && [[ $name =~ ^(binlog-tap|rowfilter|rowmap|mysql-sink)$ ]] &&
			grep -qzxF "T=$T" "$dir/environ" 2>/dev/null && echo "${dir#/proc/}"
	done
}
running() { [ "$(programs | wc -l)" = "$1" ]; }

pipeline_start a -- "examples/leased.sh shop $start"
q src "INSERT INTO shop.orders VALUES (1, 'apple')"
ok 'one runs: rows arrive' wait_caught_up src dst shop || pipeline_diag a
pipeline_start b -- "examples/leased.sh shop $start"
waits() { [ "$(status /rowferry/leases/shop | wc -l)" = 2 ]; }
ok 'the other waits' wait_for 30 waits
ok 'four programs run' running 4

first=$(programs)
kill -9 "$(pipeline_pid a 1)"
gone()
{
	local p
	for p in $first; do
		! grep -qzxF "T=$T" "/proc/$p/environ" 2>/dev/null || return 1
	done
}
ok 'its zk-lease is killed: its programs end' wait_for 20 gone
q src "INSERT INTO shop.orders VALUES (2, 'pear')"
ok 'the other takes over: rows arrive' wait_caught_up src dst shop || pipeline_diag b
is "$(q dst 'SELECT GROUP_CONCAT(item ORDER BY id) FROM shop.orders')" apple,pear 'each once'
ok 'four programs run' running 4
pipeline_stop b
is "$CODES" 0 'SIGTERM ends it cleanly' || pipeline_diag b
ok 'no program is left' wait_for 10 running 0

# killed at once, not only asked: nothing escapes from the group
pipeline_start c -- 'examples/leased.sh shop'
q src "INSERT INTO shop.orders VALUES (3, 'fig')"
ok 'again: rows arrive' wait_caught_up src dst shop || pipeline_diag c
node=$(zk ask 1 wchp | grep -o '^/rowferry/leases/shop/.*')
zk_cli "delete $node"
pipeline_wait c 30
is "$CODES" 99 'its node is deleted' || pipeline_diag c
ok 'no program is left' wait_for 10 running 0
done_testing

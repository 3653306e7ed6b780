#!/bin/bash
# examples/from-dump.sh: from nothing to in sync while the source is written, by mydumper and by mariadb-dump.
# (one client library will do)
. t/lib.sh

command -v mydumper >/dev/null || skip_all 'mydumper is missing (scripts/deps test)'
servers_start 'src --binlog-row-metadata=FULL' 'mydumper' 'dump'
/usr/bin/python3 t/data/dump_load.py "$SOCK_src" 2 "$T/stop" 2>"$T/load.err" &
load=$!
t_own $load
written()
{
	local n
	n=$(q_may src 'SELECT SUM(n) FROM shop.counter' 2>/dev/null) && [ "${n/NULL/0}" -ge "$1" ]
}
ok 'writers write' wait_for 60 written 100
export ROWFERRY_CONF=$T/conf
configure() # NAME
{
	local sock=SOCK_$1
	mkdir -p "$ROWFERRY_CONF/$1"
	printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_src" >"$ROWFERRY_CONF/$1/source.cnf"
	printf '[client]\nsocket=%s\nuser=root\n' "${!sock}" >"$ROWFERRY_CONF/$1/target.cnf"
	printf 'include shop.*\n' >"$ROWFERRY_CONF/$1/filter.rules"
}
configure mydumper
configure dump
mkdir "$T/d"
pipeline_start mydumper -- "env DUMP_DIR=$T/md examples/from-dump.sh mydumper shop"
pipeline_start dump -- "env DUMP=mariadb-dump DUMP_DIR=$T/d examples/from-dump.sh dump shop"
for p in mydumper dump; do
	ok "$p: the target has a position" wait_for 60 eval "position $p $p >/dev/null" || pipeline_diag $p
done
ok 'the writers go on' wait_for 60 written $(($(q src 'SELECT SUM(n) FROM shop.counter') + 100))
touch "$T/stop"
wait $load
is $? 0 'and end well' || diag "$(tail -n 5 "$T/load.err")"
for p in mydumper dump; do
	ok "$p: it catches up" wait_caught_up src $p $p 60 || pipeline_diag $p
	same_data src $p "$p: equal to the byte" shop
	pipeline_stop $p
	is "$CODES" 0 "$p: SIGTERM ends it cleanly" || pipeline_diag $p
done
exits 100 'a pipeline that has a position' examples/from-dump.sh dump shop
like "$(err)" 'pipeline dump has a position already' 'is left alone'
done_testing

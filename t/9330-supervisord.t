#!/bin/bash
# examples/supervisord.conf under supervisord itself: what dies is started again and goes on where the target is; what only a
# person can mend stays down, with the cause in the log.
# (one client library will do)
. t/lib.sh
command -v supervisord >/dev/null || skip_all 'supervisord is missing (scripts/deps test)'

server_start src
server_start dst
for s in src dst; do
	q $s 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, item VARCHAR(20))'
done
export ROWFERRY_CONF=$T/conf
mkdir -p "$ROWFERRY_CONF/shop"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_src" >"$ROWFERRY_CONF/shop/source.cnf"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_dst" >"$ROWFERRY_CONF/shop/target.cnf"

# the file as it is, but for where things are and who runs them
{
	printf '[unix_http_server]\nfile=%s\n[supervisord]\npidfile=%s\nlogfile=%s\nchildlogdir=%s\n' "$T/sv" "$T/sv.pid" "$T/sv.log" "$T"
	printf '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n'
	printf '[supervisorctl]\nserverurl=unix://%s\n' "$T/sv"
	sed "s,/usr/local/share/doc/rowferry,$TOP,; /^user=/d; s,/var/log/supervisor,$T," examples/supervisord.conf
} >"$T/sv.conf"
ctl()
{
	supervisorctl -c "$T/sv.conf" "$@"
}

# shellcheck disable=SC2317 # called by wait_for
is_state() # WHICH
{
	[[ $(ctl status rowferry-shop) =~ rowferry-shop\ +$1 ]]
}

# shellcheck disable=SC2317 # called by wait_for
has_position()
{
	position dst shop >"$T/position"
}

insert() # ID
{
	q src "INSERT INTO shop.orders VALUES ($1, 'item $1')"
}

arrives() # ID TESTNAME
{
	ok "$2" wait_caught_up src dst shop || diag "$(tail -n 20 "$T/sv.log" "$T/rowferry-shop.log")"
	is "$(q dst "SELECT item FROM shop.orders WHERE id = $1")" "item $1" 'with its row'
}

supervisord -n -c "$T/sv.conf" >"$T/sv.out" 2>&1 &
daemon=$!
t_own $daemon
ok 'it runs the pipeline' wait_for 30 is_state RUNNING || diag "$(cat "$T/sv.log" "$T/sv.out")"
insert 1
ok 'the target has a position' wait_for 30 has_position
arrives 1 'rows arrive'

id=1
for victim in mysql-sink binlog-tap rowfilter pipeline.sh; do
	find_program $victim | xargs kill -9
	insert $((++id))
	arrives $id "killed $victim: it is started again, and goes on"
done
server_kill dst
insert $((++id))
server_start dst
arrives $id 'the target was away: it goes on'

ok 'it runs' wait_for 30 is_state RUNNING
q dst 'DELETE FROM shop.orders WHERE id = 1'
q src "UPDATE shop.orders SET item = 'none' WHERE id = 1"
ok 'a row that does not fit: it stays down' wait_for 60 is_state EXITED || diag "$(tail -n 20 "$T/sv.log")"
like "$(tail -n 5 "$T/sv.log")" 'rowferry-shop \(exit status 100; expected\)' 'as for a person'
like "$(cat "$T/rowferry-shop.log")" 'mysql-sink: error: .*"?shop.orders' 'and the log has the cause'
q dst "INSERT INTO shop.orders VALUES (1, 'item 1')"
ctl start rowferry-shop >"$T/start.out"
insert $((++id))
arrives $id 'mended and started: it goes on'
is "$(q dst 'SELECT item FROM shop.orders WHERE id = 1')" none 'nothing was left out'

ctl stop rowferry-shop >"$T/stop.out"
ok 'told to stop' is_state STOPPED
like "$(tail -n 3 "$T/sv.log")" 'stopped: rowferry-shop \(exit status 0\)' 'it ends well'
is "$(find_program mysql-sink)" '' 'and nothing of it is left'
kill $daemon
wait $daemon 2>/dev/null
done_testing

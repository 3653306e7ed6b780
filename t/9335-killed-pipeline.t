#!/bin/bash
# examples/pipeline.sh and its programs, each killed in turn: when one is gone all are, within a second, the exit code is that of
# the first cause, nothing is left behind, and started again it goes on without a row lost or twice.
# (one client library will do)
. t/lib.sh

server_start src
server_start dst
for s in src dst; do
	q $s 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT)'
done
export ROWFERRY_CONF=$T/conf RUNTIME_DIRECTORY=$T/run
mkdir -p "$ROWFERRY_CONF/shop" "$RUNTIME_DIRECTORY"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_src" >"$ROWFERRY_CONF/shop/source.cnf"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_dst" >"$ROWFERRY_CONF/shop/target.cnf"
start=gtid:$(q src 'SELECT @@gtid_binlog_pos')
limit_ms=2000 # a second, on a machine that has other things to do
[ "$RUN_LIMIT" = 120 ] || limit_ms=10000 # sanitized programs end slowly

programs=(binlog-tap rowfilter rowmap mysql-sink)
left() # what runs of it
{
	local p
	for p in "${programs[@]}" pipeline.sh forever.sh; do
		find_program $p
	done
}
none_left() { [ -z "$(left)" ]; }
id=0
works() # TESTNAME
{
	q src "INSERT INTO shop.orders SELECT seq FROM mysql.seq_$((id + 1))_to_$((id + 50))" && id=$((id + 50))
	ok "$1" wait_caught_up src dst shop || pipeline_diag run
}
# ends_soon PID NAME WANT TESTNAME: it is killed, and with it the pipeline
ends_soon()
{
	local began took
	began=${EPOCHREALTIME/./}
	kill -9 "$1"
	pipeline_wait run 30
	wait_for 30 none_left
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	is "$CODES" "$3" "$4: the exit code" || pipeline_diag run
	ok "$4: all are gone after $took ms" test $took -le $limit_ms -a -z "$(left)" || diag "left: $(left)"
}

for victim in "${programs[@]}"; do
	pipeline_start run -- "examples/pipeline.sh shop $start"
	works 'it works'
	ends_soon "$(find_program $victim)" run 137 "$victim is killed"
	like "$(tail -n 1 "$T/run.1.err")" "^pipeline.sh: error: the programs of shop ended with .*137.*, $victim's is what counts$" 'and it is named'
done

pipeline_start run -- "examples/pipeline.sh shop $start"
works 'it works'
for p in "${programs[@]}"; do
	like "$(/usr/bin/python3 - "$RUNTIME_DIRECTORY/$p.sock" <<-'EOT'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
		data = b""
		while d := s.recv(65536):
		    data += d
		print(data.decode())
	EOT
	)" "\"program\": \"$p\"" "RUNTIME_DIRECTORY: $p answers there"
done
ends_soon "$(pipeline_pid run 1)" run 137 'the script itself is killed'
is "$(sed '/has no position/d; /^binlog-tap: \|^row[a-z]*: \|^mysql-sink: info/d' "$T/run.1.err")" '' 'the programs end as when they are told to' || pipeline_diag run

pipeline_start run -- "examples/pipeline.sh shop $start"
works 'it goes on'
inner=$(pgrep -P "$(pipeline_pid run 1)")
is "$(wc -w <<<"$inner")" 1 'a shell stands between the script and the programs'
ends_soon "$inner" run 137 'that shell is killed'

pipeline_start run -- "examples/forever.sh shop $start"
works 'it goes on, under forever.sh'
ends_soon "$(pipeline_pid run 1)" run 137 'forever.sh is killed'

# a person's error counts before what follows of it, a second stop is not an error of a program
pipeline_start run -- "examples/pipeline.sh shop $start"
works 'it goes on'
printf '[client]\nsocket=%s\nuser=root\npassword=wrong\n' "$T/none" >"$ROWFERRY_CONF/shop/source.cnf"
pipeline_stop run
is "$CODES" 0 'told to stop it ends well'
pipeline_start run -- "examples/pipeline.sh shop $start"
pipeline_wait run 30
is "$CODES" 111 'a source that is not there: start again'
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_src" >"$ROWFERRY_CONF/shop/source.cnf"
echo 'table' >"$ROWFERRY_CONF/shop/map.rules"
pipeline_start run -- "examples/pipeline.sh shop $start"
pipeline_wait run 30
is "$CODES" 100 'rules that are wrong are for a person'
like "$(tail -n 1 "$T/run.1.err")" "rowmap's is what counts$" 'and it is named'
PATH=${PATH/$BIN/$T/empty}
pipeline_start run -- "examples/pipeline.sh shop $start"
pipeline_wait run 30
PATH=${PATH/$T\/empty/$BIN}
isnt "$CODES" 0 'programs that are not there'
rm "$ROWFERRY_CONF/shop/map.rules"
pipeline_start run -- "examples/pipeline.sh shop $start"
works 'it goes on'
pipeline_stop run
same_data src dst 'nothing was lost, nothing is there twice' shop
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" "$id" 'all rows are there'
is "$(left)" '' 'nothing is left'
done_testing

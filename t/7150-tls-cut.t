#!/bin/bash
# A connection with TLS that is killed is a lost connection like any other: tap and sink go on, and nobody is called.
. t/lib.sh

need_server mysql-9.7
server_start src @mysql-9.7 --gtid-mode=ON --enforce-gtid-consistency=ON
server_start dst @mysql-9.7
q src "CREATE USER ferry@'%' IDENTIFIED BY 'x' REQUIRE SSL; GRANT ALL ON *.* TO ferry@'%'; CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)"
q dst "CREATE USER ferry@'%' IDENTIFIED BY 'x' REQUIRE SSL; GRANT ALL ON *.* TO ferry@'%'; CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)"
login='--no-defaults -h 127.0.0.1 -uferry -px --ssl-mode=REQUIRED'

mkfifo "$T/rows"
# shellcheck disable=SC2086
binlog-tap $login -P "$PORT_src" --start-at now --heartbeat 0.3 --ready-fd 3 3>"$T/ready" 2>"$T/tap.err" >"$T/rows" &
tap=$!
t_own "$tap"
# shellcheck disable=SC2086
mysql-sink $login -P "$PORT_dst" --pipeline one 2>"$T/sink.err" <"$T/rows" &
sink=$!
t_own "$sink"
wait_for 20 test -s "$T/ready" || bail 'the tap does not start'

kill_all() # SERVER
{
	q "$1" "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE user = 'ferry'" | while read -r kill; do
		q "$1" "$kill"
	done
}
arrived() { [ "$(q dst 'SELECT COUNT(*) FROM d.t')" = "$1" ]; }

q src 'INSERT INTO d.t VALUES (1)'
ok 'rows arrive' wait_for 20 arrived 1
for i in 2 3; do
	kill_all src
	q src "INSERT INTO d.t VALUES ($i)"
	ok "also when the source killed its connections ($i)" wait_for 20 arrived "$i"
done
for i in 4 5; do
	kill_all dst
	q src "INSERT INTO d.t VALUES ($i)"
	ok "and when the target did ($i)" wait_for 20 arrived "$i"
done
like "$(cat "$T/tap.err")" 'warning: lost the connection to 127.0.0.1.*warning: connected to 127.0.0.1:[0-9]+ again' 'the tap says that it lost its connection and has it again'
kill -TERM "$tap"
wait "$tap"
is $? 0 'the tap stops cleanly after all that'
wait "$sink"
is $? 0 'and so does the sink'

# with --once it is for whoever starts it again
# shellcheck disable=SC2086
binlog-tap $login -P "$PORT_src" --start-at now --once --ready-fd 3 3>"$T/ready2" 2>"$T/tap.err" >/dev/null &
pid=$!
t_own "$pid"
wait_for 20 test -s "$T/ready2" || bail 'the tap does not start'
kill_all src
wait "$pid"
is $? 111 '--once ends with 111'
done_testing

#!/bin/bash
# The target fails over to another server that has the replicated checkpoint: the name is resolved anew with each try, and the
# checkpoint found there decides. No row is there twice, none is missing.
. t/lib.sh
unshare -m true 2>/dev/null || skip_all 'names cannot be changed here: no mount namespaces'

server_start src --binlog-row-metadata=FULL
server_start one --server-id=1001
mkdir "$T/two" && echo "$PORT_one" >"$T/two/port" # the same port at another address
server_start two --bind-address=127.0.0.2 --server-id=1002 --read-only
is "$PORT_two" "$PORT_one" 'two servers, one port'
q src 'CREATE DATABASE s; CREATE TABLE s.t (id INT)'
start=gtid:$(q src 'SELECT @@gtid_binlog_pos')
q one "CREATE USER ferry@'%' IDENTIFIED BY 'ferry'; GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, PROCESS ON *.* TO ferry@'%';
	CREATE USER repl@'%' IDENTIFIED BY 'repl'; GRANT REPLICATION SLAVE ON *.* TO repl@'%'; CREATE DATABASE s; CREATE TABLE s.t (id INT)"
q two "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$PORT_one, MASTER_USER='repl', MASTER_PASSWORD='repl', MASTER_USE_GTID=slave_pos; START SLAVE"
replicated() # the second has what the first has
{
	[ "$(q two 'SELECT @@gtid_slave_pos')" = "$(q one 'SELECT @@gtid_binlog_pos')" ]
}
ids() { q "$1" 'SELECT COUNT(*), COUNT(DISTINCT id), MAX(id) FROM s.t' | tr '\t' ' '; }
ids_are() { [ "$(ids "$1")" = "$2" ]; }
name_is() # ADDRESS...: what target.test is
{
	{ echo 127.0.0.1 localhost; printf '%s target.test\n' "$@"; } >"$T/hosts"
}
SINK="unshare -m sh -c 'mount --bind $T/hosts /etc/hosts && exec \"\$@\"' sh \
	mysql-sink --no-defaults -h target.test -P $PORT_one -u ferry -pferry --ssl=0 --pipeline p"
pipe() # where its target is, else at the start
{
	local at
	at=$(eval "$SINK --print-position" 2>/dev/null) || at=$start
	pipeline_start p -- "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at $at" "$SINK $*"
}

name_is 127.0.0.1
pipe --retry-timeout 60 -v
q src 'USE s; INSERT INTO t SELECT seq FROM seq_1_to_100'
ok 'rows are on the first' wait_for 30 ids_are one '100 100 100' || pipeline_diag p
ok 'and on its replica' wait_for 30 replicated

# ---- the replica has all of it; it is not writable at once
server_kill one
q src 'INSERT INTO s.t VALUES (101)'
ok 'the first is killed: the sink tries again' wait_for 30 grep -q 'warning: could not connect to target.test:[0-9]* again: .*; tried again for [0-9]* s at most' "$T/p.2.err" || pipeline_diag p
q two 'STOP SLAVE; RESET SLAVE ALL'
name_is 127.0.0.2
refuses() { grep -q 'read-only' "$T/p.2.err"; }
ok 'the name is the other one: which is read-only yet' wait_for 30 refuses || pipeline_diag p
q two 'SET GLOBAL read_only = 0'
ok 'when it can be written the same sink goes on' wait_for 60 ids_are two '101 101 101' || pipeline_diag p
pipeline_stop p
is "$CODES" '0 0' 'without an end' || pipeline_diag p

# ---- back, with a replica that is behind: what it lacks comes again
rm -rf "$T/one/data" && server_stop one
server_start one --server-id=1001 --gtid-domain-id=5 --bind-address=127.0.0.1
q one "CREATE USER ferry@'%' IDENTIFIED BY 'ferry'; GRANT ALL ON *.* TO ferry@'%'; CREATE USER repl@'%' IDENTIFIED BY 'repl'; GRANT REPLICATION SLAVE ON *.* TO repl@'%'"
mariadb-dump --no-defaults --socket "$SOCK_two" -u root --databases s rowferry --skip-comments >"$T/dump.sql"
q_file one "$T/dump.sql"
name_is 127.0.0.2
pipe -v
q src 'INSERT INTO s.t VALUES (102)'
ok 'the replica is not told of the next rows' wait_for 30 ids_are two '102 102 102' || pipeline_diag p
server_kill two
name_is 127.0.0.1
q src 'INSERT INTO s.t VALUES (103)'
pipeline_wait p 60
is "${CODES##* }" 111 'a server that is behind: the sink ends, to be started again' || pipeline_diag p
is "$(grep -v 'info:\|warning:' "$T/p.2.err")" "mysql-sink: error: the checkpoint of pipeline \"p\" on target.test:$PORT_one is behind what was committed: another server answers there, or it was set back
mysql-sink: hint: start again: the pipeline goes on where that server is" 'and says why'
is "$(ids one)" '101 101 101' 'nothing was added with a gap before it'
pipe
ok 'started again it goes on where that server is' wait_for 30 ids_are one '103 103 103' || pipeline_diag p
same_data src one 'which has it all, once' s
pipeline_stop p

# ---- a name with several addresses
server_start two
name_is 127.0.0.3 127.0.0.1
exits 0 'a name of which one address does not answer' bash -c "$SINK --print-position"
done_testing

#!/bin/bash
# XA transactions in the log: what is prepared, what is decided later, what the server logs as something else; a lost
# connection in the midst of one.
# shellcheck disable=SC2016,SC2034,SC2086 # $tap is a command with options; conditions are for eval
. t/lib.sh

server_start src
tap="binlog-tap --no-defaults --socket $SOCK_src --user root"

position()
{
	q src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' :
}
gist()
{
	rowdump "$T/out" | jq -c 'if .begin then "begin \(.begin.xid // "")" elif .commit then "commit \(.commit.rows)" elif .prepare then "prepare \(.prepare.rows) \(.prepare.xid)"
		elif .decide then "decide \(.decide.commit) \(.decide.xid)" elif .insert then [.insert, .new] elif .savepoint then .savepoint elif .rollback then .rollback else empty end' -r
}
shows()
{
	local at=$1
	shift
	run $tap --start-at "$at" --stop-at now "$@"
	[ "$CODE" = 0 ] || diag "$(err)"
	gist
}

q src 'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT); CREATE TABLE d.m (id INT) ENGINE=MyISAM'
start=$(position)
q src "XA START 'it''s','b',7; INSERT INTO d.t VALUES (1,1); SAVEPOINT a; INSERT INTO d.t VALUES (2,2); ROLLBACK TO a; INSERT INTO d.t VALUES (3,3); XA END 'it''s','b',7; XA PREPARE 'it''s','b',7"
q src 'INSERT INTO d.t VALUES (10,10)'
middle=$(position)
q src "XA COMMIT 'it''s','b',7"
is "$(shows "$start")" "begin X'69742773',X'62',7
[\"d.t\",{\"id\":1,\"v\":1}]
{\"name\":\"a\"}
[\"d.t\",{\"id\":3,\"v\":3}]
prepare 2 X'69742773',X'62',7
begin 
[\"d.t\",{\"id\":10,\"v\":10}]
commit 1
begin 
decide true X'69742773',X'62',7
commit 0" 'prepared, another transaction, committed'
is "$(rowdump "$T/out" | rowundump | cmp - "$T/out" && echo same)" same 'there and back'
is "$(rowdump "$T/out" | jq -c 'select(.prepare).prepare | [.file, .off]')" "$(rowdump "$T/out" | jq -c 'select(.begin).begin | [.file, .off]' | sed -n 2p)" 'the position of PREPARE is where the next transaction begins'
cp "$T/out" "$T/live"
is "$(shows "$middle" | paste -sd ' ')" "begin  decide true X'69742773',X'62',7 commit 0" 'a start between the two'
is "$(shows "$start" --exclude d.t | paste -sd ' ')" "begin X'69742773',X'62',7 {\"name\":\"a\"} prepare 0 X'69742773',X'62',7 begin  commit 0 begin  decide true X'69742773',X'62',7 commit 0" 'of tables that are out of scope the frame remains'

at=$(position)
q src "XA START X'00FF',X'',0; INSERT INTO d.t VALUES (4,1); XA END X'00FF',X'',0; XA PREPARE X'00FF',X'',0; XA ROLLBACK X'00FF',X'',0"
is "$(shows "$at" | paste -sd ' ')" "begin X'00ff',X'',0 [\"d.t\",{\"id\":4,\"v\":1}] prepare 1 X'00ff',X'',0 begin  decide false X'00ff',X'',0 commit 0" 'rolled back'
at=$(position)
q src "XA START 'o'; INSERT INTO d.t VALUES (5,1); XA END 'o'; XA COMMIT 'o' ONE PHASE; XA START 'u'; INSERT INTO d.t VALUES (6,1); XA END 'u'; XA ROLLBACK 'u'"
is "$(shows "$at" | paste -sd ' ')" 'begin  ["d.t",{"id":5,"v":1}] commit 1' 'one phase is an ordinary transaction; what is never prepared is not there'
at=$(position)
q src "XA START 'm'; INSERT INTO d.m VALUES (7); INSERT INTO d.t VALUES (71,1); XA END 'm'; XA PREPARE 'm'"
q_may src "XA ROLLBACK 'm'" 2>/dev/null
is "$(shows "$at" | paste -sd ' ')" "begin  [\"d.m\",{\"id\":7}] commit 1 begin X'6d',X'',1 [\"d.t\",{\"id\":71,\"v\":1}] prepare 1 X'6d',X'',1 begin  decide false X'6d',X'',1 commit 0" 'tables without transactions go ahead of it'
at=$(position)
gtrid=$(printf '%064d' 1) bqual=$(printf '%064d' 2)
q src "XA START '$gtrid','$bqual',2147483647; INSERT INTO d.t VALUES (8,1); XA END '$gtrid','$bqual',2147483647; XA PREPARE '$gtrid','$bqual',2147483647; XA COMMIT '$gtrid','$bqual',2147483647"
hex() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }
is "$(shows "$at" | sed -n 5p)" "decide true X'$(hex "$gtrid")',X'$(hex "$bqual")',2147483647" 'the longest name there is'

# prepared, the server dies, and the next one commits
at=$(position)
q src "XA START 'k'; INSERT INTO d.t VALUES (9,1); XA END 'k'; XA PREPARE 'k'"
server_kill src
server_start src
is "$(q src 'SELECT COUNT(*) FROM d.t WHERE id = 9')" 0 'not visible on the source'
q src "XA COMMIT 'k'"
is "$(shows "$at" | paste -sd ' ')" "begin X'6b',X'',1 [\"d.t\",{\"id\":9,\"v\":1}] prepare 1 X'6b',X'',1 begin  decide true X'6b',X'',1 commit 0" 'over a crash of the source'

# files are the same as the connection
exits 0 'the log as a file' binlog-tap --no-defaults --socket "$SOCK_src" --user root --file "$(find "$T" -name "${start%:*}")" --start-at "$start"
like "$(gist | head -n 5 | paste -sd ' ')" "^begin X'69742773',X'62',7 .*prepare 2 X'69742773',X'62',7$" 'says the same'

# the connection is lost in the midst of a large one: it goes on where it was
at=$(position)
q src "XA START 'big'; INSERT INTO d.t SELECT seq, seq FROM d.seq_1000_to_200000; XA END 'big'; XA PREPARE 'big'"
q src "XA COMMIT 'big'"
mkfifo "$T/pipe"
$tap --start-at "$at" --stop-at now >"$T/pipe" 2>"$T/tap.err" &
pid=$!
t_own $pid
exec {pipe}<"$T/pipe"
head -c 200000 <&"$pipe" >"$T/out"
dump_thread() { q src "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%' LIMIT 1"; }
thread=$(dump_thread)
[ -z "$thread" ] || q src "KILL $thread"
cat <&"$pipe" >>"$T/out"
wait $pid
is $? 0 'the tap went on'
ok 'after it was cut off' grep -q 'connect' "$T/tap.err"
is "$(rowdump "$T/out" | jq -r 'select(.prepare) | .prepare.rows')" 199001 'all rows are there'
is "$(gist | grep -c '^begin\|^prepare\|^decide\|^commit')" 5 'and each frame once'
done_testing

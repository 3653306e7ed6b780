#!/bin/bash
# What the tap cannot do it says in one line, with what to do about it, and the exit code tells who has to act.
# shellcheck disable=SC2016,SC2034,SC2086 # $tap is a command with options; conditions are for eval
. t/lib.sh

server_start src
server_start other --binlog-format=STATEMENT
tap="binlog-tap --no-defaults --socket $SOCK_src --user root --heartbeat 0.3"
q src "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT); INSERT INTO d.t VALUES (1, 1)"

# lines N NAME: that many lines on stderr
lines()
{
	is "$(wc -l <"$T/err")" "$1" "$2" || diag "$(err)"
}

# statement-format logs
end=$(q src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' :)
q src "INSERT INTO d.t VALUES (2, 2); SET SESSION binlog_format = STATEMENT; UPDATE d.t SET v = v + 1 WHERE id = 1"
exits 100 'a row changed by a statement ends the stream' $tap --start-at "$end" --stop-at now
like "$(err)" 'error: rows were changed by a statement \(update\) and not logged as rows at bin.000001:[0-9]+'$'\n''binlog-tap: hint: set binlog_format=ROW' 'it says where, and what to set'
lines 2 'in two lines'
is "$(rowdump "$T/out" 2>/dev/null | grep -c '"new":{"id":2,')" 1 'what came before it is there'
exits 0 'out of scope it does not matter' $tap --start-at "$end" --stop-at now --exclude d
q src 'FLUSH BINARY LOGS'
end=$(q src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' :)
q src "SET SESSION binlog_format = STATEMENT; CREATE TABLE d.copied AS SELECT * FROM d.t"
exits 100 'CREATE TABLE ... SELECT as a statement too' $tap --start-at "$end" --stop-at now
q src "DROP TABLE d.copied; FLUSH BINARY LOGS"
end=$(q src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' :)
printf '7\t7\n' >"$T/load.txt"
q src "SET SESSION binlog_format = STATEMENT; LOAD DATA INFILE '$T/load.txt' INTO TABLE d.t"
exits 100 'LOAD DATA too' $tap --start-at "$end" --stop-at now
like "$(err)" 'LOAD DATA' 'and is named'
q other 'CREATE DATABASE x'
exits 0 'a server that logs statements' binlog-tap --no-defaults --socket "$SOCK_other" --user root --start-at earliest --stop-at now
like "$(err)" "warning: the server's binlog_format is STATEMENT" 'is warned of at the start'

# positions that are not there
q src 'FLUSH BINARY LOGS; PURGE BINARY LOGS TO "bin.000003"'
exits 100 'a purged file' $tap --start-at bin.000001:4
like "$(err)" 'cannot start there, the server does not have that log file' 'is not jumped over'
lines 2 'in two lines'
exits 100 'a purged GTID' $tap --start-at "gtid:0-$(q src 'SELECT @@server_id')-1" --stop-at now
like "$(err)" 'cannot start there, the server has deleted that part of its log' 'is not jumped over'
exits 100 'a purged time' $tap --start-at time:2001-01-01T00:00:00Z
like "$(err)" 'cannot start at that time' 'is not jumped over'
exits 100 'a file that never was' $tap --start-at nothing.000001:4
exits 100 'an offset behind the end' $tap --start-at bin.000004:999999 --stop-at now
like "$(err)" 'cannot start there, no event begins at that offset' 'is told'
exits 100 'an offset inside an event' $tap --start-at bin.000004:300 --stop-at now
exits 100 'a GTID of another server' $tap --start-at gtid:0-1-1 --stop-at now
like "$(err)" "cannot start there, the server's log does not have that GTID" 'is told'
exits 100 'a GTID that the server has not got to' $tap --start-at gtid:0-1-99999999 --stop-at now
end=$(q src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' :)

# who may not
q src "CREATE USER nobody@localhost; CREATE USER half@localhost; GRANT REPLICATION SLAVE ON *.* TO half@localhost; CREATE USER pass@localhost IDENTIFIED BY 'secret'"
exits 100 'without privileges' binlog-tap --no-defaults --socket "$SOCK_src" --user nobody --start-at "$end" --stop-at "$end"
like "$(err)" 'hint: the user needs: grant replication slave' 'it says what to grant'
exits 100 'without the one for positions' binlog-tap --no-defaults --socket "$SOCK_src" --user half --start-at now
like "$(err)" 'binlog monitor' 'it says what to grant'
exits 100 'a wrong password' binlog-tap --no-defaults --socket "$SOCK_src" --user pass --password=wrong-word --start-at now
unlike "$(err)" 'wrong-word' 'is not printed'
exits 111 'no server there' binlog-tap --no-defaults --socket "$T/nothing" --user root --start-at now

# server_id
exits 100 "the source's own server_id" $tap --start-at now --server-id "$(q src 'SELECT @@server_id')"
like "$(err)" "is the source's own" 'is refused'
$tap --start-at now --server-id 4711 >"$T/first" 2>"$T/first.err" &
pid=$!
t_own "$pid"
wait_for 20 test -s "$T/first"
exits 100 'a server_id in use' $tap --start-at now --server-id 4711
like "$(err)" 'the server_id 4711 is in use by another replica' 'is refused, and the other one is left alone'
kill -0 "$pid" && pass 'which goes on'
# a replica that does not ask throws it out: it must not come back and throw that one out for ever
timeout 20 mariadb-binlog --no-defaults --socket "$SOCK_src" --user root --read-from-remote-server --stop-never --stop-never-slave-server-id=4711 bin.000004 >/dev/null 2>&1 &
thief=$!
t_own "$thief"
if wait_for 10 eval '! kill -0 "$pid" 2>/dev/null || ! kill -0 "$thief" 2>/dev/null' && kill -0 "$thief" 2>/dev/null; then
	wait "$pid"
	is $? 100 'thrown out by another replica of its number, it ends'
	like "$(cat "$T/first.err")" 'another replica has connected with the server_id 4711' 'and says so'
else
	skip 'thrown out by another replica of its number, it ends' 'mariadb-binlog cannot read from this server'
	kill "$pid"
fi
kill "$thief" 2>/dev/null

# definitions
q src 'CREATE TABLE d.changed (id INT PRIMARY KEY, v INT); CREATE TABLE d.gone (id INT)'
end=$(q src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' :)
q src 'INSERT INTO d.changed VALUES (1, 1); ALTER TABLE d.changed ADD w INT; INSERT INTO d.changed VALUES (2, 2, 2)'
exits 100 'a table that was changed since' $tap --start-at "$end" --stop-at now
like "$(err)" 'table "d.changed" is not as it was when the log was written.*columns' 'is named'
exits 0 'left out, it does not matter' $tap --start-at "$end" --stop-at now --exclude d.changed
end=$(q src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' :)
q src 'INSERT INTO d.changed VALUES (3, 3, 3); ALTER TABLE d.changed MODIFY w VARCHAR(10)'
exits 100 'a column of another type' $tap --start-at "$end" --stop-at now
like "$(err)" 'table "d.changed" is not as it was.*"w"' 'is named'
end=$(q src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' :)
q src 'INSERT INTO d.gone VALUES (3); DROP TABLE d.gone'
exits 100 'a table that is gone' $tap --start-at "$end" --stop-at now
like "$(err)" 'd.gone' 'is named'
end=$(q src 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' :)
q src "SET GLOBAL binlog_row_metadata = FULL; INSERT INTO d.changed VALUES (4, 4, 'x'); ALTER TABLE d.changed ADD x INT FIRST; INSERT INTO d.changed VALUES (0, 5, 5, 'y'); DROP TABLE d.changed"
exits 0 'with binlog_row_metadata=FULL none of it matters' $tap --start-at "$end" --stop-at now
is "$(rowdump "$T/out" | sed -nE 's/.*"new":(\{.*\})\}$/\1/p' | paste -sd ' ')" '{"id":4,"v":4,"w":"x"} {"x":0,"id":5,"v":5,"w":"y"}' 'each row has the columns of its time'

# files
q src 'SET GLOBAL binlog_row_metadata = NO_LOG; CREATE TABLE d.f (id INT); INSERT INTO d.f VALUES (1); FLUSH BINARY LOGS'
last=$(cd "$T/src/data" && ls bin.[0-9][0-9][0-9][0-9][0-9][0-9] | tail -n 2 | head -n 1)
exits 100 'a file without names, and no server to ask' binlog-tap --file "$T/src/data/$last"
like "$(err)" 'the log does not say what the columns of table "d\.' 'it says so'
exits 0 'with a server' binlog-tap --no-defaults --socket "$SOCK_src" --user root --file "$T/src/data/$last" --include d.f
exits 102 'not a log' binlog-tap --file t/lib.sh
like "$(err)" 'not a binary log' 'is told'
exits 100 'no such file' binlog-tap --file "$T/nothing"
exits 100 'files in the wrong order' binlog-tap --no-defaults --socket "$SOCK_src" --user root --include nothing.at_all --file "$T/src/data/bin.000004" "$T/src/data/$last"
like "$(err)" '"[^"]*" was given after "[^"]*bin.00000[0-9]": its transactions come before those' 'are refused'
printf '\375bin0000' >"$T/encrypted"
exits 100 'an encrypted file' binlog-tap --file "$T/encrypted"
like "$(err)" ': the log is encrypted'$'\n''binlog-tap: hint: read it from its server' 'is told'

# command lines
exits 100 'no --start-at' binlog-tap --no-defaults --socket "$SOCK_src"
exits 100 'a position that is none' binlog-tap --start-at yesterday
like "$(err)" '--start-at: "yesterday"' 'is quoted'
exits 100 'a stray word' binlog-tap --start-at now word
exits 100 'a wrong pattern' binlog-tap --start-at now --include 'd.['
is "$(out)" '' 'and nothing on standard output'
done_testing

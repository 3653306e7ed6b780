#!/bin/bash
# A regular expression that would work for ages on one name is not taken for a no: the program says so and stops.
. t/lib.sh
server_start src
name=$(printf 'a%.0s' {1..60})c
q src "CREATE DATABASE d; CREATE TABLE d.$name (id INT PRIMARY KEY); CREATE TABLE d.t (id INT PRIMARY KEY)"
at=$(q src 'SELECT @@gtid_binlog_pos')
q src "INSERT INTO d.t VALUES (1); INSERT INTO d.$name VALUES (1)"
tap="binlog-tap --no-defaults --socket $SOCK_src --user root --stop-at now"

exits 100 'binlog-tap, of rows' $tap --start-at "gtid:$at" --include 'd./(a+)+[xy]/' --include d.t
like "$(err)" "a regular expression gave up on the name d.$name" 'names the table'
exits 100 'binlog-tap, of a statement' $tap --start-at earliest --exclude 'd./(a+)+[xy]/'
like "$(err)" "a regular expression gave up on the name d.$name" 'names the table'
exits 0 'without it the rows are there' $tap --start-at "gtid:$at"
cp "$T/out" "$T/stream"
filter()
{
	rowfilter "$@" <"$T/stream"
}
exits 100 'rowfilter' filter --include 'd./(a+)+[xy]/'
like "$(err)" "a regular expression gave up on the name d.$name" 'names the table'
done_testing

#!/bin/bash
# A sink that was killed between the statement that makes a table of a copy and its checkpoint, whose source changed the table
# before the copy went on: the target has the new definition, once it took the old one for what it was to run.
# (one client library will do)
. t/lib.sh

server_start dst
sink()
{
	mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one "$@"
}

# a part of a copy: the statements, and, unless it is cut there, its end
part() # STATE-BEFORE NUMBER STATE-BEHIND [VERB SQL NAME]...
{
	local before=$1 number=$2 behind=$3
	printf '{"hello":{"version":1,"flavor":"mariadb","server":"10.11.14-MariaDB","server_id":1,"file":"bin.000001","off":4,"copy":"%s"}}\n' "$before"
	printf '{"begin":{"file":"bin.000001","off":4,"copy":"1f.%s"}}\n' "$number"
	shift 3
	while [ $# -gt 0 ]; do
		printf '{"ddl":{"sql":"%s","db":"shop","verb":"%s","names":[["shop","%s"]],"env":{"sql_mode":0,"fk":false,"uniq":true,"cs":45,"cl":45}}}\n' "$2" "$1" "$3"
		shift 3
	done
	[ -z "$behind" ] || printf '{"commit":{"file":"bin.000001","off":4,"rows":0,"copy":"%s"}}\n{"end":{"file":"bin.000001","off":4}}\n' "$behind"
}
database=('create database' 'CREATE DATABASE IF NOT EXISTS shop' '')

part '1f.0 start' 1 '' "${database[@]}" 'create table' 'CREATE TABLE t (id INT PRIMARY KEY)' t | rowundump >"$T/a.rs" 2>"$T/cut"
part '1f.0 start' 1 '1f.1 rows shop/t 00000000000000aa -' "${database[@]}" 'create table' 'CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(10))' t | rowundump >"$T/b.rs"
exits 111 'a stream that is cut behind the statement' sink <"$T/a.rs"
is "$(q dst 'SELECT COUNT(*) FROM shop.t')" 0 'the table is there'
exits 0 'it goes on with another definition' sink -v <"$T/b.rs"
like "$(err)" 'table "shop.t" is made once more: its definition was changed since' 'which is said'
is "$(q dst "SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position) FROM information_schema.columns WHERE table_schema = 'shop'")" id,s 'the target has that one'

# the same statement is not run twice
part '1f.1 rows shop/t 00000000000000aa -' 2 '' 'create table' 'CREATE TABLE u (id INT PRIMARY KEY)' u | rowundump >"$T/a.rs" 2>"$T/cut"
exits 111 'cut behind another statement' sink <"$T/a.rs"
part '1f.1 rows shop/t 00000000000000aa -' 2 '1f.2 rows shop/u 00000000000000aa -' 'create table' 'CREATE TABLE u (id INT PRIMARY KEY)' u | rowundump >"$T/b.rs"
exits 0 'and going on with it' sink -v <"$T/b.rs"
like "$(err)" 'the statement at copy-1f.2:0 had run before' 'is seen'

# a table with rows is not the copy's
part '1f.2 rows shop/u 00000000000000aa -' 3 '' 'create table' 'CREATE TABLE v (id INT PRIMARY KEY)' v | rowundump >"$T/a.rs" 2>"$T/cut"
exits 111 'cut once more' sink <"$T/a.rs"
q dst 'INSERT INTO shop.v VALUES (1)'
part '1f.2 rows shop/u 00000000000000aa -' 3 '1f.3 rows shop/v 00000000000000aa -' 'create table' 'CREATE TABLE v (id BIGINT PRIMARY KEY)' v | rowundump >"$T/b.rs"
exits 100 'somebody has written to it' sink <"$T/b.rs"
like "$(err)" 'cannot run "CREATE TABLE v .* at copy-1f.3:0: .*already exists' 'stops'
is "$(q dst 'SELECT * FROM shop.v')" 1 'and it stays'
q dst 'DROP TABLE shop.v'
exits 0 'without it' sink <"$T/b.rs"

# another table at the same place, of another database
part '1f.3 rows shop/v 00000000000000aa -' 4 '' 'create database' 'CREATE DATABASE IF NOT EXISTS old' '' 'create table' 'CREATE TABLE old.w (id INT PRIMARY KEY)' w | sed 's/\["shop","w"\]/["old","w"]/' | rowundump >"$T/a.rs" 2>"$T/cut"
exits 111 'cut behind a table that is gone when the copy goes on' sink <"$T/a.rs"
part '1f.3 rows shop/v 00000000000000aa -' 4 '1f.4 rows young/w 00000000000000aa -' 'create database' 'CREATE DATABASE IF NOT EXISTS young' '' 'create table' 'CREATE TABLE young.w (id INT PRIMARY KEY)' w | sed 's/\["shop","w"\]/["young","w"]/' | rowundump >"$T/b.rs"
exits 0 'the next one' sink <"$T/b.rs"
is "$(q dst 'SELECT COUNT(*) FROM young.w')" 0 'is made, and its database'
done_testing

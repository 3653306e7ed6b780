#!/bin/bash
# Statements of MySQL on MariaDB and of MariaDB on MySQL, one by one (t/data/statements-*.txt): those that the target knows
# run, each of the others stops the sink in its line and is passed over; a source's own family takes them all.
#   = it runs (or is not for a target)   ! it stops   v it stops on MariaDB 10.11 and runs on 11.8
. t/lib.sh
need_server mysql-9.7

server_start my @mysql-9.7 --binlog-row-metadata=FULL
server_start my2 @mysql-9.7
server_start maria --binlog-row-metadata=FULL
targets='maria:[!v]'
if scripts/getserver mariadb-11.8 >"$T/out" 2>"$T/err"; then
	server_start new @mariadb-11.8
	targets+=' new:!'
fi

# write SERVER FILE: the statements go to the server and come back as a stream in $T/SERVER.rs
write()
{
	local sock=SOCK_$1 at
	at=gtid:$(end_of_log "$1" | tail -n 1)
	q "$1" 'CREATE DATABASE l'
	sed 's/^. //; s/$/;/' "$2" >"$T/list.sql"
	q_file "$1" "$T/list.sql" l >"$T/list.out" 2>"$T/list.err"
	is "$(cat "$T/list.err")" '' "$1 knows its own statements"
	binlog-tap --no-defaults --socket "${!sock}" --user root --start-at "$at" --stop-at now >"$T/$1.rs" 2>"$T/tap.err" || diag "$(<"$T/tap.err")"
}

# stops SOURCE TARGET: the statements that the target stops at, each then passed over; the last line is the exit code
stops()
{
	local sock=SOCK_$2 place='' last=none
	while [ "$place" != "$last" ]; do
		last=$place
		run mysql-sink --no-defaults --socket "${!sock}" --user root --pipeline "$1" ${place:+--skip-ddl "$place"} <"$T/$1.rs"
		[ "$CODE" = 100 ] || break
		[ "$(grep -c error: "$T/err")" = 1 ] || echo 'not one line'
		sed -nE 's/.*error: (could not|cannot) run "(.*)" at [^ ]+:[0-9]+: .*/\2/p; s/.*error: (could not|cannot) run "(.*)\.\.\." at .*/\2/p' "$T/err" | cut -c 1-150
		place=$(sed -nE 's/.*--skip-ddl ([^ ]+:[0-9]+)$/\1/p' "$T/err")
	done
	echo "exit $CODE"
	[ "$CODE" = 0 ] || cat "$T/err"
}
wanted() # FILE MARKS
{
	grep "^$2" "$1" | cut -c 3-152
	echo 'exit 0'
}

write my t/data/statements-mysql.txt
write maria t/data/statements-mariadb.txt
is "$(stops my my2)" 'exit 0' 'MySQL runs the statements of MySQL'
q maria 'DROP DATABASE l'
for target in $targets; do
	is "$(stops my "${target%:*}")" "$(wanted t/data/statements-mysql.txt "${target#*:}")" "MySQL on ${target%:*}: those that are expected to stop, and no others"
done
q my2 'DROP DATABASE l'
is "$(stops maria my2)" "$(wanted t/data/statements-mariadb.txt '!')" 'MariaDB on MySQL: those that are expected to stop, and no others'
if [ -n "${SOCK_new:-}" ]; then
	q new 'DROP DATABASE l'
	is "$(stops maria new)" 'exit 0' 'MariaDB 11.8 runs the statements of MariaDB 10.11'
fi
done_testing

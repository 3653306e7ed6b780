#!/bin/bash
# Encrypted logs, of real servers: through the dump protocol they are as any other, from any place in them; as files they
# are refused in a clear line, also while they are written. Regressions: a start inside an encrypted log of MariaDB said
# places that were 4 GiB too far; the file of one that is in use was called damaged.
# shellcheck disable=SC2016,SC2034,SC2086 # $tap is a command with options
. t/lib.sh

ids()
{
	rowdump "$T/out" | sed -nE 's/.*"new":\{"id":([0-9]+).*/\1/p' | paste -sd ' '
}
# starts_anywhere NAME TAP: from each transaction's place: what follows, with the same places
starts_anywhere()
{
	local at n=0
	exits 0 "$1: an encrypted log through the dump protocol" $2 --start-at earliest --stop-at now
	is "$(ids)" '1 2 3 4' "$1: has the rows"
	cp "$T/out" "$T/all"
	while read -r at; do
		n=$((n + 1))
		t_quiet exits 0 x $2 --start-at "$at" --stop-at now || break
		rowdump "$T/out" | jq -c 'if .begin then .begin elif .insert then [.off, .new] elif .commit then .commit else empty end' >"$T/got"
		rowdump "$T/all" | jq -c 'if .begin then .begin elif .insert then [.off, .new] elif .commit then .commit else empty end' |
			tail -n "$(wc -l <"$T/got")" | cmp -s - "$T/got" || break
		at=
	done < <(rowdump "$T/all" | jq -r 'select(.begin) | "\(.begin.file):\(.begin.off)"')
	is "$at" '' "$1: from each of its $n transactions, with the places that they have"
}
work="CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); INSERT INTO d.t VALUES (1); FLUSH BINARY LOGS; INSERT INTO d.t VALUES (2); INSERT INTO d.t VALUES (3)"

if [ -e /usr/lib/mysql/plugin/file_key_management.so ]; then
	echo '1;00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff' >"$T/keys"
	server_start ma --plugin-load-add=file_key_management --file-key-management-filename="$T/keys" --encrypt-binlog=ON --binlog-row-metadata=FULL
	q ma "$work"
	q ma "SET GLOBAL binlog_checksum = NONE; INSERT INTO d.t VALUES (4)"
	like "$(q ma "SHOW BINLOG EVENTS IN 'bin.000001'" | cut -f 3 | paste -sd ' ')" '^Format_desc Start_encryption Gtid_list' 'MariaDB encrypts its log'
	starts_anywhere MariaDB "binlog-tap --no-defaults --socket $SOCK_ma --user root"
	ok 'MariaDB: nothing of it can be read in the file' t_not "grep -aq 'CREATE DATABASE' '$T/ma/data/bin.000001'"
	for f in bin.000001 bin.000002 bin.000003; do
		exits 100 "MariaDB: $f as a file" binlog-tap --file "$T/ma/data/$f"
		is "$(err)" "binlog-tap: error: the log is encrypted at $f:256
binlog-tap: hint: read it from its server instead of as a file" "MariaDB: $f is refused and says why"
	done
else
	skip 'encrypted logs of MariaDB' 'its plugin file_key_management is not installed'
fi

# MySQL looks for its components beside the program
if home=$(scripts/getserver mysql-9.7 2>/dev/null); then
	mkdir "$T/home"
	cat >"$T/home/mysqld" <<-RUN
		#!/bin/bash
		exec "$home/loader" --argv0 "$T/home/mysqld" --library-path "$home/libs:$home/libs/mysql/private:$home/usr/lib/mysql/private" "$home/usr/sbin/mysqld" "\$@"
	RUN
	chmod +x "$T/home/mysqld"
	echo '{ "components": "file://component_keyring_file" }' >"$T/home/mysqld.my"
	echo "{ \"path\": \"$T/keyring\", \"read_only\": false }" >"$T/home/component_keyring_file.cnf"
	ln -s "$home/usr/lib/mysql/plugin/component_keyring_file.so" "$T/home/"
	export MYSQLD=$T/home/mysqld
	server_start my @mysql-9.7 --plugin-dir="$T/home" --binlog-encryption=ON --binlog-row-metadata=FULL
	q my "$work"
	q my 'SET GLOBAL binlog_checksum = NONE; INSERT INTO d.t VALUES (4)'
	like "$(q my 'SHOW BINARY LOGS' | tail -n 1)" '	Yes$' 'MySQL encrypts its log'
	starts_anywhere MySQL "binlog-tap --no-defaults --socket $SOCK_my --user root"
	f=$(end_of_log my | head -n 1)
	ok 'MySQL: nothing of it can be read in the file' t_not "grep -aq 'CREATE DATABASE' '$T/my/data/bin.000002'"
	exits 100 'MySQL: the file' binlog-tap --file "$T/my/data/$f"
	is "$(err)" "binlog-tap: error: $T/my/data/$f: the log is encrypted
binlog-tap: hint: read it from its server instead of as a file" 'MySQL: is refused and says why'
else
	skip 'encrypted logs of MySQL' 'mysql-9.7 cannot be had'
fi
done_testing

#!/bin/bash
# The programs are built with Oracle's client library as well, and then log in to both kinds of servers, follow a
# log and write to either.
. t/lib.sh
need_server mysql-9.7

RUN_LIMIT=300
run make -s -j2 oracle OPT=-O0 CFLAGS= WERROR=-Werror ORACLE_B="$T/build" ORACLE_BIN="$T/bin"
is "$CODE" 0 'everything builds with it, without a warning' || { diag "$(tail -n 30 "$T/err")"; done_testing; }
is "$(cat "$T/err")" '' 'and in silence'
home=$(scripts/getserver mysql-9.7)
# as where the library is the system's and pkg-config knows it, with the library's own description
run env PKG_CONFIG_PATH="$home/libs/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$home" make -s MYSQL=mysqlclient OPT=-O0 CFLAGS=-idirafter\ "$home/usr/include" \
	LDFLAGS="-Wl,--allow-shlib-undefined,--dynamic-linker,$(realpath -s "$home/loader")" B="$T/build2" BIN="$T/bin2" "$T/bin2/mysql-sink"
is "$CODE" 0 'MYSQL=mysqlclient builds too' || diag "$(tail -n 30 "$T/err")"
like "$(LD_TRACE_LOADED_OBJECTS=1 LD_LIBRARY_PATH=$home/libs "$T/bin2/mysql-sink" 2>&1)" "libmysqlclient\.so\.[0-9]+ => $home" 'with that library'
exits 2 'MYSQL that there is not' make -s MYSQL=nothing B="$T/build2" BIN="$T/bin2" all
like "$(err)" 'nothing is missing: apt-get install' 'is named'
RUN_LIMIT=60
home=$(scripts/getserver mysql-9.7)
PATH=$T/bin:$PATH
like "$(LD_TRACE_LOADED_OBJECTS=1 binlog-tap 2>&1)" "libmysqlclient\.so\.[0-9]+ => $home" 'it is that library'
unlike "$(LD_TRACE_LOADED_OBJECTS=1 binlog-tap 2>&1)" 'libmariadb' 'and no other'
# a log in to MariaDB takes a plug-in since 9.0
export LIBMYSQL_PLUGIN_DIR=$home/usr/lib/mysql/plugin

server_start src --binlog-row-metadata=FULL
server_start dst
server_start my @mysql-9.7
q src "CREATE DATABASE o; USE o;
	CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(100), g VARCHAR(20) CHARACTER SET gbk, d DECIMAL(20,6), t TIMESTAMP(6) NULL, b BLOB, f DOUBLE);
	CREATE TABLE nokey (x INT, y TEXT)"
for to in dst my; do
	sock=SOCK_$to
	pipeline_start $to -- "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at earliest" rowfilter rowmap \
		"mysql-sink --no-defaults --socket ${!sock} --user root --pipeline o"
done
q src "USE o; SET NAMES utf8mb4;
	INSERT INTO a SELECT seq, REPEAT('é', seq % 50), '中文', seq / 7, NOW(6), REPEAT(UNHEX('00FF275C'), seq), seq / 3 FROM seq_1_to_500;
	INSERT INTO nokey SELECT seq % 10, 'same' FROM seq_1_to_100;
	UPDATE a SET id = id + 1000, v = CONCAT(v, 'x') WHERE id % 3 = 0;
	DELETE FROM a WHERE id % 5 = 0;
	UPDATE nokey SET y = 'other' WHERE x = 3 LIMIT 7;
	DELETE FROM nokey WHERE x = 4 LIMIT 5;
	ALTER TABLE a ADD COLUMN added INT DEFAULT 3 AFTER id;
	UPDATE a SET added = id WHERE id < 50"
for to in dst my; do
	ok "$to catches up" wait_caught_up src $to o || pipeline_diag $to
	same_data src $to "$to has the rows" o
done
# idle, each row arrives by itself: the library's own read-ahead holds nothing back
for i in 1 2 3; do
	q src "INSERT INTO o.nokey VALUES ($i, 'alone')"
	ok "row $i is not held back" wait_caught_up src my o 5
done
# a statement and a row of more than 16 MB
for s in src dst my; do
	q $s 'SET GLOBAL max_allowed_packet = 67108864'
done
for to in dst my; do
	pipeline_stop $to
	is "$CODES" '0 0 0 0' "$to: every program ended well" || pipeline_diag $to
	sock=SOCK_$to
	start=$(mysql-sink --no-defaults --socket "${!sock}" --user root --pipeline o --print-position)
	pipeline_start $to -- "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at $start" rowfilter \
		"mysql-sink --no-defaults --socket ${!sock} --user root --pipeline o"
done
q src "ALTER TABLE o.nokey MODIFY y LONGTEXT; INSERT INTO o.nokey VALUES (7, REPEAT('long', 5000000))"
for to in dst my; do
	ok "$to catches up with it" wait_caught_up src $to o || pipeline_diag $to
	is "$(q $to "SELECT LENGTH(y), CRC32(y) FROM o.nokey WHERE LENGTH(y) > 100")" "$(q src "SELECT LENGTH(y), CRC32(y) FROM o.nokey WHERE LENGTH(y) > 100")" "$to: a row of 20 MB"
	pipeline_stop $to
	is "$CODES" '0 0 0' "$to: every program ended well" || pipeline_diag $to
done

exits 0 'with a bound end the log is read and left' sh -c "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at earliest --stop-at now | rowdump >$T/dump"
like "$(tail -n 1 "$T/dump")" '^\{"end":.*"why":"stop-at"' 'to its end'

# passwords
q my "CREATE USER 'pw'@'%' IDENTIFIED BY 'geheim'; GRANT ALL ON *.* TO 'pw'@'%'"
q dst "CREATE USER 'pw'@'%' IDENTIFIED BY 'geheim'; GRANT ALL ON *.* TO 'pw'@'%'"
for to in my dst; do
	port=PORT_$to
	exits 0 "$to: with a password, over TCP" env MYSQL_PWD=geheim mysql-sink --no-defaults --host 127.0.0.1 --port "${!port}" --user pw --pipeline o --print-position || diag "$(err)"
	exits 100 "$to: a wrong one" env MYSQL_PWD=falsch mysql-sink --no-defaults --host 127.0.0.1 --port "${!port}" --user pw --pipeline o --print-position
	unlike "$(err)" 'falsch' 'which is not shown'
done
done_testing

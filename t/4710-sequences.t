#!/bin/bash
# Sequences of MariaDB, 10.11 and 11.8: made, used, altered, set, renamed, dropped. On the target each goes on behind every
# number that the source has given out; onto MySQL, which has none, the stream stops at the statement that makes one.
# shellcheck disable=SC2016,SC2086
. t/lib.sh

server_start src --binlog-row-metadata=FULL
server_start dst
kinds=(dst)
if scripts/getserver mariadb-11.8 >/dev/null 2>&1; then
	server_start new @mariadb-11.8
	server_start newsrc @mariadb-11.8 --log-bin-compress --binlog-row-metadata=FULL
	kinds+=(new)
else
	skip 'sequences of mariadb-11.8' 'mariadb-11.8 cannot be had'
fi
cat >"$T/work.sql" <<'SQL'
CREATE DATABASE d; USE d;
CREATE SEQUENCE up START WITH 10 INCREMENT BY 3 CACHE 5;
CREATE SEQUENCE nocache NOCACHE;
CREATE SEQUENCE round START WITH 5 INCREMENT BY -1 MINVALUE 1 MAXVALUE 5 NOCACHE CYCLE;
CREATE SEQUENCE high START WITH 9223372036854775800 MAXVALUE 9223372036854775806 NOCACHE;
CREATE SEQUENCE low START WITH -9223372036854775800 INCREMENT BY -1 MINVALUE -9223372036854775807 MAXVALUE -1 NOCACHE;
CREATE SEQUENCE altered NOCACHE;
CREATE SEQUENCE gone;
DO NEXTVAL(up), NEXTVAL(up), NEXTVAL(nocache), NEXTVAL(high), NEXTVAL(low), NEXTVAL(altered), NEXTVAL(altered);
DO NEXTVAL(round), NEXTVAL(round), NEXTVAL(round), NEXTVAL(round), NEXTVAL(round), NEXTVAL(round);
CREATE TABLE t (id INT PRIMARY KEY DEFAULT NEXTVAL(up), v INT);
INSERT INTO t (v) VALUES (1), (2), (3), (4), (5);
DO SETVAL(nocache, 50, 0), SETVAL(high, 9223372036854775804);
ALTER SEQUENCE altered INCREMENT BY 7 RESTART 100;
DO NEXTVAL(altered);
RENAME TABLE nocache TO renamed;
BEGIN; INSERT INTO t (v) VALUES (6); DO NEXTVAL(renamed); ROLLBACK;
DROP SEQUENCE gone;
SQL
state() # SERVER: what each sequence will give next, without taking it
{
	local s
	for s in up renamed round high low altered; do
		q "$1" "SELECT '$s', s.* FROM d.$s AS s"
	done
}
nexts() # SERVER
{
	q "$1" 'USE d; SELECT NEXTVAL(up), NEXTVAL(renamed), NEXTVAL(round), NEXTVAL(high), NEXTVAL(low), NEXTVAL(altered), NEXTVAL(altered)'
}
for pair in "src dst" "newsrc new"; do
	read -r a b <<<"$pair"
	[[ " ${kinds[*]} " == *" $b "* ]] || continue
	q_file $a "$T/work.sql" || fail "$a is written"
	asock=SOCK_$a bsock=SOCK_$b
	flow="set -o pipefail; binlog-tap --no-defaults --socket ${!asock} --user root --start-at AT --stop-at now | mysql-sink --no-defaults --socket ${!bsock} --user root --pipeline s"
	exits 0 "$b: the pipeline" bash -c "${flow/AT/earliest}"
	is "$(state $b)" "$(state $a)" "$b: each sequence is as it is on the source"
	like "$(q $b 'SHOW CREATE SEQUENCE d.altered')" 'increment by 7' "$b: altered ones too"
	same_data $a $b "$b: and the rows that took their numbers" d
	# as after a failover: the cache of the source is lost, what it has not given out is passed over
	used=$(q $a 'SELECT MAX(id) FROM d.t')
	nexts $b >"$T/next"
	read -r up renamed round high low altered altered2 <"$T/next"
	ok "$b: goes on behind what was given out ($used < $up)" test "$up" -gt "$used"
	is "$renamed $round $high $low $altered $altered2" '51 4 9223372036854775805 -9223372036854775801 107 114' "$b: to the number where nothing was cached"
	q $b 'DROP DATABASE d; DROP DATABASE rowferry'
	log=$(end_of_log $a | head -n 1)
	exits 0 "$b: from the file" bash -c "set -o pipefail; binlog-tap --file '$T/$a/data/$log' | mysql-sink --no-defaults --socket ${!bsock} --user root --pipeline s"
	is "$(state $b)" "$(state $a)" "$b: the same"
	# used up, on both sides
	q $a 'DO NEXTVAL(d.high), NEXTVAL(d.high)'
	exits 0 "$b: used up" bash -c "set -o pipefail; binlog-tap --no-defaults --socket ${!asock} --user root --start-at '$(position $b s)' --stop-at now | mysql-sink --no-defaults --socket ${!bsock} --user root --pipeline s"
	like "$(q_may $b 'SELECT NEXTVAL(d.high)' 2>&1)" 'has run out' "$b: there is no number left there either"
done
if scripts/getserver mysql-9.7 >/dev/null 2>&1; then
	server_start my @mysql-9.7
	exits 100 'onto MySQL' bash -c "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at earliest --stop-at now | mysql-sink --no-defaults --socket $SOCK_my --user root --pipeline s"
	like "$(err)" 'CREATE SEQUENCE up' 'it stops where a sequence is made' || diag "$(err)"
else
	skip 'a sequence onto MySQL' 'mysql-9.7 cannot be had'
fi
done_testing

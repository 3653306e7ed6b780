#!/bin/bash
# The sink is killed with -9 again and again while definitions change between the rows: each statement is
# applied once, also those that would succeed twice (an index without a name, CREATE TABLE ... SELECT).
# ROWFERRY_KILLS=N: that many kills times 4 (default 5; ROWFERRY_LONG=1: 50). ROWFERRY_SEED repeats a run.
. t/lib.sh

kills=${ROWFERRY_KILLS:-${ROWFERRY_LONG:+50}}
kills=$((4 * ${kills:-5}))
seed=${ROWFERRY_SEED:-$RANDOM}
diag "$kills kills, seed $seed"

server_start src --binlog-row-metadata=FULL
server_start dst
q src 'CREATE DATABASE d'

# Rounds of definitions and rows, for ever.
writer()
{
	awk -v dir="$T" 'BEGIN {
		# it ends with the test, however that ends
		for (n = 1; n % 10 || system("test -d " dir) == 0; n++) {
			t = "t" n
			print "CREATE TABLE " t " (id INT PRIMARY KEY, v VARCHAR(20));"
			print "INSERT INTO " t " VALUES (1, \"a\"), (2, \"b\"), (3, \"c\");"
			print "ALTER TABLE " t " ADD INDEX (v);"
			print "ALTER TABLE " t " ADD COLUMN more INT DEFAULT " n ", ADD CHECK (id > 0);"
			print "BEGIN; UPDATE " t " SET more = 7 WHERE id = 2; INSERT INTO " t " VALUES (4, \"d\", 4); COMMIT;"
			print "CREATE TABLE c" n " AS SELECT id, more FROM " t ";"
			print "CREATE INDEX i ON c" n " (id);"
			print "RENAME TABLE c" n " TO r" n ";"
			if (n > 3) print "DROP TABLE t" (n - 3) ", r" (n - 3) ";"
			if (n % 3 == 0) print "TRUNCATE TABLE " t "; INSERT INTO " t " VALUES (9, \"z\", 9);"
			if (n % 5 == 0) print "CREATE DATABASE x" n "; DROP DATABASE x" n ";"
			if (n % 7 == 0) print "CREATE VIEW w" n " AS SELECT 1 AS one; CREATE PROCEDURE p" n "() SELECT 2; DROP VIEW w" n ";"
			print "SELECT SLEEP(0.02);"
			fflush()
		}
	}' 2>/dev/null | mariadb --no-defaults --socket "$SOCK_src" --user root d >"$T/writer" 2>&1
}

run_pipeline() # [tap option...]
{
	local pos
	pos=$(position dst ddl) || pos=earliest
	pipeline_start p -- \
		"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at '$pos' $*" \
		"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline ddl"
}

writer &
t_own $!
writer=$!
RANDOM=$seed
bad=0
for ((round = 0; round < kills; round++)); do
	run_pipeline
	sleep "0.$(printf %03d $((RANDOM % 500)))"
	pipeline_kill p mysql-sink KILL 2>/dev/null
	pipeline_wait p 20 || bad=$((bad + 1))
	case $CODES in
	'0 137' | '111 137') ;;
	*)
		bad=$((bad + 1))
		diag "exit codes $CODES"
		pipeline_diag p
		;;
	esac
done
is $bad 0 "$kills kills: no chain ended for another reason"
pkill -P $writer 2>/dev/null
wait $writer 2>/dev/null
# shellcheck disable=SC2317 # called by wait_for
writer_gone()
{
	[ "$(q src "SELECT COUNT(*) FROM information_schema.processlist WHERE db = 'd'")" = 0 ]
}
wait_for 20 writer_gone
run_pipeline --stop-at now
pipeline_wait p 120
is "$CODES" '0 0' 'the last run comes to the end of the log' || pipeline_diag p
same_data src dst 'rows are equal' d
definitions()
{
	mariadb-dump --no-defaults --socket "$1" --user root --no-data --routines --skip-comments --skip-dump-date d | sed 's/ AUTO_INCREMENT=[0-9]*//'
}
is "$(definitions "$SOCK_dst")" "$(definitions "$SOCK_src")" 'definitions are equal, indexes without a name included'
diag "statements on the source: $(q src 'SELECT @@gtid_binlog_pos')"
done_testing

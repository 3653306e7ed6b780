#!/bin/bash
# MariaDB 11.8 as source and target, with what it has and 10.11 lacks (vectors, UUIDs of version 7, late time stamps,
# the collations of UCA 14), and both ways between it and the machine's own: the same bytes on both sides.
. t/lib.sh
need_server mariadb-11.8

server_start new @mariadb-11.8 --default-time-zone=+05:45 --log-bin-compress
server_start dst @mariadb-11.8 --default-time-zone=-08:00 --character-set-server=latin1 --sql-mode=ANSI_QUOTES,TRADITIONAL
server_start old
like "$(q dst 'SELECT VERSION()')" '^11\.8\.' 'the server is 11.8'

flow() # NAME SOURCE TARGET [rowfilter option...]
{
	local name=$1 source=SOCK_$2 target=SOCK_$3
	shift 3
	pipeline_start "$name" -- "binlog-tap --no-defaults --socket ${!source} --user root --start-at earliest" "rowfilter $*" \
		"mysql-sink --no-defaults --socket ${!target} --user root --pipeline $name"
}

load() # SERVER METADATA DB FILE...
{
	local s=$1 db=$3 f
	q "$s" "SET GLOBAL binlog_row_metadata = $2; CREATE DATABASE $db CHARACTER SET utf8mb4"
	shift 3
	for f; do
		sed 's/%TZ%/+05:45/' "$f" >"$T/load.sql"
		q_file "$s" "$T/load.sql" "$db" || fail "$f is written to $s"
	done
}

flow up old dst
flow same new dst --exclude down*.*
flow down new old --include down*.*
load old NO_LOG up t/data/types.sql
load new NO_LOG same_nolog t/data/types-11.8.sql
load new FULL same_full t/data/types-11.8.sql
# 10.11 knows no zero below zero, whatever it is given
sed 's/-0e0/0/g' t/data/types.sql >"$T/types.sql"
load new MINIMAL down "$T/types.sql"
q new "CREATE DATABASE down_zero; CREATE TABLE down_zero.z (f FLOAT, d DOUBLE); INSERT INTO down_zero.z VALUES (-0e0, -0e0)"
# values that 10.11 can hold, and cannot make
q new "CREATE TABLE down.s (id INT AUTO_INCREMENT PRIMARY KEY, u UUID, k VARCHAR(20) COLLATE utf8mb4_uca1400_as_ci);
	INSERT INTO down.s (u, k) VALUES (UUID_v7(), 'é'), (UUID_v7(), '😀')"

ok '10.11 to 11.8: caught up' wait_caught_up old dst up 60 || pipeline_diag up
ok '11.8 to 11.8: caught up' wait_caught_up new dst same 60 || pipeline_diag same
ok '11.8 to 10.11: caught up' wait_caught_up new old down 60 || pipeline_diag down
same_data old dst '10.11 to 11.8: equal to the byte' up
same_data new dst '11.8 to 11.8, compressed events, metadata NO_LOG: equal to the byte' same_nolog
same_data new dst '11.8 to 11.8, metadata FULL: equal to the byte' same_full
same_data new old '11.8 to 10.11, metadata MINIMAL: equal to the byte' down
like "$(q new "SELECT CONCAT(f, ' ', d) FROM down_zero.z") $(q old "SELECT CONCAT(f, ' ', d) FROM down_zero.z")" '^(-0 -0|0 0) 0 0$' 'a zero below zero, which 11.8.6 keeps and 11.8.9 does not, is zero on 10.11'
is "$(q dst 'SELECT id, VEC_ToText(v), n IS NULL FROM same_full.vectors WHERE id < 3 ORDER BY id')" "$(q new 'SELECT id, VEC_ToText(v), n IS NULL FROM same_full.vectors WHERE id < 3 ORDER BY id')" 'vectors read the same'
is "$(q dst 'SELECT id FROM same_full.vectors ORDER BY VEC_DISTANCE_EUCLIDEAN(v, VEC_FromText("[9,9,9,8]")) LIMIT 1' --init-command="SET sql_mode=''")" 3 'and are found by their index'
is "$(q dst "SELECT t, t6 FROM same_full.late ORDER BY id")" "$(q new "SET time_zone = '-08:00'; SELECT t, t6 FROM same_full.late ORDER BY id")" 'time stamps behind 2038'
is "$(q dst 'SELECT id FROM same_full.uuids ORDER BY id')" "$(q new 'SELECT id FROM same_full.uuids ORDER BY id')" 'UUIDs are in the same order'
is "$(q dst "SELECT collation_name FROM information_schema.columns WHERE table_schema = 'same_full' AND table_name = 'uca' ORDER BY ordinal_position")" \
	"$(q new "SELECT collation_name FROM information_schema.columns WHERE table_schema = 'same_full' AND table_name = 'uca' ORDER BY ordinal_position")" 'columns have the same collations'

for p in up same down; do
	pipeline_stop $p
	is "$CODES" '0 0 0' "$p: every program ended well" || pipeline_diag $p
done
done_testing
